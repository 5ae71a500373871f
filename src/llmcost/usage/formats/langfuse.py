"""Langfuse: observations of a batch export or of its public API, in JSON, JSONL or CSV (maps as JSON text).

Only generations and embeddings are calls; agents, chains and tools may repeat what the calls below
them used. The keys of `usageDetails` are open: what begins with `input` is input, with `output`
output, and so are the names of the providers' own APIs where an SDK has sent them as they are.
Ingested right they are disjoint, so `input` excludes what `input_cached_tokens` counts and `output`
excludes the reasoning; SDKs that send both inclusive are proven to by `total`. An export writes sums
of 0 where a generation told nothing. An observation may come again after an update: the latest counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from llmcost.usage.convention import Convention
from llmcost.usage.elements import elements
from llmcost.usage.formats.openai import with_output
from llmcost.usage.instants import microseconds
from llmcost.usage.json_text import from_text
from llmcost.usage.reader import Reader, first_of, task_of, value_at
from llmcost.usage.record import Entry, NotACall, Rejected
from llmcost.usage.rule import NO_COUNTS
from llmcost.usage.written_counts import NOTHING, added

_CALLS = ("GENERATION", "EMBEDDING")
_TASKS = {"tag": ("tags",), "key": ("userId", "user_id"), "path": ("traceName", "trace_name", "name")}
_USAGE = ("usageDetails", "usage_details")
# Names of one count each: of two that stand in a map the first is taken, never both.
_WHOLE = {
    "input": ("input", "input_tokens", "prompt_tokens", "promptTokens", "promptTokenCount", "prompt_token_count"),
    "output": (
        "output",
        "output_tokens",
        "completion_tokens",
        "completionTokens",
        "candidatesTokenCount",
        "candidates_token_count",
    ),
    "total": ("total", "total_tokens", "totalTokens", "totalTokenCount", "total_token_count"),
}
_NAMES_OF_WHOLE = frozenset(name for names in _WHOLE.values() for name in names)
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
        if kind and str(kind).upper() not in _CALLS:
            raise NotACall("a span, agent, chain or tool, no model call")
        details = from_text(first_of(record, *_USAGE))
        counts = _counts(details) if isinstance(details, Mapping) else {}
        cost = from_text(first_of(record, "costDetails", "cost_details"))
        recorded = first_of(record, "totalCost", "total_cost", "calculatedTotalCost")
        if recorded in (None, "") and isinstance(cost, Mapping):
            recorded = cost.get("total")
        tags = first_of(record, *_TASKS.get(self.task_source, (self.task_source,)))
        found = Entry(
            model=first_of(record, "model", "providedModelName", "provided_model_name"),
            at=first_of(record, "startTime", "start_time"),
            usd=recorded,
            task=task_of(from_text(tags)),
            id=record.get("id"),
            rank=_updated(first_of(record, "updatedAt", "updated_at")),
            **(counts or _old_counts(record, details)),
        )
        return with_output(found)


def _counts(details: Mapping[str, Any]) -> dict[str, Any]:
    """What the open keys of a usage map add up to, by kind; nothing where none is a part of the tokens."""
    sums: dict[str, list[Any]] = {}
    for key, value in _flat(details):
        kind = _kind(key)
        if kind is not None and value is not None:
            sums.setdefault(kind, []).append(value)
    for kind, names in _WHOLE.items():
        written = [details[name] for name in names if details.get(name) is not None]
        if written:
            sums[kind] = [written[0], *sums.get(kind, ())]
    counts = {kind: values[0] if len(values) == 1 else added(*values) for kind, values in sums.items()}
    parts = counts.keys() - {"total"}
    if not parts:
        return {}
    if parts <= {"input", "output"} and ("total" in counts or "input" not in counts):
        return counts  # the total says what a missing one is
    return _writes({"input": 0, "output": 0, **counts})


def _flat(details: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The counts of a map, and of the maps in it (`prompt_tokens_details`) by dotted keys."""
    for key, value in details.items():
        if isinstance(value, Mapping):
            yield from ((f"{key}.{inner}", count) for inner, count in value.items())
        else:
            yield key, value


@lru_cache(maxsize=1000)
def _kind(key: str) -> str | None:
    """Which count a key of the map adds to; None for what is neither input nor output, and for those of _WHOLE."""
    of_another = "details" in key  # what such a map breaks down is counted by the key beside it
    if key in _NAMES_OF_WHOLE or "cache_miss" in key:
        return None
    if key.startswith(("reasoning", "thoughts")):
        return "reasoning"
    if key.startswith(("output", "completion", "candidates")):
        return "reasoning" if "reasoning" in key else None if of_another else "output"
    if not key.startswith(("input", "prompt", "cache", "toolUsePrompt", "tool_use_prompt")):
        return None
    if "creation" in key or "cache_write" in key:
        return "cache_write_5m" if key.endswith("5m") else "cache_write_1h" if key.endswith("1h") else "cache_write"
    return "cache_read" if "cache" in key else None if of_another else "input"


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


def _old_counts(record: Mapping[str, Any], details: Any) -> dict[str, Any]:
    """The sums that exports carry beside a usage map or without one: all input and all output. `details` has no part."""
    unit = first_of(record, "usage.unit", "unit")
    if unit not in (None, "", "TOKENS"):
        raise Rejected("usage is not in tokens")
    counts = {field: first_of(record, *paths) for field, paths in _OLD_USAGE.items()}
    if counts["input"] in NOTHING and counts["output"] in NOTHING:
        told = [counts["total"], *(details.values() if isinstance(details, Mapping) else ())]
        if any(value not in NOTHING for value in told):
            raise Rejected(NO_COUNTS)
        raise NotACall("no token usage")
    return counts


def _updated(written: Any) -> int:
    """When an observation was last updated, in ms since 1970; 0 where it does not say."""
    try:
        return (microseconds(written) or 0) // 1000
    except (ValueError, OverflowError):
        return 0
