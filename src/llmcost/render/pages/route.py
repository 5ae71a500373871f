"""`route` as a page."""

from __future__ import annotations

from datetime import date

from llmcost.economics.routing import Mix, Optimum, Routing
from llmcost.render import explanation, figures
from llmcost.render.page import Cell, Column, Page, Table, bounds_note, share, text, usd
from llmcost.render.pages.cascades import cascades, quality_kept

_COLUMNS = [
    Column("name", "Mix", number=False),
    Column("shares", "Shares of the requests", number=False),
    Column("monthly_cost", "A month"),
    Column("cost_per_mtok", "$/Mtok", leaves=4),
    Column("cost_per_request", "$/request", leaves=5),
    Column("saving", "Saving", leaves=3),
    Column("saving_share", "Saving %"),
    Column("quality_kept", "Quality kept", leaves=1),
    Column("mark", "", number=False),
]


def page(routing: Routing, as_of: date, explain: bool = False) -> Page:
    """The mixes beside the single models, and the sweep where one was asked for."""
    tables = [Table("", _COLUMNS, [_row(mix, routing) for mix in routing.mixes], _notes(routing))]
    if routing.optimum:
        tables.append(_optimum(routing.optimum))
    tables += cascades({mix.name: mix.cascade for mix in routing.mixes})
    if routing.sweep:
        tables.append(_sweep(routing))
    if explain:
        tables += [explanation.table(f"{mix.name}: the charges", mix.charges, as_of) for mix in routing.mixes]
    headline = routing.sentence
    if routing.optimum:
        headline += " " + routing.optimum.sentence
    return Page(headline, tables)


def _row(mix: Mix, routing: Routing) -> list[Cell]:
    marks = []
    if mix.name == routing.baseline:
        marks.append("baseline")
    if mix.name == routing.best_single:
        marks.append("best single model")
    if mix.dominated_by:
        marks.append(f"dominated by {mix.dominated_by}")
    if mix.quality_note:
        marks.append(mix.quality_note)
    if mix.random_mix_quality_kept is not None and mix.kind == "mix":
        marks.append(f"random mix at this cost keeps {figures.share(mix.random_mix_quality_kept)}")
    shares = ", ".join(f"{model} {figures.share(part)}" for model, part in mix.shares.items())
    return [
        text(mix.name),
        text(shares),
        usd(mix.monthly_cost),
        usd(mix.cost_per_mtok),
        usd(mix.cost_per_request),
        usd(mix.saving),
        share(mix.saving_share),
        quality_kept(mix.quality_kept, mix.cascade),
        text("; ".join(marks)),
    ]


def _notes(routing: Routing) -> list[str]:
    notes = []
    if routing.best_single:
        notes.append(f"Best single model: {routing.best_single} ({routing.best_single_because}).")
    for mix in routing.mixes:
        note = bounds_note(mix.monthly_cost, mix.name)
        if note:
            notes.append(note)
    return notes


def _optimum(optimum: Optimum) -> Table:
    columns = [
        Column("way", "Way", number=False),
        Column("shares", "Shares of the requests", number=False),
        Column("monthly_cost", "A month"),
        Column("quality_kept", "Quality kept", leaves=1),
        Column("saving", "Saving", leaves=3),
        Column("saving_share", "Saving %"),
    ]
    rows = [
        [
            text(each.way),
            text(", ".join(f"{model} {figures.share(part)}" for model, part in each.shares.items())),
            usd(each.monthly_cost),
            share(each.quality_kept),
            usd(each.saving),
            share(each.saving_share),
        ]
        for each in (optimum.mix, optimum.best_single, optimum.random_mix)
        if each is not None
    ]
    title = f"The cheapest that keeps {figures.share(optimum.min_quality_kept)} of the quality of {optimum.baseline}"
    notes = [f"Over {len(optimum.models)} models: {', '.join(optimum.models)}; mixed at random, nothing routes."]
    if optimum.unpriced:
        notes.append(f"Left out, without a price: {', '.join(optimum.unpriced)}.")
    return Table(title, columns, rows, notes)


def _sweep(routing: Routing) -> Table:
    assert routing.sweep is not None  # noqa: S101 - asked by the caller
    columns = [
        Column("share", f"Share of {routing.sweep.target}"),
        Column("monthly_cost", "A month"),
        Column("cost_per_mtok", "$/Mtok", leaves=4),
        Column("saving", "Saving", leaves=3),
        Column("saving_share", "Saving %"),
    ]
    rows = [
        [share(p.share), usd(p.monthly_cost), usd(p.cost_per_mtok), usd(p.saving), share(p.saving_share)]
        for p in routing.sweep.points
    ]
    title = f"{routing.sweep.mix} as the share of {routing.sweep.target} grows and the others shrink in proportion"
    return Table(title, columns, rows)
