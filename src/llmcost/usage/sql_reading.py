"""What every engine of SQL does around its queries: files by format, and what SQL leaves is read by Python.

SQL counts the lines that are plainly good. What is left, and only that, is read again by the format's Python
reader, which repairs it or says why it is not counted; so every engine counts the same. Formats that are not
flat, and files that SQL would mistake, are read by the standard library altogether.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from llmcost.usage import standard
from llmcost.usage.alike import Alike
from llmcost.usage.conversion import Contradiction, Conversion
from llmcost.usage.cube import Cube
from llmcost.usage.cube_sql import Calls
from llmcost.usage.documents import BadLine
from llmcost.usage.json_text import from_text
from llmcost.usage.lines import Lines
from llmcost.usage.projection import NotFlat
from llmcost.usage.reading import BY_STDLIB, FileRead, LogResult, Opened, Request
from llmcost.usage.record import Call, NotACall, Rejected


class Plan(NamedTuple):
    """How SQL reads one file: the projection of its columns, and what is taken for granted of all lines."""

    found: Opened
    calls: Calls
    common: Alike | None = None


def has_ids(group: Sequence[Opened]) -> bool:
    """Whether the format of these files counts one id once."""
    return bool(group[0].fresh_reader().duplicates)


def read_by_sql(
    engine: str,
    files: Sequence[Opened],
    request: Request,
    counted: Callable[[Sequence[Opened], Cube], list[Lines]],
    *,
    exact: bool,
    apart: bool,
) -> LogResult:
    """All files together, as `standard.read` reads them, `apart` one by one where no id joins them.

    `counted` counts some files of one format into the cube and gives the lines of each. Where it raises NotFlat,
    before anything of them is in the cube, the standard library reads them all; where it does for every file, it is
    the engine of the reading.
    """
    cube, lines = request.new_cube(exact=exact), Lines()
    described: dict[str, FileRead] = {}
    notes: list[str] = []
    read_with = BY_STDLIB
    for group in _groups(files, apart):
        try:
            found = counted(group, cube)
        except NotFlat as why:
            if str(why):
                notes.append(f"{group[0].file.name}: read line by line by the standard library: {why}")
            reading = standard.read(group, request)
            cube.merge(reading.cube)
            lines.add(reading.lines)
            described |= {each.path: each for each in reading.files}
            continue
        read_with = engine
        for each, own in zip(group, found, strict=True):
            lines.add(own)
            described[each.file.name] = standard.described(each, own)
    return LogResult(read_with, [described[each.file.name] for each in files], cube, lines, notes)


def _groups(files: Iterable[Opened], apart: bool) -> Iterator[list[Opened]]:
    """What has to be read in one way: where an id counts once, all files of a format."""
    formats: dict[str, list[Opened]] = {}
    for each in files:
        formats.setdefault(each.reader.name, []).append(each)
    for group in formats.values():
        if apart and not has_ids(group):
            yield from ([each] for each in group)
        else:
            yield group


def asked_again(plan: Plan, documents: Iterable[tuple[int, Any]], lines: Lines, request: Request) -> Iterator[Call]:
    """The calls of these documents, which SQL did not find plainly good, as the Python reader takes them.

    Raises NotFlat for a line that shows another convention than the file's, and for times that are dates alone.
    """
    ruling, reader = plan.found.ruling, plan.found.fresh_reader()
    conversion = Conversion(ruling.convention, lines, model=request.model or "", stated=ruling.stated)
    try:
        for number, document in documents:
            if isinstance(document, BadLine):
                lines.reject(document.reason, number)
                continue
            for record in reader.records(document):
                try:
                    yield conversion.call(reader.entry(record), number)
                except Rejected as why:
                    lines.reject(why.reason, number, ordinary=isinstance(why, NotACall))
    except Contradiction as line:
        raise NotFlat(f"{lines.place(line.line)} shows another convention") from None
    if conversion.in_days and "at_us" not in plan.calls.columns:
        raise NotFlat("its times are dates alone")
    reader.finish()


def check_tasks(tasks: Iterable[str]) -> None:
    """SQL sees the text of a task alone, and it may be an object in the log. Raises NotFlat."""
    for task in set(tasks):
        if type(from_text(task)) is not str:
            raise NotFlat(f"a task is {task[:40]}")
