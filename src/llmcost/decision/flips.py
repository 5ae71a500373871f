"""What would change the answer: the volume, price, build cost or quality at which another wins.

Computed, not guessed: volumes from the breakeven intervals, the others from the estimates' own
charges, in which a total is linear in the API prices and in the build cost.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

from llmcost.decision.conditions import Answer
from llmcost.decision.framework import Bank, judge
from llmcost.economics.comparison import Details
from llmcost.economics.volumes import Intervals
from llmcost.estimate import Estimate


class Flip(NamedTuple):
    """An input, the value at which the answer changes, and what becomes the answer."""

    what: str
    today: float | None
    at: float
    unit: str
    becomes: str
    sentence: str


def answer_flips(bank: Bank, answers: Mapping[str, Answer]) -> list[Flip]:
    """Without economics: every answered yes-or-no question that alone would change a verdict."""
    flips = []
    for framework in bank.frameworks:
        drawn = judge(framework, answers).verdict
        if drawn is None:
            continue
        for name in framework.asks:
            answer = answers.get(name)
            if not isinstance(answer, bool):
                continue
            other = judge(framework, {**answers, name: not answer}).verdict
            if other is not None and other.name != drawn.name:
                word = "no" if answer else "yes"
                sentence = (
                    f"{framework.name} would say {other.name} if the answer were {word}: {bank.questions[name].asks}"
                )
                flips.append(Flip(name, float(answer), float(not answer), "yes is 1", other.name, sentence))
    return flips


def flips_of(details: Details, volumes: Intervals | None) -> list[Flip]:
    """Every flip that this scenario has, the nearest volumes first."""
    cheapest = details.comparison.cheapest
    if cheapest is None:
        return []
    return [
        *(_by_volume(volumes) if volumes is not None else ()),
        *_by_build(details, cheapest),
        *_by_price(details, cheapest),
        *_by_quality(details, cheapest),
    ]


def _by_volume(found: Intervals) -> list[Flip]:
    today = found.today
    flips: list[Flip] = []
    for position, interval in enumerate(found.intervals):
        end = interval.to_requests_per_month
        if not (interval.from_requests_per_month <= today and (end is None or today <= end)):
            continue
        if position > 0:
            below = found.intervals[position - 1]
            at = float(below.to_requests_per_month or 0)
            sentence = f"at {at:,.0f} requests a month and below, {below.cheapest} is the cheapest"
            flips.append(Flip("volume", today, at, "requests/month", below.cheapest, sentence))
        if position + 1 < len(found.intervals):
            above = found.intervals[position + 1]
            at = float(above.from_requests_per_month)
            sentence = f"from {at:,.0f} requests a month, {above.cheapest} is the cheapest"
            flips.append(Flip("volume", today, at, "requests/month", above.cheapest, sentence))
    return flips


def _rivals(details: Details, cheapest: str) -> list[Estimate]:
    """The other feasible architectures, cheapest first."""
    rivals = [
        own
        for name, own in details.estimates.items()
        if name != cheapest and details.gates[name].feasible and own.present_value is not None
    ]
    return sorted(rivals, key=lambda own: own.present_value or math.inf)


def _by_build(details: Details, cheapest: str) -> list[Flip]:
    """A rival wins once its build costs no more than it costs now less the gap between the totals."""
    best = details.estimates[cheapest].present_value or 0.0
    flips = []
    for rival in _rivals(details, cheapest):
        at = rival.one_time_cost - ((rival.present_value or 0.0) - best)
        if rival.one_time_cost > 0 and at > 0:
            sentence = f"{rival.name} would be the cheapest if its build cost ${at:,.0f} or less (it is ${rival.one_time_cost:,.0f})"
            flips.append(Flip("build cost", rival.one_time_cost, at, "USD", rival.name, sentence))
    own = details.estimates[cheapest]
    rivals = _rivals(details, cheapest)
    if own.one_time_cost > 0 and rivals:
        at = own.one_time_cost + (rivals[0].present_value or 0.0) - best
        sentence = f"{rivals[0].name} would be the cheapest if the build of {cheapest} cost more than ${at:,.0f}"
        flips.append(Flip("build cost", own.one_time_cost, at, "USD", rivals[0].name, sentence))
    return flips


def token_cost(own: Estimate) -> float:
    """USD over the horizon that is paid by the token to an API."""
    months = len(own.months)
    return sum(
        charge.cost * months
        for charge in own.charges
        if charge.cadence == "monthly" and any(factor.unit == "USD/Mtok" for factor in charge.factors)
    )


def _by_price(details: Details, cheapest: str) -> list[Flip]:
    """All API prices times s: totals are F + s·A, so two cross at s = (F_r − F_c) / (A_c − A_r)."""
    if details.comparison.choice.by == "present_value":
        return []  # what is paid by the token is known as a mean a month, not when it is paid
    own = details.estimates[cheapest]
    paid = token_cost(own)
    fixed = (own.total_cost or 0.0) - paid
    nearest: Flip | None = None
    for rival in _rivals(details, cheapest):
        rival_paid = token_cost(rival)
        slope = paid - rival_paid
        if abs(slope) <= 1e-9 * max(paid, rival_paid, 1.0):
            continue
        at = ((rival.total_cost or 0.0) - rival_paid - fixed) / slope
        if at <= 1e-9:  # at no price at all both cost the same: what is left of it is rounding
            continue
        direction = "rose to" if at > 1 else "fell to"
        sentence = f"{rival.name} would be the cheapest if all API prices {direction} {at:.2f} times today's"
        flip = Flip("API prices", 1.0, at, "times today's", rival.name, sentence)
        if nearest is None or abs(math.log(at)) < abs(math.log(nearest.at)):
            nearest = flip
    return [nearest] if nearest else []


def _by_quality(details: Details, cheapest: str) -> list[Flip]:
    kept = details.outcome.figures[cheapest, "quality_kept"].value
    if kept is None:
        return []
    better = [
        own.name
        for own in _rivals(details, cheapest)
        if (details.outcome.figures[own.name, "quality_kept"].value or 0.0) > kept
    ]
    if not better:
        return []
    required = details.point.requirements.min_quality_kept
    sentence = f"{better[0]} is next if more than {kept:.1%} of the baseline's quality has to be kept"
    return [Flip("quality kept", required, kept, "share", better[0], sentence)]
