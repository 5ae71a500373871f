"""Every architecture of a scenario side by side over the horizon, against one named baseline.

`total = one-time + Σ months`, saving = baseline's total − own total; the payback month is the
first at whose end the cumulative cost is no higher than the baseline's (docs/methods/time.md). With
ranges all of these are expected values, and the payback is that of the expected curves.
"""

from typing import Any, NamedTuple

from llmcost.architectures.flow import reachable
from llmcost.architectures.prices import Prices
from llmcost.arithmetic import Number, is_array
from llmcost.economics.cascades import CascadeFigures, cascade_outputs, cascades_of
from llmcost.economics.choice import Choice, Option, chances_of_winning, choose
from llmcost.economics.gates import Gates, Judged, chance_of, gates_of, met_in_draws
from llmcost.economics.logged import LoggedTraffic
from llmcost.economics.outputs import crossing_back, outputs, payback_month
from llmcost.economics.totals import Totals, estimates_of
from llmcost.economics.uncertainty import Figure, Outcome, Output, Sampling, evaluated, value_of
from llmcost.errors import InputError
from llmcost.estimate import Charge, Estimate
from llmcost.scenario import Scenario
from llmcost.wording import number_of

MOVE_ORDER = {"routed": 0, "cascade": 0, "api": 1, "provisioned": 2, "self_hosted": 2, "fine_tuned": 3}
PAYBACK_MARKS = (6, 12, 18, 24)


class Compared(NamedTuple):
    """One architecture's figures over the horizon. Money in USD, payback in months (None: never).

    `feasible`: it is known to meet every requirement. `chance_all_met` is that of all of them together.
    """

    name: str
    kind: str
    feasible: bool
    failed_gates: list[str]
    unknown_gates: list[str]
    uncertain_gates: list[str]
    gate_reasons: dict[str, str]
    requirements: list[Judged]
    chance_all_met: float | None
    one_time_cost: Figure
    monthly_cost: Figure
    total_cost: Figure
    present_value: Figure
    cost_per_mtok: Figure
    cost_per_request: Figure
    saving: Figure
    saving_share: Figure
    quality_kept: Figure
    payback_month: Figure
    crosses_back_in_month: int | None
    net_present_value: Figure
    chance_cheapest: float | None
    chance_pays_back: dict[str, float] | None
    charges: tuple[Charge, ...]
    cascade: CascadeFigures | None


class Step(NamedTuple):
    """One move of the savings waterfall: what it adds on top of the last, at present value where one is asked for."""

    move: str
    total_cost: float | None
    present_value: float | None
    adds: float | None
    saving: float | None


class Comparison(NamedTuple):
    """The result of `compare`; `traffic` is what logs say, where the workload was measured from them.

    `cheapest` is the choice: the cheapest known to meet every requirement. `chance_none_meets` is the share of the
    draws in which no architecture meets all of them. `breached` says why nothing can be chosen.
    """

    baseline: str
    horizon_months: int
    waterfall: list[Step]
    architectures: list[Compared]
    cheapest: str | None
    choice: Choice
    chance_none_meets: float | None
    breached: list[str]
    sentence: str
    traffic: LoggedTraffic | None = None


class Details(NamedTuple):
    """What the renderers need beside the result: the expected estimates and the draws.

    `point` is the scenario with every input at its expected value. Where months were asked for, `outcome` also has
    draws of the cumulative cost under each architecture's name and month.
    """

    comparison: Comparison
    estimates: dict[str, Estimate]
    gates: dict[str, Gates]
    outcome: Outcome
    point: Scenario
    prices: Prices


def compare(scenario: Scenario, catalog: Any, sampling: Sampling | None = None) -> Comparison:
    """Compare every architecture of the scenario over its horizon.

    Raises InputError for a scenario without architectures or with an infeasible baseline, and
    UnknownPrice for a price that the catalog does not hold.
    """
    return compare_in_detail(scenario, catalog, sampling).comparison


