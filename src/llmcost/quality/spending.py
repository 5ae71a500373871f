"""What the answers of an evaluation cost: tokens at the prices of the day, or what was recorded.

An unknown model is an error with suggestions, and an answer without tokens needs them stated: a
price that nobody knows is never zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from llmcost.architectures.prices import Prices
from llmcost.catalog.models import ApiPrice, Retirement
from llmcost.errors import InputError, UnknownPrice
from llmcost.estimate import STALE_AFTER_DAYS, Assumption, Warning
from llmcost.quality.outcomes import Outcomes

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

Basis = Literal["today", "recorded", "either"]
BASES = ("today", "recorded", "either")


class Spending(NamedTuple):
    """USD of every answer (models × queries), and by model where it comes from."""

    costs: Array
    recorded: Array | None
    input_tokens: Array | None
    output_tokens: Array | None
    basis: dict[str, str]  # catalog, own price, recorded
    prices: dict[str, ApiPrice]  # of the models that are priced by their tokens
    differing: dict[str, int]  # answers whose recorded cost is not what today's prices make it
    assumptions: list[Assumption]
    warnings: list[Warning]


class DayPrices(Prices):
    """Prices of a day for answers that were given before it: a retired model keeps its last price."""

    def retirement(self, model: str) -> Retirement | None:
        return None


def spending(
    outcomes: Outcomes, prices: Prices, on: date, tokens: Mapping[str, tuple[float, float]], basis: Basis = "today"
) -> Spending:
    """Price every answer. `tokens` are input and output an answer where none are recorded, by model
    or under "" for all.

    Raises UnknownPrice for a model without a price, InputError for answers without tokens.
    """
    import numpy as np

    inputs, outputs, assumed = _tokens(outcomes, tokens)
    recorded = outcomes.fields.get("cost_usd")
    day = DayPrices(prices.catalog, own_of(prices), {})
    costs = np.empty_like(outcomes.scores)
    found_basis: dict[str, str] = {}
    used: dict[str, ApiPrice] = {}
    differing: dict[str, int] = {}
    warnings: list[Warning] = []
    for row, model in enumerate(outcomes.models):
        own = None if recorded is None or np.isnan(recorded[row]).any() else recorded[row]
        priced = _priced(model, row, inputs, outputs, own, day, on, basis)
        if priced is None:
            assert own is not None  # noqa: S101 - else it is an error
            costs[row] = own
            found_basis[model] = "recorded"
            continue
        costs[row], price = priced
        used[model] = price
        found_basis[model] = "own price" if price.overridden else "catalog"
        warnings += _aged(model, price, on)
        gone = prices.retirement(model)
        if gone is not None and gone.retires_on <= on:
            warnings.append(Warning("retirement", f"{model} retired on {gone.retires_on}; its last price stands"))
        if own is not None:
            slack = 1e-9 + 1e-6 * np.abs(costs[row])
            differing[model] = int((np.abs(own - costs[row]) > slack).sum())
            if differing[model]:
                size = outcomes.scores.shape[1]
                warnings.append(
                    Warning(
                        "recorded_cost",
                        f"{model}: the recorded cost of {differing[model]:,} of {size:,} answers is not tokens × today's "
                        f"price (${own.mean():.6g} an answer recorded, ${costs[row].mean():.6g} today)",
                    )
                )
    return Spending(costs, recorded, inputs, outputs, found_basis, used, differing, assumed, warnings)


def _aged(model: str, price: ApiPrice, on: date) -> list[Warning]:
    """A warning for a catalog price that was not looked at lately."""
    if price.overridden:
        return []
    age = price.source.age_in_days(on)
    if age is None:
        return [Warning("undated_price", f"{model}: its price stands on no dated check")]
    if age <= STALE_AFTER_DAYS:
        return []
    day, which = price.source.dated
    return [Warning("stale_price", f"{model}: its price was {which} on {day}, {age} days before {on}")]


def own_of(prices: Prices) -> Any:
    """The user's own prices, as they were given."""
    return {**prices._own, **prices._wide}


def _tokens(
    outcomes: Outcomes, tokens: Mapping[str, tuple[float, float]]
) -> tuple[Array | None, Array | None, list[Assumption]]:
    """The recorded tokens, the stated ones where there are none; None where nobody says."""
    import numpy as np

    for label in tokens:
        if label:
            outcomes.row(label)
    read = [outcomes.fields.get(field) for field in ("input_tokens", "output_tokens")]
    found = [np.full_like(outcomes.scores, np.nan) if each is None else each.copy() for each in read]
    assumed: list[Assumption] = []
    for row, model in enumerate(outcomes.models):
        stated = tokens.get(model, tokens.get(""))
        if stated is None:
            continue
        for side, name in enumerate(("input_tokens", "output_tokens")):
            gaps = np.isnan(found[side][row])
            if gaps.any():
                found[side][row][gaps] = stated[side]
                why = f"--tokens: {int(gaps.sum()):,} answers without {name.replace('_', ' ')}"
                assumed.append(Assumption(f"{model}.{name}", stated[side], why))
    return found[0], found[1], assumed


def _priced(
    model: str,
    row: int,
    inputs: Any,
    outputs: Any,
    recorded: Any,
    prices: Prices,
    on: date,
    basis: Basis,
) -> tuple[Array, ApiPrice] | None:
    """USD of each answer of a model, with its price; None where the recorded cost stands."""
    import numpy as np

    if basis == "recorded":
        if recorded is None:
            raise InputError(
                f"the answers of {model} have no recorded cost", where="--costs recorded", hint="leave --costs out"
            )
        return None
    try:
        price = prices.price(model, on)
    except UnknownPrice as error:
        if basis == "either" and recorded is not None:
            return None
        hint = error.hint.rstrip(".")
        hint += f"; or --rename {model}=MODEL, or --price {model}.input=USD --price {model}.output=USD"
        if recorded is not None:
            hint += ", or --costs recorded"
        raise UnknownPrice(error.what, where=error.where, hint=hint) from None
    gaps = np.isnan(inputs[row]) | np.isnan(outputs[row])
    if gaps.any():
        if recorded is not None:
            return None
        some = "no tokens" if gaps.all() else f"no tokens in {int(gaps.sum()):,} answers"
        raise InputError(
            f"the outcomes of {model} carry {some}, so their cost is not known",
            hint="state them, marked as assumed: --tokens INPUT,OUTPUT (or --tokens MODEL=INPUT,OUTPUT)",
        )
    return cost_of_tokens(price, inputs[row], outputs[row]), price


def cost_of_tokens(price: ApiPrice, inputs: Array, outputs: Array) -> Array:
    """USD: (input × its rate + output × its rate) ÷ 1e6, a long request at its long-context rates.

    Tokens of an evaluation are the model's own count, so its `tokens_factor` does not apply.
    """
    import numpy as np

    found = 0.0 * inputs
    for tokens, field in ((inputs, "input_per_mtok"), (outputs, "output_per_mtok")):
        rate = getattr(price.rates, field)
        if rate is None:
            if not tokens.any():
                continue
            bucket = field.removesuffix("_per_mtok")
            raise UnknownPrice(
                f"{price.model} has no {bucket} price", hint=f"set one with --price {price.model}.{bucket}=USD_PER_MTOK"
            )
        rates: Any = rate
        for tier in price.long_context:
            dearer = getattr(tier.rates, field)
            if dearer is not None:
                rates = np.where(inputs > tier.above_tokens, dearer, rates)
        found = found + tokens * rates / 1e6
    return found
