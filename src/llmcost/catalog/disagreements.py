"""Where the catalog and another price table disagree, such as LiteLLM's `model_prices_and_context_window.json`.

That table is one JSON object: a name to `litellm_provider`, and USD a token (`input_cost_per_token`) or a search.
A name is looked up as a logged one, `provider/name` where it has a provider. Only figures that both have are compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from llmcost.catalog.catalog import Catalog
from llmcost.catalog.models import ApiPrice
from llmcost.errors import InputError, UnknownPrice

MAX_BYTES = 64 * 1024 * 1024
_PER_TOKEN = {
    "input_cost_per_token": "input_per_mtok",
    "output_cost_per_token": "output_per_mtok",
    "cache_read_input_token_cost": "cached_input_per_mtok",
    "cache_creation_input_token_cost": "cache_write_per_mtok",
    "cache_creation_input_token_cost_above_1hr": "cache_write_1h_per_mtok",
    "input_cost_per_audio_token": "input_audio_per_mtok",
    "output_cost_per_audio_token": "output_audio_per_mtok",
}
_BATCH = {"input_cost_per_token_batches": "input_per_mtok", "output_cost_per_token_batches": "output_per_mtok"}
_TIERS = ("priority", "flex")


class Disagreement(NamedTuple):
    """One figure that the two have differently, in USD as the field says."""

    name: str
    model: str
    price: str
    catalog: float
    other: float

    @property
    def ratio(self) -> float | None:
        """The other's over the catalog's; None where the catalog has 0."""
        return self.other / self.catalog if self.catalog else None


class Comparison(NamedTuple):
    """What was compared: the figures, those that differ, and the names that the catalog does not have."""

    compared: int
    models: int
    differing: list[Disagreement]
    unknown: list[str]


def compared(catalog: Catalog, text: str, where: str, on: date) -> Comparison:
    """The table in `text` against the catalog on a day. Raises InputError for what is no such table."""
    table = _table(text, where)
    figures = models = 0
    differing: list[Disagreement] = []
    unknown: list[str] = []
    for name, entry in table.items():
        if name == "sample_spec" or not isinstance(entry, Mapping):
            continue
        model = _model(catalog, name, entry)
        if model is None:
            unknown.append(name)
            continue
        models += 1
        for price, ours, theirs in _pairs(catalog, model, entry, on):
            figures += 1
            if abs(ours - theirs) > 1e-9 * max(abs(ours), abs(theirs), 1e-9):
                differing.append(Disagreement(name, model, price, ours, theirs))
    return Comparison(figures, models, sorted(differing, key=lambda one: (one.model, one.name, one.price)), unknown)


def _table(text: str, where: str) -> dict[str, Any]:
    try:
        table = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError(
            "this is no JSON", where=where, hint="give LiteLLM's model_prices_and_context_window.json"
        ) from None
    if not isinstance(table, dict) or not any(
        isinstance(entry, dict) and "litellm_provider" in entry for entry in table.values()
    ):
        hint = "give LiteLLM's model_prices_and_context_window.json: {NAME: {litellm_provider: ..., input_cost_per_token: ...}}"
        raise InputError("this is no price table that is known", where=where, hint=hint)
    return table


def _model(catalog: Catalog, name: str, entry: Mapping[str, Any]) -> str | None:
    """The catalog's model of a name in the table: a close match only, so that no neighbour is compared."""
    provider = str(entry.get("litellm_provider") or "").removesuffix("_converse").removesuffix("-language-models")
    own = name if "/" in name or not provider else f"{provider}/{name}"
    for each in dict.fromkeys((own, name)):
        try:
            match = catalog.logged(each)
        except UnknownPrice:
            continue
        if match is not None and match.close and match.model is not None:
            return match.model
    return None


def _pairs(catalog: Catalog, model: str, entry: Mapping[str, Any], on: date) -> Iterator[tuple[str, float, float]]:
    try:
        price = catalog.price(model, on)
    except UnknownPrice:
        return  # its first price lies ahead
    yield from _of(price, entry, "", "")
    for field, ours in _BATCH.items():
        figure = getattr(price.batch, ours)
        if figure is not None and _is_figure(entry.get(field)):
            yield f"batch.{ours}", figure, entry[field] * 1e6
    for tier in _TIERS:
        if tier in price.variants:
            yield from _of(catalog.price(f"{model}@{tier}", on), entry, f"_{tier}", f"{tier}.")
    for above in price.long_context:
        suffix = f"_above_{above.above_tokens // 1000}k_tokens"
        for field, ours in _PER_TOKEN.items():
            figure = getattr(above.rates, ours, None)
            if figure is not None and _is_figure(entry.get(field + suffix)):
                yield f"{ours} above {above.above_tokens:,}", figure, entry[field + suffix] * 1e6


def _of(price: ApiPrice, entry: Mapping[str, Any], suffix: str, label: str) -> Iterator[tuple[str, float, float]]:
    for field, ours in _PER_TOKEN.items():
        figure = getattr(price.rates, ours, None) if ours in price.rates._fields else price.other.get(ours)
        if figure is not None and _is_figure(entry.get(field + suffix)):
            yield label + ours, figure, entry[field + suffix] * 1e6


def _is_figure(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e6
