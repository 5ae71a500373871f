"""Claims on a few named quantities: plain arithmetic, labels, human reviews, training runs."""

from typing import Any

from pydantic import BaseModel

from llmcost.architectures.architecture import Review
from llmcost.architectures.fine_tuned import Labelling
from llmcost.architectures.prices import Prices
from llmcost.architectures.training import Training
from llmcost.arithmetic import Number
from llmcost.claims.expression import NAME, Expression
from llmcost.claims.recomputed import Asked, Limit, Recomputed, check_unit
from llmcost.economics.horizon import months_of
from llmcost.economics.remarks import assumptions, warnings
from llmcost.economics.uncertainty import GOLDEN, Figure, evaluated
from llmcost.errors import InputError, did_you_mean
from llmcost.estimate import Charge, Factor
from llmcost.quantity import QuantityError, Range, at_middle, quantity, ranges_in, with_values
from llmcost.scenario import Scenario, scenario_from
from llmcost.validation import validated
from llmcost.workload import Positive, Share, Stream, Strict, Usd

RESULT = "result"
FIGURES = {  # the first is meant unless another is named
    "review_savings": ("saving", "cost_before", "cost_after"),
    "labelling": ("cost",),
    "training_run": ("cost", "hours"),
}
POINTS = 4097


class ReviewSavings(Strict):
    """What fewer human reviews save: requests × (share before − share after) × USD a review (seed 003)."""

    requests: Positive
    share_before: Share
    share_after: Share
    usd_per_review: Usd

    def charges(self) -> tuple[Charge, Charge]:
        """USD for the reviews before and after."""
        nothing = Factor("unused", 0.0)
        stream = Stream((self.factor("requests"),), nothing, nothing, nothing, nothing, nothing)
        before, after = (
            next(iter(Review(share=part, usd_per_review=self.usd_per_review).charges(name, [stream])))
            for name, part in (("before", self.share_before), ("after", self.share_after))
        )
        return before, after


# ---- arithmetic ----------------------------------------------------------------------------------


def arithmetic(asked: Asked) -> Recomputed:
    """The value of an expression over named quantities. Raises InputError with the place of what is wrong."""
    if asked.expression is None:
        raise InputError(
            f"claim {asked.claim} has no expression",
            where=asked.place(()),
            hint="add expression: requests * (share_before - share_after) * usd_per_review, over names of given",
        )
    values, unknown = _quantities(asked)
    expression = _parsed(asked, "expression", asked.expression)
    whole = _parsed(asked, "whole", asked.whole) if asked.whole else None
    unit = asked.unit or asked.published.unit
    check_unit(asked, RESULT, unit)
    needed = [name for name in unknown if name in expression.names or (whole and name in whole.names)]
    if needed:
        return Recomputed(RESULT, Figure(None), unit, missing=", ".join(needed), given=asked.given)

    def headline(given: dict[str, Number]) -> dict[Any, Number | None]:
        found: dict[Any, Number | None] = {RESULT: expression.value(given)}
        return found if whole is None else found | {"whole": whole.value(given)}

    try:
        outcome = evaluated(values, headline, asked.setting.sampling)
        steps = expression.steps(at_middle(values))
        figure = _whole_span(outcome.figures[RESULT], expression, values)
    except QuantityError as error:
        raise InputError(
            f"claim {asked.claim}: {error.what}", where=asked.place(("expression",)), hint=error.hint
        ) from None
    limits = [Limit(1.0, "a share cannot be more than 100 %")] if asked.unit == "share" else []
    if whole is not None:
        most = outcome.figures["whole"]
        high = most.bounds[1] if most.bounds is not None and most.bounds[1] is not None else most.point
        limits.append(Limit(high or 0.0, f"a part cannot be larger than the whole, {asked.whole}"))
    return Recomputed(RESULT, figure, unit, steps, limits=limits, given=asked.given)


def _whole_span(figure: Figure, expression: Expression, values: dict[str, Any]) -> Figure:
    """The extremes over all of the inputs' ranges: of x·(1 − x) the corners alone would miss the top.

    The corners are kept; between them the expression is tried on a lattice of points.
    """
    if figure.bounds is None or None in figure.bounds or figure.point is None:
        return figure
    import numpy as np

    ranks = {path: rank for rank, path in enumerate(sorted(path for path, _ in ranges_in(values)), 1)}

    def spread(path: str, found: Range) -> Any:
        share = (
            np.modf(np.arange(POINTS) * (ranks[path] * GOLDEN % 1.0))[0]
            if ranks[path] > 1
            else np.linspace(0, 1, POINTS)
        )
        return found.low + (found.high - found.low) * share

    tried: Any = expression.value(with_values(values, spread))
    low, high = figure.bounds
    ends = [*(end for end in (low, high, figure.point) if end is not None), float(np.min(tried)), float(np.max(tried))]
    return figure._replace(bounds=(min(ends), max(ends)))


