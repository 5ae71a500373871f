"""The workbench of the page: a slider for each lever, and what the core found at every point of it."""

from __future__ import annotations

from llmcost.decision.reporting import Report
from llmcost.economics.comparison import Compared
from llmcost.economics.levers import Lever
from llmcost.economics.whatif import FIGURES
from llmcost.render import figures, html, svg
from llmcost.render.markup import Markup, isolated, joined, tag
from llmcost.render.page import Column, Table, count, usd
from llmcost.render.report.points import document, shown
from llmcost.wording import number_of

HEADINGS = {
    "one_time_cost": ("One-time", "usd"),
    "monthly_cost": ("A month", "usd"),
    "total_cost": ("Total", "usd"),
    "cost_per_mtok": ("$/Mtok", "usd"),
    "saving": ("Saving", "usd"),
    "saving_share": ("Saving %", "share"),
    "quality_kept": ("Quality kept", "share"),
    "payback_month": ("Pays back", "month"),
}
AGAINST_BASELINE = ("saving", "saving_share", "payback_month")
FORMS = {"usd": figures.usd, "share": figures.share}


def workbench(found: Report) -> Markup:
    """The sliders, the live sentence, table and charts, and the points that they step through."""
    what_if = found.what_if
    assert what_if is not None  # noqa: S101 - asked by the caller
    sliders = [_slider(i, lever) for i, lever in enumerate(what_if.levers)]
    pair = ""
    if what_if.grid is not None:
        pair = (
            " Volume and the share go together; any other input moves alone, and the others return to the scenario's."
        )
    ranged = " Every other range is at its middle." if found.details.outcome.ranges else ""
    lead = f"Move one input and see what this calculation gave there.{pair}{ranged}"
    return joined(
        [
            tag("p", None, lead),
            tag(
                "noscript",
                None,
                tag(
                    "p", {"class": "note"}, "The sliders need JavaScript; everything else on this page does without it."
                ),
            ),
            tag("div", {"class": "sliders"}, *sliders),
            tag("p", {"class": "buttons"}, tag("button", {"type": "button", "id": "reset"}, "Back to the scenario")),
            tag("p", {"id": "verdict", "role": "status", "class": "verdict"}, _verdict(found)),
            tag("p", {"id": "where", "class": "note"}, ""),
            tag(
                "div",
                {"class": "pair"},
                _empty("live-months", "Cumulative cost at this point"),
                _empty("live-totals", "Totals at this point"),
            ),
            html.details("The numbers of the chart", _months(found)),
            _table(found),
            tag(
                "script",
                {"type": "application/json", "id": "points"},
                Markup(document(found, [svg.letter(i) for i in range(len(found.details.estimates))])),
            ),
        ]
    )


def _slider(position: int, lever: Lever) -> Markup:
    today = shown(lever, lever.points[lever.today])
    name = f"lever-{position}"
    control = {
        "type": "range",
        "id": name,
        "min": 0,
        "max": len(lever.points) - 1,
        "step": 1,
        "value": lever.today,
        "data-lever": position,
        "data-key": lever.key,
        "aria-valuetext": today,
        "aria-describedby": f"{name}-note",
        "autocomplete": "off",
    }
    note = joined([f"Scenario: {today}. ", lever.note, " ", tag("code", None, svg.short(lever.place, 120))])
    return tag(
        "div",
        {"class": "slider"},
        tag("label", {"for": name}, svg.short(lever.label, 90)),
        tag("output", {"for": name, "id": f"{name}-value"}, today),
        tag("input", control),
        tag("p", {"id": f"{name}-note", "class": "note"}, note),
    )


def _empty(key: str, title: str) -> Markup:
    frame = {
        "class": "chart",
        "role": "img",
        "id": key,
        "aria-label": title,
        "viewBox": f"0 0 520 {300 if key == 'live-months' else 28}",
    }
    return tag("figure", None, tag("figcaption", None, title), tag("svg", frame))


def _verdict(found: Report) -> str:
    """The point calculation's answer, as the script would say it at the scenario's own values."""
    row = next((r for r in found.details.comparison.architectures if r.name == found.details.comparison.cheapest), None)
    if row is None:
        return "No architecture meets every requirement."
    total = figures.usd(row.total_cost.value)
    months = found.details.comparison.horizon_months
    return f"{row.name} is the cheapest that meets every requirement: {total} over {number_of('month', months)}."


def _table(found: Report) -> Markup:
    heads = [tag("th", {"scope": "col"}, "Architecture")]
    heads += [tag("th", {"scope": "col", "class": "number"}, HEADINGS[field][0]) for field in FIGURES]
    heads.append(tag("th", {"scope": "col"}, "Requirements"))
    rows = []
    baseline = found.details.comparison.baseline
    for i, row in enumerate(found.details.comparison.architectures):
        cells = [
            tag(
                "th",
                {"scope": "row"},
                tag("b", {"class": "key"}, svg.letter(i)),
                " ",
                isolated(svg.short(row.name, 60)),
            )
        ]
        for field in FIGURES:
            point = getattr(row, field).value
            blank = row.name == baseline and field in AGAINST_BASELINE
            cells.append(tag("td", None, "" if blank else _datum(i, field, point, row.total_cost.value is not None)))
        cells.append(tag("td", {"id": f"mark-{i}", "class": "words"}, _mark(row, found)))
        rows.append(tag("tr", None, *cells))
    caption = "At this point" + (", every other range at its middle" if found.details.outcome.ranges else "")
    table = tag(
        "table",
        {"id": "live", "class": "figures"},
        tag("caption", None, caption),
        tag("thead", None, tag("tr", None, *heads)),
        tag("tbody", None, *rows),
    )
    return html.scrolled(table, caption)


def _mark(row: Compared, found: Report) -> str:
    if row.name == found.details.comparison.cheapest:
        return "met, cheapest"
    return "met" if row.feasible else "not met"


def _months(found: Report) -> Markup:
    """Cumulative cost at the months that the page carries, for the script to fill."""
    what_if = found.what_if
    assert what_if is not None  # noqa: S101 - asked by the caller
    names = list(found.details.estimates)
    columns = [
        Column("month", "Month"),
        *(Column(name, f"{svg.letter(i)} {svg.short(name, 40)}") for i, name in enumerate(names)),
    ]
    once = [count(0), *(usd(own.one_time_cost) for own in found.details.estimates.values())]
    rows = [once]
    for month in what_if.months:
        rows.append(
            [count(month), *(usd(own.months[month - 1].cumulative_cost) for own in found.details.estimates.values())]
        )
    return tag("div", {"id": "live-numbers"}, html.table(Table("Cumulative cost at this point, USD", columns, rows)))


def _datum(position: int, field: str, value: float | None, served: bool) -> Markup:
    """A figure that the script may change, with its value in full."""
    form = HEADINGS[field][1]
    text = FORMS[form](value) if form in FORMS else figures.month(value) if served else figures.UNKNOWN
    raw = "" if value is None else f"{value:.10g}"
    return tag("data", {"value": raw, "data-row": position, "data-field": field, "data-form": form}, text)
