"""Result files of benchmark tools, read as runs: what was asked, what was served, how long it took.

guidellm, aiperf, inference-perf, vLLM's `bench serve` and SGLang's `bench_serving`. Failed and
cut-off requests are left out of every figure. Where each stands: docs/reference/benchmarks.md.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from llmcost.errors import InputError

MOST_BYTES = 512 * 2**20
TOOLS = ("guidellm", "aiperf", "inference-perf", "vllm bench serve", "sglang bench_serving")
_HINT = "give the JSON file of guidellm, aiperf, inference-perf (a stage), vllm bench serve or sglang bench_serving"


class Run(NamedTuple):
    """One load: requests a second that were served whole, their mean tokens, and seconds.

    `first_token` and `token` map `mean`, `p50` and so on to seconds; `token` is the time between
    tokens, the first left out. `load` is what was asked: requests a second or requests at once.
    """

    tool: str
    file: str
    model: str | None
    requests_per_second: float
    input_tokens: float | None
    output_tokens: float | None
    first_token: Mapping[str, float]
    token: Mapping[str, float]
    served: int
    failed: int
    load: str

    def holds(self, first_token: float | None, token: float | None, percentile: float | None) -> bool:
        """Whether its times keep to the limits in seconds; a time that it does not state keeps to none."""
        name = "mean" if percentile is None else f"p{percentile * 100:g}"
        for limit, times in ((first_token, self.first_token), (token, self.token)):
            if limit is not None and times.get(name, float("inf")) > limit:
                return False
        return True


def read_runs(paths: Iterable[str]) -> list[Run]:
    """All runs of these files. Raises InputError for a file that is none of these, or of failures alone."""
    runs = [run for path in paths for run in _read(path)]
    if not runs:
        raise InputError("no benchmark file is given", where="--measured", hint=_HINT)
    return runs


def _read(path: str) -> list[Run]:
    try:
        size = os.path.getsize(path)
        if size > MOST_BYTES:
            raise InputError(f"{path} is {size:,} bytes long, over {MOST_BYTES:,}", where=path, hint=_HINT)
        with open(path, encoding="utf-8-sig") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as broken:
        why = getattr(broken, "strerror", None) or "it is not text"
        raise InputError(f"cannot read {path}: {why}", where=path, hint=_HINT) from None
    runs: list[Run] = []
    for document in _documents(text, path):
        runs += _runs(document, path)
    served = [run for run in runs if run.served > 0 and run.requests_per_second > 0]
    if not served:
        failed = sum(run.failed for run in runs)
        raise InputError(
            f"{path} holds no request that was served" + (f": all {failed:,} failed" if failed else ""),
            where=path,
            hint="measure again; a rate of failures says nothing",
        )
    return served


def _documents(text: str, path: str) -> list[Mapping[str, Any]]:
    """One JSON object, or one a line as SGLang writes them."""
    try:
        found = [json.loads(text)]
    except (ValueError, RecursionError):
        try:
            found = [json.loads(line) for line in text.splitlines() if line.strip()]
        except (ValueError, RecursionError):
            raise InputError(f"{path} is no JSON", where=path, hint=_HINT) from None
    if not found or not all(isinstance(one, Mapping) for one in found):
        raise InputError(f"{path} is no result of a benchmark", where=path, hint=_HINT)
    return found


def _runs(data: Mapping[str, Any], path: str) -> Iterator[Run]:
    try:
        if isinstance(data.get("benchmarks"), list):
            yield from (_guidellm(one, path) for one in data["benchmarks"])
        elif "aiperf_version" in data:
            yield _aiperf(data, path)
        elif "load_summary" in data and "successes" in data:
            yield _inference_perf(data, path)
        elif "request_throughput" in data and "completed" in data:
            yield _serving(data, path)
        else:
            raise InputError(f"{path} is no result of a known benchmark", where=path, hint=_HINT)
    except (KeyError, TypeError, AttributeError, ValueError) as lacking:
        what = f"no {lacking.args[0]}" if isinstance(lacking, KeyError) else "a figure of another form"
        raise InputError(f"{path} has {what}, so it cannot be read", where=path, hint=_HINT) from None


def _number(value: Any) -> float | None:
    if value is None or isinstance(value, bool):
        return None
    found = float(value)
    return found if 0 <= found < 1e15 else None


def _needed(value: Any) -> float:
    found = _number(value)
    if found is None:
        raise ValueError
    return found


def _times(of: Mapping[str, Any] | None, scale: float, mean: str = "mean") -> dict[str, float]:
    """`mean` and `pNN` in seconds."""
    found: dict[str, float] = {}
    for name, value in (of or {}).items():
        percentile = name[:1] == "p" and name[1:].replace(".", "", 1).isdigit()
        if name not in (mean, "median") and not percentile:
            continue
        number = _number(value)
        if number is None:
            continue
        if name == mean:
            found["mean"] = number * scale
        elif name == "median":
            found.setdefault("p50", number * scale)
        else:
            found[f"p{float(name[1:]):g}"] = number * scale
    return found


def _guidellm(one: Mapping[str, Any], path: str) -> Run:
    metrics = one["metrics"]
    totals = metrics["request_totals"]

    def good(name: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = metrics[name]["successful"]
        return found

    def times(name: str) -> dict[str, float]:
        of = good(name)
        return _times({"mean": of.get("mean"), **(of.get("percentiles") or {})}, 1e-3)

    asked = one["config"]["strategy"]
    load = str(asked.get("rate") or asked.get("streams") or asked.get("max_concurrency") or "")
    return Run(
        "guidellm",
        path,
        (one["config"].get("backend") or {}).get("model"),
        _needed(good("requests_per_second")["mean"]),
        _number(good("prompt_token_count").get("mean")),
        _number(good("output_token_count").get("mean")),
        times("time_to_first_token_ms"),
        times("inter_token_latency_ms"),
        int(totals["successful"]),
        int(totals["errored"]) + int(totals["incomplete"]),
        f"{asked.get('type_', '')} {load}".strip(),
    )


def _aiperf(data: Mapping[str, Any], path: str) -> Run:
    def average(*names: str) -> float | None:
        return next((n for name in names if (n := _number((data.get(name) or {}).get("avg"))) is not None), None)

    asked = data.get("input_config") or {}
    items = ((asked.get("models") or {}).get("items") or [{}])[0]
    failed = average("error_request_count") or 0.0
    return Run(
        "aiperf",
        path,
        items.get("name"),
        average("request_throughput") or 0.0,
        average("usage_prompt_tokens", "input_sequence_length"),
        average("usage_completion_tokens", "output_sequence_length"),
        _times(data.get("time_to_first_token"), 1e-3, "avg"),
        _times(data.get("inter_token_latency"), 1e-3, "avg"),
        int(average("request_count") or 0),
        int(failed),
        f"{average('effective_concurrency') or 0:.4g} at once",
    )


def _inference_perf(data: Mapping[str, Any], path: str) -> Run:
    asked = data["load_summary"]
    if "requested_rate" not in asked and "concurrency" not in asked:
        raise InputError(
            f"{path} is inference-perf's summary, which mixes the stages with the pauses between them",
            where=path,
            hint="give the files of the stages: stage_0_lifecycle_metrics.json and so on",
        )
    good = data["successes"]
    latency = good.get("latency") or {}
    return Run(
        "inference-perf",
        path,
        None,
        _needed(good["throughput"]["requests_per_sec"]),
        _number((good.get("prompt_tokens") or good.get("prompt_len") or {}).get("mean")),
        _number((good.get("output_tokens") or good.get("output_len") or {}).get("mean")),
        _times(latency.get("time_to_first_token"), 1.0),
        _times(latency.get("time_per_output_token"), 1.0),
        int(good["count"]),
        int((data.get("failures") or {}).get("count") or 0),
        f"{asked.get('requested_rate', asked.get('concurrency'))} asked",
    )


def _serving(data: Mapping[str, Any], path: str) -> Run:
    """vLLM and SGLang: one flat object, `completed` requests alone in every figure."""
    sglang = "max_output_tokens_per_s" not in data and ("mean_e2e_latency_ms" in data and "backend" in data)
    sglang = sglang and ("total_output_tokens_retokenized" in data or str(data.get("backend", "")).startswith("sglang"))
    done = int(data["completed"])
    asked = data.get("num_prompts")

    def times(name: str) -> dict[str, float]:
        end = f"_{name}_ms"
        return _times({key.removesuffix(end): value for key, value in data.items() if key.endswith(end)}, 1e-3)

    failed = data.get("failed")
    failed = int(failed) if failed is not None else max(int(asked) - done, 0) if asked is not None else 0
    most = data.get("max_concurrency")
    return Run(
        "sglang bench_serving" if sglang else "vllm bench serve",
        path,
        data.get("model_id") or data.get("model"),
        _needed(data["request_throughput"]),
        _needed(data["total_input_tokens"]) / done if done else None,
        _needed(data["total_output_tokens"]) / done if done else None,
        times("ttft"),
        times("tpot"),
        done,
        failed,
        f"{most} at once" if most else f"{data.get('request_rate')} requests/s",
    )


class MeasuredRate(NamedTuple):
    """The highest load that holds the limits: its mean rate, and the least and most of its repetitions."""

    requests_per_second: float
    low: float
    high: float
    runs: int
    assumed: bool


ONE_RUN = 0.1  # how far a single run is taken to vary, either way
_SAME_LOAD = 0.1  # runs whose rates differ by less than this share are repetitions of one load


def measured_rate(
    runs: Iterable[Run],
    first_token: float | None = None,
    token: float | None = None,
    percentile: float | None = None,
) -> MeasuredRate:
    """What a replica serves by its own benchmark. Raises InputError where no load holds the limits."""
    every = list(runs)
    holding = [run for run in every if run.holds(first_token, token, percentile)]
    if not holding:
        nearest = min(every, key=lambda run: run.requests_per_second)
        raise InputError(
            f"no measured load keeps to the limits; the lightest, {nearest.requests_per_second:.4g} requests/s "
            f"({nearest.file}), does not",
            where=nearest.file,
            hint="measure at a lower rate (llmcost host --benchmark-plan), or raise the limits",
        )
    best = max(run.requests_per_second for run in holding)
    same = [run.requests_per_second for run in holding if run.requests_per_second >= best * (1 - _SAME_LOAD)]
    if len(same) == 1:
        return MeasuredRate(best, best * (1 - ONE_RUN), best * (1 + ONE_RUN), 1, True)
    return MeasuredRate(sum(same) / len(same), min(same), best, len(same), False)


LENGTH_TOLERANCE = 0.25


def check_runs(runs: Iterable[Run], model: str | None, input_tokens: float, output_tokens: float) -> None:
    """Raise InputError for a benchmark of another model or another length than the scenario's."""
    for run in runs:
        if model and run.model and not _same_model(model, run.model):
            raise InputError(
                f"{run.file} measured {run.model}, and the scenario serves {model}",
                where=run.file,
                hint=f"give a benchmark of {model}, or write model: {run.model}",
            )
        pairs = (("input", input_tokens, run.input_tokens), ("output", output_tokens, run.output_tokens))
        for what, wanted, seen in pairs:
            if seen is not None and abs(seen - wanted) > LENGTH_TOLERANCE * max(wanted, 1.0):
                raise InputError(
                    f"{run.file} measured requests of {seen:,.0f} {what} tokens, and the scenario's have {wanted:,.0f}",
                    where=run.file,
                    hint="measure with the scenario's lengths: llmcost host --benchmark-plan prints the commands",
                )


def _same_model(ours: str, theirs: str) -> bool:
    plain = [
        "".join(letter for letter in name.lower().rsplit("/", 1)[-1] if letter.isalnum()) for name in (ours, theirs)
    ]
    return plain[0] in plain[1] or plain[1] in plain[0]
