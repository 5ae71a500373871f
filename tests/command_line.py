"""Runs `llmcost` as a person would: a process of its own, its two streams and its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

TODAY = "2026-11-22"
_DROPPED = {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "LLMCOST_DEBUG", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}


class Run(NamedTuple):
    """What a process left behind."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """stdout as JSON."""
        assert self.code in (0, 3, 4), self.err
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def result(self) -> Any:
        """The `result` of the JSON contract."""
        return self.document["result"]


class Call(NamedTuple):
    """Arguments and standard input of one run."""

    arguments: tuple[str, ...]
    stdin: str | bytes | None = None


def environment(**changes: str) -> dict[str, str]:
    """This process's environment on the tests' day, without what changes the output or slows the start."""
    kept = {key: value for key, value in os.environ.items() if key not in _DROPPED}
    return {**kept, "LLMCOST_TODAY": TODAY, "PYTHONIOENCODING": "utf-8", "COLUMNS": "200", **changes}


def run(
    *arguments: str,
    stdin: str | bytes | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    python: Iterable[str] = (),
) -> Run:
    """`python -m llmcost ARGUMENTS…`; standard input is empty unless it is given."""
    given = stdin.encode() if isinstance(stdin, str) else stdin or b""
    done = subprocess.run(
        [sys.executable, *python, "-m", "llmcost", *arguments],
        input=given,
        capture_output=True,
        cwd=cwd,
        env=environment(**(env or {})),
        timeout=120,
    )
    return Run(done.returncode, done.stdout.decode(), done.stderr.decode())


def run_all(calls: Mapping[str, Call], cwd: Path | None = None) -> dict[str, Run]:
    """All these calls, side by side."""
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        runs = pool.map(lambda call: run(*call.arguments, stdin=call.stdin, cwd=cwd), calls.values())
        return dict(zip(calls, runs, strict=True))
