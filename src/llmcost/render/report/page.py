"""The report as one HTML page: no request, nothing that runs or styles but what its policy names by hash."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path

from llmcost.decision.reporting import Report
from llmcost.economics.comparison import Compared, Comparison
from llmcost.economics.uncertainty import Figure
from llmcost.render import figures, html, svg
from llmcost.render.markup import Markup, escaped, isolated, joined, tag
from llmcost.render.report import content
from llmcost.render.report.content import Logged, Made
from llmcost.render.report.whatif import workbench
from llmcost.render.svg import Picture
from llmcost.wording import number_of

LONGEST_SCENARIO = 64 * 1024
SHORT = {
    "totals": "Totals",
    "months": "Months",
    "volumes": "Volumes",
    "moves": "Savings",
    "quality": "Quality",
    "measure": "Measure first",
    "flips": "What would flip it",
}
CHARTS = ("totals", "months", "volumes", "moves", "quality")


def render(found: Report, made: Made) -> str:
    """The whole document. The same report gives the same bytes."""
    style, script = (Path(__file__).with_name(name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    lively = found.what_if is not None
    head = joined(
        [
            tag("meta", {"charset": "utf-8"}),
            tag("meta", {"http-equiv": "Content-Security-Policy", "content": policy(style, script if lively else "")}),
            tag("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
            tag("meta", {"name": "color-scheme", "content": "light dark"}),
            tag("meta", {"name": "referrer", "content": "no-referrer"}),
            tag("meta", {"name": "generator", "content": f"llmcost {made.version}"}),
            tag("link", {"rel": "icon", "href": "data:,"}),
            tag("title", None, content.title(found)),
            tag("style", None, Markup(style)),
        ]
    )
    body = joined([*_body(found, made), tag("script", None, Markup(script)) if lively else None])
    return f'<!doctype html>\n<html lang="en" dir="ltr"><head>{head}</head>\n<body>{body}</body></html>\n'


def policy(style: str, script: str) -> str:
    """Nothing is loaded; one style sheet and one script are let in, by what they say."""
    scripts = f"script-src '{_hash(script)}'" if script else "script-src 'none'"
    return (
        f"default-src 'none'; {scripts}; style-src '{_hash(style)}'; img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _body(found: Report, made: Made) -> list[Markup | None]:
    charts = dict(content.pictures(found))
    drawn = [(key, charts[key].heading, _picture(charts[key])) for key in CHARTS if key in charts]
    lively = [("what-if", "What if", workbench(found))] if found.what_if is not None else []
    logged = content.logged(found)
    if logged is not None:
        lively.append(("logged", "What was measured", _logged(logged)))
    last = [
        ("measure", "What to measure first", _measure(found, charts.get("measure"))),
        ("flips", "What would flip the answer", _list(content.flips(found))),
        ("gates", "Requirements", html.table(content.gates(found), "Who meets them")),
    ]
    if found.next_steps:
        last.append(("next", "Next steps", _list(found.next_steps, ordered=True)))
    first = [("side", "Side by side", _side(found, made))]
    basis = [("basis", "What it rests on", _basis(found, made)), ("again", "To repeat it", _again(made))]
    sections = [*first, *drawn, *lively, *last, *basis]
    links = [tag("li", None, tag("a", {"href": f"#{key}"}, SHORT.get(key, heading))) for key, heading, _ in sections]
    return [
        tag("a", {"class": "skip", "href": "#main"}, "Skip to the answer"),
        tag(
            "header",
            None,
            tag("h1", {"class": _size(content.title(found))}, isolated(content.title(found))),
            tag("p", {"class": "sub"}, content.subtitle(found, made)),
        ),
        tag("nav", {"aria-label": "Sections"}, tag("ul", None, *links)),
        tag(
            "main",
            {"id": "main"},
            _answer(found),
            *(_section(*each) for each in first),
            tag("div", {"class": "charts"}, *(_section(*each) for each in drawn)),
            *(_section(*each) for each in lively),
            tag("div", {"class": "columns"}, *(_section(*each) for each in last)),
            *(_section(*each) for each in basis),
        ),
        tag("footer", None, f"Made by llmcost {made.version}. Money is in US dollars: a planning figure, not a bill."),
    ]


def _section(key: str, heading: str, inner: Markup) -> Markup:
    return tag(
        "section", {"id": key, "aria-labelledby": f"{key}-heading"}, tag("h2", {"id": f"{key}-heading"}, heading), inner
    )


def _size(name: str) -> str | None:
    """A name too long to be shouted."""
    return "long" if len(name) > 60 else None


def _answer(found: Report) -> Markup:
    row = content.recommended(found)
    name = (
        tag("p", {"class": f"choice {_size(row.name) or ''}".strip()}, isolated(row.name)) if row is not None else None
    )
    tiles = [
        tag(
            "div",
            {"class": "tile"},
            tag("dt", None, what),
            tag("dd", None, tag("strong", None, figure), tag("small", None, reading) if reading else None),
        )
        for what, figure, reading in content.headline_figures(found)
    ]
    return tag(
        "section",
        {"class": "answer", "aria-labelledby": "answer-heading"},
        tag("h2", {"id": "answer-heading"}, "Recommended" if row is not None else "No recommendation"),
        name,
        tag("p", {"class": "sentence"}, found.details.comparison.sentence),
        tag("dl", {"class": "tiles"}, *tiles) if tiles else None,
        html.notes(content.reasons(found)),
    )


def _side(found: Report, made: Made) -> Markup:
    main, *more = content.side_by_side(found, made)
    ranged = bool(found.details.outcome.ranges)
    lead = "Medians, with P5 to P95 of the draws of every range beneath." if ranged else "No input is a range."
    notes = [note for note in main.notes if "loses its payback again" in note]
    details = html.details("More figures", *map(html.table, more)) if more else None
    return joined([tag("p", {"class": "note"}, lead), _cards(found), html.notes(notes), details])


def _cards(found: Report) -> Markup:
    """The comparison as a table that becomes one card an architecture where there is no room; its roles stay."""
    comparison = found.details.comparison
    chances = any(row.chance_cheapest is not None for row in comparison.architectures)
    columns = ["Architecture", "One-time", "A month", "Total", "$/Mtok", "Saving", "Quality kept", "Pays back"]
    columns += ["Cheapest in"] if chances else []
    columns += ["Requirements"]
    rows = []
    for i, row in enumerate(comparison.architectures):
        best = row.name == comparison.cheapest
        kind = ("baseline, " if row.name == comparison.baseline else "") + row.kind.replace("_", "-")
        head = tag(
            "th",
            {"scope": "row", "role": "rowheader"},
            tag("b", {"class": "key"}, svg.letter(i)),
            " ",
            isolated(row.name),
            tag("small", None, kind + (", cheapest" if best else "")),
        )
        cells = zip(columns[1:], _cells(row, comparison, chances=chances), strict=True)
        filled = [
            tag(
                "td", {"role": "cell", "data-label": label, "class": "words" if label == "Requirements" else None}, cell
            )
            for label, cell in cells
        ]
        rows.append(tag("tr", {"role": "row", "class": "best" if best else None}, head, *filled))
    heads = [
        tag(
            "th",
            {"scope": "col", "role": "columnheader", "class": "number" if 0 < n < len(columns) - 1 else None},
            label,
        )
        for n, label in enumerate(columns)
    ]
    caption = f"Over {number_of('month', comparison.horizon_months)}, against {comparison.baseline}"
    table = tag(
        "table",
        {"class": "cards figures", "role": "table", "id": "compared"},
        tag("caption", None, caption),
        tag("thead", {"role": "rowgroup"}, tag("tr", {"role": "row"}, *heads)),
        tag("tbody", {"role": "rowgroup"}, *rows),
    )
    return html.scrolled(table, caption)


def _cells(row: Compared, comparison: Comparison, *, chances: bool) -> list[str]:
    bound = row.cascade.quality_kept_bound if row.cascade is not None else None
    kept = _figure(row.quality_kept, figures.share)
    if bound:
        kept = joined([f"{figures.share(bound[0])} to {figures.share(bound[1])}", tag("small", None, "a bound")])
    cells = [*map(_figure, (row.one_time_cost, row.monthly_cost, row.total_cost, row.cost_per_mtok))]
    if row.name == comparison.baseline:
        cells += [Markup(), kept, Markup()]
    else:
        part = row.saving_share.value
        saving = _figure(row.saving, beside="" if part is None else f" ({figures.share(part)})")
        cells += [saving, kept, _figure(row.payback_month, content.payback(row))]
    if chances:
        cells.append(Markup("" if row.chance_cheapest is None else f"{row.chance_cheapest:.0%}"))
    failed = [f"fails {gate.replace('_', ' ')}" for gate in row.failed_gates]
    unknown = [f"{gate.replace('_', ' ')} not known" for gate in row.unknown_gates]
    return [*cells, "; ".join([*failed, *unknown]) or ("met" if row.feasible else "not served throughout")]


def _figure(figure: Figure, form: Callable[[float | None], str] = figures.usd, *, beside: str = "") -> Markup:
    """The figure, and its range beneath."""
    spread = figure.spread
    if spread is None or spread[0] == spread[2]:
        return joined([form(figure.value), beside])
    return joined([form(figure.value), beside, tag("small", None, f"{form(spread[0])} to {form(spread[2])}")])


def _picture(picture: Picture) -> Markup:
    """The chart, what it says, and its numbers."""
    numbers = html.details("The numbers", html.table(picture.numbers, f"{picture.heading}: the numbers"))
    said = html.details("In words", tag("p", {"class": "says"}, escaped(picture.says, whole=True)))
    return joined([tag("figure", None, picture.drawing), tag("div", {"class": "under"}, said, numbers)])


def _measure(found: Report, picture: Picture | None) -> Markup:
    said = tag("p", None, content.to_measure(found))
    if picture is None:
        return said
    pair = found.sensitivities
    assert pair is not None  # noqa: S101 - it is what the picture is of
    against = (
        f"What moving each range from its P10 to its P90 does to the lead of {pair.challenger} over {pair.against}, "
        f"and what knowing it is worth (EVPPI), at present value."
    )
    return joined([said, tag("p", {"class": "note"}, against), _picture(picture)])


def _logged(logged: Logged) -> Markup:
    """The traffic that the workload was measured from, and what it would have cost elsewhere."""
    chart = _picture(logged.hours) if logged.hours is not None else None
    return joined([tag("p", None, logged.headline), html.notes(logged.profile), chart, *map(html.table, logged.tables)])


def _list(lines: list[str], *, ordered: bool = False) -> Markup:
    return tag("ol" if ordered else "ul", None, *(tag("li", None, line) for line in lines))


def _basis(found: Report, made: Made) -> Markup:
    table = content.prices(found, made.as_of)
    linked = table._replace(
        rows=[
            [
                cell._replace(text=_linked(cell.value, cell.text)) if column.key == "source" else cell
                for column, cell in zip(table.columns, row, strict=True)
            ]
            for row in table.rows
        ]
    )
    warned = [warning.message for warning in made.warnings]
    return joined(
        [
            tag("h3", None, "Warnings") if warned else None,
            html.notes(warned),
            tag("h3", None, "Assumptions"),
            html.table(content.assumed(made), "What was assumed")
            if made.assumptions
            else tag("p", None, "Nothing was assumed."),
            tag("h3", None, "Prices"),
            html.table(linked, "Every price that took part")
            if table.rows
            else tag("p", None, "Every price is the scenario's own."),
            *(html.details(table.title, html.table(table)) for table in content.charges(found, made)),
        ]
    )


def _linked(url: object, title: str) -> Markup:
    """A source as a link, where it has an address on the web."""
    address = str(url) if url is not None else ""
    if not address.startswith(("https://", "http://")):
        return joined([title])
    return tag("a", {"href": address, "rel": "noreferrer noopener"}, title)


def _again(made: Made) -> Markup:
    parts = [
        tag(
            "p",
            None,
            f"This page is the output of llmcost {made.version}; the same command on the same scenario gives the same bytes.",
        ),
        tag("pre", {"tabindex": 0, "aria-label": "The command"}, tag("code", None, _lines(made.command))),
    ]
    if made.scenario is not None and len(made.scenario) <= LONGEST_SCENARIO:
        written = tag("pre", {"tabindex": 0, "aria-label": "The scenario"}, tag("code", None, _lines(made.scenario)))
        parts.append(html.details("The scenario", written))
    return joined(parts)


def _lines(text: str) -> Markup:
    """A text of several lines, none of them cut."""
    return Markup("\n".join(escaped(line, whole=True) for line in text.splitlines()))
