"""What holds of every evaluation, whatever its numbers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from evaluations import evaluations
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcost.quality.cascading import VerifierErrors
from llmcost.quality.frontier import frontier
from llmcost.quality.frontier_result import Frontier
from llmcost.quality.hull import Point, aiq, cheapest_blend, hull, quality_at
from llmcost.quality.outcomes import Outcomes
from llmcost.quality.spending import Spending

PERFECT = VerifierErrors(0.0, 0.0, 0.0, "given")
Evaluation = tuple[Outcomes, Spending]
POINTS = st.lists(
    st.tuples(st.integers(1, 60), st.integers(0, 40)).map(lambda each: Point(str(each), each[0] / 10, each[1] / 40)),
    min_size=1,
    max_size=8,
    unique_by=lambda point: point.name,
)


def of(evaluation: Evaluation, **options: object) -> Frontier:
    return frontier(*evaluation, rounds=100, **options)  # type: ignore[arg-type]


@given(evaluations(binary=False))
def test_the_oracle_is_no_worse_than_any_model(evaluation: Evaluation) -> None:
    """Oracle ≥ every model, mix and corner of the hull."""
    found = of(evaluation)
    for each in (*found.models, *found.hull, *found.random_mix.points):
        assert found.oracle.quality >= each.quality - 1e-12


@given(evaluations(), st.floats(0, 1), st.floats(0, 1))
def test_the_oracle_is_no_worse_than_any_cascade(evaluation: Evaluation, accept: float, reject: float) -> None:
    """Oracle ≥ every cascade, and no cascade is worse than nothing."""
    found = of(evaluation, verifiers=[VerifierErrors(accept, reject, 0.0, "given")])
    for each in found.cascades:
        assert each.quality is not None
        assert -1e-12 <= each.quality <= found.oracle.quality + 1e-12


@given(evaluations(models=2))
def test_a_verifier_without_errors_reaches_the_oracle_at_a_higher_cost(evaluation: Evaluation) -> None:
    """A perfect verifier's quality is the oracle's; it pays the cheap model even where it is wrong."""
    found = of(evaluation, stages=["m0", "m1"], verifiers=[PERFECT])
    point = found.cascades[0]
    assert point.quality == pytest.approx(found.oracle.quality)
    assert point.cost_per_request is not None
    assert point.cost_per_request >= found.oracle.cost_per_request - 1e-15
    assert point.no_harm_rate == pytest.approx(1)


@given(evaluations(binary=False))
def test_a_random_mix_is_a_straight_line(evaluation: Evaluation) -> None:
    """Cost and quality of a random mix are linear in its share."""
    points = of(evaluation).random_mix.points
    first, last = points[0], points[-1]
    for each in points:
        s = each.strong_share
        assert each.quality == pytest.approx(first.quality + s * (last.quality - first.quality), abs=1e-12)
        cost = first.cost_per_request + s * (last.cost_per_request - first.cost_per_request)
        assert each.cost_per_request == pytest.approx(cost)


@given(evaluations(binary=False))
def test_aiq_lies_between_the_worst_and_the_best_model(evaluation: Evaluation) -> None:
    """AIQ is a mean of qualities; at equal costs there is none."""
    found = of(evaluation)
    qualities = [each.quality for each in found.models]
    costs = {each.cost_per_request for each in found.models}
    if found.metrics.aiq is None:
        assert len(costs) == 1
    else:
        assert min(qualities) - 1e-9 <= found.metrics.aiq <= max(qualities) + 1e-9


@given(POINTS)
def test_the_hull_lies_above_every_point_and_never_falls(points: list[Point]) -> None:
    corners = hull(points)
    for a, b in pairwise(corners):
        assert a.cost < b.cost
        assert a.quality < b.quality
    slopes = [(b.quality - a.quality) / (b.cost - a.cost) for a, b in pairwise(corners)]
    assert slopes == sorted(slopes, reverse=True)
    for point in points:
        at = quality_at(corners, point.cost)
        assert at is not None
        assert at >= point.quality - 1e-12


@given(POINTS, st.floats(0, 1))
def test_the_cheapest_blend_is_the_hull_read_backwards(points: list[Point], wanted: float) -> None:
    corners = hull(points)
    found = cheapest_blend(corners, wanted)
    if found is None:
        assert corners[-1].quality < wanted
        return
    assert found.quality >= wanted - 1e-9
    at = quality_at(corners, found.cost)
    assert at == pytest.approx(found.quality)
    assert all(point.cost >= found.cost - 1e-9 for point in points if point.quality >= wanted)


@settings(max_examples=20)
@given(POINTS)
def test_aiq_is_the_area_that_a_fine_grid_measures(points: list[Point]) -> None:
    """An integral by the midpoint rule agrees with the trapezoids."""
    area = aiq(points)
    costs = [point.cost for point in points]
    if area is None:
        assert min(costs) == max(costs)
        return
    corners = hull(points)
    width = max(costs) - min(costs)
    grid = min(costs) + (np.arange(4000) + 0.5) / 4000 * width
    assert area == pytest.approx(np.mean([quality_at(corners, cost) for cost in grid]), abs=2e-4)


@settings(max_examples=15)
@given(evaluations(), st.randoms(use_true_random=False))
def test_every_figure_lies_within_its_interval_or_near(evaluation: Evaluation, random: object) -> None:
    """A percentile interval of a mean holds the mean, up to the rounds' own noise."""
    found = of(evaluation)
    for each in found.models:
        assert each.quality_interval is not None
        low, high = each.quality_interval
        assert low - 0.05 <= each.quality <= high + 0.05
