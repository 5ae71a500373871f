"""Conditions of a decision framework, in three values: they hold, do not hold, or are unknown.

An atom is a question (`air_gapped`, `not early_stage`) or a comparison with a number
(`tokens_per_day > 50M`); a list means all of it, `{any: [...]}` one of it. Unknown never counts as
no: `unknown and no` is no, `unknown and yes` stays unknown (Kleene's logic).

What the unknown answers may still lead to is read from a decision diagram: one unknown question
after the other is filled in, conditions that this settles fall away, and equal remainders are one.
"""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
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
        if answer is False:  # "no limit" where a number is asked: more than any
            return self.operator in (">", ">=")
        if self.operator == "<":
            return answer < self.value
        if self.operator == "<=":
            return answer <= self.value
        if self.operator == ">":
            return answer > self.value
        return answer >= self.value


class Condition(NamedTuple):
    """`all`, `any`, `not` or `at_least` (so many) of parts, an atom, or a count of the framework's statements."""

    kind: str
    parts: tuple["Condition", ...] = ()
    atom: Atom | None = None
    needed: int = 0

    def holds(self, answers: Answers, counted: "tuple[int, int]" = (0, 0)) -> bool | None:
        """True, False or None. `counted` is (statements that hold, statements that are unknown)."""
        if self.atom is not None:
            return self.atom.holds(answers)
        sure, unknown = counted
        if self.kind == "count_at_least":
            return True if sure >= self.needed else None if sure + unknown >= self.needed else False
        if self.kind == "count_at_most":
            return False if sure > self.needed else None if sure + unknown > self.needed else True
        if self.kind == "at_least":
            found = [part.holds(answers, counted) for part in self.parts]
            certain, possible = found.count(True), len(found) - found.count(False)
            return True if certain >= self.needed else None if possible >= self.needed else False
        if self.kind == "not":
            inner = self.parts[0].holds(answers, counted)
            return None if inner is None else not inner
        decisive = self.kind == "any"
        seen_unknown = False
        for part in self.parts:
            held = part.holds(answers, counted)
            if held is decisive:
                return decisive
            seen_unknown = seen_unknown or held is None
        return None if seen_unknown else not decisive

    def atoms(self) -> Iterator[Atom]:
        """Every atom below."""
        if self.atom is not None:
            yield self.atom
        for part in self.parts:
            yield from part.atoms()

    def counting(self, counts: "tuple[Condition, ...]") -> "Condition":
        """The same condition with every count spelt out over the counted statements' conditions."""
        if self.kind == "count_at_least":
            return Condition("at_least", counts, needed=self.needed)
        if self.kind == "count_at_most":
            return Condition("not", (Condition("at_least", counts, needed=self.needed + 1),))
        return self._replace(parts=tuple(part.counting(counts) for part in self.parts)) if self.parts else self

    def given(self, answers: Answers) -> "Condition":
        """What is left of the condition once these answers are known; ALWAYS or NEVER where they settle it."""
        if self.atom is not None:
            held = self.atom.holds(answers)
            return self if held is None else ALWAYS if held else NEVER
        parts = [part.given(answers) for part in self.parts]
        if self.kind == "not":
            return NEVER if parts[0] == ALWAYS else ALWAYS if parts[0] == NEVER else Condition("not", (parts[0],))
        wanted = self.needed if self.kind == "at_least" else 1 if self.kind == "any" else len(parts)
        wanted -= parts.count(ALWAYS)
        open_ = tuple(part for part in parts if part not in (ALWAYS, NEVER))
        if wanted <= 0:
            return ALWAYS
        if wanted > len(open_):
            return NEVER
        if len(open_) == 1:
            return open_[0]
        kind = "all" if wanted == len(open_) else "any" if wanted == 1 else "at_least"
        return Condition(kind, open_, needed=wanted if kind == "at_least" else 0)


ALWAYS = Condition("all")
NEVER = Condition("any")


def condition(written: Any) -> Condition:
    """A condition from YAML. Raises QuantityError with what to write instead."""
    if isinstance(written, Condition):
        return written
    if isinstance(written, str):
        return Condition("atom", atom=_atom(written))
    if written is True:
        return ALWAYS
    if isinstance(written, list) and written:
        return Condition("all", tuple(condition(part) for part in written))
    if isinstance(written, dict) and len(written) == 1:
        kind, parts = next(iter(written.items()))
        if kind in ("count_at_least", "count_at_most"):
            return Condition(kind, needed=_whole(kind, parts))
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


