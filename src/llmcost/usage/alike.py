"""Whether all lines of a JSONL file have the keys of its first ones and no other: told by counting its quotes.

A key stands between two quotes, and a text between two more. So a line that has certain keys, texts at some of them,
has at least so many quotes; and where all lines of a file together have no more than that, none of them has a further
key. To count one byte is much faster than to look in every line for the thirty names that a field may have.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from types import TracebackType
from typing import Any, NamedTuple, Self

from llmcost.usage.cube import Cube
from llmcost.usage.reader import FlatReader, keys_of

_KINDS = (str, float, bool)
# A field that is not named here has to be a number, whose text would have quotes too many. Whether a model or a task is
# a text is seen in the cube, a tier has to be one of those of the first documents, and an engine takes only a text for
# a time.
_KINDS_OF = {"model": (str,), "task": (str,), "tier": (str,), "at": (str, float)}
_MOST_UNREAD = 3  # more keys that nobody reads would take as long to check as the names that are not looked for
_PIECE = 1 << 18  # bytes, which fit a processor's cache
_QUOTE = ord('"')


class Alike(NamedTuple):
    """What all lines seem to have: the keys that nobody reads, with the type of their values, and the quotes of a line."""

    unread: dict[str, type]
    quotes: int


def alike(reader: FlatReader, documents: Sequence[Mapping[str, Any]]) -> Alike | None:
    """What the first documents have in common; None where they differ in keys or kinds, or it would prove nothing.

    It would not where something else than a text, which has no quotes, could pass for a text that has.
    """
    kinds = {key: _kind(value) for key, value in documents[0].items()} if documents else {}
    for document in documents:
        if document.keys() != kinds.keys() or any(_kind(value) is not kinds[key] for key, value in document.items()):
            return None
    fields = {keys_of(path): field for field, paths in reader.places().items() for path in paths}
    unread = {key: kind for key, kind in kinds.items() if (key,) not in fields}
    told = (
        kind in _KINDS if key in unread else kind in _KINDS_OF.get(fields[key,], (float,))
        for key, kind in kinds.items()
    )
    read = [fields[key,] for key in kinds if key not in unread]
    one_each = len({key.lower() for key in kinds}) == len(kinds) and len(set(read)) == len(read)
    tiers = [str(document[key]) for document in documents for key in kinds if fields.get((key,)) == "tier"]
    if not kinds or not all(told) or not one_each or reader.plain or len(unread) > _MOST_UNREAD:
        return None
    if not all(map(_text_for_sure, set(tiers))):
        return None
    return Alike(unread, 2 * len(kinds) + 2 * list(kinds.values()).count(str))


def _kind(value: Any) -> type:
    return float if type(value) is int else type(value)


def only_texts(cube: Cube) -> bool:
    """Whether no model or task can have been anything else than a text: a number, say, has no quotes."""
    names = {name for place in (0, 1) for name in set(map(itemgetter(place), cube.hours))}
    return all(map(_text_for_sure, names))


def _text_for_sure(name: str) -> bool:
    """What begins like a list or an object, or says in any case of letters that it is no number, an engine may have read."""
    if name.startswith(("[", "{")) or name.lower().lstrip("-+") in ("nan", "inf", "infinity"):
        return False
    try:
        json.loads(name)
    except ValueError:
        return True
    return False


class Quotes:
    """Counts the quotes of a file while something else is done; `read` is how many bytes it has come to."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.read = 0
        self._found: int | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._count, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stopped.set()
        self._thread.join()

    @property
    def number(self) -> int | None:
        """How many there are; None where the file could not be read to its end."""
        self._thread.join()
        return self._found

    def _count(self) -> None:
        import numpy as np

        piece, equal = np.empty(_PIECE, np.uint8), np.empty(_PIECE, np.bool_)
        found = 0
        try:
            with open(self._path, "rb", buffering=0) as file:
                while size := file.readinto(piece.data):
                    if self._stopped.is_set():
                        return
                    self.read += size
                    found += int(np.count_nonzero(np.equal(piece[:size], _QUOTE, out=equal[:size])))
        except OSError:
            return
        self._found = found


def quotes_of(lines: Iterable[str]) -> int:
    """The quotes of some lines."""
    return sum(line.count('"') for line in lines)
