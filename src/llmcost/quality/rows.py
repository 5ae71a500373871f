"""Rows of a CSV, JSONL or Parquet file in blocks of columns, so that no file is ever held whole.

Cells stay as they were written (text in CSV, JSON values in JSONL); what they mean is decided by
whoever asked. Parquet needs pyarrow, which is asked for by name where it is not installed.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import sys
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any, NamedTuple

from llmcost.errors import InputError, did_you_mean
from llmcost.quantity import shown

BLOCK = 1 << 15  # rows held at once
_LONGEST_CELL = 1 << 26  # an evaluation file may carry whole prompts
_LOOK_AHEAD = 1000  # JSONL rows whose keys make the header


class Rows(NamedTuple):
    """A header and the rows beneath it, block by block: the first row's line, and the columns."""

    name: str
    header: list[str]
    blocks: Iterator[tuple[int, list[Any]]]


def rows_of(path: str) -> Rows:
    """The rows of a file (`-` for standard input, as CSV or JSONL). Raises InputError."""
    kind = _kind(path)
    if kind == "parquet":
        return _parquet(path)
    stream = _opened(path)
    name = "<stdin>" if path == "-" else path
    try:
        first = stream.readline()
        while first and not first.strip():
            first = stream.readline()
        if not first:
            raise InputError("the file is empty", where=name, hint="give a header line and a row for each answer")
        if kind == "jsonl" or (kind == "" and first.lstrip().startswith(("{", "["))):
            return _jsonl(name, first, stream)
        return _csv(name, first, stream)
    except UnicodeDecodeError as error:
        raise _not_text(name, error) from None


def _kind(path: str) -> str:
    lower = path.lower().removesuffix(".gz")
    if lower.endswith((".parquet", ".pq")):
        return "parquet"
    if lower.endswith((".jsonl", ".ndjson", ".json")):
        return "jsonl"
    return "csv" if lower.endswith((".csv", ".tsv", ".txt")) else ""


def _opened(path: str) -> io.TextIOBase:
    if path == "-":
        return io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8-sig", newline="")
    try:
        if os.path.isdir(path):
            raise InputError(f"{path} is a directory", hint="name a CSV, JSONL or Parquet file of outcomes")
        if path.lower().endswith(".gz"):
            return io.TextIOWrapper(gzip.open(path), encoding="utf-8-sig", newline="")  # type: ignore[arg-type]
        return open(path, encoding="utf-8-sig", newline="", buffering=1 << 20)
    except FileNotFoundError:
        folder = os.path.dirname(path) or "."
        near = os.listdir(folder) if os.path.isdir(folder) else []
        hint = did_you_mean(os.path.basename(path), near) or "name a CSV, JSONL or Parquet file of outcomes"
        raise InputError(f"there is no file {path}", hint=hint) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(f"cannot read {path}: {reason.lower()}", hint="name a readable file") from None


def _not_text(name: str, error: UnicodeDecodeError) -> InputError:
    return InputError(f"the file is not UTF-8 text: {error.reason}", where=name, hint="save it as UTF-8")


# ---- CSV --------------------------------------------------------------------------------------------


def _csv(name: str, first: str, stream: io.TextIOBase) -> Rows:
    csv.field_size_limit(_LONGEST_CELL)
    delimiter = max(",\t;", key=first.count)
    reader = csv.reader(chain([first], stream), delimiter=delimiter)
    header = [cell.strip() for cell in next(reader)]
    repeated = [cell for cell in dict.fromkeys(header) if cell and header.count(cell) > 1]
    if repeated:
        raise InputError(f"the column {shown(repeated[0])} stands twice in the header", where=f"{name}:1", hint="name it once")
    return Rows(name, header, _csv_blocks(name, reader, len(header)))


def _csv_blocks(name: str, reader: Any, width: int) -> Iterator[tuple[int, list[Any]]]:
    while True:
        line = reader.line_num + 1
        try:
            rows = list(islice(reader, BLOCK))
        except csv.Error as error:
            raise InputError(f"not CSV: {error}", where=f"{name}:{reader.line_num}", hint="quote the cell") from None
        except UnicodeDecodeError as error:
            raise _not_text(name, error) from None
        if not rows:
            return
        if any(len(row) != width for row in rows):
            for position, row in enumerate(rows):
                if row and len(row) != width:
                    raise InputError(
                        f"a row has {len(row)} cells under a header of {width}",
                        where=f"{name}:{line + position}",
                        hint="give every row a cell for each column (quote a cell that holds a comma)",
                    )
            rows = [row for row in rows if row]
            if not rows:
                continue
        yield line, list(zip(*rows, strict=True))


# ---- JSONL ------------------------------------------------------------------------------------------


def _jsonl(name: str, first: str, stream: io.TextIOBase) -> Rows:
    if first.lstrip().startswith("["):
        raise InputError("the file is one JSON list", where=name, hint="write one JSON object a line (JSONL)")
    objects = _objects(name, chain([first], stream))
    ahead = list(islice(objects, _LOOK_AHEAD))
    header = list(dict.fromkeys(key for _, row in ahead for key in row))
    return Rows(name, header, _jsonl_blocks(header, chain(ahead, objects)))


def _objects(name: str, lines: Iterator[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    number = 0
    try:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            row = json.loads(line)
            if not isinstance(row, dict):
                raise InputError(
                    "a line is no JSON object", where=f"{name}:{number}", hint='write {"query_id": …} on every line'
                )
            yield number, _flat(row)
    except json.JSONDecodeError as error:
        raise InputError(
            f"not JSON: {error.msg.lower()}", where=f"{name}:{number}:{error.colno}", hint="write one JSON object a line"
        ) from None
    except RecursionError:
        raise InputError("a line is nested too deep", where=f"{name}:{number}", hint="write flat objects") from None
    except UnicodeDecodeError as error:
        raise _not_text(name, error) from None


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """An object within becomes `outer.inner`."""
    if not any(isinstance(value, dict) for value in row.values()):
        return row
    found: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, dict):
            found |= {f"{key}.{inner}": deeper for inner, deeper in value.items()}
        else:
            found[key] = value
    return found


def _jsonl_blocks(header: list[str], objects: Iterator[tuple[int, dict[str, Any]]]) -> Iterator[tuple[int, list[Any]]]:
    while True:
        part = list(islice(objects, BLOCK))
        if not part:
            return
        yield part[0][0], [[row.get(key) for _, row in part] for key in header]


# ---- Parquet ----------------------------------------------------------------------------------------


def _parquet(path: str) -> Rows:
    try:
        from pyarrow import parquet
    except ImportError:
        raise InputError(
            "Parquet needs pyarrow, which is not installed",
            where=path,
            hint="pip install 'llmcost-cli[parquet]', or give the outcomes as CSV or JSONL",
        ) from None
    try:
        file = parquet.ParquetFile(path)
    except FileNotFoundError:
        raise InputError(f"there is no file {path}", hint="name a CSV, JSONL or Parquet file of outcomes") from None
    except Exception as error:
        raise InputError(f"cannot read {path}: {error}", hint="name a Parquet file") from None
    header = [str(column) for column in file.schema_arrow.names]

    def blocks() -> Iterator[tuple[int, list[Any]]]:
        line = 1
        for batch in file.iter_batches(batch_size=BLOCK):
            yield line, [column.to_pylist() for column in batch.columns]
            line += batch.num_rows

    return Rows(path, header, blocks())
