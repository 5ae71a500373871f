"""What a cascade would have cost and got right on the queries of an evaluation.

A verifier accepts a wrong answer with probability α and rejects a right one with β; every stage
that ran is paid, the last one always stops (docs/methods/routing.md). With outcomes a query this is
exact: r = β where the stage's model is right, else 1 − α, multiplied along the stages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from llmcost.quality.sample import Interval, Sample, ratio

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

CURVE = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4)  # α = β along the curve


class VerifierErrors(NamedTuple):
    """How often the verifier errs, what it costs a request, and where the rates are from."""

    false_accept: float
    false_reject: float
    usd_per_request: float
    origin: str  # given, assumed


class CascadePoint(NamedTuple):
    """One cascade: what its verifier does, and what comes of it. Intervals are 95 %."""

    stages: list[str]
    verifier: str  # given, measured, or assumed (a point of the curve)
    false_accept: float | None
    false_reject: float | None
    verifier_usd_per_request: float
    acceptance: float | None
    acceptance_interval: Interval
    escalation: float | None
    cost_per_request: float | None
    cost_per_request_interval: Interval
    quality: float | None
    quality_interval: Interval
    quality_kept: float | None
    quality_kept_interval: Interval
    no_harm_rate: float | None
    no_harm_rate_interval: Interval
    performance_gap_recovered: float | None
    performance_gap_recovered_interval: Interval
    cheaper_than_strong: bool | None
    break_even_acceptance: float | None
    break_even_acceptance_interval: Interval
    parity_false_accept: float | None
    parity_false_accept_interval: Interval


class Stages(NamedTuple):
    """The arrays that a cascade reads: one row a stage, from the cheap model to the strong one."""

    names: list[str]
    scores: Array
    right: Array  # 0 or 1
    costs: Array
    extra: Array  # USD that carrying the rejected answers adds to each stage's own cost
    accepted: Array | None  # measured: whether the verifier accepted the first stage's answer


def add_columns(sample: Sample, stages: Stages, verifiers: list[VerifierErrors]) -> None:
    """The columns of every point, and those that break-even and parity are worked out from."""
    import numpy as np

    wrong_first = 1 - stages.right[0]
    strong = stages.scores[-1]
    sample.add("first: right", lambda part: stages.right[0, part])
    sample.add("first: right × better", lambda part: stages.right[0, part] * (strong[part] - stages.scores[0, part]))
    sample.add("first: wrong × better", lambda part: wrong_first[part] * (strong[part] - stages.scores[0, part]))
    sample.add("carried", lambda part: stages.extra[-1, part])
    for position, verifier in enumerate(verifiers):

        def rejects(part: slice, v: VerifierErrors = verifier) -> list[Array]:
            ahead = stages.right[:-1, part]
            return list(np.where(ahead > 0, v.false_reject, 1 - v.false_accept))

        _add_point(sample, stages, position, verifier.usd_per_request, rejects)
    if stages.accepted is not None:
        accepted = stages.accepted
        sample.add("accepted × wrong", lambda part: accepted[part] * wrong_first[part])
        sample.add("rejected × right", lambda part: (1 - accepted[part]) * stages.right[0, part])
        _add_point(sample, stages, "measured", verifiers[0].usd_per_request, lambda part: [1 - accepted[part]])


def _add_point(sample: Sample, stages: Stages, name: Any, usd: float, rejects: Any) -> None:
    import numpy as np

    last = len(stages.names) - 1

    def worked_out(part: slice) -> tuple[Array, Array, Array, Array]:
        along = rejects(part)
        reach = np.ones(part.stop - part.start)
        cost, quality, harm = 0.0 * reach, 0.0 * reach, 0.0 * reach
        strong = stages.scores[-1, part]
        for i in range(last + 1):
            reject = along[i] if i < last else 0.0
            own = stages.scores[i, part]
            cost += reach * (stages.costs[i, part] + stages.extra[i, part] + (usd if i < last else 0.0))
            stops = reach * (1 - reject)
            quality += stops * own
            harm += stops * (own < strong)
            reach = reach * reject
        return cost, quality, harm, 1 - along[0]

    memory: dict[str, Any] = {"part": None}

    def column(which: int) -> Any:
        def values(part: slice) -> Array:
            if memory["part"] != (part.start, part.stop):
                memory["part"], memory["values"] = (part.start, part.stop), worked_out(part)
            found: Array = memory["values"][which]
            return found

        return values

    for which, field in enumerate(("cost", "quality", "harm", "accept")):
        sample.add((field, name), column(which))


def points(
    sample: Sample, stages: Stages, verifiers: list[VerifierErrors], cheap: str, strong: str
) -> list[CascadePoint]:
    """Every point, with intervals, after the sample was drawn."""
    found = []
    if stages.accepted is not None:
        alpha = sample.figure(lambda m: ratio(m("accepted × wrong"), 1 - m("first: right")))[0]
        beta = sample.figure(lambda m: ratio(m("rejected × right"), m("first: right")))[0]
        usd = verifiers[0].usd_per_request
        found.append(_point(sample, stages, "measured", "measured", alpha, beta, usd, cheap, strong))
    for position, verifier in enumerate(verifiers):
        alpha, beta, usd = verifier.false_accept, verifier.false_reject, verifier.usd_per_request
        found.append(_point(sample, stages, position, verifier.origin, alpha, beta, usd, cheap, strong))
    return found


def _point(
    sample: Sample,
    stages: Stages,
    name: Any,
    origin: str,
    alpha: float | None,
    beta: float | None,
    usd: float,
    cheap: str,
    strong: str,
) -> CascadePoint:
    two = len(stages.names) == 2
    base, best = ("quality", cheap), ("quality", strong)
    cost, cost_interval = sample.figure(lambda m: m(("cost", name)))
    accept, accept_interval = sample.figure(lambda m: m(("accept", name)))
    quality, quality_interval = sample.figure(lambda m: m(("quality", name)))
    kept, kept_interval = sample.figure(lambda m: ratio(m(("quality", name)), m(best)))
    no_harm, no_harm_interval = sample.figure(lambda m: 1 - m(("harm", name)))
    gap, gap_interval = sample.figure(lambda m: ratio(m(("quality", name)) - m(base), m(best) - m(base)))
    first, last = ("cost", stages.names[0]), ("cost", stages.names[-1])
    even, even_interval = (
        sample.figure(lambda m: ratio(m(first) + usd + m("carried"), m(last) + m("carried"))) if two else (None, None)
    )
    parity, parity_interval = (
        sample.figure(lambda m: ratio(-(1 - (beta or 0.0)) * m("first: right × better"), m("first: wrong × better")))
        if two and beta is not None
        else (None, None)
    )
    return CascadePoint(
        stages=stages.names,
        verifier=origin,
        false_accept=alpha,
        false_reject=beta,
        verifier_usd_per_request=usd,
        acceptance=accept,
        acceptance_interval=accept_interval,
        escalation=None if accept is None else 1 - accept,
        cost_per_request=cost,
        cost_per_request_interval=cost_interval,
        quality=quality,
        quality_interval=quality_interval,
        quality_kept=kept,
        quality_kept_interval=kept_interval,
        no_harm_rate=no_harm,
        no_harm_rate_interval=no_harm_interval,
        performance_gap_recovered=gap,
        performance_gap_recovered_interval=gap_interval,
        cheaper_than_strong=None if cost is None else cost < sample.mean(("cost", strong)),
        break_even_acceptance=even,
        break_even_acceptance_interval=even_interval,
        parity_false_accept=parity,
        parity_false_accept_interval=parity_interval,
    )
