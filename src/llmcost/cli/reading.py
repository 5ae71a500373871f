"""From a scenario file and flags to a Scenario, a catalog and a day. Flags override the file."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from os.path import dirname
from typing import TYPE_CHECKING, Any, NamedTuple

from llmcost.architectures.prices import Prices
from llmcost.catalog import Catalog, load_catalog, today
from llmcost.cli.options import Values
from llmcost.economics.uncertainty import Sampling
from llmcost.errors import InputError, did_you_mean
from llmcost.quantity import QuantityError, quantity, shown
from llmcost.scenario import Scenario, scenario_from

if TYPE_CHECKING:
    from llmcost.catalog.files import Document

PATHS: dict[str, tuple[str, ...]] = {
    "requests": ("workload", "requests_per_month"),
    "input": ("workload", "input_tokens"),
    "output": ("workload", "output_tokens"),
    "monthly_input": ("workload", "monthly_input_tokens"),
    "monthly_output": ("workload", "monthly_output_tokens"),
    "cached": ("workload", "cached_share"),
    "cache_write": ("workload", "cache_write_share"),
    "batch": ("workload", "batch_share"),
    "growth": ("workload", "growth_per_month"),
    "peak": ("workload", "peak_to_average"),
    "start": ("start",),
    "horizon": ("horizon_months",),
    "hours_per_month": ("hours_per_month",),
    "discount": ("discount_rate",),
    "price_change": ("api_price_change_per_year",),
    "max_monthly": ("requirements", "max_monthly_cost"),
    "min_quality_kept": ("requirements", "min_quality_kept"),
    "payback_within": ("requirements", "payback_within_months"),
}
PRICE_FIELDS = {name: f"{name}_per_mtok" for name in ("input", "output", "cached_input", "cache_write")} | {
    name: name for name in ("tokens_factor", "hosting_usd_per_hour", "training_usd_per_mtok")
}


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


class Draft:
    """Plain scenario data from a file and flags, which remembers where each part was written."""

    def __init__(self, written: "str | Document | None") -> None:
        self._document: Document | None = None
        self.data: dict[str, Any] = {}
        self._flags: dict[tuple[str | int, ...], str] = {}
        if written is not None:
            from llmcost.catalog.files import read_yaml

            self._document = read_yaml(written) if isinstance(written, str) else written
            self.data = dict(self._document.data)

    @property
    def text(self) -> str | None:
        """The scenario file as it was written; None where flags say everything."""
        return None if self._document is None else str(self._document.text)

    @property
    def folder(self) -> str:
        """Where the scenario file lies, to which the files that it names are relative; empty where there is none."""
        return "" if self._document is None else dirname(self._document.name)

    def put(self, path: tuple[str, ...], value: Any, flag: str) -> None:
        """Set one value under a flag's name; a block of the file is copied, never changed."""
        here = self.data
        for part in path[:-1]:
            below = here.get(part)
            here[part] = dict(below) if isinstance(below, dict) else {}
            here = here[part]
        here[path[-1]] = value
        self._flags[path] = flag

    def is_flag(self, path: tuple[str, ...]) -> bool:
        """Whether a flag gave this value."""
        return path in self._flags

    def where(self, path: Sequence[str | int], key: bool = False) -> str:
        """The flag or `file:line:column` of the deepest part of a path that was written."""
        for end in range(len(path), 0, -1):
            if tuple(path[:end]) in self._flags:
                return self._flags[tuple(path[:end])]
        if self._document is not None:
            return self._document.where(path, key=key)
        flags = [flag for at, flag in self._flags.items() if at[: len(path)] == tuple(path)]
        return " ".join(dict.fromkeys(flags)) or "the command line"


def day(text: str | None) -> date:
    """`--as-of`, else today."""
    if text is None:
        return today()
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise InputError(f"{shown(text)} is not a day", where="--as-of", hint="type a day such as 2026-11-22") from None


def draft_from(flags: Values) -> Draft:
    """The scenario's plain data, from its path or as it was read, with the shared flags put over it."""
    draft = Draft(flags.get("scenario"))
    for name, path in PATHS.items():
        if flags.get(name) is not None:
            draft.put(path, flags[name], "--" + name.replace("_", "-"))
    for text in flags.get("price") or ():
        _put_price(draft, text)
    for text in flags.get("successor") or ():
        old, _, new = text.partition("=")
        if not old or not new:
            raise InputError(
                f"{shown(text)} is not OLD=NEW", where="--successor", hint="type --successor gpt-4o=gpt-5.4"
            )
        draft.put(("successors", old), new, "--successor")
    if flags.get("baseline") is not None:
        draft.put(("baseline",), flags["baseline"], "--baseline")
    return draft


def _put_price(draft: Draft, text: str) -> None:
    left, equals, value = text.partition("=")
    model, dot, field = left.rpartition(".")
    batch = model.endswith(".batch")
    model = model.removesuffix(".batch")
    if not equals or not dot or not model:
        raise InputError(
            f"{shown(text)} is not MODEL.FIELD=USD", where="--price", hint="type --price claude-haiku-4-5.input=0.80"
        )
    field = field.removesuffix("_per_mtok")
    if field not in PRICE_FIELDS:
        hint = did_you_mean(field, PRICE_FIELDS) or f"fields: {', '.join(PRICE_FIELDS)}"
        raise InputError(f"unknown price field {shown(field)}", where=f"--price {text}", hint=hint)
    path = ("prices", model, "batch", PRICE_FIELDS[field]) if batch else ("prices", model, PRICE_FIELDS[field])
    draft.put(path, value, f"--price {text}")


def shares(text: str, flag: str) -> dict[str, str]:
    """`a=70%,b=30%` as a mix."""
    mix: dict[str, str] = {}
    for part in text.split(","):
        target, equals, share = part.strip().rpartition("=")
        if not equals or not target or not share:
            raise InputError(
                f"{shown(part)} is not MODEL=SHARE", where=f"{flag} {text}", hint=f"type {flag} CHEAP=70%,STRONG=30%"
            )
        if target in mix:
            raise InputError(f"{shown(target)} stands twice in one mix", where=f"{flag} {text}", hint="name it once")
        mix[target.strip()] = share.strip()
    return mix


def pairs(texts: list[str] | None, flag: str, form: str, example: str, *, empty: bool = False) -> dict[str, str]:
    """`LEFT=RIGHT` from every use of a flag, as `form` and an example describe it."""
    found: dict[str, str] = {}
    for text in texts or ():
        left, equals, right = text.partition("=")
        if not equals or not left.strip() or not (right.strip() or empty):
            raise InputError(f"{shown(text)} is not {form}", where=flag, hint=f"type {flag} {example}")
        found[left.strip()] = right.strip()
    return found


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
