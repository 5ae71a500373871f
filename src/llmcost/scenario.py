"""The scenario: what is asked and what could serve it, read strictly from one YAML file.

Keys are refused when unknown, references are checked when it is read, and flags override the
file. Every error names the place (`scenario.yaml:7:14`, or the flag) and what to type instead.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from os.path import dirname
from typing import Annotated, Any

from pydantic import BeforeValidator, PrivateAttr, SerializeAsAny, model_validator

from llmcost.architectures.architecture import Architecture
from llmcost.architectures.commitments import Commitment, Contract
from llmcost.architectures.contracts import in_prices
from llmcost.architectures.embeddings import only_reads
from llmcost.architectures.own_models import OwnModel
from llmcost.architectures.own_prices import OwnPrice
from llmcost.architectures.price_changes import Drifts, PriceChanges
from llmcost.catalog.models import OWN_PRICE
from llmcost.errors import InputError, did_you_mean
from llmcost.quality.in_scenario import counted_by, evaluated
from llmcost.quantity import LARGEST, Quantity, QuantityError, shown
from llmcost.requirements import Requirements
from llmcost.samples import with_samples
from llmcost.validation import Path, Where, validated
from llmcost.workload import (
    HOURS_PER_MONTH,
    AboveZero,
    Change,
    Months,
    Part,
    PriceChange,
    Segment,
    Share,
    Strict,
    Usd,
    Workload,
    refuse,
)

# Each kind is a class of its own file, imported when a scenario first uses it.
KINDS = {
    "api": "Api",
    "routed": "Routed",
    "cascade": "Cascade",
    "self_hosted": "SelfHosted",
    "fine_tuned": "FineTuned",
    "provisioned": "Provisioned",
}
LONGEST_HORIZON = 600
LAST_YEAR = 2200


def _month(written: Any) -> date:
    if isinstance(written, date) and written.year <= LAST_YEAR:
        return written.replace(day=1)
    match = re.fullmatch(r"(\d{4})-(\d{1,2})(?:-\d{1,2})?", str(written).strip())
    if match is None or not 1 <= int(match[2]) <= 12 or not 1 <= int(match[1]) <= LAST_YEAR:
        raise QuantityError(f"{shown(str(written))} is not a month", "type a month such as 2026-12")
    return date(int(match[1]), int(match[2]), 1)


def check_horizon(months: int) -> None:
    """Refuse, from inside a validator, a horizon that would take for ever."""
    if months > LONGEST_HORIZON:
        refuse(f"a horizon of {months:,} months", f"give {LONGEST_HORIZON} months at most", "horizon_months")


def check_compounding(rate: Any, times: float, what: str, *at: str) -> None:
    """Refuse, from inside a validator, a rate that compounds so often beyond any number."""
    if times * math.log1p(getattr(rate, "high", rate)) > math.log(LARGEST):
        refuse(f"{what} grow beyond any number", "give a smaller rate or a shorter horizon", *at)


class Scenario(Strict):
    """Everything a calculation reads. `first_day` and `hours` are what the months are made of."""

    name: str = ""
    workload: Workload | None = None
    segments: dict[str, Segment] = {}
    start: Annotated[date, BeforeValidator(_month, json_schema_input_type=str)]
    horizon_months: Months = 12
    hours_per_month: AboveZero | None = None
    days_per_month: AboveZero | None = None
    discount_rate: Change = 0.0
    api_price_change_per_year: PriceChange = 0.0
    price_change_per_year: PriceChanges = PriceChanges()
    baseline: str | None = None
    prices: dict[str, OwnPrice] = {}
    region: str | None = None  # this and the next stand in `prices` once they are read
    discounts: dict[str, Share] = {}
    commitments: dict[str, Commitment] = {}
    credits: dict[str, Usd] = {}
    tax: Share = 0.0
    models: dict[str, OwnModel] = {}
    quality: dict[str, Share] = {}
    successors: dict[str, str] = {}
    moves: list[str] = []
    correlate: list[tuple[str, str, Annotated[float, Quantity("signed")]]] = []
    requirements: Requirements = Requirements()
    architectures: dict[str, SerializeAsAny[Architecture]] = {}
    usage: str | list[str] | None = None
    _assumed: frozenset[str] = PrivateAttr(frozenset())
    _outcomes: Any = PrivateAttr(None)
    _measured: tuple[Part, ...] = PrivateAttr(())
    _measured_counts: dict[str, str] = PrivateAttr({})

    @model_validator(mode="after")
    def _consistent(self) -> "Scenario":
        if self.hours_per_month is not None and self.days_per_month is not None:
            refuse("both hours_per_month and days_per_month are given", "give one of them", "days_per_month")
        for first, second, rho in self.correlate:
            if not isinstance(rho, float | int) or abs(rho) > 1 or first == second:
                refuse(
                    f"{first} and {second} cannot be correlated by {rho if isinstance(rho, float | int) else 'a range'}",
                    "type [PATH, OTHER_PATH, 0.5], a number from -1 to 1",
                    "correlate",
                )
        pairs = [frozenset((first, second)) for first, second, _ in self.correlate]
        for first, second, _ in self.correlate:
            if pairs.count(frozenset((first, second))) > 1:
                refuse(f"the correlation of {first} and {second} is given twice", "give each pair once", "correlate")
        check_horizon(self.horizon_months)
        years = self.horizon_months / 12
        if self.workload is not None:
            growth = self.workload.growth_per_month
            check_compounding(growth, self.horizon_months, "the requests", "workload", "growth_per_month")
        check_compounding(self.api_price_change_per_year, years, "API prices", "api_price_change_per_year")
        for block in ("models", "tiers", "gpus"):
            for name, rate in getattr(self.price_change_per_year, block).items():
                check_compounding(rate, years, f"the prices of {name}", "price_change_per_year", block, name)
        labour = self.price_change_per_year.labour
        check_compounding(labour, years, "the costs of people", "price_change_per_year", "labour")
        check_compounding(self.discount_rate, years, "discounts", "discount_rate")
        if self.segments:
            if self.workload is None or self.workload.requests_per_month is None:
                hint = "give workload: {requests_per_month: 1M}"
                refuse("segments need requests_per_month in the workload", hint, "segments")
            off = sum(_middle(segment.share) for segment in self.segments.values()) - 1
            if abs(off) > 1e-6:
                refuse(
                    f"the segments' shares are {abs(off) * 100:.4g} points {'over' if off > 0 else 'short of'} 100 %",
                    "make the shares of the segments add up to 100%",
                    "segments",
                )
        elif self.workload is not None and self.workload.requests_known:
            for field in ("requests_per_month", "input_tokens", "output_tokens"):
                if field == "output_tokens" and only_reads(self.architectures.values(), self.prices):
                    continue
                if getattr(self.workload, field) is None:
                    refuse(f"the workload lacks {field}", f"add {field} to the workload (0 is allowed)", "workload")
        return self

    def drifts(self, identity: Callable[[str], str]) -> Drifts:
        """The yearly changes of prices, models under what `identity` makes of their names."""
        changes = self.price_change_per_year
        return Drifts(
            self.api_price_change_per_year,
            {identity(name): rate for name, rate in changes.models.items()},
            {name.lower(): rate for name, rate in changes.tiers.items()},
            {name.lower(): rate for name, rate in changes.gpus.items()},
            changes.labour,
        )

    @property
    def assumed(self) -> frozenset[str]:
        """Fields that the user left out and a stated default filled: start, baseline, fallbacks."""
        return self._assumed

    @property
    def outcomes(self) -> Any:
        """The team's own evaluation that `quality` names, or None."""
        return self._outcomes

    @property
    def measured_counts(self) -> dict[str, str]:
        """Models of which the outcomes say how many tokens they count and write, and from what in words."""
        return self._measured_counts

    @property
    def measured(self) -> tuple[Part, ...]:
        """The parts of logged traffic, in place of one mean request; none where nothing was logged."""
        return self._measured

    def measured_by(self, parts: Sequence[Part]) -> "Scenario":
        """The same scenario with its requests as they were logged."""
        found = self.model_copy()
        found._measured = tuple(parts)
        return found

    @property
    def contract(self) -> Contract | None:
        """What is billed besides the prices: minimum spend, credits and tax; None where nothing is stated."""
        stated = Contract(self.commitments, self.credits, self.tax, "tax" in self.model_fields_set, self.horizon_months)
        return stated if self.commitments or self.credits or stated.tax_given else None

    @property
    def hours(self) -> float:
        """Hours in a month: 730 unless the scenario says otherwise."""
        if self.hours_per_month is not None:
            return self.hours_per_month
        return self.days_per_month * 24 if self.days_per_month is not None else HOURS_PER_MONTH

    @property
    def hours_assumed(self) -> bool:
        """Whether the 730 hours stand by default."""
        return self.hours_per_month is None and self.days_per_month is None

    def first_day(self, month: int) -> date:
        """The first day of a month of the horizon; month 1 is the start."""
        return self.start if month == 1 else month_after(self.start, month - 1)


