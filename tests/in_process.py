"""Runs `llmcost` in this process: what thousands of runs can afford, where a process each would take an hour."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import traceback
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

from command_line import TODAY

from llmcost.cli.running import run as run_command


class Done(NamedTuple):
    """What a run left behind; `raised` is the traceback of what should never have been raised."""

    arguments: tuple[str, ...]
    code: int
    out: str
    err: str
    raised: str


class _Typed(io.TextIOWrapper):
    """Standard input, typed by somebody at a terminal or not."""

    terminal = False

    def isatty(self) -> bool:
        return self.terminal


def run(*arguments: str, stdin: str = "", terminal: bool = False) -> Done:
    """The exit code and both streams of `llmcost ARGUMENTS…`; `terminal` says that somebody types `stdin`."""
    typed = _Typed(io.BytesIO(stdin.encode("utf-8", "surrogateescape")), encoding="utf-8", errors="surrogateescape")
    typed.terminal = terminal
    out, err = io.StringIO(), io.StringIO()
    raised, code = "", 1
    with _streams(typed, out, err), warnings.catch_warnings():
        warnings.simplefilter("error")  # numpy's would print our paths to the user
        try:
            code = run_command(list(arguments))
        except BaseException as error:  # what the fuzzer is after
            if isinstance(error, KeyboardInterrupt) and not terminal:
                raise
            raised = traceback.format_exc()
    return Done(arguments, code, out.getvalue(), err.getvalue(), raised)


@contextlib.contextmanager
def _streams(typed: Any, out: Any, err: Any) -> Iterator[None]:
    before = sys.stdin, sys.stdout, sys.stderr
    variables = {name: os.environ.get(name) for name in ("LLMCOST_TODAY", "LLMCOST_DEBUG")}
    os.environ.update(LLMCOST_TODAY=TODAY, LLMCOST_DEBUG="1")  # an internal error is raised, with its traceback
    sys.stdin, sys.stdout, sys.stderr = typed, out, err
    try:
        yield
    finally:
        sys.stdin, sys.stdout, sys.stderr = before
        for name, value in variables.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
