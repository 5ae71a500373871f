"""The result of `usage`: what was read, what the traffic is, and what it cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import fsum
from typing import NamedTuple, TypeVar

from llmcost.errors import UnknownPrice
from llmcost.usage.coverage import Period, period_of
from llmcost.usage.cube import NO_SIZE, HourKey, Sums, summed
from llmcost.usage.lines import LineCounts
from llmcost.usage.predicted import Against
from llmcost.usage.pricing import CellPrices, StandIn, Unpriced
from llmcost.usage.profile import (
    Above,
    Hours,
    Sizes,
    above_thresholds,
    growth_of,
    hours_of,
    output_sizes,
    prompt_sizes,
)
from llmcost.usage.reading import FileRead, LogResult

MOST_LISTED = 20
Row = TypeVar("Row")


class ModelUsage(NamedTuple):
    """One model's calls and tokens; `cost` at the day's prices is None where any of them has no price.

    `priced_as` is the catalog's name for it. `calls` is None where an aggregated export counts none.
    `cache_share` is the part of the input read from the cache; `recorded_cost` what the log itself says.
    """

    model: str
    priced_as: str | None
    calls: int | None
    input_tokens: int
    uncached_input_tokens: int
    cache_read_tokens: int
    cache_write_5m_tokens: int
    cache_write_1h_tokens: int
    output_tokens: int
    cache_share: float | None
    cost: float | None
    recorded_cost: float | None


class TaskUsage(NamedTuple):
    """One task's share of the calls, its mean sizes and its cost, as for a model."""

    task: str
    calls: int | None
    share: float | None
    input_tokens: int
    output_tokens: int
    input_per_call: float | None
    output_per_call: float | None
    cache_share: float | None
    cost: float | None
    recorded_cost: float | None


class SizesByKind(NamedTuple):
    """Percentiles of prompt and output (None: aggregated, unknown), and the calls above each threshold."""

    prompt: Sizes | None
    output: Sizes | None
    above: list[Above]
    calls_without_size: int


class Usage(NamedTuple):
    """The result of `usage`. Money in USD; `cost` is of the models that have a price, `unpriced` the others.

    `calls` is None where an aggregated export does not count some of them; `known_calls` are those that are
    counted. The recorded cost is that of `recorded_calls`, and of `recorded_rows` of cost reports, which name no calls.
    `against` is a scenario's prediction beside it, where one was asked for.
    """

    engine: str
    files: list[FileRead]
    format: str
    convention: str
    lines: LineCounts
    period: Period
    calls: int | None
    known_calls: int
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    cache_share: float | None
    models: list[ModelUsage]
    tasks: list[TaskUsage]
    sizes: SizesByKind
    hours: Hours
    growth_per_month: float | None
    cost: float | None
    stand_ins: list[StandIn]
    unpriced: list[Unpriced]
    recorded_cost: float | None
    recorded_calls: int
    recorded_rows: int
    against: Against | None = None


def usage_of(reading: LogResult, prices: CellPrices) -> Usage:
    """Everything that the cube tells."""
    cube = reading.cube
    cells = cube.by_hour()
    costs: dict[HourKey, float | None] = {}
    lost: dict[tuple[str, str, str], list[Sums]] = {}
    stand_ins: dict[StandIn, int] = {}
    for key, sums in cells.items():
        if sums.is_cost_alone:
            continue
        try:
            costs[key] = prices.cost(key.model, key.tier, key.above_tokens, sums)
            for each in prices.stand_ins(key.model, key.tier, key.above_tokens, sums):
                kind = each._replace(tokens=0)
                stand_ins[kind] = stand_ins.get(kind, 0) + each.tokens
        except UnknownPrice as why:
            costs[key] = None
            lost.setdefault((key.model, key.tier, why.what), []).append(sums)
    total = cube.total
    uncounted_models = {model for model, _ in cube.uncounted}
    uncounted_tasks = {task for _, task in cube.uncounted}
    models = _grouped(cells, costs, lambda key: key.model)
    tasks = _grouped(cells, costs, lambda key: key.task)
    priced = [cost for cost in costs.values() if cost is not None]
    without_size = sum(sums.calls for size, sums in cube.by_size().items() if size.prompt_size == NO_SIZE)
    return Usage(
        engine=reading.engine,
        files=reading.files,
        format=_one_or_mixed(file.format for file in reading.files),
        convention=_one_or_mixed(file.convention for file in reading.files),
        lines=reading.lines.counts,
        period=period_of(cube.covered),
        calls=None if cube.uncounted else total.calls,
        known_calls=total.calls,
        input_tokens=total.input,
        output_tokens=total.output,
        cache_read_tokens=total.cache_read,
        cache_write_tokens=total.cache_write_5m + total.cache_write_1h,
        cache_share=_share(total),
        models=[
            ModelUsage(
                model=name,
                priced_as=prices.known_as(name),
                calls=None if name in uncounted_models else sums.calls,
                input_tokens=sums.input,
                uncached_input_tokens=sums.uncached_input,
                cache_read_tokens=sums.cache_read,
                cache_write_5m_tokens=sums.cache_write_5m,
                cache_write_1h_tokens=sums.cache_write_1h,
                output_tokens=sums.output,
                cache_share=_share(sums),
                cost=cost,
                recorded_cost=sums.recorded_usd,
            )
            for name, sums, cost in models
        ],
        tasks=[
            TaskUsage(
                task=name,
                calls=calls,
                share=sums.calls / total.calls if not cube.uncounted and total.calls else None,
                input_tokens=sums.input,
                output_tokens=sums.output,
                input_per_call=sums.input / calls if calls else None,
                output_per_call=sums.output / calls if calls else None,
                cache_share=_share(sums),
                cost=cost,
                recorded_cost=sums.recorded_usd,
            )
            for name, sums, cost in tasks
            for calls in [None if name in uncounted_tasks else sums.calls]
        ],
        sizes=SizesByKind(prompt_sizes(cube), output_sizes(cube), above_thresholds(cube), without_size),
        hours=hours_of(cube),
        growth_per_month=growth_of(cube),
        cost=fsum(priced) if priced else None,
        stand_ins=sorted(each._replace(tokens=tokens) for each, tokens in stand_ins.items()),
        unpriced=_unpriced(lost, uncounted_models),
        recorded_cost=total.recorded_usd,
        recorded_calls=total.recorded_calls - cube.cost_rows,
        recorded_rows=cube.cost_rows,
    )


