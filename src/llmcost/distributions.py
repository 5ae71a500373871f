"""What a quantity that is not known exactly may be: its distribution, as a function of one normal variable.

Every way of stating doubt becomes a `Range`. `value_at` is its quantile function at the normal quantile z, so that one
standard-normal column draws it and correlations hold for all of them; `mean` is its expected value, and `between` runs
from its lower to its upper end (docs/methods/ranges.md).
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    import numpy as np

    Values: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

Scale = Literal["positive", "share", "signed", "change", "price_change"]
Shape = Literal["default", "uniform", "triangular", "pert", "lognormal", "normal", "beta", "table"]

Z90 = 1.6448536269514722  # the 95th percentile of the normal distribution
LEAST_CHANGE = -0.999  # a change leaves something, in every draw
_FAR_APART = 4.0
_REACH = 9.0  # standard deviations within which a mean is integrated and Φ tabulated
_STEPS = 256  # of that table, to a standard deviation


class Follows(NamedTuple):
    """What a range is worked out from: the tree that holds its own ranges, and its value once these are numbers.

    `before` are the ranges that it rests on and that follow from others themselves, the first ones first.
    """

    tree: Any
    value: Callable[[Any], Any]
    before: "tuple[Range, ...]" = ()


class Range(NamedTuple):
    """A quantity that is not known exactly: two ends, each a finite number, `low <= high`, and a distribution.

    `shared` is the place of the anchor it was written under: equal places are one quantity, and
    one draw. One that `follows` from others is drawn with them; its ends are the lowest and highest it comes to.

    `scale` comes from the field. With the default shape the ends are the 5th and 95th percentile, or lie at the normal
    quantiles -`z_end` and `z_end` where that is given, and `mid` is the median where the user named one. The ends of
    `uniform`, `triangular`, `pert` and `table` are hard; `mid` of a triangle and of PERT is the mode. Those of
    `lognormal` (parameters μ, σ), `normal` (mean, sd) and `beta` (a, b) are the 5th and 95th percentile. A `table` has
    its ascending values as parameters, and in `cumulative` the chance of each or a lower one, empty where all are equal.
    """

    low: float
    high: float
    mid: float | None = None
    scale: Scale = "positive"
    shape: Shape = "default"
    shared: str = ""
    follows: Follows | None = None
    z_end: float | None = None
    parameters: tuple[float, ...] = ()
    cumulative: tuple[float, ...] = ()

    @property
    def linear(self) -> bool:
        """Whether the range is read on the linear scale (hard shapes, or an end at a bound)."""
        if self.shape != "default" or self.scale in ("signed", "change"):
            return True
        if self.scale == "price_change":
            return False
        return self.low <= 0 or (self.scale == "share" and self.high >= 1)

    @property
    def middle(self) -> float:
        """The median: the named one, else √(low·high) for a positive quantity, else the mean.

        A price change is read on the scale of 1 + r. Source: docs/methods/ranges.md. A range that touches a bound
        is read linearly.
        """
        if self.shape != "default":
            return float(value_at(self, 0.0, Z90))
        if self.mid is not None:
            return self.mid
        if self.low == self.high:
            return self.low
        if self.scale == "price_change":
            return math.sqrt((1 + self.low) * (1 + self.high)) - 1
        if self.scale == "positive" and not self.linear:
            return math.sqrt(self.low * self.high)
        return (self.low + self.high) / 2


def value_at(uncertain: Range, z: Any, z_end: float) -> Any:
    """The quantity at normal quantile z, a number or an array; `z_end` is where the ends of a default range lie.

    x(z) = g⁻¹(g(mid) + z/Z·(g(high) − g(mid) or g(mid) − g(low))) for the default shape; the others are inverted at
    u = Φ(z), or are a function of z itself.
    """
    import numpy as np

    shape, parameters = uncertain.shape, uncertain.parameters
    if shape == "default":
        return _default_at(uncertain, z, uncertain.z_end or z_end)
    if shape == "lognormal":
        value = np.exp(parameters[0] + parameters[1] * z)
        return value - 1 if uncertain.scale in ("change", "price_change") else value
    if shape == "normal":
        value = parameters[0] + parameters[1] * z
        return np.maximum(value, LEAST_CHANGE) if uncertain.scale == "change" else value
    if shape == "beta":
        from llmcost.beta import beta_quantile

        return beta_quantile(parameters[0], parameters[1], z)
    if shape == "pert":
        from llmcost.beta import beta_quantile

        return uncertain.low + (uncertain.high - uncertain.low) * beta_quantile(*pert_parameters(uncertain), z)
    return _at_chance(uncertain, normal_cdf(z))


def _default_at(uncertain: Range, z: Any, z_end: float) -> Any:
    """g is log for positive quantities, logit for shares, log(1 + r) for price changes, the identity for other signed
    ones and for a range that touches a bound (then clipped there).
    """
    import numpy as np

    low, high, mid = uncertain.low, uncertain.high, uncertain.middle
    if uncertain.linear:
        value = mid + z / z_end * np.where(z > 0, high - mid, mid - low)
        if uncertain.scale == "positive":
            return np.maximum(value, 0.0)
        if uncertain.scale == "change":
            return np.maximum(value, LEAST_CHANGE)
        return np.clip(value, 0.0, 1.0) if uncertain.scale == "share" else value
    if uncertain.scale == "share":
        a, b, c = (math.log(x / (1 - x)) for x in (low, mid, high))
        return 1 / (1 + np.exp(-(b + z / z_end * np.where(z > 0, c - b, b - a))))
    shift = 1.0 if uncertain.scale == "price_change" else 0.0
    a, b, c = (math.log(x + shift) for x in (low, mid, high))
    value = np.exp(b + z / z_end * np.where(z > 0, c - b, b - a))
    return value - shift if shift else value


def _at_chance(uncertain: Range, u: Any) -> Any:
    """Inverse of the uniform and the triangular distribution, and of a table's steps, at probability u."""
    import numpy as np

    low, high = uncertain.low, uncertain.high
    if uncertain.shape == "table":
        values = np.asarray(uncertain.parameters)
        last = len(values) - 1
        steps = (
            np.searchsorted(np.asarray(uncertain.cumulative), u) if uncertain.cumulative else np.floor(u * (last + 1))
        )
        return values[np.minimum(steps, last).astype(np.int64)]
    if uncertain.shape == "uniform":
        return low + u * (high - low)
    mode = _mode(uncertain)
    at_mode = (mode - low) / (high - low)
    rising = low + np.sqrt(u * (high - low) * (mode - low))
    falling = high - np.sqrt((1 - u) * (high - low) * (high - mode))
    return np.where(u < at_mode, rising, falling)


