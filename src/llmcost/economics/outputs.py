"""The figures that an estimate is judged by: cost a token, saving, payback, net present value.

Each takes estimates made of numbers or of arrays of draws, and is written once for both.
"""

import math
from typing import Any

from llmcost.arithmetic import Number, is_zero, where
from llmcost.economics.horizon import volume
from llmcost.economics.quality_kept import quality_kept
from llmcost.estimate import Estimate
from llmcost.scenario import Scenario


def outputs(scenario: Scenario, estimates: dict[str, Estimate]) -> dict[Any, Number | None]:
    """The outputs that a comparison states, from the estimates."""
    base = estimates[scenario.baseline or ""]
    traffic = volume(scenario)
    found: dict[Any, Number | None] = {}
    for name, own in estimates.items():
        total = own.total_cost
        found[name, "one_time_cost"] = own.one_time_cost
        found[name, "monthly_cost"] = own.monthly_cost
        found[name, "total_cost"] = total
        requests, tokens = traffic if traffic is not None else (None, None)
        by_request = scenario.workload is not None and scenario.workload.requests_known
        found[name, "cost_per_mtok"] = ratio(total, tokens, 1e6)
        found[name, "cost_per_request"] = ratio(total, requests if by_request else None, 1.0)
        saving = None if total is None or base.total_cost is None else base.total_cost - total
        found[name, "saving"] = saving
        found[name, "saving_share"] = ratio(saving, base.total_cost, 1.0)
        found[name, "quality_kept"] = quality_kept(name, scenario)
        found[name, "payback_month"] = payback_month(own, base) if name != base.name else None
        found[name, "net_present_value"] = net_present_value(own, base, scenario.discount_rate)
    return found


def ratio(amount: Number | None, over: Number | None, times: float) -> Number | None:
    """amount ÷ over × times; None where either is unknown or there is nothing to divide by."""
    if amount is None or over is None or is_zero(over):
        return None
    return amount / over * times


def payback_month(own: Estimate, base: Estimate) -> Number | None:
    """The first month at whose end the cumulative cost is no higher than the baseline's.

    Infinity: never within the horizon. None: unknown, or there is nothing to pay back because
    neither architecture is served throughout.
    """
    if own.total_cost is None or base.total_cost is None:
        return None
    found: Number = math.inf
    for month, other in zip(reversed(own.months), reversed(base.months), strict=True):
        if month.cumulative_cost is None or other.cumulative_cost is None:
            return None
        ahead = month.cumulative_cost <= other.cumulative_cost * (1 + 1e-9)  # costs are never negative
        found = where(ahead, float(month.month), found)
    return found


def crossing_back(own: Estimate, base: Estimate) -> int | None:
    """The month in which a payback is lost again, if it is."""
    ahead = False
    for month, other in zip(own.months, base.months, strict=True):
        if month.cumulative_cost is None or other.cumulative_cost is None:
            return None
        behind = month.cumulative_cost > other.cumulative_cost * (1 + 1e-9)
        if ahead and behind:
            return month.month
        ahead = ahead or not behind
    return None


def present_value(own: Estimate, discount_rate: Number) -> Number | None:
    """USD today of all costs: one-time at 0, month m at m/12 years."""
    if is_zero(discount_rate):
        return own.total_cost
    value = own.one_time_cost
    for month in own.months:
        if month.cost is None:
            return None
        value = value + month.cost / (1 + discount_rate) ** (month.month / 12)
    return value


def net_present_value(own: Estimate, base: Estimate, discount_rate: Number) -> Number | None:
    """Present value of the baseline's costs minus that of its own."""
    costs, against = present_value(own, discount_rate), present_value(base, discount_rate)
    return None if costs is None or against is None else against - costs
