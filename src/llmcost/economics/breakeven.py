"""When a challenger pays back, and which architecture is the cheapest at which volume.

Breakeven over volume is not one number, because GPUs come whole. Over the horizon an architecture
costs `F + V·n + Σ u·ceil(n/s)` at a first month's volume n: fixed, by the request, and a step of
u dollars each s requests. Between two steps that is a straight line, so crossings are solved
exactly and checked at n − 1 and n (docs/methods/time.md).
"""

import math
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any, NamedTuple

from pydantic import model_validator

from llmcost.architectures.fleets import fleets_of
from llmcost.architectures.prices import Prices
from llmcost.arithmetic import Number, all_true, where
from llmcost.economics.comparison import chances_of_payback, estimates_of, refuse_unserved
from llmcost.economics.gates import gates_of
from llmcost.economics.horizon import estimate, months_of, need_workload, priced_months, traffic
from llmcost.economics.intervals import Interval, Steps, intervals
from llmcost.economics.outputs import crossing_back, payback_month
from llmcost.economics.quality_kept import quality_kept
from llmcost.economics.uncertainty import Figure, Outcome, Sampling, evaluated
from llmcost.errors import InputError
from llmcost.estimate import Assumption, Estimate, Factor
from llmcost.quantity import at_middle
from llmcost.scenario import Scenario, check_compounding, check_horizon
from llmcost.workload import AboveZero, Change, Months, Strict, Usd, UsdAboveZero

REACH = 100  # times today's volume
BY_VOLUME = ("requests_per_month", "lots_per_month")
COST_GATES = ("max_monthly_cost", "payback_within_months")


class Intervals(NamedTuple):
    """The volume intervals, and what could not be said."""

    today: float
    intervals: list[Interval]
    stopped_at: int | None
    left_out: dict[str, str]


class Challenger(NamedTuple):
    """What has to be earned back, and when. `calls_to_payback` is gross of operations.

    `against_cost_per_call` is what a call costs before; unknown where that is not paid by the call alone.
    """

    name: str
    against: str
    against_cost_per_call: Figure
    saving_per_call: Figure
    calls_to_payback: Figure
    calls_per_month_to_cover_operations: Figure
    payback_month: Figure
    crosses_back_in_month: int | None
    chance_pays_back: dict[str, float] | None


class Breakeven(NamedTuple):
    """The result of `breakeven`."""

    horizon_months: int
    requests_per_month: float | None
    intervals: list[Interval]
    stopped_at: int | None
    left_out: dict[str, str]
    challengers: list[Challenger]


class Offer(Strict):
    """Two architectures from flags alone: a build that saves on every call and has to be operated."""

    build: Usd
    saving_per_call: UsdAboveZero
    operations_per_month: Usd = 0.0
    calls_per_month: AboveZero | None = None
    growth_per_month: Change = 0.0
    horizon_months: Months = 12

    @model_validator(mode="after")
    def _horizon_ends(self) -> "Offer":
        check_horizon(self.horizon_months)
        check_compounding(self.growth_per_month, self.horizon_months, "the calls", "growth_per_month")
        return self


# ---- a scenario's architectures ------------------------------------------------------------------


def breakeven(
    scenario: Scenario,
    catalog: Any,
    sampling: Sampling | None = None,
    volumes: tuple[float | None, float | None] = (None, None),
) -> Breakeven:
    """Payback of every architecture against the baseline, and all the volume intervals.

    `volumes` bounds the sweep; left out it runs from 1 to 100 × today's volume. Raises
    InputError without a workload or with fewer than two architectures.
    """
    need_workload(scenario, "breakeven")
    if scenario.workload is not None and not scenario.workload.requests_known:
        raise InputError(
            "breakeven sweeps requests, and the workload gives only tokens a month",
            hint="give requests_per_month, input_tokens and output_tokens",
        )
    if len(scenario.architectures) < 2:
        raise InputError("breakeven needs two architectures", hint="add a second one under architectures:")
    outcome = evaluated(scenario, lambda tree: _headline(tree, catalog), sampling)
    point = at_middle(scenario)
    prices = Prices(catalog, point.prices, point.successors)
    estimates = estimates_of(point, prices)
    base = estimates[point.baseline or ""]
    challengers = [_challenger(name, base, estimates[name], outcome, point) for name in estimates if name != base.name]
    found = volume_intervals(point, prices, estimates, volumes)
    return Breakeven(point.horizon_months, found.today, found.intervals, found.stopped_at, found.left_out, challengers)


