"""Reading logs into a cube: what is asked, what comes back, and how a file's format is settled."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

from llmcost.errors import InputError
from llmcost.usage.convention import FURTHER_ON, NAMED, UNKNOWN, Convention, Evidence, Ruling, ruling_of
from llmcost.usage.coverage import Slots, in_days
from llmcost.usage.cube import Cube
from llmcost.usage.documents import BadLine, Progress, Sample, documents, sample_of
from llmcost.usage.duckdb_queries import connection
from llmcost.usage.entries import COLUMNS, Row, Rows, batches, create, insert
from llmcost.usage.lines import LineCounts, Lines
from llmcost.usage.logs import LogFile, NoRows, NotALog
from llmcost.usage.reader import FlatReader, Reader, ReaderOptions, first_of, reader_named, recognised
from llmcost.usage.record import Rejected
from llmcost.usage.rule import judged

_OF_A_RESULT = frozenset(("priced_as", "recorded_cost"))  # in the header of what `usage -f csv` writes
BY_DUCKDB, BY_SPARK, BY_WAREHOUSE = "duckdb", "spark", "warehouse"  # the engine of a LogResult


class Request(NamedTuple):
    """How logs are to be read. `thresholds` are the catalog's long-context ones, `step_seconds` the slot of time."""

    thresholds: tuple[int, ...] = ()
    step_seconds: int = 3600
    format_in: str | None = None
    convention: Convention | None = None
    task_from: str | None = None
    columns: Mapping[str, str] = {}
    model: str | None = None
    progress: Progress | None = None

    def new_cube(self, *, exact: bool = True) -> Cube:
        """An empty cube."""
        return Cube(self.thresholds, self.step_seconds, exact=exact)


class Opened(NamedTuple):
    """A file with its reader and the convention that its first documents show.

    `begun` is a reader that has seen the sample; of a flat format the sample stays, which tells SQL what the rows hold.
    `in_days`: all times of the sample are dates alone. `rows` are those of the `looked_at` records of the sample.
    """

    file: LogFile
    begun: Reader
    sample: Sample
    ruling: Ruling
    in_days: bool = False
    rows: tuple[Row, ...] = ()
    looked_at: int = 0

    @property
    def reader(self) -> type[Reader]:
        """The format."""
        return type(self.begun)

    @property
    def grain(self) -> str:
        """Whether a record is a `call` or a `bucket` of many."""
        return self.begun.grain

    def fresh_reader(self) -> Reader:
        """A reader that has seen the sample and no record yet."""
        return copy.deepcopy(self.begun)


class FileRead(NamedTuple):
    """What one file was: its format, the convention with its proof, its lines; format None: not read.

    `slots` is the time that an aggregated export sums up by, and days where all times are dates alone.
    """

    path: str
    format: str | None
    convention: str | None
    grain: str | None
    lines: LineCounts
    note: str = ""
    slots: Slots | None = None


class LogResult(NamedTuple):
    """Everything that was read: the files, the cube, all lines together, what should be said, and files of equal content."""

    engine: str
    files: list[FileRead]
    cube: Cube
    lines: Lines
    notes: list[str]
    equal_files: list[list[str]] = []


def convention_named(written: str | None) -> Convention | None:
    """The convention that `--convention` states. Raises InputError."""
    if written is None:
        return None
    if written not in NAMED:
        raise InputError(
            f"unknown convention {written!r}", where="--convention", hint=f"type one of: {' | '.join(NAMED)}"
        )
    return NAMED[written]


def opened(file: LogFile, request: Request) -> Opened:
    """The file's reader and convention. Raises InputError where no format is recognised or it contradicts itself."""
    return opened_all([file], request)[0]


def opened_all(files: Sequence[LogFile], request: Request) -> list[Opened]:
    """The same of several files, which are asked together what they prove."""
    drafts = [draft(file, request) for file in files]
    return ruled(drafts, request)


