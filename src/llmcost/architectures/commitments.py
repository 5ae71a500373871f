"""What a contract adds to the bills of model providers: minimum spend, credits, tax.

For a provider (or a model) with S billed in a month, after discounts:

    shortfall = max(0, min_spend_per_month − S)          a commitment that an architecture does not use up
    credit    = −min(S, credits ÷ months of the horizon) credits are used evenly over the horizon
    tax       = rate × (S + shortfall + credit)

A commitment binds an architecture that uses the provider; the discount that it buys is in the prices.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from llmcost.arithmetic import Number, maximum, minimum
from llmcost.estimate import Charge, Factor
from llmcost.workload import Share, Strict, Usd


class Commitment(Strict):
    """A minimum spend a month at a provider, or on a model, and the discount that it buys."""

    min_spend_per_month: Usd
    discount: Share | None = None  # stands in `prices` once it is read


class Contract(NamedTuple):
    """What the scenario says of contracts."""

    commitments: Mapping[str, Commitment]
    credits: Mapping[str, Number]
    tax: Number
    tax_given: bool
    months: int

    def charges(self, billed: Mapping[str, list[Charge]]) -> Iterator[Charge]:
        """The lines beside the bills; `billed` is by full id, `provider/model`."""
        added: list[Charge] = []
        for name, commitment in self.commitments.items():
            spent = _spent(name, billed)
            if spent is not None:
                short = maximum(commitment.min_spend_per_month - spent, 0.0)
                rule = "min_spend_per_month − what is billed"
                added.append(
                    _line(
                        f"minimum spend at {name}, not used", Factor("shortfall", short, "USD", "derived", rule), name
                    )
                )
        for name, amount in self.credits.items():
            spent = _spent(name, billed)
            if spent is not None:
                used = -minimum(spent, amount / self.months)
                rule = f"credits ÷ {self.months} months, at most what is billed"
                added.append(_line(f"credits of {name}", Factor("credit_used", used, "USD", "derived", rule), name))
        yield from added
        if self.tax_given:
            bills = [charge for charges in billed.values() for charge in charges]
            taxed: Number = sum((charge.cost for charge in (*bills, *added)), 0.0)
            base = Factor("taxed_bills", taxed, "USD", "derived", "what model providers bill")
            yield Charge("tax", "monthly", (base, Factor("tax", self.tax)), "tax")


def _line(name: str, amount: Factor, group: str) -> Charge:
    return Charge(name, "monthly", (amount,), group)


def _spent(name: str, billed: Mapping[str, list[Charge]]) -> Number | None:
    """What a provider or model bills in the month; None where the architecture does not use it."""
    found = [
        charge
        for model, charges in billed.items()
        if name in (model, model.split("/", 1)[0], model.split("/", 1)[-1])
        for charge in charges
    ]
    return sum((charge.cost for charge in found), 0.0) if found else None
