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
    """The same under 30 million requests a month, the model taken at its word."""
    own = {"kind": "self_hosted", "model": "llama-3.1-8b", "gpu": "H100-SXM", "precision": "fp8", "spare": 1}
    scenario = {
        "workload": {"requests_per_month": 30_000_000, "input_tokens": 1000, "output_tokens": 500},
        "architectures": {"own": own | {"modelled_rate_error": 1}},
    }
    return run("host", "-", "-f", "json", stdin=json.dumps(scenario)).result


def test_a_rate_is_modelled_with_its_band_its_limit_and_its_times(alone: Any) -> None:
    low, high = alone["requests_per_second_band"]
    assert low < 26 < high  # about 26 are published
    assert math.isclose(math.sqrt(low * high), alone["requests_per_second_median"], rel_tol=1e-4)
    above = math.exp((0.27 / 1.6448536269514722) ** 2 / 2)  # the mean of a log-normal over its median
    assert math.isclose(math.sqrt(low * high) * above, alone["requests_per_second"], rel_tol=1e-4)
    # The band is a 90 % interval of the draws: a dense model's is e^0.27 either way.
    assert math.isclose(high / low, math.exp(2 * 0.27), rel_tol=1e-6)
    drawn_low, drawn_high = alone["requests_per_second_range"]
    assert math.isclose(drawn_low, low, rel_tol=0.01) and math.isclose(drawn_high, high, rel_tol=0.01)
    assert math.isclose(
        alone["deployable_requests_per_second"], alone["requests_per_second"] * 0.89 * 0.70, rel_tol=1e-9
    )
    assert alone["limit"] in ("compute", "bandwidth", "memory")
    assert math.isclose(alone["physical_bound_requests_per_second"], 72.7, abs_tol=0.1)
    assert min(alone[name] for name in ("batch", "time_per_output_token_ms", "first_token_ms")) > 0
    split = alone["memory"]
    assert math.isclose(split["weights_gb"] + split["cache_gb"] + split["reserve_gb"], 80 * 2**30 / 1e9)


def test_without_a_volume_it_is_one_replica(alone: Any) -> None:
    assert (alone["gpus"], alone["utilisation"], alone["cost_per_mtok"]) == (1, None, None)
    assert alone["monthly_cost"] > 0


def test_the_class_and_the_utilisation_make_it_deployable() -> None:
    vllm = run(
        *(*MODELLED, "--engine", "vllm", "--kv-precision", "fp8", "--latency-class", "interactive"),
        *("--target-utilisation", "50%", "-f", "json"),
    ).result
    assert math.isclose(vllm["deployable_requests_per_second"], vllm["requests_per_second"] * 0.56 * 0.50, rel_tol=1e-9)


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
    assert done.result["smallest_fit"] == {"gpu": "A100-PCIE-80GB", "gpus": 2, "total_memory_gb": 160}
    text = run("host", "--model", "llama-3.1-70b", "--gpu", "L40S", "--input", "1000", "--output", "200").out
    assert "does not fit on 1 × L40S" in text and "2 × A100-PCIE-80GB" in text


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
                "modelled_rate_error": 1,
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
    measured = ("--throughput", "20")
    done = run(*MODELLED, *measured, "--requests", "1M", "-f", "json", python=["-X", "importtime"])
    assert done.code == 0
    assert not re.search(r"\| +(numpy|rich|yaml)(\.|$)", done.err, re.MULTILINE)


WORKED = (
    *("host", "--model", "qwen3-32b", "--engine", "vllm", "--precision", "bf16", "--rps", "20"),
    *("--input", "1024", "--output", "512", "--as-of", "2026-11-22"),
)


