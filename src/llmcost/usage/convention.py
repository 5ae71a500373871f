"""Which tokens a format's "input" and "output" hold, proven from the lines where they prove it.

Counting cached tokens twice is the first source of wrong bills. A line with more cached tokens than
input proves that the input excludes them; a line whose total is the sum of some of its parts and of
no others proves which. A file that proves both is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from llmcost.errors import InputError

_ANSWERS = {
    "cache": {True: "input includes cached tokens", False: "input excludes cached tokens"},
    "reasoning": {True: "output includes reasoning", False: "reasoning is counted beside output"},
}


class Convention(NamedTuple):
    """Whether `input` holds the tokens read from and written to the cache, and `output` the reasoning.

    None: nothing says so yet.
    """

    cache_in_input: bool | None
    reasoning_in_output: bool | None


INCLUSIVE = Convention(cache_in_input=True, reasoning_in_output=True)
EXCLUSIVE = Convention(cache_in_input=False, reasoning_in_output=True)
UNKNOWN = Convention(None, None)
NAMED = {
    "inclusive": INCLUSIVE,
    "exclusive": EXCLUSIVE,
    "inclusive,reasoning-apart": Convention(True, False),
    "exclusive,reasoning-apart": Convention(False, False),
}

FURTHER_ON = 0  # the number of a line that was looked at without counting those before it


class Evidence:
    """What the lines of a file prove together, with the first line that proves each answer."""

    def __init__(self) -> None:
        self.proven: dict[str, dict[bool, int]] = {"cache": {}, "reasoning": {}}
        self.first: dict[tuple[str, bool], int] = {}
        self.concerned = {"cache": 0, "reasoning": 0}

    def add(self, proof: Mapping[str, bool | None], lines: int, first: int) -> None:
        """Count what some lines prove alike, and which of them is the first."""
        for question, answer in proof.items():
            if answer is not None:
                answers = self.proven[question]
                answers[answer] = answers.get(answer, 0) + lines
                self.first.setdefault((question, answer), first)

    def merge(self, later: Evidence) -> None:
        """What lines further on prove, too."""
        for question, answers in later.proven.items():
            for answer, lines in answers.items():
                self.proven[question][answer] = self.proven[question].get(answer, 0) + lines
            self.concerned[question] += later.concerned[question]
        for key, line in later.first.items():
            self.first.setdefault(key, line)


class Ruling(NamedTuple):
    """The convention that a file is read under, and for each question in words why.

    `stated` says that the user has said it: a line that proves otherwise is then not counted, and named.
    """

    convention: Convention
    proven: dict[str, bool]
    why: dict[str, str]
    stated: bool = False

    def __str__(self) -> str:
        said = []
        for question, answer in zip(("cache", "reasoning"), self.convention, strict=True):
            if question in self.why and answer is not None:
                said.append(f"{_ANSWERS[question][answer]} ({self.why[question]})")
        return "; ".join(said) or "no cached or reasoning tokens: nothing to decide"


def ruling_of(
    evidence: Evidence, documented: Convention | None, stated: Convention | None, name: str, looked_at: str
) -> Ruling:
    """The convention of a file: as the user states, as its lines prove, else by the rule for the format.

    `looked_at` says which lines were examined. Raises InputError where lines prove both answers.
    """
    answers: list[bool | None] = []
    proven: dict[str, bool] = {}
    why: dict[str, str] = {}
    for position, question in enumerate(("cache", "reasoning")):
        found = evidence.proven[question]
        if stated is not None:
            answers.append(stated[position])
            why[question] = "stated by --convention"
            continue
        if len(found) == 2:
            raise contradictory(
                question, name, evidence.first[question, True], evidence.first[question, False], both=True
            )
        if found:
            ((answer, lines),) = found.items()
            answers.append(answer)
            proven[question] = True
            why[question] = f"proven by {lines:,} of {looked_at}"
        else:
            answers.append(None if documented is None else documented[position])
            if evidence.concerned[question] and documented is not None:
                why[question] = "by the rule for this format; no line proves it"
    return Ruling(Convention(*answers), proven, why, stated is not None)


def contradictory(question: str, name: str, line: int, other: int | None = None, *, both: bool = False) -> InputError:
    """The refusal of a file that proves both answers, by two lines, or by one against those before it."""
    says = _ANSWERS[question]
    what = f"the log contradicts itself: {says[True]} by {_line(line)}, not by {_line(other or FURTHER_ON)}"
    if not both:
        what = (
            f"the log contradicts itself: {_line(line)} shows another rule ({says[True]}, or not) than those before it"
        )
    return InputError(
        what,
        where=f"{name}:{line}" if line else name,
        hint=f"split the log, or say which holds: --convention {' | '.join(NAMED)}",
    )


def _line(number: int) -> str:
    return f"line {number}" if number != FURTHER_ON else "a line further on"


def undecided(question: str, name: str, line: int) -> InputError:
    """The refusal of a file that has cached or reasoning tokens and says nowhere whether they are counted apart."""
    says = _ANSWERS[question]
    return InputError(
        f"nothing says whether {says[True]} or {says[False].removeprefix('input ').removeprefix('output ')}",
        where=f"{name}:{line}",
        hint=f"say it: --convention {' | '.join(NAMED)}, or map the total: --map total_tokens=COLUMN",
    )
