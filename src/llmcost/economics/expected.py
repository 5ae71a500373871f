"""The expected estimate of an architecture: charges, months and total as means over all draws.

Means add up, so the charges sum to the months and these to the total. A charge stays a product of its
factors: of those that vary, by draw or by month, the first becomes its mean, and each further one its
mean weighted by those before it. The product is then exactly the mean of the products.
"""

from datetime import date
from typing import Any

from llmcost.arithmetic import Number, is_array
from llmcost.economics.horizon import Worked, kind_of, spans
from llmcost.economics.products import Arrays, Products
from llmcost.estimate import Charge, Estimate, Factor, MonthCost

WEIGHTED = "weighted mean"


class ExpectedCharge:
    """One charge summed over months and draws: `sums[k]` is that of the product of its first k factors."""

    def __init__(self, charge: Charge) -> None:
        factors = len(charge.factors)
        self.first = charge
        self.months: set[int] = set()
        self.sums = [0.0] * (factors + 1)
        self.drawn = [False] * factors
        self.values: list[list[float]] = [[] for _ in charge.factors]  # first and last, where it is one number
        self.varies = [False] * factors
        self.one_sign = True
        self._signs: set[bool] = set()

    def add(self, charge: Charge, months: list[int], products: Products, draws: int) -> None:
        """Take in the charge as it is in these months, on a chunk of draws."""
        self.months.update(months)
        number = 1.0
        arrays: Arrays = ()
        summed: float = draws
        self.sums[0] += draws * len(months)
        for k, factor in enumerate(charge.factors):
            value = factor.value
            varied = self._varies(k, value)
            if varied:
                self.one_sign = self.one_sign and self._steady(number, arrays, products)
            if is_array(value):
                arrays = (*arrays, value)
                summed = products.sum(arrays)
            else:
                number *= value
            self.sums[k + 1] += number * summed * len(months)

    def _varies(self, k: int, value: Any) -> bool:
        if is_array(value):
            self.drawn[k] = self.varies[k] = True
        elif not self.values[k]:
            self.values[k] = [value, value]
        else:
            self.values[k][1] = value
            self.varies[k] = self.varies[k] or value != self.values[k][0]
        return self.varies[k]

    def _steady(self, number: float, arrays: Arrays, products: Products) -> bool:
        """Whether what stands before a factor that varies has one sign."""
        self._signs.add(number < 0)
        return len(self._signs) == 1 and products.one_sign(arrays)

    def expected(self, cells: float, horizon: int) -> Charge:
        """The charge whose product is the mean over `cells` months and draws."""
        charge = self.first
        before = [self.sums[k] for k in range(len(charge.factors)) if self.varies[k]]
        if not self.one_sign or any(weight == 0 for weight in before):
            rule = "expected value of " + " × ".join(factor.name for factor in charge.factors)
            unit = "USD" if charge.cadence == "one_time" else "USD/month"
            return charge._replace(factors=(Factor("expected_amount", self.sums[-1] / cells, unit, "derived", rule),))
        factors = []
        weighted = False
        for k, factor in enumerate(charge.factors):
            if self.varies[k]:
                factors.append(self._mean(k, factor, weighted))
                weighted = True
            else:
                factors.append(factor)
        if abs(self.sums[0] - cells) > 1e-9 * cells:
            rule = f"billed in {len(self.months)} of {horizon} months ({spans(sorted(self.months))})"
            factors.append(Factor("months_billed", self.sums[0] / cells, "", "derived", rule))
        return charge._replace(factors=tuple(factors))

    def _mean(self, k: int, factor: Factor, weighted: bool) -> Factor:
        value = self.sums[k + 1] / self.sums[k]
        kind = WEIGHTED if weighted else "expected value" if self.drawn[k] else "mean"
        over = f" over {len(self.months)} months" if len(self.months) > 1 and not self._same_in_each_month(k) else ""
        rule = f"{kind}{over}"
        if not self.drawn[k]:
            rule += ", from {:,.6g} to {:,.6g}".format(*self.values[k])
        rule = f"{rule}; {factor.rule}" if factor.rule else rule
        origin = factor.origin if self.drawn[k] and not over else "derived"
        return factor._replace(value=value, origin=origin, rule=rule)

    def _same_in_each_month(self, k: int) -> bool:
        return self.drawn[k] and self.first.factors[k].name not in ("growth", "price_drift")


class ExpectedEstimate:
    """An architecture's estimate summed up, chunk of draws after chunk."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.draws = 0
        self._charges: dict[object, ExpectedCharge] = {}
        self._months: list[list[float] | None] = []
        self._days: list[tuple[int, date]] = []  # no month itself: it would keep its draws alive
        self._because = ""

    def add(self, worked: Worked, draws: int) -> None:
        """Take in the estimate on a chunk of draws."""
        self.draws += draws
        found = worked.estimate
        self._days = [(month.month, month.first_day) for month in found.months]
        self._because = found.unknown_because
        if not self._months:
            self._months = [None if month.cost is None else [0.0, 0.0] for month in found.months]
        for sums, month in zip(self._months, found.months, strict=True):
            if sums is not None:
                sums[0] += _sum(month.cost, draws)
                sums[1] += _sum(month.present_value, draws)
        products = worked.priced[0].month.memory.setdefault("products", Products())
        self._add(worked.one_time, [1], products, draws, {})
        lists: dict[int, tuple[Any, list[int]]] = {}
        for priced in worked.priced:
            lists.setdefault(id(priced.charges), (priced, []))[1].append(priced.month.number)
        for priced, numbers in lists.values():
            products = priced.month.memory.setdefault("products", Products())
            self._add(priced.charges or (), numbers, products, draws, {})

    def _add(self, charges: Any, months: list[int], products: Products, draws: int, seen: dict[object, int]) -> None:
        for charge in charges:
            kind = (charge.cadence, kind_of(charge))
            seen[kind] = seen.get(kind, 0) + 1  # a model reached by two ways is charged twice a month
            key = (kind, seen[kind])
            if key not in self._charges:
                self._charges[key] = ExpectedCharge(charge)
            self._charges[key].add(charge, months, products, draws)

    def estimate(self) -> Estimate:
        """The means over everything taken in."""
        horizon = len(self._months)
        charges = []
        for each in self._charges.values():
            once = each.first.cadence == "one_time"
            charges.append(each.expected(self.draws * (1 if once else horizon), horizon))
        charges.sort(key=lambda charge: charge.cadence == "monthly")
        one_time = sum((charge.cost for charge in charges if charge.cadence == "one_time"), 0.0)
        months: list[MonthCost] = []
        cumulative: float | None = one_time
        discounted: float | None = one_time
        spent: float | None = 0.0
        for sums, (number, day) in zip(self._months, self._days, strict=True):
            cost, value = (None, None) if sums is None else (sums[0] / self.draws, sums[1] / self.draws)
            spent = None if cost is None or spent is None else spent + cost
            cumulative = None if spent is None else one_time + spent
            discounted = None if value is None or discounted is None else discounted + value
            months.append(MonthCost(number, day, cost, cumulative, value, discounted))
        monthly = None if spent is None else spent / horizon
        return Estimate(self.name, tuple(charges), tuple(months), one_time, monthly, cumulative, self._because)


def _sum(value: Number | None, draws: int) -> float:
    if value is None:
        return 0.0
    return float(value.sum()) if is_array(value) else value * draws  # type: ignore[attr-defined]
