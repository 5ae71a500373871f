"""Which architecture serves which task type: the cheapest combination that passes every gate.

Fixed costs are shared: two segments on one fleet pay for it once, and its GPUs come whole. So the
combinations are enumerated, each priced exactly; a lower bound (what is paid by the token) ends
the enumeration early without losing the best one.
"""

import math
from itertools import product
from typing import Any, NamedTuple

from llmcost.architectures.prices import Prices
from llmcost.architectures.routed import Routed
from llmcost.decision.flips import token_cost
from llmcost.economics.gates import Gates, gates_of
from llmcost.economics.horizon import estimate, need_workload
from llmcost.economics.quality_kept import model_quality, quality_kept
from llmcost.economics.routing import single_models
from llmcost.economics.segments import segment_alone
from llmcost.errors import InputError
from llmcost.estimate import Charge, Estimate
from llmcost.quantity import at_middle
from llmcost.scenario import Scenario
from llmcost.workload import Segment

MOST_PRICED = 5000  # combinations priced exactly; beyond it the result is said to be unproven
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
    floor: dict[str, float]  # USD by the token over the horizon, at least
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
    for name, found in options.items():
        if not found.allowed:
            reasons = "; ".join(f"{architecture}: {why}" for architecture, why in found.failed.items())
            raise InputError(
                f"no architecture may serve segment {name!r}: {reasons}",
                where=f"segments.{name}",
                hint="relax the requirement, or add an architecture that meets it",
            )
    best, proven, tried = _best(point, prices, options)
    assignment, chosen = best
    placed = [_placed(name, assignment, chosen, point, prices, options) for name in point.segments]
    shared = [c for c in chosen.charges if c.cadence == "one_time" or c.factors[0].name not in BY_VOLUME]
    return Policy(
        placed, chosen.monthly_cost or 0.0, chosen.total_cost or 0.0, point.horizon_months, proven, tried, shared
    )


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
            found.floor[architecture] = token_cost(own)
            found.alone[architecture] = own
    return found


def _combined(assignment: dict[str, str], point: Scenario, prices: Prices) -> Estimate:
    """The exact cost of one assignment: a router by segment over the chosen architectures."""
    routed = Routed(by_segment=dict(assignment))
    tree = point.model_copy(update={"architectures": {**point.architectures, _NAME: routed}})
    return estimate(_NAME, tree, prices)


def _best(
    point: Scenario, prices: Prices, options: dict[str, _Options]
) -> tuple[tuple[dict[str, str], Estimate], bool, int]:
    names = list(options)
    ways = [
        (sum(options[n].floor[a] for n, a in zip(names, chosen, strict=True)), chosen)
        for chosen in product(*(options[n].allowed for n in names))
    ]
    ways.sort()
    limit = point.requirements.max_monthly_cost
    best: tuple[dict[str, str], Estimate] | None = None
    tried = 0
    proven = True
    for floor, chosen in ways:
        if best is not None and floor >= (best[1].total_cost or math.inf):
            break
        if tried >= MOST_PRICED:
            proven = False
            break
        tried += 1
        assignment = dict(zip(names, chosen, strict=True))
        own = _combined(assignment, point, prices)
        if own.total_cost is None or _over_budget(own, limit) or _too_poor(assignment, point):
            continue
        if best is None or own.total_cost < (best[1].total_cost or math.inf):
            best = (assignment, own)
    if best is None:
        raise InputError(
            "no combination stays within the budget and keeps the required quality",
            where="requirements",
            hint="relax max_monthly_cost or min_quality_kept, or add another architecture",
        )
    return best, proven, tried


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
