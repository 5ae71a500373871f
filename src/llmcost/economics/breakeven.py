"""When a challenger pays back, and which architecture is the cheapest at which volume.

Breakeven over volume is not one number, because GPUs come whole. Over the horizon an architecture
costs `F + V·n + Σ u·ceil(n/s)` at a first month's volume n: fixed, by the request, and a step of
u dollars each s requests. Between two steps that is a straight line, so crossings are solved
exactly and checked at n − 1 and n (methods.md section 6, design.md semantics 3 and 4).
"""

import itertools
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from llmcost.architectures.fine_tuned import FineTuned
from llmcost.architectures.flow import inflow
from llmcost.architectures.prices import Prices
from llmcost.architectures.self_hosted import SelfHosted, Served
from llmcost.arithmetic import Number, ceil, where
from llmcost.economics.comparison import chances_of_payback, estimates_of
from llmcost.economics.gates import gates_of
from llmcost.economics.horizon import months_of, need_workload, priced_months, traffic
from llmcost.economics.outputs import crossing_back, outputs, payback_month
from llmcost.economics.uncertainty import Figure, Outcome, Sampling, evaluated
from llmcost.errors import InputError
from llmcost.estimate import Estimate
from llmcost.quality.kept import quality_kept
from llmcost.quantity import at_middle
from llmcost.scenario import Scenario
from llmcost.workload import AboveZero, Months, Positive, Signed, Strict

MOST_STEPS = 200_000
REACH = 100  # times today's volume
BY_VOLUME = ("requests_per_month", "lots_per_month")
COST_GATES = ("max_monthly_cost", "payback_within_months")


class Interval(NamedTuple):
    """First-month volumes at which one architecture has the lowest total; `to` None: open."""

    from_requests_per_month: int
    to_requests_per_month: int | None
    cheapest: str


class Intervals(NamedTuple):
    """The volume intervals, and what could not be said."""

    today: float
    intervals: list[Interval]
    stopped_at: int | None
    left_out: dict[str, str]


class Challenger(NamedTuple):
    """What has to be earned back, and when. `calls_to_payback` is gross of operations."""

    name: str
    against: str
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


class Steps(NamedTuple):
    """An architecture's total over the horizon as a function of the first month's volume n."""

    name: str
    fixed: float
    per_request: float
    sizes: tuple[float, ...]
    costs: tuple[float, ...]

    def total(self, n: float) -> float:
        """F + V·n + Σ u·ceil(n/s), USD over the horizon."""
        stepped = sum(u * ceil(n / s) for u, s in zip(self.costs, self.sizes, strict=True))
        return self.fixed + self.per_request * n + stepped

    @property
    def slope(self) -> float:
        """USD a request once the steps are fine: V + Σ u/s."""
        return self.per_request + sum(u / s for u, s in zip(self.costs, self.sizes, strict=True))


class Offer(Strict):
    """Two architectures from flags alone: a build that saves on every call and has to be operated."""

    build: Positive
    saving_per_call: AboveZero
    operations_per_month: Positive = 0.0
    calls_per_month: AboveZero | None = None
    growth_per_month: Signed = 0.0
    horizon_months: Months = 12


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
) -> Intervals:
    """The cheapest architecture at every first-month volume; those that fail a hard gate are left out."""
    left_out = _left_out(point, prices, estimates)
    contenders = [steps_of(name, point, prices) for name in estimates if name not in left_out]
    today = point.workload.requests_per_month if point.workload and point.workload.requests_per_month else 0.0
    low = max(1, math.ceil(volumes[0] or 1))
    high = math.floor(volumes[1]) if volumes[1] is not None else max(low, math.floor(REACH * today))
    found, stopped = intervals(contenders, low, high, closed=volumes[1] is not None)
    return Intervals(today, found, stopped, left_out)


def _headline(tree: Scenario, catalog: Any) -> dict[Any, Number | None]:
    prices = Prices(catalog, tree.prices, tree.successors)
    estimates = estimates_of(tree, prices)
    base = estimates[tree.baseline or ""]
    found: dict[Any, Number | None] = {}
    calls, base_running = _by_call(base, tree, prices)
    for name, own in estimates.items():
        if own is base:
            continue
        own_calls, own_running = _by_call(own, tree, prices)
        saving = None if calls is None or own_calls is None else calls - own_calls
        build = own.one_time_cost - base.one_time_cost
        operations = own_running - base_running
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
    figure = {key[1]: value for key, value in outcome.figures.items() if key[0] == name}
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


def steps_of(name: str, scenario: Scenario, prices: Prices) -> Steps:
    """F, V and the steps of one architecture, from its own estimate at two volumes."""
    today = scenario.workload.requests_per_month if scenario.workload else None
    reference = float(today or 1e6)
    sizes, costs = _gpu_steps(name, _at_volume(scenario, reference), prices, reference)
    known = Steps(name, 0.0, 0.0, sizes, costs)

    def rest(n: float) -> float:
        total = outputs(_at_volume(scenario, n), estimates_at(name, scenario, prices, n))[name, "total_cost"]
        return (total or 0.0) - known.total(n)

    low, high = rest(reference), rest(2 * reference)
    per_request = (high - low) / reference
    return known._replace(fixed=low - per_request * reference, per_request=per_request)


def estimates_at(name: str, scenario: Scenario, prices: Prices, n: float) -> dict[str, Estimate]:
    """The estimate of one architecture at another volume, as its own baseline."""
    from llmcost.economics.horizon import estimate

    own = estimate(name, _at_volume(scenario, n), prices)
    return {name: own, scenario.baseline or name: own}


