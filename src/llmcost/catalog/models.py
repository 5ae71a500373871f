"""What a price is, once it has been read: plain, frozen, each with its source.

The lookup returns the price together with its source and date, so a cost can always say which
figure it stands on. Prices are USD per million tokens (`_per_mtok`) or USD per GPU-hour.
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import NamedTuple

from llmcost.estimate import Source

_NONE: Mapping[str, float] = MappingProxyType({})
OWN_PRICE = "the user's own price"


class ModelFacts(NamedTuple):
    """What a provider documents of a model besides prices. None is unknown.

    A prompt shorter than `min_cacheable_tokens` is never cached; an entry that is not read for `cache_lifetime_minutes`
    is gone. `tokenizer` names the one that counts its text.
    """

    min_cacheable_tokens: float | None = None
    cache_lifetime_minutes: float | None = None
    tokenizer: str | None = None
    source: Source | None = None


class TokenizerChange(NamedTuple):
    """How many tokens a text is under a newer tokenizer, over what it is under the one before: the range by text."""

    low: float
    high: float
    before: str
    source: Source


class Rates(NamedTuple):
    """USD per million tokens by bucket. None is unknown, never zero."""

    input_per_mtok: float | None = None
    output_per_mtok: float | None = None
    cached_input_per_mtok: float | None = None
    cache_write_per_mtok: float | None = None
    cache_write_1h_per_mtok: float | None = None

    @property
    def blended_per_mtok(self) -> float | None:
        """USD per million tokens at 3 input tokens to 1 output token; None where a rate is unknown."""
        if self.input_per_mtok is None or self.output_per_mtok is None:
            return None
        return (3 * self.input_per_mtok + self.output_per_mtok) / 4


class LongContext(NamedTuple):
    """Rates for the whole request once its input is above a number of tokens.

    `batch` replaces them bucket by bucket for batched requests, as on the price itself.
    """

    above_tokens: int
    rates: Rates
    batch: Rates = Rates()
    other: Mapping[str, float] = _NONE
    other_batch: Mapping[str, float] = _NONE


class Hours(NamedTuple):
    """When a variant holds by itself: spans of minutes of a UTC day, on weekdays (0 Monday) where it says so.

    A span whose end is not after its start runs over midnight.
    """

    variant: str
    spans: tuple[tuple[int, int], ...]
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)

    def hold(self, weekday: int, minute: int) -> bool:
        """Whether the variant holds in this minute of the day (0 to 1439, UTC)."""
        if weekday not in self.weekdays:
            return False
        return any(a <= minute < b if a < b else minute >= a or minute < b for a, b in self.spans)


class Adjusted(NamedTuple):
    """Why prices are other than the list's, in words; `given`: the user said so."""

    words: str
    given: bool


class Surcharge(NamedTuple):
    """What a region adds to a model's token prices: they are multiplied."""

    region: str
    multiplier: float
    source: Source


