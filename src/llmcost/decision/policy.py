"""Which architecture serves which task type: the cheapest combination known to meet every requirement.

Fixed costs are shared: two segments on one fleet pay for it once, and its GPUs come whole. Where nothing is shared and
nothing limits all segments together, each takes its cheapest. Else a mixed-integer programme assigns them, whose
coefficients come from the estimates (coefficients.py, assignment.py). Where ranges stand in the scenario it is solved
at the expected inputs, and what is nearest to its answer is held against it by expected costs: the choice of `compare`.
"""

from typing import Any, NamedTuple

from llmcost.architectures.prices import Prices
from llmcost.architectures.routed import Routed
from llmcost.decision.assignment import Assignment, assign, conflicting
from llmcost.decision.coefficients import programme_of
from llmcost.decision.programme import Limits, Programme
from llmcost.economics.choice import Choice, choose
from llmcost.economics.comparison import Details, breached_by, compare_in_detail, options_of
from llmcost.economics.gates import gates_of
from llmcost.economics.horizon import estimate, need_workload
from llmcost.economics.quality_kept import Evidence, model_quality, quality_kept, quality_of, segment_quality_kept
from llmcost.economics.segments import segment_alone
from llmcost.economics.single_models import single_models
from llmcost.economics.uncertainty import Sampling
from llmcost.errors import InputError
from llmcost.estimate import Charge, Estimate
from llmcost.scenario import Scenario
from llmcost.wording import number_of
from llmcost.workload import Segment

FINALISTS = 6  # policies that are held against each other by their expected costs
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
    """The result of `policy`. No policy within the limits costs less than `bound` (USD); `gap` = (cost − bound) ÷ cost.

    `proven`: none is cheaper, to within the solver's tolerance. With ranges the bound is one at the expected inputs,
    of which nothing is proven for the expected cost: then both are None. Without segments the choice is that of `compare`. `breached` says why nothing can be chosen.
    """

    segments: list[Placed]
    monthly_cost: float | None
    total_cost: float | None
    horizon_months: int
    proven: bool
    bound: float | None
    gap: float | None
    shared_charges: list[Charge]
    choice: Choice
    breached: list[str]
    sentence: str


class _Options(NamedTuple):
    """The architectures that may serve one segment, and why the others may not."""

    allowed: list[str]
    failed: dict[str, str]
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
    found = _best(point, prices, options)
    ways = found.ways if details.outcome.ranges else found.ways[:1]
    finalists = {f"{_NAME} {place}": Routed(by_segment=dict(way)) for place, way in enumerate(ways, start=1)}
    final = compare_in_detail(
        wide.model_copy(update={"architectures": {**wide.architectures, **finalists}}), catalog, sampling
    )
    among = [
        each for each in options_of(final.outcome, final.estimates, final.gates, final.point) if each.name in finalists
    ]
    choice = choose(among, final.point)
    if choice.architecture is None:
        return _without(_none(choice, details, options), found)
    assignment = ways[list(finalists).index(choice.architecture)]
    own = final.estimates[choice.architecture]
    placed = [_placed(name, assignment, own, final.point, final.prices, options) for name in point.segments]
    shared = [c for c in own.charges if c.cadence == "one_time" or c.factors[0].name not in BY_VOLUME]
    solved = found.solved if not final.outcome.ranges else None
    bound, gap = (None, None) if solved is None else (solved.bound, solved.gap)
    proven = solved is not None and solved.finished
    where = ", ".join(f"{name} to {target}" for name, target in assignment.items())
    one = details.comparison
    sentence = f"{where}: ${own.total_cost or 0.0:,.0f} over {number_of('month', one.horizon_months)}."
    if one.cheapest is not None and len(set(assignment.values())) > 1:
        whole = details.estimates[one.cheapest].total_cost or 0.0
        sentence += f" One architecture for all of them would be {one.cheapest}, ${whole:,.0f}."
    choice = choice._replace(
        architecture=None if len(set(assignment.values())) > 1 else next(iter(assignment.values()))
    )
    costs = (own.monthly_cost, own.total_cost, one.horizon_months)
    return Policy(placed, *costs, proven, bound, gap, shared, choice, [], sentence)


