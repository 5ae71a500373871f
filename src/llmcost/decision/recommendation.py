"""From gates, economics and verdicts to one recommendation, and what to do next.

A failed gate cannot be outvoted: where a verdict asks for what a requirement forbids, it says so.
"""

from typing import NamedTuple

from llmcost.architectures.flow import reachable
from llmcost.decision.framework import Bank, Framework, Judgement
from llmcost.decision.verdicts import WORDS, Answered, Verdict, listed
from llmcost.economics.comparison import Details

HOSTED = ("routing", "frontier_api", "prompting", "retrieval")
LOCATION_GATES = ("air_gapped", "edge", "residency", "restricted_data")


class Unknown(NamedTuple):
    """A question without an answer, how to find it out, and whether it could change a verdict."""

    id: str
    asks: str
    find_out: str
    could_change: list[str]
    flag: str


class Recommendation(NamedTuple):
    """The architecture (with a scenario) or the direction to take, in a sentence with its reasons."""

    architecture: str | None
    direction: str | None
    sentence: str
    reasons: list[str]


def follows(direction: str, name: str, details: Details) -> bool:
    """Whether an architecture of the scenario is what a direction asks for."""
    kinds = {part.kind for _, part in reachable(name, details.point.architectures, fallbacks=False)}
    kind = details.point.architectures[name].kind
    if direction == "routing":
        return kind in ("routed", "cascade")
    if direction == "hybrid":
        return kind in ("routed", "cascade") and bool(kinds & {"fine_tuned", "self_hosted"})
    if direction == "fine_tuning":
        return "fine_tuned" in kinds
    if direction == "self_hosting":
        return "self_hosted" in kinds
    if direction == "smaller_model":
        return kind in ("self_hosted", "api") and name != details.comparison.baseline
    if direction in ("frontier_api", "prompting"):
        return kind == "api"
    return True


def collisions_of(verdicts: list[Verdict], details: Details | None, answers: dict[str, Answered]) -> list[str]:
    """Where a framework's verdict is what a requirement forbids."""
    found = []
    for verdict in verdicts:
        way = verdict.recommends
        if way is None or way == "experiment":
            continue
        alone = "The count alone" if verdict.yes_count is not None else f"{verdict.name} alone"
        say = f"{alone} would have said {WORDS[way]} ({verdict.name})"
        if details is not None:
            fitting = [row for row in details.comparison.architectures if follows(way, row.name, details)]
            failing = [row for row in fitting if row.failed_gates]
            if fitting and len(failing) == len(fitting):
                gates = ", ".join(dict.fromkeys(gate for row in failing for gate in row.failed_gates))
                found.append(f"{say}, but every such architecture here fails a requirement: {gates}.")
                continue
        closed = _closed(details, answers)
        if way in HOSTED and closed and not (details is not None and _open_here(way, details)):
            found.append(f"{say}, but {closed} rules out every hosted API: only models on own hardware remain.")
    return found


def _open_here(way: str, details: Details) -> bool:
    return any(follows(way, row.name, details) and row.feasible for row in details.comparison.architectures)


def _closed(details: Details | None, answers: dict[str, Answered]) -> str:
    """The requirement that closes hosted APIs, in words."""
    required = details.point.requirements if details else None
    if (required and required.air_gapped) or _yes(answers, "air_gapped"):
        return "the air gap"
    if (required and required.edge) or _yes(answers, "edge"):
        return "running on the device"
    return ""


def _yes(answers: dict[str, Answered], question: str) -> bool:
    return question in answers and answers[question].answer is True


def recommendation_of(
    verdicts: list[Verdict], details: Details | None, answers: dict[str, Answered], collisions: list[str]
) -> Recommendation:
    if details is not None:
        return _by_economics(verdicts, details, collisions)
    drawn = [verdict for verdict in verdicts if verdict.recommends]
    if not drawn:
        return Recommendation(None, None, "Not decided yet: answer what is listed below.", [])
    ways = list(dict.fromkeys(verdict.recommends for verdict in drawn))
    closed = _closed(None, answers)
    if closed and all(way in HOSTED for way in ways):
        sentence = f"A fine-tuned or an open model on own hardware: {closed} rules out hosted APIs."
        return Recommendation(None, "self_hosting", sentence, [*collisions, *(verdict.says for verdict in drawn)])
    ways = [way for way in ways if not (closed and way in HOSTED)]
    sentence = drawn[0].says if len(ways) == 1 else "The frameworks disagree; a scenario with prices would settle it."
    return Recommendation(
        None, ways[0] if len(ways) == 1 else None, sentence, [r for v in drawn for r in v.reasons][:6]
    )


