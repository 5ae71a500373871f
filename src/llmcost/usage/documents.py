"""The documents of a log file one after the other, whatever holds them: JSONL, JSON, CSV or Parquet.

What cannot be read comes as a `BadLine` in its place, so that nothing is lost in silence.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Collection, Iterator
from glob import escape
from itertools import islice
from typing import IO, Any, NamedTuple

from llmcost.errors import InputError
from llmcost.usage.duckdb_queries import QueryFailed, connection, fetched
from llmcost.usage.growing_text import LONGEST_DOCUMENT, GrowingText
from llmcost.usage.json_text import BLANKS, document_of, is_blank, line_decoder
from llmcost.usage.logs import LONGEST_LINE, LogFile, NotALog, lines_of

NOT_JSON = "not JSON"
CUT_OFF = "cut-off last line"
DAMAGED = "damaged from here on"
TOO_LONG = "a line beyond 16 million characters"
UNCLOSED = "a quote that nothing closes"
_SAMPLE, _AT_LEAST, _SAMPLED_CHARACTERS = 500, 20, 1 << 17  # documents, and how long they are together
_PLACES, _AT_A_PLACE, _FURTHER_FROM = 16, 50, 1 << 20
_SEPARATOR = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
_LINE_ENDS = ("\n", "\r\n", "")
_CHUNK = 50_000  # rows of Parquet
_EVERY = 2048  # lines between two reports of progress

Progress = Callable[[int], None]


class BadLine(NamedTuple):
    """A line that is no document, and why."""

    reason: str


class Sample(NamedTuple):
    """The first documents of a file, some from further on in JSONL, and a table's header."""

    documents: list[dict[str, Any]]
    header: list[str] | None
    further: list[dict[str, Any]] = []


def sample_of(file: LogFile) -> Sample:
    """The first documents, which tell the format. Raises InputError."""
    if file.kind == "parquet":
        # A LIMIT would hold far more.
        names, rows = _fetched(file, f"{_parquet_query(file)} WHERE file_row_number < {_SAMPLE}")
        return Sample([dict(zip(names, row, strict=True)) for row in rows], names)
    found: list[dict[str, Any]] = []
    source = _jsonl(file, None, most=_SAMPLED_CHARACTERS) if file.kind == "jsonl" else documents(file)
    for _, document in islice(source, _SAMPLE):
        for each in document if isinstance(document, list) else [document]:
            if isinstance(each, dict) and len(found) < _SAMPLE:
                found.append(each)
    return Sample(found, _header(file), list(_further(file)))


