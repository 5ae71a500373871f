"""Is a loss beyond its margin more than chance, among many comparisons; and how many queries would settle one.

The test is the self-normalised one: with e = d + m, of the n paired differences d and the margin m,

    p = Φ((Σe + max|e|) ÷ √Σe²)

(Efron 1969). Two models that are equally good have differences that are symmetric about 0, and each sign
of a difference is then a toss. max|e| is the continuity correction: of all tosses of up to 14 differences
p is at least the exact chance wherever that is below 10 % (a test counts them), so that three losses in a
task of three queries prove nothing.
The tail's differences are taken at one threshold v for both models, the `tail` quantile of their
scores pooled: (min(new − v, 0) − min(old − v, 0)) ÷ tail, whose mean is the difference of the two
tail means to the first order (Rockafellar and Uryasev 2000).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

ONE_SIDED = 0.025  # what a 95 % interval leaves on one side
POWER = 0.8
_NORMAL = NormalDist()
Z_PASS = _NORMAL.inv_cdf(1 - ONE_SIDED)


class Undecided(NamedTuple):
    """A comparison that is not settled: the queries that settle it with a power of 80 %, if the
    difference is as found, and the normal quantile that it then has to reach.
    """

    queries: int
    quantile: float


def p_value(differences: Array, margin: float) -> float:
    """How likely so great a loss is by chance, where the loss is no more than the margin."""
    import numpy as np

    shifted = differences + margin
    squares = float(shifted @ shifted)
    if squares == 0:
        return 1.0
    return _NORMAL.cdf(float(shifted.sum() + np.abs(shifted).max()) / math.sqrt(squares))


def tail_differences(old: Array, new: Array, tail: float) -> Array:
    """New − old of each query's part in the worst answers, both models' at one threshold; in points of score."""
    import numpy as np

    pooled = np.concatenate([old, new])
    at = min(max(math.ceil(pooled.size * tail), 1), pooled.size) - 1
    threshold = np.partition(pooled, at)[at]
    found: Array = (np.minimum(new - threshold, 0.0) - np.minimum(old - threshold, 0.0)) / tail
    return found


def holm(p_values: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Adjusted p-values: comparisons whose own is at most α, all together, are wrong in at most α of the runs.

    Weighted step-down (Holm 1979): the smallest p ÷ weight first, against the weights still in play.
    """
    order = sorted(range(len(p_values)), key=lambda i: (p_values[i] / weights[i], i))
    left = math.fsum(weights)
    adjusted = [1.0] * len(p_values)
    highest = 0.0
    for i in order:
        highest = max(highest, min(1.0, p_values[i] / weights[i] * max(left, weights[i])))
        adjusted[i] = highest
        left -= weights[i]
    return adjusted


def loss_quantile(weight: float) -> float:
    """The normal quantile that a loss has to reach in the first step of Holm's, at its weight of all."""
    return max(Z_PASS, -_NORMAL.inv_cdf(ONE_SIDED * weight))


def queries_for_power(size: int, deviation: float, distance: float, quantile: float) -> int:
    """Queries with which a difference `distance` from its margin is settled in 80 % of the samples.

    `deviation` is the standard error of the difference with `size` queries.
    """
    return math.ceil(size * ((quantile + _NORMAL.inv_cdf(POWER)) * deviation / distance) ** 2)


def settled_by(open_: Sequence[Undecided]) -> int | None:
    """Queries with which all of these are settled in at least 80 % of the samples; None where there is none.

    Each may stay open in a part of the 20 %; the parts add up (Bonferroni).
    """
    if not open_:
        return None
    low = max(each.queries for each in open_)
    if len(open_) == 1:
        return low
    strictest = _NORMAL.inv_cdf(1 - (1 - POWER) / len(open_))
    high = max(math.ceil(each.queries * _grown(each.quantile, strictest)) for each in open_)
    while low < high:
        middle = (low + high) // 2
        if sum(_missed(each, middle) for each in open_) <= 1 - POWER + 1e-9:
            high = middle
        else:
            low = middle + 1
    return low


def _grown(quantile: float, power_quantile: float) -> float:
    return ((quantile + power_quantile) / (quantile + _NORMAL.inv_cdf(POWER))) ** 2


def _missed(each: Undecided, queries: int) -> float:
    """The chance that this many queries leave it open."""
    reached = math.sqrt(queries / each.queries) * (each.quantile + _NORMAL.inv_cdf(POWER))
    return _NORMAL.cdf(each.quantile - reached)
