"""The JSON Schema of the scenario file, for editors: each key with its meaning and its unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from llmcost.architectures.architecture import Architecture, CostItem
from llmcost.quantity import Quantity, Scale
from llmcost.render.json_schema import DIALECT, compact
from llmcost.render.scenario_words import ABOUT
from llmcost.scenario import KINDS, Scenario, kind_class
from llmcost.workload import BESIDE

_SCALES: tuple[Scale, ...] = ("positive", "share", "signed", "change", "price_change")
_RATES = {
    "input_per_mtok": "USD per million input tokens",
    "output_per_mtok": "USD per million output tokens",
    "cached_input_per_mtok": "USD per million input tokens read from the prompt cache",
    "cache_write_per_mtok": "USD per million input tokens written to the prompt cache",
    "cache_write_1h_per_mtok": "USD per million input tokens written to it for an hour",
    "other": "USD for what else is billed, such as web_searches_per_1000 or input_audio_per_mtok",
}
for _traffic in ("Workload", "Segment"):
    ABOUT[_traffic]["tools"] = "calls of a tool a request, such as {web_search: 2 a request}"
    for _field in BESIDE:  # input_audio_tokens: audio tokens, besides input_tokens
        ABOUT[_traffic][_field] = f"{_field.split('_')[1]} tokens a request, besides {_field.split('_')[0]}_tokens"
ABOUT["OwnRates"] = _RATES
ABOUT["TierPrice"] = _RATES | {"batch": ABOUT["OwnPrice"]["batch"]}
ABOUT["OwnPrice"] |= _RATES
ABOUT["Verifier"] = ABOUT["Router"] | {
    "false_accept": "share of the wrong answers that it accepts",
    "false_reject": "share of the right answers that it rejects",
}


def scenario_schema() -> dict[str, Any]:
    """The schema, with the architectures as a union by `kind`."""
    kinds = {name: kind_class(name) for name in KINDS}
    schema: dict[str, Any] = TypeAdapter(Scenario).json_schema()
    definitions: dict[str, Any] = schema.pop("$defs")
    definitions.pop("Architecture")
    for kind, model in kinds.items():
        own = TypeAdapter(model).json_schema()
        definitions |= own.pop("$defs", {})
        own["properties"]["kind"] = {"const": kind}
        own["required"] = ["kind", *own.get("required", [])]
        definitions[model.__name__] = own
    schema["properties"]["architectures"]["additionalProperties"] = _by_kind(kinds)
    schema.pop("required")  # a start that is left out is the coming month
    schema.pop("title", None)
    schema["properties"]["quality"] = _quality(schema["properties"]["quality"])
    definitions["Gpu"] = {"anyOf": [{"type": "string"}, definitions["Gpu"]], "description": "the name alone will do"}
    schema, definitions = named_quantities(schema), named_quantities(definitions)
    for name, body in {"Scenario": schema, **definitions}.items():
        described(name, body, ABOUT)
    definitions |= _quantities()
    schema["description"] = "What is asked, and what could serve it."
    whole = {"title": "llmcost scenario", **schema, "$defs": dict(sorted(definitions.items()))}
    return {"$schema": DIALECT, **compact(whole)}


def _quality(stated: dict[str, Any]) -> dict[str, Any]:
    """Qualities by name, a file of outcomes, or a file and how it is to be read."""
    names = {"type": "object", "additionalProperties": {"type": "string"}}
    texts = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
    reading = {
        "outcomes": {"type": "string"},
        "rename": names,
        "map": names,
        "where": texts,
        "models": texts,
        "drop_missing": {"type": "boolean"},
    }
    by_file = {"type": "object", "properties": reading, "required": ["outcomes"]}
    by_file["additionalProperties"] = stated.get("additionalProperties", True)
    by_name = {key: value for key, value in stated.items() if key not in ("title", "default")}
    return {"anyOf": [by_name, {"type": "string", "description": "a file of outcomes"}, by_file]}


def _quantities() -> dict[str, Any]:
    """What may stand for a number, by the scale of the field: written once, referred to everywhere."""
    found: dict[str, Any] = {scale: Quantity(scale).__get_pydantic_json_schema__(None, None) for scale in _SCALES}
    return found | {"cost_item": CostItem().__get_pydantic_json_schema__(None, None)}


def named_quantities(schema: Any) -> Any:
    """The schema with each quantity as a reference to its one definition."""
    return _named(schema, _quantities())


def _named(schema: Any, quantities: dict[str, Any]) -> Any:
    """The schema with each quantity as a reference; the field's own description stays."""
    if isinstance(schema, list):
        return [_named(item, quantities) for item in schema]
    if not isinstance(schema, dict):
        return schema
    for name, body in quantities.items():
        if all(schema.get(key) == value for key, value in body.items()):
            return {"$ref": f"#/$defs/{name}"} | {key: value for key, value in schema.items() if key not in body}
    return {key: _named(value, quantities) for key, value in schema.items()}


def _by_kind(kinds: Mapping[str, type[Architecture]]) -> dict[str, Any]:
    """A union told apart by `kind`, so that an editor names what is wrong within that one kind."""

    def is_kind(kind: str) -> dict[str, Any]:
        return {"properties": {"kind": {"const": kind}}, "required": ["kind"]}

    return {
        "type": "object",
        "properties": {"kind": {"enum": list(kinds)}},
        "required": ["kind"],
        "allOf": [
            {"if": is_kind(kind), "then": {"$ref": f"#/$defs/{model.__name__}"}} for kind, model in kinds.items()
        ],
    }


def described(name: str, body: dict[str, Any], about_all: Mapping[str, Mapping[str, str]]) -> None:
    """Give each key of a definition its meaning, and take away what pydantic says of it."""
    if "anyOf" in body:
        body = body["anyOf"][-1]
    body.pop("title", None)
    about = about_all.get(name, {})
    for field, schema in body.get("properties", {}).items():
        schema.pop("title", None)
        if schema.get("default") in (None, "", {}, []) or isinstance(schema["default"], dict):
            schema.pop("default", None)
        if field in about:
            schema["description"] = about[field]
