"""A decision framework as data: its questions, what it counts, and the verdicts it draws.

Frameworks are YAML files checked by the schema here; the five published ones ship in
`frameworks/`, and a user adds another with `--framework-file`. A verdict is only drawn when it is
certain: with unknown answers the framework names every verdict that is still possible.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import model_validator

from llmcost.decision.conditions import Answer, Answers, Condition, condition
from llmcost.errors import InputError, did_you_mean
from llmcost.workload import Strict, refuse

FRAMEWORKS = ("five-questions", "scoping", "moves", "build-or-buy", "situations")
MOST_ASSIGNMENTS = 4096

Direction = Literal[
    "routing",
    "smaller_model",
    "self_hosting",
    "fine_tuning",
    "hybrid",
    "frontier_api",
    "prompting",
    "retrieval",
    "experiment",
]


class _ConditionType:
    """The pydantic type of a condition."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(condition)

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        return {"description": "a question, a comparison, a list (all), or {all|any|not|count_at_least|count_at_most}"}


When = Annotated[Condition, _ConditionType()]


class Question(Strict):
    """A question in our own words, why it matters and how to find out.

    `fact` names the scenario fact that answers it; a number carries its `unit`.
    """

    asks: str
    why: str
    find_out: str
    answer: Literal["yes_no", "number"] = "yes_no"
    unit: str = ""
    no_means: str = ""
    fact: str | None = None


class Reference(Strict):
    """Where a framework was published."""

    title: str
    url: str | None = None
    checked_on: str | None = None
    published_in: str | None = None
    packaged_on: str | None = None


class Statement(Strict):
    """Something a framework says when a condition holds, and the direction it points to."""

    name: str
    when: When
    says: str
    recommends: Direction | None = None
    figures: dict[str, str] = {}


class Framework(Strict):
    """One published way to decide."""

    name: str
    title: str
    source: Reference
    questions: dict[str, Question] = {}
    asks: list[str]
    counts: list[Statement] = []
    verdicts: list[Statement]
    findings: dict[str, list[Statement]] = {}
    reading: str = ""

    @model_validator(mode="after")
    def _complete(self) -> "Framework":
        if not self.verdicts:
            refuse("a framework without verdicts", "add verdicts: [{name, when, says, recommends}]")
        used = {atom.question for atom in self.atoms()}
        unasked = sorted(used - set(self.asks))
        if unasked:
            refuse(f"the conditions use {unasked[0]!r}, which is not asked", f"add {unasked[0]} to asks")
        return self

    def statements(self) -> Iterator[Statement]:
        """Everything that it counts, concludes or finds."""
        yield from self.counts
        yield from self.verdicts
        for group in self.findings.values():
            yield from group

    def atoms(self) -> Iterator[Any]:
        """Every atom of every condition."""
        for statement in self.statements():
            yield from statement.when.atoms()


class Bank(NamedTuple):
    """Frameworks with the questions that they share."""

    questions: dict[str, Question]
    frameworks: list[Framework]

    def asked(self) -> list[str]:
        """The ids of all questions asked, in order, each once."""
        return list(dict.fromkeys(q for framework in self.frameworks for q in framework.asks))


class Judgement(NamedTuple):
    """What one framework concludes from the answers.

    `verdict` is None while several are possible; `possible` then names them. `could_change` lists
    the unknown questions that could still change the verdict on their own or with others.
    """

    verdict: Statement | None
    possible: list[Statement]
    yes_count: int | None
    unknown_count: int
    findings: dict[str, list[Statement]]
    open_findings: dict[str, list[Statement]]
    could_change: list[str]


def judge(framework: Framework, answers: Answers) -> Judgement:
    """The verdict of a framework; unknown answers never count as no."""
    verdict = _first(framework, answers)
    unknown = [q for q in framework.asks if answers.get(q) is None]
    possible, could_change = _possible(framework, answers, unknown)
    if verdict is not None:
        possible = [verdict]
    elif len(possible) == 1:
        verdict = possible[0]
    sure, open_ = _counted(framework, answers)
    findings: dict[str, list[Statement]] = {}
    open_findings: dict[str, list[Statement]] = {}
    for group, statements in framework.findings.items():
        findings[group] = [s for s in statements if s.when.holds(answers, (sure, open_)) is True]
        open_findings[group] = [s for s in statements if s.when.holds(answers, (sure, open_)) is None]
    count = sure if framework.counts else None
    changing = [] if verdict is not None else could_change
    return Judgement(verdict, possible, count, open_, findings, open_findings, changing)


