"""Every architecture of a scenario side by side over the horizon, against one named baseline.

`total = one-time + Σ months`, saving = baseline's total − own total; the payback month is the
first at whose end the cumulative cost is no higher than the baseline's (docs/methods/time.md).
"""

from typing import Any, NamedTuple

from llmcost.architectures.flow import reachable
from llmcost.architectures.prices import Prices
from llmcost.arithmetic import Number
from llmcost.economics.cascades import CascadeFigures, cascade_outputs, cascades_of
from llmcost.economics.gates import Gates, gates_of
from llmcost.economics.horizon import estimate, retiring
from llmcost.economics.logged import LoggedTraffic
from llmcost.economics.outputs import crossing_back, outputs
from llmcost.economics.uncertainty import Figure, Outcome, Sampling, evaluated
from llmcost.errors import InputError
from llmcost.estimate import Charge, Estimate
from llmcost.scenario import Scenario

MOVE_ORDER = {"routed": 0, "cascade": 0, "api": 1, "provisioned": 2, "self_hosted": 2, "fine_tuned": 3}
PAYBACK_MARKS = (6, 12, 18, 24)


class Compared(NamedTuple):
    """One architecture's figures over the horizon. Money in USD, payback in months (None: never)."""

    name: str
    kind: str
    feasible: bool
    failed_gates: list[str]
    unknown_gates: list[str]
    gate_reasons: dict[str, str]
    one_time_cost: Figure
    monthly_cost: Figure
    total_cost: Figure
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
    """One move of the savings waterfall: what it adds on top of the last."""

    move: str
    total_cost: float | None
    adds: float | None
    saving: float | None


class Comparison(NamedTuple):
    """The result of `compare`; `traffic` is what logs say, where the workload was measured from them."""

    baseline: str
    horizon_months: int
    waterfall: list[Step]
    architectures: list[Compared]
    cheapest: str | None
    sentence: str
    traffic: LoggedTraffic | None = None


class Details(NamedTuple):
    """What the renderers need beside the result: the point estimates and the draws.

    Where months were asked for, `outcome` also has the draws of the cumulative cost under each
    architecture's name and month.
    """

    comparison: Comparison
    estimates: dict[str, Estimate]
    gates: dict[str, Gates]
    outcome: Outcome
    point: Scenario
    prices: Prices


def estimates_of(scenario: Scenario, prices: Prices) -> dict[str, Estimate]:
    """An estimate for each architecture; an infeasible baseline is refused."""
    found = {name: estimate(name, scenario, prices) for name in scenario.architectures}
    base = found[scenario.baseline or ""]
    if base.total_cost is None:
        replaced = ", ".join(f"{gone.model}: OTHER_MODEL" for gone in retiring(base.name, scenario, prices))
        raise InputError(
            f"the baseline {base.name!r} cannot be served over the horizon: {base.unknown_because}",
            where="successors",
            hint=f"name what replaces them: successors: {{{replaced}}}",
        )
    return found


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
    priced: list[tuple[Scenario, Prices, dict[str, Estimate]]] = []

    def headline(tree: Scenario) -> dict[Any, Number | None]:
        prices = Prices(catalog, tree.prices, tree.successors)
        estimates = estimates_of(tree, prices)
        if not priced:  # the point comes first, and its estimates are shown
            priced.append((tree, prices, estimates))
        found = {**outputs(tree, estimates), **cascade_outputs(tree, prices)}
        if months:
            found |= cumulative_costs(estimates)
        return found

    outcome = evaluated(scenario, headline, sampling, is_cumulative)
    point, prices, estimates = priced[0]
    base = estimates[point.baseline or ""]
    gates = {
        name: gates_of(
            name,
            point,
            prices,
            estimates[name],
            outcome.figures[name, "quality_kept"].point,
            outcome.point[name, "payback_month"],
        )
        for name in estimates
    }
    feasible = [n for n in estimates if gates[n].feasible and estimates[n].total_cost is not None]
    cheapest = min(feasible, key=lambda n: estimates[n].total_cost or 0.0, default=None)
    chances = chance_cheapest(outcome, feasible)
    rows = [
        _compared(name, point, estimates[name], base, gates[name], outcome, chances.get(name)) for name in estimates
    ]
    cascades = cascades_of(point, prices, outcome.figures)
    rows = [row._replace(cascade=cascades.get(row.name)) for row in rows]
    comparison = Comparison(
        base.name,
        point.horizon_months,
        waterfall(point, estimates),
        rows,
        cheapest,
        _sentence(cheapest, base, estimates, point, outcome, chances),
    )
    return Details(comparison, estimates, gates, outcome, point, prices)


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
        failed_gates=list(dict.fromkeys(gate.gate for gate in gates.failed)),
        unknown_gates=list(dict.fromkeys(gate.gate for gate in gates.unknown)),
        gate_reasons={gate.gate: gate.reason for gate in (*gates.failed, *gates.unknown)},
        crosses_back_in_month=crossing_back(own, base) if name != base.name else None,
        chance_cheapest=chance,
        chance_pays_back=chances_of_payback(outcome, name, point.horizon_months),
        charges=own.charges,
        cascade=None,
        **figure,
    )


def chance_cheapest(outcome: Outcome, feasible: list[str]) -> dict[str, float]:
    """How often each feasible architecture has the lowest total; empty without ranges."""
    if not outcome.draws or not feasible:
        return {}
    import numpy as np

    totals = np.vstack([outcome.draws[name, "total_cost"] for name in feasible])
    wins = np.bincount(totals.argmin(axis=0), minlength=len(feasible)) / totals.shape[1]
    return {name: float(share) for name, share in zip(feasible, wins, strict=True)}


def chances_of_payback(outcome: Outcome, name: str, horizon: int) -> dict[str, float] | None:
    """P(payback within 6, 12, 18, 24 months and the horizon) and P(never); None without ranges."""
    draws = outcome.draws.get((name, "payback_month"))
    if draws is None or outcome.point[name, "payback_month"] is None:
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
    first = estimates[baseline].total_cost
    steps = [Step(baseline, first, None, None)]
    last = first
    for name in scenario.moves or default:
        if name == baseline:
            continue
        total = estimates[name].total_cost
        adds = None if total is None or last is None else last - total
        steps.append(Step(name, total, adds, None if total is None or first is None else first - total))
        last = total if total is not None else last
    return steps


def _sentence(
    cheapest: str | None,
    base: Estimate,
    estimates: dict[str, Estimate],
    scenario: Scenario,
    outcome: Outcome,
    chances: dict[str, float],
) -> str:
    months = scenario.horizon_months
    if cheapest is None:
        return "No architecture meets every requirement."
    total = outcome.figures[cheapest, "total_cost"].value or 0.0
    say = f"{cheapest} is the cheapest that meets every requirement: ${total:,.0f} over {months} months"
    if len(estimates) == 1:
        say = f"{cheapest} alone: ${total:,.0f} over {months} months"
    elif cheapest == base.name:
        say += ", and it is the baseline"
    else:
        saving = outcome.figures[cheapest, "saving"].value or 0.0
        share = outcome.figures[cheapest, "saving_share"].value
        direction = "less" if saving >= 0 else "more"
        part = "" if share is None else f" ({abs(share):.1%})"
        say += f", ${abs(saving):,.0f}{part} {direction} than {base.name}"
    if chances and chances.get(cheapest, 1.0) < 0.9995:
        say += f"; it is the cheapest in {chances[cheapest]:.0%} of the draws"
    return say + "."
