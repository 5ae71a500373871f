"""What one usage costs: every dimension that a provider charges for, or the line that says it has no price.

    cost = Σ over the units of  amount × price of the narrowest priced unit that covers it ÷ the unit's amount

The prices are those of the service tier that served the request, of the hour and weekday, and of the
size of its input; token prices are multiplied by what the region adds. Whatever has no price is listed
with its amount: a bill is never made smaller by what it does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from llmcost.catalog.catalog import NO_REGION
from llmcost.catalog.models import ApiPrice, LongContext
from llmcost.catalog.rates import Rate, rate_at
from llmcost.catalog.units import UNITS, Unit
from llmcost.errors import UnknownPrice
from llmcost.estimate import Source

if TYPE_CHECKING:
    from llmcost.catalog.catalog import Catalog

STANDARD_TIERS = frozenset({"", "standard", "default", "auto", "on_demand", "standard_only"})
# What logs call a tier that has another name in the price lists.
TIER_NAMES = {"on_demand_flex": "flex", "on_demand_priority": "priority", "on_demand_batch": "batch"}
COMMITTED = frozenset({"provisioned_throughput", "provisioned", "scale", "reserved", "ptu"})
# Groq bills a request of Whisper for ten seconds at least (Groq price page).
LEAST_SECONDS = {"groq/whisper-large-v3": 10.0, "groq/whisper-large-v3-turbo": 10.0}


class Usage(NamedTuple):
    """What one request used, or several alike, in disjoint amounts.

    `amounts` is by unit (`llmcost.catalog.units`): `input_tokens` are those that were neither cached nor of
    a modality of their own, `output_tokens` those of text with the reasoning. `prompt_tokens` is the input of
    one request, cached and written included, which decides the context tier. `weekday` (0 Monday) and `minute`
    of the day are UTC; None where the hour is not known. `service_tier` is the one that served the request.
    """

    model: str
    amounts: Mapping[str, float]
    prompt_tokens: float = 0
    requests: float = 1
    service_tier: str = "standard"
    batch: bool = False
    region: str | None = None
    weekday: int | None = None
    minute: int | None = None


class Billed(NamedTuple):
    """One unit's part: USD for `amount`, at `price` for `per` of them, with the reason where another price stands in."""

    unit: str
    amount: float
    usd: float
    price: float
    per: float
    paid: str
    why: str = ""


class NotPriced(NamedTuple):
    """An amount that no price is known for; its cost is unknown, not zero."""

    unit: str
    amount: float
    reason: str


class Bill(NamedTuple):
    """The charges of a usage, what is not in them, and what was assumed.

    `model` is the full id that was priced; None where the name has no price at all. `source` is that of the prices.
    """

    model: str | None
    variant: str
    billed: tuple[Billed, ...]
    not_priced: tuple[NotPriced, ...] = ()
    assumed: tuple[str, ...] = ()
    source: Source | None = None

    @property
    def usd(self) -> float:
        """The sum of the charges; what is not priced is not in it."""
        return sum(line.usd for line in self.billed)


PriceOf = Callable[[str, date], ApiPrice]


def bill(
    catalog: Catalog, usage: Usage, on: date, price_of: PriceOf | None = None, own_names: Container[str] = ()
) -> Bill:
    """What a usage costs at a day's prices. `price_of` looks a full id (with `@variant`) up, default: the catalog's.

    `own_names` are models that only the user prices, by the names that the log has for them.

    Raises nothing for a usage that has no price: all its amounts are listed with the reason.
    """
    look_up = price_of or catalog.price
    assumed: list[str] = []
    try:
        own = usage.model.partition("@")[0] in own_names
        name, rule = (usage.model, "") if own else _named(catalog, usage.model)
        if rule:
            assumed.append(rule)
        price = _served(look_up, name, usage, on, assumed)
    except UnknownPrice as unknown:
        return Bill(None, usage.service_tier, (), _all_of(usage, unknown.what))
    multiplier = _region(catalog, price, usage.region, assumed)
    tier = _tier(price, usage.prompt_tokens)
    if price.up_to_tokens is not None and usage.prompt_tokens > price.up_to_tokens:
        assumed.append(f"{price.variant} is not sold above {price.up_to_tokens:,} input tokens: billed as standard")
    billed, missing = [], []
    for unit, amount in _amounts(price, usage).items():
        known = UNITS.get(unit)
        rate = None if known is None else rate_at(price, known.field, tier, batched=usage.batch)
        if known is None or rate is None:
            missing.append(NotPriced(unit, amount, _reason(price, known)))
            continue
        billed.append(_line(known, amount, rate, multiplier if known.is_tokens else 1.0))
    assumed += dict.fromkeys(line.why for line in billed if line.why)
    return Bill(price.model, price.variant, tuple(billed), tuple(missing), tuple(assumed), price.source)


