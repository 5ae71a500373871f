"""JSON documents of a text that is read no further than the present one needs, so that no more than one is held."""

from __future__ import annotations

import io
from typing import Any

from llmcost.usage.json_text import DECODER, document_of

_PART, LONGEST_DOCUMENT = 1 << 20, 48 << 20  # characters that are read at a time, and of one document


class GrowingText:
    """Text that is read as far as the present document needs, with the line that it has come to."""

    def __init__(self, source: io.TextIOWrapper) -> None:
        self._source = source
        self._text = ""
        self._at = 0
        self._ended = False
        self.damaged = False
        self.line = 1

    @property
    def held(self) -> int:
        """Characters from here on that have been read."""
        return len(self._text) - self._at

    @property
    def next(self) -> str:
        """The next character."""
        return self._text[self._at]

    def _more(self) -> bool:
        """Read as much again as is held."""
        if self._ended:
            return False
        try:
            part = self._source.read(max(_PART, self.held))
        except OSError:
            part, self.damaged = "", True
        self._text, self._at, self._ended = self._text[self._at :] + part, 0, not part
        return not self._ended

    def skip_blanks(self) -> bool:
        """Go on to the next character that is no blank and no comma; whether there is one."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in " \t\r\n,":
                self.line += self._text[self._at] == "\n"
                self._at += 1
            if self._at < len(self._text):
                return True
            if not self._more():
                return False

    def opens_list(self) -> bool:
        """Whether it begins with a bracket, which is then passed."""
        if self.skip_blanks() and self.next == "[":
            self._at += 1
            return True
        return False

    def document(self) -> tuple[int, Any]:
        """The next document with its line. Raises ValueError for what is none."""
        while True:
            try:
                document, end = DECODER.raw_decode(self._text, self._at)
                if end < len(self._text) or not self._more():
                    break
            except RecursionError:
                raise ValueError("nested too deeply") from None
            except ValueError:
                if self.held > LONGEST_DOCUMENT:
                    raise
                if not self._more():
                    document, end = document_of(self._text[self._at :]), len(self._text)
                    break
        line = self.line
        self.line += self._text.count("\n", self._at, end)
        self._at = end
        return line, document
