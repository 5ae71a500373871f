"""A decision framework as data: its questions, what it counts, and the verdicts it draws.

Frameworks are YAML files checked by the schema here; the five published ones ship in
`frameworks/`, and a user adds another with `--framework-file`. A verdict is only drawn when it is
certain: with unknown answers the framework names every verdict that is still possible.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, get_args

from pydantic import BeforeValidator, model_validator

from llmcost.decision.conditions import Answer, Answers, Atom, Condition, condition, outlook
from llmcost.errors import InputError, did_you_mean
from llmcost.quantity import shown
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


def _known_direction(written: Any) -> Any:
    known = get_args(Direction)
    if written is not None and written not in known:
        hint = did_you_mean(str(written), known) or f"one of: {', '.join(known)}"
        refuse(f"unknown direction {shown(written)}", hint)
    return written


When = Annotated[Condition, _ConditionType()]


class Question(Strict):
    """A question in our own words, why it matters and how to find out.

    `fact` names the scenario fact that answers it; `measure` is a condition on other answers and
    facts that does (`tokens_per_month_of_largest_task > 5B`). A number carries its `unit`; where
    `no` is an answer too, `no_means` says what it stands for ("no limit": no threshold is under it).
    """

    asks: str
    why: str
    find_out: str
    answer: Literal["yes_no", "number"] = "yes_no"
    unit: str = ""
    no_means: str = ""
    fact: str | None = None
    measure: When | None = None


class Reference(Strict):
    """The document that a framework is from, as examples/claims names it, and its day where it has one."""

    title: str
    url: str | None = None
    date: str | None = None


class Statement(Strict):
    """Something a framework says when a condition holds, and the direction it points to.

    `figures` are the published numbers in it, such as `{people: 1..2, weeks: 8..12}`.
    """

    name: str
    when: When
    says: str
    recommends: Annotated[Direction | None, BeforeValidator(_known_direction)] = None
    figures: dict[str, str] = {}


class Framework(Strict):
    """One published way to decide. The first of its verdicts that holds is the one it draws."""

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
        return self

    def groups(self) -> Iterator[tuple[tuple[str, ...], list[Statement]]]:
        """Everything that it counts, concludes or finds, each list with its path in the file."""
        yield ("counts",), self.counts
        yield ("verdicts",), self.verdicts
        for group, statements in self.findings.items():
            yield ("findings", group), statements

    def statements(self) -> Iterator[Statement]:
        """Everything that it counts, concludes or finds."""
        for _, statements in self.groups():
            yield from statements

    def atoms(self) -> Iterator[Atom]:
        """Every atom of every condition."""
        for statement in self.statements():
            yield from statement.when.atoms()


class Bank(NamedTuple):
    """Frameworks with the questions that they share, and those that measure another's answer."""

    questions: dict[str, Question]
    frameworks: list[Framework]

    def asked(self) -> list[str]:
        """The ids of all questions asked, in order, each once."""
        return list(dict.fromkeys(q for framework in self.frameworks for q in framework.asks))


def measured(questions: Mapping[str, Question], answers: Answers, facts: Answers | None = None) -> dict[str, Answer]:
    """The answers with every open question answered that others measure; unknown stays unknown."""
    known = {**(facts or {}), **{name: answer for name, answer in answers.items() if answer is not None}}
    found = dict(answers)
    for name, question in questions.items():
        if question.measure is not None and found.get(name) is None:
            found[name] = question.measure.holds(known)
    return found


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


# ---- judging -------------------------------------------------------------------------------------


def judge(framework: Framework, answers: Answers) -> Judgement:
    """The verdict of a framework; unknown answers never count as no."""
    counted = _counted(framework, answers)
    verdict = _first(framework, answers, counted)
    possible, could_change = ([verdict], []) if verdict else _still_possible(framework, answers)
    if verdict is None and len(possible) == 1 and not could_change:
        verdict = possible[0]
    findings: dict[str, list[Statement]] = {}
    open_findings: dict[str, list[Statement]] = {}
    for group, statements in framework.findings.items():
        held = [statement.when.holds(answers, counted) for statement in statements]
        findings[group] = [s for s, holds in zip(statements, held, strict=True) if holds]
        open_findings[group] = [s for s, holds in zip(statements, held, strict=True) if holds is None]
    sure, unknown = counted
    return Judgement(
        verdict, possible, sure if framework.counts else None, unknown, findings, open_findings, could_change
    )


def _counted(framework: Framework, answers: Answers) -> tuple[int, int]:
    held = [statement.when.holds(answers) for statement in framework.counts]
    return held.count(True), held.count(None)


def _first(framework: Framework, answers: Answers, counted: tuple[int, int]) -> Statement | None:
    """The first verdict that holds, unless an earlier one might."""
    for statement in framework.verdicts:
        holds = statement.when.holds(answers, counted)
        if holds is None:
            return None
        if holds:
            return statement
    return None


def _still_possible(framework: Framework, answers: Answers) -> tuple[list[Statement], list[str]]:
    """Every verdict that some way of answering the unknown questions leads to, and what decides it."""
    counts = tuple(statement.when for statement in framework.counts)
    rules = [(statement.when.counting(counts), statement.name) for statement in framework.verdicts]
    unknown = [question for question in framework.asks if answers.get(question) is None]
    ahead = outlook(rules, answers, unknown, MOST_ASSIGNMENTS)
    return [s for s in framework.verdicts if s.name in ahead.reached], ahead.depends_on


# ---- reading -------------------------------------------------------------------------------------


