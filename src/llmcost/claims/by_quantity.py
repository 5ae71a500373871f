"""Claims on a few named quantities: labels, human reviews, training runs."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from llmcost.architectures.architecture import Review
from llmcost.architectures.fine_tuned import Labelling
from llmcost.architectures.prices import Prices
from llmcost.architectures.training import Training
from llmcost.arithmetic import Number
from llmcost.capacity.training import training_mfu
from llmcost.claims.limits import bounds_of
from llmcost.claims.recomputed import (
    Asked,
    Limit,
    Recomputed,
    check_figure,
    check_unit,
    highest,
    lowest,
    not_known,
    said,
    unknown_inputs,
)
from llmcost.economics.horizon import months_of
from llmcost.economics.remarks import assumptions, of_training, warnings
from llmcost.economics.uncertainty import Figure, evaluated
from llmcost.errors import InputError
from llmcost.estimate import Charge, Factor
from llmcost.quantity import at_middle
from llmcost.scenario import Scenario, scenario_from
from llmcost.validation import validated
from llmcost.workload import Positive, Share, Stream, Strict, Usd

Model = TypeVar("Model", bound=BaseModel)
FIGURES = {  # the first is meant unless another is named
    "review_savings": ("saving", "cost_before", "cost_after"),
    "labelling": ("cost",),
    "training_run": ("cost", "hours"),
}


class ReviewSavings(Strict):
    """What fewer human reviews save: requests × (share before − share after) × USD a review.

    Source: "Build vs Buy: Fine-Tuned LLM Economics".
    """

    requests: Positive
    share_before: Share
    share_after: Share
    usd_per_review: Usd

    def charges(self) -> tuple[Charge, Charge]:
        """USD for the reviews before and after."""
        nothing = Factor("unused", 0.0)
        stream = Stream((self.factor("requests"),), nothing, nothing, nothing, nothing, nothing, nothing)
        before, after = (
            next(iter(Review(share=part, usd_per_review=self.usd_per_review).charges(name, [stream])))
            for name, part in (("before", self.share_before), ("after", self.share_after))
        )
        return before, after


def labelling(asked: Asked) -> Recomputed:
    """samples × USD a sample × (1 + qa_share)."""
    return _charged(asked, Labelling, lambda own: {"labelling": own.charge("labels")})


def review_savings(asked: Asked) -> Recomputed:
    """What the reviews cost before, less what they cost after."""

    def charges(own: ReviewSavings) -> dict[str, Charge]:
        before, after = own.charges()
        return {"before": before, "after": after}

    def limits(own: ReviewSavings, figures: Mapping[Any, Figure]) -> list[Limit]:
        if asked.statement.figure not in (None, "saving"):
            return []
        most = highest(figures["cost_before"]) or 0.0
        return [Limit(most, "a saving cannot be larger than what the reviews cost before")]

    return _charged(asked, ReviewSavings, charges, limits)


def training_run(asked: Asked) -> Recomputed:
    """A fine-tune's `training` block: its cost, and the hours where it is paid by the GPU-hour."""
    scenario, prices = _nothing_asked(asked)  # the month only borrows the prices

    def charges(own: Training) -> dict[str, Charge]:
        return {"training": own.charge("training", own.model, False, months_of(scenario, prices)[0])}

    def limits(own: Training, figures: Mapping[Any, Figure]) -> list[Limit]:
        least = lowest(figures[asked.statement.figure or "cost"])
        if own.hours is not None or own.gpu is None or least is None:
            return []
        least *= training_mfu(own.processor("training", months_of(scenario, prices)[0]), own.method, own.packed)
        because = (
            f"at all of the GPU's arithmetic it takes {said(least, '' if asked.statement.figure == 'hours' else 'USD')}"
        )
        return [Limit(least, because, upper=False)]

    return _charged(asked, Training, charges, limits)


def _nothing_asked(asked: Asked) -> tuple[Scenario, Prices]:
    """A scenario of the day and nothing else, and the catalog's prices."""
    as_of = asked.setting.as_of
    scenario = scenario_from({"start": as_of.isoformat()[:7]}, today=as_of)
    return scenario, Prices(asked.setting.catalog, scenario.prices, scenario.successors)


def _charged(
    asked: Asked,
    model: type[Model],
    charges_of: Callable[[Model], dict[str, Charge]],
    limits_of: Callable[[Model, Mapping[Any, Figure]], list[Limit]] = lambda own, figures: [],
) -> Recomputed:
    """Figures of charges: `cost` and `saving` in USD, and factors by their names."""
    statement = asked.statement
    known = FIGURES[statement.calculation]
    name = statement.figure or known[0]
    unit = "" if name == "hours" else "USD"
    check_figure(asked, name, known)
    check_unit(asked, name, unit)
    unknown = unknown_inputs(asked, model.model_fields)
    if unknown:
        return not_known(asked, name, unit, unknown)
    tree = validated(model, asked.given, (), statement.given_place)

    def headline(own: Model) -> dict[Any, Number | None]:
        charges = charges_of(own)
        found: dict[Any, Number | None] = {
            factor.name: factor.value for charge in charges.values() for factor in charge.factors
        }
        if "before" in charges:
            return found | {
                "cost_before": charges["before"].cost,
                "cost_after": charges["after"].cost,
                "saving": charges["before"].cost - charges["after"].cost,
            }
        (charge,) = charges.values()
        return found | {"cost": charge.cost}

    outcome = evaluated(tree, headline, asked.setting.sampling)
    if name not in outcome.figures:
        raise InputError(
            f"claim {statement.claim}: {name} is no part of this {statement.calculation}",
            where=statement.place(("figure",)),
            hint=f"figures: {', '.join(each for each in known if each in outcome.figures)}",
        )
    point = at_middle(tree)
    charges: dict[str, tuple[Charge, ...]] = {key: (charge,) for key, charge in charges_of(point).items()}
    paid = [charge for own in charges.values() for charge in own]
    scenario, prices = _nothing_asked(asked)
    return Recomputed(
        name,
        outcome.figures[name],
        unit,
        charges=charges,
        limits=[*bounds_of(name), *limits_of(point, outcome.figures)],
        given=asked.given,
        assumptions=[
            *assumptions(scenario, (), paid, prices, horizon=False),
            *(of_training("training", point) if isinstance(point, Training) else ()),
        ],
        warnings=warnings(scenario, (), paid, prices, asked.setting.as_of),
    )
