"""Calling a model over its provider's API, by the token.

`cost = (I·(1−h−w)·p_in + I·h·p_read + I·w·p_write + O·p_out) / 1e6`, the batched share at the
model's batch prices, bucket by bucket (docs/methods/api.md). Writes that last an hour pay
the price of those, where the model has one. Long-context prices apply to the
whole request once its input is above the threshold.

A bucket without a price of its own pays another one, which is an assumption with its reason (`rate_of`):
writes pay the input's price; a batched bucket the standard one, but cached input, of which batch tables
(OpenAI's) have none, the batch's input price. Google documents that in a batch a cached token pays
the cached price: the discounts of cache and batch do not add up (Google Cloud, "Batch inference with Gemini").
"""

from collections.abc import Iterator
from typing import ClassVar, Literal, NamedTuple, Self

from pydantic import model_validator

from llmcost.architectures.architecture import Architecture, Month, labelled
from llmcost.arithmetic import Number, all_true, is_array, is_zero, where
from llmcost.catalog.models import ApiPrice, Rates
from llmcost.errors import InputError, UnknownPrice
from llmcost.estimate import Charge, Factor
from llmcost.workload import Positive, Stream, Strict, Usd, refuse

PER_MILLION = Factor("mtok_per_token", 1e-6, "Mtok/token", "derived", "prices are per million tokens")

_STANDS_FOR = {
    "cache_write_per_mtok": ("input_per_mtok", "no price for cache writes: the input price is charged"),
    "cache_write_1h_per_mtok": ("cache_write_per_mtok", "no price for writes of an hour: that of any write is charged"),
}
_CACHED_PRICE_HOLDS = ("google/",)  # providers, as full ids of models begin with them
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

    def targets(self) -> list[str]:
        return [self.model]

    def forward(self, name: str, stream: Stream, month: Month) -> Iterator[tuple[str, Stream]]:
        yield self.model, stream


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
            (Factor("unbatched_share", 1 - batch, "", "derived", "1 − batch_share"), False),
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
                origin = "given" if _override(price, "tokens_factor") else "catalog"
                source = None if origin == "given" else price.source
                factors.append(Factor("tokens_factor", price.tokens_factor, "", origin, "", source))  # type: ignore[arg-type]
            factors += [PER_MILLION, _rate_of_month(month, price, field, stream, batched)]
            if month.drift is not None:
                rule = f"(1 + api_price_change_per_year) ^ ({month.number - 1}/12)"
                factors.append(Factor("price_drift", month.drift, "", "derived", rule))
            name = labelled(bucket + (", batch" if batched else ""), stream)
            yield Charge(name, "monthly", tuple(factors), short_name(price.model))


def _override(price: ApiPrice, field: str) -> tuple[str, float | None] | None:
    return next((entry for entry in price.overridden if entry[0] == field), None)


class Rate(NamedTuple):
    """USD per million tokens of a bucket, the field that is paid (`batch.` before one of a batch), and why it is another."""

    value: Number
    paid: str
    why: str = ""


def _rate_of_month(month: Month, price: ApiPrice, field: str, stream: Stream, batched: bool) -> Factor:
    """`rate_factor`; of a price without long-context tiers the same for every stream, month and architecture."""
    if price.long_context:
        return rate_factor(price, field, stream, batched)
    kept = month.prices.rates
    key = (id(price), field, batched)
    if key not in kept:
        kept[key] = (price, rate_factor(price, field, stream, batched))  # with the price, so that its id stays its own
    return kept[key][1]


def rate_factor(price: ApiPrice, field: str, stream: Stream, batched: bool = False) -> Factor:
    """The price of a bucket as a factor with its source; raises UnknownPrice, never zero."""
    value, paid, why = rate_of(price, field, stream, batched)
    overridden = _override(price, paid)
    if overridden:
        catalog = "" if overridden[1] is None else f"; the catalog has {overridden[1]:g}"
        rule = "; ".join(filter(None, (why, f"{price.stated_by}{catalog}")))
        return Factor(field, value, "USD/Mtok", "given", rule, price.source)
    if why:
        return Factor(field, value, "USD/Mtok", "assumed", why, price.source)
    rule = f"from {price.effective_from}" if price.effective_from else ""
    if price.variant != "standard":
        rule = ", ".join(filter(None, (f"{price.variant} price", rule)))
    return Factor(field, value, "USD/Mtok", "catalog", rule, price.source)


def rate_of(price: ApiPrice, field: str, stream: Stream, batched: bool = False) -> Rate:
    """The rate for requests of this size: above a threshold the whole request pays the tier's.

    Raises UnknownPrice, never zero.
    """
    found = _rate(price, price.rates, price.batch if batched else None, field)
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
        dearer = _rate(price, tier.rates, tier.batch if batched else None, field)
        if dearer is not None:
            found = found._replace(value=where(size > tier.above_tokens, dearer.value, found.value))
    return found


def _rate(price: ApiPrice, rates: Rates, batch: Rates | None, field: str) -> Rate | None:
    """A bucket's rate, or what stands for it; None where nothing does."""
    own_batch: float | None = None if batch is None else getattr(batch, field)
    if own_batch is not None:
        return Rate(own_batch, f"batch.{field}")
    own: float | None = getattr(rates, field)
    if own is None and field in _STANDS_FOR:
        other, why = _STANDS_FOR[field]
        found = _rate(price, rates, batch, other)
        return found and found._replace(why=found.why or why)
    if own is None:
        return None
    if batch is None or _override(price, field):
        return Rate(own, field)
    if field == "cached_input_per_mtok":
        if price.model.startswith(_CACHED_PRICE_HOLDS):
            return Rate(own, field, "no batch price: the cached price holds in a batch, as the provider documents")
        if batch.input_per_mtok is not None:
            why = "no batch price: not known to be cheaper than the batch input price, which is charged"
            return Rate(batch.input_per_mtok, "batch.input_per_mtok", why)
    return Rate(own, field, "no batch price: the standard price is charged")
