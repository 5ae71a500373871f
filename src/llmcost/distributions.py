"""What a quantity that is not known exactly may be: its distribution, as a function of one normal variable.

Every way of stating doubt becomes a `Range`; `value_at` is its quantile function at the normal quantile z, so that
one standard-normal column draws it and correlations hold for all of them (docs/methods/ranges.md).
"""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    import numpy as np

    Values: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

Scale = Literal["positive", "share", "signed", "change"]
Shape = Literal["default", "uniform", "triangular"]

Z90 = 1.6448536269514722  # the 95th percentile of the normal distribution
LEAST_CHANGE = -0.999  # a change leaves something, in every draw
_FAR_APART = 4.0


class Follows(NamedTuple):
    """What a range is worked out from: the tree that holds its own ranges, and its value once these are numbers.

    `before` are the ranges that it rests on and that follow from others themselves, the first ones first.
    """

    tree: Any
    value: Callable[[Any], Any]
    before: "tuple[Range, ...]" = ()


class Range(NamedTuple):
    """A quantity known only between two ends, each a finite number, `low <= high`.

    `shared` is the place of the anchor it was written under: equal places are one quantity, and
    one draw. One that `follows` from others is drawn with them; its ends are the lowest and highest it comes to.

    `mid` is the median where the user named one; `scale` comes from the field. With the default
    shape the ends are the 5th and 95th percentile; with `uniform` and `triangular` they are hard.
    """

    low: float
    high: float
    mid: float | None = None
    scale: Scale = "positive"
    shape: Shape = "default"
    shared: str = ""
    follows: Follows | None = None

    @property
    def linear(self) -> bool:
        """Whether the range is read on the linear scale (hard shapes, or an end at a bound)."""
        if self.shape != "default" or self.scale in ("signed", "change"):
            return True
        return self.low <= 0 or (self.scale == "share" and self.high >= 1)

    @property
    def middle(self) -> float:
        """The median: the named one, else √(low·high) for a positive quantity, else the mean.

        Source: docs/methods/ranges.md. A range that touches a bound is read linearly.
        """
        if self.mid is not None:
            return self.mid
        if self.low == self.high:
            return self.low
        if self.scale == "positive" and not self.linear:
            return math.sqrt(self.low * self.high)
        return (self.low + self.high) / 2


def value_at(uncertain: Range, z: Any, z_end: float, grid: "Values | None" = None) -> Any:
    """The input at normal quantile z: g⁻¹(g(mid) + z/Z·(g(high) − g(mid) or g(mid) − g(low))).

    g is log for positive quantities, logit for shares, the identity for signed ones and for a
    range that touches a bound (then clipped there). Hard shapes go through u = Φ(z).
    """
    import numpy as np

    low, high, mid = uncertain.low, uncertain.high, uncertain.middle
    if uncertain.shape != "default":
        return _hard_shape(uncertain, _phi(z, grid))
    if uncertain.linear:
        steps = np.where(z > 0, high - mid, mid - low)
        value = mid + z / z_end * steps
        if uncertain.scale == "positive":
            return np.maximum(value, 0.0)
        if uncertain.scale == "change":
            return np.maximum(value, LEAST_CHANGE)
        return np.clip(value, 0.0, 1.0) if uncertain.scale == "share" else value
    if uncertain.scale == "share":
        a, b, c = (math.log(x / (1 - x)) for x in (low, mid, high))
        return 1 / (1 + np.exp(-(b + z / z_end * np.where(z > 0, c - b, b - a))))
    a, b, c = (math.log(x) for x in (low, mid, high))
    return np.exp(b + z / z_end * np.where(z > 0, c - b, b - a))


def _phi(z: Any, grid: "Values | None") -> Any:
    import numpy as np

    if grid is None:
        return np.asarray([0.5 * math.erfc(-x / math.sqrt(2)) for x in np.atleast_1d(z)])
    u = (np.arange(grid.size) + 0.5) / grid.size
    return np.interp(z, grid, u)


def _hard_shape(uncertain: Range, u: Any) -> Any:
    """Inverse of the uniform or triangular distribution; its ends are hard."""
    import numpy as np

    low, high = uncertain.low, uncertain.high
    if uncertain.shape == "uniform":
        return low + u * (high - low)
    mode = uncertain.mid if uncertain.mid is not None else (low + high) / 2
    at_mode = (mode - low) / (high - low)
    rising = low + np.sqrt(u * (high - low) * (mode - low))
    falling = high - np.sqrt((1 - u) * (high - low) * (high - mode))
    return np.where(u < at_mode, rising, falling)


def between(found: Range, share: "Values") -> "Values":
    """The values so far from the low end to the high one; evenly by factors where these are far apart."""
    import numpy as np

    if found.low > 0 and found.high > _FAR_APART * found.low:
        return np.where(share == 1, found.high, found.low * (found.high / found.low) ** share)
    return np.where(share == 1, found.high, found.low + (found.high - found.low) * share)
