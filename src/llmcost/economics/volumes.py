"""Which architecture is the cheapest at which volume, on the expected cost curves.

Over the horizon an architecture costs `F + V·n + Σ u·ceil(n/s)` at a first month's volume n: fixed, by the
request, and a step of u dollars each s requests. Expected over the draws that is E[F] + E[V]·n + Σ E[u·ceil(n/s)]:
steps where every draw has the same s, and a curve where s itself is uncertain (docs/methods/time.md).
At present value where the scenario has a discount rate, as the choice is.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from llmcost.architectures.fleets import fleets_of
from llmcost.architectures.prices import Prices
from llmcost.arithmetic import Number, is_array, mean_of, where
from llmcost.economics.comparison import Details
from llmcost.economics.horizon import discount, estimate, months_of, traffic
from llmcost.economics.intervals import Interval, Steps, Sum, intervals
from llmcost.economics.lattice import copies_of, normal_quantiles
from llmcost.economics.uncertainty import Sampling, inputs, linked
from llmcost.estimate import Factor
from llmcost.quantity import Range, ranges_in, with_values
from llmcost.scenario import Scenario

REACH = 100  # times today's volume
CURVE_DRAWS = 1 << 12  # of F, V and the steps; today's expected total, from all draws, is what they are set to


class Intervals(NamedTuple):
    """The volume intervals, and what could not be said."""

    today: float
    intervals: list[Interval]
    stopped_at: int | None
    left_out: dict[str, str]


def volume_intervals(
    details: Details,
    scenario: Scenario,
    catalog: Any,
    volumes: tuple[float | None, float | None] = (None, None),
    sampling: Sampling | None = None,
) -> Intervals:
    """The cheapest architecture at every first-month volume, of those known to meet every requirement today."""
    left_out = dict(details.comparison.choice.reasons)
    names = [name for name in details.estimates if name not in left_out]
    contenders = steps_of(names, details, scenario, catalog, sampling or Sampling())
    point = details.point
    today = point.workload.requests_per_month if point.workload and point.workload.requests_per_month else 0.0
    low = max(1, math.ceil(volumes[0] or 1))
    high = math.floor(volumes[1]) if volumes[1] is not None else max(low, math.floor(REACH * today))
    found, stopped = intervals(contenders, low, high, closed=volumes[1] is not None)
    return Intervals(today, found, stopped, left_out)


def steps_of(
    names: Sequence[str], details: Details, scenario: Scenario, catalog: Any, sampling: Sampling
) -> list[Steps]:
    """F, V and the steps of each architecture, expected: from its costs at two volumes in each draw."""
    point = details.point
    today: Any = point.workload.requests_per_month if point.workload else None
    reference = float(today or 1e6)
    certain = scenario.workload is None or not hasattr(scenario.workload.requests_per_month, "low")
    low, high = (_costs_at(volume, names, scenario, catalog, sampling) for volume in (reference, 2 * reference))
    found = []
    for name in names:
        fleets = low[name][1]
        curve = _curve(name, reference, low[name][0], high[name][0], fleets)
        if certain and today:  # the very total that every table shows
            off = (details.estimates[name].present_value or 0.0) - curve.total(reference)
            curve = curve._replace(fixed=curve.fixed + off)
        found.append(curve)
    return found


def _costs_at(
    volume: float, names: Sequence[str], scenario: Scenario, catalog: Any, sampling: Sampling
) -> dict[str, tuple[Number, list[tuple[Number, Number]]]]:
    """Each architecture's cost at a volume and the steps of its fleets, as a number or in each of a few draws."""
    tree = _at_volume(scenario, volume)
    ranges = dict(sorted(ranges_in(tree)))
    if ranges:
        few = sampling._replace(samples=min(sampling.samples, CURVE_DRAWS))
        if not any(path.endswith("requests_per_month") for path, *_ in few.links):
            kept = [link for link in getattr(scenario, "correlate", ()) if link[0] in ranges and link[1] in ranges]
            few = linked(tree.model_copy(update={"correlate": kept}), few, ranges)
        columns = inputs(ranges, few, normal_quantiles(few.samples), slice(0, few.samples))
        tree = with_values(tree, lambda path, uncertain: columns[path])
    prices = Prices(catalog, tree.prices, tree.successors)
    found = {}
    for name in names:
        cost = estimate(name, tree, prices).present_value
        found[name] = (0.0 if cost is None else cost, _gpu_steps(name, tree, prices, volume))
    return found


