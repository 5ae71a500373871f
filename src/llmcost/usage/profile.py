"""What the traffic looks like over time and by size, from the cells alone."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

from llmcost.usage.cube import NO_TIME, Cube
from llmcost.usage.instants import written
from llmcost.usage.sizes import nearest_rank, step_of
from llmcost.workload import HOURS_PER_MONTH

_DAY = 86_400
_WEEK = 7 * _DAY
SHARES = (0.50, 0.95, 0.99)


class Period(NamedTuple):
    """From the first call to the last, in UTC; hours of it. None where no line carries a time."""

    first: str | None
    last: str | None
    hours: float | None

    @property
    def words(self) -> str:
        """As a remark says it."""
        return f"{self.first} to {self.last}" if self.first else "no times"


class Hours(NamedTuple):
    """The profile over time in slots of `step_seconds`.

    Elapsed slots run from the first to the last that has a call; `by_hour_of_day` are calls by hour in
    UTC (None where a slot is longer than an hour). Calls of unknown time stand apart.
    """

    step_seconds: int
    elapsed: int
    non_empty: int
    peak_at: str | None
    peak_calls: int
    peak_to_average_elapsed: float | None
    peak_to_average_non_empty: float | None
    by_hour_of_day: list[int] | None
    calls_without_time: int


class Sizes(NamedTuple):
    """Nearest-rank percentiles of a size; not `exact`: the middle of the bucket that holds them."""

    p50: float
    p95: float
    p99: float
    largest: float | None
    exact: bool


class Above(NamedTuple):
    """Calls whose prompt lies above a long-context threshold of the catalog."""

    above_tokens: int
    calls: int
    share: float


def calls_by_slot(cube: Cube) -> dict[int, int]:
    """Calls of each slot that has any; those without a time left out."""
    found: dict[int, int] = {}
    for key, sums in cube.by_hour().items():
        if key.slot != NO_TIME:
            found[key.slot] = found.get(key.slot, 0) + sums.calls
    return found


def slot_width(cube: Cube, slots: Mapping[int, int], *, aggregated: bool) -> int:
    """How long the traffic of a slot lasts, in steps: of an aggregated export, the smallest gap between two."""
    ordered = sorted(slots)
    if not aggregated or len(ordered) < 2:
        return 1
    return min(b - a for a, b in pairwise(ordered))


def period_of(cube: Cube, *, aggregated: bool) -> Period:
    """First and last moment. An aggregated bucket lasts until the next one would begin."""
    if cube.first_us is None or cube.last_us is None:
        return Period(None, None, None)
    last_us = cube.last_us
    slots = calls_by_slot(cube)
    if aggregated and len(slots) > 1:
        last_us += slot_width(cube, slots, aggregated=True) * cube.step_seconds * 1_000_000
    return Period(written(cube.first_us), written(last_us), (last_us - cube.first_us) / 3.6e9)


def hours_of(cube: Cube, *, aggregated: bool) -> Hours:
    """Peak over mean calls, of all slots that elapsed and of those that had calls."""
    slots = calls_by_slot(cube)
    without = sum(sums.calls for key, sums in cube.by_hour().items() if key.slot == NO_TIME)
    total = sum(slots.values())
    if not total:
        return Hours(cube.step_seconds, 0, len(slots), None, 0, None, None, None, without)
    width = slot_width(cube, slots, aggregated=aggregated)
    elapsed = (max(slots) - min(slots)) // width + 1
    peak = max(slots, key=lambda slot: (slots[slot], -slot))
    by_hour: list[int] | None = None
    if cube.step_seconds * width <= 3600:
        by_hour = [0] * 24
        for slot, calls in slots.items():
            by_hour[slot * cube.step_seconds // 3600 % 24] += calls
    busy = sum(1 for calls in slots.values() if calls)
    return Hours(
        cube.step_seconds * width,
        elapsed,
        busy,
        written(peak * cube.step_seconds * 1_000_000),
        slots[peak],
        slots[peak] * elapsed / total,
        slots[peak] * busy / total,
        by_hour,
        without,
    )


def growth_of(cube: Cube) -> float | None:
    """Growth of the calls a month: the last whole weeks over the first ones, compounded to a month.

    Whole weeks, so that a weekend does not look like a decline; with fewer than four of them (two
    against two) it is not told. The halves' middles lie (weeks − half) weeks apart.
    """
    slots = calls_by_slot(cube)
    if not slots:
        return None
    step = cube.step_seconds
    begin, end = min(slots) * step, (max(slots) + 1) * step
    weeks = (end - begin) // _WEEK
    half = weeks // 2
    if half < 2:
        return None
    first = sum(calls for slot, calls in slots.items() if slot * step < begin + half * _WEEK)
    last_from = begin + (weeks - half) * _WEEK
    last = sum(calls for slot, calls in slots.items() if last_from <= slot * step < begin + weeks * _WEEK)
    if not first or not last:
        return None
    months_apart = (weeks - half) * _WEEK / 3600 / HOURS_PER_MONTH
    return float((last / first) ** (1 / months_apart) - 1)


def prompt_sizes(cube: Cube) -> Sizes | None:
    """Percentiles of the prompt; None where only aggregated buckets were read."""
    buckets: dict[int, int] = {}
    for key, sums in cube.by_size().items():
        if key.prompt_size != NO_TIME:
            buckets[key.prompt_size] = buckets.get(key.prompt_size, 0) + sums.calls
    return _sizes(cube.prompts, buckets)


def output_sizes(cube: Cube) -> Sizes | None:
    """Percentiles of the output; None where only aggregated buckets were read."""
    return _sizes(cube.replies, cube.outputs)


def _sizes(exact: Mapping[int, int] | None, buckets: Mapping[int, int]) -> Sizes | None:
    if not sum(buckets.values()):
        return None
    if exact is not None:
        p50, p95, p99, largest = (float(nearest_rank(dict(exact), share) or 0) for share in (*SHARES, 1.0))
        return Sizes(p50, p95, p99, largest, exact=True)
    p50, p95, p99 = (_middle(nearest_rank(dict(buckets), share) or 0) for share in SHARES)
    return Sizes(p50, p95, p99, None, exact=False)


def _middle(low: int) -> float:
    return low + (step_of(low) - 1) / 2


def above_thresholds(cube: Cube) -> list[Above]:
    """For each threshold the calls above it, and their share of the calls whose size is known."""
    by_band: dict[int, int] = {}
    for key, sums in cube.by_size().items():
        if key.prompt_size != NO_TIME:
            by_band[key.above_tokens] = by_band.get(key.above_tokens, 0) + sums.calls
    total = sum(by_band.values())
    return [
        Above(threshold, over, over / total)
        for threshold in sorted(cube.thresholds)
        if total
        for over in [sum(calls for band, calls in by_band.items() if band >= threshold)]
    ]