def compare_in_detail(
    scenario: Scenario, catalog: Any, sampling: Sampling | None = None, *, months: bool = False
) -> Details:
    """`compare` with the point estimates and the draws behind it; those of each month where asked for."""
    if not scenario.architectures:
        raise InputError(
            "the scenario has no architectures", hint="add architectures: {NAME: {kind: api, model: MODEL}}"
        )
    totals = Totals(scenario, catalog)

    def on_draws(tree: Scenario) -> dict[Any, Output]:
        prices, estimates = totals.add(tree)
        found: dict[Any, Output] = {**outputs(tree, estimates), **cascade_outputs(tree, prices)}
        found |= requirements_met(tree, estimates, found)
        if months:
            found |= cumulative_costs(estimates)
        return found

    def headline(tree: Scenario) -> dict[Any, Output]:
        prices = Prices(catalog, tree.prices, tree.successors)
        estimates = estimates_of(tree, prices)
        found: dict[Any, Output] = {**outputs(tree, estimates), **cascade_outputs(tree, prices)}
        if months and not is_array(estimates[tree.baseline or ""].total_cost):
            found |= cumulative_costs(estimates)
        return found

    outcome = evaluated(scenario, headline, sampling, is_cumulative, on_draws)
    point = outcome.expected
    prices = Prices(catalog, point.prices, point.successors)
    estimates = totals.expected() if outcome.ranges else estimates_of(point, prices)
    outcome = with_expected_payback(outcome, estimates, point)
    gates = judged_by_draws(outcome, estimates, point, prices)
    options = options_of(outcome, estimates, gates, point)
    choice = choose(options, point)
    chances, none = _chances(outcome, options, choice)
    base = estimates[point.baseline or ""]
    rows = [
        _compared(name, point, own, base, gates[name], outcome, chances.get(name)) for name, own in estimates.items()
    ]
    cascades = cascades_of(point, prices, outcome.figures)
    rows = [row._replace(cascade=cascades.get(row.name)) for row in rows]
    comparison = Comparison(
        base.name,
        point.horizon_months,
        waterfall(point, estimates),
        rows,
        choice.architecture,
        choice,
        none,
        breached_by(choice),
        sentence_of(choice, base, outcome, point, chances),
    )
    return Details(comparison, estimates, gates, outcome, point, prices)


def requirements_met(tree: Scenario, estimates: dict[str, Estimate], found: dict[Any, Output]) -> dict[Any, Any]:
    """Whether each requirement on figures is met in each draw, under ("met", name) and the requirement."""
    if not tree.requirements.stated and not any(each.min_quality_kept for each in tree.segments.values()):
        return {}
    met: dict[Any, Any] = {}
    for name, own in estimates.items():
        kept, payback = value_of(found[name, "quality_kept"]), value_of(found[name, "payback_month"])
        for requirement, held in met_in_draws(name, tree, own, kept, payback).items():
            met[("met", name), requirement] = held
    return met


def with_expected_payback(outcome: Outcome, estimates: dict[str, Estimate], point: Scenario) -> Outcome:
    """The payback month of the expected cumulative curves in place of a mean of months, some of them never."""
    base = estimates[point.baseline or ""]
    figures = dict(outcome.figures)
    for name, own in estimates.items():
        if own is not base and (name, "payback_month") in figures:
            month = payback_month(own, base)
            when = None if month is None or month == float("inf") else float(month)
            figures[name, "payback_month"] = figures[name, "payback_month"]._replace(value=when, error=None)
    return outcome._replace(figures=figures)


def judged_by_draws(
    outcome: Outcome, estimates: dict[str, Estimate], point: Scenario, prices: Prices
) -> dict[str, Gates]:
    """Every architecture's requirements, those on figures by their share of the draws."""
    base = estimates[point.baseline or ""]
    found = {}
    for name, own in estimates.items():
        kept = outcome.figures[name, "quality_kept"].value
        payback = payback_month(own, base) if own is not base else None
        chances = {key[1]: chance_of(met) for key, met in outcome.draws.items() if key[0] == ("met", name)}
        found[name] = gates_of(name, point, prices, own, kept, payback, chances if outcome.ranges else None)
    return found


def options_of(
    outcome: Outcome, estimates: dict[str, Estimate], gates: dict[str, Gates], point: Scenario
) -> list[Option]:
    """What the choice is made of, from the figures that are shown."""
    return [
        Option(name, own.present_value, gates[name], outcome.figures[name, "quality_kept"].value)
        for name, own in estimates.items()
    ]


def _chances(outcome: Outcome, options: list[Option], choice: Choice) -> tuple[dict[str, float], float | None]:
    """Each option's chance to be the cheapest, and that none meets every requirement; nothing without ranges."""
    if not outcome.draws:
        return {}, None
    costs = {each.name: outcome.draws[each.name, choice.by] for each in options if each.cost is not None}
    met = {each.name: [held for key, held in outcome.draws.items() if key[0] == ("met", each.name)] for each in options}
    return chances_of_winning(options, costs, met)


def breached_by(choice: Choice) -> list[str]:
    """Why nothing can be chosen, an architecture a line; nothing where something is."""
    if choice.architecture is not None:
        return []
    return [choice.sentence, *(f"{name}: {why}" for name, why in choice.reasons.items())]


def cumulative_costs(estimates: dict[str, Estimate]) -> dict[Any, Number | None]:
    """USD spent up to the end of each month, under the architecture's name and the month's number."""
    return {(name, month.month): month.cumulative_cost for name, own in estimates.items() for month in own.months}


