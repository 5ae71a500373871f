"""From a format's own terms to disjoint buckets, under one convention that every line is held to."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from llmcost.usage.convention import Convention, Proof, proof_of
from llmcost.usage.instants import compact_date, is_day, microseconds
from llmcost.usage.json_text import name_of
from llmcost.usage.lines import Lines
from llmcost.usage.record import Call, Entry, Rejected
from llmcost.usage.written_counts import MARKED, number_in

PICO = 10**12
DEAREST = 9e6  # USD of one record; as whole 1e-12 it still fits 64 bits
LARGEST = (1 << 53) - 1  # beyond it a float takes one whole number for another, and engines would differ
NO_TASK = ""
STANDARD = "standard"
BATCH = "batch"

TEXT_NUMBER = "numbers written as text"
NO_COUNTS = "no token counts"
UNEXPLAINED = "total is no sum of the parts"
BAD_TIME = "unreadable time, counted without one"
DATE_NUMBER = "a number whose digits are a date (20260131), read as that date"
FROM_TOTAL = "a missing count worked out from the total"
AGAINST_STATED = "contradicts the stated convention"
BAD_COST = "unreadable cost, counted as not recorded"
NEGATIVE_COST = "negative cost, counted as not recorded"
LONGER_SPLIT = "cache writes by lifetime exceed their sum, the split is counted"
TIERS = {
    "": STANDARD,
    "default": STANDARD,
    "standard": STANDARD,
    "auto": STANDARD,
    "none": STANDARD,
    "false": STANDARD,
    "0": STANDARD,
    "on_demand": STANDARD,
    "batch": BATCH,
    "batches": BATCH,
    "true": BATCH,
    "1": BATCH,
}


class Contradiction(Exception):
    """A line that proves the other answer than the convention in use: `cache` or `reasoning`."""

    def __init__(self, question: str, line: int) -> None:
        super().__init__(question)
        self.question = question
        self.line = line


class Undecided(Contradiction):
    """A line for which the convention matters, while nothing says which one holds."""


class Counts(NamedTuple):
    """The counts of an entry as whole numbers; None where the entry says nothing."""

    input: int
    output: int
    cache_read: int
    write_5m: int
    write_1h: int
    reasoning: int
    total: int | None

    @property
    def cached(self) -> int:
        """Read from and written to the cache."""
        return self.cache_read + self.write_5m + self.write_1h

    @property
    def proof(self) -> Proof:
        """What these counts prove."""
        return proof_of(self.input, self.cached, self.output, self.reasoning, self.total)


class Conversion:
    """Turns entries into calls and counts what it repairs.

    `text` says that every cell is text (CSV), `bucket` that an entry sums up many calls, `model` names
    the model where the log names none, and `stated` says that the convention is the user's own word.
    `in_days`: so far every time was a date alone (None: there was none).
    """

    def __init__(
        self,
        convention: Convention,
        lines: Lines,
        *,
        text: bool = False,
        bucket: bool = False,
        model: str = "",
        stated: bool = False,
    ) -> None:
        self.convention = convention
        self.lines = lines
        self.text = text
        self.bucket = bucket
        self.model = model
        self.stated = stated
        self.in_days: bool | None = None

    def call(self, entry: Entry, line: int) -> Call:
        """The call in disjoint buckets. Raises Rejected, and Contradiction where the line proves otherwise."""
        # fmt: off
        (model, at, input_, output, read, write, write_5m, write_1h,
         reasoning, total, usd, tier, task, id_, rank, calls, above, _) = entry
        # fmt: on
        if (
            type(input_) is not int
            or type(output) is not int
            or read is not None
            or write is not None
            or write_5m is not None
            or write_1h is not None
            or reasoning is not None
            or total is not None
            or not 0 <= input_ <= LARGEST
            or not 0 <= output <= LARGEST
        ):
            counts = self.counts(entry, line)
            output = counts.output
            uncached, read, write_5m, write_1h = self._disjoint(counts, line)
            if self.convention.reasoning_in_output is False:
                output += counts.reasoning
        else:
            uncached, read, write_5m, write_1h = input_, 0, 0, 0
        at_us: int | None = None
        if at is not None:
            try:
                at_us = microseconds(at)
                if type(at) in (int, float) and compact_date(at) is not None:
                    self.lines.repair(DATE_NUMBER, line)
                if self.in_days is not False and at_us is not None:
                    self.in_days = is_day(at)
            except (ValueError, OverflowError):
                self.lines.repair(BAD_TIME, line)
        made = (
            model if type(model) is str and model and model.isascii() else name_of(model) or self.model,
            task if type(task) is str and task.isascii() else name_of(task) or NO_TASK,
            at_us,
            STANDARD if tier is None else _tier(tier),
            uncached,
            read,
            write_5m,
            write_1h,
            output,
            None if usd is None else self._pico(usd, line),
            id_ if type(id_) is str and id_ and id_.isascii() else name_of(id_),
            rank,
            1 if calls == 1 else self._count(calls, line, "calls"),
            0 if self.bucket and above is None else above,
        )
        return tuple.__new__(Call, made)  # a third faster than naming every field

    def counts(self, entry: Entry, line: int) -> Counts:
        """The counts as whole numbers, a missing one worked out from the total. Raises Rejected."""
        total = self._count(entry.total, line, "total")
        input_ = self._count(entry.input, line, "input")
        output = self._count(entry.output, line, "output")
        read = self._count(entry.cache_read, line, "cached") or 0
        write = self._count(entry.cache_write, line, "cache write")
        write_5m = self._count(entry.cache_write_5m, line, "cache write") or 0
        write_1h = self._count(entry.cache_write_1h, line, "cache write") or 0
        reasoning = self._count(entry.reasoning, line, "reasoning") or 0
        parts = (input_, output, read, write, write_5m, write_1h, reasoning)
        if (input_ is None and output is None) or (total and not any(parts)):
            raise Rejected(NO_COUNTS)  # of a total alone nobody knows the price, and it is not nothing
        if write is not None and write > write_5m + write_1h:
            # A breakdown may cover the first step of a call only: the rest is a write of the usual lifetime.
            write_5m = write - write_1h
        elif write is not None and write < write_5m + write_1h:
            self.lines.repair(LONGER_SPLIT, line)
        if input_ is None or output is None:
            if total is None or read or write_5m or write_1h or reasoning:
                raise Rejected(f"no {'input' if input_ is None else 'output'} tokens")
            known = output if input_ is None else input_
            if known is None or known > total:
                raise Rejected(UNEXPLAINED)
            input_, output = (total - known, known) if input_ is None else (known, total - known)
            self.lines.repair(FROM_TOTAL, line)
        found = Counts(input_, output, read, write_5m, write_1h, reasoning, total)
        if entry.rest is not None and total is not None and total > input_ + output and found.proof.unexplained:
            self.lines.repair(entry.rest, line)
            self.lines.worked_out[entry.rest] += total - input_ - output
            return found._replace(output=total - input_)
        return found

    def _disjoint(self, counts: Counts, line: int) -> tuple[int, int, int, int]:
        """Uncached input, cache read, cache writes of 5 minutes and of an hour."""
        cache, reasoning = self.convention
        if cache is None and counts.cached:
            raise Undecided("cache", line)
        if reasoning is None and counts.reasoning:
            raise Undecided("reasoning", line)
        proof = counts.proof
        for question, shown, held in (
            ("cache", proof.cache_in_input, cache),
            ("reasoning", proof.reasoning_in_output, reasoning),
        ):
            if shown not in (None, held):
                raise Rejected(AGAINST_STATED) if self.stated else Contradiction(question, line)
        if proof.unexplained:
            self.lines.repair(UNEXPLAINED, line)
        uncached = counts.input - counts.cached if cache else counts.input
        return uncached, counts.cache_read, counts.write_5m, counts.write_1h

    def _count(self, value: Any, line: int, what: str) -> int | None:
        """A whole number of tokens; None where nothing is written. Raises Rejected."""
        if value is None or value == "":
            return None
        if isinstance(value, str):
            try:
                value, marked = number_in(value)
            except ValueError:
                raise Rejected(f"{_counted(what)} are no number") from None
            if marked:
                self.lines.repair(MARKED, line)
            elif not self.text:
                self.lines.repair(TEXT_NUMBER, line)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Rejected(f"{_counted(what)} are no number")
        if isinstance(value, float):
            if not math.isfinite(value) or value != int(value):
                raise Rejected(f"{_counted(what)} are no whole number")
            value = int(value)
        if not 0 <= value <= LARGEST:
            raise Rejected(f"{_counted(what)} are {'negative' if value < 0 else 'beyond any log'}")
        return int(value)

    def _pico(self, usd: Any, line: int) -> int | None:
        """USD as whole 1e-12; None where nothing is written."""
        if usd == "":
            return None
        try:
            value = float(usd)
            if abs(value) < DEAREST:
                if value < 0 and not self.bucket:  # a cost report has credits, a call has none
                    self.lines.repair(NEGATIVE_COST, line)
                    return None
                # The same rounding on every engine: half a pico-dollar is always added before the floor.
                return None if isinstance(usd, bool) else math.floor(value * PICO + 0.5)
        except (TypeError, ValueError, OverflowError):
            pass
        self.lines.repair(BAD_COST, line)
        return None


def _counted(what: str) -> str:
    return what if what == "calls" else f"{what} tokens"


def _tier(written: Any) -> str:
    folded = (name_of(written) or "").strip().lower()
    return TIERS.get(folded, folded)
