"""How prices move over the horizon: (1 + r)^((m − 1)/12) in month m, r the narrowest yearly change that is stated.

A model's own change stands before that of its service tier, and that before `api_price_change_per_year`.
"""

from collections.abc import Mapping
from typing import NamedTuple

from llmcost.arithmetic import Number, is_zero
from llmcost.estimate import Factor
from llmcost.workload import PriceChange, Strict

BATCH_TIER = "batch"


class PriceChanges(Strict):
    """Shares a year by what is paid; a tier is a price variant (`standard`, `flex`, …) or `batch`."""

    models: dict[str, PriceChange] = {}
    tiers: dict[str, PriceChange] = {}
    gpus: dict[str, PriceChange] = {}
    labour: PriceChange = 0.0


class Drifts(NamedTuple):
    """The yearly changes that hold, models under the full ids of the catalog, GPUs in small letters."""

    api: Number = 0.0
    models: Mapping[str, Number] = {}
    tiers: Mapping[str, Number] = {}
    gpus: Mapping[str, Number] = {}
    labour: Number = 0.0

    @property
    def rates(self) -> tuple[Number, ...]:
        """Every change that is stated."""
        return (self.api, self.labour, *self.models.values(), *self.tiers.values(), *self.gpus.values())

    def of_tokens(self, model: str, tier: str, month: int) -> tuple[Factor, ...]:
        """What a model's price by the token is multiplied by in a month: one factor, or none."""
        if model in self.models:
            return _drift(self.models[model], f"price_change_per_year.models of {model}", month)
        if tier in self.tiers:
            return _drift(self.tiers[tier], f"price_change_per_year.tiers.{tier}", month)
        return _drift(self.api, "api_price_change_per_year", month)

    def of_gpu(self, gpu: str | None, month: int) -> tuple[Factor, ...]:
        """The same for an hour of a rented GPU."""
        return _drift(self.gpus.get((gpu or "").lower(), 0.0), f"price_change_per_year.gpus.{gpu}", month)

    def of_labour(self, month: int) -> tuple[Factor, ...]:
        """The same for people."""
        return _drift(self.labour, "price_change_per_year.labour", month)


def _drift(rate: Number, name: str, month: int) -> tuple[Factor, ...]:
    if is_zero(rate):
        return ()
    drift = 1.0 if month == 1 else (1 + rate) ** ((month - 1) / 12)
    return (Factor("price_drift", drift, "", "derived", f"(1 + {name}) ^ ({month - 1}/12)"),)
