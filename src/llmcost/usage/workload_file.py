"""A measured workload as part of a scenario file, each figure marked with where it was measured."""

from __future__ import annotations

import json
from collections.abc import Container
from datetime import date, timedelta

from llmcost.architectures.prices import Prices
from llmcost.usage.summary import ModelUsage
from llmcost.usage.traffic import Mean, Traffic
from llmcost.wording import number_of
from llmcost.workload import HOURS_PER_MONTH

_HORIZON_DAYS = 400  # a model that retires sooner does not serve a year from next month


def workload_yaml(traffic: Traffic, prices: Prices, on: date) -> str:
    """A scenario of what was logged, which `compare` loads: add the architectures that might serve it instead.

    `workload:`, `segments:` by task where there is more than one, and the logged models as architectures,
    alone and in the mix that was measured; `prices` says which of them serve throughout.
    """
    whole, from_ = traffic.whole, traffic.words
    lines = [
        f"# The workload {_comment(from_)}.",
        f"# {number_of('call', whole.calls)} in {traffic.hours:,.6g} hours; a month is {HOURS_PER_MONTH:g} hours. `llmcost usage --save-workload` wrote this.",
        "workload:",
        *_block(
            "  ",
            {
                "requests_per_month": traffic.requests_per_month(HOURS_PER_MONTH),
                **_fields(whole),
                **({} if traffic.growth_per_month is None else {"growth_per_month": traffic.growth_per_month}),
                **({} if traffic.peak_to_average is None else {"peak_to_average": traffic.peak_to_average}),
            },
            _comment(from_),
        ),
    ]
    if traffic.growth_per_month is None:
        lines.append("  # growth_per_month is not told: four whole weeks are needed")
    if traffic.peak_to_average is None:
        lines.append("  # peak_to_average is not told: the log does not tell the calls of an hour")
    tasks = {task: mean for task, mean in traffic.by_task.items() if mean.calls}
    if len(tasks) > 1:
        lines.append("segments:")
        shares = _shares([mean.calls for mean in tasks.values()])
        for (task, mean), share in zip(tasks.items(), shares, strict=True):
            lines.append(f"  {json.dumps(_segment(task, tasks))}:")
            lines += _block(
                "    ", {"share": share, **_fields(mean)}, f"{_comment(from_)}, {number_of('call', mean.calls)}"
            )
    return "\n".join([*lines, *_architectures(traffic, prices, on)]) + "\n"


def _architectures(traffic: Traffic, prices: Prices, on: date) -> list[str]:
    """The logged models that have a price and do not retire soon, each alone and all in their measured mix."""
    served: dict[str, int] = {}
    left_out: list[str] = []
    for each in traffic.usage.models:
        if each.calls and each.priced_as and each.cost is not None and not _retires(each, prices, on):
            served[each.priced_as] = served.get(each.priced_as, 0) + each.calls
        else:
            left_out.append(each.model or "calls without a model")
    lines = [f"# not among the architectures, for want of a price or since it retires: {_comment(', '.join(left_out))}"]
    lines = lines if left_out else []
    if not served:
        return lines
    several = len(served) > 1
    lines += [f"baseline: {'as-logged' if several else json.dumps(next(iter(served)))}", "architectures:"]
    if several:
        lines += ["  as-logged:", "    kind: routed", *_mixes(traffic, served)]
    lines += [f"  {json.dumps(model)}: {{kind: api, model: {json.dumps(model)}}}" for model in served]
    return lines


def _mixes(traffic: Traffic, served: dict[str, int]) -> list[str]:
    """The mix of the models as it was measured, in each segment its own where there are any."""
    tasks = {task: mean for task, mean in traffic.by_task.items() if mean.calls}
    if len(tasks) < 2:
        return ["    mix:", *_mix("      ", served, traffic)]
    lines = ["    by_segment:"]
    named = {each.model: each.priced_as for each in traffic.usage.models}
    for task in tasks:
        own: dict[str, int] = {}
        for key, sums in traffic.cells.items():
            model = named[key.model]
            if key.task == task and model in served and sums.calls:
                own[model] = own.get(model, 0) + sums.calls
        in_order = {model: own[model] for model in served if model in own}
        # Where none of a task's own models serves on, it takes the mix of all.
        lines += [f"      {json.dumps(_segment(task, tasks))}:", *_mix("        ", in_order or served, traffic)]
    return lines


def _mix(indent: str, calls: dict[str, int], traffic: Traffic) -> list[str]:
    shares = _shares(list(calls.values()))
    return [
        f"{indent}{json.dumps(model)}: {_number(share)}  # {_comment(traffic.words)}"
        for model, share in zip(calls, shares, strict=True)
    ]


def _segment(task: str, tasks: Container[str]) -> str:
    """The name of a task's segment; calls without one are `other`, unless a task is called so."""
    return task or ("other" if "other" not in tasks else "no task")


def _retires(used: ModelUsage, prices: Prices, on: date) -> bool:
    gone = prices.retirement(used.priced_as or "")
    return gone is not None and gone.retires_on <= on + timedelta(days=_HORIZON_DAYS)


def _fields(mean: Mean) -> dict[str, float]:
    return {
        "input_tokens": mean.input_tokens,
        "output_tokens": mean.output_tokens,
        "cached_share": mean.cached_share,
        "cache_write_share": mean.cache_write_share + mean.cache_write_1h_share,
        "batch_share": mean.batch_share,
    }


def _shares(calls: list[int]) -> list[float]:
    """Shares that add up to 1 when they are written with ten digits: the largest takes the rest."""
    total = sum(calls)
    shares = [round(each / total, 10) for each in calls]
    largest = max(range(len(calls)), key=calls.__getitem__)
    shares[largest] = round(1 - sum(share for n, share in enumerate(shares) if n != largest), 10)
    return shares


def _block(indent: str, fields: dict[str, float], from_: str) -> list[str]:
    return [f"{indent}{name}: {_number(value)}  # {from_}" for name, value in fields.items()]


def _number(value: float) -> str:
    """Plain decimals: `1e-05` is text to YAML."""
    text = f"{value:.10f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _comment(text: str) -> str:
    """Text that stays within a comment."""
    return "".join(character if character.isprintable() else "?" for character in text)
