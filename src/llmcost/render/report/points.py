"""The levers' points as the page carries them: compact, and exact to more digits than it shows.

A series along a lever is `null` (unknown), a number (nothing moves it), `[first, last]` (it lies on
the straight line between them over the lever's points) or `[low, high, codes]`: a few characters a
point, six bits each of the way from low to high. What the grid's second lever does not move is left
to the first lever's own series, and the last month to the total.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llmcost.arithmetic import is_array
from llmcost.economics.whatif import FIGURES, WhatIf
from llmcost.render import figures
from llmcost.render.plain import harmless

if TYPE_CHECKING:
    from llmcost.decision.reporting import Report
    from llmcost.economics.levers import Lever

ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
FINE, DRAWN = 5, 4  # characters a point: a figure, a month of the chart
STRAIGHT = 1e-9  # how far from a line a series may lie, of its largest value

Series = None | float | list[Any]


def document(found: Report, letters: Sequence[str]) -> str:
    """The points as JSON that may stand in a script element."""
    what_if = found.what_if
    assert what_if is not None  # noqa: S101 - asked by the caller
    names = list(found.details.estimates)
    workload = found.details.point.workload
    body = {
        "names": [harmless(name) for name in names],
        "letters": list(letters),
        "baseline": names.index(found.details.comparison.baseline),
        "horizon": found.details.comparison.horizon_months,
        "months": what_if.months,
        "byRequest": bool(workload is not None and workload.requests_known),
        "levers": [_lever(what_if, i, names) for i in range(len(what_if.levers))],
        "grid": _grid(what_if, names),
    }
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def shown(lever: Lever, value: float) -> str:
    """A lever's value as a person reads it."""
    if lever.form == "requests":
        return figures.count(value)
    if lever.form == "share":
        return f"{round(value * 100, 2):g}%"
    if lever.form == "change":
        return f"{round(value * 100, 2):+g}%" if value else "0%"
    return f"×{value:g}"


def _lever(found: WhatIf, position: int, names: list[str]) -> dict[str, Any]:
    lever, begin = found.levers[position], found.begins[position]
    here = slice(begin, begin + len(lever.points))
    points = list(lever.points)
    return {
        "key": lever.key,
        "today": lever.today,
        "points": [_digits(value) for value in points],
        "shown": [shown(lever, value) for value in points],
        "figures": {
            field: _packed([_cut(found.figures[name, field], here) for name in names], points) for field in FIGURES
        },
        "cumulative": [
            _packed([_cut(month, here) for month in found.cumulative[name][:-1]], points, DRAWN) for name in names
        ],
        "fails": [_flags(_cut(found.fails[name], here)) for name in names],
        "cheapest": [int(best) for best in found.cheapest[here]],
    }


def _grid(found: WhatIf, names: list[str]) -> dict[str, Any] | None:
    grid = found.grid
    if grid is None:
        return None
    here = slice(grid.begin, found.size)
    points = [found.levers[grid.second].points[i] for i in grid.columns]
    return {
        "first": grid.first,
        "second": grid.second,
        "rows": list(grid.rows),
        "columns": list(grid.columns),
        "figures": {
            field: [_square(_cut(found.figures[name, field], here), points) for name in names] for field in FIGURES
        },
        "cumulative": [
            [_square(_cut(month, here), points, DRAWN) for month in found.cumulative[name][:-1]] for name in names
        ],
        "fails": [_flags(_cut(found.fails[name], here)) for name in names],
        "cheapest": [int(best) for best in found.cheapest[here]],
    }


def _cut(value: Any, here: slice) -> Any:
    return value[here] if is_array(value) else value


def _flags(value: Any) -> str:
    """`0` and `1`, one a point, or one for all."""
    return "".join("01"[bool(each)] for each in value) if is_array(value) else "01"[bool(value)]


def _square(value: Any, points: list[float], wide: int = FINE) -> list[Series] | None:
    """One series a row of the grid; None where the first lever's own series says it all."""
    if not is_array(value):
        return None
    rows = value.reshape(-1, len(points))
    if bool((rows == rows[:, :1]).all()):
        return None
    return _packed(list(rows), points, wide)


def _packed(series: Sequence[Any], points: Sequence[float], wide: int = FINE) -> list[Series]:
    """Each series in its shortest form, `wide` characters a point."""
    packed: list[Series] = [None if each is None or is_array(each) else _known(each) for each in series]
    moving = [i for i, each in enumerate(series) if is_array(each)]
    if not moving:
        return packed
    import numpy as np

    rows = np.vstack([series[i] for i in moving])
    rows = np.where(np.isfinite(rows), rows, 0.0)  # payback: month 0 is never
    low, high = rows.min(axis=1), rows.max(axis=1)
    size = np.maximum(np.abs(low), np.abs(high))
    first, last = rows[:, :1], rows[:, -1:]
    x = np.asarray(points)
    way = (x - x[0]) / ((x[-1] - x[0]) or 1.0)
    straight = (np.abs(rows - (first + (last - first) * way)) <= STRAIGHT * size[:, None]).all(axis=1)
    still = high - low <= STRAIGHT * size
    codes = _codes(rows, low, np.where(high > low, high - low, 1.0), wide)
    for n, i in enumerate(moving):
        if still[n]:
            packed[i] = _digits(float(rows[n, 0]))
        elif straight[n]:
            packed[i] = [_digits(float(first[n, 0])), _digits(float(last[n, 0]))]
        else:
            packed[i] = [_exactly(float(low[n])), _exactly(float(high[n])), codes[n]]
    return packed


def _codes(rows: Any, low: Any, reach: Any, wide: int) -> list[str]:
    """So many letters a point: where it lies between low and high."""
    import numpy as np

    whole = np.rint((rows - low[:, None]) / reach[:, None] * (64**wide - 1)).astype(np.int64)
    digits = np.stack([(whole >> shift) & 63 for shift in range(6 * wide - 6, -1, -6)], axis=2)
    letters = np.frombuffer(ALPHABET, dtype=np.uint8)[digits].reshape(len(rows), -1)
    return [bytes(row).decode("ascii") for row in letters]


def _known(value: float) -> float:
    return _digits(value) if value not in (float("inf"), float("-inf")) else 0.0


def _digits(value: float) -> float:
    """Ten significant digits, as the JSON of `compare` has them."""
    short = float(f"{value:.10g}")
    return int(short) if short == int(short) and abs(short) < 1e15 else short


def _exactly(value: float) -> float:
    return int(value) if value == int(value) and abs(value) < 1e15 else value