def _quantities(asked: Asked) -> tuple[dict[str, Any], list[str]]:
    """The named quantities as numbers and ranges, and the names of those that are null."""
    values: dict[str, Any] = {}
    unknown: list[str] = []
    for name, written in asked.given.items():
        if not NAME.fullmatch(str(name)):
            raise InputError(
                f"claim {asked.claim}: {name!r} is no name that an expression could use",
                where=asked.given_place([name], True),
                hint="use letters, digits and _, such as usd_per_review",
            )
        if written is None:
            unknown.append(name)
            values[name] = 1.0  # never used: a claim that needs it is not checkable
            continue
        if isinstance(written, dict) and not {"low", "high"} & {*written}:
            raise InputError(
                f"claim {asked.claim}: {name} is no quantity",
                where=asked.given_place([name], False),
                hint="an expression takes named numbers; {published: ID} or {recomputed: ID} is another claim's figure",
            )
        try:
            values[name] = named_quantity(written)
        except QuantityError as error:
            raise InputError(
                f"claim {asked.claim}: {name}: {error.what}", where=asked.given_place([name], False), hint=error.hint
            ) from None
    return values, unknown


def named_quantity(written: Any) -> float | Range:
    """A quantity whose field nobody declared: percent is a share, what may be negative is signed.

    The unit decides, never the size: 20%..30% is read on the scale of shares. Raises QuantityError.
    """
    found = quantity(written, "signed")
    if not isinstance(found, Range):
        return found
    percent = "%" in str(written)
    if percent and found.low >= 0 and found.high <= 1:
        return found._replace(scale="share")
    return found._replace(scale="positive") if found.low >= 0 and not percent else found


def _parsed(asked: Asked, field: str, text: str) -> Expression:
    try:
        return Expression(text)
    except QuantityError as error:
        raise InputError(f"claim {asked.claim}: {error.what}", where=asked.place((field,)), hint=error.hint) from None


# ---- calculations with a formula of their own ----------------------------------------------------


def labelling(asked: Asked) -> Recomputed:
    """samples × USD a sample × (1 + qa_share)."""
    return _charged(asked, Labelling, lambda own: {"labelling": own.charge("labels")})


def review_savings(asked: Asked) -> Recomputed:
    """What the reviews cost before, less what they cost after."""

    def charges(own: ReviewSavings) -> dict[str, Charge]:
        before, after = own.charges()
        return {"before": before, "after": after}

    return _charged(asked, ReviewSavings, charges)


def training_run(asked: Asked) -> Recomputed:
    """A fine-tune's `training` block: its cost, and the hours where it is paid by the GPU-hour."""
    scenario, prices = _nothing_asked(asked)  # the month only borrows the prices
    month = months_of(scenario, prices)[0]
    return _charged(asked, Training, lambda own: {"training": own.charge("training", own.model, False, month)})


def _nothing_asked(asked: Asked) -> tuple[Scenario, Prices]:
    """A scenario of the day and nothing else, and the catalog's prices."""
    as_of = asked.setting.as_of
    scenario = scenario_from({"start": as_of.isoformat()[:7]}, today=as_of)
    return scenario, Prices(asked.setting.catalog, scenario.prices, scenario.successors)


def _charged(asked: Asked, model: type[BaseModel], charges_of: Any) -> Recomputed:
    """Figures of charges: `cost` and `saving` in USD, and factors by their names."""
    known = FIGURES[asked.calculation]
    name = asked.figure or known[0]
    if name not in known:
        raise InputError(
            f"claim {asked.claim}: {asked.calculation} has no figure {name!r}",
            where=asked.place(("figure",)),
            hint=did_you_mean(name, known) or f"figures: {', '.join(known)}",
        )
    unknown = [name for name, value in asked.given.items() if value is None]
    written = {name: value for name, value in asked.given.items() if value is not None}
    check_known = [name for name in unknown if name not in model.model_fields]
    if unknown and not check_known:
        return Recomputed(name, Figure(None), "", missing=", ".join(unknown), given=asked.given)
    tree = validated(model, written, (), asked.given_place)

    def headline(own: Any) -> dict[Any, Number | None]:
        charges = charges_of(own)
        found: dict[Any, Number | None] = {}
        for charge in charges.values():
            found |= {factor.name: factor.value for factor in charge.factors}
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
            f"claim {asked.claim}: {name} is no part of this {asked.calculation}",
            where=asked.place(("figure",)),
            hint=f"figures: {', '.join(each for each in known if each in outcome.figures)}",
        )
    unit = "" if name == "hours" else "USD"
    check_unit(asked, name, unit)
    limits = []
    if name == "saving":
        before = outcome.figures["cost_before"]
        high = before.bounds[1] if before.bounds and before.bounds[1] is not None else before.point
        limits.append(Limit(high or 0.0, "a saving cannot be larger than what the reviews cost before"))
    charges: dict[str, tuple[Charge, ...]] = {key: (charge,) for key, charge in charges_of(at_middle(tree)).items()}
    paid = [charge for own in charges.values() for charge in own]
    scenario, prices = _nothing_asked(asked)
    return Recomputed(
        name,
        outcome.figures[name],
        unit,
        charges=charges,
        limits=limits,
        given=asked.given,
        assumptions=assumptions(scenario, (), paid, prices, horizon=False),
        warnings=warnings(scenario, (), paid, prices, asked.setting.as_of),
    )
