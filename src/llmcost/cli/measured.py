"""A scenario whose workload is measured from logs: `usage:` in the file, or `--usage LOGS`."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, Any

from llmcost.architectures.architecture import Retired
from llmcost.architectures.flow import models_of, reachable
from llmcost.architectures.own_prices import OwnPrice
from llmcost.architectures.prices import Prices
from llmcost.architectures.token_counts import NEUTRAL
from llmcost.cli.asked import Asked, Measured
from llmcost.cli.draft import Draft
from llmcost.cli.logs import options_of, same_as
from llmcost.cli.options import Values
from llmcost.economics.logged import LoggedTraffic, logged_costs
from llmcost.errors import InputError
from llmcost.estimate import Assumption
from llmcost.quality.spending import DayPrices
from llmcost.quantity import at_middle, ranges_in
from llmcost.scenario import Scenario
from llmcost.usage.pricing import CellPrices
from llmcost.usage.read import check_names, read
from llmcost.usage.remarks import remarks_of, stand_ins
from llmcost.usage.summary import usage_of
from llmcost.usage.traffic import Traffic, traffic_of
from llmcost.validation import validated
from llmcost.workload import HOURS_PER_MONTH

if TYPE_CHECKING:
    from llmcost.catalog import Catalog


def measured(draft: Draft, flags: Values, catalog: Catalog, as_of: date) -> Measured:
    """Read the logs and put what they measure into the draft, under flags that say otherwise. Raises InputError."""
    try:
        return _measured(draft, flags, catalog, as_of)
    except InputError as error:
        raise _for_this_command(error, flags) from None


def _for_this_command(error: InputError, flags: Values) -> InputError:
    """The error; where its hint names flags that the command does not take, with the ways that are open instead."""
    if all(flag.replace("-", "_") in flags for flag in re.findall(r"--([a-z-]+)", error.hint)):
        return error
    return error.said(
        hint=f"{error.hint}; compare and report take that, and `llmcost usage LOGS --save-workload FILE`, "
        "whose FILE every command loads"
    )


def _measured(draft: Draft, flags: Values, catalog: Catalog, as_of: date) -> Measured:
    paths, base = flags.get("usage"), ""
    if not paths:
        written = draft.data["usage"]
        paths = [written] if isinstance(written, str) else list(written)
        if not all(isinstance(path, str) for path in paths):
            raise InputError(
                "usage names no logs", where=draft.where(["usage"]), hint="type usage: logs/*.jsonl, or a list of files"
            )
        base = draft.folder
    reading = read(paths, options_of(flags, catalog.long_context_thresholds(), base=base))
    check_names(same_as(flags), reading)
    own = _own_prices(draft, catalog)
    prices = CellPrices(DayPrices(catalog, at_middle(own)), as_of, same_as(flags))
    usage = usage_of(reading, prices)
    traffic = traffic_of(reading, usage, prices)
    _put(draft, traffic)
    assumed, warned = remarks_of(reading, prices)
    for path, found in ranges_in(own):
        assumed.append(
            Assumption(f"logged.{path}", found.middle, "what was logged is priced at the middle of the range")
        )
    return Measured(traffic, [*assumed, *stand_ins(usage)], warned)


def _own_prices(draft: Draft, catalog: Catalog) -> dict[str, OwnPrice]:
    """The draft's own prices, which may be ranges, with what `models:` states of a priced model's tokens."""
    written: dict[str, Any] = dict(draft.data.get("prices") or {})
    models = draft.block("models")
    for model, body in models.items():
        stated = {key: body[key] for key in NEUTRAL if key in body} if isinstance(body, dict) else {}
        if stated and (model in written or catalog.find(model) is not None):
            own = written.get(model) or {}
            written[model] = {**own, **stated} if isinstance(own, dict) else own
    return {model: validated(OwnPrice, body, ("prices", model), draft.where) for model, body in written.items()}


def _put(draft: Draft, traffic: Traffic) -> None:
    whole = traffic.whole
    hours = _hours(draft)
    fields: dict[str, Any] = {
        "requests_per_month": traffic.requests_per_month(hours),
        **whole.fields,
        "peak_to_average": traffic.peak_to_average,
    }
    workload = dict(draft.data.get("workload") or {})
    for field in ("monthly_input_tokens", "monthly_output_tokens"):
        if not draft.is_flag(("workload", field)):
            workload.pop(field, None)
    draft.data["workload"] = workload
    for field, value in fields.items():
        if value is not None and not draft.is_flag(("workload", field)):
            draft.put(("workload", field), value, "--usage")
    segments = draft.data.get("segments")
    if isinstance(segments, dict):
        draft.put(("segments",), _segments(segments, traffic), "--usage")


def _hours(draft: Draft) -> float:
    """Hours of the scenario's month."""
    days, hours = draft.data.get("days_per_month"), draft.data.get("hours_per_month")
    try:
        return float(hours) if hours is not None else float(days) * 24 if days is not None else HOURS_PER_MONTH
    except (TypeError, ValueError):
        return HOURS_PER_MONTH  # the scenario itself will say what is wrong with it


