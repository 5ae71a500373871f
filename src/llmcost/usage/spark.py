"""Reading with Spark through PySpark (extra `spark`): the same SQL text on a cluster, or here.

`--spark-remote sc://host` is a Spark Connect server, which has to see the files itself. The lines
that are not plainly good are fetched and read by the format's Python reader, as with DuckDB.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

from llmcost.errors import InputError
from llmcost.usage import standard
from llmcost.usage.conversion import Contradiction, Conversion
from llmcost.usage.cube import Cube
from llmcost.usage.cube_sql import ABSENT, COLUMNS, STORED, Calls, add_cells, cube_query, further_columns
from llmcost.usage.documents import CUT_OFF, NOT_JSON
from llmcost.usage.json_text import document_of
from llmcost.usage.lines import Lines
from llmcost.usage.logs import LogFile
from llmcost.usage.projection import COUNTS, INTEGER, MOMENT, NUMBER, SPARK, TEXT, Column, NotFlat, calls_of, quoted
from llmcost.usage.reader import FlatReader, keys_of
from llmcost.usage.reading import FileRead, Opened, Reading, Request
from llmcost.usage.record import Call, NotACall, Rejected
from llmcost.usage.schema import ddl, flat_reader, json_schema

ENGINE = "spark"
_MOST_ASKED_AGAIN = 20_000
_TYPES = {"INTEGER": "INT", "BIGINT": "BIGINT", "VARCHAR": "STRING"}


class Plan(NamedTuple):
    """How Spark reads one file: its projection, which keeps the line as `line`."""

    found: Opened
    calls: Calls


def installed() -> bool:
    """Whether PySpark is there; it needs a Java beside it, unless a Spark Connect server is named."""
    return find_spec("pyspark") is not None


def session(remote: str | None = None) -> Any:
    """A Spark session in UTC. Raises InputError where PySpark, Java or the server is not to be had."""
    try:
        sql = import_module("pyspark.sql")
    except ImportError:
        raise InputError(
            "PySpark is not installed", where="--engine spark", hint="pip install 'llmcost-cli[spark]'"
        ) from None
    builder = sql.SparkSession.builder.appName("llmcost usage")
    builder = builder.config("spark.sql.session.timeZone", "UTC").config("spark.ui.enabled", "false")
    builder = builder.config("spark.sql.shuffle.partitions", "8").config("spark.ui.showConsoleProgress", "false")
    builder = builder.remote(remote) if remote else builder.master(os.environ.get("LLMCOST_SPARK_MASTER", "local[*]"))
    try:
        found = builder.getOrCreate()
        found.conf.set("spark.sql.session.timeZone", "UTC")
        if not remote:
            found.sparkContext.setLogLevel("ERROR")
    except Exception as error:  # Java missing, or no server: PySpark has no common error for it
        reason = str(error).split("\n", 1)[0]
        raise InputError(
            f"Spark does not start: {reason}", where="--engine spark", hint="install a Java 17, or check --spark-remote"
        ) from None
    return found


def read(files: Sequence[Opened], request: Request, *, remote: str | None = None) -> Reading:
    """All files together, as `standard.read` reads them."""
    reading = _Session(session(remote), request)
    return reading.read(files)


class _Session:
    def __init__(self, spark: Any, request: Request) -> None:
        self.spark = spark
        self.request = request
        self.notes: list[str] = []

    def read(self, files: Sequence[Opened]) -> Reading:
        cube, lines = self.request.new_cube(exact=True), Lines()
        described: dict[str, FileRead] = {}
        groups: dict[str, list[Opened]] = {}
        for each in files:
            groups.setdefault(each.reader.name, []).append(each)
        for group in groups.values():
            try:
                counted = self._counted([self._plan(n, found) for n, found in enumerate(group)], cube)
            except NotFlat as why:
                self.notes.append(f"{group[0].file.name}: read line by line by the standard library: {why}")
                reading = standard.read(group, self.request)
                cube.merge(reading.cube)
                lines.add(reading.lines)
                described |= {each.path: each for each in reading.files}
                continue
            for found, own in zip(group, counted, strict=True):
                lines.add(own)
                described[found.file.name] = standard.described(found, own)
        return Reading(ENGINE, [described[each.file.name] for each in files], cube, lines, self.notes)

    def _plan(self, number: int, found: Opened) -> Plan:
        reader = flat_reader(found)
        view, model = f"log_{number}", self.request.model or ""
        _told_by_its_name(found.file)
        if found.file.kind == "parquet":
            frame = self.spark.read.parquet(found.file.path)
            frame.createOrReplaceTempView(view)
            columns = _columns(dict(frame.dtypes), reader)
            source = f"(SELECT *, TO_JSON(STRUCT(*)) AS line FROM {view})"
            calls = calls_of(reader, columns, found.ruling.convention, SPARK, source, model=model)
        elif found.file.kind == "jsonl":
            schema = json_schema(reader, [*found.sample.documents, *found.sample.further], "`", root="document")
            fields = ", ".join(f"{name}: {kind}" for name, kind in ddl(schema.tree, "`", struct="<>", text="STRING"))
            self.spark.read.text(found.file.path).createOrReplaceTempView(view)
            source = (
                f"(SELECT value AS line, FROM_JSON(value, 'STRUCT<{fields}>') AS document FROM {view} "
                "WHERE TRIM(value) <> '')"
            )
            only = [_no_number_as_text(reader), _no_key_twice(reader)]
            calls = calls_of(
                reader, schema.columns, found.ruling.convention, SPARK, source, model=model, late=schema.late, only=only
            )
        else:
            raise NotFlat(f"{found.file.kind} is read here")
        return Plan(found, calls._replace(select=calls.select.replace("  SELECT\n", "  SELECT\n    line,\n", 1)))

    def _counted(self, plans: Sequence[Plan], cube: Cube) -> list[Lines]:
        unique = bool(plans[0].found.fresh_reader().duplicates)
        has = [name for name in STORED if name in ("file", "good") or any(name in p.calls.columns for p in plans)]
        found: list[Lines] = []
        mended: list[tuple[int, Call]] = []
        for number, plan in enumerate(plans):
            lines = Lines(plan.found.file.name)
            again = self.spark.sql(f"SELECT line FROM (\n{plan.calls.select}\n) WHERE good = 0")
            rows = again.limit(_MOST_ASKED_AGAIN + 1).collect()
            if len(rows) > _MOST_ASKED_AGAIN:
                raise NotFlat(f"over {_MOST_ASKED_AGAIN:,} lines are not as plain as its first ones")
            mended += [(number, call) for call in self._asked_again(plan, [row[0] for row in rows], lines)]
            found.append(lines)
        has += further_columns(has, [call for _, call in mended])
        parts = [
            f"SELECT {_listed(has, {*plan.calls.columns, 'good'}, number)} FROM (\n{plan.calls.select}\n) WHERE good = 1"
            for number, plan in enumerate(plans)
        ]
        if mended:
            rows_ = ",\n".join(f"({', '.join(_value(name, n, call) for name in has)})" for n, call in mended)
            names = ", ".join(has)
            typed = ", ".join(f"CAST({name} AS {_TYPES[STORED[name]]}) AS {name}" for name in has)
            parts.append(f"SELECT {typed} FROM VALUES\n{rows_}\nAS mended({names})")
        everything = "\nUNION ALL\n".join(parts)
        columns = ", ".join(has[1:])
        calls = Calls(f"SELECT {columns} FROM (\n{everything}\n)", tuple(has[2:]))
        unique = unique and "id" in has
        query = cube_query(calls, self.request.thresholds, self.request.step_seconds, exact=True, unique=unique)
        add_cells(cube, list(zip(*self.spark.sql(query).collect(), strict=True)) or [()] * len(COLUMNS))
        self._count_lines(everything, found, plans, unique=unique)
        return found

    def _count_lines(self, everything: str, found: list[Lines], plans: Sequence[Plan], *, unique: bool) -> None:
        """Accepted and duplicate lines of each file; an id counts in the first file that has it."""
        for file, calls in self.spark.sql(f"SELECT file, COUNT(*) FROM (\n{everything}\n) GROUP BY file").collect():
            found[file].accepted = calls
        if not unique:
            return
        firsts = (
            "SELECT first, COUNT(*) FROM (SELECT id, MIN(file) AS first FROM (\n"
            f"{everything}\n) WHERE id IS NOT NULL GROUP BY id) GROUP BY first"
        )
        kept = dict(self.spark.sql(firsts).collect())
        with_id = f"SELECT file, COUNT(id) FROM (\n{everything}\n) GROUP BY file"
        rule = plans[0].found.fresh_reader().duplicates
        for file, calls in self.spark.sql(with_id).collect():
            again = calls - kept.get(file, 0)
            if again:
                found[file].accepted -= again
                found[file].duplicate[rule] += again

    def _asked_again(self, plan: Plan, texts: Sequence[str], lines: Lines) -> Iterator[Call]:
        """The calls of lines that are not plainly good. Spark does not number lines: none is named."""
        reader = plan.found.fresh_reader()
        conversion = Conversion(
            plan.found.ruling.convention, lines, model=self.request.model or "", stated=plan.found.ruling.stated
        )
        unfinished = _unfinished_line(plan.found.file)
        try:
            for number, text in enumerate(texts, 1):
                try:
                    document = document_of(text.removeprefix("\ufeff"))
                except ValueError:
                    lines.reject(CUT_OFF if text == unfinished else NOT_JSON, number)
                    continue
                for record in reader.records(document):
                    try:
                        yield conversion.call(reader.entry(record), number)
                    except Rejected as why:
                        lines.reject(why.reason, number, ordinary=isinstance(why, NotACall))
        except Contradiction:
            raise NotFlat("a line shows another convention") from None
        if conversion.in_days and "at_us" not in plan.calls.columns:
            raise NotFlat("its times are dates alone")
        lines.worked_out.update(reader.worked_out)
        reader.finish()


def _unfinished_line(file: LogFile) -> str | None:
    """The last line of a plain file that does not end in a line break."""
    if file.packed or file.kind != "jsonl":
        return None
    with file.opened() as (stream, _):
        stream.seek(max(0, file.size - (1 << 20)))
        last = stream.read().rpartition(b"\n")[2]
    return last.decode("utf-8", "replace") or None


def _told_by_its_name(file: LogFile) -> None:
    """Spark sees from a file's name how it is packed, and passes over some. Raises NotFlat."""
    name = os.path.basename(file.path)
    packed = name.endswith((".gz", ".bz2", ".zst", ".lz4", ".snappy", ".deflate"))
    if packed != bool(file.packed) or name.startswith(("_", ".")) or set(file.path) & set("*?[]{}"):
        raise NotFlat("its name says something else to Spark")


