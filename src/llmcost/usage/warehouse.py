"""The cube's query in the words of a warehouse, and the cube from the rows that came back.

sqlglot (extra `warehouse`) writes the dialects; what no two warehouses write alike, a timestamp as
microseconds since 1970, is given here for each.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from importlib import import_module
from typing import Any

from llmcost.errors import InputError, did_you_mean
from llmcost.usage.convention import Convention
from llmcost.usage.cube_sql import COLUMNS, COPIES, HOURS, OUTPUTS, SIZES, SUMS, Calls, add_cells, cube_query
from llmcost.usage.documents import BadLine, documents
from llmcost.usage.flat import Entries
from llmcost.usage.formats.generic import BY_ID, END
from llmcost.usage.formats.generic import COLUMNS as FIELDS
from llmcost.usage.instants import EARLIEST_US, LATEST_US
from llmcost.usage.lines import Lines
from llmcost.usage.logs import log_file
from llmcost.usage.reader import ReaderOptions, reader_named
from llmcost.usage.reading import BY_WAREHOUSE, FileRead, LogResult, Request
from llmcost.usage.rule import COUNTS, DEAREST, STANDARD, call_columns, clean, judged
from llmcost.usage.sizes import bucket_of

_KEYS = {HOURS: "slot_us", SIZES: "prompt_size", OUTPUTS: "output_size"}
_AGAIN = "export the whole result of one `llmcost usage sql` query as CSV, JSONL or Parquet"
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
_IN_UTC = {
    **dict.fromkeys(("trino", "spark", "databricks"), "SET TIME ZONE 'UTC';"),
    **dict.fromkeys(("postgres", "redshift", "duckdb"), "SET TimeZone = 'UTC';"),
    "bigquery": "SET @@time_zone = 'UTC';",
    "snowflake": "ALTER SESSION SET TIMEZONE = 'UTC';",
    "clickhouse": "SET session_timezone = 'UTC';",
}
# The columns of a table of calls where --map does not say otherwise; others are read only when they are mapped.
_EXPECTED = {"model": "model", "time": "timestamp", "input_tokens": "input_tokens", "output_tokens": "output_tokens"}


def warehouse_query(dialect: str, table: str, request: Request) -> str:
    """The query over a table, in a dialect. Raises InputError for an unknown dialect and for columns that are lacking."""
    if dialect not in DIALECTS:
        hint = did_you_mean(dialect, DIALECTS) or f"type one of: {', '.join(DIALECTS)}"
        raise InputError(f"unknown dialect {dialect!r}", where="--dialect", hint=hint)
    if not re.fullmatch(r"[\w$-]+(\.[\w$-]+)*", table):
        raise InputError(f"{table!r} is no table name", where="--table", hint="type --table schema.llm_calls")
    for name in ("calls", END):
        if name in request.columns:
            raise InputError(
                f"the query takes a row as one call, and {name} is of rows that sum up many",
                where=f"--map {name}={request.columns[name]}",
                hint="export the table and read it: llmcost usage FILE --map calls=COLUMN",
            )
    mapped = {name: column for name, column in {**_EXPECTED, **request.columns}.items() if column}
    reader_named("generic")(ReaderOptions(columns=mapped))  # which knows the fields
    convention = request.convention or Convention(None, None)
    _needs_convention(mapped, convention)
    entries = _entries(mapped, table)
    model = request.model or ""
    columns = call_columns(entries.has, model)
    rule = judged(entries.select, entries.has, convention, model=model, proofs=False)
    good = f"COALESCE({clean(entries.has)}, FALSE)"
    calls = Calls(f"SELECT {good} AS good, {', '.join(columns)} FROM (\n{rule}\n) AS judged", columns)
    unique = "id" in calls.columns
    text = cube_query(calls, request.thresholds, request.step_seconds, unique=unique, copies=unique)
    return f"-- A time without an offset is read in the session's time zone. First: {_IN_UTC[dialect]}\n" + _transpiled(
        text, dialect
    )


def _entries(mapped: Mapping[str, str], table: str) -> Entries:
    """The table's columns as entries. Raises InputError where input or output tokens are lacking."""
    found, plain = {}, []
    for name, column in mapped.items():
        field = FIELDS[name]
        written = re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", column)
        sql = column if written else '"' + column.replace('"', '""') + '"'
        if field in COUNTS:
            found[field] = f"TRY_CAST({sql} AS BIGINT)"
            plain.append(f"({sql} IS NULL OR {sql} = FLOOR({sql}))")
        elif field == "at":
            found["at_us"] = f"{_MICROS}({sql})"
            plain.append(f"({sql} IS NULL OR {_MICROS}({sql}) BETWEEN {EARLIEST_US + 1} AND {LATEST_US})")
        elif field == "usd":
            found["usd"] = f"TRY_CAST({sql} AS DOUBLE)"
            plain.append(f"({sql} IS NULL OR ({sql} >= 0 AND {sql} < {DEAREST}))")
        else:
            text = f"CAST({sql} AS VARCHAR)"  # an id is often a number
            found[field] = f"NULLIF({text}, '')" if field == "id" else text
    for field in ("input", "output"):
        if field not in found:
            hint = f"type --map {field}_tokens=COLUMN"
            raise InputError("no column holds the input or the output tokens", where="--map", hint=hint)
    listed = ", ".join(f"{sql} AS {field}" for field, sql in found.items())
    return Entries(f"SELECT {' AND '.join(plain)} AS plain, {listed} FROM {table}", ("plain", *found))


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


