"""A progress bar on stderr, by bytes, for somebody who is watching a terminal."""

from __future__ import annotations

import sys
import time
from types import TracebackType

_WIDTH = 30
_EVERY = 0.1  # seconds
_AFTER = 0.5


class Bar:
    """Hears how many bytes of each file have been read, and draws what part of all that is."""

    def __init__(self, total: int) -> None:
        self.total = max(total, 1)
        self.started = time.monotonic()
        self._shown = sys.stderr.isatty()
        self._drawn = False
        self._before = 0
        self._last = 0
        self._at = 0.0

    def __enter__(self) -> Bar:
        return self

    def heard(self, read: int) -> None:
        """`read` bytes of the current file; fewer than before is the next file."""
        if read < self._last:
            self._before += self._last
        self._last = read
        now = time.monotonic()
        if self._shown and now - self._at >= _EVERY and now - self.started >= _AFTER:
            self._at = now
            self._draw(min(1.0, (self._before + read) / self.total), now - self.started)

    def _draw(self, share: float, seconds: float) -> None:
        filled = round(share * _WIDTH)
        rate = share * self.total / seconds / 1e6
        sys.stderr.write(f"\r{'#' * filled}{'.' * (_WIDTH - filled)} {share:4.0%} {rate:,.0f} MB/s ")
        sys.stderr.flush()
        self._drawn = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._drawn:
            sys.stderr.write("\r" + " " * (_WIDTH + 20) + "\r")
            sys.stderr.flush()
