"""Laws of ranges: what is uncertain stays so, no more and no less, and never depends on chance."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from command_line import Call, run_all
from hypothesis import given, settings
from hypothesis import strategies as st
from sample import as_text, sample, uncertain_sample
from worked import mean_between

from llmcost import Sampling, compare, load_catalog, scenario_from
from llmcost.economics.comparison import Compared, Comparison
from llmcost.economics.uncertainty import Figure
from llmcost.render.json import plain

FIGURES = ("one_time_cost", "monthly_cost", "total_cost", "cost_per_mtok", "saving", "quality_kept")


FEW = 1024  # draws, where the law does not depend on how many there are


def compared(written: dict[str, Any], seed: int = 0, samples: int = 4096) -> dict[str, Compared]:
    found: Comparison = compare(scenario_from(written), load_catalog(), Sampling(samples, seed))
    return {each.name: each for each in found.architectures}


def one_price(output: Any) -> dict[str, Any]:
    """A scenario whose one uncertain input is a price, in which every figure is monotone."""
    return {
        "start": "2026-12",
        "workload": {"requests_per_month": "1M", "input_tokens": 1000, "output_tokens": 200},
        "prices": {"m": {"input_per_mtok": 1, "output_per_mtok": output}},
        "architectures": {"x": {"kind": "api", "model": "m", "build": {"set-up": 100}}},
    }


def width(figure: Figure) -> float:
    assert figure.spread is not None
    low, _, high = figure.spread
    assert low is not None and high is not None
    return high - low


def ends(low: float, times: float) -> list[float]:
    return [low, low * times]


LOWS = st.floats(0.01, 100)
TIMES = st.floats(1.01, 30)


@given(LOWS, TIMES)
def test_the_median_of_a_monotone_function_is_the_function_of_the_median(low: float, times: float) -> None:
    """With one uncertain input P5, median and P95 are the figure at the input's low, mid and high."""
    figure = compared(one_price(ends(low, times)))["x"].total_cost
    assert figure.spread is not None
    at = [compared(one_price(price))["x"].total_cost.value for price in (low, (low * low * times) ** 0.5, low * times)]
    assert list(figure.spread) == pytest.approx(at, abs=5e-3 * width(figure))


@given(LOWS, TIMES)
def test_the_figure_is_the_expected_value(low: float, times: float) -> None:
    """The cost is linear in its one uncertain price, so its mean is the cost at the price's mean."""
    figure = compared(one_price(ends(low, times)))["x"].total_cost
    expected = 12 * (1000 + 200 * mean_between(low, low * times)) + 100
    assert figure.value == pytest.approx(expected, abs=1e-3 * width(figure), rel=1e-9)


@given(LOWS, TIMES)
def test_a_range_of_zero_width_is_its_number(low: float, times: float) -> None:
    """[5, 5] gives the very document that 5 gives."""
    number = plain(compare(scenario_from(one_price(low)), load_catalog()))
    assert plain(compare(scenario_from(one_price([low, low])), load_catalog())) == number
    assert plain(compare(scenario_from(one_price({"low": low, "high": low})), load_catalog())) == number


@settings(max_examples=25)
@given(LOWS, TIMES, st.floats(1.0, 3.0))
def test_a_wider_input_never_narrows_the_output(low: float, times: float, wider: float) -> None:
    """Widening an input around its median widens the spread and the bounds of every output, or leaves them."""
    narrow = sample({"prices": {"strong": {"output_per_mtok": ends(low, times)}}})
    wide = sample({"prices": {"strong": {"output_per_mtok": ends(low / wider, times * wider * wider)}}})
    before, after = compared(narrow, samples=FEW), compared(wide, samples=FEW)
    for name, each in before.items():
        for field in FIGURES:
            inner, outer = getattr(each, field), getattr(after[name], field)
            if inner.spread is None or None in inner.spread:
                continue
            slack = 1e-9 * max(map(abs, (*outer.bounds, *inner.bounds)))
            assert width(outer) >= width(inner) - slack, (name, field)
            assert outer.bounds[0] <= inner.bounds[0] + slack, (name, field)
            assert outer.bounds[1] >= inner.bounds[1] - slack, (name, field)


@settings(max_examples=25)
@given(LOWS, TIMES, st.integers(0, 5))
def test_the_extremes_contain_the_spread(low: float, times: float, seed: int) -> None:
    """The bounds of a monotone output lie at or beyond its P5 and P95 when several inputs are uncertain."""
    changes = {
        "prices": {"strong": {"output_per_mtok": ends(low, times)}, "cheap": {"input_per_mtok": "0.2..0.9"}},
        "workload": {"requests_per_month": "0.5M..2M"},
    }
    for name, each in compared(sample(changes), seed, FEW).items():
        for field in ("total_cost", "monthly_cost", "one_time_cost"):
            figure = getattr(each, field)
            if not figure.monotone:
                continue
            slack = 2e-3 * width(figure) + 1e-9 * abs(figure.value)
            assert figure.bounds[0] <= figure.spread[0] + slack, (name, field)
            assert figure.bounds[1] >= figure.spread[2] - slack, (name, field)
            assert figure.bounds[0] <= figure.value + slack
            assert figure.value <= figure.bounds[1] + slack


@given(LOWS, TIMES)
def test_a_quantity_used_twice_is_one_quantity(low: float, times: float) -> None:
    """Two architectures that read the same uncertain inputs differ by nothing: x − x = 0."""
    twice = one_price(ends(low, times))
    twice["workload"]["requests_per_month"] = "0.5M..2M"
    twice["architectures"] = {name: {"kind": "api", "model": "m"} for name in ("x", "y")}
    each = compared(twice)["y"]
    for figure in (each.saving, each.net_present_value):
        assert figure == Figure(0.0, (0.0, 0.0, 0.0), (0.0, 0.0), figure.bounds_at, True, 0.0)


