"""Reference pages from JSON Schemas: the files that llmcost reads, and the JSON that it prints."""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Iterator
from typing import Any

from llmcost.cli.running import run
from llmcost.render.json_schema import RESULTS

Schema = dict[str, Any]
RESULT_ENDING = "-json.md"
FILES = {
    "scenario": (
        "The scenario file",
        "One YAML file says what is asked and what could serve it. Unknown and duplicate keys are refused, with the line "
        "and a suggestion. `llmcost init` writes a commented one. Where a number may stand a range may too: see "
        "[ranges](../methods/ranges.md).",
    ),
    "claims": (
        "The claims file",
        "Published figures to be held against their own arithmetic by [`llmcost audit`](../commands/audit.md).",
    ),
}


def pages() -> dict[str, str]:
    """The text of each page by its place in the site."""
    found: dict[str, str] = {}
    for name, (title, about) in FILES.items():
        found[f"reference/{name}.md"] = _file_page(name, title, about, _schema(name))
    for command in RESULTS:
        found[f"reference/{command}{RESULT_ENDING}"] = _result_page(command, _schema(command))
    return found


def _schema(name: str) -> Schema:
    """What `llmcost schema NAME` prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = run(["schema", name])
    if code:
        raise RuntimeError(f"llmcost schema {name} left with {code}")
    schema: Schema = json.loads(out.getvalue())
    return schema


def _file_page(name: str, title: str, about: str, schema: Schema) -> str:
    parts = [f"# {title}", about, f"This page is made from `llmcost schema {name}`, which editors read too."]
    for key, body in (("Keys", schema), *_objects(schema)):
        # A key that is left out is null to the schema; nobody writes it.
        parts += [part.replace(" or null |", " |") for part in _section(key, body, schema)]
    written = {key: body for key, body in schema.get("$defs", {}).items() if key not in dict(_objects(schema))}
    if written:
        parts.append("## How values are written")
        rows = [f"| {_anchor(key)}`{key}` | {_text(body.get('description', ''))} |" for key, body in written.items()]
        parts.append("| | |\n|---|---|\n" + "\n".join(rows))
    return "\n\n".join(parts) + "\n"


def _result_page(command: str, schema: Schema) -> str:
    parts = [
        f"# {command}",
        f"What `llmcost {command} --format json` prints; `llmcost schema {command}` is its schema. Money is in USD with ten "
        "significant digits; unknown and never are `null`, never 0.",
    ]
    result = schema["properties"]["result"]
    shared = ("Charge", "Factor", "Source", "Assumption", "Warning")
    objects = dict(_objects(schema))
    first = _name_of(result)
    order = [
        first,
        *(key for key in objects if key not in (first, *shared)),
        *(key for key in shared if key in objects),
    ]
    parts += _section("The document", schema, schema)
    for key in order:
        if key in objects:
            parts += _section(key, objects[key], schema)
    return "\n\n".join(parts) + "\n"


def _objects(schema: Schema) -> Iterator[tuple[str, Schema]]:
    """Every definition that has keys of its own; of one that has a short form too, the long one."""
    for key, body in schema.get("$defs", {}).items():
        found = next((part for part in (body, *body.get("anyOf", ())) if "properties" in part), None)
        if found is not None and key[0].isupper():  # the others are ways of writing one value
            yield key, found


def _section(title: str, body: Schema, schema: Schema) -> list[str]:
    """A heading, what it is, and a row a key; the column of meanings only where there is one."""
    required = set(body.get("required", ()))
    optional = len(required) > len(body["properties"]) / 2  # the rarer of the two is marked
    rows = []
    for key, part in body["properties"].items():
        mark = " (optional)" if optional and key not in required else ""
        mark = " (required)" if not optional and key in required else mark
        rows.append([f"`{key}`{mark}", _kind(part, schema), _about(part)])
    shown = 3 if any(row[2] for row in rows) else 2
    heading = f"## {title} {{ #{title.lower().replace(' ', '-')} }}"
    about = [_text(body["description"])] if body.get("description") else []
    table = [["key", "value", "meaning"][:shown], ["---"] * shown, *(row[:shown] for row in rows)]
    return [heading, *about, "\n".join(f"| {' | '.join(row)} |" for row in table)]


def _about(part: Schema) -> str:
    text = _text(part.get("description", ""))
    default = part.get("default")
    if default in (None, [], {}, "") or f"({default})" in text:
        return text
    shown = f"{default:g}" if isinstance(default, float) else json.dumps(default)
    return text if f"({shown})" in text else f"{text} (left out: `{shown}`)".strip()


def _kind(part: Schema, schema: Schema) -> str:
    """What may stand there, in a few words, with links to the tables of this page."""
    if "$ref" in part:
        return _linked(_name_of(part), schema)
    if "const" in part:
        return f"`{part['const']}`"
    if "enum" in part:
        return ", ".join(f"`{value}`" for value in part["enum"])
    for several in ("anyOf", "oneOf"):
        if several in part:
            kinds = dict.fromkeys(_kind(each, schema) for each in part[several] if each.get("type") != "null")
            null = any(each.get("type") == "null" for each in part[several])
            return " or ".join([*kinds, *(["null"] if null else [])])
    if part.get("type") == "array":
        return f"list of {_kind(part['items'], schema)}" if part.get("items") else "list"
    if part.get("type") == "object":
        return _mapping(part, schema)
    kind = part.get("type", "any")
    kinds = kind if isinstance(kind, list) else [kind]
    return " or ".join(
        {"boolean": "true or false", "string": "text", "array": "list"}.get(each, each) for each in kinds
    )


def _mapping(part: Schema, schema: Schema) -> str:
    inside = part.get("additionalProperties")
    if isinstance(inside, dict) and "allOf" in inside:  # an architecture: one table a kind
        names = [_name_of(choice["then"]) for choice in inside["allOf"]]
        return "name: " + ", ".join(_linked(name, schema) for name in names)
    if isinstance(inside, dict) and inside:
        return f"name: {_kind(inside, schema)}"
    keys = ", ".join(f"`{key}`" for key in part.get("properties", {}))
    return f"mapping of {keys}" if keys else "mapping"


def _linked(name: str, schema: Schema) -> str:
    return f"[{name}](#{name.lower()})" if name in schema.get("$defs", {}) else name


def _name_of(part: Schema) -> str:
    return str(part.get("$ref", "")).rpartition("/")[2]


def _anchor(name: str) -> str:
    return f'<a id="{name.lower()}"></a>'


def _text(text: str) -> str:
    """A description in a cell: a pipe is no column, a bracket is no tag, and JSON's null is no Python."""
    text = re.sub(r"\bNone\b", "null", text)
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace("{", "&#123;").replace("}", "&#125;")
