"""Entries of a flat Parquet file as SQL, by the types of its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from llmcost.usage.flat import (
    NO_MAP,
    TEXTS,
    WHOLE,
    Dialect,
    Entries,
    Keys,
    NotFlat,
    first_of,
    moment_of_number,
    number_is_moment,
)
from llmcost.usage.instants import EARLIEST_US, LATEST_US
from llmcost.usage.reader import FlatReader, keys_of
from llmcost.usage.rule import COUNTS, DEAREST, literal

_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "INT", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")


def entries_of_parquet(
    reader: FlatReader, types: Mapping[str, str], source: str, dialect: Dialect, *, also: Sequence[str] = ()
) -> Entries:
    """The entries of a Parquet file, by the engine's types of its columns, with further ones. Raises NotFlat."""
    outer: dict[str, str] = {name: name for name in also}
    plain: list[str] = []
    for field, paths in reader.places().items():
        own = [keys for keys in map(keys_of, paths) if keys[0] in types]
        if not own or (field == "id" and not reader.duplicates) or field == "calls":
            continue
        columns = [_parquet_column(field, keys, types[keys[0]].upper(), dialect) for keys in own]
        kinds = {kind for _, kind in columns}
        sql = first_of([each for each, _ in columns])
        if field in COUNTS:
            outer[field] = sql if kinds == {"whole"} else f"TRY_CAST({sql} AS BIGINT)"
            if kinds != {"whole"}:
                plain.append(f"({sql} IS NULL OR (ABS({sql}) <= {WHOLE} AND {sql} = FLOOR({sql})))")
        elif field == "at":
            if len(kinds) > 1:
                raise NotFlat("its times are written in two ways")
            outer["at_us"] = _parquet_moment(sql, kinds.pop(), dialect, plain)
        elif field == "usd":
            outer["usd"] = f"TRY_CAST({sql} AS DOUBLE)"
            plain.append(
                f"({sql} IS NULL OR (TRY_CAST({sql} AS DOUBLE) >= 0 AND TRY_CAST({sql} AS DOUBLE) < {DEAREST}))"
            )
        else:
            outer[field] = f"NULLIF({sql}, '')" if field == "id" else sql
            if field == "task":
                plain.append(NO_MAP.format(sql))
    if not {"input", "output"} <= outer.keys():
        raise NotFlat("no column holds the input or the output tokens")
    for path, allowed in reader.plain.items():
        keys = keys_of(path)
        if keys[0] in types:
            text = f"CAST({dialect.quoted(keys[0])} AS STRING)"
            plain.append(f"({text} IS NULL OR {text} IN ({', '.join(map(literal, allowed))}))")
    listed = ", ".join(f"{sql} AS {name}" for name, sql in outer.items())
    return Entries(
        f"SELECT COALESCE({' AND '.join(plain) or 'TRUE'}, FALSE) AS plain, {listed} FROM {source}", ("plain", *outer)
    )


def _parquet_column(field: str, keys: Keys, written: str, dialect: Dialect) -> tuple[str, str]:
    """One column as SQL, and what it holds: whole numbers, numbers, moments or texts. Raises NotFlat."""
    sql = dialect.quoted(keys[0])
    if len(keys) > 1 or written.startswith(("STRUCT", "MAP", "ARRAY")) or written.endswith("[]"):
        raise NotFlat(f"{keys[0]} is nested")
    if field in TEXTS:
        if written in ("VARCHAR", "STRING"):
            return sql, "text"
        if written in (*_INTEGERS, "BOOLEAN", "UUID"):
            return f"CAST({sql} AS STRING)", "text"
        raise NotFlat(f"{keys[0]} is of type {written}")  # how an engine writes a float is its own way
    if written in _INTEGERS:
        return f"CAST({sql} AS BIGINT)", "whole"
    if written in ("DOUBLE", "FLOAT", "UBIGINT", "HUGEINT") or written.startswith("DECIMAL"):
        # A file's own statistics pass over what is no number, and an engine leaves out a check that they answer.
        return (f"CAST({sql} AS DOUBLE)", "number")
    if written.startswith("TIMESTAMP") and field == "at":
        return sql, "moment"
    if written in ("VARCHAR", "STRING") and field in ("at", "usd"):
        return sql, "text"
    raise NotFlat("its numbers are written as text" if field in COUNTS else f"a column of type {written}")


def _parquet_moment(sql: str, kind: str, dialect: Dialect, plain: list[str]) -> str:
    if kind == "moment":
        micros = dialect.micros_of_moment(sql)
        plain.append(f"({sql} IS NULL OR {micros} BETWEEN {EARLIEST_US + 1} AND {LATEST_US})")
        return micros
    if kind == "text":
        micros = dialect.micros(sql)
        # Digits alone are a number, of which an engine would make a year.
        digits = f"REGEXP_MATCHES({sql}, '^[0-9]+$')" if dialect.name == "duckdb" else f"{sql} RLIKE '^[0-9]+$'"
        plain.append(f"({sql} IS NULL OR ({micros} BETWEEN {EARLIEST_US + 1} AND {LATEST_US} AND NOT {digits}))")
        return micros
    raw = f"CAST({sql} AS STRING)" if kind == "whole" else sql
    plain.append(number_is_moment(raw))
    return moment_of_number(raw)