def draft(file: LogFile, request: Request) -> Opened:
    """A file with its reader, before its lines were asked what they prove. Raises InputError."""
    sample = sample_of(file)
    if sample.header is not None and not sample.documents and not any(documents(file)):
        raise NoRows("a header and no rows", where=file.name, hint="name a log with calls in it")
    if sample.header is not None and _OF_A_RESULT.issubset(sample.header):
        raise NotALog("a result of llmcost usage, no log", where=file.name, hint="name the log that it was made of")
    options = ReaderOptions(file.name, request.task_from, request.columns, request.model)
    if request.format_in is not None:
        kind = reader_named(request.format_in)
    elif request.columns:
        kind = reader_named("generic")
    else:
        kind = recognised(sample.documents, file.name)
    reader = kind(options)
    reader.begin([*sample.documents, *sample.further], sample.header)
    days = False
    if isinstance(reader, FlatReader):
        places = reader.places().get("at", ())
        days = in_days(first_of(each, *places) for each in (*sample.documents, *sample.further))
    found = Opened(file, reader, sample, Ruling(UNKNOWN, {}, {}), days)
    counted = _Counted(found)
    # A reader that keeps state must not be shown lines out of their order.
    further = sample.further if isinstance(reader, FlatReader) else []
    rows = tuple(counted.rows(chain(enumerate(sample.documents, 1), ((_FURTHER, each) for each in further))))
    # Of many files the documents of all samples would be most of what is held.
    kept = sample if isinstance(reader, FlatReader) and file.kind == "jsonl" else Sample([], sample.header)
    return found._replace(sample=kept, rows=rows, looked_at=counted.looked_at)


def ruled(drafts: Sequence[Opened], request: Request) -> list[Opened]:
    """The drafts with the convention that their samples show. Raises InputError."""
    create(connection())
    for batch in batches((number, *row[1:]) for number, each in enumerate(drafts) for row in each.rows):
        insert(connection(), batch)
    return [
        each._replace(
            rows=(),
            ruling=ruling_of(
                evidence,
                each.begun.convention,
                request.convention,
                each.file.name,
                f"{each.looked_at:,} lines looked at",
            ),
        )
        for each, evidence in zip(drafts, _evidence(len(drafts)), strict=True)
    ]


def judged_whole(found: Opened, request: Request) -> Opened:
    """The same after all lines were asked what they prove, because the first ones proved nothing or too little."""
    counted = _Counted(found)
    evidence = Evidence()
    for batch in batches(counted.rows(documents(found.file))):
        create(connection())
        insert(connection(), batch)
        evidence.merge(_evidence(1)[0])
    ruling = ruling_of(
        evidence, found.begun.convention, request.convention, found.file.name, f"{counted.looked_at:,} lines"
    )
    return found._replace(ruling=ruling)


_FURTHER = 1 << 62  # the line of a document from further on, while the first lines are told apart from it


class _Counted:
    """Makes rows of documents and counts how many records these have."""

    def __init__(self, found: Opened) -> None:
        self._reader = found.fresh_reader()
        bucket = self._reader.grain == "bucket"
        self._rows = Rows(0, Lines(), text=found.file.kind == "csv", bucket=bucket, with_id=False)
        self.looked_at = 0

    def rows(self, source: Any) -> Iterator[Row]:
        """The rows of what can be read."""
        for number, document in source:
            if isinstance(document, BadLine):
                continue
            for record in self._reader.records(document):
                self.looked_at += 1
                try:
                    yield self._rows.row(self._reader.entry(record), number)
                except Rejected:
                    continue


def _evidence(files: int) -> list[Evidence]:
    """What the entries in the table prove, file by file."""
    found = [Evidence() for _ in range(files)]
    rows = (
        connection()
        .execute(
            "SELECT file, cache_proof, reasoning_proof, COUNT(*), MIN(line), SUM(CASE WHEN cached > 0 THEN 1 ELSE 0 END), "
            "SUM(CASE WHEN reasoning > 0 THEN 1 ELSE 0 END) FROM (\n"
            + judged("SELECT * FROM entries", list(COLUMNS), UNKNOWN)
            + "\n) AS j WHERE problem IS NULL GROUP BY ALL ORDER BY MIN(line)"
        )
        .fetchall()
    )
    for file, cache, reasoning, lines, line, cached, reasoned in rows:
        first = FURTHER_ON if line == _FURTHER else line
        found[file].add({"cache": cache, "reasoning": reasoning}, lines, first)
        found[file].concerned["cache"] += int(cached)
        found[file].concerned["reasoning"] += int(reasoned)
    return found
