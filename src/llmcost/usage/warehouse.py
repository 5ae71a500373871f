"""The cube's query in the words of a warehouse, and the cube from the CSV that came back.

sqlglot (extra `warehouse`) writes the dialects; what no two warehouses write alike, a timestamp as
microseconds since 1970, is given here for each.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from llmcost.errors import InputError, did_you_mean
from llmcost.usage.convention import Convention
from llmcost.usage.conversion import STANDARD
from llmcost.usage.cube import NO_TIME
from llmcost.usage.cube_sql import COLUMNS, HOURS, add_cells, cube_query
from llmcost.usage.lines import Lines
from llmcost.usage.logs import as_text
from llmcost.usage.projection import COUNTS, MOMENT, NUMBER, TEXT, Column, Dialect, NotFlat, calls_of
from llmcost.usage.reader import FlatReader, ReaderOptions, keys_of, reader_named
from llmcost.usage.readers.generic import COLUMNS as FIELDS
from llmcost.usage.reading import FileRead, Reading, Request

ENGINE = "warehouse"
UNREADABLE = "not plainly readable in the warehouse"
_MICROS = "LLMCOST_MICROS"
# {0} is a timestamp; one without a zone is UTC.
DIALECTS = {
    "bigquery": "UNIX_MICROS(CAST({0} AS TIMESTAMP))",
    "snowflake": "DATE_PART(EPOCH_MICROSECOND, {0})",
    "trino": "CAST(ROUND(TO_UNIXTIME(CAST({0} AS TIMESTAMP(6))) * 1000000) AS BIGINT)",
    "spark": "UNIX_MICROS(CAST({0} AS TIMESTAMP))",
    "databricks": "UNIX_MICROS(CAST({0} AS TIMESTAMP))",
    "postgres": "CAST(FLOOR(EXTRACT(EPOCH FROM {0}) * 1000000) AS BIGINT)",
    "redshift": "CAST(FLOOR(EXTRACT(EPOCH FROM {0}) * 1000000) AS BIGINT)",
    "clickhouse": "toUnixTimestamp64Micro(toDateTime64({0}, 6, 'UTC'))",
    "duckdb": "EPOCH_US(CAST({0} AS TIMESTAMPTZ))",
}
# The columns of a table of calls where --map does not say otherwise; others are read only when they are mapped.
_EXPECTED = {"model": "model", "time": "timestamp", "input_tokens": "input_tokens", "output_tokens": "output_tokens"}
_PLAIN = Dialect(
    '"',
    lambda text: f"{_MICROS}({text})",
    lambda moment: f"{_MICROS}({moment})",
    lambda text, pattern: f"NULLIF(REGEXP_EXTRACT({text}, '{pattern}', 1), '')",
)


def warehouse_query(dialect: str, table: str, request: Request) -> str:
    """The query over a table, in a dialect. Raises InputError for an unknown dialect and for columns that are lacking."""
    if dialect not in DIALECTS:
        hint = did_you_mean(dialect, DIALECTS) or f"type one of: {', '.join(DIALECTS)}"
        raise InputError(f"unknown dialect {dialect!r}", where="--dialect", hint=hint)
    if not re.fullmatch(r"[\w$-]+(\.[\w$-]+)*", table):
        raise InputError(f"{table!r} is no table name", where="--table", hint="type --table schema.llm_calls")
    mapped = {**_EXPECTED, **request.columns}
    options = ReaderOptions(columns={name: column for name, column in mapped.items() if column})
    reader = reader_named("generic")(options)
    assert isinstance(reader, FlatReader)  # noqa: S101 - the generic reader is one
    columns = {keys_of(column): _column(name, column) for name, column in options.columns.items()}
    convention = request.convention or Convention(None, None)
    _needs_convention(options.columns, convention)
    try:
        calls = calls_of(reader, columns, convention, _PLAIN, table, model=request.model or "")
    except NotFlat as why:
        raise InputError(str(why), where="--map", hint="type --map input_tokens=COLUMN") from None
    text = cube_query(calls, request.thresholds, request.step_seconds, unique="id" in calls.columns)
    return _transpiled(text, dialect)


def _column(name: str, column: str) -> Column:
    plain = re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", column)
    kind = MOMENT if name == "time" else NUMBER if FIELDS.get(name) in COUNTS else TEXT
    return Column(column if plain else '"' + column.replace('"', '""') + '"', kind)


def _needs_convention(columns: Mapping[str, str], convention: Convention) -> None:
    cached = [name for name in columns if name.startswith("cache") or name == "reasoning_tokens"]
    if cached and convention.cache_in_input is None:
        raise InputError(
            f"{cached[0]} is mapped, and nothing says whether the input includes the cached tokens",
            where=f"--map {cached[0]}={columns[cached[0]]}",
            hint="say it: --convention inclusive, or exclusive",
        )


def _transpiled(text: str, dialect: str) -> str:
    try:
        sqlglot = import_module("sqlglot")
    except ImportError:
        raise InputError(
            "sqlglot is not installed", where="usage sql", hint="pip install 'llmcost-cli[warehouse]'"
        ) from None
    tree = sqlglot.parse_one(text, read="duckdb")
    found = str(tree.sql(dialect=dialect, pretty=True))
    return re.sub(rf"{_MICROS}\(((?:[^()]|\([^()]*\))*)\)", lambda each: DIALECTS[dialect].format(each[1]), found)


def read_cube(path: str, request: Request) -> Reading:
    """The cube from the CSV that the query gave. Raises InputError for one that is something else."""
    cube, lines = request.new_cube(exact=False), Lines(path)
    good, other = add_cells(cube, _columns(path, request.step_seconds))
    lines.accepted = good
    if other:
        lines.rejected[UNREADABLE] += other
    if not good:
        raise InputError("the cube holds no calls", where=path, hint="export the result of `llmcost usage sql` as CSV")
    thresholds = {key[4] for key in cube.hours if key[4]} | set(cube.thresholds)
    cube.thresholds = tuple(sorted(thresholds, reverse=True))
    read = FileRead(path, "cube", "as the query was written", "call", lines.counts)
    return Reading(ENGINE, [read], cube, lines, [])


def _columns(path: str, step_seconds: int) -> list[Sequence[Any]]:
    rows: list[list[Any]] = []
    try:
        with open(path, "rb") as stream:
            table = csv.DictReader(as_text(stream))
            table.fieldnames = [name.strip().lower() for name in table.fieldnames or ()]
            lacking = [name for name in COLUMNS if name not in table.fieldnames]
            if lacking:
                raise InputError(
                    f"this is no cube: it lacks the column {lacking[0]}",
                    where=path,
                    hint="export the result of `llmcost usage sql` with its header",
                )
            for number, row in enumerate(table, 2):
                rows.append(_read(row, step_seconds, f"{path}:{number}"))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"cannot read {path}: {reason}", where="--cube", hint="name a CSV file") from None
    return list(zip(*rows, strict=True)) or [()] * len(COLUMNS)


def _read(row: Mapping[str, Any], step_seconds: int, place: str) -> list[Any]:
    """One row with its numbers; a warehouse may write 12 as 12.0 and nothing as null."""
    found: dict[str, Any] = {}
    for name in COLUMNS:
        text = (row.get(name) or "").strip()
        if name in ("part", "model", "task", "tier"):
            found[name] = "" if text.lower() in ("null", "\\n") else text
            continue
        try:
            found[name] = None if text.lower() in ("", "null", "\\n") else int(text)
        except ValueError:
            try:
                found[name] = int(float(text))
            except ValueError:
                raise InputError(f"{name} is {text!r}, no number", where=place, hint="export it again") from None
    found["tier"] = found["tier"] or STANDARD
    if found["part"] == HOURS and (found["slot_us"] or NO_TIME * step_seconds * 10**6) % (step_seconds * 10**6):
        raise InputError("its slots are of another length", where=place, hint="give the --step of the query")
    return [found[name] for name in COLUMNS]
