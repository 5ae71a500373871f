"""`gate` as a page."""

from __future__ import annotations

from llmcost.quality.gate import Difference, SwitchGate, TaskGate
from llmcost.render import figures
from llmcost.render.page import Cell, Column, Page, Table, count, share, text

_COLUMNS = [
    Column("what", "", number=False),
    Column("queries", "Queries", leaves=3),
    Column("from", "From"),
    Column("to", "To"),
    Column("difference", "Difference"),
    Column("difference_interval", "95 %"),
    Column("margin", "May lose", leaves=2),
    Column("verdict", "Verdict", number=False),
    Column("queries_needed", "Settled by", leaves=1),
]


def page(found: SwitchGate) -> Page:
    """The whole, then each task, the worst first."""
    rows = [
        _row("average", found.queries, found.average),
        _row("worst 5 %", found.queries, found.tail),
    ]
    order = {"fail": 0, "not enough data": 1, "pass": 2}
    for task in sorted(found.tasks, key=lambda each: (order[each.verdict], each.average.difference, each.task)):
        rows += _task(task)
    notes = [each.note[:1].upper() + each.note[1:] + "." for each in (found.average, found.tail) if each.note]
    worse = f"{found.to} answers {figures.share(found.worse_share)} of the queries worse"
    if found.worse_share_interval:
        low, high = found.worse_share_interval
        worse += f" ({figures.share(low)} to {figures.share(high)})"
    notes.append(f"{worse} and {figures.share(found.better_share)} better than {found.from_}.")
    if found.saving_share is not None:
        verb = "costs less" if found.saving_share >= 0 else "costs more"
        notes.append(
            f"A request on {found.to} {verb} by {figures.share(abs(found.saving_share))}: "
            f"{figures.usd(found.to_cost_per_request)} against {figures.usd(found.from_cost_per_request)}."
        )
    if found.tasks:
        notes.append(
            f"Each of the {len(found.tasks)} tasks fails only where its loss is beyond chance among all of them (Holm's "
            "correction): a model as good as the old one fails in at most 2.5 % of the samples."
        )
    if found.verdict == "not enough data" or any(task.verdict == "not enough data" for task in found.tasks):
        notes.append(
            f"Settled by: the queries that settle a difference in {found.power:.0%} of the samples (its power), "
            "where the difference is as found."
        )
    title = f"From {found.from_} to {found.to}: points of score, new − old"
    return Page(found.sentence, [Table(title, _COLUMNS, rows)], notes)


def _points(value: float) -> str:
    return f"{value * 100:+.2f}"


def _row(what: str, queries: int, each: Difference) -> list[Cell]:
    ends = each.difference_interval
    return [
        text(what),
        count(queries),
        Cell(each.old, f"{each.old:.4f}"),
        Cell(each.new, f"{each.new:.4f}"),
        Cell(each.difference, _points(each.difference)),
        Cell(None, "") if ends is None else _between(ends),
        share(each.margin),
        text(each.verdict),
        Cell(each.queries_needed, "" if each.queries_needed is None else f"{each.queries_needed:,}"),
    ]


def _between(ends: list[float]) -> Cell:
    return Cell(f"{ends[0]:.10g}..{ends[1]:.10g}", f"{_points(ends[0])} to {_points(ends[1])}")


def _task(task: TaskGate) -> list[list[Cell]]:
    rows = [_row(f"{task.task}: average", task.queries, task.average)]
    if task.tail.verdict != "pass":
        rows.append(_row(f"{task.task}: worst 5 %", task.queries, task.tail))
    return rows
