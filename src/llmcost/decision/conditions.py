"""Conditions of a decision framework, in three values: they hold, do not hold, or are unknown.

An atom is a question (`air_gapped`, `not early_stage`) or a comparison with a number
(`tokens_per_day > 50M`); a list means all of it, `{any: [...]}` one of it. Unknown never counts as
no: `unknown and no` is no, `unknown and yes` stays unknown (Kleene's logic).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from llmcost.quantity import QuantityError, number, shown

Answer = bool | float | None  # yes or no, a number, or unknown
Answers = Mapping[str, Answer]

_ATOM = re.compile(r"(?:(not)\s+)?([a-z][a-z0-9_]*)(?:\s*(<=|>=|<|>)\s*(\S.*))?")
_KEYS = ("all", "any", "not", "count_at_least", "count_at_most")


class Atom(NamedTuple):
    """One question compared with yes, no, or a number."""

    question: str
    operator: str  # "yes", "no", or a comparison
    value: float = 0.0

    def holds(self, answers: Answers) -> bool | None:
        """True, False, or None where the answer is unknown."""
        answer = answers.get(self.question)
        if answer is None:
            return None
        if self.operator in ("yes", "no"):
            return bool(answer) is (self.operator == "yes")
        compared = {
            "<": answer < self.value,
            "<=": answer <= self.value,
            ">": answer > self.value,
            ">=": answer >= self.value,
        }
        return compared[self.operator]


class Condition(NamedTuple):
    """`all`, `any` or `not` of parts, an atom, or a count of the framework's counted statements."""

    kind: str
    parts: tuple["Condition", ...] = ()
    atom: Atom | None = None
    count: int = 0

    def holds(self, answers: Answers, counted: "tuple[int, int]" = (0, 0)) -> bool | None:
        """True, False or None. `counted` is (statements that hold, statements that are unknown)."""
        if self.atom is not None:
            return self.atom.holds(answers)
        sure, unknown = counted
        if self.kind == "count_at_least":
            return True if sure >= self.count else None if sure + unknown >= self.count else False
        if self.kind == "count_at_most":
            return False if sure > self.count else None if sure + unknown > self.count else True
        found = [part.holds(answers, counted) for part in self.parts]
        if self.kind == "not":
            return None if found[0] is None else not found[0]
        decisive = self.kind == "any"
        if decisive in found:
            return decisive
        return None if None in found else not decisive

    def atoms(self) -> Iterator[Atom]:
        """Every atom below."""
        if self.atom is not None:
            yield self.atom
        for part in self.parts:
            yield from part.atoms()


def condition(written: Any) -> Condition:
    """A condition from YAML. Raises QuantityError with what to write instead."""
    if isinstance(written, Condition):
        return written
    if written is True:
        return Condition("all")
    if isinstance(written, str):
        return Condition("atom", atom=_atom(written))
    if isinstance(written, list):
        return Condition("all", tuple(condition(part) for part in written))
    if isinstance(written, dict) and len(written) == 1:
        kind, parts = next(iter(written.items()))
        if kind in ("count_at_least", "count_at_most"):
            return Condition(kind, count=int(number(parts)))
        if kind == "not":
            return Condition("not", (condition(parts),))
        if kind in ("all", "any") and isinstance(parts, list) and parts:
            return Condition(kind, tuple(condition(part) for part in parts))
    raise QuantityError(
        f"{shown(written)} is no condition",
        f"type a question, a comparison such as 'tokens_per_day > 50M', a list, or one of {', '.join(_KEYS)}",
    )


def _atom(text: str) -> Atom:
    match = _ATOM.fullmatch(text.strip())
    if match is None or (match[1] and match[3]):
        raise QuantityError(
            f"{shown(text)} is no condition", "type a question, 'not QUESTION', or 'QUESTION > NUMBER' (<, <=, >, >=)"
        )
    if match[3] is None:
        return Atom(match[2], "no" if match[1] else "yes")
    return Atom(match[2], match[3], number(match[4]))
