"""The report as Markdown: the same parts, each chart as its sentence and its numbers."""

from __future__ import annotations

from llmcost.decision.reporting import Report
from llmcost.render import markdown
from llmcost.render.page import Table
from llmcost.render.plain import harmless
from llmcost.render.plain import markdown as literal
from llmcost.render.report import content
from llmcost.render.report.content import Made


def render(found: Report, made: Made) -> str:
    """Markdown with a final newline."""
    parts = [f"# {literal(content.title(found))}", literal(content.subtitle(found, made))]
    parts.append(f"**{literal(found.details.comparison.sentence)}**")
    parts.append(_list(content.reasons(found)))
    parts += ["## Side by side", *map(markdown.table, content.side_by_side(found, made))]
    for key, picture in content.pictures(found):
        if key in ("totals", "measure"):
            continue
        parts += [f"## {picture.heading}", literal(picture.says), markdown.table(picture.numbers)]
    logged = content.logged(found)
    if logged is not None:
        parts += ["## What was measured", literal(logged.headline), _list(logged.profile)]
        if logged.hours is not None:
            parts += [literal(logged.hours.says), markdown.table(logged.hours.numbers)]
        parts += map(markdown.table, logged.tables)
    parts += ["## What to measure first", literal(content.to_measure(found))]
    parts += [markdown.table(picture.numbers) for key, picture in content.pictures(found) if key == "measure"]
    parts += ["## What would flip the answer", _list(content.flips(found))]
    parts += ["## Requirements", markdown.table(content.gates(found))]
    if found.next_steps:
        parts += ["## Next steps", "\n".join(f"{n}. {literal(step)}" for n, step in enumerate(found.next_steps, 1))]
    parts.append("## What it rests on")
    parts.append(_list([warning.message for warning in made.warnings]))
    parts += _table(content.assumed(made)) + _table(_with_addresses(content.prices(found, made.as_of)))
    parts += map(markdown.table, content.charges(found, made))
    parts += ["## To repeat it", f"```sh\n{_fenced(made.command)}\n```"]
    if made.scenario is not None:
        parts.append(f"```yaml\n{_fenced(made.scenario)}\n```")
    return "\n\n".join(part for part in parts if part) + "\n"


def _list(lines: list[str]) -> str:
    return "\n".join(f"- {literal(line)}" for line in lines)


def _table(found: Table) -> list[str]:
    return [markdown.table(found)] if found.rows else []


def _with_addresses(found: Table) -> Table:
    """A source's address beside its title: Markdown shows both as text."""
    rows = []
    for row in found.rows:
        rows.append(
            [
                cell._replace(text=f"{cell.text}, {cell.value}") if column.key == "source" and cell.value else cell
                for column, cell in zip(found.columns, row, strict=True)
            ]
        )
    return found._replace(rows=rows)


def _fenced(text: str) -> str:
    """Text within a fence: it cannot end the fence, or act on who reads it."""
    return "\n".join(harmless(line, whole=True).replace("```", "'''") for line in text.rstrip().splitlines())