def _further(file: LogFile) -> Iterator[dict[str, Any]]:
    """Documents from places all over a JSONL file: a field may appear for the first time far from its beginning."""
    if file.kind != "jsonl" or file.packed or file.encoding != "utf-8-sig" or file.size < _FURTHER_FROM:
        return
    with file.opened() as (stream, _):
        for place in range(1, _PLACES + 1):
            stream.seek(file.size * place // (_PLACES + 1))
            stream.readline()
            for line in islice(stream, _AT_A_PLACE):
                try:
                    document = document_of(line.decode())
                except ValueError:
                    continue
                if isinstance(document, dict):
                    yield document


def documents(file: LogFile, progress: Progress | None = None) -> Iterator[tuple[int, Any]]:
    """Each document with its line (a row of Parquet counts from 1). `progress` hears the bytes read."""
    if file.kind == "parquet":
        return _parquet(file, progress)
    if file.kind == "csv":
        return _csv(file, progress)
    if file.kind == "json":
        return _json(file, progress)
    return _jsonl(file, progress) if file.kind == "jsonl" else iter(())


def documents_at(file: LogFile, wanted: Collection[int]) -> Iterator[tuple[int, Any]]:
    """Those of `documents` that are the so-many-th of a file of lines or rows, without a look into the others."""
    if not wanted:
        return iter(())
    if file.kind == "jsonl":
        return _jsonl(file, None, wanted)
    return ((number, document) for number, document in documents(file) if number in wanted)


def _jsonl(
    file: LogFile,
    progress: Progress | None,
    wanted: Collection[int] | None = None,
    most: int | None = None,
) -> Iterator[tuple[int, Any]]:
    """`most`: no further than so many characters."""
    decode = line_decoder()
    number = blank = read = 0
    with file.opened() as (stream, raw):
        lines = lines_of(file.text(stream, newline="\n"))
        try:
            for number, line in enumerate(lines, 1):
                read += len(line)
                if most is not None and read > most and number > _AT_LEAST:
                    return
                if wanted is not None and number - blank not in wanted:
                    blank += is_blank(line)
                    continue
                try:
                    # Half of what json.loads does with a line is looking for blanks around the document.
                    document, end = decode(line)
                    if line[end:] not in _LINE_ENDS:
                        document = document_of(line)
                except (ValueError, RecursionError):
                    if is_blank(line):
                        blank += 1
                        continue
                    document = _second_look(line, lines)
                yield number, document
                if progress is not None and not number % _EVERY:
                    progress(raw.tell())
        except OSError:
            yield number + 1, BadLine(DAMAGED)
    if progress is not None:
        progress(file.size)


def line_of(file: LogFile, nth: int) -> int:
    """The line of a file of lines that is the so-many-th of those that are not blank; of Parquet a row is one."""
    if file.kind != "jsonl":
        return nth
    with file.opened() as (stream, _):
        seen = 0
        for number, line in enumerate(stream, 1):
            seen += not _is_blank_bytes(line)
            if seen == nth:
                return number
    return nth


def _is_blank_bytes(line: bytes) -> bool:
    return not line.strip(BLANKS.encode())


def read_lines(
    file: LogFile, quick: Callable[[bytes], Any] | None, progress: Progress | None
) -> Iterator[tuple[int, Any, Any]]:
    """Each line with what `quick` makes of it; where that is None, with its document."""
    if quick is None or file.kind != "jsonl" or file.encoding != "utf-8-sig":
        for number, document in documents(file, progress):
            yield number, None, document
        return
    number = 0
    with file.opened() as (stream, raw):
        try:
            while line := stream.readline(LONGEST_LINE):
                number += 1
                found = quick(line)
                if found is not None:
                    yield number, found, None
                elif not _is_blank_bytes(line):
                    text = line.decode("utf-8-sig" if number == 1 else "utf-8", "surrogateescape")
                    yield number, None, _document(text, line, stream)
                if progress is not None and not number % _EVERY:
                    progress(raw.tell())
        except OSError:
            yield number + 1, None, BadLine(DAMAGED)
    if progress is not None:
        progress(file.size)


def _document(text: str, line: bytes, stream: IO[bytes]) -> Any:
    """The document of a line, or why it is none; the rest of one that is too long is passed over."""
    if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
        while (rest := stream.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
            pass
        return BadLine(TOO_LONG)
    try:
        return document_of(text)
    except ValueError:
        return BadLine(NOT_JSON if text.endswith("\n") else CUT_OFF)


def _second_look(line: str, lines: Iterator[str]) -> Any:
    """The document of a line that is not plainly one, or why it is none; the rest of one that is too long is passed over."""
    if len(line) == LONGEST_LINE and not line.endswith("\n"):
        for rest in lines:
            if rest.endswith("\n"):
                break
        return BadLine(TOO_LONG)
    try:
        return document_of(line)
    except ValueError:
        return BadLine(NOT_JSON if line.endswith("\n") else CUT_OFF)


def _json(file: LogFile, progress: Progress | None) -> Iterator[tuple[int, Any]]:
    """One document over many lines, the elements of a list, or one document after another; no more than one is held.

    Of what breaks off, what stands before the break is given.
    """
    with file.opened() as (stream, raw):
        text = GrowingText(file.text(stream))
        listed, given = text.opens_list(), 0
        while text.skip_blanks():
            if listed and text.next == "]":
                return
            try:
                line, document = text.document()
            except ValueError as error:
                if text.held > LONGEST_DOCUMENT:
                    what, hint = "a JSON document beyond 48 million characters", "write a line each: jq -c '.[]' FILE"
                    raise NotALog(what, where=f"{file.name}:{text.line}", hint=hint) from None
                if listed or given:
                    yield text.line, BadLine(DAMAGED if text.damaged else CUT_OFF)
                    return
                raise NotALog(f"this is no JSON: {error}", where=file.name, hint="export it again") from None
            given += 1
            yield line, document
            if progress is not None:
                progress(raw.tell())
        if listed or (text.damaged and given):
            yield text.line, BadLine(DAMAGED if text.damaged else CUT_OFF)


def _header(file: LogFile) -> list[str] | None:
    if file.kind == "csv":
        with file.opened() as (stream, _):
            return _Table(file, stream).header
    return None


class _Table:
    """The rows of a CSV file, each with the number of the line that it begins on.

    A row over several lines that is no strict CSV, or of another width than the header while one of its
    lines is a row by itself, has a quote that nothing closes: then only its first line is no row, and the
    others are read for themselves.
    """

    def __init__(self, file: LogFile, stream: IO[bytes]) -> None:
        csv.field_size_limit(LONGEST_LINE)
        self._lines = lines_of(file.text(stream))
        self._given_back: list[str] = []
        self._taken: list[str] = []
        self._too_long = False
        self.number = 0
        first = next((line for line in iter(self._line, "") if line.strip()), "")
        said = _SEPARATOR.fullmatch(first.strip("\r\n"))
        if said is not None:  # as Excel writes and reads it
            first = next((line for line in iter(self._line, "") if line.strip()), "")
        self._delimiter = max(",\t;|", key=first.count) if said is None else said[1]
        self.header = [cell.strip() for cell in next(csv.reader([first], delimiter=self._delimiter), [])]

    def _line(self) -> str:
        line = self._given_back.pop() if self._given_back else next(self._lines, "")
        if len(line) == LONGEST_LINE and not line.endswith("\n"):
            self._too_long = True
            line = next((rest for rest in self._lines if rest.endswith("\n")), "\n")[-1]
        self._taken.append(line)
        self.number += 1
        return line

    def rows(self) -> Iterator[tuple[int, list[str] | BadLine]]:
        """Raises OSError where the file cannot be read to its end."""
        reader = csv.reader(iter(self._line, ""), delimiter=self._delimiter)
        while True:
            self._taken.clear()
            first = self.number + 1
            row: list[str] | BadLine
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                row = BadLine(f"not CSV: {error}")
            if self._too_long:
                row, self._too_long = BadLine(TOO_LONG), False
                reader = csv.reader(iter(self._line, ""), delimiter=self._delimiter)
            elif len(self._taken) > 1 and not self._strict(row):
                row = BadLine(UNCLOSED)
                self._given_back += [line for line in reversed(self._taken[1:]) if line]
                self.number = first
                reader = csv.reader(iter(self._line, ""), delimiter=self._delimiter)
            yield first, row

    def _strict(self, row: list[str] | BadLine) -> bool:
        try:
            again = next(csv.reader(self._taken, delimiter=self._delimiter, strict=True), None)
        except csv.Error:
            return False
        widths = (len(next(csv.reader([line], delimiter=self._delimiter), [])) for line in self._taken[1:])
        return again == row and (len(again) == len(self.header) or len(self.header) not in widths)


def _csv(file: LogFile, progress: Progress | None) -> Iterator[tuple[int, Any]]:
    with file.opened() as (stream, raw):
        table = _Table(file, stream)
        header = table.header
        repeated = [name for name in dict.fromkeys(header) if name and header.count(name) > 1]
        if repeated:
            raise InputError(
                f"the column {repeated[0]!r} stands twice in the header", where=f"{file.name}:1", hint="name it once"
            )
        width, number = len(header), 0
        last: tuple[int, Any] | None = None
        try:
            for number, row in table.rows():
                if last is not None:
                    yield last
                last = None
                if isinstance(row, BadLine):
                    last = (number, row)
                elif len(row) == width:
                    last = (number, dict(zip(header, row, strict=True)))
                elif row:
                    last = (number, BadLine("too few cells" if len(row) < width else "too many cells"))
                if progress is not None and not number % _EVERY:
                    progress(raw.tell())
        except OSError:
            if last is not None:
                yield last
            last = (number + 1, BadLine(DAMAGED))
        if last is not None:
            cut = isinstance(last[1], BadLine) and last[1].reason == "too few cells"
            yield (last[0], BadLine(CUT_OFF)) if cut else last
    if progress is not None:
        progress(file.size)


def _parquet(file: LogFile, progress: Progress | None) -> Iterator[tuple[int, Any]]:
    query = _parquet_query(file)
    ((rows,),) = _fetched(file, f"SELECT COUNT(*) FROM ({query})")[1]
    number = 0
    # A chunk at a time: DuckDB would hold the whole result.
    for start in range(0, rows, _CHUNK):
        chunk = f"{query} WHERE file_row_number >= {start} AND file_row_number < {start + _CHUNK}"
        names, found = _fetched(file, chunk if rows > _CHUNK else query)
        for row in found:
            number += 1
            yield number, dict(zip(names, row, strict=True))
        if progress is not None:
            progress(file.size * number // rows)


def _parquet_query(file: LogFile) -> str:
    """The query of all rows. Raises NotALog."""
    source = "read_parquet('" + escape(file.path).replace("'", "''") + "', file_row_number = true)"
    columns = _fetched(file, f"DESCRIBE SELECT * FROM {source}")[1]
    cast = {name.replace('"', '""'): to for name, kind, *_ in columns if (to := _as_python(kind))}
    replaced = ", ".join(f'CAST("{name}" AS {to}) AS "{name}"' for name, to in cast.items())
    return f"SELECT * EXCLUDE (file_row_number){f' REPLACE ({replaced})' if cast else ''} FROM {source}"


def _as_python(kind: str) -> str | None:
    """What a column is cast to before it becomes Python objects; None where it is not."""
    if kind == "TIMESTAMP WITH TIME ZONE":
        return "VARCHAR"  # as an object it would need another package
    return "DOUBLE" if kind.startswith("DECIMAL") else None


def _fetched(file: LogFile, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The names and the rows that a query gives. Raises NotALog for a file that is no whole Parquet."""
    own = connection()
    try:
        rows = fetched(own, query)
    except QueryFailed as error:
        reason = str(error).replace(file.path, file.name)
        raise NotALog(f"this is no Parquet: {reason}", where=file.name, hint="export it again") from None
    return [each[0] for each in own.description], rows
