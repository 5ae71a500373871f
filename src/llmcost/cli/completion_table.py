"""Writes `completions.txt` and the man page from the commands and the catalog themselves.

python -m llmcost.cli.completion_table           writes both
python -m llmcost.cli.completion_table --check   leaves with 1 where either is not as it would be written
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import typer.main

from llmcost.catalog import load_catalog
from llmcost.cli import COMMANDS
from llmcost.cli.completion import TABLE
from llmcost.cli.topics import TOPICS
from llmcost.errors import UnknownPrice
from llmcost.presets import PRESETS

FORMATS = ("table", "json", "csv", "markdown")
_VALUES = {
    "--format": FORMATS,
    "-f": FORMATS,
    "--range-covers": ("80%", "90%"),
    "--convention": ("inclusive", "exclusive"),
    "--tier": ("cheap", "mid", "dear"),
    "--data-may-leave": ("y", "n"),
    "--fine-tune": ("y", "n"),
}


def commands() -> Iterator[tuple[str, Any]]:
    """Every command that has options, `prices list` and its like included, with what Typer makes of it."""
    for name in COMMANDS:
        if name in ("help", "completion"):
            continue
        module = import_module(f"llmcost.cli.{name}")
        app = module.app if isinstance(module.app, typer.Typer) else module._app
        command: Any = typer.main.get_command(app)
        subcommands = getattr(command, "commands", None)
        if subcommands is None:
            yield name, command
        for each, inner in (subcommands or {}).items():
            yield f"{name} {each}", inner


def table() -> str:
    """The text of completions.txt."""
    catalog = load_catalog()
    flags: dict[str, list[str]] = {}
    for name, command in commands():
        own = [flag for parameter in command.params for flag in parameter.opts if flag.startswith("--")]
        flags.setdefault(name.split()[0], []).extend(own)
    models = [model for full in catalog.model_ids() for model in _shortest(catalog, full)]
    rows = {
        "commands": list(COMMANDS),
        "topics": list(TOPICS),
        "prices-commands": [name.split()[1] for name, _ in commands() if name.startswith("prices ")],
        **{f"flags {name}": sorted({*own, "--help"}) for name, own in flags.items()},
        **{f"values {flag}": list(values) for flag, values in _VALUES.items()},
        "models": sorted(set(models)),
        "gpus": sorted(catalog.gpu_names()),
        "presets": list(PRESETS),
    }
    return "".join(f"{key}\t{' '.join(word for word in words if ' ' not in word)}\n" for key, words in rows.items())


def _shortest(catalog: Any, full: str) -> list[str]:
    """A model as people type it: without its provider where that is enough, and with it."""
    short = full.split("/", 1)[1]
    try:
        return [short, full] if catalog.find(short) == full else [full]
    except UnknownPrice:  # the short name is another provider's as well
        return [full]


def main(arguments: list[str]) -> int:
    """Write or check the file."""
    path = Path(__file__).with_name(TABLE)
    if arguments == ["--check"]:
        return int(not path.exists() or path.read_text(encoding="utf-8") != table())
    path.write_text(table(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
