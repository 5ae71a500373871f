"""`sensitivity` as a page."""

from llmcost.economics.sensitivity import Sensitivities, Sensitivity
from llmcost.render import figures
from llmcost.render.page import Cell, Column, Page, Table, share, text, usd

_COLUMNS = [
    Column("path", "Input", number=False, code=True),
    Column("evppi", "Worth at most"),
    Column("bar", "Bar", number=False, leaves=5),
    Column("swing", "Swing P10→P90", leaves=3),
    Column("first_order", "Of the variance", leaves=4),
    Column("range", "Range", number=False, leaves=1),
    Column("flip_point", "Flips at"),
    Column("probability_beyond", "Chance beyond", leaves=2),
]
_UNKNOWN = [
    Column("architecture", "Architecture", number=False),
    Column("requirement", "Requirement", number=False),
    Column("decides", "What decides", number=False),
]
_BAR = 20


def page(found: Sensitivities) -> Page:
    """The inputs ranked by what measuring them is worth."""
    most = max((row.evppi or 0.0 for row in found.inputs), default=0.0)
    by_swing = max((abs(row.swing) for row in found.inputs), default=0.0)
    rows = [_row(row, most, by_swing) for row in found.inputs]
    title = f"{found.challenger} against {found.against}: what to measure first"
    drawn = "Worth" if most > 0 else "Swing"  # with nothing to learn
    columns = [column._replace(heading=drawn) if column.key == "bar" else column for column in _COLUMNS]
    notes = [
        f"{row.path} is linked with {', '.join(row.linked_with)}: learning one teaches the other."
        for row in found.inputs
        if row.linked_with
    ]
    tables = [Table(title, columns, rows, notes)]
    if found.to_measure:
        unknown = [[text(each.architecture), text(each.requirement), text(each.decides)] for each in found.to_measure]
        tables.insert(0, Table("Not known yet, to measure before anything else", _UNKNOWN, unknown))
    return Page(found.sentence, tables)


def _row(row: Sensitivity, most: float, by_swing: float) -> list[Cell]:
    part = (row.evppi or 0.0) / most if most > 0 else abs(row.swing) / by_swing if by_swing > 0 else 0.0
    bar = "#" * round(part * _BAR)
    flip = Cell(row.flip_point, "never" if row.flip_point is None else figures.count(row.flip_point))
    return [
        text(row.path),
        usd(row.evppi),
        Cell(None, bar),
        usd(row.swing),
        share(row.first_order),
        text(f"{row.low:,.6g}..{row.high:,.6g}"),
        flip,
        share(row.probability_beyond),
    ]