def _at_volume(scenario: Scenario, n: float) -> Scenario:
    if scenario.workload is None:
        return scenario
    return scenario.model_copy(update={"workload": scenario.workload.model_copy(update={"requests_per_month": n})})


def _gpu_steps(
    name: str, scenario: Scenario, prices: Prices, reference: float
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Every fleet's step: first-month requests to a replica, and what a replica costs, month by month."""
    steps: dict[float, float] = {}
    for month in months_of(scenario, prices):
        for node, (architecture, streams) in inflow(
            name, scenario.architectures, traffic(scenario, month), month
        ).items():
            served, live, answered = _fleet_of(architecture, streams, month)
            if served is None or not answered:
                continue
            arriving = sum((stream.requests for stream in answered), 0.0) / live
            if arriving <= 0:
                continue
            one = served.requests_per_replica_month(answered, month, node)
            hourly = served.gpu.hourly(month).value
            replica = served.gpus_per_replica * hourly * month.hours * live
            size = one * reference / arriving
            steps[size] = steps.get(size, 0.0) + replica
    return tuple(steps), tuple(steps.values())


def _fleet_of(architecture: Any, streams: list[Any], month: Any) -> tuple[Served | None, float, list[Any]]:
    if isinstance(architecture, SelfHosted):
        return architecture, 1.0, streams
    if isinstance(architecture, FineTuned) and architecture.serving is not None and architecture.serving.gpu:
        live = architecture.live_share(month)
        return architecture.serving.fleet(), live, architecture.answered(streams, month)
    return None, 1.0, []


# ---- the solver ------------------------------------------------------------------------------------


def intervals(
    contenders: list[Steps], low: int, high: int, *, closed: bool = False
) -> tuple[list[Interval], int | None]:
    """All intervals of whole volumes in [low, high] by the cheapest; the last is open when it is proven so.

    Also the volume at which the enumeration stopped, where it did before the winner was settled.
    """
    if not contenders:
        return [], None
    settled = _settled_from(contenders)
    end = high if closed or settled is None else max(low, min(high, math.ceil(settled)))
    edges, stopped = _edges(contenders, low, end)
    found: list[Interval] = []
    for start, stop in itertools.pairwise(edges):
        for begin, finish, name in _within(contenders, start + 1, stop):
            if found and found[-1].cheapest == name:
                found[-1] = found[-1]._replace(to_requests_per_month=finish)
            else:
                found.append(Interval(begin, finish, name))
    reached = edges[-1]
    proven = settled is not None and reached >= settled and not closed
    if proven:
        found[-1] = found[-1]._replace(to_requests_per_month=None)
        return found, None
    return found, reached if stopped or not closed else None


def _settled_from(contenders: list[Steps]) -> float | None:
    """The volume beyond which the steps are finer than the gap between the slopes; None: never."""
    winner = min(contenders, key=lambda c: (c.slope, c.fixed))
    beyond = 1.0
    for other in contenders:
        if other is winner:
            continue
        gap = other.slope - winner.slope
        most = winner.fixed + sum(winner.costs) - other.fixed  # winner's upper line − other's lower line at 0
        if gap <= 1e-15 * max(abs(other.slope), abs(winner.slope), 1e-300):
            if most >= 0:
                return None
            continue
        beyond = max(beyond, most / gap)
    return beyond + 1


def _edges(contenders: list[Steps], low: int, high: int) -> tuple[list[int], bool]:
    """low − 1, every volume after which a replica is added, and high; cut after MOST_STEPS."""
    sizes = {size for contender in contenders for size in contender.sizes}
    expected = sum((high - low) / size for size in sizes)
    stopped = False
    if expected > MOST_STEPS:
        high = low + math.floor((high - low) * MOST_STEPS / expected)
        stopped = True
    edges = {low - 1, high}
    for size in sizes:
        first = math.floor((low - 1) / size) + 1
        for k in range(first, math.floor(high / size + 1e-9) + 1):
            edge = math.floor(k * size + 1e-9 * max(1.0, k * size))
            if low - 1 < edge < high:
                edges.add(edge)
    return sorted(edges), stopped


def _within(contenders: list[Steps], start: int, stop: int) -> list[tuple[int, int, str]]:
    """The lower envelope of straight lines on the whole volumes start..stop."""
    lines = []
    for position, contender in enumerate(contenders):
        a, b = contender.total(start), contender.total(stop)
        slope = (b - a) / (stop - start) if stop > start else 0.0
        lines.append((position, a, slope))
    found = []
    begin = start
    while begin <= stop:
        at = {p: a + slope * (begin - start) for p, a, slope in lines}
        winner = min(lines, key=lambda line: (contenders[line[0]].total(begin), line[0]))
        finish = stop
        for position, _, slope in lines:
            if position == winner[0] or slope >= winner[2]:
                continue
            cross = begin + (at[position] - at[winner[0]]) / (winner[2] - slope)
            finish = min(finish, _last_not_above(contenders[winner[0]], contenders[position], cross, begin, stop))
        finish = max(finish, begin)
        found.append((begin, finish, contenders[winner[0]].name))
        begin = finish + 1
    return found


def _last_not_above(winner: Steps, other: Steps, cross: float, begin: int, stop: int) -> int:
    """The last whole volume at which the winner is still the cheaper, checked at n − 1, n and n + 1."""
    if not math.isfinite(cross) or cross >= stop + 2:
        return stop
    for n in range(max(begin, math.floor(cross) - 2), min(stop, math.floor(cross) + 2) + 1):
        if other.total(n) < winner.total(n):
            return max(n - 1, begin - 1)
    return stop if cross > stop - 2 else min(stop, math.floor(cross) + 2)


# ---- two architectures from flags alone --------------------------------------------------------------


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
