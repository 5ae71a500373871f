"""What the report says, part by part, before it becomes HTML or Markdown.

Both formats render these parts, so neither can say what the other does not know.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from llmcost.decision.reporting import Report
from llmcost.economics.comparison import Compared
from llmcost.economics.uncertainty import Figure
from llmcost.estimate import Assumption, Factor, Source, Warning
from llmcost.render import explanation, figures
from llmcost.render.page import Cell, Column, Table, text
from llmcost.render.pages import compare
from llmcost.render.report import bars, cumulative, places
from llmcost.render.svg import Picture
from llmcost.wording import number_of

_GATES = [
    Column("architecture", "Architecture", number=False),
    Column("passes", "Passes", number=False),
    Column("why", "Why", number=False),
]
_ASSUMED = [
    Column("name", "Assumed", number=False),
    Column("value", "Value", number=False),
    Column("why", "Why", number=False),
]
_PRICES = [
    Column("of", "Of", number=False),
    Column("price", "Price", number=False),
    Column("unit", "Unit", number=False),
    Column("source", "Source", number=False),
    Column("day", "Day", number=False),
    Column("age", "Days old"),
]


class Made(NamedTuple):
    """How the report came about: the command, the scenario as it was written, the day, the version."""

    command: str
    scenario: str | None
    as_of: date
    version: str
    assumptions: list[Assumption]
    warnings: list[Warning]
    explain: bool = False


class Logged(NamedTuple):
    """The measured traffic: a sentence, its profile in sentences, when it comes, and its tables."""

    headline: str
    profile: list[str]
    hours: Picture | None
    tables: list[Table]


def title(found: Report) -> str:
    """The scenario's name, else what the page is."""
    return found.details.point.name or "LLM architectures compared"


def subtitle(found: Report, made: Made) -> str:
    """The horizon, its first month, the day of the prices."""
    comparison = found.details.comparison
    return (
        f"{number_of('month', comparison.horizon_months)} from {found.details.point.start:%Y-%m}, against {comparison.baseline}; "
        f"prices as of {made.as_of}, USD"
    )


def recommended(found: Report) -> Compared | None:
    """The row of the architecture that is recommended."""
    rows = found.details.comparison.architectures
    return next((row for row in rows if row.name == found.recommendation.architecture), None)


def reasons(found: Report) -> list[str]:
    """Why, beside the sentence itself."""
    return [reason for reason in found.recommendation.reasons if reason != found.details.comparison.sentence]


def headline_figures(found: Report) -> list[tuple[str, str, str]]:
    """The recommended architecture's figures: what, the figure, and its range or its reading."""
    row = recommended(found)
    if row is None:
        return []
    comparison = found.details.comparison
    shown = [
        (
            f"Total over {number_of('month', comparison.horizon_months)}",
            figures.usd(row.total_cost.value),
            _range(row.total_cost),
        ),
        ("A month, on average", figures.usd(row.monthly_cost.value), _range(row.monthly_cost)),
    ]
    if row.name != comparison.baseline:
        part = figures.share(row.saving_share.value)
        shown.append((f"Saving against {comparison.baseline}", figures.usd(row.saving.value), f"{part} of its cost"))
        paid = figures.month(row.payback_month.value)
        shown.append(("Pays back", paid, _range(row.payback_month, figures.month)))
    if row.quality_kept.value is not None:
        shown.append(("Quality kept", figures.share(row.quality_kept.value), _range(row.quality_kept, figures.share)))
    if row.chance_cheapest is not None:
        shown.append(("Cheapest in", f"{row.chance_cheapest:.0%}", "of the draws of the ranges"))
    return shown


def _range(figure: Figure, form: Callable[[float | None], str] = figures.usd) -> str:
    if figure.spread is None or figure.spread[0] == figure.spread[2]:
        return ""
    return f"P5 to P95: {form(figure.spread[0])} to {form(figure.spread[2])}"


def payback(row: Compared) -> Callable[[float | None], str]:
    """How this row's payback months are shown: unknown is not never."""
    never = "never" if row.total_cost.value is not None else figures.UNKNOWN
    return lambda month: never if month is None else figures.month(month)


def side_by_side(found: Report, made: Made) -> list[Table]:
    """The tables of `compare`: the figures, and what the ranges do to them."""
    tables = compare.page(found.details.comparison._replace(traffic=None), made.as_of).tables
    return [table for table in tables if not table.title.startswith("Savings, move by move")]


