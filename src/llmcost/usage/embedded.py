"""Reading with DuckDB inside this process (extra `logs`): the cube's SQL over JSONL and Parquet files.

What SQL and Python share of the work is in `sql_reading.py`.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from glob import escape
from typing import Any, NamedTuple

from llmcost.errors import InputError
from llmcost.usage.alike import Alike, Quotes, alike, only_texts, quotes_of
from llmcost.usage.cube import Cube
from llmcost.usage.cube_sql import ABSENT, COLUMNS, STORED, Calls, add_cells, cube_query, further_columns
from llmcost.usage.documents import documents_at
from llmcost.usage.duckdb_queries import QueryFailed, duckdb, fetched
from llmcost.usage.lines import Lines
from llmcost.usage.logs import LogFile
from llmcost.usage.projection import DUCKDB, NotFlat, calls_of, literal
from llmcost.usage.reading import BY_DUCKDB, LogResult, Opened, Request
from llmcost.usage.record import Call
from llmcost.usage.schema import ddl, flat_reader, json_schema, parquet_columns, worked_out
from llmcost.usage.sql_reading import Plan, asked_again, check_tasks, has_ids, read_by_sql
from llmcost.usage.watching import Watched

EXACT_BELOW_BYTES = 64 << 20  # the percentiles of more than that come from the size buckets
_MOST_ASKED_AGAIN = 100_000
# Bytes; DuckDB reads twice as much at a time, a thread each. What fits a processor's cache is read a tenth faster.
_LONGEST_LINES = (1 << 20, 32 << 20)
_MEMORY = "4GB"


def read(files: Sequence[Opened], request: Request, *, memory: str | None = None) -> LogResult:
    """All files together, as `standard.read` reads them. `memory` is DuckDB's limit; beyond it, it spills."""
    module = duckdb("DuckDB is not installed", "--engine duckdb")
    folder = tempfile.mkdtemp(prefix="llmcost-")
    try:
        try:
            connection = module.connect(config={"memory_limit": memory or _MEMORY, "temp_directory": folder})
            session = _Session(connection, request, folder)
        except module.Error:
            raise InputError(
                f"DuckDB cannot work with {memory} of memory", where="--memory", hint=f"type --memory {_MEMORY}"
            ) from None
        try:
            return session.read(files)
        finally:
            connection.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Part(NamedTuple):
    """What a query reads, in bytes, and how much of all that is to be read it is reported as, from where on."""

    scanned: int = 0
    start: float = 0.0
    reported: float = 0.0


