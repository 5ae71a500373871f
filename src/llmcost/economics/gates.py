"""Gates: requirements that an architecture meets or fails. No price can buy a failed gate.

A gate without data goes to `unknown` and fails nobody. A composite passes only if every target,
stage and fallback does (docs/methods/decision.md).
"""

from datetime import timedelta
from typing import NamedTuple

from llmcost.architectures.flow import architecture_of, models_of
from llmcost.architectures.prices import Prices
from llmcost.architectures.routed import Routed
from llmcost.arithmetic import Number
from llmcost.economics.places import Place, places, places_of_one
from llmcost.economics.quality_kept import quality_kept_bound
from llmcost.estimate import Estimate
from llmcost.scenario import Requirements, Scenario, month_after


class Gate(NamedTuple):
    """One requirement, and in a sentence why it is failed or cannot be judged."""

    gate: str
    reason: str


class Gates(NamedTuple):
    """The failed and the unknown gates of one architecture."""

    failed: list[Gate]
    unknown: list[Gate]

    @property
    def feasible(self) -> bool:
        """Whether nothing is failed; an unknown gate fails nobody."""
        return not self.failed


def gates_of(
    name: str, scenario: Scenario, prices: Prices, estimate: Estimate, kept: float | None, payback: float | None
) -> Gates:
    """All gates of an architecture. `payback` is the month, infinity for never, None for unknown."""
    failed: list[Gate] = []
    unknown: list[Gate] = []
    required = scenario.requirements
    where = places(name, scenario)
    failed += _location_gates(required, where)
    _residency(required, where, failed, unknown)
    _restricted(name, scenario, failed)
    _retirements(name, scenario, prices, failed)
    for field in ("p99_latency_ms", "first_token_ms", "token_ms"):
        _latency(field, name, scenario, prices, failed, unknown)
    _devices(name, scenario, prices, failed)
    if required.min_quality_kept is not None:
        bound = None if kept is not None else quality_kept_bound(name, scenario)
        if bound is not None:
            _bounded(*bound, required.min_quality_kept, failed, unknown)
        elif kept is None:
            unknown.append(Gate("min_quality_kept", "its quality is not known"))
        elif keeps_too_little(kept, required):
            failed.append(Gate("min_quality_kept", f"keeps {kept:.1%} of {required.min_quality_kept:.1%} required"))
    _budget(required, estimate, failed)
    _payback(name, scenario, payback, failed)
    return Gates(failed, unknown)


def _location_gates(required: Requirements, where: list[Place]) -> list[Gate]:
    failed = []
    outside = [place for place in where if place.location not in ("own", "edge")]
    if required.air_gapped and outside:
        failed.append(
            Gate("air_gapped", f"{_parts(outside)} would be called outside the network ({outside[0].location})")
        )
    not_edge = [place for place in where if place.location != "edge"]
    if required.edge and not_edge:
        failed.append(Gate("edge", f"{_parts(not_edge)} does not run on the device"))
    gpus = [place for place in where if place.gpus]
    if required.gpu_operations is False and gpus:
        failed.append(Gate("gpu_operations", f"{_parts(gpus)} runs on GPUs and the team cannot operate them"))
    return failed


def _parts(where: list[Place]) -> str:
    return ", ".join(dict.fromkeys(place.part for place in where))


def _residency(required: Requirements, where: list[Place], failed: list[Gate], unknown: list[Gate]) -> None:
    if not required.residency:
        return
    allowed = {region.lower() for region in required.residency}
    outside, unstated = [], []
    for place in where:
        if place.location in ("own", "edge"):
            continue
        if place.region is None:
            unstated.append(place)
        elif not any(place.region.lower() == a or place.region.lower().startswith(f"{a}-") for a in allowed):
            outside.append(place)
    wanted = ", ".join(required.residency)
    if outside:
        failed.append(Gate("residency", f"{_parts(outside)} runs in {outside[0].region}, not in {wanted}"))
    elif unstated:
        unknown.append(Gate("residency", f"no region is stated for {_parts(unstated)} (required: {wanted})"))


def _restricted(name: str, scenario: Scenario, failed: list[Gate]) -> None:
    for segment, body in scenario.segments.items():
        if body.sensitivity != "restricted":
            continue
        seen: list[Place] = []
        _reached_by_segment(name, segment, scenario, seen)
        outside = [place for place in seen if place.location not in ("own", "edge") and not place.agreement]
        if outside:
            reason = f"restricted segment {segment!r} reaches {_parts(outside)} without a data agreement"
            failed.append(Gate("restricted_data", reason))
            return


