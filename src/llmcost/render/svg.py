"""What the charts share: scales, ticks, axes, and the frame with its text alternative.

Charts are drawn on 520 units of width. Colours, dashes and type come from the page's style sheet;
a series is told apart by its letter and its dash as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from llmcost.render.markup import Markup, escaped, joined, short_number, tag
from llmcost.render.page import Table
from llmcost.render.plain import harmless

WIDTH = 520.0
HUES = 8  # series classes of the style sheet; the letter goes on where they repeat


class Picture(NamedTuple):
    """A chart, what it shows in a sentence or two, and its numbers."""

    heading: str
    says: str
    drawing: Markup
    numbers: Table


class Scale(NamedTuple):
    """From values to units: linear, or by the logarithm."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        a, b = (math.log(self.low), math.log(self.high)) if self.log else (self.low, self.high)
        x = math.log(max(value, self.low)) if self.log else value
        part = 0.5 if a == b else (x - a) / (b - a)
        return self.start + part * (self.end - self.start)


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """At most so many round values between the two ends, at a step of 1, 2 or 5 times a power of ten."""
    if high <= low:
        return [low]
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [k * step for k in range(first, math.floor(high / step + 1e-9) + 1)]


def letter(position: int) -> str:
    """A, B … Z, A2, B2 …: what stands for an architecture on a chart."""
    turn, place = divmod(position, 26)
    return chr(65 + place) + (str(turn + 1) if turn else "")


def hue(position: int) -> str:
    """The class that gives a series its colour and dash."""
    return f"s{position % HUES}"


def short(name: str, most: int = 20) -> str:
    """A name as a chart has room for it."""
    name = harmless(name)
    return name if len(name) <= most else name[: most - 1] + "…"


def short_usd(value: float) -> str:
    """An axis label: `$150k`, `$1.2M`."""
    size = abs(value)
    sign = "-" if value < 0 else ""
    for unit, suffix in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if size >= unit:
            return f"{sign}${size / unit:.4g}{suffix}"
    return f"{sign}${size:.4g}"


def short_count(value: float) -> str:
    """`200k`, `1.2M`."""
    return short_usd(value).replace("$", "")


def chart(key: str, title: str, description: str, height: float, *inner: Any, class_: str = "") -> Markup:
    """A picture with its name and its text alternative."""
    named = {"role": "img", "aria-labelledby": f"{key}-title {key}-text", "class": f"chart {class_}".strip()}
    box = {"viewBox": f"0 0 {short_number(WIDTH)} {short_number(height)}", "id": f"chart-{key}", **named}
    title_and_text = (
        tag("title", {"id": f"{key}-title"}, title),
        tag("desc", {"id": f"{key}-text"}, escaped(description, whole=True)),
    )
    return tag("svg", box, *title_and_text, *inner)


def words(x: float, y: float, text: Any, class_: str = "", anchor: str | None = None) -> Markup:
    """Text at a place."""
    return tag("text", {"x": x, "y": y, "class": class_ or None, "text-anchor": anchor}, text)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """A straight line."""
    return tag("line", {"x1": x1, "y1": y1, "x2": x2, "y2": y2, "class": class_})


def bar(x1: float, x2: float, y: float, height: float, class_: str) -> Markup:
    """A bar between two places on the x axis, at least a hair wide."""
    return tag("rect", {"x": min(x1, x2), "y": y, "width": max(abs(x2 - x1), 1.0), "height": height, "class": class_})


def column(x: float, width: float, top: float, bottom: float, class_: str) -> Markup:
    """A bar that stands, at least a hair high."""
    height = max(bottom - top, 1.0)
    return tag("rect", {"x": x, "y": bottom - height, "width": width, "height": height, "class": class_})


def path(points: Sequence[tuple[float, float]], class_: str, *, close: bool = False) -> Markup:
    """A line through points."""
    steps = Markup(" ".join(f"{short_number(x)},{short_number(y)}" for x, y in points))
    return tag("polygon" if close else "polyline", {"points": steps, "class": class_})


def x_axis(
    scale: Scale, at: Sequence[float], y: float, form: Callable[[float], str], top: float | None = None
) -> Markup:
    """Ticks with their labels along the bottom; grid lines up to `top`."""
    parts = []
    for value in at:
        x = scale(value)
        parts.append(line(x, top if top is not None else y, x, y + 4, "grid"))
        parts.append(words(x, y + 18, form(value), "tick", "middle"))
    return joined(parts)


def y_axis(scale: Scale, at: Sequence[float], left: float, right: float, form: Callable[[float], str]) -> Markup:
    """Grid lines with their labels at the left."""
    parts = []
    for value in at:
        y = scale(value)
        parts.append(line(left, y, right, y, "grid"))
        parts.append(words(left - 6, y + 4, form(value), "tick", "end"))
    return joined(parts)


def apart(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Heights for labels, near to where they belong and at least `gap` apart; the lowest ends at `high`."""
    order = sorted(range(len(wanted)), key=wanted.__getitem__)
    placed = list(wanted)
    least = low
    for i in order:
        placed[i] = max(placed[i], least)
        least = placed[i] + gap
    most = high
    for i in reversed(order):
        placed[i] = min(placed[i], most)
        most = placed[i] - gap
    return placed
