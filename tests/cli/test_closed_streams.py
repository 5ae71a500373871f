"""A stream that is closed or full ends a command as it ends other tools: no traceback, no claim of a bug."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import environment

COMMANDS = [
    "--version",
    "--help",
    "route --help",
    "schema route",
    "prices list",
    "route --requests 1M --input 1000 --output 200 --mix claude-haiku-4-5=100% --baseline claude-opus-4-8",
    "usage {log}",
    "usage {log} -f json",
]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.jsonl"
    path.write_text('{"model": "gpt-5", "input_tokens": 100, "output_tokens": 10}\n')
    return path


def shell(log: Path, command: str, redirected: str) -> tuple[int, str]:
    """The exit code and what reached stderr."""
    words = shlex.join([sys.executable, "-m", "llmcost", *command.format(log=log).split()])
    done = subprocess.run(
        ["bash", "-c", f"{words} {redirected}"], capture_output=True, env=environment(), timeout=120, text=True
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(("redirected", "why"), [(">&-", "bad file descriptor"), (">/dev/full", "no space left")])
def test_what_cannot_be_written(log: Path, command: str, redirected: str, why: str) -> None:
    code, err = shell(log, command, redirected)
    assert (code, len(err.splitlines())) == (2, 3), err
    assert f"error: cannot write: {why}" in err and "where: standard output" in err


@pytest.mark.parametrize("redirected", ["2>&-", "2>/dev/full", ">&- 2>&-", "<&-", "2>&- | true"])
def test_no_stream_is_needed_that_is_not_used(log: Path, redirected: str) -> None:
    code, err = shell(log, "usage {log}", redirected)
    assert (code, err) == (2 if redirected.startswith(">&-") else 0, "")
    assert shell(log, "usage nowhere.jsonl", f"{redirected.removesuffix(' | true')} >/dev/null")[0] == 2


def test_standard_input_that_is_closed_or_no_text(log: Path) -> None:
    for redirected, why in (("<&-", "empty"), ("</dev/zero", "no text")):
        code, err = shell(log, "usage -", redirected)
        assert (code, len(err.splitlines())) == (2, 3) and why in err
