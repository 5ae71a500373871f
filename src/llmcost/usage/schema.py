"""Where the fields of a flat log stand and what they hold, as its first documents show it.

An engine that runs SQL is told every place that the reader may look at, never left to detect them:
what a sampling detector has not seen does not exist for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from llmcost.usage.alike import Alike
from llmcost.usage.coverage import in_days
from llmcost.usage.projection import (
    COUNTS,
    EPOCH,
    INTEGER,
    LIST,
    MOMENT,
    NUMBER,
    PLAIN,
    TEXT,
    Column,
    NotFlat,
    literal,
    quoted,
)
from llmcost.usage.reader import FlatReader, Reader, first_of, keys_of, value_at
from llmcost.usage.reading import Opened

_AS_TRUTHS = frozenset((0, 1))  # what an engine makes of false and true where it reads a number
_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "INT", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")
# How a key that nobody reads is looked at to see that a value of this type is there; a text has to show its quotes.
_UNREAD = {float: ("DOUBLE", " IS NOT NULL"), bool: ("BOOLEAN", " IS NOT NULL"), str: ("JSON", """ LIKE '"%'""")}
Tree = dict[str, Any]  # a leaf is a type, a branch another tree


class Schema(NamedTuple):
    """The places as SQL columns, further ones that the first documents lack, and all as a tree of types.

    `always` are conditions that hold for each of the first documents. `as_text` are the objects that are read as
    their JSON text and taken apart after it: nothing that is read of them tells all of them from what is no object.
    `numbers` are columns to be worked out of others.
    """

    columns: dict[tuple[str, ...], Column]
    late: list[str]
    tree: Tree
    always: list[str] = []
    as_text: Tree = {}
    numbers: dict[str, str] = {}


def flat_reader(found: Opened) -> FlatReader:
    """The reader of a log that SQL can read. Raises NotFlat."""
    reader = found.fresh_reader()
    if found.file.packed not in ("", "gzip") or found.file.encoding != "utf-8-sig":
        raise NotFlat(f"it is packed by {found.file.packed}" if found.file.packed else "it is UTF-16")
    if found.file.packed and not found.file.whole():
        raise NotFlat("it is damaged")  # an engine takes what comes, without looking at the sum at its end
    if not isinstance(reader, FlatReader) or not reader.sql or type(reader).records is not Reader.records:
        raise NotFlat(f"{reader.name} is no flat format")
    if reader.grain != "call":
        raise NotFlat(f"{reader.name} sums up many calls")
    places = reader.places().get("at", ())
    if in_days(first_of(each, *places) for each in (*found.sample.documents, *found.sample.further)):
        raise NotFlat("its times are dates alone")  # that all are, the standard library sees
    return reader


def json_schema(
    reader: FlatReader,
    documents: Sequence[Mapping[str, Any]],
    quote: str,
    *,
    root: str = "",
    as_json: bool = False,
    quickly: bool = False,
    common: Alike | None = None,
) -> Schema:
    """The schema of JSONL. `root` is what the places hang under. Raises NotFlat.

    `as_json`: the engine has a type that keeps a value as it is written. `quickly`: other names of a field
    that all first documents have are not looked for, and a line that lacks the field itself is left to Python.
    With `common` no further name of any field is looked for, a line that lacks one of the keys of the first
    documents is left to Python, and numbers are read as such: that none is written as text, the quotes will show.
    """
    making = _Making(documents, quote, root, as_json, quickly, common)
    places = [(field, keys_of(path)) for field, paths in reader.places().items() for path in paths]
    places += [("", keys_of(path)) for path in reader.plain]
    known = {key for each in documents for key in each}
    values = {keys: _values(documents, keys) if keys[0] in known else [] for _, keys in places}
    for field, keys in places:
        if values[keys]:
            making.add(field, keys, values[keys])
    for field, keys in places if common is None else ():
        if not values[keys]:
            making.add(field, keys, [])
    return making.schema()


class _Making:
    """A schema while one place after the other is added, those that the first documents have before the others."""

    def __init__(
        self,
        documents: Sequence[Mapping[str, Any]],
        quote: str,
        root: str,
        as_json: bool,
        quickly: bool,
        common: Alike | None,
    ) -> None:
        self.documents, self.quote, self.root = documents, quote, root
        self.as_json, self.quickly, self.common = as_json, quickly, common
        self.columns: dict[tuple[str, ...], Column] = {}
        self.late: list[str] = []
        self.always: list[str] = []
        self.tree: Tree = {}
        self.numbers: dict[str, str] = {}
        self.taken: set[tuple[str, ...]] = set()
        self.settled: set[str] = set()

    def add(self, field: str, keys: tuple[str, ...], values: Sequence[Any]) -> None:
        """A place of a field, with what the first documents have there."""
        counted = field in COUNTS
        if self.quickly and not values and field in self.settled:
            return
        branch = next(
            (keys[:depth] for depth in range(1, len(keys)) if not _values(self.documents, keys[:depth])), None
        )
        keys = branch or keys
        folded = tuple(key.lower() for key in keys)
        if folded in self.taken:  # the engine folds names: `Model` stands for `model` too
            return
        self.taken.add(folded)
        sql = quoted((self.root, *keys) if self.root else keys, self.quote)
        if branch or (not values and field):  # whatever stands there later, the line is left to Python
            _plant(self.tree, keys, "VARCHAR")
            self.late.append(sql)
            return
        kind = _kind(field, values, keys)
        everywhere = len(values) == len(self.documents)
        type_, number = "VARCHAR", ""
        if self.common is not None and (counted or field == "usd") and _AS_TRUTHS.isdisjoint(values):
            type_, kind = "DOUBLE", PLAIN
        elif self.quickly and field == "at" and kind == TEXT and everywhere:
            type_, kind = "TIMESTAMPTZ", MOMENT  # one that cannot be read is NULL, and its line not good
        elif self.as_json and self.common is None and values and (counted or kind in (EPOCH, LIST)):
            type_ = "JSON"  # keeps the quotes of what is written as text
            sql = f"NULLIF(CAST({sql} AS VARCHAR), 'null')"
        if self.as_json and counted and kind == TEXT:
            number = quoted((f"{'.'.join(keys)} as a number",), self.quote)
            self.numbers[number] = f"TRY_CAST({sql} AS DOUBLE)"
        always = self.common is not None or (self.quickly and everywhere and field not in self.settled and field != "")
        if always:
            self.settled.add(field)
            if self.common is not None and field == "tier":
                self.always.append(f"{sql} IN ({', '.join(literal(each) for each in dict.fromkeys(values))})")
            elif not counted and field not in ("at", "usd"):
                self.always.append(f"{sql} IS NOT NULL")
        _plant(self.tree, keys, type_)
        self.columns[keys] = Column(sql, kind, number, always)

    def schema(self) -> Schema:
        """All that was added. Raises NotFlat."""
        for key, value in (self.common.unread if self.common else {}).items():
            type_, condition = _UNREAD[value]
            _plant(self.tree, (key,), type_)
            self.always.append(quoted((key,), self.quote) + condition)
        _check_branches(self.tree, self.documents, ())
        as_text = self._as_text() if self.as_json else {}
        tree = self.tree | dict.fromkeys(as_text, "JSON")
        return Schema(self.columns, self.late, tree, self.always, as_text, self.numbers)

    def _as_text(self) -> Tree:
        """The objects that are read as their JSON text; adds how the others are told from what is no object."""
        as_text: Tree = {}
        for key, below in self.tree.items():
            if isinstance(below, dict):
                told = list(_objects(below, self.documents, (key,), self.quote))
                if not all(by_what_is_read for _, _, by_what_is_read in told):
                    as_text[key] = below
                for branch, condition, _ in told:
                    path = literal("$" + "".join(f".{json.dumps(each)}" for each in branch[1:]))
                    written = f" OR JSON_TYPE({_written(key, self.quote)}, {path}) = 'OBJECT'" if key in as_text else ""
                    self.always.append(f"({condition}{written})")
        return as_text


def _values(documents: Sequence[Mapping[str, Any]], keys: tuple[str, ...]) -> list[Any]:
    return [value for each in documents if (value := value_at(each, keys)) is not None]


def _kind(field: str, values: Sequence[Any], keys: tuple[str, ...]) -> str:
    texts = sum(isinstance(value, str) for value in values)
    if field in COUNTS and texts:
        raise NotFlat("its numbers are written as text")
    if field == "at" and values and not texts:
        return EPOCH
    if field == "at" and texts < len(values):
        raise NotFlat("its times are written in two ways")
    lists = sum(isinstance(value, list) for value in values)
    if lists and lists < len(values):
        raise NotFlat(f"{'.'.join(keys)} is a list in some lines only")
    if any(isinstance(value, dict) for value in values):
        raise NotFlat(f"{'.'.join(keys)} is an object")
    return LIST if lists else TEXT


def _plant(tree: Tree, keys: tuple[str, ...], leaf: str) -> None:
    for key in keys[:-1]:
        tree = tree.setdefault(key, {})
        if not isinstance(tree, dict):
            raise NotFlat(f"{'.'.join(keys)} is both a value and an object")
    if isinstance(tree.get(keys[-1]), dict):
        raise NotFlat(f"{'.'.join(keys)} is both a value and an object")
    tree[keys[-1]] = leaf


def _check_branches(tree: Tree, documents: Sequence[Mapping[str, Any]], above: tuple[str, ...]) -> None:
    """Where an object is expected there is one: a map written as JSON text is left to Python."""
    for key, below in tree.items():
        if isinstance(below, dict):
            if any(not isinstance(value, Mapping) for value in _values(documents, (*above, key))):
                raise NotFlat(f"{'.'.join((*above, key))} is no object")
            _check_branches(below, documents, (*above, key))


def _written(key: str, quote: str) -> str:
    """The column that keeps the text of an object which is taken apart."""
    return quoted((f"{key} as written",), quote)


def worked_out(schema: Schema, quote: str, source: str) -> str:
    """The source with each object that it has as JSON text taken apart, its text beside it, and the numbers too."""
    if schema.as_text:
        columns = {key: quoted((key,), quote) for key in schema.as_text}
        parts = ", ".join(
            f"JSON_TRANSFORM({columns[key]}, {literal(json.dumps(tree))}) AS {columns[key]}"
            for key, tree in schema.as_text.items()
        )
        texts = ", ".join(f"{column} AS {_written(key, quote)}" for key, column in columns.items())
        source = f"(SELECT * REPLACE ({parts}), {texts} FROM {source})"
    if schema.numbers:
        source = f"(SELECT *, {', '.join(f'{sql} AS {name}' for name, sql in schema.numbers.items())} FROM {source})"
    return source


def _objects(
    tree: Tree, documents: Sequence[Mapping[str, Any]], keys: tuple[str, ...], quote: str
) -> Iterator[tuple[tuple[str, ...], str, bool]]:
    """The objects at and below a place: which, how SQL tells one from a text or a list, and whether that tells all.

    An engine takes anything else than null for an object without a key.
    """
    own = quoted(keys, quote)
    there = " OR ".join(f"{quoted((*keys, key), quote)} IS NOT NULL" for key in tree)
    seen = (any(value.get(key) is not None for key in tree) for value in _values(documents, keys))
    yield keys, f"{own} IS NULL OR {there}", all(seen)
    for key, below in tree.items():
        if isinstance(below, dict):
            yield from _objects(below, documents, (*keys, key), quote)


def ddl(tree: Tree, quote: str, *, struct: str, text: str) -> Iterator[tuple[str, str]]:
    """Each top key with its type in the words of an engine: `struct` is `()` for `STRUCT(a VARCHAR)`, or `<>`."""
    between = " " if struct == "()" else ": "
    for key, below in tree.items():
        kind = text if below == "VARCHAR" else str(below)
        if isinstance(below, dict):
            inner = ", ".join(name + between + type_ for name, type_ in ddl(below, quote, struct=struct, text=text))
            kind = f"STRUCT{struct[0]}{inner}{struct[1]}"
        yield quoted((key,), quote), kind


def parquet_columns(reader: FlatReader, types: Mapping[str, str], quote: str) -> dict[tuple[str, ...], Column]:
    """The places of a Parquet file that the reader looks at, by the engine's types of its columns. Raises NotFlat."""
    columns: dict[tuple[str, ...], Column] = {}
    for field, paths in (*reader.places().items(), ("", reader.plain)):
        for keys in map(keys_of, paths):
            if keys[0] not in types:
                continue
            written = types[keys[0]].upper()
            if len(keys) > 1 or written.startswith(("STRUCT", "MAP", "ARRAY")) or written.endswith("[]"):
                raise NotFlat(f"{keys[0]} is nested")
            sql, kind = quoted(keys, quote), _parquet_kind(written)
            if field in COUNTS and kind == TEXT:
                raise NotFlat("its numbers are written as text")
            # A limit beside a float of 32 bits would be rounded to one.
            to = {"UUID": "VARCHAR", "FLOAT": "DOUBLE"}.get(written)
            columns[keys] = Column(f"CAST({sql} AS {to})" if to else sql, kind)
    return columns


def _parquet_kind(written: str) -> str:
    """The kind of a Parquet column. Raises NotFlat."""
    if written in _INTEGERS:
        return INTEGER
    if written in ("DOUBLE", "FLOAT", "UBIGINT", "HUGEINT") or written.startswith("DECIMAL"):
        return NUMBER
    if written.startswith("TIMESTAMP"):
        return MOMENT
    if written in ("VARCHAR", "STRING", "UUID"):
        return TEXT
    raise NotFlat(f"a column of type {written}")
