"""The lookup: a name and a day in, a price with its source out.

Records stay as they were parsed until they are asked for; what was built once is a dict get away.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

from llmcost.catalog.compiled import compiled_catalog
from llmcost.catalog.models import (
    ApiPrice,
    BuildCost,
    GpuPrice,
    GpuSpec,
    ModelFacts,
    ModelInfo,
    OpenModel,
    Retirement,
    Surcharge,
    TokenizerChange,
)
from llmcost.catalog.names import Names, open_model_id
from llmcost.catalog.price_record import api_price, in_effect
from llmcost.errors import InputError, UnknownPrice, did_you_mean
from llmcost.estimate import Source

if TYPE_CHECKING:
    from llmcost.catalog.files import Document
    from llmcost.catalog.matching import Match, Matching

NO_REGION = frozenset({"", "global", "not_available", "none", "default"})


def today() -> date:
    """The day prices are looked up on: LLMCOST_TODAY where it is set, else the clock's."""
    written = os.environ.get("LLMCOST_TODAY")
    if not written:
        return date.today()
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise InputError(
            f"{written!r} is not a day", where="LLMCOST_TODAY", hint="set LLMCOST_TODAY=2026-11-22"
        ) from None


@cache
def load_catalog() -> Catalog:
    """The catalog that ships with llmcost, read once a process."""
    return Catalog(compiled_catalog())


