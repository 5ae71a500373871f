"""What a page of `compare` or `route` says of its cascades."""

from collections.abc import Mapping

from llmcost.economics.cascades import CascadeFigures
from llmcost.economics.uncertainty import Figure
from llmcost.render import figures
from llmcost.render.page import Cell, Column, Table, share, text, usd

_COLUMNS = [
    Column("name", "Cascade", number=False),
    Column("acceptance", "Accepted at once"),
    Column("break_even_acceptance", "Cheaper than the last stage above", leaves=1),
    Column("strong_cost_per_request", "Last stage alone, $/request", leaves=4),
    Column("quality", "Quality"),
    Column("parity_false_accept", "As good as it at false accepts of", leaves=2),
    Column("p99_latency_ms", "p99 ms, stages added", leaves=3),
]


def quality_kept(figure: Figure, cascade: CascadeFigures | None) -> Cell:
    """The quality kept, or what it is bound by."""
    if cascade is None or cascade.quality_kept_bound is None:
        return share(figure)
    low, high = cascade.quality_kept_bound
    return Cell(None, f"{figures.share(low)} to {figures.share(high)} (bound)")


def cascades(found: Mapping[str, CascadeFigures | None]) -> list[Table]:
    """A row for each cascade whose verifier states its errors; no table where none does."""
    rows = []
    bounded = False
    for name, each in found.items():
        if each is None or (each.quality.value is None and each.quality_bound is None):
            continue
        bounded = bounded or each.quality_bound is not None
        quality = Cell(each.quality.value, figures.share(each.quality.value))
        parity = share(each.parity_false_accept)
        if each.quality_bound is not None:
            quality = Cell(None, _ends(each.quality_bound))
        if each.parity_false_accept_bound is not None:
            parity = Cell(None, _ends(each.parity_false_accept_bound))
        wait = "" if each.p99_latency_ms is None else f"{each.p99_latency_ms:,.0f}"
        rows.append(
            [
                text(f"{name}: {' → '.join(each.stages)}"),
                share(each.acceptance),
                share(each.break_even_acceptance),
                usd(each.strong_cost_per_request),
                quality,
                parity,
                Cell(each.p99_latency_ms, wait),
            ]
        )
    if not rows:
        return []
    notes = ["A bound: only the accuracies of its stages are known, not who is right together."] if bounded else []
    return [Table("Cascades, in the first month", _COLUMNS, rows, notes)]


def _ends(ends: list[float]) -> str:
    return f"{figures.share(ends[0])} to {figures.share(ends[1])} (bound)"