def _by_economics(verdicts: list[Verdict], details: Details, collisions: list[str]) -> Recommendation:
    cheapest = details.comparison.cheapest
    if cheapest is None:
        choice = details.comparison.choice
        reasons = [f"{name}: {why}" for name, why in choice.reasons.items()]
        return Recommendation(None, None, choice.sentence, reasons)
    reasons = [details.comparison.sentence]
    choice = details.comparison.choice
    reasons += [f"{name} is out: {why}" for name, why in choice.reasons.items()]
    ways = [v for v in verdicts if v.recommends]
    behind = [v.name for v in ways if follows(v.recommends or "", cheapest, details)]
    against = [v for v in ways if v.name not in behind]
    if behind:
        reasons.append(f"{listed(behind)} point the same way")
    reasons += [f"{v.name} would point to {WORDS[v.recommends or '']}" for v in against]
    required = details.point.requirements.stated
    sentence = f"{cheapest}: the cheapest{' known to meet every requirement' if required else ''}."
    sentence = f"{sentence} {choice.sentence}".rstrip()
    direction = next((v.recommends for v in ways if v.name in behind), None)
    return Recommendation(cheapest, direction, sentence, [*reasons, *collisions])


def unknowns_of(bank: Bank, judged: list[tuple[Framework, Judgement]], answers: dict[str, Answered]) -> list[Unknown]:
    found = []
    for name in bank.asked():
        question = bank.questions[name]
        if answers[name].answer is not None:
            continue
        changing = [framework.name for framework, judgement in judged if name in judgement.could_change]
        found.append(Unknown(name, question.asks, question.find_out, changing, "--" + name.replace("_", "-")))
    return sorted(found, key=lambda unknown: not unknown.could_change)


def next_steps_of(
    recommendation: Recommendation, unknowns: list[Unknown], details: Details | None, answers: dict[str, Answered]
) -> list[str]:
    """What to do, in order: find out, measure, collect, pilot, keep a fallback."""
    steps = [f"Find out: {u.asks} ({u.find_out})" for u in unknowns if u.could_change][:3]
    name = recommendation.architecture
    if _yes(answers, "own_network_or_region") and not _yes(answers, "air_gapped"):
        steps.append("Have legal write down what exactly is required: a contract and a region may allow a hosted API.")
    if details is None:
        steps.append("Write the workload down (llmcost init), and run llmcost decide on it for costs and break-even.")
    if details is None:
        return steps
    cheaper = details.comparison.choice.cheaper
    if cheaper is not None:
        steps.insert(0, f"Settle whether {cheaper.architecture} will do: {cheaper.sentence}.")
    if name is None:
        return steps
    baseline = details.comparison.baseline
    row = next(row for row in details.comparison.architectures if row.name == name)
    if name != baseline:
        known = "Confirm" if row.quality_kept.value is not None else "Measure"
        steps.append(f"{known} the quality of {name} against {baseline} on your own evaluation: average and worst 5 %.")
    tuned = details.point.architectures[name]
    if row.kind == "fine_tuned":
        labelled = getattr(tuned, "labelling", None)
        wanted = f"{labelled.samples:,.0f}" if labelled else "1,000 or more"
        steps.append(f"Collect {wanted} labelled examples before any training run.")
    rollout = getattr(tuned, "rollout", [0.05])
    if name != baseline:
        first = rollout[0] if rollout[0] < 1 else 0.05
        steps.append(
            f"Pilot it on {first:.0%} of the traffic, with {getattr(tuned, 'fallback', None) or baseline} kept as the fallback."
        )
        steps.append("Compare the bill of the first month with this page.")
    return steps
