"""Requirements, judged: met, failed, uncertain or unknown, each with its chance. No price can buy a failed one.

What is not known is unknown, never met. A composite meets a requirement only if every target, stage
and fallback does (docs/methods/decision.md).
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal, NamedTuple

from llmcost.architectures.flow import architecture_of, models_of
from llmcost.architectures.prices import Prices
from llmcost.architectures.routed import Routed
from llmcost.arithmetic import Number, is_array
from llmcost.economics.places import Place, places, places_of_one
from llmcost.economics.quality_kept import quality_kept_bound, segment_quality_kept
from llmcost.economics.segments import segment_alone
from llmcost.estimate import Estimate
from llmcost.requirements import Requirements
from llmcost.scenario import Scenario, month_after

Status = Literal["met", "failed", "uncertain", "unknown"]
WORST_FIRST: tuple[Status, ...] = ("failed", "unknown", "uncertain")


class Judged(NamedTuple):
    """One requirement: how an architecture stands to it, the chance that it is met, and why it is not met for sure.

    `chance` is the share of the draws in which it is met, 0 or 1 without ranges; None where it is unknown. `settles`
    says what of it would have to be known, and the value that decides.
    """

    requirement: str
    status: Status
    chance: float | None
    reason: str = ""
    settles: str = ""


class Gates(NamedTuple):
    """Every requirement of one architecture, judged."""

    judged: list[Judged]

    def of(self, status: Status) -> list[Judged]:
        """Those that stand so."""
        return [each for each in self.judged if each.status == status]

    @property
    def failed(self) -> list[Judged]:
        """Those that are failed."""
        return self.of("failed")

    @property
    def standing(self) -> Status:
        """How it stands to all of them: as to the one that it stands worst to."""
        statuses = {each.status for each in self.judged}
        return next((status for status in WORST_FIRST if status in statuses), "met")

    @property
    def feasible(self) -> bool:
        """Whether it is known to meet every one."""
        return self.standing == "met"

    @property
    def possible(self) -> bool:
        """Whether none is failed."""
        return not self.failed


def met_in_draws(
    name: str, tree: Scenario, own: Estimate, kept: Number | None, payback: Number | None
) -> dict[str, Any]:
    """Whether each requirement that rests on figures is met: a truth value, or one a draw. Unknown ones are left out."""
    required = tree.requirements
    found: dict[str, Any] = {}
    if required.min_quality_kept is not None and kept is not None:
        found["min_quality_kept"] = keeps_enough(kept, required.min_quality_kept)
    for label, segment in tree.segments.items():
        if segment.min_quality_kept is not None:
            own_kept = segment_quality_kept(name, tree, label)
            if own_kept is not None:
                found[of_segment(label, "min_quality_kept")] = keeps_enough(own_kept, segment.min_quality_kept)
    costs = [month.cost for month in own.months if month.cost is not None]
    if required.max_monthly_cost is not None and costs:
        within: Any = True
        for cost in costs:
            within = within & (cost <= required.max_monthly_cost * (1 + 1e-12))
        found["max_monthly_cost"] = within
    if required.payback_within_months is not None:
        if name == tree.baseline:
            found["payback_within_months"] = True  # there is nothing to pay back
        elif payback is not None:
            found["payback_within_months"] = payback <= required.payback_within_months
    return found


def keeps_enough(kept: Number, least: Number) -> Any:
    """Whether a known quality kept is as high as required, in each draw."""
    return kept >= least - 1e-12


def of_segment(label: str, requirement: str) -> str:
    """The requirement of one segment by its path in the scenario."""
    return f"segments.{label}.{requirement}"


def chance_of(met: Any) -> float:
    """The share of the draws in which it is met."""
    return float(met.mean()) if is_array(met) else float(met)


def gates_of(
    name: str,
    scenario: Scenario,
    prices: Prices,
    own: Estimate,
    kept: float | None,
    payback: float | None,
    chances: Mapping[str, float] | None = None,
) -> Gates:
    """All requirements of an architecture, judged.

    `kept` and `payback` are its figures (infinity: never within the horizon), `chances` those of the requirements
    that rest on figures; left out, they are judged by the figures alone.
    """
    if chances is None:
        chances = {each: chance_of(met) for each, met in met_in_draws(name, scenario, own, kept, payback).items()}
    required = scenario.requirements
    where = places(name, scenario)
    found = [
        *_locations(required, where),
        *_residency(required, where),
        *_restricted(name, scenario),
        *_retirements(name, scenario, prices),
    ]
    for field in ("p99_latency_ms", "first_token_ms", "token_ms"):
        found += _latency(field, name, scenario, prices)
    found += _devices(name, scenario, prices)
    found += _qualities(name, scenario, kept, chances)
    found += _budget(required, own, chances)
    found += _payback(name, scenario, payback, chances)
    return Gates(found)


def _judged(requirement: str, chance: float, confidence: float, why: str, settles: str = "") -> Judged:
    """By its chance: met, failed or uncertain; `why` says how it stands."""
    if chance >= confidence - 1e-12:
        return Judged(requirement, "met", chance)
    if chance <= 1 - confidence + 1e-12:
        return Judged(requirement, "failed", chance, why, settles)
    return Judged(requirement, "uncertain", chance, f"{why}; met in {chance:.0%} of the draws", settles)


def _certain(requirement: str, failed: str) -> Judged:
    """One that no range reaches: failed for a reason, or met."""
    return Judged(requirement, "failed", 0.0, failed) if failed else Judged(requirement, "met", 1.0)


def _locations(required: Requirements, where: list[Place]) -> list[Judged]:
    found = []
    outside = [place for place in where if place.location not in ("own", "edge")]
    if required.air_gapped:
        why = f"{_parts(outside)} would be called outside the network ({outside[0].location})" if outside else ""
        found.append(_certain("air_gapped", why))
    not_edge = [place for place in where if place.location != "edge"]
    if required.edge:
        found.append(_certain("edge", f"{_parts(not_edge)} does not run on the device" if not_edge else ""))
    gpus = [place for place in where if place.gpus]
    if required.gpu_operations is False:
        why = f"{_parts(gpus)} runs on GPUs and the team cannot operate them" if gpus else ""
        found.append(_certain("gpu_operations", why))
    return found


def _parts(where: list[Place]) -> str:
    return ", ".join(dict.fromkeys(place.part for place in where))


def _residency(required: Requirements, where: list[Place]) -> list[Judged]:
    if not required.residency:
        return []
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
    if unstated and not outside:
        reason = f"no region is stated for {_parts(unstated)} (required: {wanted})"
        return [Judged("residency", "unknown", None, reason, f"{_parts(unstated)} runs in {wanted}: state its region")]
    return [_certain("residency", f"{_parts(outside)} runs in {outside[0].region}, not in {wanted}" if outside else "")]


def _restricted(name: str, scenario: Scenario) -> list[Judged]:
    restricted = [label for label, body in scenario.segments.items() if body.sensitivity == "restricted"]
    for segment in restricted:
        seen: list[Place] = []
        _reached_by_segment(name, segment, scenario, seen)
        outside = [place for place in seen if place.location not in ("own", "edge") and not place.agreement]
        if outside:
            reason = f"restricted segment {segment!r} reaches {_parts(outside)} without a data agreement"
            return [_certain("restricted_data", reason)]
    return [_certain("restricted_data", "")] if restricted else []


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


def _retirements(name: str, scenario: Scenario, prices: Prices) -> list[Judged]:
    last_day = month_after(scenario.start, scenario.horizon_months) - timedelta(days=1)
    found = []
    for model in models_of(name, scenario.architectures):
        gone = prices.unreplaced(model, last_day)
        if gone is not None:
            found.append(_certain("retirement", f"{model} retires on {gone.retires_on} and no successor is named"))
    return found


def _latency(field: str, name: str, scenario: Scenario, prices: Prices) -> list[Judged]:
    """The scenario's limit holds for each segment's own requests, unless the segment states one of its own."""
    limit = getattr(scenario.requirements, field)
    own: dict[str, Any] = {label: getattr(body, field, None) for label, body in scenario.segments.items()}
    requests = scenario.workload is not None and scenario.workload.requests_known
    if not scenario.segments or not requests:
        return [] if limit is None else [_waits(field, field, limit, name, scenario, prices)]
    found = []
    everywhere = []
    for label, body in scenario.segments.items():
        if body.share == 0:
            continue
        alone = segment_alone(label, body, scenario)
        if own[label] is not None:
            found.append(_waits(field, of_segment(label, field), float(own[label]), name, alone, prices))
        elif limit is not None:
            judged = _waits(field, field, limit, name, alone, prices)
            everywhere.append(
                judged._replace(reason=f"segment {label!r}: {judged.reason}") if judged.reason else judged
            )
    if everywhere:
        found.insert(0, min(everywhere, key=lambda each: (*WORST_FIRST, "met").index(each.status)))
    return found


def _waits(field: str, requirement: str, limit: float, name: str, scenario: Scenario, prices: Prices) -> Judged:
    from llmcost.economics.latencies import milliseconds, wait_of  # which the model of GPUs comes with

    label = {"p99_latency_ms": "p99 latency", "first_token_ms": "first token"}.get(field, "time a token")
    wait = wait_of(field, name, scenario, prices)
    if wait.total is not None:
        over = f"{label} of {milliseconds(wait.total)} is over {limit:g} ms: {wait.words}"
        return _certain(requirement, over if wait.total > limit else "")
    if wait.least > limit:
        return _certain(requirement, f"{label} is over {limit:g} ms by what is known of it alone: {wait.words}")
    known = f"; known: {wait.words}" if wait.words else ""
    reason = f"no {label} is stated (required: {limit:g} ms){known}"
    return Judged(requirement, "unknown", None, reason, f"its {label} is {limit:,g} ms at most: measure it")


def _devices(name: str, scenario: Scenario, prices: Prices) -> list[Judged]:
    """Devices are as many as there are: what they cannot serve in the busiest month is not served."""
    bodies = scenario.architectures.values()
    if not any(served is not None and served.edge is not None for served in (body.served_by() for body in bodies)):
        return []
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
                return [_certain("capacity", f"{reason} and month {month.number} has {asked:,.6g}")]
    return []


# ---- requirements on figures ----------------------------------------------------------------------


def _qualities(name: str, scenario: Scenario, kept: float | None, chances: Mapping[str, float]) -> list[Judged]:
    required = scenario.requirements
    found = []
    if required.min_quality_kept is not None:
        bound = None if kept is not None else quality_kept_bound(name, scenario)
        found.append(_quality("min_quality_kept", required.min_quality_kept, kept, bound, chances, required.confidence))
    for label, segment in scenario.segments.items():
        if segment.min_quality_kept is not None:
            least, requirement = segment.min_quality_kept, of_segment(label, "min_quality_kept")
            own = segment_quality_kept(name, scenario, label)
            found.append(_quality(requirement, least, own, None, chances, required.confidence, f" in {label!r}"))
    return found


def _quality(
    requirement: str,
    least: float,
    kept: float | None,
    bound: tuple[float, float] | None,
    chances: Mapping[str, float],
    confidence: float,
    of: str = "",
) -> Judged:
    settles = f"it keeps {least:.1%} of the baseline's quality{of}: measure it"
    if kept is not None and requirement in chances:
        why = f"keeps {kept:.1%} of {least:.1%} required"
        return _judged(requirement, chances[requirement], confidence, why, settles)
    if bound is None:
        return Judged(requirement, "unknown", None, "its quality is not known", settles)
    low, high = bound
    between = f"keeps between {low:.1%} and {high:.1%}, a bound, of {least:.1%} required"
    if not keeps_enough(high, least):
        return Judged(requirement, "failed", 0.0, between)
    if keeps_enough(low, least):
        return Judged(requirement, "met", 1.0)
    return Judged(requirement, "unknown", None, f"{between}; a joint table or outcomes would settle it", settles)


def _budget(required: Requirements, own: Estimate, chances: Mapping[str, float]) -> list[Judged]:
    most = required.max_monthly_cost
    if most is None or "max_monthly_cost" not in chances:
        return []
    costs = [month for month in own.months if month.cost is not None]
    over = [month for month in costs if month.cost is not None and month.cost > most * (1 + 1e-12)]
    shown = over[0] if over else max(costs, key=lambda month: month.cost or 0.0)
    why = f"month {shown.month} costs ${shown.cost:,.0f}" + (f", over ${most:,.0f}" if over else f" of ${most:,.0f}")
    settles = f"no month costs more than ${most:,.0f}"
    return [_judged("max_monthly_cost", chances["max_monthly_cost"], required.confidence, why, settles)]


def _payback(name: str, scenario: Scenario, payback: float | None, chances: Mapping[str, float]) -> list[Judged]:
    limit = scenario.requirements.payback_within_months
    if limit is None or "payback_within_months" not in chances:
        return []
    never = payback is None or payback == float("inf")
    when = "never pays back within the horizon" if never else f"pays back in month {payback:g}"
    why = (
        f"{when}, not within {limit:g} months" if never or (payback or 0.0) > limit else f"{when}, of {limit:g} months"
    )
    settles = f"it pays back within {limit:g} months"
    chance = chances["payback_within_months"]
    return [_judged("payback_within_months", chance, scenario.requirements.confidence, why, settles)]
