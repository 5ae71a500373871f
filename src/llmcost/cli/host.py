"""`llmcost host`."""

import json
import os
from typing import Annotated, Any

import typer

from llmcost.architectures.own_models import OwnModel
from llmcost.capacity.model_config import read_config
from llmcost.cli.draft import Draft, draft_from
from llmcost.cli.help import command_app
from llmcost.cli.options import DRAWS, GATES, OUTPUT, PRICES, SCENARIO, WORKLOAD, Values, option, takes
from llmcost.cli.reading import asked, for_the_day, number_flag
from llmcost.cli.writing import Remarks, breached, format_of, write
from llmcost.economics.hosting import host
from llmcost.errors import InputError
from llmcost.quantity import at_middle
from llmcost.workload import HOURS_PER_MONTH

FLAGS_NAME = "self-hosted"


@takes(SCENARIO, WORKLOAD, PRICES, GATES, DRAWS, OUTPUT)
def command(
    flags: Values,
    architecture: Annotated[
        str | None, option("--architecture", "Which one; left out, the first self-hosted.", "NAME")
    ] = None,
    model: Annotated[str | None, option("--model", "The open model that is served.", "MODEL")] = None,
    gpu: Annotated[str | None, option("--gpu", "The GPU, by its catalog name.", "GPU")] = None,
    provider: Annotated[str | None, option("--provider", "Who rents it; left out, the cheapest.", "NAME")] = None,
    gpu_price: Annotated[str | None, option("--gpu-price", "USD for an hour of one GPU.", "USD")] = None,
    spot: Annotated[bool, typer.Option("--spot", help="At the spot price, interruptible.")] = False,
    gpus_per_replica: Annotated[str | None, option("--gpus-per-replica", "GPUs that one replica needs.", "N")] = None,
    throughput: Annotated[str | None, option("--throughput", "Measured requests a second, a replica.", "RPS")] = None,
    tokens_per_second: Annotated[
        str | None, option("--tokens-per-second", "Measured tokens a second, a replica, input and output.", "TPS")
    ] = None,
    target_utilisation: Annotated[
        str | None, option("--target-utilisation", "How busy a replica may be at the peak (70%).", "SHARE")
    ] = None,
    spare: Annotated[str | None, option("--spare", "Replicas kept in reserve.", "N")] = None,
    operations: Annotated[str | None, option("--operations", "People who run it, a month.", "USD")] = None,
    precision: Annotated[
        str | None, option("--precision", "bf16 (unless given), fp8, fp4, mxfp4 or int4.", "NAME")
    ] = None,
    kv_precision: Annotated[
        str | None, option("--kv-precision", "Of keys and values, where it differs.", "NAME")
    ] = None,
    engine: Annotated[str | None, option("--engine", "tensorrt-llm (unless given), vllm or sglang.", "NAME")] = None,
    engine_version: Annotated[str | None, option("--engine-version", "The engine's release.", "X.Y.Z")] = None,
    data_parallel: Annotated[
        str | None, option("--data-parallel", "Groups of a replica that attend to different requests.", "N")
    ] = None,
    pipeline_parallel: Annotated[
        str | None, option("--pipeline-parallel", "Stages that hold the layers between them.", "N")
    ] = None,
    expert_parallel: Annotated[
        bool, typer.Option("--expert-parallel", help="Whole experts on each GPU, not parts of all.")
    ] = False,
    prefix_cached: Annotated[
        str | None, option("--prefix-cached", "Share of the input that the prefix cache holds.", "SHARE")
    ] = None,
    accepted_tokens: Annotated[
        str | None, option("--accepted-tokens", "Tokens a step gains by speculative decoding.", "N")
    ] = None,
    disaggregated: Annotated[bool, typer.Option("--disaggregated", help="Prefill on GPUs of its own.")] = False,
    latency_class: Annotated[
        str | None, option("--latency-class", "batch, server (unless given) or interactive.", "NAME")
    ] = None,
    concurrency: Annotated[
        str | None, option("--concurrency", "Requests at once on a replica; left out, all that fit.", "N")
    ] = None,
    rps: Annotated[str | None, option("--rps", "Requests a second at the peak, in place of --requests.", "N")] = None,
    max_ttft: Annotated[str | None, option("--max-ttft", "Limit on the first token, 500ms or 0.5s.", "TIME")] = None,
    max_tpot: Annotated[str | None, option("--max-tpot", "Limit on each further token, 50ms.", "TIME")] = None,
    latency_percentile: Annotated[
        str | None, option("--latency-percentile", "What the limits are of: mean (unless given), p95.", "pNN")
    ] = None,
    confidence: Annotated[
        str | None, option("--confidence", "Size for this chance that the limits hold.", "SHARE")
    ] = None,
    measured: Annotated[
        list[str] | None, option("--measured", "A benchmark's result file; several make a curve.", "FILE")
    ] = None,
    config: Annotated[
        str | None, option("--config", "A Hugging Face config.json that describes the model.", "FILE")
    ] = None,
    plan: Annotated[
        bool, typer.Option("--benchmark-plan", help="Print the commands that measure what the scenario needs.")
    ] = False,
    stated_cost_per_mtok: Annotated[
        str | None, option("--stated-cost-per-mtok", "A price somebody states, to be checked.", "USD")
    ] = None,
) -> int:
    """What a GPU serves, measured or modelled; the fleet, its price on each provider, and USD per million tokens."""
    if format_of(flags) != "table" and plan:
        raise InputError("a benchmark plan is commands for a shell", where="--format", hint="leave --format and -o out")
    _load(flags, rps)
    lengths = _lengths(flags)
    draft = draft_from(flags)
    fields: dict[str, Any] = {
        "model": model,
        "gpus_per_replica": gpus_per_replica,
        "target_utilisation": target_utilisation,
        "spare": spare,
        "operations_per_month": operations,
        "precision": precision,
        "kv_precision": kv_precision,
        "engine": engine,
        "engine_version": engine_version,
        "data_parallel": data_parallel,
        "pipeline_parallel": pipeline_parallel,
        "expert_parallel": expert_parallel or None,
        "prefix_cached": prefix_cached,
        "accepted_tokens": accepted_tokens,
        "disaggregated": disaggregated or None,
        "latency_class": latency_class,
        "concurrency": concurrency,
        "stated_cost_per_mtok": stated_cost_per_mtok,
    }
    named = {"name": gpu, "provider": provider, "usd_per_gpu_hour": gpu_price, "spot": spot or None}
    fields["modelled_at"] = lengths
    fields["gpu"] = {key: value for key, value in named.items() if value is not None} or None
    if throughput is not None and tokens_per_second is not None:
        raise InputError("two measured rates are given", where="--tokens-per-second", hint="give one of them")
    if throughput is not None:
        fields["throughput"] = {"requests_per_second": throughput}
    if tokens_per_second is not None:
        fields["throughput"] = {"tokens_per_second": tokens_per_second}
    if measured:
        if "throughput" in fields:
            raise InputError("a rate is given twice", where="--measured", hint="give --measured or a rate, not both")
        fields["throughput"] = {"measured": measured}
    if config is not None:
        fields["model"] = _described(draft, config, model)
    limits: dict[str, Any] = {
        "first_token_ms": _milliseconds(max_ttft, "--max-ttft"),
        "token_ms": _milliseconds(max_tpot, "--max-tpot"),
    }
    limits |= {"latency_percentile": latency_percentile, "confidence": confidence}
    for key, value in limits.items():
        if value is not None:
            draft.put(("requirements", key), value, _LIMIT_FLAGS[key])
    own = {key: value for key, value in fields.items() if value is not None}
    searching = _searching(draft, own, gpu is None and gpu_price is None)
    if searching:
        own["gpu"] = {"name": "H100-SXM"}  # stands in until the search has found one
    elif own.get("model") is not None and "gpu" not in own and not draft.data.get("architectures"):
        raise InputError(
            "no GPU is given",
            where="llmcost host",
            hint="type --gpu L40S (llmcost prices list --gpus), --gpu-price 1.10, or limits to search for one: --max-tpot 50ms",
        )
    _put(draft, architecture, own)
    question = for_the_day(asked(draft, flags))
    scenario, search = question.scenario, None
    if searching:
        scenario, search = _found(question.scenario, question.catalog, architecture)
    result = host(scenario, question.catalog, architecture, question.sampling, search)
    if plan:
        return _print_plan(scenario, result)
    remarks = Remarks(question, {result.architecture: result.charges}, horizon=False)

    def page() -> Any:
        from llmcost.render.pages.host import page

        return page(result, question.as_of, flags["explain"])  # the search's table is a part of it

    write("host", flags, question.as_of, result, page, remarks)
    limit = question.requirements.max_monthly_cost
    cost = result.monthly_cost.value
    over = limit is not None and cost is not None and cost > limit
    return breached([f"${cost:,.0f} a month is over ${limit:,.0f}"] if over else [])


