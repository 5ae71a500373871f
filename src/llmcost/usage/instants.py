"""A moment as logs write it: ISO text with or without an offset, or a number since 1970."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

# The unit of a number is told by its size: these lie far apart for any year from 1971 to 5138.
_COMPACT_DAY, _COMPACT_MOMENT = len("20260110"), len("20260110080200")
_PER_SECOND = ((1e17, 10**9), (1e14, 10**6), (1e11, 10**3), (0.0, 1))


# The first and the last moment that a calendar has a day for: years 1 to 9999.
EARLIEST_US, LATEST_US = -62_135_596_800_000_000, 253_402_300_799_999_999


def microseconds(written: Any) -> int | None:
    """Microseconds since 1970 in UTC; text without an offset is UTC. None where nothing is written.

    Digits alone are a number since 1970, as OTLP writes them, but for a compact date of 8 or of 14:
    a reader of ISO text would see a day of 1768 in `1768032120000000000`. Raises ValueError for what
    is no moment, and for one of no calendar year.
    """
    found = _microseconds(written)
    if found is not None and not EARLIEST_US <= found <= LATEST_US:
        raise ValueError("no moment of a calendar year")
    return found


def _microseconds(written: Any) -> int | None:
    if type(written) is str:
        if not written:
            return None
        if written.isdigit() and written.isascii() and len(written) != _COMPACT_DAY:
            if len(written) != _COMPACT_MOMENT:
                return _of_number(int(written))
            written = f"{written[:8]}T{written[8:]}"
        try:
            moment = datetime.fromisoformat(written)
        except ValueError:
            return _of_number(float(written))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return round(moment.timestamp() * 1e6)  # to the microsecond until the year 2242
    if written is None:
        return None
    if isinstance(written, datetime):
        return microseconds(written.isoformat())
    if isinstance(written, bool) or not isinstance(written, int | float):
        raise ValueError("not a moment")
    return _of_number(written)


def _of_number(since: float) -> int:
    for least, per_second in _PER_SECOND:
        if abs(since) >= least:
            if per_second == 1:
                return round(since * 1_000_000)
            return int(since) * 1_000_000 // per_second
    raise ValueError("not a number")  # NaN is above nothing


def written(at_us: int) -> str:
    """ISO text in UTC, to the second."""
    return datetime.fromtimestamp(at_us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
