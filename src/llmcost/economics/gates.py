"""Gates: requirements that an architecture meets or fails. No price can buy a failed gate.

A gate without data goes to `unknown` and fails nobody. A composite passes only if every target,
stage and fallback does (design.md, semantics 8).
"""

from typing import Any, NamedTuple

from llmcost.architectures.architecture import Architecture
from llmcost.architectures.cascade import Cascade
from llmcost.architectures.fine_tuned import FineTuned
from llmcost.architectures.flow import architecture_of, models_of, reachable
from llmcost.architectures.prices import Prices
from llmcost.architectures.routed import Routed
from llmcost.architectures.self_hosted import SelfHosted
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


class Place(NamedTuple):
    """Where a part of an architecture runs: `api`, `cloud`, `own` or `edge`, and in which region."""

    part: str
    location: str
    region: str | None
    agreement: bool
    gpus: bool


def places(name: str, scenario: Scenario) -> list[Place]:
    """Every place to which requests of this architecture go."""
    found: list[Place] = []
    for current, architecture in reachable(name, scenario.architectures):
        found += _places_of(current, architecture, scenario)
    return found


def _places_of(name: str, architecture: Architecture, scenario: Scenario) -> list[Place]:
    agreement = bool(architecture.agreement)
    models = [t for t in architecture.targets() if architecture_of(t, name, scenario.architectures) is None]
    for part in (getattr(architecture, "router", None), getattr(architecture, "verifier", None)):
        if part is not None and part.model is not None:
            models.append(part.model)
    location = architecture.location or "api"
    found = [Place(model, location, architecture.region, agreement, False) for model in dict.fromkeys(models)]
    gpu = architecture.gpu if isinstance(architecture, SelfHosted) else None
    on_gpus = gpu is not None
    if isinstance(architecture, FineTuned) and architecture.serving is not None:
        gpu = architecture.serving.gpu
        on_gpus = gpu is not None
    served_here = on_gpus or (isinstance(architecture, FineTuned) and not _managed(architecture))
    if served_here:
        named = gpu is not None and gpu.provider is not None
        location = architecture.location or ("cloud" if named else "own")
        found.append(Place(name, location, architecture.region, agreement, on_gpus))
    return found


def _managed(tuned: FineTuned) -> bool:
    return tuned.serving is not None and tuned.serving.model is not None and tuned.serving.gpu is None


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
    for field in ("p99_latency_ms", "first_token_ms"):
        _latency(field, name, scenario, failed, unknown)
    if required.min_quality_kept is not None:
        if kept is None:
            unknown.append(Gate("min_quality_kept", "its quality is not known"))
        elif kept < required.min_quality_kept - 1e-12:
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
    for place in _places_of(name, architecture, scenario):
        if place.part == name or place.part in reached:
            seen.append(place)
    for target in inner:
        _reached_by_segment(target, segment, scenario, seen)


def _retirements(name: str, scenario: Scenario, prices: Prices, failed: list[Gate]) -> None:
    last_day = month_after(scenario.start, scenario.horizon_months)
    for model in models_of(name, scenario.architectures):
        gone = prices.unreplaced(model, last_day)
        if gone is not None:
            failed.append(Gate("retirement", f"{model} retires on {gone.retires_on} and no successor is named"))


def latency_of(field: str, name: str, scenario: Scenario) -> Any:
    """Milliseconds: as stated, else the slowest target's; in a cascade the stages add up. None: unknown."""
    architecture = scenario.architectures[name]
    stated = getattr(architecture, field)
    if stated is not None:
        return stated
    if not isinstance(architecture, Routed | Cascade):
        return None
    parts: list[Any] = []
    for target in architecture.targets():
        below = architecture_of(target, name, scenario.architectures)
        parts.append(None if below is None else latency_of(field, target, scenario))
    if any(part is None for part in parts) or not parts:
        return None
    return sum(parts) if isinstance(architecture, Cascade) else max(parts)


def _latency(field: str, name: str, scenario: Scenario, failed: list[Gate], unknown: list[Gate]) -> None:
    limit = getattr(scenario.requirements, field)
    if limit is None:
        return
    label = "p99 latency" if field == "p99_latency_ms" else "first token"
    stated = latency_of(field, name, scenario)
    if stated is None:
        unknown.append(Gate(field, f"no {label} is stated (required: {limit:g} ms)"))
    elif stated > limit:
        failed.append(Gate(field, f"{label} of {stated:g} ms is over {limit:g} ms"))


def _budget(required: Requirements, estimate: Estimate, failed: list[Gate]) -> None:
    if required.max_monthly_cost is None:
        return
    for month in estimate.months:
        if month.cost is not None and month.cost > required.max_monthly_cost * (1 + 1e-12):
            reason = f"month {month.month} costs ${month.cost:,.0f}, over ${required.max_monthly_cost:,.0f}"
            failed.append(Gate("max_monthly_cost", reason))
            return


def _payback(name: str, scenario: Scenario, payback: float | None, failed: list[Gate]) -> None:
    limit = scenario.requirements.payback_within_months
    if limit is None or name == scenario.baseline or payback is None:
        return
    if payback > limit:
        when = "never pays back within the horizon" if payback == float("inf") else f"pays back in month {payback:g}"
        failed.append(Gate("payback_within_months", f"{when}, not within {limit:g} months"))
