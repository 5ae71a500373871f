"""Reading with DuckDB: files fill the table of entries, one SQL judges it (`rule.py`), and one makes the cube (`cube_sql.py`).

A flat file whose rows are all in order never becomes a table: DuckDB reads, judges and adds it up in one scan. What
such a scan does not find plain, and every format that is not flat, comes through the format's Python reader, in
batches. Where a format has ids, the entries of all its files stay in the table, which spills to the disk, until the
duplicates among them are settled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from glob import escape
from typing import Any

from llmcost.errors import InputError
from llmcost.usage.convention import contradictory, undecided
from llmcost.usage.coverage import Export, moment_of
from llmcost.usage.cube import Cube
from llmcost.usage.cube_sql import COLUMNS as CELLS
from llmcost.usage.cube_sql import Calls, add_cells, cube_query
from llmcost.usage.documents import BadLine, documents_at, line_of, read_lines
from llmcost.usage.duckdb_queries import QueryFailed, connected, fetched
from llmcost.usage.entries import COLUMNS, Row, Rows, batches, create, insert
from llmcost.usage.flat import DUCKDB, Entries, NotFlat, entries_of_json, entries_of_parquet, flat_reader, json_columns
from llmcost.usage.lines import Lines
from llmcost.usage.reader import FlatReader, Reader
from llmcost.usage.reading import BY_DUCKDB, FileRead, LogResult, Opened, Request, judged_whole
from llmcost.usage.record import Call, NotACall, Rejected
from llmcost.usage.rule import REPAIRS, call_columns, clean, judged, literal

EXACT_BELOW_BYTES = 64 << 20  # the percentiles of more than that come from the size buckets
_MOST_ODD = 100_000  # lines that are read again one by one; of more, all are
# Bytes; DuckDB reads twice as much at a time, a thread each. What fits a processor's cache is read a tenth faster.
_LONGEST_LINES = (1 << 20, 16 << 20)
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


def read(
    files: Sequence[Opened], request: Request, *, memory: str | None = None, line_by_line: bool = False
) -> LogResult:
    """All files together; a call with one id in two files of one format counts once. Raises InputError.

    `memory` is DuckDB's limit; beyond it, it spills. `line_by_line`: flat files too come through their Python readers,
    which has to make no difference.
    """
    session = Session(connected(memory), request, line_by_line=line_by_line)
    try:
        return session.read(files)
    finally:
        session.close()


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

    # ---- flat files, by DuckDB's own readers

    def _flat(self, group: Sequence[int]) -> Cube:
        """Raises NotFlat, before anything is counted, where the files have to be read line by line."""
        for number in group:
            flat_reader(self.files[number])
        try:
            return self._flat_by(group, _LONGEST_LINES[0])
        except NotFlat as why:
            if "maximum_object_size" not in str(why):
                raise
            self._begin(group)
        return self._flat_by(group, _LONGEST_LINES[1])

    def _flat_by(self, group: Sequence[int], longest: int) -> Cube:
        cube = self.request.new_cube(exact=self.exact)
        if self._has_ids(group):
            if not self._unique(group, longest, cube):
                self._stored(group, longest)
                self._count_entries(group, cube, unique=True)
            return cube
        (number,) = group
        entries = self._entries(number, longest)
        rule = self._judged(number, entries)
        columns = call_columns(entries.has, self.request.model or "")
        calls = Calls(f"SELECT {good(entries)} AS good, {', '.join(columns)} FROM (\n{rule}\n) AS j", columns)
        self.lines[number].accepted, other = self._add(cube, calls)
        if other:
            self._others(number, longest, cube)
        self.files[number].fresh_reader().finish()
        return cube

    def _entries(self, number: int, longest: int, *, numbered: bool = False) -> Entries:
        """The file as a SELECT of entries, with its lines where they are `numbered`: those that are not blank count."""
        found = self.files[number]
        reader = flat_reader(found)
        path = literal(escape(found.file.path))
        also = ["line"] if numbered else []
        if found.file.kind == "parquet":
            kinds = {str(row[0]): str(row[1]) for row in self._run(f"DESCRIBE SELECT * FROM read_parquet({path})")}
            source = f"read_parquet({path})"
            if numbered:
                source = (
                    f"(SELECT *, file_row_number + 1 AS line FROM read_parquet({path}, file_row_number = true)) AS r"
                )
            return entries_of_parquet(reader, kinds, source, DUCKDB, also=also)
        columns = json_columns(reader, [*found.sample.documents, *found.sample.further])
        listed = ", ".join(f"{DUCKDB.quoted(key)}: '{kind}'" for key, kind in columns.types.items())
        packed = "gzip" if found.file.packed else "uncompressed"
        source = (
            f"read_json({path}, format = 'newline_delimited', ignore_errors = true, "
            f"compression = '{packed}', maximum_object_size = {longest}, columns = {{{listed}}})"
        )
        if numbered:
            source = f"(SELECT *, ROW_NUMBER() OVER () AS line FROM {source}) AS r"
        return entries_of_json(reader, columns, source, DUCKDB, also=also)

    def _judged(self, number: int, entries: Entries) -> str:
        ruling = self.files[number].ruling
        return judged(
            entries.select, entries.has, ruling.convention, stated=ruling.stated, model=self.request.model or ""
        )

    def _others(self, number: int, longest: int, cube: Cube) -> None:
        """What is not in order: plain rows that are repaired or rejected, and those that the Python reader has to see."""
        entries = self._entries(number, longest, numbered=True)
        rule, in_order = self._judged(number, entries), good(entries)
        # A reader that has rules of its own sees every such row itself.
        here = "plain" if type(self.files[number].fresh_reader()).entry is FlatReader.entry else "FALSE"
        noted = [name for name in _NOTED if name in _columns_of(entries)]
        told = ", ".join(f"CASE WHEN {here} THEN {name} END AS {name}" for name in noted)
        rows = self._run(
            f"SELECT {here}, CASE WHEN NOT {here} THEN line END, {told}, COUNT(*), MIN(line), SUM(worked_out) "
            f"FROM (\n{rule}\n) AS j WHERE NOT {in_order} GROUP BY ALL LIMIT {_MOST_ODD + 1}"
        )
        if len(rows) > _MOST_ODD:
            raise NotFlat(f"over {_MOST_ODD:,} lines are not as plain as its first ones")
        by_rule = [row for row in rows if row[0]]
        self._note(
            (number, dict(zip(noted, row[2:-3], strict=True)), row[-3], self._physical(number, row[-2]), row[-1])
            for row in by_rule
        )
        if by_rule:
            columns = call_columns(entries.has, self.request.model or "")
            counted = "plain AND problem IS NULL AND contradicts IS NULL"
            self.lines[number].accepted += self._add(
                cube,
                Calls(
                    f"SELECT TRUE AS good, {', '.join(columns)} FROM (\n{rule}\n) AS j WHERE {counted} AND NOT {in_order}",
                    columns,
                ),
            )[0]
        create(self.connection)
        odd = {row[1] for row in rows if not row[0]}
        insert(self.connection, list(self._odd_rows(number, odd, "at_us" in entries.has)))
        self._count_entries([number], cube, unique=False)

    def _odd_rows(self, number: int, odd: set[int], has_times: bool) -> Iterator[Row]:
        """The rows of lines that SQL does not find plain, as the format's Python reader takes them."""
        yield from self._rows_of_documents(number, documents_at(self.files[number].file, odd), has_times)

    def _rows_of_documents(self, number: int, documents: Iterable[tuple[int, Any]], has_times: bool) -> Iterator[Row]:
        """The rows of some documents of a file. Raises NotFlat where only these have times, and they are dates alone."""
        reader = self.files[number].fresh_reader()
        rows = self._rows_of(number, reader)
        for line, document in documents:
            yield from self._rows_in(reader, rows, line, document)
        if rows.in_days and not has_times:
            raise NotFlat("its times are dates alone")

    # ---- flat files with ids: where all is in order only ids that come more than once (by their hash) are stored

    def _unique(self, group: Sequence[int], longest: int, cube: Cube) -> bool:
        """Count the files without storing them; False where not every row is in order, or none has an id."""
        plans = [(number, self._entries(number, longest)) for number in group]
        if any("id" not in entries.has for _, entries in plans):
            return False
        hashes = " UNION ALL ".join(
            f"SELECT HASH(id) AS h FROM (\n{entries.select}\n) WHERE id IS NOT NULL" for _, entries in plans
        )
        self._run(f"CREATE OR REPLACE TEMP TABLE suspects AS SELECT h FROM ({hashes}) GROUP BY h HAVING COUNT(*) > 1")
        if self._run("SELECT COUNT(*) FROM suspects")[0][0]:
            return False
        counted: list[Cube] = []
        for number, entries in plans:
            columns = call_columns(entries.has, self.request.model or "")
            calls = Calls(
                f"SELECT {good(entries)} AS good, {', '.join(columns)} FROM (\n{self._judged(number, entries)}\n) AS j",
                columns,
            )
            own = self.request.new_cube(exact=self.exact)
            self.lines[number].accepted, other = self._add(own, calls)
            if other:
                self._begin(group)
                return False
            counted.append(own)
        for own in counted:
            cube.merge(own)
        for number in group:
            self.files[number].fresh_reader().finish()
        return True

    def _stored(self, group: Sequence[int], longest: int) -> None:
        """The entries of all files in the table: those in order by SQL, the others by the Python reader."""
        create(self.connection)
        for number in group:
            entries = self._entries(number, longest, numbered=True)
            rows = self._run(
                f"SELECT line FROM (\n{self._judged(number, entries)}\n) AS j WHERE NOT {good(entries)} LIMIT {_MOST_ODD + 1}"
            )
            if len(rows) > _MOST_ODD:
                raise NotFlat(f"over {_MOST_ODD:,} lines are not as plain as its first ones")
            odd = {row[0] for row in rows}
            self._run(f"CREATE OR REPLACE TEMP TABLE odd AS SELECT UNNEST({sorted(odd)}::BIGINT[]) AS line")
            own = [name for name in COLUMNS if name in entries.has]
            listed = ", ".join(f'"{name}"' for name in own)
            self._run(
                f"INSERT INTO entries (file, calls, rank, {listed}) SELECT {number}, 1, 0, {listed} "
                f"FROM (\n{entries.select}\n) AS e WHERE line NOT IN (SELECT line FROM odd)"
            )
            insert(self.connection, list(self._odd_rows(number, odd, "at_us" in entries.has)))
            self.files[number].fresh_reader().finish()

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


def _columns_of(entries: Entries) -> set[str]:
    """The columns of judged rows that a note is made of."""
    own = {"problem", "contradicts", *REPAIRS}
    return own | ({"odd_cost"} if "usd" in entries.has else set())
