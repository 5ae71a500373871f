"""The floor of a command's start: `route`'s parameters on a Typer command that does nothing.

Typer builds an adapter for its parameters on every run, so bare imports are not a reachable floor.
"""

from __future__ import annotations

from typing import Annotated

import typer
import yaml  # noqa: F401
from pydantic import BaseModel  # noqa: F401

Text = Annotated[str | None, typer.Option(help="A value.", metavar="TEXT", show_default=False)]
Many = Annotated[list[str] | None, typer.Option(help="Values.", metavar="TEXT", show_default=False)]
Flag = Annotated[bool, typer.Option(help="A switch.", show_default=False)]

app = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)


@app.command(context_settings={"help_option_names": ["-h", "--help"]})
def command(
    scenario: Annotated[str | None, typer.Argument(help="A file.", metavar="[SCENARIO]", show_default=False)] = None,
    requests: Text = None,
    input: Text = None,
    output: Text = None,
    monthly_input: Text = None,
    monthly_output: Text = None,
    cached: Text = None,
    cache_write: Text = None,
    cache_write_1h: Text = None,
    batch: Text = None,
    growth: Text = None,
    peak: Text = None,
    baseline: Text = None,
    price: Many = None,
    catalog: Many = None,
    successor: Many = None,
    as_of: Text = None,
    strict: Flag = False,
    max_monthly: Text = None,
    min_quality_kept: Text = None,
    payback_within: Text = None,
    samples: Text = None,
    seed: Text = None,
    range_covers: Text = None,
    format_: Annotated[str | None, typer.Option("--format", "-f", help="A format.", show_default=False)] = None,
    output_file: Annotated[str | None, typer.Option("--output-file", "-o", help="A file.", show_default=False)] = None,
    force: Flag = False,
    explain: Flag = False,
    mix: Many = None,
    model: Many = None,
    sweep: Text = None,
) -> None:
    """Do nothing."""


if __name__ == "__main__":
    app()
