"""The commands that measure what a scenario needs, for each benchmark tool: lengths, loads, and where the result goes."""

from typing import NamedTuple


class Command(NamedTuple):
    """One tool's command lines, and the file that `--measured` takes afterwards."""

    tool: str
    command: str
    result: str


def benchmark_plan(model: str, input_tokens: float, output_tokens: float, rate: float) -> list[Command]:
    """Half, all and one and a half times the expected rate of a replica, at the scenario's mean lengths."""
    i, o = round(input_tokens), max(round(output_tokens), 1)
    rates = [f"{rate * share:.3g}" for share in (0.5, 1.0, 1.5)]
    url = "http://localhost:8000"
    prompts = max(round(rate * 120), 100)
    each = " ".join(rates)
    return [
        Command(
            "vllm bench serve",
            f"for r in {each}; do vllm bench serve --backend openai --base-url {url} --model {model} --dataset-name random "
            f"--random-input-len {i} --random-output-len {o} --ignore-eos --request-rate $r --num-prompts {prompts} "
            "--percentile-metrics ttft,tpot --metric-percentiles 50,90,95,99 --save-result "
            "--result-filename vllm_$r.json; done",
            "vllm_*.json",
        ),
        Command(
            "sglang bench_serving",
            f"for r in {each}; do python -m sglang.bench_serving --backend sglang-oai --base-url {url} --model {model} "
            f"--dataset-name random --random-input-len {i} --random-output-len {o} --random-range-ratio 1 "
            f"--request-rate $r --num-prompts {prompts} --output-file sglang.jsonl; done",
            "sglang.jsonl",
        ),
        Command(
            "guidellm",
            f"guidellm benchmark --target {url} --model {model} --profile constant --rate {','.join(rates)} "
            f"--max-seconds 120 --data prompt_tokens={i},output_tokens={o} --output-path guidellm.json",
            "guidellm.json",
        ),
        Command(
            "aiperf",
            f"for r in {each}; do aiperf profile -m {model} --url {url} --endpoint-type chat --streaming "
            f"--synthetic-input-tokens-mean {i} --synthetic-input-tokens-stddev 0 --output-tokens-mean {o} "
            f"--extra-inputs ignore_eos:true --request-rate $r --request-count {prompts} "
            "--artifact-dir aiperf_$r; done",
            "aiperf_*/profile_export_aiperf.json",
        ),
        Command(
            "inference-perf",
            "inference-perf --config_file config.yml    # data: {type: random, input_distribution: "
            f"{{mean: {i}, min: {i}, max: {i}}}, output_distribution: {{mean: {o}, min: {o}, max: {o}}}}}, "
            f"load: {{type: poisson, stages: [{', '.join(f'{{rate: {r}, duration: 120}}' for r in rates)}]}}",
            "stage_*_lifecycle_metrics.json",
        ),
    ]
