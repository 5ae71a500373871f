"""The query for a warehouse makes the cube that the engines make, and its CSV gives the same figures."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from command_line import run
from synthetic_calls import THRESHOLDS, expected, made_calls
from test_own_readers import generic_row

from llmcost.usage import spark
from llmcost.usage.cube_sql import COLUMNS, add_cells
from llmcost.usage.reading import Request, convention_named
from llmcost.usage.warehouse import DIALECTS, read_cube, warehouse_query

duckdb = pytest.importorskip("duckdb")
sqlglot = pytest.importorskip("sqlglot")

AS_OF = ("--as-of", "2026-11-22")
MAP = {
    "task": "task",
    "cached_tokens": "cached_tokens",
    "cache_write_5m_tokens": "cache_write_5m_tokens",
    "cache_write_1h_tokens": "cache_write_1h_tokens",
    "total_tokens": "total_tokens",
    "cost_usd": "cost_usd",
}
REQUEST = Request(thresholds=THRESHOLDS, columns=MAP, convention=convention_named("inclusive"))


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "calls.jsonl"
    path.write_text("".join(json.dumps(generic_row(made)) + "\n" for made in made_calls()))
    return path


def in_duckdb(table: Path, query: str) -> list[dict[str, Any]]:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"CREATE TABLE llm_calls AS SELECT * FROM read_json('{table}')")  # noqa: S608
    found = connection.execute(query)
    names = [each[0] for each in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def values(table: Path, query: str) -> list[tuple[Any, ...]]:
    return list(zip(*(row.values() for row in in_duckdb(table, query)), strict=True))


def test_run_in_a_database_it_gives_the_cube(table: Path) -> None:
    cube = REQUEST.new_cube(exact=False)
    good, other = add_cells(cube, values(table, warehouse_query("duckdb", "llm_calls", REQUEST)))
    ours = expected(made_calls())
    assert (good, other) == (1000, 0)
    assert (cube.hours, cube.sizes, cube.outputs) == (ours.hours, ours.sizes, ours.outputs)


@pytest.mark.skipif(not spark.installed() or shutil.which("java") is None, reason="needs PySpark and a Java")
def test_run_on_spark_it_gives_the_cube(table: Path) -> None:
    session = spark.session()
    session.read.json(str(table)).createOrReplaceTempView("llm_calls")
    cube = REQUEST.new_cube(exact=False)
    rows = session.sql(warehouse_query("spark", "llm_calls", REQUEST)).collect()
    add_cells(cube, list(zip(*rows, strict=True)))
    ours = expected(made_calls())
    assert (cube.hours, cube.sizes, cube.outputs) == (ours.hours, ours.sizes, ours.outputs)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_parses_as_itself(dialect: str) -> None:
    query = warehouse_query(dialect, "db.llm_calls", REQUEST._replace(columns={**MAP, "id": "request_id"}))
    tree = sqlglot.parse_one(query, read=dialect)
    assert "GROUPING SETS" in query and "LLMCOST" not in query
    assert {each.alias_or_name for each in tree.selects} == set(COLUMNS)


def test_the_csv_that_came_back_gives_the_same_figures(table: Path, tmp_path: Path) -> None:
    """Headers in capitals and empty cells, as Snowflake writes them."""
    mapped = [part for name, column in MAP.items() for part in ("--map", f"{name}={column}")]
    shown = run("usage", "sql", "--dialect", "duckdb", *mapped, "--convention", "inclusive", *AS_OF)
    rows = in_duckdb(table, shown.out)
    cube = tmp_path / "cube.csv"
    with cube.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([name.upper() for name in rows[0]])
        writer.writerows(["" if value is None else value for value in row.values()] for row in rows)
    by_cube = run("usage", "--cube", str(cube), *AS_OF, "-f", "json").result
    by_log = run("usage", str(table), *AS_OF, "-f", "json").result
    for field in (
        "calls",
        "input_tokens",
        "output_tokens",
        "models",
        "tasks",
        "hours",
        "cost",
        "recorded_cost",
        "period",
    ):
        assert by_cube[field] == by_log[field], field
    assert by_cube["sizes"]["above"] == by_log["sizes"]["above"]
    assert by_cube["sizes"]["prompt"]["exact"] is False


def test_duplicates_and_rows_in_disorder(tmp_path: Path) -> None:
    """Of three rows with one id the largest counts; a row without tokens is counted as unreadable."""
    row = {"model": "m", "timestamp": "2026-03-01T10:00:00Z", "request_id": "a", "input_tokens": 10, "output_tokens": 1}
    rows = [row, {**row, "output_tokens": 9}, {**row, "output_tokens": 3}, {**row, "request_id": None}]
    rows += [{**row, "request_id": None}, {**row, "request_id": "b", "output_tokens": None}]
    table = tmp_path / "calls.jsonl"
    table.write_text("".join(json.dumps(each) + "\n" for each in rows))
    request = Request(thresholds=THRESHOLDS, columns={"id": "request_id"})
    cube = request.new_cube(exact=False)
    good, other = add_cells(cube, values(table, warehouse_query("duckdb", "llm_calls", request)))
    assert (good, other, cube.total.output) == (3, 1, 9 + 1 + 1)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["sql"], "which warehouse"),
        (["sql", "--dialect", "oracle"], "unknown dialect"),
        (["sql", "--dialect", "bigquery", "--table", "x; DROP TABLE y"], "no table name"),
        (["sql", "--dialect", "bigquery", "--map", "cached_tokens=c"], "--convention"),
        (["--cube", "nowhere.csv"], "cannot read"),
    ],
)
def test_refusals(arguments: list[str], word: str) -> None:
    done = run("usage", *arguments)
    assert done.code == 2 and word in done.err and len(done.err.splitlines()) == 3


def test_a_csv_that_is_no_cube(tmp_path: Path) -> None:
    path = tmp_path / "cube.csv"
    path.write_text("model,calls\nm,1\n")
    done = run("usage", "--cube", str(path))
    assert done.code == 2 and "this is no cube" in done.err
    request = Request(thresholds=THRESHOLDS)
    row = dict.fromkeys(COLUMNS, "0") | {"part": "hours", "good": "1", "model": "m", "tier": "standard", "calls": "1"}
    row["slot_us"] = "90000000"  # a minute and a half
    path.write_text(",".join(row) + "\n" + ",".join(row.values()) + "\n")
    with pytest.raises(Exception, match="another length"):
        read_cube(str(path), request)
