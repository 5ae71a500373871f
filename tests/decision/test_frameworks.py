"""Every published framework concludes from the answers what its document says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from llmcost.decision.conditions import Answer
from llmcost.decision.framework import Framework, judge, load_bank, measured
from llmcost.quantity import number

CASES = Path(__file__).parent.parent / "cases" / "decision"
WORDS: dict[str, bool | None] = {"y": True, "n": False, "u": None}

# What a case leaves out: nothing that speaks for anything. Yes/no is no and a number 0, but for these.
REST: dict[str, dict[str, Answer]] = {
    "five-questions": {"required_p99_ms": False},
    "scoping": {"required_first_token_ms": False},
    "moves": {},
    "build-or-buy": {
        "peak_to_average": 2.0,
        "stable_requirements": True,
        "accuracy_now": 0.80,
        "accuracy_expected": 0.93,
        "labelled_examples": 2000.0,
        "domain_experts": True,
        "agreement_suffices": True,
        "weeks_available": 20.0,
        "planned_weeks": 14.0,
        "ml_expertise": True,
        "staged_rollout": True,
        "failure_budgeted": True,
    },
    "situations": {
        "tokens_per_day": 20e6,
        "required_p99_ms": False,
        "agreement_suffices": True,
        "labelled_examples": 2000.0,
        "ml_expertise": True,
        "tail_measured": True,
        "pays_back_in_18_months": True,
    },
}


def _cases() -> list[Any]:
    found = []
    for name in REST:
        text = (CASES / f"{name.replace('-', '_')}.yaml").read_text(encoding="utf-8")
        for case in yaml.load(text, Loader=yaml.BaseLoader):  # noqa: S506 - text stays text
            found.append(pytest.param(name, case["given"], case["expect"], id=f"{name}: {case['name']}"))
    return found


def _answer(written: str) -> Answer:
    return WORDS[written] if written in WORDS else number(written)


def _answers(framework: Framework, given: dict[str, str]) -> dict[str, Answer]:
    questions = load_bank([framework.name]).questions
    assert set(given) <= set(questions)
    own = {name: question for name, question in questions.items() if question.measure is None}
    rest: dict[str, Answer] = {name: False if q.answer == "yes_no" else 0.0 for name, q in own.items()}
    answers = {**rest, **REST[framework.name], **{question: _answer(text) for question, text in given.items()}}
    return measured(questions, answers)


@pytest.mark.parametrize(("name", "given", "expect"), _cases())
def test_the_framework_says_what_its_document_says(name: str, given: dict[str, str], expect: dict[str, Any]) -> None:
    framework = load_bank([name]).frameworks[0]
    found = judge(framework, _answers(framework, given))
    named = {group: [s.name for s in statements] for group, statements in found.findings.items()}
    every = {f"{path[-1]}/{s.name}": s for path, statements in framework.groups() for s in statements}
    if "verdict" in expect:
        assert (found.verdict.name if found.verdict else "null") == expect["verdict"]
    if "recommends" in expect:
        assert found.verdict is not None
        assert found.verdict.recommends == expect["recommends"]
    if "yes_count" in expect:
        assert found.yes_count == int(expect["yes_count"])
    for group, names in expect.get("findings", {}).items():
        assert named[group] == names, group
    for group, names in expect.get("includes", {}).items():
        assert set(names) <= set(named[group]), group
    for group, names in expect.get("excludes", {}).items():
        assert {s.name for s in framework.findings[group]} >= set(names), group
        assert not set(names) & set(named[group]), group
    for group, names in expect.get("open", {}).items():
        assert [s.name for s in found.open_findings[group]] == names
    if "could_change" in expect:
        assert found.could_change == expect["could_change"]
    for key, direction in expect.get("directions", {}).items():
        assert every[key].recommends == direction
    for key, figures in expect.get("figures", {}).items():
        assert every[key].figures.items() >= figures.items()
