"""What a figure of a command cannot exceed or fall short of, and what has to be known for it.

A part is no larger than its whole, a saving no larger than the cost, and no machine is faster than
reading its weights once at full bandwidth and computing at its full arithmetic
(docs/methods/self-hosting.md).
"""

from collections.abc import Iterator
from typing import Any

from llmcost.claims.recomputed import PARTS, Asked, Limit, highest, unit_of
from llmcost.economics.breakeven import Breakeven
from llmcost.economics.hosting import Hosting
from llmcost.wording import count, usd

CHEAPEST_FROM = "cheapest_from_requests_per_month"
_GAINS = ("saving", "saving_per_call", "net_present_value")  # what may be negative
_TIMES = {
    "time_per_output_token_ms": "physical_bound_time_per_output_token_ms",
    "decode_step_ms": "physical_bound_time_per_output_token_ms",
    "first_token_ms": "physical_bound_first_token_ms",
    "prefill_ms": "physical_bound_prefill_ms",
}
RATES = ("requests_per_second", "deployable_requests_per_second", "tokens_per_second")


def limits_of(name: str, row: Any, base: Any) -> list[Limit]:
    """What a figure of a result can be at the most and at the least: of the part that is asked for, beside the baseline's."""
    found = list(bounds_of(name))
    if name == "saving" and base is not None:
        most = highest(base.total_cost if hasattr(base, "total_cost") else base.monthly_cost)
        found += [] if most is None else [Limit(most, f"a saving cannot be larger than what {base.name} costs")]
    if name == "saving_per_call":
        most = highest(row.against_cost_per_call)
        found += [] if most is None else [Limit(most, f"a call cannot save more than a call to {row.against} costs")]
    return found


def bounds_of(name: str) -> Iterator[Limit]:
    """What a share of a whole and a cost can be, whatever they are of."""
    if name in PARTS:
        yield Limit(1.0, "a share cannot be more than 100 %", exact=True)
    if name in PARTS and name != "saving_share":
        yield Limit(0.0, "a share cannot be less than nothing", upper=False)
    if unit_of(name) == "USD" and name not in _GAINS:
        yield Limit(0.0, "a cost cannot be less than nothing", upper=False)


def physical_limit(name: str, result: Hosting) -> Limit | None:
    """What the machine allows a rate, a time or a price at the most or the least; `result` is of inputs without ranges."""
    on = f"{result.model} at {result.precision} on {result.gpus_per_replica:g} × {result.gpu}"
    if name in _TIMES:
        least = getattr(result, _TIMES[name])
        because = f"physics takes {count(round(least or 0.0, 4))} ms at the very least ({on})"
        return None if least is None else Limit(least, because, upper=False)
    rate = result.physical_bound_requests_per_second
    if rate is None:
        return None
    if name in RATES:
        if not rate:
            return Limit(0.0, f"it cannot be served there: {result.why_not}")
        served, tokens = result.requests_per_second.value, result.tokens_per_second.value
        if name == "tokens_per_second":
            if not served or not tokens:
                return None
            rate *= tokens / served
        return Limit(rate, f"physics allows {count(rate)} at the very most ({on})")
    per_request = _per_request(name, result)
    hourly = _factor(result, "usd_per_gpu_hour")
    if not (per_request and hourly and rate):
        return None
    least = hourly * result.gpus_per_replica / 3600 / rate * per_request
    rented = f"never idle at {usd(hourly)} a GPU-hour, at all that physics allows, it costs {usd(least)} ({on})"
    return Limit(least, rented, upper=False)


def _per_request(name: str, result: Hosting) -> float | None:
    """What a figure is for each USD a request; None for what is no price of that kind, or where it is not known."""
    served, tokens = result.requests_per_second.value, result.tokens_per_second.value
    if name == "cost_per_request":
        return 1.0
    if name == "cost_per_mtok":
        return 1e6 * served / tokens if served and tokens else None
    each, written = result.cost_per_request.value, result.cost_per_output_mtok.value
    return written / each if name == "cost_per_output_mtok" and each and written else None


def _factor(result: Hosting, name: str) -> float | None:
    """A factor of the charges by its name."""
    return next(
        (float(factor.value) for charge in result.charges for factor in charge.factors if factor.name == name), None
    )


def why_unknown(name: str, result: Any, row: Any, asked: Asked) -> str:
    """What would have to be known; empty where unknown means never."""
    if isinstance(result, Breakeven) and name == "payback_month" and result.requests_per_month is None:
        return "calls_per_month"
    if unit_of(name) == "month" or name in ("calls_to_payback", "calls_per_month_to_cover_operations", CHEAPEST_FROM):
        return ""
    if isinstance(result, Hosting):
        return _why_unhosted(name, result, asked)
    if "quality" in name or name in ("acceptance", "parity_false_accept"):
        return "how good the models are (quality: {MODEL: 93%}, or joint for a cascade)"
    if name in ("cost_per_request", "saving_per_call"):
        return "the requests a month (the workload gives only its tokens)"
    reasons = getattr(row, "gate_reasons", {})
    return next(iter(reasons.values()), f"what {name} of {asked.statement.calculation} rests on")


def _why_unhosted(name: str, result: Hosting, asked: Asked) -> str:
    if not result.fits:
        return f"a GPU that holds the model: {result.why_not}"
    if result.monthly_cost.value is None and name in ("monthly_cost", "one_time_cost"):
        return f"the price of {result.gpu or 'the machine'}"
    if "workload" not in asked.given:
        return "the requests a month (workload: {requests_per_month: 3M, input_tokens: 1000, output_tokens: 500})"
    if "_ms" in name or name in ("batch", "physical_bound_requests_per_second", *RATES):
        return "the model and the tokens of a request, which the capacity model starts from"
    return "the requests a month and their tokens"
