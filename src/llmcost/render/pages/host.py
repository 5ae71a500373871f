"""`host` as a page."""

from __future__ import annotations

from datetime import date

from llmcost.economics.hosting import Hosting
from llmcost.render import explanation, figures
from llmcost.render.page import Column, Page, Table, bounds_note, count, share, text, usd


def page(hosting: Hosting, as_of: date, explain: bool = False) -> Page:
    """What a replica serves, the fleet, and what it costs."""
    busy = hosting.utilisation.value
    headline = (
        f"{figures.count(hosting.gpus.value)} × {hosting.gpu or 'GPU'}: {figures.ranged(hosting.monthly_cost)} a month"
    )
    if busy is not None:
        headline += f", {figures.usd(hosting.cost_per_mtok.value)}/Mtok at {figures.share(busy)} utilisation"
    rows = [
        [text("Requests a second, a replica"), count(hosting.requests_per_second, spread=True)],
        [text("… deployable, at the target utilisation"), count(hosting.deployable_requests_per_second, spread=True)],
        [text("Tokens a second, a replica"), count(hosting.tokens_per_second, spread=True)],
        [text("The limit that binds"), text(hosting.limit)],
        [text("Target utilisation (assumed unless given)"), share(hosting.target_utilisation, spread=True)],
        [text("Peak over average traffic (assumed unless given)"), count(hosting.peak_to_average, spread=True)],
        [text("Replicas"), count(hosting.replicas, spread=True)],
        [text("GPUs"), count(hosting.gpus, spread=True)],
        [text("Utilisation over the month"), share(hosting.utilisation, spread=True)],
        [text("A month"), usd(hosting.monthly_cost, spread=True)],
        [text("$/Mtok, all tokens"), usd(hosting.cost_per_mtok, spread=True)],
        [text("$/Mtok, output tokens"), usd(hosting.cost_per_output_mtok, spread=True)],
        [text("$/request"), usd(hosting.cost_per_request, spread=True)],
    ]
    note = bounds_note(hosting.monthly_cost, "A month")
    columns = [Column("figure", "Figure", number=False), Column("value", "")]
    tables = [Table("", columns, rows, [note] if note else [])]
    if explain:
        tables.append(explanation.table("The charges", hosting.charges, as_of))
    return Page(headline + ".", tables)