def _reached_by_segment(name: str, segment: str, scenario: Scenario, seen: list[Place]) -> None:
    architecture = scenario.architectures[name]
    targets = architecture.targets()
    if isinstance(architecture, Routed) and architecture.by_segment is not None:
        target = architecture.by_segment.get(segment, {})
        targets = [target] if isinstance(target, str) else list(target)
    inner = [t for t in targets if architecture_of(t, name, scenario.architectures) is not None]
    reached = set(targets)
    for place in places_of_one(name, architecture, scenario):
        if place.part == name or place.part in reached:
            seen.append(place)
    for target in inner:
        _reached_by_segment(target, segment, scenario, seen)


def _retirements(name: str, scenario: Scenario, prices: Prices, failed: list[Gate]) -> None:
    last_day = month_after(scenario.start, scenario.horizon_months) - timedelta(days=1)
    for model in models_of(name, scenario.architectures):
        gone = prices.unreplaced(model, last_day)
        if gone is not None:
            failed.append(Gate("retirement", f"{model} retires on {gone.retires_on} and no successor is named"))


def _latency(
    field: str, name: str, scenario: Scenario, prices: Prices, failed: list[Gate], unknown: list[Gate]
) -> None:
    limit = getattr(scenario.requirements, field)
    if limit is None:
        return
    from llmcost.economics.latencies import milliseconds, wait_of  # which the model of GPUs comes with

    label = {"p99_latency_ms": "p99 latency", "first_token_ms": "first token"}.get(field, "time a token")
    wait = wait_of(field, name, scenario, prices)
    if wait.total is not None and wait.total > limit:
        failed.append(Gate(field, f"{label} of {milliseconds(wait.total)} is over {limit:g} ms: {wait.words}"))
    elif wait.total is None and wait.least > limit:
        reason = f"{label} is over {limit:g} ms by what is known of it alone: {wait.words}"
        failed.append(Gate(field, reason))
    elif wait.total is None:
        known = f"; known: {wait.words}" if wait.words else ""
        unknown.append(Gate(field, f"no {label} is stated (required: {limit:g} ms){known}"))


def _devices(name: str, scenario: Scenario, prices: Prices, failed: list[Gate]) -> None:
    """Devices are as many as there are: what they cannot serve in the busiest month is not served."""
    bodies = scenario.architectures.values()
    if not any(served is not None and served.edge is not None for served in (body.served_by() for body in bodies)):
        return
    from llmcost.architectures.fleets import fleets_of
    from llmcost.economics.horizon import months_of, traffic

    for month in months_of(scenario, prices):
        for behind in fleets_of(name, scenario.architectures, traffic(scenario, month), month):
            if behind.served.edge is None or not behind.answered:
                continue
            one = behind.served.requests_per_replica_month(behind.answered, month, behind.name)
            asked = sum((stream.requests for stream in behind.answered), 0.0)
            served = behind.served.edge.devices * one
            if asked > served * (1 + 1e-9):
                reason = (
                    f"{behind.name}: {behind.served.edge.devices:,.6g} devices serve {served:,.6g} requests a month"
                )
                failed.append(Gate("capacity", f"{reason} and month {month.number} has {asked:,.6g}"))
                return


def _bounded(low: float, high: float, least: float, failed: list[Gate], unknown: list[Gate]) -> None:
    """A quality that is only a bound: judged where both of its ends agree."""
    between = f"keeps between {low:.1%} and {high:.1%}, a bound, of {least:.1%} required"
    if high < least - 1e-12:
        failed.append(Gate("min_quality_kept", between))
    elif low < least - 1e-12:
        unknown.append(Gate("min_quality_kept", f"{between}; a joint table or outcomes would settle it"))


# Gates that a moved input may turn, each on a number or on an array of them.


def keeps_too_little(kept: Number, required: Requirements) -> bool:
    """Whether a known quality kept is below what is required."""
    return kept < (required.min_quality_kept or 0.0) - 1e-12


def costs_too_much(month_cost: Number, required: Requirements) -> bool:
    """Whether a month costs more than any month may."""
    return required.max_monthly_cost is not None and month_cost > required.max_monthly_cost * (1 + 1e-12)


def pays_back_too_late(payback: Number, required: Requirements) -> bool:
    """Whether the payback month (infinity: never) is after the last that will do."""
    return required.payback_within_months is not None and payback > required.payback_within_months


def _budget(required: Requirements, estimate: Estimate, failed: list[Gate]) -> None:
    for month in estimate.months:
        if month.cost is not None and costs_too_much(month.cost, required):
            reason = f"month {month.month} costs ${month.cost:,.0f}, over ${required.max_monthly_cost:,.0f}"
            failed.append(Gate("max_monthly_cost", reason))
            return


def _payback(name: str, scenario: Scenario, payback: float | None, failed: list[Gate]) -> None:
    limit = scenario.requirements.payback_within_months
    if limit is None or name == scenario.baseline or payback is None:
        return
    if pays_back_too_late(payback, scenario.requirements):
        when = "never pays back within the horizon" if payback == float("inf") else f"pays back in month {payback:g}"
        failed.append(Gate("payback_within_months", f"{when}, not within {limit:g} months"))
