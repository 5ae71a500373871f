"""The extremes of an expression over the ranges of its quantities, wherever in them they lie.

An expression need not be monotone: x·(1 − x) has its top within, min and max are flat at the middle. So every
corner is tried, a lattice of points between them, and the best of these are walked uphill where a corner is
not the best. A quantity that is divided by must not come to zero within the ranges.
"""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from llmcost.arithmetic import Number
from llmcost.claims.expression import Expression, Node, NoValue, node_value, written
from llmcost.distributions import between
from llmcost.economics.box import corners, lattice
from llmcost.quantity import Range, ranges_in, with_values

if TYPE_CHECKING:
    from llmcost.distributions import Values
    from llmcost.economics.box import Points

LATTICE = 4097
MOST_CORNERS = 12  # ranges; of more, the corners are found by flipping one or two ends at a time
_WALKERS = 8
_MOST_STEPS = 400
_SMALLEST_STEP = 2.0**-54
_ZERO = 1e-7  # of the largest value: nearer to zero than this is zero


def extremes(expression: Expression, values: Mapping[str, Any]) -> tuple[float, float]:
    """The lowest and the highest value over the ranges that are among these values.

    Raises NoValue where it divides by zero or has no finite value within them.
    """
    import numpy as np

    ranges = dict(ranges_in(values))
    with np.errstate(all="ignore"):
        for divisor in expression.divisors():
            if _above_zero(divisor, values):
                continue
            low, high = _spanned(_over(divisor, values, ranges), len(ranges))
            if low <= _ZERO * abs(high) and high >= -_ZERO * abs(low):
                raise NoValue(f"{written(divisor)!r} comes to zero within the ranges", "give a range without that")
        low, high = _spanned(_over(expression.tree, values, ranges), len(ranges))
    if not (math.isfinite(low) and math.isfinite(high)):
        text = written(expression.tree)
        raise NoValue(f"{text[:60]!r} is no finite number everywhere within the ranges", "check the ranges")
    return low, high


def _over(node: Node, values: Mapping[str, Any], ranges: Mapping[str, Range]) -> "Callable[[Points], Values]":
    """The node as a function of points between the ends of the ranges."""
    import numpy as np

    def at(points: "Points") -> "Values":
        columns = {path: between(found, points[:, i]) for i, (path, found) in enumerate(ranges.items())}
        there: Mapping[str, Number] = with_values(values, lambda path, found: columns[path])
        return np.broadcast_to(np.asarray(node_value(node, there), dtype=float), (len(points),))

    return at


def _spanned(function: "Callable[[Points], Values]", ranges: int) -> tuple[float, float]:
    """The lowest and highest value over the unit cube; not finite where some value is not."""
    import numpy as np

    at_corners = function(_corners(function, ranges))
    spread = lattice(ranges, LATTICE)
    inside = function(spread)
    if not (np.isfinite(at_corners).all() and np.isfinite(inside).all()):
        return math.nan, math.nan
    ends = []
    for sign in (-1.0, 1.0):
        best = float((sign * at_corners).max())
        if float((sign * inside).max()) > best:
            found = _uphill(partial(_times, sign, function), spread, sign * inside)
            best = max(best, found)
        ends.append(sign * best)
    return ends[0], ends[1]


def _times(sign: float, function: "Callable[[Points], Values]", points: "Points") -> "Values":
    return sign * function(points)


def _corners(function: "Callable[[Points], Values]", ranges: int) -> "Points":
    """All corners of the cube; of a large one those that flipping one or two ends at a time leads to.

    The flipping starts where each end by itself, all else in the middle, is the better one: mostly there already.
    """
    import numpy as np

    if ranges <= MOST_CORNERS:
        return corners(ranges)
    half = np.eye(ranges) / 2
    rises = function(0.5 + half) - function(0.5 - half)
    first, second = np.triu_indices(ranges)
    flips = np.zeros((len(first), ranges), dtype=bool)
    flips[np.arange(len(first)), first] = flips[np.arange(len(first)), second] = True
    found = []
    for sign in (-1.0, 1.0):
        here = (sign * rises > 0).astype(float)
        while True:
            around = np.concatenate([here[None], np.where(flips, 1 - here, here)])
            values = sign * function(around)
            at = int(np.argmax(np.where(np.isnan(values), -math.inf, values)))
            if at == 0:
                break
            here = around[at]
        found.append(here)
    return np.array(found)


def _uphill(function: "Callable[[Points], Values]", points: "Points", values: "Values") -> float:
    """The highest value that small steps along one range at a time lead to, from the best of these points."""
    import numpy as np

    ranges = points.shape[1]
    here = points[np.argsort(values)[-_WALKERS:]]
    reached = function(here)
    moves = np.concatenate([np.eye(ranges), -np.eye(ranges)])
    step = 0.25
    for _ in range(_MOST_STEPS):
        around = np.clip(here[:, None, :] + step * moves, 0.0, 1.0)
        tried = function(around.reshape(-1, ranges)).reshape(len(here), -1)
        tried = np.where(np.isnan(tried), -math.inf, tried)
        at = tried.argmax(axis=1)
        better = tried[np.arange(len(here)), at] > reached
        here = np.where(better[:, None], around[np.arange(len(here)), at], here)
        reached = np.where(better, tried[np.arange(len(here)), at], reached)
        if not better.any():
            step /= 2
            if step < _SMALLEST_STEP:
                break
    return float(reached.max())


def _above_zero(node: Node, values: Mapping[str, Any]) -> bool:
    """Whether a node is above zero for certain, from the signs of what it is made of."""
    if isinstance(node, float):
        return node > 0
    if isinstance(node, str):
        value = values[node]
        return (value.low if isinstance(value, Range) else value) > 0
    signs = [_above_zero(part, values) for part in node.parts]
    if node.name == "max":
        return any(signs)
    if node.name == "**":
        return signs[0]
    return node.name in ("+", "*", "/", "min", "sqrt", "abs", "ceil") and all(signs)
