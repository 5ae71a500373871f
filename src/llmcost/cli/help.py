"""A command's help: what it is for, examples to run, then the options in groups, the usual ones first."""

from __future__ import annotations

import shutil
from typing import Any

import typer
from typer.core import TyperCommand

from llmcost.cli.examples import EXAMPLES

WIDEST = 100
OWN = "Options"
_QUESTION = "q_"  # how the parameter of a framework's question begins
# The shared options by what they are about, in the order in which help shows them. What stands in no group is the
# command's own and comes first.
GROUPS: dict[str, tuple[str, ...]] = {
    "Workload": (
        "requests", "input", "output", "monthly_input", "monthly_output", "cached", "cache_write", "cache_write_1h",
        "batch", "growth", "peak",
    ),
    "Logs": (
        "usage", "priced_as", "format_in", "map_", "map", "convention", "task_from", "engine", "spark_remote", "memory",
        "step",
    ),
    "Requirements": ("max_monthly", "min_quality_kept", "payback_within", "confidence"),
    "Prices": ("baseline", "price", "catalog", "successor", "as_of", "strict"),
    "Time": ("start", "horizon", "hours_per_month", "discount", "price_change"),
    "Ranges": ("samples", "seed", "range_covers", "digits"),
    "Output": ("format_", "output_file", "output", "force", "explain", "details", "chart"),
}  # fmt: skip
_ANSWERS = "Answers to the questions"
_HELP = "Help"


class TaughtCommand(TyperCommand):
    """A command whose help shows examples first and its options in groups."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help: usage, what it is for, examples, arguments, options by group."""
        formatter.width = min(max(shutil.get_terminal_size((80, 24)).columns, 40), WIDEST)
        self.format_usage(ctx, formatter)
        self.format_help_text(ctx, formatter)
        name = ctx.command_path.removeprefix("llmcost ")
        shown = EXAMPLES.get(name, ())
        if shown:
            formatter.write_paragraph()
            formatter.write("Examples:\n")
            for example in shown:
                formatter.write(f"  {example.says}\n{_in_lines(example.command, formatter.width)}\n")
        self.format_options(ctx, formatter)
        self.format_epilog(ctx, formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write arguments, then each group of options that the command has."""
        found: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                found.setdefault(group_of(parameter), []).append(record)
        order = ["Arguments", OWN, *GROUPS, _ANSWERS, _HELP]
        for title in (title for title in order if title in found):
            with formatter.section(title):
                formatter.write_dl(found[title])


def _in_lines(command: str, width: int) -> str:
    """A command line that a shell takes as it stands, broken where it would be wider than the terminal."""
    lines, indent = [""], "    "
    for word in command.split(" "):
        if lines[-1] and len(indent) + len(lines[-1]) + len(word) + 3 > width:
            lines.append("")
            indent = "      "
        lines[-1] += (" " if lines[-1] else "") + word
    return " \\\n".join(("    " if i == 0 else "      ") + line for i, line in enumerate(lines))


def group_of(parameter: Any) -> str:
    """The heading that an option of a command stands under."""
    if parameter.param_type_name == "argument":
        return "Arguments"
    name = str(parameter.name)
    if name == "help":
        return _HELP
    if name.startswith(_QUESTION):
        return _ANSWERS
    return next((title for title, names in GROUPS.items() if name in names), OWN)


def command_app(function: Any) -> typer.Typer:
    """A Typer application of one command, with plain help."""
    app = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)
    app.command(cls=TaughtCommand, context_settings={"help_option_names": ["-h", "--help"]})(function)
    return app
