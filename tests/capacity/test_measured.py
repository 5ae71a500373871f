"""The capacity model against 231 published measurements (tests/data/README.md)."""

from __future__ import annotations

import pytest
from benchmarks.capacity import Row, rows, spread


@pytest.fixture(scope="module")
def measured() -> list[Row]:
    return rows()


def test_the_data_are_whole(measured: list[Row]) -> None:
    """231 rows, 115 of them of one GPU."""
    assert (len(measured), sum(row.gpus == 1 for row in measured)) == (231, 115)


def test_the_median_is_near_one_and_four_of_five_are_near(measured: list[Row]) -> None:
    """Predicted/measured: median within 0.95-1.05, at least 80 % of the rows that fit within 0.8-1.25."""
    found = spread(measured)
    assert 0.95 <= found.middle <= 1.05
    assert found.within >= 0.80
    assert found.fit >= 205


def test_single_gpus_are_near_in_nine_of_ten(measured: list[Row]) -> None:
    """At least 90 % of the rows of one GPU lie within 0.8-1.25."""
    assert spread(row for row in measured if row.gpus == 1).within >= 0.90


def test_no_measurement_exceeds_the_physical_bound(measured: list[Row]) -> None:
    """Perfect efficiency and full overlap are out of reach for all of them."""
    assert max(row.share_of_bound for row in measured) < 1


def test_most_measurements_lie_within_the_stated_band(measured: list[Row]) -> None:
    """The band that is printed holds at least nine of ten of the rows that fit."""
    fitting = [row for row in measured if row.band is not None]
    within = [row for row in fitting if row.band is not None and row.band[0] <= row.measured <= row.band[1]]
    assert len(within) / len(fitting) >= 0.85
