"""Distributions of doubt held against scipy, which is an oracle here and never loaded at run time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from llmcost.beta import beta_quantile
from llmcost.distributions import Z90, Range, between, mean, normal_cdf, value_at
from llmcost.lengths import LARGEST_RATIO, LengthDistribution, sigma_of
from llmcost.quantity import QuantityError, Scale, quantity

Z = np.linspace(-6, 6, 1201)


def oracle(frozen: Any, z: Any) -> Any:
    """The quantile at Φ(z), from the nearer tail."""
    return np.where(z < 0, frozen.ppf(special.ndtr(z)), frozen.isf(special.ndtr(-z)))


def ranged(written: Any, scale: Scale = "positive") -> Range:
    found = quantity(written, scale)
    assert isinstance(found, Range)
    return found


@pytest.mark.parametrize(
    ("a", "b"), [(0.5, 0.5), (1, 1), (1, 5), (2, 3), (3, 7.5), (100, 3), (1e4, 1e4), (1e6, 1e6), (1e6, 0.5)]
)
def test_beta_quantiles(a: float, b: float) -> None:
    """The table's quantiles are scipy's to 1e-11."""
    assert np.abs(beta_quantile(a, b, Z) - oracle(stats.beta(a, b), Z)).max() < 1e-11


@pytest.mark.parametrize(("a", "b"), [(0.02, 0.02), (0.02, 5), (0.05, 1e6)])
def test_beta_quantiles_of_nearly_nothing(a: float, b: float) -> None:
    """Shares of 1e-300 keep seven digits."""
    expected = oracle(stats.beta(a, b), Z)
    seen = expected > 1e-290
    assert (np.abs(beta_quantile(a, b, Z) / expected - 1)[seen] < 1e-7).all()


def test_the_normal_distribution() -> None:
    assert np.abs(normal_cdf(np.linspace(-10, 10, 100_001)) - special.ndtr(np.linspace(-10, 10, 100_001))).max() < 1e-12
    assert normal_cdf(1.25) == pytest.approx(special.ndtr(1.25), rel=1e-14)


PERT = stats.beta(1 + 4 * 20 / 90, 1 + 4 * 70 / 90, loc=30, scale=90)
SIGMA = math.sqrt(math.log(1 + 4))
CASES: list[tuple[Any, Scale, Any]] = [
    ({"mode": 50, "low": 30, "high": 120}, "positive", PERT),
    ({"mean": 10, "sd": 20}, "positive", stats.lognorm(SIGMA, scale=10 * math.exp(-(SIGMA**2) / 2))),
    ({"mean": -1, "sd": 3}, "signed", stats.norm(-1, 3)),
    ({"mean": "30%", "sd": "40%"}, "share", stats.beta(0.3 * 0.3125, 0.7 * 0.3125)),  # m(1 − m)/sd² − 1 = 0.3125
    ({"p10": 10, "p90": 90}, "positive", stats.lognorm(math.log(3) / 1.2815515655446004, scale=30)),
    ({"low": 30, "mid": 50, "high": 120, "shape": "triangular"}, "positive", stats.triang(20 / 90, 30, 90)),
    ({"low": 30, "high": 120, "shape": "uniform"}, "positive", stats.uniform(30, 90)),
    ("30..120", "positive", stats.lognorm(math.log(2) / Z90, scale=60)),
]


@pytest.mark.parametrize(("written", "scale", "frozen"), CASES, ids=lambda value: str(value)[:50])
def test_each_way_to_state_doubt(written: Any, scale: Scale, frozen: Any) -> None:
    """Quantiles, median, mean and ends are those of the distribution that is meant."""
    found = ranged(written, scale)
    z = np.linspace(-4, 4, 401)
    assert np.allclose(value_at(found, z, Z90), oracle(frozen, z), rtol=1e-8, atol=1e-12)
    assert found.middle == pytest.approx(frozen.median(), rel=1e-9)
    assert mean(found) == pytest.approx(frozen.mean(), rel=1e-9)
    hard = found.shape in ("pert", "triangular", "uniform")
    if found.z_end is None:
        ends = frozen.support() if hard else frozen.ppf([0.05, 0.95])
        assert (found.low, found.high) == pytest.approx(tuple(ends), rel=1e-8)


def test_a_price_change_is_read_on_what_is_left_of_the_price() -> None:
    """-90 % to -66 % leaves 0.10 to 0.34 of the price: log-normal, median √(0.10·0.34) − 1."""
    found = ranged("-90%..-66%", "price_change")
    assert found.middle == pytest.approx(math.sqrt(0.10 * 0.34) - 1)
    left = stats.lognorm(math.log(0.34 / 0.10) / 2 / Z90, scale=math.sqrt(0.10 * 0.34))
    assert np.allclose(value_at(found, Z, Z90) + 1, oracle(left, Z), rtol=1e-12)
    assert (value_at(found, np.array([-37.0, 37.0]), Z90) > -1).all()


def test_choices() -> None:
    """Steps at their chances, whatever their order; only their own values can come to pass."""
    found = ranged({"choices": {"9k": "20%", "1k": "30%", "5k": "50%"}})
    z = special.ndtri([0.01, 0.299, 0.301, 0.799, 0.801, 0.99])
    assert value_at(found, z, Z90).tolist() == [1000, 1000, 5000, 5000, 9000, 9000]
    assert mean(found) == pytest.approx(0.3 * 1000 + 0.5 * 5000 + 0.2 * 9000)
    assert (found.low, found.middle, found.high) == (1000, 5000, 9000)
    assert set(between(found, np.linspace(0, 1, 50))) == {1000.0, 5000.0, 9000.0}
    assert quantity({"choices": {"7": "100%"}}) == 7


@given(st.floats(0.001, 0.999), st.floats(0.001, 0.999))
def test_any_share_with_a_spread_that_exists(middle: float, part: float) -> None:
    """Mean and standard deviation come back from the draws."""
    sd = part * math.sqrt(middle * (1 - middle))
    found = ranged({"mean": middle, "sd": sd}, "share")
    a, b = found.parameters
    assert a / (a + b) == pytest.approx(middle, rel=1e-6)
    assert a * b / ((a + b) ** 2 * (a + b + 1)) == pytest.approx(sd * sd, rel=1e-6)


REFUSED: list[tuple[Any, Scale, str]] = [
    ({"mode": 130, "low": 30, "high": 120}, "positive", "the mode 130 lies outside 30..120"),
    ({"mode": 30, "low": 30}, "positive", "takes the keys"),
    ({"p10": 90, "p90": 10}, "positive", "p10 90 lies above p90 10"),
    ({"p10": 10, "p50": 95, "p90": 90}, "positive", "p50 95 lies outside"),
    ({"mean": 10, "sd": -1}, "positive", "the standard deviation -1 is negative"),
    ({"mean": 0, "sd": 1}, "positive", "has no spread"),
    ({"mean": -1, "sd": 1}, "positive", "is negative"),
    ({"mean": "50%", "sd": "50%"}, "share", "no share has the mean 0.5"),
    ({"mean": "120%", "sd": "5%"}, "share", "lies outside 0% to 100%"),
    ({"choices": {"1": "50%", "2": "40%"}}, "positive", "10 points short of 100 %"),
    ({"choices": {"1": "50%", "2": "60%"}}, "positive", "10 points over 100 %"),
    ({"choices": {"1": "50%", "1.0": "50%"}}, "positive", "stands twice"),
    ({"choices": {"1": "-50%", "2": "150%"}}, "positive", "lies outside 0% to 100%"),
    ({"choices": {"-1": "50%", "2": "50%"}}, "positive", "is negative"),
    ({"choices": {}}, "positive", "no mapping of values to chances"),
    ({"choices": [1, 2]}, "positive", "no mapping of values to chances"),
    ({"samples": "a.csv", "column": "x"}, "positive", "samples are read from a CSV file"),
    ("-100%..-50%", "price_change", "leaves nothing"),
]


@pytest.mark.parametrize(("written", "scale", "what"), REFUSED, ids=lambda value: str(value)[:40])
def test_what_is_no_distribution(written: Any, scale: Scale, what: str) -> None:
    with pytest.raises(QuantityError) as refused:
        quantity(written, scale)
    assert what in refused.value.what
    assert refused.value.hint


# ---- lengths over requests --------------------------------------------------------------------------


def test_lengths_have_the_mean_and_the_percentile_that_are_stated() -> None:
    """Of the two log-normals with mean 500 and p99 3,650 the narrower one."""
    sigma = sigma_of(500.0, 3650.0)
    frozen = stats.lognorm(sigma, scale=500 * math.exp(-sigma * sigma / 2))
    assert frozen.mean() == pytest.approx(500)
    assert frozen.ppf(0.99) == pytest.approx(3650)
    wider = 2 * special.ndtri(0.99) - sigma
    assert stats.lognorm(wider, scale=500 * math.exp(-wider * wider / 2)).ppf(0.99) == pytest.approx(3650)
    assert sigma < wider
    assert pytest.approx(14.968, abs=1e-3) == LARGEST_RATIO


def test_shares_above_a_threshold() -> None:
    """P(L > t) and E[L; L > t]/E[L], the latter by integration."""
    lengths = LengthDistribution(500.0, 1.1)
    frozen = stats.lognorm(1.1, scale=500 * math.exp(-0.605))
    assert lengths.share_above(1000) == pytest.approx(frozen.sf(1000), rel=1e-12)
    assert lengths.token_share_above(1000) == pytest.approx(frozen.expect(lambda x: x, lb=1000) / 500, rel=1e-6)
    assert lengths.quantile(special.ndtri(0.99)) == pytest.approx(frozen.ppf(0.99))
    alike = LengthDistribution(500.0, 0.0)
    assert (alike.share_above(499), alike.share_above(500), alike.token_share_above(501)) == (1.0, 0.0, 0.0)
    drawn = LengthDistribution(np.array([400.0, 500.0]), sigma_of(np.array([400.0, 500.0]), 3650.0))
    for position, each in enumerate((400.0, 500.0)):
        one = LengthDistribution(each, sigma_of(each, 3650.0))
        assert np.asarray(drawn.share_above(1000))[position] == pytest.approx(one.share_above(1000))
        assert np.asarray(drawn.quantile(2.0))[position] == pytest.approx(one.quantile(2.0))