class _Session:
    """One connection, and what the files have given so far."""

    def __init__(self, connection: Any, request: Request, folder: str) -> None:
        self.connection = connection
        self.request = request
        self.folder = folder
        self.quotes: Quotes | None = None  # being counted beside a query
        connection.execute("SET TimeZone = 'UTC'")
        # DuckDB follows how far a query is only where it would draw a bar, which it is not to do.
        connection.execute("SET enable_progress_bar = true")
        connection.execute("SET enable_progress_bar_print = false")

    def read(self, files: Sequence[Opened]) -> LogResult:
        # A row of Parquet is packed into about a tenth of what it takes in JSONL.
        size = sum(each.file.size * (10 if each.file.kind == "parquet" else 1) for each in files)
        self.exact = size <= EXACT_BELOW_BYTES
        return read_by_sql(BY_DUCKDB, files, self.request, self._counted, exact=self.exact, apart=True)

    def _counted(self, files: Sequence[Opened], cube: Cube) -> list[Lines]:
        """The files counted into the cube, with the lines of each. Raises NotFlat where the standard library has to."""
        try:
            return self._counted_by(files, cube, _LONGEST_LINES[0])
        except NotFlat as why:
            if "maximum_object_size" not in str(why):
                raise
        return self._counted_by(files, cube, _LONGEST_LINES[1])

    def _counted_by(self, files: Sequence[Opened], cube: Cube, longest: int) -> list[Lines]:
        if has_ids(files):
            return self._unique([self._plan(found, longest) for found in files], cube)
        return [self._each(found, longest, cube) for found in files]

    def _plan(self, found: Opened, longest: int, *, as_alike: bool = False) -> Plan:
        """`as_alike`: where the sampled lines are alike, the plan takes all for such; that they are is still to be proven."""
        if found.file.kind not in ("jsonl", "parquet"):
            raise NotFlat("")
        reader = flat_reader(found)
        ruling, model = found.ruling.convention, self.request.model or ""
        path = literal(escape(found.file.path))
        if found.file.kind == "parquet":
            rows = self._execute(f"DESCRIBE SELECT * FROM read_parquet({path})")
            kinds = {str(row[0]): str(row[1]) for row in rows}
            columns = parquet_columns(reader, kinds, '"')
            # DuckDB leaves a check out that the file's own statistics answer, and those pass over what is no number.
            floats = [c.sql for keys, c in columns.items() if kinds[keys[0]] in ("DOUBLE", "FLOAT")]
            only = [f"({sql} IS NULL OR NOT ISNAN({sql}))" for sql in floats]
            calls = calls_of(reader, columns, ruling, DUCKDB, f"read_parquet({path})", model=model, only=only)
            return Plan(found, calls)
        quickly = found.file.size > EXACT_BELOW_BYTES
        sample = [*found.sample.documents, *found.sample.further]
        common = alike(reader, sample) if as_alike and quickly and not found.file.packed else None
        schema = json_schema(reader, sample, '"', as_json=True, quickly=quickly, common=common)
        types = ddl(schema.tree, '"', struct="()", text="VARCHAR")
        listed = ", ".join(f"{name}: {literal(kind)}" for name, kind in types)
        source = (
            f"read_json({path}, format = 'newline_delimited', ignore_errors = true, "
            f"compression = '{'gzip' if found.file.packed else 'uncompressed'}', maximum_object_size = {longest}, columns = {{{listed}}})"
        )
        source = worked_out(schema, '"', source)
        calls = calls_of(
            reader, schema.columns, ruling, DUCKDB, source, model=model, late=schema.late, only=schema.always
        )
        return Plan(found, calls, common)

    # ---- without ids: one query a file, the cells add up

    def _each(self, found: Opened, longest: int, cube: Cube) -> Lines:
        plan = self._plan(found, longest, as_alike=True)
        if plan.common is not None:
            lines = self._alike(plan, plan.common, cube)
            if lines is not None:
                return lines
            plan = self._plan(found, longest)
        own, lines = self.request.new_cube(exact=self.exact), Lines(found.file.name)
        lines.accepted, other = add_cells(own, self._columns(self._cube_query(plan.calls), _whole(found.file)))
        self._add(own, self._asked_again(plan, other, lines), lines)
        cube.merge(own)
        return lines

    def _alike(self, plan: Plan, common: Alike, cube: Cube) -> Lines | None:
        """As if all lines were alike; None where they are not, with nothing added to the cube."""
        own, lines = self.request.new_cube(exact=self.exact), Lines(plan.found.file.name)
        odd: list[str] = []
        with Quotes(plan.found.file.path) as self.quotes:
            quotes = self.quotes
            whole = _whole(plan.found.file)
            lines.accepted, other = add_cells(own, self._columns(self._cube_query(plan.calls), whole))
            if other > _MOST_ASKED_AGAIN or not only_texts(own):
                return None
            expected = lines.accepted * common.quotes
            again = self._asked_again(plan, other, lines, odd.append)
            if quotes.number != expected + quotes_of(odd):
                return None
        self._add(own, again, lines)
        cube.merge(own)
        return lines

    def _add(self, cube: Cube, calls: Sequence[Call], lines: Lines) -> None:
        for call in calls:
            cube.add(call)
        lines.accepted += len(calls)

    def _cube_query(self, calls: Calls, *, unique: bool = False) -> str:
        return cube_query(calls, self.request.thresholds, self.request.step_seconds, exact=self.exact, unique=unique)

    # ---- with ids: calls whose id comes once are counted as if they had none; the others are settled in a table

    def _unique(self, plans: Sequence[Plan], cube: Cube) -> list[Lines]:
        """Where every line is plainly good, only ids that come more than once (by their hash) are stored."""
        if any("id" not in plan.calls.columns for plan in plans):
            return self._stored(plans, cube)
        sizes = [plan.found.file.size for plan in plans]
        total = sum(sizes)
        hashes = " UNION ALL ".join(
            f"SELECT HASH(id) AS h FROM (\n{p.calls.select}\n) WHERE id IS NOT NULL" for p in plans
        )
        self._run(
            f"CREATE OR REPLACE TEMP TABLE suspects AS SELECT h FROM ({hashes}) GROUP BY h HAVING COUNT(*) > 1",
            Part(total, 0, total / 2),
        )
        suspects = self._number("SELECT COUNT(*) FROM suspects")
        own, once = self.request.new_cube(exact=self.exact), []
        no_suspect = "id IS NULL OR HASH(id) NOT IN (SELECT h FROM suspects)"
        for number, plan in enumerate(plans):
            calls = plan.calls
            if suspects:
                calls = calls._replace(select=f"SELECT * FROM (\n{calls.select}\n) WHERE {no_suspect}")
            part = Part(sizes[number], (total + sum(sizes[:number])) / 2, sizes[number] / 2)
            good, other = add_cells(own, self._columns(self._cube_query(calls), part))
            if other:  # such a line may repeat an id that SQL has counted
                return self._stored(plans, cube)
            once.append(good)
        found = [Lines(plan.found.file.name) for plan in plans]
        if suspects:
            found = self._stored(plans, own, "HASH(id) IN (SELECT h FROM suspects)")
        for lines, good in zip(found, once, strict=True):
            lines.accepted += good
        for plan in plans:
            plan.found.fresh_reader().finish()
        cube.merge(own)
        return found

    def _stored(self, plans: Sequence[Plan], cube: Cube, where: str = "TRUE") -> list[Lines]:
        """The calls of all files (for which `where` holds) in one table, which spills, and one query over it."""
        has = [name for name in STORED if any(name in plan.calls.columns for plan in plans)]
        stored = ["file", "good", *(name for name in has if name not in ("file", "good"))]
        typed = ", ".join(f"{name} {STORED[name]}" for name in stored)
        self._execute(f"CREATE OR REPLACE TEMP TABLE stored ({typed})")
        found: list[Lines] = []
        for number, plan in enumerate(plans):
            own = set(plan.calls.columns) | {"good"}
            listed = ", ".join(name if name in own else ABSENT.get(name, "NULL") for name in stored[1:])
            self._run(
                f"INSERT INTO stored ({', '.join(stored)}) SELECT {number}, {listed} FROM (\n{plan.calls.select}\n) WHERE {where}",
                _whole(plan.found.file) if where == "TRUE" else Part(),
            )
            lines = Lines(plan.found.file.name)
            other = self._number(f"SELECT COUNT(*) FROM stored WHERE file = {number} AND NOT good")
            calls_again = self._asked_again(plan, other, lines)
            if other:
                self._execute(f"DELETE FROM stored WHERE file = {number} AND NOT good")
            self._store(number, stored, calls_again)
            found.append(lines)
        calls = Calls(f"SELECT {', '.join(stored[1:])} FROM stored", tuple(stored[2:]))
        cells = self._columns(self._cube_query(calls, unique="id" in stored), Part())
        rule = plans[0].found.fresh_reader().duplicates
        for number, lines in enumerate(found):
            mine = self._number(f"SELECT COUNT(*) FROM stored WHERE file = {number}")
            lines.accepted = mine
            if "id" in stored:
                again = self._number(
                    f"SELECT COUNT(*) - COUNT(DISTINCT id) FROM stored WHERE file = {number} AND id IS NOT NULL"
                )
                again += (
                    self._number(
                        f"SELECT COUNT(DISTINCT id) FROM stored WHERE file = {number} AND id IN "
                        f"(SELECT id FROM stored WHERE file < {number})"
                    )
                    if number
                    else 0
                )
                lines.accepted -= again
                if again:
                    lines.duplicate[rule] += again
        self._execute("DROP TABLE stored")
        add_cells(cube, cells)
        return found

    def _store(self, number: int, stored: list[str], calls: Sequence[Call]) -> None:
        """Calls that Python has read, beside those that SQL has; they may have columns that those lack."""
        if not calls:
            return
        for name in further_columns(stored, calls):
            default = ABSENT.get(name, "NULL")
            self._execute(f"ALTER TABLE stored ADD COLUMN {name} {STORED[name]} DEFAULT {default}")
            stored.append(name)
        path = os.path.join(self.folder, "read-again.jsonl")
        with open(path, "w", encoding="utf-8") as file:
            for call in calls:
                row = {name: getattr(call, name) for name in stored if name in Call._fields}
                file.write(json.dumps({**row, "file": number, "good": True}) + "\n")
        typed = ", ".join(f"{name}: '{STORED[name]}'" for name in stored)
        self._execute(
            f"INSERT INTO stored ({', '.join(stored)}) SELECT {', '.join(stored)} FROM read_json({literal(path)}, "
            f"format = 'newline_delimited', columns = {{{typed}}})"
        )

    # ---- what SQL did not count

    def _asked_again(
        self, plan: Plan, expected: int, lines: Lines, hear: Callable[[str], None] | None = None
    ) -> list[Call]:
        """The calls of the lines, as many as `expected`, that are not plainly good. Raises NotFlat where they are many."""
        wanted: set[int] = set()
        if expected > _MOST_ASKED_AGAIN:
            raise NotFlat(f"{expected:,} lines are not as plain as its first ones")
        if expected:
            numbered = plan.calls.select.replace("  SELECT\n", "  SELECT ROW_NUMBER() OVER () AS nth,\n", 1)
            wanted = {row[0] for row in self._execute(f"SELECT nth FROM (\n{numbered}\n) WHERE NOT good")}
        documents = documents_at(plan.found.file, wanted, hear) if wanted else ()
        return list(asked_again(plan, documents, lines, self.request))

    # ---- running

    def _columns(self, query: str, part: Part) -> list[list[Any]]:
        """The result by columns; numpy, which DuckDB hands over, is several times faster than rows."""
        found = self._run(query, part, "fetchnumpy")
        columns = [found[name].tolist() for name in COLUMNS]
        check_tasks(columns[COLUMNS.index("task")])
        return columns

    def _run(self, query: str, part: Part, by: str = "fetchall") -> Any:
        """Run a query that reads files, and report how far it is."""
        progress = self.request.progress
        if progress is None or not part.scanned:
            return self._execute(query, by)

        def hear(share: float) -> None:
            progress(int(part.start + share * part.reported))

        with Watched(self.connection, part.scanned, hear, lambda: self.quotes.read if self.quotes else 0):
            return self._execute(query, by)

    def _execute(self, query: str, by: str = "fetchall") -> Any:
        """What a query gives. Raises NotFlat for a file that DuckDB does not read: a line beyond its limit, broken Parquet."""
        try:
            return fetched(self.connection, query, by)
        except QueryFailed as why:
            raise NotFlat(str(why).replace(self.folder, "a folder of its own")) from None

    def _number(self, query: str) -> int:
        return int(self._execute(query)[0][0])


def _whole(file: LogFile) -> Part:
    return Part(file.size, 0, file.size)
