"""The table of entries, and how a Python reader's records become rows of it: what is written is read as numbers and moments.

What the numbers mean is not decided here but in `rule.py`, for every reader alike. A new column is one line in
COLUMNS, one field of `Entry` and its part in `Rows.row`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from llmcost.usage.instants import compact_date, is_day, microseconds
from llmcost.usage.json_text import name_of
from llmcost.usage.lines import Lines
from llmcost.usage.record import Entry, Rejected
from llmcost.usage.rule import BAD_COST, COUNTS
from llmcost.usage.written_counts import MARKED, number_in

TEXT_NUMBER = "numbers written as text"
BAD_TIME = "unreadable time, counted without one"
DATE_NUMBER = "a number whose digits are a date (20260131), read as that date"
# A row of the table. `at_us` and `slot_end_us` are microseconds since 1970, `usd` dollars, `calls` NULL where a sum does
# not say how many; `repaired` holds what reading put right, a reason a line.
COLUMNS = {
    **{"file": "INTEGER", "line": "BIGINT", "model": "VARCHAR", "task": "VARCHAR", "tier": "VARCHAR"},
    **{"at_us": "BIGINT", **dict.fromkeys(COUNTS, "BIGINT"), "usd": "DOUBLE", "id": "VARCHAR", "rank": "BIGINT"},
    **{"calls": "BIGINT", "above_tokens": "BIGINT", "rest": "VARCHAR", "repaired": "VARCHAR", "slot_end_us": "BIGINT"},
}
NONE = -(1 << 63)  # stands for NULL in whole numbers until the table has them
_FAR = 1 << 60  # beyond every count that is taken
Row = tuple[Any, ...]


class Rows:
    """Makes rows of the entries of one file. Counts what cannot be read; `in_days`: so far every time was a date alone.

    `text`: every cell is text (CSV), so that a number written as text is no repair.
    """

    def __init__(self, file: int, lines: Lines, *, text: bool, bucket: bool, with_id: bool) -> None:
        self.file = file
        self.lines = lines
        self.text = text
        self.bucket = bucket
        self.with_id = with_id
        self.in_days: bool | None = None
        self._repaired: list[str] = []

    def row(self, entry: Entry, line: int, slot_end: int | None = None) -> Row:
        """A row. Raises Rejected for a count that is none."""
        # fmt: off
        (model, at, input_, output, read, write, write_5m, write_1h,
         reasoning, total, usd, tier, task, id_, rank, calls, above, rest) = entry
        # fmt: on
        self._repaired = []
        count = self._count
        counts = (
            count(total, "total tokens"),
            count(input_, "input tokens"),
            count(output, "output tokens"),
            NONE if read is None else count(read, "cached tokens"),
            NONE if write is None else count(write, "cache write tokens"),
            NONE if write_5m is None else count(write_5m, "cache write tokens"),
            NONE if write_1h is None else count(write_1h, "cache write tokens"),
            NONE if reasoning is None else count(reasoning, "reasoning tokens"),
        )
        at_us = NONE if at is None else self._moment(at)
        usd = math.nan if usd is None else self._usd(usd)
        called = 1 if calls == 1 else count(calls, "calls")
        return (
            self.file,
            line,
            model if type(model) is str and model and model.isascii() else name_of(model),
            task if type(task) is str and task.isascii() else name_of(task),
            None
            if tier is None
            else tier.strip()
            if type(tier) is str and tier.isascii()
            else (name_of(tier) or "").strip(),
            at_us,
            *counts,
            usd,
            None if not self.with_id else id_ if type(id_) is str and id_ and id_.isascii() else name_of(id_),
            rank,
            called,
            (0 if self.bucket else NONE) if above is None else above,
            rest,
            "\n".join(dict.fromkeys(self._repaired)) if self._repaired else None,
            NONE if slot_end is None else slot_end,
        )

    def _count(self, value: Any, what: str) -> int:
        """A whole number; NONE where nothing is written. Raises Rejected."""
        if type(value) is int:
            return value if -_FAR < value < _FAR else _FAR if value > 0 else -_FAR
        if value is None or value == "":
            return NONE
        if isinstance(value, str):
            try:
                value, marked = number_in(value)
            except ValueError:
                raise Rejected(f"{what} are no number") from None
            if marked:
                self._repaired.append(MARKED)
            elif not self.text:
                self._repaired.append(TEXT_NUMBER)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Rejected(f"{what} are no number")
        if isinstance(value, float) and (not math.isfinite(value) or value != int(value)):
            raise Rejected(f"{what} are no whole number")
        return max(-_FAR, min(_FAR, int(value)))

    def _moment(self, at: Any) -> int:
        try:
            found = microseconds(at)
        except (ValueError, OverflowError):
            self._repaired.append(BAD_TIME)
            return NONE
        if type(at) in (int, float) and compact_date(at) is not None:
            self._repaired.append(DATE_NUMBER)
        if found is None:
            return NONE
        if self.in_days is not False:
            self.in_days = is_day(at)
        return found

    def _usd(self, usd: Any) -> float:
        """USD; not a number where nothing is written, or nothing that is one."""
        if usd == "" or isinstance(usd, bool):
            return math.nan
        try:
            value = float(usd)
            if math.isfinite(value):
                return value
        except (TypeError, ValueError, OverflowError):
            pass
        self._repaired.append(BAD_COST)
        return math.nan


def create(connection: Any) -> None:
    """An empty table of entries."""
    listed = ", ".join(f'"{name}" {kind}' for name, kind in COLUMNS.items())
    connection.execute(f"CREATE OR REPLACE TEMP TABLE entries ({listed})")


def insert(connection: Any, rows: list[Row]) -> None:
    """Put rows into the table; numpy, which DuckDB reads as it lies, is many times faster than single rows."""
    import numpy as np

    if not rows:
        return
    batch = {}
    selected = []
    for (name, kind), values in zip(COLUMNS.items(), zip(*rows, strict=True), strict=True):
        if kind == "VARCHAR":
            batch[name] = np.array(values, dtype=object)
            selected.append(f'CAST("{name}" AS VARCHAR)')
        elif kind == "DOUBLE":
            batch[name] = np.array(values, dtype=np.float64)
            selected.append(f'CASE WHEN NOT ISNAN("{name}") THEN "{name}" END')
        else:
            batch[name] = np.array(values, dtype=np.int64)
            selected.append(f'NULLIF("{name}", {NONE})')
    connection.register("batch", batch)
    try:
        connection.execute(f"INSERT INTO entries SELECT {', '.join(selected)} FROM batch")
    finally:
        connection.unregister("batch")


def batches(rows: Iterator[Row], size: int = 1 << 16) -> Iterator[list[Row]]:
    """The rows in lists of a bounded length."""
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
