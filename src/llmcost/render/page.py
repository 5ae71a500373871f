"""A result as a page of tables: the one thing that every human-readable format renders.

A cell keeps its raw value beside what a person reads, so CSV carries numbers and a table words.
"""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from llmcost.economics.uncertainty import Figure
from llmcost.render import figures

Tone = Literal["", "good", "bad", "unsure"]


class Cell(NamedTuple):
    """A raw value, how it is shown, and its tone: never told by colour alone, the words say it too."""

    value: Any
    text: str
    tone: Tone = ""


class Interval(NamedTuple):
    """A figure to be drawn: its expected value, and P5 and P95 where ranges reach it."""

    value: float | None
    low: float | None = None
    high: float | None = None


class Column(NamedTuple):
    """A column's key (for CSV), its heading, whether it is a number, and what becomes of it on a narrow terminal.

    `code`: names and paths from a user's file, which Markdown shows as code. `leaves`: 0 stays; of the
    others the highest leaves first where the terminal is too narrow. `prose`: its words may go on in the
    next line. `bar`: its cells' values are Intervals, drawn in whatever room is left.
    """

    key: str
    heading: str
    number: bool = True
    code: bool = False
    leaves: int = 0
    prose: bool = False
    bar: bool = False


class Table(NamedTuple):
    """Rows of cells under columns, with remarks beneath.

    A `detail` is shown on a terminal only where details are asked for.
    """

    title: str
    columns: list[Column]
    rows: list[list[Cell]]
    notes: list[str] = []
    detail: bool = False


def without_bars(table: Table) -> Table:
    """The table as formats take it that draw nothing."""
    kept = [i for i, column in enumerate(table.columns) if not column.bar]
    if len(kept) == len(table.columns):
        return table
    columns = [table.columns[i] for i in kept]
    return table._replace(columns=columns, rows=[[row[i] for i in kept] for row in table.rows])


class Page(NamedTuple):
    """A headline, tables (the first is what CSV carries), notes, and a chart as text where asked for.

    `details` are remarks that a terminal counts in one line and shows where details are asked for.
    `marker` is a hidden comment by which a bot finds its own Markdown again; where it stands, the
    notes are folded away.
    """

    headline: str
    tables: list[Table]
    notes: list[str] = []
    chart: str = ""
    marker: str = ""
    details: list[str] = []


def text(value: str, tone: Tone = "") -> Cell:
    """Words."""
    return Cell(value, value, tone)


def interval(figure: Figure) -> Cell:
    """A figure for a bar column; in other formats than a terminal's it is left out."""
    spread = figure.spread or (None, None, None)
    return Cell(Interval(figure.value, spread[0], spread[2]), "")


def usd(value: float | Figure | None, *, spread: bool = False) -> Cell:
    """An amount in USD; a figure is shown by its median, with its P5 and P95 where `spread` asks."""
    return _cell(value, figures.usd, spread)


def share(value: float | Figure | None, *, spread: bool = False) -> Cell:
    """A share, shown in percent."""
    return _cell(value, figures.share, spread)


def count(value: float | Figure | None, *, spread: bool = False) -> Cell:
    """A number of things."""
    return _cell(value, figures.count, spread)


def month(value: float | Figure | None, never: str = "never", *, spread: bool = False) -> Cell:
    """A month of the horizon."""
    return _cell(value, lambda number: never if number is None else f"month {number:g}", spread)


def _cell(value: float | Figure | None, form: Callable[[float | None], str], spread: bool) -> Cell:
    if not isinstance(value, Figure):
        return Cell(value, form(value))
    return Cell(value, figures.ranged(value, form) if spread else form(value.value))


def between(figure: Figure, form: Callable[[float | None], str]) -> Cell:
    """P5 to P95 alone."""
    if figure.spread is None or figure.spread[0] == figure.spread[2]:
        return Cell(None, "")
    return Cell(None, f"{form(figure.spread[0])} to {form(figure.spread[2])}")


def bounds_note(figure: Figure, what: str) -> str | None:
    """The corners of a figure in a sentence, with where they lie; None where nothing is uncertain."""
    if figure.bounds is None or figure.bounds[0] == figure.bounds[1] or None in figure.bounds:
        return None
    low, high = figure.bounds
    note = f"{what}: the sum of extremes runs from {figures.usd(low)} to {figures.usd(high)}"
    if figure.bounds_at is not None:
        below, above = figure.bounds_at
        note += f" (percentiles {_percentile(below)} and {_percentile(above)})"
    if not figure.monotone:
        note += "; not exact, the figure does not move one way in each input"
    return note


def corners(figure: Figure) -> Cell:
    """The sum of extremes with the percentiles at which it lies."""
    if figure.bounds is None or None in figure.bounds or figure.bounds_at is None:
        return Cell(None, "")
    low, high = figure.bounds
    below, above = figure.bounds_at
    mark = "" if figure.monotone else " ~"
    at = f"{_percentile(below)}, {_percentile(above)}"
    return Cell(None, f"{figures.usd(low)} to {figures.usd(high)} ({at}){mark}")


def _percentile(at: float) -> str:
    if at < 0.0005:
        return "under 0.05"
    if at > 0.9995:
        return "over 99.95"
    return f"{at * 100:.1f}"