def _named(catalog: Catalog, name: str) -> tuple[str, str]:
    """The full id with its variant of a logged name, and what a rule of the source assumed. Raises UnknownPrice."""
    if not name:
        raise UnknownPrice("the log names no model")
    base, at, variant = name.rpartition("@")
    match = catalog.logged(name)
    if match is None and at and base and catalog.find(base):
        return f"{catalog.resolve(base)}@{variant}", ""
    if match is None:
        raise UnknownPrice("not in the catalog")
    if match.model is None:
        raise UnknownPrice(match.rule)
    if not match.close:
        return match.model, f"{name} is priced as {match.model}: its name {match.rule}, which genai-prices goes by"
    if match.host:
        return match.model, f"{name}: {match.host} has no price of its own here, that of {match.model} is charged"
    return match.model, ""


def _served(look_up: PriceOf, name: str, usage: Usage, on: date, assumed: list[str]) -> ApiPrice:
    """The price of the tier that served a request, else that of its hour. Raises UnknownPrice."""
    tier = usage.service_tier.lower()
    tier = TIER_NAMES.get(tier, tier)
    if tier in COMMITTED:
        raise UnknownPrice(f"{tier} is committed capacity: it is paid by the hour, not by the token")
    standard = look_up(name, on)
    if tier not in STANDARD_TIERS and tier != "batch":
        bare = name.partition("@")[0]
        if tier not in standard.variants:
            raise UnknownPrice(f"no price at the tier {tier}")
        return look_up(f"{bare}@{tier}", on)
    if not standard.hours:
        return standard
    if usage.weekday is None or usage.minute is None:
        names = " and ".join(hours.variant for hours in standard.hours)
        assumed.append(f"the hour is not known: the standard price is charged, not that of {names} hours")
        return standard
    for hours in standard.hours:
        if hours.hold(usage.weekday, usage.minute):
            return look_up(f"{name}@{hours.variant}", on)
    return standard


def _region(catalog: Catalog, price: ApiPrice, region: str | None, assumed: list[str]) -> float:
    """What a region multiplies token prices by; one that nobody has a price for is listed."""
    if region is None or region.lower() in NO_REGION:
        return 1.0
    found = catalog.surcharge(price.model, region)
    if found is None:
        assumed.append(f"no price is known for the region {region}: the price of any region is charged")
        return 1.0
    return found.multiplier


def _tier(price: ApiPrice, prompt_tokens: float) -> LongContext | None:
    """The context tier that a request of this size falls in."""
    return next((tier for tier in reversed(price.long_context) if prompt_tokens > tier.above_tokens), None)


def _amounts(price: ApiPrice, usage: Usage) -> dict[str, float]:
    """What is billed: the amounts, the requests themselves where these have a price, seconds at their least."""
    amounts = {unit: amount for unit, amount in usage.amounts.items() if amount}
    if "requests_per_1000" in price.other:
        amounts["requests"] = usage.requests
    least = LEAST_SECONDS.get(price.model)
    if least is not None:
        for unit in ("audio_seconds", "input_audio_seconds"):
            if unit in amounts:
                amounts[unit] = max(amounts[unit], least * usage.requests)
    return amounts


def _line(unit: Unit, amount: float, rate: Rate, multiplier: float) -> Billed:
    price = rate.value * multiplier
    return Billed(unit.name, amount, amount * price / unit.per, price, unit.per, rate.paid, rate.why)


def _reason(price: ApiPrice, unit: Unit | None) -> str:
    if unit is None:
        return "nothing is known to be billed by this"
    return f"{price.model} has no price for {unit.name.replace('_', ' ')}"


def _all_of(usage: Usage, reason: str) -> tuple[NotPriced, ...]:
    return tuple(NotPriced(unit, amount, reason) for unit, amount in usage.amounts.items() if amount)
