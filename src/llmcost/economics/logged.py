"""What the logged traffic would have cost under each architecture of a scenario, for the time that the log runs.

The first month of each in full service (a fine-tune after its rollout), times the months logged;
what is paid once is left out, as in `route`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from llmcost.architectures.prices import Prices
from llmcost.economics.horizon import estimate
from llmcost.quantity import at_middle
from llmcost.scenario import Scenario


class LoggedCost(NamedTuple):
    """USD that the logged traffic would have cost under an architecture; None where it cannot be served."""

    name: str
    cost: float | None


class LoggedTraffic(NamedTuple):
    """What was logged and what it cost: at the day's prices (of what has a price), and as `recorded_calls` of it record."""

    files: list[str]
    first: str
    last: str
    hours: float
    calls: int
    cost: float | None
    recorded_cost: float | None
    recorded_calls: int
    unpriced_tokens: int
    architectures: list[LoggedCost]


def logged_costs(scenario: Scenario, catalog: Any, months: float) -> list[LoggedCost]:
    """Each architecture's cost of so many months of the scenario's traffic, at the middle of every range."""
    point = at_middle(scenario)
    served = {name: body.in_full_service() for name, body in point.architectures.items()}
    month = point.model_copy(update={"horizon_months": 1, "architectures": served})
    prices = Prices(catalog, point.prices, point.successors)
    found = []
    for name in served:
        cost = estimate(name, month, prices).months[0].cost
        found.append(LoggedCost(name, None if cost is None else float(cost) * months))
    return found