def is_cumulative(output: Any) -> bool:
    """Whether an output is one of the above."""
    return isinstance(output[1], int)


def _compared(
    name: str, point: Scenario, own: Estimate, base: Estimate, gates: Gates, outcome: Outcome, chance: float | None
) -> Compared:
    figure = {key[1]: value for key, value in outcome.figures.items() if key[0] == name}
    return Compared(
        name=name,
        kind=point.architectures[name].kind,
        feasible=gates.feasible and own.total_cost is not None,
        failed_gates=_named(gates, "failed"),
        unknown_gates=_named(gates, "unknown"),
        uncertain_gates=_named(gates, "uncertain"),
        gate_reasons={each.requirement: each.reason for each in gates.judged if each.status != "met"},
        requirements=gates.judged,
        chance_all_met=chance_of_all(name, gates, outcome),
        crosses_back_in_month=crossing_back(own, base) if name != base.name else None,
        chance_cheapest=chance,
        chance_pays_back=chances_of_payback(outcome, name, point.horizon_months),
        charges=own.charges,
        cascade=None,
        **figure,
    )


def _named(gates: Gates, status: Any) -> list[str]:
    return list(dict.fromkeys(each.requirement for each in gates.of(status)))


def chance_of_all(name: str, gates: Gates, outcome: Outcome) -> float | None:
    """The chance that all requirements are met at once; None where one is unknown, or nothing is required."""
    if not gates.judged or gates.of("unknown"):
        return None
    held: Any = all(each.chance != 0.0 for each in gates.judged)
    for key, met in outcome.draws.items():
        if key[0] == ("met", name):
            held = held & met.astype(bool)
    return chance_of(held)


def chances_of_payback(outcome: Outcome, name: str, horizon: int) -> dict[str, float] | None:
    """P(payback within 6, 12, 18, 24 months and the horizon) and P(never); None without ranges."""
    draws = outcome.draws.get((name, "payback_month"))
    if draws is None or value_of(outcome.point[name, "payback_month"]) is None:
        return None
    marks = sorted({mark for mark in (*PAYBACK_MARKS, horizon) if mark <= horizon})
    chances = {str(mark): float((draws <= mark).mean()) for mark in marks}
    return {**chances, "never": float((draws > horizon).mean())}


def waterfall(scenario: Scenario, estimates: dict[str, Estimate]) -> list[Step]:
    """The moves in order, each with what it saves on top of the last; the baseline comes first.

    The order is the scenario's `moves`, else routing first, then smaller defaults, then
    fine-tuning ("Three Optimization Moves: When Each Wins").
    """
    baseline = scenario.baseline or ""
    order = {
        name: max(MOVE_ORDER[part.kind] for _, part in reachable(name, scenario.architectures, fallbacks=False))
        for name in estimates
    }
    default = sorted((name for name in estimates if name != baseline), key=order.__getitem__)
    first = estimates[baseline].present_value
    steps = [Step(baseline, estimates[baseline].total_cost, first, None, None)]
    last = first
    for name in scenario.moves or default:
        if name == baseline:
            continue
        value = estimates[name].present_value
        adds = None if value is None or last is None else last - value
        saving = None if value is None or first is None else first - value
        steps.append(Step(name, estimates[name].total_cost, value, adds, saving))
        last = value if value is not None else last
    return steps


def sentence_of(choice: Choice, base: Estimate, outcome: Outcome, scenario: Scenario, chances: dict[str, float]) -> str:
    """The choice in words, and what could yet replace it."""
    chosen = choice.architecture
    if chosen is None:
        return choice.sentence
    months = scenario.horizon_months
    total = outcome.figures[chosen, "total_cost"].value or 0.0
    cost = f"${total:,.0f} over {number_of('month', months)}"
    today = ""
    if choice.by == "present_value":
        today = " at present value"
        cost += f" (${outcome.figures[chosen, 'present_value'].value or 0.0:,.0f}{today})"
    known = " known to meet every requirement" if scenario.requirements.stated else ""
    say = f"{chosen} is the cheapest{known}: {cost}"
    if len(scenario.architectures) == 1:
        say = f"{chosen} alone: {cost}"
    elif chosen == base.name:
        say += ", and it is the baseline"
    else:
        saving = outcome.figures[chosen, "saving"].value or 0.0
        share = outcome.figures[chosen, "saving_share"].value
        direction = "less" if saving >= 0 else "more"
        part = "" if share is None else f" ({abs(share):.1%})"
        say += f", ${abs(saving):,.0f}{part} {direction} than {base.name}{today}"
    if chances and chances.get(chosen, 1.0) < 0.9995:
        say += f"; it is the cheapest in {chances[chosen]:.0%} of the draws"
    return f"{say}. {choice.sentence}".rstrip()