def shortened(found: Usage, most: int = MOST_LISTED) -> Usage:
    """The usage with the largest models, tasks and unpriced tokens, and one row for all others together."""
    return found._replace(
        models=_top(found.models, most, _other_models),
        tasks=_top(found.tasks, most, lambda others: _other_tasks(others, found)),
        unpriced=_top(found.unpriced, most, _other_unpriced),
    )


def _top(rows: list[Row], most: int, together: Callable[[list[Row]], Row]) -> list[Row]:
    """The first rows, and what the others are together; one more than `most` is shown as it is."""
    return rows if len(rows) <= most + 1 else [*rows[:most], together(rows[most:])]


def _sum(values: Iterable[float | None]) -> float | None:
    """The sum; None where one is unknown."""
    known = list(values)
    return None if None in known else fsum(filter(None, known))


def _calls(rows: Sequence[ModelUsage | TaskUsage | Unpriced]) -> int | None:
    known = [each.calls for each in rows if each.calls is not None]
    return sum(known) if len(known) == len(rows) else None


def _recorded(rows: Sequence[ModelUsage | TaskUsage]) -> float | None:
    known = [each.recorded_cost for each in rows if each.recorded_cost is not None]
    return fsum(known) if known else None


def _other_models(rows: list[ModelUsage]) -> ModelUsage:
    input_, read = (sum(getattr(each, name) for each in rows) for name in ("input_tokens", "cache_read_tokens"))
    return ModelUsage(
        model=f"{len(rows):,} others",
        priced_as=None,
        calls=_calls(rows),
        input_tokens=input_,
        uncached_input_tokens=sum(each.uncached_input_tokens for each in rows),
        cache_read_tokens=read,
        cache_write_5m_tokens=sum(each.cache_write_5m_tokens for each in rows),
        cache_write_1h_tokens=sum(each.cache_write_1h_tokens for each in rows),
        output_tokens=sum(each.output_tokens for each in rows),
        cache_share=read / input_ if input_ else None,
        cost=_sum(each.cost for each in rows),
        recorded_cost=_recorded(rows),
    )


def _other_tasks(rows: list[TaskUsage], found: Usage) -> TaskUsage:
    calls = _calls(rows)
    input_, output = (sum(getattr(each, name) for each in rows) for name in ("input_tokens", "output_tokens"))
    read = sum((each.cache_share or 0) * each.input_tokens for each in rows)
    return TaskUsage(
        task=f"{len(rows):,} others",
        calls=calls,
        share=calls / found.calls if calls is not None and found.calls else None,
        input_tokens=input_,
        output_tokens=output,
        input_per_call=input_ / calls if calls else None,
        output_per_call=output / calls if calls else None,
        cache_share=read / input_ if input_ else None,
        cost=_sum(each.cost for each in rows),
        recorded_cost=_recorded(rows),
    )


def _other_unpriced(rows: list[Unpriced]) -> Unpriced:
    reasons = {each.reason for each in rows}
    return rows[0]._replace(
        model=f"{len(rows):,} others",
        tier=rows[0].tier if len({each.tier for each in rows}) == 1 else "several",
        reason=reasons.pop() if len(reasons) == 1 else "several reasons",
        calls=_calls(rows),
        input_tokens=sum(each.input_tokens for each in rows),
        output_tokens=sum(each.output_tokens for each in rows),
    )


def _unpriced(lost: dict[tuple[str, str, str], list[Sums]], uncounted: set[str]) -> list[Unpriced]:
    """What has no price, the most tokens first."""
    found = [
        Unpriced(*key, None if key[0] in uncounted else all_.calls, all_.input, all_.output)
        for key, parts in lost.items()
        for all_ in [summed(parts)]
    ]
    return sorted(found, key=lambda each: (-each.input_tokens - each.output_tokens, *each[:3]))


def _grouped(
    cells: dict[HourKey, Sums], costs: dict[HourKey, float | None], name_of: Callable[[HourKey], str]
) -> list[tuple[str, Sums, float | None]]:
    """The cells of each name together, the most tokens first; a cost with an unknown part is unknown."""
    parts: dict[str, list[Sums]] = {}
    money: dict[str, list[float | None]] = {}
    for key, sums in cells.items():
        parts.setdefault(name_of(key), []).append(sums)
        if key in costs:
            money.setdefault(name_of(key), []).append(costs[key])
    found = []
    for name, sums_of in parts.items():
        own = money.get(name, [])
        known = [cost for cost in own if cost is not None]
        # The exact sum, so that the order of the cells, which engines choose, changes no digit of it.
        found.append((name, summed(sums_of), fsum(known) if known and len(known) == len(own) else None))
    return sorted(found, key=lambda each: (-each[1].input - each[1].output, each[0]))


def _share(sums: Sums) -> float | None:
    return sums.cache_read / sums.input if sums.input else None


def _one_or_mixed(words: Iterable[str | None]) -> str:
    known = dict.fromkeys(word for word in words if word is not None)
    return next(iter(known)) if len(known) == 1 else "mixed" if known else "none"