def _whole(kind: str, written: Any) -> int:
    count = number(written)
    if count < 0 or count != int(count):
        raise QuantityError(f"{kind} takes a whole number, not {shown(written)}", f"type {kind}: 3")
    return int(count)


# ---- what unknown answers may lead to ------------------------------------------------------------

Rules = tuple[tuple[Condition, str], ...]


class Outlook(NamedTuple):
    """The names that a list of rules may still reach (None: no rule holds), and the questions it depends on."""

    reached: list[str | None]
    depends_on: list[str]


def outlook(rules: Sequence[tuple[Condition, str]], answers: Answers, unknown: Sequence[str], most: int) -> Outlook:
    """Which rule may turn out to be the first that holds, and which unknown questions decide it.

    Exact up to `most` steps; beyond that it errs on the side of naming too many of both.
    """
    remaining = _remaining(rules, answers)
    try:
        return _Diagram(remaining, unknown, most).outlook()
    except OverflowError:
        atoms = {atom.question for rule, _ in remaining for atom in rule.atoms()}
        reached: list[str | None] = [name for _, name in remaining]
        if remaining[-1][0] != ALWAYS:
            reached.append(None)
        return Outlook(list(dict.fromkeys(reached)), [question for question in unknown if question in atoms])


def _remaining(rules: Sequence[tuple[Condition, str]], answers: Answers) -> Rules:
    """The rules that may still be the first to hold, down to the first that certainly holds."""
    left = []
    for rule, name in rules:
        rest = rule.given(answers)
        if rest != NEVER:
            left.append((rest, name))
        if rest == ALWAYS:
            break
    return tuple(left)


class _Diagram:
    """A reduced decision diagram, questions in one order: two remainders that behave alike are one node."""

    def __init__(self, rules: Rules, unknown: Sequence[str], most: int) -> None:
        atoms = {question: list[Atom]() for question in unknown}
        for rule, _ in rules:
            for atom in rule.atoms():
                atoms[atom.question].append(atom)
        self.choices = {question: _choices(found) for question, found in atoms.items() if found}
        self.nodes: dict[Any, int] = {}
        self.seen: dict[Rules, int] = {}
        self.steps = most
        self.root = self._node(rules, 0)

    def outlook(self) -> Outlook:
        reached = [key for key in self.nodes if not isinstance(key, tuple)]
        depending = {key[0] for key in self.nodes if isinstance(key, tuple)}
        return Outlook(reached, [question for question in self.choices if question in depending])

    def _node(self, rules: Rules, position: int) -> int:
        """The number of the node for these rules; a leaf's key is the name that they reach."""
        if not rules or rules[0][0] == ALWAYS:
            name = rules[0][1] if rules else None
            return self.nodes.setdefault(name, len(self.nodes))
        known = self.seen.get(rules)
        if known is not None:
            return known
        self.steps -= 1
        if self.steps < 0:
            raise OverflowError
        asked = {atom.question for rule, _ in rules for atom in rule.atoms()}
        questions = list(self.choices)
        while questions[position] not in asked:
            position += 1
        question = questions[position]
        below = tuple(
            self._node(_remaining(rules, {question: choice}), position + 1) for choice in self.choices[question]
        )
        if len(set(below)) == 1:
            node = below[0]
        else:
            key = (question, below)
            node = self.nodes.setdefault(key, len(self.nodes))
        self.seen[rules] = node
        return node


def _choices(atoms: list[Atom]) -> list[Answer]:
    """Answers that stand for all: yes and no, or every threshold with a number on either side of it."""
    edges = sorted({atom.value for atom in atoms if atom.operator not in ("yes", "no")})
    if not edges:
        return [True, False]
    between = [(a + b) / 2 for a, b in itertools.pairwise(edges)]
    below = edges[0] / 2 if edges[0] > 0 else edges[0] - 1
    return [below, *edges, *between, edges[-1] * 2 if edges[-1] > 0 else edges[-1] + 1]
