"""What a scenario predicted beside what was logged, month by month, model by model, stage by stage.

A prediction is the rate of the scenario's month, which always has the same hours (`hours_per_month`), over
the hours of a calendar month that the log covers, at the prices of the day that the log is priced at: so a log
that made the scenario predicts itself. A logged month before the scenario's start, or after its horizon, is set
beside the nearest month of the scenario.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from math import fsum
from typing import NamedTuple

from llmcost.architectures.architecture import Architecture, Month
from llmcost.architectures.cascade import Cascade
from llmcost.architectures.flow import inflow, models_of, reachable
from llmcost.architectures.prices import Prices, PricesOfDay
from llmcost.arithmetic import Number
from llmcost.economics.horizon import estimate, months_of, need_workload, traffic
from llmcost.errors import InputError, UnknownPrice, did_you_mean
from llmcost.quantity import at_middle
from llmcost.scenario import Scenario, month_after
from llmcost.usage.by_model import ByModel, identity_of, logged_by_model
from llmcost.usage.coverage import Interval, hours_within, united
from llmcost.usage.cube import NO_TIME, HourKey, Sums, summed
from llmcost.usage.pricing import CellPrices
from llmcost.usage.reading import LogResult


class ModelBeside(NamedTuple):
    """One model: its share of the calls and tokens a call, predicted (None: not in the architecture) and logged."""

    model: str
    predicted_share: float | None
    share: float | None
    predicted_input_per_call: float | None
    input_per_call: float | None
    predicted_output_per_call: float | None
    output_per_call: float | None


class EscalationBeside(NamedTuple):
    """One step of a cascade: the share of the calls of a stage that went on to the next one.

    Logged calls are counted by model: those of a verifier on a stage's own model count as the stage's.
    """

    cascade: str
    from_: str
    to: str
    predicted: float
    actual: float | None


class MonthBeside(NamedTuple):
    """One logged month: what was predicted for the hours logged of it, and what came. USD, tokens, and calls of models:
    a cascade makes several of one request. `recorded_calls` carry the recorded cost (None: a cost report does)."""

    month: str
    scenario_month: int
    hours: float
    predicted_calls: float | None
    calls: int | None
    predicted_input_tokens: float
    input_tokens: int
    predicted_output_tokens: float
    output_tokens: int
    predicted_cost: float | None
    cost: float | None
    recorded_cost: float | None
    recorded_calls: int | None
    models: list[ModelBeside]
    escalation: list[EscalationBeside]


class Against(NamedTuple):
    """The prediction of one architecture beside the log.

    `matched` is the part of the calls on its models, or of the tokens where exports do not count their calls
    (`matched_by`); what would need their number is None then.
    """

    scenario: str
    architecture: str
    matched: float
    matched_by: str
    months: list[MonthBeside]
    models: list[ModelBeside]
    escalation: list[EscalationBeside]


def against(
    reading: LogResult, cells: CellPrices, scenario: Scenario, prices: Prices, name: str | None, title: str
) -> Against:
    """Set an architecture of the scenario beside the log; the one whose models carry most calls where none is named.

    Raises InputError where none fits or the log carries no times.
    """
    try:
        need_workload(scenario, "usage --against")
    except InputError as error:
        raise error.in_a_file().at(title) from None
    point = at_middle(scenario)
    prices = PricesOfDay(prices, cells.on)
    logged = logged_by_model(reading.cube.by_hour().items(), reading.cube, cells, prices)
    if name is None:
        name = _best(point, prices, logged)
    elif name not in point.architectures:
        raise InputError(
            f"{name!r} is not an architecture of the scenario",
            where="--architecture",
            hint=did_you_mean(name, point.architectures) or f"name one of: {', '.join(point.architectures)}",
        )
    first = months_of(point, prices)[0]
    served = {each: body.in_full_service() for each, body in point.architectures.items()}
    return Against(
        scenario=title,
        architecture=name,
        matched=logged.share_of(_own_models(name, point, prices)),
        matched_by=logged.weighed_by,
        months=_months(reading, cells, point, prices, name),
        models=_models(_reached(name, served, point, prices, first), logged),
        escalation=_escalation(name, point, prices, first, logged),
    )


def _own_models(name: str, point: Scenario, prices: Prices) -> set[str]:
    """The models that an architecture calls or runs itself, as logs name them."""
    run_here = [
        _name_of(node, body)
        for node, body in reachable(name, point.architectures)
        if not set(body.targets()) - {body.fallback_target()}
    ]
    return {identity_of(model, prices) for model in (*models_of(name, point.architectures), *run_here)}


def _name_of(node: str, body: Architecture) -> str:
    """What logs call an architecture that answers by itself: the model that it serves, else its own name."""
    return getattr(body, "model", None) or node


def _best(point: Scenario, prices: Prices, logged: ByModel) -> str:
    """The architecture that explains most calls; of several, the one that names the fewest models beside."""
    names = list(point.architectures)
    if not names:
        raise InputError(
            "the scenario has no architectures",
            where="--against",
            hint="write what was run: architectures: {NAME: {kind: api, model: MODEL}}",
        )

    def fit(name: str) -> tuple[float, int]:
        own = _own_models(name, point, prices)
        return logged.share_of(own), -len(own - logged.sums.keys())

    best = max(map(fit, names))
    fitting = [name for name in names if fit(name) == best]
    if best[0] == 0 or len(fitting) > 1:
        what = "no architecture of the scenario calls a logged model" if best[0] == 0 else "several architectures fit"
        raise InputError(what, where="--against", hint=f"say which was run: --architecture {' | '.join(fitting)}")
    return fitting[0]


def _months(reading: LogResult, cells: CellPrices, point: Scenario, prices: Prices, name: str) -> list[MonthBeside]:
    cube = reading.cube
    covered = united(cube.covered)
    if not covered:
        raise InputError(
            "the log carries no times, so it has no months", where="--against", hint="map the time: --map time=COLUMN"
        )
    cells_of: dict[date, list[tuple[HourKey, Sums]]] = {}
    for key, sums in cube.by_hour().items():
        if key.slot != NO_TIME:
            moment = datetime.fromtimestamp(key.slot * cube.step_seconds, UTC)
            cells_of.setdefault(date(moment.year, moment.month, 1), []).append((key, sums))
    predicted = estimate(name, point, prices)
    months = months_of(point, prices)
    found = []
    for first_day, own in sorted(cells_of.items()):
        number = (first_day.year - point.start.year) * 12 + first_day.month - point.start.month + 1
        number = min(max(number, 1), point.horizon_months)
        hours = _hours_of(first_day, covered)
        part = hours / point.hours
        month = months[number - 1]
        reached = _reached(name, point.architectures, point, prices, month)
        logged = logged_by_model(own, cube, cells, prices)
        cost = predicted.months[number - 1].cost
        total = summed(sums for _, sums in own)
        found.append(
            MonthBeside(
                month=f"{first_day:%Y-%m}",
                scenario_month=number,
                hours=hours,
                predicted_calls=_calls_of(reached, part),
                calls=logged.total_calls,
                predicted_input_tokens=_sum(each.input_tokens for each in reached.values()) * part,
                input_tokens=total.input,
                predicted_output_tokens=_sum(each.output_tokens for each in reached.values()) * part,
                output_tokens=total.output,
                predicted_cost=None if cost is None else float(cost) * part,
                cost=_cost(own, cells),
                recorded_cost=total.recorded_usd,
                recorded_calls=None if cube.cost_rows else total.recorded_calls,
                models=_models(reached, logged),
                escalation=_escalation(name, point, prices, month, logged),
            )
        )
    return found


def _sum(values: Iterable[Number]) -> float:
    return float(sum(values, 0.0))


def _hours_of(first_day: date, covered: Sequence[Interval]) -> float:
    """Hours of a calendar month that the logs cover."""
    begin, end = (
        int(datetime(day.year, day.month, 1, tzinfo=UTC).timestamp()) * 1_000_000
        for day in (first_day, month_after(first_day, 1))
    )
    return hours_within(covered, begin, end)


def _cost(own: list[tuple[HourKey, Sums]], cells: CellPrices) -> float | None:
    """USD at the day's prices; None where any of it has none."""
    try:
        return fsum(
            cells.cost(key.model, key.tier, key.above_tokens, sums) for key, sums in own if not sums.is_cost_alone
        )
    except UnknownPrice:
        return None


