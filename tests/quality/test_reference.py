"""Published outcomes give the published numbers: GSM8K, RouterArena, and Winogrande's cascade."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from llmcost import load_catalog
from llmcost.architectures.cascade import Cascade
from llmcost.architectures.own_prices import OwnPrice
from llmcost.architectures.prices import Prices
from llmcost.quality.frontier import frontier
from llmcost.quality.frontier_result import Frontier
from llmcost.quality.outcomes import Outcomes, Reading, read_outcomes
from llmcost.quality.spending import Spending, spending

DATA = Path(__file__).parents[1] / "data"
GSM8K = str(DATA / "routellm_gsm8k.csv")
ARENA = str(DATA / "routerarena_sub10_two_models.csv")
DAY = date(2026, 11, 22)
OF_THAT_DAY = {
    "haiku3": OwnPrice(input_per_mtok=0.25, output_per_mtok=1.25),
    "gemini2flash": OwnPrice(input_per_mtok=0.10, output_per_mtok=0.40),
}


def gsm8k() -> Outcomes:
    found = read_outcomes(GSM8K, Reading(where=(("contaminated", "=", "0"),)))
    return found.paired(["mixtral", "gpt4"])


def gsm8k_frontier() -> Frontier:
    prices = Prices(
        load_catalog(),
        {"mixtral": OwnPrice(input_per_mtok=1, output_per_mtok=1)}
        | {"gpt4": OwnPrice(input_per_mtok=30, output_per_mtok=60)},
    )
    outcomes = gsm8k()
    return frontier(outcomes, spending(outcomes, prices, DAY, {"": (500.0, 300.0)}), rounds=200)


def arena() -> tuple[Outcomes, Spending]:
    outcomes = read_outcomes(ARENA)
    paired = outcomes.paired(outcomes.models)
    return paired, spending(paired, Prices(load_catalog(), OF_THAT_DAY), DAY, {})


def test_gsm8k_has_its_published_qualities_and_joint_table() -> None:
    found = gsm8k_frontier()
    assert found.counts.queries == 1319 - 12
    quality = {each.model: each.quality for each in found.models}
    assert quality["mixtral"] == pytest.approx(0.6373, abs=5e-5)
    assert quality["gpt4"] == pytest.approx(0.8577, abs=5e-5)
    assert found.oracle.quality == pytest.approx(0.9296, abs=5e-5)
    assert found.oracle.strong_share == pytest.approx(0.2923, abs=5e-5)
    table = found.joint[0]
    assert (table.first, table.second) == ("mixtral", "gpt4")
    assert [table.p11, table.p10, table.p01] == pytest.approx([0.5654, 0.0719, 0.2923], abs=5e-5)
    assert table.p11 + table.p10 + table.p01 + table.p00 == pytest.approx(1)


def test_gsm8ks_three_numbers_that_are_sold_as_quality_kept() -> None:
    cheap = next(each for each in gsm8k_frontier().models if each.model == "mixtral")
    assert cheap.quality_kept == pytest.approx(833 / 1121)  # 0.6373 / 0.8577
    assert cheap.no_harm_rate == pytest.approx(1 - 0.2922724)
    assert cheap.performance_gap_recovered == 0


def test_gsm8ks_aiq_is_the_mean_of_two_models_and_its_cost_the_stated_tokens() -> None:
    found = gsm8k_frontier()
    assert found.metrics.aiq == pytest.approx((833 + 1121) / 2 / 1307)
    costs = [each.cost_per_request for each in found.models]
    assert costs == pytest.approx([800e-6, (500 * 30 + 300 * 60) / 1e6])


def test_routerarenas_recorded_costs_are_tokens_times_that_days_list_prices() -> None:
    _, spent = arena()
    assert spent.recorded is not None
    assert spent.costs.size == 1618
    assert np.abs(spent.costs - spent.recorded).max() < 1e-12
    assert spent.differing == {"gemini2flash": 0, "haiku3": 0}


def test_routerarenas_dearer_model_is_dominated() -> None:
    outcomes, spent = arena()
    found = frontier(outcomes, spent, rounds=200)
    by_model = {each.model: each for each in found.models}
    flash, haiku = by_model["gemini2flash"], by_model["haiku3"]
    assert flash.quality == pytest.approx(0.6901, abs=5e-5)
    assert 1000 * flash.cost_per_request == pytest.approx(0.0475, abs=5e-5)
    assert haiku.quality == pytest.approx(0.5234, abs=5e-5)
    assert 1000 * haiku.cost_per_request == pytest.approx(0.1760, abs=5e-5)
    assert found.oracle.quality == pytest.approx(0.7408, abs=5e-5)
    assert haiku.dominated_by == "gemini2flash"
    assert flash.dominated_by is None
    assert [corner.model for corner in found.hull] == ["gemini2flash"]
    assert found.joint == []  # graded scores: one is -0.033
    assert outcomes.scores.min() == pytest.approx(-0.0330, abs=5e-5)


WINOGRANDE = {"p11": 0.6298, "p10": 0.0489, "p01": 0.2289, "p00": 0.0924}


@pytest.mark.parametrize(("error", "quality"), [(0.1, 0.8799), (0.2, 0.8521), (0.4, 0.7965), (0.0, 0.9077)])
def test_winograndes_cascade_by_the_errors_of_its_verifier(error: float, quality: float) -> None:
    verifier = {"false_accept": error, "false_reject": error, "usd_per_request": 0}
    cascade = Cascade.model_validate(
        {"kind": "cascade", "stages": ["mixtral", "gpt4"], "joint": WINOGRANDE, "verifier": verifier}
    )
    known = cascade.patterns("x", None, "")
    assert known is not None
    assert cascade.cascade_quality(known) == pytest.approx(quality, abs=5e-4)
    # The formula of methods: (1 − β)·a + β·p11 + (1 − α)·p01
    by_hand = (1 - error) * 0.6787 + error * 0.6298 + (1 - error) * 0.2289
    assert cascade.cascade_quality(known) == pytest.approx(by_hand)
