"""The estimates of several architectures: at a point, and expected over the draws."""

from typing import Any

from llmcost.architectures.prices import Prices
from llmcost.arithmetic import is_array
from llmcost.economics.expected import ExpectedEstimate
from llmcost.economics.horizon import estimate, retiring, worked_out
from llmcost.errors import InputError
from llmcost.estimate import Estimate
from llmcost.scenario import Scenario


def estimates_of(scenario: Scenario, prices: Prices) -> dict[str, Estimate]:
    """An estimate for each architecture; an infeasible baseline is refused."""
    found = {name: estimate(name, scenario, prices) for name in scenario.architectures}
    refuse_unserved(found[scenario.baseline or ""], scenario, prices)
    return found


def refuse_unserved(base: Estimate, scenario: Scenario, prices: Prices) -> None:
    """Raise InputError where the baseline cannot be served over the horizon."""
    if base.total_cost is None:
        replaced = ", ".join(f"{gone.model}: OTHER_MODEL" for gone in retiring(base.name, scenario, prices))
        raise InputError(
            f"the baseline {base.name!r} cannot be served over the horizon: {base.unknown_because}",
            where="successors",
            hint=f"name what replaces them: successors: {{{replaced}}}",
        )


class Totals:
    """The expected estimates of some architectures, summed up over the chunks of the draws."""

    def __init__(self, scenario: Scenario, catalog: Any, names: list[str] | None = None) -> None:
        self._catalog = catalog
        self._scenario = scenario
        self._prices: Prices | None = None
        self._sums = {name: ExpectedEstimate(name) for name in names or scenario.architectures}

    def add(self, tree: Scenario) -> tuple[Prices, dict[str, Estimate]]:
        """The estimates on a chunk, taken in."""
        prices = self._prices_of(tree)
        worked = {name: worked_out(name, tree, prices) for name in self._sums}
        draws = _draws_in(worked.values())
        for name, each in worked.items():
            self._sums[name].add(each, draws)
        if tree.baseline in worked:
            refuse_unserved(worked[tree.baseline].estimate, tree, prices)
        return prices, {name: each.estimate for name, each in worked.items()}

    def _prices_of(self, tree: Scenario) -> Prices:
        """Of a chunk; those that no range reaches are looked up once for all chunks."""
        if tree.prices is not self._scenario.prices:
            return Prices(self._catalog, tree.prices, tree.successors)
        if self._prices is None:
            self._prices = Prices(self._catalog, tree.prices, tree.successors)
        self._prices.months.clear()
        return self._prices

    def expected(self) -> dict[str, Estimate]:
        """The means over all chunks."""
        return {name: each.estimate() for name, each in self._sums.items()}


def _draws_in(worked: Any) -> int:
    """How many draws a chunk holds, from the first array in it; one where no range reaches any cost."""
    for each in worked:
        for month in each.estimate.months:
            if is_array(month.cost):
                return int(month.cost.size)
        if is_array(each.estimate.one_time_cost):
            return int(each.estimate.one_time_cost.size)
    return 1
