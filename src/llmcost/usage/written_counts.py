"""Counts as a log writes them: as numbers, or as text, which may carry marks; and their sums."""

from __future__ import annotations

import re
from typing import Any

from llmcost.usage.record import Rejected

NOTHING = (None, "", 0, "0")  # how a log writes that it counted no tokens
MARKED = "thousands marks left out of numbers"
_BY_COMMAS = re.compile(r"\s*\d{1,3}(,\d{3})+(\.0*)?\s*", re.ASCII)
_BY_POINTS = re.compile(r"\s*[1-9]\d{0,2}(\.\d{3})+\s*", re.ASCII)


def number_in(text: str) -> tuple[int | float, bool]:
    """The number that a text says, and whether commas between its thousands were left out.

    Raises Rejected for `12.000`, which is 12 to some programs and 12,000 to others, and ValueError for what
    is no number: a comma before other than three digits is no mark of thousands.
    """
    try:
        return int(text), False
    except ValueError:
        if _BY_POINTS.fullmatch(text):
            raise Rejected("a point before three digits may be a mark of thousands") from None
        marked = _BY_COMMAS.fullmatch(text) is not None
        return float(text.replace(",", "") if marked else text), marked


def added(*written: Any) -> int | str:
    """The sum of these counts; None and "" are none. It is text where one was, with marks where one had some: a repair.

    Raises Rejected for what is no whole number of tokens, which a sum would hide.
    """
    total, any_marked = 0, False
    for each in written:
        if each is None or each == "":
            continue
        try:
            number, marked = number_in(each) if isinstance(each, str) else (each, False)
            whole = int(number)
        except (TypeError, ValueError, OverflowError):
            raise Rejected("tokens are no number") from None
        if isinstance(each, bool) or whole < 0 or (isinstance(number, float) and number != whole):
            raise Rejected("tokens are no whole number")
        total += whole
        any_marked |= marked
    if any_marked:
        return f"{total:,}"
    return str(total) if any(isinstance(each, str) and each for each in written) else total
