"""What the cells of a cube cost at a day's prices, each at its own model, tier and long-context band.

A model without a price, or a tier or bucket without one, is never counted as zero: its tokens are
listed apart with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from llmcost.architectures.api import rate_of
from llmcost.architectures.prices import Prices
from llmcost.catalog.matching import GATEWAYS
from llmcost.catalog.models import ApiPrice
from llmcost.catalog.rates import Rate
from llmcost.errors import UnknownPrice
from llmcost.estimate import Factor
from llmcost.usage.cube import Sums
from llmcost.usage.rule import BATCH, STANDARD
from llmcost.workload import Stream

_FIELDS = {
    "uncached_input": "input_per_mtok",
    "cache_read": "cached_input_per_mtok",
    "cache_write_5m": "cache_write_per_mtok",
    "cache_write_1h": "cache_write_1h_per_mtok",
    "output": "output_per_mtok",
}
_NO_SHARE = Factor("share", 0.0)


class Unpriced(NamedTuple):
    """Tokens that no price is known for, with the reason; their cost is unknown, not zero."""

    model: str
    tier: str
    reason: str
    calls: int | None
    input_tokens: int
    output_tokens: int


class StandIn(NamedTuple):
    """Tokens of a bucket without a price of its own, with the price that was charged in its place, and why."""

    model: str
    tier: str
    bucket: str
    charged: str
    usd_per_mtok: float
    reason: str
    tokens: int


class ModelCounts(NamedTuple):
    """What a model counts and writes over the common count, as `architectures/token_counts.py` multiplies it."""

    tokens_factor: float = 1.0
    output_tokens_factor: float = 1.0
    reasoning_tokens: float = 0.0

    def common_output(self, tokens: float, calls: float) -> float:
        """Output of so many calls in the common count: without the reasoning, divided by both factors."""
        factor = self.tokens_factor * self.output_tokens_factor
        return max(tokens - self.reasoning_tokens * calls, 0.0) / factor if factor else float(tokens)


class CellPrices:
    """Prices the cells of a cube on one day. `same_as` says which catalog model a logged name is.

    `prices` are those of a day for calls made before it: a retired model keeps its last price.
    """

    def __init__(self, prices: Prices, on: date, same_as: Mapping[str, str] | None = None) -> None:
        self.prices = prices
        self.on = on
        self.same_as = dict(same_as or {})
        self._providers = {full.split("/", 1)[0] for full in prices.catalog.model_ids()}
        self._names: dict[str, str | UnknownPrice] = {}
        self._rates: dict[tuple[str, str, int, str], Rate] = {}
        self._prices: dict[tuple[str, str], ApiPrice] = {}
        for name in self.same_as.values():
            prices.known(name)

    def known_as(self, model: str) -> str | None:
        """The catalog's name for a logged one; None where it prices none of that name."""
        found = self._name(model)
        return found if isinstance(found, str) else None

    def _name(self, model: str) -> str | UnknownPrice:
        if model not in self._names:
            self._names[model] = self._found(model)
        return self._names[model]

    def _found(self, model: str) -> str | UnknownPrice:
        if model in self.same_as:
            return self.same_as[model]
        try:
            for name in _spellings(model, self._providers):
                if self.prices.has(name):
                    return self._with_variant(self.prices.identity(name), name)
            match = self.prices.catalog.logged(model) if model else None
        except UnknownPrice as ambiguous:
            return UnknownPrice(ambiguous.what, hint=ambiguous.hint)
        if match is not None and match.model is not None and match.close:
            return match.model
        if match is not None:
            like = f"only like {match.model}: its name {match.rule}" if match.model else match.rule
            return UnknownPrice(like, hint=f"type --priced-as {model}={match.model}" if match.model else "")
        return UnknownPrice("not in the catalog" if model else "the log names no model")

    def _with_variant(self, full: str, name: str) -> str:
        """`gpt-5.5@flex` keeps its tier, which an identity leaves out; the `@default` of a platform is none."""
        variant = name.rpartition("@")[2] if "@" in name else ""
        return f"{full}@{variant}" if variant and variant in self.prices.price(full, self.on).variants else full

    def counts(self, model: str) -> ModelCounts:
        """What is stated of this model's tokens over the common count; nothing where it has no price."""
        name = self.known_as(model)
        if name is None:
            return ModelCounts()
        price = self.prices.price(name, self.on)
        return ModelCounts(*(float(getattr(price, field)) for field in ModelCounts._fields))

    def cost(self, model: str, tier: str, above_tokens: int, sums: Sums) -> float:
        """USD of a cell. Raises UnknownPrice with the reason where its model or any of its tokens has no price."""
        self._price(model, tier)  # a model without a price has none at 0 tokens either
        usd = 0.0
        for bucket in _FIELDS:
            tokens = getattr(sums, bucket)
            if tokens:
                usd += tokens * float(self._rate(model, tier, above_tokens, bucket).value)
        return usd / 1e6

    def stand_ins(self, model: str, tier: str, above_tokens: int, sums: Sums) -> list[StandIn]:
        """The buckets of a cell that has a price which pay another one than their own."""
        found = []
        for bucket in _FIELDS:
            tokens = getattr(sums, bucket)
            rate = self._rate(model, tier, above_tokens, bucket) if tokens else None
            if rate is not None and rate.why:
                named = self.known_as(model) or model
                found.append(StandIn(named, tier, bucket, rate.paid, float(rate.value), rate.why, tokens))
        return found

    def _rate(self, model: str, tier: str, above_tokens: int, bucket: str) -> Rate:
        key = (model, tier, above_tokens, bucket)
        if key not in self._rates:
            price = self._price(model, tier)
            self._rates[key] = rate_of(price, _FIELDS[bucket], _of_size(above_tokens + 1), tier == BATCH)
        return self._rates[key]

    def _price(self, model: str, tier: str) -> ApiPrice:
        if (model, tier) not in self._prices:
            self._prices[model, tier] = self._price_of(model, tier)
        return self._prices[model, tier]

    def _price_of(self, model: str, tier: str) -> ApiPrice:
        name = self._name(model)
        if isinstance(name, UnknownPrice):
            raise name
        if tier not in (STANDARD, BATCH):
            bare = name.partition("@")[0]
            if tier not in self.prices.price(bare, self.on).variants:
                raise UnknownPrice(f"no price at the tier {tier}")
            name = f"{bare}@{tier}"
        # Logged tokens are counted as they are billed.
        return self.prices.price(name, self.on)._replace(
            tokens_factor=1.0, output_tokens_factor=1.0, reasoning_tokens=0.0
        )


def _of_size(tokens: int) -> Stream:
    """A stream of requests of one size: what decides the long-context tier."""
    size = Factor("input_tokens", float(tokens))
    return Stream((), size, size, _NO_SHARE, _NO_SHARE, _NO_SHARE, _NO_SHARE)


def _spellings(model: str, providers: set[str]) -> list[str]:
    """Names that the catalog may have for a logged one: `openrouter/openai/gpt-5`, `models/gemini-2.5-pro`, `GPT-5`.

    A provider whose price list the catalog has is never left out: its price may be another than the maker's.
    """
    found = [model, model.lower()]
    head, slash, tail = model.partition("/")
    while slash:
        provider = GATEWAYS.get(head.lower(), head.lower())
        found += [f"{provider}/{tail}", f"{provider}/{tail.lower()}"]
        if provider in providers:
            break
        found += [tail, tail.lower()]
        head, slash, tail = tail.partition("/")
    return list(dict.fromkeys(name for name in found if name))