def pictures(found: Report) -> list[tuple[str, Picture]]:
    """The charts that this scenario has, each under the key of its section."""
    drawn = [
        ("totals", bars.totals(found)),
        ("months", cumulative.picture(found)),
        ("volumes", places.volumes(found)),
        ("moves", bars.waterfall(found)),
        ("quality", places.quality(found)),
        ("measure", bars.swings(found.sensitivities) if found.sensitivities is not None else None),
    ]
    return [(key, picture) for key, picture in drawn if picture is not None]


def logged(found: Report) -> Logged | None:
    """What the traffic was that the workload was measured from; None where it was written by hand."""
    traffic = found.details.comparison.traffic
    if found.usage is None or traffic is None:
        return None
    from llmcost.render.pages import usage
    from llmcost.render.report.hours import picture

    tables = [*usage.measured(found.usage), compare.logged(traffic)]
    return Logged(usage.headline(found.usage), usage.profile(found.usage), picture(found.usage), tables)


def charges(found: Report, made: Made) -> list[Table]:
    """Every charge as quantity × price, where that was asked for."""
    if not made.explain:
        return []
    rows = found.details.comparison.architectures
    return [explanation.table(f"{row.name}: the charges", row.charges, made.as_of) for row in rows]


def to_measure(found: Report) -> str:
    """What measuring is worth, or that nothing is uncertain."""
    if found.sensitivities is None:
        return "No input of this scenario is a range, so nothing here says what to measure first."
    return found.sensitivities.sentence


def flips(found: Report) -> list[str]:
    """What would change the answer."""
    said = [flip.sentence[:1].upper() + flip.sentence[1:] + "." for flip in found.flips]
    for row in found.sensitivities.inputs if found.sensitivities is not None else ():
        if row.flip_point is not None and row.probability_beyond is not None and found.sensitivities is not None:
            said.append(
                f"{row.path} at {figures.count(row.flip_point)} turns {found.sensitivities.challenger} against "
                f"{found.sensitivities.against}; the chance of lying beyond is {figures.share(row.probability_beyond)}."
            )
    return said or ["Nothing that was looked at: volume, build cost, API prices, quality."]


def gates(found: Report) -> Table:
    """Who meets every requirement, and who does not, with the reason."""
    rows = []
    for row in found.details.comparison.architectures:
        why = [f"{gate}: {row.gate_reasons[gate]}" for gate in row.failed_gates]
        why += [f"{gate}? {row.gate_reasons[gate]}" for gate in row.unknown_gates]
        if row.total_cost.value is None and not row.failed_gates:
            why.append(found.details.estimates[row.name].unknown_because)
        rows.append([text(row.name), Cell(row.feasible, "yes" if row.feasible else "NO"), text("; ".join(why))])
    return Table("", _GATES, rows)


def assumed(made: Made) -> Table:
    """Every default that took part."""
    rows = []
    for each in made.assumptions:
        number = isinstance(each.value, float | int) and not isinstance(each.value, bool)
        value = f"{each.value:,.6g}" if number else str(each.value)
        rows.append([text(each.name), Cell(each.value, value), text(each.why)])
    return Table("", _ASSUMED, rows)


def prices(found: Report, as_of: date) -> Table:
    """Every price that took part, with source, day and age; those of one name and one source together."""
    together: dict[tuple[str, str, str, str, Source], dict[str, str]] = {}
    for estimate in found.details.estimates.values():
        for charge in estimate.charges:
            for factor in charge.factors:
                if factor.source is not None:
                    own = "the scenario's own in place of this" if factor.origin == "given" else ""
                    key = (charge.group, factor.unit, factor.rule, own, factor.source)
                    together.setdefault(key, {})[_named(factor)] = _value(factor)
    users: dict[tuple[str, str, Source], list[str]] = {}
    for (of, unit, rule, own, source), values in together.items():
        shown = ", ".join(f"{name} {value}" for name, value in values.items())
        remark = "; ".join(filter(None, (rule, own)))
        users.setdefault((shown + (f" ({remark})" if remark else ""), unit, source), []).append(of)
    rows = []
    for (shown, unit, source), of_all in users.items():
        day, which = source.dated
        age = source.age_in_days(as_of)
        origin = " ".join(filter(None, (source.title, f"in {source.published_in}" if source.published_in else "")))
        rows.append(
            [
                text(", ".join(dict.fromkeys(of_all))),
                text(shown),
                text(unit),
                Cell(source.url, origin),
                Cell(day, "not known" if day is None else f"{which} {day}"),
                Cell(age, figures.UNKNOWN if age is None else f"{age}"),
            ]
        )
    return Table("", _PRICES, rows)


def _named(factor: Factor) -> str:
    return factor.name.removesuffix("_per_mtok").replace("_", " ")


def _value(factor: Factor) -> str:
    return figures.count(factor.value) if factor.value >= 1 else figures.digits(factor.value, 6)
