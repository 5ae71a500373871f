"""Cumulative cost of architectures month by month, with its 90 % range: what a chart draws."""

from typing import Any, NamedTuple

from llmcost.architectures.prices import Prices
from llmcost.arithmetic import Number
from llmcost.economics.comparison import Details
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


def trajectories_of(details: Details) -> list[Trajectory]:
    """The same from the draws of a comparison that was asked for its months: nothing is estimated again."""
    months = range(1, details.point.horizon_months + 1)
    found = []
    for name in details.estimates:
        payback = details.outcome.figures[name, "payback_month"].value
        points = [details.outcome.point[name, month] for month in months]
        bands = _bands([details.outcome.draws.get((name, month)) for month in months])
        figures = [
            Figure(point, band) if point is not None else Figure(None)
            for point, band in zip(points, bands, strict=True)
        ]
        found.append(Trajectory(name, figures, payback))
    return found


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
