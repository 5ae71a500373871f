"""One thing that is not as it was: an input, a price, a figure or a charge, before and after."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

About = Literal["input", "price", "figure", "charge"]
Sign = Literal["added", "removed", "changed"]
Value = float | str | bool | None
SAME = 1e-9  # relative: results carry ten significant digits


class Change(NamedTuple):
    """Old and new of one path. `change` is new − old and `change_share` that over |old|.

    Unknown is None and never counted as zero: where either side is unknown, absent or no number,
    both are None. Of a figure that is uncertain the medians stand in `old` and `new`, its 5th and
    95th percentile in the ranges, and `ranges_overlap` says whether these meet. `why` names the
    source of a price, or what else explains the change.
    """

    about: About
    sign: Sign
    path: str
    old: Value
    new: Value
    change: float | None = None
    change_share: float | None = None
    unit: str = ""
    old_range: list[float | None] | None = None
    new_range: list[float | None] | None = None
    ranges_overlap: bool | None = None
    why: str = ""


def is_number(value: object) -> bool:
    """A finite number, no truth value."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def same(old: object, new: object) -> bool:
    """Equal, numbers to ten digits or so."""
    if is_number(old) and is_number(new):
        return math.isclose(old, new, rel_tol=SAME, abs_tol=1e-15)  # type: ignore[arg-type]
    return old == new


def moved(old: Value, new: Value) -> tuple[float | None, float | None]:
    """new − old, and that over |old|: None where either is no number, the share also where old is 0."""
    if not (is_number(old) and is_number(new)):
        return None, None
    before, after = float(old), float(new)  # type: ignore[arg-type]
    return after - before, None if before == 0 else (after - before) / abs(before)


def changed(
    about: About,
    path: str,
    old: Value,
    new: Value,
    *,
    unit: str = "",
    ranges: tuple[list[float | None] | None, list[float | None] | None] = (None, None),
    why: str = "",
) -> Change:
    """The change of a path that both sides have."""
    by, share = moved(old, new)
    if not any(ends is not None and ends[0] != ends[1] for ends in ranges):
        ranges = (None, None)  # nothing is uncertain
    return Change(about, "changed", path, old, new, by, share, unit, *ranges, overlap(old, new, ranges), why)


def added(about: About, path: str, new: Value, *, unit: str = "", why: str = "") -> Change:
    """A path that only the new side has."""
    return Change(about, "added", path, None, new, unit=unit, why=why)


def removed(about: About, path: str, old: Value, *, unit: str = "", why: str = "") -> Change:
    """A path that only the old side has."""
    return Change(about, "removed", path, old, None, unit=unit, why=why)


def overlap(old: Value, new: Value, ranges: tuple[list[float | None] | None, list[float | None] | None]) -> bool | None:
    """Whether the two ranges meet; a side without one is its number. None where nothing is uncertain."""
    if not any(_wide(ends) for ends in ranges):
        return None
    before, after = (
        list(ends) if ends is not None and _wide(ends) else [value, value]
        for ends, value in zip(ranges, (old, new), strict=True)
    )
    if not all(is_number(end) for end in (*before, *after)):
        return None
    return before[0] <= after[1] and after[0] <= before[1]  # type: ignore[operator]


def _wide(ends: list[float | None] | None) -> bool:
    return ends is not None and None not in ends and ends[0] != ends[1]


def usd(value: float | None) -> str:
    """`$1,660`, `$1.66`, or `unknown`: cents under a hundred dollars."""
    if value is None:
        return "unknown"
    size = abs(value)
    return f"{'-' if value < 0 else ''}${size:,.0f}" if size >= 99.995 else f"{'-' if value < 0 else ''}${size:,.2f}"


def percent(share: float | None) -> str:
    """` (+12.3%)` with its sign, ` (+<0.05%)` for what would read as nothing; empty where it is unknown."""
    if share is None:
        return ""
    if 0 < abs(share) < 0.0005:
        return f" ({'+' if share > 0 else '-'}<0.05%)"
    return f" ({share:+,.1%})"
