"""The user's own prices, discounts and regions over the catalog's prices.

A figure that the user gives is final. What the catalog gives is multiplied by what the region adds
(`pricing/regions.yaml`) and by what a contract leaves of it: `p × multiplier × (1 − discount)`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import PrivateAttr, StringConstraints, model_validator

from llmcost.arithmetic import Number
from llmcost.catalog.models import OWN_PRICE, Adjusted, ApiPrice, LongContext, Rates
from llmcost.errors import InputError, did_you_mean
from llmcost.workload import AboveZero, Positive, Ratio, RatioAboveZero, Share, Strict, Usd

if TYPE_CHECKING:
    from llmcost.catalog import Catalog

_RATES = Rates._fields
_FIGURES = (
    *("tokens_factor", "output_tokens_factor", "reasoning_tokens"),
    *("hosting_usd_per_hour", "training_usd_per_mtok"),
)
_FACTS = ("min_cacheable_tokens", "cache_lifetime_minutes")
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class OwnRates(Strict):
    """USD per million tokens, and in `other` for what else is billed (`web_searches_per_1000`)."""

    input_per_mtok: Usd | None = None
    output_per_mtok: Usd | None = None
    cached_input_per_mtok: Usd | None = None
    cache_write_per_mtok: Usd | None = None
    cache_write_1h_per_mtok: Usd | None = None
    other: dict[str, Usd] = {}

    @model_validator(mode="before")
    @classmethod
    def _units_by_their_names(cls, written: Any) -> Any:
        """`web_searches_per_1000: 10` may stand beside the prices of tokens."""
        if not isinstance(written, dict) or all(key in cls.model_fields for key in written):
            return written
        from llmcost.catalog.units import BY_FIELD

        other = {key: value for key, value in written.items() if key in BY_FIELD and key not in cls.model_fields}
        if not other or not isinstance(written.get("other", {}), dict):
            return written
        rest = {key: value for key, value in written.items() if key not in other}
        return {**rest, "other": {**written.get("other", {}), **other}}


class TierPrice(OwnRates):
    """Prices of a service tier, and of its batches."""

    batch: OwnRates | None = None


class OwnPrice(TierPrice):
    """The user's own figures for a model, over the catalog's or in place of them.

    `tiers` holds those of a service tier (`flex`, `priority`), `discount` the share that a contract takes off the
    catalog's prices, `region` where requests are kept. Under `PROVIDER/*`, or `*`, in place of a model
    the last two hold for every model.
    """

    tiers: dict[Name, TierPrice] = {}
    discount: Share | None = None
    region: Name | None = None
    tokens_factor: RatioAboveZero | None = None
    output_tokens_factor: Ratio | None = None
    reasoning_tokens: Positive | None = None
    min_cacheable_tokens: Positive | None = None
    cache_lifetime_minutes: AboveZero | None = None
    hosting_usd_per_hour: Usd | None = None
    training_usd_per_mtok: Usd | None = None
    _stated_by: str = PrivateAttr(OWN_PRICE)  # an audit's are its source's


def overlaid(base: ApiPrice, own: OwnPrice) -> ApiPrice:
    """The user's figures over the catalog's; each overridden field keeps the catalog's figure."""
    price = _with_figures(base, own, base.batch)
    other: dict[str, Any] = {}
    overridden = list(price.overridden)
    for field in _FIGURES:
        if getattr(own, field) is not None:
            overridden.append((field, getattr(base, field)))
            other[field] = getattr(own, field)
    documented = {field: getattr(own, field) for field in _FACTS if field in own.model_fields_set}
    if documented:
        other["facts"] = base.facts._replace(**documented)
    named = tuple(dict.fromkeys((*base.variants, *own.tiers)))
    return price._replace(overridden=tuple(overridden), variants=named, stated_by=own._stated_by, **other)


def at_tier(standard: ApiPrice, published: ApiPrice | None, name: str, own: TierPrice) -> ApiPrice:
    """A service tier at the user's figures: over the published tier, or alone where nobody publishes one.

    Searches and the like cost what they cost by standard.
    """
    searches = {field: figure for field, figure in standard.other.items() if not field.endswith("_per_mtok")}
    base = published or standard._replace(
        rates=Rates(), batch=Rates(), long_context=(), other=searches, other_batch={}, overridden=(), hours=()
    )
    return _with_figures(base._replace(variant=name), own, base.batch)


