"""The total cost of owning one architecture over the horizon, month by month."""

from typing import Any, NamedTuple

from llmcost.architectures.prices import Prices
from llmcost.economics.figure import Figure, Output
from llmcost.economics.gates import chance_of, gates_of, met_in_draws
from llmcost.economics.horizon import estimate
from llmcost.economics.lifecycle import Upgrade, upgrades_of
from llmcost.economics.outputs import outputs, payback_month
from llmcost.economics.totals import Totals
from llmcost.economics.uncertainty import Sampling, evaluated, value_of
from llmcost.errors import InputError, did_you_mean
from llmcost.estimate import Charge, Estimate, MonthCost
from llmcost.scenario import Scenario

JUDGED = ("max_monthly_cost", "payback_within_months")  # what is about one architecture's own cost


class Ownership(NamedTuple):
    """The result of `tco`. Months and charges are expected values, and sum to the total.

    `breached` says which requirements on figures it is not known to meet.
    """

    architecture: str
    horizon_months: int
    one_time_cost: Figure
    monthly_cost: Figure
    total_cost: Figure
    present_value: Figure
    cost_per_mtok: Figure
    cost_per_request: Figure
    baseline: str | None
    saving: Figure
    saving_share: Figure
    payback_month: Figure
    net_present_value: Figure
    charges: tuple[Charge, ...]
    months: tuple[MonthCost, ...]
    upgrades: list[Upgrade] = []
    breached: list[str] = []


def chosen_architecture(scenario: Scenario, named: str | None, kinds: tuple[str, ...], command: str) -> str:
    """The architecture a command is about: the one named, else the first of the right kind."""
    names = scenario.architectures
    if named is not None:
        if named not in names:
            raise InputError(
                f"no architecture {named!r} in this scenario",
                where="--architecture",
                hint=did_you_mean(named, names) or f"name one of: {', '.join(names)}",
            )
        return named
    fitting = [name for kind in kinds for name, body in names.items() if body.kind == kind]
    if not fitting:
        wanted = " or ".join(kinds)
        raise InputError(
            f"{command} found no {wanted} architecture in the scenario",
            where="architectures",
            hint=f"name one with --architecture: {', '.join(names)}" if names else "add one under architectures:",
            in_file=f"name one with of: {', '.join(names)}" if names else "",
        )
    return fitting[0]


def tco(
    scenario: Scenario, catalog: Any, architecture: str | None = None, sampling: Sampling | None = None
) -> Ownership:
    """What one architecture costs over the horizon, against the scenario's baseline where there is one.

    Raises InputError for an unknown architecture, UnknownPrice for a missing price.
    """
    name = chosen_architecture(scenario, architecture, ("fine_tuned",), "tco")
    base = scenario.baseline if scenario.baseline != name and scenario.workload is not None else None
    compared = [name, base] if base else [name]
    against = base or name

    def figures_of(tree: Scenario, estimates: dict[str, Estimate]) -> dict[Any, Output]:
        every = outputs(tree.model_copy(update={"baseline": against}), estimates)
        return {key[1]: value for key, value in every.items() if key[0] == name}

    def met(tree: Scenario, estimates: dict[str, Estimate], own: dict[Any, Output]) -> dict[Any, Any]:
        kept, payback = value_of(own["quality_kept"]), value_of(own["payback_month"])
        found = met_in_draws(name, tree, estimates[name], kept, payback if base else None)
        return {("met", requirement): held for requirement, held in found.items() if requirement in JUDGED}

    def headline(tree: Scenario) -> dict[Any, Output]:
        prices = Prices(catalog, tree.prices, tree.successors)
        return figures_of(tree, {each: estimate(each, tree, prices) for each in compared})

    def on_draws(tree: Scenario) -> dict[Any, Output]:
        _, estimates = totals.add(tree)
        own = figures_of(tree, estimates)
        return own | met(tree, estimates, own)

    totals = Totals(scenario, catalog, compared)
    outcome = evaluated(scenario, headline, sampling, on_draws=on_draws)
    point = outcome.expected
    prices = Prices(catalog, point.prices, point.successors)
    estimates = totals.expected() if outcome.ranges else {each: estimate(each, point, prices) for each in compared}
    own = estimates[name]
    figures = {field: outcome.figures[field] for field in Ownership._fields if field in outcome.figures}
    month = payback_month(own, estimates[against]) if base else None
    when = None if month is None or month == float("inf") else float(month)
    figures["payback_month"] = figures["payback_month"]._replace(value=when, error=None)
    if not base:
        figures |= dict.fromkeys(("saving", "saving_share", "payback_month", "net_present_value"), Figure(None))
    held = outcome.draws if outcome.ranges else met(point, estimates, dict(outcome.point))
    chances = {key[1]: chance_of(each) for key, each in held.items() if key[0] == "met"}
    judged = gates_of(name, point, prices, own, None, month, chances).judged
    return Ownership(
        architecture=name,
        horizon_months=point.horizon_months,
        baseline=base,
        charges=own.charges,
        months=own.months,
        upgrades=upgrades_of(name, scenario, catalog),
        breached=[each.reason for each in judged if each.requirement in JUDGED and each.status != "met"],
        **figures,
    )
