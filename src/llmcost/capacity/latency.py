"""How long a request waits: network, queue, first token, and the tokens after it.

With N requests in flight on a replica a step takes t_d(N) and each request is slowed by the prefill
of the others; Little's law gives the load that keeps N in flight, λ = N/(O·t_d(N) + N·t_p). A
request waits for the step that runs and for the prefill in turn before it: a queue with one server,
busy ρ = λ·t_p of the time, whose mean wait is ρ/(1 − ρ)·t_p·(1 + c²)/2 (Pollaczek and Khinchine, c²
the squared deviation of the input's length over its mean) and whose tail is exponential.
"""

from math import log, sqrt
from statistics import NormalDist
from typing import NamedTuple

from llmcost.capacity.replica import at_concurrency, batch_of, why_not
from llmcost.capacity.setup import Setup
from llmcost.capacity.step import Timing, cycle, timing

# Milliseconds there and back that 99 % of the requests stay under, where the scenario states nothing.
NETWORK_MS = {"edge": 0.0, "own": 2.0, "cloud": 50.0, "api": 100.0}


class Latency(NamedTuple):
    """The parts of a request's wait in milliseconds; None is unknown. `assumed` says what nobody stated.

    `p99_latency_ms` is that of an answer of `p99_output_tokens`, the 99th percentile of the lengths, and unknown
    where no lengths are stated; `mean_latency_ms` is that of an answer of `output_tokens`, the mean length.
    """

    network_ms: float | None
    queue_ms: float | None
    first_token_ms: float | None
    ms_per_token: float | None
    output_tokens: float | None
    p99_output_tokens: float | None
    until_first_token_ms: float | None
    mean_latency_ms: float | None
    p99_latency_ms: float | None
    assumed: tuple[str, ...]

    def parts(self, whole: bool) -> dict[str, float]:
        """The known parts by name, of the whole answer or up to its first token."""
        known = {"network round trip": self.network_ms, "queue": self.queue_ms, "first token": self.first_token_ms}
        more = max((self.p99_output_tokens or self.output_tokens or 1.0) - 1, 0.0)
        if whole and self.ms_per_token is not None and more:
            known[f"{more:,.4g} more tokens"] = more * self.ms_per_token
        return {name: value for name, value in known.items() if value is not None}


def latency(
    network_ms: float | None,
    queue_ms: float | None,
    first_token_ms: float | None,
    ms_per_token: float | None,
    output_tokens: float | None,
    p99_output_tokens: float | None = None,
    assumed: tuple[str, ...] = (),
) -> Latency:
    """The parts with their sums: network + queue + first token, and the tokens after it."""
    start: float | None = None
    if network_ms is not None and queue_ms is not None and first_token_ms is not None:
        start = network_ms + queue_ms + first_token_ms
    if output_tokens is not None and output_tokens <= 1:
        p99_output_tokens = output_tokens  # of one token none is longer than another
    parts = (network_ms, queue_ms, first_token_ms, ms_per_token, output_tokens, p99_output_tokens)
    mean, p99 = (_whole(start, ms_per_token, tokens) for tokens in (output_tokens, p99_output_tokens))
    return Latency(*parts, start, mean, p99, assumed)


def _whole(start: float | None, ms_per_token: float | None, tokens: float | None) -> float | None:
    if start is None or tokens is None:
        return None
    more = max(tokens - 1, 0.0)
    return start if not more else None if ms_per_token is None else start + more * ms_per_token


class Load(NamedTuple):
    """A replica under a load: requests in flight, requests a second, and seconds.

    `queue_s` is what a request waits for others' input, `first_token_s` its own input and first step,
    `token_s` each token after it.
    """

    in_flight: float
    requests_per_second: float
    queue_s: float
    first_token_s: float
    token_s: float


class Replica(NamedTuple):
    """A replica ready for any load: `most` requests at once, `spread` the c² of its input lengths."""

    timed: Timing
    most: float
    spread: float


def replica(setup: Setup, input_tokens: float, output_tokens: float, spread: float = 0.0) -> Replica | None:
    """What does not depend on the load; None where the model does not fit."""
    if why_not(setup, input_tokens, output_tokens):
        return None
    return Replica(timing(setup, input_tokens, output_tokens), batch_of(setup, input_tokens, output_tokens)[0], spread)


def with_in_flight(one: Replica, in_flight: float, percentile: float | None = None) -> Load:
    """The load that keeps so many requests in flight on average, and what they wait: the mean, or a percentile.

    Requests in flight vary as a Poisson number does, so a slow moment has z·√N more of them.
    """
    timed = one.timed
    found = cycle(timed, in_flight)
    rate = found.rate
    alone = found.step / (1.0 + timed.accepted)
    token = at_concurrency(timed, in_flight, found)[1] if timed.output_tokens > 1 else alone
    if percentile is not None:
        slow = min(in_flight + NormalDist().inv_cdf(percentile) * sqrt(in_flight), max(one.most, in_flight))
        more = cycle(timed, max(slow, in_flight))
        token = at_concurrency(timed, max(slow, in_flight), more)[1] if timed.output_tokens > 1 else alone
    busy = min(rate * found.prefill / timed.stages, 1.0)
    queue = _queue(busy, found.prefill * (1 + one.spread) / 2, percentile)
    running = 0.0 if timed.disaggregated else found.step / 2
    return Load(in_flight, rate, queue, found.prefill + found.step + running, token)


def _queue(busy: float, served_s: float, percentile: float | None) -> float:
    if busy >= 1:
        return float("inf")
    if busy <= 0:
        return 0.0
    if percentile is None:
        return busy / (1 - busy) * served_s
    return served_s / (1 - busy) * max(log(busy / (1 - percentile)), 0.0)


def under_load(one: Replica, rate: float, percentile: float | None = None) -> Load | None:
    """The replica at so many requests a second; None: it cannot keep up.

    The rate grows with the requests in flight, so the number that it keeps there is bisected.
    """
    if cycle(one.timed, one.most).rate < rate:
        return None
    low, high = 0.0, one.most
    for _ in range(40):
        middle = (low + high) / 2
        if cycle(one.timed, middle).rate < rate:
            low = middle
        else:
            high = middle
        if high - low < 1e-4 * high:
            break
    return with_in_flight(one, high, percentile)
