"""What a replica has to read, compute and send, in bytes and FLOP, before any efficiency.

Only parameters that are used count: an embedding table is looked up, and of a mixture's experts a
token multiplies `experts_per_token`. A batch of B tokens touches 1 − (1 − k/E)^B of the experts of a
layer in expectation (each token chooses k of E, independently). Formulas: docs/methods/self-hosting.md.
"""

from typing import NamedTuple

from llmcost.arithmetic import Number, minimum
from llmcost.capacity.setup import FOUR_BITS, WEIGHT_BYTES, Setup, precision_named
from llmcost.catalog.models import GpuSpec, OpenModel


class Parameters(NamedTuple):
    """Parameters by how they are used: always multiplied, all routed experts, and the experts that a token uses."""

    always: float
    routed: float
    chosen: float

    @property
    def active(self) -> float:
        """Multiplied for one token."""
        return self.always + self.chosen


def parameters(model: OpenModel) -> Parameters:
    """From total, active, E and k: an expert is (P − embedding − active)/(E − k) over all layers."""
    used = model.parameters - (model.embedding_parameters or 0.0)
    active = used if model.active_parameters is None else min(model.active_parameters, used)
    if model.experts is None or model.experts_per_token is None or model.experts <= model.experts_per_token:
        # Which of its parameters are experts is not known: what is not active is chosen anew for each token.
        return Parameters(active, used - active, 0.0)
    one = (used - active) / (model.experts - model.experts_per_token)
    chosen = one * model.experts_per_token
    return Parameters(active - chosen, one * model.experts, chosen)


# The widest feed-forward layers of published dense models have 8 times the width (Gemma): three matrices of it.
_WIDEST, _LARGEST_VOCABULARY = 10.0, 300_000


def hidden_mixture(model: OpenModel) -> bool:
    """Whether more parameters are stated than a dense model of these layers and this width could have.

    A mixture of experts that is described as a dense model: how much of it a token uses is not known.
    """
    if model.experts or model.active_parameters is not None:
        return False
    attention = 2 * model.width * model.head_size * ((model.heads or model.width / model.head_size) + model.kv_heads)
    most = model.layers * (attention + 3 * _WIDEST * model.width**2) + 2 * _LARGEST_VOCABULARY * model.width
    return model.parameters > most


def chosen_share(model: OpenModel) -> float:
    """k/E: the share of a layer's experts that one token touches."""
    if model.experts and model.experts_per_token:
        return min(model.experts_per_token / model.experts, 1.0)
    return 1.0


def touched(share: float, tokens: Number) -> Number:
    """1 − (1 − k/E)^tokens: the share of the experts that a batch is expected to touch."""
    return 1.0 - (1.0 - share) ** tokens if share < 1 else 1.0


def always_precision(setup: Setup) -> str:
    """What is always used is kept and computed at: a 4-bit mixture has only its experts at 4 bits.

    Except NVFP4 checkpoints, which leave 16 bits to latent attention alone (modelopt's exclude_modules).
    """
    if setup.model.experts and setup.precision in FOUR_BITS and setup.precision != "fp4":
        return "bf16"
    return setup.precision


class Always(NamedTuple):
    """Parameters that every token multiplies, by what they are kept at: the model's precision, or 16 bits."""

    low: float
    half: float


def always(setup: Setup) -> Always:
    """The output layer stays at 16 bits whatever the rest has, and so does latent attention at 4."""
    known = parameters(setup.model).always
    half = min(setup.model.embedding_parameters or 0.0, known)
    if setup.precision in FOUR_BITS and setup.model.attention_parameters:
        half = min(half + setup.model.attention_parameters, known)
    if always_precision(setup) == "bf16":
        half = known
    return Always(known - half, half)


def always_bytes(setup: Setup) -> float:
    """Bytes of what every token multiplies."""
    split = always(setup)
    return split.low * WEIGHT_BYTES[always_precision(setup)] + split.half * WEIGHT_BYTES["bf16"]


