"""Calling a model over its provider's API, by the token.

`cost = (I·(1−h−w)·p_in + I·h·p_read + I·w·p_write + O·p_out) / 1e6`, I and O as the model counts and
writes them (`token_counts`), the batched share at the model's batch prices, bucket by bucket (docs/methods/api.md). Writes that last an hour pay
the price of those, where the model has one. Long-context prices apply to the
whole request once its input is above the threshold.

A bucket without a price of its own pays another one, which is an assumption with its reason
(`llmcost.catalog.rates`).
"""

from collections.abc import Iterator
from typing import ClassVar, Literal, Self

from pydantic import model_validator

from llmcost.architectures.architecture import Architecture, Month, labelled
from llmcost.architectures.caching import as_cached
from llmcost.architectures.price_changes import BATCH_TIER
from llmcost.architectures.token_counts import Counted, counted
from llmcost.arithmetic import all_true, is_zero, where
from llmcost.catalog.models import ApiPrice
from llmcost.catalog.rates import Rate, overridden, rate_at
from llmcost.catalog.units import TOOLS, UNITS
from llmcost.errors import InputError, UnknownPrice
from llmcost.estimate import Charge, Factor
from llmcost.lengths import LengthDistribution
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
    output_tokens_per_request: Positive | None = None
    model: str | None = None
    usd_per_request: Usd | None = None

    @model_validator(mode="after")
    def _one_price(self) -> Self:
        read, written = self.tokens_per_request, self.output_tokens_per_request
        by_tokens = (read is not None or written is not None) and self.model is not None
        if by_tokens == (self.usd_per_request is not None):
            refuse(
                f"the {self.role} needs tokens_per_request with a model, or usd_per_request",
                "type {tokens_per_request: 10, model: MODEL} or {usd_per_request: 0.0001}",
            )
        return self

    def charges(self, label: str, group: str, stream: Stream, month: Month) -> Iterator[Charge]:
        """requests × tokens × the model's price in that month, input and output, or requests × USD. Raises UnknownPrice."""
        if self.model is None:
            paid: tuple[Factor, ...] = (self.factor("usd_per_request", "USD/request"),)
            yield Charge(labelled(label, stream), "monthly", (*stream.flow, *paid), group)
            return
        price = month.prices.price(self.model, month.first_day)
        drift = month.drifts.of_tokens(price.model, price.variant, month.number)
        for name, field, rate in (
            (label, "tokens_per_request", "input_per_mtok"),
            (f"{label}, output", "output_tokens_per_request", "output_per_mtok"),
        ):
            if getattr(self, field) is not None:
                tokens = self.factor(field, "tokens/request")
                paid = (tokens, PER_MILLION, rate_factor(price, rate, stream), *drift)
                yield Charge(labelled(name, stream), "monthly", (*stream.flow, *paid), group)


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
    counts = counted(stream, month.own_model(model), price)
    price = price._replace(tokens_factor=counts.input_factor)
    _check_shares(_of_input(stream))
    stream = as_cached(stream, price, counts, month.hours)
    of_input = _of_input(stream)
    not_fresh = sum((share.value for share in of_input[1:]), of_input[0].value)
    simple = all(is_zero(share.value) for share in of_input)
    fresh = Factor(
        "uncached_share", 1 - not_fresh, "", "derived", " − ".join(("1", *(share.name for share in of_input)))
    )
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
            tokens = counts.output(stream) if bucket == "output" else _input(stream, share, counts)
            if any(is_zero(factor.value) for factor in tokens):
                continue
            factors = [*stream.flow, *((lot,) if lot is not None else ()), *tokens]
            factors += [PER_MILLION, _rate_of_month(month, price, field, stream, batched)]
            factors += month.drifts.of_tokens(price.model, BATCH_TIER if batched else price.variant, month.number)
            name = labelled(bucket + (", batch" if batched else ""), stream)
            yield Charge(name, "monthly", tuple(factors), short_name(price.model))


def _of_input(stream: Stream) -> list[Factor]:
    found = [stream.cached_share, stream.cache_write_share]
    return found if is_zero(stream.cache_write_1h_share.value) else [*found, stream.cache_write_1h_share]


def _check_shares(of_input: list[Factor]) -> None:
    """Raise InputError where more of the input is read and written than there is."""
    if all_true(sum((share.value for share in of_input[1:]), of_input[0].value) <= 1 + 1e-9):
        return
    names = [share.name for share in of_input]
    raise InputError(
        f"{', '.join(names[:-1])} and {names[-1]} together exceed 100 %",
        hint="give shares of the input that add up to 100 % at most",
    )


def _input(stream: Stream, share: Factor | None, counts: Counted) -> tuple[Factor, ...]:
    factors = (stream.input_tokens, share, counts.tokens_factor)
    return tuple(factor for factor in factors if factor is not None)


def _rate_of_month(month: Month, price: ApiPrice, field: str, stream: Stream, batched: bool) -> Factor:
    """`rate_factor`; of a price that no length changes the same for every stream, month and architecture."""
    if price.long_context or price.up_to_tokens is not None or not stream.requests_known:
        return rate_factor(price, field, stream, batched)
    kept = month.prices.rates
    key = (id(price), field, batched)
    if key not in kept:
        kept[key] = (price, rate_factor(price, field, stream, batched))  # with the price, so that its id stays its own
    return kept[key][1]


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
            drifts = month.drifts.of_tokens(price.model, BATCH_TIER if batched else price.variant, month.number)
            factors = (*stream.flow, *lot, amount, per, rate, *drifts)
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

    Where requests differ in length it is the mean over them, weighted by the tokens that pay it. Raises UnknownPrice, never zero.
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
    sizes = LengthDistribution(stream.input_tokens.value * price.tokens_factor, stream.input_sigma)
    before = found.value
    for tier in price.long_context:
        dearer = rate_at(price, field, tier, batched=batched)
        if dearer is None:
            continue
        if is_zero(sizes.sigma):
            value = where(sizes.mean > tier.above_tokens, dearer.value, found.value)
        else:  # a long answer follows from no long prompt: of the output the share of the requests counts
            above = (sizes.share_above if field == "output_per_mtok" else sizes.token_share_above)(tier.above_tokens)
            value = found.value + above * (dearer.value - before)
        found, before = found._replace(value=value), dearer.value
    if price.up_to_tokens is not None and not all_true(sizes.mean <= price.up_to_tokens):
        why = f"{price.variant} is not sold above {price.up_to_tokens:,} input tokens: these pay the standard price"
        found = found._replace(why=found.why or why)
    return found
