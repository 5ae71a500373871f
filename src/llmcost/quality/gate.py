"""May we switch models? The average and the worst 5 % of the answers, each within a stated margin.

The *average* is the mean paired difference in score, new − old. The *tail* is the mean of the worst
5 % of the answers, new − old, each model's own worst ones ("the worst 5% of responses" in
"AI Model Fine-Tuning, Deployment & Evaluation Systems").
Each has a 95 % interval from the paired bootstrap: wholly within the margin passes, wholly beyond
it fails where it also is beyond chance among all the comparisons (Holm's correction), and anything
else is not enough data, with the number of queries that would settle it with a power of 80 %.
By task too, so that a good average cannot hide a bad task. The switch passes where everything
passes: for that no comparison needs a correction.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from llmcost.quality.bootstrap import ROUNDS
from llmcost.quality.losses import Loss, PairedSample, paired_sample
from llmcost.quality.noninferiority import (
    ONE_SIDED,
    POWER,
    Z_PASS,
    Undecided,
    holm,
    loss_quantile,
    queries_for_power,
    settled_by,
)
from llmcost.quality.outcomes import Outcomes
from llmcost.quality.sample import Interval

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

TAIL = 0.05
AVERAGE_MARGIN = 0.01
TAIL_MARGIN = 0.02
Verdict = Literal["pass", "fail", "not enough data"]


class Difference(NamedTuple):
    """New − old in points of score, against the margin: what may be lost.

    `adjusted_p_value` is the chance of so great a loss where the true one is no more than the margin,
    corrected for all comparisons. `queries_needed` settle it with a power of 80 % where the difference is
    as found; None where it is settled, or where no number of queries could settle it.
    """

    old: float
    new: float
    difference: float
    difference_interval: Interval
    margin: float
    adjusted_p_value: float
    verdict: Verdict
    queries_needed: int | None
    note: str


class TaskGate(NamedTuple):
    """One task's own verdict."""

    task: str
    queries: int
    average: Difference
    tail: Difference
    worse_share: float
    worse_share_interval: Interval
    verdict: Verdict
    queries_needed: int | None


class SwitchGate(NamedTuple):
    """The result of `gate`: from the old model to the new one. JSON names `from_` plainly `from`."""

    from_: str
    to: str
    queries: int
    average: Difference
    tail: Difference
    worse_share: float
    worse_share_interval: Interval
    better_share: float
    better_share_interval: Interval
    tasks: list[TaskGate]
    verdict: Verdict
    queries_needed: int | None
    sentence: str
    from_cost_per_request: float | None
    to_cost_per_request: float | None
    saving_share: float | None
    power: float
    rounds: int
    seed: int


def gate(
    outcomes: Outcomes,
    *,
    average_margin: float = AVERAGE_MARGIN,
    tail_margin: float = TAIL_MARGIN,
    tail: float = TAIL,
    by_task: bool = True,
    costs: tuple[float, float] | None = None,
    rounds: int = ROUNDS,
    seed: int = 0,
) -> SwitchGate:
    """The gate for paired outcomes of two models, the old one first."""
    old, new = outcomes.models
    margins = (average_margin, tail_margin)
    names, scores = _tasks(outcomes) if by_task else ([], [])
    scores.insert(0, outcomes.scores)
    found: dict[int, PairedSample] = {}
    for i in sorted(range(len(scores)), key=lambda i: scores[i].shape[1]):  # those of one size share their draws
        found[i] = paired_sample(scores[i], margins, tail, rounds, seed)
    parts = _judged([found[i] for i in range(len(scores))])
    whole, size = parts[0], parts[0].sample.size
    tasks = [
        TaskGate(
            name, part.sample.size, part.average, part.tail, *part.sample.worse, part.verdict, settled_by(part.open)
        )
        for name, part in zip(names, parts[1:], strict=True)
    ]
    failing = [each for each in tasks if each.verdict == "fail"]
    open_ = [each for each in tasks if each.verdict == "not enough data"]
    verdict = whole.verdict
    if verdict != "fail" and failing:
        verdict = "fail"
    elif verdict == "pass" and open_:
        verdict = "not enough data"
    needed = _all_needed(parts) if verdict == "not enough data" else None
    saving = None if costs is None or costs[0] <= 0 else 1 - costs[1] / costs[0]
    return SwitchGate(
        from_=old,
        to=new,
        queries=size,
        average=whole.average,
        tail=whole.tail,
        worse_share=whole.sample.worse[0],
        worse_share_interval=whole.sample.worse[1],
        better_share=whole.sample.better[0],
        better_share_interval=whole.sample.better[1],
        tasks=tasks,
        verdict=verdict,
        queries_needed=needed,
        sentence=_sentence(old, new, verdict, whole.average, whole.tail, failing, open_, needed),
        from_cost_per_request=None if costs is None else costs[0],
        to_cost_per_request=None if costs is None else costs[1],
        saving_share=saving,
        power=POWER,
        rounds=rounds,
        seed=seed,
    )


