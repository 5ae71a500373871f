"""OpenAI: the output file of a batch, one line a request, billed at the batch rate.

The task is what the response's metadata names; `--task-from key` takes the beginning of `custom_id`
(`doc-17` and `doc-18` are `doc`). Requests that failed stand in a file of their own and were not billed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from llmcost.usage.convention import INCLUSIVE
from llmcost.usage.reader import Reader, first_of, task_of, value_at
from llmcost.usage.record import Entry, NotACall, Rejected

_NUMBERED = re.compile(r"[\W_]*\d+$")
_TASKS = {"tag": ("response.body.metadata.task", "metadata.task"), "path": ("response.body.object",)}


class OpenAiBatch(Reader):
    """Output of the Batch API."""

    name = "openai-batch"
    about = "OpenAI batch output files"
    convention = INCLUSIVE
    duplicates = "by the batch request's id, the largest total is kept"

    @classmethod
    def recognises(cls, document: Mapping[str, Any]) -> bool:
        return "custom_id" in document and "response" in document

    def entry(self, record: Any) -> Entry:
        if not isinstance(record, Mapping):
            raise Rejected("not a JSON object")
        usage = value_at(record, "response.body.usage")
        if usage is None:
            raise NotACall("a batch request that failed")
        if not isinstance(usage, Mapping):
            raise Rejected("usage is no JSON object")
        output = first_of(usage, "completion_tokens", "output_tokens")
        input_ = first_of(usage, "prompt_tokens", "input_tokens")
        total = usage.get("total_tokens")
        return Entry(
            model=value_at(record, "response.body.model"),
            at=first_of(record, "response.body.created_at", "response.body.created"),
            input=input_,
            output=0 if output is None and input_ is not None and input_ == total else output,
            cache_read=first_of(usage, "prompt_tokens_details.cached_tokens", "input_tokens_details.cached_tokens"),
            cache_write=first_of(
                usage, "prompt_tokens_details.cache_write_tokens", "input_tokens_details.cache_write_tokens"
            ),
            reasoning=first_of(
                usage, "completion_tokens_details.reasoning_tokens", "output_tokens_details.reasoning_tokens"
            ),
            total=total,
            tier="batch",
            task=self._task(record),
            id=first_of(record, "id", "response.body.id", "response.request_id"),
        )

    def _task(self, record: Mapping[str, Any]) -> str | None:
        if self.task_source == "key":
            named = record.get("custom_id")
            return _NUMBERED.sub("", named) or None if isinstance(named, str) else None
        return task_of(first_of(record, *_TASKS.get(self.task_source, (self.task_source,))))
