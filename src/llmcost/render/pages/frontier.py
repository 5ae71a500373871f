"""`frontier` as a page."""

from __future__ import annotations

from datetime import date
from typing import Any

from llmcost.quality.frontier_result import Frontier, ModelPoint, Way
from llmcost.quality.spending import Spending
from llmcost.render import figures
from llmcost.render.page import Cell, Column, Page, Table, count, share, text, usd

_MODELS = [
    Column("model", "Model", number=False),
    Column("quality", "Quality"),
    Column("quality_interval", "95 %"),
    Column("cost_per_request", "$/request"),
    Column("cost_per_request_interval", "95 %", leaves=3),
    Column("recorded_cost_per_request", "Recorded", leaves=8),
    Column("input_tokens", "In", leaves=7),
    Column("output_tokens", "Out", leaves=6),
    Column("quality_kept", "Quality kept"),
    Column("no_harm_rate", "No-harm rate", leaves=5),
    Column("performance_gap_recovered", "Gap recovered", leaves=4),
    Column("mark", "", number=False),
]


def page(found: Frontier, spent: Spending, as_of: date, explain: bool = False) -> Page:
    """The models, and what mixing, cascading and routing between them buys."""
    tables = [_models(found), _cheapest(found), _bounds(found), _metrics(found), _joint(found), _cascades(found)]
    tables.append(_router(found))
    if explain:
        tables.append(_prices(spent, as_of))
    strong = next(each for each in found.models if each.model == found.strong)
    headline = (
        f"{found.strong} is the best at {_quality(strong.quality)} for {figures.usd(strong.cost_per_request)} a request; "
        f"{found.cheap} is the cheapest"
    )
    headline = headline + "." if found.cheap != found.strong else headline + ", too."
    if found.cheapest is not None:
        headline += " " + found.cheapest.sentence
    notes = [
        f"{found.counts.queries:,} queries that all of {found.counts.models} models answered; "
        f"95 % intervals from {found.rounds:,} rounds of the paired bootstrap."
    ]
    return Page(headline, [table for table in tables if table is not None], notes)


def _quality(value: float | None) -> str:
    return figures.UNKNOWN if value is None else f"{value:.4f}"


def _between(ends: list[float] | None, form: Any) -> Cell:
    if ends is None:
        return Cell(None, "")
    return Cell(f"{ends[0]:.10g}..{ends[1]:.10g}", f"{form(ends[0])} to {form(ends[1])}")


def _with(value: float | None, ends: list[float] | None, form: Any) -> Cell:
    """A figure with its interval behind it."""
    shown = form(value)
    return Cell(value, shown if ends is None or value is None else f"{shown} ({form(ends[0])} to {form(ends[1])})")


def _models(found: Frontier) -> Table:
    rows = []
    for each in found.models:
        marks = _marks(each, found)
        rows.append(
            [
                text(each.model),
                Cell(each.quality, _quality(each.quality)),
                _between(each.quality_interval, _quality),
                usd(each.cost_per_request),
                _between(each.cost_per_request_interval, figures.usd),
                usd(each.recorded_cost_per_request),
                count(each.input_tokens),
                count(each.output_tokens),
                share(each.quality_kept),
                share(each.no_harm_rate),
                share(each.performance_gap_recovered),
                text("; ".join(marks)),
            ]
        )
    notes = [
        f"Quality kept: Q ÷ {found.strong}'s. No-harm rate: 1 − the share of queries answered worse than by "
        f"{found.strong}. Gap recovered: (Q − {found.cheap}'s) ÷ ({found.strong}'s − {found.cheap}'s)."
    ]
    return Table("Models, the cheapest first", _MODELS, rows, notes)


def _marks(each: ModelPoint, found: Frontier) -> list[str]:
    marks = []
    if each.on_hull:
        marks.append("on the hull")
    if each.dominated_by:
        sure = "" if each.dominated_in is None else f" (in {each.dominated_in:.0%} of the rounds)"
        marks.append(f"dominated by {each.dominated_by}{sure}")
    if each.cost_basis != "catalog":
        marks.append("recorded cost" if each.cost_basis == "recorded" else "! own price")
    if each.recorded_differs_on:
        marks.append(f"recorded cost differs on {each.recorded_differs_on:,}")
    return marks


