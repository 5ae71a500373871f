"""A page as Markdown, fit for a pull request or a wiki."""

from __future__ import annotations

from collections.abc import Callable

from llmcost.render.page import Page, Table, without_bars
from llmcost.render.plain import code, markdown, unlinked

Text = Callable[[str], str]
LONGEST = 60_000  # a comment on GitHub holds 65,536 characters


def render(page: Page) -> str:
    """Markdown text with a final newline."""
    if page.marker:
        return _comment(page)
    parts = [markdown(page.headline)] if page.headline else []
    if page.chart:
        parts.append(f"```text\n{page.chart}\n```")
    parts += [table(each) for each in page.tables]
    if page.notes or page.details:
        parts.append(_list([*page.notes, *page.details], markdown))
    return "\n\n".join(parts) + "\n"


def _comment(page: Page) -> str:
    """The page as a comment on a pull request: a bot finds it by its marker, the notes are folded
    away, no address from a user's file becomes a link, and what would not fit is left out."""
    head = f"<!-- {page.marker} -->\n\n**{_plain(page.headline)}**\n"
    body = _fitting("\n\n".join(table(each, _plain) for each in page.tables), LONGEST - len(head))
    folded = ""
    notes = [*page.notes, *page.details]
    if notes:
        summary = "<summary>What this rests on</summary>"
        folded = f"\n<details>{summary}\n\n{_list(notes, _plain)}\n\n</details>\n"
    text = f"{head}\n{body}\n"
    return text + folded if len(text + folded) <= LONGEST else text


def _fitting(text: str, room: int) -> str:
    """Its lines, as many as there is room for, and that others are left out."""
    if len(text) <= room:
        return text
    rest = "\n\n… the rest is left out: it would not fit a comment, `--format json` has it all"
    kept = text[: room - len(rest)]
    return kept[: kept.rindex("\n")] + rest


def _plain(text: str) -> str:
    return unlinked(markdown(text))


def _list(notes: list[str], shown: Text) -> str:
    return "\n".join(f"- {shown(note)}" for note in notes)


def table(table: Table, shown: Text = markdown) -> str:
    """One table, with its title and its notes."""
    table = without_bars(table)
    lines = [f"**{shown(table.title)}**", ""] if table.title else []
    lines.append("| " + " | ".join(shown(column.heading) for column in table.columns) + " |")
    lines.append("|" + "|".join("---:" if column.number else "---" for column in table.columns) + "|")
    for row in table.rows:
        cells = [code(cell.text) if c.code else shown(cell.text) for c, cell in zip(table.columns, row, strict=True)]
        lines.append("| " + " | ".join(cells) + " |")
    if table.notes:
        lines += ["", *(shown(note) + "  " for note in table.notes)]
    return "\n".join(lines)
