"""The few operations that a number and a numpy array do not share, in one place.

A formula takes a number *or an array along one axis* (draws, volumes): `+ - * / **` work on both;
what does not is here. numpy is touched only when an array arrives, so a point never loads it.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

# A float, or a numpy array of floats along one axis. To the type checker it is a float: that is
# exactly the promise, that a formula cannot tell them apart.
Number: TypeAlias = float


def is_array(value: Any) -> bool:
    """Whether this is an array of draws, not one number."""
    return getattr(value, "ndim", 0) > 0


def _ceil(value: float) -> float:
    # 3 * 0.1 / 0.1 is a hair over 3: without the tolerance a whole GPU would be bought for it.
    return float(math.ceil(value - 1e-9 * max(1.0, abs(value))))


def ceil(value: Number) -> Number:
    """The smallest whole number not below `value`, a rounding error of 1e-9 forgiven."""
    if is_array(value):
        import numpy as np

        # One multiply and one subtraction in place of a comparison with the nearest whole number.
        slack = 1e-9 * np.maximum(1.0, np.abs(value))
        return np.ceil(value - slack) + 0.0  # type: ignore[no-any-return, return-value, unused-ignore]
    return _ceil(value)


def floor(value: Number) -> Number:
    """The largest whole number not above `value`, a rounding error of 1e-9 forgiven."""
    return -ceil(-value)


def maximum(a: Number, b: Number) -> Number:
    """The larger of the two, element by element."""
    if is_array(a) or is_array(b):
        import numpy as np

        return np.maximum(a, b)  # type: ignore[no-any-return, return-value, unused-ignore]
    return a if a >= b else b


def minimum(a: Number, b: Number) -> Number:
    """The smaller of the two, element by element."""
    if is_array(a) or is_array(b):
        import numpy as np

        return np.minimum(a, b)  # type: ignore[no-any-return, return-value, unused-ignore]
    return a if a <= b else b


def where(condition: Any, if_true: Number, if_false: Number) -> Number:
    """`if_true` where the condition holds, else `if_false`."""
    if is_array(condition):
        import numpy as np

        return np.where(condition, if_true, if_false)  # type: ignore[no-any-return, return-value, unused-ignore]
    return if_true if condition else if_false


def is_zero(value: Number) -> bool:
    """Whether the value is zero in every draw: only then may a charge be left out."""
    if is_array(value):  # one look settles it nearly always
        return not (bool(value[0]) or bool(value.any()))  # type: ignore[index, attr-defined]
    return value == 0


def mean_of(value: Number) -> float:
    """The mean over the draws; a number is its own."""
    return float(value.mean()) if is_array(value) else float(value)  # type: ignore[attr-defined]


def all_true(condition: Any) -> bool:
    """Whether a condition holds in every draw."""
    return bool(condition.all()) if is_array(condition) else bool(condition)
