"""One command asking another: what it was told to work on is handed over in place of being worked out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmcost.cli.draft import Draft

_asking: list[bool] = []  # whether another command asks, the innermost last


class Handed(Exception):
    """The plain data that a command would have worked on, with its shared flags."""

    def __init__(self, draft: Draft, flags: dict[str, Any]) -> None:
        super().__init__("handed over to another command")
        self.draft = draft
        self.flags = flags


def handed_by(command: Callable[[], Any]) -> Handed | None:
    """What the command hands over; None where it ends without, such as after its help."""
    _asking.append(True)
    try:
        command()
    except Handed as handed:
        return handed
    finally:
        _asking.pop()
    return None


def hand_over(draft: Draft, flags: dict[str, Any]) -> None:
    """Give the draft to the command that asks for it; nothing where none does."""
    if _asking:
        raise Handed(draft, flags)
