"""What stands in lists of lists, one after the other, however deep they are nested."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any


def elements(document: Any, inside: Callable[[Any], Any] | None = None) -> Iterator[Any]:
    """What is no list, in order, and lists that hold nothing, so that each is counted as what it is.

    `inside` gives the list that a document only wraps, a page's, else None.

    A loop: a line of a thousand brackets must not end the process.
    """
    waiting = [document]
    while waiting:
        each = waiting.pop()
        wrapped = each if isinstance(each, list) else inside(each) if inside is not None else None
        if isinstance(wrapped, list) and (wrapped or wrapped is not each):
            waiting += reversed(wrapped)
        else:
            yield each


def report_rows(document: Any, *of_slot: str) -> Iterator[Any]:
    """The rows of a usage report: a page holds slots of time, a slot its results, which take over what is said `of_slot`.

    A slot without results is an empty row, so that it is counted as one.
    """
    for each in elements(document, lambda page: page.get("data") if isinstance(page, Mapping) else None):
        results = each.get("results") if isinstance(each, Mapping) else None
        if not isinstance(results, list):
            yield each
            continue
        for result in results or [{}]:
            yield {**{name: each.get(name) for name in of_slot}, **result} if isinstance(result, Mapping) else result
