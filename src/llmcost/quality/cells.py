"""A column of a block of plain CSV: where each cell begins and ends in the bytes, decoded when asked.

Rows without quotes are cut at their delimiters in one pass over the bytes, and plain decimal
numbers are read a digit at a time for the whole column; anything else is read cell by cell, the
way the csv module and `float` would.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

_LONGEST_NUMBER = 17  # bytes: every digit string of this length is exact below 2^53 or left to `float`
_EXACT = 1 << 53
_LONGEST_TEXT = 64
_POWERS = 10.0
_SPREAD = 0x9E3779B97F4A7C15  # an odd number that spreads the bytes of a text over 64 bits


class Cells:
    """The cells of one column; as a sequence it is their text."""

    def __init__(self, data: Array, begins: Array, ends: Array) -> None:
        self._data, self._begins, self._ends = data, begins, ends

    def __len__(self) -> int:
        return len(self._begins)

    def __getitem__(self, row: int) -> str:
        return self._data[self._begins[row] : self._ends[row]].tobytes().decode()

    def __iter__(self) -> Iterator[str]:
        return iter(self.texts())

    def __contains__(self, text: object) -> bool:
        if text == "":
            return bool((self._begins == self._ends).any())
        return text is not None and text in self.texts()

    def texts(self) -> list[str]:
        """Every cell as text. Raises UnicodeDecodeError."""
        letters = self._letters()
        return [self[row] for row in range(len(self))] if letters is None else _decoded(letters)

    def _letters(self) -> Array | None:
        """The bytes of every cell in a row of their own, padded with zeros; None for long cells."""
        import numpy as np

        longest = max(int((self._ends - self._begins).max(initial=0)), 1)
        if longest > _LONGEST_TEXT:
            return None
        at = self._begins[:, None] + np.arange(longest)
        inside = at < self._ends[:, None]
        return np.where(inside, self._data[np.minimum(at, self._data.size - 1)], 0).astype(np.uint8)

    def distinct(self) -> tuple[list[str], Array]:
        """Texts, and for every cell which of them it is: each text once where cells repeat."""
        import numpy as np

        letters = self._letters()
        if letters is None:
            return self.texts(), np.arange(len(self))
        keys = np.zeros(len(self), dtype=np.uint64)
        for column in letters.T:
            keys = keys * np.uint64(_SPREAD) + column
        new = np.concatenate([[True], keys[1:] != keys[:-1]])
        if new.mean() < 0.5:  # the same in row after row
            which = np.cumsum(new) - 1
            first = np.flatnonzero(new)
        else:
            _, first, which = np.unique(keys, return_index=True, return_inverse=True)
        chosen = letters[first]
        if first.size > len(self) / 2 or not (chosen[which] == letters).all():
            return _decoded(letters), np.arange(len(self))
        return _decoded(chosen), which

    def numbers(self) -> Array | None:
        """Every cell as a float; None where one is no plain decimal number."""
        import numpy as np

        sizes = self._ends - self._begins
        if not sizes.size or sizes.min() < 1 or sizes.max() > _LONGEST_NUMBER:
            return None
        digits = np.zeros(sizes.size, dtype=np.int64)
        scale = np.ones(sizes.size, dtype=np.int64)
        decimals: Array | None = None  # digits behind the point
        seen = np.zeros(sizes.size, dtype=np.int64)
        for back in range(1, int(sizes.max()) + 1):
            at = self._ends - back
            inside = at >= self._begins
            letters = self._data[np.maximum(at, 0)].astype(np.int64)
            digit = letters - 48
            is_digit = (digit >= 0) & (digit <= 9) & inside
            if not is_digit.all():
                point = inside & (letters == 46)
                if (inside & ~is_digit & ~point).any():
                    return None
                if point.any():
                    if decimals is not None and (point & (decimals >= 0)).any():
                        return None  # two points in one cell
                    decimals = np.full(sizes.size, -1, dtype=np.int64) if decimals is None else decimals
                    decimals = np.where(point, seen, decimals)
            digits += np.where(is_digit, digit * scale, 0)
            scale = np.where(is_digit, scale * 10, scale)
            seen += is_digit
        if (seen == 0).any() or digits.max() >= _EXACT or seen.max() > 16:
            return None
        if decimals is None:
            return digits.astype(np.float64)
        # Both are exact below 2^53, so that one division rounds once, as `float` does.
        found: Array = digits / _POWERS ** np.maximum(decimals, 0)
        return found


def _decoded(letters: Array) -> list[str]:
    return [each.decode() for each in letters.view(f"S{letters.shape[1]}").ravel().tolist()]


def cut(chunk: bytes, delimiter: bytes, width: int) -> list[Cells] | None:
    """The columns of whole lines; None where a line has not so many cells (or is blank)."""
    import numpy as np

    data = np.frombuffer(chunk, dtype=np.uint8)
    ends = np.flatnonzero((data == delimiter[0]) | (data == 10))
    if ends.size == 0 or ends.size % width:
        return None
    grid = ends.reshape(-1, width)
    if not (data[grid[:, -1]] == 10).all() or (data[grid[:, :-1]] == 10).any():
        return None
    begins = np.empty_like(ends)
    begins[0] = 0
    begins[1:] = ends[:-1] + 1
    if width == 1 and (begins == ends).any():
        return None
    starts = begins.reshape(-1, width)
    return [Cells(data, starts[:, column], grid[:, column]) for column in range(width)]
