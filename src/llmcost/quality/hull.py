"""The cheapest way to any quality by mixing two models at random: the non-decreasing convex hull.

RouterBench's *Zero router* (arXiv 2403.12031): the upper hull of the single models in cost and
quality, flat where more money buys no more quality. AIQ is the area under it divided by the width.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]


class Point(NamedTuple):
    """A model, or what else has a cost and a quality."""

    name: str
    cost: float
    quality: float


class Blend(NamedTuple):
    """Two models (or one, twice) mixed at random: `share` of the requests goes to `dearer`."""

    cheaper: str
    dearer: str
    share: float
    cost: float
    quality: float


def hull(points: Sequence[Point]) -> list[Point]:
    """The corners of the non-decreasing convex hull, from the cheapest point to the best one."""
    ordered = sorted(points, key=lambda point: (point.cost, -point.quality, point.name))
    corners: list[Point] = []
    for point in ordered:
        if corners and point.quality <= corners[-1].quality:
            continue  # no better for no less: the hull never falls
        while len(corners) > 1 and _rise(corners[-2], point) >= _rise(corners[-2], corners[-1]):
            corners.pop()
        if corners and point.cost == corners[-1].cost:
            corners.pop()
        corners.append(point)
    return corners


def _rise(a: Point, b: Point) -> float:
    return (b.quality - a.quality) / (b.cost - a.cost) if b.cost > a.cost else float("inf")


def aiq(points: Sequence[Point]) -> float | None:
    """The area under the hull ÷ (c_max − c_min), over all points' costs; None at equal costs.

    Source: RouterBench, arXiv 2403.12031, its average improvement in quality.
    """
    corners = hull(points)
    lowest = min(point.cost for point in points)
    highest = max(point.cost for point in points)
    if highest <= lowest:
        return None
    area = (highest - corners[-1].cost) * corners[-1].quality
    for a, b in pairwise(corners):
        area += (b.cost - a.cost) * (a.quality + b.quality) / 2
    return area / (highest - lowest)


def aiq_by_round(costs: Array, qualities: Array) -> Array:
    """`aiq` of every row (rounds × models); not a number at equal costs.

    From the cheapest point on, the next corner is where the quality rises most steeply.
    """
    import numpy as np

    every = np.arange(len(costs))
    lowest, highest = costs.min(axis=1), costs.max(axis=1)
    at = np.where(costs == lowest[:, None], qualities, -np.inf).argmax(axis=1)
    cost, quality = costs[every, at], qualities[every, at]
    area = np.zeros(len(costs))
    while True:
        better = qualities > quality[:, None]
        rising = better.any(axis=1)
        if not rising.any():
            break
        slopes = np.where(better, (qualities - quality[:, None]) / (costs - cost[:, None]), -np.inf)
        at = slopes.argmax(axis=1)
        to = np.where(rising, costs[every, at], cost)
        reached = np.where(rising, qualities[every, at], quality)
        area += (to - cost) * (quality + reached) / 2
        cost, quality = to, reached
    found: Array = (area + (highest - cost) * quality) / (highest - lowest)
    return found


def dominated_by_round(costs: Array, qualities: Array, at: int) -> Array:
    """Whether the model in column `at` is dominated, in every row (rounds × models)."""
    import numpy as np

    cost, quality = costs[:, at, None], qualities[:, at, None]
    no_worse = (costs <= cost) & (qualities >= quality)
    found: Array = np.any(no_worse & ((costs < cost) | (qualities > quality)), axis=1)
    return found


def quality_at(corners: Sequence[Point], cost: float) -> float | None:
    """The quality that the hull buys for this cost; None below its cheapest point."""
    if cost < corners[0].cost:
        return None
    for a, b in pairwise(corners):
        if cost < b.cost:
            return a.quality + (cost - a.cost) / (b.cost - a.cost) * (b.quality - a.quality)
    return corners[-1].quality


def cheapest_blend(corners: Sequence[Point], quality: float) -> Blend | None:
    """The cheapest point of the hull with at least this quality; None where none reaches it."""
    slack = 1e-12 * max(1.0, abs(quality))
    first = corners[0]
    if first.quality >= quality - slack:
        return Blend(first.name, first.name, 0.0, first.cost, first.quality)
    for a, b in pairwise(corners):
        if b.quality >= quality - slack:
            return blend(a, b, min((quality - a.quality) / (b.quality - a.quality), 1.0))
    return None


def blend(a: Point, b: Point, share: float) -> Blend:
    """`share` of the requests at random to b, the rest to a."""
    cost = a.cost + share * (b.cost - a.cost)
    return Blend(a.name, b.name, share, cost, a.quality + share * (b.quality - a.quality))


def dominating(point: Point, points: Sequence[Point]) -> str | None:
    """Another that is no dearer and no worse, and cheaper or better: the best such, else None."""
    better = [
        other
        for other in points
        if other.name != point.name
        and other.cost <= point.cost
        and other.quality >= point.quality
        and (other.cost < point.cost or other.quality > point.quality)
    ]
    return max(better, key=lambda other: (other.quality, -other.cost)).name if better else None