def _with_figures(base: ApiPrice, own: TierPrice, batch: Rates) -> ApiPrice:
    overridden: list[tuple[str, float | None]] = list(base.overridden)
    rates: dict[str, Any] = {}
    for field in _RATES:
        if field in own.model_fields_set:
            overridden.append((field, getattr(base.rates, field)))
            rates[field] = getattr(own, field)
    overridden += ((field, base.other.get(field)) for field in own.other)
    tiers = tuple(tier._replace(rates=tier.rates._replace(**rates)) for tier in base.long_context)
    other_batch = dict(base.other_batch)
    if own.batch is not None:
        figures = {field: getattr(own.batch, field) for field in _RATES if field in own.batch.model_fields_set}
        overridden += [(f"batch.{field}", getattr(batch, field)) for field in figures]
        batch = batch._replace(**figures)
        other_batch |= own.batch.other
    elif rates:
        # The catalog's batch prices belong to the catalog's own rates, not to the user's.
        batch = batch._replace(**dict.fromkeys(rates))
    return base._replace(
        rates=base.rates._replace(**rates),
        batch=batch,
        long_context=tiers,
        other={**base.other, **own.other},
        other_batch=other_batch,
        overridden=tuple(overridden),
    )


def adjusted(price: ApiPrice, owns: list[OwnPrice], catalog: "Catalog") -> ApiPrice:
    """The price in its region and less the discount; of several the narrowest, which stands first, holds.

    Raises InputError for a region that the provider names no price for.
    """
    region = next((own.region for own in owns if own.region is not None), None)
    discount = next((own.discount for own in owns if own.discount is not None), None)
    if region is not None:
        price = _in_region(price, region, catalog)
    if discount is not None:
        shown = f"{discount:.4g}" if isinstance(discount, float | int) else "share"
        price = scaled(price, 1 - discount, Adjusted(f"less the discount of {shown}", given=True), tokens_only=False)
    return price


def _in_region(price: ApiPrice, region: str, catalog: "Catalog") -> ApiPrice:
    found = catalog.surcharge(price.model, region)
    if found is None:
        known = catalog.regions(price.model)
        if known and region.lower() not in (*known, "global"):
            hint = did_you_mean(region, known) or f"its provider names: {', '.join(known)}"
            raise InputError(f"{price.model} has no price for the region {region!r}", hint=hint)
        return price
    if found.multiplier == 1:
        return price
    words = f"{region} × {found.multiplier:g} ({found.source.title})"
    return scaled(price, found.multiplier, Adjusted(words, given=False), tokens_only=True)


def scaled(price: ApiPrice, multiplier: Number, why: Adjusted, *, tokens_only: bool) -> ApiPrice:
    """Every figure of the catalog's times a multiplier; what the user gave stays as it is."""
    own = {field for field, _ in price.overridden}

    def rates(held: Rates, prefix: str = "") -> Rates:
        times = (
            figure if figure is None or f"{prefix}{field}" in own else figure * multiplier
            for field, figure in zip(_RATES, held, strict=True)
        )
        return Rates(*times)

    def others(held: Mapping[str, float], prefix: str = "") -> dict[str, float]:
        kept = {field for field in held if f"{prefix}{field}" in own or (tokens_only and "_per_mtok" not in field)}
        return {field: figure if field in kept else figure * multiplier for field, figure in held.items()}

    def tier(above: LongContext) -> LongContext:
        batch, other_batch = rates(above.batch, "batch."), others(above.other_batch, "batch.")
        return above._replace(rates=rates(above.rates), batch=batch, other=others(above.other), other_batch=other_batch)

    return price._replace(
        rates=rates(price.rates),
        batch=rates(price.batch, "batch."),
        long_context=tuple(tier(above) for above in price.long_context),
        other=others(price.other),
        other_batch=others(price.other_batch, "batch."),
        adjusted=(*price.adjusted, why),
    )