def test_limits_size_the_fleet_in_place_of_class_and_utilisation() -> None:
    gpus = ("--gpu", "H100-SXM", "--gpus-per-replica", "2")
    done = run(*WORKED, *gpus, "--max-ttft", "500ms", "--max-tpot", "0.05s", "-f", "json")
    limits = done.result["limits"]
    assert (limits["first_token_ms"], limits["token_ms"], limits["percentile"]) == (500, 50, None)
    # Half of the draws need at most the GPUs of the median rate; what is paid is the mean of all of them.
    assert done.result["gpus_median"] == 2 * math.ceil(20 / limits["goodput_requests_per_second"])
    assert done.result["gpus_range"][0] <= done.result["gpus"] <= done.result["gpus_range"][1]
    assert 0.5 < limits["chance"] < 1
    named = {one["name"] for one in done.document["assumptions"]}
    assert not named & {"self-hosted.target_utilisation", "self-hosted.latency_class"}


def test_without_a_gpu_the_limits_search_for_one() -> None:
    done = run(*WORKED, "--max-tpot", "50ms", "-f", "json")
    options = done.result["search"]["options"]
    assert done.result["gpu"] == options[0]["gpu"]
    assert math.isclose(options[0]["monthly_cost"], done.result["monthly_cost"], rel_tol=0.2)
    assert [one["limit"] for one in done.result["search"]["limit_costs"]] == ["time a token"]


def test_a_confidence_takes_at_least_as_many() -> None:
    def options(*more: str) -> Any:
        return run(*WORKED, "--max-tpot", "50ms", *more, "-f", "json").result["search"]["options"]

    likely = options("--confidence", "90%")
    assert likely[0]["monthly_cost"] >= options()[0]["monthly_cost"]
    assert all(one["chance"] >= 0.9 - 1e-3 for one in likely)


def test_limits_that_no_gpu_keeps_are_bad_input_that_names_the_nearest() -> None:
    done = run(*WORKED, "--max-tpot", "0.1ms")
    assert done.code == 2 and "the nearest is" in done.err and "--max-ttft" in done.err


@pytest.mark.parametrize(
    ("flags", "what"),
    [
        (("--max-ttft", "0"), "leaves no time"),
        (("--max-tpot", "50ms", "--latency-percentile", "p101"), "p50, p90, p95, p99 or mean"),
        (("--max-tpot", "50ms", "--confidence", "40%"), "confidence"),
        (("--requests", "1M"), "given twice"),
    ],
)
def test_bad_limits_are_refused(flags: tuple[str, ...], what: str) -> None:
    done = run(*WORKED, *flags)
    assert done.code == 2 and what in done.err


def test_requirements_size_the_fleet_too() -> None:
    own = {"kind": "self_hosted", "model": "qwen3-32b", "gpu": {"name": "H100-SXM", "usd_per_gpu_hour": 2}}
    scenario = {
        "workload": {
            "requests_per_month": 20 * 2_628_000,
            "input_tokens": 1024,
            "output_tokens": 512,
            "peak_to_average": 1,
        },
        "requirements": {"token_ms": 50, "first_token_ms": 500},
        "architectures": {"own": own | {"engine": "vllm", "gpus_per_replica": 2, "modelled_rate_error": 1}},
    }
    done = run("compare", "-", "-f", "json", stdin=json.dumps(scenario))
    (found,) = done.result["architectures"]
    assert found["failed_gates"] == [] and found["monthly_cost"] <= 8 * 2 * 730
    scenario["requirements"] = {"token_ms": 50, "first_token_ms": 500, "latency_percentile": "p99"}
    slow = run("compare", "-", "-f", "json", stdin=json.dumps(scenario)).result["architectures"][0]
    assert slow["failed_gates"] == [] and slow["monthly_cost"] >= found["monthly_cost"]


