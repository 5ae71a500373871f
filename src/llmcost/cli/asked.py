"""What a command computes on, once the scenario, the catalog and the logs are read."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from llmcost.architectures.prices import Prices
from llmcost.catalog import Catalog
from llmcost.economics.uncertainty import Sampling
from llmcost.estimate import Assumption, Warning
from llmcost.quantity import at_middle
from llmcost.requirements import Requirements
from llmcost.scenario import Scenario

if TYPE_CHECKING:
    from llmcost.usage.traffic import Traffic


class Measured:
    """The traffic of the logs, and what has to be said about how it was read."""

    def __init__(self, traffic: Traffic, assumed: list[Assumption], warned: list[Warning]) -> None:
        self.traffic = traffic
        self.assumptions = [
            Assumption(
                "workload", traffic.words, "requests, tokens and shares are what was logged, each call a request"
            ),
            *assumed,
        ]
        self.warnings = warned


class Asked(NamedTuple):
    """Everything a command computes on."""

    scenario: Scenario
    catalog: Catalog
    as_of: date
    sampling: Sampling
    given_start: bool
    traffic: Measured | None = None  # of the logs that the scenario or --usage names

    @property
    def prices(self) -> Prices:
        """The catalog under the scenario's own prices."""
        return Prices(self.catalog, self.scenario.prices, self.scenario.successors)

    @property
    def requirements(self) -> Requirements:
        """The gates; one that is a range stands at its middle."""
        gates: Requirements = at_middle(self.scenario.requirements)
        return gates
