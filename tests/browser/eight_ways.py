"""Scenarios for the page: eight architectures over 36 months, and one whose names are up to no good."""

from __future__ import annotations

import copy
from typing import Any

_EIGHT: dict[str, Any] = {
    "name": "Eight ways",
    "start": "2026-12",
    "horizon_months": 36,
    "workload": {
        "requests_per_month": 2_000_000,
        "input_tokens": "1000..1400",
        "output_tokens": "150..300",
        "growth_per_month": "1%..4%",
        "peak_to_average": 4,
    },
    "baseline": "all",
    "requirements": {"min_quality_kept": "88%", "payback_within_months": 24},
    "prices": {
        "cheap": {"input_per_mtok": "0.4..0.6", "output_per_mtok": 2},
        "middle": {"input_per_mtok": 3, "output_per_mtok": 15},
        "dear": {"input_per_mtok": 5, "output_per_mtok": 25},
    },
    "quality": {
        "cheap": "80%",
        "middle": "90%",
        "dear": "95%",
        "own": "78%..85%",
        "tuned": "85%..92%",
        "cascade": "93%",
    },
    "moves": ["routed", "own", "tuned"],
    "architectures": {
        "all": {"kind": "api", "model": "dear"},
        "mid": {"kind": "api", "model": "middle"},
        "routed": {
            "kind": "routed",
            "mix": {"cheap": 0.7, "middle": 0.2, "dear": 0.1},
            "build": {"integration": "5k..15k"},
        },
        "cascade": {"kind": "cascade", "stages": ["cheap", "dear"], "escalation": [0.3], "build": {"gate": 15_000}},
        "own": {
            "kind": "self_hosted",
            "gpu": {"usd_per_gpu_hour": "2..4"},
            "throughput": {"requests_per_second": 3},
            "target_utilisation": 0.6,
            "operations_per_month": "1k..3k",
        },
        "tuned": {
            "kind": "fine_tuned",
            "build": {"training": "30k..80k", "people": {"people": 2, "weeks": 10, "usd_per_week": "3k..5k"}},
            "monthly": {"monitoring": "2k..5k"},
            "serving": {
                "gpu": {"usd_per_gpu_hour": 1.2},
                "throughput": {"requests_per_second": 2.5},
                "target_utilisation": 0.6,
            },
            "ready_after_weeks": "10..16",
            "rollout": [0.05, 0.5, 1.0],
            "retrain": {"every_months": 3, "cost": "5k..15k"},
        },
        "hybrid": {"kind": "routed", "mix": {"own": 0.8, "dear": 0.2}, "quality": "90%"},
        "second": {"kind": "routed", "mix": {"routed": 0.6, "dear": 0.4}},
    },
}

LONG = "long " * 10 + "unbroken" * 35  # 330 characters, 280 of them without a place to break
HOSTILE = {
    "a script": "<script>alert('owned')</script>",
    "an end of script": "</script><img src=x onerror=alert(1)>",
    "quotes": "\"double\" and 'single' & <b>bold</b>",
    "text turned around": "abc\u202egpj.exe",
    "another direction": "נתב חכם",
    "a long name": LONG,
    "emoji": "🚀 rocket 🧑🏽‍🚀",
}


def eight() -> dict[str, Any]:
    """Eight architectures over 36 months, with ranges and every lever."""
    return copy.deepcopy(_EIGHT)


def certain(scenario: Any) -> Any:
    """The scenario with the low end of each range in its place."""
    if isinstance(scenario, dict):
        return {key: certain(value) for key, value in scenario.items()}
    if isinstance(scenario, list):
        numbers = [each for each in scenario if isinstance(each, int | float)]
        return numbers[0] if len(scenario) == len(numbers) == 2 else [certain(value) for value in scenario]
    return scenario.partition("..")[0] if isinstance(scenario, str) else scenario


def hostile() -> dict[str, Any]:
    """The eight under names that try to be markup, to turn the page around or to push it apart."""
    scenario = eight()
    first, *rest = scenario["architectures"]
    renamed = dict(zip(rest, HOSTILE.values(), strict=True))
    scenario["name"] = " ".join(HOSTILE.values())[:600]
    bodies = scenario["architectures"]
    scenario["architectures"] = {renamed.get(name, name): body for name, body in bodies.items()}
    for name in ("hybrid", "second"):
        mix = bodies[name]["mix"]
        bodies[name]["mix"] = {renamed.get(target, target): share for target, share in mix.items()}
    scenario["quality"] = {renamed.get(name, name): value for name, value in scenario["quality"].items()}
    scenario["moves"] = [renamed[name] for name in scenario["moves"]]
    assert first == "all"
    return scenario


def moved(key: str, value: float, scenario: dict[str, Any] | None = None) -> dict[str, Any]:
    """The eight with one input changed as a person would change it in the file."""
    changed = eight() if scenario is None else copy.deepcopy(scenario)
    bodies = changed["architectures"]
    if key == "volume":
        changed["workload"]["requests_per_month"] = value
    elif key == "cheap_share":
        bodies["hybrid"]["mix"] = {"own": value, "dear": 1 - value}  # the recommended mix, and its cheaper target
    elif key == "escalation":
        bodies["cascade"]["escalation"] = [value]
    elif key == "build":
        bodies["routed"]["build"] = {"integration": [5000 * value, 15_000 * value]}
        bodies["cascade"]["build"] = {"gate": 15_000 * value}
        people = {"people": 2 * value, "weeks": 10, "usd_per_week": "3k..5k"}
        bodies["tuned"]["build"] = {"training": [30_000 * value, 80_000 * value], "people": people}
    elif key == "price_drift":
        changed["api_price_change_per_year"] = value
    elif key == "utilisation":
        bodies["own"]["target_utilisation"] = value
        bodies["tuned"]["serving"]["target_utilisation"] = value
    else:
        raise AssertionError(f"no such lever: {key}")
    return changed
