"""Laws of cost that hold whatever the figures are."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws.scenarios import MODELS, mixes, model_prices, scenarios, workloads

from llmcost import load_catalog, scenario_from
from llmcost.architectures.prices import Prices
from llmcost.economics.horizon import estimate
from llmcost.estimate import Estimate


def estimates(written: dict[str, Any]) -> dict[str, Estimate]:
    """The estimate of every architecture."""
    scenario = scenario_from(written)
    prices = Prices(load_catalog(), scenario.prices, scenario.successors)
    return {name: estimate(name, scenario, prices) for name in scenario.architectures}


def total(written: dict[str, Any], name: str) -> float:
    """USD of one architecture over the horizon."""
    found = estimates(written)[name].total_cost
    assert found is not None
    return found


def close(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)


def token_scenario(workload: dict[str, Any], prices: dict[str, Any], **architectures: Any) -> dict[str, Any]:
    return {"start": "2026-12", "workload": workload, "prices": prices, "architectures": architectures}


@given(scenarios())
def test_the_total_is_the_sum_of_the_charges(written: dict[str, Any]) -> None:
    """total = Σ one-time + months × Σ monthly, each charge the product of its factors, and Σ months."""
    months = written["horizon_months"]
    for name, found in estimates(written).items():
        once = math.fsum(
            math.prod(factor.value for factor in charge.factors)
            for charge in found.charges
            if charge.cadence == "one_time"
        )
        monthly = math.fsum(
            math.prod(factor.value for factor in charge.factors)
            for charge in found.charges
            if charge.cadence == "monthly"
        )
        assert found.total_cost is not None and found.monthly_cost is not None
        assert close(found.one_time_cost, once), name
        assert close(found.monthly_cost, monthly), name
        assert close(found.total_cost, once + months * monthly), name
        by_month = [month.cost for month in found.months if month.cost is not None]
        assert len(by_month) == months
        assert close(found.total_cost, once + math.fsum(by_month)), name
        assert found.months[-1].cumulative_cost == pytest.approx(found.total_cost, rel=1e-12)


@given(scenarios(), st.integers(2, 50))
def test_token_prices_are_linear_in_the_requests(written: dict[str, Any], times: int) -> None:
    """So many times the requests cost so many times as much wherever only tokens and requests are paid."""
    more = copy.deepcopy(written)
    more["workload"]["requests_per_month"] *= times
    for name in ("single", "routed", "cascade"):
        assert close(total(more, name), times * total(written, name)), name


@given(workloads(), model_prices())
def test_a_share_of_one_is_the_single_model(workload: dict[str, Any], prices: dict[str, Any]) -> None:
    """A mix with a share of 100 % costs what the model alone does, and a share of 0 % costs nothing."""
    written = token_scenario(
        workload,
        prices,
        alone={"kind": "api", "model": "a"},
        one={"kind": "routed", "mix": {"a": 1}},
        zero={"kind": "routed", "mix": {"a": 1, "b": 0, "c": "rest"}},
    )
    found = estimates(written)
    assert found["one"].total_cost == found["alone"].total_cost
    assert found["zero"].total_cost == found["alone"].total_cost


@given(workloads(), model_prices(), mixes())
def test_a_mix_lies_between_its_models(workload: dict[str, Any], prices: dict[str, Any], mix: dict[str, Any]) -> None:
    """A mix costs no less than its cheapest model and no more than its dearest."""
    singles = {name: {"kind": "api", "model": name} for name in MODELS}
    found = estimates(token_scenario(workload, prices, mixed={"kind": "routed", "mix": mix}, **singles))
    alone = [found[name].total_cost or 0 for name in MODELS]
    mixed = found["mixed"].total_cost or 0
    assert min(alone) * (1 - 1e-9) <= mixed <= max(alone) * (1 + 1e-9)


@given(workloads(), model_prices())
def test_an_escalation_of_none_and_of_all(workload: dict[str, Any], prices: dict[str, Any]) -> None:
    """A cascade that never escalates costs its cheap model, one that always does costs the sum."""
    written = token_scenario(
        workload,
        prices,
        a={"kind": "api", "model": "a"},
        b={"kind": "api", "model": "b"},
        never={"kind": "cascade", "stages": ["a", "b"], "escalation": [0]},
        always={"kind": "cascade", "stages": ["a", "b"], "escalation": [1]},
    )
    found = {name: own.total_cost or 0 for name, own in estimates(written).items()}
    assert found["never"] == found["a"]
    assert close(found["always"], found["a"] + found["b"])


@given(scenarios(), st.sampled_from(MODELS), st.data())
def test_a_dearer_price_never_lowers_a_total(written: dict[str, Any], model: str, data: st.DataObject) -> None:
    """Raising any one price lowers no architecture's total."""
    field = data.draw(st.sampled_from(["input_per_mtok", "output_per_mtok", "cache_write_per_mtok", "batch"]))
    dearer = copy.deepcopy(written)
    if field == "batch":
        dearer["prices"][model]["batch"]["input_per_mtok"] *= 1.5
    else:
        dearer["prices"][model][field] *= 1.5
    before, after = estimates(written), estimates(dearer)
    for name in before:
        assert (after[name].total_cost or 0) >= (before[name].total_cost or 0) * (1 - 1e-12), name


