"""What an answer rests on that nobody wrote down (assumptions), and what to be wary of (warnings)."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from llmcost.architectures.flow import models_of, reachable
from llmcost.architectures.prices import Prices
from llmcost.economics.horizon import limits_of
from llmcost.economics.plausibility import machine_warnings
from llmcost.economics.token_remarks import (
    logged_below_the_minimum,
    measured_counts,
    reads_without_writes,
    same_tokens,
    unknown_minimum,
)
from llmcost.errors import LlmcostError
from llmcost.estimate import STALE_AFTER_DAYS, Assumption, Charge, Factor, Warning
from llmcost.quantity import Range, ranges_in
from llmcost.scenario import Scenario, month_after

_WHY = {
    "hours_per_month": "365 × 24 / 12",
    "gpus_per_replica": "one GPU a replica unless stated",
    "qa_share": "no quality assurance is stated",
    "experiments": "one training run unless stated",
    "epochs": "one epoch unless stated",
    "gpus": "one GPU unless stated",
    "people": "one person unless stated",
}


def assumptions(
    scenario: Scenario,
    names: Iterable[str],
    charges: Iterable[Charge],
    prices: Prices,
    *,
    horizon: bool = True,
    logged: Iterable[str] = (),
    uncertain: bool = False,
) -> list[Assumption]:
    """Every default behind these architectures' charges, each once, in a stable order.

    `horizon` False leaves out what only a run of months rests on; `logged` are the models that traffic was measured on;
    `uncertain` says that ranges reach the answer.
    """
    found: dict[str, Assumption] = {}
    charges, names = list(charges), list(names)
    called = _called(names, scenario)
    required = scenario.requirements
    if uncertain and required.stated and "confidence" not in required.model_fields_set:
        why = "the chance at which a requirement counts as met"
        found["confidence"] = Assumption("requirements.confidence", required.confidence, why)
    for assumption in (
        *_of_scenario(scenario, horizon),
        *_of_charges(charges),
        *_of_prices(charges),
        *unknown_minimum(scenario, called, charges, prices),
        *measured_counts(scenario),
        *(same_tokens(scenario, names, prices, logged) if scenario.workload is not None else ()),
    ):
        found.setdefault(assumption.name, assumption)
    seen: set[str] = set()
    for name in names:
        for current, architecture in reachable(name, scenario.architectures):
            if current in seen:
                continue
            seen.add(current)
            for assumption in _of_architecture(current, architecture, scenario):
                found.setdefault(assumption.name, assumption)
        for assumption in _of_variants(name, scenario, prices):
            found.setdefault(assumption.name, assumption)
    return list(found.values())


def _called(names: Iterable[str], scenario: Scenario) -> list[str]:
    return list(dict.fromkeys(model for name in names for model in models_of(name, scenario.architectures)))


def _of_scenario(scenario: Scenario, horizon: bool) -> Iterator[Assumption]:
    if horizon and "start" in scenario.assumed:
        yield Assumption("start", scenario.start.isoformat()[:7], "the month after today, since none is given")
    if "baseline" in scenario.assumed and len(scenario.architectures) > 1:
        first = scenario.baseline == next(iter(scenario.architectures))
        why = "the first architecture" if first else "the dearest single model of the mix"
        yield Assumption("baseline", scenario.baseline, f"{why}, since none is named")
    if horizon and "horizon_months" not in scenario.model_fields_set:
        yield Assumption("horizon_months", scenario.horizon_months, "a year unless stated")
    if scenario.workload is not None and not scenario.workload.requests_known:
        why = "only the month's tokens are given, so the size of a request is not known"
        yield Assumption("long_context", "base prices", why)


def _of_charges(charges: Iterable[Charge]) -> Iterator[Assumption]:
    for charge in charges:
        for factor in charge.factors:
            if factor.origin == "assumed" and factor.source is None:
                yield Assumption(factor.name, factor.value, _WHY.get(factor.name, "the default, since none is given"))
            elif factor.origin == "given" and factor.source is not None:
                yield Assumption(_price_of(charge, factor), factor.value, factor.rule)


def _of_prices(charges: Iterable[Charge]) -> Iterator[Assumption]:
    """Prices that stand for others that are not published, with the most tokens of a charge that pays them."""
    found: dict[str, tuple[Factor, float]] = {}
    for charge in charges:
        for factor in charge.factors:
            if factor.origin == "assumed" and factor.source is not None:
                name = _price_of(charge, factor)
                tokens = charge.cost / factor.value * 1e6 if factor.value else 0.0
                before = found.get(name, (factor, 0.0))
                found[name] = (before[0], max(before[1], tokens))
    for name, (factor, tokens) in found.items():
        yield Assumption(name, factor.value, f"{factor.rule}; up to {tokens:,.0f} tokens a month pay it")


def _price_of(charge: Charge, factor: Factor) -> str:
    """A price by its path below a scenario's prices."""
    batch = "batch." if any(each.name == "batch_share" for each in charge.factors) else ""
    return f"{charge.group}.{batch}{factor.name}"


