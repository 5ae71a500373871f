"""`breakeven` as a page."""

from __future__ import annotations

from llmcost.economics.breakeven import Breakeven, Challenger
from llmcost.economics.intervals import Interval
from llmcost.render import figures
from llmcost.render.page import Cell, Column, Page, Table, count, month, text, usd
from llmcost.wording import number_of

_CHALLENGERS = [
    Column("name", "Challenger", number=False),
    Column("against", "Against", number=False),
    Column("saving_per_call", "Saving a call"),
    Column("calls_to_payback", "Calls to pay back the build"),
    Column("calls_per_month_to_cover_operations", "Calls a month to cover operations"),
    Column("payback_month", "Pays back"),
]
_INTERVALS = [
    Column("from_requests_per_month", "From requests a month"),
    Column("to_requests_per_month", "To"),
    Column("cheapest", "Cheapest", number=False),
]


def page(found: Breakeven) -> Page:
    """Payback of each challenger, and every volume interval."""
    tables = [
        Table("Payback", _CHALLENGERS, [_row(each, found) for each in found.challengers], _notes(found)),
        intervals(found.intervals, found.horizon_months),
    ]
    notes = [f"{name} is left out: {reason}." for name, reason in found.left_out.items()]
    if found.stopped_at is not None:
        notes.append(f"The enumeration stopped at {found.stopped_at:,} requests a month; beyond it nothing is said.")
    return Page(_headline(found), tables, notes)


def _headline(found: Breakeven) -> str:
    said = volume_today(found.requests_per_month, found.intervals)
    if found.sentence:
        return f"{found.sentence} {said or ''}".rstrip()
    return said or f"{len(found.intervals)} volume interval{'s' if len(found.intervals) != 1 else ''}."


def volume_today(today: float | None, found: list[Interval]) -> str | None:
    """Which architecture is the cheapest at today's volume, and between which volumes; None where no interval has it."""
    for interval in found:
        end = interval.to_requests_per_month
        if today is not None and interval.from_requests_per_month <= today and (end is None or today <= end):
            upper = "and beyond" if end is None else f"to {end:,}"
            return (
                f"At {figures.count(today)} requests a month {interval.cheapest} is the cheapest "
                f"(from {interval.from_requests_per_month:,} {upper})."
            )
    return None


def _row(each: Challenger, found: Breakeven) -> list[Cell]:
    never = "never" if found.requests_per_month is not None else "no volume given"
    return [
        text(each.name),
        text(each.against),
        usd(each.saving_per_call, spread=True),
        count(each.calls_to_payback, spread=True),
        count(each.calls_per_month_to_cover_operations, spread=True),
        month(each.payback_month, never, spread=True),
    ]


def intervals(found: list[Interval], horizon_months: int) -> Table:
    """Which architecture is the cheapest at which volume."""
    rows = []
    for interval in found:
        end = interval.to_requests_per_month
        upper = Cell(end, "and beyond" if end is None else f"{end:,}")
        rows.append([count(interval.from_requests_per_month), upper, text(interval.cheapest)])
    return Table(f"Cheapest over {number_of('month', horizon_months)}, by the first month's volume", _INTERVALS, rows)


def _notes(found: Breakeven) -> list[str]:
    notes = []
    for each in found.challengers:
        low_high = each.calls_to_payback.bounds
        if low_high and None not in low_high and low_high[0] != low_high[1]:
            low, high = (figures.count(end) for end in low_high)
            notes.append(f"{each.name}: calls to pay back, sum of extremes {low} to {high}")
        if each.crosses_back_in_month:
            notes.append(f"{each.name} loses its payback again in month {each.crosses_back_in_month}")
        if each.chance_pays_back:
            notes.append(f"{each.name}: {chances(each.chance_pays_back)}")
    return notes


def chances(found: dict[str, float]) -> str:
    """`pays back within 6 months in 12 % of the draws, …, never in 4 %`."""
    parts = [f"{mark} months {share:.0%}" for mark, share in found.items() if mark != "never"]
    return f"chance to pay back within {', '.join(parts)}; never {found['never']:.0%}"
