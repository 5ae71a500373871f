"""One scenario with an architecture of every kind, priced by itself, and a few ways to vary it."""

from __future__ import annotations

import copy
import json
from typing import Any

_SAMPLE: dict[str, Any] = {
    "name": "A sample",
    "start": "2026-12",
    "horizon_months": 6,
    "workload": {
        "requests_per_month": "1M",
        "input_tokens": 1000,
        "output_tokens": 200,
        "growth_per_month": "5%",
        "peak_to_average": 2,
    },
    "baseline": "frontier",
    "prices": {
        "cheap": {"input_per_mtok": 0.5, "output_per_mtok": 2, "cached_input_per_mtok": 0.05},
        "strong": {"input_per_mtok": 5, "output_per_mtok": 25, "cached_input_per_mtok": 0.5},
        "tuned": {"input_per_mtok": 0.3, "output_per_mtok": 1},
    },
    "quality": {"cheap": "80%", "strong": "95%", "tuned": "90%"},
    "moves": ["routed", "own", "fine-tune"],
    "architectures": {
        "frontier": {"kind": "api", "model": "strong"},
        "routed": {
            "kind": "routed",
            "mix": {"cheap": "70%", "strong": "30%"},
            "router": {"tokens_per_request": 10, "model": "cheap"},
        },
        "cascade": {"kind": "cascade", "stages": ["cheap", "strong"], "escalation": ["30%"]},
        "own": {
            "kind": "self_hosted",
            "gpu": {"usd_per_gpu_hour": 2},
            "throughput": {"requests_per_second": 2},
            "operations_per_month": 500,
        },
        "fine-tune": {
            "kind": "fine_tuned",
            "build": {"training": "1k", "data": "2k"},
            "monthly": {"monitoring": 100},
            "serving": {"model": "tuned"},
            "ready_after_weeks": 6,
            "rollout": ["5%", "100%"],
            "fallback": "frontier",
        },
        "hybrid": {"kind": "routed", "mix": {"own": "80%", "strong": "20%"}},
    },
}
_RANGES: dict[str, Any] = {
    "workload": {"requests_per_month": "0.8M..1.2M"},
    "prices": {"strong": {"output_per_mtok": "20..30"}},
    "architectures": {
        "own": {"gpu": {"usd_per_gpu_hour": "1.5..3"}},
        "fine-tune": {"build": {"training": "1k..5k", "data": "1k..4k"}},
    },
}


def sample(changes: dict[str, Any] | None = None) -> dict[str, Any]:
    """The sample with changes laid over it, key by key."""
    return _over(copy.deepcopy(_SAMPLE), changes or {})


def uncertain_sample() -> dict[str, Any]:
    """The sample with five of its inputs as ranges."""
    return sample(_RANGES)


def as_text(scenario: dict[str, Any]) -> str:
    """A scenario as the YAML file that llmcost reads (JSON is YAML)."""
    return json.dumps(scenario, indent=1)


def _over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    for key, value in above.items():
        if isinstance(value, dict) and isinstance(below.get(key), dict):
            _over(below[key], value)
        else:
            below[key] = value
    return below
