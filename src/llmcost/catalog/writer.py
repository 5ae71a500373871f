"""Writes a provider's file as YAML that people read: a block a model, one figure a line, the
source and everything nested on one line each.
"""

from __future__ import annotations

import json
import re
from typing import Any

from llmcost.catalog.units import BY_FIELD

_FIRST = (
    *("input_per_mtok", "output_per_mtok"),
    *("cached_input_per_mtok", "cache_write_per_mtok", "cache_write_1h_per_mtok"),
)
_ENTRY = (
    "effective_from",
    *_FIRST,
    *(field for field in BY_FIELD if field not in _FIRST),
    "batch",
    "long_context",
    "variants",
    "hosting_usd_per_hour",
    "training_usd_per_mtok",
    "training_usd_per_hour",
    "note",
    "source",
)
_PROVIDER = ("model_match", "provider_match", "fallback_providers", "api_pattern", "unpriced")
_MODEL = (
    *("name", "aliases", "match", "context_window", "base_model"),
    *("tokens_factor", "output_tokens_factor", "reasoning_tokens", "deprecated", "listed_by"),
)
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./@+ ()-]*(?<! )")
_WORDS = {"true", "false", "null", "~"}


def provider_yaml(file: dict[str, Any]) -> str:
    """The text of `pricing/api/<provider>.yaml`."""
    lines = [
        "# USD per million tokens, or as a name says. Append-only: a changed price is a new dated entry, the oldest first.",
        "# `llmcost prices refresh` writes this file from genai-prices (MIT) and keeps every entry in it.",
        f"provider: {_scalar(file['provider'])}",
        f"name: {_scalar(file.get('name') or file['provider'])}",
        *(f"{key}: {_flow(file[key])}" for key in _PROVIDER if file.get(key) is not None),
        "models:",
    ]
    for model, about in file["models"].items():
        lines.append(f"  {_scalar(model)}:")
        lines += [f"    {key}: {_flow(about[key])}" for key in _MODEL if about.get(key) is not None]
        lines.append("    prices:")
        for entry in about["prices"]:
            keys = [key for key in _ENTRY if key == "effective_from" or entry.get(key) is not None]
            for position, key in enumerate(keys):
                lines.append(f"      {'-' if position == 0 else ' '} {key}: {_flow(entry.get(key))}")
    return "\n".join(lines) + "\n"


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)
