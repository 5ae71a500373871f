"""A page on the terminal, through rich: as wide as it needs, no markup from a user's file."""

from __future__ import annotations

import io
import os
import sys

from llmcost.render.page import Page, Table
from llmcost.render.plain import harmless


def render(page: Page, *, terminal: bool) -> str:
    """The page as text; with colour only on a terminal and without NO_COLOR."""
    from rich.console import Console

    out = io.StringIO()
    width = _width() if terminal else 200
    colour = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    console = Console(
        file=out,
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        markup=False,
        highlight=False,
        emoji=False,
        legacy_windows=False,
    )
    unicode = _carries_unicode()
    if page.headline:
        console.print(harmless(page.headline), soft_wrap=not terminal)
    if page.chart:
        console.print()
        console.out(page.chart, highlight=False)
    for table in page.tables:
        console.print()
        if table.title:
            console.print(harmless(table.title), style="bold", soft_wrap=not terminal)
        console.print(_table(table, unicode))
        for note in table.notes:
            console.print("  " + harmless(note), style="dim", soft_wrap=not terminal)
    if page.notes:
        console.print()
    for note in page.notes:
        console.print(harmless(note), style="dim", soft_wrap=not terminal)
    text = "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"
    return text if unicode else text.encode("ascii", "replace").decode()


def _table(table: Table, unicode: bool) -> object:
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    headed = any(column.heading for column in table.columns)
    frame = (box.SIMPLE_HEAD if unicode else box.ASCII2) if headed else None
    drawn = RichTable(box=frame, pad_edge=False, show_edge=False, show_header=headed)
    for column in table.columns:
        drawn.add_column(
            Text(column.heading), justify="right" if column.number else "left", overflow="fold", no_wrap=False
        )
    for row in table.rows:
        drawn.add_row(*(Text(harmless(cell.text)) for cell in row))
    return drawn


def _width() -> int:
    import shutil

    return shutil.get_terminal_size((100, 24)).columns


def _carries_unicode() -> bool:
    encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "")
    return encoding.startswith("utf")
