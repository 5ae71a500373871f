"""What a scenario predicted beside what was logged, month by month, model by model, stage by stage.

A prediction is the rate of the scenario's month, which always has the same hours (`hours_per_month`), over
the hours of a calendar month that the log covers: so a log that made the scenario predicts itself. A logged month before the scenario's start, or after its
horizon, is set beside the nearest month of the scenario.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from math import fsum
from typing import NamedTuple

from llmcost.architectures.cascade import Cascade
from llmcost.architectures.flow import inflow, models_of, reachable
from llmcost.architectures.prices import Prices
from llmcost.arithmetic import Number
from llmcost.economics.horizon import estimate, months_of, need_workload, traffic
from llmcost.errors import InputError, UnknownPrice, did_you_mean
from llmcost.quantity import at_middle
from llmcost.scenario import Scenario, month_after
from llmcost.usage.coverage import Interval, hours_within, united
from llmcost.usage.cube import NO_TIME, HourKey, Sums, summed
from llmcost.usage.pricing import CellPrices
from llmcost.usage.reading import Reading


class MonthBeside(NamedTuple):
    """One logged month: what was predicted for the hours logged of it, and what came. USD and tokens."""

    month: str
    scenario_month: int
    hours: float
    predicted_calls: float | None
    calls: int
    predicted_input_tokens: float
    input_tokens: int
    predicted_output_tokens: float
    output_tokens: int
    predicted_cost: float | None
    cost: float | None
    recorded_cost: float | None


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


class Against(NamedTuple):
    """The prediction of one architecture beside the log; `matched` is the part of the calls on its models."""

    scenario: str
    architecture: str
    matched: float
    months: list[MonthBeside]
    models: list[ModelBeside]
    escalation: list[EscalationBeside]


def against(
    reading: Reading, cells: CellPrices, scenario: Scenario, prices: Prices, name: str | None, title: str
) -> Against:
    """Set an architecture of the scenario beside the log; the one whose models carry most calls where none is named.

    Raises InputError where none fits or the log carries no times.
    """
    need_workload(scenario, "usage --against")
    point = at_middle(scenario)
    by_model = _logged_by_model(reading, cells, prices)
    if name is None:
        name = _best(point, prices, by_model)
    elif name not in point.architectures:
        raise InputError(
            f"{name!r} is not an architecture of the scenario",
            where="--architecture",
            hint=did_you_mean(name, point.architectures) or f"name one of: {', '.join(point.architectures)}",
        )
    return Against(
        title,
        name,
        _matched(name, point, prices, by_model),
        _months(reading, cells, point, prices, name),
        _models(point, prices, name, by_model),
        _escalation(point, prices, name, by_model),
    )


def _logged_by_model(reading: Reading, cells: CellPrices, prices: Prices) -> dict[str, Sums]:
    """What was logged of each model, under the catalog's identity where it has one."""
    found: dict[str, list[Sums]] = {}
    for key, sums in reading.cube.by_hour().items():
        known = cells.known_as(key.model)
        found.setdefault(_identity(prices, known) if known else key.model, []).append(sums)
    return {model: summed(parts) for model, parts in found.items()}


def _identity(prices: Prices, model: str) -> str:
    return prices.identity(model.partition("@")[0])


def _matched(name: str, point: Scenario, prices: Prices, by_model: dict[str, Sums]) -> float:
    own = {_identity(prices, model) for model in models_of(name, point.architectures)}
    calls = sum(sums.calls for sums in by_model.values())
    return sum(sums.calls for model, sums in by_model.items() if model in own) / calls if calls else 0.0


def _best(point: Scenario, prices: Prices, by_model: dict[str, Sums]) -> str:
    """The architecture that explains most calls; of several, the one that names the fewest models beside."""
    names = list(point.architectures)
    if not names:
        raise InputError("the scenario has no architectures", where="--against", hint="add architectures: {…}")
    logged = set(by_model)

    def fit(name: str) -> tuple[float, int]:
        own = {_identity(prices, model) for model in models_of(name, point.architectures)}
        return _matched(name, point, prices, by_model), -len(own - logged)

    best = max(map(fit, names))
    fitting = [name for name in names if fit(name) == best]
    if best[0] == 0 or len(fitting) > 1:
        what = "no architecture of the scenario calls a logged model" if best[0] == 0 else "several architectures fit"
        raise InputError(what, where="--against", hint=f"say which was run: --architecture {' | '.join(fitting)}")
    return fitting[0]


