"""Reading with Spark through PySpark (extra `spark`): the same rule and the same cube, on a cluster or here.

`--spark-remote sc://host` is a Spark Connect server, which has to see the files itself. Rows that are not in order are
fetched and judged here, as with DuckDB, and go back as calls; messages name their file alone, since Spark counts no lines.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from llmcost.errors import InputError
from llmcost.usage.cube import Cube
from llmcost.usage.cube_sql import TOKENS, Calls, add_cells, cube_query
from llmcost.usage.documents import CUT_OFF, NOT_JSON, BadLine
from llmcost.usage.duckdb_queries import connected
from llmcost.usage.entries import create, insert
from llmcost.usage.flat import SPARK, Entries, NotFlat, entries_of_json, flat_reader, json_columns
from llmcost.usage.flat_parquet import entries_of_parquet
from llmcost.usage.json_text import BLANKS, document_of
from llmcost.usage.lines import Lines
from llmcost.usage.logs import LogFile
from llmcost.usage.reading import BY_SPARK, LogResult, Opened, Request
from llmcost.usage.rule import STANDARD, call_columns
from llmcost.usage.session import Session, good

_MOST_ODD = 20_000
_ODD = "_corrupt_record"
# Spark puts a question mark for half a character, and quotes around what is no number.
_AS_WRITTEN = (
    r"(INSTR(line, '\\u') = 0 OR NOT line RLIKE '\\\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\\\u[dD][c-fC-F])"
    r"|(?<!\\\\u[dD][89abAB][0-9a-fA-F]{2})\\\\u[dD][c-fC-F]')",
    "(INSTR(line, 'NaN') = 0 AND INSTR(line, 'Infinity') = 0 OR NOT line RLIKE '[:,\\\\[][ \t]*-?(NaN|Infinity)')",
    "(ENDSWITH(RTRIM(line), '}') AND INSTR(line, '}{') = 0)",  # it reads no further than to the end of an object
    f"document.{_ODD} IS NULL",
)
_TEXTS = ("model", "task", "tier", "id")
# A call as Spark holds it, and what stands where a log has no such column.
_CALL = {
    **{"model": "''", "task": "''", "tier": f"'{STANDARD}'", "at_us": "NULL", **dict.fromkeys(TOKENS, "0")},
    **{"pico_usd": "NULL", "id": "NULL"},
}
_TYPES = {"file": "INT", **{name: "STRING" if name in _TEXTS else "BIGINT" for name in _CALL}}


def installed() -> bool:
    """Whether PySpark is there; it needs a Java beside it, unless a Spark Connect server is named."""
    return find_spec("pyspark") is not None


def session(remote: str | None = None) -> Any:
    """A Spark session in UTC. Raises InputError where PySpark, Java or the server is not to be had."""
    try:
        sql = import_module("pyspark.sql")
    except ImportError:
        hint = "pip install 'llmcost-cli[spark]'"
        raise InputError("PySpark is not installed", where="--engine spark", hint=hint) from None
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
        reason, hint = str(error).split("\n", 1)[0], "install a Java 17, or check --spark-remote"
        raise InputError(f"Spark does not start: {reason}", where="--engine spark", hint=hint) from None
    return found


def read(files: Sequence[Opened], request: Request, *, remote: str | None = None) -> LogResult:
    """All files together, as DuckDB reads them. Raises InputError."""
    return _Session(session(remote), request).read(files)


class _Session(Session):
    engine = BY_SPARK

    def __init__(self, spark: Any, request: Request) -> None:
        super().__init__(connected(None), request)
        self.spark = spark

    def _flat(self, group: Sequence[int]) -> Cube:
        failed = import_module("pyspark.errors").PySparkException
        try:
            return self._together(group)
        except failed as error:
            raise NotFlat(str(error).strip().split("\n", 1)[0]) from None

    def _together(self, group: Sequence[int]) -> Cube:
        create(self.connection)
        parts = []
        for number in group:
            self.lines[number] = Lines(self.files[number].file.name, numbered=False)
            entries = self._spark_entries(number)
            rule, own = self._judged(number, entries), call_columns(entries.has, self.request.model or "")
            odd = (
                self.spark.sql(f"SELECT line FROM (\n{rule}\n) WHERE NOT {good(entries)}")
                .limit(_MOST_ODD + 1)
                .collect()
            )
            if len(odd) > _MOST_ODD:
                raise NotFlat(f"over {_MOST_ODD:,} lines are not as plain as its first ones")
            documents = _documents(self.files[number].file, [row[0] for row in odd])
            insert(self.connection, list(self._rows_of_documents(number, documents, "at_us" in entries.has)))
            columns = {name: name if name in own else absent for name, absent in _CALL.items()}
            parts.append(f"SELECT {_cast({'file': str(number), **columns})} FROM (\n{rule}\n) WHERE {good(entries)}")
            self.files[number].fresh_reader().finish()
        self.judge_entries(group)
        listed = ", ".join(["file", *_CALL])
        mended = self._run(f"SELECT {listed} FROM judged_rows WHERE problem IS NULL")
        if mended:
            schema = ", ".join(f"{name} {kind}" for name, kind in _TYPES.items())
            self.spark.createDataFrame(mended, schema).createOrReplaceTempView("mended")
            parts.append(f"SELECT {listed} FROM mended")
        everything = "\nUNION ALL\n".join(parts)
        self.settle_lines(group, lambda query: self.spark.sql(query).collect(), everything)
        cube = self.request.new_cube()
        calls = Calls(f"SELECT TRUE AS good, * FROM (\n{everything}\n)", tuple(_CALL))
        unique = self._has_ids(group)
        query = cube_query(calls, self.request.thresholds, self.request.step_seconds, exact=True, unique=unique)
        cells = list(zip(*self.spark.sql(query).collect(), strict=True))
        if cells:
            add_cells(cube, cells)
        return cube

    def _spark_entries(self, number: int) -> Entries:
        found, view = self.files[number], f"log_{number}"
        reader = flat_reader(found)
        name = os.path.basename(found.file.path)  # from which Spark sees how a file is packed; it passes over some
        packed = name.endswith((".gz", ".bz2", ".zst", ".lz4", ".snappy", ".deflate"))
        if packed != bool(found.file.packed) or name.startswith(("_", ".")) or set(found.file.path) & set("*?[]{}"):
            raise NotFlat("its name says something else to Spark")
        if found.file.kind == "parquet":
            frame = self.spark.read.parquet(found.file.path)
            frame.createOrReplaceTempView(view)
            source = f"(SELECT *, TO_JSON(STRUCT(*)) AS line FROM {view})"
            return entries_of_parquet(reader, dict(frame.dtypes), source, SPARK, also=["line"])
        columns = json_columns(reader, [*found.sample.documents, *found.sample.further])
        fields = ", ".join(f"{SPARK.quoted(key)}: STRING" for key in columns.types)
        self.spark.read.text(found.file.path).createOrReplaceTempView(view)
        source = (
            f"(SELECT value AS line, FROM_JSON(value, 'STRUCT<{fields}, {_ODD}: STRING>') AS document FROM {view} "
            f"WHERE TRIM(BOTH '{BLANKS}' FROM value) <> '')"
        )
        # As text a number looks like one, an object too; and of a key that stands twice FROM_JSON takes the last.
        of_numbers = [keys[0] for field, each in columns.places.items() if field not in _TEXTS for keys in each]
        objects = [key for key, kind in columns.types.items() if kind == "JSON"]
        own = "|".join(sorted(key for key in columns.types if key.isidentifier()))
        texts = "|".join(sorted(key for key in {*of_numbers, *objects} if columns.types[key] == "JSON"))
        only = [*_AS_WRITTEN, f'NOT line RLIKE \'"({own})"[ \t]*:.*"\\\\1"[ \t]*:\'']
        only += [f'NOT line RLIKE \'"({texts})"[ \t]*:[ \t]*"\''] if texts else []
        return entries_of_json(reader, columns, source, SPARK, also=["line"], only=only, root="document.")


def _cast(columns: dict[str, str]) -> str:
    return ", ".join(f"CAST({sql} AS {_TYPES[name]}) AS {name}" for name, sql in columns.items())


def _documents(file: LogFile, texts: Sequence[str]) -> Iterator[tuple[int, Any]]:
    """What stands in these lines of a file."""
    last = ""
    if file.kind == "jsonl" and not file.packed:
        with file.opened() as (stream, _):
            stream.seek(max(0, file.size - (1 << 20)))
            last = stream.read().rpartition(b"\n")[2].decode("utf-8", "replace")
    for number, text in enumerate(texts, 1):
        try:
            document = document_of(text.removeprefix("\ufeff"))
            if file.kind == "parquet":  # TO_JSON writes these as texts
                document |= {k: float(v) for k, v in document.items() if v in ("NaN", "Infinity", "-Infinity")}
            yield number, document
        except ValueError:
            yield number, BadLine(CUT_OFF if text == last else NOT_JSON)
