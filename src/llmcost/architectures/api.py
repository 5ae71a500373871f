"""Calling a model over its provider's API, by the token.

`cost = (I·(1−h−w)·p_in + I·h·p_read + I·w·p_write + O·p_out) / 1e6`, the batched share at the
model's batch prices, bucket by bucket (docs/methods/api.md). Writes that last an hour pay
the price of those, where the model has one. Long-context prices apply to the
whole request once its input is above the threshold.

A bucket without a price of its own pays another one, which is an assumption with its reason
(`llmcost.catalog.rates`).
"""

from collections.abc import Iterator
from typing import ClassVar, Literal, Self

from pydantic import model_validator

from llmcost.architectures.architecture import Architecture, Month, labelled
from llmcost.arithmetic import all_true, is_array, is_zero, where
from llmcost.catalog.models import ApiPrice
from llmcost.catalog.rates import Rate, overridden, rate_at
from llmcost.catalog.units import TOOLS, UNITS
from llmcost.errors import InputError, UnknownPrice
from llmcost.estimate import Charge, Factor
from llmcost.workload import PerRequest, Positive, Stream, Strict, Tool, Usd, beside_of, refuse

PER_MILLION = Factor("mtok_per_token", 1e-6, "Mtok/token", "derived", "prices are per million tokens")

_BUCKETS = (
    ("input", "input_per_mtok"),
    ("cached input", "cached_input_per_mtok"),
    ("cache write", "cache_write_per_mtok"),
    ("cache write, an hour", "cache_write_1h_per_mtok"),
    ("output", "output_per_mtok"),
)


class Api(Architecture):
    """One model for every request."""

    kind: Literal["api"] = "api"
    model: str
    service_tier: str | None = None
    tools: dict[Tool, PerRequest] | None = None

    @model_validator(mode="after")
    def _one_tier(self) -> Self:
        if self.service_tier is not None and "@" in self.model:
            refuse(f"{self.model} names a tier of its own", "give it in the model's name or as service_tier, not twice")
        return self

    def targets(self) -> list[str]:
        if self.service_tier in (None, "standard", "default"):
            return [self.model]
        return [f"{self.model}@{self.service_tier}"]

    def forward(self, name: str, stream: Stream, month: Month) -> Iterator[tuple[str, Stream]]:
        if self.tools is not None:
            kept = tuple(each for each in stream.beside if each[0] not in TOOLS.values())
            stream = stream._replace(beside=(*kept, *beside_of(self.tools)))
        yield self.targets()[0], stream


class PaidByRequest(Strict):
    """Something done beside the answer on every request: tokens at a model's input price, or USD."""

    role: ClassVar[str] = "this"

    tokens_per_request: Positive | None = None
    model: str | None = None
    usd_per_request: Usd | None = None

    @model_validator(mode="after")
    def _one_price(self) -> Self:
        by_tokens = self.tokens_per_request is not None and self.model is not None
        if by_tokens == (self.usd_per_request is not None):
            refuse(
                f"the {self.role} needs tokens_per_request with a model, or usd_per_request",
                "type {tokens_per_request: 10, model: MODEL} or {usd_per_request: 0.0001}",
            )
        return self

    def charge(self, label: str, group: str, stream: Stream, month: Month) -> Charge:
        """requests × tokens × the model's input price, or requests × USD. Raises UnknownPrice."""
        if self.model is None:
            paid: tuple[Factor, ...] = (self.factor("usd_per_request", "USD/request"),)
        else:
            rate = rate_factor(month.prices.price(self.model, month.first_day), "input_per_mtok", stream)
            paid = (self.factor("tokens_per_request", "tokens/request"), PER_MILLION, rate)
        return Charge(labelled(label, stream), "monthly", (*stream.flow, *paid), group)


def model_charges(model: str, streams: list[Stream], month: Month, live: Factor | None = None) -> Iterator[Charge]:
    """What a model's provider bills for the streams in this month, a charge a bucket.

    Hosting by the hour runs idle too; `live` is the part of the month from which it is deployed.
    """
    for stream in streams:
        yield from _stream_charges(model, stream, month)
        if stream.beside:
            yield from charges_beside(model, stream, month)
    price = month.prices.price(model, month.first_day)
    if price.hosting_usd_per_hour is not None:
        hourly = Factor("hosting_usd_per_hour", price.hosting_usd_per_hour, "USD/h", "catalog", "", price.source)
        yield Charge(
            "hosting, idle too",
            "monthly",
            (month.hours_factor, hourly, *((live,) if live else ())),
            short_name(price.model),
        )


def short_name(full_id: str) -> str:
    """`anthropic/claude-haiku-4-5` as it is shown: without the provider."""
    return full_id.split("/", 1)[-1]


