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
from llmcost.quality.cells import cut
from llmcost.quantity import shown

BLOCK = 1 << 15  # rows held at once
_LONGEST_CELL = 1 << 26  # an evaluation file may carry whole prompts
_CHUNK = 1 << 22  # bytes of plain CSV held at once
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
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
        first = stream.readline().removeprefix(_BYTE_ORDER_MARK)
        skipped = 0
        while first and not first.strip():
            first = stream.readline()
            skipped += 1
        if not first:
            raise InputError("the file is empty", where=name, hint="give a header line and a row for each answer")
        if kind == "jsonl" or (kind == "" and first.lstrip().startswith((b"{", b"["))):
            return _jsonl(name, first.decode(), io.TextIOWrapper(stream, encoding="utf-8", newline=""))
        return _csv(name, first, stream, skipped)
    except UnicodeDecodeError as error:
        raise not_text(name, error) from None


def _kind(path: str) -> str:
    lower = path.lower().removesuffix(".gz")
    if lower.endswith((".parquet", ".pq")):
        return "parquet"
    if lower.endswith((".jsonl", ".ndjson", ".json")):
        return "jsonl"
    return "csv" if lower.endswith((".csv", ".tsv", ".txt")) else ""


def _opened(path: str) -> Any:
    """The file's bytes."""
    if path == "-":
        return sys.stdin.buffer
    try:
        if os.path.isdir(path):
            raise InputError(f"{path} is a directory", hint="name a CSV, JSONL or Parquet file of outcomes")
        return gzip.open(path) if path.lower().endswith(".gz") else open(path, "rb")
    except FileNotFoundError:
        folder = os.path.dirname(path) or "."
        near = os.listdir(folder) if os.path.isdir(folder) else []
        hint = did_you_mean(os.path.basename(path), near) or "name a CSV, JSONL or Parquet file of outcomes"
        raise InputError(f"there is no file {path}", hint=hint) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(f"cannot read {path}: {reason.lower()}", hint="name a readable file") from None


def not_text(name: str, error: UnicodeDecodeError) -> InputError:
    """The error for a file that is not UTF-8."""
    return InputError(f"the file is not UTF-8 text: {error.reason}", where=name, hint="save it as UTF-8")


# ---- CSV --------------------------------------------------------------------------------------------


def _csv(name: str, first: bytes, stream: Any, skipped: int) -> Rows:
    csv.field_size_limit(_LONGEST_CELL)
    delimiter = max(",\t;", key=first.decode().count)
    if b'"' in first:
        lines = io.TextIOWrapper(stream, encoding="utf-8", newline="")
        reader = csv.reader(chain([first.decode()], lines), delimiter=delimiter)
        header = [cell.strip() for cell in next(reader)]
        blocks = _quoted_blocks(name, reader, len(header), skipped)
    else:
        header = [cell.strip() for cell in first.decode().rstrip("\r\n").split(delimiter)]
        blocks = _plain_blocks(name, stream, delimiter, len(header), skipped + 1)
    repeated = [cell for cell in dict.fromkeys(header) if cell and header.count(cell) > 1]
    if repeated:
        what = f"the column {shown(repeated[0])} stands twice in the header"
        raise InputError(what, where=f"{name}:{skipped + 1}", hint="name it once")
    return Rows(name, header, blocks)


def _plain_blocks(name: str, stream: Any, delimiter: str, width: int, line: int) -> Iterator[tuple[int, list[Any]]]:
    """Whole lines cut at their delimiters; from the first quote on, the csv module reads."""
    rest = b""
    while True:
        read = stream.read(_CHUNK)
        chunk = rest + read
        if not chunk:
            return
        if not read and not chunk.endswith(b"\n"):
            chunk += b"\n"
        if b"\r" in chunk:
            chunk = chunk.replace(b"\r\n", b"\n")
        if b'"' in chunk or b"\0" in chunk or b"\r" in chunk.removesuffix(b"\r"):
            whole = io.TextIOWrapper(io.BufferedReader(_Joined(chunk, stream)), encoding="utf-8", newline="")
            yield from _quoted_blocks(name, csv.reader(whole, delimiter=delimiter), width, line)
            return
        end = chunk.rfind(b"\n") + 1
        rest = chunk[end:]
        if not end:
            continue
        lines = chunk[:end]
        columns = cut(lines, delimiter.encode(), width)
        if columns is not None:
            yield line + 1, columns
        else:
            text = io.StringIO(_decoded(name, lines), newline="")
            yield from _quoted_blocks(name, csv.reader(text, delimiter=delimiter), width, line)
        line += lines.count(b"\n")


class _Joined(io.RawIOBase):
    """Bytes that were read already, and then the rest of the stream."""

    def __init__(self, head: bytes, tail: Any) -> None:
        self._head, self._tail = head, tail

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        part = self._head[: len(buffer)] or self._tail.read(len(buffer))
        self._head = self._head[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)


def _decoded(name: str, lines: bytes) -> str:
    try:
        return lines.decode()
    except UnicodeDecodeError as error:
        raise not_text(name, error) from None


def _quoted_blocks(name: str, reader: Any, width: int, before: int) -> Iterator[tuple[int, list[Any]]]:
    """Rows as the csv module reads them; `before` lines stand above its first."""
    while True:
        line = before + reader.line_num + 1
        try:
            rows = list(islice(reader, BLOCK))
        except csv.Error as error:
            place = f"{name}:{before + reader.line_num}"
            raise InputError(f"not CSV: {error}", where=place, hint="quote the cell") from None
        except UnicodeDecodeError as error:
            raise not_text(name, error) from None
        if not rows:
            return
        if {*map(len, rows)} != {width}:
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
            f"not JSON: {error.msg.lower()}",
            where=f"{name}:{number}:{error.colno}",
            hint="write one JSON object a line",
        ) from None
    except RecursionError:
        raise InputError("a line is nested too deep", where=f"{name}:{number}", hint="write flat objects") from None
    except UnicodeDecodeError as error:
        raise not_text(name, error) from None


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
        from pyarrow import parquet  # type: ignore[import-not-found, import-untyped, unused-ignore]
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
