"""JSON as logs hold it: a line, or what an export wrote as text into a column of CSV.

Where a key stands twice in an object the first one counts, and a comma before a closing bracket is
overlooked, as are a form feed and a vertical tab around a document: so DuckDB reads JSON, and all engines have to
see the same figures.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

BLANKS = " \t\n\r\f\v"  # around a document, as DuckDB has them
_IN_VAIN = 20  # lines, after which a log is taken for one of nested objects
_COMMA_TOO_MANY = re.compile(r",(\s*[}\]])")


def _first_counts(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        found.update(reversed(pairs))
    return found


DECODER = json.JSONDecoder(object_pairs_hook=_first_counts)


def line_decoder() -> Callable[[str], tuple[Any, int]]:
    """DECODER.raw_decode, twice as fast while lines are flat objects with as many keys as `":` stands in them."""
    quick = json.JSONDecoder().raw_decode
    slow = DECODER.raw_decode
    in_vain = 0

    def decode(line: str) -> tuple[Any, int]:
        nonlocal in_vain
        if in_vain < _IN_VAIN:
            found = quick(line)
            document = found[0]
            if type(document) is dict and line.count('":') == len(document) and '" :' not in line:
                return found
            in_vain += 1
        return slow(line)

    return decode


def document_of(text: str) -> Any:
    """The document that a text is. Raises ValueError."""
    text = text.strip(BLANKS)
    try:
        return DECODER.decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except ValueError:
        mended = _COMMA_TOO_MANY.sub(r"\1", text)
        if mended == text:
            raise
        return DECODER.decode(mended)


def is_blank(line: str) -> bool:
    """Whether a line holds nothing, so that it does not count as one."""
    return line.isspace() and not line.strip(BLANKS)


def from_text(written: Any) -> Any:
    """What a text says if it is JSON, else what was written. Texts that are no object or list stay texts."""
    if not isinstance(written, str) or written.lstrip()[:1] not in ("{", "["):
        return written
    try:
        return document_of(written)
    except ValueError:
        return written


def name_of(written: Any) -> str | None:
    """A name as text that every engine can hold: what is no text as JSON has it, half a character by its code."""
    if written is None or written == "":
        return None
    if isinstance(written, bool | float | list | dict):
        written = json.dumps(written, ensure_ascii=False, separators=(",", ":"))
    return str(written).encode("utf-8", "backslashreplace").decode()
