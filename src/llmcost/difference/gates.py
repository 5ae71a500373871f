"""Gates on a change: what the architecture of choice may cost more, or may cost at all.

Judged is what a side recommends (its cheapest that meets every requirement), so old and new may be
two architectures; a named one is judged on both sides. A gate that cannot be judged is breached:
nothing unknown passes as zero.
"""

from __future__ import annotations

from typing import NamedTuple

from llmcost.difference.change import usd
from llmcost.difference.side import Side
from llmcost.errors import InputError, did_you_mean


class Limits(NamedTuple):
    """What the user set: USD a month more, that as a share, USD in any month, and of which architecture."""

    max_increase: float | None = None
    max_increase_share: float | None = None
    max_monthly: float | None = None
    architecture: str | None = None


class Judged(NamedTuple):
    """One gate: its limit, what was found (None: unknown), and whether it is breached, in a sentence."""

    gate: str
    architecture: str | None
    limit: float
    found: float | None
    breached: bool
    reason: str


class Chosen(NamedTuple):
    """The architecture of choice on each side, and its cost: USD a month with one-time costs spread
    over the horizon, and over the horizon. `named`: the user named it, else it is each side's cheapest."""

    named: bool
    old: str | None
    new: str | None
    old_all_in_per_month: float | None
    new_all_in_per_month: float | None
    old_total_cost: float | None
    new_total_cost: float | None


def chosen(old: Side, new: Side, architecture: str | None) -> Chosen:
    """Whom the headline and the gates are about. Raises InputError for a name that neither side has."""
    names = dict.fromkeys((*new.rows, *old.rows))
    if architecture is not None and architecture not in names:
        raise InputError(
            f"neither side has an architecture {architecture!r}",
            where="--architecture",
            hint=did_you_mean(architecture, names) or f"name one of: {', '.join(names)}",
        )
    was = architecture or old.cheapest
    now = architecture or new.cheapest
    return Chosen(
        architecture is not None,
        was if was in old.rows else None,
        now if now in new.rows else None,
        None if was is None else old.all_in_a_month(was),
        None if now is None else new.all_in_a_month(now),
        None if was is None else old.over_horizon(was),
        None if now is None else new.over_horizon(now),
    )


def judged(new: Side, choice: Chosen, limits: Limits) -> list[Judged]:
    """Every limit that is set, held against the difference."""
    found: list[Judged] = []
    before, after = choice.old_all_in_per_month, choice.new_all_in_per_month
    known = before is not None and after is not None
    more = after - before if before is not None and after is not None else None
    if limits.max_increase is not None:
        said = _unjudged(choice) if more is None else f"costs {usd(more)} a month more"
        over = more is None or more > limits.max_increase
        reason = f"{said}; allowed {usd(limits.max_increase)}"
        found.append(Judged("max_increase", choice.new, limits.max_increase, more, over, reason))
    if limits.max_increase_share is not None:
        share = more / before if known and before and more is not None else None
        if known and before == 0:
            share = 0.0 if more == 0 else None
        said = (
            _unjudged(choice) if more is None else "costs more than nothing now" if share is None else f"{share:+z.1%}"
        )
        over = share is None or share > limits.max_increase_share
        reason = f"{said}; allowed {limits.max_increase_share:+z.1%}"
        found.append(Judged("max_increase_pct", choice.new, limits.max_increase_share, share, over, reason))
    if limits.max_monthly is not None:
        dearest = None if choice.new is None else new.dearest(choice.new)
        which = "the dearest month" if choice.new in new.dearest_month else "the mean month"
        said = _unjudged(choice) if dearest is None else f"{which} costs {usd(dearest)}"
        over = dearest is None or dearest > limits.max_monthly
        reason = f"{said}; allowed {usd(limits.max_monthly)}"
        found.append(Judged("max_monthly", choice.new, limits.max_monthly, dearest, over, reason))
    return found


def _unjudged(choice: Chosen) -> str:
    if choice.new is None:
        return "there is no architecture to judge on the new side"
    if choice.old is None:
        return "there is no architecture to judge against on the old side"
    return "its cost is not known"
