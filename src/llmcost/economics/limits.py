"""Self-hosting under limits on latency: what holds them, the runs that were measured, and the fleets to choose from."""

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from llmcost.architectures.architecture import Month
from llmcost.architectures.prices import Prices
from llmcost.architectures.self_hosted import SelfHosted
from llmcost.capacity.fitting import COUNTS
from llmcost.capacity.goodput import chance as chance_of
from llmcost.capacity.latency import replica, under_load
from llmcost.capacity.setup import Setup
from llmcost.economics.horizon import months_of, traffic
from llmcost.economics.ownership import chosen_architecture
from llmcost.economics.sizing import PRECISIONS, Sizing, candidates, cheapest_fleets
from llmcost.errors import InputError
from llmcost.quantity import at_middle
from llmcost.scenario import Scenario


class HeldLimits(NamedTuple):
    """The limits on latency in milliseconds, and what a replica serves within them.

    `goodput` is the most requests a second that hold them, `binds` what keeps it from more, `chance`
    that they hold at the peak load of this fleet; None where nothing is modelled.
    """

    first_token_ms: float | None
    token_ms: float | None
    p99_latency_ms: float | None
    percentile: float | None
    confidence: float | None
    goodput_requests_per_second: float | None
    binds: str | None
    chance: float | None


class MeasuredRun(NamedTuple):
    """One load of a benchmark's file: rates in requests a second, times in milliseconds; None: not stated."""

    tool: str
    file: str
    load: str
    requests_per_second: float
    input_tokens: float | None
    output_tokens: float | None
    first_token_ms: float | None
    token_ms: float | None
    served: int
    failed: int


def shown_percentile(point: Scenario) -> float | None:
    """The percentile of the shown wait: the one that the limits are of, else the 99th."""
    asked = point.requirements
    if asked.latency_percentile is None and (asked.first_token_ms is not None or asked.token_ms is not None):
        return None
    return asked.latency_percentile or 0.99


def held_limits(
    point: Scenario, hosted: SelfHosted, arriving: list[Any], month: Month, replicas: float | None
) -> HeldLimits | None:
    limits = hosted.limits(month)
    if not limits.stated:
        return None
    asked = point.requirements
    held = hosted.within_limits(arriving, month)
    chance = None
    setup, size = hosted.setup(month), hosted.size(arriving)
    if held is not None and setup is not None and size is not None and arriving and replicas:
        one = replica(setup, *size)
        requests = sum((stream.requests for stream in arriving), 0.0)
        working = max(replicas - hosted.spare, 1.0)
        rate = requests * month.peak_factor.value / (month.hours * 3600) / working
        there = None if one is None else under_load(one, min(rate, held.requests_per_second), limits.percentile)
        chance = None if there is None or one is None else chance_of(one, there, limits)
    return HeldLimits(
        *(asked.first_token_ms, asked.token_ms, asked.p99_latency_ms, asked.latency_percentile, asked.sized_for),
        *(None if held is None else held.requests_per_second, None if held is None else held.binds, chance),
    )


def measured_runs(hosted: SelfHosted) -> list[MeasuredRun]:
    def milliseconds(times: Mapping[str, float]) -> float | None:
        return times["mean"] * 1000 if "mean" in times else None

    return [
        MeasuredRun(
            *(run.tool, os.path.basename(run.file), run.load, run.requests_per_second, run.input_tokens),
            *(run.output_tokens, milliseconds(run.first_token), milliseconds(run.token), run.served, run.failed),
        )
        for run in (hosted.throughput.runs if hosted.throughput is not None else ())
    ]


def fleets(scenario: Scenario, catalog: Any, architecture: str | None = None) -> tuple[str, Sizing]:
    """The architecture's name, and the cheapest GPUs that serve the scenario's peak within its limits.

    Precision and GPUs a replica are searched where the scenario does not state them.
    """
    name = chosen_architecture(scenario, architecture, ("self_hosted",), "host")
    point = at_middle(scenario)
    hosted: SelfHosted = point.architectures[name]
    prices = Prices(catalog, point.prices, point.successors)
    month = months_of(point, prices)[0]
    arriving, shape = traffic(point, month), hosted.shape(month)
    size = hosted.size(arriving)
    if shape is None or size is None or not arriving or sum(size) <= 0:
        raise InputError(
            "a search needs a model, lengths and a load",
            where="llmcost host",
            hint="give --model qwen3-32b --input 1024 --output 512 --rps 20",
        )
    requests = sum((stream.requests for stream in arriving), 0.0)
    load = requests * month.peak_factor.value / (month.hours * 3600)
    base = hosted.setup(month) or Setup(shape, catalog.gpu("H100-SXM"), 1, hosted.precision)
    stated = hosted.model_fields_set
    found = candidates(
        base._replace(concurrency=None),
        catalog,
        month.first_day,
        (size.input_tokens, size.output_tokens),
        (hosted.precision,) if "precision" in stated else PRECISIONS,
        (hosted.gpus_per_replica,) if "gpus_per_replica" in stated else COUNTS,
    )
    return name, cheapest_fleets(found, load, hosted.limits(month), month.hours, hosted.spare)
