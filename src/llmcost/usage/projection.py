"""A flat reader's table of paths as SQL: what is plainly good is counted there, all else is asked again.

Exactly the rules of `conversion.py`, for the lines on which nothing has to be repaired or refused.
`good` is true for these; every other line goes to the Python reader, which says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from llmcost.usage.convention import Convention
from llmcost.usage.conversion import DEAREST, LARGEST, PICO, STANDARD, TIERS
from llmcost.usage.cube_sql import Calls
from llmcost.usage.instants import COMPACT_DATES, EARLIEST_US, LATEST_US
from llmcost.usage.reader import FlatReader, Path, keys_of

COUNTS = ("input", "output", "cache_read", "cache_write", "cache_write_5m", "cache_write_1h", "reasoning", "total")
TEXT, NUMBER, INTEGER, PLAIN = "text", "number", "integer", "plain"
EPOCH, MOMENT, LIST = "epoch", "moment", "list"


class NotFlat(Exception):
    """The log cannot be read by SQL; the message says why, unless nobody would expect that it can."""


class Dialect(NamedTuple):
    """What engines write differently: how a path is quoted, and how text and timestamps become microseconds."""

    quote: str
    micros_of_text: Callable[[str], str]
    micros_of_moment: Callable[[str], str]
    first_match: Callable[[str, str], str]


DUCKDB = Dialect(
    '"',
    lambda text: f"EPOCH_US(TRY_CAST({text} AS TIMESTAMPTZ))",
    lambda moment: f"EPOCH_US({moment})",
    lambda text, pattern: f"NULLIF(REGEXP_EXTRACT({text}, '{pattern}', 1), '')",
)
SPARK = Dialect(
    "`",
    # Spark takes a year, a month or the time of day alone for a moment.
    lambda text: (
        f"CASE WHEN {text} RLIKE '^[0-9]{{4}}-[0-9]+-[0-9]' THEN UNIX_MICROS(TRY_CAST({text} AS TIMESTAMP)) END"
    ),
    lambda moment: f"UNIX_MICROS(CAST({moment} AS TIMESTAMP))",
    lambda text, pattern: f"NULLIF(REGEXP_EXTRACT({text}, '{pattern}', 1), '')",
)


class Column(NamedTuple):
    """One place of the log as SQL, and what stands there.

    `text`, `number`, `integer`, `plain` (a number of which 0 and 1 may be false and true), `moment` (a timestamp of
    the engine's own), `epoch` (a number since 1970, as text), or `list` (as its JSON text). `number` is the number
    that a text is, where the source has worked it out: an engine does it anew wherever it is written. `always`: a
    line that has nothing there is not good.
    """

    sql: str
    kind: str = TEXT
    number: str = ""
    always: bool = False


Columns = Mapping[tuple[str, ...], Column]


def quoted(keys: Sequence[str], quote: str) -> str:
    """A path that walks down through structs."""
    return ".".join(quote + key.replace(quote, quote * 2) + quote for key in keys)


def calls_of(
    reader: FlatReader,
    columns: Columns,
    convention: Convention,
    dialect: Dialect,
    source: str,
    *,
    model: str = "",
    late: Sequence[str] = (),
    only: Sequence[str] = (),
) -> Calls:
    """The projection of a log. `columns` are the places of the reader's fields that it has.

    `late` are further places, as SQL, that its first documents lack: a line that has one is not good,
    and neither is one for which a condition of `only` does not hold. Raises NotFlat.
    """
    projection = _Projection(reader, columns, convention, dialect, late)
    projection.conditions += only
    return projection.calls(source, model)


class _Projection:
    def __init__(
        self, reader: FlatReader, columns: Columns, convention: Convention, dialect: Dialect, late: Sequence[str]
    ) -> None:
        self.reader = reader
        self.columns = columns
        self.convention = convention
        self.dialect = dialect
        # A field that the first documents do not have, and a later line has, changes how that line is read.
        self.conditions: list[str] = [f"{each} IS NULL" for each in late]
        self.places = reader.places()

    def found(self, field: str) -> list[Column]:
        paths: Sequence[Path] = self.places.get(field, ())
        return [self.columns[keys_of(path)] for path in paths if keys_of(path) in self.columns]

    def calls(self, source: str, model: str) -> Calls:
        raw = {field: self._count(field) for field in COUNTS}
        if raw["input"] is None or raw["output"] is None:
            raise NotFlat("no column holds the input or the output tokens")
        tokens = self._disjoint(raw)
        made: dict[str, str] = {}
        name = self._text("model")
        default = literal(model)
        # What is missing becomes "" after the grouping: a function of every row's text would cost a third of a scan.
        if name is not None:
            made["model"] = f"COALESCE(NULLIF({name}, ''), {default})" if model else name
        elif model:
            made["model"] = default
        task = self._task()
        if task is not None:
            made["task"] = task
        tier = self._text("tier")
        if tier is not None:
            folded = f"LOWER(TRIM({tier}))"
            arms = " ".join(f"WHEN {literal(k)} THEN {literal(v)}" for k, v in TIERS.items())
            made["tier"] = f"CASE WHEN {tier} IS NULL THEN '{STANDARD}' ELSE CASE {folded} {arms} ELSE {folded} END END"
        moment = self._moment()
        if moment is not None:
            made["at_us"] = moment
        made |= tokens
        usd = self._usd()
        if usd is not None:
            made["pico_usd"] = usd
        if self.reader.duplicates:
            id_ = self._text("id")
            if id_ is not None:
                made["id"] = f"NULLIF({id_}, '')"
        for path, allowed in self.reader.plain.items():
            column = self.columns.get(keys_of(path))
            if column is not None:
                words = ", ".join(literal(word) for word in allowed)
                self.conditions.append(f"({_as_text(column)} IS NULL OR {_as_text(column)} IN ({words}))")
        good = "\n      AND ".join(dict.fromkeys(self.conditions))
        listed = ",\n    ".join(f"{sql} AS {column}" for column, sql in made.items())
        select = f"  SELECT\n    COALESCE({good}, FALSE) AS good,\n    {listed}\n  FROM {source}"
        return Calls(select, tuple(made))

    def _count(self, field: str) -> str | None:
        """A number of tokens as SQL (NULL where nothing stands), and what has to hold for it."""
        found = self.found(field)
        if not found:
            return None
        if any(column.kind not in (TEXT, NUMBER, INTEGER, PLAIN) for column in found):
            raise NotFlat(f"the {field} tokens are no numbers")
        texts = [column for column in found if column.kind == TEXT]
        if texts and len(texts) < len(found):
            raise NotFlat(f"the {field} tokens stand in columns of several kinds")
        sql = _coalesced([column.sql for column in found])
        number = sql
        if texts:
            number = texts[0].number if len(texts) == 1 else ""
            number = number or f"TRY_CAST({sql} AS DOUBLE)"
        required = field in ("input", "output") or found[0].always
        checks = [f"{number} BETWEEN {2 if found[0].kind == PLAIN else 0} AND {LARGEST}"]
        if not all(column.kind == INTEGER for column in found):
            checks.append(f"{number} = FLOOR({number})")
        held = " AND ".join(checks)
        self.conditions.append(held if required else f"({sql} IS NULL OR ({held}))")
        return number

    def _disjoint(self, raw: Mapping[str, str | None]) -> dict[str, str]:
        def there(field: str) -> str | None:
            value = raw[field]
            return None if value is None else f"COALESCE({value}, 0)"

        read, write, write_5m, write_1h = (there(f) for f in COUNTS[2:6])
        reasoning = there("reasoning")
        split = " + ".join(part for part in (write_5m, write_1h) if part)
        if write is not None and split:
            self.conditions.append(f"({raw['cache_write']} IS NULL OR {raw['cache_write']} >= {split})")
            whole = f"GREATEST({write}, {split})"
            write_5m = f"({whole} - {write_1h})" if write_1h else whole
        elif write is not None:
            write_5m = write
        cached = " + ".join(part for part in (read, write_5m, write_1h) if part)
        input_, output = str(raw["input"]), str(raw["output"])
        cache_in, reasoning_in = self.convention
        total = f"{input_} + {output}"
        uncached = input_
        if cached:
            if cache_in is None:
                self.conditions.append(f"{cached} = 0")
            elif cache_in:
                self.conditions.append(f"{input_} >= {cached}")
                uncached = f"{input_} - ({cached})"
            else:
                total += f" + {cached}"
        if reasoning:
            if reasoning_in is None:
                self.conditions.append(f"{reasoning} = 0")
            elif reasoning_in:
                self.conditions.append(f"{output} >= {reasoning}")
            else:
                total += f" + {reasoning}"
                output = f"{output} + {reasoning}"
        if raw["total"] is not None:
            self.conditions.append(f"({raw['total']} IS NULL OR {raw['total']} = {total})")
        made = {"uncached_input": uncached, "cache_read": read, "cache_write_5m": write_5m, "cache_write_1h": write_1h}
        made["output"] = output
        integers = all(column.kind == INTEGER for field in COUNTS for column in self.found(field))
        cast = "CAST" if integers else "TRY_CAST"
        return {name: f"{cast}({sql} AS BIGINT)" for name, sql in made.items() if sql is not None}

    def _text(self, field: str) -> str | None:
        found = self.found(field)
        return _coalesced([_as_text(column) for column in found]) if found else None

    def _task(self) -> str | None:
        found = self.found("task")
        if not any(column.kind == LIST for column in found):
            return self._text("task")
        if len(found) > 1:
            raise NotFlat("the task stands in several places, one of them a list")
        tags = found[0].sql
        # Quotes, escapes and user agents within tags, and tags that are no text, are left to Python.
        odd = " OR ".join(f"{tags} LIKE '{each}'" for each in (r"%\\%", "%User-Agent:%", "%{%", "_%[%"))
        self.conditions.append(f"({tags} IS NULL OR ({tags} LIKE '[%' AND NOT ({odd})))")
        named = self.dialect.first_match(tags, '"task:([^"]*)"')
        return f"COALESCE({named}, {self.dialect.first_match(tags, chr(34) + '([^' + chr(34) + ']*)' + chr(34))})"

    def _moment(self) -> str | None:
        moment = self._any_moment()
        if moment is not None:
            # An engine reads the word `epoch` as the first moment of all.
            within = f"{moment} BETWEEN {EARLIEST_US + 1} AND {LATEST_US}"
            self.conditions.append(within if self.found("at")[0].always else f"({moment} IS NULL OR {within})")
        return moment

    def _any_moment(self) -> str | None:
        found = self.found("at")
        if not found:
            return None
        micros = [self._micros(column) for column in found]
        if all(column.kind == MOMENT for column in found):
            return _coalesced(micros)
        if len(found) == 1:
            if not found[0].always:
                self.conditions.append(f"({found[0].sql} IS NULL OR {micros[0]} IS NOT NULL)")
            return micros[0]
        # The first that is there counts, readable or not.
        arms = " ".join(f"WHEN {c.sql} IS NOT NULL THEN {us}" for c, us in zip(found, micros, strict=True))
        moment = f"CASE {arms} END"
        self.conditions.append(f"(COALESCE({', '.join(_as_text(c) for c in found)}) IS NULL OR {moment} IS NOT NULL)")
        return moment

    def _micros(self, column: Column) -> str:
        if column.kind == TEXT:
            return self.dialect.micros_of_text(column.sql)
        if column.kind == MOMENT:
            return self.dialect.micros_of_moment(column.sql)
        value = f"TRY_CAST({column.sql} AS DOUBLE)" if column.kind == EPOCH else column.sql
        dates = " OR ".join(f"{value} BETWEEN {least} AND {most}" for least, most in COMPACT_DATES)
        self.conditions.append(f"({column.sql} IS NULL OR NOT ({dates}))")
        whole = f"TRY_CAST({column.sql} AS BIGINT)"  # nanoseconds are more than a float holds
        return (
            f"CASE WHEN {value} >= 1e17 THEN TRY_CAST(({whole} - MOD({whole}, 1000)) / 1000 AS BIGINT) "
            f"WHEN {value} >= 1e14 THEN TRY_CAST(FLOOR({value}) AS BIGINT) "
            f"WHEN {value} >= 1e11 THEN TRY_CAST(FLOOR({value}) AS BIGINT) * 1000 "
            f"ELSE TRY_CAST(ROUND({value} * 1e6) AS BIGINT) END"
        )

    def _usd(self) -> str | None:
        found = self.found("usd")
        if not found:
            return None
        sql = _coalesced([column.sql for column in found])
        number = f"TRY_CAST({sql} AS DOUBLE)"
        held = f"{number} >= 0 AND {number} < {DEAREST}" + (
            f" AND {sql} NOT IN (0, 1)" if found[0].kind == PLAIN else ""
        )
        self.conditions.append(held if found[0].always else f"({sql} IS NULL OR ({held}))")
        return f"TRY_CAST(FLOOR({number} * {PICO:.0e} + 0.5) AS BIGINT)"


def _coalesced(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"COALESCE({', '.join(parts)})"


def _as_text(column: Column) -> str:
    return column.sql if column.kind in (TEXT, EPOCH, LIST) else f"CAST({column.sql} AS STRING)"


def literal(text: str) -> str:
    """A text as SQL."""
    return "'" + text.replace("'", "''") + "'"
