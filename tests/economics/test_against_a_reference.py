"""The distribution, the payback and the worth of knowing, against 2^20 pseudo-random draws by hand.

The reference shares nothing with the product but the scenario's figures: it draws log-normal
inputs with numpy's generator and writes the model out.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from llmcost import compare, load_catalog, scenario_from
from llmcost.economics.sensitivity import Sensitivities, sensitivity
from llmcost.economics.uncertainty import Sampling

DRAWS = 1 << 20
MONTHS = 24
# The API: 1M requests of 10,000 tokens at $5 a million: $50,000 a month. The challenger builds and hosts.
API = 50_000.0
INPUTS = {"training": (100e3, 400e3), "labels": (20e3, 60e3), "hosting": (5e3, 30e3)}
SCENARIO: dict[str, Any] = {
    "start": "2026-12",
    "horizon_months": str(MONTHS),
    "workload": {"requests_per_month": "1M", "input_tokens": "10000", "output_tokens": "0"},
    "prices": {"dear": {"input_per_mtok": "5", "output_per_mtok": "25"}},
    "baseline": "api",
    "architectures": {
        "api": {"kind": "api", "model": "dear"},
        "tuned": {
            "kind": "fine_tuned",
            "build": {"training": "100k..400k", "labels": "20k..60k"},
            "monthly": {"hosting": "5k..30k"},
        },
        "aside": {"kind": "fine_tuned", "build": {"other": "1k..9k"}, "monthly": {"hosting": "60k"}},
    },
}


def drawn(seed: int, names: tuple[str, ...] = tuple(INPUTS)) -> dict[str, Any]:
    """Log-normal draws whose 5th and 95th percentiles are the written ends."""
    generator = np.random.default_rng(seed)
    z95 = norm.ppf(0.95)
    found = {}
    for name in names:
        low, high = INPUTS[name]
        middle, spread = (math.log(low) + math.log(high)) / 2, (math.log(high) - math.log(low)) / (2 * z95)
        found[name] = np.exp(middle + spread * generator.standard_normal(DRAWS))
    return found


def total(x: dict[str, Any]) -> Any:
    """USD over the horizon."""
    return x["training"] + x["labels"] + MONTHS * x["hosting"]


def advantage(x: dict[str, Any]) -> Any:
    """What the challenger saves over the horizon; the discount rate is 0."""
    return API * MONTHS - total(x)


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    return drawn(1)


@pytest.fixture(scope="module")
def found() -> Any:
    rows = compare(scenario_from(SCENARIO), load_catalog()).architectures
    return next(row for row in rows if row.name == "tuned")


@pytest.fixture(scope="module")
def ranked() -> Sensitivities:
    return sensitivity(scenario_from(SCENARIO), load_catalog(), Sampling(), "tuned", "api")


def test_quantiles_of_the_total(found: Any, reference: dict[str, Any]) -> None:
    """Each of P5, median and P95 lies within 0.5 % of the width of the range."""
    p5, p50, p95 = np.quantile(total(reference), (0.05, 0.5, 0.95))
    for ours, theirs in zip(found.total_cost.spread, (p5, p50, p95), strict=True):
        assert abs(ours - theirs) <= 0.005 * (p95 - p5) * (1 if theirs == p50 else 3)


def test_the_chance_to_pay_back(found: Any, reference: dict[str, Any]) -> None:
    """Paid back by month m where build ≤ m × (API − hosting), within one point."""
    build, gain = reference["training"] + reference["labels"], API - reference["hosting"]
    for month in (6, 12, 18, 24):
        expected = float((build <= month * gain).mean())
        assert abs(found.chance_pays_back[str(month)] - expected) <= 0.01
    assert found.chance_pays_back["never"] == pytest.approx(1 - found.chance_pays_back["24"])


def test_the_corners_are_the_sum_of_extremes(found: Any) -> None:
    low, high = 100e3 + 20e3 + 24 * 5e3, 400e3 + 60e3 + 24 * 30e3
    assert found.total_cost.bounds == pytest.approx((low, high))


def test_first_order_shares(ranked: Sensitivities, reference: dict[str, Any]) -> None:
    """The total is a sum, so the share of an input is its own variance: a_j² Var(x_j) ÷ Σ."""
    parts = {"training": 1.0, "labels": 1.0, "hosting": float(MONTHS)}
    own = {name: factor**2 * float(reference[name].var()) for name, factor in parts.items()}
    for name, variance in own.items():
        row = next(row for row in ranked.inputs if row.path.endswith(name) and ".tuned." in row.path)
        assert abs(row.first_order - variance / sum(own.values())) <= 0.01


def test_the_worth_of_perfect_information(ranked: Sensitivities, reference: dict[str, Any]) -> None:
    y = advantage(reference)
    evpi = float(np.maximum(y, 0).mean() - max(0.0, y.mean()))
    assert abs(ranked.evpi - evpi) <= 0.05 * evpi + 0.0005 * float(y.std())
    assert all(0 <= row.evppi <= ranked.evpi for row in ranked.inputs)


def test_an_input_that_neither_reads_is_worth_exactly_nothing(ranked: Sensitivities) -> None:
    row = next(row for row in ranked.inputs if ".aside." in row.path)
    assert (row.evppi, row.swing, row.first_order) == (0.0, 0.0, 0.0)
    assert row.flip_point is None


def test_swing_and_flip_point(ranked: Sensitivities) -> None:
    """Others at their medians: the swing is 24 × (P90 − P10) of hosting, the flip where the total is the API's."""
    low, high = INPUTS["hosting"]
    z90 = norm.ppf(0.9) / norm.ppf(0.95)
    middle, half = math.sqrt(low * high), math.log(high / low) / 2
    p10, p90 = middle * math.exp(-z90 * half), middle * math.exp(z90 * half)
    row = next(row for row in ranked.inputs if row.path == "architectures.tuned.monthly.hosting")
    assert row.swing == pytest.approx(-MONTHS * (p90 - p10))
    at = (API * MONTHS - math.sqrt(100e3 * 400e3) - math.sqrt(20e3 * 60e3)) / MONTHS
    assert row.flip_point == pytest.approx(at, rel=1e-6)
    beyond = 1 - norm.cdf(math.log(at / middle) / half * norm.ppf(0.95))
    assert row.probability_beyond == pytest.approx(beyond, abs=1e-4)


def test_a_link_moves_the_spread_the_way_it_should(found: Any) -> None:
    """Two costs that rise together spread the total wider than two that do not know of each other."""
    linked = {
        **SCENARIO,
        "correlate": [["architectures.tuned.build.training", "architectures.tuned.monthly.hosting", "0.9"]],
    }
    row = next(r for r in compare(scenario_from(linked), load_catalog()).architectures if r.name == "tuned")
    width = row.total_cost.spread[2] - row.total_cost.spread[0]
    assert width > 1.1 * (found.total_cost.spread[2] - found.total_cost.spread[0])
    assert row.total_cost.bounds == pytest.approx(found.total_cost.bounds)


def test_the_same_bytes_every_time(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(json.dumps(SCENARIO), encoding="utf-8")
    command = [sys.executable, "-m", "llmcost", "sensitivity", str(path), "-f", "json", "--as-of", "2026-11-22"]
    first, second = (subprocess.run(command, capture_output=True, check=True).stdout for _ in range(2))
    assert first == second
    moved = subprocess.run([*command, "--seed", "7"], capture_output=True, check=True).stdout
    assert moved != first