def test_a_fine_tune_on_a_gpu_is_modelled_at_its_shorter_answers() -> None:
    served = {"model": "llama-3.1-8b", "gpu": {"name": "L40S", "usd_per_gpu_hour": 1}, "modelled_rate_error": 1}

    def month(output: int, architecture: dict[str, Any]) -> float:
        scenario = {
            "horizon_months": 1,
            "workload": {"requests_per_month": 20_000_000, "input_tokens": 1000, "output_tokens": output},
            "architectures": {"one": architecture},
        }
        found: float = run("tco", "-", "--architecture", "one", "-f", "json", stdin=json.dumps(scenario)).result[
            "monthly_cost"
        ]
        return found

    tuned = {"kind": "fine_tuned", "output_tokens_factor": "50%", "serving": served}
    assert month(1000, tuned) == pytest.approx(month(500, {"kind": "self_hosted", **served}))


def test_a_config_json_describes_a_model(tmp_path: Any) -> None:
    config = {
        "architectures": ["MixtralForCausalLM"],
        "hidden_size": 1024,
        "num_hidden_layers": 10,
        "num_attention_heads": 16,
        "num_key_value_heads": 4,
        "intermediate_size": 4096,
        "num_local_experts": 8,
        "num_experts_per_tok": 2,
        "vocab_size": 32000,
        "tie_word_embeddings": False,
    }
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config))
    done = run(
        "host",
        "--config",
        str(path),
        "--model",
        "mine",
        "--gpu",
        "L4",
        "--input",
        "100",
        "--output",
        "100",
        "-f",
        "json",
    )
    expert = 3 * 1024 * 4096
    always = 1024 * 64 * (16 + 8) + 16 * 64 * 1024 + 1024 * 8
    total = 10 * (always + 8 * expert) + 2 * 32000 * 1024
    assert done.result["memory"]["weights_gb"] == pytest.approx(total * 2 / 1e9)
    path.write_text(json.dumps(config | {"architectures": ["BertForMaskedLM"]}))
    done = run("host", "--config", str(path), "--model", "mine", "--gpu", "L4", "--input", "100", "--output", "100")
    assert done.code == 2 and "BertForMaskedLM, which is no decoder" in done.err


def test_the_plan_prints_a_command_for_each_tool() -> None:
    out = run(*WORKED, "--gpu", "H100-SXM", "--gpus-per-replica", "2", "--benchmark-plan").out
    for tool in ("vllm bench serve", "sglang.bench_serving", "guidellm benchmark", "aiperf profile", "inference-perf"):
        assert tool in out
    assert "--random-input-len 1024 --random-output-len 512" in out


def test_a_measured_file_counts_and_the_models_error_is_said(tmp_path: Any) -> None:
    runs = []
    for rate, token in ((2.0, 20.0), (4.0, 45.0), (6.0, 80.0)):
        path = tmp_path / f"{rate}.json"
        data = {
            "completed": 100,
            "total_input_tokens": 102_400,
            "total_output_tokens": 51_200,
            "model_id": "Qwen/Qwen3-32B",
        }
        path.write_text(json.dumps(data | {"request_throughput": rate, "mean_ttft_ms": 90.0, "mean_tpot_ms": token}))
        runs += ["--measured", str(path)]
    gpus = ("--gpu", "H100-SXM", "--gpus-per-replica", "2")
    done = run(*WORKED, *gpus, *runs, "--max-tpot", "50ms", "-f", "json")
    assert done.result["requests_per_second_median"] == pytest.approx(4.0, rel=1e-6)
    assert done.result["requests_per_second"] == pytest.approx(4.0, rel=1e-3)  # 3.6, 4 and 4.4 are all but symmetric
    assert done.result["requests_per_second_range"] == pytest.approx([3.6, 4.4], rel=0.01)
    assert 2 * math.ceil(20 / 4.4) <= done.result["gpus"] <= 2 * math.ceil(20 / 3.6)
    assert done.result["against_model"]["ratio"] == pytest.approx(
        4.0 / done.result["against_model"]["modelled_requests_per_second"]
    )
    other = run(*WORKED[:2], "llama-3.1-8b", *WORKED[3:], *gpus, *runs)
    assert other.code == 2 and "measured Qwen/Qwen3-32B" in other.err
