"""Which time logs cover: calls from the first to the last, an aggregated export from its first slot to the end of its last.

How long a slot of an export lasts is what the export says of it, never what lies between two of them:
a week without traffic leaves no rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from llmcost.usage.instants import LATEST_US, is_day, microseconds, written
from llmcost.usage.record import Call

Interval = tuple[int, int]  # from and until, in microseconds since 1970
US_PER_HOUR = 3_600_000_000
_DAY_US = 24 * US_PER_HOUR


class Period(NamedTuple):
    """From the first moment that the logs cover to the last, in UTC, how many hours of it they cover, and do not.

    None where no line carries a time.
    """

    first: str | None
    last: str | None
    hours: float | None
    gap_hours: float = 0.0

    @property
    def words(self) -> str:
        """As a remark says it."""
        return f"{self.first} to {self.last}" if self.first else "no times"


class Slots(NamedTuple):
    """The slots of one aggregated export, or of calls whose times are dates alone: how long one lasts (None: of several lengths, or not said), and its period.

    `assumed`: the length is that of whole days or whole hours, at which all of them begin. `without_end` are
    those that not even this says the end of: they count as of no length.
    """

    seconds: int | None
    period: Period
    assumed: bool
    without_end: int


class Export:
    """The calls of one aggregated file by slot; `slots` has them by start and end, an end that is not said is the start.

    `uncounted` are rows that do not say how many calls they sum up. `costs` are slots of a cost alone.
    """

    def __init__(self, path: str = "") -> None:
        self.path = path
        self.starts: dict[str, set[int]] = {}  # of the slots that have calls of a model
        self.slots: dict[Interval, int] = {}
        self.costs: set[Interval] = set()
        self.uncounted = 0
        self.assumed = False

    @classmethod
    def of_days(cls, calls: Mapping[int, int]) -> Export:
        """Calls by the midnight UTC of their day, where a log of single calls tells no more than that."""
        found = cls()
        found.slots = {(start, min(start + _DAY_US, LATEST_US)): each for start, each in calls.items()}
        found.assumed = True
        return found

    def add(self, call: Call, end_us: int | None) -> None:
        """Count a row with the end of its slot (None: not said)."""
        self.uncounted += call.calls is None
        if call.at_us is None:
            return
        slot = (call.at_us, max(end_us or call.at_us, call.at_us))
        if call.calls == 0 and not call.prompt + call.output:
            self.costs.add(slot)
        else:
            self.slots[slot] = self.slots.get(slot, 0) + (call.calls or 0)
            self.starts.setdefault(call.model, set()).add(call.at_us)

    def settle(self) -> None:
        """After the last row: slots without any end are of days where all begin at midnight UTC, of hours on the hour."""
        starts = {start for start, _ in self.slots}
        if any(until != start for start, until in self.slots):
            return
        for length in (_DAY_US, US_PER_HOUR):
            if starts and not any(start % length for start in starts):
                self.slots = {
                    (start, min(start + length, LATEST_US)): calls for (start, _), calls in self.slots.items()
                }
                self.assumed = True
                return

    @property
    def by_model(self) -> dict[str, list[Interval]]:
        """The slots that have calls of a model, by model."""
        ends: dict[int, int] = {}
        for start, until in self.slots:
            ends[start] = max(until, ends.get(start, until))
        return {model: [(start, ends[start]) for start in starts] for model, starts in self.starts.items()}

    @property
    def covered(self) -> list[Interval]:
        """From the first slot with calls to the end of the last; empty without times."""
        slots = self.slots or self.costs
        return [(min(slot[0] for slot in slots), max(slot[1] for slot in slots))] if slots else []

    @property
    def described(self) -> Slots:
        """As the result lists the file."""
        lengths = [until - start for start, until in self.slots or self.costs]
        one = lengths[0] // 1_000_000 if len(set(lengths)) == 1 else 0
        return Slots(one or None, period_of(self.covered), self.assumed, lengths.count(0))


def end_of(start: Any, end: Any) -> Any:
    """The end of a slot: as written, else that of the day where the start is written as a day."""
    if end not in (None, ""):
        return end
    if not is_day(start):
        return None
    began = moment_of(str(start).strip())
    return None if began is None else written(min(began + _DAY_US, LATEST_US))


def in_days(times: Iterable[Any]) -> bool:
    """Whether all of these times that can be read, and there is one, are dates alone."""
    readable = [at for at in times if moment_of(at) is not None]
    return bool(readable) and all(map(is_day, readable))


def moment_of(at: Any) -> int | None:
    """Microseconds since 1970; None where nothing is written, or no moment."""
    try:
        return microseconds(at)
    except (ValueError, OverflowError):
        return None


def united(intervals: Iterable[Interval]) -> list[Interval]:
    """The same time without overlaps, in order."""
    found: list[Interval] = []
    for start, until in sorted(intervals):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(until, found[-1][1]))
        else:
            found.append((start, until))
    return found


def hours_within(intervals: Iterable[Interval], start: int, until: int) -> float:
    """Hours between two moments that the intervals, which do not overlap, cover."""
    return sum(max(0, min(b, until) - max(a, start)) for a, b in intervals) / US_PER_HOUR


def period_of(intervals: Iterable[Interval]) -> Period:
    """The period of intervals that may overlap."""
    found = united(intervals)
    if not found:
        return Period(None, None, None)
    covered, whole = sum(until - start for start, until in found), found[-1][1] - found[0][0]
    return Period(written(found[0][0]), written(found[-1][1]), covered / US_PER_HOUR, (whole - covered) / US_PER_HOUR)