def _counted(framework: Framework, answers: Answers) -> tuple[int, int]:
    held = [statement.when.holds(answers) for statement in framework.counts]
    return held.count(True), held.count(None)


def _first(framework: Framework, answers: Answers) -> Statement | None:
    """The first verdict that holds, unless an earlier one might."""
    counted = _counted(framework, answers)
    for statement in framework.verdicts:
        holds = statement.when.holds(answers, counted)
        if holds is None:
            return None
        if holds:
            return statement
    return None


def _possible(framework: Framework, answers: Answers, unknown: list[str]) -> tuple[list[Statement], list[str]]:
    """Every verdict that some way of filling in the unknown answers leads to, and what decides it."""
    choices = {question: _choices(framework, question) for question in unknown}
    deciding = [question for question in unknown if len(choices[question]) > 1]
    size = 1
    for question in deciding:
        size *= len(choices[question])
    if size > MOST_ASSIGNMENTS:
        return list(framework.verdicts), deciding
    reached: dict[str, Statement] = {}
    outcomes: dict[tuple[Answer, ...], str | None] = {}
    for values in product(*(choices[question] for question in deciding)):
        filled = {**answers, **dict(zip(deciding, values, strict=True))}
        verdict = _first(framework, filled)
        outcomes[values] = verdict.name if verdict else None
        if verdict is not None:
            reached[verdict.name] = verdict
    changing = [q for position, q in enumerate(deciding) if _matters(position, choices[q], outcomes)]
    return [s for s in framework.verdicts if s.name in reached], changing


def _choices(framework: Framework, question: str) -> list[Answer]:
    """Representative answers: yes and no, and for a number one between each pair of thresholds."""
    atoms = [atom for atom in framework.atoms() if atom.question == question]
    in_verdicts = any(
        atom.question == question for s in (*framework.counts, *framework.verdicts) for atom in s.when.atoms()
    )
    if not in_verdicts:
        return [None]
    if all(atom.operator in ("yes", "no") for atom in atoms):
        return [True, False]
    edges = sorted({atom.value for atom in atoms if atom.operator not in ("yes", "no")})
    middles = [(a + b) / 2 for a, b in zip(edges[:-1], edges[1:], strict=True)]
    return [edges[0] - 1, *edges, *middles, edges[-1] + 1]


def _matters(position: int, options: Sequence[Answer], outcomes: dict[tuple[Answer, ...], str | None]) -> bool:
    for values, verdict in outcomes.items():
        for option in options:
            other = (*values[:position], option, *values[position + 1 :])
            if outcomes[other] != verdict:
                return True
    return False


def load_bank(names: Sequence[str], files: Sequence[str] = ()) -> Bank:
    """The named frameworks and the user's own files, with the questions that they ask.

    Raises InputError for an unknown name, a question nobody defines, or a bad file.
    """
    from llmcost.catalog.files import read_yaml
    from llmcost.scenario import validated

    home = Path(__file__).parent / "frameworks"
    for name in names:
        if name not in FRAMEWORKS:
            hint = did_you_mean(name, FRAMEWORKS) or f"one of: {', '.join(FRAMEWORKS)}"
            raise InputError(f"unknown framework {name!r}", where="--framework", hint=hint)
    shared_file = read_yaml(str(home / "questions.yaml"))
    shared = {name: Question.model_validate(body) for name, body in shared_file.data["questions"].items()}
    frameworks = []
    questions: dict[str, Question] = {}
    for path in [*(str(home / f"{name}.yaml") for name in names), *files]:
        document = read_yaml(path)
        framework = validated(Framework, document.data, (), lambda at, key, d=document: d.where(at, key=key))  # type: ignore[misc]
        for position, asked in enumerate(framework.asks):
            question = framework.questions.get(asked) or shared.get(asked)
            if question is None:
                raise InputError(
                    f"nothing says what the question {asked!r} asks",
                    where=document.where(["asks", position]),
                    hint=did_you_mean(asked, [*shared, *framework.questions]) or f"add questions: {{{asked}: ...}}",
                )
            questions.setdefault(asked, question)
        frameworks.append(framework)
    return Bank(questions, frameworks)
