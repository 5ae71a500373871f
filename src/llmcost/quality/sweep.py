"""A router's threshold swept from never to always the strong model, on queries held out.

A query whose router score is at or above the threshold goes to the strong model. The thresholds
are chosen on one half of the queries, so that a stated share of them is sent on; cost and quality
are those of the other half. A query's half is the parity of the CRC-32 of its id.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, NamedTuple

from llmcost.quality.bootstrap import interval
from llmcost.quality.sample import Interval, Sample, ratio

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

STEPS = 20
RECOVERED = (0.5, 0.8)  # RouteLLM's CPT(50 %) and CPT(80 %)
SPLIT = "a query's half is the parity of the CRC-32 of its id: thresholds from the even half, figures from the odd one"


class SweepPoint(NamedTuple):
    """One threshold, chosen so that `wanted_share` of one half goes to the strong model."""

    threshold: float | None  # None: every query goes to the cheap model
    wanted_share: float
    strong_share: float | None
    strong_share_interval: Interval
    cost_per_request: float | None
    cost_per_request_interval: Interval
    quality: float | None
    quality_interval: Interval
    quality_kept: float | None
    quality_kept_interval: Interval
    no_harm_rate: float | None
    no_harm_rate_interval: Interval
    performance_gap_recovered: float | None
    performance_gap_recovered_interval: Interval


class Sweep(NamedTuple):
    """The router's curve on the held-out half. APGR: area under PGR over the share of strong calls;
    CPT(x): the least share of strong calls that recovers x of the gap (RouteLLM, arXiv 2406.18665).
    """

    split: str
    chosen_on: int
    measured_on: int
    points: list[SweepPoint]
    apgr: float | None
    apgr_interval: Interval
    cpt: dict[str, float | None]
    cpt_interval: dict[str, Interval]


def halves(queries: list[str]) -> Array:
    """True for the held-out half."""
    import numpy as np

    return np.fromiter((zlib.crc32(each.encode()) & 1 for each in queries), dtype=bool, count=len(queries))


def router_of(scores: Array) -> Array | None:
    """One router score a query from its cheap and strong rows: the one they share, else strong − cheap.

    None where a query has none.
    """
    import numpy as np

    cheap, strong = scores
    both = np.where(np.isnan(cheap), strong, cheap), np.where(np.isnan(strong), cheap, strong)
    if np.isnan(both[0]).any():
        return None
    found: Array = both[0] if (both[0] == both[1]).all() else both[1] - both[0]
    return found


def sweep(
    router: Array,
    queries: list[str],
    scores: Array,
    costs: Array,
    router_usd: float,
    recovered: tuple[float, ...],
    rounds: int,
    seed: int,
) -> Sweep | None:
    """The sweep of one pair; `scores` and `costs` have the cheap model's row and the strong one's."""
    import numpy as np

    held = halves(queries)
    chosen, out = np.flatnonzero(~held), np.flatnonzero(held)
    if chosen.size < 2 or out.size < 2:
        return None
    shares = [step / STEPS for step in range(STEPS + 1)]
    ordered = np.sort(router[chosen])[::-1]
    thresholds = [np.inf if not s else float(ordered[max(round(s * ordered.size), 1) - 1]) for s in shares]
    thresholds[-1] = -np.inf
    there = router[out]
    own_scores, own_costs = scores[:, out], costs[:, out]
    sample = Sample(out.size)
    sample.add("cheap", lambda part: own_scores[0, part])
    sample.add("strong", lambda part: own_scores[1, part])
    for i, threshold in enumerate(thresholds):

        def on(part: slice, t: float = threshold) -> Array:
            return there[part] >= t

        _add_threshold(sample, i, on, own_scores, own_costs)
    sample.resample(rounds, seed)
    found = [_point(sample, i, shares[i], thresholds[i], router_usd) for i in range(len(shares))]
    area, area_interval = sample.figure(lambda m: _area(m, len(shares)))
    calls = {f"{x:g}": _calls(sample, len(shares), x) for x in recovered}
    return Sweep(
        split=SPLIT,
        chosen_on=int(chosen.size),
        measured_on=int(out.size),
        points=found,
        apgr=area,
        apgr_interval=area_interval,
        cpt={x: value for x, (value, _) in calls.items()},
        cpt_interval={x: between for x, (_, between) in calls.items()},
    )


def _add_threshold(sample: Sample, i: int, on: Any, scores: Array, costs: Array) -> None:
    import numpy as np

    sample.add(("share", i), on)
    sample.add(("quality", i), lambda part: np.where(on(part), scores[1, part], scores[0, part]))
    sample.add(("cost", i), lambda part: np.where(on(part), costs[1, part], costs[0, part]))
    sample.add(("harm", i), lambda part: ~on(part) & (scores[0, part] < scores[1, part]))


def _point(sample: Sample, i: int, wanted: float, threshold: float, router_usd: float) -> SweepPoint:
    import math

    share, share_interval = sample.of(("share", i))
    cost, cost_interval = sample.figure(lambda m: m(("cost", i)) + router_usd)
    quality, quality_interval = sample.of(("quality", i))
    kept, kept_interval = sample.figure(lambda m: ratio(m(("quality", i)), m("strong")))
    safe, safe_interval = sample.figure(lambda m: 1 - m(("harm", i)))
    gap, gap_interval = sample.figure(lambda m: _recovered(m, i))
    return SweepPoint(
        threshold=threshold if math.isfinite(threshold) else None,
        wanted_share=wanted,
        strong_share=share,
        strong_share_interval=share_interval,
        cost_per_request=cost,
        cost_per_request_interval=cost_interval,
        quality=quality,
        quality_interval=quality_interval,
        quality_kept=kept,
        quality_kept_interval=kept_interval,
        no_harm_rate=safe,
        no_harm_rate_interval=safe_interval,
        performance_gap_recovered=gap,
        performance_gap_recovered_interval=gap_interval,
    )


def _recovered(mean: Any, i: int) -> Any:
    return ratio(mean(("quality", i)) - mean("cheap"), mean("strong") - mean("cheap"))


def _area(mean: Any, count: int) -> Any:
    """∫ PGR over the share of strong calls, between the measured points (trapezoids)."""
    area: Any = 0.0
    for i in range(1, count):
        width = mean(("share", i)) - mean(("share", i - 1))
        area = area + width * (_recovered(mean, i) + _recovered(mean, i - 1)) / 2
    return area


def _calls(sample: Sample, count: int, wanted: float) -> tuple[float | None, Interval]:
    """The least share of strong calls at which PGR first reaches `wanted`, between two points linearly."""
    import numpy as np

    with np.errstate(divide="ignore", invalid="ignore"):
        plain = _first(
            np.array([[sample.mean(("share", i)) for i in range(count)]]),
            np.array([[float(_recovered(sample.mean, i)) for i in range(count)]]),
            wanted,
        )
        gaps = np.stack([_recovered(sample.drawn, i) for i in range(count)], axis=1)
        shares = np.stack([sample.drawn(("share", i)) for i in range(count)], axis=1)
        drawn = _first(shares, gaps, wanted)
    if not np.isfinite(plain[0]):
        return None, None
    return float(plain[0]), interval(drawn)


def _first(shares: Array, gaps: Array, wanted: float) -> Array:
    """Where the gap recovered first reaches `wanted` in each row (rounds × points); not a number where it does not."""
    import numpy as np

    reached = gaps >= wanted - 1e-12
    last = reached.argmax(axis=1)[:, None]
    before = np.maximum(last - 1, 0)
    low, high = (np.take_along_axis(shares, at, axis=1)[:, 0] for at in (before, last))
    short, beyond = (np.take_along_axis(gaps, at, axis=1)[:, 0] for at in (before, last))
    with np.errstate(divide="ignore", invalid="ignore"):
        between = low + (wanted - short) / (beyond - short) * (high - low)
    known = reached.any(axis=1) & np.isfinite(gaps).all(axis=1)
    found: Array = np.where(known, np.where(beyond == short, high, between), np.nan)
    return found
