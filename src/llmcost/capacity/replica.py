"""What one replica serves, modelled: a decoder on n GPUs, in requests a second.

Memory decides how many requests share a step; `step` says how long a step and a prefill take.
Formulas: docs/methods/self-hosting.md. Each takes numbers or arrays of draws; bytes, seconds and
FLOP throughout.
"""

from math import exp
from typing import NamedTuple

from llmcost.arithmetic import Number, all_true, is_array, maximum, minimum
from llmcost.capacity.efficiency import family
from llmcost.capacity.setup import Setup
from llmcost.capacity.step import Cycle, Timing, cycle, parts, timing
from llmcost.capacity.work import kv_bytes, weights_bytes
from llmcost.catalog.models import GpuSpec
from llmcost.errors import InputError

# What is left of the rate where answers may not wait for a full batch, where no limit is stated.
LATENCY_CLASSES = {"batch": 1.0, "server": 0.89, "interactive": 0.56}

MEMORY_SHARE = 0.95  # of the memory that an engine takes
RESERVE_BYTES = 3e9  # a GPU: activations, CUDA graphs, buffers for sending
MOST_WEIGHTS = 0.9  # of all memory; above it nothing is left to serve with
MOST_SEQUENCES = 2048.0  # requests in a step of one attention group
GIB = 2**30
ECC = ("L40S", "L4", "A10G", "A40")  # GDDR6 that keeps its check bits in the memory itself
ECC_SHARE = 0.94
WRITTEN_SHARE = 0.6  # of its output that an engine holds room for when it lets a request in
WHOLE_OUTPUT = ("tensorrt-llm",)  # engines that hold room for all of it, so that no request is put out again

# ln of how far the rate may be off at either end of the 90 % interval (cross-validated, docs/methods/self-hosting.md).
BAND = {"dense": 0.27, "mixture": 0.45}


class Memory(NamedTuple):
    """Where a replica's memory goes, in GB (1e9 bytes); the three add up to the total."""

    weights_gb: float
    cache_gb: float
    reserve_gb: float
    total_gb: float


class Capacity(NamedTuple):
    """What one replica serves at its limit, engine included, before latency class and utilisation.

    `low` and `high` are the band, a 90 % interval. `limit` is what binds (compute, bandwidth, memory,
    communication, overhead), `batch_limit` what keeps more requests out of a step. Seconds; time a
    token is what a request sees at full load, its share of other requests' prefill included.
    """

    requests_per_second: Number
    low: Number
    high: Number
    batch: Number
    batch_limit: str
    limit: str
    decode_step_s: Number
    prefill_s: Number
    time_per_output_token_s: Number | None
    first_token_s: Number


def band(setup: Setup) -> float:
    """ln of the factor between the estimate and either end of its 90 % interval."""
    return BAND["mixture" if setup.model.experts or setup.model.active_parameters else "dense"]


def memory_bytes(gpu: GpuSpec) -> float:
    """Bytes of a GPU: vendors' GB are 2^30 bytes; one of the user's own is taken at 1e9."""
    if family(gpu) == "other":
        return gpu.memory_gb * 1e9
    return gpu.memory_gb * GIB * (ECC_SHARE if gpu.gpu in ECC else 1.0)


def memory(setup: Setup) -> Memory:
    """The split of the memory; the room for keys and values may be negative where nothing fits."""
    total = memory_bytes(setup.gpu) * setup.gpus / 1e9
    reserve = (1 - MEMORY_SHARE) * total + RESERVE_BYTES / 1e9 * setup.gpus
    weights = weights_bytes(setup) / 1e9
    return Memory(weights, total - weights - reserve, reserve, total)


def batch_in_memory(setup: Setup, input_tokens: Number, output_tokens: Number) -> Number:
    """Requests whose keys and values fit; heads fewer than the GPUs that share them are kept several times."""
    held = output_tokens if setup.engine in WHOLE_OUTPUT else WRITTEN_SHARE * output_tokens
    copies = setup.tensor / (1.0 if setup.model.latent_size else min(setup.tensor, float(setup.model.kv_heads)))
    return memory(setup).cache_gb * 1e9 / (kv_bytes(setup, input_tokens + held) * copies)


