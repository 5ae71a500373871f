"""A scenario answers what it says, in month 1 and in month 12, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from llmcost.architectures.prices import Prices
from llmcost.catalog import load_catalog
from llmcost.decision.conditions import Answer
from llmcost.decision.facts import Fact, facts_of, later_month, same_volume
from llmcost.decision.framework import FRAMEWORKS, judge, load_bank
from llmcost.economics.comparison import compare_in_detail
from llmcost.economics.volumes import volume_intervals
from llmcost.scenario import Scenario, scenario_from

CATALOG = load_catalog()
WORKLOAD = {"requests_per_month": "1M", "input_tokens": 1000, "output_tokens": 200}
# A million requests of 1,000 + 200 tokens cost 1,000 * 2 + 200 * 10 = 4,000 USD a month.
PRICES = {"strong": {"input_per_mtok": 2, "output_per_mtok": 10}, "weak": {"input_per_mtok": 1, "output_per_mtok": 5}}
FRONTIER = {"kind": "api", "model": "strong"}


def _scenario(**keys: Any) -> Scenario:
    return scenario_from({"start": "2026-12", "workload": WORKLOAD, "prices": PRICES, **keys})


def _facts(scenario: Scenario, month: int = 1) -> dict[str, Fact]:
    prices = Prices(CATALOG, scenario.prices, scenario.successors)
    if not scenario.architectures:
        return facts_of(scenario, prices, None, None, month)
    details = compare_in_detail(scenario, CATALOG)
    return facts_of(scenario, prices, details, volume_intervals(details, scenario, CATALOG), month)


def _values(**keys: Any) -> dict[str, Answer]:
    return {name: fact.value for name, fact in _facts(_scenario(**keys)).items()}


def _tuned(build: Any = "6k", hosting: str = "1k", **keys: Any) -> dict[str, Any]:
    tuned = {
        "kind": "fine_tuned",
        "build": build if isinstance(build, dict) else {"all": build},
        "monthly": {"hosting": hosting},
        **keys,
    }
    return {"frontier": FRONTIER, "tuned": tuned}


# ---- volumes -------------------------------------------------------------------------------------


def test_volumes_grow_from_month_1_to_month_12() -> None:
    """Growth compounds eleven times until month 12; a month has 365 / 12 days."""
    scenario = _scenario(workload={**WORKLOAD, "growth_per_month": "10%"}, horizon_months=24)
    first, later = _facts(scenario, 1), _facts(scenario, later_month(scenario))
    assert first["requests_per_month"].value == pytest.approx(1_000_000)
    assert later["requests_per_month"].value == pytest.approx(1_000_000 * 1.1**11)
    assert first["requests_per_day"].value == pytest.approx(1_000_000 * 12 / 365)
    assert first["tokens_per_month"].value == pytest.approx(1_000_000 * 1200)
    assert later["tokens_per_day"].value == pytest.approx(1_000_000 * 1200 * 1.1**11 * 12 / 365)
    assert later["tokens_per_day"].origin == "the workload, month 12"


def test_a_horizon_shorter_than_a_year_ends_earlier() -> None:
    """Month 6 is the last one there is."""
    scenario = _scenario(workload={**WORKLOAD, "growth_per_month": "10%"}, horizon_months=6)
    assert later_month(scenario) == 6
    assert _facts(scenario, 6)["requests_per_month"].value == pytest.approx(1_000_000 * 1.1**5)


def test_a_published_month_of_30_days_makes_other_days() -> None:
    """3M requests in 30 days are 100,000 a day, the threshold itself."""
    values = _values(workload={**WORKLOAD, "requests_per_month": "3M"}, days_per_month=30)
    assert values["requests_per_day"] == pytest.approx(100_000)


def test_growth_alone_moves_a_verdict_between_month_1_and_month_12() -> None:
    """8M tokens a day grow by 10 % a month to 8M * 1.1^11 = 22.8M: from frontier only to the hybrid."""
    requests = 8e6 * 365 / 12 / 1200
    scenario = _scenario(workload={**WORKLOAD, "requests_per_month": requests, "growth_per_month": "10%"})
    framework = load_bank(["situations"]).frameworks[0]
    rest: dict[str, Answer] = dict.fromkeys(framework.asks, False)
    rest |= {"labelled_examples": 2000.0, "ml_expertise": True, "agreement_suffices": True}
    names = []
    for month in (1, 12):
        found = judge(framework, {**rest, "tokens_per_day": _facts(scenario, month)["tokens_per_day"].value})
        names.append((found.verdict and found.verdict.name, [s.name for s in found.findings["tiers"]]))
    assert names == [("frontier only", ["under 10M tokens a day"]), ("hybrid", ["10 to 50M tokens a day"])]


def test_a_range_answers_with_its_middle() -> None:
    """The median of 1M to 4M requests is their geometric mean, 2M."""
    assert _values(workload={**WORKLOAD, "requests_per_month": "1M..4M"})["requests_per_month"] == pytest.approx(2e6)


def test_the_largest_task_is_the_one_with_the_most_tokens() -> None:
    """70 % * 620 = 434 tokens of a request classify, 30 % * 2,600 = 780 draft."""
    segments = {
        "classify": {"share": "70%", "input_tokens": 600, "output_tokens": 20, "stable": False},
        "draft": {"share": "30%", "input_tokens": 2000, "output_tokens": 600, "stable": True},
    }
    facts = _facts(_scenario(segments=segments))
    assert facts["tokens_per_month_of_largest_task"] == Fact(pytest.approx(780e6), "segment draft, month 1")
    assert facts["stable_requirements"] == Fact(True, "segment draft, the largest")


def test_tokens_of_a_month_say_neither_requests_nor_tasks() -> None:
    """How many tasks share them is unknown, so the largest one is."""
    values = _values(workload={"monthly_input_tokens": "6B", "monthly_output_tokens": "1B"})
    assert values["tokens_per_month"] == pytest.approx(7e9)
    assert not {"requests_per_month", "requests_per_day", "tokens_per_month_of_largest_task"} & values.keys()


def test_requests_a_day_and_a_month_tell_each_other() -> None:
    """And neither overrules the other."""
    assert same_volume({"requests_per_month": 365_000.0})["requests_per_day"] == pytest.approx(12_000)
    assert same_volume({"requests_per_day": 12_000.0})["requests_per_month"] == pytest.approx(365_000)
    both: dict[str, Answer] = {"requests_per_day": 1.0, "requests_per_month": 1.0}
    assert same_volume(both) == both
    assert same_volume({"edge": True}) == {"edge": True}


# ---- what a default does not say -----------------------------------------------------------------


def test_what_the_scenario_leaves_out_is_no_fact() -> None:
    """Defaults (no air gap, a peak of four, ready at once, no rollout) answer nothing."""
    values = _values(architectures=_tuned())
    silent = {"air_gapped", "edge", "residency_required", "gpu_operations", "required_p99_ms", "peak_to_average"}
    silent |= {"weeks_to_production", "staged_rollout_with_fallback", "lifecycle_budgeted", "failure_budgeted"}
    silent |= {"examples_to_label", "mixed_workload", "stable_requirements", "residual_gap", "human_review"}
    assert not silent & values.keys()


def test_requirements_that_are_stated_are_facts() -> None:
    """`false` is an answer where somebody wrote it."""
    required = {"air_gapped": False, "residency": ["eu"], "p99_latency_ms": 400, "gpu_operations": False}
    values = _values(requirements=required, workload={**WORKLOAD, "peak_to_average": 12})
    assert values["air_gapped"] is False
    assert values["residency_required"] is True
    assert values["required_p99_ms"] == 400
    assert values["gpu_operations"] is False
    assert values["peak_to_average"] == 12
    assert "edge" not in values


def test_every_fact_of_a_question_answers_in_its_kind() -> None:
    """Yes or no to yes-or-no questions, numbers to the others."""
    tuned = _tuned(ready_after_weeks=9, labelling={"samples": "5k", "usd_per_sample": 2}, rollout=["5%", "100%"])
    values = _values(architectures=tuned, quality={"strong": 0.9, "tuned": 0.8}, requirements={"edge": False})
    for name, question in load_bank(FRAMEWORKS).questions.items():
        if question.fact in values:
            assert isinstance(values[question.fact], bool) == (question.answer == "yes_no"), name


def test_segments_say_how_mixed_and_how_sensitive_the_traffic_is() -> None:
    """Only where all of them state it."""
    tokens = {"input_tokens": 1, "output_tokens": 1}
    routine = {**tokens, "share": "80%", "difficulty": "routine", "sensitivity": "internal"}
    hard = {**tokens, "share": "20%", "difficulty": "hard", "sensitivity": "public"}
    values = _values(segments={"a": routine, "b": hard})
    assert values["routine_share"] == pytest.approx(0.8)
    assert values["hard_share"] == pytest.approx(0.2)
    assert values["mixed_workload"] is True
    assert values["compliance_sensitive"] is False
    assert _values(segments={"a": routine, "b": {**hard, "difficulty": "routine"}})["mixed_workload"] is False
    assert _values(segments={"a": routine, "b": {**hard, "sensitivity": "restricted"}})["compliance_sensitive"] is True
    unstated = _values(segments={"a": routine, "b": {**tokens, "share": "20%"}})
    assert not {"routine_share", "hard_share", "mixed_workload", "compliance_sensitive"} & unstated.keys()


# ---- the fine-tune -------------------------------------------------------------------------------


def test_the_largest_build_that_pays_back_is_what_running_it_saves() -> None:
    """12 * 4,000 - 12 * 1,000 = 36,000; a build of 6,000 pays back, one of 36,001 does not."""
    values = _values(architectures=_tuned("6k"))
    assert values["build_cost"] == pytest.approx(6_000)
    assert values["largest_build_that_pays_back"] == pytest.approx(36_000)
    assert values["pays_back_at_this_volume"] is True
    assert _values(architectures=_tuned("36k"))["pays_back_at_this_volume"] is True
    assert _values(architectures=_tuned("36001"))["pays_back_at_this_volume"] is False


def test_a_fine_tune_that_costs_more_to_run_pays_back_no_build() -> None:
    """5,000 a month against 4,000."""
    values = _values(architectures=_tuned("1k", "5k"))
    assert values["largest_build_that_pays_back"] == 0
    assert values["pays_back_at_this_volume"] is False


@pytest.mark.parametrize(
    ("build", "hosting", "horizon", "in_time"),
    [
        ("30k", "2k", 24, True),  # 30,000 / (4,000 - 2,000) = month 15
        ("36k", "2k", 24, True),  # month 18
        ("40k", "2k", 24, False),  # month 20
        ("6k", "5k", 24, False),  # never, and the horizon is longer than 18 months
        ("30k", "2k", 12, None),  # not within 12 months: month 13 to 18 are not looked at
    ],
)
def test_payback_within_18_months_needs_a_horizon_that_long(
    build: str, hosting: str, horizon: int, in_time: bool | None
) -> None:
    """Not yet after twelve months is no answer."""
    values = _values(architectures=_tuned(build, hosting), horizon_months=horizon)
    assert values.get("pays_back_in_18_months") is in_time


def test_the_plan_of_the_fine_tune_answers_what_it_plans() -> None:
    """Weeks, examples to label (not those at hand), rollout, lifecycle and failure."""
    values = _values(
        architectures=_tuned(
            ready_after_weeks=9,
            labelling={"samples": "5k", "usd_per_sample": 2},
            rollout=["5%", "100%"],
            base_upgrade={"every_months": 12, "cost": "20k"},
            build={"all": "6k", "contingency": "20%"},
            review={"share": "1%", "usd_per_review": 20},
        )
    )
    assert values["weeks_to_production"] == 9
    assert values["examples_to_label"] == 5000
    assert values["staged_rollout_with_fallback"] is True
    assert values["lifecycle_budgeted"] is True
    assert values["failure_budgeted"] is True
    assert values["human_review"] is True
    assert "labelled_examples" not in values


def test_a_rollout_that_starts_with_half_the_traffic_is_not_staged_as_published() -> None:
    """5 % is the first stage."""
    values = _values(architectures=_tuned(rollout=["50%", "100%"]))
    assert values["staged_rollout_with_fallback"] is False


# ---- quality -------------------------------------------------------------------------------------


def _gap(quality: dict[str, float], *, required: str = "95%", **architectures: Any) -> dict[str, Answer]:
    return _values(
        quality={"strong": 0.9, **quality},
        requirements={"min_quality_kept": required},
        architectures={"frontier": FRONTIER, **architectures},
    )


def test_a_smaller_model_that_keeps_enough_leaves_no_gap() -> None:
    """0.88 / 0.90 = 97.8 % of 95 %."""
    values = _gap({"weak": 0.88}, small={"kind": "api", "model": "weak"})
    assert values["residual_gap"] is False
    assert values["residual_quality_gap"] == 0
    assert values["quality_of_baseline"] == 0.9


def test_a_gap_is_what_the_best_of_them_lacks() -> None:
    """95 % - 0.81 / 0.90 = 5 points; a fine-tune that closes it is no argument against it."""
    tuned = _tuned()["tuned"]
    values = _gap({"weak": 0.81, "tuned": 0.9}, small={"kind": "api", "model": "weak"}, tuned=tuned)
    assert values["residual_gap"] is True
    assert values["residual_quality_gap"] == pytest.approx(0.05)
    assert values["quality_of_fine_tune"] == 0.9


def test_a_random_mix_proves_no_gap() -> None:
    """It is a floor: a router may do better, so whether a gap is left stays unknown."""
    routed = {"kind": "routed", "mix": {"weak": "70%", "strong": "30%"}}
    values = _gap({"weak": 0.81}, routed=routed)
    assert "residual_gap" not in values
    assert _gap({"weak": 0.81, "routed": 0.81}, routed=routed)["residual_gap"] is True
    assert _gap({"weak": 0.89}, routed=routed)["residual_gap"] is False


def test_an_architecture_that_a_gate_removes_closes_no_gap() -> None:
    """The small hosted model keeps enough and may not be used."""
    values = _values(
        quality={"strong": 0.9, "weak": 0.9, "own": 0.81},
        requirements={"min_quality_kept": "95%", "air_gapped": True},
        architectures={
            "frontier": FRONTIER,
            "small": {"kind": "api", "model": "weak"},
            "own": {"kind": "self_hosted", "gpu": {"usd_per_gpu_hour": 2}, "throughput": {"requests_per_month": "1M"}},
        },
    )
    assert values["residual_gap"] is True
