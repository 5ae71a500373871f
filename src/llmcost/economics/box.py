"""Points within the ranges of some inputs: the corners of their box, and others spread evenly between.

A share of 0 is an input's low end, 1 its high one.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np

    Points: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]  # of shape (points, ranges), each from 0 to 1


def corners(ranges: int) -> "Points":
    """All 2^ranges corners."""
    import numpy as np

    return ((np.arange(1 << ranges)[:, None] >> np.arange(ranges)) & 1).astype(float)


@lru_cache(maxsize=16)
def lattice(ranges: int, points: int) -> "Points":
    """Points that fill the box evenly: multiples of 1/g, 1/g², …, where g^(n+1) = g + 1 (the golden ratio for one)."""
    import numpy as np

    position = np.arange(points)[:, None]
    if ranges == 1:
        return position / (points - 1)
    ratio = 2.0
    for _ in range(64):
        ratio = (1 + ratio) ** (1 / (ranges + 1))
    return np.modf(position * ratio ** -np.arange(1, ranges + 1))[0]
