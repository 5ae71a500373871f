"""Reading with DuckDB: files fill the table of entries, one SQL judges it (`rule.py`), and one makes the cube (`cube_sql.py`).

A flat file whose rows are all in order never becomes a table: DuckDB reads, judges and adds it up in one scan. What
such a scan does not find plain, and every format that is not flat, comes through the format's Python reader, in
batches. Where a format has ids, the entries of all its files stay in the table, which spills to the disk, until the
duplicates among them are settled.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from glob import escape

from llmcost.usage.cube import Cube
from llmcost.usage.cube_sql import Calls
from llmcost.usage.documents import documents_at
from llmcost.usage.duckdb_queries import connected
from llmcost.usage.entries import COLUMNS, Row, create, insert
from llmcost.usage.flat import DUCKDB, Entries, NotFlat, entries_of_json, flat_reader, json_columns
from llmcost.usage.flat_parquet import entries_of_parquet
from llmcost.usage.reader import FlatReader
from llmcost.usage.reading import BY_DUCKDB, LogResult, Opened, Request
from llmcost.usage.rule import call_columns, literal
from llmcost.usage.session import Session, good, noted_columns

_MOST_ODD = 100_000  # lines that are read again one by one; of more, all are
# Bytes; DuckDB reads twice as much at a time, a thread each. What fits a processor's cache is read a tenth faster.
_LONGEST_LINE = 1 << 20


def read(
    files: Sequence[Opened], request: Request, *, memory: str | None = None, line_by_line: bool = False
) -> LogResult:
    """All files together; a call with one id in two files of one format counts once. Raises InputError.

    `memory` is DuckDB's limit; beyond it, it spills. `line_by_line`: flat files too come through their Python readers,
    which has to make no difference.
    """
    session = _Session(connected(memory), request, line_by_line=line_by_line)
    try:
        return session.read(files)
    finally:
        session.close()


class _Session(Session):
    engine = BY_DUCKDB

    def _flat(self, group: Sequence[int]) -> Cube:
        """Raises NotFlat, before anything is counted, where the files have to be read line by line."""
        for number in group:
            flat_reader(self.files[number])
        try:
            return self._flat_by(group, _LONGEST_LINE)
        except NotFlat:  # a longer line, too: it is read line by line, in memory of a known size
            self._begin(group)
            raise

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

    def _others(self, number: int, longest: int, cube: Cube) -> None:
        """What is not in order: plain rows that are repaired or rejected, and those that the Python reader has to see."""
        entries = self._entries(number, longest, numbered=True)
        rule, in_order = self._judged(number, entries), good(entries)
        # A reader that has rules of its own sees every such row itself.
        here = "plain" if type(self.files[number].fresh_reader()).entry is FlatReader.entry else "FALSE"
        noted = noted_columns(entries)
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