def volume_intervals(
    point: Scenario,
    prices: Prices,
    estimates: dict[str, Estimate],
    volumes: tuple[float | None, float | None] = (None, None),
    elsewhere: tuple[float, Mapping[str, float | None]] | None = None,
) -> Intervals:
    """The cheapest architecture at every first-month volume; those that fail a hard gate are left out.

    `elsewhere` is another volume with the totals there, where they are known already.
    """
    left_out = _left_out(point, prices, estimates)
    at = lru_cache(maxsize=4)(partial(_at_volume, point))  # one scenario a volume: its months and traffic are shared
    contenders = [
        steps_of(name, point, prices, at, _known(name, point, own, elsewhere))
        for name, own in estimates.items()
        if name not in left_out
    ]
    today = point.workload.requests_per_month if point.workload and point.workload.requests_per_month else 0.0
    low = max(1, math.ceil(volumes[0] or 1))
    high = math.floor(volumes[1]) if volumes[1] is not None else max(low, math.floor(REACH * today))
    found, stopped = intervals(contenders, low, high, closed=volumes[1] is not None)
    return Intervals(today, found, stopped, left_out)


def _headline(tree: Scenario, catalog: Any) -> dict[Any, Number | None]:
    prices = Prices(catalog, tree.prices, tree.successors)
    estimates: dict[str, Estimate] = {}
    by_call: dict[str, tuple[Number | None, Number]] = {}
    for name in tree.architectures:  # one after the other, so that the months of only one are held
        estimates[name] = estimate(name, tree, prices, charges_too=False)
        by_call[name] = _by_call(estimates[name], tree, prices)
    base = estimates[tree.baseline or ""]
    refuse_unserved(base, tree, prices)
    found: dict[Any, Number | None] = {}
    calls, base_running = by_call[base.name]
    for name, own in estimates.items():
        if own is base:
            continue
        own_calls, own_running = by_call[name]
        saving = None if calls is None or own_calls is None else calls - own_calls
        build = own.one_time_cost - base.one_time_cost
        operations = own_running - base_running
        found[name, "against_cost_per_call"] = calls if all_true(base_running <= 0) else None
        found[name, "saving_per_call"] = saving
        found[name, "calls_to_payback"] = _over(build, saving)
        found[name, "calls_per_month_to_cover_operations"] = _over(operations, saving)
        found[name, "payback_month"] = payback_month(own, base)
    return found


def _over(amount: Number, saving: Number | None) -> Number | None:
    """amount ÷ saving a call; infinity (never) where nothing is saved, 0 where nothing is owed."""
    if saving is None:
        return None
    safe = where(saving > 0, saving, 1.0)
    return where(amount <= 0, 0.0, where(saving > 0, amount / safe, math.inf))


def _by_call(own: Estimate, tree: Scenario, prices: Prices) -> tuple[Number | None, Number]:
    """USD a call once in full service (the last month), and USD a month that no call changes.

    What is paid a month is the mean over the months in which anything is.
    """
    priced = priced_months(own.name, tree, prices)
    last = priced[-1]
    if last.charges is None:
        return None, 0.0
    requests = sum((stream.requests for stream in traffic(tree, last.month)), 0.0)
    if not all_true(requests > 0):
        return None, 0.0
    calls: Number = 0.0
    running: Number = 0.0
    paid = 0
    for charge in last.charges:
        if charge.factors[0].name in BY_VOLUME:
            calls = calls + charge.cost / requests
    for _, charges in priced:
        fixed = [charge.cost for charge in charges or () if charge.factors[0].name not in BY_VOLUME]
        paid += bool(fixed)
        running = sum(fixed, running)
    return calls, running / paid if paid else running


def _challenger(name: str, base: Estimate, own: Estimate, outcome: Outcome, point: Scenario) -> Challenger:
    figure = {field: outcome.figures[name, field] for field in Challenger._fields if (name, field) in outcome.figures}
    return Challenger(
        name=name,
        against=base.name,
        crosses_back_in_month=crossing_back(own, base),
        chance_pays_back=chances_of_payback(outcome, name, point.horizon_months),
        **figure,
    )


def _left_out(point: Scenario, prices: Prices, estimates: dict[str, Estimate]) -> dict[str, str]:
    """Architectures that fail a gate which no volume changes, with the reason."""
    found: dict[str, str] = {}
    for name, own in estimates.items():
        kept = quality_kept(name, point)
        gates = gates_of(name, point, prices, own, kept, None)
        hard = [gate for gate in gates.failed if gate.gate not in COST_GATES]
        if hard:
            found[name] = hard[0].reason
        elif own.total_cost is None:
            found[name] = own.unknown_because
    return found


def _known(
    name: str, point: Scenario, own: Estimate, elsewhere: tuple[float, Mapping[str, float | None]] | None
) -> dict[float, float]:
    """Totals of one architecture that are known already, by volume: today's, and the one elsewhere."""
    today = point.workload.requests_per_month if point.workload else None
    known = {float(today): own.total_cost} if today else {}
    if elsewhere is not None:
        known[elsewhere[0]] = elsewhere[1][name]
    return {volume: total for volume, total in known.items() if total is not None}


