"""When a challenger pays back, and which architecture is the cheapest at which volume.

Breakeven over volume is not one number, because GPUs come whole: the intervals are those of `volumes`. The payback
is that of the expected cumulative curves, and calls to pay back are the expected build over the expected saving
a call (docs/methods/time.md).
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import model_validator

from llmcost.architectures.prices import Prices
from llmcost.arithmetic import Number, all_true, where
from llmcost.economics.choice import Choice
from llmcost.economics.comparison import Details, chances_of_payback, compare_in_detail
from llmcost.economics.figure import Figure, Output, Ratio
from llmcost.economics.horizon import need_workload, priced_months, traffic
from llmcost.economics.intervals import Interval, Steps, intervals
from llmcost.economics.totals import estimates_of
from llmcost.economics.uncertainty import Outcome, Sampling, evaluated
from llmcost.economics.volumes import volume_intervals
from llmcost.errors import InputError
from llmcost.estimate import Assumption, Estimate
from llmcost.scenario import Scenario, check_compounding, check_horizon
from llmcost.workload import AboveZero, Change, Months, Strict, Usd, UsdAboveZero

BY_VOLUME = ("requests_per_month", "lots_per_month")
_CALLS = ("against_cost_per_call", "saving_per_call", "calls_to_payback", "calls_per_month_to_cover_operations")


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
    """The result of `breakeven`; `cheapest` is the choice at today's volume, None for an offer from flags alone."""

    horizon_months: int
    requests_per_month: float | None
    intervals: list[Interval]
    stopped_at: int | None
    left_out: dict[str, str]
    challengers: list[Challenger]
    cheapest: str | None
    choice: Choice | None
    breached: list[str]
    sentence: str


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
    details = compare_in_detail(scenario, catalog, sampling)
    outcome = evaluated(scenario, lambda tree: _headline(tree, catalog), sampling)
    comparison = details.comparison
    challengers = [_challenger(name, comparison.baseline, outcome, details) for name in details.estimates]
    found = volume_intervals(details, scenario, catalog, volumes, sampling)
    return Breakeven(
        comparison.horizon_months,
        found.today,
        found.intervals,
        found.stopped_at,
        found.left_out,
        [each for each in challengers if each.name != comparison.baseline],
        comparison.cheapest,
        comparison.choice,
        comparison.breached,
        comparison.sentence,
    )


def _headline(tree: Scenario, catalog: Any) -> dict[Any, Output]:
    prices = Prices(catalog, tree.prices, tree.successors)
    estimates = estimates_of(tree, prices)
    base = estimates[tree.baseline or ""]
    found: dict[Any, Output] = {}
    calls, base_running = _by_call(base, tree, prices)
    for name, own in estimates.items():
        if own is base:
            continue
        own_calls, own_running = _by_call(own, tree, prices)
        saving = None if calls is None or own_calls is None else calls - own_calls
        build = own.one_time_cost - base.one_time_cost
        operations = own_running - base_running
        found[name, "against_cost_per_call"] = calls if all_true(base_running <= 0) else None
        found[name, "saving_per_call"] = saving
        found[name, "calls_to_payback"] = _over(build, saving)
        found[name, "calls_per_month_to_cover_operations"] = _over(operations, saving)
        found[name, "build"] = build
        found[name, "operations"] = operations
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


def _challenger(name: str, against: str, outcome: Outcome, details: Details) -> Challenger:
    """The expected figures: calls to pay back are the expected build over the expected saving a call."""
    figure = {key[1]: value for key, value in outcome.figures.items() if key[0] == name}
    row = next(row for row in details.comparison.architectures if row.name == name)
    saving = figure.get("saving_per_call", Figure(None)).value
    for field, amount in (("calls_to_payback", "build"), ("calls_per_month_to_cover_operations", "operations")):
        owed = figure.pop(amount, Figure(None)).value
        calls = None if owed is None else _over(owed, saving)
        if field in figure:
            shown = None if calls is None or math.isinf(calls) else calls
            figure[field] = figure[field]._replace(value=shown, error=None)
    unknown = dict.fromkeys(_CALLS, Figure(None))
    return Challenger(
        name=name,
        against=against,
        crosses_back_in_month=row.crosses_back_in_month,
        payback_month=row.payback_month,
        chance_pays_back=row.chance_pays_back,
        **{**unknown, **figure},
    )


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
    point: Offer = outcome.expected
    figures: Mapping[Any, Figure] = outcome.figures
    renamed = outcome._replace(
        point={("challenger", name): value for name, value in outcome.point.items()},
        draws={("challenger", name): value for name, value in outcome.draws.items()},
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
                figures["payback_month"]._replace(value=_payback_of_offer(outcome), error=None),
                None,
                chances_of_payback(renamed, "challenger", months),
            )
        ],
        None,
        None,
        [],
        "",
    )


def _payback_of_offer(outcome: Outcome) -> float | None:
    """The month in which the expected cumulative saving covers the expected build; None: never, or no volume given."""
    offer: Offer = outcome.expected
    if offer.calls_per_month is None:
        return None
    for month in range(1, offer.horizon_months + 1):
        if (outcome.figures["cumulative", month].value or 0.0) >= -1e-9 * abs(offer.build):
            return float(month)
    return None


def _offer_headline(offer: Offer) -> dict[Any, Output]:
    saving = offer.saving_per_call
    never: Number | None = None
    cumulative: list[Number] = [-offer.build]
    if offer.calls_per_month is not None:
        never = math.inf
        for month in range(offer.horizon_months):
            calls = offer.calls_per_month * (1 + offer.growth_per_month) ** month
            cumulative.append(cumulative[-1] + saving * calls - offer.operations_per_month)
        for month in range(offer.horizon_months, 0, -1):
            never = where(cumulative[month] >= -1e-9 * abs(offer.build), float(month), never)
    return {
        "saving_per_call": saving * 1.0,
        "calls_to_payback": Ratio(offer.build, saving),
        "calls_per_month_to_cover_operations": Ratio(offer.operations_per_month, saving),
        "payback_month": never,
        **{("cumulative", month): value for month, value in enumerate(cumulative) if month},
    }