class _Reached(NamedTuple):
    """What reaches a model in a month: its calls (None: only tokens are known), and their tokens."""

    calls: float | None
    input_tokens: float
    output_tokens: float


def _reached(
    name: str, architectures: Mapping[str, Architecture], point: Scenario, prices: Prices, month: Month
) -> dict[str, _Reached]:
    """Calls, input and output tokens of each model that answers in the month, its own machines included."""
    found: dict[str, _Reached] = {}
    for node, (body, streams) in inflow(name, architectures, traffic(point, month), month).items():
        if body is not None and any(list(body.forward(node, stream, month)) for stream in streams):
            continue  # it hands its requests on
        model = identity_of(node.removeprefix("model:") if body is None else _name_of(node, body), prices)
        before = found.get(model, _Reached(0.0, 0.0, 0.0))
        known = before.calls is not None and all(stream.requests_known for stream in streams)
        found[model] = _Reached(
            (before.calls or 0.0) + _sum(stream.requests for stream in streams) if known else None,
            before.input_tokens + _sum(stream.requests * stream.input_tokens.value for stream in streams),
            before.output_tokens + _sum(stream.requests * stream.output_tokens.value for stream in streams),
        )
    return found


def _calls_of(reached: Mapping[str, _Reached], part: float = 1.0) -> float | None:
    """Calls of all models together; None where those of any are not known."""
    calls = [each.calls for each in reached.values()]
    return None if None in calls else _sum(each for each in calls if each is not None) * part


