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
    LongContext,
    ModelInfo,
    OpenModel,
    Rates,
    Retirement,
)
from llmcost.catalog.names import Names
from llmcost.errors import InputError, UnknownPrice, did_you_mean
from llmcost.estimate import Source

if TYPE_CHECKING:
    from llmcost.catalog.files import Document

_NO_RATES = Rates()


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
        self._prices: dict[tuple[str, date], ApiPrice] = {}
        self._built: dict[tuple[str, str, int], ApiPrice] = {}

    # models

    def price(self, name: str, on: date | None = None) -> ApiPrice:
        """The price of a model on a day (default: today), with its source. Raises UnknownPrice."""
        day = on or today()
        try:
            return self._prices[name, day]
        except KeyError:
            model, variant = self._model_and_variant(name)
            entries = self.compiled["models"][model]["prices"]
            position = _in_effect(entries, day)
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
        base = name.rpartition("@")[0]
        return self._find(name) or (self._find(base) if base else None)

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

    def long_context_thresholds(self) -> tuple[int, ...]:
        """Every prompt size above which some model, on some day and in some variant, has other prices."""
        found: set[int] = set()
        models = self.compiled["models"]
        for model in models:
            for entry in models[model]["prices"]:
                for tiers in (entry[4], *(variant[1] for variant in entry[5].values())):
                    found.update(int(tier[0]) for tier in tiers)
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

    def _variants(self, model: str) -> tuple[str, ...]:
        entries = self.compiled["models"][model]["prices"]
        return tuple(dict.fromkeys(variant for entry in entries for variant in entry[5]))

    def _price(self, model: str, variant: str, position: int) -> ApiPrice:
        key = (model, variant, position)
        if key not in self._built:
            self._built[key] = self._build(model, variant, position)
        return self._built[key]

    def _build(self, model: str, variant: str, position: int) -> ApiPrice:
        record = self.compiled["models"][model]
        entry = record["prices"][position]
        effective_from, rates, source, batch, long_context, variants, per_hour, note, *override = entry
        day = None if effective_from is None else date.fromisoformat(effective_from)
        if variant != "standard":
            if variant not in variants:
                since = next(e[0] for e in record["prices"] if variant in e[5])
                raise UnknownPrice(
                    f"{model} has no {variant} price before {since}"
                    if since
                    else f"{model} has no {variant} price then",
                    hint=f"choose {since or 'an earlier day'} or a later day, or {model} alone",
                )
            (rates, long_context, note), batch = variants[variant], None
        return ApiPrice(
            model=model,
            rates=Rates(*rates),
            source=self._source(source),
            effective_from=day,
            batch=_rates(batch),
            long_context=tuple(LongContext(above, Rates(*r), _rates(b)) for above, r, b in long_context),
            variant=variant,
            variants=tuple(variants),
            tokens_factor=record.get("tokens_factor", 1.0),
            hosting_usd_per_hour=per_hour[0],
            training_usd_per_mtok=per_hour[1],
            training_usd_per_hour=per_hour[2],
            overridden=tuple((field, figure) for field, figure in override[0]) if override else (),
            override_source=self._source(override[1]) if override else None,
            note=note,
        )

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


def open_model_id(name: str, known: dict[str, Any]) -> str | None:
    """`Llama-3.1-8B-Instruct`, `meta-llama/Llama-3.1-8B`: the id without maker, case and form."""
    bare = _plain(name)
    for model, record in known.items():
        if bare == model or name == model:
            return model
        if any(bare == _plain(alias) or name == alias for alias in record[-3]):
            return model
    return None


def _plain(name: str) -> str:
    bare = name.lower().rsplit("/", 1)[-1]
    for form in ("-hf", "-instruct", "-it", "-chat", "-base"):
        bare = bare.removesuffix(form)
    return bare


def _in_effect(entries: list[list[Any]], day: date) -> int | None:
    """The position of the latest entry that has begun; entries are sorted, an undated one first."""
    written = day.isoformat()
    found = None
    for position, entry in enumerate(entries):
        if entry[0] is None or entry[0] <= written:
            found = position
    return found


def _rates(compiled: list[float | None] | None) -> Rates:
    return Rates(*compiled) if compiled else _NO_RATES


def _day(written: str | None) -> date | None:
    return None if written is None else date.fromisoformat(written)
