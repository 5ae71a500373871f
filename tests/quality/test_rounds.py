"""What is worked out for all rounds of the bootstrap at once is what each round alone gives."""

from __future__ import annotations

import numpy as np
import pytest

from llmcost.quality.bootstrap import replicates
from llmcost.quality.hull import Point, aiq, aiq_by_round, dominated_by_round, dominating
from llmcost.quality.sweep import _first


def test_the_hulls_area_and_who_is_dominated_round_by_round() -> None:
    generator = np.random.default_rng(2)
    costs = generator.integers(1, 6, (300, 5)).astype(float)  # small numbers: many ties
    qualities = generator.integers(0, 5, (300, 5)) / 4
    areas = aiq_by_round(costs, qualities)
    for i in range(300):
        points = [Point(str(j), costs[i, j], qualities[i, j]) for j in range(5)]
        alone = aiq(points)
        if alone is not None:
            assert areas[i] == pytest.approx(alone, abs=1e-12)
        for j in range(5):
            assert dominated_by_round(costs, qualities, j)[i] == (dominating(points[j], points) is not None)


def test_the_first_share_that_recovers_the_gap() -> None:
    """From 0.2 at 10 % to 0.6 at 30 %: 0.5 is three quarters of the way, 25 %; the second row never gets there."""
    shares = np.array([[0.0, 0.1, 0.3], [0.0, 0.1, 0.3]])
    gaps = np.array([[0.0, 0.2, 0.6], [0.0, 0.2, 0.4]])
    found = _first(shares, gaps, 0.5)
    assert found[0] == pytest.approx(0.25) and np.isnan(found[1])


def test_draws_do_not_depend_on_how_many_are_held_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from llmcost.quality import bootstrap

    values = np.arange(37.0)[:, None]
    usual = replicates(37, lambda part: values[part], 501, 3)
    bootstrap._kept_counts.cache_clear()
    monkeypatch.setattr(bootstrap, "_COUNTS_AT_ONCE", 1)
    assert replicates(37, lambda part: values[part], 501, 3) == pytest.approx(usual, rel=1e-14)
