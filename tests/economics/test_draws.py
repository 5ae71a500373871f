"""The draws: a good lattice, every input evenly covered, an honest error, no seed that is worse than others."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from llmcost import Sampling, compare, load_catalog, scenario_from
from llmcost.economics.lattice import MULTIPLIER, positions
from llmcost.errors import InputError

SIZE = 1 << 13
Z = NormalDist().inv_cdf(0.95)


def p2(multiplier: int) -> float:
    """The worst P2 of an input with each of the next forty on a rank-1 lattice: the mean over its points of Π(1 + 2π²B₂) − 1."""
    place = np.arange(SIZE)

    def kernel(x: Any) -> Any:
        return 1 + 2 * math.pi**2 * (x * x - x + 1 / 6)

    first = kernel(place / SIZE)
    powers = [pow(multiplier, power, SIZE) for power in range(1, 41)]
    return max(float((first * kernel(place * each % SIZE / SIZE)).mean()) - 1 for each in powers)


def test_the_multiplier_is_among_the_best_in_pairs() -> None:
    """Better than 95 of a hundred others, spread over the odd numbers."""
    others = [p2(other) for other in range(5, SIZE, 80)]
    assert len(others) >= 100
    assert sum(other <= p2(MULTIPLIER % SIZE) for other in others) <= 0.05 * len(others)


@pytest.mark.parametrize("samples", [16, 4096, 1 << 16])
def test_each_input_stands_once_in_each_stratum(samples: int) -> None:
    for rank in (0, 1, 7):
        assert sorted(positions(rank, samples, 3, slice(0, samples))) == list(range(samples))


def scenario(**keys: Any) -> dict[str, Any]:
    """An API of 20,000 USD a month beside a build, which is what is uncertain."""
    return {
        "start": "2026-12",
        "horizon_months": 10,
        "workload": {"requests_per_month": "1M", "input_tokens": 1000, "output_tokens": 200},
        "prices": {"m": {"input_per_mtok": 10, "output_per_mtok": 50}},
        "baseline": "api",
        "architectures": {
            "api": {"kind": "api", "model": "m"},
            "tuned": {"kind": "fine_tuned", "build": {"training": "20k..90k"}, "monthly": {"hosting": 500}},
        },
        **keys,
    }


def figure(seed: int = 0) -> Any:
    return compare(scenario_from(scenario()), load_catalog(), Sampling(seed=seed)).architectures[1].total_cost


def test_the_figure_is_the_expected_value() -> None:
    """√(20k·90k)·exp(σ²/2) of a log-normal build, and 10 × 500; its median and ends are those of the build."""
    sigma = math.log(90 / 20) / 2 / Z
    median = math.sqrt(20e3 * 90e3)
    found = figure()
    assert found.value == pytest.approx(median * math.exp(sigma**2 / 2) + 5000, rel=2e-4)
    assert found.spread == pytest.approx((25e3, median + 5000, 95e3), rel=1e-3)
    assert abs(found.value - median * math.exp(sigma**2 / 2) - 5000) < 10 * found.error


@pytest.mark.parametrize("seed", [0, 1, 2, 17])
def test_no_seed_has_a_bias_at_its_ends(seed: int) -> None:
    """P5 and P95 of one uncertain input within 0.1 % of the width, for the default seed as for others."""
    low, _, high = figure(seed).spread
    assert (low, high) == pytest.approx((25e3, 95e3), abs=70)


def test_the_chance_of_a_requirement_is_the_share_of_the_draws_in_which_it_holds() -> None:
    """The quality is logit-normal from 78 % to 88 %, 92 % of 90 % is required: Φ of how far the middle lies above."""
    data = scenario(
        quality={"m": "90%", "tuned": "78%..88%"}, requirements={"min_quality_kept": "92%", "confidence": "80%"}
    )

    def logit(share: float) -> float:
        return math.log(share / (1 - share))

    middle, bound = logit(0.83), logit(0.92 * 0.9)
    above = middle - bound
    end = (middle - logit(0.78)) if above > 0 else (logit(0.88) - middle)
    found = compare(scenario_from(data), load_catalog()).architectures[1]
    judged = found.requirements[0]
    assert judged.chance == pytest.approx(NormalDist().cdf(above / end * Z), abs=1e-3)
    assert judged.status == "uncertain" and not found.feasible


@pytest.mark.parametrize("confidence", ["50%", "101%", "60%..90%", 0])
def test_a_confidence_is_one_share_above_half(confidence: Any) -> None:
    with pytest.raises(InputError):
        scenario_from(scenario(requirements={"confidence": confidence}))


@pytest.mark.parametrize("samples", [0, 8, 100, 1 << 21])
def test_samples_are_a_power_of_two(samples: int) -> None:
    with pytest.raises(InputError):
        compare(scenario_from(scenario()), load_catalog(), Sampling(samples))


def test_present_value_chooses_where_a_discount_rate_is_stated() -> None:
    """280k once against 9k a month for 36 months, less 1k to run: cheaper undiscounted, not at 15 % a year."""
    data = scenario(
        horizon_months=36,
        discount_rate="15%",
        prices={"m": {"input_per_mtok": 5, "output_per_mtok": 20}},
        architectures={
            "api": {"kind": "api", "model": "m"},
            "tuned": {"kind": "fine_tuned", "build": {"x": "280k"}, "monthly": {"hosting": "1k"}},
        },
    )
    found = compare(scenario_from(data), load_catalog())
    annuity = sum(1.15 ** (-month / 12) for month in range(1, 37))
    api, tuned = found.architectures
    assert found.cheapest == "api"
    assert tuned.total_cost.value == pytest.approx(280e3 + 36e3)
    assert api.present_value.value == pytest.approx(9000 * annuity)
    assert tuned.saving.value == pytest.approx(9000 * annuity - 280e3 - 1000 * annuity)
