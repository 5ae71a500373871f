"""How a number is shown to a person. Machines get the raw ones (json.py, csv.py)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from llmcost.economics.uncertainty import Figure
from llmcost.wording import UNKNOWN, count, digits, number_of, share, usd

__all__ = ["UNKNOWN", "age", "count", "digits", "month", "number_of", "ranged", "share", "usd"]


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
