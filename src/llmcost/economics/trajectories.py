"""Cumulative cost of architectures month by month, with its 90 % range: what a chart draws."""

import math
from typing import Any, NamedTuple

from llmcost.architectures.prices import Prices
from llmcost.economics.comparison import Details, cumulative_costs, is_cumulative
from llmcost.economics.figure import Figure, Output
from llmcost.economics.horizon import estimate
from llmcost.economics.outputs import payback_month
from llmcost.economics.totals import Totals
from llmcost.economics.uncertainty import Outcome, Sampling, evaluated
from llmcost.estimate import Estimate
from llmcost.scenario import Scenario


class Trajectory(NamedTuple):
    """One architecture: USD spent up to the end of each month, and the month it pays back (None: never)."""

    name: str
    cumulative: list[Figure]
    payback_month: float | None


def trajectories(
    scenario: Scenario, catalog: Any, names: list[str] | None = None, sampling: Sampling | None = None
) -> list[Trajectory]:
    """The cumulative cost of each architecture; its payback is against the scenario's baseline."""
    shown = names or list(scenario.architectures)
    base = scenario.baseline if scenario.workload is not None else None
    wanted = list(dict.fromkeys([*shown, *([base] if base is not None else [])]))

    def headline(tree: Scenario) -> dict[Any, Output]:
        prices = Prices(catalog, tree.prices, tree.successors)
        return dict(cumulative_costs({name: estimate(name, tree, prices) for name in wanted}))

    totals = Totals(scenario, catalog, wanted)
    outcome = evaluated(
        scenario, headline, sampling, is_cumulative, lambda tree: dict(cumulative_costs(totals.add(tree)[1]))
    )
    point = outcome.expected
    prices = Prices(catalog, point.prices, point.successors)
    expected = totals.expected() if outcome.ranges else {name: estimate(name, point, prices) for name in wanted}
    against = expected[base] if base is not None else None
    return [_trajectory(name, expected[name], against, outcome) for name in shown]


def trajectories_of(details: Details) -> list[Trajectory]:
    """The same from the draws of a comparison that was asked for its months: nothing is estimated again."""
    against = details.estimates[details.comparison.baseline]
    return [_trajectory(name, own, against, details.outcome) for name, own in details.estimates.items()]


def _trajectory(name: str, own: Estimate, against: Estimate | None, outcome: Outcome) -> Trajectory:
    """Expected values, with the band of the draws."""
    bands = _bands([outcome.draws.get((name, month.month)) for month in own.months])
    figures = [
        Figure(None) if month.cumulative_cost is None else Figure(float(month.cumulative_cost), band)
        for month, band in zip(own.months, bands, strict=True)
    ]
    payback = None if against is None or name == against.name else payback_month(own, against)
    return Trajectory(name, figures, None if payback is None or math.isinf(payback) else float(payback))


def _bands(draws: list[Any]) -> list[tuple[float, float, float] | None]:
    """P5, median and P95 of each month; None without draws, or where some are not known."""
    if any(each is None for each in draws):
        return [None] * len(draws)
    import numpy as np

    # Sorted once, read three times: np.quantile would take five times as long for so many months.
    rising = np.sort(np.vstack(draws), axis=1)
    found = []
    for row in rising:
        at = [share * (row.size - 1) for share in (0.05, 0.5, 0.95)]
        ends = [float(row[int(x)] + (x - int(x)) * (row[int(x) + 1] - row[int(x)])) for x in at]
        found.append(None if np.isnan(row[-1]) else (ends[0], ends[1], ends[2]))
    return found