def month_after(day: date, months: int) -> date:
    """The first day of the month that lies so many months after this one."""
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def _middle(share: Any) -> float:
    return float(getattr(share, "middle", share))


def _nowhere(path: Path, key: bool) -> str:
    return ".".join(str(part) for part in path)


def scenario_from(
    data: Mapping[str, Any],
    where: Where = _nowhere,
    *,
    today: date | None = None,
    measured: bool = False,
    prices_stated_by: str = OWN_PRICE,
) -> Scenario:
    """A Scenario from plain data. Raises InputError with the place that `where` gives for a path.

    `measured` says that the logs which `usage` names have been read, `prices_stated_by` in words whose its prices are.
    """
    from llmcost.catalog import load_catalog

    folder = dirname(where([], False).rsplit(":", 2)[0])
    providers = (
        frozenset(model.split("/", 1)[0] for model in load_catalog())
        if {"discounts", "commitments"} & set(data)
        else frozenset()
    )
    written, where = in_prices(with_samples(dict(data), folder, where), providers, where)
    architectures = written.pop("architectures", {})
    if not isinstance(architectures, Mapping):
        raise InputError(
            "architectures is not a mapping of names",
            where=where(["architectures"], False),
            hint="type architectures: {NAME: {kind: api, model: MODEL}}",
        )
    built = {name: _architecture(name, body, where) for name, body in architectures.items()}
    assumed: set[str] = set()
    if written.get("start") is None:
        from llmcost.catalog import today as the_day

        written["start"] = month_after(today or the_day(), 1)
        assumed.add("start")
    if written.get("baseline") is None and built:
        written["baseline"] = next(iter(built))
        assumed.add("baseline")
    _fill_fallbacks(built, str(written.get("baseline")), assumed)
    if written.get("usage") and not measured:
        raise InputError(
            "the workload is to be measured from logs, which only the command line reads",
            where=where(["usage"], True),
            hint="run `llmcost usage LOGS --save-workload FILE` and load that file",
        )
    evaluation = evaluated(written, where)
    counts = counted_by(evaluation, written, getattr(built.get(str(written.get("baseline"))), "model", None))
    scenario = validated(Scenario, {**written, "architectures": built}, (), where)
    scenario._assumed = frozenset(assumed)
    scenario._outcomes = evaluation
    scenario._measured_counts = counts
    for price in scenario.prices.values():
        price._stated_by = prices_stated_by
    _check_names(scenario, where)
    return scenario


