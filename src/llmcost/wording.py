"""How a number is said to a person, in a table and in a sentence alike. Machines get the raw ones."""

from __future__ import annotations

UNKNOWN = "–"
_BEYOND_DIGITS = 1e15  # from here a float no longer knows every digit


def usd(value: float | None) -> str:
    """`$1,660`, `$1.66`, `$0.00205`: cents under a hundred dollars, three digits under a dollar."""
    if value is None:
        return UNKNOWN
    size = abs(value)
    if size < 5e-13:  # what is left of adding and taking away
        size = 0.0
    sign = "-" if value < 0 and size > 0 else ""
    if size >= _BEYOND_DIGITS:
        return f"{sign}${size:.4g}"
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
    if abs(value) >= _BEYOND_DIGITS:
        return f"{value:.4g}"
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:,.4g}"


def number_of(thing: str, number: int) -> str:
    """`1 call`, `2,294 calls`."""
    return f"{number:,} {thing}{'s' if number != 1 else ''}"