_LIMIT_FLAGS = {
    "first_token_ms": "--max-ttft",
    "token_ms": "--max-tpot",
    "latency_percentile": "--latency-percentile",
    "confidence": "--confidence",
}


def _milliseconds(text: str | None, flag: str) -> float | None:
    """`500ms`, `0.5s`, or a bare number of milliseconds."""
    if text is None:
        return None
    bare = text.strip().lower()
    scale = 1.0
    if bare.endswith("ms"):
        bare = bare[:-2]
    elif bare.endswith("s"):
        bare, scale = bare[:-1], 1000.0
    found = number_flag(bare, flag) * scale
    if found <= 0:
        raise InputError(f"a limit of {text} leaves no time", where=flag, hint=f"type {flag} 500ms")
    return found


def _load(flags: Values, rps: str | None) -> None:
    """--rps is the peak itself: so many requests in every second of the month."""
    if rps is None:
        return
    if flags.get("requests") is not None or flags.get("peak") is not None:
        raise InputError("the load is given twice", where="--rps", hint="give --rps, or --requests and --peak")
    hours = (
        number_flag(flags["hours_per_month"], "--hours-per-month") if flags.get("hours_per_month") else HOURS_PER_MONTH
    )
    flags["requests"] = repr(number_flag(rps, "--rps") * 3600 * hours)
    flags["peak"] = "1"


