"""Helicone: requests as its export tool or its API writes them, in JSON, JSONL or CSV.

Whether `prompt_tokens` includes the cached ones follows the provider and Helicone's version (newer ones take
them out), and its API adds up `total_tokens` from prompt and completion. So such a total is in keeping with
both and proves neither: the prompt is then taken to include them. A total that counts them beside the prompt,
or one request of the file with more cached than prompt tokens, proves for the whole file that it does not.
Where `reasoning_tokens` stands (in an export of the table by SQL), Helicone has taken it out of the completion.

A request answered from Helicone's own cache (`cache_reference_id`) was not billed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llmcost.usage.convention import Convention
from llmcost.usage.json_text import from_text
from llmcost.usage.reader import Reader, first_of, task_of
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
    convention = Convention(cache_in_input=True, reasoning_in_output=False)
    duplicates = "by request id, the largest total is kept"

    @classmethod
    def recognises(cls, document: Mapping[str, Any]) -> bool:
        return "request_created_at" in document and ("request_id" in document or "response_id" in document)

    def entry(self, record: Any) -> Entry:
        if not isinstance(record, Mapping):
            raise Rejected("not a JSON object")
        if record.get("cache_reference_id") not in (None, "", _NO_CACHE):
            raise NotACall("answered from Helicone's cache")
        input_, output = record.get("prompt_tokens"), record.get("completion_tokens")
        total = record.get("total_tokens")
        read, write = record.get("prompt_cache_read_tokens"), record.get("prompt_cache_write_tokens")
        if all(count in NOTHING for count in (input_, output, total, read, write)):
            raise NotACall("a request without tokens: failed, or a stream without usage")
        source = _TASKS.get(self.task_source, (f"properties.{self.task_source}", self.task_source))
        properties = from_text(first_of(record, *_TASKS["tag"]))
        task = first_of({**record, "properties": properties}, *source)
        return Entry(
            model=first_of(record, "response_model", "model_override", "request_model", "model"),
            at=record.get("request_created_at"),
            input=input_,
            output=output,
            cache_read=read,
            cache_write=write,
            reasoning=record.get("reasoning_tokens"),
            total=None if _added_up(total, input_, output) else total,
            usd=first_of(record, "costUSD", "cost_usd", "costUsd", "cost"),
            task=task_of(from_text(task)),
            id=record.get("request_id"),
        )


def _added_up(total: Any, input_: Any, output: Any) -> bool:
    """Whether a total is no more than prompt and completion. Counts that are none are judged by the common code."""
    try:
        return int(total) == int(input_) + int(output)
    except (TypeError, ValueError, OverflowError):
        return False