def _curve(name: str, reference: float, low: Number, high: Number, fleets: list[tuple[Number, Number]]) -> Steps:
    """E[F], E[V] and the steps from the costs at the reference volume and at twice that."""
    stepped = Sum(fleets)
    rest_low, rest_high = low - stepped.each(reference), high - stepped.each(2 * reference)
    slope = (rest_high - rest_low) / reference
    fixed = rest_low - slope * reference
    same = [(size, cost) for size, cost in fleets if not is_array(size)]
    uncertain = [pair for pair in fleets if is_array(pair[0])]
    return Steps(
        name,
        mean_of(fixed),
        mean_of(slope),
        tuple(float(size) for size, _ in same),
        tuple(mean_of(cost) for _, cost in same),
        Sum(uncertain) if uncertain else None,
        _by_copy(fixed, slope, fleets),
    )


def _by_copy(fixed: Number, slope: Number, fleets: list[tuple[Number, Number]]) -> Any:
    """The same by copy of the lattice, which tells how far off a crossing is; None where nothing is drawn."""
    values = [fixed, slope, *(each for pair in fleets for each in pair)]
    size = max((value.size for value in values if is_array(value)), default=0)  # type: ignore[attr-defined]
    if not size:
        return None
    import numpy as np

    copies = copies_of(size)

    def by_copy(value: Number) -> Any:
        return np.broadcast_to(value, (size,)).reshape(copies, -1)

    parts = [(by_copy(s), by_copy(u)) for s, u in fleets]
    return by_copy(fixed).mean(axis=1), by_copy(slope).mean(axis=1), parts


def _at_volume(scenario: Scenario, n: float) -> Scenario:
    if scenario.workload is None:
        return scenario
    workload = scenario.workload.model_copy(update={"requests_per_month": n})
    found = scenario.model_copy(update={"workload": workload})
    today: Any = scenario.workload.requests_per_month or n
    return _as_often_read(found, n / (today.middle if isinstance(today, Range) else today))


def _as_often_read(scenario: Scenario, times: float) -> Scenario:
    """The scenario with its cached prefixes in proportion to its traffic, so that each is read as often as today.

    What `cache_writes: auto` writes is then the same share at every volume, and costs are straight lines.
    """
    blocks = [scenario.workload, *scenario.segments.values(), *scenario.architectures.values()]
    if all(block is None or block.cache_writes is None for block in blocks):
        return scenario

    def scaled(block: Any) -> Any:
        prefixes = block.cache_prefixes
        return block if prefixes is None else block.model_copy(update={"cache_prefixes": prefixes * times})

    return scenario.model_copy(
        update={
            "workload": scaled(scenario.workload),
            "segments": {name: scaled(block) for name, block in scenario.segments.items()},
            "architectures": {name: scaled(block) for name, block in scenario.architectures.items()},
        }
    )


def _gpu_steps(name: str, scenario: Scenario, prices: Prices, reference: float) -> list[tuple[Number, Number]]:
    """Every fleet's step: first-month requests to a replica, and what a replica costs over the horizon."""
    steps: dict[float, Number] = {}
    drawn: list[tuple[Number, Number]] = []
    largest: dict[str, tuple[Number, Number]] = {}  # by fleet: the smallest step, and what its GPUs cost to buy
    months = months_of(scenario, prices)
    for month in months:
        for node, served, live, answered in fleets_of(name, scenario.architectures, traffic(scenario, month), month):
            if not answered or served.edge is not None:
                continue
            if not is_array(live) and live <= 0:
                continue
            arriving = sum((stream.requests for stream in answered), 0.0) / where(live > 0, live, 1.0)
            # Where it is not live in a draw it costs nothing there, whatever its step is.
            arriving = where(live > 0, arriving, reference)
            if not is_array(arriving) and arriving <= 0:
                continue
            one = served.requests_per_replica_month(answered, month, node)
            idle = where(live > 0, arriving, 0.0) <= 0  # a draw in which nothing arrives has no step
            size = where(idle, math.inf, where(idle, 1.0, one * reference) / where(idle, 1.0, arriving))
            cost = served.replica_month_cost(month) * live * discount(scenario, month)
            if is_array(size):
                drawn.append((size, cost))
            else:
                steps[size] = steps.get(size, 0.0) + cost
            if served.bought() and mean_of(size) < mean_of(largest.get(node, (math.inf, 0.0))[0]):
                replica = served.gpu_factors(Factor("replicas", 1.0))
                largest[node] = (size, served.gpu.purchase(node, replica, len(months)).cost)
    for size, cost in largest.values():
        if is_array(size):
            drawn.append((size, cost))
        else:
            steps[size] = steps.get(size, 0.0) + cost
    return [*steps.items(), *drawn]


__all__ = ["Intervals", "steps_of", "volume_intervals"]
