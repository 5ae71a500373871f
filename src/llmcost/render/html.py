"""The tables of a page as HTML: scrolled by themselves where they are wide, reachable by keyboard."""

from __future__ import annotations

from collections.abc import Sequence

from llmcost.render.markup import Markup, joined, tag
from llmcost.render.page import Column, Table


def table(found: Table, caption: str = "") -> Markup:
    """A table with its notes beneath; the caption names it for who cannot see its place.

    The class of the table says how its cells stand, `figures` or words, and a cell names its own
    only where it differs: a thousand cells would otherwise carry it.
    """
    name = caption or found.title
    figures = sum(column.number for column in found.columns[1:]) * 2 > len(found.columns) - 1
    classes = [_class(column, figures) for column in found.columns]
    parts = [tag("caption", None, name) if name else None]
    if any(column.heading for column in found.columns):
        heads = [
            tag("th", {"scope": "col", "class": "number" if column.number else None}, column.heading)
            for column in found.columns
        ]
        parts.append(tag("thead", None, tag("tr", None, *heads)))
    rows = (_row(classes, [cell.text for cell in row], number=found.columns[0].number) for row in found.rows)
    whole = tag("table", {"class": "figures" if figures else None}, *parts, tag("tbody", None, *rows))
    return joined([scrolled(whole, name or "table"), notes(found.notes)])


def scrolled(whole: Markup, name: str) -> Markup:
    """A frame that scrolls where the page is narrow, and can be reached and scrolled by keyboard."""
    return tag("div", {"class": "scroll", "role": "region", "tabindex": 0, "aria-label": name}, whole)


def _row(classes: Sequence[str | None], cells: Sequence[str], *, number: bool) -> Markup:
    first, *rest = cells
    head = tag("th", {"scope": "row", "class": "number" if number else None}, first)
    filled = (tag("td", {"class": name} if name else None, text) for name, text in zip(classes[1:], rest, strict=True))
    return tag("tr", None, head, *filled)


def _class(column: Column, figures: bool) -> str | None:
    if column.key == "day":
        return "day"
    if column.number == figures:
        return None
    return "number" if column.number else "words"


def notes(lines: Sequence[str]) -> Markup | None:
    """Remarks under a table."""
    return tag("ul", {"class": "notes"}, *(tag("li", None, line) for line in lines)) if lines else None


def details(summary: str, *inner: Markup | None) -> Markup:
    """What opens on demand."""
    return tag("details", None, tag("summary", None, summary), *inner)
