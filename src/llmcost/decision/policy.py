"""Which architecture serves which task type: the cheapest combination that passes every gate.

Fixed costs are shared: two segments on one fleet pay for it once, and its GPUs come whole. What is
paid by the request is not, and neither is quality: a combination's is the sum over its segments.
So combinations are ruled out by what they cost at least, and the rest is priced exactly (placement.py).
"""

import math
from typing import Any, NamedTuple

from llmcost.architectures.fleets import fleets_of
from llmcost.architectures.prices import Prices
from llmcost.architectures.routed import Routed
from llmcost.arithmetic import is_zero
from llmcost.decision.placement import Choice, Found, Option, Shared, placed
from llmcost.economics.gates import Gates, gates_of
from llmcost.economics.horizon import estimate, months_of, need_workload, traffic
from llmcost.economics.quality_kept import Evidence, model_quality, quality_kept, quality_of
from llmcost.economics.routing import single_models
from llmcost.economics.segments import segment_alone
from llmcost.errors import InputError
from llmcost.estimate import Charge, Estimate
from llmcost.quantity import at_middle
from llmcost.scenario import Scenario
from llmcost.workload import Segment

BY_VOLUME = ("requests_per_month", "lots_per_month")
NOT_OF_A_SEGMENT = ("max_monthly_cost", "payback_within_months")
WHOLE = "all requests"
_NAME = "policy"


class Placed(NamedTuple):
    """One segment: where it goes, why, and what would move it."""

    name: str
    architecture: str
    monthly_cost: float
    reason: str
    moved_by: str
    failed: dict[str, str]


class Policy(NamedTuple):
    """The result of `policy`. `proven`: every better combination was ruled out."""

    segments: list[Placed]
    monthly_cost: float
    total_cost: float
    horizon_months: int
    proven: bool
    combinations: int
    shared_charges: list[Charge]


class _Options(NamedTuple):
    """The architectures that may serve one segment, and why the others may not."""

    allowed: list[str]
    failed: dict[str, str]
    ways: dict[str, Option]
    alone: dict[str, Estimate]


def policy(scenario: Scenario, catalog: Any) -> Policy:
    """The best assignment of segments to architectures, at the middle of every range.

    Beside the architectures every model that they call may serve a segment on its own.

    Raises InputError where a segment has no architecture that passes its gates.
    """
    need_workload(scenario, "policy")
    point = at_middle(scenario)
    if not point.segments:
        point = _with_one_segment(point)
    if not point.architectures:
        raise InputError(
            "there is nothing to choose from",
            where="architectures",
            hint="add architectures: {NAME: {kind: api, model: MODEL}}",
        )
    prices = Prices(catalog, point.prices, point.successors)
    singles: dict[str, Any] = dict(single_models(point.architectures, point.architectures))
    if point.requirements.min_quality_kept is not None:  # what nobody named may not slip in unmeasured
        singles = {name: body for name, body in singles.items() if _measured(name, point)}
    point = point.model_copy(update={"architectures": {**point.architectures, **singles}})
    options = {name: _options(name, segment, point, prices) for name, segment in point.segments.items()}
    for name, some in options.items():
        if not some.allowed:
            reasons = "; ".join(f"{architecture}: {why}" for architecture, why in some.failed.items())
            raise InputError(
                f"no architecture may serve segment {name!r}: {reasons}",
                where=f"segments.{name}",
                hint="relax the requirement, or add an architecture that meets it",
            )
    found, assignment = _best(point, prices, options)
    chosen = _combined(assignment, point, prices)
    segments = [_placed(name, assignment, chosen, point, prices, options) for name in point.segments]
    shared = [c for c in chosen.charges if c.cadence == "one_time" or c.factors[0].name not in BY_VOLUME]
    costs = (chosen.monthly_cost or 0.0, chosen.total_cost or 0.0)
    return Policy(segments, *costs, point.horizon_months, found.proven, found.priced, shared)


