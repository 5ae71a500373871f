"""Scenarios to start from, one a kind of work, each key with its unit: what `llmcost init` writes."""

from __future__ import annotations

from datetime import date
from importlib.resources import files

from llmcost.errors import InputError, did_you_mean

PRESETS = ("support", "classification", "moderation", "drafting")
SCHEMA_FILE = "llmcost.scenario.schema.json"

_HEADER = """\
# yaml-language-server: $schema={schema}
# With that line an editor completes and checks the keys, once this has been run beside the file:
#   llmcost schema scenario -o {schema}
#
"""


def preset(name: str, start: date) -> str:
    """The preset's YAML with this first month. Raises InputError for an unknown name."""
    if name not in PRESETS:
        raise InputError(
            f"unknown preset {name!r}",
            where="--preset",
            hint=did_you_mean(name, PRESETS) or f"type one of: {', '.join(PRESETS)}",
        )
    text = files(__name__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    return with_header(text.replace("{start}", f"{start:%Y-%m}"))


def with_header(text: str) -> str:
    """A scenario under the line by which an editor knows its keys."""
    return _HEADER.format(schema=SCHEMA_FILE) + text