def _mode(uncertain: Range) -> float:
    return uncertain.mid if uncertain.mid is not None else (uncertain.low + uncertain.high) / 2


def pert_parameters(uncertain: Range) -> tuple[float, float]:
    """a and b of the beta distribution between the ends, of weight 4: mean (low + 4·mode + high)/6 (Malcolm et al. 1959)."""
    width, mode = uncertain.high - uncertain.low, _mode(uncertain)
    return 1 + 4 * (mode - uncertain.low) / width, 1 + 4 * (uncertain.high - mode) / width


def normal_cdf(z: Any) -> Any:
    """Φ(z) = erfc(−z/√2)/2 of a number; of an array within 1e-12, by cubics with the exact slope between 4,609 points."""
    if not getattr(z, "ndim", 0):
        return 0.5 * math.erfc(-float(z) / math.sqrt(2))
    import numpy as np

    values, slopes = _cdf_table()
    at = np.clip(z, -_REACH, _REACH) * _STEPS + _REACH * _STEPS
    left = np.minimum(at.astype(np.int64), values.size - 2)
    s = at - left
    low, rise, first, last = values[left], values[left + 1] - values[left], slopes[left], slopes[left + 1]
    return low + s * (first + s * (3 * rise - 2 * first - last + s * (first + last - 2 * rise)))


@lru_cache(maxsize=1)
def _cdf_table() -> "tuple[Values, Values]":
    """Φ at equal steps, and φ times the step."""
    import numpy as np

    z = np.arange(round(2 * _REACH * _STEPS) + 1) / _STEPS - _REACH
    values = 0.5 * np.array([math.erfc(-x / math.sqrt(2)) for x in z.tolist()])
    return values, np.exp(-z * z / 2) / math.sqrt(2 * math.pi) / _STEPS


def mean(uncertain: Range, z_end: float = Z90) -> float:
    """The expected value: in closed form where there is one, else ∫ x(z)·φ(z) dz on each side of the median."""
    low, high, parameters = uncertain.low, uncertain.high, uncertain.parameters
    if uncertain.shape == "uniform":
        return (low + high) / 2
    if uncertain.shape == "triangular":
        return (low + _mode(uncertain) + high) / 3
    if uncertain.shape == "pert":
        return (low + 4 * _mode(uncertain) + high) / 6
    if uncertain.shape == "beta":
        return parameters[0] / (parameters[0] + parameters[1])
    if uncertain.shape == "table":
        edges = (0.0, *uncertain.cumulative)
        if not uncertain.cumulative:
            return math.fsum(parameters) / len(parameters)
        return math.fsum(x * (edges[i + 1] - edges[i]) for i, x in enumerate(parameters))
    import numpy as np

    points, weights = np.polynomial.legendre.leggauss(8)
    edges_of = np.linspace(0.0, _REACH, 289)
    half = (edges_of[1] - edges_of[0]) / 2
    above = (edges_of[:-1, None] + half * (1 + points)).ravel()
    z = np.concatenate([-above[::-1], above])
    density = np.exp(-z * z / 2) * np.tile(weights, z.size // weights.size) * half / math.sqrt(2 * math.pi)
    return float((value_at(uncertain, z, z_end) * density).sum())


def between(found: Range, share: "Values") -> "Values":
    """The values so far from the low end to the high one; evenly by factors where these are far apart.

    Of a table only its own values: nothing between them can come to pass.
    """
    import numpy as np

    if found.shape == "table":
        values = np.asarray(found.parameters)
        return values[np.minimum(np.nan_to_num(share) * len(values), len(values) - 1).astype(np.int64)]
    if found.low > 0 and found.high > _FAR_APART * found.low:
        return np.where(share == 1, found.high, found.low * (found.high / found.low) ** share)
    return np.where(share == 1, found.high, found.low + (found.high - found.low) * share)