def _months(reading: Reading, cells: CellPrices, point: Scenario, prices: Prices, name: str) -> list[MonthBeside]:
    cube = reading.cube
    covered = united(cube.covered)
    if not covered:
        raise InputError(
            "the log carries no times, so it has no months", where="--against", hint="map the time: --map time=COLUMN"
        )
    logged: dict[date, list[tuple[HourKey, Sums]]] = {}
    for key, sums in cube.by_hour().items():
        if key.slot != NO_TIME:
            moment = datetime.fromtimestamp(key.slot * cube.step_seconds, UTC)
            logged.setdefault(date(moment.year, moment.month, 1), []).append((key, sums))
    predicted = estimate(name, point, prices)
    months = months_of(point, prices)
    found = []
    for first_day, own in sorted(logged.items()):
        number = (first_day.year - point.start.year) * 12 + first_day.month - point.start.month + 1
        number = min(max(number, 1), point.horizon_months)
        hours = _hours_of(first_day, covered)
        part = hours / point.hours
        streams = traffic(point, months[number - 1])
        known = all(stream.requests_known for stream in streams)
        cost = predicted.months[number - 1].cost
        total = summed(sums for _, sums in own)
        found.append(
            MonthBeside(
                f"{first_day:%Y-%m}",
                number,
                hours,
                _sum(stream.requests for stream in streams) * part if known else None,
                total.calls,
                _sum(stream.requests * stream.input_tokens.value for stream in streams) * part,
                total.input,
                _sum(stream.requests * stream.output_tokens.value for stream in streams) * part,
                total.output,
                None if cost is None else float(cost) * part,
                _cost(own, cells),
                total.recorded_usd,
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
        return fsum(cells.cost(key.model, key.tier, key.above_tokens, sums) for key, sums in own)
    except UnknownPrice:
        return None


def _reaching(point: Scenario, prices: Prices, name: str) -> dict[str, tuple[float, float, float]]:
    """Requests, input and output tokens that reach each model in the first month, in full service."""
    served = {each: body.in_full_service() for each, body in point.architectures.items()}
    month = months_of(point, prices)[0]
    found: dict[str, tuple[float, float, float]] = {}
    for node, (body, streams) in inflow(name, served, traffic(point, month), month).items():
        if body is None:
            model = _identity(prices, node.removeprefix("model:"))
            before = found.get(model, (0.0, 0.0, 0.0))
            found[model] = (
                before[0] + _sum(stream.requests for stream in streams),
                before[1] + _sum(stream.requests * stream.input_tokens.value for stream in streams),
                before[2] + _sum(stream.requests * stream.output_tokens.value for stream in streams),
            )
    return found


def _models(point: Scenario, prices: Prices, name: str, by_model: dict[str, Sums]) -> list[ModelBeside]:
    reached = _reaching(point, prices, name)
    requests = sum(each[0] for each in reached.values())
    calls = sum(sums.calls for sums in by_model.values())
    known = all(stream.requests_known for stream in traffic(point, months_of(point, prices)[0]))
    found = []
    for model in dict.fromkeys([*reached, *by_model]):
        own, sums = reached.get(model), by_model.get(model)
        found.append(
            ModelBeside(
                model,
                own[0] / requests if own and requests and known else None,
                sums.calls / calls if sums and calls else 0.0,
                _per(own[1], own[0]) if own and known else None,
                _per(sums.input, sums.calls) if sums else None,
                _per(own[2], own[0]) if own and known else None,
                _per(sums.output, sums.calls) if sums else None,
            )
        )
    return found


def _per(amount: float, calls: Number) -> float | None:
    return amount / calls if calls else None


def _escalation(point: Scenario, prices: Prices, name: str, by_model: dict[str, Sums]) -> list[EscalationBeside]:
    """Each step of the cascades whose stages are models: calls of the later stage over those of the earlier."""
    month = months_of(point, prices)[0]
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
            earlier, later = (by_model.get(_identity(prices, each)) for each in body.stages[stage : stage + 2])
            actual = (later.calls if later else 0) / earlier.calls if earlier and earlier.calls else None
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
