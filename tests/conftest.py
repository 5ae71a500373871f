"""One day for every test, and the same Hypothesis examples in every run."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import TODAY
from hypothesis import HealthCheck, settings

# Every test process would compile the whole package again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A shell starts what runs in the background without Ctrl-C, and whatever that starts too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile(
    "llmcost",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.load_profile("llmcost")

# Files whose tests start a process a case, or a browser: most of the time that the whole takes.
SLOW = (
    *("browser/test_page.py", "docs/test_site.py", "test_published.py", "test_readme.py"),
    *("cli/test_audit.py", "cli/test_audit_inline.py", "cli/test_closed_streams.py", "cli/test_harmless.py"),
    *("cli/test_contract.py", "cli/test_prices.py", "cli/test_refusals.py", "cli/test_schema.py", "cli/test_start.py"),
    *("difference/test_comment.py", "difference/test_workflow.py", "render/test_report.py"),
    *("usage/test_bad_input.py", "usage/test_engines.py", "usage/test_figures.py"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is slow by its file; a single slow test says so itself."""
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).as_posix() in SLOW or item.get_closest_marker("exhaustive"):
            item.add_marker(pytest.mark.slow)  # so that -m 'not slow' leaves these out as well


@pytest.fixture(autouse=True, scope="session")
def _one_day() -> Iterator[None]:
    before = os.environ.get("LLMCOST_TODAY")
    os.environ["LLMCOST_TODAY"] = TODAY
    yield
    if before is None:
        del os.environ["LLMCOST_TODAY"]
    else:
        os.environ["LLMCOST_TODAY"] = before
