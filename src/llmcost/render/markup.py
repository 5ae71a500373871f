"""Elements of HTML and SVG as text, with the one place where a text becomes markup.

Whatever is not Markup already is escaped: a name from a user's file can only ever be text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from llmcost.render.plain import harmless

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})
_EMPTY = {"br", "hr", "img", "input", "link", "meta"}


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


def escaped(text: object, *, whole: bool = False) -> Markup:
    """A text as markup shows it literally; controls and marks that turn text around are written out.

    A very long text is cut, unless it is wanted `whole`.
    """
    return text if isinstance(text, Markup) else Markup(harmless(str(text), whole=whole).translate(_ESCAPES))


def tag(name: str, attributes: Mapping[str, Any] | None = None, *inner: Any) -> Markup:
    """One element. An attribute that is None or False is left out, one that is True stands alone.

    `inner` holds texts, which are escaped, and Markup.
    """
    opened = name
    for key, value in (attributes or {}).items():
        if value is None or value is False:
            continue
        opened += f" {key}" if value is True else f' {key}="{_attribute(value)}"'
    if name in _EMPTY:
        return Markup(f"<{opened}>")
    return Markup(f"<{opened}>{joined(inner)}</{name}>")


def joined(parts: Iterable[Any]) -> Markup:
    """Several pieces, one after the other; what is missing is left out."""
    return Markup("".join(escaped(part) for part in parts if part is not None))


def isolated(text: str) -> Markup:
    """A name from a user's file: its own direction cannot reach the words around it."""
    return tag("bdi", None, text)


def _attribute(value: Any) -> str:
    return short_number(value) if isinstance(value, float) else escaped(value)


def short_number(value: float) -> str:
    """A coordinate: two decimals at most."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
