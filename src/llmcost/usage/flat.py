"""Entries of a flat file as SQL: DuckDB's or Spark's own reader fills the table from the reader's paths.

Each value is read as it is written (JSON text), and becomes a number or a moment where it plainly is one. A row in which
anything is not (a count as text, a date as digits, a map written as text) is not `plain`: the format's Python reader
makes an entry of it, and so does it of every row of a file for which `NotFlat` is raised.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from llmcost.usage.instants import COMPACT_DATES, EARLIEST_US, LATEST_US
from llmcost.usage.reader import FlatReader, Reader, keys_of, value_at
from llmcost.usage.reading import Opened
from llmcost.usage.rule import COUNTS, DEAREST, literal

# A limit of what a double holds exactly; the rule says of more what is wrong with it.
WHOLE = (1 << 53) - 1
NO_MAP = "({0} IS NULL OR ({0} NOT LIKE '[%' AND {0} NOT LIKE '{{%'))"
TEXTS = ("model", "tier", "task", "id")
Keys = tuple[str, ...]


class NotFlat(Exception):
    """SQL cannot read the file; the message says why, unless nobody would expect that it can."""


class Dialect(NamedTuple):
    """What the engines write differently."""

    name: str
    quote: str
    at: Callable[[str, Sequence[str]], str]  # a key of JSON text: what stands there, as JSON text
    text_at: Callable[[str, Sequence[str]], str]  # the same, text without its quotes
    micros: Callable[[str], str]  # of text
    micros_of_moment: Callable[[str], str]
    is_object: Callable[[str], str]

    def quoted(self, name: str) -> str:
        """A name of a column."""
        return self.quote + name.replace(self.quote, self.quote * 2) + self.quote


def _path(keys: Sequence[str]) -> str:
    return literal("$" + "".join("." + json.dumps(key, ensure_ascii=False) for key in keys))


DUCKDB = Dialect(
    "duckdb",
    '"',
    lambda column, keys: f"CAST(JSON_EXTRACT({column}, {_path(keys)}) AS STRING)",
    lambda column, keys: f"JSON_EXTRACT_STRING({column}, {_path(keys)})",
    lambda text: f"EPOCH_US(TRY_CAST({text} AS TIMESTAMPTZ))",
    lambda moment: f"EPOCH_US({moment})",
    lambda text: f"LEFT(CAST({text} AS STRING), 1) = '{{'",
)


def _get(column: str, keys: Sequence[str]) -> str:
    path = "$" + "".join(f"[\\'{key}\\']" for key in keys)
    return f"GET_JSON_OBJECT({column}, '{path}')" if keys else column


# Spark takes a year, a month or the time of day alone for a moment.
SPARK = Dialect(
    "spark",
    "`",
    _get,
    _get,
    lambda text: (
        f"CASE WHEN {text} RLIKE '^[0-9]{{4}}-[0-9]+-[0-9]' THEN UNIX_MICROS(TRY_CAST({text} AS TIMESTAMP)) END"
    ),
    lambda moment: f"UNIX_MICROS(CAST({moment} AS TIMESTAMP))",
    lambda text: f"LEFT({text}, 1) = '{{'",
)


class Entries(NamedTuple):
    """A SELECT of entries, with a column `plain`, and which columns it has."""

    select: str
    has: tuple[str, ...]


def flat_reader(found: Opened) -> FlatReader:
    """The reader of a log that SQL can read. Raises NotFlat."""
    reader = found.fresh_reader()
    if found.file.packed not in ("", "gzip") or found.file.encoding != "utf-8-sig":
        raise NotFlat("")
    if found.file.kind not in ("jsonl", "parquet"):
        raise NotFlat("")
    if not isinstance(reader, FlatReader) or not reader.sql or type(reader).records is not Reader.records:
        raise NotFlat("")
    if reader.grain != "call" or found.in_days:
        raise NotFlat("")  # few rows, and what their times are is seen line by line
    if found.file.packed and not found.file.whole():
        raise NotFlat("it is damaged")  # an engine takes what comes, without looking at the sum at its end
    return reader


class JsonColumns(NamedTuple):
    """The keys of a line that are looked at, with the type that each is read as, and their places."""

    types: dict[str, str]
    places: dict[str, list[Keys]]
    late: list[Keys]
    times_are_text: bool = True
    times_everywhere: bool = False
    settled: frozenset[str] = frozenset()  # fields of which a row that lacks them is not plain


def json_columns(reader: FlatReader, documents: Sequence[Mapping[str, Any]]) -> JsonColumns:
    """What of the reader's paths has to be read of JSONL like these documents.

    A field that all of them have at one path is not looked for at the paths after it, and a row that lacks it is not
    plain. Paths that none of them has are read to see that no row has them. Raises NotFlat.
    """
    paths = {field: list(map(keys_of, each)) for field, each in reader.places().items()}
    places: dict[str, list[Keys]] = {}
    late: list[Keys] = []
    settled: set[str] = set()
    for field, each in paths.items():
        for keys in each:
            values = [value for document in documents if (value := value_at(document, keys)) is not None]
            if values:
                places.setdefault(field, []).append(keys)
            else:
                late.append(keys)
            if values and len(values) == len(documents) and field not in TEXTS:
                settled.add(field)
                break
    nested = {keys[0] for keys in [*late, *(keys for each in places.values() for keys in each)] if len(keys) > 1}
    nested |= {keys[0] for keys in map(keys_of, reader.plain) if len(keys) > 1}
    times = [
        value for keys in places.get("at", ()) for each in documents if (value := value_at(each, keys)) is not None
    ]
    texts = sum(isinstance(value, str) for value in times)
    types: dict[str, str] = {}
    for field, each in places.items():
        for keys in each:
            as_text = (
                field in (*TEXTS, *(["at"] if texts else [])) and keys[0] not in nested and not _lists(documents, keys)
            )
            types.setdefault(keys[0], "VARCHAR" if as_text else "JSON")
            if not as_text:
                types[keys[0]] = "JSON"
    for keys in [*late, *map(keys_of, reader.plain)]:
        types.setdefault(keys[0], "JSON" if keys[0] in nested else "VARCHAR")
    folded = [name.lower() for name in types]
    if len(set(folded)) < len(folded):
        raise NotFlat("")  # an engine takes Model for model
    everywhere = bool(texts) and len(times) == len(documents) and len(places["at"]) == 1
    if everywhere and types[places["at"][0][0]] == "VARCHAR":
        types[places["at"][0][0]] = "TIMESTAMPTZ"  # what cannot be read as one is NULL, and its row not plain
        return JsonColumns(types, places, late, True, True, frozenset(settled))
    return JsonColumns(types, places, late, bool(texts), False, frozenset(settled))


def _lists(documents: Sequence[Mapping[str, Any]], keys: Keys) -> bool:
    return any(isinstance(value_at(document, keys), list | dict) for document in documents)


def entries_of_json(
    reader: FlatReader,
    found: JsonColumns,
    source: str,
    dialect: Dialect,
    *,
    also: Sequence[str] = (),
    only: Sequence[str] = (),
    root: str = "",
) -> Entries:
    """The entries of JSONL, of a source that has each key as a column, below `root`.

    `also` are columns of the source that go along, `only` has to hold of a plain row besides. Raises NotFlat.
    """
    return _OfJson(reader, found, dialect, root).entries(source, also, only)


class _OfJson:
    def __init__(self, reader: FlatReader, found: JsonColumns, dialect: Dialect, root: str) -> None:
        self.reader, self.found, self.dialect, self.root = reader, found, dialect, root
        self.plain: list[str] = []

    def _column(self, key: str) -> str:
        return self.root + self.dialect.quoted(key)

    def raw(self, keys: Keys) -> str:
        """What stands at a place as JSON text; NULL for nothing and for null."""
        column = self._column(keys[0])
        if len(keys) == 1:
            column = f"CAST({column} AS STRING)" if self.dialect.name == "duckdb" else column
            return f"NULLIF({column}, 'null')"
        return f"NULLIF({self.dialect.at(column, keys[1:])}, 'null')"

    def text(self, keys: Keys) -> str:
        """A text at a place, or what else stands there as JSON writes it."""
        column = self._column(keys[0])
        if len(keys) > 1:
            return self.dialect.text_at(column, keys[1:])
        return column if self.found.types[keys[0]] == "VARCHAR" else self.dialect.text_at(column, ())

    def entries(self, source: str, also: Sequence[str], only: Sequence[str]) -> Entries:
        inner: dict[str, str] = {}
        outer: dict[str, str] = {name: name for name in also}
        for field in COUNTS:
            if field in self.found.places:
                places = self.found.places[field]
                required = field in self.found.settled or (
                    field in ("input", "output") and "total" not in self.found.places
                )
                raw = first_of(list(map(self.raw, places)))
                if required and len(places) == 1 and len(places[0]) == 1:
                    raw = f"CAST({self._column(places[0][0])} AS STRING)"  # null is no number either
                if not required:
                    inner[f"{field}_raw"] = raw
                inner[f"{field}_number"] = f"TRY_CAST({raw} AS DOUBLE)"
                outer[field] = f"TRY_CAST({field}_number AS BIGINT)"
                # The size first: Spark's FLOOR of a double beyond 2^63 is an error, not a number.
                number = f"ABS({field}_number) <= {WHOLE} AND {field}_number = FLOOR({field}_number)"
                self.plain.append(number if required else f"({field}_raw IS NULL OR ({number}))")
        if not {"input", "output"} <= self.found.places.keys():
            raise NotFlat("")
        for field in ("model", "tier", "id"):
            places = self.found.places.get(field, [])
            if places and (field != "id" or self.reader.duplicates):
                outer[field] = first_of(list(map(self.text, places)))
                outer[field] = f"NULLIF({outer[field]}, '')" if field == "id" else outer[field]
        self._task(inner, outer)
        self._moment(inner, outer)
        if "usd" in self.found.places:
            raw = first_of(list(map(self.raw, self.found.places["usd"])))
            inner["usd_raw"] = raw
            outer["usd"] = f"TRY_CAST({raw} AS DOUBLE)"
            lacking = "usd_raw IS NULL AND FALSE" if "usd" in self.found.settled else "usd_raw IS NULL"
            self.plain.append(f"({lacking} OR (usd >= 0 AND usd < {DEAREST}))")
        return self._select(source, only, inner, outer)

    def _select(self, source: str, only: Sequence[str], inner: dict[str, str], outer: dict[str, str]) -> Entries:
        late = [self.text(keys) for keys in dict.fromkeys(self.found.late)]
        checks = [f"COALESCE({', '.join([*late, 'NULL'])}) IS NULL"] if late else []
        for path, allowed in self.reader.plain.items():
            text = self.text(keys_of(path))
            checks.append(f"({text} IS NULL OR {text} IN ({', '.join(map(literal, allowed))}))")
        for key in dict.fromkeys(keys[0] for keys in self._nested()):
            column = self.raw((key,))
            checks.append(f"({column} IS NULL OR {self.dialect.is_object(column)})")
        inner["others_plain"] = " AND ".join([*checks, *only]) or "TRUE"
        # What is worked out of what the inner SELECT reads is the outer one's; all else it passes on.
        worked_out = {*COUNTS, "at_us"} & outer.keys() - inner.keys()
        passed = {name: sql for name, sql in outer.items() if name not in worked_out}
        listed = ", ".join(f"{sql} AS {name}" for name, sql in {**inner, **passed}.items())
        columns = ", ".join(f"{sql} AS {name}" if name in worked_out else name for name, sql in outer.items())
        plain = " AND ".join(["others_plain", *self.plain])
        select = f"SELECT COALESCE({plain}, FALSE) AS plain, {columns} FROM (SELECT {listed} FROM {source}) AS read"
        return Entries(select, ("plain", *outer))

    def _nested(self) -> list[Keys]:
        """Places within objects: a map written as text is the Python reader's."""
        known = [keys for each in self.found.places.values() for keys in each]
        return [keys for keys in [*known, *self.found.late, *map(keys_of, self.reader.plain)] if len(keys) > 1]

    def _task(self, inner: dict[str, str], outer: dict[str, str]) -> None:
        places = self.found.places.get("task", [])
        if not places:
            return
        if all(self.found.types[keys[0]] == "VARCHAR" for keys in places):
            outer["task"] = first_of(list(map(self.text, places)))
            # Quotes, escapes and maps within, which a text may hold as well, are the Python reader's.
            self.plain.append(NO_MAP.format("task"))
            return
        if len(places) > 1:
            raise NotFlat("")
        raw = inner["tags"] = self.raw(places[0])
        odd = " OR ".join(f"tags LIKE '{each}'" for each in (r"%\\%", "%User-Agent:%", "%{%", "_%[%", "%null%"))
        self.plain.append(f"(tags IS NULL OR (LEFT(tags, 1) IN ('[', '\"') AND NOT ({odd})))")
        of_tag = f"NULLIF(REGEXP_EXTRACT({raw}, '\"task:([^\"]*)\"', 1), '')"
        first = f"NULLIF(REGEXP_EXTRACT({raw}, '\"([^\"]*)\"', 1), '')"
        whole = self.text(places[0])
        outer["task"] = f"CASE WHEN LEFT({raw}, 1) = '[' THEN COALESCE({of_tag}, {first}) ELSE {whole} END"

    def _moment(self, inner: dict[str, str], outer: dict[str, str]) -> None:
        places = self.found.places.get("at", [])
        if not places:
            return
        if self.found.times_everywhere and self.dialect.name == "duckdb":
            inner["at_us"] = outer["at_us"] = self.dialect.micros_of_moment(self._column(places[0][0]))
            self.plain.append(f"at_us BETWEEN {EARLIEST_US + 1} AND {LATEST_US}")
            return
        if self.found.times_are_text:
            inner["at_text"] = first_of(list(map(self.text, places)))
            outer["at_us"] = self.dialect.micros("at_text")
            # An engine reads the word `epoch` as the first moment of all.
            self.plain.append(f"(at_text IS NULL OR {outer['at_us']} BETWEEN {EARLIEST_US + 1} AND {LATEST_US})")
            self.plain += ["at_text IS NOT NULL"] if "at" in self.found.settled else []
            return
        inner["at_raw"] = first_of(list(map(self.raw, places)))
        outer["at_us"] = moment_of_number("at_raw")
        self.plain.append(number_is_moment("at_raw"))
        self.plain += ["at_raw IS NOT NULL"] if "at" in self.found.settled else []


def number_is_moment(raw: str) -> str:
    number = f"TRY_CAST({raw} AS DOUBLE)"
    dates = " OR ".join(f"{number} BETWEEN {least} AND {most}" for least, most in COMPACT_DATES)
    return f"({raw} IS NULL OR ({number} BETWEEN 1 AND 2e18 AND NOT ({dates})))"


def moment_of_number(raw: str) -> str:
    """Microseconds since 1970 of a number since then, whose size tells its unit."""
    number, whole = (
        f"TRY_CAST({raw} AS DOUBLE)",
        f"TRY_CAST({raw} AS BIGINT)",
    )  # nanoseconds are more than a double holds
    return (
        f"CASE WHEN {number} >= 1e17 THEN TRY_CAST(({whole} - MOD({whole}, 1000)) / 1000 AS BIGINT) "
        f"WHEN {number} >= 1e14 THEN TRY_CAST(FLOOR({number}) AS BIGINT) "
        f"WHEN {number} >= 1e11 THEN TRY_CAST(FLOOR({number}) AS BIGINT) * 1000 "
        f"ELSE TRY_CAST(ROUND({number} * 1e6) AS BIGINT) END"
    )


def first_of(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"COALESCE({', '.join(parts)})"
