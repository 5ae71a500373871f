"""What a policy is chosen from: segments, the options of each, what they share, and the limits on all of them together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

FORGIVEN = 1e-9  # of a replica: the rounding that the whole replicas of an estimate forgive too


class Option(NamedTuple):
    """One architecture for one segment: what its requests add to the bill when they go there.

    `month_costs` are USD by month that grow with the requests alone, `once` what is paid once for them;
    `loads` are replicas (fractions of one) by fleet and month; `uses` names the fixed costs that it needs.
    `quality` is the share of the baseline's quality kept; None: unknown, and not allowed under a floor.
    """

    architecture: str
    month_costs: tuple[float, ...]
    loads: Mapping[str, tuple[float, ...]] = {}
    uses: frozenset[str] = frozenset()
    quality: float | None = None
    once: float = 0.0


class FixedCost(NamedTuple):
    """What is paid whatever the volume once anything uses it: USD once, and by month."""

    once: float
    months: tuple[float, ...]


class FleetCost(NamedTuple):
    """USD that one more replica costs by month, and to buy; `used` is the fixed cost that its use pays."""

    months: tuple[float, ...]
    purchase: float = 0.0
    used: str = ""


class Limits(NamedTuple):
    """What an assignment has to keep to; None or empty: no limit."""

    max_monthly_cost: float | None = None
    min_quality_kept: float | None = None
    max_architectures: int | None = None


class Programme(NamedTuple):
    """Segments with their options. `weights` are the segments' shares of the requests, `discounts` what a dollar of
    each month is worth (empty: a dollar)."""

    segments: tuple[str, ...]
    options: tuple[tuple[Option, ...], ...]
    weights: tuple[float, ...]
    fixed: Mapping[str, FixedCost]
    fleets: Mapping[str, FleetCost]
    limits: Limits = Limits()
    shares: bool = False
    discounts: tuple[float, ...] = ()

    def worth(self, months: Sequence[float]) -> float:
        """USD of all months together, at present value where discounts are given."""
        if not self.discounts:
            return math.fsum(months)
        return math.fsum(cost * worth for cost, worth in zip(months, self.discounts, strict=True))

    def cost_of(self, way: Mapping[str, str]) -> float:
        """USD over the horizon of one assignment, each fixed cost once and each fleet in whole replicas."""
        chosen = [
            next(option for option in options if option.architecture == way[segment])
            for segment, options in zip(self.segments, self.options, strict=True)
        ]
        total = math.fsum(option.once + self.worth(option.month_costs) for option in chosen)
        for use in {use for option in chosen for use in option.uses}:
            total += self.fixed[use].once + self.worth(self.fixed[use].months)
        for fleet, cost in self.fleets.items():
            loads = [option.loads[fleet] for option in chosen if fleet in option.loads]
            replicas = [math.ceil(sum(month) - FORGIVEN) for month in zip(*loads, strict=True)] if loads else []
            if replicas:
                total += self.worth([n * price for n, price in zip(replicas, cost.months, strict=True)])
                total += cost.purchase * max(replicas)
        return total

    @property
    def months(self) -> int:
        """Months of the horizon."""
        return len(self.options[0][0].month_costs)