def _measured(model: str, point: Scenario) -> bool:
    everywhere = model_quality(model, point.quality) is not None
    return everywhere or all(model_quality(model, s.quality) is not None for s in point.segments.values())


def _with_one_segment(point: Scenario) -> Scenario:
    workload = point.workload
    if workload is None or not workload.requests_known:
        raise InputError(
            "policy places requests, and the workload gives only tokens a month",
            where="workload",
            hint="give requests_per_month, input_tokens and output_tokens",
        )
    whole = Segment(share=1.0, input_tokens=workload.input_tokens, output_tokens=workload.output_tokens)
    parts = [part._replace(segment=WHOLE) for part in point.measured]
    return point.measured_by(parts).model_copy(update={"segments": {WHOLE: whole}})


def _options(name: str, segment: Segment, point: Scenario, prices: Prices) -> _Options:
    alone = segment_alone(name, segment, point)
    found = _Options([], {}, {}, {})
    for architecture, body in point.architectures.items():
        by_segment = getattr(body, "by_segment", None)
        if by_segment is not None:
            continue  # it is a policy of its own
        own = estimate(architecture, alone, prices)
        gates: Gates = gates_of(architecture, alone, prices, own, quality_kept(architecture, alone), None)
        hard = [each for each in gates.failed if each.requirement not in NOT_OF_A_SEGMENT]
        if hard:
            found.failed[architecture] = f"{hard[0].requirement} ({hard[0].reason})"
        elif own.total_cost is None:
            found.failed[architecture] = own.unknown_because
        else:
            found.allowed.append(architecture)
            found.ways[architecture] = _option(architecture, name, alone, point, prices, own)
            found.alone[architecture] = own
    return found


def _option(architecture: str, name: str, alone: Scenario, point: Scenario, prices: Prices, own: Estimate) -> Option:
    """What an architecture costs a segment whatever serves the others, and what it shares with them, at the least."""
    fills = _fills(architecture, alone, prices)
    apart = 0.0
    shared: dict[str, Shared] = {}
    for charge in own.charges:
        cost = charge.cost * (point.horizon_months if charge.cadence == "monthly" else 1)
        if charge.cadence == "monthly" and charge.factors[0].name in BY_VOLUME:
            apart += cost
        elif cost > 0:  # of a fleet at least one replica: beside shorter requests a replica serves more of them
            replicas = [factor.value for factor in charge.factors if factor.name == "replicas"]
            part = cost * fills.get(charge.group, 0.0) if replicas else 0.0
            before = shared.get(charge.group, Shared(0.0, 0.0))
            shared[charge.group] = Shared(before.least + cost / max(1.0, *replicas, 1.0), before.part + part)
    quality = Evidence(point).quality(architecture, _NAME, name)
    share = point.segments[name].share
    return Option(architecture, apart, None if quality is None else share * quality, shared)


def _fills(architecture: str, alone: Scenario, prices: Prices) -> dict[str, float]:
    """The least part of each fleet that its load fills, of measured ones: their loads add up, whole GPUs do not."""
    found: dict[str, float] = {}
    for month in months_of(alone, prices):
        for behind in fleets_of(architecture, alone.architectures, traffic(alone, month), month):
            if behind.served.throughput is None or is_zero(behind.live):
                continue
            fleet = behind.served.fleet(behind.name, behind.answered, month, behind.live)
            load = sum(stream.requests for stream in behind.answered) / behind.live / fleet.requests_per_replica_month
            fill = load / fleet.replicas.value if fleet.replicas.value else 0.0
            found[behind.name] = min(fill, found.get(behind.name, math.inf))
    return found


def _combined(assignment: dict[str, str], point: Scenario, prices: Prices) -> Estimate:
    """The exact cost of one assignment: a router by segment over the chosen architectures."""
    routed = Routed(by_segment=dict(assignment))
    tree = point.model_copy(update={"architectures": {**point.architectures, _NAME: routed}})
    return estimate(_NAME, tree, prices)


