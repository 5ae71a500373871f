"""Adding counts as a log writes them, for formats that split what we count as one."""

from __future__ import annotations

from typing import Any

from llmcost.usage.record import Rejected

NOTHING = (None, "", 0, "0")  # how a log writes that it counted no tokens


def added(*written: Any) -> int | str:
    """The sum of these counts; None and "" are none. It is text where one of them was, so that the repair is counted.

    Raises Rejected for what is no whole number of tokens, which a sum would hide.
    """
    total = 0
    for each in written:
        if each is None or each == "":
            continue
        try:
            number = float(each) if isinstance(each, str) and not each.strip().isdigit() else each
            whole = int(number)
        except (TypeError, ValueError, OverflowError):
            raise Rejected("tokens are no number") from None
        if isinstance(each, bool) or whole < 0 or (isinstance(number, float) and number != whole):
            raise Rejected("tokens are no whole number")
        total += whole
    return str(total) if any(isinstance(each, str) and each for each in written) else total
