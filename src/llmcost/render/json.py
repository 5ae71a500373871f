"""Results as JSON: the contract that scripts rely on.

Numbers carry 12 significant digits, so that amounts sum to the cent; unknown and never are null. A figure becomes `<name>`, and
where any input is a range `<name>_median`, `<name>_range`, `<name>_bounds` and `<name>_error` beside it:
`<name>` is then the expected value.
"""

from __future__ import annotations

import json
import math
import re
from datetime import date
from typing import Any

from llmcost.economics.uncertainty import Figure
from llmcost.estimate import Charge
from llmcost.render.plain import UNSAFE_BEYOND_ASCII

# Characters that a terminal or an editor would act on; the controls below U+0020 json escapes itself.
_ESCAPED = re.compile(UNSAFE_BEYOND_ASCII)


def document(command: str, version: str, as_of: date, assumptions: Any, warnings: Any, result: Any) -> str:
    """The whole answer of a command as JSON text with a final newline."""
    envelope = {
        "schema": f"llmcost.{command}/2",
        "version": version,
        "currency": "USD",
        "prices_as_of": as_of.isoformat(),
        "assumptions": plain(assumptions),
        "warnings": plain(warnings),
        "result": plain(result),
    }
    return _ESCAPED.sub(_escape, _laid_out(envelope, 0)) + "\n"


def _laid_out(value: Any, depth: int) -> str:
    """JSON with a line a key down to the rows of a result; what lies below stands on one line.

    The whole-document indent of the json module would leave its fast encoder aside.
    """
    if depth == 4 or not value or not isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    pad, end = "  " * (depth + 1), "  " * depth
    if isinstance(value, dict):
        parts = [
            f"{pad}{json.dumps(key, ensure_ascii=False)}: {_laid_out(item, depth + 1)}" for key, item in value.items()
        ]
        return "{\n" + ",\n".join(parts) + f"\n{end}}}"
    return "[\n" + ",\n".join(pad + _laid_out(item, depth + 1) for item in value) + f"\n{end}]"


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found.group()):04x}"


def plain(value: Any) -> Any:
    """Dicts, lists, texts and rounded numbers from a result's named tuples."""
    if isinstance(value, float):
        return rounded(value)
    if isinstance(value, str | bool | int) or value is None:
        return value
    if isinstance(value, Charge):
        return {"group": value.group, "name": value.name, "cadence": value.cadence, "cost": rounded(value.cost)} | {
            "factors": [plain(factor) for factor in value.factors]
        }
    if hasattr(value, "_fields"):
        return _fields(value)
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    return rounded(float(value))


def _fields(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in value._fields:
        item = getattr(value, name)
        if isinstance(item, Figure):
            found |= _figure(name, item)
        else:
            found[name.rstrip("_")] = plain(item)  # `from_` is `from`, which Python keeps for itself
    return found


def _figure(name: str, figure: Figure) -> dict[str, Any]:
    found: dict[str, Any] = {name: rounded(figure.value)}
    if figure.spread is not None:
        found[f"{name}_median"] = rounded(figure.spread[1])
        found[f"{name}_range"] = [rounded(figure.spread[0]), rounded(figure.spread[2])]
        found[f"{name}_bounds"] = None if figure.bounds is None else [rounded(end) for end in figure.bounds]
        found[f"{name}_error"] = rounded(figure.error)
    elif figure.bounds is not None:  # a band without a distribution
        found[f"{name}_bounds"] = [rounded(end) for end in figure.bounds]
    return found


def rounded(value: float | None) -> float | int | None:
    """12 significant digits; whole numbers without a decimal point; unknown and infinite as null."""
    if value is None or not math.isfinite(value):
        return None
    short = float(f"{value:.12g}")
    return int(short) if short == int(short) and abs(short) < 1e15 else short
