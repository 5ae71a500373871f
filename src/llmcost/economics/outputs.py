"""The figures that an estimate is judged by: cost a token, present value, saving, payback.

Each takes estimates made of numbers or of arrays of draws, and is written once for both.
"""

import math
from typing import Any

from llmcost.arithmetic import Number, is_zero, where
from llmcost.economics.figure import Output, Ratio
from llmcost.economics.horizon import volume
from llmcost.economics.quality_kept import quality_of
from llmcost.estimate import Estimate
from llmcost.scenario import Scenario


def outputs(scenario: Scenario, estimates: dict[str, Estimate]) -> dict[Any, Output]:
    """The outputs that a comparison states, from the estimates.

    Saving and payback are of present values; without a discount rate these are the costs themselves.
    """
    base = estimates[scenario.baseline or ""]
    traffic = volume(scenario)
    requests, tokens = traffic if traffic is not None else (None, None)
    by_request = scenario.workload is not None and scenario.workload.requests_known
    base_quality = quality_of(scenario.baseline, scenario) if scenario.baseline else None
    found: dict[Any, Output] = {}
    for name, own in estimates.items():
        total, value = own.total_cost, own.present_value
        saving = None if value is None or base.present_value is None else base.present_value - value
        found[name, "one_time_cost"] = own.one_time_cost
        found[name, "total_cost"] = total
        found[name, "monthly_cost"] = Ratio(_running(own), float(len(own.months)))
        found[name, "present_value"] = Ratio(value, 1.0)
        found[name, "cost_per_mtok"] = Ratio(total, tokens, 1e6)
        found[name, "cost_per_request"] = Ratio(total, requests if by_request else None)
        found[name, "saving"] = saving
        found[name, "saving_share"] = Ratio(saving, base.present_value)
        found[name, "quality_kept"] = Ratio(quality_of(name, scenario), base_quality)
        found[name, "payback_month"] = payback_month(own, base) if name != base.name else None
        found[name, "net_present_value"] = Ratio(saving, 1.0)
    return found


def _running(own: Estimate) -> Number | None:
    """USD of all months without what is paid once; the total itself where that is nothing."""
    if own.monthly_cost is None or own.total_cost is None:
        return None
    return own.total_cost if is_zero(own.one_time_cost) else own.monthly_cost * len(own.months)


def payback_month(own: Estimate, base: Estimate) -> Number | None:
    """The first month at whose end the cumulative cost (its present value) is no higher than the baseline's.

    Infinity: never within the horizon. None: unknown, or there is nothing to pay back because
    neither architecture is served throughout.
    """
    if own.total_cost is None or base.total_cost is None:
        return None
    found: Number = math.inf
    for month, other in zip(reversed(own.months), reversed(base.months), strict=True):
        if month.cumulative_present_value is None or other.cumulative_present_value is None:
            return None
        # Costs are never negative.
        ahead = month.cumulative_present_value <= other.cumulative_present_value * (1 + 1e-9)
        found = where(ahead, float(month.month), found)
    return found


def crossing_back(own: Estimate, base: Estimate) -> int | None:
    """The month in which a payback is lost again, if it is."""
    ahead = False
    for month, other in zip(own.months, base.months, strict=True):
        if month.cumulative_present_value is None or other.cumulative_present_value is None:
            return None
        behind = month.cumulative_present_value > other.cumulative_present_value * (1 + 1e-9)
        if ahead and behind:
            return month.month
        ahead = ahead or not behind
    return None


def net_present_value(own: Estimate, base: Estimate) -> Number | None:
    """Present value of the baseline's costs minus that of its own."""
    costs, against = own.present_value, base.present_value
    return None if costs is None or against is None else against - costs
