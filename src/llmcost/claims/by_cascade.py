"""Claims on a cascade of two models, from a few named quantities: `route` on the scenario they make.

One request a month; USD a request, or any unit that the costs share.
"""

from collections.abc import Iterator
from typing import Any

from pydantic import model_validator

from llmcost.claims.by_scenario import figure_of
from llmcost.claims.cascade_steps import cascade_steps
from llmcost.claims.recomputed import Asked, Limit, Recomputed, check_figure, not_known, unit_of, unknown_inputs
from llmcost.economics.routing import route
from llmcost.economics.uncertainty import Figure
from llmcost.errors import InputError
from llmcost.quantity import Range, at_middle
from llmcost.scenario import scenario_from
from llmcost.validation import validated
from llmcost.workload import Share, Strict, Usd, refuse

CHEAP, STRONG, CASCADE = "cheap", "strong", "cascade"
_COSTS = ("cost", "saving", "saving_share", "break_even_acceptance")
FIGURES = (*_COSTS, "acceptance", "escalation", "quality", "quality_kept", "parity_false_accept")


class TwoStages(Strict):
    """A cheap model that answers first, a verifier, and a strong one for what is rejected.

    How much is accepted is given (`acceptance` or `escalation`), or follows from the verifier's errors
    and from how good the cheap model is (`cheap_quality`, or `joint`).
    """

    cheap_quality: Share | None = None
    strong_quality: Share | None = None
    joint: dict[str, Share] | None = None
    false_accept: Share | None = None
    false_reject: Share | None = None
    acceptance: Share | None = None
    escalation: Share | None = None
    cheap_cost: Usd | None = None
    strong_cost: Usd | None = None
    verifier_cost: Usd = 0.0

    @model_validator(mode="after")
    def _said_once(self) -> "TwoStages":
        errs = self.false_accept is not None or self.false_reject is not None
        said = [name for name in ("acceptance", "escalation") if getattr(self, name) is not None]
        if len(said) + errs > 1:
            ways = [*said, *(["the verifier's errors"] if errs else [])]
            refuse(
                f"{' and '.join(ways)} each say how much is accepted",
                "give one of them: acceptance, escalation, or false_accept with false_reject",
                said[0],
            )
        return self


def cascade(asked: Asked) -> Recomputed:
    """A figure of the cascade that the named quantities make. Raises InputError where they do not suffice."""
    statement = asked.statement
    name = statement.figure or "cost"
    check_figure(asked, name, FIGURES)
    unknown = unknown_inputs(asked, TwoStages.model_fields)
    if unknown:
        return not_known(asked, name, unit_of(name), unknown)
    two = validated(TwoStages, asked.given, (), statement.given_place)
    if name in _COSTS:
        for field in ("cheap_cost", "strong_cost"):
            if getattr(two, field) is None:
                raise InputError(
                    f"claim {statement.claim}: {name} follows from {field}, which is not given",
                    where=statement.place(("given",)),
                    hint=f"add {field}: USD a request, or null where nobody says it",
                )
    scenario = scenario_from(_scenario(two, asked), statement.given_place, today=asked.setting.as_of)
    result = route(scenario, asked.setting.catalog, asked.setting.sampling)
    wanted = {"cost": "monthly_cost", "escalation": "acceptance"}.get(name, name)
    found = figure_of(asked._replace(statement=statement._replace(figure=wanted, of=CASCADE)), result)
    mix = next(mix for mix in result.mixes if mix.name == CASCADE)
    steps = cascade_steps(name, CASCADE, asked.given, at_middle(scenario), mix)
    found = found._replace(name=name, limits=[*found.limits, *_best_choice(name, two)], steps=steps, charges={})
    bound = mix.cascade.quality_bound if mix.cascade is not None else None
    if name == "quality" and found.figure.value is None and bound is not None:
        figure = Figure(None, None, (bound[0], bound[1]))
        return found._replace(figure=figure, missing="", ends="what the two accuracies allow")
    return found._replace(figure=_rest(found.figure)) if name == "escalation" else found