def _best(point: Scenario, prices: Prices, options: dict[str, _Options]) -> tuple[Found, dict[str, str]]:
    """The cheapest combination that is allowed. Raises InputError where none was found."""
    required = point.requirements
    base = quality_of(point.baseline, point) if point.baseline else None
    needed = None
    if required.min_quality_kept is not None and base:
        needed = required.min_quality_kept * base - 1e-9  # what rounding lets through is refused by its exact quality

    def assignment(choice: Choice) -> dict[str, str]:
        return {name: options[name].allowed[i] for name, i in zip(options, choice, strict=True)}

    def price(choice: Choice) -> float | None:
        chosen = assignment(choice)
        if _too_poor(chosen, point):
            return None
        own = _combined(chosen, point, prices)
        return None if _over_budget(own, required.max_monthly_cost) else own.total_cost

    limit = math.inf if required.max_monthly_cost is None else required.max_monthly_cost * point.horizon_months
    found = placed([[o.ways[a] for a in o.allowed] for o in options.values()], needed, limit * (1 + 1e-9), price)
    if found.choice is not None:
        return found, assignment(found.choice)
    if found.proven:
        raise InputError(
            "no combination stays within the budget and keeps the required quality",
            where="requirements",
            hint="relax max_monthly_cost or min_quality_kept, or add another architecture",
        )
    raise InputError(
        f"none of the {found.priced:,} likeliest combinations stays within the budget and keeps the required quality; "
        "the others were not priced",
        where="requirements",
        hint="relax max_monthly_cost or min_quality_kept, or leave out architectures that are no candidates",
    )


def _too_poor(assignment: dict[str, str], point: Scenario) -> bool:
    """Whether the combination is known to keep less quality than the scenario requires."""
    required = point.requirements.min_quality_kept
    if required is None:
        return False
    routed = Routed(by_segment=dict(assignment))
    kept = quality_kept(_NAME, point.model_copy(update={"architectures": {**point.architectures, _NAME: routed}}))
    return kept is not None and kept < required - 1e-12


def _over_budget(own: Estimate, limit: float | None) -> bool:
    return limit is not None and any(m.cost is not None and m.cost > limit * (1 + 1e-12) for m in own.months)


def _placed(
    name: str,
    assignment: dict[str, str],
    chosen: Estimate,
    point: Scenario,
    prices: Prices,
    options: dict[str, _Options],
) -> Placed:
    """Why a segment is where it is, and the nearest thing that would move it."""
    here = assignment[name]
    own = options[name]
    months = point.horizon_months
    others = []
    for architecture in own.allowed:
        if architecture != here:
            moved = _combined({**assignment, name: architecture}, point, prices)
            if moved.total_cost is None or _over_budget(moved, point.requirements.max_monthly_cost):
                continue
            if not _too_poor({**assignment, name: architecture}, point):
                others.append(((moved.total_cost - (chosen.total_cost or 0.0)) / months, architecture))
    others.sort()
    alone = own.alone[here].monthly_cost or 0.0
    if len(own.allowed) == 1:
        reason = f"{here} is the only architecture that passes its gates"
    else:
        reason = f"{here} is the cheapest of {len(own.allowed)} that pass its gates, with shared costs counted once"
    if own.failed:
        reason += "; not " + ", ".join(f"{a}: {why}" for a, why in list(own.failed.items())[:2])
    if quality_kept(here, segment_alone(name, point.segments[name], point)) is None:
        reason += "; its quality is not known, so measure it first"
    if others:
        gap, rival = others[0]
        moved_by = f"{rival} is next, ${gap:,.0f} a month dearer: that much of a change would move it"
    else:
        moved_by = "only another architecture that passes its gates, or a lower requirement, would move it"
    segment = point.segments[name]
    if segment.sensitivity == "restricted":
        moved_by += "; so would a data agreement with a hosted API"
    return Placed(name, here, alone, reason + ".", moved_by + ".", own.failed)
