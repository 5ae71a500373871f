"""What is required may be a range too: each draw is judged by its own limit."""

from __future__ import annotations

from llmcost import Sampling, compare, load_catalog, scenario_from


def test_every_requirement_may_be_a_range() -> None:
    """1M × (1000 × $1 + 200 × $5) = $2,000 a month; a limit of 1.5k..3k is median 2,121, above it in 61 % of the draws."""
    scenario = {
        "start": "2026-12",
        "horizon_months": 1,
        "workload": {"requests_per_month": "1M", "input_tokens": 1000, "output_tokens": 200},
        "prices": {"m": {"input_per_mtok": 1, "output_per_mtok": 5}},
        "requirements": {
            "max_monthly_cost": "1.5k..3k",
            "p99_latency_ms": "3000..5000",
            "payback_within_months": "3..6",
        },
        "architectures": {"x": {"kind": "api", "model": "m", "p99_latency_ms": 2000}},
    }
    row = compare(scenario_from(scenario), load_catalog(), Sampling(4096)).architectures[0]
    status = {each.requirement: each for each in row.requirements}
    # ln(2,121 / 2,000) ÷ (ln 2 ÷ 3.28971) = 0.2793 deviations, and Φ(0.2793) = 61.0 %.
    assert status["max_monthly_cost"].chance is not None
    assert abs(status["max_monthly_cost"].chance - 0.610) < 0.002
    assert status["max_monthly_cost"].status == "uncertain"
    assert status["p99_latency_ms"].status == "met"
    assert status["payback_within_months"].status == "met"


def test_a_fleet_is_sized_for_the_expected_limit() -> None:
    """A fleet is built once: limits that lie evenly about 300 ms buy what 300 ms buy."""
    scenario = {
        "start": "2026-12",
        "horizon_months": 1,
        "workload": {"requests_per_month": "20M", "input_tokens": 1000, "output_tokens": 200},
        "requirements": {"first_token_ms": 300},
        "architectures": {
            "own": {
                "kind": "self_hosted",
                "model": "llama-3.1-8b",
                "gpu": {"name": "H100-SXM", "usd_per_gpu_hour": 3},
                "precision": "fp8",
                "modelled_rate_error": 1,
                "latency": {"network_ms": 10},
            }
        },
    }
    found = compare(scenario_from(scenario), load_catalog(), Sampling(4096)).architectures[0].total_cost
    scenario["requirements"] = {"first_token_ms": {"low": 299, "high": 301, "shape": "uniform"}}
    scenario["architectures"]["own"]["latency"] = {"network_ms": {"low": 9.9, "high": 10.1, "shape": "uniform"}}
    ranged = compare(scenario_from(scenario), load_catalog(), Sampling(4096)).architectures[0].total_cost
    assert ranged.value == found.value


def test_what_is_kept_of_a_baseline_that_is_never_right_is_unknown() -> None:
    """A share of nothing is unknown, in a point as with ranges, and unknown never meets what is required."""
    for tokens in (1000, "900..1100"):
        scenario = {
            "start": "2026-12",
            "horizon_months": 1,
            "workload": {"requests_per_month": "1M", "input_tokens": tokens, "output_tokens": 200},
            "prices": {
                "m": {"input_per_mtok": 1, "output_per_mtok": 5},
                "n": {"input_per_mtok": 2, "output_per_mtok": 5},
            },
            "quality": {"m": "80%..90%", "n": "0%"},
            "baseline": "y",
            "requirements": {"min_quality_kept": "95%"},
            "architectures": {"x": {"kind": "api", "model": "m"}, "y": {"kind": "api", "model": "n"}},
        }
        found = compare(scenario_from(scenario), load_catalog(), Sampling(256))
        assert [row.quality_kept.value for row in found.architectures] == [None, None]
        assert found.choice.architecture is None
