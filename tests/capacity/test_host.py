"""`llmcost host` and `tco` with a modelled replica, asked as a person would."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import pytest
from command_line import run

MODELLED = (
    "host",
    "--model",
    "llama-3.1-8b",
    "--gpu",
    "H100-SXM",
    "--precision",
    "fp8",
    "--input",
    "1000",
    "--output",
    "500",
)


@pytest.fixture(scope="module")
def alone() -> Any:
    """One replica, no volume."""
    return run(*MODELLED, "-f", "json").result


@pytest.fixture(scope="module")
def fleet() -> Any:
    """The same under 30 million requests a month."""
    return run(*MODELLED, "--requests", "30M", "--spare", "1", "-f", "json").result


def test_a_rate_is_modelled_with_its_band_its_limit_and_its_times(alone: Any) -> None:
    assert 25 < alone["requests_per_second"] < 27
    low, high = alone["requests_per_second_band"]
    assert math.isclose(low / alone["requests_per_second"], 0.75) and math.isclose(
        high / alone["requests_per_second"], 1.25
    )
    assert math.isclose(
        alone["deployable_requests_per_second"], alone["requests_per_second"] * 0.89 * 0.70, rel_tol=1e-9
    )
    assert alone["limit"] in ("compute", "bandwidth", "memory")
    assert math.isclose(alone["physical_bound_requests_per_second"], 72.1, abs_tol=0.1)
    assert min(alone[name] for name in ("batch", "time_per_output_token_ms", "first_token_ms")) > 0
    split = alone["memory"]
    assert math.isclose(split["weights_gb"] + split["cache_gb"] + split["reserve_gb"], 80)


def test_without_a_volume_it_is_one_replica(alone: Any) -> None:
    assert (alone["gpus"], alone["utilisation"], alone["cost_per_mtok"]) == (1, None, None)
    assert alone["monthly_cost"] > 0


def test_the_engine_the_class_and_the_utilisation_make_it_deployable(alone: Any) -> None:
    vllm = run(
        *(*MODELLED, "--engine", "vllm", "--kv-precision", "fp8", "--latency-class", "interactive"),
        *("--target-utilisation", "50%", "-f", "json"),
    ).result
    assert math.isclose(vllm["requests_per_second"], alone["requests_per_second"])
    assert math.isclose(
        vllm["deployable_requests_per_second"], alone["requests_per_second"] * 0.88 * 0.56 * 0.50, rel_tol=1e-9
    )


def test_the_fleet_serves_the_peak_and_says_when_it_is_full(fleet: Any) -> None:
    one = fleet["deployable_requests_per_second"] * 2_628_000 / 4  # peak over average 4
    assert fleet["replicas"] == math.ceil(30e6 / one) + 1
    assert math.isclose(fleet["full_at_requests_per_month"], (fleet["replicas"] - 1) * one, rel_tol=1e-9)
    assert fleet["full_at_requests_per_month"] >= 30e6
    assert math.isclose(fleet["cost_per_mtok"], fleet["monthly_cost"] / 45_000)
    assert math.isclose(fleet["cost_per_output_mtok"], fleet["monthly_cost"] / 15_000)


def test_every_provider_is_listed_the_cheapest_first_and_spot_is_marked(fleet: Any) -> None:
    rates = [offer["usd_per_gpu_hour"] for offer in fleet["providers"]]
    assert rates == sorted(rates) and len({offer["provider"] for offer in fleet["providers"]}) > 3
    assert {offer["price"]: offer["interruptible"] for offer in fleet["providers"]} == {
        "on_demand": False,
        "spot": True,
    }
    for offer in fleet["providers"]:
        assert math.isclose(offer["monthly_cost"], fleet["gpus"] * offer["usd_per_gpu_hour"] * 730)
    cheapest = next(offer for offer in fleet["providers"] if not offer["interruptible"])
    assert math.isclose(fleet["monthly_cost"], cheapest["monthly_cost"])


def test_what_does_not_fit_is_an_answer() -> None:
    done = run("host", "--model", "llama-3.1-70b", "--gpu", "L40S", "--input", "1000", "--output", "200", "-f", "json")
    assert done.code == 0
    assert (done.result["requests_per_second"], done.result["monthly_cost"]) == (None, None)
    assert done.result["smallest_fit"] == {"gpu": "B200", "gpus": 1, "total_memory_gb": 180}
    text = run("host", "--model", "llama-3.1-70b", "--gpu", "L40S", "--input", "1000", "--output", "200").out
    assert "does not fit on 1 × L40S" in text and "1 × B200" in text


def test_a_measured_rate_above_the_band_is_a_warning() -> None:
    done = run(*MODELLED, "--throughput", "40", "--requests", "1M", "-f", "json")
    assert [one["code"] for one in done.document["warnings"] if one["code"] != "stale_price"] == ["above_model"]
    assert done.result["against_model"]["verdict"] == "above_band"
    assert done.result["requests_per_second"] == 40


def test_what_the_model_takes_for_granted_is_said() -> None:
    document = run(
        "host", "--model", "llama-3.1-8b", "--gpu", "L40S", "--input", "9", "--output", "9", "-f", "json"
    ).document
    named = {one["name"] for one in document["assumptions"]}
    assert {f"self-hosted.{field}" for field in ("precision", "engine", "latency_class")} <= named


def test_a_request_beyond_the_context_is_a_warning() -> None:
    done = run("host", "--model", "phi-3-mini", "--gpu", "L40S", "--input", "4000", "--output", "500", "-f", "json")
    assert "beyond_context" in {one["code"] for one in done.document["warnings"]}


def test_training_that_is_the_least_of_the_build_is_said() -> None:
    done = run(
        *(
            "tco",
            "--training",
            "samples=10k,tokens_per_sample=1000,epochs=3,method=lora,model=llama-3.1-8b,gpu=H100-SXM",
        ),
        *("--labelling", "samples=10k,usd_per_sample=3", "--monthly", "hosting=700", "-f", "json"),
    )
    assert "training_is_least" in {one["code"] for one in done.document["warnings"]}
    hours = next(c for c in done.result["charges"] if c["name"] == "training")["factors"][0]
    assert hours["name"] == "hours" and math.isclose(hours["value"], 4 * 8030261248 * 3e7 / (0.35 * 989e12) / 3600)


def test_breakeven_intervals_follow_the_modelled_gpus() -> None:
    scenario = {
        "start": "2026-12",
        "workload": {"requests_per_month": 4_000_000, "input_tokens": 1000, "output_tokens": 500},
        "prices": {"a": {"input_per_mtok": 0.1, "output_per_mtok": 0.4}},
        "baseline": "api",
        "architectures": {
            "api": {"kind": "api", "model": "a"},
            "own": {
                "kind": "self_hosted",
                "model": "llama-3.1-8b",
                "precision": "fp8",
                "gpu": {"name": "L40S", "usd_per_gpu_hour": 1},
            },
        },
    }
    text = json.dumps(scenario)
    host = run("host", "-", "-f", "json", stdin=text).result
    step = host["deployable_requests_per_second"] * 2_628_000 / 4
    intervals = run("breakeven", "-", "--to", "20M", "-f", "json", stdin=text).result["intervals"]
    ends = [each["to_requests_per_month"] for each in intervals if each["cheapest"] == "own"]
    assert len(ends) > 2
    assert all(any(end == math.floor(k * step) for k in range(1, 9)) or end == 20_000_000 for end in ends)
    assert all(each["from_requests_per_month"] > 730 / 0.0003 for each in intervals if each["cheapest"] == "own")


def test_a_point_imports_no_numpy() -> None:
    done = run(*MODELLED, "--requests", "1M", "-f", "json", python=["-X", "importtime"])
    assert done.code == 0
    assert not re.search(r"\| +(numpy|rich|yaml)(\.|$)", done.err, re.MULTILINE)
