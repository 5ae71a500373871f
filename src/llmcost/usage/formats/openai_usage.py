"""OpenAI: the organization's usage of completions and embeddings, as pages of the Usage API or the dashboard's flat export.

Each row sums up many calls over a slot of time: there is no distribution of prompt sizes, and a day's
row hides its peak. Input includes what was read from and written to the cache; where the uncached
part is given beside it, the parts are held against the sum. Slots without traffic are empty rows.
The task is the project; `--task-from key` the API key, `path` the user. Rows of the costs (API or
export) add a recorded cost and no tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from llmcost.usage.convention import INCLUSIVE
from llmcost.usage.coverage import end_of
from llmcost.usage.elements import report_rows
from llmcost.usage.reader import Reader, first_of, task_of
from llmcost.usage.record import Entry, NotACall, Rejected
from llmcost.usage.rule import BATCH
from llmcost.usage.written_counts import NOTHING, added

_TASKS = {"tag": ("project_name", "project_id"), "key": ("api_key_name", "api_key_id"), "path": ("user_id",)}
_PARTS = ("input_uncached_tokens", "input_cached_tokens", "input_cache_write_tokens", "output_tokens")


class OpenAiUsage(Reader):
    """Aggregated usage of OpenAI."""

    name = "openai-usage"
    about = "OpenAI usage export (Usage API pages, or the dashboard's CSV)"
    grain = "bucket"
    convention = INCLUSIVE

    @classmethod
    def recognises(cls, document: Mapping[str, Any]) -> bool:
        if document.get("object") in ("page", "bucket"):
            return True
        if isinstance(document.get("results"), list) and "start_time" in document:
            return True
        page = document.get("data")
        if isinstance(page, list) and page and isinstance(page[0], Mapping):
            return isinstance(page[0].get("results"), list) and "start_time" in page[0]
        counts = "num_model_requests" in document or "amount_value" in document
        return counts and ("start_time" in document or "start_time_iso" in document)

    def records(self, document: Any) -> Iterator[Any]:
        return report_rows(document, "start_time", "end_time")

    def entry(self, record: Any) -> Entry:
        if not isinstance(record, Mapping):
            raise Rejected("not a JSON object")
        if "amount" in record or "amount_value" in record:
            return self._cost(record)
        calls = record.get("num_model_requests")
        counted = [record.get(name) for name in ("input_tokens", *_PARTS)]
        if calls in NOTHING and all(value in NOTHING for value in counted):
            raise NotACall("empty bucket")
        uncached, read, write, output = (record.get(name) for name in _PARTS)
        total = None if uncached in (None, "") else added(uncached, read, write, output)
        input_ = record.get("input_tokens")
        if output is None and "embeddings" in str(record.get("object")):
            output = 0  # these rows have no such key
        batch = record.get("batch")
        return Entry(
            model=record.get("model"),
            at=first_of(record, "start_time", "start_time_iso"),
            input=added(uncached, read, write) if input_ in (None, "") and total is not None else input_,
            output=output,
            cache_read=read,
            cache_write=write,
            total=total,
            tier=BATCH if str(batch).lower() in ("true", "1") else record.get("service_tier"),
            task=self._task(record),
            calls=None if calls == "" else calls,
        )

    def slot_end(self, record: Any) -> Any:
        ends = (record.get(name) for name in ("end_time", "end_time_iso"))
        return end_of(record.get("start_time"), next((end for end in ends if end not in (None, "")), None))

    def _task(self, record: Mapping[str, Any]) -> str | None:
        return task_of(first_of(record, *_TASKS.get(self.task_source, (self.task_source,))))

    def _cost(self, record: Mapping[str, Any]) -> Entry:
        """A row of the costs: dollars of a line item such as `gpt-5-2025-08-07, cached input`."""
        usd = first_of(record, "amount.value", "amount_value")
        if usd in (None, ""):
            raise NotACall("empty bucket")
        if str(first_of(record, "amount.currency", "amount_currency") or "usd").lower() != "usd":
            raise Rejected("cost in another currency than USD")
        model, _, item = str(record.get("line_item") or "").rpartition(", ")
        if item and not ("input" in item or "output" in item):
            raise NotACall("a cost of other things than tokens")
        at = first_of(record, "start_time", "start_time_iso")
        return Entry(model=model, at=at, input=0, output=0, usd=usd, task=self._task(record), calls=0)
