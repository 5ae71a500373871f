"""When genai-prices says that a price was last looked at on the provider's page.

Its comments say it of some prices only ("Batch rates verified on 2026-10-14"), so a day of checking
counts for the prices that it names, in the entry that held on that day, and for no other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

_SENTENCE = re.compile(r"(?<=[.;])\s+")
_CHECKED = re.compile(r"(?:verified|checked)\b[^.;]{0,60}?(\d{4}-\d\d-\d\d)", re.IGNORECASE)
_OF_WHICH = re.compile(
    r"^(\W*(?:batch|flex|priority|fast)\b(?:[/, ]|and|batch|flex|priority|fast)*)rates?\b", re.IGNORECASE
)
_OF_A_PRICE = re.compile(r"\b(?:rates?|prices?|pricing|tiers?)\b", re.IGNORECASE)
_OF_A_LISTING = re.compile(r"no longer listed|shut down|subscription", re.IGNORECASE)


class Checks(NamedTuple):
    """Days of checking by what was checked (`standard`, `batch` or a variant) and by the entry's position."""

    found: dict[tuple[str, int], str]

    def put_on(self, entries: Sequence[dict[str, Any]]) -> None:
        """Writes the days beside the prices that they are of; a later entry with the same price keeps the day."""
        for (kind, at), day in self.found.items():
            if kind == "standard":
                entries[at]["source"]["checked_on"] = day
                continue
            checked = _held(entries[at], kind)
            figures = dict(checked or {})
            for entry in entries[at:]:
                held = _held(entry, kind)
                if held is not None and {k: v for k, v in held.items() if k != "checked_on"} == figures:
                    held["checked_on"] = day


def _held(entry: dict[str, Any], kind: str) -> dict[str, Any] | None:
    held: dict[str, Any] | None = entry.get("batch") if kind == "batch" else entry.get("variants", {}).get(kind)
    return held


def checks_of(comments: str, starts: Sequence[str | None]) -> Checks:
    """What a model's comments say was checked; `starts` are the days of its entries, oldest first."""
    found: dict[tuple[str, int], str] = {}
    for sentence in _SENTENCE.split(comments):
        if _OF_A_LISTING.search(sentence):
            continue
        for day in _CHECKED.findall(sentence):
            begun = [position for position, start in enumerate(starts) if (start or "") <= day]
            if not begun:
                continue
            for kind in _kinds(sentence, day == starts[begun[-1]]):
                key = (kind, begun[-1])
                found[key] = max(day, found.get(key, ""))
    return Checks(found)


def _kinds(sentence: str, is_the_entrys_day: bool) -> list[str]:
    """What a sentence says was checked. An entry that begins on the day was read from the page as a whole."""
    of_which = _OF_WHICH.match(sentence)
    if of_which is None:
        return ["standard"] if _OF_A_PRICE.search(sentence) else []
    named = re.findall(r"batch|flex|priority|fast", of_which[1].lower())
    return [*named, "standard"] if is_the_entrys_day else named
