"""`llmcost init`."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from llmcost.cli.options import command_app
from llmcost.errors import InputError
from llmcost.presets import PRESETS, preset


def _file(*flags: str, text: str) -> Any:
    return typer.Option(*flags, help=text, metavar="FILE", show_default=False)


def command(
    file: Annotated[
        str | None, typer.Argument(help="Where to write it; left out, stdout.", metavar="[FILE]", show_default=False)
    ] = None,
    name: Annotated[
        str, typer.Option("--preset", help=f"What to start from: {', '.join(PRESETS)}.", metavar="NAME")
    ] = PRESETS[0],
    output_file: Annotated[str | None, _file("--output-file", "-o", text="The same as FILE.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
) -> int:
    """Write a commented scenario to start from; it runs under `llmcost compare` as it is."""
    from llmcost.catalog import today
    from llmcost.scenario import month_after

    if file is not None and output_file is not None:
        raise InputError("two files are named", where="-o", hint="name one of them")
    path = file if file is not None else output_file
    text = preset(name, month_after(today(), 1))
    if path is None:
        sys.stdout.write(text)
        return 0
    from llmcost.output_file import write_atomically

    write_atomically(path, text, force=force)
    sys.stderr.write(f"wrote {path}; next: llmcost compare {path}\n")
    return 0


app = command_app(command)
