"""Reading logs into a cube: what is asked, what comes back, and how a file's format is settled."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import NamedTuple

from llmcost.errors import InputError
from llmcost.usage.convention import FURTHER_ON, NAMED, UNKNOWN, Convention, Evidence, Ruling, ruling_of
from llmcost.usage.conversion import Conversion
from llmcost.usage.coverage import Slots
from llmcost.usage.cube import Cube
from llmcost.usage.documents import BadLine, Progress, Sample, documents, sample_of
from llmcost.usage.lines import LineCounts, Lines
from llmcost.usage.logs import LogFile, NoRows, NotALog
from llmcost.usage.reader import FlatReader, Reader, ReaderOptions, reader_named, recognised
from llmcost.usage.record import Rejected

_OF_A_RESULT = frozenset(("priced_as", "recorded_cost"))  # in the header of what `usage -f csv` writes
BY_STDLIB, BY_DUCKDB, BY_SPARK, BY_WAREHOUSE = "stdlib", "duckdb", "spark", "warehouse"  # the engine of a LogResult


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
    """A file with its reader and the convention that its first documents show."""

    file: LogFile
    reader: type[Reader]
    options: ReaderOptions
    sample: Sample
    ruling: Ruling

    def fresh_reader(self) -> Reader:
        """A reader that has seen the sample and no record yet."""
        found = self.reader(self.options)
        found.begin([*self.sample.documents, *self.sample.further], self.sample.header)
        return found


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
    sample = sample_of(file)
    if sample.header is not None and not sample.documents and not any(documents(file)):
        raise NoRows("a header and no rows", where=file.name, hint="name a log with calls in it")
    if sample.header is not None and _OF_A_RESULT.issubset(sample.header):
        raise NotALog("a result of llmcost usage, no log", where=file.name, hint="name the log that it was made of")
    options = ReaderOptions(file.name, request.task_from, request.columns, request.model)
    if request.format_in is not None:
        reader = reader_named(request.format_in)
    elif request.columns:
        reader = reader_named("generic")
    else:
        reader = recognised(sample.documents, file.name)
    draft = Opened(file, reader, options, sample, Ruling(UNKNOWN, {}, {}))
    return draft._replace(ruling=_judged(draft, request, whole=False))


def judged_whole(found: Opened, request: Request) -> Opened:
    """The same after all lines were asked what they prove, because the first ones proved nothing or too little."""
    return found._replace(ruling=_judged(found, request, whole=True))


def _judged(found: Opened, request: Request, *, whole: bool) -> Ruling:
    reader = found.fresh_reader()
    text = found.file.kind == "csv"
    conversion = Conversion(UNKNOWN, Lines(), text=text)
    evidence = Evidence()
    looked_at = 0
    # A reader that keeps state must not be shown lines out of their order.
    further = found.sample.further if isinstance(reader, FlatReader) else []
    sample = chain(enumerate(found.sample.documents, 1), ((FURTHER_ON, each) for each in further))
    source = documents(found.file) if whole else sample
    for number, document in source:
        if isinstance(document, BadLine):
            continue
        for record in reader.records(document):
            looked_at += 1
            try:
                entry = reader.entry(record)
                counts = conversion.counts(entry, number)
            except Rejected:
                continue
            evidence.add(counts.proof, counts.cached, counts.reasoning, number)
    words = f"{looked_at:,} lines" if whole else f"{looked_at:,} lines looked at"
    return ruling_of(evidence, reader.convention, request.convention, found.file.name, words)
