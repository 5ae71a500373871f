"""What was logged of each model, under the catalog's identity: the actual side of a prediction."""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import NamedTuple

from llmcost.architectures.prices import Prices
from llmcost.usage.cube import Cube, HourKey, Sums, summed
from llmcost.usage.pricing import CellPrices


class ByModel(NamedTuple):
    """The sums of each model; `uncounted` are those of which an export does not count the calls."""

    sums: dict[str, Sums]
    uncounted: frozenset[str]

    def calls(self, model: str) -> int | None:
        """Calls of a model; None where nothing counts them."""
        own = self.sums.get(model)
        return None if model in self.uncounted else own.calls if own else 0

    @property
    def total_calls(self) -> int | None:
        """Calls of all models; None where nothing counts those of one."""
        return None if self.uncounted else sum(each.calls for each in self.sums.values())

    @property
    def weighed_by(self) -> str:
        """What the models are weighed by: calls, or tokens where some calls are not counted."""
        return "tokens" if self.uncounted else "calls"

    def share_of(self, models: Set[str]) -> float:
        """The part of the calls (else of the tokens) that is of these models."""
        weights = {
            model: each.input + each.output if self.uncounted else each.calls for model, each in self.sums.items()
        }
        total = sum(weights.values())
        return sum(weight for model, weight in weights.items() if model in models) / total if total else 0.0


def identity_of(model: str, prices: Prices) -> str:
    """The catalog's full id of a model, without its variant."""
    return prices.identity(model.partition("@")[0])


def logged_by_model(logged: Iterable[tuple[HourKey, Sums]], cube: Cube, cells: CellPrices, prices: Prices) -> ByModel:
    """Some cells of a cube by model; a model that the catalog does not have keeps its logged name."""
    found: dict[str, list[Sums]] = {}
    uncounted = set()
    for key, sums in logged:
        known = cells.known_as(key.model)
        model = identity_of(known, prices) if known else key.model
        found.setdefault(model, []).append(sums)
        if (key.model, key.task) in cube.uncounted:
            uncounted.add(model)
    return ByModel({model: summed(parts) for model, parts in found.items()}, frozenset(uncounted))
