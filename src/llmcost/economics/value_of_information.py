"""What knowing would be worth before one of several architectures is chosen, from draws of their costs.

With c_k the cost of architecture k (present value where a discount rate is stated) and x_j an input:

    EVPI    = min_k mean c_k − mean min_k c_k
    EVPPI_j = min_k mean c_k − mean min_k m_k(x_j)        m_k(x) = E(c_k given x_j = x)

m_k is a line in each of 32 equal bins of x_j, or the mean at each of its values where it has few. A fitted
minimum is too low, since it also picks what is low by chance; a minimum that is picked by a fit to the
other draws and paid on the draws left out is too high by as much. Half of each is left of bias
(Strong and Oakley 2014 for the regression; the two halves as in a cross-fit).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np

    Draws = np.ndarray[Any, np.dtype[Any]]

BINS = 32
FEWEST = 64  # draws in a bin
FEW_VALUES = 64  # different values that an input may have for each to be a bin of its own
FOLDS = 8  # the shifted copies of the lattice, each left out once


class Costs(NamedTuple):
    """What there is to choose from, as differences to the lowest mean: USD on each draw, by architecture.

    `best` has the lowest mean cost; one that costs no less than it in any draw is left out.
    """

    best: str
    differences: dict[str, "Draws"]


def candidates(costs: Mapping[str, "Draws"]) -> Costs:
    """The architectures that could be the right choice on some draw. `costs`: USD on each draw, in one order."""
    import numpy as np

    means = {name: float(np.mean(each, dtype=float)) for name, each in costs.items()}
    best = min(means, key=means.__getitem__)
    differences = {}
    for name, each in costs.items():
        if name != best:
            found = np.subtract(each, costs[best], dtype=float)
            if (found < 0).any():
                differences[name] = found
    return Costs(best, differences)


def perfect_information(costs: Costs) -> float:
    """EVPI in USD: what knowing every input before the choice would save on average."""
    import numpy as np

    if not costs.differences:
        return 0.0
    lowest = np.minimum.reduce(list(costs.differences.values()))
    return float(-np.minimum(lowest, 0.0).mean())


def partial_information(costs: Costs, column: "Draws") -> float:
    """EVPPI in USD of the input with these values on the draws, between nothing and EVPI."""
    if not costs.differences:
        return 0.0
    fits = _Bins(column)
    fitted, paid = fits.lowest(list(costs.differences.values()))
    return 0.0 if paid >= 0 else min(max(-(fitted + paid) / 2, 0.0), perfect_information(costs))


class _Bins:
    """An input's draws in bins, and what a line in each of them needs, with each fold left out and with none."""

    def __init__(self, column: "Draws") -> None:
        import numpy as np

        size = column.size
        self.bin, count = _binned(column)
        folds = min(FOLDS, size)
        fold = np.arange(size) * folds // size
        self.key = fold * count + self.bin
        self.shape = (folds, count)
        sums = np.bincount(self.bin, column, count) / np.maximum(np.bincount(self.bin, minlength=count), 1)
        self.away = column - sums[self.bin]
        self.numbers = self._of_rest(None)
        self.x = self._of_rest(self.away)
        self.squares = self._of_rest(self.away * self.away)

    def _of_rest(self, values: "Draws | None") -> "Draws":
        """The sums by bin of all draws (first row), and of the draws outside each fold (folds + 1 × bins)."""
        import numpy as np

        own = np.bincount(self.key, values, self.shape[0] * self.shape[1]).reshape(self.shape)
        whole = own.sum(axis=0)
        return np.vstack([whole, whole - own])

    def lowest(self, differences: "list[Draws]") -> tuple[float, float]:
        """The mean of the lowest fitted cost (0 is that of the best), and what the one picked by the others' fit costs."""
        import numpy as np

        size = self.bin.size
        fitted, outside, paid = np.zeros(size), np.zeros(size), np.zeros(size)
        for own in differences:
            level, slope = self._lines(own)
            np.minimum(fitted, level[0][self.bin] + slope[0][self.bin] * self.away, out=fitted)
            elsewhere = level[1:].ravel()[self.key] + slope[1:].ravel()[self.key] * self.away
            lower = elsewhere < outside
            paid[lower], outside[lower] = own[lower], elsewhere[lower]
        return float(fitted.mean()), float(paid.mean())

    def _lines(self, own: "Draws") -> "tuple[Draws, Draws]":
        """Level and slope by bin of one architecture, as `_of_rest` has its rows."""
        import numpy as np

        y, both = self._of_rest(own), self._of_rest(own * self.away)
        number = np.maximum(self.numbers, 1)
        spread = self.squares - self.x * self.x / number
        wide = spread > 1e-12 * np.maximum(self.squares, 1e-300)
        slope = np.where(wide, (both - self.x * y / number) / np.where(wide, spread, 1.0), 0.0)
        return (y - slope * self.x) / number, slope


def _binned(column: "Draws") -> "tuple[Draws, int]":
    """Each draw's bin: of its own value where there are few, else one of the equal ones from the lowest up."""
    import numpy as np

    values, at = np.unique(column[:: max(column.size // 4096, 1)], return_inverse=True)
    if values.size <= FEW_VALUES:
        values, at = np.unique(column, return_inverse=True)
        if values.size <= FEW_VALUES:
            return at, int(values.size)
    count = max(min(BINS, column.size // FEWEST), 1)
    rank = np.empty(column.size, dtype=np.int64)
    rank[np.argsort(column, kind="stable")] = np.arange(column.size)
    found: Draws = rank * count // column.size
    return found, count
