"""Claims on named quantities: an expression over them, with its extremes."""

from typing import Any

from llmcost.arithmetic import Number
from llmcost.claims.expression import Expression, NoValue
from llmcost.claims.extremes import extremes
from llmcost.claims.recomputed import Asked, Limit, Recomputed, check_unit, highest, lowest, not_known, unknown_inputs
from llmcost.economics.uncertainty import Figure, evaluated, quantiles, value_of
from llmcost.errors import InputError
from llmcost.quantity import Follows, QuantityError, Range, at_middle, quantity, resting_on

RESULT = "result"


def arithmetic(asked: Asked) -> Recomputed:
    """The value of an expression over named quantities. Raises InputError with the place of what is wrong."""
    statement = asked.statement
    expression, whole, unit = statement.expression, statement.whole, statement.unit or statement.published.unit
    assert expression is not None  # noqa: S101 - refused in statement.py
    check_unit(asked, RESULT, unit)
    values = _quantities(asked)
    unknown = unknown_inputs(asked, asked.given)
    if unknown:
        return not_known(asked, RESULT, unit, unknown)
    try:
        figure = _figure(expression, values, asked)
        limits = _share_limits(figure) if statement.unit == "share" else []
        if whole is not None:
            most = highest(_figure(whole, values, asked))
            limits.append(Limit(most or 0.0, f"a part cannot be larger than the whole, {whole.text}"))
        steps = expression.steps(at_middle(values))
    except NoValue as error:
        return Recomputed(RESULT, Figure(None), unit, no_value=error.what, given=asked.given)
    follows = Follows(values, expression.value, resting_on(values)) if figure.bounds is not None else None
    return Recomputed(RESULT, figure, unit, steps, limits=limits, given=asked.given, follows=follows)


def _share_limits(figure: Figure) -> list[Limit]:
    """A share is no more than all; no less than nothing, unless it is a change, which its own arithmetic shows."""
    least = lowest(figure)
    below = [Limit(0.0, "a share cannot be less than nothing", upper=False)] if least is None or least >= 0 else []
    return [Limit(1.0, "a share cannot be more than 100 %", exact=True), *below]


def _figure(expression: Expression, values: dict[str, Any], asked: Asked) -> Figure:
    """What it comes to: in the middle, on the draws, and at the extremes. Raises NoValue."""

    def headline(given: dict[str, Number]) -> dict[Any, Number | None]:
        return {RESULT: expression.value(given)}

    outcome = evaluated(values, headline, asked.setting.sampling)
    point = value_of(outcome.point[RESULT])
    if not outcome.ranges or point is None:
        return outcome.figures[RESULT]
    low, high = extremes(expression, values)
    if low == high:
        return Figure(point)
    import numpy as np

    draws = outcome.draws[RESULT]
    drawn = draws[~np.isnan(draws)]  # beyond the ends of the ranges it may have no value
    within = np.clip(drawn, low, high)
    spread = quantiles(within, (0.05, 0.5, 0.95)) if drawn.size else None
    expected = float(drawn.mean()) if drawn.size else point
    below = (float((drawn < low).mean()), float((drawn <= high).mean())) if drawn.size else None
    figure = outcome.figures[RESULT]
    return Figure(expected, spread, (low, high), below, figure.monotone, figure.error)


def _quantities(asked: Asked) -> dict[str, Any]:
    """The named quantities that are known, as numbers and ranges."""
    statement = asked.statement
    values: dict[str, Any] = {}
    for name, written in asked.given.items():
        if written is None:
            continue
        if isinstance(written, dict) and not {"low", "high"} & {*written}:
            raise InputError(
                f"claim {statement.claim}: {name} is no quantity",
                where=statement.given_place([name], False),
                hint="an expression takes named numbers; {published: ID} or {recomputed: ID} is another claim's figure",
            )
        try:
            values[name] = named_quantity(written)
        except QuantityError as error:
            raise InputError(
                f"claim {statement.claim}: {name}: {error.what}",
                where=statement.given_place([name], False),
                hint=error.hint,
            ) from None
    return values


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
