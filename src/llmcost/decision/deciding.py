"""Gates, frameworks and economics on one page, and the recommendation that follows from them.

Gates come first: a failed requirement removes an architecture whatever a count says. Then the
economics choose the cheapest that is left; the frameworks are read beside it, and where a verdict
collides with a gate, or two verdicts with each other, the page says so.
"""

from typing import Any, NamedTuple

from llmcost.architectures.prices import Prices
from llmcost.decision.attributes import Attribute, attributes_of
from llmcost.decision.conditions import Answer
from llmcost.decision.facts import Fact, facts_of, later_month
from llmcost.decision.flips import Flip, answer_flips, flips_of
from llmcost.decision.framework import Bank, judge
from llmcost.decision.recommendation import (
    Recommendation,
    Unknown,
    collisions_of,
    next_steps_of,
    recommendation_of,
    unknowns_of,
)
from llmcost.decision.verdicts import Verdict, agreements, combined, contradictions, plain, verdict_of
from llmcost.economics.choice import Choice
from llmcost.economics.comparison import Details, compare_in_detail
from llmcost.economics.uncertainty import Figure, Sampling
from llmcost.economics.volumes import Intervals, volume_intervals
from llmcost.scenario import Scenario

# Answers that are requirements: they become gates of the scenario.
REQUIREMENTS = {
    "air_gapped": "air_gapped",
    "edge": "edge",
    "gpu_operations": "gpu_operations",
    "required_p99_ms": "p99_latency_ms",
    "required_first_token_ms": "first_token_ms",
}


class Gated(NamedTuple):
    """One architecture and its gates."""

    architecture: str
    kind: str
    feasible: bool
    standing: str
    failed: dict[str, str]
    unknown: dict[str, str]
    uncertain: dict[str, str]


class Economics(NamedTuple):
    """What the comparison says."""

    baseline: str
    horizon_months: int
    cheapest: str | None
    choice: Choice
    breached: list[str]
    sentence: str
    total_cost: Figure
    saving: Figure
    payback_month: Figure
    requests_per_month: float | None
    cheapest_from_requests_per_month: int | None
    cheapest_to_requests_per_month: int | None
    fine_tune_cheapest_from_requests_per_month: float | None
    largest_build_that_pays_back: float | None


class Decision(NamedTuple):
    """The result of `decide`."""

    frameworks: list[Verdict]
    agreements: list[str]
    contradictions: list[str]
    gates: list[Gated]
    economics: Economics | None
    recommendation: Recommendation
    flips: list[Flip]
    unknowns: list[Unknown]
    next_steps: list[str]
    attributes: list[Attribute]
    command: str


def decide(
    bank: Bank,
    given: dict[str, Answer],
    scenario: Scenario | None = None,
    catalog: Any = None,
    sampling: Sampling | None = None,
    command: str = "llmcost decide",
) -> Decision:
    """Judge every framework of the bank, beside the scenario's gates and economics where there is one.

    An answer that is missing from `given`, or None there, is read from the scenario or stays
    unknown. Raises what `compare` raises.
    """
    details: Details | None = None
    volumes: Intervals | None = None
    now: dict[str, Fact] = {}
    later: dict[str, Fact] = {}
    if scenario is not None:
        scenario = with_requirements(scenario, given)
        prices = Prices(catalog, scenario.prices, scenario.successors)
        if scenario.architectures:
            details = compare_in_detail(scenario, catalog, sampling)
            prices = Prices(catalog, details.point.prices, details.point.successors)
            volumes = _volumes(details, scenario, catalog, sampling)
        now = facts_of(scenario, prices, details, volumes, 1)
        later = facts_of(scenario, prices, details, volumes, later_month(scenario))
    answers = combined(bank, given, now)
    answers_later = combined(bank, given, later)
    judged = [(framework, judge(framework, plain(answers))) for framework in bank.frameworks]
    verdicts = [
        verdict_of(framework, found, answers, bank, judge(framework, plain(answers_later)) if later else None)
        for framework, found in judged
    ]
    collisions = collisions_of(verdicts, details, answers)
    gates = _gates(details)
    recommendation = recommendation_of(verdicts, details, answers, collisions)
    unknowns = unknowns_of(bank, judged, answers)
    return Decision(
        frameworks=verdicts,
        agreements=agreements(verdicts),
        contradictions=[*contradictions(verdicts), *collisions],
        gates=gates,
        economics=_economics(details, volumes, now) if details else None,
        recommendation=recommendation,
        flips=flips_of(details, volumes) if details else answer_flips(bank, plain(answers)),
        unknowns=unknowns,
        next_steps=next_steps_of(recommendation, unknowns, details, answers),
        attributes=attributes_of(details) if details else [],
        command=command,
    )


