"""A result as a page of tables: the one thing that every human-readable format renders.

A cell keeps its raw value beside what a person reads, so CSV carries numbers and a table words.
"""

from typing import Any, NamedTuple

from llmcost.economics.uncertainty import Figure
from llmcost.render import figures


class Cell(NamedTuple):
    """A raw value and how it is shown."""

    value: Any
    text: str


class Column(NamedTuple):
    """A column's key (for CSV), its heading, and whether it is a number."""

    key: str
    heading: str
    number: bool = True


class Table(NamedTuple):
    """Rows of cells under columns, with remarks beneath."""

    title: str
    columns: list[Column]
    rows: list[list[Cell]]
    notes: list[str] = []


class Page(NamedTuple):
    """A headline, tables (the first is what CSV carries), and notes."""

    headline: str
    tables: list[Table]
    notes: list[str] = []


def text(value: str) -> Cell:
    """Words."""
    return Cell(value, value)


def usd(value: float | Figure | None) -> Cell:
    """An amount in USD."""
    return Cell(value, figures.ranged(value) if isinstance(value, Figure) else figures.usd(value))


def share(value: float | Figure | None) -> Cell:
    """A share, shown in percent."""
    shown = figures.ranged(value, figures.share) if isinstance(value, Figure) else figures.share(value)
    return Cell(value, shown)


def count(value: float | Figure | None) -> Cell:
    """A number of things."""
    shown = figures.ranged(value, figures.count) if isinstance(value, Figure) else figures.count(value)
    return Cell(value, shown)


def month(value: float | Figure | None, never: str = "never") -> Cell:
    """A month of the horizon."""

    def form(number: float | None) -> str:
        return never if number is None else f"month {number:g}"

    return Cell(value, figures.ranged(value, form) if isinstance(value, Figure) else form(value))


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


def _percentile(at: float) -> str:
    if at < 0.0005:
        return "under 0.05"
    if at > 0.9995:
        return "over 99.95"
    return f"{at * 100:.1f}"
