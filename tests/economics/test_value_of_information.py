"""EVPI and EVPPI against values worked out another way, over all architectures that may be chosen."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from llmcost.catalog import load_catalog
from llmcost.economics.sensitivity import Sensitivities, sensitivity
from llmcost.economics.value_of_information import candidates, partial_information, perfect_information
from llmcost.scenario import scenario_from

PRICES = {"m": {"input_per_mtok": 10, "output_per_mtok": 50}}
WORKLOAD = {"requests_per_month": "1M", "input_tokens": 1000, "output_tokens": 200}
API = {"kind": "api", "model": "m"}
THREE: dict[str, Any] = {
    "start": "2026-12",
    "workload": WORKLOAD,
    "horizon_months": 12,
    "baseline": "api",
    "prices": PRICES,
    "architectures": {
        "api": API,
        "a": {"kind": "fine_tuned", "build": {"x": "20k..90k"}, "monthly": {"h": 500}},
        "b": {"kind": "fine_tuned", "build": {"x": "15k..110k"}, "monthly": {"h": 550}},
    },
}


def ranked(scenario: dict[str, Any], **asked: Any) -> Sensitivities:
    return sensitivity(scenario_from(scenario), load_catalog(), **asked)


def worth(found: Sensitivities, path: str) -> float | None:
    return next(row.evppi for row in found.inputs if row.path.endswith(path))


def lognormal(low: float, high: float, generator: Any, size: int) -> Any:
    """P5 and P95 at low and high."""
    half = math.log(high / low) / 2 / 1.6448536269514722
    return np.exp(math.log(low * high) / 2 + half * generator.standard_normal(size))


def test_the_choice_is_among_all_and_not_against_the_baseline() -> None:
    """Both tunes beat an API of $240,000 in every draw: what is worth knowing is which of the two is cheaper.

    Drawn 2^21 times by another generator. With one known, the other is its mean.
    """
    found = ranked(THREE)
    generator = np.random.default_rng(11)
    a = 6000 + lognormal(20e3, 90e3, generator, 1 << 21)
    b = 6600 + lognormal(15e3, 110e3, generator, 1 << 21)
    evpi = min(a.mean(), b.mean()) - np.minimum(a, b).mean()
    assert found.evpi == pytest.approx(evpi, rel=0.01)
    assert {found.challenger, found.against} == {"a", "b"}
    assert found.candidates == ["a", "b", "api"]
    for path, own, other in (("a.build.x", a, b), ("b.build.x", b, a)):
        exact = min(a.mean(), b.mean()) - np.minimum(own, other.mean()).mean()
        assert abs((worth(found, path) or 0) - exact) <= 0.02 * evpi


def test_an_input_worth_little_beside_a_large_spread_is_not_rounded_to_nothing() -> None:
    """A tune of $396,000 less on average: hosting is worth a quarter of what all is worth, and bins' means said 0."""
    scenario = {
        "start": "2026-12",
        "horizon_months": 36,
        "baseline": "api",
        "workload": {"requests_per_month": "8.63M..25.8M", "input_tokens": 900, "output_tokens": 60},
        "prices": {"api-model": {"input_per_mtok": 1, "output_per_mtok": 5}},
        "architectures": {
            "api": {"kind": "api", "model": "api-model"},
            "tuned": {
                "kind": "fine_tuned",
                "build": {"training": "14.7k..27.4k", "data": "8.14k..34.7k"},
                "monthly": {"hosting": "2.91k..13k"},
            },
        },
    }
    found = ranked(scenario)
    assert found.evpi == pytest.approx(4500, rel=0.02)
    assert worth(found, "hosting") == pytest.approx(1105, abs=0.02 * 4500)
    assert worth(found, "requests_per_month") == pytest.approx(198, abs=0.02 * 4500)
    assert [row.path.rsplit(".", 1)[1] for row in found.inputs[:2]] == ["hosting", "requests_per_month"]


