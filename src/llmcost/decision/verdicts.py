"""What each framework concludes from the answers, where they agree, and where they contradict."""

from typing import NamedTuple

from llmcost.decision.conditions import Answer
from llmcost.decision.facts import Fact
from llmcost.decision.framework import Bank, Framework, Judgement, Question, Statement, measured

WORDS = {
    "routing": "routing",
    "smaller_model": "a smaller model",
    "self_hosting": "self-hosting",
    "fine_tuning": "fine-tuning",
    "hybrid": "a hybrid",
    "frontier_api": "a frontier API",
    "prompting": "prompting",
    "retrieval": "retrieval",
    "experiment": "an experiment first",
}


class Answered(NamedTuple):
    """A question with its answer, and whether it was given or read from the scenario."""

    id: str
    asks: str
    answer: Answer
    shown: str
    origin: str


class Said(NamedTuple):
    """One thing that a framework says of this case."""

    name: str
    says: str
    recommends: str | None
    figures: dict[str, str]


class Verdict(NamedTuple):
    """What one framework concludes. `verdict` None: still open, `possible` names what it may become."""

    name: str
    title: str
    answers: list[Answered]
    yes_count: int | None
    verdict: str | None
    recommends: str | None
    says: str
    reasons: list[str]
    possible: list[str]
    findings: dict[str, list[Said]]
    verdict_later: str | None
    reading: str


def combined(bank: Bank, given: dict[str, Answer], facts: dict[str, Fact]) -> dict[str, Answered]:
    """Every question with the given answer before the scenario's, and both before a measured one."""
    found = {}
    for name, question in bank.questions.items():
        fact = facts.get(question.fact or "")
        answer: Answer = given.get(name)
        origin = "given" if answer is not None else ""
        if answer is not None and fact is not None and fact.value != answer:
            origin = f"given; the scenario says {shown_answer(fact.value, question)} ({fact.origin})"
        if answer is None and name not in given and fact is not None:
            answer, origin = fact.value, fact.origin
        found[name] = Answered(name, question.asks, answer, shown_answer(answer, question), origin or "unknown")
    values = {name: fact.value for name, fact in facts.items()}
    for name, answer in measured(bank.questions, plain(found), values).items():
        question = bank.questions[name]
        if answer is not None and found[name].answer is None and name not in given:
            parts = question.measure.atoms() if question.measure else ()
            origin = "from " + listed(list(dict.fromkeys(atom.question.replace("_", " ") for atom in parts)))
            found[name] = Answered(name, question.asks, answer, shown_answer(answer, question), origin)
    return found


def shown_answer(answer: Answer, question: Question) -> str:
    """`yes`, `no`, `unknown`, or a number with its unit."""
    if answer is None:
        return "unknown"
    if answer is False and question.no_means:
        return question.no_means
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    return f"{answer:,.6g} {question.unit}".strip()


def plain(answers: dict[str, Answered]) -> dict[str, Answer]:
    return {name: answered.answer for name, answered in answers.items()}


def verdict_of(
    framework: Framework, found: Judgement, answers: dict[str, Answered], bank: Bank, later: Judgement | None
) -> Verdict:
    drawn = found.verdict
    becomes = None
    if later is not None and later.verdict is not None and later.verdict is not drawn:
        becomes = later.verdict.name
    findings = {group: [_said(s) for s in held] for group, held in found.findings.items() if held}
    return Verdict(
        name=framework.name,
        title=framework.title,
        answers=[answers[question] for question in framework.asks],
        yes_count=found.yes_count,
        verdict=drawn.name if drawn else None,
        recommends=drawn.recommends if drawn else None,
        says=drawn.says if drawn else "open: " + " or ".join(s.name for s in found.possible),
        reasons=_reasons(framework, found, answers, bank),
        possible=[s.name for s in found.possible],
        findings=findings,
        verdict_later=becomes,
        reading=framework.reading,
    )


def _said(statement: Statement) -> Said:
    return Said(statement.name, statement.says, statement.recommends, dict(statement.figures))


def _reasons(framework: Framework, found: Judgement, answers: dict[str, Answered], bank: Bank) -> list[str]:
    """The counted statements that hold, then the answers that the verdict's condition rests on."""
    bare = plain(answers)
    reasons = [s.says for s in framework.counts if s.when.holds(bare) is True]
    if found.yes_count is not None:
        unknown = f", {found.unknown_count} unknown" if found.unknown_count else ""
        reasons.append(f"{found.yes_count} of {len(framework.counts)} hold{unknown}")
    statements = [found.verdict] if found.verdict else found.possible
    used = dict.fromkeys(atom.question for s in statements for atom in s.when.atoms())
    for question in used:
        answered = answers[question]
        reasons.append(f"{answered.asks} {answered.shown} ({answered.origin})")
    return reasons


def agreements(verdicts: list[Verdict]) -> list[str]:
    by_direction: dict[str, list[str]] = {}
    for verdict in verdicts:
        if verdict.recommends:
            by_direction.setdefault(verdict.recommends, []).append(verdict.name)
    return [f"{listed(names)} point to {WORDS[way]}" for way, names in by_direction.items() if len(names) > 1]


def contradictions(verdicts: list[Verdict]) -> list[str]:
    drawn = [(v.name, v.recommends) for v in verdicts if v.recommends and v.recommends != "experiment"]
    ways = list(dict.fromkeys(way for _, way in drawn))
    if len(ways) < 2:
        return []
    parts = [f"{listed([n for n, w in drawn if w == way])}: {WORDS[way or '']}" for way in ways]
    return ["The frameworks disagree: " + "; ".join(parts) + "."]


def listed(names: list[str]) -> str:
    """`a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
