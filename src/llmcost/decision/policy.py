"""Which architecture serves which task type: the cheapest combination known to meet every requirement.

Fixed costs are shared: two segments on one fleet pay for it once, and its GPUs come whole. So the
combinations are enumerated, each priced exactly; a lower bound (what is paid by the token) ends
the enumeration early without losing the best one. Where ranges stand in the scenario the enumeration is at the
expected inputs, and the best few are held against each other by their expected costs: the choice of `compare`.
"""

import math
from heapq import nsmallest
from itertools import product
from typing import Any, NamedTuple

from llmcost.architectures.prices import Prices
from llmcost.architectures.routed import Routed
from llmcost.decision.flips import token_cost
from llmcost.economics.choice import Choice, choose
from llmcost.economics.comparison import Details, breached_by, compare_in_detail, options_of
from llmcost.economics.gates import gates_of
from llmcost.economics.horizon import estimate, need_workload
from llmcost.economics.quality_kept import model_quality, quality_kept, segment_quality_kept
from llmcost.economics.routing import single_models
from llmcost.economics.segments import segment_alone
from llmcost.economics.uncertainty import Sampling
from llmcost.errors import InputError
from llmcost.estimate import Charge, Estimate
from llmcost.scenario import Scenario
from llmcost.workload import Segment

MOST_PRICED = 5000  # combinations priced exactly; beyond it the result is said to be unproven
FINALISTS = 6  # that are held against each other by their expected costs
BY_VOLUME = ("requests_per_month", "lots_per_month")
NOT_OF_A_SEGMENT = ("max_monthly_cost", "payback_within_months")
WHOLE = "all requests"
_NAME = "policy"


class Placed(NamedTuple):
    """One segment: where it goes (None: nowhere that is known to do), why, and what would move it."""

    name: str
    architecture: str | None
    monthly_cost: float | None
    reason: str
    moved_by: str
    failed: dict[str, str]


class Policy(NamedTuple):
    """The result of `policy`. `proven`: every better combination was ruled out.

    Without segments the choice is that of `compare`. `breached` says why nothing can be chosen.
    """

    segments: list[Placed]
    monthly_cost: float | None
    total_cost: float | None
    horizon_months: int
    proven: bool
    combinations: int
    shared_charges: list[Charge]
    choice: Choice
    breached: list[str]
    sentence: str


class _Options(NamedTuple):
    """The architectures that may serve one segment, and why the others may not."""

    allowed: list[str]
    failed: dict[str, str]
    floor: dict[str, float]  # USD by the token over the horizon, at least
    alone: dict[str, Estimate]


def policy(scenario: Scenario, catalog: Any, sampling: Sampling | None = None) -> Policy:
    """The best assignment of segments to architectures, by expected cost.

    Beside the architectures every model that they call may serve a segment on its own.

    Raises InputError without a workload or an architecture.
    """
    need_workload(scenario, "policy")
    if not scenario.architectures:
        raise InputError(
            "there is nothing to choose from",
            where="architectures",
            hint="add architectures: {NAME: {kind: api, model: MODEL}}",
        )
    if not scenario.segments:
        return _whole(scenario, catalog, sampling)
    required = scenario.requirements.min_quality_kept is not None
    required = required or any(segment.min_quality_kept is not None for segment in scenario.segments.values())
    singles: dict[str, Any] = dict(single_models(scenario.architectures, scenario.architectures))
    if required:  # what nobody named may not slip in unmeasured
        singles = {name: body for name, body in singles.items() if _measured(name, scenario)}
    wide = scenario.model_copy(update={"architectures": {**scenario.architectures, **singles}})
    details = compare_in_detail(wide, catalog, sampling)
    point, prices = details.point, details.prices
    options = {name: _options(name, segment, point, prices) for name, segment in point.segments.items()}
    closed = {name: found for name, found in options.items() if not found.allowed}
    if closed:
        return _nowhere(details, options, closed)
    ways, proven, tried = _best(point, prices, options)
    finalists = {f"{_NAME} {place}": Routed(by_segment=dict(way)) for place, way in enumerate(ways, start=1)}
    final = compare_in_detail(
        wide.model_copy(update={"architectures": {**wide.architectures, **finalists}}), catalog, sampling
    )
    among = [
        each for each in options_of(final.outcome, final.estimates, final.gates, final.point) if each.name in finalists
    ]
    choice = choose(among, final.point)
    if choice.architecture is None:
        return _none(choice, details, options, tried)
    assignment = ways[list(finalists).index(choice.architecture)]
    own = final.estimates[choice.architecture]
    placed = [_placed(name, assignment, own, final.point, final.prices, options) for name in point.segments]
    shared = [c for c in own.charges if c.cadence == "one_time" or c.factors[0].name not in BY_VOLUME]
    proven = proven and (not final.outcome.ranges or tried <= FINALISTS)
    where = ", ".join(f"{name} to {target}" for name, target in assignment.items())
    one = details.comparison
    sentence = f"{where}: ${own.total_cost or 0.0:,.0f} over {one.horizon_months} months."
    if one.cheapest is not None and len(set(assignment.values())) > 1:
        whole = details.estimates[one.cheapest].total_cost or 0.0
        sentence += f" One architecture for all of them would be {one.cheapest}, ${whole:,.0f}."
    choice = choice._replace(
        architecture=None if len(set(assignment.values())) > 1 else next(iter(assignment.values()))
    )
    return Policy(
        placed, own.monthly_cost, own.total_cost, one.horizon_months, proven, tried, shared, choice, [], sentence
    )


