"""Which files are read, and what each one is: told from its first bytes, never from its name."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from glob import glob
from typing import IO, Any, NamedTuple

from llmcost.errors import InputError, did_you_mean

_ENDINGS = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet", ".pq", ".log", ".txt")
_GZIP = b"\x1f\x8b"
_PARQUET = b"PAR1"
_ZSTD = b"\x28\xb5\x2f\xfd"
_LOOKED_AT = 20  # lines that tell JSONL from one JSON document


class LogFile(NamedTuple):
    """One file: where it lies, how it is called in messages, and what its bytes are.

    `kind` is `jsonl`, `json`, `csv`, `parquet` or `empty`; `size` is its bytes on the disk.
    """

    path: str
    name: str
    kind: str
    compressed: bool
    size: int
    named: bool

    def opened(self) -> IO[bytes]:
        """The file's bytes, unpacked."""
        return gzip.open(self.path) if self.compressed else open(self.path, "rb")  # type: ignore[return-value]


def log_files(paths: Sequence[str], *, base: str = "") -> Iterator[LogFile]:
    """The files that paths, globs, folders and `-` name, in a fixed order, each once. Raises InputError."""
    seen: set[str] = set()
    for written in paths:
        for path, named in _expanded(written, base):
            real = os.path.realpath(path)
            if real not in seen:
                seen.add(real)
                yield _looked_at(path, "<stdin>" if written == "-" else path, named=named)


def _expanded(written: str, base: str) -> list[tuple[str, bool]]:
    if written == "-":
        return [(_spooled(), True)]
    path = os.path.join(base, os.path.expanduser(written))
    if os.path.isdir(path):
        found = [
            os.path.join(folder, name)
            for folder, _, names in os.walk(path)
            for name in names
            if name.lower().removesuffix(".gz").endswith(_ENDINGS) and not name.startswith(".")
        ]
        if not found:
            raise InputError(f"no log lies in the folder {written}", hint=f"a log ends in {', '.join(_ENDINGS)}")
        return [(each, False) for each in sorted(found)]
    if os.path.exists(path):
        return [(path, True)]
    matches = sorted(each for each in glob(path, recursive=True) if os.path.isfile(each))
    if not matches:
        folder = os.path.dirname(path) or "."
        near = os.listdir(folder) if os.path.isdir(folder) else []
        hint = (
            did_you_mean(os.path.basename(path), near) or "name a log file, a folder of logs, or - for standard input"
        )
        raise InputError(f"there is no file {written}", hint=hint)
    return [(each, False) for each in matches]


def _spooled() -> str:
    """Standard input as a file, which can be read more than once; removed when the process ends."""
    import atexit

    descriptor, path = tempfile.mkstemp(prefix="llmcost-", suffix=".log")
    atexit.register(os.unlink, path)
    with open(descriptor, "wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file, 1 << 20)
    return path


def _looked_at(path: str, name: str, *, named: bool) -> LogFile:
    try:
        size = os.path.getsize(path)
        with open(path, "rb") as file:
            head = file.read(4)
        compressed = head.startswith(_GZIP)
        if head == _PARQUET:
            return LogFile(path, name, "parquet", False, size, named)
        if head == _ZSTD:
            raise InputError("a Zstandard file is not unpacked here", where=name, hint="unpack it: zstd -d FILE")
        found = LogFile(path, name, "jsonl", compressed, size, named)
        with found.opened() as stream:
            return found._replace(kind=_kind(stream))
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"cannot read {name}: {reason.lower()}", hint="name a readable file") from None


def _kind(stream: IO[bytes]) -> str:
    lines: list[bytes] = []
    for line in stream:
        line = line.removeprefix(b"\xef\xbb\xbf") if not lines else line
        if line.strip():
            lines.append(line)
        if len(lines) == _LOOKED_AT:
            break
    if not lines:
        return "empty"
    if lines[0].lstrip()[:1] not in b"{[":
        # A log may begin in the middle of a line; a table does not hold lines that are JSON objects.
        return "jsonl" if any(_is_document(line) for line in lines[1:]) else "csv"
    return "jsonl" if any(_is_document(line) for line in lines) else "json"


def _is_document(line: bytes) -> bool:
    if line.lstrip()[:1] not in b"{[":
        return False
    try:
        return isinstance(json.loads(line), dict | list)
    except (ValueError, RecursionError):
        return False


def as_text(stream: IO[bytes]) -> io.TextIOWrapper:
    """Lines of text; bytes that are no UTF-8 stay recognisable instead of stopping the file."""
    return io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")


def document_of(line: str) -> Any:
    """One line of JSONL. Raises ValueError."""
    try:
        return json.loads(line)
    except RecursionError:
        raise ValueError("nested too deeply") from None