class _Part(NamedTuple):
    """The whole or a task, judged; `open` are its comparisons that some number of queries would settle."""

    sample: PairedSample
    average: Difference
    tail: Difference
    open: list[Undecided]

    @property
    def verdict(self) -> Verdict:
        both = (self.average.verdict, self.tail.verdict)
        return "fail" if "fail" in both else "not enough data" if "not enough data" in both else "pass"


def _tasks(outcomes: Outcomes) -> tuple[list[str], list[Array]]:
    """The tasks that have a query, and the scores of each one's queries."""
    import numpy as np

    if outcomes.task_of is None:
        return [], []
    order = np.argsort(outcomes.task_of, kind="stable")
    ends = np.searchsorted(outcomes.task_of[order], np.arange(len(outcomes.tasks) + 1))
    scores = outcomes.scores[:, order]
    there = [code for code in range(len(outcomes.tasks)) if ends[code + 1] > ends[code]]
    return [outcomes.tasks[code] for code in there], [scores[:, ends[code] : ends[code + 1]] for code in there]


def _judged(samples: list[PairedSample]) -> list[_Part]:
    """The whole (first) and the tasks, failed only where the loss is beyond chance among all of them.

    Half of the chance of a false alarm is kept for the whole, and half is shared by the tasks.
    """
    weights = [0.25 if len(samples) > 1 else 0.5] * 2
    weights += [0.25 / max(len(samples) - 1, 1)] * (2 * len(samples) - 2)
    adjusted = holm([loss.p_value for sample in samples for loss in (sample.average, sample.tail)], weights)
    parts = []
    for i, sample in enumerate(samples):
        losing = loss_quantile(weights[2 * i])
        average = _difference(sample.average, adjusted[2 * i], sample.size, losing)
        tail = _difference(sample.tail, adjusted[2 * i + 1], sample.size, losing)
        parts.append(_Part(sample, average, tail, _open((average, tail), losing)))
    return parts


def _difference(loss: Loss, p: float, size: int, losing: float) -> Difference:
    """The verdict of one difference, given its corrected p-value; `losing`: the quantile that a loss has to reach."""
    found = loss.new - loss.old
    low, high = loss.interval
    verdict: Verdict = "not enough data"
    needed = None
    if loss.too_few:
        needed = loss.too_few
    elif low >= -loss.margin:
        verdict = "pass"
    elif high < -loss.margin and p <= ONE_SIDED:
        verdict = "fail"
    else:
        needed = _needed(loss, size, losing)
    return Difference(loss.old, loss.new, found, [low, high], loss.margin, p, verdict, needed, loss.note)


def _needed(loss: Loss, size: int, losing: float) -> int | None:
    found = loss.new - loss.old
    low, high = loss.interval
    distance = found + loss.margin
    width = found - low if distance > 0 else high - found
    if abs(distance) <= 1e-12:
        return None
    if distance > 0 and loss.unseen and width <= loss.unseen * (1 + 1e-12):
        return max(math.ceil(size * width / distance), size + 1)  # as long as no loss is seen
    quantile = Z_PASS if distance > 0 else losing
    return max(queries_for_power(size, width / Z_PASS, abs(distance), quantile), size + 1)


def _open(both: tuple[Difference, Difference], losing: float) -> list[Undecided]:
    """What some number of queries settles; nothing where one of them can never be settled."""
    undecided = [own for own in both if own.verdict == "not enough data"]
    found = [
        Undecided(own.queries_needed, losing if own.difference < -own.margin else Z_PASS)
        for own in undecided
        if own.queries_needed is not None
    ]
    return found if len(found) == len(undecided) else []


def _all_needed(parts: list[_Part]) -> int | None:
    """Queries over all tasks in their present proportions, until every open comparison is settled."""
    size = parts[0].sample.size
    undecided = [part for part in parts if part.verdict == "not enough data"]
    if not all(part.open for part in undecided):
        return None
    return settled_by(
        [
            each._replace(queries=math.ceil(each.queries * size / part.sample.size))
            for part in undecided
            for each in part.open
        ]
    )


def _sentence(
    old: str,
    new: str,
    verdict: Verdict,
    average: Difference,
    tail: Difference,
    failing: list[TaskGate],
    open_: list[TaskGate],
    needed: int | None,
) -> str:
    if verdict == "pass":
        return f"Pass: {new} may replace {old}; the average and the worst answers hold within their margins."
    parts = []
    for name, each in (("the average", average), ("the worst answers", tail)):
        if each.verdict == verdict:
            parts.append(name)
    named = failing if verdict == "fail" else open_
    if named:
        shown = ", ".join(task.task for task in named[:3]) + (f" and {len(named) - 3} more" if len(named) > 3 else "")
        parts.append(f"task{'s' if len(named) > 1 else ''} {shown}")
    what = ", ".join(parts)
    if verdict == "fail":
        return f"Fail: {new} loses more against {old} than the margin allows: {what}."
    settle = "no number of queries is known to settle it"
    if needed:
        settle = (
            f"about {needed:,} queries would settle it with a power of {POWER:.0%}, if the differences are as found"
        )
    return f"Not enough data to replace {old} by {new}: {what} undecided; {settle}."
