"""What stands in lists of lists, one after the other, however deep they are nested."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any


def elements(document: Any, inside: Callable[[Any], Any] | None = None) -> Iterator[Any]:
    """What is no list, in order. `inside` gives the list that a document only wraps, a page's, else None.

    A loop: a line of a thousand brackets must not end the process.
    """
    waiting = [document]
    while waiting:
        each = waiting.pop()
        wrapped = each if isinstance(each, list) else inside(each) if inside is not None else None
        if isinstance(wrapped, list):
            waiting += reversed(wrapped)
        else:
            yield each