def _cheapest(found: Frontier) -> Table | None:
    best = found.cheapest
    if best is None:
        return None
    columns = [
        Column("way", "Way", number=False),
        Column("shares", "Shares of the requests", number=False),
        Column("cost_per_request", "$/request"),
        Column("quality", "Quality"),
        Column("quality_kept", "Quality kept"),
        Column("detail", "", number=False),
    ]
    ways = [best.hull, best.best_single, best.random_mix, best.cascade, best.router]
    rows = [_way(way, way == best.cheapest) for way in ways if way is not None]
    return Table(f"The cheapest that keeps {best.min_quality_kept:.1%} of {found.strong}'s quality", columns, rows)


def _way(way: Way, cheapest: bool) -> list[Cell]:
    shares = ", ".join(f"{model} {figures.share(part)}" for model, part in way.shares.items())
    detail = "; ".join(filter(None, ("cheapest" if cheapest else "", way.detail)))
    return [
        text(way.way),
        text(shares),
        usd(way.cost_per_request),
        Cell(way.quality, _quality(way.quality)),
        share(way.quality_kept),
        text(detail),
    ]


def _bounds(found: Frontier) -> Table:
    columns = [
        Column("point", "Point", number=False),
        Column("cost_per_request", "$/request (95 %)"),
        Column("quality", "Quality (95 %)"),
        Column("quality_kept", "Quality kept (95 %)"),
    ]
    rows = []
    for each in found.hull:
        cost = _with(each.cost_per_request, each.cost_per_request_interval, figures.usd)
        rows.append(
            [text(f"hull: {each.model}"), cost, _with(each.quality, each.quality_interval, _quality), Cell(None, "")]
        )
    mix = found.random_mix
    for point in mix.points if mix.cheap != mix.strong else []:
        rows.append(
            [
                text(f"random mix: {figures.share(point.strong_share)} {mix.strong}"),
                _with(point.cost_per_request, point.cost_per_request_interval, figures.usd),
                _with(point.quality, point.quality_interval, _quality),
                _with(point.quality_kept, point.quality_kept_interval, figures.share),
            ]
        )
    oracle = found.oracle
    rows.append(
        [
            text("oracle (unreachable bound)"),
            _with(oracle.cost_per_request, oracle.cost_per_request_interval, figures.usd),
            _with(oracle.quality, oracle.quality_interval, _quality),
            Cell(None, ""),
        ]
    )
    strong_share = figures.share(oracle.strong_share)
    notes = [f"The oracle is {oracle.label}; it needs {found.strong} on {strong_share} of the queries."]
    return Table("The hull, mixing at random, and the bound", columns, rows, notes)


def _metrics(found: Frontier) -> Table:
    each = found.metrics
    columns = [Column("metric", "Metric", number=False), Column("value", "Value (95 %)")]
    rows = [[text("AIQ of the hull"), _with(each.aiq, each.aiq_interval, _quality)]]
    gap = _with(each.performance_gap, each.performance_gap_interval, _quality)
    rows.append([text(f"performance gap, {found.strong} − {found.cheap}"), gap])
    recovered = each.oracle_performance_gap_recovered
    interval = each.oracle_performance_gap_recovered_interval
    rows.append([text("PGR of the oracle (unreachable bound)"), _with(recovered, interval, figures.share)])
    rows.append([text("APGR of a random mix"), Cell(each.random_mix_apgr, _quality(each.random_mix_apgr))])
    if found.router is not None:
        rows.append([text("APGR of the router"), _with(each.router_apgr, each.router_apgr_interval, _quality)])
        for wanted, calls in found.router.cpt.items():
            label = f"CPT({float(wanted):.0%}) of the router; a random mix needs {float(wanted):.0%}"
            rows.append([text(label), _with(calls, found.router.cpt_interval[wanted], figures.share)])
    return Table("Metrics", columns, rows, [f"AIQ: {each.aiq_definition}."])


