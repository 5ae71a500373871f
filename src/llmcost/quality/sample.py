"""Figures of one sample of queries, each with its paired-bootstrap interval.

A figure is a formula over the means of named columns. It is written once, and worked out on the
sample's own means and on those of every round.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

from llmcost.quality.bootstrap import ROUNDS, interval, means, replicates

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

Interval = list[float] | None
Mean = Callable[[Hashable], Any]  # the mean of a column: a number, or one a round
Formula = Callable[[Mean], Any]


class Sample:
    """Named columns over the queries. `resample` works out their means, plain and in every round."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._columns: dict[Hashable, Callable[[slice], Array]] = {}
        self._at: dict[Hashable, int] = {}
        self._plain: Any = None
        self._rounds: Any = None

    def add(self, key: Hashable, column: Callable[[slice], Array]) -> None:
        """A column: the values of the queries in a slice."""
        self._columns[key] = column

    def resample(self, rounds: int = ROUNDS, seed: int = 0) -> None:
        """Work out every column's mean, and its mean in each round of the bootstrap."""
        import numpy as np

        self._at = {key: i for i, key in enumerate(self._columns)}
        parts = list(self._columns.values())

        def block(part: slice) -> Array:
            found = np.empty((part.stop - part.start, len(parts)))
            for i, column in enumerate(parts):
                found[:, i] = column(part)
            return found

        self._plain = means(self.size, block)
        self._rounds = replicates(self.size, block, rounds, seed)

    def mean(self, key: Hashable) -> float:
        """The plain mean of a column."""
        return float(self._plain[self._at[key]])

    def drawn(self, key: Hashable) -> Any:
        """The column's mean in each round."""
        return self._rounds[:, self._at[key]]

    def figure(self, formula: Formula) -> tuple[float | None, Interval]:
        """A formula over means: its value, and the 95 % interval of the rounds; None where undefined."""
        import numpy as np

        with np.errstate(divide="ignore", invalid="ignore"):
            value = formula(lambda key: self._plain[self._at[key]])
            rounds = formula(self.drawn)
        known = None if value is None or not math.isfinite(value) else float(value)
        if known is None:
            return None, None
        return known, interval(np.broadcast_to(np.asarray(rounds, dtype=float), (self._rounds.shape[0],)))

    def of(self, key: Hashable) -> tuple[float, Interval]:
        """A column's mean with its interval."""
        value, between = self.figure(lambda mean: mean(key))
        return (math.nan if value is None else value), between

    def each_round(self, keys: list[Hashable]) -> Any:
        """rounds × keys, for what has to be worked out one round at a time."""
        return self._rounds[:, [self._at[key] for key in keys]]


def ratio(a: Any, b: Any) -> Any:
    """a ÷ b; not a number where there is nothing to divide by."""
    import numpy as np

    return np.where(np.abs(b) > 1e-15, np.asarray(a) / np.where(np.abs(b) > 1e-15, b, 1.0), np.nan)