def read_cube(path: str, request: Request, *, step_stated: bool = False) -> LogResult:
    """The cube from what the query gave (CSV, JSONL or Parquet), in the slots that it names itself.

    Raises InputError for one that is something else, or of another step than the request where that is `step_stated`.
    """
    rows = _rows(path)
    if not rows:
        raise InputError("the cube holds no calls", where=path, hint=_AGAIN)
    step_seconds = rows[0]["step_seconds"]
    if step_stated and step_seconds != request.step_seconds:
        raise InputError(
            f"the cube is of slots of {step_seconds:,} seconds, the step is of {request.step_seconds:,}",
            where=path,
            hint="leave --step out, or run the query of `llmcost usage sql` with it",
        )
    cube, lines = request._replace(step_seconds=step_seconds).new_cube(exact=False), Lines(path)
    whole(rows, path)
    columns = list(zip(*([row[name] for name in COLUMNS] for row in rows), strict=True))
    lines.accepted, other = add_cells(cube, columns)
    if other:
        lines.rejected[UNREADABLE] += other
    again = sum(row[COPIES] for row in rows if row["good"] and row["part"] == HOURS)
    if again:
        lines.duplicate[BY_ID] += again
    if not lines.accepted:
        raise InputError("the cube holds no calls", where=path, hint=_AGAIN)
    thresholds = {key[4] for key in cube.hours if key[4]} | set(cube.thresholds)
    cube.thresholds = tuple(sorted(thresholds, reverse=True))
    read = FileRead(path, "cube", "as the query was written", "call", lines.counts)
    return LogResult(BY_WAREHOUSE, [read], cube, lines, [])


