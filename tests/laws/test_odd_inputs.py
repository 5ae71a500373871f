"""Whatever a scenario's fields hold, a calculation answers or says what is wrong; nothing else is ever raised."""

from __future__ import annotations

import contextlib
import copy
import warnings
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from llmcost import breakeven, compare, host, load_catalog, route, tco
from llmcost.errors import LlmcostError
from llmcost.scenario import scenario_from

SCENARIO: dict[str, Any] = {
    "workload": {
        **{"requests_per_month": "1M", "input_tokens": 2000, "output_tokens": 500, "growth_per_month": "3%"},
        **{"cached_share": "10%", "cache_write_share": "1%", "batch_share": "5%", "peak_to_average": 4},
    },
    "start": "2026-12",
    "horizon_months": 12,
    "discount_rate": "5%",
    "api_price_change_per_year": "-10%",
    "baseline": "large",
    "quality": {"big": "90%", "small": "70%"},
    "requirements": {"min_quality_kept": "95%", "max_monthly_cost": "20k", "payback_within_months": 18},
    "prices": {
        "big": {"input_per_mtok": 5, "output_per_mtok": 25, "cached_input_per_mtok": 0.5, "cache_write_per_mtok": 6},
        "small": {"input_per_mtok": 1, "output_per_mtok": 5, "cached_input_per_mtok": 0.1, "cache_write_per_mtok": 1},
    },
    "architectures": {
        "large": {"kind": "api", "model": "big"},
        "routed": {"kind": "routed", "mix": {"small": "70%", "big": "30%"}, "build": {"work": "20k..40k"}},
        "cascade": {
            "kind": "cascade",
            "stages": ["small", "big"],
            "verifier": {"usd_per_request": 0.0001, "false_accept": "5%", "false_reject": "5%"},
        },
        "tuned": {
            "kind": "fine_tuned",
            "serving": {"usd_per_hour": 3},
            "labelling": {"samples": 1000, "usd_per_sample": 1, "qa_share": "10%"},
            "training": {"hours": 10, "gpus": 8, "usd_per_gpu_hour": 3},
            "retrain": {"every_months": 6, "cost": 1000},
            "rollout": ["10%", "50%", "100%"],
            "ready_after_weeks": 4,
        },
        "own": {
            "kind": "self_hosted",
            "model": "llama-3.1-8b",
            "gpu": {"name": "H100-SXM", "usd_per_gpu_hour": 2.5},
            "target_utilisation": "70%",
            "gpus_per_replica": 1,
            "concurrency": 8,
        },
    },
}
ODD: list[Any] = [
    *(0, -1, 1, 600, "1e300", "1e-300", "1e30", "1e-30", "1e15", float("inf"), float("nan"), 10**400),
    *("0%", "50%", "100%", "-100%", "-100%..5%", "0%..100%", "$3", "5..9", "0..5", "1e-5..1e5", "0..1M"),
    *({"low": 0, "high": 0}, {"low": 0, "mid": 0, "high": 1}, {"low": 0, "high": 5, "shape": "uniform"}),
    *(None, True, [], {}, [[]], {"a": 1}, ["1", "2"], "", " ", "never", "9999-12", "big", "large"),
]
Path = tuple[Any, ...]


def _paths(tree: Any, path: Path = ()) -> list[Path]:
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [each for key, value in pairs for each in ((*path, key), *_paths(value, (*path, key)))]


def _put(tree: Any, path: Path, value: Any) -> None:
    for key in path[:-1]:
        tree = tree[key] if not isinstance(tree, dict) or key in tree else {}
        if not isinstance(tree, dict | list):
            return
    if isinstance(tree, dict) or (isinstance(tree, list) and path[-1] < len(tree)):
        tree[path[-1]] = copy.deepcopy(value)


@settings(max_examples=150, deadline=None)
@given(
    changes=st.lists(st.tuples(st.sampled_from(_paths(SCENARIO)), st.sampled_from(ODD)), min_size=1, max_size=3),
    calculation=st.sampled_from([route, tco, host, breakeven, compare]),
)
def test_an_odd_input_is_answered_or_refused(changes: list[tuple[Path, Any]], calculation: Any) -> None:
    written = copy.deepcopy(SCENARIO)
    for path, value in changes:
        _put(written, path, value)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # numpy's would print our paths to the user
        with contextlib.suppress(LlmcostError):
            calculation(scenario_from(written, today=date(2026, 11, 22)), load_catalog())
