"""What one replica serves, modelled: a dense transformer on n GPUs, in requests a second.

A decode step reads the weights once and every request's keys and values, then computes a token for
each; prefill computes the input. Memory decides how many requests share a step. Formulas:
docs/methods/self-hosting.md. Each takes numbers or arrays of draws; bytes, seconds and FLOP throughout.
"""

from math import log2
from typing import NamedTuple

from llmcost.arithmetic import Number, all_true, is_array, minimum
from llmcost.catalog.models import GpuSpec, OpenModel
from llmcost.errors import InputError, did_you_mean

WEIGHT_BYTES = {"bf16": 2.0, "fp8": 1.0, "int4": 0.5625}  # 4-bit: half a byte and a scale for each group
PRECISIONS = {
    **{"bf16": "bf16", "fp16": "bf16", "16-bit": "bf16", "fp8": "fp8", "8-bit": "fp8"},
    **{"int4": "int4", "fp4": "int4", "nvfp4": "int4", "4-bit": "int4", "4bit": "int4", "awq": "int4", "gptq": "int4"},
}
ENGINES = {"tensorrt-llm": 1.0, "vllm": 0.88}  # of TensorRT-LLM's rate, which the measurements are of
LATENCY_CLASSES = {"batch": 1.0, "server": 0.89, "interactive": 0.56}

MBU = 0.85  # share of the bandwidth that decoding reaches
STEP_OVERHEAD_S = 0.002
MEMORY_SHARE = 0.92  # of the memory that an engine takes
RESERVE_BYTES = 1.5e9  # a GPU: activations, CUDA graphs
MOST_WEIGHTS = 0.8  # of all memory; above it nothing is left to serve with
MOST_SEQUENCES = 2048.0  # requests in a step

# Share of the dense FLOP/s that serving reaches.
MFU = {
    **{"A100-SXM-80GB": 0.70, "A100-SXM-40GB": 0.70, "A100-PCIE-80GB": 0.62, "B200": 0.42, "MI300X": 0.40},
    **{"A10G": 0.60, "A40": 0.60, "L40S": 0.55, "L4": 0.55, "RTX-4090": 0.55},
    **{"H100-SXM": 0.60, "H100-PCIE": 0.60, "H100-NVL": 0.60, "H200": 0.60, "GH200": 0.60},
}
OTHER_MFU = 0.55  # a GPU of the user's own: the lowest of the NVIDIA ones before Blackwell
DOUBLING = {"nvlink": 0.85, "xgmi": 0.85, "pcie": 0.60}  # what is kept each time the GPUs double
BAND = {"one": 0.25, "nvlink": 0.35, "xgmi": 0.35, "pcie": 0.50}


class Setup(NamedTuple):
    """A replica: a model on so many GPUs, and how it is run. `concurrency` None: as many as fit."""

    model: OpenModel
    gpu: GpuSpec
    gpus: float = 1
    precision: str = "bf16"
    kv_precision: str | None = None
    engine: str = "tensorrt-llm"
    concurrency: Number | None = None


class Memory(NamedTuple):
    """Where a replica's memory goes, in GB (1e9 bytes); the three add up to the total."""

    weights_gb: float
    cache_gb: float
    reserve_gb: float
    total_gb: float


