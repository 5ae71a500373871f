"""Facts that a scenario answers by itself, each with its value and where it comes from.

Volumes are taken at month 1 and at month 12 (or the last month of a shorter horizon): a threshold
that only growth reaches is shown as such.
"""

from typing import Any, NamedTuple

from llmcost.architectures.fine_tuned import FineTuned
from llmcost.architectures.prices import Prices
from llmcost.decision.conditions import Answer
from llmcost.economics.breakeven import Breakeven
from llmcost.economics.comparison import Details
from llmcost.economics.horizon import months_of, traffic
from llmcost.quantity import at_middle
from llmcost.scenario import Scenario

DAYS_PER_MONTH = 365 / 12


class Fact(NamedTuple):
    """An answer from the scenario: the value, and in a few words where it was read."""

    value: Answer
    origin: str


def later_month(scenario: Scenario) -> int:
    """Month 12, or the last month of a shorter horizon."""
    return min(12, scenario.horizon_months)


def volume_facts(scenario: Scenario, month: int) -> dict[str, Fact]:
    """Tokens and requests, in all and of the largest task, in one month."""
    if scenario.workload is None:
        return {}
    point = at_middle(scenario)
    no_prices: Any = None
    arriving = traffic(point, months_of(point, no_prices)[month - 1])
    tokens = sum(stream.tokens for stream in arriving)
    largest = max(stream.tokens for stream in arriving)
    days = point.days_per_month or (point.hours / 24)
    where = f"the workload, month {month}"
    facts = {
        "tokens_per_month": Fact(tokens, where),
        "tokens_per_day": Fact(tokens / days, where),
    }
    if len(arriving) > 1 or point.workload is not None:
        name = next((s.segment for s in arriving if s.tokens == largest and s.segment), "")
        facts["tokens_per_month_of_largest_task"] = Fact(largest, f"segment {name}, month {month}" if name else where)
    if point.workload is not None and point.workload.requests_known:
        requests = sum(stream.requests for stream in arriving)
        facts["requests_per_month"] = Fact(requests, where)
        facts["requests_per_day"] = Fact(requests / days, where)
        facts["peak_to_average"] = _if_given(point.workload, "peak_to_average", "the workload")
    return {name: fact for name, fact in facts.items() if fact.value is not None}


def _if_given(model: Any, field: str, origin: str) -> Fact:
    given = field in model.model_fields_set
    return Fact(getattr(model, field) if given else None, origin)


def requirement_facts(scenario: Scenario) -> dict[str, Fact]:
    """What the requirements say; what they leave out stays unknown, but for what is stated as absent."""
    required = at_middle(scenario).requirements
    where = "requirements"
    facts = {
        "air_gapped": _if_given(required, "air_gapped", where),
        "edge": _if_given(required, "edge", where),
        "gpu_operations": Fact(required.gpu_operations, where),
        "required_p99_ms": Fact(required.p99_latency_ms, where),
        "required_first_token_ms": Fact(required.first_token_ms, where),
        "required_payback_months": Fact(required.payback_within_months, where),
    }
    if "residency" in required.model_fields_set:
        facts["residency_required"] = Fact(bool(required.residency), where)
    if "air_gapped" in required.model_fields_set or "residency" in required.model_fields_set:
        facts["air_gap_or_residency"] = Fact(required.air_gapped or bool(required.residency), where)
    return {name: fact for name, fact in facts.items() if fact.value is not None}


def tuning_facts(scenario: Scenario, details: Details | None, found: Breakeven | None) -> dict[str, Fact]:
    """What the scenario's fine-tune needs and whether it pays back."""
    point = at_middle(scenario)
    tuned = {n: a for n, a in point.architectures.items() if isinstance(a, FineTuned)}
    if not tuned:
        return {}
    name, architecture = next(iter(tuned.items()))
    facts: dict[str, Fact] = {}
    where = f"architecture {name}"
    if architecture.labelling is not None:
        facts["labelled_examples"] = Fact(architecture.labelling.samples, where)
    if "ready_after_weeks" in architecture.model_fields_set:
        facts["weeks_to_production"] = Fact(architecture.ready_after_weeks, where)
    if len(architecture.rollout) > 1 and architecture.fallback:
        facts["staged_rollout_with_fallback"] = Fact(True, where)
    if details is not None:
        one_time = details.estimates[name].one_time_cost
        facts["build_cost"] = Fact(one_time, where)
        total = details.estimates[name].total_cost
        base = details.estimates[details.comparison.baseline].total_cost
        if total is not None and base is not None:
            facts["largest_build_that_pays_back"] = Fact(max(one_time + base - total, 0.0), "computed over the horizon")
        kept = details.outcome.figures.get((name, "quality_kept"))
        if kept is not None and kept.point is not None:
            facts["quality_kept_by_fine_tune"] = Fact(kept.point, where)
    if found is not None and details is not None:
        row = next((c for c in details.comparison.architectures if c.name == name), None)
        if row is not None:
            facts["pays_back_at_this_volume"] = Fact(row.payback_month.point is not None, "computed over the horizon")
    return facts


def workload_facts(scenario: Scenario) -> dict[str, Fact]:
    """How mixed and how stable the traffic is, where the segments say so."""
    if not scenario.segments:
        return {}
    point = at_middle(scenario)
    facts: dict[str, Fact] = {"mixed_workload": Fact(len(point.segments) > 1, "segments")}
    stated = [s for s in point.segments.values() if s.difficulty is not None]
    if len(stated) == len(point.segments):
        routine = sum(s.share for s in stated if s.difficulty == "routine")
        hard = sum(s.share for s in stated if s.difficulty == "hard")
        facts["routine_share"] = Fact(routine, "segments' difficulty")
        facts["hard_share"] = Fact(hard, "segments' difficulty")
    if all(s.stable is not None for s in point.segments.values()):
        facts["stable_requirements"] = Fact(all(s.stable for s in point.segments.values()), "segments")
    return facts


def quality_facts(details: Details | None) -> dict[str, Fact]:
    """The gap between the best that routing and smaller models keep and what is required."""
    if details is None:
        return {}
    required = details.point.requirements.min_quality_kept
    kept = {
        row.name: row.quality_kept.point
        for row in details.comparison.architectures
        if row.kind in ("routed", "cascade", "self_hosted") and row.quality_kept.point is not None
    }
    if required is None or not kept:
        return {}
    best = max(kept.values())
    return {
        "residual_quality_gap": Fact(
            max(required - best, 0.0), f"{max(kept, key=lambda n: kept[n])} against the requirement"
        ),
        "residual_gap": Fact(required - best > 1e-12, "quality kept against the requirement"),
    }


def facts_of(
    scenario: Scenario, prices: Prices, details: Details | None, found: Breakeven | None, month: int
) -> dict[str, Fact]:
    """Every fact that this scenario answers, with volumes as of one month."""
    return {
        **workload_facts(scenario),
        **requirement_facts(scenario),
        **tuning_facts(scenario, details, found),
        **quality_facts(details),
        **volume_facts(scenario, month),
    }
