"""One odd log gives the same cells and the same counts of lines on every engine, and the figures worked out here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from synthetic_calls import line_by_line
from test_engines import needs_spark

from llmcost.usage import by_duckdb, by_spark
from llmcost.usage.cube import Sums
from llmcost.usage.instants import microseconds
from llmcost.usage.logs import log_files
from llmcost.usage.reading import LogResult, Request, opened

duckdb = pytest.importorskip("duckdb")

ROW = {"timestamp": "2026-03-01T10:00:00Z", "model": "m", "input_tokens": 100, "output_tokens": 10}
LITELLM = {
    "request_id": "r",
    "startTime": "2026-03-01T10:00:00Z",
    "model": "m",
    "prompt_tokens": 100,
    "completion_tokens": 10,
    "total_tokens": 110,
}
Engine = Callable[..., LogResult]
ENGINES: dict[str, Engine] = {"duckdb": by_duckdb.read, "spark": by_spark.read}


def log(path: Path, rows: Iterable[Any]) -> Path:
    lines = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


@pytest.fixture(params=["duckdb", pytest.param("spark", marks=needs_spark)])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def read_by(read: Engine, path: Path, request: Request) -> LogResult:
    return read([opened(file, request) for file in log_files([str(path)])], request)


def by_both(engine: str, path: Path, *, by_sql: bool = True, **asked: Any) -> LogResult:
    """The reading of the standard library, after the engine's was found to be the same."""
    ours, other = (read_by(read, path, Request(**asked)) for read in (line_by_line, ENGINES[engine]))
    assert other.cube.hours == ours.cube.hours
    assert other.cube.sizes == ours.cube.sizes
    assert (other.cube.prompts, other.cube.replies) == (ours.cube.prompts, ours.cube.replies)
    assert [file.lines for file in other.files] == [file.lines for file in ours.files]
    if by_sql:
        assert other.notes == []
        first = ours.lines.first
        if engine == "spark":  # which does not number lines: its file alone is named
            first = dict.fromkeys(first, str(path))
        assert other.lines.first == first
    return ours


def models(reading: LogResult) -> dict[str, int]:
    found: dict[str, int] = {}
    for (model, *_), sums in reading.cube.hours.items():
        found[model] = found.get(model, 0) + Sums(*sums).calls
    return found


def test_half_a_character_in_an_id_is_a_part_of_it(tmp_path: Path, engine: str) -> None:
    """A cut emoji: the two lines of one id are one call, another half is another id, and its model has a name too."""
    rows = [
        *[{**ROW, "id": f"r{n}"} for n in range(3)],
        {**ROW, "id": "a\ud83d", "output_tokens": 20},
        {**ROW, "id": "a\ud83d", "output_tokens": 30},
        {**ROW, "id": "a\ud83e"},
        {**ROW, "id": "b", "model": "m\ud83d", "task": "caf\u00e9"},
        b'{"model": "m", "input_tokens": 100, "output_tokens": 10, "id": "\xff"}',
    ]
    found = by_both(engine, log(tmp_path / "log.jsonl", rows), columns={"id": "id"})
    assert found.lines.counts.accepted == 3 + 1 + 1 + 1 + 1
    assert sum(found.lines.duplicate.values()) == 1
    assert found.cube.total.output == 3 * 10 + 30 + 10 + 10 + 10
    assert models(found) == {"m": 6, "m\\ud83d": 1}


def test_what_is_no_text_where_a_name_stands(tmp_path: Path, engine: str) -> None:
    rows = [
        *[ROW] * 600,
        *[{**ROW, "model": each} for each in (True, 5, 1.5, float("nan"), float("-inf"), {"a": 1}, [1, "b"], "", None)],
    ]
    found = by_both(engine, log(tmp_path / "log.jsonl", rows))
    tasks = log(tmp_path / "tasks.jsonl", [*[ROW] * 600, *[{**ROW, "task": each} for each in (False, 7, float("nan"))]])
    assert {key[1] for key in by_both(engine, tasks).cube.hours} == {"", "false", "7", "NaN"}
    names = {"true", "5", "1.5", "NaN", "-Infinity", '{"a":1}', '[1,"b"]'}
    assert models(found) == {"m": 600, "": 2, **dict.fromkeys(names, 1)}


