"""Three-valued conditions: unknown never counts as no, and what it may still lead to is exact."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost.decision.conditions import ALWAYS, Answer, Atom, Condition, condition, outlook
from llmcost.decision.framework import FRAMEWORKS, judge, load_bank, measured
from llmcost.quantity import QuantityError

BANK = load_bank(FRAMEWORKS)
T, F, U = True, False, None

# a, b, a and b, a or b, not a: Kleene's tables, by hand.
KLEENE = [
    (T, T, T, T, F),
    (T, U, U, T, F),
    (T, F, F, T, F),
    (U, T, U, T, U),
    (U, U, U, U, U),
    (U, F, F, U, U),
    (F, T, F, T, T),
    (F, U, F, U, T),
    (F, F, F, F, T),
]


@pytest.mark.parametrize(("a", "b", "both", "either", "neither"), KLEENE)
def test_conditions_follow_kleene(a: Answer, b: Answer, both: Answer, either: Answer, neither: Answer) -> None:
    """Unknown and no is no, unknown and yes is unknown, unknown or yes is yes."""
    answers = {"a": a, "b": b}
    assert condition(["a", "b"]).holds(answers) is both
    assert condition({"all": ["a", "b"]}).holds(answers) is both
    assert condition({"any": ["a", "b"]}).holds(answers) is either
    assert condition({"not": "a"}).holds(answers) is neither
    assert condition("not a").holds(answers) is neither


@pytest.mark.parametrize(
    ("text", "below", "at", "above"),
    [("n < 10M", T, F, F), ("n <= 10M", T, T, F), ("n > 10M", F, F, T), ("n >= 10M", F, T, T)],
)
def test_a_threshold_is_exact(text: str, below: bool, at: bool, above: bool) -> None:
    """Strict and loose comparisons differ only at the threshold itself; unknown stays unknown."""
    found = condition(text)
    values = (9_999_999.0, 10_000_000.0, 10_000_001.0, None)
    assert [found.holds({"n": value}) for value in values] == [below, at, above, None]


def test_no_limit_is_above_every_threshold() -> None:
    """`no` to a number means that there is no limit: under no threshold, over every one."""
    assert condition("required_p99_ms < 500").holds({"required_p99_ms": False}) is False
    assert condition("required_p99_ms > 500").holds({"required_p99_ms": False}) is True


@pytest.mark.parametrize(
    ("counted", "at_least_2", "at_most_1"),
    [((0, 0), F, T), ((0, 1), F, T), ((0, 2), U, U), ((1, 0), F, T), ((1, 1), U, U), ((2, 0), T, F), ((2, 3), T, F)],
)
def test_counts_hold_only_when_certain(counted: tuple[int, int], at_least_2: Answer, at_most_1: Answer) -> None:
    """(sure, unknown) statements against a count."""
    assert condition({"count_at_least": 2}).holds({}, counted) is at_least_2
    assert condition({"count_at_most": "1"}).holds({}, counted) is at_most_1


@pytest.mark.parametrize(
    "written",
    [
        "A",
        "not a > 3",
        "a >",
        "a > much",
        "a == 3",
        "a and b",
        "",
        [],
        {},
        {"any": []},
        {"any": "a"},
        {"xor": ["a"]},
        {"a": 1, "b": 2},
        {"count_at_least": "x"},
        {"count_at_least": "2.5"},
        {"count_at_least": -1},
        None,
        False,
        3,
    ],
)
def test_what_is_no_condition_is_refused(written: Any) -> None:
    """With what to type instead."""
    with pytest.raises(QuantityError) as caught:
        condition(written)
    assert caught.value.hint.startswith("type ")


# ---- the outlook against trying everything --------------------------------------------------------

ATOMS = st.sampled_from([*(Atom(q, o) for q in "abc" for o in ("yes", "no")), *(Atom("n", o, 5.0) for o in ("<", ">"))])
NESTED = st.recursive(
    ATOMS.map(lambda atom: Condition("atom", atom=atom)),
    lambda inner: st.one_of(
        st.builds(
            lambda kind, parts: Condition(kind, tuple(parts)),
            st.sampled_from(["all", "any"]),
            st.lists(inner, min_size=1, max_size=3),
        ),
        inner.map(lambda part: Condition("not", (part,))),
        st.builds(
            lambda parts, needed: Condition("at_least", tuple(parts), needed=needed),
            st.lists(inner, min_size=1, max_size=4),
            st.integers(0, 5),
        ),
    ),
    max_leaves=8,
)
VALUES: dict[str, tuple[Answer, ...]] = {"a": (T, F), "b": (T, F), "c": (T, F), "n": (2.0, 5.0, 9.0)}


def _first(rules: list[tuple[Condition, str]], answers: dict[str, Answer]) -> str | None:
    return next((name for rule, name in rules if rule.holds(answers)), None)


@given(st.lists(NESTED, min_size=1, max_size=4), st.fixed_dictionaries({q: st.booleans() for q in VALUES}), st.data())
def test_the_outlook_is_what_trying_every_answer_gives(
    conditions: list[Condition], told: dict[str, bool], data: st.DataObject
) -> None:
    """Exactly the verdicts that some filling reaches, and exactly the questions on which they depend."""
    rules = [(found, str(position)) for position, found in enumerate(conditions)]
    unknown = [question for question in VALUES if not told[question]]
    known = {q: data.draw(st.sampled_from(VALUES[q])) for q in VALUES if told[q]}
    outcomes = {
        values: _first(rules, {**known, **dict(zip(unknown, values, strict=True))})
        for values in product(*(VALUES[q] for q in unknown))
    }
    deciding = [
        question
        for at, question in enumerate(unknown)
        if any(outcomes[(*v[:at], other, *v[at + 1 :])] != outcomes[v] for v in outcomes for other in VALUES[question])
    ]
    found = outlook(rules, known, unknown, 10_000)
    assert set(found.reached) == set(outcomes.values())
    assert found.depends_on == deciding


def test_an_outlook_that_is_cut_short_names_too_many_rather_than_too_few() -> None:
    """Without steps left, every rule that may hold is possible, and every question in them may decide."""
    rules = [(condition(["a", "b"]), "first"), (condition(["c", "not c"]), "never"), (ALWAYS, "rest")]
    exact, cut = (outlook(rules, {}, ["a", "b", "c"], steps) for steps in (100, 0))
    assert set(exact.reached) == {"first", "rest"}
    assert exact.depends_on == ["a", "b"]
    assert set(cut.reached) >= set(exact.reached)
    assert set(cut.depends_on) >= set(exact.depends_on)


# ---- the shipped frameworks ----------------------------------------------------------------------

SOME_ANSWERS: dict[str, st.SearchStrategy[Answer]] = {
    name: st.booleans()
    if question.answer == "yes_no"
    else st.sampled_from([0.0, 0.5, 0.7, 0.85, 0.92, 0.96, 10.0, 99.0, 300.0, 500.0, 5e3, 2e5, 1e7, 5e7, 3e8, 2e9, 6e9])
    for name, question in BANK.questions.items()
}


@given(
    st.fixed_dictionaries(SOME_ANSWERS),
    st.sets(st.sampled_from(list(BANK.questions))),
    st.sets(st.sampled_from(list(BANK.questions))),
)
def test_an_answer_found_later_never_contradicts_a_verdict(
    whole: dict[str, Answer], hidden: set[str], also: set[str]
) -> None:
    """A verdict drawn with unknowns stands however they turn out, and possible verdicts only become fewer."""
    with_unknowns = {q: None if q in hidden else answer for q, answer in whole.items()}
    with_fewer = {q: None if q in hidden & also else answer for q, answer in whole.items()}
    for framework in BANK.frameworks:
        early, later, last = (judge(framework, answers) for answers in (with_unknowns, with_fewer, whole))
        assert last.verdict is not None and last.could_change == []
        assert last.verdict in early.possible and last.verdict in later.possible
        assert {s.name for s in later.possible} <= {s.name for s in early.possible}
        assert early.verdict in (None, last.verdict)
        assert (early.verdict is None) == bool(early.could_change)
        for group, held in early.findings.items():
            assert all(statement in last.findings[group] for statement in held)
            assert all(s in held or s in early.open_findings[group] for s in last.findings[group])


@given(st.fixed_dictionaries(SOME_ANSWERS), st.sets(st.sampled_from(list(BANK.questions)), max_size=12))
def test_a_question_that_could_not_change_the_verdict_does_not(whole: dict[str, Answer], hidden: set[str]) -> None:
    """Filling in only what could not change it leaves everything that was possible possible."""
    answers = {q: None if q in hidden else answer for q, answer in whole.items()}
    for framework in BANK.frameworks:
        before = judge(framework, answers)
        idle = {q: whole[q] for q in hidden if q not in before.could_change}
        assert judge(framework, {**answers, **idle}).possible == before.possible


def test_one_yes_and_nothing_else_known_is_no_verdict() -> None:
    """Counting unknown as no would have said routing."""
    framework = next(f for f in BANK.frameworks if f.name == "five-questions")
    found = judge(framework, measured(BANK.questions, {"air_gapped": True}))
    assert found.verdict is None
    assert found.yes_count == 1 and found.unknown_count == 4
    assert [s.name for s in found.possible] == ["fine-tuning", "routing", "hybrid"]
    assert "own_network_or_region" not in found.could_change  # the air gap has settled that count


def test_three_yes_settle_it_whatever_the_rest_is() -> None:
    """The two unknown counts cannot take it back."""
    framework = next(f for f in BANK.frameworks if f.name == "five-questions")
    answers: dict[str, Answer] = {"air_gapped": True, "proprietary_vocabulary": True, "required_p99_ms": 100.0}
    found = judge(framework, measured(BANK.questions, answers))
    assert found.verdict is not None and found.verdict.name == "fine-tuning"
    assert found.could_change == []


def test_both_ways_of_an_unknown_may_lead_to_the_same_verdict() -> None:
    """Nobody knows whether it is narrow, but neither answer changes anything below 1.6M tokens a day."""
    framework = next(f for f in BANK.frameworks if f.name == "situations")
    answers: dict[str, Answer] = dict.fromkeys(framework.asks, False)
    answers |= {"tokens_per_day": 1e6, "labelled_examples": 0.0, "ml_expertise": True, "agreement_suffices": True}
    found = judge(framework, {**answers, "narrow_task": None, "gpu_operations": None})
    assert found.verdict is not None and found.verdict.name == "frontier only"
    assert [s.name for s in found.open_findings["situations"]] == [
        "under 10M tokens a day without GPU operations",
        "narrow task",
    ]
