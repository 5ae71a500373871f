"""JSON that an export wrote as text: a column of CSV, a map in a database."""

from __future__ import annotations

import json
from typing import Any


def from_text(written: Any) -> Any:
    """What a text says if it is JSON, else what was written. Texts that are no object or list stay texts."""
    if not isinstance(written, str) or written.lstrip()[:1] not in ("{", "["):
        return written
    try:
        return json.loads(written)
    except (ValueError, RecursionError):
        return written
