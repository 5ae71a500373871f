"""Which files are read, and what each one is: told from its first bytes, never from its name."""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from glob import glob
from importlib import import_module
from typing import IO, Any, NamedTuple

from llmcost.errors import InputError, did_you_mean
from llmcost.usage.json_text import document_of

LONGEST_LINE = 1 << 24  # characters; a line without an end must not fill the memory
_PARQUET = b"PAR1"
# The first bytes of what is packed, and the module of the standard library that unpacks it (of Zstandard since 3.14).
_PACKED = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\xfd7zXZ\x00": "lzma", b"\x28\xb5\x2f\xfd": "compression.zstd"}
_ZIP = b"PK\x03\x04"
_LOOKED_AT = 20  # lines that tell JSONL from one JSON document
_HEAD = 1 << 16  # bytes that tell text from what is none


class NotALog(InputError):
    """A file that holds no calls of a known format: an error where it was named, a remark where a folder has it."""


class NoRows(NotALog):
    """A log without a single line in it."""


class LogFile(NamedTuple):
    """One file: where it lies, how it is called in messages, and what its bytes are.

    `kind` is `jsonl`, `json`, `csv`, `parquet`, or `unread` with a `note` that says why; `packed` is the
    module that unpacks it ("": it is not packed), and `size` is its bytes on the disk. `named` says that
    the user has named this very file.
    """

    path: str
    name: str
    kind: str
    size: int = 0
    named: bool = False
    packed: str = ""
    encoding: str = "utf-8-sig"
    note: str = ""

    @contextmanager
    def opened(self) -> Iterator[tuple[io.BufferedReader, io.BufferedReader]]:
        """The file's bytes, unpacked, and those on the disk, which tell how far it is read.

        Reading raises OSError where a packed file is damaged.
        """
        with open(self.path, "rb") as raw:
            if not self.packed:
                yield raw, raw
                return
            with import_module(self.packed).open(raw) as unpacked:
                yield io.BufferedReader(_Unpacked(unpacked), _HEAD), raw

    def whole(self) -> bool:
        """Whether a packed file can be unpacked to its end, and its checksum holds."""
        try:
            with self.opened() as (stream, _):
                while stream.read(_HEAD):
                    pass
        except OSError:
            return False
        return True

    def text(self, stream: IO[bytes], *, newline: str = "") -> io.TextIOWrapper:
        """Its lines of text; bytes that are no UTF-8 stay recognisable instead of stopping the file."""
        errors = "surrogateescape" if self.encoding == "utf-8-sig" else "replace"
        return io.TextIOWrapper(stream, encoding=self.encoding, errors=errors, newline=newline)


class _Unpacked(io.RawIOBase):
    """What a packed file holds. Damage is an OSError, where each of the modules has errors of its own."""

    def __init__(self, unpacked: Any) -> None:
        self._unpacked = unpacked

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            # One step of unpacking at a time: what stands before the damage has been given out when it is met.
            found = self._unpacked.read1(len(buffer))
        except Exception as error:
            raise OSError(str(error)) from None
        buffer[: len(found)] = found
        return len(found)


def lines_of(text: io.TextIOWrapper) -> Iterator[str]:
    """Line after line, none of them longer than LONGEST_LINE: what is longer comes in pieces."""
    return iter(partial(text.readline, LONGEST_LINE), "")


def log_files(paths: Sequence[str], *, base: str = "") -> Iterator[LogFile]:
    """The files that paths, globs, folders and `-` name, in a fixed order, each once. Raises InputError."""
    seen: set[str] = set()
    for written in paths:
        for file in _expanded(written, base):
            real = os.path.realpath(file.path)
            if real not in seen:
                seen.add(real)
                yield file


def _expanded(written: str, base: str) -> Iterator[LogFile]:
    if written == "-":
        yield log_file(_spooled(sys.stdin.buffer, "standard input"), "<stdin>", named=True)
        return
    path = os.path.join(base, os.path.expanduser(written))
    if os.path.isdir(path):
        found = sorted(_in_folder(path))
        if not found:
            raise InputError(f"no log lies in the folder {written}", hint="name a log file, or a folder of logs")
        for each, note in found:
            yield LogFile(each, each, "unread", note=note) if note else log_file(each)
        return
    if os.path.exists(path):
        yield log_file(path, named=True)
        return
    matches = sorted(each for each in glob(path, recursive=True) if not os.path.isdir(each))
    if not matches:
        folder = os.path.dirname(path) or "."
        near = os.listdir(folder) if os.path.isdir(folder) else []
        hint = (
            did_you_mean(os.path.basename(path), near) or "name a log file, a folder of logs, or - for standard input"
        )
        raise InputError(f"there is no file {written}", hint=hint)
    yield from map(log_file, matches)


