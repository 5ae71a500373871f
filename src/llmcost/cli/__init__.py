"""The command line: load, compute, render, and nothing else.

`main` is the entry point. It answers `--version` and `--help` before anything heavy is imported,
loads the one command that is asked for, and catches every error once.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMANDS = {
    "route": "Compare tier mixes against a baseline, for one month",
    "tco": "Total cost of owning one architecture, month by month",
    "host": "Price self-hosting on GPUs",
    "breakeven": "When a challenger pays back, and which architecture wins at which volume",
    "compare": "Compare every architecture of a scenario over its horizon",
    "diff": "What changed between two scenarios or results, and which decision flips",
    "report": "One page that the decision is made on: charts, reasons, sources, and sliders to play with",
    "sensitivity": "Which uncertain input is worth measuring first, and what would flip the answer",
    "decide": "Walk the decision frameworks, beside the workload's own economics",
    "policy": "Place each task type on the cheapest architecture that passes its gates",
    "frontier": "What quality costs on your own evaluation: models, mixes, cascades, routers",
    "gate": "May we switch models? Average and worst answers within stated margins",
    "audit": "Hold published figures against their own arithmetic",
    "usage": "What the traffic of real logs is, what it cost, and what it would cost elsewhere",
    "prices": "List, show, check and refresh the price catalog",
    "init": "Write a commented scenario to start from",
    "schema": "Print the JSON Schema of a command's result, or of the scenario",
}

_USAGE = """\
Usage: llmcost COMMAND [OPTIONS]

  What an LLM architecture costs, what it is worth, and which move to make next.

Commands:
{commands}

Options:
  --version  Print the version and exit.
  --help     Show this message and exit.

`llmcost COMMAND --help` explains a command. Exit codes: 0 fine, 1 internal error, 2 bad input,
3 a gate was breached, 4 a stale or missing price under --strict, 130 interrupted.
"""


def main(arguments: list[str] | None = None) -> None:
    """Run a command and leave with its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    if None in (sys.stdin, sys.stdout, sys.stderr):
        _open_what_is_closed()
    try:
        code = _answer(given)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has left (`| head`): nothing to say.
        code = 0
        flush_no_more(sys.stdout)
    except OSError as error:
        if error.filename is not None:
            raise
        from llmcost.cli.running import complain

        complain(
            f"cannot write: {(error.strerror or str(error)).lower()}", "standard output", "write to a file: -o FILE"
        )
        code = 2
        flush_no_more(sys.stdout)
    sys.exit(code)


def _open_what_is_closed() -> None:
    """A stream that the caller has closed (`>&-`) is None in Python: it reads as empty and refuses what is written."""
    import os

    sys.stdin = sys.stdin or os.fdopen(os.open(os.devnull, os.O_RDONLY))
    sys.stdout = sys.stdout or os.fdopen(os.open(os.devnull, os.O_RDONLY), "w")
    sys.stderr = sys.stderr or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")


def flush_no_more(stream: TextIO) -> None:
    """What is left to be written goes nowhere when the process ends."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _answer(given: list[str]) -> int:
    if given == ["--version"]:
        from llmcost import __version__

        print(f"llmcost {__version__}")
        return 0
    if not given or given[0] in ("--help", "-h", "help"):
        width = max(map(len, COMMANDS))
        print(
            _USAGE.format(commands="\n".join(f"  {name:<{width}}  {text}" for name, text in COMMANDS.items())), end=""
        )
        return 0 if given else 2
    from llmcost.cli.running import run

    return run(given)
