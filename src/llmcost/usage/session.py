"""One reading of logs, whatever engine: Python readers fill the table of entries, the rule judges it, the cube adds it up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from llmcost.errors import InputError
from llmcost.usage.convention import contradictory, undecided
from llmcost.usage.coverage import Export, moment_of
from llmcost.usage.cube import Cube
from llmcost.usage.cube_sql import COLUMNS as CELLS
from llmcost.usage.cube_sql import Calls, add_cells, cube_query
from llmcost.usage.documents import BadLine, line_of, read_lines
from llmcost.usage.duckdb_queries import QueryFailed, fetched
from llmcost.usage.entries import COLUMNS, Row, Rows, batches, create, insert
from llmcost.usage.flat import Entries, NotFlat
from llmcost.usage.lines import Lines
from llmcost.usage.reader import Reader
from llmcost.usage.reading import BY_DUCKDB, FileRead, LogResult, Opened, Request, judged_whole
from llmcost.usage.record import Call, NotACall, Rejected
from llmcost.usage.rule import REPAIRS, call_columns, clean, judged

EXACT_BELOW_BYTES = 64 << 20  # the percentiles of more than that come from the size buckets
_BUCKET_ROW = ("model", "task", "at_us", "tier", "uncached_input", "cache_read", "cache_write_5m", "cache_write_1h")
_NOTED = ("file", "problem", "contradicts", *REPAIRS, "rest", "odd_cost", "repaired")


class Contradiction(Exception):
    """A line for which the file's convention does not hold: it answers the question otherwise, or leaves it open."""

    def __init__(self, file: int, verdict: str, line: int) -> None:
        super().__init__(verdict)
        self.file = file
        self.undecided = verdict.startswith("undecided ")
        self.question = verdict.removeprefix("undecided ")
        self.line = line

    def error(self, name: str) -> InputError:
        """What is said of it where nothing settles it."""
        return (undecided if self.undecided else contradictory)(self.question, name, self.line)


