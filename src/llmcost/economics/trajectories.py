"""Cumulative cost of architectures month by month, with its 90 % range: what a chart draws."""

from typing import Any, NamedTuple

from llmcost.architectures.prices import Prices
from llmcost.arithmetic import Number
from llmcost.economics.horizon import estimate
from llmcost.economics.outputs import payback_month
from llmcost.economics.uncertainty import Figure, Sampling, evaluated
from llmcost.scenario import Scenario

MOST_SAMPLES = 1 << 14  # a chart has a few hundred dots


class Trajectory(NamedTuple):
    """One architecture: USD spent up to the end of each month, and the month it pays back (None: never)."""

    name: str
    cumulative: list[Figure]
    payback_month: float | None


def trajectories(
    scenario: Scenario, catalog: Any, names: list[str] | None = None, sampling: Sampling | None = None
) -> list[Trajectory]:
    """The cumulative cost of each architecture; its payback is against the scenario's baseline."""
    sampling = sampling or Sampling()
    sampling = sampling._replace(samples=min(sampling.samples, MOST_SAMPLES))
    shown = names or list(scenario.architectures)
    base = scenario.baseline

    def headline(tree: Scenario) -> dict[Any, Number | None]:
        prices = Prices(catalog, tree.prices, tree.successors)
        found: dict[Any, Number | None] = {}
        against = estimate(base, tree, prices) if base is not None and tree.workload is not None else None
        for name in shown:
            own = estimate(name, tree, prices)
            for month in own.months:
                found[name, month.month] = month.cumulative_cost
            if against is not None and name != base:
                found[name, "payback"] = payback_month(own, against)
        return found

    outcome = evaluated(scenario, headline, sampling)
    return [
        Trajectory(
            name,
            [outcome.figures[name, month] for month in range(1, scenario.horizon_months + 1)],
            outcome.figures[name, "payback"].value if (name, "payback") in outcome.figures else None,
        )
        for name in shown
    ]
