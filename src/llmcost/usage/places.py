"""Where a format may put a key: the same names under each of several objects."""

from __future__ import annotations

from collections.abc import Sequence


def under(objects: Sequence[str], *keys: str) -> tuple[str, ...]:
    """The paths of these keys in each of these objects, the first object's first; "" is the record itself."""
    return tuple(f"{each}.{key}" if each else key for each in objects for key in keys)
