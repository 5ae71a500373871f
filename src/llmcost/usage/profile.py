"""What the traffic looks like over time and by size, from the cells alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from llmcost.usage.coverage import US_PER_HOUR
from llmcost.usage.cube import NO_SIZE, NO_TIME, Cube, add_bucket
from llmcost.usage.instants import written
from llmcost.usage.sizes import nearest_rank, within_bucket
from llmcost.workload import HOURS_PER_MONTH

_WEEK_US = 7 * 24 * US_PER_HOUR
SHARES = (0.50, 0.95, 0.99)


class Hours(NamedTuple):
    """The profile over time in slots of `step_seconds` (None: there is none).

    Of single calls where any are logged, else of aggregated exports, by no less than the longest of their slots.
    Elapsed slots run from the first to the last that has a call, of exports from the first that they
    cover to the last; `by_hour_of_day` are calls by hour in UTC (None where a slot is longer than an
    hour). Calls of unknown time stand apart, and so do those that exports sum up beside single calls (None: an
    export does not count them).
    """

    step_seconds: int | None
    elapsed: int
    non_empty: int
    peak_at: str | None
    peak_calls: int
    peak_to_average_elapsed: float | None
    peak_to_average_non_empty: float | None
    by_hour_of_day: list[int] | None
    calls_without_time: int
    exported_calls_left_out: int | None = 0


class Series(NamedTuple):
    """Calls by slot: slot n runs from `origin_us` + n × `step_us`. Slots 0 to `elapsed` − 1, those without calls left out."""

    step_us: int
    origin_us: int
    elapsed: int
    calls: dict[int, int]


class Sizes(NamedTuple):
    """Nearest-rank percentiles of a size; not `exact`: as the bucket that holds them and its mean tell."""

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


def series_of(cube: Cube) -> Series | None:
    """The calls over time: of single calls where any are logged, else of the exports.

    None without times, where an export does not count its calls, and where the slots of exports do not
    fit into each other: how the calls of a day lie within it is not known.
    """
    step_us = cube.step_us
    found: dict[int, int] = {}
    for key, sums in cube.by_hour().items():
        if key.slot != NO_TIME:
            found[key.slot] = found.get(key.slot, 0) + sums.calls
    if cube.first_us is not None or not cube.exports:
        for export in cube.exports:
            for (start, _), calls in export.slots.items():
                found[start // step_us] -= calls
        return _series(step_us, 0, {slot: calls for slot, calls in found.items() if calls})
    lengths = {until - start for export in cube.exports for start, until in export.slots}
    if not lengths or any(export.uncounted for export in cube.exports):
        return None
    if not min(lengths):  # not said how long they last: by their starts
        if max(lengths) > step_us:
            return None
        return _series(step_us, 0, {slot: calls for slot, calls in found.items() if calls})
    return _of_exports(cube)


def _series(step_us: int, origin_us: int, calls: dict[int, int]) -> Series | None:
    if not calls:
        return None
    first = min(calls)
    moved = {slot - first: each for slot, each in calls.items()}
    return Series(step_us, origin_us + first * step_us, max(moved) + 1, moved)


def _of_exports(cube: Cube) -> Series | None:
    """By the longest slot of the exports from the first that they cover, or by the cube's step where that is longer."""
    slots = [(*slot, calls) for export in cube.exports for slot, calls in export.slots.items()]
    origin, step_us = min(start for start, _, _ in slots), max(until - start for start, until, _ in slots)
    if step_us < cube.step_us:
        step_us = cube.step_us
        origin -= origin % step_us
    calls: dict[int, int] = {}
    for start, until, each in slots:
        slot = (start - origin) // step_us
        if until > origin + (slot + 1) * step_us:
            return None
        calls[slot] = calls.get(slot, 0) + each
    return Series(step_us, origin, max(calls) + 1, {slot: each for slot, each in calls.items() if each})


