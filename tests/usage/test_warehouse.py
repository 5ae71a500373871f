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

from llmcost.usage import by_spark
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
    connection.execute(f"CREATE TABLE llm_calls AS SELECT * FROM read_json('{table}')")
    found = connection.execute(query)
    names = [each[0] for each in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def values(table: Path, query: str) -> list[tuple[Any, ...]]:
    return list(zip(*([row[name] for name in COLUMNS] for row in in_duckdb(table, query)), strict=True))


def test_run_in_a_database_it_gives_the_cube(table: Path) -> None:
    cube = REQUEST.new_cube(exact=False)
    good, other = add_cells(cube, values(table, warehouse_query("duckdb", "llm_calls", REQUEST)))
    ours = expected(made_calls())
    assert (good, other) == (1000, 0)
    assert (cube.hours, cube.sizes, cube.outputs) == (ours.hours, ours.sizes, ours.outputs)


@pytest.mark.skipif(not by_spark.installed() or shutil.which("java") is None, reason="needs PySpark and a Java")
def test_run_on_spark_it_gives_the_cube(table: Path) -> None:
    session = by_spark.session()
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
    assert {each.alias_or_name for each in tree.selects} == {*COLUMNS, "duplicates"}


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
        (["sql", "--dialect", "bigquery", "--map", "calls=n"], "takes a row as one call"),
        (["sql", "--dialect", "bigquery", "--map", "end_time=e"], "takes a row as one call"),
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
    row |= {"step_seconds": "60", "slot_us": "90000000"}  # a minute and a half
    path.write_text(",".join(row) + "\n" + ",".join(row.values()) + "\n")
    with pytest.raises(Exception, match="not of the length that it names"):
        read_cube(str(path), request)


def test_a_cube_says_itself_how_long_its_slots_are(tmp_path: Path) -> None:
    """Six calls on the first day, four on the second: by day 6 ÷ (10 ÷ 2) = 1.2, whatever --step is forgotten."""
    row = {"model": "gpt-5", "input_tokens": 10, "output_tokens": 1}
    rows = [
        {**row, "timestamp": f"2026-03-0{day}T{hour:02}:00:00Z"} for day, n in ((1, 6), (2, 4)) for hour in range(n)
    ]
    table, cube = tmp_path / "calls.jsonl", tmp_path / "cube.csv"
    table.write_text("".join(json.dumps(each) + "\n" for each in rows))
    shown = run("usage", "sql", "--dialect", "duckdb", "--step", "day", *AS_OF)
    cells = in_duckdb(table, shown.out)
    with cube.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(cells[0]))
        writer.writeheader()
        writer.writerows(cells)
    for step in ((), ("--step", "day")):
        hours = run("usage", "--cube", str(cube), *step, *AS_OF, "-f", "json").result["hours"]
        assert (hours["step_seconds"], hours["elapsed"], hours["peak_to_average_elapsed"]) == (86_400, 2, 1.2)
    for other in ("hour", "minute"):
        done = run("usage", "--cube", str(cube), "--step", other, *AS_OF)
        assert done.code == 2 and "slots of 86,400 seconds" in done.err and "leave --step out" in done.err


@pytest.fixture
def cube(tmp_path: Path) -> list[str]:
    """The lines of a cube of seven rows: of three with one id two are duplicates, and one has no tokens."""
    row = {"model": "m", "timestamp": "2026-03-01T10:00:00Z", "request_id": 1, "input_tokens": 10, "output_tokens": 1}
    rows = [row, {**row, "output_tokens": 9}, row, {**row, "request_id": 2, "input_tokens": 40}]
    rows += [{**row, "request_id": None, "model": "n"}, {**row, "request_id": None}]
    rows += [{**row, "request_id": 3, "output_tokens": None}]
    table = tmp_path / "calls.jsonl"
    table.write_text("".join(json.dumps(each) + "\n" for each in rows))
    found = in_duckdb(table, warehouse_query("duckdb", "llm_calls", Request(columns={"id": "request_id"})))
    cells = [[*found[0]], *(list(row.values()) for row in found)]
    return [",".join("" if cell is None else str(cell) for cell in line) for line in cells]


def from_cube(path: Path, lines: list[str], **how: Any) -> Any:
    path.write_text("".join(line + "\n" for line in lines))
    return run("usage", "--cube", str(path), *AS_OF, "-f", "json", **how)


def test_the_cube_carries_its_duplicates(cube: list[str], tmp_path: Path) -> None:
    """The ids are numbers, which no warehouse compares with text: 7 rows are 4 calls, 2 duplicates and 1 without tokens."""
    found = from_cube(tmp_path / "cube.csv", cube).result
    lines = found["lines"]
    assert (lines["accepted"], sum(lines["duplicate"].values()), sum(lines["rejected"].values())) == (4, 2, 1)
    assert (found["input_tokens"], found["output_tokens"]) == (10 + 40 + 10 + 10, 9 + 1 + 1 + 1)


