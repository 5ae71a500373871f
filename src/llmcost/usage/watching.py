"""How far a query is that reads files: by the bytes that this process has read since it began.

DuckDB's own figure counts the scan of a file as one of many steps, most of which take no time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

_EVERY = 0.2  # seconds
_READ = "/proc/self/io"  # where Linux says what a process has read


class Watched:
    """While a query runs, `hear` is told which share of it is done; `size` is in bytes, `aside` those read by others."""

    def __init__(self, connection: Any, size: int, hear: Callable[[float], None], aside: Callable[[], int]) -> None:
        self._connection = connection
        self._size = max(size, 1)
        self._hear = hear
        self._aside = aside
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._from, self._aside_before = bytes_read(), self._aside()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._done.set()
        self._thread.join()
        self._hear(1.0)

    def _watch(self) -> None:
        while not self._done.wait(_EVERY):
            share = max(self._connection.query_progress() / 100, 0.0)
            if self._from is not None:
                share = max(share, self._read_since(self._from) / self._size)
            self._hear(min(share, 1.0))

    def _read_since(self, before: int) -> int:
        return (bytes_read() or 0) - before - (self._aside() - self._aside_before)


def bytes_read() -> int | None:
    """What this process has read so far; None where the system does not say."""
    try:
        with open(_READ, encoding="ascii") as said:
            return int(said.readline().split()[1])
    except (OSError, ValueError, IndexError):
        return None