def _of_architecture(name: str, architecture: Any, scenario: Scenario) -> Iterator[Assumption]:
    if architecture.kind == "routed" and architecture.router is None:
        yield Assumption(f"{name}.router", 0, "no router cost is stated")
    served = architecture if architecture.kind == "self_hosted" else None
    if architecture.kind == "fine_tuned":
        if "ready_after_weeks" not in architecture.model_fields_set:
            yield Assumption(
                f"{name}.ready_after_weeks", 0, "no time to production is stated; published: 10 to 16 weeks"
            )
        if f"architectures.{name}.fallback" in scenario.assumed:
            yield Assumption(f"{name}.fallback", architecture.fallback, "the baseline serves until it is ready")
        served = architecture.served_by()
        yield from of_training(f"{name}.training", architecture.training)
    if served is None:
        return
    if "spare" not in served.model_fields_set:
        yield Assumption(f"{name}.spare", 0, "no spare replica is stated")
    if "operations_per_month" not in served.model_fields_set:
        yield Assumption(f"{name}.operations_per_month", 0, "no people to run it are stated")
    limits = limits_of(scenario.requirements)
    within = limits is not None and served.edge is None and (served.modelled_by_default or _has_runs(served))
    yield from _of_machines(name, served, within)
    if served.throughput is None or served.throughput.requests_per_month is None:
        if "target_utilisation" not in served.model_fields_set and not within:
            yield Assumption(
                f"{name}.target_utilisation", served.target_utilisation, "headroom for bursts unless stated"
            )
        if scenario.workload is not None and "peak_to_average" not in scenario.workload.model_fields_set:
            yield Assumption("peak_to_average", scenario.workload.peak_to_average, "the peak is not stated")


def _has_runs(served: Any) -> bool:
    return served.throughput is not None and bool(served.throughput.runs)


def _of_machines(name: str, served: Any, within: bool = False) -> Iterator[Assumption]:
    """What the capacity model takes for granted, and what owning a GPU does."""
    if served.throughput is None and served.model is not None and served.edge is None:
        why = {
            "precision": "as most open models are published",
            "engine": "no engine is stated",
            "latency_class": "0.89 of the rate; batch serves all of it, interactive 0.56",
        }
        for field, reason in why.items():
            if field not in served.model_fields_set and not (within and field == "latency_class"):
                yield Assumption(f"{name}.{field}", getattr(served, field), reason)
    gpu = served.gpu
    if gpu is None or not gpu.owned:
        return
    if "pue" not in gpu.model_fields_set and gpu.usd_per_kwh is not None:
        yield Assumption(f"{name}.gpu.pue", gpu.pue, "power of the whole site over that of the machines, not stated")
    if gpu.usd_per_kwh is None:
        yield Assumption(f"{name}.gpu.usd_per_kwh", 0, "no price of electricity is stated")
    if "residual" not in gpu.model_fields_set:
        yield Assumption(f"{name}.gpu.residual", gpu.residual, "nothing is got back at the end of its life")


def of_training(name: str, training: Any) -> Iterator[Assumption]:
    """What a run on GPUs takes for granted where its hours follow from its tokens."""
    if training is None or training.gpu is None or training.hours is not None:
        return
    for field, why in (("method", "the cheapest that is common"), ("packed", "samples share a sequence")):
        if field not in training.model_fields_set:
            yield Assumption(f"{name}.{field}", getattr(training, field), why)


def _of_variants(name: str, scenario: Scenario, prices: Prices) -> Iterator[Assumption]:
    for model in models_of(name, scenario.architectures):
        try:
            price = prices.price(model, scenario.start)
        except LlmcostError:
            continue
        others = [variant for variant in price.variants if variant != price.variant]
        if others:
            why = f"also published: {', '.join(others)} (type {model.partition('@')[0]}@{others[0]})"
            yield Assumption(f"{price.model} price", price.variant, why)


def warnings(
    scenario: Scenario, names: Iterable[str], charges: Iterable[Charge], prices: Prices, as_of: date
) -> list[Warning]:
    """Stale prices, undated ones under an early `--as-of`, retirements, doubtful rates, ranges at a bound."""
    found: dict[tuple[str, str], Warning] = {}
    names, charges = list(names), list(charges)

    def say(code: str, message: str) -> None:
        found.setdefault((code, message), Warning(code, message))

    for charge in charges:
        for factor in charge.factors:
            _price_age(charge, factor, as_of, say)
    last = month_after(scenario.start, scenario.horizon_months) - timedelta(days=1)
    called = _called(names, scenario)
    for warning in (
        *reads_without_writes(scenario, called, charges, prices),
        *logged_below_the_minimum(scenario, called, prices),
    ):
        say(warning.code, warning.message)
    for model in called:
        gone = prices.retirement(model)
        if gone is not None and gone.retires_on <= last and prices.unreplaced(model, last) is None:
            say("retirement", f"{model} retires on {gone.retires_on}; its successor is billed from then on")
    for code, message in machine_warnings(scenario, names, charges, prices):
        say(code, message)
    for path, uncertain in ranges_in(scenario):
        _bound(path, uncertain, say)
    return list(found.values())


def _price_age(charge: Charge, factor: Factor, as_of: date, say: Any) -> None:
    if factor.source is None or factor.origin not in ("catalog", "assumed"):
        return
    age = factor.source.age_in_days(as_of)
    day, which = factor.source.dated
    what = f"{charge.group}: {factor.name}"
    if age is None:
        say("undated_price", f"{what} stands on no dated check")
    elif age > STALE_AFTER_DAYS:
        say("stale_price", f"{what} was {which} on {day}, {age} days before {as_of}")
    elif age < 0 and not factor.rule:
        say("undated_price", f"{what} has no known start date; its first record is of {day}, after {as_of}")


def _bound(path: str, uncertain: Range, say: Any) -> None:
    if uncertain.linear and uncertain.shape == "default" and uncertain.scale not in ("signed", "change"):
        say("range_at_bound", f"{path} touches a bound and is read on the linear scale, clipped there")
