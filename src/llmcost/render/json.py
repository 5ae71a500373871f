"""Results as JSON: the contract that scripts rely on.

Numbers carry 10 significant digits; unknown and never are null. A figure becomes `<name>`, and
where any input is a range `<name>_range`, `<name>_bounds` and `<name>_point` beside it.
"""

from __future__ import annotations

import json
import math
from datetime import date
from typing import Any

from llmcost.economics.uncertainty import Figure
from llmcost.estimate import Charge


def document(command: str, version: str, as_of: date, assumptions: Any, warnings: Any, result: Any) -> str:
    """The whole answer of a command as JSON text with a final newline."""
    envelope = {
        "schema": f"llmcost.{command}/1",
        "version": version,
        "currency": "USD",
        "prices_as_of": as_of.isoformat(),
        "assumptions": plain(assumptions),
        "warnings": plain(warnings),
        "result": plain(result),
    }
    return json.dumps(envelope, indent=2, ensure_ascii=False) + "\n"


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
            found[name] = plain(item)
    return found


def _figure(name: str, figure: Figure) -> dict[str, Any]:
    found: dict[str, Any] = {name: rounded(figure.value)}
    if figure.spread is not None:
        found[f"{name}_range"] = [rounded(figure.spread[0]), rounded(figure.spread[2])]
        found[f"{name}_bounds"] = None if figure.bounds is None else [rounded(end) for end in figure.bounds]
        found[f"{name}_point"] = rounded(figure.point)
    return found


def rounded(value: float | None) -> float | int | None:
    """10 significant digits; whole numbers without a decimal point; unknown and infinite as null."""
    if value is None or not math.isfinite(value):
        return None
    short = float(f"{value:.10g}")
    return int(short) if short == int(short) and abs(short) < 1e15 else short
