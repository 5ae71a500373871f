"""From a draft to a checked Scenario, a catalog and a day."""

import re
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from llmcost.architectures.prices import Prices
from llmcost.catalog import Catalog, load_catalog, today
from llmcost.cli.draft import Draft
from llmcost.cli.options import Values
from llmcost.economics.uncertainty import Sampling
from llmcost.errors import InputError, did_you_mean
from llmcost.quantity import QuantityError, at_middle, quantity, shown
from llmcost.scenario import Requirements, Scenario, scenario_from

if TYPE_CHECKING:
    pass


class Asked(NamedTuple):
    """Everything a command computes on."""

    scenario: Scenario
    catalog: Catalog
    as_of: date
    sampling: Sampling
    given_start: bool
    traffic: Any = None  # of the logs that the scenario or --usage names

    @property
    def prices(self) -> Prices:
        """The catalog under the scenario's own prices."""
        return Prices(self.catalog, self.scenario.prices, self.scenario.successors)

    @property
    def requirements(self) -> Requirements:
        """The gates; one that is a range stands at its middle."""
        gates: Requirements = at_middle(self.scenario.requirements)
        return gates


def day(text: str | None) -> date:
    """`--as-of`, else today."""
    if text is None:
        return today()
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise InputError(f"{shown(text)} is not a day", where="--as-of", hint="type a day such as 2026-11-22") from None


def asked(draft: Draft, flags: Values) -> Asked:
    """Read the catalog and the scenario, and check every name that it uses."""
    as_of = day(flags.get("as_of"))
    catalog = load_catalog()
    if flags.get("catalog"):
        from llmcost.catalog.files import read_yaml

        catalog = catalog.overlaid([read_yaml(path) for path in flags["catalog"]])
    given_start = "start" in draft.data
    _add_baseline_model(draft)
    traffic = None
    if flags.get("usage") or draft.data.get("usage"):
        from llmcost.cli.measured import measured

        traffic = measured(draft, flags, catalog, as_of)
    scenario = scenario_from(draft.data, draft.where, today=as_of)
    check_models(scenario, catalog, draft)
    if any(architecture.served_by() is not None for architecture in scenario.architectures.values()):
        from llmcost.economics.plausibility import refuse_impossible

        refuse_impossible(scenario, Prices(catalog, scenario.prices, scenario.successors), draft.where)
    return Asked(scenario, catalog, as_of, sampling(flags), given_start, traffic)


def _add_baseline_model(draft: Draft) -> None:
    """`--baseline MODEL` adds the model as an architecture of its own."""
    baseline = draft.data.get("baseline")
    architectures = draft.data.get("architectures")
    written_by_flag = draft.where(["baseline"]) == "--baseline"
    if written_by_flag and isinstance(baseline, str) and baseline not in (architectures or {}):
        known = [*(architectures or {})]
        try:
            load_catalog().resolve(baseline)
        except InputError as error:
            if baseline.partition("@")[0] not in draft.data.get("prices", {}):
                hint = did_you_mean(baseline, known) or error.hint
                raise InputError(
                    f"the baseline {baseline!r} is neither an architecture nor a model", where="--baseline", hint=hint
                ) from None
        draft.put(("architectures", baseline), {"kind": "api", "model": baseline}, "--baseline")


def check_models(scenario: Scenario, catalog: Catalog, draft: Draft) -> None:
    """Every model that the scenario names has a price, or an error with its place."""
    from llmcost.architectures.flow import architecture_of

    prices = Prices(catalog, scenario.prices, scenario.successors)
    named: dict[str, None] = dict.fromkeys(scenario.architectures)
    for name, architecture in scenario.architectures.items():
        for part in ("router", "verifier"):
            model = getattr(getattr(architecture, part, None), "model", None)
            if model is not None:
                named[model] = None
                _check_known(prices, model, draft.where(["architectures", name, part, "model"]), ())
        for target in architecture.targets():
            named[target] = None
            if architecture_of(target, name, scenario.architectures) is None:
                _check_known(prices, target, _place_of(draft, name, target), scenario.architectures)
        if getattr(architecture, "model", None):
            named[architecture.model] = None  # type: ignore[attr-defined]
    for old, new in scenario.successors.items():
        _check_known(prices, new, draft.where(["successors", old]), ())
        _check_named(prices, old, draft.where(["successors", old], True), named)
    for name in scenario.prices:
        _check_named(prices, name, draft.where(["prices", name], True), named)
    for name in (*scenario.quality, *(n for s in scenario.segments.values() for n in s.quality)):
        _check_named(prices, name, draft.where(["quality", name], True), named)


def _check_known(prices: Prices, model: str, place: str, others: Iterable[str]) -> None:
    """The model has a price: the catalog's or the user's."""
    try:
        prices.known(model)
    except InputError as error:
        raise type(error)(error.what, where=place, hint=did_you_mean(model, others) or error.hint) from None


def _check_named(prices: Prices, name: str, place: str, named: Iterable[str]) -> None:
    """A key that names a model or an architecture names one that there is."""
    names = list(named)
    bare = name.partition("@")[0]
    used = {each for full in names for each in (full, full.partition("@")[0], full.rsplit("/", 1)[-1])}
    if bare in used or name in used or prices.catalog.find(name) is not None:
        return
    bare_ids = (model.split("/", 1)[-1] for model in prices.catalog.model_ids())
    near = did_you_mean(name, dict.fromkeys([*names, *bare_ids])) or "llmcost prices list shows every model"
    raise InputError(f"{name!r} is neither a model nor an architecture here", where=place, hint=near)


def _place_of(draft: Draft, name: str, target: str) -> str:
    body = draft.data.get("architectures", {}).get(name, {})
    path: list[str | int] = ["architectures", name]
    for field, value in body.items() if isinstance(body, dict) else ():
        if value == target or (isinstance(value, dict | list) and target in value):
            path.append(field)
            if isinstance(value, dict):
                return draft.where([*path, target], True)
            if isinstance(value, list):
                path.append(value.index(target))
            break
        if isinstance(value, dict) and value.get("model") == target:
            path += [field, "model"]
            break
    return draft.where(path)


def sampling(flags: Values) -> Sampling:
    """How ranges are drawn."""
    found = Sampling()
    for field in ("samples", "seed"):
        text = flags.get(field)
        if text is not None:
            if not re.fullmatch(r"\d{1,9}", text):
                raise InputError(
                    f"{shown(text)} is not a whole number", where=f"--{field}", hint=f"type --{field} 4096"
                )
            found = found._replace(samples=int(text)) if field == "samples" else found._replace(seed=int(text))
    if flags.get("range_covers") is not None:
        covers = number_flag(flags["range_covers"], "--range-covers")
        found = found._replace(covers=covers)
    return found.checked()


def number_flag(text: str, flag: str) -> float:
    """One number from a flag, no range."""
    try:
        value = quantity(text)
    except QuantityError as error:
        raise InputError(error.what, where=flag, hint=error.hint) from None
    if not isinstance(value, float | int):
        raise InputError(f"{shown(text)} is a range", where=flag, hint="type one number")
    return value


def for_the_day(asked_: Asked) -> Asked:
    """Price the first month as of the day asked for, unless the scenario says when it starts."""
    if asked_.given_start:
        return asked_
    return asked_._replace(scenario=asked_.scenario.model_copy(update={"start": asked_.as_of}))