@pytest.mark.parametrize("seed", [0, 1, 3, 4, 5, 7, 9])
def test_sums_of_inputs_against_their_exact_conditional_means(seed: int) -> None:
    """c_k = Σ w_kj·x_j with independent log-normal x: E(c_k given x_j) is w_kj·x_j and the means of the others, exactly.

    The draws are the program's own shifted lattices. The reference: EVPI from 2^20 draws of another generator, as
    differences to the architecture of the lowest mean; EVPPI integrated over 2^14 quantiles of the one input.
    """
    from llmcost.economics.lattice import normal_quantiles, positions

    size = 1 << 16
    generator = np.random.default_rng(seed)
    weights, sigma = generator.uniform(0, 1, (4, 3)), generator.uniform(0.2, 0.8, 3)
    means = np.exp(sigma**2 / 2)
    best = int((weights @ means).argmin())
    drawn = weights @ np.exp(sigma[:, None] * generator.standard_normal((3, 1 << 20)))
    evpi = float((drawn[best] - drawn.min(axis=0)).mean())
    at = [positions(rank, size, 0, slice(0, size)) for rank in range(3)]
    lattice = np.stack([np.exp(s * normal_quantiles(size)[place]) for s, place in zip(sigma, at, strict=True)])
    costs = candidates({str(k): row for k, row in enumerate(weights @ lattice)})
    assert perfect_information(costs) == pytest.approx(evpi, rel=0.015)
    z = norm.ppf((np.arange(1 << 14) + 0.5) / (1 << 14))
    for j in range(3):
        away = np.exp(sigma[j] * z) - means[j]
        conditional = (weights @ means)[:, None] + weights[:, [j]] * away
        expected = float((conditional[best] - conditional.min(axis=0)).mean())
        assert abs(partial_information(costs, lattice[j]) - expected) <= 0.01 * evpi


def test_an_input_of_a_few_values_has_each_as_its_own_bin() -> None:
    """A fair coin decides which of two costs 10 more: worth 5, and knowing it is knowing all."""
    coin = np.tile([0.0, 1.0], 2048)
    costs = candidates({"a": 10 * coin, "b": 10 * (1 - coin)})
    assert perfect_information(costs) == 5
    assert partial_information(costs, coin) == pytest.approx(5)


def test_nothing_left_to_choose_is_null() -> None:
    """The tune fails the requirement that no GPU is operated or the quality: the API alone is left."""
    scenario = {**THREE, "quality": {"api": 0.9, "a": 0.3, "b": 0.3}, "requirements": {"min_quality_kept": "90%"}}
    found = ranked(scenario)
    assert found.candidates == ["api"]
    assert found.evpi is None and not found.settled
    assert all(row.evppi is None for row in found.inputs)


def test_an_unknown_required_quality_comes_first_with_the_value_that_decides() -> None:
    scenario = {**THREE, "quality": {"api": 0.9, "b": 0.89}, "requirements": {"min_quality_kept": "97%"}}
    found = ranked(scenario)
    first = found.to_measure[0]
    assert (first.architecture, first.requirement) == ("a", "min_quality_kept")
    assert "97.0%" in first.decides and "Measure first" in found.sentence
    assert not found.settled


@pytest.mark.parametrize(("known", "settled"), [({}, False), ({"api": 0.9, "tuned": 0.9}, True)])
def test_settled_is_said_only_where_nothing_is_unknown(known: dict[str, float], settled: bool) -> None:
    scenario = {
        **THREE,
        "quality": known,
        "architectures": {
            "api": API,
            "tuned": {"kind": "fine_tuned", "build": {"x": "20k..21k"}, "monthly": {"h": 100}},
        },
    }
    found = ranked(scenario)
    assert found.settled is settled
    assert ("settled" in found.sentence) is settled


def test_present_value_decides_where_a_rate_is_stated() -> None:
    """36 months of $8,000 at 15 %: $8,000 × Σ 1.15^(−m/12), against a build of 280k and $1,000 a month."""
    scenario = {
        **THREE,
        "horizon_months": 36,
        "discount_rate": "15%",
        "prices": {"m": {"input_per_mtok": 5, "output_per_mtok": 20}},
        "architectures": {
            "api": API,
            "tuned": {"kind": "fine_tuned", "build": {"x": "270k..290k"}, "monthly": {"hosting": "1k"}},
        },
    }
    found = ranked(scenario)
    half = math.log(290 / 270) / 2 / 1.6448536269514722
    build = math.sqrt(270e3 * 290e3) * math.exp(half**2 / 2)
    ahead = 8000 * sum(1.15 ** (-month / 12) for month in range(1, 37)) - build
    assert (found.challenger, found.against) == ("tuned", "api")
    assert found.mean_advantage == pytest.approx(ahead, rel=1e-4)
    assert ahead == pytest.approx(-46_009, abs=2)