class Session:
    """One reading: its connection, its files, and what they have given so far."""

    engine = BY_DUCKDB

    def __init__(self, connection: Any, request: Request, *, line_by_line: bool = False) -> None:
        self.connection = connection
        self.request = request
        self.line_by_line = line_by_line
        self.files: list[Opened] = []
        self.lines: list[Lines] = []
        self.exports: dict[int, Export] = {}
        self.in_days: set[int] = set()
        self.notes: list[str] = []
        self.exact = True

    def close(self) -> None:
        for table in ("entries", "judged_rows", "suspects", "odd"):
            self.connection.execute(f"DROP TABLE IF EXISTS {table}")

    def read(self, files: Sequence[Opened]) -> LogResult:
        self.files = list(files)
        self.lines = [Lines(each.file.name) for each in files]
        # A row of Parquet is packed into about a tenth of what it takes in JSONL.
        size = sum(each.file.size * (10 if each.file.kind == "parquet" else 1) for each in files)
        self.exact = size <= EXACT_BELOW_BYTES
        cube = self.request.new_cube()
        for group in self._groups():
            cube.merge(self._settled(group))
            for number in group if self.request.progress is not None else ():
                self.request.progress(self.files[number].file.size)  # type: ignore[misc]
        everything = Lines()
        for each in self.lines:
            everything.add(each)
        found = [self._described(n) for n in range(len(files))]
        return LogResult(self.engine, found, cube, everything, self.notes)

    def _described(self, number: int) -> FileRead:
        """A file as the result lists it."""
        found, lines = self.files[number], self.lines[number]
        export = self.exports.get(number)
        slots = export.described if export is not None else None
        return FileRead(found.file.name, found.reader.name, str(found.ruling), found.grain, lines.counts, slots=slots)

    def _groups(self) -> Iterator[list[int]]:
        """What has to be read together: where an id counts once, all files of a format."""
        formats: dict[str, list[int]] = {}
        for number, each in enumerate(self.files):
            formats.setdefault(each.reader.name, []).append(number)
        for group in formats.values():
            if self._has_ids(group):
                yield group
            else:
                yield from ([number] for number in group)

    def _has_ids(self, group: Sequence[int]) -> bool:
        return bool(self.files[group[0]].fresh_reader().duplicates)

    # ---- the convention may be another than the first lines show

    def _settled(self, group: Sequence[int]) -> Cube:
        """The cube of some files. Where a line proves another convention than the first ones, all lines of its file are asked."""
        asked: set[int] = set()
        while True:
            self._begin(group)
            try:
                return self._read(group)
            except Contradiction as why:
                found = self.files[why.file]
                known = why.question in found.ruling.proven or self.request.convention is not None
                if why.file in asked or (known and not why.undecided):
                    raise why.error(found.file.name) from None
                asked.add(why.file)
                self.files[why.file] = judged_whole(found, self.request)

    def _begin(self, group: Sequence[int]) -> None:
        """Nothing is known yet of these files."""
        for number in group:
            self.lines[number] = Lines(self.files[number].file.name)
            self.exports.pop(number, None)
        self.in_days.difference_update(group)

    def _read(self, group: Sequence[int]) -> Cube:
        if not self.line_by_line:
            try:
                return self._flat(group)
            except NotFlat as why:
                if str(why):
                    self.notes.append(f"{self.files[group[0]].file.name}: read line by line: {why}")
                self._begin(group)
        return self._by_lines(group)

    def _flat(self, group: Sequence[int]) -> Cube:
        """Flat files by the engine's own readers. Raises NotFlat where they have to be read line by line."""
        raise NotImplementedError

    def _judged(self, number: int, entries: Entries) -> str:
        ruling = self.files[number].ruling
        return judged(
            entries.select, entries.has, ruling.convention, stated=ruling.stated, model=self.request.model or ""
        )

    # ---- everything else, by Python readers

    def _by_lines(self, group: Sequence[int]) -> Cube:
        cube = self.request.new_cube()
        create(self.connection)
        unique = self._has_ids(group)
        for batch in batches(self._rows_of_files(group)):
            insert(self.connection, batch)
            if not unique:
                self._count_entries(group, cube, unique=False)
                create(self.connection)
        if unique:
            self._count_entries(group, cube, unique=True)
        elif self.in_days.intersection(group):
            self.exports[group[0]] = cube.within_days()
        if self.files[group[0]].grain == "bucket":
            self.exports[group[0]].settle()
        return cube

    def _rows_of_files(self, group: Sequence[int]) -> Iterator[Row]:
        for number in group:
            reader = self.files[number].fresh_reader()
            rows = self._rows_of(number, reader)
            yield from self._all_rows(number, reader, rows)
            reader.finish()
            if rows.in_days and self.files[number].grain == "call":
                self.in_days.add(number)

    def _rows_of(self, number: int, reader: Reader) -> Rows:
        text = self.files[number].file.kind == "csv"
        bucket = reader.grain == "bucket"
        if bucket:
            self.exports[number] = Export(self.files[number].file.name)
        return Rows(number, self.lines[number], text=text, bucket=bucket, with_id=bool(reader.duplicates))

    def _all_rows(self, number: int, reader: Reader, rows: Rows) -> Iterator[Row]:
        file, lines = self.files[number].file, self.lines[number]
        for line, found, document in read_lines(file, reader.quick(), self.request.progress):
            if found is None:
                yield from self._rows_in(reader, rows, line, document)
            elif isinstance(found, NotACall):
                lines.reject(found.reason, line, ordinary=True)
            else:
                try:
                    yield rows.row(found, line)
                except Rejected as why:
                    lines.reject(why.reason, line)

    def _rows_of_documents(self, number: int, documents: Iterable[tuple[int, Any]], has_times: bool) -> Iterator[Row]:
        """The rows of some documents of a file. Raises NotFlat where only these have times, and they are dates alone."""
        reader = self.files[number].fresh_reader()
        rows = self._rows_of(number, reader)
        for line, document in documents:
            yield from self._rows_in(reader, rows, line, document)
        if rows.in_days and not has_times:
            raise NotFlat("its times are dates alone")

    def _rows_in(self, reader: Reader, rows: Rows, line: int, document: Any) -> Iterator[Row]:
        """The rows of one document; what is rejected is counted here."""
        if type(document) is BadLine:
            rows.lines.reject(document.reason, line)
            return
        for record in reader.records(document):
            try:
                entry = reader.entry(record)
                yield rows.row(entry, line, moment_of(reader.slot_end(record)) if rows.bucket else None)
            except Rejected as why:
                rows.lines.reject(why.reason, line, ordinary=isinstance(why, NotACall))

    # ---- the table, judged and added up

    def judge_entries(self, group: Sequence[int]) -> None:
        """Judge what the table holds of these files, into `judged_rows`; count what is wrong. Raises Contradiction."""
        rulings: dict[Any, list[int]] = {}
        for number in group:
            ruling = self.files[number].ruling
            rulings.setdefault((ruling.convention, ruling.stated), []).append(number)
        bucket = self.files[group[0]].grain == "bucket"
        parts = [
            judged(
                f"SELECT * FROM entries WHERE file IN ({', '.join(map(str, numbers))})",
                list(COLUMNS),
                convention,
                stated=stated,
                bucket=bucket,
                model=self.request.model or "",
            )
            for (convention, stated), numbers in rulings.items()
        ]
        self._run("CREATE OR REPLACE TEMP TABLE judged_rows AS " + "\nUNION ALL\n".join(parts))
        in_order = clean(list(COLUMNS)) + " AND repaired IS NULL"
        noted = ", ".join(_NOTED)
        rows = self._run(
            f"SELECT {noted}, COUNT(*), MIN(line), SUM(worked_out) FROM judged_rows WHERE NOT ({in_order}) GROUP BY ALL"
        )
        self._note([(row[0], dict(zip(_NOTED, row[:-3], strict=True)), *row[-3:]) for row in rows])

    def _count_entries(self, group: Sequence[int], cube: Cube, *, unique: bool) -> None:
        """What the table holds of these files, put into the cube. Raises Contradiction."""
        self.judge_entries(group)
        if self.files[group[0]].grain == "bucket":
            self._add_sums(group[0], cube)
            return
        columns = call_columns(list(COLUMNS))
        calls = Calls(f"SELECT TRUE AS good, {', '.join(columns)} FROM judged_rows WHERE problem IS NULL", columns)
        if not unique:
            self.lines[group[0]].accepted += self._add(cube, calls)[0]
            return
        self.settle_lines(group, self._run, "SELECT file, id FROM judged_rows WHERE problem IS NULL")
        if self.in_days.isdisjoint(group):
            self._add(cube, calls, unique=True)
        else:
            self._add_in_days(group, calls, cube)

    def settle_lines(self, group: Sequence[int], run: Callable[[str], Any], calls: str) -> None:
        """Accepted and duplicate lines of each file, of a SELECT of its calls; an id counts in the first file that has it."""
        first = dict(
            run(
                f"SELECT first, COUNT(*) FROM (SELECT MIN(file) AS first FROM (\n{calls}\n) AS c "
                "WHERE id IS NOT NULL GROUP BY id) AS f GROUP BY first"
            )
        )
        rule = self.files[group[0]].fresh_reader().duplicates
        for number, count, with_id in run(f"SELECT file, COUNT(*), COUNT(id) FROM (\n{calls}\n) AS c GROUP BY file"):
            again = with_id - first.get(number, 0) if rule else 0
            self.lines[number].accepted += count - again
            if again:
                self.lines[number].duplicate[rule] += again

    def _add_in_days(self, group: Sequence[int], calls: Calls, cube: Cube) -> None:
        """Of each file whose times are dates alone, the calls that are kept count by day."""
        order = Calls(calls.select.replace("TRUE AS good", "TRUE AS good, file"), (*calls.columns, "file"))
        for number in [*sorted(self.in_days.intersection(group)), None]:
            only = f"file = {number}" if number is not None else f"file NOT IN ({', '.join(map(str, self.in_days))})"
            own = self.request.new_cube()
            self._add(own, order, unique=True, only=only)
            if number is not None:
                self.exports[number] = own.within_days()
            cube.merge(own)

    def _add_sums(self, number: int, cube: Cube) -> None:
        """Rows that sum up many calls, one by one: there are few, and each says which time it is of."""
        listed = ", ".join((*_BUCKET_ROW, "output", "pico_usd", "calls", "above_tokens", "slot_end_us"))
        export = self.exports[number]
        for *own, output, pico, calls, above, end in self._run(
            f"SELECT {listed} FROM judged_rows WHERE problem IS NULL ORDER BY line"
        ):
            model, task, at, tier, *tokens = own
            uncached, read_, write_5m, write_1h = tokens
            call = Call(
                model or "",
                task or "",
                at,
                tier,
                uncached,
                read_,
                write_5m,
                write_1h,
                output,
                pico,
                None,
                0,
                calls,
                above,
            )
            cube.add(call)
            export.add(call, end)
            self.lines[number].accepted += 1
        if export not in cube.exports:
            cube.exports.append(export)

    def _note(self, rows: Iterable[tuple[int, dict[str, Any], int, int, int | None]]) -> None:
        """Count what was rejected and repaired. Raises Contradiction for the first line that is one."""
        found = list(rows)
        against = [(line, number, row["contradicts"]) for number, row, _, line, _ in found if row["contradicts"]]
        if against:
            line, number, verdict = min(against)
            raise Contradiction(number, verdict, line)
        for number, row, count, line, tokens in found:
            lines = self.lines[number]
            if row["problem"] is not None:
                lines.reject(row["problem"], line, count)
                continue
            reasons = [reason for name, reason in REPAIRS.items() if row[name]]
            reasons += [row["odd_cost"]] if row.get("odd_cost") else []
            if tokens is not None:
                reasons.append(row["rest"])
                lines.worked_out[row["rest"]] += int(tokens)
            reasons += row["repaired"].split("\n") if row.get("repaired") else []
            for reason in dict.fromkeys(reasons):
                lines.repair(reason, line, count)

    def _physical(self, number: int, line: int) -> int:
        """The line of a file of which DuckDB does not count the blank ones."""
        return line_of(self.files[number].file, line)

    # ---- running

    def _add(self, cube: Cube, calls: Calls, *, unique: bool = False, only: str = "") -> tuple[int, int]:
        """Calls added to the cube; numpy, which DuckDB hands over, is several times faster than rows. The lines that were good, and not."""
        exact = cube.replies is not None
        query = cube_query(
            calls, self.request.thresholds, self.request.step_seconds, exact=exact, unique=unique, only=only
        )
        found = self._run(query, "fetchnumpy")
        columns = [found[name].tolist() for name in CELLS]
        return add_cells(cube, columns)

    def _run(self, query: str, by: str = "fetchall") -> Any:
        """What a query gives. Raises NotFlat for a file that DuckDB does not read: a line beyond its limit, broken Parquet."""
        try:
            return fetched(self.connection, query, by)
        except QueryFailed as why:
            raise NotFlat(str(why)) from None


def good(entries: Entries) -> str:
    return f"COALESCE({clean(entries.has)}, FALSE)"


def noted_columns(entries: Entries) -> list[str]:
    """The columns of judged rows of a file that a note is made of."""
    own = {"problem", "contradicts", *REPAIRS} | ({"odd_cost"} if "usd" in entries.has else set())
    return [name for name in _NOTED if name in own]
