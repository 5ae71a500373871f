"""One side of a difference: a result as the JSON contract carries it, saved or worked out just now."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from llmcost.difference.saved import ROWS
from llmcost.scenario import Scenario

Row = dict[str, Any]


class Side(NamedTuple):
    """What a side is called, which command made it, and its result as plain data.

    `scenario` stands where the side was a scenario. `dearest_month` is the cost of each
    architecture's dearest month, one-time charges apart; empty where a saved result has no months.
    """

    name: str
    kind: Literal["scenario", "result"]
    command: str
    prices_as_of: str
    version: str
    result: dict[str, Any]
    assumptions: list[dict[str, Any]]
    scenario: Scenario | None = None
    dearest_month: dict[str, float | None] = {}

    @property
    def rows(self) -> dict[str, Row]:
        """The architectures or mixes by name; of a `tco` its one architecture."""
        if self.command == "tco":
            return {self.result["architecture"]: self.result}
        return {row["name"]: row for row in self.result[ROWS[self.command]]}

    @property
    def cheapest(self) -> str | None:
        """The architecture that the result recommends: the cheapest that meets every requirement."""
        found: str | None = self.result["architecture"] if self.command == "tco" else self.result["cheapest"]
        return found

    @property
    def baseline(self) -> str | None:
        """What savings are measured against."""
        found: str | None = self.result.get("baseline")
        return found

    @property
    def months(self) -> int:
        """The months that `total_cost` is over; `route` looks at one."""
        return 1 if self.command == "route" else int(self.result.get("horizon_months", 1))

    def path(self, name: str, field: str) -> str:
        """Where a figure stands in the result."""
        return field if self.command == "tco" else f"{ROWS[self.command]}.{name}.{field}"

    def over_horizon(self, name: str) -> float | None:
        """USD over all the months, one-time costs included; None where it is unknown."""
        row = self.rows.get(name)
        found: float | None = None if row is None else row["monthly_cost" if self.command == "route" else "total_cost"]
        return found

    def all_in_a_month(self, name: str) -> float | None:
        """USD a month with the one-time costs spread over the horizon: total ÷ months."""
        total = self.over_horizon(name)
        return None if total is None else total / self.months

    def dearest(self, name: str) -> float | None:
        """The cost of the dearest month, where months are known, else of the mean month."""
        if name in self.dearest_month:
            return self.dearest_month[name]
        row = self.rows.get(name)
        found: float | None = None if row is None else row["monthly_cost"]
        return found


def saved_side(document: dict[str, Any], name: str) -> Side:
    """The side that a checked document of a saved result is."""
    command = document["schema"].partition(".")[2].partition("/")[0]
    result = document["result"]
    months: dict[str, float | None] = {}
    if command == "tco":
        costs = [month["cost"] for month in result["months"]]
        months = {result["architecture"]: None if None in costs or not costs else max(costs)}
    return Side(
        name,
        "result",
        command,
        document["prices_as_of"],
        document["version"],
        result,
        document["assumptions"],
        dearest_month=months,
    )
