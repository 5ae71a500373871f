"""The inputs of a claim as plain data: blocks merged, and references to other claims found.

`{published: ID}` and `{recomputed: ID}` stand for another claim's figure wherever a quantity may.
"""

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

from llmcost.errors import did_you_mean
from llmcost.quantity import Shared

REFERENCES = ("published", "recomputed")

Path = tuple[str | int, ...]


def reference(written: Any) -> tuple[str, str] | None:
    """`{published: ID}` or `{recomputed: ID}` as its two words; None for all else."""
    if not isinstance(written, Mapping) or len(written) != 1:
        return None
    (kind, name), *_ = written.items()
    return (kind, name) if kind in REFERENCES and isinstance(name, str) and re.match(r"[A-Za-z]", name) else None


def misspelt(tree: Any, names: Container[str], path: Path = ()) -> Iterator[Path]:
    """The keys that would be a reference to one of these claims, were they spelt like one: `{publishd: ID}`."""
    if isinstance(tree, Mapping):
        if len(tree) == 1 and reference(tree) is None:
            (kind, name), *_ = tree.items()
            if isinstance(name, str) and name in names and did_you_mean(str(kind), REFERENCES):
                yield (*path, kind)
                return
        for key, value in tree.items():
            yield from misspelt(value, names, (*path, key))
    elif isinstance(tree, list):
        for i, value in enumerate(tree):
            yield from misspelt(value, names, (*path, i))


def references_in(tree: Any, path: Path = ()) -> list[tuple[Path, str, str]]:
    """Every reference to another claim: where, which figure, and whose."""
    found = reference(tree)
    if found is not None:
        return [(path, *found)]
    if isinstance(tree, Mapping):
        return [each for key, value in tree.items() for each in references_in(value, (*path, key))]
    if isinstance(tree, Sequence) and not isinstance(tree, str):
        return [each for i, value in enumerate(tree) for each in references_in(value, (*path, i))]
    return []


def merged(under: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Two blocks of inputs, key by key; the upper one wins.

    A reference, a range, and an architecture of another kind are one value, never merged.
    """
    found = dict(under)
    for key, value in over.items():
        below: Any = found.get(key)
        found[key] = merged(below, value) if _block(below) and _block(value) and _alike(below, value) else value
    return found


def _block(value: Any) -> bool:
    return isinstance(value, Mapping) and not reference(value) and "low" not in value


def _alike(below: Mapping[str, Any], value: Mapping[str, Any]) -> bool:
    return bool(value.get("kind", below.get("kind")) == below.get("kind"))


def placed(tree: Any, name: str) -> Any:
    """The inputs with each quantity marked with where it stands: wherever it is used, it is one quantity, one draw.

    Texts under an anchor of the file keep the place of that.
    """
    if isinstance(tree, Mapping):
        if {"low", "high"} <= {*tree}:
            return {key: _placed(value, name) for key, value in tree.items()}
        return tree if reference(tree) else {key: placed(value, f"{name}.{key}") for key, value in tree.items()}
    if isinstance(tree, list):
        return [placed(value, f"{name}[{i}]") for i, value in enumerate(tree)]
    return _placed(tree, name)


def _placed(value: Any, name: str) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    if isinstance(value, Shared) and value.place:
        return value
    found = Shared(value)
    found.place = name
    return found


def known(tree: Any) -> Any:
    """The inputs without what is null, which nobody says."""
    if not isinstance(tree, dict):
        return tree
    return {key: known(value) for key, value in tree.items() if value is not None}


def leaves(tree: Any, path: Path = ()) -> list[tuple[Path, str]]:
    """Every input as it was written, with its path."""
    if isinstance(tree, Mapping):
        return [each for key, value in tree.items() for each in leaves(value, (*path, key))]
    if isinstance(tree, list) and any(isinstance(item, Mapping | list) for item in tree):
        return [each for i, value in enumerate(tree) for each in leaves(value, (*path, i))]
    if isinstance(tree, list):
        return [(path, f"[{', '.join(map(str, tree))}]")]
    return [(path, "unknown" if tree is None else f"{tree:,.10g}" if isinstance(tree, float) else str(tree))]
