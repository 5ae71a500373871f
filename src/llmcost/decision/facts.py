"""Facts that a scenario answers by itself, each with its value and where it comes from.

Only what the scenario says is a fact: a default that stands, or a range of tokens without tasks,
answers nothing. Volumes are taken at month 1 and at month 12 (or the last month of a shorter
horizon): a threshold that only growth reaches is shown as such.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from llmcost.architectures.fine_tuned import FineTuned
from llmcost.architectures.flow import reachable
from llmcost.architectures.prices import Prices
from llmcost.decision.conditions import Answer
from llmcost.economics.comparison import Details
from llmcost.economics.horizon import months_of, traffic
from llmcost.economics.outputs import payback_month
from llmcost.economics.quality_kept import is_random_floor, quality_of
from llmcost.economics.volumes import Intervals
from llmcost.quantity import at_middle
from llmcost.scenario import Scenario
from llmcost.wording import number_of

DAYS_PER_MONTH = 365 / 12
LONGEST_PAYBACK = 18  # months ("AI Model Fine-Tuning, Deployment & Evaluation Systems")
FIRST_STAGE = 0.05  # of the traffic ("Build vs Buy: Fine-Tuned LLM Economics")


class Fact(NamedTuple):
    """An answer from the scenario: the value, and in a few words where it was read."""

    value: Answer
    origin: str


def later_month(scenario: Scenario) -> int:
    """Month 12, or the last month of a shorter horizon."""
    return min(12, scenario.horizon_months)


def facts_of(
    scenario: Scenario, prices: Prices, details: Details | None, found: Intervals | None, month: int
) -> dict[str, Fact]:
    """Every fact that this scenario answers, with volumes as of one month."""
    point: Scenario = details.point if details is not None else at_middle(scenario)
    return {
        **workload_facts(point),
        **requirement_facts(point),
        **tuning_facts(point, details, found),
        **quality_facts(details),
        **volume_facts(point, month),
    }


def same_volume(given: Mapping[str, Answer]) -> dict[str, Answer]:
    """The answers with requests a day from requests a month, or the other way round, where one is missing."""
    told = dict(given)
    month, day = told.get("requests_per_month"), told.get("requests_per_day")
    if month is not None and day is None:
        told["requests_per_day"] = month / DAYS_PER_MONTH
    if day is not None and month is None:
        told["requests_per_month"] = day * DAYS_PER_MONTH
    return told


# ---- the workload --------------------------------------------------------------------------------


def volume_facts(scenario: Scenario, month: int) -> dict[str, Fact]:
    """Tokens and requests, in all and of the largest task, in one month."""
    if scenario.workload is None:
        return {}
    point = at_middle(scenario)
    no_prices: Any = None
    arriving = traffic(point, months_of(point, no_prices)[month - 1])
    tokens = sum(stream.tokens for stream in arriving)
    days = point.hours / 24
    where = f"the workload, month {month}"
    facts = {"tokens_per_month": Fact(tokens, where), "tokens_per_day": Fact(tokens / days, where)}
    if not point.workload.requests_known:  # the month's tokens: of how many tasks, nothing says
        return facts
    requests = sum(stream.requests for stream in arriving)
    tasks: dict[str, float] = {}
    for stream in arriving:  # logged traffic comes in several parts a task
        tasks[stream.segment] = tasks.get(stream.segment, 0.0) + float(stream.tokens)
    largest = max(tasks, key=tasks.__getitem__)
    task = f"segment {largest}" if largest else "the workload, one kind of request"
    facts["tokens_per_month_of_largest_task"] = Fact(tasks[largest], f"{task}, month {month}")
    facts["requests_per_month"] = Fact(requests, where)
    facts["requests_per_day"] = Fact(requests / days, where)
    if "peak_to_average" in point.workload.model_fields_set:
        facts["peak_to_average"] = Fact(point.workload.peak_to_average, "the workload")
    return facts


def workload_facts(scenario: Scenario) -> dict[str, Fact]:
    """How mixed, how stable and how sensitive the traffic is, where the segments say so."""
    point = at_middle(scenario)
    segments = point.segments
    if not segments:
        return {}
    facts: dict[str, Fact] = {}
    difficulties = [segment.difficulty for segment in segments.values()]
    if None not in difficulties:
        for difficulty in ("routine", "hard"):
            share = sum(segment.share for segment in segments.values() if segment.difficulty == difficulty)
            facts[f"{difficulty}_share"] = Fact(share, "the segments' difficulty")
        facts["mixed_workload"] = Fact(len(set(difficulties)) > 1, "the segments' difficulty")
    elif len(segments) == 1:
        facts["mixed_workload"] = Fact(False, "one segment")
    name = max(segments, key=lambda n: segments[n].share * (segments[n].input_tokens + segments[n].output_tokens))
    if segments[name].stable is not None:
        facts["stable_requirements"] = Fact(segments[name].stable, f"segment {name}, the largest")
    sensitivities = [segment.sensitivity for segment in segments.values()]
    if "restricted" in sensitivities:
        facts["compliance_sensitive"] = Fact(True, "a segment is restricted")
    elif set(sensitivities) <= {"public", "internal"}:
        facts["compliance_sensitive"] = Fact(False, "the segments' sensitivity")
    return facts


def requirement_facts(scenario: Scenario) -> dict[str, Fact]:
    """What the requirements say; what they leave out stays unknown."""
    required = at_middle(scenario).requirements
    stated = required.model_fields_set
    facts = {
        "air_gapped": required.air_gapped if "air_gapped" in stated else None,
        "edge": required.edge if "edge" in stated else None,
        "residency_required": bool(required.residency) if "residency" in stated else None,
        "gpu_operations": required.gpu_operations,
        "required_p99_ms": required.p99_latency_ms,
        "required_first_token_ms": required.first_token_ms,
    }
    return {name: Fact(value, "requirements") for name, value in facts.items() if value is not None}


# ---- the fine-tune -------------------------------------------------------------------------------


def tuning_facts(scenario: Scenario, details: Details | None, found: Intervals | None) -> dict[str, Fact]:
    """What the scenario's fine-tune plans, and whether it pays back.

    With several, the one with the lowest total among those that pass their gates speaks.
    """
    point = at_middle(scenario)
    facts: dict[str, Fact] = {}
    reviewed = next((name for name, body in point.architectures.items() if body.review is not None), None)
    if reviewed is not None:
        facts["human_review"] = Fact(True, f"architecture {reviewed}")
    name = _chosen(point, details, "fine_tuned")
    tuned = point.architectures[name] if name is not None else None
    if name is not None and isinstance(tuned, FineTuned):
        facts |= _planned(name, tuned)
        if details is not None:
            facts |= _paying(name, details, found)
    if details is not None:
        facts |= _in_18_months(name or _chosen(point, details, "self_hosted"), details)
    return facts


def _chosen(point: Scenario, details: Details | None, kind: str) -> str | None:
    names = [name for name, body in point.architectures.items() if body.kind == kind]
    if details is None or not names:
        return names[0] if names else None

    def rank(name: str) -> tuple[bool, float]:
        total = details.estimates[name].total_cost
        return not details.gates[name].feasible, math.inf if total is None else float(total)

    return min(names, key=rank)


def _planned(name: str, tuned: FineTuned) -> dict[str, Fact]:
    facts: dict[str, Fact] = {}
    where = f"architecture {name}"
    if tuned.labelling is not None:
        facts["examples_to_label"] = Fact(tuned.labelling.samples, f"{where}, labelling")
    if "ready_after_weeks" in tuned.model_fields_set:
        facts["weeks_to_production"] = Fact(tuned.ready_after_weeks, where)
    if tuned.base_upgrade is not None:
        facts["lifecycle_budgeted"] = Fact(True, f"{where}, base_upgrade")
    if {"failure_probability", "contingency"} & tuned.build.keys():
        facts["failure_budgeted"] = Fact(True, f"{where}, build")
    if "rollout" in tuned.model_fields_set:
        first = tuned.rollout[0]
        rest = f", {tuned.fallback} serves the rest" if first < 1 and tuned.fallback else ""
        staged = first <= FIRST_STAGE + 1e-12
        facts["staged_rollout_with_fallback"] = Fact(staged, f"{where}, rollout starts at {first:.4g}{rest}")
    return facts


def _paying(name: str, details: Details, found: Intervals | None) -> dict[str, Fact]:
    own, base = details.estimates[name], details.estimates[details.comparison.baseline]
    where = f"{name} against {base.name}, computed over {number_of('month', details.comparison.horizon_months)}"
    facts = {"build_cost": Fact(float(own.one_time_cost), f"architecture {name}")}
    quality = quality_of(name, details.point)
    if quality is not None:
        facts["quality_of_fine_tune"] = Fact(float(quality), f"quality of {name}, on your own evaluation")
    if name != base.name and own.present_value is not None and base.present_value is not None:
        largest = base.present_value - (own.present_value - own.one_time_cost)
        facts["largest_build_that_pays_back"] = Fact(max(float(largest), 0.0), where)
        facts["pays_back_at_this_volume"] = Fact(bool(own.present_value <= base.present_value), where)
    won = [interval for interval in found.intervals if interval.cheapest == name] if found else []
    if won:
        least = float(won[0].from_requests_per_month)
        facts["fine_tune_cheapest_from_requests_per_month"] = Fact(least, f"{name}, computed over the horizon")
    return facts


def _in_18_months(name: str | None, details: Details) -> dict[str, Fact]:
    """Payback within 18 months; open where the horizon ends before it and nothing was paid back."""
    if name is None or name == details.comparison.baseline:
        return {}
    base = details.estimates[details.comparison.baseline]
    payback = payback_month(details.estimates[name], base)
    horizon = details.comparison.horizon_months
    if payback is None or (payback > horizon and horizon < LONGEST_PAYBACK):
        return {}
    against = f"{name} against {details.comparison.baseline}"
    if payback > horizon:
        return {"pays_back_in_18_months": Fact(False, f"{against}, not within {number_of('month', horizon)}")}
    return {"pays_back_in_18_months": Fact(bool(payback <= LONGEST_PAYBACK), f"{against}, in month {payback:g}")}


# ---- quality -------------------------------------------------------------------------------------


def quality_facts(details: Details | None) -> dict[str, Fact]:
    """Today's quality, and whether routing and smaller models leave a gap to what is required.

    A random-assignment floor can close the gap but not prove one: a real router may do better.
    """
    if details is None:
        return {}
    point, baseline = details.point, details.comparison.baseline
    facts: dict[str, Fact] = {}
    today = quality_of(baseline, point)
    if today is not None and not is_random_floor(baseline, point):
        facts["quality_of_baseline"] = Fact(float(today), f"quality of {baseline}, on your own evaluation")
    required = point.requirements.min_quality_kept
    rows = [row for row in details.comparison.architectures if _untuned(row.name, details)]
    rows = [row for row in rows if set(row.failed_gates) <= {"min_quality_kept"}]
    kept = {row.name: row.quality_kept.value for row in rows if row.quality_kept.value is not None}
    if required is None or not kept:
        return facts
    best = max(kept, key=lambda name: kept[name])
    short = float(required - kept[best])
    where = f"{best} keeps {kept[best]:.1%} of {required:.1%} required"
    if short <= 1e-12:
        facts["residual_gap"] = Fact(False, where)
        facts["residual_quality_gap"] = Fact(0.0, where)
    elif len(kept) == len(rows) and not any(_on_a_floor(name, details) for name in kept):
        facts["residual_gap"] = Fact(True, f"at best {where}")
        facts["residual_quality_gap"] = Fact(short, f"at best {where}")
    return facts


def _untuned(name: str, details: Details) -> bool:
    """Whether it is routing or a smaller model, without a fine-tune in it."""
    parts = reachable(name, details.point.architectures)
    return name != details.comparison.baseline and not any(isinstance(body, FineTuned) for _, body in parts)


def _on_a_floor(name: str, details: Details) -> bool:
    return any(is_random_floor(part, details.point) for part, _ in reachable(name, details.point.architectures))
