"""The difference in one sentence: who is the cheapest, what it cost and costs, and by how much that moves."""

from __future__ import annotations

from collections.abc import Sequence

from llmcost.difference.change import Change, moved, percent, same, usd
from llmcost.difference.flips import Quoted
from llmcost.difference.gates import Chosen
from llmcost.difference.side import Side
from llmcost.wording import number_of


def headline(old: Side, new: Side, choice: Chosen, changes: Sequence[Change], quoted: Quoted = str) -> str:
    """One sentence, names as `quoted` writes them."""
    a_month = new.command == "route" or old.months != new.months
    before, after = (
        (choice.old_all_in_per_month, choice.new_all_in_per_month)
        if a_month
        else (choice.old_total_cost, choice.new_total_cost)
    )
    span = f"over {number_of('month', new.months)}"
    if a_month:
        span = "a month" if new.command == "route" else "a month, one-time costs spread over each horizon"
    was, now = ("" if name is None else quoted(name) for name in (choice.old, choice.new))
    if choice.new is None:
        if choice.old is None:
            if new.cheapest is not None and new.cheapest == old.cheapest:
                begins = "Nothing changes: " if not changes else ""
                return f"{begins}{quoted(new.cheapest)} is the choice, as before, and no mix of models."
            return "No architecture meets every requirement, before or after."
        if choice.named:
            return f"{was} is gone; it cost {usd(before)} {span}."
        return f"{was} was the choice at {usd(before)} {span}; now there is none."
    if choice.old is None:
        if choice.named:
            return f"{now} is new; it costs {usd(after)} {span}."
        return f"There was no choice before; now {now} is it, at {usd(after)} {span}."
    by = percent(moved(before, after)[1])
    if choice.old != choice.new:
        return f"The cheapest changes from {was} to {now}: {usd(before)} → {usd(after)} {span}{by}."
    if not changes:
        return f"Nothing changes: {now} costs {usd(after)} {span}."
    leads = new.command != "tco" and choice.new == new.cheapest == old.cheapest
    subject = f"{now} stays the cheapest" if leads else now
    if same(before, after):
        return f"{subject}: {usd(after)} {span}, as before."
    within = "; the P5–P95 ranges overlap" if _overlaps(new, choice.new, changes) else ""
    return f"{subject}: {usd(before)} → {usd(after)} {span}{by}{within}."


def _overlaps(new: Side, name: str, changes: Sequence[Change]) -> bool:
    path = new.path(name, "monthly_cost" if new.command == "route" else "total_cost")
    return any(change.path == path and change.ranges_overlap for change in changes if change.about == "figure")