def _segments(written: dict[str, Any], traffic: Traffic) -> dict[str, Any]:
    """The logged tasks as segments; what the scenario says of a task's quality and difficulty stays."""
    if not written.keys() & traffic.segments.keys():
        raise InputError(
            f"no logged call is of a segment of the scenario ({', '.join(written)})",
            where=traffic.files[0],
            hint=f"say what names the task: --task-from tag, key, path or a column (logged: {', '.join(list(traffic.segments)[:5])})",
        )
    return {
        name: {
            **(written[name] if isinstance(written.get(name), dict) else {}),
            "share": mean.calls / traffic.whole.calls,
            **mean.fields,
        }
        for name, mean in traffic.segments.items()
    }


def in_parts(scenario: Scenario, prices: Prices, traffic: Traffic, flags: Values, as_of: date) -> Scenario:
    """The scenario with its requests in the parts that its own models' prices tell apart.

    Where a flag says what a request is like, one mean request stands.
    """
    if any(
        flags.get(name) is not None for name in ("input", "output", "cached", "cache_write", "cache_write_1h", "batch")
    ):
        return scenario
    thresholds: set[int] = set()
    otherwise = False
    begin, end = min(scenario.start, as_of), scenario.first_day(scenario.horizon_months)  # some price the very day
    for model in _models(scenario, prices):
        for day in (begin, *prices.changes(model, begin, end)):
            with suppress(Retired):
                price = prices.price(model, day)
                thresholds.update(tier.above_tokens for tier in price.long_context)
                otherwise = otherwise or price.tokens_factor != 1.0 or bool(scenario.models)
    for name in scenario.architectures:
        bodies = [body for _, body in reachable(name, scenario.architectures)]
        otherwise = otherwise or any(getattr(body, "carry_rejected", False) for body in bodies)
    finely = bool(thresholds) and (otherwise or bool(traffic.counts))
    return scenario.measured_by(traffic.parts(thresholds, by_segment=bool(scenario.segments), finely=finely))


def _models(scenario: Scenario, prices: Prices) -> list[str]:
    """Every model that a command may price: those that architectures call, and those whose quality is known."""
    called = [model for name in scenario.architectures for model in models_of(name, scenario.architectures)]
    rated = [*scenario.quality, *(name for segment in scenario.segments.values() for name in segment.quality)]
    if scenario.outcomes is not None:
        rated += scenario.outcomes.outcomes.models
    return list(dict.fromkeys([*called, *(name for name in rated if prices.has(name))]))


def logged(question: Asked) -> LoggedTraffic:
    """What the logged traffic cost, and what it would have cost under every architecture in full service."""
    assert question.traffic is not None  # noqa: S101 - asked of measured traffic alone
    traffic = question.traffic.traffic
    scenario = question.scenario
    months = traffic.hours / scenario.hours
    return LoggedTraffic(
        files=traffic.files,
        first=traffic.period.first or "",
        last=traffic.period.last or "",
        hours=traffic.hours,
        calls=traffic.whole.calls,
        cost=traffic.usage.cost,
        recorded_cost=traffic.usage.recorded_cost,
        recorded_calls=traffic.usage.recorded_calls,
        unpriced_tokens=sum(each.input_tokens + each.output_tokens for each in traffic.usage.unpriced),
        architectures=logged_costs(scenario, question.catalog, months),
    )
