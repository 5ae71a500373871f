"""Runs one command, and says what went wrong in three lines: what, where, what to type instead."""

from __future__ import annotations

import codecs
import io
import os
import sys
from importlib import import_module

from llmcost.cli import COMMANDS, flush_no_more
from llmcost.errors import LlmcostError, did_you_mean
from llmcost.render.plain import harmless


def run(given: list[str]) -> int:
    """The exit code of `llmcost GIVEN…`."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        codecs.register_error("written-out", _written_out)
        sys.stdout.reconfigure(errors="written-out")
    name, *rest = given
    if name not in COMMANDS:
        what = f"no such {'option' if name.startswith('-') else 'command'}: {name}"
        complain(what, "llmcost", did_you_mean(name, COMMANDS) or "type llmcost --help for the commands")
        return 2
    try:
        return _invoke(name, rest)
    except LlmcostError as error:
        complain(error.what, error.where or f"llmcost {name}", error.hint or f"type llmcost {name} --help")
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted\n")
        return 130
    except OSError as error:
        if error.filename is None:  # of a stream, not of a file that is opened
            raise
        return _internal(error, given)
    except Exception as error:
        return _internal(error, given)


def _written_out(error: UnicodeError) -> tuple[str, int]:
    r"""What the terminal's encoding does not have as `\u2026`, which JSON reads as the character that it is."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4)), error.end


def _internal(error: Exception, given: list[str]) -> int:
    if os.environ.get("LLMCOST_DEBUG"):
        raise error
    complain(
        f"internal error: {type(error).__name__}: {error}",
        f"llmcost {' '.join(given)}",
        "this is a bug, please report it; LLMCOST_DEBUG=1 shows where it happened",
    )
    return 1


def _invoke(name: str, rest: list[str]) -> int:
    # pydantic would look through every installed distribution for plugins: we bring none.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")
    # numpy would start a thread a core for matrix products that nothing here asks for.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    import typer

    app: typer.Typer = import_module(f"llmcost.cli.{name}").app
    try:
        result = app(args=rest, prog_name=f"llmcost {name}", standalone_mode=False)
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)  # of the command within a group
        typed = context.command_path if context is not None else f"llmcost {name}"
        complain(error.format_message(), typed, f"type {typed} --help for the options")
        return 2
    except typer.Abort:
        raise KeyboardInterrupt from None
    except typer.Exit as leave:
        return leave.exit_code
    except SystemExit as leave:
        # Typer leaves so when the reader of its help, or of a result, has gone.
        raise BrokenPipeError from leave
    if result == 130:  # Typer has caught Ctrl-C itself
        raise KeyboardInterrupt
    return result if isinstance(result, int) else 0


def complain(what: str, where: str, hint: str) -> None:
    """The three lines of an error, on stderr."""
    lines = [f"error: {harmless(what)}"]
    if where:
        lines.append(f"where: {harmless(where)}")
    if hint:
        lines.append(f"hint: {harmless(hint)}")
    try:
        sys.stderr.write("\n".join(lines) + "\n")
    except OSError:  # nobody is there to be told
        flush_no_more(sys.stderr)