def _best_choice(name: str, two: TwoStages) -> Iterator[Limit]:
    """A cascade answers with one of the two models: it is right no more often than at least one of them is."""
    if name not in ("quality", "quality_kept"):
        return
    if two.joint is not None:
        parts = [_highest(share) for pattern, share in two.joint.items() if "1" in pattern.removeprefix("p")]
        most, strong = sum(parts), _right(two.joint, 1)
    elif two.cheap_quality is not None and two.strong_quality is not None:
        most, strong = _highest(two.cheap_quality) + _highest(two.strong_quality), two.strong_quality
    else:
        return
    most = min(most, 1.0)
    because = f"one of the two models is right on {most * 100:.4g} % at the most, however well the verifier chooses"
    if name == "quality":
        yield Limit(most, because)
    elif strong is not None and _lowest(strong) > 0:
        yield Limit(most / _lowest(strong), because)


def _highest(share: Any) -> float:
    return float(share.high if isinstance(share, Range) else share)


def _lowest(share: Any) -> float:
    return float(share.low if isinstance(share, Range) else share)


def _scenario(two: TwoStages, asked: Asked) -> dict[str, Any]:
    """The same as a scenario of one request of a million input tokens, so that a price is a cost a request."""
    errs = {field: getattr(two, field) for field in ("false_accept", "false_reject") if getattr(two, field) is not None}
    stated = two.acceptance if two.acceptance is not None else two.escalation
    if stated is None and not errs:
        raise InputError(
            f"claim {asked.statement.claim}: nothing says how much the cheap model's answers are accepted",
            where=asked.statement.place(("given",)),
            hint="add acceptance: 66.55%, or escalation, or false_accept and false_reject with cheap_quality",
        )
    verifier: dict[str, Any] = {**errs, "usd_per_request": two.verifier_cost}
    body: dict[str, Any] = {"kind": "cascade", "stages": [CHEAP, STRONG], "verifier": verifier}
    if stated is not None:
        body["escalation"] = [_remaining(stated) if two.acceptance is not None else stated]
    if two.joint is not None:
        body["joint"] = two.joint
    quality = {CHEAP: two.cheap_quality, STRONG: two.strong_quality}
    if two.joint is not None:
        quality = {CHEAP: _right(two.joint, 0), STRONG: _right(two.joint, 1)}
    prices = {CHEAP: two.cheap_cost or 0.0, STRONG: two.strong_cost or 0.0}
    return {
        "start": asked.setting.as_of.isoformat()[:7],
        "workload": {"requests_per_month": 1, "input_tokens": 1_000_000, "output_tokens": 0},
        "prices": {model: {"input_per_mtok": cost, "output_per_mtok": 0} for model, cost in prices.items()},
        "quality": {model: value for model, value in quality.items() if value is not None},
        "baseline": STRONG,
        "architectures": {STRONG: {"kind": "api", "model": STRONG}, CASCADE: body},
    }


def _right(joint: dict[str, Any], position: int) -> Any:
    """How often one of the two is right, from who is right together; None where a share is a range."""
    parts = [share for pattern, share in joint.items() if pattern.removeprefix("p")[position : position + 1] == "1"]
    return None if any(isinstance(share, Range) for share in parts) else sum(parts)


def _remaining(share: Any) -> Any:
    """1 − x, of a number or a range."""
    if not isinstance(share, Range):
        return 1 - share
    mid = None if share.mid is None else 1 - share.mid
    return share._replace(low=1 - share.high, high=1 - share.low, mid=mid)


def _rest(figure: Figure) -> Figure:
    """The figure of 1 − x."""
    spread, bounds = figure.spread, figure.bounds
    return figure._replace(
        value=_less(figure.value),
        spread=None if spread is None else (_less(spread[2]), _less(spread[1]), _less(spread[0])),
        bounds=None if bounds is None else (_less(bounds[1]), _less(bounds[0])),
    )


def _less(share: float | None) -> float | None:
    return None if share is None else 1 - share
