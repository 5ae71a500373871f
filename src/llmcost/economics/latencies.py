"""How long a request waits on each architecture: stated, modelled from its GPUs, or partly unknown.

Network round trip + queue + first token + tokens × time a token. A p99 is that of the answer's own time: the
tokens are the 99th percentile of the lengths, of prompts too. Where the lengths of single answers are not
stated the p99 is unknown. What nobody states and no model gives is unknown; the known parts are then the
least that it can be, and an answer of the mean length is the least that a p99 can be.
"""

from typing import Any, NamedTuple

from llmcost.architectures.architecture import Architecture, Month
from llmcost.architectures.flow import architecture_of
from llmcost.architectures.own_models import StatedLatency
from llmcost.architectures.prices import Prices
from llmcost.capacity.latency import NETWORK_MS, Latency, latency, replica, under_load
from llmcost.capacity.replica import LATENCY_CLASSES, capacity
from llmcost.capacity.setup import Setup
from llmcost.capacity.step import prefill_s, timing
from llmcost.capacity.work import hidden_mixture
from llmcost.economics.horizon import months_of, traffic
from llmcost.economics.places import location_of
from llmcost.errors import UnknownPrice
from llmcost.lengths import Z_P99
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
    if whole and parts.p99_output_tokens is None and parts.mean_latency_ms is not None:
        words += "; an answer of the mean length: state output_tokens: {lengths: {mean, p99}} for the longest"
    if parts.assumed:
        words += f" (assumed: {'; '.join(parts.assumed)})"
    return Wait(parts.p99_latency_ms if whole else parts.until_first_token_ms, sum(known.values()), words)


def milliseconds(value: float) -> str:
    """`63.3 ms`, `13,980 ms`."""
    return f"{value:,.0f} ms" if value >= 100 else f"{value:.3g} ms"


def _of_model(architecture: Architecture) -> Latency:
    """A model at somebody else's: only the network is known, unless the architecture states more."""
    place = architecture.location or "api"
    return _with(architecture.latency, (None, None, None), place, (None, None), ())


def parts_of(name: str, scenario: Scenario, prices: Prices, percentile: float | None = 0.99) -> Latency:
    """The parts of the wait on an architecture that answers itself, in the first month; percentile None: the mean."""
    architecture = scenario.architectures[name]
    month = months_of(scenario, prices)[0]
    served = architecture.served_by()
    model = served.model if served is not None else getattr(architecture, "model", None)
    streams = architecture.counted_here(traffic(scenario, month), model, month)
    size = served.size(streams) if served is not None else None
    written = size.output_tokens if size is not None else _written(streams)
    longest = _p99_tokens(streams, "output_lengths")
    modelled: tuple[float | None, float | None, float | None] = (None, None, None)
    assumed: tuple[str, ...] = ()
    if served is not None and size is not None:
        modelled, assumed = _on_machines(served, streams, month, name, size, percentile)
    return _with(architecture.latency, modelled, location_of(architecture), (written, longest), assumed)


def _with(
    stated: StatedLatency | None,
    modelled: tuple[float | None, float | None, float | None],
    place: str,
    written: tuple[float | None, float | None],
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
        *written,
        assumed,
    )


def _p99_tokens(streams: list[Stream], lengths: str) -> float | None:
    """The 99th percentile of the lengths of single requests over all streams; None where one's are not stated."""
    found = [(stream.requests, getattr(stream, lengths)) for stream in streams if stream.requests]
    if not found or not all(stream.requests_known for stream in streams) or not all(own.sigma for _, own in found):
        return None
    requests = sum(count for count, _ in found)
    low, high = (pick(own.quantile(Z_P99) for _, own in found) for pick in (min, max))
    for _ in range(60 if high > low else 0):  # of several streams, where 1 % of all requests are longer
        middle = (low + high) / 2
        above = sum(count * own.share_above(middle) for count, own in found) / requests
        low, high = (middle, high) if above > 0.01 else (low, middle)
    return float(high)


def _written(streams: list[Stream]) -> float | None:
    requests = sum((stream.requests for stream in streams), 0.0)
    if not requests or not all(stream.requests_known for stream in streams):
        return None
    return sum((stream.requests * stream.output_tokens.value for stream in streams), 0.0) / requests


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
    longest = _p99_tokens(streams, "input_lengths") if percentile == 0.99 else None
    if longest is not None:
        read = [prefill_s(timing(setup, tokens, size.output_tokens)) for tokens in (longest, size.input_tokens)]
        first += (read[0] - read[1]) * 1000
    return (queue, first, each), (f"{load}, {setup.precision}",)
