"""Langfuse: observations of a batch export or of its public API, in JSON, JSONL or CSV (maps as JSON text).

Only generations and embeddings are calls; agents, chains and tools may repeat what the calls below
them used. The keys of `usageDetails` are open: what begins with `input` is input, with `output`
output. Ingested right they are disjoint, so `input` excludes what `input_cached_tokens` counts and
`output` excludes the reasoning; SDKs that send both inclusive are proven to by `total`. An
observation may come again after an update: the latest counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from llmcost.usage.convention import Convention
from llmcost.usage.elements import elements
from llmcost.usage.instants import microseconds
from llmcost.usage.json_text import from_text
from llmcost.usage.reader import Reader, first_of, task_of, value_at
from llmcost.usage.record import Entry, NotACall, Rejected
from llmcost.usage.written_counts import added

_CALLS = ("GENERATION", "EMBEDDING")
_TASKS = {"tag": ("tags",), "key": ("userId", "user_id"), "path": ("traceName", "trace_name", "name")}
_USAGE = ("usageDetails", "usage_details")
_OLD_USAGE = {
    "input": ("inputUsage", "input_usage", "promptTokens", "prompt_tokens", "usage.input"),
    "output": ("outputUsage", "output_usage", "completionTokens", "completion_tokens", "usage.output"),
    "total": ("totalUsage", "total_usage", "totalTokens", "total_tokens", "usage.total"),
}


class Langfuse(Reader):
    """Observations of Langfuse."""

    name = "langfuse"
    about = "Langfuse observations (export or API)"
    convention = Convention(cache_in_input=False, reasoning_in_output=False)
    duplicates = "by observation id, the latest update is kept"

    @classmethod
    def recognises(cls, document: Mapping[str, Any]) -> bool:
        page = document.get("data")
        if isinstance(page, list) and page and isinstance(page[0], Mapping) and "data" not in page[0]:
            return cls.recognises(page[0])
        started = "startTime" in document or "start_time" in document
        # `usageDetails` is a word of its own; an export of chosen columns may lack the trace.
        traced = any(key in document for key in ("traceId", "trace_id", *_USAGE))
        known = any(key in document for key in ("type", "inputUsage", *_USAGE))
        return started and traced and known and "attributes" not in document

    def records(self, document: Any) -> Iterator[Any]:
        return elements(document, lambda page: None if value_at(page, "id") else value_at(page, "data"))

    def entry(self, record: Any) -> Entry:
        if not isinstance(record, Mapping):
            raise Rejected("not a JSON object")
        kind = record.get("type")
        if kind and kind not in _CALLS:
            raise NotACall("a span, agent, chain or tool, no model call")
        details = from_text(first_of(record, *_USAGE))
        counts = _counts(details) if isinstance(details, Mapping) else {}
        cost = from_text(first_of(record, "costDetails", "cost_details"))
        recorded = first_of(record, "totalCost", "total_cost", "calculatedTotalCost")
        if recorded in (None, "") and isinstance(cost, Mapping):
            recorded = cost.get("total")
        tags = first_of(record, *_TASKS.get(self.task_source, (self.task_source,)))
        return Entry(
            model=first_of(record, "model", "providedModelName", "provided_model_name"),
            at=first_of(record, "startTime", "start_time"),
            usd=recorded,
            task=task_of(from_text(tags)),
            id=record.get("id"),
            rank=_updated(first_of(record, "updatedAt", "updated_at")),
            **(counts or _old_counts(record)),
        )


def _counts(details: Mapping[str, Any]) -> dict[str, Any]:
    """What the open keys of a usage map add up to, by kind; nothing where none is a token count."""
    sums: dict[str, list[Any]] = {}
    for key, value in details.items():
        kind = _kind(key)
        if kind is not None and value is not None:
            sums.setdefault(kind, []).append(value)
    counts = {kind: values[0] if len(values) == 1 else added(*values) for kind, values in sums.items()}
    if not counts.keys() - {"total"}:
        return {}
    return _writes({"input": 0, "output": 0, **counts})


@lru_cache(maxsize=1000)
def _kind(key: str) -> str | None:
    """Which count a key of the map adds to; None for what is neither input nor output."""
    if key == "total":
        return "total"
    if key.startswith("output"):
        return "reasoning" if "reasoning" in key else "output"
    if not key.startswith(("input", "cache_")):
        return None
    if "creation" in key or "cache_write" in key:
        return "cache_write_5m" if key.endswith("5m") else "cache_write_1h" if key.endswith("1h") else "cache_write"
    return "cache_read" if "cache" in key else "input"


def _writes(counts: dict[str, Any]) -> dict[str, Any]:
    """The written part with its split: a key without a lifetime stands beside the split, unless it is its sum.

    Langfuse prices every key, so they are disjoint; SDKs that send Anthropic's whole count beside its
    split are told by the split adding up to it.
    """
    split = [counts[kind] for kind in ("cache_write_5m", "cache_write_1h") if kind in counts]
    if split and "cache_write" in counts:
        whole = counts.pop("cache_write")
        if added(*split) != whole:
            counts["cache_write_5m"] = added(whole, counts.get("cache_write_5m"))
    return counts


def _old_counts(record: Mapping[str, Any]) -> dict[str, Any]:
    """The sums that exports without a usage map carry: all input and all output."""
    unit = first_of(record, "usage.unit", "unit")
    if unit not in (None, "", "TOKENS"):
        raise Rejected("usage is not in tokens")
    counts = {field: first_of(record, *paths) for field, paths in _OLD_USAGE.items()}
    if all(value in (None, "") for value in counts.values()):
        raise NotACall("no token usage")
    return counts


def _updated(written: Any) -> int:
    """When an observation was last updated, in ms since 1970; 0 where it does not say."""
    try:
        return (microseconds(written) or 0) // 1000
    except (ValueError, OverflowError):
        return 0