def test_a_cube_without_an_id_has_no_duplicates(cube: list[str], tmp_path: Path) -> None:
    at = cube[0].split(",").index("duplicates")
    without = [",".join(cell for n, cell in enumerate(line.split(",")) if n != at) for line in cube]
    assert from_cube(tmp_path / "cube.csv", without).result["lines"]["duplicate"] == {}


def test_a_cube_of_which_rows_are_lacking_or_stand_twice_is_refused(cube: list[str], tmp_path: Path) -> None:
    """A limit on rows, a page pasted twice: any row less, and any row more, shows."""
    for n in range(1, len(cube)):
        for lines in ([*cube[:n], *cube[n + 1 :]], [*cube, cube[n]]):
            done = from_cube(tmp_path / "cube.csv", lines)
            assert done.code == 2 and len(done.err.splitlines()) == 3, done.out
            assert "rows of the cube" in done.err
    done = from_cube(tmp_path / "cube.csv", [*cube, *cube[1:]])
    assert done.code == 2 and "stand twice" in done.err


@pytest.mark.parametrize(
    "damage",
    [
        ("m,", '"m,'),
        (",m,", ",mm,"),
        ("1,", "3,"),
        ("hours", "ours"),
        ("1,", "1.5,"),
        ("1,", "x,"),
        (",10", ",1e9999999"),
    ],
)
def test_a_damaged_cube_is_refused(cube: list[str], tmp_path: Path, damage: tuple[str, str]) -> None:
    rows = "\n".join(cube[1:])
    assert damage[0] in rows
    damaged = [cube[0], *rows.replace(*damage, 1).split("\n")]
    done = from_cube(tmp_path / "cube.csv", damaged)
    assert done.code == 2 and len(done.err.splitlines()) == 3, (done.out, done.err)


def test_the_zone_of_times_without_an_offset_is_said(cube: list[str], tmp_path: Path) -> None:
    assumed = {each["name"]: each["value"] for each in from_cube(tmp_path / "cube.csv", cube).document["assumptions"]}
    assert assumed["time_zone"] == "the warehouse session's"
    for dialect in DIALECTS:
        first = warehouse_query(dialect, "llm_calls", REQUEST).splitlines()[0]
        assert (
            first.startswith("-- A time without an offset is read in the session's time zone. First: ")
            and "UTC" in first
        )


@pytest.mark.parametrize("kind", ["BIGINT", "UUID", "VARCHAR"])
def test_ids_tasks_and_tiers_of_any_type(tmp_path: Path, kind: str) -> None:
    """Two rows of one id in a column of this type, a task that is a number and a tier that is yes or no."""
    id_ = {"BIGINT": "range // 2", "UUID": "uuid()", "VARCHAR": "'r' || range // 2"}[kind]
    columns = f"'m' AS model, TIMESTAMP '2026-03-01' AS timestamp, 10 AS input_tokens, range AS output_tokens, CAST({id_} AS {kind}) AS rid, 7 AS task, range > 1 AS batch"
    request = Request(columns={"id": "rid", "task": "task", "tier": "batch"})
    connection = duckdb.connect()
    connection.sql("FROM range(4)").project(columns).create("llm_calls")
    result = connection.execute(warehouse_query("duckdb", "llm_calls", request))
    names = [each[0] for each in result.description]
    cells = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    cube = request.new_cube(exact=False)
    good, _ = add_cells(cube, list(zip(*([cell[name] for name in COLUMNS] for cell in cells), strict=True)))
    kept = 4 if kind == "UUID" else 2  # the larger of rows 0 and 1, and of 2 and 3
    assert (good, cube.total.output) == (kept, 0 + 1 + 2 + 3 if kind == "UUID" else 1 + 3)
    assert {key[1] for key in cube.hours} == {"7"} and {key[3] for key in cube.hours} == {"standard", "batch"}


def test_the_figure_that_was_changed_is_named(cube: list[str], tmp_path: Path) -> None:
    """Tokens of one cell by hour: 90 for 10, so that the calls agree and the input tokens do not."""
    names = cube[0].split(",")
    rows = [dict(zip(names, line.split(","), strict=True)) for line in cube[1:]]
    changed = next(row for row in rows if row["part"] == "hours" and row["good"] == "1")
    changed["uncached_input"] = str(int(changed["uncached_input"]) + 80)
    done = from_cube(tmp_path / "cube.csv", [cube[0], *(",".join(row.values()) for row in rows)])
    # 10 + 40 + 10 + 10 tokens of calls, and 10 of the row that is none: 80
    assert done.code == 2 and "by hour it has 160 uncached input, by prompt size 80" in done.err
    assert "calls" not in done.err.splitlines()[0]
