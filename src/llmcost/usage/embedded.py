"""Reading with DuckDB inside this process (extra `logs`): the cube's SQL over JSONL and Parquet files.

SQL counts the lines that are plainly good. What is left, and only that, is read again by the format's
Python reader, which repairs it or says why it is not counted; so both engines count the same. Formats
that are not flat, and files that SQL would mistake, are read by the standard library altogether.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator, Sequence
from glob import escape
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

from llmcost.errors import InputError
from llmcost.usage import standard
from llmcost.usage.conversion import Contradiction, Conversion
from llmcost.usage.cube import Cube
from llmcost.usage.cube_sql import ABSENT, COLUMNS, STORED, Calls, add_cells, cube_query, further_columns
from llmcost.usage.documents import BadLine, documents_at
from llmcost.usage.json_text import from_text
from llmcost.usage.lines import Lines
from llmcost.usage.logs import LogFile
from llmcost.usage.projection import DUCKDB, NotFlat, calls_of, literal
from llmcost.usage.reader import Reader
from llmcost.usage.reading import FileRead, Opened, Reading, Request
from llmcost.usage.record import Call, NotACall, Rejected
from llmcost.usage.schema import ddl, flat_reader, json_schema, parquet_columns

ENGINE = "duckdb"
EXACT_BELOW_BYTES = 64 << 20  # the percentiles of more than that come from the size buckets
_MOST_ASKED_AGAIN = 100_000
# Bytes; DuckDB reads twice as much at a time, a thread each. What fits a processor's cache is read a tenth faster.
_LONGEST_LINES = (1 << 20, 32 << 20)
_MEMORY = "4GB"


class Plan(NamedTuple):
    """How SQL reads one file: the projection of its columns."""

    found: Opened
    calls: Calls


def installed() -> bool:
    """Whether DuckDB is there."""
    return find_spec("duckdb") is not None


def duckdb() -> Any:
    """The module. Raises InputError where it is not installed."""
    try:
        return import_module("duckdb")
    except ImportError:
        raise InputError(
            "DuckDB is not installed", where="--engine duckdb", hint="pip install 'llmcost-cli[logs]'"
        ) from None


def read(files: Sequence[Opened], request: Request, *, memory: str | None = None) -> Reading:
    """All files together, as `standard.read` reads them. `memory` is DuckDB's limit; beyond it, it spills."""
    folder = tempfile.mkdtemp(prefix="llmcost-")
    try:
        try:
            connection = duckdb().connect(config={"memory_limit": memory or _MEMORY, "temp_directory": folder})
            session = _Session(connection, request, folder)
        except duckdb().Error:
            raise InputError(
                f"DuckDB cannot work with {memory} of memory", where="--memory", hint=f"type --memory {_MEMORY}"
            ) from None
        try:
            return session.read(files)
        finally:
            connection.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Session:
    """One connection, and what the files have given so far."""

    def __init__(self, connection: Any, request: Request, folder: str) -> None:
        self.connection = connection
        self.request = request
        self.folder = folder
        self.notes: list[str] = []
        connection.execute("SET TimeZone = 'UTC'")
        # DuckDB follows how far a query is only where it would draw a bar, which it is not to do.
        connection.execute("SET enable_progress_bar = true")
        connection.execute("SET enable_progress_bar_print = false")

    def read(self, files: Sequence[Opened]) -> Reading:
        # A row of Parquet is packed into about a tenth of what it takes in JSONL.
        size = sum(each.file.size * (10 if each.file.kind == "parquet" else 1) for each in files)
        self.exact = size <= EXACT_BELOW_BYTES
        cube, lines = self.request.new_cube(exact=self.exact), Lines()
        described: dict[str, FileRead] = {}
        groups: dict[str, list[Opened]] = {}
        for each in files:
            groups.setdefault(each.reader.name, []).append(each)
        for group in groups.values():
            unique = bool(group[0].fresh_reader().duplicates)
            # Where one id counts once in all files of a format, one way must read them all.
            for together in [group] if unique else [[each] for each in group]:
                counted = self._by_sql(together, cube, unique=unique)
                if counted is None:
                    reading = standard.read(together, self.request)
                    cube.merge(reading.cube)
                    lines.add(reading.lines)
                    described |= {each.path: each for each in reading.files}
                    continue
                for found, own in zip(together, counted, strict=True):
                    lines.add(own)
                    described[found.file.name] = standard.described(found, own)
        return Reading(ENGINE, [described[each.file.name] for each in files], cube, lines, self.notes)

    def _by_sql(self, files: Sequence[Opened], cube: Cube, *, unique: bool) -> list[Lines] | None:
        """The files counted into the cube, with the lines of each; None where the standard library has to."""
        for longest in _LONGEST_LINES:
            try:
                plans = [self._plan(found, longest) for found in files]
                return self._unique(plans, cube) if unique else [self._each(plan, cube) for plan in plans]
            except NotFlat as why:
                if "maximum_object_size" in str(why) and longest < _LONGEST_LINES[-1]:
                    continue
                if all(found.file.kind in ("jsonl", "parquet") for found in files):
                    self.notes.append(f"{files[0].file.name}: read line by line by the standard library: {why}")
                break
        return None

    def _plan(self, found: Opened, longest: int) -> Plan:
        reader = flat_reader(found)
        ruling, model = found.ruling.convention, self.request.model or ""
        path = literal(escape(found.file.path))
        if found.file.kind == "parquet":
            rows = self._execute(f"DESCRIBE SELECT * FROM read_parquet({path})")
            columns = parquet_columns(reader, {str(row[0]): str(row[1]) for row in rows})
            return Plan(found, calls_of(reader, columns, ruling, DUCKDB, f"read_parquet({path})", model=model))
        if found.file.kind != "jsonl":
            raise NotFlat(f"{found.file.kind} is no line of JSON")
        quickly = found.file.size > EXACT_BELOW_BYTES
        schema = json_schema(
            reader, [*found.sample.documents, *found.sample.further], '"', as_json=True, quickly=quickly
        )
        types = ddl(schema.tree, '"', struct="()", text="VARCHAR")
        listed = ", ".join(f"{name}: {literal(kind)}" for name, kind in types)
        source = (
            f"read_json({path}, format = 'newline_delimited', ignore_errors = true, "
            f"compression = '{'gzip' if found.file.packed else 'uncompressed'}', maximum_object_size = {longest}, columns = {{{listed}}})"
        )
        calls = calls_of(
            reader, schema.columns, ruling, DUCKDB, source, model=model, late=schema.late, only=schema.always
        )
        return Plan(found, calls)

    # ---- without ids: one query a file, the cells add up

    def _each(self, plan: Plan, cube: Cube) -> Lines:
        lines = Lines(plan.found.file.name)
        own = self.request.new_cube(exact=self.exact)
        good, asked_again = add_cells(own, self._columns(self._cube_query(plan.calls), plan.found.file))
        reader = plan.found.fresh_reader()
        if asked_again:
            self._few_enough(asked_again)
            for call in self._asked_again(plan, reader, lines):
                own.add(call)
                good += 1
        reader.finish()
        lines.accepted = good
        cube.merge(own)
        return lines

    def _cube_query(self, calls: Calls, *, unique: bool = False) -> str:
        return cube_query(calls, self.request.thresholds, self.request.step_seconds, exact=self.exact, unique=unique)

    # ---- with ids: calls whose id comes once are counted as if they had none; the others are settled in a table

    def _unique(self, plans: Sequence[Plan], cube: Cube) -> list[Lines]:
        """Where every line is plainly good, only ids that come more than once (by their hash) are stored."""
        if any("id" not in plan.calls.columns for plan in plans):
            return self._stored(plans, cube)
        hashes = " UNION ALL ".join(
            f"SELECT HASH(id) AS h FROM (\n{p.calls.select}\n) WHERE id IS NOT NULL" for p in plans
        )
        self._run(
            f"CREATE OR REPLACE TEMP TABLE suspects AS SELECT h FROM ({hashes}) GROUP BY h HAVING COUNT(*) > 1",
            plans[0].found.file,
        )
        suspects = self._number("SELECT COUNT(*) FROM suspects")
        own, once = self.request.new_cube(exact=self.exact), []
        no_suspect = "id IS NULL OR HASH(id) NOT IN (SELECT h FROM suspects)"
        for plan in plans:
            calls = plan.calls
            if suspects:
                calls = calls._replace(select=f"SELECT * FROM (\n{calls.select}\n) WHERE {no_suspect}")
            good, asked_again = add_cells(own, self._columns(self._cube_query(calls), plan.found.file))
            if asked_again:  # such a line may repeat an id that SQL has counted
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
                plan.found.file,
            )
            lines = Lines(plan.found.file.name)
            asked_again = self._number(f"SELECT COUNT(*) FROM stored WHERE file = {number} AND good = 0")
            reader = plan.found.fresh_reader()
            if asked_again:
                self._few_enough(asked_again)
                self._execute(f"DELETE FROM stored WHERE file = {number} AND good = 0")
                self._store(number, stored, list(self._asked_again(plan, reader, lines)))
            reader.finish()
            found.append(lines)
        calls = Calls(f"SELECT {', '.join(stored[1:])} FROM stored", tuple(stored[2:]))
        add_cells(cube, self._columns(self._cube_query(calls, unique="id" in stored), plans[0].found.file))
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
                file.write(json.dumps({**row, "file": number, "good": 1}) + "\n")
        typed = ", ".join(f"{name}: '{STORED[name]}'" for name in stored)
        self._execute(
            f"INSERT INTO stored ({', '.join(stored)}) SELECT {', '.join(stored)} FROM read_json({literal(path)}, "
            f"format = 'newline_delimited', columns = {{{typed}}})"
        )

    # ---- what SQL did not count

    def _few_enough(self, lines: int) -> None:
        if lines > _MOST_ASKED_AGAIN:
            raise NotFlat(f"{lines:,} lines are not as plain as its first ones")

    def _asked_again(self, plan: Plan, reader: Reader, lines: Lines) -> Iterator[Call]:
        """The calls of the lines that are not plainly good, as the Python reader takes them."""
        found = plan.found
        numbered = plan.calls.select.replace("  SELECT\n", "  SELECT ROW_NUMBER() OVER () AS nth,\n", 1)
        wanted = {row[0] for row in self._execute(f"SELECT nth FROM (\n{numbered}\n) WHERE good = 0")}
        conversion = Conversion(
            found.ruling.convention, lines, model=self.request.model or "", stated=found.ruling.stated
        )
        try:
            for number, document in documents_at(found.file, wanted):
                if isinstance(document, BadLine):
                    lines.reject(document.reason, number)
                    continue
                for record in reader.records(document):
                    try:
                        yield conversion.call(reader.entry(record), number)
                    except Rejected as why:
                        lines.reject(why.reason, number, ordinary=isinstance(why, NotACall))
        except Contradiction as line:
            raise NotFlat(f"line {line.line} shows another convention") from None
        if conversion.in_days and "at_us" not in plan.calls.columns:
            raise NotFlat("its times are dates alone")
        lines.worked_out.update(reader.worked_out)

    # ---- running

    def _columns(self, query: str, file: LogFile) -> list[list[Any]]:
        """The result by columns; numpy, which DuckDB hands over, is several times faster than rows."""
        found = self._run(query, file, "fetchnumpy")
        columns = [found[name].tolist() for name in COLUMNS]
        for task in set(columns[COLUMNS.index("task")]):
            if type(from_text(task)) is not str:  # SQL sees its text alone, and it may be an object in the log
                raise NotFlat(f"a task is {task[:40]}")
        return columns

    def _run(self, query: str, file: LogFile, fetched: str = "fetchall") -> Any:
        """Run a query while a thread reports how far it is."""
        progress = self.request.progress
        if progress is None:
            return self._execute(query, fetched)
        done = threading.Event()

        def report() -> None:
            while not done.wait(0.2):
                share = self.connection.query_progress()
                if share > 0:
                    progress(int(file.size * share / 100))

        watching = threading.Thread(target=report, daemon=True)
        watching.start()
        try:
            return self._execute(query, fetched)
        finally:
            done.set()
            watching.join()
            progress(file.size)

    def _execute(self, query: str, fetched: str = "fetchall") -> Any:
        """What a query gives. Raises NotFlat for a file that DuckDB does not read: a line beyond its limit, broken Parquet."""
        try:
            return getattr(self.connection.execute(query), fetched)()
        except (duckdb().Error, RuntimeError) as error:
            if "interrupt" in str(error).lower():  # DuckDB has caught Ctrl-C itself
                raise KeyboardInterrupt from None
            raise NotFlat(self._reason(error)) from None

    def _number(self, query: str) -> int:
        return int(self._execute(query)[0][0])

    def _reason(self, error: Exception) -> str:
        """Why DuckDB gave up, without the names of files that are only ours."""
        return str(error).split("\n", 1)[0].replace(self.folder, "a folder of its own")
