"""Charts of bars that lie: the totals with their ranges, the savings waterfall, what each input moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost.decision.reporting import Report
from llmcost.economics.comparison import Compared
from llmcost.render import figures, svg
from llmcost.render.markup import Markup, joined, tag
from llmcost.render.page import Cell, Column, Table, between, share, text, usd
from llmcost.render.pages import compare
from llmcost.render.svg import Picture, Scale
from llmcost.wording import number_of

if TYPE_CHECKING:
    from llmcost.economics.sensitivity import Sensitivities, Sensitivity

ROW, LEFT, RIGHT, TOP = 36.0, 6.0, 514.0, 4.0
MOST_INPUTS = 8
_TOTALS = [
    Column("name", "Architecture", number=False),
    Column("one_time_cost", "One-time"),
    Column("monthly_cost", "A month"),
    Column("total_cost", "Total"),
    Column("range", "P5 to P95"),
    Column("saving", "Saving"),
    Column("saving_share", "Saving %"),
]


def totals(found: Report) -> Picture:
    """Every architecture's total with its 90 % range; what is paid once is the darker part."""
    comparison = found.details.comparison
    known = [(i, row) for i, row in enumerate(comparison.architectures) if row.total_cost.value is not None]
    most = max((_ends(row)[1] for _, row in known), default=1.0) or 1.0
    x = Scale(0, most, LEFT, RIGHT - 4)
    rows = [_total(i, row, TOP + n * ROW, x) for n, (i, row) in enumerate(known)]
    bottom = TOP + len(known) * ROW
    axis = svg.x_axis(x, svg.ticks(0, most, 5), bottom, svg.short_usd, TOP)
    title = f"Total over {number_of('month', comparison.horizon_months)}"
    says = "; ".join(
        f"{svg.letter(i)} {row.name} {figures.ranged(row.total_cost)}, {figures.usd(row.one_time_cost.value)} of it once"
        for i, row in known
    )
    drawing = svg.chart("totals", title, f"{says}.", bottom + 24, axis, *rows)
    cells = [
        [
            text(row.name),
            usd(row.one_time_cost),
            usd(row.monthly_cost),
            usd(row.total_cost),
            between(row.total_cost, figures.usd),
            Cell(None, "") if row.name == comparison.baseline else usd(row.saving),
            Cell(None, "") if row.name == comparison.baseline else share(row.saving_share),
        ]
        for row in comparison.architectures
    ]
    return Picture(title, f"{says}.", drawing, Table("", _TOTALS, cells))


def _ends(row: Compared) -> tuple[float, float]:
    spread = row.total_cost.spread
    value = row.total_cost.value or 0.0
    return (value, value) if spread is None else (spread[0] or value, spread[2] or value)


def _total(position: int, row: Compared, y: float, x: Scale) -> Markup:
    total, once = row.total_cost.value or 0.0, row.one_time_cost.value or 0.0
    low, high = _ends(row)
    hue = svg.hue(position)
    parts = [
        svg.words(LEFT, y + 13, _label(position, row.name), "row"),
        svg.words(RIGHT, y + 13, figures.usd(total), "value", "end"),
        svg.bar(x(0), x(total), y + 18, 11, f"fill {hue}"),
    ]
    if once > 0:
        parts.append(svg.bar(x(0), x(min(once, total)), y + 18, 11, f"fill once {hue}"))
    if low != high:
        parts += [
            svg.line(x(low), y + 23.5, x(high), y + 23.5, "whisker"),
            svg.line(x(low), y + 19.5, x(low), y + 27.5, "whisker"),
            svg.line(x(high), y + 19.5, x(high), y + 27.5, "whisker"),
        ]
    return joined(parts)


def _label(position: int, name: str) -> Markup:
    return joined(
        [tag("tspan", {"class": "letter"}, svg.letter(position)), tag("tspan", {"dx": "5"}, svg.short(name, 34))]
    )