class ApiPrice(NamedTuple):
    """The price of one model on one day, in one variant, with its source.

    `rates` are the standard ones; `batch` replaces them bucket by bucket for batched requests.
    `overridden` names the fields that the user set, with the catalog's figure where there was one;
    `source` is then still that of the catalog's figures, and `override_source` that of the user's.
    `stated_by` says in words whose these are. `other` holds the prices of what is billed besides text
    tokens, by the fields of `units`. `hours` says when a variant holds by itself. A variant with
    `up_to_tokens` is not sold for larger requests: its tiers above are the standard prices.
    """

    model: str
    rates: Rates
    source: Source
    effective_from: date | None = None
    batch: Rates = Rates()
    long_context: tuple[LongContext, ...] = ()
    variant: str = "standard"
    variants: tuple[str, ...] = ()
    tokens_factor: float = 1.0
    output_tokens_factor: float = 1.0
    reasoning_tokens: float = 0.0
    facts: ModelFacts = ModelFacts()
    hosting_usd_per_hour: float | None = None
    training_usd_per_mtok: float | None = None
    training_usd_per_hour: float | None = None
    overridden: tuple[tuple[str, float | None], ...] = ()
    override_source: Source | None = None
    stated_by: str = OWN_PRICE
    note: str | None = None
    other: Mapping[str, float] = _NONE
    other_batch: Mapping[str, float] = _NONE
    batch_checked_on: date | None = None
    up_to_tokens: int | None = None
    hours: tuple[Hours, ...] = ()
    adjusted: tuple[Adjusted, ...] = ()

    def rates_for(self, input_tokens: float) -> Rates:
        """The rates of a request of this size: long-context ones apply strictly above a tier."""
        chosen = self.rates
        for tier in self.long_context:
            if input_tokens > tier.above_tokens:
                chosen = tier.rates
        return chosen

    def request_cost(
        self,
        input_tokens: float = 0,
        output_tokens: float = 0,
        cached_tokens: float = 0,
        cache_write_tokens: float = 0,
    ) -> float:
        """USD of one request. `input_tokens` counts all input, cached and written included.

        `(I − c − w)·p_in + c·p_read + w·p_write + O·p_out` over a million; docs/methods/api.md.
        Raises UnknownPrice where a bucket that is used has no price.
        """
        rates = self.rates if not self.long_context else self.rates_for(input_tokens)
        try:
            output = output_tokens * rates[1] if output_tokens else 0.0  # type: ignore[operator]
            if not cached_tokens and not cache_write_tokens:
                return (input_tokens * rates[0] + output) / 1e6  # type: ignore[operator]
            write = rates[0] if rates[3] is None else rates[3]
            cached = rates[2] if cached_tokens else 0.0
            fresh = input_tokens - cached_tokens - cache_write_tokens
            return (
                fresh * rates[0]  # type: ignore[operator]
                + cached_tokens * cached  # type: ignore[operator]
                + cache_write_tokens * write  # type: ignore[operator]
                + output
            ) / 1e6
        except TypeError:
            raise self._missing(rates, cached_tokens) from None

    def _missing(self, rates: Rates, cached_tokens: float) -> Exception:
        from llmcost.errors import UnknownPrice

        bucket = "input" if rates[0] is None else "output" if rates[1] is None else "cached_input"
        return UnknownPrice(
            f"{self.model} has no {bucket} price" + (f" ({self.variant})" if self.variant != "standard" else ""),
            hint=f"set one with --price {self.model}.{bucket}=USD_PER_MTOK",
            in_file=f"write prices: {{{self.model}: {{{bucket}_per_mtok: USD}}}}",
        )


class ModelInfo(NamedTuple):
    """What the catalog knows of a model besides its prices; `model` is the full id."""

    model: str
    provider: str
    name: str
    aliases: tuple[str, ...] = ()
    context_window: int | None = None
    base_model: str | None = None
    deprecated: bool = False


class GpuPrice(NamedTuple):
    """USD for an hour of one GPU at one provider; spot is interruptible."""

    provider: str
    gpu: str
    usd_per_gpu_hour: float
    source: Source
    spot_usd_per_gpu_hour: float | None = None
    effective_from: date | None = None
    region: str | None = None
    note: str | None = None


class GpuSpec(NamedTuple):
    """What a GPU is: dense TFLOP/s by precision, memory in 1e9 bytes, bandwidth in GB/s."""

    gpu: str
    memory_gb: float
    bandwidth_gb_s: float
    bf16_tflops: float
    fp8_tflops: float | None
    fp4_tflops: float | None
    tdp_w: float | None
    interconnect: str
    source: Source
    note: str | None = None


class OpenModel(NamedTuple):
    """What an open model is: parameters, layers, key and value heads, head size, width.

    `sliding_layers` of the layers look back `sliding_window` tokens only; `linear_layers` keep a state
    in place of keys and values, `state_bytes` a request in all of them. With latent attention a token
    leaves `latent_size` numbers in each layer. `active_parameters` are those multiplied for a token:
    of a mixture of experts the shared ones, `experts_per_token` of `experts` and the output layer.
    `embedding_parameters` are only looked up, so they take memory and nothing else. With sparse attention
    an indexer picks `sparse_tokens` of the context, which alone are read. `attention_parameters` are stated
    where a 4-bit checkpoint leaves them at 16 bits (latent attention).
    """

    model: str
    parameters: float
    layers: int
    kv_heads: int
    head_size: int
    width: int
    source: Source
    heads: int | None = None
    context_window: int | None = None
    sliding_window: int | None = None
    sliding_layers: int = 0
    licence: str | None = None
    aliases: tuple[str, ...] = ()
    note: str | None = None
    active_parameters: float | None = None
    experts: int | None = None
    experts_per_token: int | None = None
    shared_experts: int | None = None
    expert_layers: int | None = None
    latent_size: int | None = None
    linear_layers: int = 0
    state_bytes: float | None = None
    embedding_parameters: float | None = None
    attention_parameters: float | None = None
    sparse_tokens: int | None = None


class Retirement(NamedTuple):
    """The day a model stops answering, with its source."""

    retires_on: date
    source: Source


class BuildCost(NamedTuple):
    """What a part of a fine-tune costs, as a range in a stated unit, with its source."""

    name: str
    low: float
    high: float
    unit: str
    cadence: str
    source: Source
    note: str | None = None
