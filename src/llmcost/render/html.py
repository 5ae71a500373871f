"""The tables of a page as HTML: scrolled by themselves where they are wide, reachable by keyboard."""

from __future__ import annotations

from collections.abc import Sequence

from llmcost.render.markup import Markup, joined, tag
from llmcost.render.page import Column, Table


def table(found: Table, caption: str = "", *, scrolled: bool = True) -> Markup:
    """A table with its notes beneath; the caption names it for who cannot see its place."""
    name = caption or found.title
    parts = [tag("caption", None, name) if name else None]
    if any(column.heading for column in found.columns):
        heads = [tag("th", {"scope": "col", "class": _class(column)}, column.heading) for column in found.columns]
        parts.append(tag("thead", None, tag("tr", None, *heads)))
    parts.append(tag("tbody", None, *(_row(found.columns, [cell.text for cell in row]) for row in found.rows)))
    whole = tag("table", None, *parts)
    if scrolled:
        whole = tag("div", {"class": "scroll", "role": "region", "tabindex": 0, "aria-label": name or "table"}, whole)
    return joined([whole, notes(found.notes)])


def _row(columns: Sequence[Column], cells: Sequence[str]) -> Markup:
    first, *rest = zip(columns, cells, strict=True)
    head = tag("th", {"scope": "row", "class": _class(first[0])}, first[1])
    return tag("tr", None, head, *(tag("td", {"class": _class(column)}, text) for column, text in rest))


def _class(column: Column) -> str | None:
    return "number" if column.number else "day" if column.key == "day" else None


def notes(lines: Sequence[str]) -> Markup | None:
    """Remarks under a table."""
    return tag("ul", {"class": "notes"}, *(tag("li", None, line) for line in lines)) if lines else None


def details(summary: str, *inner: Markup | None, open_: bool = False) -> Markup:
    """What opens on demand."""
    return tag("details", {"open": open_}, tag("summary", None, summary), *inner)