def test_a_task_that_is_an_object_is_read_line_by_line(tmp_path: Path, engine: str) -> None:
    rows = [*[{**ROW, "task": "chat"}] * 600, {**ROW, "task": {"task": "draft"}}, {**ROW, "task": ["task:sum"]}]
    found = by_both(engine, log(tmp_path / "log.jsonl", rows), by_sql=False)
    assert {key[1] for key in found.cube.hours} == {"chat", "draft", "sum"}


def test_tags_that_are_no_text(tmp_path: Path, engine: str) -> None:
    tags: list[Any] = [["task:a"], [{"value": {}}], [["b"]], [{"x": "y"}, "c"], [1, "d"], [], "e", None]
    rows = [{**LITELLM, "request_id": f"r{n}", "request_tags": each} for n, each in enumerate(tags)]
    rows += [{**LITELLM, "request_id": f"s{n}", "request_tags": ["task:a"]} for n in range(3)]
    path = log(tmp_path / "log.jsonl", sorted(rows, key=lambda row: not isinstance(row["request_tags"], list)))
    for read in (line_by_line, ENGINES[engine]):
        tasks = {key[1]: sums[0] for key, sums in read_by(read, path, Request()).cube.hours.items()}
        assert tasks == {"a": 4, "": 4, "c": 1, "d": 1, "e": 1}, read


TIMES = {
    "2026-01-01T24:00:00Z": "2026-01-02T00:00:00Z",
    "2026-1-2 9:05": "2026-01-02T09:05:00Z",
    "2026/01/02 09:05:00": "2026-01-02T09:05:00Z",
    "2026-01-02T09:05:00.25 +02:00": "2026-01-02T07:05:00.25Z",
    "2026-01-02T09:05:00+24:00": "2026-01-01T09:05:00Z",
    "2026-01-02 09:05:00 America/New_York": "2026-01-02T14:05:00Z",
    "9999-12-31T23:59:59.999999Z": "9999-12-31T23:59:59.999999Z",
    "26-01-02": None,
    "2026-01-02T25:00:00": None,
    "soon": None,
}


