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
    "help": "Explain a command or a topic: ranges, own-prices, scenario, output, exit-codes, man",
    "completion": "Print completion for bash, zsh, fish or powershell",
}

_USAGE = """\
Usage: llmcost COMMAND [OPTIONS]

  What an LLM architecture costs, what it is worth, and which move to make next.

Commands:
{commands}

Options:
  --version  Print the version and exit.
  --help     Show this message and exit.

Start here:
  llmcost init scenario.yaml     seven questions, a scenario with the usual options
  llmcost compare scenario.yaml  which of them to choose

Exit codes: 0 fine, 1 internal error, 2 bad input, 3 a requirement is not met,
4 a stale or missing price under --strict, 130 interrupted.
"""

_OWN_HELP = {  # of the two that Typer does not run
    "help": """\
Usage: llmcost help [COMMAND | TOPIC | man]

  The help of a command, what there is to say of a topic, or the manual page.

Topics:
  {topics}

Options:
  --help  Show this message and exit.

Example:
  llmcost help ranges
""",
    "completion": """\
Usage: llmcost completion SHELL

  Print what a shell reads to complete llmcost's commands, flags, models and files.

Shells:
  {shells}

Options:
  --help  Show this message and exit.

Example:
  llmcost completion bash > ~/.local/share/bash-completion/completions/llmcost
""",
}


def main(arguments: list[str] | None = None) -> None:
    """Run a command and leave with its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    if None in (sys.stdin, sys.stdout, sys.stderr):
        _open_what_is_closed()
    try:
        code = answer(given)
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


def answer(given: list[str]) -> int:
    """The exit code of `llmcost GIVEN…`."""
    if given == ["--version"]:
        from llmcost import __version__

        print(f"llmcost {__version__}")
        return 0
    if given and given[0] == "__complete":
        from llmcost.cli.completion import offer

        return offer(given[1:])
    if len(given) == 2 and given[0] in _OWN_HELP and given[1] in ("--help", "-h"):
        return _help_of(given[0])
    if given and given[0] == "completion":
        return _completion(given[1:])
    if given and given[0] == "help" and len(given) > 1:
        return _explain(given[1:])
    if not given or given[0] in ("--help", "-h", "help"):
        width = max(map(len, COMMANDS))
        print(
            _USAGE.format(commands="\n".join(f"  {name:<{width}}  {text}" for name, text in COMMANDS.items())), end=""
        )
        return 0 if given else 2
    from llmcost.cli.running import run

    return run(given)


def _help_of(command: str) -> int:
    from llmcost.cli.completion import SHELLS
    from llmcost.cli.topics import TOPICS

    print(_OWN_HELP[command].format(topics="  ".join(TOPICS), shells="  ".join(SHELLS)), end="")
    return 0


def _explain(words: list[str]) -> int:
    """A command's help, or what there is to say of a topic."""
    from llmcost.cli.topics import TOPICS

    if words[0] in _OWN_HELP and len(words) == 1:
        return _help_of(words[0])
    if words[0] in COMMANDS:
        from llmcost.cli.running import run

        return run([*words, "--help"])
    if words == ["man"]:
        from llmcost.cli.man_page import man_page

        print(man_page(), end="")
        return 0
    if words[0] in TOPICS and len(words) == 1:
        print(TOPICS[words[0]], end="")
        return 0
    from llmcost.cli.running import complain
    from llmcost.errors import did_you_mean

    known = [*COMMANDS, *TOPICS]
    complain(
        f"no command or topic {' '.join(words)!r}",
        "llmcost help",
        did_you_mean(words[0], known) or f"topics: {', '.join(TOPICS)}; commands: llmcost --help",
    )
    return 2


def _completion(words: list[str]) -> int:
    """What a shell reads to complete `llmcost`."""
    from llmcost.cli.completion import SHELLS, script

    text = script(words[0]) if len(words) == 1 else None
    if text is None:
        from llmcost.cli.running import complain

        what = f"no shell {' '.join(words)!r}" if words else "nothing says for which shell"
        complain(what, "llmcost completion", f"type one of: {', '.join(SHELLS)}")
        return 2
    print(text, end="")
    return 0
