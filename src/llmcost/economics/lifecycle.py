"""What to do at each upgrade of a fine-tune's base model: tune again, stay, or move to the new base.

Seed 002: "re-fine-tune on the successor or accept staleness". Each choice is priced from the month
of the upgrade until the next one (or the horizon's end) and stands beside its quality: tuned anew,
drifting by so much a month, or that of the new base as it comes. At the middle of each range.
"""

from typing import Any, NamedTuple

from llmcost.architectures.api import Api
from llmcost.architectures.architecture import Month, one_time_factors
from llmcost.architectures.fine_tuned import BaseUpgrade, FineTuned
from llmcost.architectures.prices import Prices
from llmcost.economics.horizon import estimate, months_of
from llmcost.economics.quality_kept import model_quality, quality_of
from llmcost.estimate import product
from llmcost.quantity import at_middle
from llmcost.scenario import Scenario

RE_TUNE, STAY, MOVE = "re-tune", "stay", "move to the new base"


class Choice(NamedTuple):
    """One thing to do at an upgrade: USD once and for running until the next one, and the quality."""

    choice: str
    one_time_cost: float | None
    running_cost: float | None
    cost: float | None
    mean_quality: float | None
    quality_at_end: float | None
    quality_kept_at_end: float | None
    keeps_required: bool | None
    note: str


class Upgrade(NamedTuple):
    """A base-model upgrade, the months that its choices are held over, and the cheapest that will do."""

    month: int
    until_month: int
    choices: list[Choice]
    cheapest: str | None


def upgrades_of(name: str, scenario: Scenario, catalog: Any) -> list[Upgrade]:
    """The choices at each base-model upgrade within the horizon; none where nothing is upgraded."""
    tuned = scenario.architectures[name]
    if not isinstance(tuned, FineTuned) or tuned.base_upgrade is None:
        return []
    point = at_middle(scenario)
    prices = Prices(catalog, point.prices, point.successors)
    tuned = point.architectures[name]
    assert isinstance(tuned, FineTuned)  # noqa: S101 - seen above
    upgrade = tuned.base_upgrade
    assert upgrade is not None  # noqa: S101 - seen above
    months = months_of(point, prices)
    due = [month.number for month in months if upgrade.times(month, tuned.ready) > 0]
    if not due:
        return []
    kept_as_is = point.model_copy(
        update={"architectures": {**point.architectures, name: tuned.model_copy(update={"base_upgrade": None})}}
    )
    staying = [month.cost for month in estimate(name, kept_as_is, prices).months]
    moving = _moving(upgrade.new_base, point, prices)
    ends = [*(month - 1 for month in due[1:]), len(months)]
    return [
        _upgrade(name, upgrade, point, months[month - 1], end, staying, moving)
        for month, end in zip(due, ends, strict=True)
    ]


def _moving(new_base: str | None, point: Scenario, prices: Prices) -> tuple[list[float | None], float | None] | None:
    """Each month's cost of serving everything on the new base, and its quality; None where none is named."""
    if new_base is None:
        return None
    if new_base in point.architectures:
        found = estimate(new_base, point, prices)
        return [month.cost for month in found.months], quality_of(new_base, point)
    alone = point.model_copy(
        update={"architectures": {**point.architectures, new_base: Api(kind="api", model=new_base)}}
    )
    return [month.cost for month in estimate(new_base, alone, prices).months], model_quality(new_base, point.quality)


def _upgrade(
    name: str,
    upgrade: BaseUpgrade,
    point: Scenario,
    month: Month,
    until: int,
    staying: list[float | None],
    moving: tuple[list[float | None], float | None] | None,
) -> Upgrade:
    begin, count = month.number, until - month.number + 1
    quality = quality_of(name, point)
    again = float(product(one_time_factors("base-model upgrade", upgrade.cost)))
    running = _sum(staying[begin - 1 : until])
    choices = [_choice(RE_TUNE, again, running, quality, quality, point, "tuned anew on the new base")]
    drift = upgrade.quality_drift_per_month
    if drift is None or quality is None:
        why = "no quality_drift_per_month is stated" if drift is None else "its quality is not known"
        choices.append(_choice(STAY, 0.0, running, None, None, point, why))
    else:
        at_end = max(quality - drift * count, 0.0)
        mean = sum(max(quality - drift * k, 0.0) for k in range(1, count + 1)) / count
        choices.append(_choice(STAY, 0.0, running, mean, at_end, point, f"loses {drift * 100:.4g} points a month"))
    if moving is None:
        choices.append(_choice(MOVE, None, None, None, None, point, "no new_base is named"))
    else:
        once = 0.0 if upgrade.move_cost is None else float(product(one_time_factors("move", upgrade.move_cost)))
        costs, own = moving
        note = f"{upgrade.new_base} as it comes" + ("" if upgrade.move_cost is not None else "; no move_cost is stated")
        choices.append(_choice(MOVE, once, _sum(costs[begin - 1 : until]), own, own, point, note))
    possible = [each for each in choices if each.cost is not None and each.keeps_required is not False]
    if point.requirements.min_quality_kept is not None:
        possible = [each for each in possible if each.keeps_required]
    best = min(possible, key=lambda each: each.cost or 0.0, default=None)
    return Upgrade(begin, until, choices, None if best is None else best.choice)


def _choice(
    choice: str,
    once: float | None,
    running: float | None,
    mean: float | None,
    at_end: float | None,
    point: Scenario,
    note: str,
) -> Choice:
    baseline = quality_of(point.baseline, point) if point.baseline else None
    kept = None if at_end is None or not baseline else at_end / baseline
    least = point.requirements.min_quality_kept
    keeps = None if kept is None or least is None else kept >= least - 1e-12
    cost = None if once is None or running is None else once + running
    return Choice(choice, once, running, cost, mean, at_end, kept, keeps, note)


def _sum(costs: list[float | None]) -> float | None:
    known = [cost for cost in costs if cost is not None]
    return sum(known) if len(known) == len(costs) else None
