"""`llmcost help man`: the man page as roff, from the same words as the help."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from llmcost.cli import COMMANDS
from llmcost.cli.completion_table import commands
from llmcost.cli.examples import EXAMPLES
from llmcost.cli.help import group_of
from llmcost.cli.topics import TOPICS


def man_page() -> str:
    """The man page as roff, from the same words as the help."""
    lines = [
        '.TH LLMCOST 1 "" "llmcost" "User Commands"',
        ".SH NAME",
        "llmcost \\- what an LLM architecture costs, what it is worth, and which move to make next",
        ".SH SYNOPSIS",
        ".B llmcost",
        ".I COMMAND",
        "[OPTIONS]",
        ".SH COMMANDS",
    ]
    for name, says in COMMANDS.items():
        lines += [".TP", f".B {name}", _roff(says)]
    for name, command in commands():
        lines += [f".SH LLMCOST {name.upper()}", _roff(" ".join((command.help or "").split()))]
        for example in EXAMPLES.get(name.split()[0], ()):
            lines += [".PP", _roff(example.says), ".PP", ".nf", ".RS", _roff(example.command), ".RE", ".fi"]
        lines += list(_options(command))
    for name, text in TOPICS.items():
        lines += [f".SH {name.upper()}"]
        for paragraph in text.strip().split("\n\n"):
            lines += [".PP", *(_roff(line.strip()) for line in paragraph.splitlines())]
    return "\n".join(lines) + "\n"


def _options(command: Any) -> Iterator[str]:
    seen = ""
    records = []
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            continue
        context: Any = typer.Context(command)
        record = parameter.get_help_record(context)
        if record is not None:
            records.append((group_of(parameter), record))
    for group, (flags, says) in sorted(records, key=lambda each: each[0] != "Options"):
        if group != seen:
            yield f".SS {group}"
            seen = group
        yield ".TP"
        yield f".B {_roff(flags)}"
        yield _roff(" ".join(says.split()))


def _roff(text: str) -> str:
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + escaped if escaped[:1] in (".", "'") else escaped
