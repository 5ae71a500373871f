"""What `llmcost prices list` shows: the models' prices on a day, filtered, current models first, then the cheapest."""

from __future__ import annotations

import re
from datetime import date
from typing import Literal, NamedTuple, get_args

from llmcost.catalog.catalog import Catalog
from llmcost.catalog.families import current_models
from llmcost.catalog.models import ApiPrice, GpuPrice, ModelInfo, Retirement
from llmcost.errors import InputError, UnknownPrice, did_you_mean

Tier = Literal["cheap", "mid", "dear"]
CHEAP_UP_TO = 1.0
MID_UP_TO = 6.0
BLEND = "3 input tokens to 1 output token"

_OTHER_THAN_TEXT = re.compile(
    r"audio|image|banana|tts|embed|realtime|transcribe|moderation|\bocr|-ocr|video|robotics|-live|live-|voice|voxtral"
    r"|whisper|sonic|orpheus|omni|:free|:extended",
    re.IGNORECASE,
)


class Listed(NamedTuple):
    """A model with its price on a day; `current` where its family has no newer one and it is not to retire."""

    info: ModelInfo
    price: ApiPrice
    retirement: Retirement | None
    current: bool = True

    @property
    def tier(self) -> Tier | None:
        """By blended price; None where a rate is unknown."""
        blended = self.price.rates.blended_per_mtok
        if blended is None:
            return None
        return "cheap" if blended <= CHEAP_UP_TO else "mid" if blended <= MID_UP_TO else "dear"


def listed(
    catalog: Catalog,
    on: date,
    *,
    provider: str | None = None,
    tier: str | None = None,
    max_input_per_mtok: float | None = None,
    search: str | None = None,
    every: bool = False,
) -> list[Listed]:
    """The models that pass every filter, current ones first, then by blended price; one without any price is left out.

    Only those that read and write text, unless `every` is asked for.
    """
    providers = dict.fromkeys(model.split("/", 1)[0] for model in catalog)
    if provider is not None and provider not in providers:
        hint = did_you_mean(provider, providers) or f"choose one of {', '.join(providers)}"
        raise InputError(f"unknown provider {provider!r}", where="--provider", hint=hint)
    if tier is not None and tier not in get_args(Tier):
        hint = f"choose one of {', '.join(get_args(Tier))}"
        raise InputError(f"unknown tier {tier!r}", where="--tier", hint=hint)
    found = []
    current = current_models(catalog, on)
    for model in catalog:
        if provider is not None and model.split("/", 1)[0] != provider:
            continue
        entry = _listed(catalog, model, on)
        if entry is None or not (every or is_text_model(entry)) or not _matches(entry, search):
            continue
        entry = entry._replace(current=model in current)
        rate = entry.price.rates.input_per_mtok
        if max_input_per_mtok is not None and (rate is None or rate > max_input_per_mtok):
            continue
        if tier is None or entry.tier == tier:
            found.append(entry)
    return sorted(found, key=_order)


def is_text_model(entry: Listed) -> bool:
    """Whether a model reads and writes text at published prices: no embedding, no speech, no pictures, no pages."""
    rates = entry.price.rates
    priced = bool(rates.input_per_mtok and rates.output_per_mtok)
    reseller = entry.price.source.title.startswith("OpenRouter's list")
    return priced and not reseller and not _OTHER_THAN_TEXT.search(entry.info.model.partition("/")[2])


def listed_gpus(catalog: Catalog, on: date, search: str | None = None) -> list[GpuPrice]:
    """Every provider's price of every GPU on a day, the cheapest of each GPU first."""
    prices: list[GpuPrice] = []
    for gpu in catalog.gpu_names():
        if search and search.lower() not in gpu.lower():
            continue
        try:
            prices += catalog.gpu_prices(gpu, on=on)
        except UnknownPrice:
            continue  # a GPU that nobody rents, or not yet on this day, has no line
    return prices


def _listed(catalog: Catalog, model: str, on: date) -> Listed | None:
    try:
        return Listed(catalog.model_info(model), catalog.price(model, on), catalog.retirement(model))
    except UnknownPrice:
        return None


def _matches(entry: Listed, search: str | None) -> bool:
    words = (search or "").lower().split()
    text = f"{entry.info.model} {entry.info.name} {' '.join(entry.info.aliases)}".lower()
    return all(word in text for word in words)


def _order(entry: Listed) -> tuple[bool, bool, float, str]:
    blended = entry.price.rates.blended_per_mtok
    return not entry.current, blended is None, blended or 0.0, entry.info.model
