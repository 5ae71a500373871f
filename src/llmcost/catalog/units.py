"""Everything that a provider bills by: tokens by kind, searches, seconds of audio, requests.

A unit is a set of dimensions (tokens, input, audio, read from the cache). A price of a unit also
covers every narrower one that has no price of its own: audio tokens of a model without an audio
price pay its input price. Names and dimensions are those of genai-prices, whose prices these are;
the price fields are named after them, with the amount that a figure is for.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

MODALITIES = ("text", "audio", "image", "video")


class Unit(NamedTuple):
    """One thing that is counted; its price is the figure `field`, USD for `per` of them."""

    name: str
    field: str
    per: float
    dimensions: frozenset[str]
    origin: str

    def covers(self, other: Unit) -> bool:
        """Whether this unit's price holds for the other where that has none of its own."""
        return self.dimensions <= other.dimensions

    @property
    def is_tokens(self) -> bool:
        return "tokens" in self.dimensions


def _token_units() -> Iterable[Unit]:
    for modality in ("", *MODALITIES):
        kind = f"{modality}_" if modality else ""
        infix = f"_{modality}" if modality else ""
        base = ("tokens", *((modality,) if modality else ()))
        yield _tokens(f"input{infix}", f"input{infix}", (*base, "input"))
        yield _tokens(f"output{infix}", f"output{infix}", (*base, "output"))
        yield _tokens(f"cache_{kind}read", f"cached_input{infix}", (*base, "input", "cache_read"))
        yield _tokens(f"cache_{kind}write", f"cache_write{infix}", (*base, "input", "cache_write"))
        for lifetime in ("5m", "1h"):
            dimensions = (*base, "input", "cache_write", lifetime)
            yield _tokens(f"cache_{kind}write_{lifetime}", f"cache_write{infix}_{lifetime}", dimensions)
        yield _tokens(f"input{infix}_tool", f"input{infix}_tool", (*base, "input", "tool"))
        for kind_of_output in ("reasoning", "citation"):
            name = f"output{infix}_{kind_of_output}"
            yield _tokens(name, name, (*base, "output", kind_of_output))


def _tokens(name: str, field: str, dimensions: Iterable[str]) -> Unit:
    return Unit(f"{name}_tokens", f"{field}_per_mtok", 1e6, frozenset(dimensions), f"{name}_mtok")


def _unit(name: str, field: str, per: float, origin: str, *dimensions: str) -> Unit:
    return Unit(name, field, per, frozenset(dimensions), origin)


_OTHERS = (
    _unit("input_characters", "input_characters_per_million", 1e6, "input_mchars", "characters", "input"),
    _unit(
        *("input_text_messages", "input_text_messages_per_1000", 1e3, "input_text_messages_kcount"),
        *("messages", "input", "text"),
    ),
    _unit("audio_seconds", "audio_per_hour", 3600, "audio_hours", "durations", "audio"),
    _unit("input_audio_seconds", "input_audio_per_hour", 3600, "input_audio_hours", "durations", "audio", "input"),
    _unit("output_audio_seconds", "output_audio_per_hour", 3600, "output_audio_hours", "durations", "audio", "output"),
    _unit("input_pixels", "input_pixels_per_billion", 1e9, "input_gpixels", "pixels", "input"),
    _unit("input_document_pages", "document_pages_per_1000", 1e3, "input_document_kpages", "pages", "input"),
    _unit(
        *("input_annotated_document_pages", "annotated_document_pages_per_1000", 1e3),
        *("input_annotated_document_kpages", "pages", "input", "annotated"),
    ),
    _unit("rerank_searches", "rerank_searches_per_1000", 1e3, "rerank_searches_kcount", "rerank"),
    _unit("web_searches", "web_searches_per_1000", 1e3, "web_searches_kcount", "tool_calls", "web_search"),
    _unit("social_searches", "social_searches_per_1000", 1e3, "social_searches_kcount", "tool_calls", "social_search"),
    _unit("storage_searches", "file_searches_per_1000", 1e3, "storage_searches_kcount", "tool_calls", "storage_search"),
    _unit("code_executions", "code_executions_per_1000", 1e3, "code_executions_kcount", "tool_calls", "code_execution"),
    _unit("requests", "requests_per_1000", 1e3, "requests_kcount", "requests"),
)

UNITS: dict[str, Unit] = {unit.name: unit for unit in (*_token_units(), *_OTHERS)}
BY_FIELD: dict[str, Unit] = {unit.field: unit for unit in UNITS.values()}
# What a person calls a tool in a scenario or on the command line, and the unit that is billed.
TOOLS = {
    "web_search": "web_searches",
    "file_search": "storage_searches",
    "social_search": "social_searches",
    "code_execution": "code_executions",
    "rerank": "rerank_searches",
}


def priced_as(unit: Unit, fields: Iterable[str]) -> str | None:
    """Which of these price fields a unit pays: the narrowest that covers it; None where none does."""
    covering = [BY_FIELD[field] for field in fields if BY_FIELD[field].covers(unit)]
    return max(covering, key=lambda one: len(one.dimensions)).field if covering else None