def hours_of(cube: Cube) -> Hours:
    """Peak over mean calls, of all slots that elapsed and of those that had calls."""
    without = sum(sums.calls for key, sums in cube.by_hour().items() if key.slot == NO_TIME)
    exported: int | None = sum(calls for export in cube.exports for calls in export.slots.values())
    if any(export.uncounted for export in cube.exports):
        exported = None
    series = series_of(cube)
    if series is None or not series.calls:
        return Hours(None, 0, 0, None, 0, None, None, None, without, exported)
    calls = series.calls
    total = sum(calls.values())
    peak = max(calls, key=lambda slot: (calls[slot], -slot))
    by_hour: list[int] | None = None
    if series.step_us <= US_PER_HOUR:
        by_hour = [0] * 24
        for slot, each in calls.items():
            by_hour[(series.origin_us + slot * series.step_us) // US_PER_HOUR % 24] += each
    return Hours(
        series.step_us // 1_000_000,
        series.elapsed,
        len(calls),
        written(series.origin_us + peak * series.step_us),
        calls[peak],
        calls[peak] * series.elapsed / total,
        calls[peak] * len(calls) / total,
        by_hour,
        without,
        0 if cube.first_us is None else exported,
    )


def growth_of(cube: Cube) -> float | None:
    """Growth of the calls a month: the last whole weeks over the first ones, compounded to a month.

    Whole weeks, so that a weekend does not look like a decline; with fewer than four of them (two
    against two) it is not told. The halves' middles lie (weeks − half) weeks apart.
    """
    series = series_of(cube)
    if series is None or _WEEK_US % series.step_us:
        return None
    a_week = _WEEK_US // series.step_us  # slots
    weeks = series.elapsed // a_week
    half = weeks // 2
    if half < 2:
        return None
    first = sum(calls for slot, calls in series.calls.items() if slot < half * a_week)
    last_from = (weeks - half) * a_week
    last = sum(calls for slot, calls in series.calls.items() if last_from <= slot < weeks * a_week)
    if not first or not last:
        return None
    months_apart = (weeks - half) * _WEEK_US / US_PER_HOUR / HOURS_PER_MONTH
    return float((last / first) ** (1 / months_apart) - 1)


def prompt_sizes(cube: Cube) -> Sizes | None:
    """Percentiles of the prompt; None where only aggregated buckets were read."""
    buckets: dict[int, tuple[int, int]] = {}
    for key, sums in cube.by_size().items():
        if key.prompt_size != NO_SIZE:
            add_bucket(buckets, key.prompt_size, sums.calls, sums.input)
    return _sizes(cube.prompts, buckets)


def output_sizes(cube: Cube) -> Sizes | None:
    """Percentiles of the output; None where only aggregated buckets were read."""
    return _sizes(cube.replies, cube.outputs)


def _sizes(exact: Mapping[int, int] | None, buckets: Mapping[int, tuple[int, int]]) -> Sizes | None:
    if not any(calls for calls, _ in buckets.values()):
        return None
    if exact is not None:
        p50, p95, p99, largest = (float(nearest_rank(dict(exact), share) or 0) for share in (*SHARES, 1.0))
        return Sizes(p50, p95, p99, largest, exact=True)
    p50, p95, p99 = (float(within_bucket(buckets, share)) for share in SHARES)
    return Sizes(p50, p95, p99, None, exact=False)


def above_thresholds(cube: Cube) -> list[Above]:
    """For each threshold the calls above it, and their share of the calls whose size is known."""
    by_band: dict[int, int] = {}
    for key, sums in cube.by_size().items():
        if key.prompt_size != NO_SIZE:
            by_band[key.above_tokens] = by_band.get(key.above_tokens, 0) + sums.calls
    total = sum(by_band.values())
    return [
        Above(threshold, over, over / total)
        for threshold in sorted(cube.thresholds)
        if total
        for over in [sum(calls for band, calls in by_band.items() if band >= threshold)]
    ]
