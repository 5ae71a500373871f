"""OpenRouter: the activity of its API, a row a day, model and endpoint.

Each row sums up many requests: there is no distribution of prompt sizes. Completion tokens include
the reasoning; cached tokens are not told apart. `usage` is what was paid here, the cost upstream of
requests on one's own key (BYOK) is added.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from llmcost.usage.convention import INCLUSIVE
from llmcost.usage.coverage import end_of
from llmcost.usage.elements import elements
from llmcost.usage.reader import Reader, first_of, task_of, value_at
from llmcost.usage.record import Entry, Rejected

_TASKS = {"tag": ("app_name",), "key": ("api_key_name",), "path": ("provider_name",)}


class OpenRouterActivity(Reader):
    """Daily activity of OpenRouter."""

    name = "openrouter-activity"
    about = "OpenRouter daily activity (API)"
    grain = "bucket"
    convention = INCLUSIVE

    @classmethod
    def recognises(cls, document: Mapping[str, Any]) -> bool:
        page = document.get("data")
        row = page[0] if isinstance(page, list) and page else document
        return isinstance(row, Mapping) and {"date", "requests", "prompt_tokens", "usage"} <= row.keys()

    def records(self, document: Any) -> Iterator[Any]:
        return elements(document, lambda page: value_at(page, "data"))

    def entry(self, record: Any) -> Entry:
        if not isinstance(record, Mapping):
            raise Rejected("not a JSON object")
        usd, upstream = record.get("usage"), record.get("byok_usage_inference")
        if upstream:
            with suppress(TypeError, ValueError, OverflowError):  # the common code says what is wrong with a cost
                usd = float(usd or 0) + float(upstream)
        return Entry(
            model=first_of(record, "model_permaslug", "model"),
            at=record.get("date"),
            input=record.get("prompt_tokens"),
            output=record.get("completion_tokens"),
            reasoning=record.get("reasoning_tokens"),
            usd=usd,
            task=task_of(first_of(record, *_TASKS.get(self.task_source, (self.task_source,)))),
            calls=record.get("requests"),
        )

    def slot_end(self, record: Any) -> Any:
        return end_of(str(record.get("date"))[:10], None)  # a row is a day, however it is written
