"""What a person writes for a number, and what it means: `1B`, `$2.86`, `60%`, `90k..220k`.

One parser serves the scenario, the catalog overlay, the flags and the questions of `decide`.
A range is a 90 % interval (P5 to P95) on the scale of its *field*: positive quantities are read
on the log scale, shares on the logit scale, signed ones and changes (growth, a discount rate: never
-100 % or less) linearly. The numbers never decide it.
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

from llmcost.distributions import Follows, Range, Scale, Shape

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler

__all__ = ["Follows", "Quantity", "QuantityError", "Range", "Scale", "Shape", "Shared"]

Unit = Literal["count", "USD", "ratio", "any"]

_MULTIPLIERS = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "g": 1e9, "t": 1e12, "bn": 1e9}
_NUMBER = re.compile(
    r"(?:(?P<sign>[-+])\s*(?:(?:US)?\$|USD\s)?|(?:(?:US)?\$|USD\s)?\s*(?P<sign2>-)?)\s*"
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d[\d_]*(?:\.\d*)?|\.\d+)(?P<exponent>[eE][-+]?\d+)?"
    r"\s*(?P<suffix>[kKmMbBgGtT]n?)?\s*(?P<percent>%)?\s*(?P<usd2>USD)?"
)
_RANGE = re.compile(r"\s*(?:\.\.|…|\bto\b|–|(?<=[\d%kKmMbB])\s*-\s*(?=[\d$.]))\s*")
# Nothing that is counted here is larger or smaller; a product of several stays a float.
LARGEST, SMALLEST = 1e30, 1e-30
_TYPE_INSTEAD = "type a number such as 1200, 1.5M, $2.86 or 60%, or a range such as 90k..220k"


class Shared(str):
    """Text inside an anchored YAML value: wherever the anchor is aliased it is the same quantity."""

    place = ""
    follows: Follows | None = None


class QuantityError(ValueError):
    """A text that is no quantity; the message is one line, the hint says what to type."""

    def __init__(self, what: str, hint: str = _TYPE_INSTEAD) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


def shown(value: Any) -> str:
    """A value as it may stand in a message: short, quoted when it is text."""
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def number(text: Any) -> float:
    """One number from what was written: `1,000,000`, `1e-4`, `$2.86`, `60%` (0.6), `1.5M`.

    Raises QuantityError for anything else, infinity and NaN included.
    """
    if isinstance(text, bool) or text is None:
        raise QuantityError(f"{'nothing' if text is None else str(text).lower()} is not a number")
    if isinstance(text, int | float):
        try:
            value = float(text)
        except OverflowError:
            value = math.inf
    else:
        if not isinstance(text, str):
            raise QuantityError(f"{shown(text)} is not a number")
        match = _NUMBER.fullmatch(text.strip())
        if match is None:
            raise QuantityError(f"{shown(text)} is not a number")
        suffix = (match["suffix"] or "").lower()
        if suffix not in _MULTIPLIERS:
            raise QuantityError(f"{shown(text)} is not a number")
        value = float(match["digits"].replace(",", "").replace("_", "") + (match["exponent"] or ""))
        value *= _MULTIPLIERS[suffix]
        if match["percent"]:
            if "$" in text or "USD" in text:
                raise QuantityError(f"{shown(text)} is an amount and a share at once", "write $5, or 5%")
            value /= 100
        if "-" in (match["sign"], match["sign2"]):
            value = -value
    if not math.isfinite(value):
        raise QuantityError(f"{shown(text)} is not a finite number")
    if value and not SMALLEST <= abs(value) <= LARGEST:
        size = "larger" if abs(value) > LARGEST else "smaller"
        raise QuantityError(f"{shown(text)} is {size} than anything that is counted here", "type 0, or 1e-30 to 1e30")
    return value


def quantity(written: Any, scale: Scale = "positive") -> float | Range:
    """A number or a Range from text, a two-item list, or `{low, mid, high, shape}`.

    A range of zero width is its number. Raises QuantityError for a range upside down, a negative
    positive quantity, and a share outside 0 to 100 %.
    """
    if isinstance(written, Range):
        return written
    found = _read(written, scale)
    first = next(iter(written.values()), "") if isinstance(written, Mapping) else written
    first = first[0] if isinstance(first, list | tuple) and first else first
    if not isinstance(first, Shared) or not first.place or not isinstance(found, Range):
        return found
    return found._replace(shared=first.place, follows=first.follows)


def _read(written: Any, scale: Scale) -> float | Range:
    if isinstance(written, Mapping):
        return _from_mapping(written, scale)
    if isinstance(written, list | tuple):
        if len(written) != 2:
            raise QuantityError("a range in brackets takes two numbers", "type [low, high], such as [90k, 220k]")
        _check_one_unit(*map(str, written))
        return _range(number(written[0]), number(written[1]), None, "default", scale)
    if isinstance(written, str):
        ends = _RANGE.split(written.strip())
        if len(ends) == 2 and ends[0] and ends[1]:
            low, high = _shared_unit(ends[0].strip(), ends[1].strip())
            _check_one_unit(low, high)
            return _range(number(low), number(high), None, "default", scale)
    return _within(number(written), scale, written)


def _shared_unit(low: str, high: str) -> tuple[str, str]:
    """`20..30%` means 20 % to 30 %; `1..2M` stays one to two million, as it reads in no other way."""
    if high.endswith("%") and not low.endswith("%") and "$" not in low:
        return low + "%", high
    return low, high


def _check_one_unit(low: str, high: str) -> None:
    """Raise QuantityError for a range from a share to an amount, or from percent to a bare number above 1."""
    if "%" not in low + high:
        return
    if "$" in low + high or "%" not in low or ("%" not in high and number(high) > 1):
        hint = f"type {low}..{high}%" if "%" in low and "$" not in low + high else "write both ends in one unit"
        raise QuantityError(f"the range runs from {shown(low)[1:-1]} to {shown(high)[1:-1]}", hint)


def _from_mapping(written: Mapping[Any, Any], scale: Scale) -> float | Range:
    unknown = set(written) - {"low", "mid", "high", "shape"}
    if unknown or not {"low", "high"} <= set(written):
        raise QuantityError(
            "a range takes the keys low, high and, if known, mid and shape",
            "type {low: 90k, high: 220k} or {low: 90k, mid: 120k, high: 220k}",
        )
    shape = written.get("shape", "default")
    if shape not in ("default", "uniform", "triangular"):
        raise QuantityError(
            f"unknown shape {shown(shape)}", "type shape: uniform or shape: triangular, or leave it out"
        )
    _check_one_unit(str(written["low"]), str(written["high"]))
    mid = number(written["mid"]) if "mid" in written else None
    return _range(number(written["low"]), number(written["high"]), mid, shape, scale)


def _range(low: float, high: float, mid: float | None, shape: Shape, scale: Scale) -> float | Range:
    if low > high:
        raise QuantityError(
            f"the range runs from {low:g} down to {high:g}", f"type the smaller end first: {high:g}..{low:g}"
        )
    if mid is not None and not low <= mid <= high:
        raise QuantityError(f"the mid {mid:g} lies outside {low:g}..{high:g}", "type a mid between the two ends")
    for end in (low, high):
        _within(end, scale, f"{end:g}")
    return low if low == high else Range(low, high, mid, scale, shape)


def _within(value: float, scale: Scale, written: Any) -> float:
    if scale == "share" and not 0 <= value <= 1:
        hint = "type a share between 0% and 100%"
        if 1 < value <= 100 and "%" not in str(written):
            hint += f"; for {value:g} percent type {value:g}%"
        raise QuantityError(f"the share {shown(written)} lies outside 0% to 100%", hint)
    if scale == "positive" and value < 0:
        raise QuantityError(f"{shown(written)} is negative", "type a number that is zero or more")
    if scale == "change" and value <= -1:
        raise QuantityError(f"{shown(written)} leaves nothing, or less", "type a change above -100%, such as -5%")
    return value


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
        }[self.scale]
        ends: dict[str, Any] = {"type": ["number", "string"]}
        return {
            "description": f"{wording}, or a range (a 90 % interval): 90k..220k, [90k, 220k] or {{low, mid, high}}",
            "anyOf": [
                ends,
                {"type": "array", "items": ends, "minItems": 2, "maxItems": 2},
                {
                    "type": "object",
                    "properties": {
                        "low": ends,
                        "mid": ends,
                        "high": ends,
                        "shape": {"enum": ["uniform", "triangular"]},
                    },
                    "required": ["low", "high"],
                    "additionalProperties": False,
                },
            ],
        }


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
