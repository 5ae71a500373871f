"""`llmcost schema`."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

from llmcost.cli.help import command_app


def command(
    name: Annotated[str, typer.Argument(help="A command such as compare; scenario, or claims.", metavar="NAME")],
    output_file: Annotated[
        str | None, typer.Option("--output-file", "-o", help="Write to a file.", metavar="FILE", show_default=False)
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
) -> int:
    """Print the JSON Schema of a command's JSON document, or of the scenario or the claims file."""
    text = json.dumps(_schema(name), indent=2, ensure_ascii=False) + "\n"
    if output_file is None:
        sys.stdout.write(text)
        return 0
    from llmcost.output_file import write_atomically

    write_atomically(output_file, text, force=force)
    return 0


def _schema(name: str) -> dict[str, Any]:
    if name == "scenario":
        from llmcost.render.scenario_schema import scenario_schema

        return scenario_schema()
    if name == "claims":
        from llmcost.render.claims_schema import claims_schema

        return claims_schema()
    from llmcost.render.json_schema import command_schema

    return command_schema(name)


app = command_app(command)