def _stream_charges(model: str, stream: Stream, month: Month) -> Iterator[Charge]:
    price = month.prices.price(model, month.first_day)
    of_input = [stream.cached_share, stream.cache_write_share]
    if not is_zero(stream.cache_write_1h_share.value):
        of_input.append(stream.cache_write_1h_share)
    not_fresh = sum((share.value for share in of_input[1:]), of_input[0].value)
    names = [share.name for share in of_input]
    if not all_true(not_fresh <= 1 + 1e-9):
        raise InputError(
            f"{', '.join(names[:-1])} and {names[-1]} together exceed 100 %",
            hint="give shares of the input that add up to 100 % at most",
        )
    simple = all(is_zero(share.value) for share in of_input)
    fresh = Factor("uncached_share", 1 - not_fresh, "", "derived", " − ".join(("1", *names)))
    shares = (
        None if simple else fresh,
        stream.cached_share,
        stream.cache_write_share,
        stream.cache_write_1h_share,
        None,
    )
    batch = stream.batch_share.value
    lots: list[tuple[Factor | None, bool]] = [(None, False)]
    if not is_zero(batch):
        lots = [
            (_unbatched(stream.batch_share), False),
            (stream.batch_share, True),
        ]
    for lot, batched in lots:
        if lot is not None and is_zero(lot.value):
            continue
        for (bucket, field), share in zip(_BUCKETS, shares, strict=True):
            if share is not None and is_zero(share.value):
                continue
            tokens = stream.output_tokens if bucket == "output" else stream.input_tokens
            if is_zero(tokens.value):
                continue
            factors = [*stream.flow]
            factors += [factor for factor in (lot, tokens, share) if factor is not None]
            if bucket != "output" and (is_array(price.tokens_factor) or price.tokens_factor != 1):
                origin = "given" if overridden(price, "tokens_factor") else "catalog"
                source = None if origin == "given" else price.source
                factors.append(Factor("tokens_factor", price.tokens_factor, "", origin, "", source))  # type: ignore[arg-type]
            factors += [PER_MILLION, rate_factor(price, field, stream, batched)]
            factors += drift_of(month)
            name = labelled(bucket + (", batch" if batched else ""), stream)
            yield Charge(name, "monthly", tuple(factors), short_name(price.model))


def drift_of(month: Month) -> list[Factor]:
    """What API prices have moved by until this month, where they move."""
    if month.drift is None:
        return []
    rule = f"(1 + api_price_change_per_year) ^ ({month.number - 1}/12)"
    return [Factor("price_drift", month.drift, "", "derived", rule)]


def charges_beside(model: str, stream: Stream, month: Month) -> Iterator[Charge]:
    """What a request uses besides text: requests × amount × price ÷ the amount that the price is for.

    Tokens of audio and images pay the batch price in the batched share, tools the same price in both.
    Raises UnknownPrice for what the model has no price for.
    """
    price = month.prices.price(model, month.first_day)
    batch = stream.batch_share
    for name, amount in stream.beside:
        unit = UNITS[name]
        if is_zero(amount.value):
            continue
        split = unit.is_tokens and not is_zero(batch.value)
        for share, batched in ((_unbatched(batch), False), (batch, True)) if split else ((None, False),):
            if share is not None and is_zero(share.value):
                continue
            per = PER_MILLION if unit.is_tokens else Factor("per", 1 / unit.per, "", "derived", f"for {unit.per:,.0f}")
            lot = () if share is None else (share,)
            rate = rate_factor(price, unit.field, stream, batched)
            factors = (*stream.flow, *lot, amount, per, rate, *drift_of(month))
            label = name.removesuffix("_tokens").replace("_", " ") + (", batch" if batched else "")
            yield Charge(labelled(label, stream), "monthly", factors, short_name(price.model))


def _unbatched(batch: Factor) -> Factor:
    return Factor("unbatched_share", 1 - batch.value, "", "derived", "1 − batch_share")


def rate_factor(price: ApiPrice, field: str, stream: Stream, batched: bool = False) -> Factor:
    """The price of a bucket as a factor with its source; raises UnknownPrice, never zero."""
    value, paid, why = rate_of(price, field, stream, batched)
    unit = unit_of(field)
    own = overridden(price, paid)
    if own:
        catalog = "" if own[1] is None else f"; the catalog has {own[1]:g}"
        rule = "; ".join(filter(None, (why, f"{price.stated_by}{catalog}")))
        return Factor(field, value, unit, "given", rule, price.source)
    source = price.source
    if price.batch_checked_on is not None and paid.startswith("batch."):
        source = source._replace(checked_on=price.batch_checked_on)
    changed = [each.words for each in price.adjusted]
    if any(each.given for each in price.adjusted):
        return Factor(field, value, unit, "given", "; ".join(filter(None, (why, *changed))), source)
    if why:
        return Factor(field, value, unit, "assumed", "; ".join((why, *changed)), source)
    rule = f"from {price.effective_from}" if price.effective_from else ""
    if price.variant != "standard":
        rule = ", ".join(filter(None, (f"{price.variant} price", rule)))
    return Factor(field, value, unit, "catalog", ", ".join(filter(None, (rule, *changed))), source)


def unit_of(field: str) -> str:
    """`USD/Mtok`, `USD per 1000`: what a price field's figure is for."""
    return "USD/Mtok" if field.endswith("_per_mtok") else f"USD per {field.rpartition('_per_')[2]}"


def rate_of(price: ApiPrice, field: str, stream: Stream, batched: bool = False) -> Rate:
    """The rate for requests of this size: above a threshold the whole request pays the tier's.

    Raises UnknownPrice, never zero.
    """
    found = rate_at(price, field, batched=batched)
    if found is None:
        bucket = field.removesuffix("_per_mtok")
        raise UnknownPrice(
            f"{price.model} has no {bucket} price",
            hint=f"set one with --price {short_name(price.model)}.{bucket}=USD_PER_MTOK",
            in_file=f"write prices: {{{short_name(price.model)}: {{{field}: USD}}}}",
        )
    if not stream.requests_known:
        return found  # the size of a request is unknown: base prices, which the assumptions say
    size = stream.input_tokens.value * price.tokens_factor
    for tier in price.long_context:
        above = rate_at(price, field, tier, batched=batched)
        if above is not None:
            found = found._replace(value=where(size > tier.above_tokens, above.value, found.value))
    if price.up_to_tokens is not None and not all_true(size <= price.up_to_tokens):
        why = f"{price.variant} is not sold above {price.up_to_tokens:,} input tokens: these pay the standard price"
        found = found._replace(why=found.why or why)
    return found
