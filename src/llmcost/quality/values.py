"""What the cells of an outcome file mean: numbers, texts, and nothing at all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llmcost.errors import InputError
from llmcost.quality.cells import Cells
from llmcost.quantity import LARGEST, shown

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

_NOT_A_NUMBER = {"", "nan", "na", "n/a", "null", "none", "-nan", "<na>"}
_TRUTH = {"true": 1.0, "false": 0.0}


class Place:
    """`file:line` of a row of a block."""

    def __init__(self, name: str, first: int, lines: list[int] | None) -> None:
        self.name, self.first, self.lines = name, first, lines

    def line(self, row: int) -> int:
        return self.lines[row] if self.lines is not None else self.first + row

    def __call__(self, row: int) -> str:
        return f"{self.name}:{self.line(row)}"


def numbers(column: Any, field: str, at: Place) -> Array:
    """The column as floats, NaN for an empty cell. Raises InputError for any other text, and beyond ±1e30."""
    import numpy as np

    found = _numbers(column, field, at)
    if found.size and not np.nanmax(np.abs(found), initial=0.0) <= LARGEST:
        row = int(np.flatnonzero(np.abs(found) > LARGEST)[0])
        what = "infinite" if np.isinf(found[row]) else f"{found[row]:g}, larger than anything that is counted here"
        raise InputError(f"{field} is {what}", where=at(row), hint="give a number, such as 0, 1 or 0.75")
    return found


def _numbers(column: Any, field: str, at: Place) -> Array:
    import numpy as np

    if isinstance(column, Cells):
        plain = column.numbers()
        if plain is not None:
            return plain
    try:
        return np.array([*map(float, column)], dtype=np.float64)
    except (TypeError, ValueError):
        return np.array([_number(value, field, at, i) for i, value in enumerate(column)], dtype=np.float64)


def _number(value: Any, field: str, at: Place, row: int) -> float:
    text = "" if value is None else str(value).strip().lower()
    if text in _NOT_A_NUMBER:
        return math.nan
    if text in _TRUTH and field in ("score", "accepted"):
        return _TRUTH[text]
    try:
        return float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        raise InputError(
            f"{field} is {shown(str(value))}, not a number", where=at(row), hint="give a number, such as 0, 1 or 0.75"
        ) from None


def chosen_rows(column: Any, rows: Sequence[int]) -> list[Any]:
    texts = column.texts() if isinstance(column, Cells) else column
    return [texts[i] for i in rows]


def blank(value: Any) -> bool:
    return value is None or value == ""


def holds(cell: Any, op: str, value: str) -> bool:
    same = str(cell).strip() == value
    if not same:
        try:
            same = float(cell) == float(value)
        except (TypeError, ValueError):
            same = False
    return same == (op == "=")


def distinct(column: Any) -> tuple[list[str], Array]:
    """Texts, and for every cell which of them it is."""
    import numpy as np

    if isinstance(column, Cells):
        return column.distinct()
    return ["" if each is None else str(each) for each in column], np.arange(len(column))
