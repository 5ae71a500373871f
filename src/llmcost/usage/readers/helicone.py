"""Helicone: requests as its export tool or its API writes them, in JSON, JSONL or CSV.

Helicone takes the cached tokens out of `prompt_tokens` for the providers that include them, older
versions did not, and its `total_tokens` may be no more than prompt and completion added up. So a
total says that the prompt includes the cached tokens only as long as no request of the file has more
cached than prompt tokens, which proves that it does not.

A request answered from Helicone's own cache (`cache_reference_id`) was not billed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from llmcost.usage.convention import INCLUSIVE
from llmcost.usage.json_text import from_text
from llmcost.usage.reader import Reader, ReaderOptions, first_of, task_of
from llmcost.usage.record import Entry, NotACall, Rejected
from llmcost.usage.written_counts import NOTHING

_NO_CACHE = "00000000-0000-0000-0000-000000000000"
_TASKS = {
    "tag": ("properties", "request_properties"),
    "key": ("request_user_id", "user_id"),
    "path": ("request_path", "target_url"),
}


class Helicone(Reader):
    """Requests of Helicone."""

    name = "helicone"
    about = "Helicone requests (export or API)"
    convention = INCLUSIVE
    duplicates = "by request id, the largest total is kept"

    def __init__(self, options: ReaderOptions = ReaderOptions()) -> None:  # noqa: B008 - frozen
        super().__init__(options)
        self._exclusive = False

    @classmethod
    def recognises(cls, document: Mapping[str, Any]) -> bool:
        return "request_created_at" in document and ("request_id" in document or "response_id" in document)

    def begin(self, sample: Sequence[Mapping[str, Any]], header: Sequence[str] | None) -> None:
        """A request with more cached than prompt tokens disproves what totals say."""
        self._exclusive = any(_exceeds(each) for each in sample)

    def entry(self, record: Any) -> Entry:
        if not isinstance(record, Mapping):
            raise Rejected("not a JSON object")
        if record.get("cache_reference_id") not in (None, "", _NO_CACHE):
            raise NotACall("answered from Helicone's cache")
        input_, output = record.get("prompt_tokens"), record.get("completion_tokens")
        total = record.get("total_tokens")
        if input_ in NOTHING and output in NOTHING and total in NOTHING:
            raise NotACall("a request without tokens: failed, or a stream without usage")
        source = _TASKS.get(self.task_source, (f"properties.{self.task_source}", self.task_source))
        properties = from_text(first_of(record, *_TASKS["tag"]))
        task = first_of({**record, "properties": properties}, *source)
        return Entry(
            model=first_of(record, "response_model", "model_override", "request_model", "model"),
            at=record.get("request_created_at"),
            input=input_,
            output=output,
            cache_read=record.get("prompt_cache_read_tokens"),
            cache_write=record.get("prompt_cache_write_tokens"),
            reasoning=record.get("reasoning_tokens"),
            total=None if self._exclusive and _whole(total) == _sum(record) else total,
            usd=first_of(record, "costUSD", "cost_usd", "costUsd", "cost"),
            task=task_of(from_text(task)),
            id=record.get("request_id"),
        )


def _whole(written: Any) -> int:
    """A count as far as it is one, to compare by; -1 for what is none. The common code judges it."""
    try:
        return int(written)
    except (TypeError, ValueError, OverflowError):
        return -1


def _sum(record: Mapping[str, Any]) -> int:
    return _whole(record.get("prompt_tokens")) + _whole(record.get("completion_tokens"))


def _exceeds(record: Mapping[str, Any]) -> bool:
    cached = sum(max(0, _whole(record.get(f"prompt_cache_{kind}_tokens"))) for kind in ("read", "write"))
    return cached > _whole(record.get("prompt_tokens")) >= 0
