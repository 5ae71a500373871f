"""What a sample of paired answers loses from one model to another, on average and in the worst 5 %.

Each loss with its 95 % interval from the paired bootstrap and the p-value of its being beyond its
margin; nothing is judged here.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from llmcost.quality.bootstrap import intervals, replicates_and_counts
from llmcost.quality.noninferiority import p_value, tail_differences
from llmcost.quality.sample import Interval

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

UNSEEN = -math.log(0.025)  # a loss that n queries never showed happens on at most 3.69/n of them (97.5 %)


class Loss(NamedTuple):
    """One figure of both models, in points of score. `unseen`: a loss that may be there though no query
    showed one; `too_few`: the queries that the figure needs at all, 0 where they are there.
    """

    old: float
    new: float
    interval: tuple[float, float]
    margin: float
    p_value: float
    unseen: float
    too_few: int
    note: str


class PairedSample(NamedTuple):
    """The losses of a sample, and the shares of its queries that are answered worse and better."""

    size: int
    average: Loss
    tail: Loss
    worse: tuple[float, Interval]
    better: tuple[float, Interval]


def paired_sample(scores: Array, margins: tuple[float, float], tail: float, rounds: int, seed: int) -> PairedSample:
    """The losses of two rows of paired scores, the old model's first; `margins` of the average and the tail."""
    import numpy as np

    old, new = scores
    size = old.size
    change = new - old

    def block(part: slice) -> Array:
        return np.stack([change[part], change[part] < 0, change[part] > 0], axis=1)

    orders = [np.argsort(row, kind="stable")[: _enough(size, tail)] for row in scores]
    keep = np.arange(size) if orders[0].size == size else np.unique(np.concatenate(orders))
    means, counts = replicates_and_counts(size, block, keep, rounds, seed)
    places = orders if keep.size == size else [np.searchsorted(keep, order) for order in orders]
    ordered = [row[order] for row, order in zip(scores, orders, strict=True)]
    tails = [_tail_means(row, counts, at, size * tail) for row, at in zip(ordered, places, strict=True)]
    plain = (_tail_mean(ordered[0], size * tail), _tail_mean(ordered[1], size * tail))
    between = intervals(np.column_stack([means, tails[1] - tails[0]]))
    worse, better = float((change < 0).mean()), float((change > 0).mean())
    unseen = 0.0 if worse else UNSEEN / size
    p = p_value(change, margins[0])
    average = _loss((float(old.mean()), float(new.mean())), between[0], margins[0], p, unseen, size)
    return PairedSample(
        size,
        average,
        _tail_loss(scores, plain, between[3], margins[1], tail, unseen),
        (worse, between[1]),
        (better, between[2]),
    )


def _loss(
    both: tuple[float, float], between: list[float], margin: float, p: float, unseen: float, size: int, note: str = ""
) -> Loss:
    """`unseen` widens the low end by a loss that never showed."""
    if unseen and not note:
        note = f"no query was answered worse; with {size:,} queries a loss of {unseen * 100:.2f} points may be unseen"
    low = min(between[0], both[1] - both[0] - unseen)
    return Loss(*both, (low, between[1]), margin, p, unseen, 0, note)


def _tail_loss(
    scores: Array, plain: tuple[float, float], between: list[float], margin: float, tail: float, unseen: float
) -> Loss:
    old, new = scores
    size = old.size
    floor = float(scores.min())
    note = ""
    if plain[0] == plain[1] == floor and size >= 1 / tail:
        note = (
            f"the worst {tail:.0%} of both models' answers all score {floor:g}: the tail cannot tell them apart, "
            "look at the share of queries answered worse"
        )
    hidden = 0.0 if plain[0] <= floor < float(scores.max()) else unseen / tail
    p = p_value(tail_differences(old, new, tail), margin)
    found = _loss(plain, between, margin, p, hidden, size, note)
    if size >= 1 / tail:
        return found
    least = math.ceil(1 / tail)
    return found._replace(p_value=1.0, too_few=least, note=f"fewer than {least} queries have no worst {tail:.0%}")


def _enough(size: int, tail: float) -> int:
    """How many of the worst answers can be in any round's tail: its size and eight deviations more."""
    part = size * tail
    return min(size, math.ceil(part + 8 * math.sqrt(part) + 50))


def _tail_mean(ordered: Array, wanted: float) -> float:
    """The mean of the lowest `wanted` answers, at least one, of which the last may count in part."""
    import numpy as np

    weights = np.clip(max(wanted, 1.0) - np.arange(ordered.size), 0.0, 1.0)
    return float(weights @ ordered / weights.sum())


def _tail_means(ordered: Array, counts: Array, at: Array, wanted: float) -> Array:
    """The same in every round, of what was drawn. `at` is where the ordered answers stand in `counts`.

    With C_i of the i lowest answers drawn, it is the highest of them less Σ (x_i+1 − x_i)·min(C_i, wanted) ÷ wanted.
    """
    import numpy as np

    wanted = max(wanted, 1.0)
    steps = np.diff(ordered) / wanted
    found = np.empty(counts.shape[0])
    at_once = max((1 << 18) // ordered.size, 1)
    for begin in range(0, counts.shape[0], at_once):
        part = slice(begin, begin + at_once)
        reached = np.cumsum(counts[part][:, at[:-1]], axis=1, dtype=np.float64)
        found[part] = ordered[-1] - np.minimum(reached, wanted, out=reached) @ steps
    return found
