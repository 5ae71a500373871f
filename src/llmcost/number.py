"""One number from what a person writes: `1B`, `$2.86`, `60%`, `1,000,000`."""

import math
import re
from typing import Any

_MULTIPLIERS = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "g": 1e9, "t": 1e12, "bn": 1e9}
_NUMBER = re.compile(
    r"(?:(?P<sign>[-+])\s*(?:(?:US)?\$|USD\s)?|(?:(?:US)?\$|USD\s)?\s*(?P<sign2>-)?)\s*"
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d[\d_]*(?:\.\d*)?|\.\d+)(?P<exponent>[eE][-+]?\d+)?"
    r"\s*(?P<suffix>[kKmMbBgGtT]n?)?\s*(?P<percent>%)?\s*(?P<usd2>USD)?"
)
# Nothing that is counted here is larger or smaller; a product of several stays a float.
LARGEST, SMALLEST = 1e30, 1e-30
_TYPE_INSTEAD = "type a number such as 1200, 1.5M, $2.86 or 60%, or a range such as 90k..220k"


class QuantityError(ValueError):
    """A text that is no quantity; the message is one line, the hint says what to type."""

    def __init__(self, what: str, hint: str = _TYPE_INSTEAD) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


def shown(value: Any) -> str:
    """A value as it may stand in a message: short, quoted when it is text."""
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def number(text: Any) -> float:
    """One number from what was written: `1,000,000`, `1e-4`, `$2.86`, `60%` (0.6), `1.5M`.

    Raises QuantityError for anything else, infinity and NaN included.
    """
    if isinstance(text, bool) or text is None:
        raise QuantityError(f"{'nothing' if text is None else str(text).lower()} is not a number")
    if isinstance(text, int | float):
        try:
            value = float(text)
        except OverflowError:
            value = math.inf
    else:
        if not isinstance(text, str):
            raise QuantityError(f"{shown(text)} is not a number")
        match = _NUMBER.fullmatch(text.strip())
        if match is None:
            raise QuantityError(f"{shown(text)} is not a number")
        suffix = (match["suffix"] or "").lower()
        if suffix not in _MULTIPLIERS:
            raise QuantityError(f"{shown(text)} is not a number")
        value = float(match["digits"].replace(",", "").replace("_", "") + (match["exponent"] or ""))
        value *= _MULTIPLIERS[suffix]
        if match["percent"]:
            if "$" in text or "USD" in text:
                raise QuantityError(f"{shown(text)} is an amount and a share at once", "write $5, or 5%")
            value /= 100
        if "-" in (match["sign"], match["sign2"]):
            value = -value
    if not math.isfinite(value):
        raise QuantityError(f"{shown(text)} is not a finite number")
    if value and not SMALLEST <= abs(value) <= LARGEST:
        size = "larger" if abs(value) > LARGEST else "smaller"
        raise QuantityError(f"{shown(text)} is {size} than anything that is counted here", "type 0, or 1e-30 to 1e30")
    return value
