"""Quantiles of the normal distribution, on whole arrays and without scipy."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


@lru_cache(maxsize=2)  # an audit asks for the same ones, claim after claim
def normal_quantiles(samples: int) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """Φ⁻¹((i + ½)/N), ascending and not to be written to; the lower half mirrors the upper one exactly."""
    import numpy as np

    half = samples // 2
    upper = _inverse_normal((np.arange(half) + half + 0.5) / samples)
    quantiles = np.concatenate([-upper[::-1], upper])
    quantiles.flags.writeable = False
    return quantiles


# Wichura's AS 241 (PPND16, Applied Statistics 37, 1988): relative error about 1e-16.
_CENTRAL = (
    (
        2509.0809287301226727,
        33430.575583588128105,
        67265.770927008700853,
        45921.953931549871457,
        13731.693765509461125,
        1971.5909503065514427,
        133.14166789178437745,
        3.387132872796366608,
    ),
    (
        5226.495278852854561,
        28729.085735721942674,
        39307.89580009271061,
        21213.794301586595867,
        5394.1960214247511077,
        687.1870074920579083,
        42.313330701600911252,
        1.0,
    ),
)
_MIDDLE = (
    (
        7.7454501427834140764e-4,
        0.0227238449892691845833,
        0.24178072517745061177,
        1.27045825245236838258,
        3.64784832476320460504,
        5.7694972214606914055,
        4.6303378461565452959,
        1.42343711074968357734,
    ),
    (
        1.05075007164441684324e-9,
        5.475938084995344946e-4,
        0.0151986665636164571966,
        0.14810397642748007459,
        0.68976733498510000455,
        1.6763848301838038494,
        2.05319162663775882187,
        1.0,
    ),
)
_TAIL = (
    (
        2.01033439929228813265e-7,
        2.71155556874348757815e-5,
        0.0012426609473880784386,
        0.026532189526576123093,
        0.29656057182850489123,
        1.7848265399172913358,
        5.4637849111641143699,
        6.6579046435011037772,
    ),
    (
        2.04426310338993978564e-15,
        1.4215117583164458887e-7,
        1.8463183175100546818e-5,
        7.868691311456132591e-4,
        0.0148753612908506148525,
        0.13692988092273580531,
        0.59983220655588793769,
        1.0,
    ),
)


def _inverse_normal(p: "np.ndarray[Any, np.dtype[np.float64]]") -> "np.ndarray[Any, np.dtype[np.float64]]":
    """Φ⁻¹ of probabilities from ½ to 1."""
    import numpy as np

    q = p - 0.5
    r = 0.180625 - q * q
    central = q * np.polyval(_CENTRAL[0], r) / np.polyval(_CENTRAL[1], r)
    root = np.sqrt(-np.log(np.where(q > 0.425, 1 - p, 0.5)))
    middle = np.polyval(_MIDDLE[0], root - 1.6) / np.polyval(_MIDDLE[1], root - 1.6)
    tail = np.polyval(_TAIL[0], root - 5.0) / np.polyval(_TAIL[1], root - 5.0)
    return np.where(q <= 0.425, central, np.where(root <= 5.0, middle, tail))
