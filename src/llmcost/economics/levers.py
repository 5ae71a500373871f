"""The inputs that a reader may move to see what happens: each with the points it steps through.

A lever moves one input of the scenario, everything else left at the middle of its range. It takes a
number or an array of them, so that one evaluation of the estimates serves all its points.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from llmcost.architectures.api import Api
from llmcost.architectures.architecture import Labour
from llmcost.architectures.cascade import Cascade
from llmcost.architectures.prices import Prices
from llmcost.architectures.routed import Routed, shares_of
from llmcost.architectures.self_hosted import Served
from llmcost.arithmetic import Number
from llmcost.economics.horizon import estimate
from llmcost.estimate import Estimate
from llmcost.scenario import Scenario

STEPS = 20  # on either side of today's value
EVERY = 0.025
LEAST_DRIFT = -0.95
NOT_AMOUNTS = ("contingency", "failure_probability")


class Lever(NamedTuple):
    """One input that can be moved.

    `key` names it, `form` how its values are shown (`requests`, `share`, `times`, `change`),
    `place` where the scenario file says it, `points` its values with today's at `today`; `note`
    says what moves along with it.
    """

    key: str
    label: str
    place: str
    form: str
    points: tuple[float, ...]
    today: int
    moved: Callable[[Scenario, Number], Scenario]
    note: str = ""


def levers_of(point: Scenario, prices: Prices, estimates: dict[str, Estimate], cheapest: str | None) -> list[Lever]:
    """The levers that this scenario has, in a fixed order."""
    found = [
        _volume(point),
        _cheap_share(point, prices, estimates, cheapest),
        _escalation(point),
        _build(point),
        _drift(point),
        _utilisation(point),
    ]
    return [lever for lever in found if lever is not None]


def _three_digits(value: float) -> float:
    return float(f"{value:.3g}")


def _shares(today: float) -> tuple[tuple[float, ...], int]:
    """2.5 % to 97.5 % in steps, with today's share among them in place of the nearest."""
    steps = [round(EVERY * k, 4) for k in range(1, 40)]
    points = sorted({today, *(step for step in steps if abs(step - today) > EVERY / 3)})
    return tuple(points), points.index(today)


def _architecture(point: Scenario, name: str, **update: Any) -> Scenario:
    body = point.architectures[name].model_copy(update=update)
    return point.model_copy(update={"architectures": {**point.architectures, name: body}})


# ---- volume --------------------------------------------------------------------------------------


def _volume(point: Scenario) -> Lever | None:
    workload = point.workload
    if workload is None:
        return None
    factors = [10 ** (k / STEPS) for k in range(-STEPS, STEPS + 1)]
    fields = [
        field
        for field in ("requests_per_month", "monthly_input_tokens", "monthly_output_tokens")
        if getattr(workload, field)
    ]
    if not fields:
        return None

    if workload.requests_known:
        today = float(workload.requests_per_month or 0.0)
        points = tuple(today if f == 1 else _three_digits(today * f) for f in factors)
        note = ""
    else:
        today = 1.0
        points = tuple(1.0 if f == 1 else _three_digits(f) for f in factors)
        note = "Input and output tokens move together."

    def moved(scenario: Scenario, value: Number) -> Scenario:
        update = {field: getattr(workload, field) * (value / today) for field in fields}
        if workload.requests_known:
            update = {"requests_per_month": value}
        return scenario.model_copy(update={"workload": workload.model_copy(update=update)})

    label, form = ("Requests a month", "requests") if workload.requests_known else ("Tokens a month, times", "times")
    place = "workload." + " and ".join(fields)
    return Lever("volume", label, place, form, points, STEPS, moved, note)


# ---- routing -------------------------------------------------------------------------------------


def _cheap_share(point: Scenario, prices: Prices, estimates: dict[str, Estimate], cheapest: str | None) -> Lever | None:
    """The share of the cheapest target in one mix: the recommended one's, else in the cheapest routed architecture."""
    routed = [
        name
        for name, body in point.architectures.items()
        if isinstance(body, Routed) and body.mix is not None and len(body.mix) > 1
    ]
    if not routed:
        return None
    totals = {name: estimates[name].total_cost for name in routed}
    name = cheapest if cheapest in routed else min(routed, key=lambda n: (totals[n] is None, totals[n] or 0.0))
    body = point.architectures[name]
    assert isinstance(body, Routed)  # noqa: S101 - chosen so
    shares = {target: float(share.value) for target, share in shares_of(body.mix or {}).items()}
    costs = {target: _alone(target, point, prices) for target in shares}
    target = min(shares, key=lambda t: (costs[t] is None, costs[t] or 0.0))
    today = shares[target]
    if not 0 < today < 1:
        return None
    points, at = _shares(today)

    def moved(scenario: Scenario, value: Number) -> Scenario:
        left = (1 - value) / (1 - today)
        mix = {t: value if t == target else share * left for t, share in shares.items()}
        return _architecture(scenario, name, mix=mix)

    note = "The other targets shrink or grow in proportion."
    if body.quality is not None or name in point.quality:
        note += " The quality stated for it is left as it is; another share would change it."
    place = f"architectures.{name}.mix.{target}"
    return Lever("cheap_share", f"Share that {name} sends to {target}", place, "share", points, at, moved, note)


