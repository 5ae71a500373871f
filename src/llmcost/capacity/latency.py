"""How long a request waits: network, queue, first token, and the tokens after it.

At a load λ (requests a second on one replica) the requests in flight follow from Little's law,
N = λ·(O·t_d(N) + N·t_p) with t_d(N) = a + b·N, so N = λ·O·a/(1 − λ·(O·b + t_p)). A step is slowed by
the prefill of others, 1/(1 − λ·t_p); the queue is the 99th percentile of the wait for the prefill
in turn, t_p/(1 − λ·t_p)·ln(100·λ·t_p), as in a single queue with exponential service.
"""

from math import log
from typing import NamedTuple

from llmcost.capacity.replica import (
    ENGINES,
    MBU,
    MFU,
    OTHER_MFU,
    STEP_OVERHEAD_S,
    Setup,
    decode_flop,
    kv_bytes,
    peak_flops,
    prefill_flop,
    together,
    weights_bytes,
)

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


def prefill_s(setup: Setup, input_tokens: float) -> float:
    """Seconds in which a replica reads a prompt of so many tokens."""
    speed = setup.gpus * together(setup)
    flops = MFU.get(setup.gpu.gpu, OTHER_MFU) * peak_flops(setup.gpu, setup.precision) * speed
    return prefill_flop(setup.model, input_tokens) / flops / ENGINES[setup.engine]


def waits(setup: Setup, rate: float, input_tokens: float, output_tokens: float) -> tuple[float, float, float] | None:
    """Seconds: queue (99th percentile), first token, each token after it, on a replica under a load.

    `rate` is in requests a second of TensorRT-LLM; a slower engine stretches every time. None: the
    replica cannot keep up.
    """
    speed = setup.gpus * together(setup)
    flops = MFU.get(setup.gpu.gpu, OTHER_MFU) * peak_flops(setup.gpu, setup.precision) * speed
    bandwidth = MBU * setup.gpu.bandwidth_gb_s * 1e9 * speed
    context = input_tokens + output_tokens / 2
    alone = weights_bytes(setup) / bandwidth + STEP_OVERHEAD_S
    each = kv_bytes(setup, context) / bandwidth + decode_flop(setup.model, context) / flops
    prefill = prefill_flop(setup.model, input_tokens) / flops
    free = 1 - rate * (output_tokens * each + prefill)
    if free <= 0:
        return None
    in_flight = max(rate * output_tokens * alone / free, 1.0)
    step = alone + each * in_flight
    busy = rate * prefill
    queue = prefill / (1 - busy) * max(log(100 * busy), 0.0) if busy > 0 else 0.0
    stretch = 1 / ENGINES[setup.engine]
    return queue * stretch, (prefill + step) * stretch, step / (1 - busy) * stretch
