"""An Estimate is a sum of Charges; a Charge is a product of named Factors; a Factor says where it
comes from: given by the user, assumed by default, derived by a stated rule, or the catalog.

Everything a user sees is a rendering of this result, so an explanation needs no tracer.
Money is float64 US dollars; nothing is rounded before rendering.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Literal, NamedTuple

from llmcost.arithmetic import Number, is_array

Origin = Literal["given", "assumed", "derived", "catalog"]
Cadence = Literal["one_time", "monthly"]
STALE_AFTER_DAYS = 90


class Source(NamedTuple):
    """Where a figure was published and when it was last looked at. Unknown dates stay None."""

    title: str
    url: str | None = None
    checked_on: date | None = None
    published_in: str | None = None
    packaged_on: date | None = None

    @property
    def dated(self) -> tuple[date | None, str]:
        """The day that age counts from, and which day that is: `checked` or `packaged`."""
        if self.checked_on is not None:
            return self.checked_on, "checked"
        return self.packaged_on, "packaged"

    def age_in_days(self, on: date) -> int | None:
        """Days since the figure was checked (else packaged); None where neither day is known."""
        day, _ = self.dated
        return None if day is None else (on - day).days


class Factor(NamedTuple):
    """One named quantity in a product.

    `rule` states how a derived factor was worked out, naming its inputs, or what a given one
    overrides. `source` stands on every catalog figure.
    """

    name: str
    value: Number
    unit: str = ""
    origin: Origin = "given"
    rule: str = ""
    source: Source | None = None


class Charge(NamedTuple):
    """A product of factors, in USD: once (`one_time`) or a month (`monthly`).

    `group` names the model or architecture that is paid.
    """

    name: str
    cadence: Cadence
    factors: tuple[Factor, ...]
    group: str = ""

    @property
    def cost(self) -> Number:
        """USD, the product of the factors."""
        return product(self.factors)


class MonthCost(NamedTuple):
    """USD of one month and up to its end, one-time charges included; None once it is unknown.

    The present values are the same at the scenario's discount rate: month m is paid at m/12 years.
    """

    month: int
    first_day: date
    cost: Number | None
    cumulative_cost: Number | None
    present_value: Number | None
    cumulative_present_value: Number | None


class Estimate(NamedTuple):
    """What one architecture costs over the horizon.

    One-time charges are paid once; the cost of a monthly charge is its mean over the months, so
    that total = Σ one-time + months × Σ monthly. `total_cost` is None where a month is unknown.
    """

    name: str
    charges: tuple[Charge, ...]
    months: tuple[MonthCost, ...]
    one_time_cost: Number
    monthly_cost: Number | None
    total_cost: Number | None
    unknown_because: str = ""

    @property
    def present_value(self) -> Number | None:
        """USD today of everything that is paid over the horizon."""
        return self.months[-1].cumulative_present_value


class Assumption(NamedTuple):
    """A default that took part in the answer, or a price that the user put in the catalog's place."""

    name: str
    value: Any
    why: str


class Warning(NamedTuple):
    """Something that does not stop the answer but weakens it."""

    code: str
    message: str


def product(factors: Iterable[Factor]) -> Number:
    """The product of the factors' values, numbers first so that arrays are touched once."""
    result = 1.0
    arrays: list[Number] = []
    for factor in factors:
        if is_array(factor.value):
            arrays.append(factor.value)
        else:
            result = result * factor.value
    return result if not arrays else math.prod(arrays[1:], start=arrays[0] * result)


def total(charges: Sequence[Charge], cadence: Cadence) -> Number:
    """USD of all charges of one cadence."""
    result: Number = 0.0
    for charge in charges:
        if charge.cadence == cadence:
            result = result + charge.cost
    return result
