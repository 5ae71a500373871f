"""An open model's shape from its Hugging Face `config.json`: parameters, experts, what a token leaves in the cache.

Weights are counted from the sizes that the configuration lists, matrix by matrix (norms, biases and
an image tower left out); `docs/methods/self-hosting.md` has the sums.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from llmcost.catalog.models import OpenModel
from llmcost.errors import InputError
from llmcost.estimate import Source

_WRITERS = ("ForCausalLM", "ForConditionalGeneration", "LMHeadModel")
_STATE_BYTES = 4.0  # a recurrent state is kept at fp32
_MOST_LAYERS = 10_000
_HINT = "give the config.json of a decoder: hidden_size, num_hidden_layers, num_attention_heads, vocab_size"


class _Layers(NamedTuple):
    """How many layers are of each kind; a layer may be attention and experts at once."""

    full: int
    sliding: int
    linear: int
    experts: int
    dense: int


def read_config(name: str, data: Any, where: str = "config.json") -> OpenModel:
    """The shape of a decoder. Raises InputError for an encoder, and for sizes that are missing or absurd."""
    if not isinstance(data, Mapping):
        raise InputError(f"{where} is not a JSON object", where=where, hint=_HINT)
    kinds = [str(kind) for kind in data.get("architectures") or ()]
    if data.get("is_encoder_decoder") or (kinds and not any(kind.endswith(_WRITERS) for kind in kinds)):
        what = kinds[0] if kinds else "an encoder-decoder"
        raise InputError(
            f"{where} is of {what}, which is no decoder: the capacity model describes models that write token by token",
            where=where,
            hint=_HINT,
        )
    config = _Config({**data, **(data.get("text_config") or {})}, where)
    layers = _layers(config)
    width, vocabulary = config.size("hidden_size"), config.size("vocab_size")
    table = vocabulary * width
    tied = config.flag("tie_word_embeddings")
    experts = config.get("n_routed_experts", "num_local_experts", "num_experts") if layers.experts else None
    chosen = config.size("num_experts_per_tok", "num_experts_per_token", "moe_top_k") if experts else None
    if experts and chosen and chosen > experts:
        raise InputError(f"{where} uses {chosen} experts a token of {experts}", where=where, hint=_HINT)
    shared = config.get("n_shared_experts") or (1 if _shared_width(config) else 0)
    always = (layers.full + layers.sliding) * _attention(config) + table
    if layers.linear:
        always += layers.linear * _linear(config)
    always += layers.dense * _feed_forward(config, _dense_width(config))
    routed = 0.0
    if experts and chosen:
        one = _feed_forward(config, _expert_width(config))
        always += layers.experts * (_feed_forward(config, _shared_width(config)) + width * experts)
        routed = layers.experts * experts * one
        active = always + layers.experts * chosen * one
    else:
        active = always
    lookup = 0.0 if tied else table
    return OpenModel(
        model=name,
        parameters=always + routed + lookup,
        layers=config.size("num_hidden_layers"),
        kv_heads=config.get("num_key_value_heads") or config.size("num_attention_heads"),
        head_size=_head_size(config),
        width=width,
        source=Source(where),
        heads=config.size("num_attention_heads"),
        context_window=config.get("max_position_embeddings"),
        sliding_window=_window(config) if layers.sliding else None,
        sliding_layers=layers.sliding,
        active_parameters=active if experts else None,
        experts=experts,
        experts_per_token=chosen,
        shared_experts=shared if experts else None,
        expert_layers=layers.experts if experts else None,
        latent_size=_latent(config) or None,
        linear_layers=config.size("num_hidden_layers") - layers.full - layers.sliding,
        state_bytes=layers.linear * _state(config) or None,
        embedding_parameters=lookup or None,
        attention_parameters=(layers.full + layers.sliding) * _attention(config) if _latent(config) else None,
        sparse_tokens=config.get("index_topk") or None,
    )


class _Config:
    """Sizes of a configuration by the names that families give them."""

    def __init__(self, data: Mapping[str, Any], where: str) -> None:
        self.data, self.where = data, where

    def get(self, *names: str) -> int | None:
        """The first of these that is there, as a whole number."""
        for name in names:
            value = self.data.get(name)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 10**9:
                raise InputError(f"{name} is {value!r} in {self.where}, not a size", where=self.where, hint=_HINT)
            return value
        return None

    def size(self, *names: str) -> int:
        """The first of these, which has to be there and above 0."""
        found = self.get(*names)
        if not found:
            raise InputError(f"{self.where} has no {names[0]}", where=self.where, hint=_HINT)
        return found

    def flag(self, name: str) -> bool:
        return bool(self.data.get(name))

    def kinds(self, name: str) -> list[str]:
        value = self.data.get(name)
        return [str(one) for one in value] if isinstance(value, (list, str)) else []


def _layers(config: _Config) -> _Layers:
    count = config.size("num_hidden_layers")
    if count > _MOST_LAYERS:
        raise InputError(f"{config.where} has {count:,} layers", where=config.where, hint=_HINT)
    pattern = config.kinds("hybrid_override_pattern") or config.kinds("layers_block_type")
    if pattern:
        attention = sum(kind in ("*", "attention") for kind in pattern)
        experts = sum(kind in ("E", "moe") for kind in pattern)
        return _Layers(
            *(attention, 0, sum(kind in ("M", "mamba") for kind in pattern)),
            *(experts, sum(kind in ("-", "mlp") for kind in pattern)),
        )
    sliding, linear = _looking_back(config, count)
    experts = _expert_layers(config, count)
    return _Layers(count - sliding - linear, sliding, linear, experts, count - experts)


def _looking_back(config: _Config, count: int) -> tuple[int, int]:
    """Layers with a window, and layers with a state in place of keys and values."""
    kinds = config.kinds("layer_types")
    if kinds:
        near = sum(kind in ("sliding_attention", "chunked_attention") for kind in kinds)
        return near, sum(kind in ("linear_attention", "mamba", "recurrent") for kind in kinds)
    every = config.get("full_attention_interval")
    if every:
        return 0, count - count // every
    if _window(config) is None or config.data.get("use_sliding_window") is False:
        return 0, 0
    if config.get("attention_chunk_size"):
        return count - count // 4, 0
    period = config.get("sliding_window_pattern")
    if period is None and config.data.get("model_type") in ("gemma2", "gpt_oss"):
        period = 2
    if period is None and config.data.get("model_type") in ("gemma3", "gemma3_text"):
        period = 6
    return (count - count // period if period else count), 0


def _window(config: _Config) -> int | None:
    return config.get("sliding_window", "attention_chunk_size")


def _expert_layers(config: _Config, count: int) -> int:
    if not config.get("n_routed_experts", "num_local_experts", "num_experts"):
        return 0
    step = config.get("interleave_moe_layer_step", "decoder_sparse_step") or 1
    plain = config.data.get("mlp_only_layers")
    first = config.get("first_k_dense_replace") or 0
    return max((count - first) // step - (len(plain) if isinstance(plain, list) else 0), 0)


def _head_size(config: _Config) -> int:
    return config.get("head_dim") or max(config.size("hidden_size") // config.size("num_attention_heads"), 1)


def _latent(config: _Config) -> int:
    """What a token leaves in the cache of a layer with latent attention: the latent and the rotary key."""
    rank = config.get("kv_lora_rank")
    return (rank + (config.get("qk_rope_head_dim") or 0)) if rank else 0


def _attention(config: _Config) -> float:
    width, heads, head = config.size("hidden_size"), config.size("num_attention_heads"), _head_size(config)
    rank = config.get("kv_lora_rank")
    if rank:
        rope = config.get("qk_rope_head_dim") or 0
        query = (config.get("qk_nope_head_dim") or head) + rope
        value = config.get("v_head_dim") or head
        low = config.get("q_lora_rank")
        queries = width * low + low * heads * query if low else width * heads * query
        keys = width * (rank + rope) + rank * heads * (query - rope + value)
        return float(queries + keys + heads * value * width)
    kv = config.get("num_key_value_heads") or heads
    gate = 2 if config.flag("attn_output_gate") or config.data.get("model_type") == "qwen3_next" else 1
    return float(width * head * (heads * gate + 2 * kv) + heads * head * width)


def _linear(config: _Config) -> float:
    """A gated delta net's or a Mamba-2 layer's matrices."""
    width = config.size("hidden_size")
    heads = config.get("linear_num_value_heads")
    if heads:
        keys = config.size("linear_num_key_heads") * config.size("linear_key_head_dim")
        values = heads * config.size("linear_value_head_dim")
        return float(width * (2 * keys + 2 * values + 2 * heads) + values * width)
    inner = config.size("mamba_num_heads") * config.size("mamba_head_dim")
    groups = (config.get("n_groups") or 1) * config.size("ssm_state_size")
    return float(width * (2 * inner + 2 * groups + config.size("mamba_num_heads")) + inner * width)


def _state(config: _Config) -> float:
    """Bytes that a request keeps in one linear layer, however long it is."""
    heads = config.get("linear_num_value_heads")
    if heads:
        return _STATE_BYTES * heads * config.size("linear_key_head_dim") * config.size("linear_value_head_dim")
    if config.get("mamba_num_heads"):
        inner = config.size("mamba_num_heads") * config.size("mamba_head_dim")
        return _STATE_BYTES * inner * config.size("ssm_state_size")
    return 0.0


def _feed_forward(config: _Config, inner: int) -> float:
    """Gated: up, gate and down; Nemotron-H squares a ReLU and has no gate."""
    matrices = 2 if config.data.get("mlp_hidden_act") == "relu2" else 3
    return float(matrices * config.size("hidden_size") * inner)


def _expert_width(config: _Config) -> int:
    return config.get("moe_intermediate_size") or config.size("intermediate_size")


def _dense_width(config: _Config) -> int:
    return config.get("intermediate_size_mlp", "intermediate_size") or 0


def _shared_width(config: _Config) -> int:
    stated = config.get("shared_expert_intermediate_size", "moe_shared_expert_intermediate_size")
    if stated is not None:
        return stated
    if config.data.get("model_type") in ("llama4", "llama4_text"):
        return config.size("intermediate_size")
    return (config.get("n_shared_experts") or 0) * (config.get("moe_intermediate_size") or 0)
