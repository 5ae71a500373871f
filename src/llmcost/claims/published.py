"""What a source prints: a figure, a range, a bound in words, or that something never pays back."""

import re
from typing import Any, Literal, NamedTuple

from llmcost.quantity import QuantityError, Range, number, quantity, shown

Kind = Literal["figure", "range", "at_least", "at_most", "never"]

_LEAST = (
    *("at least", "more than", "no less than", "not less than", "no fewer than", "not fewer than"),
    *("over", "above", "minimum", ">=", "≥", ">"),
)
_MOST = (
    *("at most", "less than", "fewer than", "no more than", "not more than"),
    *("under", "below", "maximum", "<=", "≤", "<"),
)
_UP_TO = ("up to", "as much as", "as many as")
_BOUNDS: tuple[tuple[tuple[str, ...], Kind, bool], ...] = (
    (_LEAST, "at_least", True),
    (_MOST, "at_most", False),
    (_UP_TO, "at_most", True),
)
_STRICT = ("more than", "over", "above", ">", "less than", "fewer than", "under", "below", "<")
_ABOUT = ("about", "around", "roughly", "approximately", "approx.", "circa", "nearly", "almost", "close to", "~", "≈")
_AFTER: dict[Kind, re.Pattern[str]] = {
    "at_least": re.compile(r"\s*(\+|or more|and up)$"),
    "at_most": re.compile(r"\s*or (less|fewer)$"),
}
_TIMES = re.compile(r"(?<=\d)\s*(?:[x×](?!\w)|times\b)", re.IGNORECASE)
_WORDS = {"thousand": "k", "million": "M", "billion": "B", "trillion": "T"}
_WORD = re.compile(rf"(?<=\d)\s*({'|'.join(_WORDS)})\b", re.IGNORECASE)
_SPAN = re.compile(r"(?:between|from)\s+(.+?)\s+(?:and|to)\s+(.+)", re.IGNORECASE)
_PERCENT = re.compile(r"(?<=\d)\s*per\s?cent\b", re.IGNORECASE)
_DOLLARS = re.compile(r"\$|\busd\b", re.IGNORECASE)
TYPE_INSTEAD = (
    "write the number alone, without its unit: $1,980, 67% or 3.66x; a range, 90k..220k; or never, for a payback that "
    f"does not come. Words that may stand before it: {', '.join(filter(str.isascii, (*_LEAST, *_MOST, *_UP_TO, *_ABOUT)))}"
)


class Published(NamedTuple):
    """A published statement. Both ends of a figure or a bound are the same number.

    `unit` is read from how it is written: `USD`, `share` (percent), `times`, or empty. `reached` are
    the numbers that the source says are reached: of "under 5" none is, of "up to 5" it is the 5.
    """

    text: str
    kind: Kind
    low: float
    high: float
    unit: str
    reached: tuple[float, ...]
    step: float = 0.0  # what the last printed digit of a figure stands for
    strict: bool = False  # of a bound: more than, less than

    def rounds(self, value: float) -> bool:
        """Whether this value, rounded to the digits that are printed, is the published figure."""
        return (
            self.step > 0
            and value < float("inf")
            and abs(round(value / self.step) * self.step - self.low) < 1e-9 * self.step
        )

    @property
    def rounding(self) -> float:
        """How far what was printed may lie from what was meant, as a share of it: half of its last digit, all of it after "about"."""
        if not self.low or self.kind != "figure":
            return 0.0
        return self.step * (1.0 if self.text.lower().startswith(_ABOUT) else 0.5) / abs(self.low)

    @classmethod
    def parse(cls, written: Any) -> "Published":
        """From text, a number, `[low, high]`, `{low, high}`, `{at_least: …}` or `{at_most: …}`.

        Raises QuantityError.
        """
        if isinstance(written, Published):
            return written
        if isinstance(written, dict) and len(written) == 1 and next(iter(written)) in ("at_least", "at_most"):
            kind, bound = next(iter(written.items()))
            return _worded(f"{kind.replace('_', ' ')} {bound}")
        if isinstance(written, dict | list):
            ends = [written.get("low"), written.get("high")] if isinstance(written, dict) else written
            if len(ends) != 2 or None in ends or (isinstance(written, dict) and set(written) != {"low", "high"}):
                raise QuantityError(f"{shown(written)} is no published figure", TYPE_INSTEAD)
            return _worded(f"{ends[0]} .. {ends[1]}")
        if written is None or isinstance(written, bool):
            raise QuantityError("nothing is published here", TYPE_INSTEAD)
        return _worded(str(written))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(cls.parse)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> dict[str, Any]:
        ends = {"type": ["number", "string"]}
        bound = {"type": "object", "additionalProperties": False, "minProperties": 1, "maxProperties": 2}
        return {
            "description": "what the source prints: a figure ($1,980, 67%, 3.66x), a range (90k..220k), a bound "
            "(at least 90%, at most $500, up to 5M), or never (of a payback)",
            "anyOf": [
                ends,
                {"type": "array", "items": ends, "minItems": 2, "maxItems": 2},
                bound | {"properties": dict.fromkeys(("low", "high", "at_least", "at_most"), ends)},
            ],
        }


def _worded(written: str) -> Published:
    text = " ".join(written.split())
    rest = text
    kind: Kind = "figure"
    reached, strict = True, False
    if rest.lower() == "never":
        return Published(text, "never", 0.0, 0.0, "", ())
    for words, found, is_reached in _BOUNDS:
        word = next((word for word in words if rest.lower().startswith(word)), None)
        if word is not None:
            rest, kind, reached, strict = rest[len(word) :].strip(), found, is_reached, word in _STRICT
            break
    for found, pattern in _AFTER.items():
        after = pattern.search(rest.lower())
        if kind == "figure" and after is not None:
            rest, kind = rest[: after.start()], found
            reached = found == "at_least"
    word = next((word for word in _ABOUT if rest.lower().startswith(word)), "")
    rest = _PERCENT.sub("%", rest[len(word) :].strip())
    unit = "USD" if _DOLLARS.search(rest) else "share" if "%" in rest else "times" if _TIMES.search(rest) else ""
    bare = _WORD.sub(lambda found: _WORDS[found[1].lower()], _TIMES.sub("", rest))
    span = _SPAN.fullmatch(bare)
    bare = f"{span[1]} .. {span[2]}" if span else bare
    try:
        value = quantity(bare, "signed")
    except QuantityError as error:
        if error.what.startswith("the range "):
            raise
        raise QuantityError(f"{shown(written)} is no published figure", TYPE_INSTEAD) from None
    if isinstance(value, Range):
        if kind != "figure":
            raise QuantityError(f"{shown(written)} is a bound and a range at once", "give one of the two")
        return Published(text, "range", value.low, value.high, unit, (value.low, value.high))
    step = _step(bare) * (0.01 if unit == "share" else 1.0)
    return Published(text, kind, value, value, unit, (value,) if reached else (), step, strict)


def _step(written: str) -> float:
    """What the last digit stands for: 0.01 of `1.66`, 100k of `5.2M`."""
    found = re.search(r"[\d,_]+(?:\.(\d+))?\s*([kKmMbBtT]n?)?", written)
    if found is None:
        return 0.0
    return number(f"1{found[2] or ''}") / 10.0 ** len(found[1] or "")


def tolerance_of(written: Any) -> float:
    """A tolerance as a share of the recomputed figure: `2%`. Raises QuantityError."""
    value = number(written)
    if not 0 <= value < 1:
        raise QuantityError(f"the tolerance {shown(written)} lies outside 0% to 100%", "type a share such as 2%")
    return value
