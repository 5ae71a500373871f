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
    """The parts of a request's wait in milliseconds; None is unknown. `assumed` names what nobody stated."""

    network_ms: float | None
    queue_ms: float | None
    first_token_ms: float | None
    ms_per_token: float | None
    tokens: float
    assumed: tuple[str, ...]

    @property
    def until_first_token(self) -> float | None:
        """Milliseconds until the first token; None where a part is unknown."""
        return _sum((self.network_ms, self.queue_ms, self.first_token_ms))

    @property
    def until_answer(self) -> float | None:
        """Milliseconds until the last token."""
        rest = None if self.ms_per_token is None else self.rest_ms
        return _sum((self.until_first_token, rest))

    @property
    def rest_ms(self) -> float:
        """Milliseconds of the tokens after the first; 0 where the time of a token is unknown."""
        return (self.ms_per_token or 0.0) * max(self.tokens - 1, 0.0)

    def parts(self, whole: bool) -> dict[str, float]:
        """The known parts by name, of the whole answer or up to its first token."""
        known = {
            "network round trip": self.network_ms,
            "queue": self.queue_ms,
            "first token": self.first_token_ms,
            f"{max(self.tokens - 1, 0):,.4g} more tokens": self.rest_ms if whole and self.ms_per_token else None,
        }
        return {name: value for name, value in known.items() if value is not None}


def _sum(parts: tuple[float | None, ...]) -> float | None:
    known = [part for part in parts if part is not None]
    return sum(known) if len(known) == len(parts) else None


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
