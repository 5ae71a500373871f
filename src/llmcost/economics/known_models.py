"""Every model that a scenario sends requests to has a price, and every key that names one names one that there is."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from llmcost.architectures.flow import architecture_of
from llmcost.architectures.gpus import Gpu
from llmcost.architectures.price_changes import BATCH_TIER
from llmcost.architectures.prices import Prices
from llmcost.errors import InputError, did_you_mean
from llmcost.scenario import Scenario
from llmcost.validation import Where


def check_models(scenario: Scenario, prices: Prices, data: Mapping[str, Any], where: Where) -> None:
    """Raise UnknownPrice, with its place in the scenario's plain data, for a model that nobody prices."""
    for name, architecture in scenario.architectures.items():
        for part in ("router", "verifier"):
            model = getattr(getattr(architecture, part, None), "model", None)
            if model is not None:
                _check_known(prices, model, where(["architectures", name, part, "model"], False), ())
        for target in architecture.targets():
            if architecture_of(target, name, scenario.architectures) is None:
                _check_known(prices, target, _place_of(data, where, name, target), scenario.architectures)
    for old, new in scenario.successors.items():
        _check_known(prices, new, where(["successors", old], False), ())


def check_names(scenario: Scenario, prices: Prices, where: Where) -> None:
    """Raise InputError, with its place, for a key that names neither a model of the scenario nor of the catalog."""
    named = dict.fromkeys(scenario.architectures)
    for architecture in scenario.architectures.values():
        sides = (getattr(getattr(architecture, part, None), "model", None) for part in ("router", "verifier"))
        own = getattr(architecture, "model", None)
        named |= dict.fromkeys(model for model in (*sides, *architecture.targets(), own) if model)
    for old in scenario.successors:
        _check_named(prices, old, where(["successors", old], True), named)
    providers = {model.split("/", 1)[0] for model in prices.catalog.model_ids()}
    for name in scenario.prices:
        if name == "*" or (name.endswith("/*") and name[:-2] in providers):
            continue
        _check_named(prices, name, where(["prices", name], True), named)
    for name in (*scenario.quality, *(n for s in scenario.segments.values() for n in s.quality)):
        _check_named(prices, name, where(["quality", name], True), named)

    for name, model in scenario.models.items():
        if not model.described:
            _check_named(prices, name, where(["models", name], True), named)
    _check_price_changes(scenario, prices, where, named)


def _check_price_changes(scenario: Scenario, prices: Prices, where: Where, named: Iterable[str]) -> None:
    """A model, a tier or a GPU whose price changes is one of the scenario's; else it would change nothing, unnoticed."""
    changes, path = scenario.price_change_per_year, "price_change_per_year"
    for name in changes.models:
        _check_named(prices, name, where([path, "models", name], True), named)
    tiers = {"standard", BATCH_TIER}
    for model in named if changes.tiers else ():
        with suppress(InputError):  # an architecture, or a model whose name or price is wrong elsewhere
            tiers |= set(prices.price(model, scenario.start).variants)
    rented = {gpu.name.lower(): gpu.name for gpu in _rented(scenario) if gpu.name is not None}
    for block, known in (("tiers", {tier: tier for tier in tiers}), ("gpus", rented)):
        for name in getattr(changes, block):
            if name.lower() not in known:
                raise InputError(
                    f"{name!r} is no {'service tier' if block == 'tiers' else 'rented GPU'} of this scenario",
                    where=where([path, block, name], True),
                    hint=did_you_mean(name, known.values())
                    or f"name one of: {', '.join(sorted(known.values())) or 'none'}",
                )


def _rented(scenario: Scenario) -> Iterator[Gpu]:
    for architecture in scenario.architectures.values():
        served = architecture.served_by()
        if served is not None and served.gpu is not None and not served.gpu.owned:
            yield served.gpu


def _check_known(prices: Prices, model: str, place: str, others: Iterable[str]) -> None:
    try:
        prices.known(model)
    except InputError as error:
        near = did_you_mean(model, [name for name in others if name != model])
        raise error.said(where=place, hint=near or error.hint) from None


def _check_named(prices: Prices, name: str, place: str, named: Iterable[str]) -> None:
    names = list(named)
    bare = name.partition("@")[0]
    if name in names or bare in names:
        return
    used = {each for full in names for each in (full, full.partition("@")[0], full.rsplit("/", 1)[-1])}
    if bare in used or name in used or prices.catalog.find(name) is not None:
        return
    bare_ids = (model.split("/", 1)[-1] for model in prices.catalog.model_ids())
    near = did_you_mean(name, dict.fromkeys([*names, *bare_ids])) or "llmcost prices list shows every model"
    raise InputError(f"{name!r} is neither a model nor an architecture here", where=place, hint=near)


def _place_of(data: Mapping[str, Any], where: Where, name: str, target: str) -> str:
    """Where an architecture names this target: the value, or the key of a mix."""
    body = data.get("architectures", {}).get(name, {})
    path: list[str | int] = ["architectures", name]
    for field, value in body.items() if isinstance(body, Mapping) else ():
        if value == target or (isinstance(value, Mapping | Sequence) and target in value):
            path.append(field)
            if isinstance(value, Mapping):
                return where([*path, target], True)
            if isinstance(value, list):
                path.append(value.index(target))
            break
        if isinstance(value, Mapping) and value.get("model") == target:
            path += [field, "model"]
            break
    return where(path, False)
