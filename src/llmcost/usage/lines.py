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
    """Counts what becomes of the lines of a file, named for its messages, while they are read.

    Not `numbered`: the engine cannot tell which line of the file it has, and messages name the file alone.
    """

    def __init__(self, name: str = "", *, numbered: bool = True) -> None:
        self.name = name
        self.numbered = numbered
        self.accepted = 0
        self.rejected: Counter[str] = Counter()
        self.duplicate: Counter[str] = Counter()
        self.repaired: Counter[str] = Counter()
        self.first: dict[str, str] = {}  # the first place of each reason, for a remark
        self.ordinary: set[str] = set()
        self.worked_out: Counter[str] = Counter()  # tokens that no field of a line names, by what they are
        self._last_repair: dict[str, int] = {}

    def place(self, line: int) -> str:
        """Where a message says that a line stands."""
        return f"{self.name}:{line}" if self.numbered else self.name

    def reject(self, reason: str, line: int, *, ordinary: bool = False) -> None:
        """A line that is not counted; `ordinary` where it is in order and is just no call."""
        self.rejected[reason] += 1
        if ordinary:
            self.ordinary.add(reason)
        self.first.setdefault(reason, self.place(line))

    def repair(self, reason: str, line: int) -> None:
        """A line that is counted after something in it was put right; once a line and reason."""
        if self._last_repair.get(reason) != line:
            self.repaired[reason] += 1
            self._last_repair[reason] = line
        self.first.setdefault(reason, self.place(line))

    def add(self, other: Lines) -> None:
        """The lines of another file too."""
        self.accepted += other.accepted
        self.rejected.update(other.rejected)
        self.duplicate.update(other.duplicate)
        self.repaired.update(other.repaired)
        self.ordinary |= other.ordinary
        self.worked_out.update(other.worked_out)
        for reason, place in other.first.items():
            self.first.setdefault(reason, place)

    @property
    def total(self) -> int:
        """All lines."""
        return self.accepted + self.rejected.total() + self.duplicate.total()

    @property
    def counts(self) -> LineCounts:
        """As the result carries them."""
        return LineCounts(self.accepted, dict(self.rejected), dict(self.duplicate), dict(self.repaired))