def whole(rows: Sequence[Mapping[str, Any]], path: str) -> None:
    """Raises InputError for a cube of which rows are lacking, stand twice, or were changed.

    Each part counts every call once, so that a limit on the rows of an export shows in their sums: by
    hour and by prompt size for each model, task, tier and band, by output size altogether.
    """
    by_name: dict[str, dict[tuple[Any, ...], list[int]]] = {HOURS: {}, SIZES: {}}
    sums: dict[str, list[int]] = {part: [0] * len(SUMS) for part in _KEYS}
    sizes: set[tuple[Any, ...]] = set()
    for row in rows:
        part, good = row["part"], row["good"]
        if part not in sums:
            raise InputError(f"this is no cube: it has a part {part!r}", where=path, hint=_AGAIN)
        own = [row[name] or 0 for name in SUMS]
        sums[part] = [before + more for before, more in zip(sums[part], own, strict=True)]
        size = row[_KEYS[part]]
        if part != HOURS and good and size != bucket_of(size):
            raise InputError(f"this is no cube: it has a size {size}", where=path, hint=_AGAIN)
        if part == OUTPUTS:
            if (good, size) in sizes:
                raise InputError(f"rows of the cube stand twice (output size {size})", where=path, hint=_AGAIN)
            sizes.add((good, size))
        else:
            key = (good, row["model"], row["task"], row["tier"], row["above_tokens"] or 0)
            cell = by_name[part].setdefault(key, [0] * len(SUMS))
            cell[:] = [before + more for before, more in zip(cell, own, strict=True)]
    for part, name in ((SIZES, "prompt size"), (OUTPUTS, "output size")):
        for what, by_hour, other in zip(SUMS, sums[HOURS], sums[part], strict=True):
            if by_hour != other:
                fault, hint = "figures of the cube were changed", _AGAIN
                if what == "calls":
                    fault, hint = "rows of the cube are lacking", "export all rows of the result, without a limit"
                raise InputError(
                    f"{fault}: by hour it has {by_hour:,} {what.replace('_', ' ')}, by {name} {other:,}",
                    where=path,
                    hint=hint,
                )
    if by_name[HOURS] != by_name[SIZES]:
        raise InputError("rows of the cube contradict each other", where=path, hint=_AGAIN)


def _rows(path: str) -> list[dict[str, Any]]:
    """The rows of a table, which may be a packed one, JSONL or Parquet too. Raises InputError."""
    rows: list[dict[str, Any]] = []
    for number, row in documents(log_file(path, named=True)):
        place = f"{path}:{number}"
        if not isinstance(row, Mapping):
            reason = row.reason if isinstance(row, BadLine) else "no row"
            raise InputError(f"the cube cannot be read: {reason}", where=place, hint=_AGAIN)
        folded = {str(name).strip().lower(): value for name, value in row.items()}
        lacking = [name for name in COLUMNS if name not in folded]
        if lacking:
            raise InputError(f"this is no cube: it lacks the column {lacking[0]}", where=path, hint=_AGAIN)
        rows.append(_read(folded, place))
        if rows[-1]["step_seconds"] != rows[0]["step_seconds"]:
            raise InputError("its slots are of two lengths", where=place, hint=_AGAIN)
    return rows


def _read(row: Mapping[str, Any], place: str) -> dict[str, Any]:
    """One row with its numbers; a warehouse may write 12 as 12.0 and nothing as null."""
    found: dict[str, Any] = {}
    for name in (*COLUMNS, COPIES):
        text = str(value).strip() if (value := row.get(name)) is not None else ""
        if name in ("part", "model", "task", "tier"):
            found[name] = "" if text.lower() in ("null", "\\n") else text
            continue
        found[name] = None if text.lower() in ("", "null", "\\n") else _whole(text, name, place)
    needed = ["good", "calls", "step_seconds"]
    if found["good"]:
        needed += [*SUMS, "above_tokens", _KEYS.get(found["part"], "good")]
    lacking = [name for name in needed if found[name] is None]
    if lacking:
        raise InputError(f"a row of the cube lacks its {lacking[0]}", where=place, hint=_AGAIN)
    found["tier"] = found["tier"] or STANDARD
    step_us = found["step_seconds"] * 10**6
    if step_us <= 0 or (found["part"] == HOURS and (found["slot_us"] or 0) % step_us):
        raise InputError("its slots are not of the length that it names", where=place, hint=_AGAIN)
    found[COPIES] = found[COPIES] or 0  # a query without an id looks for none
    return found


def _whole(text: str, name: str, place: str) -> int:
    """A whole number; exactly, since a recorded cost in 1e-12 USD is longer than a float."""
    try:
        number = Decimal(text)
        if abs(number) < 1 << 63 and number == number.to_integral_value():
            return int(number)
    except (ArithmeticError, ValueError):
        pass
    raise InputError(f"{name} is {text!r}, no whole number", where=place, hint=_AGAIN)
