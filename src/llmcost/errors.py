"""What can go wrong, said in three lines: what, where, and what to type instead.

Every error a user can cause is one of these; the command line catches them once, prints
`error:`, the place, and `hint:`, and leaves with `exit_code`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self


class LlmcostError(Exception):
    """Base of all errors a user may see.

    `what` says what is wrong, `where` the place (`scenario.yaml:7:14` or a flag), `hint` what to
    type instead. An empty `where` or `hint` is left out of the message, never padded. `in_file` is the
    hint for someone who writes a file, where `hint` speaks of flags.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", hint: str = "", in_file: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint
        self.in_file = in_file

    def at(self, where: str) -> LlmcostError:
        """The same error with a place, unless it already has one."""
        return self if self.where else self.said(where=where)

    def in_a_file(self) -> Self:
        """The same error for someone who writes a file."""
        return self.said(hint=self.in_file or self.hint)

    def said(self, **otherwise: str) -> Self:
        """The same error with another `what`, `where` or `hint`."""
        found = self.__class__.__new__(self.__class__)
        found.__dict__.update(self.__dict__ | otherwise)
        found.args = (found.what,)
        return found


class InputError(LlmcostError):
    """Bad usage or bad input: exit code 2."""

    exit_code = 2


class UnknownPrice(InputError):
    """A price that the catalog does not hold. Never counted as zero: exit code 2."""


class Impossible(InputError):
    """A stated rate, price or time that physics does not allow: exit code 2, and a verdict in an audit."""


class StalePrice(LlmcostError):
    """A price that is stale or missing where `--strict` asked for none: exit code 4."""

    exit_code = 4


def did_you_mean(word: str, known: Iterable[str], *, most: int = 3) -> str:
    """A hint that names the nearest known words, or an empty string when none is near."""
    import difflib

    candidates = list(known)
    folded = {name.lower(): name for name in reversed(candidates)}
    near = difflib.get_close_matches(word.lower(), folded, n=most, cutoff=0.6)
    if not near:
        near = [name for name in folded if word and word.lower() in name][:most]
    if not near:
        return ""
    return "did you mean " + " or ".join(folded[name] for name in near) + "?"