def _no_number_as_text(reader: FlatReader) -> str:
    """A field of tokens is not followed by a quote: FROM_JSON would read a text as the number in it."""
    return f'NOT line RLIKE \'"({_names(reader, COUNTS)})"[ \t]*:[ \t]*"\''


def _no_key_twice(reader: FlatReader) -> str:
    """No field of tokens, or of a log without objects any field, is written twice: FROM_JSON would take the last."""
    places = reader.places()
    nested = any(len(keys_of(path)) > 1 for paths in places.values() for path in paths)
    names = _names(reader, COUNTS if nested else tuple(places))
    return f'NOT line RLIKE \'"({names})"[ \t]*:.*"\\\\1"[ \t]*:\''


def _names(reader: FlatReader, fields: Sequence[str]) -> str:
    """The keys of these fields, as one part of a regular expression."""
    places = reader.places()
    names = {keys_of(path)[-1] for field in fields for path in places.get(field, ())}
    return "|".join(sorted(name for name in names if name.replace("_", "").replace(".", "").isalnum()))


def _columns(types: dict[str, str], reader: FlatReader) -> dict[tuple[str, ...], Column]:
    """The places of a Parquet file that the reader looks at. Raises NotFlat."""
    columns: dict[tuple[str, ...], Column] = {}
    for paths in (*reader.places().values(), reader.plain):
        for keys in map(keys_of, paths):
            written = types.get(keys[0])
            if written is None:
                continue
            kind = {"string": TEXT, "double": NUMBER, "float": NUMBER}.get(written.split("(")[0])
            if written in ("tinyint", "smallint", "int", "bigint"):
                kind = INTEGER
            elif written.startswith("timestamp"):
                kind = MOMENT
            elif written.startswith("decimal"):
                kind = NUMBER
            if kind is None or len(keys) > 1:
                raise NotFlat(f"{keys[0]} is {written}")
            columns[keys] = Column(quoted(keys, "`"), kind)
    return columns


def _listed(has: Sequence[str], own: set[str], number: int) -> str:
    """The stored columns of one file, in their order."""
    found = []
    for name in has:
        value = str(number) if name == "file" else name if name in own else ABSENT.get(name, "NULL")
        found.append(f"CAST({value} AS {_TYPES[STORED[name]]}) AS {name}")
    return ", ".join(found)


def _value(name: str, number: int, call: Call) -> str:
    """One cell of a call as SQL."""
    value = number if name == "file" else 1 if name == "good" else getattr(call, name)
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"
