"""The whole engine on arrays against the same model written out by hand."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from llmcost import compare, load_catalog, scenario_from
from llmcost.catalog.files import parse_yaml
from llmcost.economics.uncertainty import Sampling

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))
from six_architectures import draws, scenario, totals


def test_quantiles_agree_with_the_model_by_hand() -> None:
    """P5, median and P95 of every total, within 1 % of the width (2^20 pseudo-random draws)."""
    found = compare(
        scenario_from(parse_yaml(scenario(ranges=True), "six").data), load_catalog(), Sampling(samples=1 << 14)
    )
    by_hand = totals(draws(1 << 20))
    for row in found.architectures:
        p5, p50, p95 = np.quantile(by_hand[row.name], (0.05, 0.5, 0.95))
        assert row.total_cost.spread is not None
        for ours, theirs in zip(row.total_cost.spread, (p5, p50, p95), strict=True):
            assert ours == pytest.approx(theirs, abs=0.01 * (p95 - p5)), row.name
