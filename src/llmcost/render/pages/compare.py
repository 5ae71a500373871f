"""`compare` as a page."""

from __future__ import annotations

from datetime import date

from llmcost.economics.comparison import Compared, Comparison
from llmcost.economics.logged import LoggedTraffic
from llmcost.render import explanation, figures
from llmcost.render.page import Cell, Column, Page, Table, between, corners, month, share, text, usd
from llmcost.render.pages.breakeven import chances
from llmcost.render.pages.cascades import cascades, quality_kept

_COLUMNS = [
    Column("name", "Architecture", number=False),
    Column("kind", "Kind", number=False),
    Column("one_time_cost", "One-time"),
    Column("monthly_cost", "A month"),
    Column("total_cost", "Total"),
    Column("cost_per_mtok", "$/Mtok"),
    Column("saving", "Saving"),
    Column("saving_share", "Saving %"),
    Column("quality_kept", "Quality kept"),
    Column("payback_month", "Pays back"),
    Column("gates", "Gates", number=False),
]
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
    """The architectures side by side, the savings waterfall, and one sentence."""
    rows = [_row(each, comparison) for each in comparison.architectures]
    title = f"Over {comparison.horizon_months} months, against {comparison.baseline}"
    spread = _spread(comparison)
    tables = [Table(title, _COLUMNS, rows, _notes(comparison)), *([spread] if spread else [])]
    if len(comparison.waterfall) > 1:
        tables.append(waterfall(comparison))
    if comparison.traffic is not None:
        tables.append(logged(comparison.traffic))
    tables += cascades({each.name: each.cascade for each in comparison.architectures})
    if explain:
        tables += [
            explanation.table(f"{each.name}: the charges", each.charges, as_of) for each in comparison.architectures
        ]
    return Page(comparison.sentence, tables)


def _row(each: Compared, comparison: Comparison) -> list[Cell]:
    gates = [f"fails {gate}" for gate in each.failed_gates] + [f"{gate}?" for gate in each.unknown_gates]
    gates += [f"{one.requirement} {one.chance or 0:.0%}" for one in each.requirements if one.status == "uncertain"]
    marks = ["cheapest"] if each.name == comparison.cheapest else []
    is_baseline = each.name == comparison.baseline
    never = "never" if each.total_cost.value is not None else "–"
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
        Cell(None, "") if is_baseline else month(each.payback_month, never),
        text("; ".join(marks + gates)),
    ]


def _notes(comparison: Comparison) -> list[str]:
    notes = []
    for each in comparison.architectures:
        notes += [f"{each.name}: {gate}: {reason}" for gate, reason in each.gate_reasons.items()]
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
    return Table("With the ranges: P5 to P95, and the corners", _SPREAD, rows, notes) if rows else None


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
