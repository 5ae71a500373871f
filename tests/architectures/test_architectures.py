"""What each kind of architecture costs: cases worked out by hand from the published formulas."""

from __future__ import annotations

import pytest
from worked import Case, cases, check, name_of


@pytest.mark.parametrize("case", cases("api"), ids=name_of)
def test_api(case: Case) -> None:
    """A model over its provider's API is billed bucket by bucket."""
    check(case)


@pytest.mark.parametrize("case", cases("routed"), ids=name_of)
def test_routed(case: Case) -> None:
    """Routers, cascades, segments and hybrids cost the sum of what they send on, and their own charges."""
    check(case)


@pytest.mark.parametrize("case", cases("self_hosted"), ids=name_of)
def test_self_hosted(case: Case) -> None:
    """Self-hosting pays for whole GPUs."""
    check(case)


@pytest.mark.parametrize("case", cases("fine_tuned"), ids=name_of)
def test_fine_tuned(case: Case) -> None:
    """A fine-tune is built once, served and kept, and its fallback serves until it is ready."""
    check(case)


@pytest.mark.parametrize("case", cases("tokens"), ids=name_of)
def test_tokens(case: Case) -> None:
    """What a model counts, writes, caches and costs next year is taken from the narrowest place that says it."""
    check(case)
