"""A page on the terminal: as wide as that is, no markup from a user's file, colour where it means something."""

from __future__ import annotations

import os
import shutil
import sys

from llmcost.render.layout import Line, Piece, lines, wrapped
from llmcost.render.page import Page
from llmcost.render.plain import harmless

DEFAULT_WIDTH = 80  # where nothing says how wide the terminal is: most open with it
NARROWEST = 20
_STYLES = {"bold": "1", "dim": "2", "good": "32", "bad": "31", "unsure": "33"}


def render(page: Page, *, terminal: bool, details: bool = False) -> str:
    """The page as text, none of its lines wider than the terminal.

    The width is the terminal's, else `COLUMNS`, else 80; colour only on a terminal without NO_COLOR.
    Tables and remarks that are details are left out, and counted in a line, unless asked for.
    """
    width, unicode = _width(), _carries_unicode()
    drawn: list[Line] = []
    if page.headline:
        drawn += [[Piece(line)] for line in wrapped(harmless(page.headline), width)]
    if page.chart:
        drawn += [[], *([Piece(line)] for line in page.chart.splitlines())]
    for table in page.tables:
        if table.detail and not details:
            continue
        drawn.append([])
        if table.title:
            drawn += [[Piece(line, "bold")] for line in wrapped(harmless(table.title), width)]
        drawn += lines(table, width, details=details, unicode=unicode)
        drawn += _remarks(table.notes, width)
    notes = [*page.notes, *(page.details if details else _counted(page))]
    if notes:
        drawn += [[], *_remarks(notes, width, indent="")]
    colour = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    text = "\n".join(_styled(line, colour) for line in drawn) + "\n"
    return text if unicode else text.replace("…", "~").encode("ascii", "replace").decode()


def _counted(page: Page) -> list[str]:
    """That there is more, in one line."""
    parts = []
    if page.details:
        count = sum(note.startswith("*") for note in page.details)
        parts.append(f"{count} assumption{'s' if count != 1 else ''}" if count else "reasons in full")
    hidden = sum(table.detail for table in page.tables)
    if hidden:
        parts.append(f"{hidden} more table{'s' if hidden > 1 else ''}")
    return [f"{', '.join(parts)}: --details"] if parts else []


def _remarks(notes: list[str], width: int, indent: str = "  ") -> list[Line]:
    return [[Piece(line, "dim")] for note in notes for line in wrapped(harmless(note), width, indent)]


def _styled(line: Line, colour: bool) -> str:
    if not colour:
        return "".join(piece.text for piece in line).rstrip()
    last = len(line) - 1
    return "".join(
        _coloured(piece.text.rstrip() if i == last else piece.text, piece.tone) for i, piece in enumerate(line)
    )


def _coloured(text: str, tone: str) -> str:
    return f"\x1b[{_STYLES[tone]}m{text}\x1b[0m" if tone and text.strip() else text


def _width() -> int:
    return max(shutil.get_terminal_size((DEFAULT_WIDTH, 24)).columns, NARROWEST)


def _carries_unicode() -> bool:
    encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "")
    return encoding.startswith("utf")
