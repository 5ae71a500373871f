"""The JSON Schema of each command's document, made from the result types that json.py renders.

A NamedTuple is an object with all its fields; a Figure becomes `<name>` and, where an input is a
range, `<name>_median`, `<name>_range`, `<name>_bounds` and `<name>_error` beside it; a Charge carries its cost.
"""

from __future__ import annotations

import types
from collections.abc import Sequence
from datetime import date
from importlib import import_module
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, create_model

from llmcost.economics.uncertainty import Figure
from llmcost.errors import InputError, did_you_mean
from llmcost.estimate import Assumption, Charge, Warning

RESULTS = {
    "route": "economics.routing.Routing",
    "tco": "economics.ownership.Ownership",
    "host": "economics.hosting.Hosting",
    "breakeven": "economics.breakeven.Breakeven",
    "compare": "economics.comparison.Comparison",
    "diff": "difference.difference.Difference",
    "sensitivity": "economics.sensitivity.Sensitivities",
    "decide": "decision.deciding.Decision",
    "policy": "decision.policy.Policy",
    "frontier": "quality.frontier_result.Frontier",
    "gate": "quality.gate.SwitchGate",
    "audit": "claims.auditing.Audit",
    "usage": "usage.summary.Usage",
}
DIALECT = "https://json-schema.org/draft/2020-12/schema"

_CLOSED = ConfigDict(extra="forbid")
_Ends = Annotated[list[float | None], Field(min_length=2, max_length=2)]
_ABOUT = {
    "version": "of llmcost",
    "prices_as_of": "the day that prices were looked up for",
    "assumptions": "every default and every price of the user's own that took part in the answer",
    "warnings": "what weakens the answer: stale prices, retirements, ranges at a bound",
}


def command_schema(command: str) -> dict[str, Any]:
    """The JSON Schema of what `llmcost COMMAND --format json` prints. Raises InputError for an unknown one."""
    if command not in RESULTS:
        known = (*RESULTS, "scenario", "claims")
        raise InputError(
            f"there is no schema {command!r}",
            where="llmcost schema",
            hint=did_you_mean(command, known) or f"type one of: {', '.join(known)}",
        )
    module, _, name = RESULTS[command].rpartition(".")
    result = getattr(import_module(f"llmcost.{module}"), name)
    models: dict[Any, Any] = {}
    fields: dict[str, Any] = {
        "schema_": (Literal[f"llmcost.{command}/2"], Field(alias="schema")),
        "version": (str, _about("version")),
        "currency": (Literal["USD"], ...),
        "prices_as_of": (date, _about("prices_as_of")),
        "assumptions": (list[_rendered(Assumption, models)], _about("assumptions")),  # type: ignore[misc]
        "warnings": (list[_rendered(Warning, models)], _about("warnings")),  # type: ignore[misc]
        "result": (_rendered(result, models), ...),
    }
    document = create_model(f"llmcost {command}", __config__=_CLOSED, **fields)
    document.__doc__ = f"What `llmcost {command} --format json` prints. Money is in USD; unknown and never are null."
    return {"$schema": DIALECT, **compact(TypeAdapter(document).json_schema())}


def _about(field: str) -> Any:
    return Field(description=_ABOUT[field])


def _rendered(kind: Any, models: dict[Any, Any]) -> Any:
    """The type as json.py renders it: NamedTuples as objects, numbers that may be null."""
    if isinstance(kind, type) and hasattr(kind, "_fields"):
        if kind not in models:
            models[kind] = _object(kind, models)
        return models[kind]
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (list, tuple, Sequence):
        if origin is tuple and (len(inner) != 2 or inner[1] is not Ellipsis):
            return list[Any]
        return list[_rendered(inner[0], models)]  # type: ignore[misc]
    if origin is dict:
        return dict[str, _rendered(inner[1], models)]  # type: ignore[misc]
    if origin in (Union, types.UnionType):
        return Union[tuple(_rendered(part, models) for part in inner)]  # noqa: UP007
    return kind


def _object(kind: Any, models: dict[Any, Any]) -> type[BaseModel]:
    fields: dict[str, Any] = {}
    for name, hint in get_type_hints(kind).items():
        if hint is Figure:
            fields |= _figure(name)
        else:
            fields[name] = (_rendered(hint, models), Field(alias=name.rstrip("_")) if name.endswith("_") else ...)
    if kind is Charge:
        fields["cost"] = (float | None, Field(description="USD, the product of the factors"))
    made: type[BaseModel] = create_model(kind.__name__, __config__=_CLOSED, **fields)
    made.__doc__ = " ".join((kind.__doc__ or "").split())
    return made


def _figure(name: str) -> dict[str, Any]:
    plain = name.replace("_", " ")
    between = "where any input is a range: "
    return {
        name: (float | None, Field(description=f"{plain}; the expected value where any input is a range")),
        f"{name}_median": (float | None, Field(default=None, description=between + "the 50th percentile")),
        f"{name}_range": (_Ends, Field(default=None, description=between + "the 5th and the 95th percentile")),
        f"{name}_bounds": (_Ends | None, Field(default=None, description=between + "the lowest and the highest")),
        f"{name}_error": (
            float | None,
            Field(default=None, description=between + "the standard error of the expected value"),
        ),
    }


def compact(schema: Any) -> Any:
    """Without pydantic's titles of fields and null defaults, and `null` as one more type."""
    if isinstance(schema, list):
        return [compact(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found: dict[str, Any] = {}
    for key, value in schema.items():
        if key in ("properties", "$defs"):
            found[key] = {name: compact(body) for name, body in value.items()}
        elif not (key == "title" and "properties" not in schema) and not (key == "default" and value is None):
            found[key] = compact(value)
    options = found.get("anyOf", ())
    if len(options) == 2 and options[1] == {"type": "null"} and "type" in options[0] and "enum" not in options[0]:
        del found["anyOf"]
        kinds = options[0]["type"]
        found = options[0] | {"type": [*([kinds] if isinstance(kinds, str) else kinds), "null"]} | found
    return found