def weights_bytes(setup: Setup) -> float:
    """Bytes of all weights in memory, over all GPUs; groups of attention each hold what is always used."""
    table = (setup.model.embedding_parameters or 0.0) * WEIGHT_BYTES["bf16"]
    routed = parameters(setup.model).routed * WEIGHT_BYTES[setup.precision]
    return (always_bytes(setup) + table) * setup.data_parallel + routed


def kv_element_bytes(setup: Setup) -> float:
    """Bytes a key or value: 1 at fp8; unless stated, TensorRT-LLM keeps fp8 with weights of 8 or fewer bits."""
    if setup.kv_precision is not None:
        return 1.0 if precision_named(setup.kv_precision) == "fp8" else 2.0
    low = setup.precision in ("fp8", "fp4")
    return 1.0 if low and setup.engine == "tensorrt-llm" else 2.0


def layer_tokens(model: OpenModel, tokens: Number) -> Number:
    """Σ over the layers of the tokens that each looks back on: x, a sliding layer its window, a linear one none."""
    full = model.layers - model.sliding_layers - model.linear_layers
    if not model.sliding_layers or model.sliding_window is None:
        return (full + model.sliding_layers) * tokens
    return full * tokens + model.sliding_layers * minimum(tokens, float(model.sliding_window))


def looked_at(model: OpenModel, context: Number) -> Number:
    """Tokens of the context that a step reads: all, or those that a sparse attention's indexer picks."""
    return context if model.sparse_tokens is None else minimum(context, float(model.sparse_tokens))


def token_width(model: OpenModel) -> float:
    """Numbers that a token leaves in a layer's cache: keys and values, or the latent."""
    return float(model.latent_size or 2 * model.kv_heads * model.head_size)


def kv_bytes(setup: Setup, tokens: Number) -> Number:
    """Bytes of the cache of a request so long, a linear layer's state included."""
    return token_width(setup.model) * kv_element_bytes(setup) * layer_tokens(setup.model, tokens) + (
        setup.model.state_bytes or 0.0
    )


def attention_width(model: OpenModel) -> float:
    """d: heads × head size, which is the width in most models; with latent attention heads × latent."""
    if model.latent_size:
        return float((model.heads or model.kv_heads) * model.latent_size)
    return float(model.width if model.heads is None else model.heads * model.head_size)


def attention_flop(model: OpenModel, context: Number) -> Number:
    """FLOP of one token's attention: 4·d for each token that a layer looks back on."""
    return 4 * attention_width(model) * layer_tokens(model, context)


def prefill_attention_flop(model: OpenModel, tokens: Number, before: Number = 0.0) -> Number:
    """FLOP of the attention of so many new tokens after others: 4·d·(x·before + x²/2), a sliding layer its window.

    Prefill does not absorb a latent: its heads are as wide as keys, and half as much for values.
    """
    width = attention_width(model)
    if model.latent_size:
        width = float((model.heads or model.kv_heads) * 160)  # (192 for keys + 128 for values) / 2
    full = model.layers - model.sliding_layers - model.linear_layers
    pairs = full * (tokens * tokens / 2 + tokens * before)
    if model.sliding_layers and model.sliding_window is not None:
        near = minimum(tokens, float(model.sliding_window))
        pairs = pairs + model.sliding_layers * (near * tokens - near * near / 2)
    return 4 * width * pairs


def peak_flops(gpu: GpuSpec, precision: str) -> float:
    """Dense FLOP/s at the precision that is computed in: 4-bit floats at fp4 where the GPU has it, integers at bf16."""
    rate = {"fp8": gpu.fp8_tflops, "fp4": gpu.fp4_tflops, "mxfp4": gpu.fp4_tflops}.get(precision) or gpu.bf16_tflops
    return rate * 1e12


