"""A measured workload as part of a scenario file, each figure marked with where it was measured."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date, timedelta
from typing import Any, NamedTuple

from llmcost.architectures.architecture import Retired
from llmcost.architectures.prices import Prices
from llmcost.usage.traffic import Mean, Traffic
from llmcost.wording import number_of
from llmcost.workload import HOURS_PER_MONTH

_ENOUGH_CALLS = 100  # of a model on a task, for its mean to say something
_AS_LONG = 0.1  # by which the mean prompts of two models on one task may differ
_HORIZON_DAYS = 400  # a model that retires sooner does not serve a year from next month


class Saved(NamedTuple):
    """A scenario, and what it does not tell of the log, as one sentence each."""

    text: str
    lost: list[str]


def saved_workload(traffic: Traffic, prices: Prices, on: date) -> Saved:
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
    lost = _lost_by_means(traffic, prices, on)
    lines += [f"  # {_comment(each)}" for each in lost]
    if len(traffic.segments) > 1:
        lines.append("segments:")
        shares = _shares([mean.calls for mean in traffic.segments.values()])
        for (name, mean), share in zip(traffic.segments.items(), shares, strict=True):
            lines.append(f"  {json.dumps(name)}:")
            lines += _block(
                "    ", {"share": share, **_fields(mean)}, f"{_comment(from_)}, {number_of('call', mean.calls)}"
            )
    architectures, left_out = _architectures(traffic, prices, on)
    if left_out:
        lost.append(f"not among the architectures: {', '.join(left_out)}")
        lines.append(f"# {_comment(lost[-1])}")
    lines += [f"# {_comment(each)}" for each in _what_models_write(traffic)]
    return Saved("\n".join([*lines, *architectures]) + "\n", lost)


def _what_models_write(traffic: Traffic) -> Iterator[str]:
    """How much more one model wrote than another on the same task, where their prompts were as long: it may be stated."""
    means: dict[str, dict[str, Mean]] = {}
    cells: dict[tuple[str, str], list[Any]] = {}
    for key, sums in traffic.cells.items():
        cells.setdefault((traffic.segment(key), key.model), []).append((key, sums))
    for (task, model), own in cells.items():
        mean = traffic.mean(own)
        if model and mean.calls >= _ENOUGH_CALLS and mean.input_tokens and mean.output_tokens:
            means.setdefault(task, {})[model] = mean
    for task, models in sorted(means.items()):
        base = max(models, key=lambda model: models[model].calls)
        for model, mean in sorted(models.items()):
            alike = abs(mean.input_tokens / models[base].input_tokens - 1) <= _AS_LONG
            if model != base and alike:
                factor = mean.output_tokens / models[base].output_tokens
                yield (
                    f"on {task}, {model} wrote {factor:.3g} times what {base} wrote to prompts as long ({mean.calls:,} and "
                    f"{models[base].calls:,} calls); a scenario may say so: models: {{{model}: {{output_tokens_factor: {factor:.3g}}}}}"
                )


def _lost_by_means(traffic: Traffic, prices: Prices, on: date) -> list[str]:
    """What a mean request does not tell: the calls above each threshold from which a logged model has other prices."""
    dearer: dict[int, list[str]] = {}
    for model in dict.fromkeys(each.priced_as for each in traffic.usage.models if each.calls and each.priced_as):
        with suppress(Retired):
            for tier in prices.price(model, on).long_context:
                dearer.setdefault(tier.above_tokens, []).append(model)
    logs = traffic.files[0] if len(traffic.files) == 1 else "LOGS"
    return [
        f"{above.share:.1%} of the calls have prompts above {above.above_tokens:,} tokens, from where {', '.join(models)} "
        f"{'has' if len(models) == 1 else 'have'} other prices: a mean request loses that, write usage: {logs} to keep it"
        for above in traffic.usage.sizes.above
        if 0 < above.share < 1 and (models := dearer.get(above.above_tokens))
    ]


def _architectures(traffic: Traffic, prices: Prices, on: date) -> tuple[list[str], list[str]]:
    """The logged models that have a price and do not retire soon, each alone and all in their measured mix.

    With the others, each with the reason.
    """
    served: dict[str, int] = {}
    left_out: list[str] = []
    for each in traffic.usage.models:
        if not each.calls or each.priced_as is None or each.cost is None:
            left_out.append(f"{each.model or 'calls without a model'} (no price)")
        elif (gone := prices.retirement(each.priced_as)) and gone.retires_on <= on + timedelta(days=_HORIZON_DAYS):
            left_out.append(f"{each.model} (retires on {gone.retires_on})")
        else:
            served[each.priced_as] = served.get(each.priced_as, 0) + each.calls
    if not served:
        return [], left_out
    several = len(served) > 1
    lines = [f"baseline: {'as-logged' if several else json.dumps(next(iter(served)))}", "architectures:"]
    if several:
        lines += ["  as-logged:", "    kind: routed", *_mixes(traffic, served)]
    lines += [f"  {json.dumps(model)}: {{kind: api, model: {json.dumps(model)}}}" for model in served]
    return [*_cached_below_the_mean(traffic, prices, served, on), *lines], left_out


def _cached_below_the_mean(traffic: Traffic, prices: Prices, served: Iterable[str], on: date) -> list[str]:
    """Prices that let the logged models cache as they did: a mean prompt may be shorter than those that were cached."""
    means = [mean for mean in (traffic.whole, *traffic.segments.values()) if mean.cached_share]
    shortest = min((mean.input_tokens for mean in means), default=math.inf)
    found = [model for model in served if shortest < (prices.price(model, on).facts.min_cacheable_tokens or 0.0)]
    if not found:
        return []
    why = "cached as it was logged, though the mean prompt is shorter than any that the model caches"
    return ["prices:", *(f"  {json.dumps(model)}: {{min_cacheable_tokens: 0}}  # {why}" for model in found)]


def _mixes(traffic: Traffic, served: dict[str, int]) -> list[str]:
    """The mix of the models as it was measured, in each segment its own where there are any."""
    if len(traffic.segments) < 2:
        return ["    mix:", *_mix("      ", served, traffic)]
    lines = ["    by_segment:"]
    named = {each.model: each.priced_as for each in traffic.usage.models}
    for segment in traffic.segments:
        own: dict[str, int] = {}
        for key, sums in traffic.cells.items():
            model = named[key.model]
            if traffic.segment(key) == segment and model in served and sums.calls:
                own[model] = own.get(model, 0) + sums.calls
        in_order = {model: own[model] for model in served if model in own}
        # Where none of a task's own models serves on, it takes the mix of all.
        lines += [f"      {json.dumps(segment)}:", *_mix("        ", in_order or served, traffic)]
    return lines


def _mix(indent: str, calls: dict[str, int], traffic: Traffic) -> list[str]:
    shares = _shares(list(calls.values()))
    return [
        f"{indent}{json.dumps(model)}: {_number(share)}  # {_comment(traffic.words)}"
        for model, share in zip(calls, shares, strict=True)
    ]


def _fields(mean: Mean) -> dict[str, float]:
    """Without `cache_write_1h_share` where nothing is written for an hour: no other provider has such writes."""
    return {name: value for name, value in mean.fields.items() if value or name != "cache_write_1h_share"}


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