def _without(nothing: Policy, found: "_Found") -> Policy:
    """No policy: said with the limits that contradict one another, or that none was found within the search."""
    if found.against:
        limits = " and ".join(found.against)
        sentence = f"No policy meets {limits}{' together' if len(found.against) > 1 else ''}."
    elif found.solved is not None and found.solved.shares is None:
        sentence = f"No policy within the limits was found in {found.solved.nodes:,} steps; that is no proof."
        nothing = nothing._replace(proven=False)
    else:
        return nothing
    choice = nothing.choice._replace(sentence=sentence)
    return nothing._replace(sentence=sentence, choice=choice, breached=[sentence, *nothing.breached[1:]])


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
    options = {WHOLE: _Options(allowed, dict(choice.reasons), {})}
    if choice.architecture is None:
        return _none(choice, details, options)
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
    costs = (own.monthly_cost, own.total_cost, comparison.horizon_months)
    return Policy([placed], *costs, True, own.present_value, 0.0, shared, choice, [], comparison.sentence)


def _none(choice: Choice, details: Details, options: dict[str, _Options]) -> Policy:
    """Nothing that is known to meet every requirement."""
    placed = [Placed(name, None, None, choice.sentence, "", found.failed) for name, found in options.items()]
    months = details.comparison.horizon_months
    return Policy(placed, None, None, months, True, None, None, [], choice, breached_by(choice), choice.sentence)


def _nowhere(details: Details, options: dict[str, _Options], closed: dict[str, _Options]) -> Policy:
    """A segment that no architecture is known to serve as required."""
    found = _none(details.comparison.choice, details, options)
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
    found = _Options([], {}, {})
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
            found.alone[architecture] = own
    return found


def _combined(assignment: dict[str, str], point: Scenario, prices: Prices) -> Estimate:
    """The exact cost of one assignment: a router by segment over the chosen architectures."""
    routed = Routed(by_segment=dict(assignment))
    tree = point.model_copy(update={"architectures": {**point.architectures, _NAME: routed}})
    return estimate(_NAME, tree, prices)


class _Found(NamedTuple):
    """Policies to be held against each other, the programme's own first; what it proved; limits that contradict."""

    ways: list[dict[str, str]]
    solved: Assignment | None
    against: list[str]


def _best(point: Scenario, prices: Prices, options: dict[str, _Options]) -> _Found:
    """The cheapest assignment at the expected inputs that keeps to the limits, and those nearest to it."""
    programme = _programme(point, prices, options)
    if _separable(programme):
        best = {name: min(own.allowed, key=lambda a: _cost(own.alone[a])) for name, own in options.items()}
        cost = sum(_cost(options[name].alone[chosen]) for name, chosen in best.items())
        return _Found(_near(best, programme), Assignment({}, cost, cost, 0.0, True, False, 0, {}), [])
    solved = assign(programme)
    if solved.shares is not None:
        return _Found(_near(_whole_ones(solved), programme), solved, [])
    without = assign(programme._replace(limits=Limits()))
    return _Found([_whole_ones(without)], solved, conflicting(programme) if solved.infeasible else [])


def _cost(own: Estimate) -> float:
    return float(own.present_value or 0.0)


def _whole_ones(solved: Assignment) -> dict[str, str]:
    return {name: next(iter(shares)) for name, shares in (solved.shares or {}).items()}


def _near(best: dict[str, str], programme: Programme) -> list[dict[str, str]]:
    """The assignment, and of those that move one segment the ones that cost the least."""
    moved: list[tuple[float, int, dict[str, str]]] = []
    for segment, own in zip(programme.segments, programme.options, strict=True):
        for option in own:
            if option.architecture != best[segment]:
                way = {**best, segment: option.architecture}
                moved.append((programme.cost_of(way), len(moved), way))
    return [best, *(way for _, _, way in sorted(moved)[: FINALISTS - 1])]


def _programme(point: Scenario, prices: Prices, options: dict[str, _Options]) -> Programme:
    required = point.requirements
    base = quality_of(point.baseline, point) if point.baseline else None
    evidence = Evidence(point)
    kept: dict[tuple[str, str], float | None] = {}
    for name, own in options.items():
        for architecture in own.allowed:
            quality = evidence.quality(architecture, _NAME, name)
            kept[name, architecture] = None if quality is None or not base else float(quality) / float(base)
    alone = {name: segment_alone(name, segment, point) for name, segment in point.segments.items()}
    weights = {name: float(segment.share) for name, segment in point.segments.items()}
    limits = Limits(required.max_monthly_cost, required.min_quality_kept)
    return programme_of(alone, {n: o.allowed for n, o in options.items()}, weights, kept, prices, limits)


def _separable(programme: Programme) -> bool:
    """Whether no segment's choice touches another's: nothing limits them together, and no two may share a cost."""
    if any(limit is not None for limit in programme.limits):
        return False
    users: dict[str, int] = {}
    for own in programme.options:
        for shared in {*(use for o in own for use in o.uses), *(fleet for o in own for fleet in o.loads)}:
            users[shared] = users.get(shared, 0) + 1
    return all(count < 2 for count in users.values())


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