def load_bank(names: Sequence[str], files: Sequence[str] = ()) -> Bank:
    """The named frameworks and the user's own files, with the questions that they ask.

    Raises InputError for an unknown name, a question nobody defines, or a bad file.
    """
    from llmcost.catalog.files import read_yaml

    home = Path(__file__).parent / "frameworks"
    for name in names:
        if name not in FRAMEWORKS:
            hint = did_you_mean(name, FRAMEWORKS) or f"one of: {', '.join(FRAMEWORKS)}"
            raise InputError(f"unknown framework {name!r}", where="--framework", hint=hint)
    shared: dict[str, Any] = read_yaml(str(home / "questions.yaml")).data["questions"]
    frameworks = [_shipped(read_yaml(str(home / f"{name}.yaml")).data) for name in dict.fromkeys(names)]
    questions: dict[str, Question] = {}
    for framework in frameworks:
        for asked in framework.asks:
            if asked not in questions:
                questions[asked] = _question(shared[asked])
    for question in list(questions.values()):
        for atom in question.measure.atoms() if question.measure else ():
            questions.setdefault(atom.question, _question(shared[atom.question]))
    for path in files:
        frameworks.append(_from_file(path, shared, questions, [framework.name for framework in frameworks]))
    return Bank(questions, frameworks)


def _question(body: Mapping[str, Any]) -> Question:
    """A question of our own, which the tests hold to the schema, without checking it again."""
    measure = condition(body["measure"]) if "measure" in body else None
    return Question.model_construct(**{**body, "measure": measure})


def _shipped(data: Mapping[str, Any]) -> Framework:
    """A framework of our own, which the tests hold to the schema, without checking it again."""

    def built(statements: Sequence[Mapping[str, Any]]) -> list[Statement]:
        return [Statement.model_construct(**{**body, "when": condition(body["when"])}) for body in statements]

    lists = {key: built(data.get(key, ())) for key in ("counts", "verdicts")}
    findings = {group: built(statements) for group, statements in data.get("findings", {}).items()}
    source = Reference.model_construct(**data["source"])
    return Framework.model_construct(**{**data, **lists, "source": source, "findings": findings})


def _from_file(path: str, shared: Mapping[str, Any], questions: dict[str, Question], taken: list[str]) -> Framework:
    """A user's framework, checked; its questions join the others. Raises InputError with the place."""
    from llmcost.catalog.files import read_yaml
    from llmcost.validation import validated

    document = read_yaml(path)
    for key in ("name", "title", "source", "asks", "verdicts"):
        if key not in document.data and document.data.keys() <= Framework.model_fields.keys():
            raise InputError(f"the framework lacks {key!r}", where=document.where(), hint=f"add {key}: ...")
    framework = validated(Framework, document.data, (), lambda at, key: document.where(at, key=key))
    if framework.name in (*taken, *FRAMEWORKS):
        raise InputError(
            f"there is another framework named {framework.name!r}",
            where=document.where(["name"]),
            hint=f"give it a name of its own, such as name: our-{framework.name}",
        )
    for asked, body in framework.questions.items():
        if asked in questions or asked in shared:
            own = questions.get(asked) or _question(shared[asked])
            if body != own:
                raise InputError(
                    f"the question {asked!r} is already asked in other words",
                    where=document.where(["questions", asked], key=True),
                    hint=f"leave it out to share that question, or call yours our_{asked}",
                )
    for position, asked in enumerate(framework.asks):
        own_question = framework.questions.get(asked)
        if own_question is None and asked not in shared:
            raise InputError(
                f"nothing says what the question {asked!r} asks",
                where=document.where(["asks", position]),
                hint=did_you_mean(asked, [*shared, *framework.questions]) or f"add questions: {{{asked}: ...}}",
            )
        questions.setdefault(asked, own_question or _question(shared[asked]))
    _check_statements(framework, questions, document)
    return framework


def _check_statements(framework: Framework, questions: Mapping[str, Question], document: Any) -> None:
    """Every condition uses what is asked, as it is asked, and no two verdicts share a name."""
    for group, statements in framework.groups():
        names: list[str] = []
        for position, statement in enumerate(statements):
            at = [*group, position, "when"]
            if statement.name in names:
                raise InputError(
                    f"{' '.join(group)} has two statements named {statement.name!r}",
                    where=document.where([*group, position, "name"]),
                    hint="give each a name of its own",
                )
            names.append(statement.name)
            for atom in statement.when.atoms():
                _check_atom(atom, framework.asks, questions, document.where(at))
            counting = [part for part in _parts(statement.when) if part.kind.startswith("count_")]
            if counting and (group == ("counts",) or not framework.counts):
                raise InputError(
                    f"{counting[0].kind} stands where nothing is counted",
                    where=document.where(at),
                    hint="list what is counted under counts:, and count it in verdicts or findings",
                )


def _check_atom(atom: Atom, asks: list[str], questions: Mapping[str, Question], where: str) -> None:
    if atom.question not in asks:
        hint = did_you_mean(atom.question, asks) or f"add {atom.question} to asks"
        raise InputError(f"the condition uses {shown(atom.question)}, which is not asked", where=where, hint=hint)
    number_asked = questions[atom.question].answer == "number"
    compared = atom.operator not in ("yes", "no")
    if number_asked and not compared:
        hint = f"compare it, such as {atom.question} > 100"
        raise InputError(f"{atom.question} is a number, not yes or no", where=where, hint=hint)
    if compared and not number_asked:
        hint = f"type {atom.question}, or not {atom.question}"
        raise InputError(f"{atom.question} is yes or no, not a number", where=where, hint=hint)


def _parts(when: Condition) -> Iterator[Condition]:
    yield when
    for part in when.parts:
        yield from _parts(part)
