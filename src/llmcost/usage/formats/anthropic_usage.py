"""Anthropic: the organization's usage report and cost report (Admin API), and the Console's usage CSV.

Each row sums up many calls over a slot of time and does not say how many. Input excludes both kinds
of cached tokens. A row of the context window above 200k is priced there, whatever its size. Amounts
of the cost report are decimal texts in cents; its rows add a recorded cost and no tokens, and leave
out the priority tier. The task is the workspace; `--task-from key` the API key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Any

from llmcost.usage.convention import EXCLUSIVE
from llmcost.usage.coverage import end_of
from llmcost.usage.elements import report_rows
from llmcost.usage.instants import microseconds, written
from llmcost.usage.reader import Reader, first_of, task_of, value_at
from llmcost.usage.record import Entry, NotACall, Rejected
from llmcost.usage.written_counts import NOTHING

LONG_CONTEXT = 200_000
_TASKS = {"tag": ("workspace_id", "workspace"), "key": ("api_key_id", "api_key")}
_FIELDS = {
    "input": ("uncached_input_tokens", "usage_input_tokens_no_cache"),
    "output": ("output_tokens", "usage_output_tokens"),
    "cache_read": ("cache_read_input_tokens", "usage_input_tokens_cache_read"),
    "cache_write_5m": ("cache_creation.ephemeral_5m_input_tokens", "usage_input_tokens_cache_write_5m"),
    "cache_write_1h": ("cache_creation.ephemeral_1h_input_tokens", "usage_input_tokens_cache_write_1h"),
}
_WIDTHS = {"1m": 60, "1h": 3600, "1d": 86_400}  # seconds


class AnthropicUsage(Reader):
    """Aggregated usage and cost of Anthropic."""

    name = "anthropic-usage"
    about = "Anthropic usage and cost reports (Admin API), and the Console's usage CSV"
    grain = "bucket"
    convention = EXCLUSIVE

    @classmethod
    def recognises(cls, document: Mapping[str, Any]) -> bool:
        page = document.get("data")
        if isinstance(page, list) and page and isinstance(page[0], Mapping):
            return "starting_at" in page[0]
        return (
            "starting_at" in document
            or "uncached_input_tokens" in document
            or "usage_input_tokens_no_cache" in document
        )

    def records(self, document: Any) -> Iterator[Any]:
        return report_rows(document, "starting_at", "ending_at", "bucket_width")

    def entry(self, record: Any) -> Entry:
        if not isinstance(record, Mapping):
            raise Rejected("not a JSON object")
        values: dict[str, Any] = {field: first_of(record, *paths) for field, paths in _FIELDS.items()}
        usd = None
        if record.get("amount") is not None and all(value is None for value in values.values()):
            values, usd = {"input": 0, "output": 0}, _dollars(record)
        elif all(value in NOTHING for value in values.values()):
            raise NotACall("empty bucket")
        fast = value_at(record, "speed") == "fast"
        return Entry(
            model=first_of(record, "model", "model_version"),
            at=first_of(record, "starting_at", "usage_date_utc"),
            usd=usd,
            tier="fast" if fast else first_of(record, "service_tier", "usage_type"),
            task=task_of(first_of(record, *_TASKS.get(self.task_source, (self.task_source,)))),
            calls=None if usd is None else 0,
            above_tokens=LONG_CONTEXT if _is_long(record.get("context_window")) else 0,
            **values,
        )

    def slot_end(self, record: Any) -> Any:
        start, end = first_of(record, "starting_at", "usage_date_utc"), record.get("ending_at")
        width = _WIDTHS.get(str(record.get("bucket_width")))
        if end in (None, "") and width is not None:
            with suppress(ValueError, OverflowError):  # no moment: counted without a time
                began = microseconds(start)
                end = None if began is None else written(began + width * 1_000_000)
        return end_of(start, end)


def _is_long(window: Any) -> bool:
    """`200k-1M`, or `> 200k` in the Console's export; `0-200k` and `≤ 200k` are the short ones."""
    return str(window).lstrip("> ").startswith("200k")


def _dollars(record: Mapping[str, Any]) -> float:
    """The amount of a row of the cost report, which is in cents. Raises Rejected."""
    if record.get("cost_type") not in (None, "tokens"):
        raise NotACall("a cost of other things than tokens")
    if record.get("currency") not in (None, "USD"):
        raise Rejected("cost in another currency than USD")
    try:
        cents = Decimal(str(record["amount"]))
    except InvalidOperation:
        cents = Decimal("NaN")
    if not cents.is_finite():
        raise Rejected("the amount is no number")
    return float(cents / 100)