def load_scenario(path: str, *, today: date | None = None) -> Scenario:
    """The scenario in a YAML file (`-` for standard input). Raises InputError with its place.

    That every model has a price is checked when prices are looked up.
    """
    from llmcost.catalog.files import read_yaml

    document = read_yaml(path)
    return scenario_from(document.data, lambda at, key: document.where(at, key=key), today=today)


def _fill_fallbacks(architectures: dict[str, Architecture], baseline: str, assumed: set[str]) -> None:
    """While a fine-tune is not ready the baseline serves, unless another fallback is named."""
    for name, architecture in architectures.items():
        if architecture.needs_fallback() and architecture.fallback_target() is None and name != baseline:
            architectures[name] = architecture.model_copy(update={"fallback": baseline})
            assumed.add(f"architectures.{name}.fallback")


def _architecture(name: str, body: Any, where: Where) -> Architecture:
    path = ("architectures", name)
    kinds = ", ".join(KINDS)
    if not isinstance(body, Mapping):
        raise InputError(
            f"architecture {name!r} is not a mapping", where=where(path, False), hint="type {kind: api, model: MODEL}"
        )
    kind = body.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        what = f"architecture {name!r} has no kind" if kind is None else f"unknown kind {shown(kind)}"
        hint = did_you_mean(str(kind), KINDS) if kind is not None else ""
        raise InputError(
            what,
            where=where((*path, "kind") if kind is not None else path, False),
            hint=hint or f"type kind: one of {kinds}",
        )
    return validated(kind_class(str(kind)), body, path, where)


