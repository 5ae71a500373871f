"""How many lines of a log were counted, and what became of the others, by reason."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple


class LineCounts(NamedTuple):
    """accepted + Σ rejected + Σ duplicate = the lines of the log; repaired ones are among the accepted.

    A line is one record: a line of JSONL, a row of CSV, a span of a trace, a result of a report.
    """

    accepted: int
    rejected: dict[str, int]
    duplicate: dict[str, int]
    repaired: dict[str, int]


class Lines:
    """Counts what becomes of the lines of a file, named for its messages.

    Not `numbered`: the engine cannot tell which line of the file it has, and messages name the file alone.
    """

    def __init__(self, name: str = "", *, numbered: bool = True) -> None:
        self.name = name
        self.numbered = numbered
        self.accepted = 0
        self.rejected: Counter[str] = Counter()
        self.duplicate: Counter[str] = Counter()
        self.repaired: Counter[str] = Counter()
        self.ordinary: set[str] = set()
        self.worked_out: Counter[str] = Counter()  # tokens that no field of a line names, by what they are
        self._first: dict[str, int] = {}
        self._of_others: dict[str, str] = {}

    def place(self, line: int) -> str:
        """Where a message says that a line stands."""
        return f"{self.name}:{line}" if self.numbered else self.name

    def reject(self, reason: str, line: int, lines: int = 1, *, ordinary: bool = False) -> None:
        """Lines that are not counted, of which this is the first; `ordinary` where they are in order and just no calls."""
        self.rejected[reason] += lines
        if ordinary:
            self.ordinary.add(reason)
        self._note(reason, line)

    def repair(self, reason: str, line: int, lines: int = 1) -> None:
        """Lines that are counted after something in them was put right."""
        self.repaired[reason] += lines
        self._note(reason, line)

    def _note(self, reason: str, line: int) -> None:
        if line < self._first.get(reason, line + 1):
            self._first[reason] = line

    def add(self, other: Lines) -> None:
        """The lines of another file too."""
        self.accepted += other.accepted
        self.rejected.update(other.rejected)
        self.duplicate.update(other.duplicate)
        self.repaired.update(other.repaired)
        self.ordinary |= other.ordinary
        self.worked_out.update(other.worked_out)
        for reason, place in other.first.items():
            self._of_others.setdefault(reason, place)

    @property
    def first(self) -> dict[str, str]:
        """The first place of each reason, for a remark, in the order of the lines."""
        own = sorted(self._first.items(), key=lambda each: each[1])
        return {reason: self.place(line) for reason, line in own} | self._of_others

    @property
    def total(self) -> int:
        """All lines."""
        return self.accepted + self.rejected.total() + self.duplicate.total()

    @property
    def counts(self) -> LineCounts:
        """As the result carries them, each kind in the order of its first lines."""
        order = {reason: place for place, reason in enumerate(self.first)}

        def ordered(counts: Counter[str]) -> dict[str, int]:
            return dict(sorted(counts.items(), key=lambda each: order.get(each[0], len(order))))

        return LineCounts(self.accepted, ordered(self.rejected), dict(self.duplicate), ordered(self.repaired))
