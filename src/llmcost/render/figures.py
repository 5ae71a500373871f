"""How a number is shown to a person. Machines get the raw ones (json.py, csv.py)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from llmcost.economics.uncertainty import Figure

UNKNOWN = "–"


def usd(value: float | None) -> str:
    """`$1,660`, `$1.66`, `$0.00205`: cents under a hundred dollars, three digits under a dollar."""
    if value is None:
        return UNKNOWN
    size = abs(value)
    if size < 5e-13:  # what is left of adding and taking away
        size = 0.0
    sign = "-" if value < 0 and size > 0 else ""
    if size >= 99.995:
        return f"{sign}${size:,.0f}"
    if size >= 0.9995 or size == 0:
        return f"{sign}${size:,.2f}"
    text = digits(size, 3)
    return f"{sign}${text}" if len(text) >= 4 else f"{sign}${size:.2f}"


def digits(value: float, significant: int) -> str:
    """A small number in plain notation with so many significant digits."""
    text = f"{value:.{significant}g}"
    if "e" in text:
        mantissa, exponent = text.split("e")
        decimals = max(len(mantissa.replace(".", "")) - 1 - int(exponent), 0)
        text = f"{value:.{decimals}f}"
    return text


def share(value: float | None) -> str:
    """`66.8%`."""
    return UNKNOWN if value is None else f"{round(value * 100, 1) + 0.0:.1f}%"


def count(value: float | None) -> str:
    """`1,000,000`, `2.5`."""
    if value is None:
        return UNKNOWN
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:,.4g}"


def month(value: float | None) -> str:
    """`month 7`, or `never`."""
    return "never" if value is None else f"month {value:g}"


def ranged(figure: Figure, form: Callable[[float | None], str] = usd) -> str:
    """The median with its P5–P95 where the figure is uncertain, else the figure alone."""
    text = form(figure.value)
    if figure.spread is None or figure.spread[0] == figure.spread[2]:
        return text
    return f"{text} ({form(figure.spread[0])} to {form(figure.spread[2])})"


def age(day: date | None, which: str, on: date) -> str:
    """`checked 2026-10-14, 39 days ago`, or that no day is known."""
    if day is None:
        return "day not known"
    days = (on - day).days
    when = "today" if days == 0 else f"{days} days ago" if days > 0 else f"{-days} days ahead"
    return f"{which} {day}, {when}"