class Capacity(NamedTuple):
    """What one replica serves at its limit, before engine, latency class and utilisation.

    `low` and `high` are the band. `limit` is what binds (compute, bandwidth, memory), `batch_limit`
    what keeps more requests out of a step. Seconds; time a token is what a request sees at full
    load, its share of other requests' prefill included.
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


def precision_named(written: str, where: str = "") -> str:
    """`fp16`, `AWQ`, `4-bit` as bf16, fp8 or int4. Raises InputError."""
    found = PRECISIONS.get(written.lower())
    if found is None:
        hint = did_you_mean(written, PRECISIONS) or "type bf16, fp8 or int4"
        raise InputError(f"unknown precision {written!r}", where=where, hint=hint)
    return found


def weights_bytes(setup: Setup) -> float:
    """Bytes of all weights: W = P·b_w."""
    return setup.model.parameters * WEIGHT_BYTES[setup.precision]


def kv_element_bytes(setup: Setup) -> float:
    """Bytes a key or value: 2, or 1 at fp8 on TensorRT-LLM; vLLM keeps 2 unless told otherwise."""
    if setup.kv_precision is not None:
        return 1.0 if precision_named(setup.kv_precision) == "fp8" else 2.0
    return 1.0 if setup.precision == "fp8" and setup.engine != "vllm" else 2.0


def layer_tokens(model: OpenModel, tokens: Number) -> Number:
    """Σ over the layers of the tokens that each looks back on: L·x, a sliding layer at most its window."""
    if not model.sliding_layers or model.sliding_window is None:
        return model.layers * tokens
    near = minimum(tokens, float(model.sliding_window))
    return (model.layers - model.sliding_layers) * tokens + model.sliding_layers * near


def kv_bytes(setup: Setup, tokens: Number) -> Number:
    """Bytes of the keys and values of a request so long: 2·n_kv·d_h·b_kv a layer and token."""
    model = setup.model
    return 2 * model.kv_heads * model.head_size * kv_element_bytes(setup) * layer_tokens(model, tokens)


def attention_width(model: OpenModel) -> float:
    """d: heads × head size, which is the width in most models."""
    return float(model.width if model.heads is None else model.heads * model.head_size)


def decode_flop(model: OpenModel, context: Number) -> Number:
    """FLOP a token: 2P + 4·L·d·context."""
    return 2 * model.parameters + 4 * attention_width(model) * layer_tokens(model, context)


def prefill_flop(model: OpenModel, input_tokens: Number) -> Number:
    """FLOP of the input: 2·P·I + 2·L·d·I²; a sliding layer multiplies w·I − w²/2 pairs instead of I²/2."""
    full = model.layers - model.sliding_layers
    pairs = full * input_tokens * input_tokens / 2
    if model.sliding_layers and model.sliding_window is not None:
        near = minimum(input_tokens, float(model.sliding_window))
        pairs = pairs + model.sliding_layers * (near * input_tokens - near * near / 2)
    return 2 * model.parameters * input_tokens + 4 * attention_width(model) * pairs


def peak_flops(gpu: GpuSpec, precision: str) -> float:
    """Dense FLOP/s at the precision that is computed in: 4-bit weights at bf16 unless the GPU has fp4."""
    rate = {"fp8": gpu.fp8_tflops, "int4": gpu.fp4_tflops}.get(precision) or gpu.bf16_tflops
    return rate * 1e12


def together(setup: Setup) -> float:
    """e = e_2^log2(n): what n GPUs keep of n times one."""
    return float(DOUBLING[setup.gpu.interconnect] ** log2(setup.gpus)) if setup.gpus > 1 else 1.0


def band(setup: Setup) -> float:
    """How far the model may be off, as a share: 25 % on one GPU, 35 % over NVLink, 50 % over PCIe."""
    return BAND["one" if setup.gpus <= 1 else setup.gpu.interconnect]


def memory(setup: Setup) -> Memory:
    """The split of the memory; the room for keys and values may be negative where nothing fits."""
    total = setup.gpu.memory_gb * setup.gpus
    reserve = (1 - MEMORY_SHARE) * total + RESERVE_BYTES / 1e9 * setup.gpus
    weights = weights_bytes(setup) / 1e9
    return Memory(weights, total - weights - reserve, reserve, total)


def batch_in_memory(setup: Setup, input_tokens: Number, output_tokens: Number) -> Number:
    """Requests whose keys and values fit at their full length."""
    return memory(setup).cache_gb * 1e9 / kv_bytes(setup, input_tokens + output_tokens)


def why_not(setup: Setup, input_tokens: Number, output_tokens: Number) -> str:
    """Why the model cannot be served on these GPUs; empty where it can."""
    split = memory(setup)
    if split.weights_gb > MOST_WEIGHTS * split.total_gb:
        return (
            f"its weights take {split.weights_gb:,.1f} of {split.total_gb:,.0f} GB, "
            f"over the {MOST_WEIGHTS:.0%} that leave room to serve"
        )
    if not all_true(batch_in_memory(setup, input_tokens, output_tokens) >= 1):
        return f"the {split.cache_gb:,.1f} GB left beside the weights do not hold one request of that length"
    return ""


def capacity(setup: Setup, input_tokens: Number, output_tokens: Number) -> Capacity | None:
    """What the replica serves of requests of this size; None where the model does not fit.

    R = B/(O·t_d + B·t_p), docs/methods/self-hosting.md. The two terms of a decode step add.
    """
    if not all_true(input_tokens + output_tokens > 0):
        raise InputError(
            "a request has no tokens",
            hint="give --input and --output, tokens a request",
            in_file="write input_tokens and output_tokens above 0",
        )
    if why_not(setup, input_tokens, output_tokens):
        return None
    batch, batch_limit = _batch(setup, input_tokens, output_tokens)
    speed = setup.gpus * together(setup)
    flops = MFU.get(setup.gpu.gpu, OTHER_MFU) * peak_flops(setup.gpu, setup.precision) * speed
    bandwidth = MBU * setup.gpu.bandwidth_gb_s * 1e9 * speed
    context = input_tokens + output_tokens / 2
    weights_s = weights_bytes(setup) / bandwidth
    cache_s = batch * kv_bytes(setup, context) / bandwidth
    compute_s = batch * decode_flop(setup.model, context) / flops
    step = weights_s + cache_s + compute_s + STEP_OVERHEAD_S
    prefill = prefill_flop(setup.model, input_tokens) / flops
    busy = output_tokens * step + batch * prefill
    rate = batch / busy
    off = band(setup)
    limit = ""
    if not is_array(busy):
        compute = output_tokens * compute_s + batch * prefill
        by_step = output_tokens * (weights_s + STEP_OVERHEAD_S)
        grows = MEMORY_SHARE * setup.gpu.memory_gb * setup.gpus / memory(setup).cache_gb
        gains = {
            "compute": compute,
            "bandwidth": output_tokens * (weights_s + cache_s),
            "memory": by_step * grows if batch_limit == "memory" else 0.0,
        }
        limit = max(gains, key=gains.__getitem__)  # the resource of which one percent more gains most
    written = all_true(output_tokens > 0)
    return Capacity(
        *(rate, rate * (1 - off), rate * (1 + off), batch, batch_limit, limit, step, prefill),
        busy / output_tokens if written else None,
        prefill + step,
    )


def _batch(setup: Setup, input_tokens: Number, output_tokens: Number) -> tuple[Number, str]:
    """Requests in a step, and what keeps out the next: memory, concurrency, or the engine's own limit."""
    room = batch_in_memory(setup, input_tokens, output_tokens)
    batch, limit = minimum(room, MOST_SEQUENCES), "memory"
    if not is_array(room) and room > MOST_SEQUENCES:
        limit = "max_num_seqs"
    if setup.concurrency is not None:
        if all_true(setup.concurrency < batch):
            limit = "concurrency"
        batch = minimum(setup.concurrency, batch)
    return batch, limit
