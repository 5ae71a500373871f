"""Which model, mix or cascade buys how much quality for how much, on a team's own evaluation.

Costs are tokens × the prices of the day. The oracle is a bound that no router reaches; a mix at
random is what every router has to beat (docs/methods/quality.md). Every figure has a 95 % interval
from the paired bootstrap over the queries.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from llmcost.errors import InputError
from llmcost.quality import cascading
from llmcost.quality.bootstrap import ROUNDS, interval
from llmcost.quality.frontier_result import (
    Frontier,
    HullPoint,
    JointTable,
    Metrics,
    MixPoint,
    ModelPoint,
    OraclePoint,
    OutcomeCounts,
    RandomMix,
)
from llmcost.quality.hull import Point, aiq, aiq_by_round, dominated_by_round, dominating, hull
from llmcost.quality.outcomes import Outcomes
from llmcost.quality.sample import Sample, ratio
from llmcost.quality.spending import Spending
from llmcost.quality.sweep import RECOVERED, router_of, sweep

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

MOST_JOINT_TABLES = 15  # of the models' pairs that are shown unasked: those of up to six models
MIX_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


def frontier(
    outcomes: Outcomes,
    spent: Spending,
    *,
    pairs: list[tuple[str, str]] | None = None,
    ends: tuple[str, str] | None = None,
    stages: list[str] | None = None,
    verifiers: list[cascading.VerifierErrors] | None = None,
    carry: Array | None = None,
    router_usd: float = 0.0,
    right_at: float | None = None,
    min_quality_kept: float | None = None,
    recovered: tuple[float, ...] = RECOVERED,
    rounds: int = ROUNDS,
    seed: int = 0,
) -> Frontier:
    """The frontier of paired outcomes (every model answered every query).

    `ends` are the cheap and the strong model (left out: the cheapest, and the best); `pairs` the
    joint tables wanted; `carry` USD that carrying the rejected answers adds, a row a stage.
    Raises InputError for a name that the outcomes lack.
    """
    scores, costs = outcomes.scores, spent.costs
    size = scores.shape[1]
    names = outcomes.models
    quality = scores.mean(axis=1)
    cost = costs.mean(axis=1)
    cheap, strong = ends or ends_of(names, quality, cost)
    at = {name: outcomes.row(name) for name in names}
    for name in (cheap, strong):
        outcomes.row(name)
    sample = Sample(size)
    _model_columns(sample, outcomes, spent, at, strong)
    binary = is_binary(scores)
    wanted = _pairs(names, pairs, cheap, strong) if binary else []
    for first, second in wanted:
        _joint_columns(sample, scores, at, first, second)
    staged = _stages(outcomes, spent, at, stages or [cheap, strong], carry, right_at, binary)
    errors = verifiers or [cascading.VerifierErrors(rate, rate, 0.0, "assumed") for rate in cascading.CURVE]
    if staged is not None:
        cascading.add_columns(sample, staged, errors)
    sample.resample(rounds, seed)

    points = [Point(name, sample.mean(("cost", name)), sample.mean(("quality", name))) for name in names]
    corners = hull(points)
    models = [_model(sample, spent, name, points, corners, cheap, strong) for name in names]
    models.sort(key=lambda each: (each.cost_per_request, -each.quality, each.model))
    routed = None
    if cheap != strong and "router_score" in outcomes.fields:
        pair = [at[cheap], at[strong]]
        router = router_of(outcomes.fields["router_score"][pair])
        if router is not None:
            routed = sweep(router, _keys(outcomes), scores[pair], costs[pair], router_usd, recovered, rounds, seed)
    cascades = cascading.points(sample, staged, errors, cheap, strong) if staged is not None else []
    mix = _random_mix(sample, cheap, strong)
    found = Frontier(
        counts=_counts(outcomes, size),
        cheap=cheap,
        strong=strong,
        models=models,
        joint=[_joint(sample, first, second) for first, second in wanted],
        oracle=_oracle(sample, strong),
        random_mix=mix,
        hull=[_corner(sample, corner) for corner in corners],
        cascades=cascades,
        router=routed,
        metrics=_metrics(sample, points, cheap, strong, routed, recovered),
        cheapest=None,
        rounds=rounds,
        seed=seed,
    )
    if min_quality_kept is not None:
        from llmcost.quality.cheapest import cheapest

        found = found._replace(cheapest=cheapest(found, min_quality_kept))
    return found


def ends_of(names: list[str], quality: Any, cost: Any) -> tuple[str, str]:
    """The cheapest model (of several the better) and the best one (of several the cheaper)."""
    order = range(len(names))
    cheap = min(order, key=lambda i: (cost[i], -quality[i], names[i]))
    strong = min(order, key=lambda i: (-quality[i], cost[i], names[i]))
    return names[cheap], names[strong]


def is_binary(scores: Array) -> bool:
    """Whether every score is 0 or 1: only then is an answer right or wrong."""
    return bool(((scores == 0) | (scores == 1)).all())


def _keys(outcomes: Outcomes) -> list[str]:
    """Ids of the queries, told apart within their task."""
    if outcomes.task_of is None:
        return outcomes.queries
    return [f"{outcomes.tasks[t]}/{q}" for t, q in zip(outcomes.task_of, outcomes.queries, strict=True)]


def _pairs(names: list[str], pairs: list[tuple[str, str]] | None, cheap: str, strong: str) -> list[tuple[str, str]]:
    if pairs is not None:
        return pairs
    every = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    first = [(cheap, strong)] if cheap != strong else []
    if len(every) > MOST_JOINT_TABLES:
        return first
    return first + [pair for pair in every if set(pair) != {cheap, strong}]


def _model_columns(sample: Sample, outcomes: Outcomes, spent: Spending, at: dict[str, int], strong: str) -> None:
    import numpy as np

    scores, costs = outcomes.scores, spent.costs
    best = scores[at[strong]]
    for name, row in at.items():
        sample.add(("quality", name), scores[row].__getitem__)
        sample.add(("cost", name), costs[row].__getitem__)
        sample.add(("worse", name), partial(_below, scores[row], best))
        for field, values in (
            ("recorded", spent.recorded),
            ("input", spent.input_tokens),
            ("output", spent.output_tokens),
        ):
            if values is not None and not np.isnan(values[row]).any():
                sample.add((field, name), values[row].__getitem__)
    sample.add("oracle quality", lambda part: scores[:, part].max(axis=0))
    sample.add(
        "oracle cost",
        lambda part: np.where(scores[:, part] == scores[:, part].max(axis=0), costs[:, part], np.inf).min(axis=0),
    )
    others = [row for name, row in at.items() if name != strong]
    if others:
        sample.add("strong alone", lambda part: best[part] > scores[others, part].max(axis=0))
    else:
        sample.add("strong alone", lambda part: np.ones(part.stop - part.start))


def _below(own: Array, other: Array, part: slice) -> Array:
    found: Array = own[part] < other[part]
    return found


def _joint_columns(sample: Sample, scores: Array, at: dict[str, int], first: str, second: str) -> None:
    a, b = scores[at[first]], scores[at[second]]
    sample.add(("p11", first, second), lambda part: a[part] * b[part])
    sample.add(("p10", first, second), lambda part: a[part] * (1 - b[part]))
    sample.add(("p01", first, second), lambda part: (1 - a[part]) * b[part])
    sample.add(("p00", first, second), lambda part: (1 - a[part]) * (1 - b[part]))


def _stages(
    outcomes: Outcomes,
    spent: Spending,
    at: dict[str, int],
    stages: list[str],
    carry: Array | None,
    right_at: float | None,
    binary: bool,
) -> cascading.Stages | None:
    """What a cascade over these stages reads; None where an answer is neither right nor wrong."""
    import numpy as np

    if len(set(stages)) < 2 or not (binary or right_at is not None):
        return None
    rows = [outcomes.row(name) for name in stages]
    scores = outcomes.scores[rows]
    right = scores if right_at is None else (scores >= right_at).astype(float)
    accepted = None
    if len(stages) == 2 and "accepted" in outcomes.fields:
        own = outcomes.fields["accepted"][rows[0]]
        if not np.isnan(own).any():
            if not ((own == 0) | (own == 1)).all():
                raise InputError(
                    "accepted is neither 0 nor 1 everywhere", where=outcomes.name, hint="give true or false, 1 or 0"
                )
            accepted = own
    extra = np.zeros_like(scores) if carry is None else carry
    return cascading.Stages(stages, scores, right, spent.costs[rows], extra, accepted)


def _rounds(sample: Sample, points: list[Point]) -> tuple[Array, Array]:
    """Costs and qualities of the models in every round of the bootstrap (rounds × models)."""
    costs, qualities = (sample.each_round([(key, each.name) for each in points]) for key in ("cost", "quality"))
    return costs, qualities


def _model(
    sample: Sample,
    spent: Spending,
    name: str,
    points: list[Point],
    corners: list[Point],
    cheap: str,
    strong: str,
) -> ModelPoint:
    own = next(point for point in points if point.name == name)
    by = dominating(own, points)
    quality, quality_interval = sample.of(("quality", name))
    cost, cost_interval = sample.of(("cost", name))
    fields: dict[str, Any] = {}
    for field, key in (
        ("recorded_cost_per_request", "recorded"),
        ("input_tokens", "input"),
        ("output_tokens", "output"),
    ):
        known = (key, name) in sample._columns
        fields[field], fields[f"{field}_interval"] = sample.of((key, name)) if known else (None, None)
    kept, kept_interval = sample.figure(lambda m: ratio(m(("quality", name)), m(("quality", strong))))
    safe, safe_interval = sample.figure(lambda m: 1 - m(("worse", name)))
    base = ("quality", cheap)
    gap, gap_interval = sample.figure(lambda m: ratio(m(("quality", name)) - m(base), m(("quality", strong)) - m(base)))
    times = None
    if by is not None:
        at = [point.name for point in points].index(name)
        times = float(dominated_by_round(*_rounds(sample, points), at).mean())
    return ModelPoint(
        model=name,
        quality=quality,
        quality_interval=quality_interval,
        cost_per_request=cost,
        cost_per_request_interval=cost_interval,
        cost_basis=spent.basis[name],
        recorded_differs_on=spent.differing.get(name),
        quality_kept=kept,
        quality_kept_interval=kept_interval,
        no_harm_rate=safe,
        no_harm_rate_interval=safe_interval,
        performance_gap_recovered=gap,
        performance_gap_recovered_interval=gap_interval,
        on_hull=any(corner.name == name for corner in corners),
        dominated_by=by,
        dominated_in=times,
        **fields,
    )


def _joint(sample: Sample, first: str, second: str) -> JointTable:
    cells: dict[str, Any] = {}
    for cell in ("p11", "p10", "p01", "p00"):
        cells[cell], cells[f"{cell}_interval"] = sample.of((cell, first, second))
    return JointTable(first=first, second=second, **cells)


def _oracle(sample: Sample, strong: str) -> OraclePoint:
    quality, quality_interval = sample.of("oracle quality")
    cost, cost_interval = sample.of("oracle cost")
    share, share_interval = sample.of("strong alone")
    return OraclePoint(
        "an unreachable bound: the best answer to every query, known beforehand",
        quality,
        quality_interval,
        cost,
        cost_interval,
        share,
        share_interval,
    )


def _random_mix(sample: Sample, cheap: str, strong: str) -> RandomMix:
    found = []
    for share in MIX_SHARES:
        quality, quality_interval = sample.figure(partial(_mixed, cheap, strong, share, "quality"))
        cost, cost_interval = sample.figure(partial(_mixed, cheap, strong, share, "cost"))
        kept, kept_interval = sample.figure(partial(_mixed_kept, cheap, strong, share))
        found.append(MixPoint(share, cost or 0.0, cost_interval, quality or 0.0, quality_interval, kept, kept_interval))
    return RandomMix(cheap, strong, found)


def _mixed(cheap: str, strong: str, share: float, field: str, mean: Any) -> Any:
    return (1 - share) * mean((field, cheap)) + share * mean((field, strong))


def _mixed_kept(cheap: str, strong: str, share: float, mean: Any) -> Any:
    return ratio(_mixed(cheap, strong, share, "quality", mean), mean(("quality", strong)))


def _corner(sample: Sample, corner: Point) -> HullPoint:
    return HullPoint(
        corner.name,
        corner.cost,
        sample.of(("cost", corner.name))[1],
        corner.quality,
        sample.of(("quality", corner.name))[1],
    )


def _metrics(
    sample: Sample,
    points: list[Point],
    cheap: str,
    strong: str,
    routed: Any,
    recovered: tuple[float, ...],
) -> Metrics:
    import numpy as np

    area = aiq(points)
    with np.errstate(divide="ignore", invalid="ignore"):
        rounds = aiq_by_round(*_rounds(sample, points)) if area is not None else None
    base, best = ("quality", cheap), ("quality", strong)
    gap, gap_interval = sample.figure(lambda m: m(best) - m(base))
    above, above_interval = sample.figure(lambda m: ratio(m("oracle quality") - m(base), m(best) - m(base)))
    return Metrics(
        aiq=area,
        aiq_interval=None if rounds is None else interval(rounds),
        aiq_definition="area under the non-decreasing convex hull of the models ÷ (c_max − c_min) (arXiv 2403.12031)",
        performance_gap=gap or 0.0,
        performance_gap_interval=gap_interval,
        oracle_performance_gap_recovered=above,
        oracle_performance_gap_recovered_interval=above_interval,
        router_apgr=None if routed is None else routed.apgr,
        router_apgr_interval=None if routed is None else routed.apgr_interval,
        random_mix_apgr=0.5,
        router_cpt=None if routed is None else routed.cpt,
        random_mix_cpt={f"{x:g}": x for x in recovered},
    )


def _counts(outcomes: Outcomes, size: int) -> OutcomeCounts:
    return OutcomeCounts(
        rows=outcomes.rows,
        queries=size,
        models=len(outcomes.models),
        duplicate_rows=outcomes.duplicates,
        dropped_scores=outcomes.dropped,
        rows_set_aside=outcomes.left_out,
    )
