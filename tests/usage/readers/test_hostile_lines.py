"""Whatever stands in a line, a reader counts it or says why not; nothing else is ever raised."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from synthetic_calls import reading_of
from test_recognition import LINES, as_table_row

from llmcost.usage.duckdb_queries import connection
from llmcost.usage.entries import COLUMNS, Row, Rows, create, insert
from llmcost.usage.lines import Lines
from llmcost.usage.reader import Reader, ReaderOptions, readers
from llmcost.usage.record import Rejected
from llmcost.usage.rule import LARGEST, judged

FORMATS = sorted(set(LINES) - {"litellm"})
DEEP_LIST: Any = []
DEEP_MAP: Any = {}
for _ in range(100):
    DEEP_LIST, DEEP_MAP = [DEEP_LIST], {"a": DEEP_MAP}
VALUES = [
    None, True, False, 0, -1, 1, 1.5, 1e308, float("inf"), float("nan"), 2**53, 2**53 + 1, 10**30, -(10**30), "", " ",
    "x", "-1", "1.5", "1e3", "1,000", "nan", "\ud83d", "\x00", "[", "[1", "{}", "[]", '{"a": 1}', "9" * 5000, [], [None],
    [1, 2], ["task:x"], [{"key": 1}], [["a"]], {}, {"a": None}, {"total": -1}, {"input": [], "output": {}}, DEEP_LIST,
    DEEP_MAP,
]  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a line, the inner ones too."""
    yield path
    if isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(each, (*path, key))


def spoilt(line: Any) -> Iterator[Any]:
    """The line with each of the values in each of its places, and without what stands there."""
    for place in places(line):
        if not place:
            yield from VALUES
            continue
        for value in VALUES:
            row = copy.deepcopy(line)
            inner = row
            for key in place[:-1]:
                inner = inner[key]
            inner[place[-1]] = value
            yield row
        inner.pop(place[-1])
        yield row


def rows_of(reader: Reader, document: Any, *, text: bool = False) -> Iterator[Row]:
    """What the document's records become in the table of entries; what is rejected is none."""
    rows = Rows(0, Lines(), text=text, bucket=reader.grain == "bucket", with_id=bool(reader.duplicates))
    for record in reader.records(document):
        try:
            yield rows.row(reader.entry(record), 1)
        except Rejected:
            continue


def check(reader: Reader, rows: list[Row]) -> None:
    """Every row is counted or has a reason, and what is counted is whole numbers of tokens and texts."""
    assert reader.convention is not None
    create(connection())
    insert(connection(), rows)
    tokens = ("uncached_input", "cache_read", "cache_write_5m", "cache_write_1h", "output")
    rule = judged("SELECT * FROM entries", list(COLUMNS), reader.convention, bucket=reader.grain == "bucket")
    found = connection().execute(
        f"SELECT {', '.join(tokens)}, tier, rank FROM ({rule}) WHERE problem IS NULL AND contradicts IS NULL"
    )
    for *counts, tier, rank in found.fetchall():
        assert all(type(each) is int and 0 <= each <= 2 * LARGEST for each in counts)
        assert type(tier) is str
        assert type(rank) is int
    ((both, neither),) = (
        connection()
        .execute(
            f"SELECT COUNT(*), COUNT(*) FILTER (problem IS NULL AND contradicts IS NULL AND uncached_input IS NULL) FROM ({rule})"
        )
        .fetchall()
    )
    assert (both, neither) == (len(rows), 0)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("task_from", [None, "tag", "key", "path", "a.b"])
def test_each_value_in_each_place(name: str, task_from: str | None) -> None:
    reader = readers()[name](ReaderOptions(task_from=task_from))
    lines = LINES[name] if task_from is None else LINES[name][:1]
    seen: set[tuple[str, ...]] = set()
    rows: list[Row] = []
    for line in lines:
        shape = tuple(sorted(map(str, line)))
        if shape in seen:
            continue
        seen.add(shape)
        small = json.loads(json.dumps(line))
        for pages in (small.get("data"), small.get("results")):
            if isinstance(pages, list):
                del pages[1:]
                if isinstance(pages[0], dict) and isinstance(pages[0].get("results"), list):
                    del pages[0]["results"][1:]
        for row in spoilt(small):
            rows += rows_of(reader, row)
    check(reader, rows)


@pytest.mark.parametrize("name", ["anthropic-usage", "helicone", "langfuse", "openai-usage", "openrouter", "otel"])
def test_each_text_in_each_cell(name: str) -> None:
    rows = [as_table_row(line) for line in LINES[name] if not {"data", "results", "resourceSpans"} & line.keys()]
    for row in {tuple(row): row for row in rows}.values():
        reader = readers()[name]()
        found: list[Row] = []
        for column in row:
            for cell in VALUES:
                if isinstance(cell, str):
                    found += rows_of(reader, {**row, column: cell}, text=True)
        check(reader, found)


@pytest.mark.parametrize("name", FORMATS)
def test_files_that_begin_with_anything(name: str) -> None:
    """`begin` looks at lines too, and they may be of another format."""
    reader = readers()[name]()
    reader.begin([{"type": value, "payload": value, "timestamp": value} for value in VALUES], None)
    for other in FORMATS:
        reader.begin([dict(LINES[other][0])], list(LINES[other][0]))


@pytest.mark.parametrize("name", FORMATS)
def test_lines_are_conserved(tmp_path: Path, name: str) -> None:
    """Half of the file is lines that are no object, broken, nested deeply or cut off."""
    good = json.dumps(LINES[name][0])
    records = sum(1 for _ in readers()[name]().records(LINES[name][0]))
    deep = "[" * 300 + "]" * 300
    deeper = '{"a":' * 1500 + "1" + "}" * 1500
    bad = [
        "null",
        "5",
        '"text"',
        "true",
        "{",
        deeper,
        '{"usage": ' + deep + "}",
        "[[[5]]]",
        "[" * 900 + "5" + "]" * 900,
        good[: len(good) // 2],
    ]
    log = tmp_path / "log.jsonl"
    log.write_text("\n".join([*([good] * 10), *bad]), encoding="utf-8")
    reading = reading_of(log)
    assert reading.files[0].format == name
    assert reading.lines.total == 10 * records + len(bad)
