"""Reading with the standard library alone: any format, one line after the other.

With ids every kept call stays in memory until all files are read; without them memory stays flat.
"""

from __future__ import annotations

from collections.abc import Sequence

from llmcost.usage.convention import contradictory, undecided
from llmcost.usage.conversion import Contradiction, Conversion, Undecided
from llmcost.usage.coverage import Export
from llmcost.usage.cube import Cube
from llmcost.usage.documents import BadLine, documents
from llmcost.usage.lines import Lines
from llmcost.usage.reader import Reader
from llmcost.usage.reading import BY_STDLIB, FileRead, LogResult, Opened, Request, judged_whole
from llmcost.usage.record import Call, NotACall, Rejected

Kept = dict[str, Call]


class FileResult:
    """What one file gave: its cube of calls without ids, its calls by id, and its lines."""

    def __init__(self, found: Opened, request: Request) -> None:
        self.opened = found
        self.cube: Cube = request.new_cube()
        self.kept: Kept = {}
        self.lines = Lines(found.file.name)
        self.in_days = False  # single calls, whose times are dates alone


def read_file(found: Opened, request: Request) -> FileResult:
    """Every line of a file. Raises InputError for a file that contradicts itself.

    Where a line proves another convention than the format's documented one, the whole file is
    asked and read again.
    """
    try:
        return _read_once(found, request)
    except Contradiction as first:
        if first.question in found.ruling.proven or request.convention is not None:
            raise contradictory(first.question, found.file.name, first.line) from None
    settled = judged_whole(found, request)
    try:
        return _read_once(settled, request)
    except Undecided as line:
        raise undecided(line.question, found.file.name, line.line) from None
    except Contradiction as line:
        raise contradictory(line.question, found.file.name, line.line) from None


def _read_once(found: Opened, request: Request) -> FileResult:
    result = FileResult(found, request)
    lines, kept, cube = result.lines, result.kept, result.cube
    reader = found.fresh_reader()
    conversion = Conversion(
        found.ruling.convention,
        lines,
        text=found.file.kind == "csv",
        bucket=reader.grain == "bucket",
        model=request.model or "",
        stated=found.ruling.stated,
    )
    entry, call, add = reader.entry, conversion.call, cube.add
    simple = type(reader).records is Reader.records
    deduplicates = bool(reader.duplicates)
    export = Export(found.file.name) if reader.grain == "bucket" else None
    accepted = 0
    for number, document in documents(found.file, request.progress):
        if simple and type(document) is dict:
            records = (document,)
        elif type(document) is BadLine:
            lines.reject(document.reason, number)
            continue
        else:
            records = reader.records(document)  # type: ignore[assignment]
        for record in records:
            try:
                found_call = call(entry(record), number)
            except Rejected as why:
                lines.reject(why.reason, number, ordinary=isinstance(why, NotACall))
                continue
            if deduplicates and found_call.id is not None:
                if _keep(kept, found_call):
                    accepted += 1
                else:
                    lines.duplicate[reader.duplicates] += 1
            else:
                accepted += 1
                add(found_call)
                if export is not None:
                    export.add(found_call, reader.slot_end(record))
    reader.finish()
    lines.accepted += accepted
    if export is not None:
        export.settle()
        cube.exports.append(export)
    else:
        result.in_days = conversion.in_days is True
    return result


def _keep(kept: Kept, call: Call) -> bool:
    """Keep the better of two calls with one id; whether the id is new."""
    before = kept.get(call.id or "")
    if before is None:
        kept[call.id or ""] = call
        return True
    if call.precedence > before.precedence:
        kept[call.id or ""] = call
    return False


def read(files: Sequence[Opened], request: Request) -> LogResult:
    """All files together: a call with one id in two files of one format counts once."""
    cube, lines = request.new_cube(), Lines()
    kept: dict[str, Kept] = {}
    results = [read_file(each, request) for each in files]
    for result in results:
        reader = result.opened.reader(result.opened.options)
        mine = kept.setdefault(reader.name, {})
        for call in result.kept.values():
            if not _keep(mine, call):
                result.lines.accepted -= 1
                result.lines.duplicate[reader.duplicates] += 1
        if not result.in_days:
            result.kept.clear()
        lines.add(result.lines)
    for result in results:
        if result.in_days:
            mine = kept[result.opened.reader.name]
            for id_, call in result.kept.items():
                if mine.get(id_) is call:
                    result.cube.add(mine.pop(id_))
            result.cube.within_days()
        cube.merge(result.cube)
    for calls in kept.values():
        for call in calls.values():
            cube.add(call)
    return LogResult(
        BY_STDLIB, [described(each.opened, each.lines, each.cube.exports) for each in results], cube, lines, []
    )


def described(found: Opened, lines: Lines, exports: Sequence[Export] = ()) -> FileRead:
    """A file as the result lists it; `exports` holds its own where it is aggregated, or its times are dates alone."""
    grain = found.fresh_reader().grain
    slots = exports[0].described if exports else None
    return FileRead(found.file.name, found.reader.name, str(found.ruling), grain, lines.counts, slots=slots)
