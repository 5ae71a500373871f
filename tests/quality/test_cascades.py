"""Cascades with a verifier: cases worked out by hand, and what holds of every one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from worked import Case, cases, check, name_of

import llmcost
from llmcost.architectures.cascade import Cascade, quality_bounds
from llmcost.architectures.patterns import patterns_of_pair

SHARES = st.just(0.0) | st.floats(1e-30, 1)


@pytest.mark.parametrize("case", cases("cascade"), ids=name_of)
def test_cascade(case: Case) -> None:
    """Cost, quality, break-even and parity of a cascade follow from its verifier."""
    check(case)


def cascade(accept: float, reject: float, stages: int = 2) -> Cascade:
    verifier = {"false_accept": accept, "false_reject": reject, "usd_per_request": 0}
    names = [f"m{i}" for i in range(stages)]
    return Cascade.model_validate({"kind": "cascade", "stages": names, "verifier": verifier})


@given(SHARES, SHARES, SHARES, SHARES, SHARES)
def test_the_bound_holds_every_joint_table(a: float, b: float, place: float, accept: float, reject: float) -> None:
    """Whatever p10 may be, the quality lies within the bound."""
    low, high = max(0.0, a - b), min(a, 1 - b)
    p10 = low + place * (high - low)
    found = cascade(accept, reject)
    ends = quality_bounds(found, a, b)
    quality = found.cascade_quality(patterns_of_pair(a, b, p10))
    assert ends[0] - 1e-12 <= quality <= ends[1] + 1e-12


@given(st.lists(st.integers(0, 100), min_size=8, max_size=8).filter(any))
def test_a_verifier_without_errors_is_right_wherever_any_stage_is(weights: list[int]) -> None:
    """Three stages with perfect verifiers reach the oracle: 1 − P(nobody is right)."""
    shares = {f"{i:03b}": weight / sum(weights) for i, weight in enumerate(weights)}
    found = cascade(0, 0, stages=3)
    assert found.cascade_quality(shares) == pytest.approx(1 - shares["000"])
    assert found.reach(shares, 1) == pytest.approx(sum(s for p, s in shares.items() if p[0] == "0"))


@given(SHARES, SHARES, SHARES)
def test_at_its_parity_rate_a_cascade_is_as_good_as_the_strong_model(p10: float, p01: float, reject: float) -> None:
    """α* = (1 − β)·p10 ÷ p01 makes the quality Q_strong."""
    total = 1 + p10 + p01
    table = {"11": 0.7 / total, "10": p10 / total, "01": p01 / total, "00": 0.3 / total}
    if p01 < 1e-3 or (1 - reject) * p10 > p01:
        return
    found = cascade((1 - reject) * p10 / p01, reject)
    assert found.cascade_quality(table) == pytest.approx(table["11"] + table["01"])


def test_ranges_go_through_a_cascade() -> None:
    """Uncertain error rates spread cost and quality; the point is the middle."""
    written: dict[str, Any] = {
        "start": "2026-12",
        "workload": {"requests_per_month": "1M", "input_tokens": 1000, "output_tokens": 200},
        "prices": {"a": {"input_per_mtok": 1, "output_per_mtok": 1}, "b": {"input_per_mtok": 5, "output_per_mtok": 25}},
        "quality": {"b": 0.9},
        "baseline": "all-b",
        "architectures": {
            "all-b": {"kind": "api", "model": "b"},
            "x": {
                "kind": "cascade",
                "stages": ["a", "b"],
                "joint": {"p11": "70%..74%", "p10": "8%", "p01": "18%", "p00": "2%"},
                "verifier": {"false_accept": "5%..15%", "false_reject": "5%..20%", "usd_per_request": "0..0.001"},
            },
        },
    }
    result = llmcost.compare(llmcost.scenario_from(written), llmcost.load_catalog())
    found = next(each for each in result.architectures if each.name == "x")
    for figure in (found.total_cost, found.quality_kept):
        assert figure.spread is not None and figure.spread[0] is not None and figure.spread[2] is not None
        assert figure.spread[0] < figure.spread[2]
    assert found.cascade is not None and found.cascade.acceptance.spread is not None


def test_outcomes_fill_a_scenario(tmp_path: Any) -> None:
    """`quality: FILE` gives qualities, and a cascade its joint table."""
    rows = ["query_id,a_score,b_score", *(f"{i},{int(i < 6)},{int(i != 1)}" for i in range(10))]
    (tmp_path / "outcomes.csv").write_text("\n".join(rows) + "\n")
    text = """
start: 2026-12
workload: {requests_per_month: 1M, input_tokens: 1000, output_tokens: 200}
prices: {a: {input_per_mtok: 1, output_per_mtok: 1}, b: {input_per_mtok: 5, output_per_mtok: 25}}
quality: outcomes.csv
baseline: all-b
architectures:
  all-b: {kind: api, model: b}
  x: {kind: cascade, stages: [a, b], verifier: {false_accept: 10%, false_reject: 20%, usd_per_request: 0}}
  mix: {kind: routed, mix: {a: 50%, b: 50%}}
"""
    (tmp_path / "scenario.yaml").write_text(text)
    result = llmcost.compare(llmcost.load_scenario(str(tmp_path / "scenario.yaml")), llmcost.load_catalog())
    kept = {each.name: each.quality_kept.value for each in result.architectures}
    # a 0.6, b 0.9; p11 0.5, p10 0.1, p01 0.4
    assert kept["x"] == pytest.approx((0.8 * 0.6 + 0.2 * 0.5 + 0.9 * 0.4) / 0.9)
    assert kept["mix"] == pytest.approx(0.75 / 0.9)
