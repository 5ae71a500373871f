"""What the changes come to: each figure of each architecture before and after, and each charge.

Expected values are compared where a figure is uncertain, with its P5–P95 beside them. Unknown stays
unknown: it is shown as such, and nothing is taken from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from llmcost.difference.change import Change, added, changed, removed, same
from llmcost.difference.saved import FIGURES
from llmcost.difference.side import Side

UNITS = {
    "one_time_cost": "USD",
    "monthly_cost": "USD/month",
    "total_cost": "USD",
    "cost_per_mtok": "USD/Mtok",
    "cost_per_request": "USD/request",
    "saving": "USD",
    "saving_share": "share",
    "quality_kept": "share",
    "payback_month": "month",
    "net_present_value": "USD",
}


def figure_changes(old: Side, new: Side) -> Iterator[Change]:
    """Every figure that is not as it was; an architecture that came or went is one line of its cost."""
    for name in dict.fromkeys((*old.rows, *new.rows)):
        before, after = old.rows.get(name), new.rows.get(name)
        if after is None:
            assert before is not None  # noqa: S101 - it is in one of the two
            yield removed("figure", old.path(name, "monthly_cost"), before["monthly_cost"], unit=UNITS["monthly_cost"])
        elif before is None:
            yield added("figure", new.path(name, "monthly_cost"), after["monthly_cost"], unit=UNITS["monthly_cost"])
        else:
            for field in FIGURES[new.command]:
                change = _figure(new.path(name, field), field, before, after)
                if change is not None:
                    yield change


def _figure(path: str, field: str, old: dict[str, Any], new: dict[str, Any]) -> Change | None:
    ranges = (old.get(f"{field}_range"), new.get(f"{field}_range"))
    if same(old[field], new[field]) and _same_ends(*ranges):
        return None
    return changed("figure", path, old[field], new[field], unit=UNITS[field], ranges=ranges)


def _same_ends(old: list[Any] | None, new: list[Any] | None) -> bool:
    """Equal ends; a range of no width is its number, which is compared by itself."""
    before, after = (None if ends is None or ends[0] == ends[1] else ends for ends in (old, new))
    if before is None or after is None:
        return before is after
    return all(same(was, now) for was, now in zip(before, after, strict=True))


def charge_changes(old: Side, new: Side) -> Iterator[Change]:
    """Every charge of an architecture of both sides that is not as it was, in USD once or a month.

    A charge that only one side has is nothing on the other, so its whole cost is the change: the
    changes of an architecture's monthly charges add up to that of its monthly cost.
    """
    for name in (each for each in old.rows if each in new.rows):
        before, after = _charges(old.rows[name]), _charges(new.rows[name])
        for key in dict.fromkeys((*before, *after)):
            group, charge, cadence = key
            label = charge if group in ("", name) else f"{group}: {charge}"
            path = new.path(name, f"charges.{label}")
            unit = "USD" if cadence == "one_time" else "USD/month"
            was, now = before.get(key), after.get(key)
            if key not in before:
                yield added("charge", path, now, unit=unit)._replace(change=now)
            elif key not in after:
                yield removed("charge", path, was, unit=unit)._replace(change=None if was is None else -was)
            elif not same(was, now):
                yield changed("charge", path, was, now, unit=unit)


def _charges(row: dict[str, Any]) -> dict[tuple[str, str, str], float | None]:
    """USD by group, name and cadence; the eras of one charge added up."""
    found: dict[tuple[str, str, str], float | None] = {}
    for charge in row["charges"]:
        key = (charge["group"], charge["name"], charge["cadence"])
        if key in found:
            sum_so_far = found[key]
            found[key] = None if sum_so_far is None or charge["cost"] is None else sum_so_far + charge["cost"]
        else:
            found[key] = charge["cost"]
    return found