@settings(max_examples=15)
@given(LOWS, TIMES)
def test_a_figure_that_reads_no_range_has_no_spread(low: float, times: float) -> None:
    """An architecture that reads none of the uncertain inputs is as certain as before."""
    changes = {"prices": {"tuned": {"output_per_mtok": ends(low, times)}}}
    before, after = compared(sample()), compared(sample(changes), samples=FEW)
    for name in ("frontier", "routed", "cascade", "own"):
        figure = after[name].total_cost
        assert figure.value == before[name].total_cost.value
        assert figure.spread is None or set(figure.spread) == {figure.value}


def shuffled(tree: Any, random: Any) -> Any:
    """The same mappings in another order of keys; lists keep theirs."""
    if isinstance(tree, dict):
        keys = list(tree)
        random.shuffle(keys)
        return {key: shuffled(tree[key], random) for key in keys}
    return [shuffled(item, random) for item in tree] if isinstance(tree, list) else tree


@settings(max_examples=10)
@given(st.randoms(use_true_random=False))
def test_the_order_of_keys_changes_nothing(random: Any) -> None:
    """A scenario with its keys in another order gives every figure as before."""
    before, after = compared(uncertain_sample()), compared(shuffled(uncertain_sample(), random))
    assert set(before) == set(after)
    for name, each in before.items():
        other = after[name]
        for field in (*FIGURES, "payback_month", "net_present_value"):
            ours, theirs = getattr(each, field), getattr(other, field)
            for own, another in ((ours.spread, theirs.spread), (ours.bounds, theirs.bounds)):
                assert (own is None) == (another is None), (name, field)
                if own is not None and None not in own:
                    assert another == pytest.approx(own, rel=1e-9, abs=1e-6), (name, field)
        assert each.chance_cheapest == pytest.approx(other.chance_cheapest, abs=1e-3)


@settings(max_examples=10)
@given(st.integers(1, 10_000))
def test_another_seed_moves_the_draws_and_hardly_the_answer(seed: int) -> None:
    """--seed changes the draws; every median stays within 0.5 % of the P5-P95 width."""
    before, after = compared(uncertain_sample()), compared(uncertain_sample(), seed)
    moved = False
    for name, each in before.items():
        for field in ("total_cost", "one_time_cost", "saving"):
            ours, theirs = getattr(each, field), getattr(after[name], field)
            if ours.spread is None or width(ours) == 0:
                continue
            moved = moved or ours.spread != theirs.spread
            assert abs(ours.value - theirs.value) <= 0.005 * width(ours), (name, field)
    assert moved


def test_the_command_line_prints_the_same_bytes_for_the_same_seed() -> None:
    """Two runs print the same bytes, and another seed other ones."""
    text = as_text(uncertain_sample())
    calls = {str(n): Call(("compare", "-", "-f", "json", "--seed", str(n // 2)), text) for n in range(4)}
    outs = [run.out for run in run_all(calls).values()]
    assert outs[0] == outs[1]
    assert outs[2] == outs[3]
    assert outs[0] != outs[2]
    first, second = (json.loads(out)["result"]["architectures"] for out in (outs[0], outs[2]))
    for one, other in zip(first, second, strict=True):
        assert one["total_cost_bounds"] == other["total_cost_bounds"]
        apart = 6 * (one.get("total_cost_error", 0) ** 2 + other.get("total_cost_error", 0) ** 2) ** 0.5
        assert one["total_cost"] == pytest.approx(other["total_cost"], abs=apart)


def test_the_spread_of_a_sum_is_narrower_than_its_corners() -> None:
    """Adding four ranges up gives a P5-P95 well inside the sum of the low and of the high ends."""
    written = {
        "start": "2026-12",
        "architectures": {
            "t": {
                "kind": "fine_tuned",
                "build": {
                    "training": "30k..80k",
                    "data": "15k..50k",
                    "engineering": "40k..80k",
                    "evaluation": "5k..10k",
                },
                "monthly": {"hosting": "8k..20k", "monitoring": "2k..5k"},
            }
        },
    }
    figure = compared(written)["t"].total_cost
    assert figure.bounds == (210_000, 520_000)
    assert figure.spread is not None and figure.spread[0] is not None and figure.spread[2] is not None
    assert 210_000 * 1.1 < figure.spread[0] < figure.spread[2] < 520_000 * 0.9
    assert figure.bounds_at is not None
    assert figure.bounds_at[0] < 0.01
    assert figure.bounds_at[1] > 0.99


@pytest.mark.parametrize("covers", [0.8, 0.9])
def test_a_range_may_cover_80_or_90_percent(covers: float) -> None:
    """What a range means moves the spread and with it the mean, not the median and not the bounds."""
    scenario = scenario_from(one_price([1, 4]))
    found = compare(scenario, load_catalog(), Sampling(covers=covers)).architectures[0].total_cost
    at = [12 * (1000 + 200 * price) + 100 for price in (1, 2, 4)]
    assert found.bounds == pytest.approx((at[0], at[2]))
    assert found.spread is not None and found.spread[0] is not None
    assert found.spread[1] == pytest.approx(at[1], rel=1e-3)
    quantile = {0.8: 1.2815515655446004, 0.9: 1.6448536269514722}[covers]
    mean = 2 * math.exp((math.log(4 / 1) / (2 * quantile)) ** 2 / 2)
    assert found.value == pytest.approx(12 * (1000 + 200 * mean) + 100, rel=1e-5)
    inside = found.spread[0] < at[0] - 1
    assert inside == (covers == 0.8)
