"""May we switch models? The average and the worst 5 % of the answers, each within a stated margin.

The *average* is the mean paired difference in score, new − old. The *tail* is the mean of the worst
5 % of the answers, new − old, each model's own worst ones ("the worst 5% of responses" in
"AI Model Fine-Tuning, Deployment & Evaluation Systems").
Each has a 95 % interval from the paired bootstrap: wholly within the margin passes, wholly beyond
it fails, and anything else is not enough data, with the number of queries that would settle it.
By task too, so that a good average cannot hide a bad task.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from llmcost.quality.bootstrap import ROUNDS, interval, replicates_and_counts
from llmcost.quality.outcomes import Outcomes
from llmcost.quality.sample import Interval

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

TAIL = 0.05
AVERAGE_MARGIN = 0.01
TAIL_MARGIN = 0.02
UNSEEN = -math.log(0.025)  # a loss that n queries never showed happens on at most 3.69/n of them (97.5 %)
Verdict = Literal["pass", "fail", "not enough data"]


class Difference(NamedTuple):
    """New − old in points of score, against the margin: what may be lost. `queries_needed` is None
    where it is settled, or where no number of queries could settle it.
    """

    old: float
    new: float
    difference: float
    difference_interval: Interval
    margin: float
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
    import numpy as np

    old, new = outcomes.models
    margins = (average_margin, tail_margin)
    whole = _judged(outcomes.scores, margins, tail, rounds, seed)
    tasks: list[TaskGate] = []
    if by_task and outcomes.task_of is not None:
        for code, name in enumerate(outcomes.tasks):
            at = np.flatnonzero(outcomes.task_of == code)
            if at.size:
                average, worst, worse, _, verdict, needed = _judged(outcomes.scores[:, at], margins, tail, rounds, seed)
                tasks.append(TaskGate(name, int(at.size), average, worst, *worse, verdict, needed))
    average, worst, worse, better, verdict, needed = whole
    size = outcomes.scores.shape[1]
    failing = [each for each in tasks if each.verdict == "fail"]
    open_ = [each for each in tasks if each.verdict == "not enough data"]
    if verdict != "fail" and failing:
        verdict = "fail"
    elif verdict == "pass" and open_:
        verdict = "not enough data"
    if verdict == "not enough data" and open_:
        needed = _all_needed(needed, open_, size)
    saving = None if costs is None or costs[0] <= 0 else 1 - costs[1] / costs[0]
    return SwitchGate(
        from_=old,
        to=new,
        queries=size,
        average=average,
        tail=worst,
        worse_share=worse[0],
        worse_share_interval=worse[1],
        better_share=better[0],
        better_share_interval=better[1],
        tasks=tasks,
        verdict=verdict,
        queries_needed=needed if verdict == "not enough data" else None,
        sentence=_sentence(old, new, verdict, average, worst, failing, open_, needed),
        from_cost_per_request=None if costs is None else costs[0],
        to_cost_per_request=None if costs is None else costs[1],
        saving_share=saving,
        rounds=rounds,
        seed=seed,
    )


def _all_needed(needed: int | None, open_: list[TaskGate], size: int) -> int | None:
    """Queries over all tasks in their present proportions, until the slowest open task is settled."""
    found = [needed] if needed is not None else []
    for task in open_:
        if task.queries_needed is None:
            return None
        found.append(math.ceil(task.queries_needed * size / task.queries))
    return max(found, default=None)


_Judged = tuple[Difference, Difference, tuple[float, Interval], tuple[float, Interval], Verdict, "int | None"]


def _judged(scores: Array, margins: tuple[float, float], tail: float, rounds: int, seed: int) -> _Judged:
    """Average and tail of two rows of paired scores, the old model's first."""
    import numpy as np

    old, new = scores
    size = old.size
    change = new - old

    def block(part: slice) -> Array:
        return np.stack([change[part], change[part] < 0, change[part] > 0], axis=1)

    orders = [np.argsort(row, kind="stable")[: _enough(size, tail)] for row in scores]
    keep = np.unique(np.concatenate(orders))
    means, counts = replicates_and_counts(size, block, keep, rounds, seed)
    places = [np.searchsorted(keep, order) for order in orders]
    tails = [
        _tail_means(row[order], counts, at, size * tail) for row, order, at in zip(scores, orders, places, strict=True)
    ]
    plain = [
        float(_tail_means(row[order], None, None, size * tail)[0]) for row, order in zip(scores, orders, strict=True)
    ]
    worse = (float((change < 0).mean()), interval(means[:, 1]))
    better = (float((change > 0).mean()), interval(means[:, 2]))
    unseen = worse[0] == 0
    average = _difference(
        float(old.mean()),
        float(new.mean()),
        interval(means[:, 0]),
        margins[0],
        size,
        UNSEEN / size if unseen else 0.0,
        "",
    )
    floor = float(scores.min())
    note = ""
    if plain[0] == plain[1] == floor and size >= 1 / tail:
        note = (
            f"the worst {tail:.0%} of both models' answers all score {floor:g}: the tail cannot tell them apart, "
            "look at the share of queries answered worse"
        )
    hidden = 0.0 if not unseen or plain[0] <= floor < float(scores.max()) else UNSEEN / size / tail
    worst = _difference(plain[0], plain[1], interval(tails[1] - tails[0]), margins[1], size, hidden, note)
    if size < 1 / tail:
        worst = worst._replace(
            verdict="not enough data",
            queries_needed=math.ceil(1 / tail),
            note=f"fewer than {1 / tail:.0f} queries have no worst {tail:.0%}",
        )
    verdict: Verdict = "pass"
    if "fail" in (average.verdict, worst.verdict):
        verdict = "fail"
    elif "not enough data" in (average.verdict, worst.verdict):
        verdict = "not enough data"
    open_ = [each for each in (average, worst) if each.verdict == "not enough data"]
    needed = None
    if verdict == "not enough data" and all(each.queries_needed is not None for each in open_):
        needed = max(each.queries_needed or 0 for each in open_)
    return average, worst, worse, better, verdict, needed


