"""How long a request waits on each architecture: stated, modelled from its GPUs, or partly unknown.

Network round trip + queue + first token + tokens × time a token. What nobody states and no model
gives is unknown; the known parts are then the least that it can be.
"""

from typing import Any, NamedTuple

from llmcost.architectures.architecture import Architecture, Month, StatedLatency
from llmcost.architectures.flow import architecture_of
from llmcost.architectures.prices import Prices
from llmcost.capacity.latency import NETWORK_MS, Latency, latency, replica, under_load
from llmcost.capacity.replica import LATENCY_CLASSES, capacity
from llmcost.capacity.setup import Setup
from llmcost.capacity.work import hidden_mixture
from llmcost.economics.horizon import months_of, traffic
from llmcost.economics.places import location_of
from llmcost.errors import UnknownPrice
from llmcost.scenario import Scenario
from llmcost.workload import Stream

MOST_LOAD = 0.95  # of the modelled rate, where what is measured or asked for is above it


class Wait(NamedTuple):
    """Milliseconds: the whole where it is known, the least it can be, and its parts in words."""

    total: float | None
    least: float
    words: str


def wait_of(field: str, name: str, scenario: Scenario, prices: Prices) -> Wait:
    """`p99_latency_ms`, `first_token_ms` or `token_ms` of an architecture: as stated, else the sum of its parts.

    The first is the 99th percentile, the others the requirements' percentile, else the mean.

    A mix is as slow as its slowest target; in a cascade the stages add up.
    """
    architecture = scenario.architectures[name]
    stated = getattr(architecture, field, None)
    if stated is not None:
        return Wait(stated, stated, "as stated")
    if architecture.kind not in ("routed", "cascade"):
        percentile = 0.99 if field == "p99_latency_ms" else scenario.requirements.latency_percentile
        return _leaf(field, parts_of(name, scenario, prices, percentile))
    waits_below: list[Wait] = []
    stages: list[str] = getattr(architecture, "stages", None) or architecture.targets()
    for target in stages:
        if architecture_of(target, name, scenario.architectures) is None:
            waits_below.append(_leaf(field, _of_model(architecture)))
        else:
            below = wait_of(field, target, scenario, prices)
            waits_below.append(below._replace(words=f"{target}: {below.words}"))
    if not waits_below:
        return Wait(None, 0.0, "")
    slowest = max(waits_below, key=lambda wait: wait.least)
    known = [wait.total for wait in waits_below if wait.total is not None]
    complete = len(known) == len(waits_below)
    if architecture.kind == "cascade":
        words = "; then ".join(wait.words for wait in waits_below)
        return Wait(sum(known) if complete else None, sum(wait.least for wait in waits_below), words)
    return Wait(max(known) if complete else None, slowest.least, slowest.words)


def _leaf(field: str, parts: Latency) -> Wait:
    if field == "token_ms":
        each = parts.ms_per_token
        return Wait(each, each or 0.0, "" if each is None else f"{milliseconds(each)} a token")
    whole = field == "p99_latency_ms"
    known = parts.parts(whole)
    words = " + ".join(f"{name} {milliseconds(value)}" for name, value in known.items())
    if known and len(known) > 1:
        words += f", most of it the {max(known, key=known.__getitem__)}"
    if parts.assumed:
        words += f" (assumed: {'; '.join(parts.assumed)})"
    return Wait(parts.p99_latency_ms if whole else parts.until_first_token_ms, sum(known.values()), words)


def milliseconds(value: float) -> str:
    """`63.3 ms`, `13,980 ms`."""
    return f"{value:,.0f} ms" if value >= 100 else f"{value:.3g} ms"


def _of_model(architecture: Architecture) -> Latency:
    """A model at somebody else's: only the network is known, unless the architecture states more."""
    place = architecture.location or "api"
    return _with(architecture.latency, (None, None, None), place, None, ())