class Catalog:
    """Dated prices by name. A name is `model`, `provider/model` or an alias, each with `@variant`."""

    def __init__(self, compiled: dict[str, Any]) -> None:
        self.compiled = compiled
        self._names = Names(compiled["names"], compiled["prefixes"])
        self._rules: Matching | None = None
        self._prices: dict[tuple[str, date], ApiPrice] = {}
        self._built: dict[tuple[str, str, int], ApiPrice] = {}

    def price(self, name: str, on: date | None = None) -> ApiPrice:
        """The price of a model on a day (default: today), with its source. Raises UnknownPrice."""
        day = on or today()
        try:
            return self._prices[name, day]
        except KeyError:
            model, variant = self._model_and_variant(name)
            entries = self.compiled["models"][model]["prices"]
            position = in_effect(entries, day)
            if position is None:
                raise UnknownPrice(
                    f"{model} has no price on {day}",
                    hint=f"its first known price is of {entries[0][0]}; choose that day or a later one",
                ) from None
            price = self._price(model, variant, position)
            self._prices[name, day] = price
            return price

    def find(self, name: str) -> str | None:
        """The full id of a model without its variant; None where the catalog does not hold it.

        Raises UnknownPrice for an ambiguous name. Unlike `resolve` it looks for no suggestions.
        """
        base, at, variant = name.rpartition("@")
        found = self._find(name)
        if found is None and at and base:
            found = self._find(base)
            if found is not None and not self._has_variant(found, variant):
                found = self.matching.typed(name) or found
        return found or self.matching.typed(name) or (self.matching.typed(base) if base else None)

    @property
    def matching(self) -> Matching:
        """How platforms' names find their models."""
        if self._rules is None:
            from llmcost.catalog.matching import Matching

            self._rules = Matching(self.compiled["matching"])
        return self._rules

    def logged(self, name: str) -> Match | None:
        """The model that a name in a log stands for, and the rule that says so; None where none does.

        Raises UnknownPrice for a bare name that several hosts have at different prices.
        """
        from llmcost.catalog.matching import Match

        found = self._find(name) or self._find(name.lower())
        return Match(found, "") if found else self.matching.logged(name)

    def resolve(self, name: str) -> str:
        """The full id of a model, `provider/model`, without its variant. Raises UnknownPrice."""
        return self._model_and_variant(name)[0]

    def dated_prices(self, name: str) -> list[ApiPrice]:
        """Every dated entry of a model (that has the variant, where one is named), oldest first."""
        model, variant = self._model_and_variant(name)
        entries = self.compiled["models"][model]["prices"]
        return [
            self._price(model, variant, position)
            for position, entry in enumerate(entries)
            if variant == "standard" or variant in entry[5]
        ]

    def changes(self, name: str, start: date, end: date) -> list[date]:
        """The days after `start`, up to and with `end`, from which the model has a new entry."""
        days = (price.effective_from for price in self.dated_prices(name))
        return [day for day in days if day is not None and start < day <= end]

    def retirement(self, name: str) -> Retirement | None:
        """When a model stops answering; a fine-tune goes with its base where the provider says so."""
        model = self.resolve(name)
        days = self.compiled["retirements"]
        found = days.get(model)
        if found is None:
            base = self.compiled["models"][model].get("base_model")
            base_model = self._find(f"{model.split('/', 1)[0]}/{base}") if base else None
            found = days.get(base_model)
            if found is None or not found[1]:
                return None
        return Retirement(date.fromisoformat(found[0]), self._source(found[2]))

    def surcharge(self, model: str, region: str) -> Surcharge | None:
        """What a region adds to a model's token prices (`multiplier` 1: nothing); None where nobody says.

        `model` is a full id. The global endpoint, by whatever name, adds nothing.
        """
        if region.lower() in NO_REGION:
            return None
        provider, bare = model.split("/", 1) if "/" in model else ("", model)
        for owner, only, but, models, multiplier, source in self.compiled["regions"]:
            if owner != provider or (only is not None and region.lower() not in only) or region.lower() in but:
                continue
            if any(bare == one or (one.endswith("*") and bare.startswith(one[:-1])) for one in models):
                return Surcharge(region.lower(), multiplier, self._source(source))
        return None

    def regions(self, model: str) -> list[str]:
        """The regions that a model's provider names a price for; empty where any may be."""
        provider = model.split("/", 1)[0]
        named = (only or () for owner, only, *_ in self.compiled["regions"] if owner == provider)
        return list(dict.fromkeys(region for regions in named for region in regions))

    def long_context_thresholds(self) -> tuple[int, ...]:
        """Every prompt size above which some model, on some day and in some variant, has other prices."""
        found: set[int] = set()
        models = self.compiled["models"]
        for model in models:
            for entry in models[model]["prices"]:
                for tiers in (entry[4], *(variant[1] for variant in entry[5].values())):
                    found.update(int(tier[0]) for tier in tiers)
                found.update(up for v in entry[5].values() if (up := (v[3] or {}).get("up_to_tokens")))
        return tuple(sorted(found))

    def model_ids(self) -> list[str]:
        """All full ids, `provider/model`."""
        return list(self.compiled["models"])

    def model_info(self, name: str) -> ModelInfo:
        """What is known of a model besides its prices."""
        model = self.resolve(name)
        record = self.compiled["models"][model]
        return ModelInfo(
            model=model,
            provider=model.split("/", 1)[0],
            name=record["name"],
            aliases=tuple(record.get("aliases", ())),
            context_window=record.get("context_window"),
            base_model=record.get("base_model"),
            deprecated=record.get("deprecated", False),
        )

    def tokenizer_change(self, model: str, other: str) -> TokenizerChange | None:
        """How many tokens a text is on the newer of two models over the older, where that changed."""
        names = {self._facts(name).tokenizer: name for name in (model, other)}
        for name, (low, high, source) in self.compiled.get("tokenizers", {}).items():
            if names.keys() == {name, f"-{name}"}:
                return TokenizerChange(low, high, names[f"-{name}"], self._source(source))
        return None

    def _facts(self, name: str) -> ModelFacts:
        found = self.compiled.get("facts", {}).get(self.find(name))
        return ModelFacts() if found is None else ModelFacts(found[0], found[1], found[2], self._source(found[3]))

    # GPUs and what a build costs

    def gpu_names(self) -> list[str]:
        """All GPUs that have a price or a specification."""
        return list(dict.fromkeys([*self.compiled["gpus"], *self.compiled["gpu_prices"]]))

    def gpu(self, name: str) -> GpuSpec:
        """The hardware facts of a GPU. Raises UnknownPrice."""
        gpu = self._gpu_name(name)
        if gpu not in self.compiled["gpus"]:
            raise UnknownPrice(
                f"the catalog has no specification of {gpu}", hint="llmcost prices list --gpus shows all"
            )
        memory, bandwidth, bf16, fp8, fp4, tdp, interconnect, note, source = self.compiled["gpus"][gpu]
        return GpuSpec(gpu, memory, bandwidth, bf16, fp8, fp4, tdp, interconnect, self._source(source), note)

    def gpu_prices(self, gpu: str, provider: str | None = None, on: date | None = None) -> list[GpuPrice]:
        """Each provider's price of a GPU on a day, the cheapest on demand first. Never empty."""
        day = on or today()
        dated = self.dated_gpu_prices(gpu, provider)
        latest = {
            price.provider: price for price in dated if price.effective_from is None or price.effective_from <= day
        }
        if not latest:
            first = min(price.effective_from for price in dated if price.effective_from)
            raise UnknownPrice(
                f"{dated[0].gpu} has no price on {day}",
                hint=f"its first known price is of {first}; choose that day or a later one",
            )
        return sorted(latest.values(), key=lambda price: price.usd_per_gpu_hour)

    def dated_gpu_prices(self, gpu: str, provider: str | None = None) -> list[GpuPrice]:
        """Every dated price of a GPU, a provider's oldest first. Never empty. Raises UnknownPrice."""
        name = self._gpu_name(gpu)
        prices = [self._gpu_price(name, entry) for entry in self.compiled["gpu_prices"].get(name, ())]
        if provider is None:
            if not prices:
                raise UnknownPrice(f"the catalog has no price of {name}", hint="give usd_per_gpu_hour instead")
            return prices
        found = [price for price in prices if price.provider.lower() == provider.lower()]
        if not found:
            offering = ", ".join(dict.fromkeys(price.provider for price in prices))
            raise UnknownPrice(
                f"the catalog has no price of {name} at {provider!r}",
                hint=f"choose one of {offering}" if offering else "give usd_per_gpu_hour instead",
            )
        return found

    def open_model(self, name: str) -> OpenModel:
        """The architecture of an open model, by its id, an alias, or its maker's own name. Raises UnknownPrice."""
        known = self.compiled["open_models"]
        found = open_model_id(name, known)
        if found is None:
            shown = did_you_mean(name, known) or f"known: {', '.join(known)}"
            raise UnknownPrice(
                f"unknown open model {name!r}",
                hint=f"{shown}; or describe it under models:, or give --config config.json",
            )
        *figures, licence, aliases, note, source = known[found]
        parameters, layers, kv_heads, head_size, width, heads, context, window, sliding, *rest = figures
        active, experts, chosen, shared, expert_layers, latent, linear, state, embedding, *last = rest
        return OpenModel(
            *(found, parameters, layers, kv_heads, head_size, width, self._source(source)),
            *(heads, context, window, sliding or 0, licence, tuple(aliases), note),
            *(active, experts, chosen, shared, expert_layers, latent, linear or 0, state, embedding, *last),
        )

    def open_models(self) -> list[OpenModel]:
        """Every open model whose architecture is known."""
        return [self.open_model(name) for name in self.compiled["open_models"]]

    def build_cost(self, name: str) -> BuildCost:
        """One part of what a fine-tune costs to build and keep. Raises UnknownPrice."""
        try:
            low, high, unit, cadence, note, source = self.compiled["build"][name]
        except KeyError:
            known = self.compiled["build"]
            raise UnknownPrice(f"unknown build cost {name!r}", hint=did_you_mean(name, known)) from None
        return BuildCost(name, low, high, unit, cadence, self._source(source), note)

    def build_costs(self) -> list[BuildCost]:
        """All parts of what a fine-tune costs to build and keep."""
        return [self.build_cost(name) for name in self.compiled["build"]]

    # the user's own prices

    def overlaid(self, files: Sequence[Document]) -> Catalog:
        """This catalog under the user's own files, the later the stronger; what they set is marked."""
        from llmcost.catalog.overlay import overlaid

        return Catalog(overlaid(self.compiled, files)) if files else self

    # building what is asked for

    def _model_and_variant(self, name: str) -> tuple[str, str]:
        model = self._find(name)
        if model is not None:
            return model, "standard"
        base, at, variant = name.rpartition("@")
        model = self._find(base) if at and base else None
        if model is None or not self._has_variant(model, variant):
            whole = self.matching.typed(name)  # an @ of the platform's, such as Vertex's @default
            if whole is not None:
                return whole, "standard"
        if model is None:
            model = self.matching.typed(base) if at and base else None
        if model is None:
            self._refuse_model(name)
        variants = self._variants(model)
        if variant != "standard" and variant not in variants:
            raise UnknownPrice(
                f"{model} has no variant {variant!r}",
                hint=f"choose one of {', '.join(('standard', *variants))}",
            )
        return model, variant

    def _find(self, name: str) -> str | None:
        """The full id, None for an unknown name. Raises UnknownPrice for an ambiguous one."""
        models = self.compiled["models"]
        if name in models:
            return name
        found = self._names.find(name)
        if found is None and "/" in name:
            provider, bare = name.split("/", 1)
            own = {model: models[model] for model in models if model.startswith(provider + "/")}
            if own:
                from llmcost.catalog.names import name_table

                found = name_table(own).find(bare)
        if isinstance(found, list):
            priced = [f"{model} ({self._shown_price(model)})" for model in found]
            raise UnknownPrice(f"the model {name!r} is ambiguous", hint="choose one of " + ", ".join(priced))
        return found

    def _shown_price(self, model: str) -> str:
        rates = self.compiled["models"][model]["prices"][-1][1]
        return f"{rates[0]:g} in, {rates[1]:g} out" if None not in rates[:2] else "incomplete"

    def _refuse_model(self, name: str) -> NoReturn:
        models = self.compiled["models"]
        known = list(models) if "/" in name else [model.split("/", 1)[1] for model in models]
        near = did_you_mean(name, known)
        listing = "llmcost prices list shows all models"
        raise UnknownPrice(f"unknown model {name!r}", hint=f"{near} {listing}" if near else listing)

    def _has_variant(self, model: str, variant: str) -> bool:
        return variant == "standard" or variant in self._variants(model)

    def _variants(self, model: str) -> tuple[str, ...]:
        entries = self.compiled["models"][model]["prices"]
        return tuple(dict.fromkeys(variant for entry in entries for variant in entry[5]))

    def _price(self, model: str, variant: str, position: int) -> ApiPrice:
        key = (model, variant, position)
        if key not in self._built:
            price = api_price(model, self.compiled["models"][model], position, variant, self._source)
            self._built[key] = price._replace(facts=self._facts(model))
        return self._built[key]

    def _gpu_price(self, gpu: str, entry: list[Any]) -> GpuPrice:
        provider, effective_from, region, on_demand, spot, note, source = entry
        day = None if effective_from is None else date.fromisoformat(effective_from)
        return GpuPrice(provider, gpu, on_demand, self._source(source), spot, day, region, note)

    def _gpu_name(self, name: str) -> str:
        known = self.gpu_names()
        for gpu in known:
            if gpu.lower() == name.lower():
                return gpu
        forms = [gpu for gpu in known if name and gpu.lower().startswith(name.lower())]
        near = "" if forms else did_you_mean(name, known)
        raise UnknownPrice(f"unknown GPU {name!r}", hint=near or f"choose one of {', '.join(forms or known)}")

    def _source(self, index: int) -> Source:
        title, url, checked_on, published_in, packaged_on = self.compiled["sources"][index]
        return Source(title, url, _day(checked_on), published_in, _day(packaged_on))

    def __iter__(self) -> Iterator[str]:
        return iter(self.compiled["models"])


def _day(written: str | None) -> date | None:
    return None if written is None else date.fromisoformat(written)
