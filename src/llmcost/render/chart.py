"""A chart in the terminal: cumulative cost over the months, drawn with plotille.

Lines are told apart by a letter and a label at their end, never by colour; the P5 to P95 band is
dotted, and a payback is marked with @. The numbers stand in a table beneath.
"""

import re
import shutil
import sys
from itertools import pairwise
from string import ascii_lowercase

from llmcost.economics.trajectories import Trajectory
from llmcost.render import figures
from llmcost.render.page import Column, Table, between, count, usd
from llmcost.render.plain import harmless

_AXIS = 15  # columns that plotille takes for the y axis
_BRAILLE = re.compile("[\u2801-\u28ff]")


def chart(lines: list[Trajectory], *, terminal: bool, unicode: bool | None = None) -> str:
    """The chart as text, never wider than the terminal (100 columns where there is none)."""
    import plotille

    drawn = [line for line in lines if any(figure.value is not None for figure in line.cumulative)]
    if not drawn:
        return ""
    columns = shutil.get_terminal_size((100, 24)).columns if terminal else 100
    months = max(len(line.cumulative) for line in drawn)
    labels = {line.name: f"{ascii_lowercase[i % 26]} {_short(line.name)}" for i, line in enumerate(drawn)}
    room = max(columns - _AXIS - max(map(len, labels.values())) - 2, 20)
    figure = plotille.Figure()
    figure.with_colors = False
    figure.width = max(min(room, 90), 10)
    figure.height = 18
    figure.x_label, figure.y_label = "month", "USD, cumulative"
    figure.register_label_formatter(float, _tick)
    figure.register_label_formatter(int, _tick)
    top = max(_values(line)[2][-1] if _values(line)[2] else 0.0 for line in drawn)
    top = max([top, *(value for line in drawn for band in _values(line) for value in band)])
    figure.set_x_limits(min_=0, max_=months)
    figure.set_y_limits(min_=0, max_=top * 1.05 or 1.0)
    for position, line in enumerate(drawn):
        glyph = ascii_lowercase[position % 26]
        low, middle, high = _values(line)
        at = list(range(1, len(middle) + 1))
        if low != high:
            figure.scatter(at, low)
            figure.scatter(at, high)
        figure.plot(at, middle, marker=glyph)
        if line.payback_month is not None and 1 <= line.payback_month <= len(middle):
            month = int(line.payback_month)
            figure.text([month], [middle[month - 1]], ["@"])
    picture = _with_labels(figure.show(), drawn, labels, top * 1.05 or 1.0, columns)
    carries = _carries_unicode() if unicode is None else unicode
    return picture if carries else _ascii(picture)


def _values(line: Trajectory) -> tuple[list[float], list[float], list[float]]:
    """P5, median and P95 of every month that is known."""
    low, middle, high = [], [], []
    for figure in line.cumulative:
        if figure.value is None:
            break
        spread = figure.spread or (figure.value, figure.value, figure.value)
        middle.append(figure.value)
        low.append(spread[0] if spread[0] is not None else figure.value)
        high.append(spread[2] if spread[2] is not None else figure.value)
    return low, middle, high


def _short(name: str) -> str:
    name = harmless(name)
    return name if len(name) <= 22 else name[:21] + "…"


def _tick(value: float, chars: int, delta: float, left: bool = False) -> str:
    """An axis label: whole months, and dollars in thousands or millions."""
    size = abs(value)
    shown = f"{value / 1e6:.2f}M" if size >= 1e6 else f"{value / 1e3:.1f}k" if size >= 1e4 else f"{value:.0f}"
    return f"{shown:<{chars}}" if left else f"{shown:>{chars}}"


def _with_labels(picture: str, drawn: list[Trajectory], labels: dict[str, str], top: float, columns: int) -> str:
    """Each line's label beside the row at which it ends; labels that would collide move apart."""
    rows = picture.splitlines()
    plot = [i for i, row in enumerate(rows) if " | " in row and not row.lstrip().startswith("|")]
    plot = [i for i in plot if i < len(rows) - 2] or list(range(len(rows)))
    first, last = plot[0], plot[-1]
    height = max(last - first, 1)
    ends = sorted(drawn, key=lambda line: -_values(line)[1][-1])
    wanted = [first + round((1 - _values(line)[1][-1] / top) * height) for line in ends]
    for i in range(1, len(wanted)):
        wanted[i] = max(wanted[i], wanted[i - 1] + 1)
    overflow = wanted[-1] - last
    if overflow > 0:
        wanted = [max(first, row - overflow) for row in wanted]
        for (i, row), (_, after) in pairwise(enumerate(wanted)):
            wanted[i + 1] = max(after, row + 1)
    for line, row in zip(ends, wanted, strict=True):
        if row < len(rows):
            rows[row] = f"{rows[row].rstrip(chr(0x2800))} {labels[line.name]}"
    return "\n".join(row.rstrip()[:columns] for row in rows)


def _ascii(picture: str) -> str:
    plain = _BRAILLE.sub(".", picture.replace("\u2800", " ")).replace("…", "~")
    return plain.encode("ascii", "replace").decode()


def _carries_unicode() -> bool:
    encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "")
    return encoding.startswith("utf")


def table(lines: list[Trajectory]) -> Table:
    """The chart's numbers: cumulative cost by month, with P5 to P95 where an input is a range."""
    columns = [Column("month", "Month")]
    spread = {
        line.name: any(f.spread is not None and f.spread[0] != f.spread[2] for f in line.cumulative) for line in lines
    }
    for line in lines:
        columns.append(Column(line.name, line.name))
        if spread[line.name]:
            columns.append(Column(f"{line.name}_range", "P5 to P95"))
    rows = []
    for month in range(max(len(line.cumulative) for line in lines)):
        row = [count(month + 1)]
        for line in lines:
            row.append(usd(line.cumulative[month]))
            if spread[line.name]:
                row.append(between(line.cumulative[month], figures.usd))
        rows.append(row)
    paid = [
        f"@ {line.name} pays back in month {line.payback_month:g}" for line in lines if line.payback_month is not None
    ]
    return Table("Cumulative cost, USD", columns, rows, paid)
