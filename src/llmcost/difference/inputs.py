"""Which inputs two scenarios differ in, as dotted paths, whatever way each number was written.

Effective values are compared: a default that is now written out is no change, `1M` and `1000000`
are one number, and an anchor that moved a line says nothing. A part that only one side has (an
architecture, a router) is one line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, get_args

from pydantic import BaseModel

from llmcost.difference.change import Change, Value, added, changed, removed, same
from llmcost.quantity import Quantity, Range
from llmcost.scenario import Scenario

_LONGEST = 120
_SHARES = ("discount_rate", "api_price_change_per_year", "growth_per_month")  # signed, and written as shares


def input_changes(old: Scenario, new: Scenario) -> list[Change]:
    """The inputs that differ, in the scenario's own order."""
    return list(_of_models("", old, new))


def _of_models(path: str, old: BaseModel, new: BaseModel) -> Iterator[Change]:
    fields = {**type(old).model_fields, **type(new).model_fields}
    for name, field in fields.items():
        before, after = getattr(old, name, None), getattr(new, name, None)
        unstated = [side for side, tree in (("before", old), ("now", new)) if name not in tree.model_fields_set]
        scale = "share" if name in _SHARES else _scale(field)
        for change in _between(f"{path}.{name}" if path else name, before, after, scale):
            plain = change.sign == "changed" and change.path.endswith(name)
            yield change._replace(why=f"not stated {unstated[0]}") if plain and len(unstated) == 1 else change


def _between(path: str, old: Any, new: Any, scale: str) -> Iterator[Change]:
    if isinstance(old, BaseModel) and isinstance(new, BaseModel):
        yield from _of_models(path, old, new)
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys((*old, *new)):
            yield from _between(f"{path}.{key}", old.get(key), new.get(key), scale)
    elif old is None and new is not None:
        yield added("input", path, _value(new), unit=_unit(new, scale))
    elif new is None and old is not None:
        yield removed("input", path, _value(old), unit=_unit(old, scale))
    elif not _equal(old, new):
        unit = _unit(new if isinstance(old, str) else old, scale)
        yield changed("input", path, _value(old), _value(new), unit=unit, ranges=(_ends(old), _ends(new)))


def _equal(old: Any, new: Any) -> bool:
    if isinstance(old, Range) and isinstance(new, Range):
        return old._replace(shared="") == new._replace(shared="")
    return same(old, new)


def _value(tree: Any) -> Value:
    if isinstance(tree, Range):
        return tree.middle
    if tree is None or isinstance(tree, str | bool | int | float):
        return tree
    text = _written(tree)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _written(tree: Any) -> str:
    """A part as one line, near to how it would stand in the file."""
    if isinstance(tree, BaseModel):
        stated = {name: getattr(tree, name) for name in type(tree).model_fields if name in tree.model_fields_set}
        return _written(stated)
    if isinstance(tree, Range):
        return f"{tree.low:g}..{tree.high:g}"
    if isinstance(tree, Mapping):
        return "{" + ", ".join(f"{key}: {_written(value)}" for key, value in tree.items()) + "}"
    if isinstance(tree, list | tuple):
        return "[" + ", ".join(map(_written, tree)) + "]"
    if isinstance(tree, date):
        return tree.isoformat()[:7]
    return f"{tree:.10g}" if isinstance(tree, float) else str(tree)


def _ends(tree: Any) -> list[float | None] | None:
    return [tree.low, tree.high] if isinstance(tree, Range) else None


def _unit(tree: Any, scale: str) -> str:
    return "share" if scale == "share" and isinstance(tree, int | float | Range) and not isinstance(tree, bool) else ""


def _scale(field: Any) -> str:
    """`share` where the field, or what a mapping of it holds, is a share."""
    waiting: list[Any] = [*field.metadata, field.annotation]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Quantity):
            return part.scale
        waiting += [inner for inner in (*get_args(part), getattr(part, "json_schema_input_type", None)) if inner]
    return ""
