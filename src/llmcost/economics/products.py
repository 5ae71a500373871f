"""Products of arrays of draws, each worked out once however many charges share it.

The requests of a month, grown, stand in front of nearly every charge: their product is one array, and
a charge is that array times a number.
"""

from collections.abc import Iterable
from typing import Any

from llmcost.arithmetic import Number, is_array
from llmcost.estimate import Charge

Arrays = tuple[Any, ...]


class Products:
    """The products of one month. Arrays are told apart by identity, and kept alive here."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, ...], Any] = {}
        self._sums: dict[tuple[int, ...], float] = {}
        self._one_sign: dict[int, bool] = {}
        self._alive: list[Arrays] = []

    def of(self, arrays: Arrays) -> Any:
        """The product of the arrays, taken from the left."""
        key = tuple(map(id, arrays))
        found = self._found.get(key)
        if found is None:
            found = arrays[0] if len(arrays) == 1 else self.of(arrays[:-1]) * arrays[-1]
            self._alive.append(arrays)
            self._found[key] = found
        return found

    def sum(self, arrays: Arrays) -> float:
        """The sum of their product over the draws."""
        key = tuple(map(id, arrays))
        found = self._sums.get(key)
        if found is None:
            found = self._sums[key] = float(self.of(arrays).sum())
        return found

    def one_sign(self, arrays: Arrays) -> bool:
        """Whether none of the arrays changes its sign, and so their product does not."""
        for array in arrays:
            if id(array) not in self._one_sign:
                self._one_sign[id(array)] = bool(array.min() >= 0) or bool(array.max() <= 0)
                self._alive.append((array,))
        return all(self._one_sign[id(array)] for array in arrays)

    def total(self, charges: Iterable[Charge], cadence: str) -> Number:
        """USD of the charges of one cadence, in each draw: each array is multiplied once, by all its numbers."""
        plain = 0.0
        times: dict[tuple[int, ...], tuple[Arrays, float]] = {}
        for charge in charges:
            if charge.cadence != cadence:
                continue
            number, arrays = split(charge)
            if not arrays:
                plain += number
                continue
            key = tuple(map(id, arrays))
            times[key] = (arrays, number + (times[key][1] if key in times else 0.0))
        found: Number = plain
        for arrays, number in times.values():
            found = found + self.of(arrays) * number
        return found


def split(charge: Charge) -> tuple[float, Arrays]:
    """A charge as the product of its numbers, and its arrays in order."""
    number = 1.0
    arrays: list[Any] = []
    for factor in charge.factors:
        value = factor.value
        if is_array(value):
            arrays.append(value)
        else:
            number *= value
    return number, tuple(arrays)
