"""How each charge comes about: quantity × unit price, with the origin, source and age of each factor."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from llmcost.estimate import Charge, Factor
from llmcost.render import figures
from llmcost.render.page import Column, Table, text, usd

_COLUMNS = [
    Column("charge", "Charge", number=False),
    Column("cost", "USD"),
    Column("factors", "= factors multiplied (* assumed, ! the user's own price)", number=False),
]


def table(title: str, charges: Iterable[Charge], as_of: date) -> Table:
    """The charges of one architecture as a table: USD once or a month, and the factors behind it."""
    rows = []
    sources: dict[str, None] = {}
    for charge in charges:
        when = "once" if charge.cadence == "one_time" else "a month"
        name = f"{charge.group}: {charge.name}" if charge.group else charge.name
        formula = " × ".join(_factor(factor) for factor in charge.factors if factor.name != "lots_per_month")
        rows.append([text(name), usd(charge.cost), text(f"{when}: {formula}")])
        for factor in charge.factors:
            sources |= dict.fromkeys(source_notes(factor, as_of))
    return Table(title, _COLUMNS, rows, list(sources))


def _factor(factor: Factor) -> str:
    mark = {"assumed": "*"}.get(factor.origin, "!" if factor.source is not None and factor.origin == "given" else "")
    value = figures.count(factor.value) if abs(factor.value) >= 1 else figures.digits(factor.value, 6)
    unit = f" {factor.unit}" if factor.unit else ""
    label = factor.name.replace("_", " ")
    note = f" [{factor.rule}]" if factor.rule and factor.origin != "catalog" else ""
    return f"{label} {value}{unit}{mark}{note}"


def source_notes(factor: Factor, as_of: date) -> list[str]:
    """Where a catalog figure is from and how old it is."""
    source = factor.source
    if source is None or factor.origin not in ("catalog", "derived", "assumed"):
        return []
    day, which = source.dated
    where = " ".join(
        filter(None, (source.title, source.url or "", f"in {source.published_in}" if source.published_in else ""))
    )
    rule = f" ({factor.rule})" if factor.rule and factor.origin == "catalog" else ""
    value = figures.count(factor.value) if factor.value >= 1 else figures.digits(factor.value, 6)
    return [f"{factor.name} {value}{rule}: {where}; {figures.age(day, which, as_of)}"]