def _whole(scenario: Scenario, catalog: Any, sampling: Sampling | None) -> Policy:
    """Without segments there is one combination an architecture: the choice of `compare`."""
    workload = scenario.workload
    if workload is None or not workload.requests_known:
        raise InputError(
            "policy places requests, and the workload gives only tokens a month",
            where="workload",
            hint="give requests_per_month, input_tokens and output_tokens",
        )
    details = compare_in_detail(scenario, catalog, sampling)
    comparison, choice = details.comparison, details.comparison.choice
    allowed = [name for name in details.estimates if name not in choice.reasons]
    options = {WHOLE: _Options(allowed, dict(choice.reasons), {}, {})}
    if choice.architecture is None:
        return _none(choice, details, options, len(details.estimates))
    chosen = choice.architecture
    own = details.estimates[chosen]
    others = sorted((details.estimates[name].present_value or 0.0, name) for name in allowed if name != chosen)
    gap = None
    if others:
        gap = ((others[0][0] - (own.present_value or 0.0)) / comparison.horizon_months, others[0][1])
    kept = details.outcome.figures[chosen, "quality_kept"].value
    placed = Placed(
        WHOLE, chosen, own.monthly_cost, _reason(chosen, options[WHOLE], kept), _moved_by(gap), dict(choice.reasons)
    )
    shared = [c for c in own.charges if c.cadence == "one_time" or c.factors[0].name not in BY_VOLUME]
    months, tried = comparison.horizon_months, len(details.estimates)
    return Policy(
        [placed], own.monthly_cost, own.total_cost, months, True, tried, shared, choice, [], comparison.sentence
    )


def _none(choice: Choice, details: Details, options: dict[str, _Options], tried: int) -> Policy:
    """Nothing that is known to meet every requirement."""
    placed = [Placed(name, None, None, choice.sentence, "", found.failed) for name, found in options.items()]
    months = details.comparison.horizon_months
    return Policy(placed, None, None, months, True, tried, [], choice, breached_by(choice), choice.sentence)


def _nowhere(details: Details, options: dict[str, _Options], closed: dict[str, _Options]) -> Policy:
    """A segment that no architecture is known to serve as required."""
    found = _none(details.comparison.choice, details, options, 0)
    why = [
        f"segment {name!r}: {architecture}: {reason}"
        for name, each in closed.items()
        for architecture, reason in each.failed.items()
    ]
    sentence = f"No architecture is known to serve {', '.join(map(repr, closed))} as required."
    placed = [each._replace(reason=sentence) for each in found.segments]
    choice = found.choice._replace(architecture=None, sentence=sentence)
    return found._replace(segments=placed, choice=choice, breached=[sentence, *why], sentence=sentence)


