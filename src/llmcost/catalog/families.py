"""Which models are generations of one another, and which is today's next smaller one.

A model's id is read as words and a version: `claude-haiku-4-5` is version 4.5 of (claude, haiku),
`gpt-4.1-mini` version 4.1 of (gpt, mini). Dates and words such as `latest` say neither. A model is
current where its family has no newer version that the catalog prices.
"""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from llmcost.catalog.catalog import Catalog
from llmcost.catalog.models import ApiPrice
from llmcost.errors import UnknownPrice

CLEARLY_SMALLER = 0.5  # of the blended price: below it a model is the next smaller one
_SAYS_NOTHING = {"latest", "preview", "exp", "experimental", "chat"}
_DATE = re.compile(r"[-:]v\d(?::\d)?$|\d{4}-\d{2}-\d{2}|(?<![\d.])\d{4}(?:\d{2}){0,2}(?![\d.])")
_VERSIONED = re.compile(r"([a-z]*?)(\d{1,2}(?:\.\d{1,2})*)o?")


class Family(NamedTuple):
    """The models that follow one another: one provider, the same words."""

    provider: str
    words: tuple[str, ...]


def family_of(model: str) -> tuple[Family, tuple[int, ...]]:
    """The family and the version of a full id, `provider/model`; an id without digits has version ()."""
    provider, _, name = model.rpartition("/")
    words: list[str] = []
    version: list[int] = []
    for token in re.split(r"[-_ ]+", _DATE.sub("", name.lower())):
        found = _VERSIONED.fullmatch(token)
        if found is not None:
            version += [int(part) for part in found[2].split(".")]
            token = found[1]
        if token and token not in _SAYS_NOTHING:
            words.append(token)
    return Family(provider, tuple(words)), tuple(version)


def newer_and_cheaper(catalog: Catalog, name: str, on: date) -> ApiPrice | None:
    """The newest model of the same family that costs less on a day and nothing more in any bucket, if there is one.

    Raises UnknownPrice for a model that the catalog does not hold.
    """
    own = catalog.price(name, on)
    if own.variant != "standard" or own.overridden:
        return None
    family, version = family_of(own.model)
    best: tuple[tuple[int, ...], ApiPrice] | None = None
    for model in catalog.model_ids():
        other, generation = family_of(model)
        if other != family or generation <= version or (best is not None and generation <= best[0]):
            continue
        price = _served(catalog, model, on)
        if price is not None and _costs_less(price, own):
            best = generation, price
    return None if best is None else best[1]


def smaller_than(catalog: Catalog, name: str, on: date) -> str | None:
    """The id of the provider's newest model at half the blended price or less; of several, the one nearest in price.

    One with the same first word goes before others (gpt before o). None where the provider has no cheaper one
    that is current. Raises UnknownPrice for an unknown model.
    """
    own = catalog.price(name, on)
    limit = own.rates.blended_per_mtok
    if limit is None:
        return None
    family, _ = family_of(own.model)
    found: list[tuple[bool, tuple[int, ...], float, str]] = []
    for model in current_models(catalog, on):
        if not model.startswith(f"{family.provider}/"):
            continue
        price = catalog.price(model, on).rates.blended_per_mtok
        if price is not None and 0 < price <= CLEARLY_SMALLER * limit:
            other, version = family_of(model)
            found.append((other.words[:1] == family.words[:1], version, price, model))
    return max(found)[-1] if found else None


def current_models(catalog: Catalog, on: date) -> set[str]:
    """Every priced model that is still served and has no newer version in its family."""
    newest: dict[Family, tuple[tuple[int, ...], str]] = {}
    for model in catalog.model_ids():
        family, version = family_of(model)
        if version and version >= newest.get(family, ((), ""))[0] and _served(catalog, model, on) is not None:
            newest[family] = (version, model)
    return {model for _, model in newest.values()}


def _served(catalog: Catalog, model: str, on: date) -> ApiPrice | None:
    """The price of a model with both rates that neither has retired nor is about to, as far as anybody knows."""
    try:
        price = catalog.price(model, on)
    except UnknownPrice:
        return None
    if price.rates.input_per_mtok is None or price.rates.output_per_mtok is None:
        return None
    if catalog.retirement(model) is not None or catalog.model_info(model).deprecated:
        return None
    return price


def _costs_less(price: ApiPrice, than: ApiPrice) -> bool:
    """Whether no bucket costs more and one costs less; a bucket without a price on either side settles nothing."""
    pairs = [(a, b) for a, b in zip(price.rates, than.rates, strict=True) if a is not None and b is not None]
    if price.rates.input_per_mtok is None or price.rates.output_per_mtok is None:
        return False
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)
