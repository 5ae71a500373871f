"""The total cost of owning one architecture over the horizon, month by month."""

from typing import Any, NamedTuple

from llmcost.architectures.prices import Prices
from llmcost.arithmetic import Number
from llmcost.economics.horizon import estimate
from llmcost.economics.lifecycle import Upgrade, upgrades_of
from llmcost.economics.outputs import outputs
from llmcost.economics.uncertainty import Figure, Sampling, evaluated
from llmcost.errors import InputError, did_you_mean
from llmcost.estimate import Charge, MonthCost
from llmcost.quantity import at_middle
from llmcost.scenario import Scenario


class Ownership(NamedTuple):
    """The result of `tco`. Months and charges are the point calculation."""

    architecture: str
    horizon_months: int
    one_time_cost: Figure
    monthly_cost: Figure
    total_cost: Figure
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

    def headline(tree: Scenario) -> dict[Any, Number | None]:
        prices = Prices(catalog, tree.prices, tree.successors)
        estimates = {each: estimate(each, tree, prices) for each in compared}
        found = outputs(tree.model_copy(update={"baseline": base or name}), estimates)
        return {key[1]: value for key, value in found.items() if key[0] == name}

    outcome = evaluated(scenario, headline, sampling)
    point = at_middle(scenario)
    own = estimate(name, point, Prices(catalog, point.prices, point.successors))
    unknown = Figure(None)
    against = ("saving", "saving_share", "payback_month", "net_present_value")
    figures = {
        field: outcome.figures.get(field, unknown) if base or field not in against else unknown
        for field in Ownership._fields
        if field in outcome.figures
    }
    return Ownership(
        architecture=name,
        horizon_months=point.horizon_months,
        baseline=base,
        charges=own.charges,
        months=own.months,
        upgrades=upgrades_of(name, scenario, catalog),
        **figures,
    )
