"""OpenAI: the output file of a batch, one line a request, billed at the batch rate.

The task is what the response's metadata names; `--task-from key` takes the beginning of `custom_id`
(`doc-17` and `doc-18` are `doc`). Requests that failed stand in a file of their own and were not billed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from llmcost.usage.convention import INCLUSIVE
from llmcost.usage.formats.openai import COUNTS, with_output, with_thinking
from llmcost.usage.places import under
from llmcost.usage.reader import FlatReader, value_at
from llmcost.usage.record import Entry, NotACall, Rejected
from llmcost.usage.rule import BATCH

_NUMBERED = re.compile(r"[\W_]*\d+$")
_BODY = ("response.body",)


class OpenAiBatch(FlatReader):
    """Output of the Batch API."""

    name = "openai-batch"
    about = "OpenAI batch output files"
    convention = INCLUSIVE
    duplicates = "by the batch request's id, the largest total is kept"
    fields = {
        "model": under(_BODY, "model"),
        "at": under(_BODY, "created_at", "created"),
        **{field: under(("response.body.usage",), *keys) for field, keys in COUNTS.items()},
        "id": ("id", "response.body.id", "response.request_id"),
    }
    tasks = {
        "tag": ("response.body.metadata.task", "metadata.task"),
        "key": ("custom_id",),
        "path": ("response.body.object",),
    }
    sql = False  # every line is of the batch tier, which no line says

    @classmethod
    def recognises(cls, document: Mapping[str, Any]) -> bool:
        return "custom_id" in document and "response" in document

    def entry(self, record: Any) -> Entry:
        found = super().entry(record)
        usage = value_at(record, "response.body.usage")
        if usage is None:
            raise NotACall("a batch request that failed")
        if not isinstance(usage, Mapping):
            raise Rejected("usage is no JSON object")
        task = found.task
        if self.task_source == "key" and isinstance(task, str):
            task = _NUMBERED.sub("", task)
        return with_thinking(with_output(found))._replace(tier=BATCH, task=task)