def _measured(model: str, point: Scenario) -> bool:
    everywhere = model_quality(model, point.quality) is not None
    return everywhere or all(model_quality(model, s.quality) is not None for s in point.segments.values())


def _options(name: str, segment: Segment, point: Scenario, prices: Prices) -> _Options:
    alone = segment_alone(name, segment, point)
    found = _Options([], {}, {}, {})
    for architecture, body in point.architectures.items():
        by_segment = getattr(body, "by_segment", None)
        if by_segment is not None:
            continue  # it is a policy of its own
        own = estimate(architecture, alone, prices)
        gates = gates_of(architecture, alone, prices, own, quality_kept(architecture, alone), None)
        hard = [
            each
            for each in (*gates.failed, *gates.of("unknown"))
            if each.requirement.rpartition(".")[2] not in NOT_OF_A_SEGMENT
        ]
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


def _best(point: Scenario, prices: Prices, options: dict[str, _Options]) -> tuple[list[dict[str, str]], bool, int]:
    """The cheapest few combinations at the expected inputs, whether no other can be cheaper, and how many were priced."""
    names = list(options)
    ways = [
        (sum(options[n].floor[a] for n, a in zip(names, chosen, strict=True)), chosen)
        for chosen in product(*(options[n].allowed for n in names))
    ]
    ways.sort()
    discounted = point.discount_rate != 0  # a floor in undiscounted dollars proves nothing then
    found: list[tuple[float, int, dict[str, str]]] = []
    proven = True
    for tried, (floor, chosen) in enumerate(ways):
        if tried >= MOST_PRICED:
            proven = False
            break
        known = nsmallest(FINALISTS, found)
        if len(known) == FINALISTS and floor >= known[-1][0] and not discounted:
            break
        assignment = dict(zip(names, chosen, strict=True))
        own = _combined(assignment, point, prices)
        if own.present_value is not None:
            beyond = _over_budget(own, point.requirements.max_monthly_cost) or _too_poor(assignment, point)
            found.append((own.present_value + (math.inf if beyond else 0.0), tried, assignment))
    return [assignment for _, _, assignment in nsmallest(FINALISTS, found)], proven, len(found)


def _too_poor(assignment: dict[str, str], point: Scenario) -> bool:
    """Whether the combination keeps less quality than the scenario requires, or it is not known."""
    required = point.requirements.min_quality_kept
    if required is None:
        return False
    routed = Routed(by_segment=dict(assignment))
    kept = quality_kept(_NAME, point.model_copy(update={"architectures": {**point.architectures, _NAME: routed}}))
    return kept is None or kept < required - 1e-12


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
    now = _combined(assignment, point, prices).present_value or 0.0
    others = []
    for architecture in own.allowed:
        if architecture != here:
            moved = _combined({**assignment, name: architecture}, point, prices)
            if moved.present_value is None or _over_budget(moved, point.requirements.max_monthly_cost):
                continue
            if not _too_poor({**assignment, name: architecture}, point):
                others.append(((moved.present_value - now) / months, architecture))
    others.sort()
    moved_by = _moved_by(others[0] if others else None)
    if point.segments[name].sensitivity == "restricted":
        moved_by = moved_by.removesuffix(".") + "; so would a data agreement with a hosted API."
    kept = segment_quality_kept(here, point, name)
    alone = own.alone[here].monthly_cost
    return Placed(name, here, alone, _reason(here, own, kept), moved_by, own.failed)


def _reason(here: str, own: _Options, kept: float | None) -> str:
    if len(own.allowed) == 1:
        reason = f"{here} is the only architecture known to meet what is required"
    else:
        reason = f"{here} is the cheapest of the {len(own.allowed)} that qualify, shared costs counted once"
    if own.failed:
        reason += "; not " + ", ".join(f"{a}: {why}" for a, why in list(own.failed.items())[:2])
    if kept is None:
        reason += "; its quality is not known, so measure it first"
    return reason + "."


def _moved_by(nearest: tuple[float, str] | None) -> str:
    if nearest is None:
        return "only another architecture that qualifies, or a lower requirement, would move it."
    gap, rival = nearest
    return f"{rival} is next, ${gap:,.0f} a month dearer: that much of a change would move it."