def _enough(size: int, tail: float) -> int:
    """How many of the worst answers can be in any round's tail: its size and eight deviations more."""
    part = size * tail
    return min(size, math.ceil(part + 8 * math.sqrt(part) + 50))


def _tail_means(ordered: Array, counts: Array | None, at: Array | None, wanted: float) -> Array:
    """The mean of the lowest `wanted` answers, of which the last may count in part; one a round."""
    import numpy as np

    wanted = max(wanted, 1.0)
    if counts is None or at is None:
        weights = np.clip(wanted - np.arange(ordered.size), 0.0, 1.0)[None, :]
        plain: Array = (weights @ ordered) / weights.sum(axis=1)
        return plain
    found = np.empty(counts.shape[0])
    for begin in range(0, counts.shape[0], 32):
        own = counts[begin : begin + 32][:, at].astype(np.float64)
        before = np.cumsum(own, axis=1) - own
        weights = np.clip(wanted - before, 0.0, own)
        found[begin : begin + 32] = (weights @ ordered) / np.maximum(weights.sum(axis=1), 1e-12)
    return found


def _difference(
    old: float, new: float, between: Interval, margin: float, size: int, unseen: float, note: str
) -> Difference:
    """The verdict of one difference. `unseen` widens the low end by a loss that never showed."""
    found = new - old
    low, high = between or [-math.inf, math.inf]
    low = min(low, found - unseen)
    if unseen and not note:
        note = f"no query was answered worse; with {size:,} queries a loss of {unseen * 100:.2f} points may be unseen"
    verdict: Verdict = "pass" if low >= -margin else "fail" if high < -margin else "not enough data"
    needed = None
    if verdict == "not enough data":
        distance = abs(found + margin)
        width = (found - low) if found > -margin else (high - found)
        if distance > 1e-12 and math.isfinite(width):
            power = 1 if unseen and width <= unseen * (1 + 1e-12) else 2
            needed = max(math.ceil(size * (width / distance) ** power), size + 1)
    return Difference(old, new, found, [low, high], margin, verdict, needed, note)


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
    settle = f"about {needed:,} queries would settle it" if needed else "no number of queries is known to settle it"
    return f"Not enough data to replace {old} by {new}: {what} undecided; {settle}."
