"""Finds the compiled catalog: inside the wheel, or made from a checkout's YAML and cached.

PyYAML needs a good part of a second for all prices; the compiled file is JSON, one line for all
tables and one a model, which is parsed when it is asked for. In a checkout the compiled file is
cached under its content's checksum, so an edited price is seen at once.
"""

from __future__ import annotations

import json
import os
import zlib
from contextlib import suppress
from typing import Any

_HERE = os.path.dirname(os.path.realpath(__file__))
_PACKAGE = os.path.dirname(_HERE)
_KEPT = 4
COMPILED = "catalog.jsonl"


class Records(dict[str, Any]):
    """Models' records by full id, each parsed on its first use."""

    def __getitem__(self, model: str) -> Any:
        record = super().__getitem__(model)
        if isinstance(record, str):
            record = self[model] = json.loads(record)
        return record

    def get(self, model: str, default: Any = None) -> Any:
        try:
            return self[model]
        except KeyError:
            return default


def compiled_catalog() -> dict[str, Any]:
    """The compiled catalog that ships with llmcost."""
    try:
        return _read(os.path.join(_PACKAGE, "pricing", COMPILED))
    except FileNotFoundError:
        return compiled_from(pricing_folder())


def pricing_folder() -> str:
    """Where the YAML lies: in the package, else beside `src/` in a checkout."""
    inside = os.path.join(_PACKAGE, "pricing")
    return inside if os.path.isdir(inside) else os.path.join(os.path.dirname(os.path.dirname(_PACKAGE)), "pricing")


def compiled_from(folder: str) -> dict[str, Any]:
    """The compiled catalog of a folder of YAML, from the cache where its content was seen before."""
    cached = os.path.join(_cache_folder(), f"catalog-{_checksum(folder)}.jsonl")
    try:
        return _read(cached)
    except (OSError, ValueError):
        pass
    from llmcost.catalog.compiler import compile_pricing
    from llmcost.errors import InputError

    compiled = compile_pricing(folder)
    with suppress(OSError, InputError):  # a cache that cannot be written only costs time
        _store(cached, compiled)
    return compiled


def packed(compiled: dict[str, Any]) -> str:
    """The compiled catalog as it is written to a file: a line of tables, one of matching, then a line a model."""
    models = compiled["models"]
    tables = {**compiled, "models": list(models)}
    matching = tables.pop("matching")  # text already: it is read where a name is a platform's
    lines = [
        json.dumps(part, separators=(",", ":"), allow_nan=False)
        for part in (tables, *(models[model] for model in models))
    ]
    return "\n".join([lines[0], matching, *lines[1:], ""])


def unpacked(text: str) -> dict[str, Any]:
    """The compiled catalog from such a file. Raises ValueError where the file is not whole."""
    first, matching, *lines = text.split("\n")
    compiled: dict[str, Any] = json.loads(first)
    compiled["matching"] = matching
    compiled["models"] = Records(zip(compiled["models"], lines[:-1], strict=True))
    return compiled


def pricing_files(folder: str) -> list[str]:
    """All YAML files of a pricing folder."""
    found = []
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if os.path.isdir(path):
            found += [os.path.join(path, inner) for inner in sorted(os.listdir(path)) if inner.endswith(".yaml")]
        elif name.endswith(".yaml"):
            found.append(path)
    return found


def _read(path: str) -> dict[str, Any]:
    with open(path, encoding="utf-8", newline="\n") as file:
        return unpacked(file.read())


def _checksum(folder: str) -> str:
    """Two checksums and the size of all YAML and of the code that compiles it."""
    code = [os.path.join(_HERE, name) for name in ("compiler.py", "names.py", "units.py")]
    crc = adler = size = 0
    for path in pricing_files(folder) + code:
        with open(path, "rb") as file:
            content = path.encode() + file.read()
        crc, adler, size = zlib.crc32(content, crc), zlib.adler32(content, adler), size + len(content)
    return f"{crc:08x}{adler:08x}-{size:x}"


def _cache_folder() -> str:
    root = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser(os.path.join("~", ".cache"))
    return os.path.join(root, "llmcost")


def _store(path: str, compiled: dict[str, Any]) -> None:
    folder = os.path.dirname(path)
    os.makedirs(folder, exist_ok=True)
    from llmcost.output_file import write_atomically

    write_atomically(path, packed(compiled), force=True)
    stored = [os.path.join(folder, name) for name in os.listdir(folder) if "catalog-" in name]
    for old in sorted(stored, key=os.path.getmtime)[:-_KEPT]:
        os.unlink(old)
