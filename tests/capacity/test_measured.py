"""The capacity model against published measurements (tests/data/README.md), by the constants in use and left out."""

from __future__ import annotations

from statistics import median

import pytest
from benchmarks.capacity import Row, rows, spread

from llmcost.capacity.replica import band


@pytest.fixture(scope="module")
def measured() -> list[Row]:
    return rows()


def known(measured: list[Row]) -> list[Row]:
    """Rows that fit, and whose inputs were not in the cache already."""
    return [row for row in measured if row.ratio is not None and not row.of.prefix_cached]


def test_the_data_are_whole(measured: list[Row]) -> None:
    """231 rows of 2024 and 1,035 of 2025 and 2026, 349 of them of mixtures of experts."""
    assert len(measured) == 231 + 1035
    assert sum(row.of.mixture for row in measured) == 349


def test_the_median_is_near_one(measured: list[Row]) -> None:
    """Predicted/measured of the rows that were fitted: dense, mixtures, four bits."""
    fitting = known(measured)
    for some in (
        [row.ratio for row in fitting if not row.of.mixture],
        [row.ratio for row in fitting if row.of.mixture],
        [row.ratio for row in fitting if row.of.precision in ("fp4", "mxfp4", "int4")],
    ):
        assert 0.95 <= spread(some).middle <= 1.05


def test_most_fitted_rows_are_near(measured: list[Row]) -> None:
    """Within 0.8 to 1.25 of the rows that were fitted."""
    fitting = known(measured)
    assert spread(row.ratio for row in fitting if not row.of.mixture).within >= 0.94
    assert spread(row.ratio for row in fitting if row.of.mixture).within >= 0.75
    assert spread(row.ratio for row in fitting if row.of.gpus == 8).within >= 0.80
    assert spread(row.token_ratio for row in fitting).within >= 0.85


def test_no_measurement_is_called_impossible(measured: list[Row]) -> None:
    """Not one of them, the prefix-cached ones included."""
    assert [row.of for row in measured if row.verdict == "impossible"] == []


def test_the_band_holds_nine_of_ten_and_is_narrow(measured: list[Row]) -> None:
    """The stated 90 % interval, and its median half-width."""
    fitting = known(measured)
    assert sum(bool(row.in_band) for row in fitting) / len(fitting) >= 0.90
    assert 2.718281828 ** median(band(row.of.setup) for row in fitting) - 1 <= 0.35


@pytest.mark.slow
def test_rows_that_were_left_out_of_the_fit_are_near() -> None:
    """Whole combinations of model, GPU, engine and precision left out in turn, three of twelve folds' worth."""
    from benchmarks.fit_capacity import Fit, left_out, usable
    from benchmarks.measured_rates import measured as read

    fit = Fit(usable(read()))
    rate, token, _, _ = left_out(fit)
    dense = [ratio for row, ratio in zip(fit.rows, rate, strict=True) if not row.mixture]
    mixed = [ratio for row, ratio in zip(fit.rows, rate, strict=True) if row.mixture]
    assert spread(dense).within >= 0.85
    assert spread(mixed).within >= 0.60
    assert spread(token).within >= 0.75
