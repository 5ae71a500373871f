"""The shipped framework files keep the schema, and a user's own file is checked like a scenario."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import pytest

import llmcost.decision.framework as shipped
from llmcost.catalog.files import read_yaml
from llmcost.decision.facts import facts_of
from llmcost.decision.framework import FRAMEWORKS, Framework, Question, judge, load_bank
from llmcost.errors import InputError

HOME = Path(shipped.__file__).parent / "frameworks"
QUESTIONS = {
    name: Question.model_validate(body) for name, body in read_yaml(HOME / "questions.yaml").data["questions"].items()
}
BANK = load_bank(FRAMEWORKS)
AUDITED = {
    read_yaml(path).data["source"]["title"]
    for path in (Path(__file__).parents[2] / "examples" / "claims").glob("*.yaml")
}

OWN = dedent(
    """\
    name: ours
    title: Our own rule
    source: {title: A page of our handbook}
    questions:
      board_approved: {asks: Has the board approved it?, why: It pays., find_out: Ask the board.}
    asks: [board_approved, air_gapped, tokens_per_day]
    counts:
      - {name: approved, when: board_approved, says: The board approved it.}
    verdicts:
      - {name: go, when: {count_at_least: 1}, says: Go., recommends: hybrid}
      - {name: stay, when: true, says: Stay., recommends: prompting}
    findings:
      remarks:
        - {name: much, when: tokens_per_day > 50M, says: That is much.}
    """
)


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_a_shipped_framework_keeps_the_schema(name: str) -> None:
    """What is read without being checked again is what the schema would make of it."""
    checked = Framework.model_validate(read_yaml(HOME / f"{name}.yaml").data)
    read = next(framework for framework in BANK.frameworks if framework.name == name)
    assert checked == read
    assert checked.name == name
    assert checked.source.title in AUDITED, "the document has no file in examples/claims"
    assert checked.reading
    for path, statements in checked.groups():
        assert len({s.name for s in statements}) == len(statements), path
    assert any(s.when.kind == "all" and not s.when.parts for s in checked.verdicts[-1:]), (
        "the last verdict always holds"
    )


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_a_shipped_framework_passes_the_check_of_a_users_file(name: str, tmp_path: Path) -> None:
    """Under another name it is a valid --framework-file, so every atom fits its question."""
    text = (HOME / f"{name}.yaml").read_text(encoding="utf-8")
    path = tmp_path / "copy.yaml"
    path.write_text(text.replace(f"name: {name}\n", "name: copy\n", 1), encoding="utf-8")
    assert load_bank([], [str(path)]).frameworks[0].name == "copy"


def test_every_shared_question_is_asked_and_used() -> None:
    """No question without a framework, and none that a framework asks without using."""
    assert set(QUESTIONS) == set(BANK.questions)  # asked by a framework, or measures what one asks
    for framework in BANK.frameworks:
        assert {atom.question for atom in framework.atoms()} == set(framework.asks), framework.name


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_can_be_a_flag_and_helps(name: str) -> None:
    """Its name, its help, and a unit where it is a number."""
    question = QUESTIONS[name]
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name)
    assert question.asks.rstrip(")").endswith(("?", "where none", "where no rule applies"))
    assert question.why.endswith(".") and question.find_out.endswith((".", '".'))
    assert bool(question.unit) == (question.answer == "number")
    assert not question.no_means or question.answer == "number"


def test_every_fact_that_a_question_names_exists() -> None:
    """A misspelt fact would silently ask what the scenario knows."""
    source = Path(facts_of.__code__.co_filename).read_text(encoding="utf-8")
    for question in QUESTIONS.values():
        if question.fact is not None:
            written = question.fact if not question.fact.endswith("_share") else "_share"
            assert written in source, question.fact


def test_only_the_named_frameworks_are_read() -> None:
    """With only their questions, in their order."""
    bank = load_bank(["scoping"])
    assert [framework.name for framework in bank.frameworks] == ["scoping"]
    assert list(bank.questions) == bank.frameworks[0].asks


def test_a_framework_of_ones_own_shares_questions(tmp_path: Path) -> None:
    """It asks its own and the shared ones, and judges as the others do."""
    path = tmp_path / "ours.yaml"
    path.write_text(OWN, encoding="utf-8")
    bank = load_bank(["five-questions"], [str(path)])
    assert bank.asked().count("air_gapped") == 1
    assert "board_approved" in bank.questions
    found = judge(bank.frameworks[1], {"board_approved": True, "tokens_per_day": 60e6})
    assert found.verdict is not None and found.verdict.name == "go"
    assert [s.name for s in found.findings["remarks"]] == ["much"]
    assert judge(bank.frameworks[1], {}).verdict is None


def test_a_framework_without_a_last_verdict_may_say_nothing(tmp_path: Path) -> None:
    """One verdict that may hold is not certain while `none` is possible."""
    path = tmp_path / "ours.yaml"
    path.write_text(OWN.replace("  - {name: stay, when: true, says: Stay., recommends: prompting}\n", ""))
    framework = load_bank([], [str(path)]).frameworks[0]
    open_ = judge(framework, {})
    assert open_.verdict is None
    assert [s.name for s in open_.possible] == ["go"]
    assert open_.could_change == ["board_approved"]
    none = judge(framework, {"board_approved": False})
    assert (none.verdict, none.possible, none.could_change) == (None, [], [])


# A line of OWN, what stands there instead, and what the error says, where, and its hint.
MISTAKES = [
    ("title: Our own rule", "titel: Our own rule", "unknown key 'titel'", ":2:1", "title"),
    ("when: tokens_per_day > 50M", "when: tokens_per_day > much", "'much' is not a number", ":14:26", "type a number"),
    ("when: tokens_per_day > 50M", "when: tokens_per_day is 50M", "is no condition", ":14:26", "QUESTION > NUMBER"),
    ("when: tokens_per_day > 50M", "when: tokens_per_month > 50M", "which is not asked", ":14:26", "tokens_per_day"),
    ("when: tokens_per_day > 50M", "when: tokens_per_day", "is a number, not yes or no", ":14:26", "compare it"),
    ("when: tokens_per_day > 50M", "when: air_gapped > 3", "is yes or no, not a number", ":14:26", "not air_gapped"),
    ("when: {count_at_least: 1}", "when: {count_over: 1}", "is no condition", ":10:22", "count_at_least"),
    ("when: {count_at_least: 1}", "when: {count_at_least: most}", "'most' is not a number", ":10:22", "type a number"),
    ("when: board_approved", "when: {count_at_least: 1}", "nothing is counted", ":8:28", "counts:"),
    ("recommends: hybrid", "recommends: fine-tuning", "unknown direction 'fine-tuning'", ":10:66", "fine_tuning"),
    ("air_gapped, tokens", "air_gaped, tokens", "asks", ":6:24", "air_gapped"),
    ("{name: stay, when: true", "{name: go, when: true", "two statements named 'go'", ":11:12", "name of its own"),
    ("title: Our own rule\n", "", "the framework lacks 'title'", ":1:1", "add title"),
    ("name: ours", "name: scoping", "another framework named 'scoping'", ":1:7", "our-scoping"),
    ("name: ours", "name: ours\nname: twice", "stands twice", ":2:1", "keep one"),
    ("asks: Has the board approved it?, ", "", "lacks 'asks'", ":5:19", "add asks"),
    ("board_approved: {", "early_stage: {", "already asked in other words", ":5:3", "our_early_stage"),
]


@pytest.mark.parametrize(("line", "instead", "what", "where", "hint"), MISTAKES)
def test_a_mistake_in_a_framework_file_is_named_with_its_place(
    tmp_path: Path, line: str, instead: str, what: str, where: str, hint: str
) -> None:
    """What, where (file:line:column) and what to type instead."""
    path = tmp_path / "ours.yaml"
    assert line in OWN
    path.write_text(OWN.replace(line, instead, 1), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_bank([], [str(path)])
    assert what in caught.value.what
    assert where in caught.value.where and caught.value.where.startswith(str(path))
    assert caught.value.hint and hint in caught.value.hint


def test_empty_verdicts_are_refused(tmp_path: Path) -> None:
    """A framework that concludes nothing is none."""
    path = tmp_path / "ours.yaml"
    head, _, rest = OWN.partition("verdicts:\n")
    path.write_text(f"{head}verdicts: []\n{rest[rest.index('findings:') :]}", encoding="utf-8")
    with pytest.raises(InputError, match="without verdicts") as caught:
        load_bank([], [str(path)])
    assert caught.value.hint.startswith("add verdicts")


def test_the_same_file_twice_is_refused(tmp_path: Path) -> None:
    """Two verdicts under one name could not be told apart."""
    path = tmp_path / "ours.yaml"
    path.write_text(OWN, encoding="utf-8")
    with pytest.raises(InputError, match="another framework named 'ours'"):
        load_bank([], [str(path), str(path)])


def test_an_unknown_framework_has_a_hint() -> None:
    """With the nearest name."""
    with pytest.raises(InputError, match="unknown framework 'scopping'") as caught:
        load_bank(["scopping"])
    assert "scoping" in caught.value.hint
