"""Fleets, machines of one's own, training and latency: the cases of tests/cases/capacity.yaml."""

from __future__ import annotations

import pytest
from worked import Case, cases, check, name_of


@pytest.mark.parametrize("case", cases("capacity"), ids=name_of)
def test_capacity(case: Case) -> None:
    check(case)