def why_not(setup: Setup, input_tokens: Number, output_tokens: Number) -> str:
    """Why the model cannot be served on these GPUs; empty where it can."""
    split = memory(setup)
    if split.weights_gb > MOST_WEIGHTS * split.total_gb:
        return (
            f"its weights take {split.weights_gb:,.1f} of {split.total_gb:,.0f} GB, "
            f"over the {MOST_WEIGHTS:.0%} that leave room to serve"
        )
    if not all_true(batch_in_memory(setup, input_tokens, output_tokens) >= 1):
        return f"the {max(split.cache_gb, 0.0):,.1f} GB left beside the weights do not hold one request of that length"
    return ""


def batch_of(setup: Setup, input_tokens: Number, output_tokens: Number) -> tuple[Number, str]:
    """Requests at once, and what keeps out the next: memory, concurrency, or the engine's own limit."""
    room = batch_in_memory(setup, input_tokens, output_tokens)
    most = MOST_SEQUENCES * setup.data_parallel * setup.pipeline_parallel
    batch, limit = minimum(room, most), "memory"
    if not is_array(room) and room > most:
        limit = "max_num_seqs"
    if setup.concurrency is not None:
        if all_true(setup.concurrency < batch):
            limit = "concurrency"
        batch = minimum(setup.concurrency, batch)
    return batch, limit


def capacity(setup: Setup, input_tokens: Number, output_tokens: Number) -> Capacity | None:
    """What the replica serves of requests of this size; None where the model does not fit.

    R = B/(O·t_d(B) + B·t_p), docs/methods/self-hosting.md.
    """
    if not all_true(input_tokens + output_tokens > 0):
        raise InputError(
            "a request has no tokens",
            hint="give --input and --output, tokens a request",
            in_file="write input_tokens and output_tokens above 0",
        )
    if why_not(setup, input_tokens, output_tokens):
        return None
    batch, batch_limit = batch_of(setup, input_tokens, output_tokens)
    timed = timing(setup, input_tokens, output_tokens)
    found = cycle(timed, batch)
    off = exp(band(setup))
    written = all_true(output_tokens > 0)
    first, token = at_concurrency(timed, batch, found)
    return Capacity(
        *(found.rate, found.rate / off, found.rate * off, batch, batch_limit),
        "" if is_array(found.busy) else _limit(setup, timed, found, batch, batch_limit),
        *(found.step, found.prefill, token if written else None, first),
    )


def at_concurrency(timed: Timing, batch: Number, found: Cycle) -> tuple[Number, Number]:
    """Mean seconds to the first token and of each after it, with `batch` requests always in flight."""
    others = maximum(batch / timed.stages - 1, 0.0) * found.prefill
    share = timed.constants.burst
    if timed.disaggregated:
        return found.prefill * (1 + share * maximum(batch / timed.stages - 1, 0.0)), found.step
    first = found.prefill + found.step + share * others
    # The same steps serve a speculating request 1 + a tokens at a time.
    each = found.step / (1.0 + timed.accepted)
    return first, each + (1 - share) * others / maximum(timed.output_tokens - 1, 1.0)


def _limit(setup: Setup, timed: Timing, found: Cycle, batch: float, batch_limit: str) -> str:
    """The resource of which one percent more gains most."""
    spent = parts(timed, batch / timed.stages)
    steps = timed.output_tokens / (1.0 + timed.accepted)
    grows = MEMORY_SHARE * memory(setup).total_gb / memory(setup).cache_gb
    gains = {
        "compute": steps * spent.computing + batch / timed.stages * found.prefill,
        "bandwidth": steps * (spent.weights + spent.cache),
        "communication": steps * spent.sending,
        "overhead": steps * spent.fixed,
        "memory": steps * (spent.weights + spent.fixed) * grows if batch_limit == "memory" else 0.0,
    }
    return max(gains, key=gains.__getitem__)
