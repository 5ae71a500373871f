"""What a person writes for a number, and what it means: `1B`, `$2.86`, `60%`, `90k..220k`.

One parser serves the scenario, the catalog overlay, the flags and the questions of `decide`.
A range is a 90 % interval (P5 to P95) on the scale of its *field*: positive quantities are read
on the log scale, shares on the logit scale, changes of a price on the log scale of 1 + r, signed ones and other
changes (growth, a discount rate: never -100 % or less) linearly. The numbers never decide it.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

from llmcost.distributions import Follows, Range, Scale
from llmcost.doubt import KEYS, Samples, check_one_unit, ranged, spread, within
from llmcost.number import LARGEST, SMALLEST, QuantityError, number, shown

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler

__all__ = [
    "KEYS",
    "LARGEST",
    "SMALLEST",
    "Follows",
    "Quantity",
    "QuantityError",
    "Range",
    "Scale",
    "Shared",
    "number",
    "quantity",
    "shown",
]

Unit = Literal["count", "USD", "ratio", "any"]

_RANGE = re.compile(r"\s*(?:\.\.|…|\bto\b|–|(?<=[\d%kKmMbB])\s*-\s*(?=[\d$.]))\s*")


class Shared(str):
    """Text inside an anchored YAML value: wherever the anchor is aliased it is the same quantity."""

    place = ""
    follows: Follows | None = None


def quantity(written: Any, scale: Scale = "positive") -> float | Range:
    """A number or a Range from text, a two-item list, or a mapping such as `{low, mid, high, shape}` (`doubt.py`).

    A range of zero width is its number. Raises QuantityError for a range upside down, a negative
    positive quantity, and a share outside 0 to 100 %.
    """
    if isinstance(written, Range):
        return written
    found = _read(written, scale)
    first = written
    while isinstance(first, Mapping):
        first = next(iter(first.values()), "")
    if isinstance(first, Samples):
        first = first.written
    first = first[0] if isinstance(first, list | tuple) and first else first
    if not isinstance(first, Shared) or not first.place or not isinstance(found, Range):
        return found
    return found._replace(shared=first.place, follows=first.follows)


def _read(written: Any, scale: Scale) -> float | Range:
    if isinstance(written, Mapping):
        return ranged(written, scale)
    if isinstance(written, list | tuple):
        if len(written) != 2:
            raise QuantityError("a range in brackets takes two numbers", "type [low, high], such as [90k, 220k]")
        check_one_unit(*map(str, written))
        return spread(number(written[0]), number(written[1]), None, "default", scale)
    if isinstance(written, str):
        ends = _RANGE.split(written.strip())
        if len(ends) == 2 and ends[0] and ends[1]:
            low, high = _shared_unit(ends[0].strip(), ends[1].strip())
            check_one_unit(low, high)
            return spread(number(low), number(high), None, "default", scale)
    return within(number(written), scale, written)


def _shared_unit(low: str, high: str) -> tuple[str, str]:
    """`20..30%` means 20 % to 30 %; `1..2M` stays one to two million, as it reads in no other way."""
    if high.endswith("%") and not low.endswith("%") and "$" not in low:
        return low + "%", high
    return low, high


class Quantity:
    """The pydantic type of a field that takes a quantity: `Annotated[float, Quantity("share")]`.

    `unit` says what a positive one is: `count` takes neither % nor $, `USD` no %, `ratio` no $.

    To the type checker the field is a float, and in a formula it is one (or an array of draws);
    a Range stands there only between reading and `with_values`.
    """

    def __init__(
        self, scale: Scale = "positive", unit: Unit = "count", *, above: float | None = None, whole: bool = False
    ) -> None:
        self.scale: Scale = scale
        self.unit: Unit = unit if scale == "positive" else "any" if scale == "signed" else "ratio"
        self.above = above
        self.whole = whole

    def parse(self, written: Any) -> Any:
        """The number, Range or array of draws; raises QuantityError."""
        if hasattr(written, "dtype"):
            return written
        self._check_unit(written)
        value = quantity(written, self.scale)
        low = value.low if isinstance(value, Range) else value
        if self.above is not None and low <= self.above:
            raise QuantityError(f"{shown(written)} is not above {self.above:g}", f"type a number above {self.above:g}")
        if self.whole and (isinstance(value, Range) or value != int(value)):
            raise QuantityError(f"{shown(written)} is not a whole number", "type a whole number such as 12")
        return int(value) if self.whole and not isinstance(value, Range) else value

    def _check_unit(self, written: Any) -> None:
        """Raise QuantityError for a count in percent or dollars, an amount in percent, a share in dollars."""
        parts = written.values() if isinstance(written, Mapping) else written
        if isinstance(written, Mapping) and isinstance(written.get("choices"), Mapping):
            parts = written["choices"]  # its values are keys; the chances are shares whatever the field is
        elif isinstance(written, Mapping) and isinstance(written.get("samples"), Samples):
            return
        text = " ".join(map(str, parts)) if isinstance(parts, Iterable) and not isinstance(parts, str) else str(parts)
        meant, instead = {
            "count": ("a plain number", "type a number without a unit, such as 1000 or 5M"),
            "USD": ("an amount in USD", "type dollars, such as $2.86 or 12k"),
        }.get(self.unit, ("a share", "type a share, such as 67%"))
        if "%" in text and self.unit in ("count", "USD"):
            raise QuantityError(f"{shown(text)} is a share, and {meant} is meant", instead)
        if ("$" in text or "USD" in text) and self.unit in ("count", "ratio"):
            raise QuantityError(f"{shown(text)} is an amount in USD, and {meant} is meant", instead)

    def __get_pydantic_core_schema__(self, source: Any, handler: "GetCoreSchemaHandler") -> Any:
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(self.parse)

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        if self.whole:
            return {"type": "integer", **({"minimum": 0} if self.above is None else {"exclusiveMinimum": self.above})}
        wording = {
            "positive": "a number such as 1200, 1.5M or $2.86",
            "share": "a share such as 60% or 0.6",
            "signed": "a number, negative allowed, or a share such as -5%",
            "change": "a share above -100%, such as 3% or -5%",
            "price_change": "a share above -100%, such as 3% or -20%, read on the scale of 1 + r",
        }[self.scale]
        ends: dict[str, Any] = {"type": ["number", "string"]}
        forms = [_object({"p10": ends, "p90": ends}, {"p50": ends})]
        forms += [_object(dict.fromkeys(keys, ends)) for keys in (("mode", "low", "high"), ("mean", "sd"))]
        forms.append(_object({"choices": {"type": "object", "additionalProperties": ends, "minProperties": 1}}))
        forms.append(_object({"samples": {"type": "string"}, "column": {"type": "string"}}))
        return {
            "description": f"{wording}, or a range (a 90 % interval): 90k..220k, [90k, 220k] or {{low, mid, high}}",
            "anyOf": [
                ends,
                {"type": "array", "items": ends, "minItems": 2, "maxItems": 2},
                _object({"low": ends, "high": ends}, {"mid": ends, "shape": {"enum": ["uniform", "triangular"]}}),
                *forms,
            ],
        }


def _object(needed: dict[str, Any], allowed: dict[str, Any] | None = None) -> dict[str, Any]:
    properties = needed | (allowed or {})
    return {"type": "object", "properties": properties, "required": list(needed), "additionalProperties": False}


def ranges_in(tree: Any, path: str = "", seen: set[str] | None = None) -> Iterator[tuple[str, Range]]:
    """Every uncertain quantity in a tree of pydantic models, dicts and lists, with its dotted path.

    One that is shared through an anchor comes once, under the first path at which it stands. In place of one
    that follows from others come those.
    """
    seen = set() if seen is None else seen
    for at, found in _ranges_in(tree, path):
        for each in (*(found.follows.before if found.follows is not None else ()), found):
            if each.shared in seen:
                continue
            seen |= {each.shared} - {""}
            if each.follows is None:
                yield at, each
            else:
                yield from ranges_in(each.follows.tree, each.shared, seen)


def resting_on(tree: Any) -> tuple[Range, ...]:
    """The ranges of a tree that follow from others, each after those that it rests on itself."""
    found: dict[str, Range] = {}
    for _, each in _ranges_in(tree, ""):
        if each.follows is not None:
            found |= {below.shared: below for below in (*each.follows.before, each) if below.shared not in found}
    return tuple(found.values())


def _ranges_in(tree: Any, path: str) -> Iterator[tuple[str, Range]]:
    if isinstance(tree, Range):
        yield path, tree
    elif isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from _ranges_in(value, f"{path}.{key}" if path else str(key))
    elif hasattr(type(tree), "model_fields"):
        yield from _ranges_in(tree.__dict__, path)
    elif isinstance(tree, list | tuple):
        for position, value in enumerate(tree):
            yield from _ranges_in(value, f"{path}[{position}]")


def with_values(tree: Any, value_of: Callable[[str, Range], Any]) -> Any:
    """The same tree with every Range replaced by `value_of(path, range)`, a number or an array.

    A shared quantity is asked for under its first path wherever it stands, and one that follows from
    others is worked out from what these are replaced by.
    """
    known: dict[str, Any] = {}

    def value(path: str, found: Range) -> Any:
        if not found.shared:
            return value_of(path, found)
        if found.shared not in known:
            if found.follows is None:
                known[found.shared] = value_of(path, found)
            else:
                for each in (*found.follows.before, found):
                    if each.follows is not None and each.shared not in known:
                        known[each.shared] = each.follows.value(_replaced(each.follows.tree, value, each.shared))
        return known[found.shared]

    return _replaced(tree, value, "")


def _replaced(tree: Any, value_of: Callable[[str, Range], Any], path: str) -> Any:
    if isinstance(tree, Range):
        return value_of(path, tree)
    if isinstance(tree, Mapping):
        changed = {k: _replaced(v, value_of, f"{path}.{k}" if path else str(k)) for k, v in tree.items()}
        return changed if any(changed[k] is not v for k, v in tree.items()) else tree
    if hasattr(type(tree), "model_fields"):
        before = tree.__dict__
        after = _replaced(before, value_of, path)
        if after is before:
            return tree
        # Only what changed: an untouched default must stay recognisable as assumed.
        return tree.model_copy(update={key: after[key] for key in after if after[key] is not before[key]})
    if isinstance(tree, list | tuple):
        items = [_replaced(v, value_of, f"{path}[{i}]") for i, v in enumerate(tree)]
        return tree if all(a is b for a, b in zip(items, tree, strict=True)) else items
    return tree


def at_middle(tree: Any) -> Any:
    """The point calculation's inputs: every Range at its median."""
    return with_values(tree, lambda path, uncertain: uncertain.middle)