def _models(reached: Mapping[str, _Reached], logged: ByModel) -> list[ModelBeside]:
    predicted = _calls_of(reached)
    total = logged.total_calls
    found = []
    for model in dict.fromkeys([*reached, *logged.sums]):
        own, sums, calls = reached.get(model), logged.sums.get(model), logged.calls(model)
        share = own.calls / predicted if own and own.calls is not None and predicted else None
        found.append(
            ModelBeside(
                model=model,
                predicted_share=share,
                share=None if calls is None or total is None else calls / total if total else 0.0,
                predicted_input_per_call=_per(own.input_tokens, own.calls) if own else None,
                input_per_call=_per(sums.input, calls) if sums else None,
                predicted_output_per_call=_per(own.output_tokens, own.calls) if own else None,
                output_per_call=_per(sums.output, calls) if sums else None,
            )
        )
    return found


def _per(amount: float, calls: float | None) -> float | None:
    return amount / calls if calls else None


def _escalation(name: str, point: Scenario, prices: Prices, month: Month, logged: ByModel) -> list[EscalationBeside]:
    """Each step of the cascades whose stages are models: calls of the later stage over those of the earlier."""
    served = point.architectures
    reached = inflow(name, served, traffic(point, month), month)
    found = []
    for cascade_name, body in reachable(name, served, fallbacks=False):
        if not isinstance(body, Cascade):
            continue
        streams = reached.get(cascade_name, (None, []))[1]
        requests = [0.0] * len(body.stages)
        for stream in streams:
            for stage, (_, part) in enumerate(body.reaching(cascade_name, stream, month)):
                requests[stage] += float(part.requests)
        for stage in range(len(body.stages) - 1):
            earlier, later = (logged.calls(identity_of(each, prices)) for each in body.stages[stage : stage + 2])
            actual = later / earlier if earlier and later is not None else None
            if requests[stage]:
                found.append(
                    EscalationBeside(
                        cascade_name,
                        body.stages[stage],
                        body.stages[stage + 1],
                        requests[stage + 1] / requests[stage],
                        actual,
                    )
                )
    return found