def waterfall(found: Report) -> Picture | None:
    """The moves in their order, each with what it saves on top of the last; None where there is no move."""
    steps = found.details.comparison.waterfall
    if len(steps) < 2:
        return None
    places = {row.name: i for i, row in enumerate(found.details.comparison.architectures)}
    most = max((step.total_cost or 0.0 for step in steps), default=1.0) or 1.0
    x = Scale(0, most, LEFT, RIGHT - 4)
    parts = []
    last: float | None = None
    for n, step in enumerate(steps):
        y = TOP + n * ROW
        parts.append(svg.words(LEFT, y + 13, _label(places.get(step.move, n), step.move), "row"))
        if step.total_cost is None:
            parts.append(svg.words(RIGHT, y + 13, figures.UNKNOWN, "value", "end"))
            continue
        if last is None or step.adds is None:
            parts.append(svg.words(RIGHT, y + 13, figures.usd(step.total_cost), "value", "end"))
            parts.append(svg.bar(x(0), x(step.total_cost), y + 18, 11, "fill plain"))
        else:
            saves = step.adds >= 0
            change = f"saves {figures.usd(step.adds)}" if saves else f"adds {figures.usd(-step.adds)}"
            parts.append(svg.words(RIGHT, y + 13, f"{change} → {figures.usd(step.total_cost)}", "value", "end"))
            parts.append(svg.bar(x(last), x(step.total_cost), y + 18, 11, "saves" if saves else "adds"))
            parts.append(svg.line(x(last), y + 13 - ROW + 16, x(last), y + 29, "lead"))
        last = step.total_cost
    bottom = TOP + len(steps) * ROW
    axis = svg.x_axis(x, svg.ticks(0, most, 5), bottom, svg.short_usd, TOP)
    title = "Savings, move by move"
    says = _moves_said(found)
    return Picture(
        title,
        says,
        svg.chart("moves", title, says, bottom + 24, axis, *parts),
        compare.waterfall(found.details.comparison),
    )


def _moves_said(found: Report) -> str:
    first, *rest = found.details.comparison.waterfall
    parts = [f"{first.move} costs {figures.usd(first.total_cost)}"]
    for step in rest:
        if step.adds is not None:
            change = f"saves {figures.usd(step.adds)}" if step.adds >= 0 else f"costs {figures.usd(-step.adds)} more"
            parts.append(f"{step.move} {change} on top")
    note = " Every range is at its middle." if found.details.outcome.ranges else ""
    return f"{'; '.join(parts)}.{note}"


def swings(found: Sensitivities) -> Picture | None:
    """What each uncertain input moves between its P10 and P90, the most worth measuring first; None where none does."""
    moving = [row for row in found.inputs if row.swing or row.evppi]
    shown = moving[:MOST_INPUTS]
    if not shown:
        return None
    reach = max((abs(row.swing) for row in shown), default=1.0) or 1.0
    x = Scale(0, reach, LEFT, RIGHT - 4)
    parts = []
    for n, row in enumerate(shown):
        y = TOP + n * ROW
        worth = figures.usd(row.swing) + ("" if row.evppi is None else f", worth {figures.usd(row.evppi)}")
        parts.append(svg.words(LEFT, y + 13, svg.short(row.path, 40), "row"))
        parts.append(svg.words(RIGHT, y + 13, worth, "value", "end"))
        parts.append(svg.bar(x(0), x(abs(row.swing)), y + 18, 11, "saves" if row.swing >= 0 else "adds"))
    bottom = TOP + len(shown) * ROW
    axis = svg.x_axis(x, svg.ticks(0, reach, 5), bottom, svg.short_usd, TOP)
    title = "What to measure first"
    says = "; ".join(
        f"{row.path} moves the lead by {figures.usd(row.swing)}"
        + ("" if row.evppi is None else f", measuring it is worth at most {figures.usd(row.evppi)}")
        for row in shown
    )
    drawing = svg.chart("swings", title, f"{says}.", bottom + 24, axis, *parts)
    return Picture(title, f"{says}.", drawing, _inputs(found, moving))


def _inputs(found: Sensitivities, moving: list[Sensitivity]) -> Table:
    """The table of `sensitivity` without its bar, and without the inputs that neither of the two reads."""
    from llmcost.render.pages.sensitivity import page

    table = page(found._replace(inputs=moving)).tables[-1]
    kept = [i for i, column in enumerate(table.columns) if column.key != "bar"]
    others = len(found.inputs) - len(moving)
    notes = [f"{others} more ranges change neither of the two."] if others else []
    return Table(
        table.title,
        [table.columns[i] for i in kept],
        [[row[i] for i in kept] for row in table.rows],
        [*table.notes[1:], *notes],
    )
