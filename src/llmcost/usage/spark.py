"""Reading with Spark through PySpark (extra `spark`): the same SQL text on a cluster, or here.

`--spark-remote sc://host` is a Spark Connect server, which has to see the files itself. The lines
that are not plainly good are fetched and read by the format's Python reader, as with DuckDB.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from llmcost.errors import InputError
from llmcost.usage.cube import Cube
from llmcost.usage.cube_sql import ABSENT, COLUMNS, STORED, Calls, add_cells, cube_query, further_columns
from llmcost.usage.documents import CUT_OFF, NOT_JSON, BadLine
from llmcost.usage.json_text import BLANKS, document_of
from llmcost.usage.lines import Lines
from llmcost.usage.logs import LogFile
from llmcost.usage.projection import COUNTS, EPOCH, LIST, SPARK, Columns, NotFlat, calls_of
from llmcost.usage.reader import FlatReader, keys_of
from llmcost.usage.reading import BY_SPARK, LogResult, Opened, Request
from llmcost.usage.record import Call
from llmcost.usage.schema import ddl, flat_reader, json_schema, parquet_columns
from llmcost.usage.sql_reading import Plan, asked_again, check_tasks, has_ids, read_by_sql

_MOST_ASKED_AGAIN = 20_000
# Spark puts a question mark for one, and quotes around the other; most lines are told by the quick question first.
_NO_HALF_CHARACTER = (
    r"(INSTR(line, '\\u') = 0 OR NOT line RLIKE '\\\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\\\u[dD][c-fC-F])"
    r"|(?<!\\\\u[dD][89abAB][0-9a-fA-F]{2})\\\\u[dD][c-fC-F]')"
)
_NO_NAN = "(INSTR(line, 'NaN') = 0 AND INSTR(line, 'Infinity') = 0 OR NOT line RLIKE '[:,\\\\[][ \t]*-?(NaN|Infinity)')"
_ONE_OBJECT = "(ENDSWITH(RTRIM(line), '}') AND INSTR(line, '}{') = 0)"  # Spark reads no further than to its end
_NO_NUMBERS = ("NaN", "Infinity", "-Infinity")
_ODD = "_corrupt_record"
_TYPES = {"BOOLEAN": "BOOLEAN", "INTEGER": "INT", "BIGINT": "BIGINT", "VARCHAR": "STRING"}


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
            found.sparkContext.setLogLevel("FATAL")  # what fails is said by us
    except Exception as error:  # Java missing, or no server: PySpark has no common error for it
        reason = str(error).split("\n", 1)[0]
        raise InputError(
            f"Spark does not start: {reason}", where="--engine spark", hint="install a Java 17, or check --spark-remote"
        ) from None
    return found


def read(files: Sequence[Opened], request: Request, *, remote: str | None = None) -> LogResult:
    """All files together, as `standard.read` reads them."""
    reading = _Session(session(remote), request)
    return reading.read(files)


class _Session:
    def __init__(self, spark: Any, request: Request) -> None:
        self.spark = spark
        self.request = request

    def read(self, files: Sequence[Opened]) -> LogResult:
        return read_by_sql(BY_SPARK, files, self.request, self._counted, exact=True, apart=False)

    def _counted(self, files: Sequence[Opened], cube: Cube) -> list[Lines]:
        """The files counted into the cube, with the lines of each. Raises NotFlat for what Spark does not read."""
        failed = import_module("pyspark.errors").PySparkException
        try:
            return self._together([self._plan(number, found) for number, found in enumerate(files)], cube)
        except failed as error:
            raise NotFlat(str(error).split("\n", 1)[0]) from None

    def _plan(self, number: int, found: Opened) -> Plan:
        reader = flat_reader(found)
        view, model = f"log_{number}", self.request.model or ""
        _told_by_its_name(found.file)
        if found.file.kind == "parquet":
            frame = self.spark.read.parquet(found.file.path)
            frame.createOrReplaceTempView(view)
            columns = parquet_columns(reader, dict(frame.dtypes), "`")
            source = f"(SELECT *, TO_JSON(STRUCT(*)) AS line FROM {view})"
            calls = calls_of(reader, columns, found.ruling.convention, SPARK, source, model=model)
        elif found.file.kind == "jsonl":
            schema = json_schema(reader, [*found.sample.documents, *found.sample.further], "`", root="document")
            # Spark fills the last field where something else than an object stands in the place of one.
            fields = ", ".join(f"{name}: {kind}" for name, kind in ddl(schema.tree, "`", struct="<>", text="STRING"))
            self.spark.read.text(found.file.path).createOrReplaceTempView(view)
            source = (
                f"(SELECT value AS line, FROM_JSON(value, 'STRUCT<{fields}, {_ODD}: STRING>') AS document FROM {view} "
                f"WHERE TRIM(BOTH '{BLANKS}' FROM value) <> '')"
            )
            only = [_no_text_instead(reader, schema.columns), _no_key_twice(reader), f"document.{_ODD} IS NULL"]
            only += [_NO_HALF_CHARACTER, _NO_NAN, _ONE_OBJECT]
            calls = calls_of(
                reader, schema.columns, found.ruling.convention, SPARK, source, model=model, late=schema.late, only=only
            )
        else:
            raise NotFlat(f"{found.file.kind} is read here")
        return Plan(found, calls._replace(select=calls.select.replace("  SELECT\n", "  SELECT\n    line,\n", 1)))

    def _together(self, plans: Sequence[Plan], cube: Cube) -> list[Lines]:
        has = [name for name in STORED if name in ("file", "good") or any(name in p.calls.columns for p in plans)]
        found: list[Lines] = []
        mended: list[tuple[int, Call]] = []
        for number, plan in enumerate(plans):
            lines = Lines(plan.found.file.name, numbered=False)
            again = self.spark.sql(f"SELECT line FROM (\n{plan.calls.select}\n) WHERE NOT good")
            rows = again.limit(_MOST_ASKED_AGAIN + 1).collect()
            if len(rows) > _MOST_ASKED_AGAIN:
                raise NotFlat(f"over {_MOST_ASKED_AGAIN:,} lines are not as plain as its first ones")
            documents = _documents(plan.found.file, [row[0] for row in rows])
            mended += [(number, call) for call in asked_again(plan, documents, lines, self.request)]
            found.append(lines)
        has += further_columns(has, [call for _, call in mended])
        parts = [
            f"SELECT {_listed(has, {*plan.calls.columns, 'good'}, number)} FROM (\n{plan.calls.select}\n) WHERE good"
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
        unique = has_ids([plan.found for plan in plans]) and "id" in has
        query = cube_query(calls, self.request.thresholds, self.request.step_seconds, exact=True, unique=unique)
        cells = list(zip(*self.spark.sql(query).collect(), strict=True)) or [()] * len(COLUMNS)
        check_tasks(cells[COLUMNS.index("task")])
        self._count_lines(everything, found, plans, unique=unique)
        add_cells(cube, cells)
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


def _documents(file: LogFile, texts: Sequence[str]) -> Iterator[tuple[int, Any]]:
    """What stands in these lines of a file. Spark does not number lines: none is named."""
    unfinished = _unfinished_line(file)
    for number, text in enumerate(texts, 1):
        try:
            document = document_of(text.removeprefix("\ufeff"))
            if file.kind == "parquet":  # TO_JSON writes these as texts
                document |= {key: float(value) for key, value in document.items() if value in _NO_NUMBERS}
            yield number, document
        except ValueError:
            yield number, BadLine(CUT_OFF if text == unfinished else NOT_JSON)


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


def _no_text_instead(reader: FlatReader, columns: Columns) -> str:
    """A number of tokens or of a time, and a list, is no text: FROM_JSON would read what is in it."""
    names = {keys[-1] for keys, each in columns.items() if each.kind in (EPOCH, LIST)} | _names(reader, COUNTS)
    return f'NOT line RLIKE \'"({_any(names)})"[ \t]*:[ \t]*"\''


def _no_key_twice(reader: FlatReader) -> str:
    """No field of tokens, nor an object around it, or of a log without objects any field, is written twice: FROM_JSON would take the last."""
    places = reader.places()
    nested = any(len(keys_of(path)) > 1 for paths in places.values() for path in paths)
    names = _any(_names(reader, COUNTS if nested else places))
    return f'NOT line RLIKE \'"({names})"[ \t]*:.*"\\\\1"[ \t]*:\''


def _names(reader: FlatReader, fields: Iterable[str]) -> set[str]:
    """The keys on the way to these fields."""
    places = reader.places()
    return {key for field in fields for path in places.get(field, ()) for key in keys_of(path)}


def _any(names: Iterable[str]) -> str:
    """These keys as one part of a regular expression."""
    return "|".join(sorted(name for name in names if name.replace("_", "").replace(".", "").isalnum()))


def _listed(has: Sequence[str], own: set[str], number: int) -> str:
    """The stored columns of one file, in their order."""
    found = []
    for name in has:
        value = str(number) if name == "file" else name if name in own else ABSENT.get(name, "NULL")
        found.append(f"CAST({value} AS {_TYPES[STORED[name]]}) AS {name}")
    return ", ".join(found)


def _value(name: str, number: int, call: Call) -> str:
    """One cell of a call as SQL."""
    value = number if name == "file" else True if name == "good" else getattr(call, name)
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"