def _described(draft: Draft, path: str, model: str | None) -> str:
    """The model of a config.json under `models:`; its name is --model, else the file's own, else the file's folder."""
    try:
        if os.path.getsize(path) > 2**22:
            raise InputError(f"{path} is no config.json: it is over 4 MB", where="--config", hint="give config.json")
        with open(path, encoding="utf-8-sig") as file:
            data = json.load(file)
    except (OSError, ValueError, RecursionError) as broken:
        why = getattr(broken, "strerror", None) or "it is no JSON"
        raise InputError(f"cannot read {path}: {why}", where="--config", hint="give a config.json") from None
    named = data.get("_name_or_path") if isinstance(data, dict) else None
    name = model or (
        str(named).rsplit("/", 1)[-1] if named else os.path.basename(os.path.dirname(os.path.abspath(path)))
    )
    shape = read_config(name, data, path)
    fields = {
        field: getattr(shape, field)
        for field in OwnModel.model_fields
        if field in shape._fields  # what a model counts and writes no config.json says
        and getattr(shape, field) is not None
        and not (getattr(shape, field) == 0 and field != "shared_experts")
    }
    draft.put(("models", name), fields, "--config")
    return name


def _searching(draft: Draft, own: dict[str, Any], no_gpu: bool) -> bool:
    """Whether a GPU is to be found: limits are stated, and neither flag nor scenario names one or measures one."""
    required = draft.block("requirements")
    limited = any(required.get(key) is not None for key in ("first_token_ms", "token_ms", "p99_latency_ms"))
    hosts = any(
        isinstance(body, dict) and body.get("kind") == "self_hosted" for body in draft.block("architectures").values()
    )
    return no_gpu and limited and not hosts and "throughput" not in own and own.get("model") is not None


def _found(scenario: Any, catalog: Any, architecture: str | None) -> tuple[Any, Any]:
    """The scenario on the cheapest GPUs that hold the limits, and the whole search."""
    from llmcost.economics.limits import fleets

    name, search = fleets(scenario, catalog, architecture)
    best = search.options[0]
    hosted = scenario.architectures[name]
    chosen = hosted.model_copy(
        update={
            "gpu": hosted.gpu.model_copy(update={"name": best.gpu, "provider": best.provider}),
            "gpus_per_replica": best.gpus_per_replica,
            "precision": best.precision,
        }
    )
    return scenario.model_copy(update={"architectures": {**scenario.architectures, name: chosen}}), search


def _print_plan(scenario: Any, result: Any) -> int:
    from llmcost.economics.benchmark_plan import benchmark_plan

    rate = result.limits.goodput_requests_per_second if result.limits is not None else None
    rate = rate or result.requests_per_second.value or 1.0
    hosted = scenario.architectures[result.architecture]
    given, load = hosted.modelled_at, scenario.workload
    size = (given.input_tokens, given.output_tokens) if given is not None else (load.input_tokens, load.output_tokens)
    lengths = [float(one) for one in at_middle(list(size))]
    for each in benchmark_plan(result.model or "MODEL", lengths[0], lengths[1], rate):
        typer.echo(f"# {each.tool}: then llmcost host --measured {each.result}\n{each.command}\n")
    return 0


def _lengths(flags: Values) -> dict[str, str] | None:
    """--input and --output without a volume: what a replica is modelled at."""
    given = (flags.get("input"), flags.get("output"))
    if None in given or flags.get("requests") is not None or flags.get("scenario") is not None:
        return None
    flags["input"] = flags["output"] = None
    return {"input_tokens": str(given[0]), "output_tokens": str(given[1])}


def _put(draft: Draft, architecture: str | None, own: dict[str, Any]) -> None:
    """The flags over the scenario's self-hosted architecture, or as one of their own."""
    written = draft.block("architectures")
    kinds = {name: body.get("kind") for name, body in written.items() if isinstance(body, dict)}
    name = architecture or next((n for n, kind in kinds.items() if kind == "self_hosted"), None)
    if name is None:
        if "gpu" not in own:
            raise InputError(
                "no GPU is given",
                where="llmcost host",
                hint="type --gpu L40S (llmcost prices list --gpus), or --gpu-price 1.10",
            )
        name = FLAGS_NAME
    if name not in written:
        draft.put(("architectures", name), {"kind": "self_hosted"}, "the command line")
    for field, value in own.items():
        files = field == "throughput" and isinstance(value, dict) and "measured" in value
        draft.put(("architectures", name, field), value, "--measured" if files else "--" + field.replace("_", "-"))


app = command_app(command)
