"""A p99 is that of the answers' own lengths, on the segment's own requests, or it is unknown."""

from __future__ import annotations

import math
from typing import Any

import pytest

from llmcost.catalog import load_catalog
from llmcost.economics.comparison import compare
from llmcost.scenario import scenario_from

OWN = {
    "kind": "self_hosted",
    "model": "llama-3.1-8b",
    "gpu": {"name": "H100-SXM", "usd_per_gpu_hour": 3},
    "precision": "fp8",
}
API = {"kind": "api", "model": "m", "p99_latency_ms": 3000}
SCENARIO: dict[str, Any] = {
    "start": "2026-12",
    "baseline": "api",
    "prices": {"m": {"input_per_mtok": 0.1, "output_per_mtok": 0.4}},
    "requirements": {"p99_latency_ms": 6000},
}
Z99 = 2.3263478740408408
STATED = {"network_ms": 10, "queue_ms": 20, "first_token_ms": 70, "ms_per_token": 10}


def judged(scenario: dict[str, Any], name: str = "own") -> dict[str, tuple[str, str]]:
    row = next(each for each in compare(scenario_from(scenario), load_catalog()).architectures if each.name == name)
    return {each.requirement: (each.status, each.reason) for each in row.requirements}


def with_answers(output: Any, own: dict[str, Any], limit: float) -> dict[str, Any]:
    return {
        **SCENARIO,
        "workload": {"requests_per_month": "1M", "input_tokens": 1000, "output_tokens": output},
        "requirements": {"p99_latency_ms": limit},
        "architectures": {"api": API, "own": own},
    }


@pytest.mark.parametrize("sigma", [0.5, 0.8, 1.0])
def test_99_of_100_answers_and_not_the_mean_one(sigma: float) -> None:
    """10 + 20 + 70 ms and 10 ms for each token after the first, of the 99th percentile of a log-normal of mean 500."""
    p99 = 500 * math.exp(Z99 * sigma - sigma**2 / 2)
    exact = 100 + 10 * (p99 - 1)
    output = {"lengths": {"mean": 500, "p99": p99}}
    own = {**OWN, "latency": STATED}
    assert judged(with_answers(output, own, exact + 1))["p99_latency_ms"][0] == "met"
    assert judged(with_answers(output, own, exact - 1))["p99_latency_ms"][0] == "failed"


def test_without_lengths_it_is_unknown_unless_the_mean_answer_is_too_slow_already() -> None:
    """An answer of 500 tokens takes 100 + 10 × 499 = 5,090 ms."""
    own = {**OWN, "latency": STATED}
    status, reason = judged(with_answers(500, own, 6000))["p99_latency_ms"]
    assert status == "unknown" and "lengths" in reason
    assert judged(with_answers(500, own, 5000))["p99_latency_ms"][0] == "failed"
    assert judged(with_answers(1, own, 101))["p99_latency_ms"][0] == "met"  # one token has no longer ones


def test_a_stated_p99_is_taken_at_its_word() -> None:
    assert judged(with_answers(500, {**OWN, "p99_latency_ms": 5000}, 6000))["p99_latency_ms"][0] == "met"


@pytest.mark.parametrize("own_limit", [None, 6000])
def test_a_long_segment_fails_by_its_own_lengths(own_limit: int | None) -> None:
    """3,650 tokens at about 9 ms each; the mean over both segments, 500 tokens, would pass."""
    long: dict[str, Any] = {"share": "10%", "input_tokens": 1000, "output_tokens": 3650}
    if own_limit:
        long["p99_latency_ms"] = own_limit
    scenario = {
        **SCENARIO,
        "workload": {"requests_per_month": "30M"},
        "architectures": {"api": API, "own": OWN},
        "segments": {"short": {"share": "90%", "input_tokens": 1000, "output_tokens": 150}, "long": long},
    }
    requirement = "segments.long.p99_latency_ms" if own_limit else "p99_latency_ms"
    assert judged(scenario)[requirement][0] == "failed"


def test_of_several_streams_one_in_a_hundred_is_longer() -> None:
    """Half of the requests of median 100, half of median 1,000, σ 0.5: 2 % of the long half are longer."""
    from llmcost.economics.latencies import _p99_tokens
    from llmcost.lengths import LengthDistribution

    class _Stream:
        requests, requests_known = 1.0, True

        def __init__(self, median: float) -> None:
            self.output_lengths = LengthDistribution(median * math.exp(0.125), 0.5)

    streams: Any = [_Stream(100), _Stream(1000)]
    z98 = 2.0537489106318225
    assert _p99_tokens(streams, "output_lengths") == pytest.approx(1000 * math.exp(0.5 * z98), rel=1e-4)