def parts_of(name: str, scenario: Scenario, prices: Prices, percentile: float | None = 0.99) -> Latency:
    """The parts of the wait on an architecture that answers itself, in the first month; percentile None: the mean."""
    architecture = scenario.architectures[name]
    month = months_of(scenario, prices)[0]
    streams = shortened(architecture, traffic(scenario, month))
    served = architecture.served_by()
    size = served.size(streams) if served is not None else None
    written = size.output_tokens if size is not None else _written(streams)
    modelled: tuple[float | None, float | None, float | None] = (None, None, None)
    assumed: tuple[str, ...] = ()
    if served is not None and size is not None:
        modelled, assumed = _on_machines(served, streams, month, name, size, percentile)
    return _with(architecture.latency, modelled, location_of(architecture), written, assumed)


def _with(
    stated: StatedLatency | None,
    modelled: tuple[float | None, float | None, float | None],
    place: str,
    written: float | None,
    assumed: tuple[str, ...],
) -> Latency:
    given: Any = stated or StatedLatency()
    network = given.network_ms
    if network is None:
        network = NETWORK_MS[place]
        assumed = (f"{network:g} ms there and back, {place}", *assumed)
    queue, first, each = modelled
    return latency(
        network,
        given.queue_ms if given.queue_ms is not None else queue,
        given.first_token_ms if given.first_token_ms is not None else first,
        given.ms_per_token if given.ms_per_token is not None else each,
        written,
        assumed,
    )


def _written(streams: list[Stream]) -> float | None:
    requests = sum((stream.requests for stream in streams), 0.0)
    if not requests or not all(stream.requests_known for stream in streams):
        return None
    return sum((stream.requests * stream.output_tokens.value for stream in streams), 0.0) / requests


def shortened(architecture: Architecture, streams: list[Stream]) -> list[Stream]:
    """A fine-tune that answers more briefly."""
    factor = getattr(architecture, "output_tokens_factor", 1.0)
    if factor == 1:
        return streams
    shorter = [s.output_tokens._replace(value=s.output_tokens.value * factor) for s in streams]
    return [stream._replace(output_tokens=tokens) for stream, tokens in zip(streams, shorter, strict=True)]


def _on_machines(
    served: Any, streams: list[Stream], month: Month, name: str, size: Any, percentile: float | None
) -> tuple[tuple[float | None, float | None, float | None], tuple[str, ...]]:
    """Queue, first token, time a token in milliseconds at the peak, and what that assumes."""
    try:
        setup: Setup | None = served.setup(month)
    except UnknownPrice:
        setup = None
    if setup is not None and hidden_mixture(setup.model) and not served.modelled_by_default:
        setup = None
    found = capacity(setup, *size) if setup is not None and sum(size) > 0 else None
    if served.edge is not None:
        each = 1000 / served.edge.tokens_per_second if served.edge.tokens_per_second is not None else None
        if setup is None or found is None:
            return (0.0, None, each), ()
        step = found.time_per_output_token_s
        first = (found.prefill_s + found.decode_step_s) * 1000
        return (0.0, first, each if each is not None else None if step is None else found.decode_step_s * 1000), ()
    if setup is None or found is None:
        return (None, None, None), ()
    most = found.requests_per_second
    full = most * LATENCY_CLASSES[served.latency_class] * served.target_utilisation
    rate, load = full, f"a replica at {served.target_utilisation:.0%} of its rate in class {served.latency_class}"
    if streams:
        requests = sum((stream.requests for stream in streams), 0.0)
        working = served.fleet(name, streams, month).replicas.value - served.spare
        at_peak = requests * month.peak_factor.value / (month.hours * 3600) / max(working, 1.0)
        rate, load = at_peak, f"a replica at its peak load, {at_peak:,.3g} requests/s"
    one = replica(setup, *size)
    parts = under_load(one, min(rate, most * MOST_LOAD), percentile) if one is not None else None
    if parts is None:
        return (None, None, None), ()
    queue, first, each = (part * 1000 for part in (parts.queue_s, parts.first_token_s, parts.token_s))
    return (queue, first, each), (f"{load}, {setup.precision}",)