class Work(NamedTuple):
    """Seconds of the busiest GPU at full bandwidth, full FLOP/s and full link, for a step or a request.

    A step: `weights` read whatever the batch, `experts` read if all are touched (`share` k/E), and for
    each request of a group `cache`, `dense` and `attention`, for each of the whole batch `expert`.
    Prefill of one request: `prefill_dense`, `prefill_expert`, `prefill_attention`. `send` is what a
    token sends between GPUs, `sends` how often a step does.
    """

    layers: float
    expert_layers: float
    sparse_layers: float
    groups: float
    together: float
    share: float
    weights: float
    experts: float
    cache: Number
    dense: float
    expert: float
    attention: Number
    prefill_dense: Number
    prefill_expert: Number
    prefill_attention: Number
    send: float
    sends: float
    expert_send: float
    expert_sends: float
    new_tokens: Number


LINK_BYTES_S = {"nvlink": 450e9, "xgmi": 448e9, "pcie": 32e9}  # of one GPU, one way
BLACKWELL_LINK_BYTES_S = 900e9
NODE_BYTES_S = 50e9  # between nodes: 400 Gb/s a GPU
NODE = 8.0
RACK = {"GB200": 72.0, "GB300": 72.0}  # GPUs that NVLink joins


def nodes(setup: Setup) -> float:
    """Machines that a stage is spread over; NVLink of a rack joins 72 GPUs."""
    return max(setup.stage / RACK.get(setup.gpu.gpu, NODE), 1.0)


def link_bytes_s(setup: Setup) -> float:
    """Bytes a second between two GPUs of a stage, one way; the network where there are several nodes."""
    if nodes(setup) > 1:
        return NODE_BYTES_S
    if setup.gpu.gpu.startswith(("B200", "B300", "GB")):
        return BLACKWELL_LINK_BYTES_S
    return LINK_BYTES_S[setup.gpu.interconnect]


def work(setup: Setup, input_tokens: Number, output_tokens: Number) -> Work:
    """What one replica does for requests of this size, cached input left out."""
    model, gpu, tensor, stage = setup.model, setup.gpu, setup.tensor, setup.stage
    known = parameters(model)
    bandwidth = gpu.bandwidth_gb_s * 1e9
    expert_flops, half = peak_flops(gpu, setup.precision), peak_flops(gpu, "bf16")
    split = always(setup)
    always_s = 2 * (split.low / peak_flops(gpu, always_precision(setup)) + split.half / half)
    attending = peak_flops(gpu, "fp8") if kv_element_bytes(setup) < 2 else half
    context = input_tokens + output_tokens / 2
    read = looked_at(model, context)
    new = input_tokens * (1.0 - setup.prefix_cached)
    before = input_tokens - new
    shared_heads = 1.0 if model.latent_size else min(tensor, float(model.kv_heads))
    link = link_bytes_s(setup)
    sent = 2.0 * model.width  # bytes of a token between layers, at bf16
    expert_layers = float(model.expert_layers or (model.layers if model.experts else 0))
    spread = setup.expert_parallel and stage > 1 and expert_layers > 0
    plain_layers = model.layers - expert_layers if spread and tensor <= 1 else float(model.layers)
    return Work(
        layers=float(model.layers),
        expert_layers=expert_layers,
        sparse_layers=float(model.layers if model.sparse_tokens else 0),
        groups=setup.data_parallel,
        together=stage,
        share=chosen_share(model),
        weights=always_bytes(setup) / tensor / bandwidth,
        experts=known.routed * WEIGHT_BYTES[setup.precision] / stage / bandwidth,
        cache=kv_bytes(setup, read) / shared_heads / bandwidth,
        dense=always_s / tensor,
        expert=2 * known.chosen / stage / expert_flops,
        attention=attention_flop(model, read) / tensor / attending,
        prefill_dense=always_s * new / stage,
        prefill_expert=2 * known.chosen * new / stage / expert_flops,
        prefill_attention=prefill_attention_flop(model, new, before) / stage / attending,
        send=2 * plain_layers * sent * 2 * (tensor - 1) / tensor / link if tensor > 1 else 0.0,
        sends=2 * plain_layers if tensor > 1 else 0.0,
        expert_send=expert_layers * sent * 1.5 * (model.experts_per_token or 1) / stage / link if spread else 0.0,
        expert_sends=2 * expert_layers if spread else 0.0,
        new_tokens=new,
    )