def _alone(target: str, point: Scenario, prices: Prices) -> Number | None:
    """USD of the first month if this target, in full service, answered everything; None where it cannot."""
    architectures = {name: body.in_full_service() for name, body in point.architectures.items()}
    architectures.setdefault(target, Api(model=target))
    return estimate(
        target, point.model_copy(update={"horizon_months": 1, "architectures": architectures}), prices
    ).monthly_cost


def _escalation(point: Scenario) -> Lever | None:
    """The share that the first cascade's first stage sends on, where the scenario gives it."""
    for name, body in point.architectures.items():
        if not isinstance(body, Cascade) or body.escalation is None or not 0 < body.escalation[0] < 1:
            continue
        rates = list(body.escalation)
        points, at = _shares(float(rates[0]))

        def moved(scenario: Scenario, value: Number, name: str = name, rates: list[float] = rates) -> Scenario:
            return _architecture(scenario, name, escalation=[value, *rates[1:]])

        label = f"Escalation: what {body.stages[0]} sends on in {name}"
        return Lever("escalation", label, f"architectures.{name}.escalation[0]", "share", points, at, moved)
    return None


# ---- what is built, paid and run -----------------------------------------------------------------


def _build(point: Scenario) -> Lever | None:
    built = [name for name, body in point.architectures.items() if set(body.build) - set(NOT_AMOUNTS)]
    if not built:
        return None

    def times(cost: Any, value: Number) -> Any:
        if isinstance(cost, Labour):
            return cost.model_copy(update={"people": cost.people * value})
        return cost * value

    def moved(scenario: Scenario, value: Number) -> Scenario:
        for name in built:
            body = point.architectures[name]
            build = {item: cost if item in NOT_AMOUNTS else times(cost, value) for item, cost in body.build.items()}
            scenario = _architecture(scenario, name, build=build)
        return scenario

    points = tuple(_three_digits(2 ** (k / 10)) for k in range(-STEPS, STEPS + 1))
    note = f"Every amount under build, of {_listed(built)}."
    return Lever("build", "Build costs, times", "architectures.*.build", "times", points, STEPS, moved, note)


def _drift(point: Scenario) -> Lever | None:
    today = float(point.api_price_change_per_year)
    values = [today if k == 0 else round(today + EVERY * k, 6) for k in range(-STEPS, STEPS + 1)]
    points = tuple(value for value in values if value >= LEAST_DRIFT or value == today)

    def moved(scenario: Scenario, value: Number) -> Scenario:
        return scenario.model_copy(update={"api_price_change_per_year": value})

    place = "api_price_change_per_year"
    return Lever("price_drift", "API prices, change a year", place, "change", points, points.index(today), moved)


def _utilisation(point: Scenario) -> Lever | None:
    """The target utilisation of the GPUs that are sized by it; of those that share the first one's."""
    sized: dict[str, float] = {}
    for name, body in point.architectures.items():
        served = body.served_by()
        by_month = served is not None and served.throughput is not None and served.throughput.requests_per_month
        if served is not None and served.gpu is not None and not by_month:
            sized[name] = float(served.target_utilisation)
    if not sized:
        return None
    today = next(iter(sized.values()))
    same = [name for name, value in sized.items() if value == today]
    steps = [round(EVERY * k, 4) for k in range(4, 41)]
    points = tuple(sorted({today, *(step for step in steps if abs(step - today) > EVERY / 3)}))

    def moved(scenario: Scenario, value: Number) -> Scenario:
        for name in same:
            body = point.architectures[name]
            if isinstance(body, Served):
                scenario = _architecture(scenario, name, target_utilisation=value)
            else:
                serving = body.serving.model_copy(update={"target_utilisation": value})  # type: ignore[attr-defined]
                scenario = _architecture(scenario, name, serving=serving)
        return scenario

    note = f"Of {_listed(same)}."
    label, place = "Target utilisation of the GPUs", "target_utilisation"
    return Lever("utilisation", label, place, "share", points, points.index(today), moved, note)


def _listed(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= 4 else f"{', '.join(names[:3])} and {len(names) - 3} more"