def _joint(found: Frontier) -> Table | None:
    if not found.joint:
        return None
    columns = [
        Column("first", "First", number=False),
        Column("second", "Second", number=False),
        Column("p11", "Both right (95 %)"),
        Column("p10", "First only"),
        Column("p01", "Second only"),
        Column("p00", "Neither"),
    ]
    rows = [
        [
            text(each.first),
            text(each.second),
            _with(each.p11, each.p11_interval, _quality),
            _with(each.p10, each.p10_interval, _quality),
            _with(each.p01, each.p01_interval, _quality),
            _with(each.p00, each.p00_interval, _quality),
        ]
        for each in found.joint
    ]
    return Table("Who is right together", columns, rows)


def _cascades(found: Frontier) -> Table | None:
    if not found.cascades:
        return None
    columns = [
        Column("verifier", "Verifier", number=False),
        Column("false_accept", "False accepts"),
        Column("false_reject", "False rejects"),
        Column("acceptance", "Accepts", leaves=1),
        Column("break_even_acceptance", "Breaks even at", leaves=2),
        Column("cost_per_request", "$/request (95 %)"),
        Column("quality", "Quality (95 %)"),
        Column("quality_kept", "Quality kept"),
        Column("no_harm_rate", "No-harm rate", leaves=5),
        Column("performance_gap_recovered", "Gap recovered", leaves=4),
        Column("parity_false_accept", "Parity at false accepts of", leaves=3),
    ]
    rows = [
        [
            text(each.verifier),
            share(each.false_accept),
            share(each.false_reject),
            share(each.acceptance),
            share(each.break_even_acceptance),
            _with(each.cost_per_request, each.cost_per_request_interval, figures.usd),
            _with(each.quality, each.quality_interval, _quality),
            share(each.quality_kept),
            share(each.no_harm_rate),
            share(each.performance_gap_recovered),
            share(each.parity_false_accept),
        ]
        for each in found.cascades
    ]
    return Table(f"A cascade {' → '.join(found.cascades[0].stages)}, by the errors of its verifier", columns, rows)


def _router(found: Frontier) -> Table | None:
    if found.router is None:
        return None
    columns = [
        Column("threshold", "Score from"),
        Column("strong_share", f"To {found.strong} (95 %)"),
        Column("cost_per_request", "$/request"),
        Column("quality", "Quality (95 %)"),
        Column("quality_kept", "Quality kept"),
        Column("no_harm_rate", "No-harm rate", leaves=5),
        Column("performance_gap_recovered", "Gap recovered", leaves=4),
    ]
    rows = [
        [
            count(each.threshold) if each.threshold is not None else text("all" if each.wanted_share else "none"),
            _with(each.strong_share, each.strong_share_interval, figures.share),
            usd(each.cost_per_request),
            _with(each.quality, each.quality_interval, _quality),
            share(each.quality_kept),
            share(each.no_harm_rate),
            share(each.performance_gap_recovered),
        ]
        for each in found.router.points
    ]
    halves = f"{found.router.split} ({found.router.chosen_on:,} and {found.router.measured_on:,} queries)."
    return Table("The router's threshold, swept", columns, rows, [halves[:1].upper() + halves[1:]])


def _prices(spent: Spending, as_of: date) -> Table:
    """What each model's tokens were priced at, with the source and its age."""
    columns = [
        Column("model", "Model", number=False),
        Column("input_per_mtok", "Input $/Mtok"),
        Column("output_per_mtok", "Output $/Mtok"),
        Column("source", "Source", number=False),
    ]
    rows = []
    for model, price in spent.prices.items():
        day, which = price.source.dated
        where = f"{price.source.title}; {figures.age(day, which, as_of)}"
        if price.overridden:
            where = "! the user's own price"
        rates = price.rates
        rows.append(
            [text(f"{model} ({price.model})"), usd(rates.input_per_mtok), usd(rates.output_per_mtok), text(where)]
        )
    return Table("Prices: cost = (input × its price + output × its price) ÷ 1,000,000", columns, rows)