@given(scenarios())
def test_dearer_gpus_people_and_builds_never_lower_a_total(written: dict[str, Any]) -> None:
    """Raising the GPU's price, the operations and the builds lowers no architecture's total."""
    dearer = copy.deepcopy(written)
    own, tuned = dearer["architectures"]["own"], dearer["architectures"]["tuned"]
    own["gpu"]["usd_per_gpu_hour"] *= 2
    own["operations_per_month"] += 1
    tuned["build"]["training"] += 1
    before, after = estimates(written), estimates(dearer)
    for name in before:
        assert (after[name].total_cost or 0) >= (before[name].total_cost or 0) * (1 - 1e-12), name
    assert (after["own"].total_cost or 0) > (before["own"].total_cost or 0)
    assert (after["tuned"].total_cost or 0) > (before["tuned"].total_cost or 0)


@given(scenarios(), st.integers(1, 1_000_000))
def test_more_requests_never_cost_less(written: dict[str, Any], more: int) -> None:
    """No architecture's total falls when the volume rises."""
    larger = copy.deepcopy(written)
    larger["workload"]["requests_per_month"] += more
    before, after = estimates(written), estimates(larger)
    for name in before:
        assert (after[name].total_cost or 0) >= (before[name].total_cost or 0) * (1 - 1e-9), name


@given(scenarios())
def test_a_longer_horizon_repeats_the_shorter_one(written: dict[str, Any]) -> None:
    """The first months of a longer horizon cost what they cost in the shorter one."""
    longer = copy.deepcopy(written)
    longer["horizon_months"] += 5
    before, after = estimates(written), estimates(longer)
    for name in before:
        ours = [month.cost for month in before[name].months]
        assert [month.cost for month in after[name].months][: len(ours)] == ours, name


@given(workloads(), model_prices(), mixes())
def test_a_segmented_workload_is_the_sum_of_its_parts(
    workload: dict[str, Any], prices: dict[str, Any], mix: dict[str, Any]
) -> None:
    """A workload of two equal halves costs what the whole does, in every architecture of tokens."""
    half = {"share": 0.5, "input_tokens": workload["input_tokens"], "output_tokens": workload["output_tokens"]}
    architectures = {
        "single": {"kind": "api", "model": "a"},
        "mixed": {"kind": "routed", "mix": mix},
        "cascade": {"kind": "cascade", "stages": ["a", "b"], "escalation": [0.3]},
    }
    whole = token_scenario(workload, prices, **architectures)
    parts = {**whole, "segments": {"one": half, "two": half}}
    before, after = estimates(whole), estimates(parts)
    for name in architectures:
        assert close(after[name].total_cost or 0, before[name].total_cost or 0), name
