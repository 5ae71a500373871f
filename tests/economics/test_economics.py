"""Months, paybacks, gates and breakevens: cases worked out by hand from the published formulas."""

from __future__ import annotations

import pytest
from worked import Case, cases, check, name_of


@pytest.mark.parametrize("case", cases("months"), ids=name_of)
def test_months(case: Case) -> None:
    """Each month is priced by its own day, volume and drift."""
    check(case)


@pytest.mark.parametrize("case", cases("gates"), ids=name_of)
def test_gates(case: Case) -> None:
    """A requirement is met, failed or unknown; no price buys a failed one."""
    check(case)


@pytest.mark.parametrize("case", cases("breakeven"), ids=name_of)
def test_breakeven(case: Case) -> None:
    """Every payback and every interval comes out to the request."""
    check(case)
