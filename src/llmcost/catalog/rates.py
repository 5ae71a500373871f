"""Which price a unit pays: its own, or what stands for it, with the reason.

A bucket without a price of its own pays another one, which is an assumption with its reason:
writes pay the input's price; a batched bucket the standard one, but cached input, of which batch
tables (OpenAI's) have none, the batch's input price. Google documents that in a batch a cached token
pays the cached price: the discounts of cache and batch do not add up (Google Cloud, "Batch inference
with Gemini"). Audio, image and video tokens without a price of their own pay that of text, as
genai-prices counts them. Cached tokens are never priced as uncached ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from llmcost.arithmetic import Number
from llmcost.catalog.models import ApiPrice, LongContext, Rates

_TEXT = frozenset(Rates._fields)
_STANDS_FOR = {
    "cache_write_per_mtok": ("input_per_mtok", "no price for cache writes: the input price is charged"),
    "cache_write_1h_per_mtok": ("cache_write_per_mtok", "no price for writes of an hour: that of any write is charged"),
}
_CACHED_PRICE_HOLDS = ("google/",)  # providers, as full ids of models begin with them


class Rate(NamedTuple):
    """USD per unit of a price field, the field that is paid (`batch.` before one of a batch), and why it is another."""

    value: Number
    paid: str
    why: str = ""


class _Held(NamedTuple):
    """The figures of one size of request: of a tier, where it has them, else the base ones."""

    rates: Rates
    other: Mapping[str, float]

    def figure(self, field: str) -> float | None:
        if field in _TEXT:
            found: float | None = getattr(self.rates, field)
            return found
        return self.other.get(field)

    def fields(self) -> list[str]:
        return [field for field in _TEXT if getattr(self.rates, field) is not None] + list(self.other)


def rate_at(price: ApiPrice, field: str, tier: LongContext | None = None, *, batched: bool = False) -> Rate | None:
    """A unit's rate in a context tier (None: the base), or what stands for it; None where nothing does."""
    if tier is None:
        held, batch = _Held(price.rates, price.other), _Held(price.batch, price.other_batch)
    else:
        held = _Held(tier.rates, {**price.other, **tier.other})
        batch = _Held(tier.batch, tier.other_batch)
    return _rate(price, field, held, batch if batched else None)


def _rate(price: ApiPrice, field: str, held: _Held, batch: _Held | None) -> Rate | None:
    own_batch = None if batch is None else batch.figure(field)
    if own_batch is not None:
        return Rate(own_batch, f"batch.{field}")
    own = held.figure(field)
    if own is None:
        other, why = _STANDS_FOR.get(field) or _broader(field, held)
        found = _rate(price, other, held, batch) if other else None
        return found and found._replace(why=found.why or why)
    if batch is None or not field.endswith("_per_mtok") or overridden(price, field):
        return Rate(own, field)
    if field == "cached_input_per_mtok":
        if price.model.startswith(_CACHED_PRICE_HOLDS):
            return Rate(own, field, "no batch price: the cached price holds in a batch, as the provider documents")
        in_batch = batch.figure("input_per_mtok")
        if in_batch is not None:
            why = "no batch price: not known to be cheaper than the batch input price, which is charged"
            return Rate(in_batch, "batch.input_per_mtok", why)
    return Rate(own, field, "no batch price: the standard price is charged")


def _broader(field: str, held: _Held) -> tuple[str | None, str]:
    """The narrowest priced field that covers a unit without a price of its own, with the words for it."""
    if field in _TEXT:
        return None, ""
    from llmcost.catalog.units import BY_FIELD, priced_as

    unit = BY_FIELD[field]
    fields = [one for one in held.fields() if one != field]
    if "cache_read" in unit.dimensions:
        fields = [one for one in fields if "cache_read" in BY_FIELD[one].dimensions]
    found = priced_as(unit, fields)
    if found is None or "5m" in unit.dimensions or unit.dimensions & {"reasoning", "citation", "text"}:
        return found, ""  # the broader price is the published one for these
    return found, f"no price for {words(field)}: the price for {words(found)} is charged"


def words(field: str) -> str:
    """`input_audio_per_mtok` as `input audio`."""
    return field.removesuffix("_per_mtok").removesuffix("_per_1000").replace("_", " ")


def overridden(price: ApiPrice, field: str) -> tuple[str, float | None] | None:
    """The user's own figure of a field, as it is kept beside the catalog's; None where there is none."""
    return next((entry for entry in price.overridden if entry[0] == field), None)
