"""A page as Markdown, fit for a pull request or a wiki."""

from __future__ import annotations

from llmcost.render.page import Page, Table
from llmcost.render.plain import markdown


def render(page: Page) -> str:
    """Markdown text with a final newline."""
    parts = [markdown(page.headline)] if page.headline else []
    if page.chart:
        parts.append(f"```text\n{page.chart}\n```")
    parts += [table(each) for each in page.tables]
    if page.notes:
        parts.append("\n".join(f"- {markdown(note)}" for note in page.notes))
    return "\n\n".join(parts) + "\n"


def table(table: Table) -> str:
    """One table, with its title and its notes."""
    lines = [f"**{markdown(table.title)}**", ""] if table.title else []
    lines.append("| " + " | ".join(markdown(column.heading) for column in table.columns) + " |")
    lines.append("|" + "|".join("---:" if column.number else "---" for column in table.columns) + "|")
    lines += ["| " + " | ".join(markdown(cell.text) for cell in row) + " |" for row in table.rows]
    if table.notes:
        lines += ["", *(markdown(note) + "  " for note in table.notes)]
    return "\n".join(lines)
