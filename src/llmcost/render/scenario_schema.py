"""The JSON Schema of the scenario file, for editors: each key with its meaning and its unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from llmcost.architectures.architecture import Architecture, CostItem
from llmcost.quantity import Quantity, Scale
from llmcost.render.json_schema import DIALECT, compact
from llmcost.scenario import KINDS, Scenario, kind_class
from llmcost.workload import BESIDE

_TOKENS = {
    "tokens_factor": "tokens of prompt and answer that the model counts, over those that the workload states",
    "output_tokens_factor": "how many times as much it writes for the same request, besides tokens_factor",
    "reasoning_tokens": "tokens a request that it thinks in addition, in its own count, after both factors",
}
_TARGETS = {"target_tokens": "target: its tokens_factor, output_tokens_factor, reasoning_tokens, here alone"}
_CACHE_WRITES = {
    "cache_writes": "auto, or auto_1h for entries that live an hour: what is written follows from the requests a lifetime",
    "cache_prefixes": "different prompts' beginnings that share the traffic evenly, for cache_writes (1)",
}
_ARCHITECTURE = (
    _TOKENS
    | _CACHE_WRITES
    | {
        "kind": "how it serves: api, routed, cascade, self_hosted or fine_tuned",
        "build": "USD once, by item; or {people, weeks, usd_per_week}; `contingency` and `failure_probability` are shares",
        "monthly": "USD a month, by item; or {people, usd_per_month}",
        "review": "people who look at a share of the answers",
        "quality": "share of answers that are right, 0 to 1, on the team's own evaluation",
        "cached_share": "share of the input tokens read from the prompt cache here; left out, the workload's",
        "cache_write_share": "share of the input tokens written to the prompt cache here; left out, the workload's",
        "cache_write_1h_share": "share of the input tokens written for an hour here; left out, the workload's, "
        "or none where cache_write_share is given",
        "batch_share": "share of the requests sent in batches here; left out, the workload's",
        "retry_share": "share of the requests that are sent a second time and billed (0%)",
        "location": "where it runs: api, cloud, own or edge",
        "region": "where in the world, such as eu-west; held against requirements.residency",
        "agreement": "whether a data agreement is signed, which admits restricted data",
        "p99_latency_ms": "milliseconds until the answer is complete, 99 % of the time",
        "first_token_ms": "milliseconds until the first token",
        "latency": "parts of the wait that are known; the others are modelled where that is possible",
    }
)
_SERVED = {
    "model": "the model that is served",
    "gpu": "a GPU by its catalog name, or {name, provider, usd_per_gpu_hour, spot}, or one of your own",
    "edge": "devices that each serve their own user, in place of gpu",
    "gpus_per_replica": "GPUs",
    "throughput": "what one replica serves, measured: exactly one of the four keys; left out, it is modelled",
    "precision": "of the weights: bf16 (unless given), fp8, fp4 (nvfp4), mxfp4 or int4",
    "kv_precision": "of keys and values, where it differs: bf16 or fp8",
    "engine": "tensorrt-llm (unless given), vllm or sglang",
    "engine_version": "the engine's release, such as 0.12.0; left out, a recent one",
    "data_parallel": "groups of a replica's GPUs that attend to different requests and share the experts (1)",
    "pipeline_parallel": "stages that hold the layers between them (1)",
    "expert_parallel": "whole experts on each GPU, in place of a part of every one",
    "prefix_cached": "share of the input whose keys and values the engine has already",
    "accepted_tokens": "tokens that a step gains by speculative decoding (0)",
    "disaggregated": "whether prefill has GPUs of its own",
    "modelled_rate_error": "measured over modelled, in powers of the model's band: 1/e to e (90 %) unless given, 1 is none",
    "latency_class": "batch serves all of the modelled rate, server 0.89 (unless given), interactive 0.56",
    "concurrency": "requests at once on a replica; left out, as many as fit",
    "modelled_at": "tokens a request, where no workload says them",
    "stated_cost_per_mtok": "USD per million tokens that somebody states: checked, never used in the sums",
    "target_utilisation": "share of a replica's rate that the peak may use (70%)",
    "spare": "replicas in reserve",
    "min_replicas": "the fewest replicas that run",
    "operations_per_month": "USD a month for the people who run it",
}
_SCALES: tuple[Scale, ...] = ("positive", "share", "signed", "change", "price_change")
ABOUT: dict[str, dict[str, str]] = {
    "Scenario": {
        "name": "a title",
        "workload": "the traffic to serve",
        "segments": "task types by name, in place of one uniform workload; their shares add up to 100 %",
        "start": "the first month, such as 2026-12; left out, the month after today",
        "horizon_months": "months looked at (12)",
        "hours_per_month": "hours that a GPU is rented in a month (730)",
        "days_per_month": "the same in days; give one of the two",
        "discount_rate": "share a year, for the net present value",
        "api_price_change_per_year": "share a year, on the scale of 1 + r; -20% makes API prices by the token fall",
        "price_change_per_year": "the same for single models, service tiers and GPUs, and for people; the narrower holds",
        "baseline": "the architecture that savings are measured against; left out, the first",
        "region": "where requests are kept, such as eu or us: token prices are multiplied by what each provider adds",
        "discounts": "share that a contract takes off, by provider or model, such as {openai: 10%}",
        "commitments": "minimum spend a month by provider or model, with the discount that it buys",
        "credits": "USD of credits by provider or model, used evenly over the horizon",
        "tax": "share on top of what model providers bill",
        "prices": "your own prices by model, over the catalog's or in place of them",
        "models": "what a model counts and writes; and open models that the catalog does not describe, for the capacity of a GPU",
        "quality": "share of answers that are right, 0 to 1, by model or architecture, on the team's own evaluation",
        "successors": "OLD_MODEL: NEW_MODEL, what replaces a model that retires within the horizon",
        "moves": "architectures in the order in which savings are counted",
        "correlate": "[path of a range, path of another, correlation from -1 to 1]; a pair left out follows from the others",
        "requirements": "what an architecture must meet whatever it costs",
        "architectures": "the ways to serve the workload, by name",
        "usage": "logs that the workload is measured from: a file, a folder, a glob, or a list of them",
    },
    "Workload": {
        "requests_per_month": "requests a month, in the first month",
        "input_tokens": "tokens a request; or {lengths: {mean, p99}}, how long single ones are",
        "output_tokens": "tokens a request, reasoning tokens included; or {lengths: {mean, p99}}",
        "input_tokens_p99": "the 99th percentile of single prompts, input_tokens their mean",
        "output_tokens_p99": "the 99th percentile of single answers, output_tokens their mean",
        "monthly_input_tokens": "tokens a month, in place of the three keys above",
        "monthly_output_tokens": "tokens a month",
        "cached_share": "share of the input tokens read from the prompt cache",
        "cache_write_share": "share of the input tokens written to the prompt cache for five minutes",
        "cache_write_1h_share": "share of the input tokens written to it for an hour, beside cache_write_share",
        **_CACHE_WRITES,
        "batch_share": "share of the requests sent in batches",
        "growth_per_month": "share a month, compounding",
        "peak_to_average": "busiest over average traffic (4)",
    },
    "Commitment": {
        "min_spend_per_month": "USD a month that are paid whether used or not",
        "discount": "share that the commitment takes off the catalog's prices",
    },
    "Segment": {
        "share": "share of the requests",
        "input_tokens": "tokens a request; or {lengths: {mean, p99}}, how long single ones are",
        "output_tokens": "tokens a request, reasoning tokens included; or {lengths: {mean, p99}}",
        "input_tokens_p99": "the 99th percentile of single prompts, input_tokens their mean",
        "output_tokens_p99": "the 99th percentile of single answers, output_tokens their mean",
        **_CACHE_WRITES,
        "cached_share": "share of its input tokens read from the prompt cache; left out, the workload's",
        "cache_write_share": "share of its input tokens written to the prompt cache; left out, the workload's",
        "cache_write_1h_share": "share of its input tokens written for an hour; left out, the workload's, "
        "or none where cache_write_share is given",
        "batch_share": "share of its requests sent in batches; left out, the workload's",
        "difficulty": "how hard the task is",
        "sensitivity": "`restricted` admits own and edge, or anybody with a data agreement",
        "stable": "whether the task stays as it is",
        "p99_latency_ms": "milliseconds that 99 % of its answers may take",
        "min_quality_kept": "share of the baseline's quality that has to be kept",
        "quality": "share of answers that are right, 0 to 1, by model, for this task",
    },
    "Requirements": {
        "air_gapped": "nothing may be called outside the network",
        "residency": "regions in which everything has to run",
        "edge": "everything has to run on the device",
        "gpu_operations": "whether the team can run GPUs; false rules them out",
        "p99_latency_ms": "milliseconds that 99 % of the answers may take",
        "first_token_ms": "milliseconds until the first token, at most; fleets of modelled replicas are sized for it",
        "token_ms": "milliseconds for each token after the first, at most",
        "latency_percentile": "what those two are of: mean (unless given), p50, p90, p95 or p99",
        "confidence": "the chance that the limits on latency are to hold with; left out, the expected times hold them",
        "min_quality_kept": "share of the baseline's quality that has to be kept",
        "max_monthly_cost": "USD that no month may exceed",
        "payback_within_months": "months within which it has to pay back",
    },
    "OwnPrice": {
        "batch": "the same prices for batched requests",
        "tiers": "prices of a service tier by its name, such as flex or priority",
        "discount": "share that a contract takes off the catalog's prices; under PROVIDER/* for all its models",
        "region": "where requests are kept, such as eu: token prices are multiplied by what the provider adds",
        **_TOKENS,
        "min_cacheable_tokens": "tokens of the shortest prompt that the model caches; left out, the catalog's",
        "cache_lifetime_minutes": "minutes that a cache entry lives unread; left out, the catalog's",
        "hosting_usd_per_hour": "USD an hour, idle hours too",
        "training_usd_per_mtok": "USD per million training tokens",
    },
    "Router": {
        "tokens_per_request": "tokens that it reads a request, with model",
        "output_tokens_per_request": "tokens that it writes a request, with model",
        "model": "billed at this model's prices",
        "usd_per_request": "USD a request, in place of the two",
    },
    "PriceChanges": {
        "models": "model: share a year, on the scale of 1 + r",
        "tiers": "service tier (standard, batch, flex and so on): share a year",
        "gpus": "rented GPU: share a year",
        "labour": "share a year, of all that is paid for people",
    },
    "TokenCounts": _TOKENS,
    "MixTarget": _TOKENS | {"share": "share of the requests, or `rest`"},
    "Stage": _TOKENS | {"model": "a model or an architecture"},
    "Review": {"share": "share of the requests", "usd_per_review": "USD a review"},
    "Gpu": {
        "name": "a name from `llmcost prices list --gpus`",
        "provider": "who rents it; left out, the cheapest",
        "usd_per_gpu_hour": "USD an hour for one GPU; left out, the catalog's",
        "spot": "the spot price, interruptible",
        "hardware": "what it is, where the catalog does not list it",
        "purchase_price": "USD for one GPU that is bought; makes it a GPU of your own",
        "life_years": "years until it is bought again",
        "residual": "share of the price that is got back at the end of its life (0%)",
        "amortise": "spreads the purchase over its life in place of paying it at once",
        "power_watts": "watts of one GPU under load; left out, its rated power",
        "pue": "power of the whole site over that of the machines (1.5)",
        "usd_per_kwh": "USD for a kilowatt-hour",
        "colocation_per_month": "USD a month for the place where one GPU stands",
    },
    "Hardware": {
        "memory_gb": "memory in 1e9 bytes",
        "bandwidth_gb_s": "memory bandwidth in GB/s",
        "bf16_tflops": "dense TFLOP/s at bf16",
        "fp8_tflops": "dense TFLOP/s at fp8, where it has it",
        "fp4_tflops": "dense TFLOP/s at fp4, where it has it",
        "interconnect": "between the GPUs of a replica: nvlink, pcie or xgmi",
    },
    "Edge": {
        "devices": "how many there are",
        "usd_per_device": "USD once for each",
        "tokens_per_second": "tokens a second that one device writes; left out, modelled from its hardware",
        "hardware": "what a device is",
    },
    "Lengths": {"input_tokens": "tokens a request", "output_tokens": "tokens a request"},
    "OwnModel": _TOKENS
    | {
        "parameters": "parameters, such as 8B",
        "layers": "layers",
        "kv_heads": "key and value heads",
        "head_size": "size of a head",
        "width": "hidden size",
        "heads": "attention heads; left out, width stands for heads times head size",
        "context_window": "tokens of a request at most",
        "sliding_window": "tokens that a sliding layer looks back",
        "sliding_layers": "layers that look back only so far",
        "active_parameters": "of a mixture of experts: parameters multiplied for a token",
        "experts": "experts in a layer",
        "experts_per_token": "experts that a token uses in a layer",
        "shared_experts": "experts that every token uses",
        "expert_layers": "layers that have experts; left out, all",
        "latent_size": "with latent attention: numbers that a token leaves in a layer's cache",
        "linear_layers": "layers that keep no keys and values",
        "state_bytes": "bytes that a request keeps in all of them",
        "embedding_parameters": "parameters that are only looked up",
        "attention_parameters": "of latent attention: parameters that a 4-bit checkpoint leaves at 16 bits",
        "sparse_tokens": "with sparse attention: tokens of the context that are read",
    },
    "StatedLatency": {
        "network_ms": "milliseconds there and back, 99 % of the time",
        "queue_ms": "milliseconds until work on a request begins, 99 % of the time",
        "first_token_ms": "milliseconds from then until the first token",
        "ms_per_token": "milliseconds for each token after it",
    },
    "Throughput": {
        "requests_per_month": "requests a month, as it is run: no peak or utilisation is applied",
        "requests_per_second": "requests a second at full load; peak and target_utilisation apply",
        "tokens_per_second": "tokens a second, input and output, at full load; peak and target_utilisation apply",
        "measured": "result files of a benchmark: guidellm, aiperf, inference-perf, vllm bench serve, sglang bench_serving",
        "measured_spread": "how far their rate varies, as a factor; left out, by the runs of the highest load",
    },
    "Labelling": {
        "samples": "examples",
        "usd_per_sample": "USD an example",
        "qa_share": "share that checking the labels adds",
    },
    "Training": {
        "samples": "examples of the training set, with tokens_per_sample",
        "tokens_per_sample": "tokens an example",
        "tokens": "tokens of the training set, a pass",
        "model": "the open model that is trained; left out, the one that is served",
        "method": "full, lora (unless given) or qlora",
        "packed": "whether samples share a sequence (true); padded ones take three times as long",
        "gpu": "the GPU that trains it, which makes the hours follow from the tokens",
        "epochs": "passes",
        "validation_tokens": "tokens of the validation set, billed once beside the training tokens × epochs",
        "minimum_usd": "the least that a run is billed",
        "usd_per_mtok": "USD per million tokens; left out, the catalog's for the served model",
        "hours": "hours a run, in place of tokens",
        "gpus": "GPUs",
        "usd_per_gpu_hour": "USD an hour for one GPU",
        "experiments": "runs until one is good",
    },
    "Recurring": {"every_months": "months of service", "cost": "USD each time, or {people, weeks, usd_per_week}"},
    "BaseUpgrade": {
        "every_months": "months of service",
        "cost": "USD each time to tune anew, or {people, weeks, usd_per_week}",
        "quality_drift_per_month": "share of quality, 0 to 1, lost a month by staying on the old base",
        "new_base": "the model or architecture that a move to the new base would serve from",
        "move_cost": "USD once for that move",
    },
    "Serving": _SERVED
    | {"model": "a managed fine-tuned model at its own prices", "usd_per_hour": "USD an hour, in place of the others"},
    "Api": _ARCHITECTURE
    | {
        "model": "a model from `llmcost prices list`",
        "tools": "calls of a tool a request, in place of the workload's",
        "service_tier": "such as flex or priority: the price of that tier (model@flex says the same)",
    },
    "Provisioned": _ARCHITECTURE
    | {
        "model": "the model that the units serve",
        "usd_per_unit_month": "USD a month for one unit",
        "usd_per_unit_hour": "USD an hour for one unit, in place of a month",
        "requests_per_second_per_unit": "requests that one unit serves in a second",
        "tokens_per_minute_per_unit": "input and output tokens that one unit serves in a minute, in place of requests",
        "units": "units that are bought; left out, as many as the peak needs",
        "min_units": "the least that can be bought",
        "unit_step": "units are sold in multiples of this",
        "spill_over": "what serves the requests beyond the units",
        "spill_over_share": "share of the requests that spills over; left out, it follows from the peak",
    },
    "Routed": _ARCHITECTURE
    | _TARGETS
    | {
        "mix": "target: share of the requests, or {share, output_tokens_factor}; `rest` for one; a model or an architecture",
        "by_segment": "segment: target, or a mix; in place of mix",
        "router": "what it costs to decide",
        "switch_share": "share of the requests that change the model and lose the prompt cache",
    },
    "Cascade": _ARCHITECTURE
    | _TARGETS
    | {
        "stages": "models or architectures, the cheap one first; or {model, output_tokens_factor}",
        "escalated_input_factor": "how much longer than the mean the requests are that go on (1)",
        "escalation": "for each stage but the last, the share of its requests that go on",
        "verifier": "how often checking an answer errs and what it costs; one for all stages, or a list",
        "joint": "share of the requests by who is right: p11, p10, p01, p00; a digit a stage, the cheap one first",
        "carry_rejected": "whether the next stage's prompt carries the rejected answer",
    },
    "SelfHosted": _ARCHITECTURE | _SERVED,
    "FineTuned": _ARCHITECTURE
    | {
        "serving": "how it is served: one of model, gpu, edge and usd_per_hour",
        "labelling": "the training set",
        "training": "training runs, by the token or by the hour",
        "retrain": "done again every so many months of service",
        "base_upgrade": "a re-tune when the base model is replaced",
        "ready_after_weeks": "weeks until it serves; `fallback` serves and is billed until then",
        "rollout": "share of the requests in each month of service; the last one stays",
        "fallback": "the architecture or model that serves meanwhile; left out, the baseline",
    },
}
_RATES = {
    "input_per_mtok": "USD per million input tokens",
    "output_per_mtok": "USD per million output tokens",
    "cached_input_per_mtok": "USD per million input tokens read from the prompt cache",
    "cache_write_per_mtok": "USD per million input tokens written to the prompt cache",
    "cache_write_1h_per_mtok": "USD per million input tokens written to it for an hour",
    "other": "USD for what else is billed, such as web_searches_per_1000 or input_audio_per_mtok",
}
for _traffic in ("Workload", "Segment"):
    ABOUT[_traffic]["tools"] = "calls of a tool a request, such as {web_search: 2 a request}"
    for _field in BESIDE:  # input_audio_tokens: audio tokens, besides input_tokens
        ABOUT[_traffic][_field] = f"{_field.split('_')[1]} tokens a request, besides {_field.split('_')[0]}_tokens"
ABOUT["OwnRates"] = _RATES
ABOUT["TierPrice"] = _RATES | {"batch": ABOUT["OwnPrice"]["batch"]}
ABOUT["OwnPrice"] |= _RATES
ABOUT["Verifier"] = ABOUT["Router"] | {
    "false_accept": "share of the wrong answers that it accepts",
    "false_reject": "share of the right answers that it rejects",
}


def scenario_schema() -> dict[str, Any]:
    """The schema, with the architectures as a union by `kind`."""
    kinds = {name: kind_class(name) for name in KINDS}
    schema: dict[str, Any] = TypeAdapter(Scenario).json_schema()
    definitions: dict[str, Any] = schema.pop("$defs")
    definitions.pop("Architecture")
    for kind, model in kinds.items():
        own = TypeAdapter(model).json_schema()
        definitions |= own.pop("$defs", {})
        own["properties"]["kind"] = {"const": kind}
        own["required"] = ["kind", *own.get("required", [])]
        definitions[model.__name__] = own
    schema["properties"]["architectures"]["additionalProperties"] = _by_kind(kinds)
    schema.pop("required")  # a start that is left out is the coming month
    schema.pop("title", None)
    schema["properties"]["quality"] = _quality(schema["properties"]["quality"])
    definitions["Gpu"] = {"anyOf": [{"type": "string"}, definitions["Gpu"]], "description": "the name alone will do"}
    schema, definitions = named_quantities(schema), named_quantities(definitions)
    for name, body in {"Scenario": schema, **definitions}.items():
        described(name, body, ABOUT)
    definitions |= _quantities()
    schema["description"] = "What is asked, and what could serve it."
    whole = {"title": "llmcost scenario", **schema, "$defs": dict(sorted(definitions.items()))}
    return {"$schema": DIALECT, **compact(whole)}


def _quality(stated: dict[str, Any]) -> dict[str, Any]:
    """Qualities by name, a file of outcomes, or a file and how it is to be read."""
    names = {"type": "object", "additionalProperties": {"type": "string"}}
    texts = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
    reading = {
        "outcomes": {"type": "string"},
        "rename": names,
        "map": names,
        "where": texts,
        "models": texts,
        "drop_missing": {"type": "boolean"},
    }
    by_file = {"type": "object", "properties": reading, "required": ["outcomes"]}
    by_file["additionalProperties"] = stated.get("additionalProperties", True)
    by_name = {key: value for key, value in stated.items() if key not in ("title", "default")}
    return {"anyOf": [by_name, {"type": "string", "description": "a file of outcomes"}, by_file]}


def _quantities() -> dict[str, Any]:
    """What may stand for a number, by the scale of the field: written once, referred to everywhere."""
    found: dict[str, Any] = {scale: Quantity(scale).__get_pydantic_json_schema__(None, None) for scale in _SCALES}
    return found | {"cost_item": CostItem().__get_pydantic_json_schema__(None, None)}


def named_quantities(schema: Any) -> Any:
    """The schema with each quantity as a reference to its one definition."""
    return _named(schema, _quantities())


def _named(schema: Any, quantities: dict[str, Any]) -> Any:
    """The schema with each quantity as a reference; the field's own description stays."""
    if isinstance(schema, list):
        return [_named(item, quantities) for item in schema]
    if not isinstance(schema, dict):
        return schema
    for name, body in quantities.items():
        if all(schema.get(key) == value for key, value in body.items()):
            return {"$ref": f"#/$defs/{name}"} | {key: value for key, value in schema.items() if key not in body}
    return {key: _named(value, quantities) for key, value in schema.items()}


def _by_kind(kinds: Mapping[str, type[Architecture]]) -> dict[str, Any]:
    """A union told apart by `kind`, so that an editor names what is wrong within that one kind."""

    def is_kind(kind: str) -> dict[str, Any]:
        return {"properties": {"kind": {"const": kind}}, "required": ["kind"]}

    return {
        "type": "object",
        "properties": {"kind": {"enum": list(kinds)}},
        "required": ["kind"],
        "allOf": [
            {"if": is_kind(kind), "then": {"$ref": f"#/$defs/{model.__name__}"}} for kind, model in kinds.items()
        ],
    }


def described(name: str, body: dict[str, Any], about_all: Mapping[str, Mapping[str, str]]) -> None:
    """Give each key of a definition its meaning, and take away what pydantic says of it."""
    if "anyOf" in body:
        body = body["anyOf"][-1]
    body.pop("title", None)
    about = about_all.get(name, {})
    for field, schema in body.get("properties", {}).items():
        schema.pop("title", None)
        if schema.get("default") in (None, "", {}, []) or isinstance(schema["default"], dict):
            schema.pop("default", None)
        if field in about:
            schema["description"] = about[field]