def _in_folder(path: str) -> Iterator[tuple[str, str]]:
    """Every file below a folder, with a note where it is not looked into."""
    closed: list[OSError] = []
    for folder, folders, names in os.walk(path, onerror=closed.append):
        for name in [*folders, *names]:
            each = os.path.join(folder, name)
            if name.startswith("."):
                yield each, "hidden"
            elif name in names:
                yield each, ""
            elif os.path.islink(each):
                yield each, "a link to a folder"
        folders[:] = [name for name in folders if not name.startswith(".")]
    for error in closed:
        yield str(error.filename), _reason(error)


def _spooled(stream: IO[bytes], name: str) -> str:
    """What can be read only once, as a file. Raises InputError."""
    from llmcost.usage.spool import spooled

    first = stream.read(1 << 20)
    if first and not first.strip(b"\0"):
        raise NotALog("no text", where=name, hint="give it a log: JSONL, JSON, CSV or Parquet")
    return spooled(stream, name, first)


def log_file(path: str, name: str = "", *, named: bool = False) -> LogFile:
    """What one file is. Raises NotALog where the user has named a file that is nothing to read."""
    file = LogFile(path, name or path, "unread", named=named)
    try:
        file = _looked_at(file)
    except OSError as error:
        if named:
            raise InputError(f"cannot read {file.name}: {_reason(error)}", hint="name a readable file") from None
        return file._replace(note=_reason(error))
    except NotALog as why:
        if named:
            raise
        return file._replace(note=why.what)
    return file


def _looked_at(file: LogFile) -> LogFile:
    status = os.stat(file.path)
    if stat.S_ISFIFO(status.st_mode) and file.named:  # `<(zcat …)` of a shell
        with open(file.path, "rb") as pipe:
            return _looked_at(file._replace(path=_spooled(pipe, file.name)))
    if not stat.S_ISREG(status.st_mode):
        raise NotALog("no regular file", where=file.name, hint="name a log file, or - for standard input")
    with open(file.path, "rb") as raw:
        head = raw.read(8)
    file = file._replace(size=status.st_size)
    if head.startswith(_PARQUET):
        return file._replace(kind="parquet")
    if head.startswith(_ZIP):
        raise NotALog("a ZIP archive is not unpacked here", where=file.name, hint="unpack it: unzip FILE")
    packed = next((module for first, module in _PACKED.items() if head.startswith(first)), "")
    try:
        import_module(packed or "io")
    except ImportError:
        what, how = ("Zstandard", "zstd -d FILE") if "zstd" in packed else (packed, f"{packed} -d FILE")
        raise NotALog(f"this Python does not unpack {what}", where=file.name, hint=f"unpack it: {how}") from None
    file = file._replace(packed=packed)
    with file.opened() as (stream, _):
        head = stream.read1(_HEAD)
    if head and not head.strip(b"\0"):
        raise NotALog("no text", where=file.name, hint="name a log: JSONL, JSON, CSV or Parquet")
    file = file._replace(encoding=_encoding(head))
    kind = _kind(file)
    if kind == "csv" and file.encoding == "utf-8-sig" and b"\0" in head:
        raise NotALog("no text", where=file.name, hint="name a log: JSONL, JSON, CSV or Parquet")
    if kind == "jsonl" and b"\r" in head and b"\n" not in head:
        raise NotALog("its lines end in CR alone", where=file.name, hint="end them in LF: tr '\\r' '\\n' < FILE")
    return file._replace(kind=kind, note="empty" if kind == "unread" else "")


def _encoding(head: bytes) -> str:
    """UTF-8, or UTF-16 as PowerShell's `>` writes it, with its mark or told by every other byte being 0."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    pairs = head[: min(len(head), 64) & ~1]
    if pairs and not pairs[1::2].strip(b"\0") and all(pairs[::2]):
        return "utf-16-le"
    if pairs and not pairs[::2].strip(b"\0") and all(pairs[1::2]):
        return "utf-16-be"
    return "utf-8-sig"


def _kind(file: LogFile) -> str:
    lines: list[str] = []
    with file.opened() as (stream, _):
        try:
            for line in lines_of(file.text(stream)):
                if line.strip():
                    lines.append(line)
                if len(lines) == _LOOKED_AT or sum(map(len, lines)) >= LONGEST_LINE:
                    break
        except OSError:
            if not lines:
                raise
    if not lines:
        return "unread"
    if lines[0].lstrip()[:1] not in ("{", "["):
        # A log may begin in the middle of a line; a table does not hold lines that are JSON objects.
        return "jsonl" if any(map(_is_document, lines[1:])) else "csv"
    return "jsonl" if any(map(_is_document, lines)) else "json"


def _is_document(line: str) -> bool:
    if line.lstrip()[:1] not in ("{", "["):
        return False
    try:
        return isinstance(document_of(line), dict | list)
    except ValueError:
        return False


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
