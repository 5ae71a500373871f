"""`compare` as a page."""

from __future__ import annotations

from datetime import date

from llmcost.economics.comparison import Compared, Comparison
from llmcost.economics.logged import LoggedTraffic
from llmcost.render import explanation, figures
from llmcost.render.page import Cell, Column, Page, Table, between, corners, interval, month, share, text, usd
from llmcost.render.pages.breakeven import chances
from llmcost.render.pages.cascades import cascades, quality_kept
from llmcost.render.verdicts import in_full, verdict, why
from llmcost.wording import number_of

_COLUMNS = [
    Column("name", "Architecture", number=False),
    Column("kind", "Kind", number=False, leaves=8),
    Column("one_time_cost", "Up front", leaves=6),
    Column("monthly_cost", "Per month"),
    Column("total_cost", "Total"),
    Column("cost_per_mtok", "$/Mtok", leaves=9),
    Column("saving", "Saving", leaves=5),
    Column("saving_share", "Saving %", leaves=1),
    Column("quality_kept", "Quality kept", leaves=2),
    Column("payback_month", "Pays back", leaves=4),
    Column("verdict", "Verdict", number=False, prose=True),
    Column("drawn", "Cost", bar=True, leaves=3),
]
MOST_LINES = 6  # architectures up to which the reasons of all stand on the first screen
_SPREAD = [
    Column("name", "Architecture", number=False),
    Column("total", "Total"),
    Column("corners", "Sum of extremes (percentiles)"),
    Column("saving", "Saving"),
    Column("payback", "Pays back"),
    Column("chance_cheapest", "Cheapest in"),
]
_LOGGED = [
    Column("name", "The logged traffic", number=False),
    Column("cost", "Cost"),
    Column("against", "Against today's prices"),
]
_STEPS = [
    Column("move", "Move", number=False),
    Column("total_cost", "Total"),
    Column("adds", "Adds"),
    Column("saving", "Saving so far"),
]


def page(comparison: Comparison, as_of: date, explain: bool = False) -> Page:
    """The answer and one table of what decides; the ranges, the waterfall and all else are details."""
    rows = [_row(each, comparison) for each in comparison.architectures]
    title = f"Over {number_of('month', comparison.horizon_months)}, against {comparison.baseline}"
    spread = _spread(comparison)
    tables = [Table(title, _COLUMNS, rows, _reasons(comparison)), *([spread] if spread else [])]
    if len(comparison.waterfall) > 1:
        tables.append(waterfall(comparison)._replace(detail=True))
    if comparison.traffic is not None:
        tables.append(logged(comparison.traffic))
    tables += [each._replace(detail=True) for each in cascades({a.name: a.cascade for a in comparison.architectures})]
    if explain:
        tables += [
            explanation.table(f"{each.name}: the charges", each.charges, as_of) for each in comparison.architectures
        ]
    reasons = [line for each in comparison.architectures for line in in_full(each.name, each.requirements)]
    return Page(comparison.sentence, tables, details=reasons)


def _row(each: Compared, comparison: Comparison) -> list[Cell]:
    is_baseline = each.name == comparison.baseline
    served = each.total_cost.value is not None
    return [
        text(each.name),
        text("baseline" if is_baseline else each.kind),
        usd(each.one_time_cost),
        usd(each.monthly_cost),
        usd(each.total_cost),
        usd(each.cost_per_mtok),
        Cell(None, "") if is_baseline else usd(each.saving),
        Cell(None, "") if is_baseline else share(each.saving_share),
        quality_kept(each.quality_kept, each.cascade),
        Cell(None, "") if is_baseline else month(each.payback_month, "never" if served else "–"),
        verdict(each.requirements, chosen=each.name == comparison.cheapest, baseline=is_baseline, served=served),
        interval(each.total_cost),
    ]


def _reasons(comparison: Comparison) -> list[str]:
    """Why each architecture is out; of many, only of those that would be cheaper than the chosen one."""
    chosen = next((each for each in comparison.architectures if each.name == comparison.cheapest), None)
    limit = float("inf") if chosen is None else chosen.total_cost.value or 0.0
    few = len(comparison.architectures) <= MOST_LINES
    notes = []
    for each in comparison.architectures:
        cheaper = each.total_cost.value is not None and each.total_cost.value < limit
        if few or cheaper:
            notes += why(each.name, each.requirements)
        if each.crosses_back_in_month:
            notes.append(f"{each.name} loses its payback again in month {each.crosses_back_in_month}")
    return notes


def _spread(comparison: Comparison) -> Table | None:
    """What the ranges do to each total: its 90 % range, its corners, and how often it wins."""
    rows = []
    notes = []
    for each in comparison.architectures:
        spread = each.total_cost.spread
        if spread is None or spread[0] == spread[2]:
            continue
        chance = each.chance_cheapest
        rows.append(
            [
                text(each.name),
                between(each.total_cost, figures.usd),
                corners(each.total_cost),
                between(each.saving, figures.usd),
                between(each.payback_month, figures.month) if each.one_time_cost.value else Cell(None, ""),
                Cell(chance, "" if chance is None else f"{chance:.0%}"),
            ]
        )
        if each.chance_pays_back and each.one_time_cost.value:
            notes.append(f"{each.name}: {chances(each.chance_pays_back)}")
    joint = [each for each in comparison.architectures if each.uncertain_gates and each.chance_all_met is not None]
    notes += [f"{each.name} meets all requirements at once in {each.chance_all_met:.0%} of the draws" for each in joint]
    if rows and comparison.chance_none_meets:
        notes.append(f"no architecture meets every requirement in {comparison.chance_none_meets:.0%} of the draws")
    title = "With the ranges: 90 % intervals (P5 to P95) and worst-case bounds"
    return Table(title, _SPREAD, rows, notes, detail=True) if rows else None


def logged(traffic: LoggedTraffic) -> Table:
    """What the log cost, and what it would have cost elsewhere."""
    actual = traffic.cost if not traffic.unpriced_tokens else None
    recorded = "as recorded in the log"
    if 0 < traffic.recorded_calls < traffic.calls:
        recorded += f", for {traffic.recorded_calls:,} calls"
    rows = [
        [text(recorded), usd(traffic.recorded_cost), Cell(None, "")],
        [text("as logged, at today's prices"), usd(traffic.cost), Cell(None, "")],
    ]
    for each in traffic.architectures:
        change = each.cost / actual - 1 if each.cost is not None and actual else None
        rows.append(
            [text(each.name), usd(each.cost), Cell(change, figures.UNKNOWN if change is None else f"{change:+z.1%}")]
        )
    notes = ["The first month in full service, for the hours logged; what is paid once is left out."]
    if traffic.unpriced_tokens:
        notes.append(f"{traffic.unpriced_tokens:,} logged tokens have no price and are not in the cost as logged.")
    title = (
        f"{figures.number_of('call', traffic.calls)} in {traffic.hours:,.6g} hours, {traffic.first} to {traffic.last}"
    )
    return Table(title, _LOGGED, rows, notes)


def waterfall(comparison: Comparison) -> Table:
    """What each move saves on top of the last."""
    rows = [[text(step.move), usd(step.total_cost), usd(step.adds), usd(step.saving)] for step in comparison.waterfall]
    rows[0][2] = rows[0][3] = Cell(None, "")
    return Table("Savings, move by move", _STEPS, rows)