def kind_class(kind: str) -> type[Architecture]:
    """The class of an architecture kind."""
    from importlib import import_module

    found: type[Architecture] = getattr(import_module(f"llmcost.architectures.{kind}"), KINDS[kind])
    return found


def _check_names(scenario: Scenario, where: Where) -> None:
    """The baseline, the moves and the fallbacks name architectures, and none contains itself."""
    names = scenario.architectures
    if scenario.baseline is not None and names and scenario.baseline not in names:
        raise InputError(
            f"the baseline {scenario.baseline!r} is not an architecture of this scenario",
            where=where(["baseline"], False),
            hint=did_you_mean(scenario.baseline, names) or f"name one of: {', '.join(names)}",
        )
    for position, move in enumerate(scenario.moves):
        if move not in names:
            raise InputError(
                f"the move {move!r} is not an architecture of this scenario",
                where=where(["moves", position], False),
                hint=did_you_mean(move, names) or f"name one of: {', '.join(names)}",
            )
    for old, new in scenario.successors.items():
        seen = [old]
        while new in scenario.successors and new not in seen:
            seen.append(new)
            new = scenario.successors[new]
        if new in seen:
            raise InputError(
                f"the successors of {old} lead back to {new}",
                where=where(["successors", old], False),
                hint="name a model that still answers",
            )
    for name, architecture in names.items():
        for segment in getattr(architecture, "by_segment", None) or {}:
            if segment not in scenario.segments:
                raise InputError(
                    f"{name} routes the segment {segment!r}, which the scenario does not have",
                    where=where(["architectures", name, "by_segment", segment], True),
                    hint=did_you_mean(segment, scenario.segments)
                    or f"segments: {', '.join(scenario.segments) or 'none'}",
                )
        inner = [target for target in architecture.targets() if target in names and target != name]
        if getattr(architecture, "switch_share", 0.0) != 0.0 and inner:
            raise InputError(
                f"switch_share of {name!r}: what a switch to the architecture {inner[0]!r} loses is not known",
                where=where(["architectures", name, "switch_share"], False),
                hint="give switch_share where every target is a model",
            )
    for name in names:
        _check_no_circle(name, scenario, where, (name,))


def _check_no_circle(name: str, scenario: Scenario, where: Where, way: tuple[str, ...]) -> None:
    from llmcost.architectures.flow import architecture_of

    architecture = scenario.architectures[name]
    for target in architecture.targets():
        if (target == name and architecture.kind in ("routed", "cascade")) or target in way[:-1]:
            circle = " → ".join((*way[way.index(target) :], target))
            raise InputError(
                f"the architecture {target!r} contains itself: {circle}",
                where=where(["architectures", target], False),
                hint="send its requests to a model, or to an architecture that does not lead back",
            )
        if architecture_of(target, name, scenario.architectures) is not None:
            _check_no_circle(target, scenario, where, (*way, target))
