"""Moments as logs write them: ISO text, numbers, and numbers as text, which no reader may take for a date."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost.usage.instants import microseconds

# 2026-01-10T08:02:00Z: 56 years and 9 days of 86,400 seconds, 14 of the years leap years, 8 hours and 2 minutes.
SECONDS = (56 * 365 + 14 + 9) * 86_400 + 8 * 3600 + 2 * 60


@pytest.mark.parametrize(
    "written",
    [
        "2026-01-10T08:02:00Z",
        "2026-01-10 08:02:00",
        "2026-01-10T09:02:00+01:00",
        "20260110080200",
        f"{SECONDS}",
        f"{SECONDS}000",
        f"{SECONDS}000000",
        f"{SECONDS}000000000",
        SECONDS,
        SECONDS * 1000,
    ],
)
def test_one_moment_in_all_its_writings(written: object) -> None:
    assert microseconds(written) == SECONDS * 1_000_000


def test_eight_digits_are_a_day() -> None:
    assert microseconds("20260110") == (SECONDS - 8 * 3600 - 2 * 60) * 1_000_000


@given(st.integers(1_000_000_000, 4_000_000_000), st.sampled_from([1, 1000, 10**6, 10**9]))
def test_digits_as_text_are_what_they_are_as_a_number(seconds: int, per_second: int) -> None:
    """Of 2001 to 2096, in seconds, milli-, micro- and nanoseconds: never a date that the digits happen to form."""
    assert microseconds(str(seconds * per_second)) == seconds * 1_000_000