def test_times_written_in_other_ways(tmp_path: Path, engine: str) -> None:
    found = by_both(engine, log(tmp_path / "log.jsonl", [{**ROW, "timestamp": each} for each in TIMES]))
    read = [microseconds(each) for each in TIMES.values() if each]
    slots: dict[int, int] = {}
    for at in read:
        slots[(at or 0) // 3_600_000_000] = slots.get((at or 0) // 3_600_000_000, 0) + 1
    assert {key[2]: sums[0] for key, sums in found.cube.hours.items()} == slots | {-1: 3}
    assert found.lines.repaired == {"unreadable time, counted without one": 3}


def test_a_file_whose_name_would_name_several(tmp_path: Path, engine: str) -> None:
    """`log[1].jsonl` is that file and not `log1.jsonl`."""
    log(tmp_path / "log1.jsonl", [{**ROW, "model": "other"}])
    path = log(tmp_path / "log[1].jsonl", [ROW, ROW])
    by_sql = engine == "duckdb"  # Spark takes brackets for a pattern, and leaves the file to us
    assert models(by_both(engine, path, by_sql=by_sql)) == {"m": 2}
    table = tmp_path / "t[1].parquet"
    duckdb.sql("SELECT 'p' AS model, 7 AS input_tokens, 1 AS output_tokens").write_parquet(str(table))
    duckdb.sql("SELECT 'q' AS model, 7 AS input_tokens, 1 AS output_tokens").write_parquet(str(tmp_path / "t1.parquet"))
    assert models(by_both(engine, table, by_sql=by_sql)) == {"p": 1}


@pytest.mark.parametrize(
    ("columns", "calls", "tokens"),
    [
        ("CAST(10 AS DECIMAL(20, 2)) AS input_tokens, CAST(2 AS DECIMAL(38, 0)) AS output_tokens", 3, 36),
        ("CAST(10.5 AS DECIMAL(20, 2)) AS input_tokens, 2 AS output_tokens", 0, 0),
        ("10 AS input_tokens, 2::DOUBLE AS output_tokens, DATE '2026-03-01' AS time", 3, 36),
        ("10 AS input_tokens, 2 AS output_tokens, TIMESTAMP_NS '2026-03-01 10:00:00' AS time", 3, 36),
        ("10 AS input_tokens, 2 AS output_tokens, TIMESTAMPTZ '2026-03-01 10:00:00+02' AS time", 3, 36),
        ("10 AS input_tokens, 2 AS output_tokens, 1772359200::BIGINT AS time, 0.25::DECIMAL(9, 4) AS cost", 3, 36),
        ("'10' AS input_tokens, '2' AS output_tokens, uuid() AS task", 3, 36),
        ("true AS input_tokens, 2 AS output_tokens", 0, 0),
    ],
)
def test_the_types_that_parquet_may_have(tmp_path: Path, engine: str, columns: str, calls: int, tokens: int) -> None:
    """Exports of Snowflake and BigQuery hold whole numbers as DECIMAL."""
    path = tmp_path / "log.parquet"
    duckdb.sql("FROM range(3)").project(f"'m' AS model, {columns}").write_parquet(str(path))
    found = by_both(engine, path, by_sql=False)
    total = found.cube.total
    assert (total.calls, total.input + total.output) == (calls, tokens)


def test_numbers_since_1970_to_their_last_digit(tmp_path: Path, engine: str) -> None:
    """One nanosecond before eleven is still ten o'clock, though no float tells it from eleven."""
    eleven = 1_772_362_800  # 2026-03-01T11:00:00Z
    ten = [eleven * 10**9 - 1, eleven * 10**6 - 1, eleven * 1000 - 0.25, eleven * 10**6 - 0.5, eleven - 1, eleven - 0.5]
    rows = [{**ROW, "timestamp": each} for each in (*ten, eleven, eleven * 10**9, -5)]
    found = by_both(engine, log(tmp_path / "log.jsonl", rows))
    assert {key[2]: sums[0] for key, sums in found.cube.hours.items()} == {
        eleven // 3600 - 1: len(ten),
        eleven // 3600: 2,
        -1: 1,
    }


def test_of_a_key_that_stands_twice_the_first_counts(tmp_path: Path, engine: str) -> None:
    """And a comma before a closing bracket is overlooked: both as DuckDB reads JSON."""
    rows = [
        b'{"model": "m", "input_tokens": 5, "input_tokens": 7, "output_tokens": 1}',
        b'{"model": "m", "model": "n", "input_tokens": 5, "output_tokens": 1,}',
        b'{"model": "m", "input_tokens": 5, "output_tokens": 1,, }',
    ]
    found = by_both(engine, log(tmp_path / "log.jsonl", rows))
    assert (found.cube.total.input, models(found)) == (10, {"m": 2})
    assert found.lines.rejected == {"not JSON": 1}
    nested = b'{"id": "%d", "object": "chat.completion", "created": 1772359200, "model": "m", "usage": {"prompt_tokens": 5, "completion_tokens": 1, "completion_tokens": 9}, "usage": {}}'
    found = by_both(engine, log(tmp_path / "answers.jsonl", [nested % n for n in range(3)]))
    assert (found.cube.total.input, found.cube.total.output) == (15, 3)


def test_the_largest_count_that_a_float_tells_from_the_next(tmp_path: Path, engine: str) -> None:
    rows = [{**ROW, "output_tokens": each} for each in (2**53 - 1, 2**53, 2**53 + 1, 2**63)]
    found = by_both(engine, log(tmp_path / "log.jsonl", rows))
    assert (found.cube.total.output, found.lines.rejected) == (2**53 - 1, {"output tokens are beyond any log": 3})
