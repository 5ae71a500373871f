"""Result files of benchmark tools: small ones of our own with the same keys, and the right value as arithmetic."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from llmcost.capacity.benchmark_files import check_runs, measured_rate, read_runs
from llmcost.errors import InputError


def write(folder: Path, name: str, data: Any) -> str:
    path = folder / name
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return str(path)


def split(good: float, bad: float) -> dict[str, Any]:
    """A guidellm figure of the requests that succeeded, and of all."""
    return {"successful": {"mean": good, "percentiles": {"p95": good * 2}}, "total": {"mean": bad}}


def guidellm(rate: float = 8.0, failed: int = 3) -> dict[str, Any]:
    return {
        "metadata": {"version": 1},
        "benchmarks": [
            {
                "config": {"strategy": {"type_": "constant", "rate": rate}, "backend": {"model": "org/tiny-7b"}},
                "metrics": {
                    "request_totals": {"successful": 40, "errored": failed, "incomplete": 2, "total": 42 + failed},
                    "requests_per_second": split(rate, rate * 1.3),
                    "prompt_token_count": split(100, 120),
                    "output_token_count": split(20, 15),
                    "time_to_first_token_ms": split(40, 90),
                    "inter_token_latency_ms": split(8, 8),
                    "time_per_output_token_ms": split(50, 60),
                },
            }
        ],
    }


def serving(rate: float = 4.0, **more: Any) -> dict[str, Any]:
    return {
        "backend": "vllm",
        "model_id": "org/tiny-7b",
        "num_prompts": 50,
        "completed": 40,
        "duration": 10.0,
        "request_rate": 5.0,
        "max_concurrency": None,
        "total_input_tokens": 4000,
        "total_output_tokens": 800,
        "request_throughput": rate,
        "mean_ttft_ms": 100.0,
        "p95_ttft_ms": 200.0,
        "mean_tpot_ms": 30.0,
        "median_tpot_ms": 29.0,
    } | more


def inference_perf(rate: float = 7.0, **asked: Any) -> dict[str, Any]:
    return {
        "load_summary": {"count": 40, **asked},
        "successes": {
            "count": 36,
            "latency": {
                "time_to_first_token": {"mean": 0.04, "p95": 0.05},
                "time_per_output_token": {"mean": 0.0075},
                "inter_token_latency": {"mean": 0.002},
            },
            "throughput": {"requests_per_sec": rate},
            "prompt_tokens": {"mean": 100},
            "output_tokens": {"mean": 20},
        },
        "failures": {"count": 4},
    }


def aiperf() -> dict[str, Any]:
    return {
        "aiperf_version": "0.13.0",
        "request_throughput": {"unit": "requests/sec", "avg": 15.7},
        "request_count": {"unit": "requests", "avg": 36.0},
        "error_request_count": {"unit": "requests", "avg": 4.0},
        "input_sequence_length": {"unit": "tokens", "avg": 64.0},
        "usage_prompt_tokens": {"unit": "tokens", "avg": 100.0},
        "output_sequence_length": {"unit": "tokens", "avg": 27.0},
        "usage_completion_tokens": {"unit": "tokens", "avg": 20.0},
        "time_to_first_token": {"unit": "ms", "avg": 44.0, "p95": 49.0},
        "inter_token_latency": {"unit": "ms", "avg": 7.8},
        "input_config": {"models": {"items": [{"name": "org/tiny-7b"}]}},
    }


class TestEachTool:
    """Units and what is left out differ file by file."""

    def test_guidellm_counts_the_requests_that_succeeded_and_the_time_between_tokens(self, tmp_path: Path) -> None:
        (run,) = read_runs([write(tmp_path, "g.json", guidellm())])
        assert (run.tool, run.model, run.requests_per_second) == ("guidellm", "org/tiny-7b", 8.0)
        assert (run.input_tokens, run.output_tokens, run.served, run.failed) == (100, 20, 40, 5)
        # time_per_output_token_ms spreads the first token over the others, so it is not the time a token.
        assert run.first_token == pytest.approx({"mean": 0.040, "p95": 0.080})
        assert run.token["mean"] == pytest.approx(0.008)

    def test_vllm_gives_milliseconds_and_sums_of_tokens(self, tmp_path: Path) -> None:
        (run,) = read_runs([write(tmp_path, "v.json", serving())])
        assert (run.tool, run.requests_per_second, run.input_tokens, run.output_tokens) == (
            *("vllm bench serve", 4.0),
            *(4000 / 40, 800 / 40),
        )
        assert run.failed == 10  # 50 asked, 40 completed
        assert run.first_token == pytest.approx({"mean": 0.1, "p95": 0.2})
        assert run.token == pytest.approx({"mean": 0.03, "p50": 0.029})

    def test_sglang_writes_one_run_a_line(self, tmp_path: Path) -> None:
        lines = [
            json.dumps(serving(rate, backend="sglang", mean_e2e_latency_ms=1.0, total_output_tokens_retokenized=790))
            for rate in (2.0, 4.0)
        ]
        runs = read_runs([write(tmp_path, "s.jsonl", "\n".join(lines))])
        assert [(run.tool, run.requests_per_second) for run in runs] == [
            ("sglang bench_serving", 2.0),
            ("sglang bench_serving", 4.0),
        ]

    def test_inference_perf_gives_seconds(self, tmp_path: Path) -> None:
        (run,) = read_runs([write(tmp_path, "stage_1.json", inference_perf(requested_rate=8.0))])
        assert (run.requests_per_second, run.served, run.failed) == (7.0, 36, 4)
        assert run.first_token["mean"] == pytest.approx(0.04)
        assert run.token["mean"] == pytest.approx(0.0075)  # its inter_token_latency counts chunks

    def test_inference_perfs_summary_mixes_stages_and_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="mixes the stages") as refused:
            read_runs([write(tmp_path, "summary.json", inference_perf())])
        assert "stage_0" in refused.value.hint

    def test_aiperf_counts_tokens_as_the_server_does(self, tmp_path: Path) -> None:
        (run,) = read_runs([write(tmp_path, "a.json", aiperf())])
        assert (run.requests_per_second, run.input_tokens, run.output_tokens, run.failed) == (15.7, 100, 20, 4)
        assert run.first_token == pytest.approx({"mean": 0.044, "p95": 0.049})


class TestTheRate:
    """The highest load that holds the limits, and its range."""

    def curve(self, folder: Path) -> list[Any]:
        files = [
            write(folder, f"{rate}.json", serving(rate, mean_ttft_ms=25.0 * rate, mean_tpot_ms=10.0 * rate))
            for rate in (2.0, 4.0, 8.0)
        ]
        return read_runs(files)

    def test_without_limits_the_highest_counts_and_one_run_is_ten_percent_either_way(self, tmp_path: Path) -> None:
        found = measured_rate(self.curve(tmp_path))
        assert found[:3] == pytest.approx((8.0, 7.2, 8.8)) and found.assumed

    def test_a_limit_takes_the_highest_load_that_holds_it(self, tmp_path: Path) -> None:
        runs = self.curve(tmp_path)
        assert measured_rate(runs, token=0.05).requests_per_second == 4.0  # 40 ms a token; 80 at 8/s
        assert measured_rate(runs, first_token=0.06).requests_per_second == 2.0  # 50 ms; 100 at 4/s

    def test_a_percentile_that_a_file_does_not_state_holds_nothing(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="no measured load keeps to the limits"):
            measured_rate(self.curve(tmp_path), token=0.05, percentile=0.99)

    def test_no_load_that_holds_names_the_lightest(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"the lightest, 2 requests/s"):
            measured_rate(self.curve(tmp_path), token=0.001)

    def test_repetitions_of_a_load_give_the_range(self, tmp_path: Path) -> None:
        files = [write(tmp_path, f"{rate}.json", serving(rate)) for rate in (7.6, 8.0, 8.2, 4.0)]
        found = measured_rate(read_runs(files))
        assert found[:4] == pytest.approx(((7.6 + 8.0 + 8.2) / 3, 7.6, 8.2, 3)) and not found.assumed


class TestBadInput:
    """A benchmark of something else, or of nothing."""

    def test_another_model_is_refused(self, tmp_path: Path) -> None:
        runs = read_runs([write(tmp_path, "v.json", serving())])
        check_runs(runs, "tiny-7b", 100, 20)
        with pytest.raises(InputError, match=r"measured org/tiny-7b, and the scenario serves llama-3\.1-8b"):
            check_runs(runs, "llama-3.1-8b", 100, 20)

    @pytest.mark.parametrize(("inputs", "outputs", "what"), [(1000, 20, "input"), (100, 200, "output")])
    def test_other_lengths_are_refused(self, tmp_path: Path, inputs: float, outputs: float, what: str) -> None:
        runs = read_runs([write(tmp_path, "v.json", serving())])
        with pytest.raises(InputError, match=f"{what} tokens") as refused:
            check_runs(runs, None, inputs, outputs)
        assert "--benchmark-plan" in refused.value.hint

    def test_failures_alone_say_nothing(self, tmp_path: Path) -> None:
        failed = serving(0.0, completed=0, total_input_tokens=0, total_output_tokens=0)
        with pytest.raises(InputError, match="no request that was served: all 50 failed"):
            read_runs([write(tmp_path, "v.json", failed)])

    @pytest.mark.parametrize("text", ["", "a,b\n1,2", "[1]", "{}", '{"completed": 3, "request_throughput": "x"}'])
    def test_other_files_are_refused(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(InputError):
            read_runs([write(tmp_path, "x.json", text)])

    def test_a_file_that_is_not_there_is_refused(self) -> None:
        with pytest.raises(InputError, match="cannot read"):
            read_runs(["nowhere.json"])
