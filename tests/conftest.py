"""One day for every test, and the same Hypothesis examples in every run."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from command_line import TODAY
from hypothesis import HealthCheck, settings

# Every test process would compile the whole package again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

settings.register_profile(
    "llmcost",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.load_profile("llmcost")


@pytest.fixture(autouse=True, scope="session")
def _one_day() -> Iterator[None]:
    before = os.environ.get("LLMCOST_TODAY")
    os.environ["LLMCOST_TODAY"] = TODAY
    yield
    if before is None:
        del os.environ["LLMCOST_TODAY"]
    else:
        os.environ["LLMCOST_TODAY"] = before
