"""A moment as logs write it: ISO text with or without an offset, or a number since 1970."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

_COMPACT_DAY, _COMPACT_MOMENT = len("20260110"), len("20260110080200")
# The unit of a number is told by its size: these lie far apart for any year from 1971 to 5138.
_PER_SECOND = ((1e17, 10**9), (1e14, 10**6), (1e11, 10**3), (0.0, 1))
# From 1970, since no log is older, to the last moment of the year 9999.
EARLIEST_US, LATEST_US = 0, 253_402_300_799_999_999
# Numbers whose digits may be a date, or one with its clock: as numbers they would be days of 1970, or of the year 2600.
COMPACT_DATES = ((19700101, 21001231), (19700101000000, 21001231235959))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# What engines of SQL read as well: 2026-1-1, 2026/01/01 9:30, an hour of 24, a zone by its name.
_LOOSE = re.compile(
    r"\s*0*(\d{4})([-/\\ ])(\d{1,2})\2(\d{1,2})"
    r"(?:[Tt\s]\s*(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d*))?)?)?\s*(.*?)\s*",
    re.ASCII,
)
_DAY = re.compile(r"\d{8}|\d{4}([-/])\d\d?\1\d\d?", re.ASCII)
_OFFSET = re.compile(r"([+-])(\d{1,2})(?::?(\d{2}))?", re.ASCII)


def microseconds(written: Any) -> int | None:
    """Microseconds since 1970 in UTC; text without an offset is UTC. None where nothing is written.

    Digits alone are a number since 1970, as OTLP writes them, but for a compact date of 8 or of 14:
    a reader of ISO text would see a day of 1768 in `1768032120000000000`. Raises ValueError for what
    is no moment, and for one before 1970 or after 9999. A number whose digits are a date of these times is one.
    """
    found = _microseconds(written)
    if found is not None and not EARLIEST_US <= found <= LATEST_US:
        raise ValueError("no moment that a log is from")
    return found


def is_day(written: Any) -> bool:
    """Whether a moment is written as a date alone, without a time of day."""
    if isinstance(written, str):
        return _DAY.fullmatch(written.strip()) is not None
    if type(written) in (int, float):
        return written < 10**_COMPACT_DAY and compact_date(written) is not None
    return isinstance(written, date) and not isinstance(written, datetime)


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
            loose = _LOOSE.fullmatch(written)
            return _of_number(float(written)) if loose is None else _of_loose(loose)
        return _since_epoch(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))
    if written is None:
        return None
    if isinstance(written, date):  # a moment is one too
        return microseconds(written.isoformat())
    if isinstance(written, bool) or not isinstance(written, int | float):
        raise ValueError("not a moment")
    compact = compact_date(written)
    return _of_number(written) if compact is None else _since_epoch(compact)


def compact_date(number: float) -> datetime | None:
    """The moment in UTC that the digits of a number are: 20260110, as warehouses write the key of a day, or 20260110080200."""
    if any(least <= number <= most for least, most in COMPACT_DATES) and number == int(number):
        digits = str(int(number))
        try:
            return datetime.fromisoformat(
                digits if len(digits) == _COMPACT_DAY else f"{digits[:8]}T{digits[8:]}"
            ).replace(tzinfo=UTC)
        except ValueError:
            return None
    return None


def _since_epoch(moment: datetime) -> int:
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _of_loose(found: re.Match[str]) -> int:
    """A date that is written without all its digits. Raises ValueError."""
    year, _, month, day, hour, minute, second, fraction, zone = found.groups("")
    midnight = hour == "24" and not int(minute) and not int(second or 0)
    clock = (0 if midnight else int(hour or 0), int(minute or 0), int(second or 0), int(f"{fraction:0<6}"[:6]))
    moment = datetime(int(year), int(month), int(day), *clock)
    offset = _OFFSET.fullmatch(zone)
    if offset is not None:
        ahead = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
        moment += -ahead if offset[1] == "+" else ahead
    elif zone not in ("", "Z", "z"):
        from zoneinfo import ZoneInfo

        try:
            moment = moment.replace(tzinfo=ZoneInfo(zone))
        except (KeyError, OSError):
            raise ValueError(f"{zone} is no time zone") from None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return _since_epoch(moment) + midnight * 86_400_000_000


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