def steps_of(
    name: str,
    scenario: Scenario,
    prices: Prices,
    at: Callable[[float], Scenario],
    totals: Mapping[float, float] | None = None,
) -> Steps:
    """F, V and the steps of one architecture, from its total at two volumes; of those known already, where they are.

    `at` gives the scenario at a volume.
    """
    today = scenario.workload.requests_per_month if scenario.workload else None
    reference = float(today or 1e6)
    sizes, costs = _gpu_steps(name, at(reference), prices, reference)
    steps = Steps(name, 0.0, 0.0, sizes, costs)
    totals = totals or {}
    other = max((volume for volume in totals if volume > reference), default=2 * reference)

    def rest(n: float) -> float:
        total = totals[n] if n in totals else estimate(name, at(n), prices, charges_too=False).total_cost
        return (total or 0.0) - steps.total(n)

    low, high = rest(reference), rest(other)
    per_request = (high - low) / (other - reference)
    return steps._replace(fixed=low - per_request * reference, per_request=per_request)


def _at_volume(scenario: Scenario, n: float) -> Scenario:
    if scenario.workload is None:
        return scenario
    return scenario.model_copy(update={"workload": scenario.workload.model_copy(update={"requests_per_month": n})})


def _gpu_steps(
    name: str, scenario: Scenario, prices: Prices, reference: float
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Every fleet's step: first-month requests to a replica, and what a replica costs, month by month."""
    steps: dict[float, float] = {}
    largest: dict[str, tuple[float, float]] = {}  # by fleet: the smallest step, and what its GPUs cost to buy
    months = months_of(scenario, prices)
    for month in months:
        for node, served, live, answered in fleets_of(name, scenario.architectures, traffic(scenario, month), month):
            if not answered or served.edge is not None:
                continue
            arriving = sum((stream.requests for stream in answered), 0.0) / live
            if arriving <= 0:
                continue
            one = served.requests_per_replica_month(answered, month, node)
            size = one * reference / arriving
            steps[size] = steps.get(size, 0.0) + served.replica_month_cost(month) * live
            if served.bought() and size < largest.get(node, (math.inf, 0.0))[0]:
                replica = served.gpu_factors(Factor("replicas", 1.0))
                largest[node] = (size, served.gpu.purchase(node, replica, len(months)).cost)
    for size, cost in largest.values():
        steps[size] = steps.get(size, 0.0) + cost
    return tuple(steps), tuple(steps.values())


# ---- two architectures from flags alone --------------------------------------------------------------


def assumed_of_offer(offer: Offer) -> list[Assumption]:
    """Every default behind the figures of an offer."""
    why = {"operations_per_month": "no people to run it are stated", "horizon_months": "a year unless stated"}
    return [
        Assumption(name, getattr(offer, name), reason)
        for name, reason in why.items()
        if name not in offer.model_fields_set
    ]


def breakeven_of_offer(offer: Offer, sampling: Sampling | None = None) -> Breakeven:
    """Calls to payback = build ÷ saving a call; calls a month that cover operations = operations ÷ saving."""
    outcome = evaluated(offer, _offer_headline, sampling)
    point: Offer = at_middle(offer)
    figures: Mapping[Any, Figure] = outcome.figures
    renamed = Outcome(
        {("challenger", name): value for name, value in outcome.point.items()},
        {},
        {("challenger", name): value for name, value in outcome.draws.items()},
        outcome.ranges,
    )
    months = point.horizon_months
    calls = sum((1 + point.growth_per_month) ** m for m in range(months))
    challenger = Steps(
        "challenger", point.build + point.operations_per_month * months, -point.saving_per_call * calls, (), ()
    )
    found, stopped = intervals([Steps("baseline", 0.0, 0.0, (), ()), challenger], 1, 10**15)
    return Breakeven(
        months,
        point.calls_per_month,
        found,
        stopped,
        {},
        [
            Challenger(
                "challenger",
                "baseline",
                Figure(None),
                figures["saving_per_call"],
                figures["calls_to_payback"],
                figures["calls_per_month_to_cover_operations"],
                figures["payback_month"],
                None,
                chances_of_payback(renamed, "challenger", months),
            )
        ],
    )


def _offer_headline(offer: Offer) -> dict[Any, Number | None]:
    saving = offer.saving_per_call
    never: Number | None = None
    if offer.calls_per_month is not None:
        never = math.inf
        cumulative = [-offer.build]
        for month in range(offer.horizon_months):
            calls = offer.calls_per_month * (1 + offer.growth_per_month) ** month
            cumulative.append(cumulative[-1] + saving * calls - offer.operations_per_month)
        for month in range(offer.horizon_months, 0, -1):
            never = where(cumulative[month] >= -1e-9 * abs(offer.build), float(month), never)
    return {
        "saving_per_call": saving * 1.0,
        "calls_to_payback": offer.build / saving,
        "calls_per_month_to_cover_operations": offer.operations_per_month / saving,
        "payback_month": never,
    }
