"""The extremes of an output lie where they lie: at any corner of the ranges, between them, or never."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost.economics.uncertainty import Figure, evaluated
from llmcost.quantity import Range

SIZES = st.floats(0.1, 10)
RANGES = st.tuples(SIZES, st.floats(1.1, 8)).map(lambda pair: Range(pair[0], pair[0] * pair[1]))
COEFFICIENTS = st.floats(-5, 5)


def figure(inputs: Mapping[str, Range], formula: Any) -> Figure:
    return evaluated(dict(inputs), lambda tree: {"out": formula(tree)}).figures["out"]


@given(st.lists(RANGES, min_size=2, max_size=6), st.data())
def test_a_product_of_differences_is_extreme_at_a_corner(ranges: list[Range], data: st.DataObject) -> None:
    """(x₁ + c₁)·(x₂ + c₂)·…: which end of one input raises it depends on where the others are."""
    shifts = data.draw(st.lists(COEFFICIENTS, min_size=len(ranges), max_size=len(ranges)))
    inputs = {f"x{i}": each for i, each in enumerate(ranges)}

    def product(values: Mapping[str, Any]) -> Any:
        return math.prod((values[f"x{i}"] + shift for i, shift in enumerate(shifts)), start=1.0)

    found = figure(inputs, product).bounds
    corners = [
        product({f"x{i}": each.high if at >> i & 1 else each.low for i, each in enumerate(ranges)})
        for at in range(1 << len(ranges))
    ]
    assert found is not None
    assert found == pytest.approx((min(corners), max(corners)), rel=1e-9, abs=1e-12)


@given(st.integers(10, 40), st.data())
def test_a_sum_of_many_is_extreme_where_each_of_them_is(count: int, data: st.DataObject) -> None:
    ranges = data.draw(st.lists(RANGES, min_size=count, max_size=count))
    signs = data.draw(st.lists(st.sampled_from((-1.0, 1.0)), min_size=count, max_size=count))
    inputs = {f"x{i:02}": each for i, each in enumerate(ranges)}
    found = figure(inputs, lambda values: sum(sign * values[f"x{i:02}"] for i, sign in enumerate(signs))).bounds
    ends = [sorted((sign * each.low, sign * each.high)) for each, sign in zip(ranges, signs, strict=True)]
    assert found == pytest.approx((sum(low for low, _ in ends), sum(high for _, high in ends)), rel=1e-9)


def test_whole_units_cost_most_right_after_a_new_one() -> None:
    """A unit for 10 of 10..20 at 2 each: 0.2 a piece with either end full, and nearly 0.4 with one more than 10."""
    found = figure({"pieces": Range(10.0, 20.0)}, lambda at: np.ceil(at["pieces"] / 10) * 2 / at["pieces"])
    assert found.bounds is not None
    assert found.bounds[0] == pytest.approx(2 / 10)
    assert found.bounds[1] == pytest.approx(2 * 2 / 10, rel=0.01)
    assert not found.monotone


@pytest.mark.parametrize("horizon", [20.0, 24.0, 30.0, 39.0])
def test_a_range_of_which_a_part_is_never_is_a_range(horizon: float) -> None:
    """100..400 at 10 a month: month 10 to 40, of which what lies beyond the horizon is never."""

    def month(at: Mapping[str, Any]) -> Any:
        months = at["build"] / 10
        return np.where(months <= horizon, months, math.inf)

    found = figure({"build": Range(100.0, 400.0)}, month)
    assert found.bounds == (pytest.approx(100 / 10), None)
    assert found.spread is not None
    assert found.spread[0] is not None and found.spread[2] is None
