"""`llmcost host`."""

from typing import Annotated, Any

import typer

from llmcost.cli.draft import Draft, draft_from
from llmcost.cli.help import command_app
from llmcost.cli.options import DRAWS, GATES, OUTPUT, PRICES, SCENARIO, WORKLOAD, Values, option, takes
from llmcost.cli.reading import asked, for_the_day
from llmcost.cli.writing import Remarks, breached, format_of, write
from llmcost.economics.hosting import host
from llmcost.errors import InputError

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
    precision: Annotated[str | None, option("--precision", "bf16 (unless given), fp8 or int4.", "NAME")] = None,
    kv_precision: Annotated[
        str | None, option("--kv-precision", "Of keys and values, where it differs.", "NAME")
    ] = None,
    engine: Annotated[str | None, option("--engine", "tensorrt-llm (unless given) or vllm.", "NAME")] = None,
    latency_class: Annotated[
        str | None, option("--latency-class", "batch, server (unless given) or interactive.", "NAME")
    ] = None,
    concurrency: Annotated[
        str | None, option("--concurrency", "Requests at once on a replica; left out, all that fit.", "N")
    ] = None,
    stated_cost_per_mtok: Annotated[
        str | None, option("--stated-cost-per-mtok", "A price somebody states, to be checked.", "USD")
    ] = None,
) -> int:
    """What a GPU serves, measured or modelled; the fleet, its price on each provider, and USD per million tokens."""
    format_of(flags)
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
    if model is not None and gpu is None and gpu_price is None and not draft.data.get("architectures"):
        raise InputError(
            "no GPU is given",
            where="llmcost host",
            hint="type --gpu L40S (llmcost prices list --gpus), or --gpu-price 1.10",
        )
    _put(draft, architecture, {key: value for key, value in fields.items() if value is not None})
    question = for_the_day(asked(draft, flags))
    result = host(question.scenario, question.catalog, architecture, question.sampling)
    remarks = Remarks(question, {result.architecture: result.charges}, horizon=False)

    def page() -> Any:
        from llmcost.render.pages.host import page

        return page(result, question.as_of, flags["explain"])

    write("host", flags, question.as_of, result, page, remarks)
    limit = question.requirements.max_monthly_cost
    cost = result.monthly_cost.value
    over = limit is not None and cost is not None and cost > limit
    return breached([f"${cost:,.0f} a month is over ${limit:,.0f}"] if over else [])


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
        draft.put(("architectures", name, field), value, "--" + field.replace("_", "-"))


app = command_app(command)