def with_requirements(scenario: Scenario, given: dict[str, Answer]) -> Scenario:
    """The scenario with the answers that are requirements among its gates."""
    changes = {
        field: None if given[question] is False and question.startswith("required_") else given[question]
        for question, field in REQUIREMENTS.items()
        if given.get(question) is not None and question in given
    }
    if not changes:
        return scenario
    return scenario.model_copy(update={"requirements": scenario.requirements.model_copy(update=changes)})


def known_from(scenario: Scenario, catalog: Any) -> dict[str, Fact]:
    """The facts that need not be asked for, without the comparison's own figures."""
    prices = Prices(catalog, scenario.prices, scenario.successors)
    details = compare_in_detail(scenario, catalog) if scenario.architectures else None
    volumes = _volumes(details, scenario, catalog, None) if details else None
    return facts_of(scenario, prices, details, volumes, 1)


def _volumes(details: Details, scenario: Scenario, catalog: Any, sampling: Sampling | None) -> Intervals | None:
    workload = details.point.workload
    if workload is None or not workload.requests_known:
        return None
    return volume_intervals(details, scenario, catalog, sampling=sampling)


def _gates(details: Details | None) -> list[Gated]:
    if details is None:
        return []
    return [
        Gated(
            row.name,
            row.kind,
            row.feasible,
            details.gates[row.name].standing,
            {gate: row.gate_reasons[gate] for gate in row.failed_gates},
            {gate: row.gate_reasons[gate] for gate in row.unknown_gates},
            {gate: row.gate_reasons[gate] for gate in row.uncertain_gates},
        )
        for row in details.comparison.architectures
    ]


def _number(facts: dict[str, Fact], name: str) -> float | None:
    value = facts[name].value if name in facts else None
    return None if value is None else float(value)


def _economics(details: Details, volumes: Intervals | None, facts: dict[str, Fact]) -> Economics:
    comparison = details.comparison
    row = next((r for r in comparison.architectures if r.name == comparison.cheapest), None)
    unknown = Figure(None)
    today = volumes.today if volumes else None
    here = None
    for interval in volumes.intervals if volumes else ():
        end = interval.to_requests_per_month
        if today is not None and interval.from_requests_per_month <= today and (end is None or today <= end):
            here = interval
    return Economics(
        baseline=comparison.baseline,
        horizon_months=comparison.horizon_months,
        cheapest=comparison.cheapest,
        choice=comparison.choice,
        breached=comparison.breached,
        sentence=comparison.sentence,
        total_cost=row.total_cost if row else unknown,
        saving=row.saving if row else unknown,
        payback_month=row.payback_month if row else unknown,
        requests_per_month=today,
        cheapest_from_requests_per_month=here.from_requests_per_month if here else None,
        cheapest_to_requests_per_month=here.to_requests_per_month if here else None,
        fine_tune_cheapest_from_requests_per_month=_number(facts, "fine_tune_cheapest_from_requests_per_month"),
        largest_build_that_pays_back=_number(facts, "largest_build_that_pays_back"),
    )
