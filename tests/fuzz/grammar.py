"""Hypothesis strategies of what a user may write: drawn from the project's own JSON schemas, or an example changed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from hypothesis import strategies as st

MODELS = ("claude-haiku-4-5", "claude-opus-4-8", "gpt-4o", "llama-3.1-8b", "no-such-model")
NAMES = ("a", "b", "all-frontier", "routed", "", "a.b", "x@y", "é", "=1+1", "\x1b[31m", "two words", "1")
NUMBERS = (
    *(0, -0.0, 1, -1, 2, 12, 0.5, 1e-30, 1e30, 1e308, 1e-308, 600, 10**400, float("inf"), float("nan")),
    *("0", "1M", "5k..9k", "0..1", "0%", "50%", "100%", "-5%", "-100%", "20%..80%", "$3", "$2.86", "1e30", "1..1e30"),
    *("9..1", "1e5", "1_000", "1,000", "90k..220k", "1e-30..1e30", "0.1..0.2", "12k USD", "5 %", "..", "..5", "1e999"),
)
ODD = (
    None,
    True,
    False,
    [],
    {},
    "",
    " ",
    [[]],
    {"low": 1, "high": 2},
    {"low": 2, "mid": 1, "high": 3},
    ["1", "2"],
    "no",
)
TEXTS = (*MODELS, *NAMES, "y", "n", "u", "rest", "H100-SXM", "L40S", "fp8", "2026-12", "2200-01", "eu-west", "a" * 300)
numbers = st.one_of(
    st.sampled_from(NUMBERS), st.integers(-10, 10**7), st.floats(0, 1), st.floats(allow_nan=False, width=32)
)
scalars = st.one_of(numbers, st.sampled_from(ODD).map(copy.deepcopy), st.sampled_from(TEXTS), st.text(max_size=8))
DEEPEST = 8  # of definitions that lead to one another
_REFERRED: dict[tuple[int, str, int], st.SearchStrategy[Any]] = {}
Tree = Any
Path = tuple[Any, ...]


@lru_cache
def schemas(name: str) -> dict[str, Any]:
    """The JSON Schema of what a user writes."""
    from llmcost.render.claims_schema import claims_schema
    from llmcost.render.scenario_schema import scenario_schema

    return {"scenario": scenario_schema, "claims": claims_schema}[name]()


def drawn(schema: dict[str, Any], whole: dict[str, Any], depth: int = 0) -> st.SearchStrategy[Any]:
    """A value that a schema allows, or nearly: of the keys some are left out, and a number may be any."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        if name in ("positive", "share", "signed", "change") or depth > DEEPEST:
            return numbers
        return _referred_to(name, whole, depth)
    for one_of in ("anyOf", "oneOf"):
        if one_of in schema:
            return st.one_of([drawn(each, whole, depth) for each in schema[one_of]])
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "allOf" in schema:
        return st.one_of([drawn(each["then"], whole, depth) for each in schema["allOf"] if "then" in each])
    kinds = schema.get("type", "object")
    if isinstance(kinds, list):
        return st.one_of([drawn({**schema, "type": kind}, whole, depth) for kind in kinds])
    return _of_kind(kinds, schema, whole, depth)


def _referred_to(name: str, whole: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
    """One strategy a definition and depth: Hypothesis looks through all that one may lead to, each of them once."""
    key = (id(whole), name, depth)
    if key not in _REFERRED:
        _REFERRED[key] = st.deferred(lambda: drawn(whole["$defs"][name], whole, depth + 1))
    return _REFERRED[key]


def _of_kind(kind: str, schema: dict[str, Any], whole: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
    if kind == "object":
        return _mapping(schema, whole, depth)
    if kind == "array":
        return st.lists(drawn(schema.get("items", {"type": "string"}), whole, depth + 1), max_size=3)
    simple: dict[str, st.SearchStrategy[Any]] = {
        "integer": st.integers(0, 40),
        "number": numbers,
        "boolean": st.booleans(),
        "null": st.none(),
        "string": st.sampled_from(TEXTS),
    }
    return simple[kind]


def _mapping(schema: dict[str, Any], whole: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
    named: dict[str, Any] = schema.get("properties", {})
    further = schema.get("additionalProperties")

    @st.composite
    def mapping(draw: Callable[..., Any]) -> dict[str, Any]:
        keys = set(schema.get("required", []))
        if named and depth < 6:
            keys |= set(draw(st.lists(st.sampled_from(sorted(named)), max_size=4)))
        found = {key: draw(drawn(named[key], whole, depth + 1)) for key in sorted(keys) if key in named}
        if isinstance(further, dict) and depth < 6:
            for name in draw(st.lists(st.sampled_from((*NAMES[:4], *MODELS)), max_size=3)):
                found[name] = draw(drawn(further, whole, depth + 1))
        return found

    return mapping()


def paths(tree: Tree, path: Path = ()) -> list[Path]:
    """The path of every value below."""
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [each for key, value in pairs for each in ((*path, key), *paths(value, (*path, key)))]


def at(tree: Tree, path: Path) -> Any:
    """The value at a path."""
    for key in path:
        tree = tree[key]
    return tree


def _schema_at(path: Path, whole: dict[str, Any]) -> dict[str, Any] | None:
    """What the schema says of a path, as far as names lead there; kinds of architectures are told apart elsewhere."""
    here = whole
    for key in path:
        while "$ref" in here:
            here = whole["$defs"][here["$ref"].rsplit("/", 1)[-1]]
        if isinstance(key, int):
            below = here.get("items")
        else:
            below = here.get("properties", {}).get(key) or here.get("additionalProperties")
        if not isinstance(below, dict):
            return None
        here = below
    return here


@st.composite
def changed(draw: Callable[..., Any], tree: Tree, whole: dict[str, Any]) -> Tree:
    """An example with one to four of its values replaced, taken out, exchanged, or drawn anew from the schema."""
    found = copy.deepcopy(tree)
    for _ in range(draw(st.integers(1, 4))):
        every = paths(found)
        if not every:
            break
        path = draw(st.sampled_from(every))
        parent, key = at(found, path[:-1]), path[-1]
        how = draw(st.integers(0, 5))
        schema = _schema_at(path, whole) if how == 4 else None
        if how == 0 and isinstance(parent, dict):
            del parent[key]
        elif how == 1:
            parent[key] = copy.deepcopy(at(found, draw(st.sampled_from(every))))
        elif how == 2 and isinstance(parent, dict):
            parent[draw(st.sampled_from((*NAMES, *MODELS, *map(str, parent))))] = parent[key]
        elif schema is not None:
            parent[key] = draw(drawn(schema, whole))
        else:
            parent[key] = draw(scalars)
    return found
