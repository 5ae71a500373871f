"""The rent of a growing fleet as a staircase over its load, and the lines beneath it that bound a programme."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from llmcost.decision.programme import FORGIVEN

MOST_STEPS = 5_000  # of a staircase: beyond them whole replicas no longer matter
MOST_LINES = 200


def staircase_hull(growth: Sequence[float], prices: Sequence[float], largest: float) -> list[tuple[float, float]]:
    """The lower convex hull of a fleet's rent Σ price_m·⌈L·growth_m⌉ over loads 0 < L ≤ `largest`: slopes and levels.

    Every line lies beneath the staircase. It rises at L = k ÷ growth_m; just before a rise it is lowest.
    """
    import numpy as np

    scale, rents = np.array(growth), np.array(prices)
    steps = [np.arange(1, min(int(largest * part) + 1, MOST_STEPS)) / part for part in scale if part > 0]
    loads = np.unique(np.concatenate([*steps, [largest]])) if steps else np.array([largest])
    loads = loads[loads <= largest]
    heights = np.ceil(np.outer(loads, scale) * (1 - FORGIVEN) - FORGIVEN).clip(min=0.0) @ rents
    hull: list[tuple[float, float]] = [(0.0, float(rents[scale > 0].sum()))]
    for point in zip(loads.tolist(), heights.tolist(), strict=True):
        while len(hull) > 1 and _turns_right(hull[-2], hull[-1], point):
            hull.pop()
        hull.append(point)
    lines = []
    for (x, y), (further, higher) in pairwise(hull):
        slope = (higher - y) / (further - x)
        lines.append((slope, y - slope * x))
    return lines[:: max(len(lines) // MOST_LINES, 1)]


def _turns_right(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    return (b[1] - a[1]) * (c[0] - b[0]) >= (c[1] - b[1]) * (b[0] - a[0])
