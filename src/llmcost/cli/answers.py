"""One command asking another: what it would write is handed over in place of being written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

_waiting: list[list[Answer]] = []  # who waits for an answer, the innermost last


class Answer(NamedTuple):
    """What a command would have written: its flags, its result, and the remarks that go with it."""

    flags: dict[str, Any]
    result: Any
    remarks: Any


@contextmanager
def answers() -> Iterator[list[Answer]]:
    """Within this block commands hand their answers over; gates and stated figures are left to the asker."""
    found: list[Answer] = []
    _waiting.append(found)
    try:
        yield found
    finally:
        _waiting.remove(found)


def asked_by_another() -> bool:
    """Whether another command waits for this one's answer."""
    return bool(_waiting)


def hand_over(answer: Answer) -> None:
    """Give the answer to the command that waits for it."""
    _waiting[-1].append(answer)
