"""Every engine gives the cells that the standard library gives, line by line and reason by reason."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from synthetic_calls import THRESHOLDS, line_by_line, made_calls
from test_own_readers import exclusive_row, generic_row, litellm_row

from llmcost.usage import by_duckdb, by_spark, session
from llmcost.usage.logs import log_files
from llmcost.usage.reading import LogResult, Request, opened

CALLS = made_calls()
TRACES = Path(__file__).parents[1] / "data" / "usage"
Engine = Callable[..., LogResult]


def lines_of(rows: list[Any]) -> bytes:
    return b"".join(row if isinstance(row, bytes) else json.dumps(row).encode() + b"\n" for row in rows)


def plain() -> bytes:
    return lines_of([generic_row(made) for made in CALLS])


def troubled() -> bytes:
    """Every kind of line that SQL must leave to Python, between lines in order."""
    good = {
        "timestamp": "2026-03-01T10:00:00+02:00",
        "model": "m",
        "task": "t",
        "input_tokens": 100,
        "output_tokens": 10,
    }
    return lines_of(
        [
            b"\xef\xbb\xbf" + json.dumps(good).encode() + b"\n",
            *[good] * 600,
            b"not json at all\n",
            b"\n",
            {**good, "note": "\ud83d"},  # a cut emoji
            {**good, "input_tokens": "1500"},
            {**good, "output_tokens": 1.5},
            {**good, "output_tokens": None},
            {**good, "input_tokens": -1},
            {**good, "timestamp": "yesterday"},
            {**good, "timestamp": 1772352000},
            {**good, "timestamp": None},
            {**good, "model": None, "task": 7},
            {**good, "cost_usd": 0},
            {**good, "cost_usd": 0.1 + 0.2},
            {**good, "cost_usd": "free"},
            {**good, "total_tokens": 110},
            {**good, "total_tokens": 999},
            {**good, "tier": "Batch"},
            {**good, "tier": "flex"},
            [good, good],
            b'{"model": "m", "input_tokens": 5, "input_tokens": 7, "output_tokens": 1}\n',
            b'{"model": "m", "model": "n", "input_tokens": 5, "output_tokens": 1,}\n',
            b"7\n",
            b'{"timestamp": "2026-03-01T10:00:00Z", "model": "m", "input_tok',
        ]
    )


def with_ids() -> bytes:
    """Duplicates of several kinds, null ids, and an id on a line that only Python reads."""
    row = {"timestamp": "2026-03-01T10:00:00Z", "model": "m", "input_tokens": 100, "output_tokens": 10}
    return lines_of(
        [
            *[{**row, "rid": f"r{n}"} for n in range(600)],
            {**row, "rid": "r1", "output_tokens": 400},
            {**row, "rid": "r2", "input_tokens": 1},
            {**row, "rid": "r3", "output_tokens": "77", "tier": "batch", "task": "late"},
            {**row, "rid": None},
            {**row, "rid": None},
            {**row, "rid": ""},
            row,
            {**row, "rid": "broken", "output_tokens": -3},
        ]
    )


LOGS: dict[str, tuple[Callable[[], bytes], dict[str, str]]] = {
    "generic": (plain, {}),
    "exclusive": (lambda: lines_of([exclusive_row(made) for made in CALLS]), {}),
    "litellm": (lambda: lines_of([litellm_row(made) for made in [*CALLS, *CALLS[:50]]]), {}),
    "troubled": (troubled, {}),
    "ids": (with_ids, {"id": "rid"}),
}


def read_by(engine: Engine, path: Path, columns: dict[str, str]) -> LogResult:
    request = Request(thresholds=THRESHOLDS, columns=columns)
    return engine([opened(file, request) for file in log_files([str(path)])], request)


def check_same(ours: LogResult, other: LogResult) -> None:
    assert other.cube.hours == ours.cube.hours
    assert other.cube.sizes == ours.cube.sizes
    assert other.cube.outputs == ours.cube.outputs
    assert (other.cube.first_us, other.cube.last_us) == (ours.cube.first_us, ours.cube.last_us)
    assert other.cube.prompts == ours.cube.prompts
    assert other.cube.replies == ours.cube.replies
    assert [file.lines for file in other.files] == [file.lines for file in ours.files]
    assert other.notes == []  # read by SQL, not by the standard library in its place


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, (content, _) in LOGS.items():
        (tmp_path / f"{name}.jsonl").write_bytes(content())
    return tmp_path


@pytest.mark.parametrize("log", LOGS)
def test_duckdb(folder: Path, log: str) -> None:
    path, columns = folder / f"{log}.jsonl", LOGS[log][1]
    check_same(read_by(line_by_line, path, columns), read_by(by_duckdb.read, path, columns))


@pytest.mark.parametrize("log", ["generic", "exclusive", "litellm", "late"])
def test_duckdb_reads_a_large_log_quickly_and_the_same(folder: Path, log: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it reads beyond 64 MB: numbers as numbers, and no list of every size."""
    monkeypatch.setattr(session, "EXACT_BELOW_BYTES", 0)
    late = {"model": "n", "timestamp": "2026-03-01T10:00:00Z", "input_tokens": 9, "output_tokens": 1}
    rows = [generic_row(made) for made in CALLS]
    extra = [
        {**late, "tier": "batch"},
        {**late, "spend": 0.5, "total_tokens": 10},
        {**late, "model": None, "model_name": "k"},
    ]
    plain_rows = [{key: row[key] for key in late} for row in rows]
    (folder / "late.jsonl").write_bytes(lines_of([*plain_rows, *extra]))
    path = folder / f"{log}.jsonl"
    ours, other = read_by(line_by_line, path, {}), read_by(by_duckdb.read, path, {})
    assert (other.cube.hours, other.cube.sizes) == (ours.cube.hours, ours.cube.sizes)
    assert other.cube.outputs == ours.cube.outputs
    assert other.cube.prompts is None
    assert [file.lines for file in other.files] == [file.lines for file in ours.files]
    assert other.notes == []


PLAIN = {"timestamp": "2026-03-01T10:00:00Z", "model": "n", "task": "t", "input_tokens": 100, "output_tokens": 10}
ODD = {
    "nothing odd": json.dumps(PLAIN),
    "a key that is read": json.dumps({**PLAIN, "cached_tokens": 60, "total_tokens": 110}),
    "a key that is not read": json.dumps({**PLAIN, "latency_ms": 5}),
    "a cost": json.dumps({**PLAIN, "spend": 0.25}),
    "another name": json.dumps({"model_name" if key == "model" else key: value for key, value in PLAIN.items()}),
    "a key is missing": json.dumps({key: value for key, value in PLAIN.items() if key != "task"}),
    "half a token": json.dumps({**PLAIN, "input_tokens": 0.5}),
    "a negative": json.dumps({**PLAIN, "output_tokens": -1}),
    "another time": json.dumps({**PLAIN, "timestamp": "2026-03-01T07:00:00-03:00"}),
    "no time": json.dumps({**PLAIN, "timestamp": "soon"}),
    "a number since 1970": json.dumps({**PLAIN, "timestamp": 1772359200}),
    "null": json.dumps({**PLAIN, "model": None}),
    "an object": json.dumps({**PLAIN, "model": {"name": "m"}}),
    "cut off": json.dumps(PLAIN)[:40],
    "no object": "[1]",
    "half a character": json.dumps({**PLAIN, "task": "t"}).replace('"t"', '"\\ud83d"'),
}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("place", [0, 3_000, 5_999])
def test_one_odd_line_among_plain_ones(tmp_path: Path, odd: str, place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large log, which DuckDB reads quickly by what its first lines show: an odd line counts as elsewhere."""
    pytest.importorskip("duckdb")
    monkeypatch.setattr(session, "EXACT_BELOW_BYTES", 0)
    lines = [json.dumps({**PLAIN, "input_tokens": 100 + number % 7}) for number in range(6_000)]
    lines.insert(place, ODD[odd])
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(lines) + "\n")
    ours, other = read_by(line_by_line, path, {}), read_by(by_duckdb.read, path, {})
    assert (other.cube.hours, other.cube.sizes) == (ours.cube.hours, ours.cube.sizes)
    assert (other.cube.outputs, other.cube.first_us) == (ours.cube.outputs, ours.cube.first_us)
    assert [file.lines for file in other.files] == [file.lines for file in ours.files]
    assert ours.cube.total.calls + sum(ours.lines.counts.rejected.values()) == 6_001


def test_duckdb_two_files_of_one_format_share_their_ids(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.jsonl").write_bytes(with_ids())
    ours = read_by(line_by_line, tmp_path, {"id": "rid"})
    check_same(ours, read_by(by_duckdb.read, tmp_path, {"id": "rid"}))
    # 600 ids once, and 4 lines without an id in each file
    assert ours.cube.total.calls == 600 + 2 * 4


def test_duckdb_reads_parquet_as_the_same_rows(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    log = tmp_path / "log.jsonl"
    log.write_bytes(plain())
    table = tmp_path / "log.parquet"
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.read_json(str(log)).project("* REPLACE (CAST(timestamp AS TIMESTAMPTZ) AS timestamp)").write_parquet(
        str(table)
    )
    ours, parquet = read_by(line_by_line, log, {}), read_by(by_duckdb.read, table, {})
    check_same(ours, parquet)


needs_spark = pytest.mark.skipif(
    not by_spark.installed() or shutil.which("java") is None,
    reason="needs PySpark and a Java: Spark is not tested here",
)


@needs_spark
@pytest.mark.parametrize("log", LOGS)
def test_spark(folder: Path, log: str) -> None:
    path, columns = folder / f"{log}.jsonl", LOGS[log][1]
    check_same(read_by(line_by_line, path, columns), read_by(by_spark.read, path, columns))


@needs_spark
@pytest.mark.parametrize("columns", [{}, {"id": "response_id"}])
def test_spark_and_duckdb_on_a_real_trace(columns: dict[str, str]) -> None:
    path = TRACES / "exgentic_agent_calls.jsonl.gz"
    check_same(read_by(by_duckdb.read, path, columns), read_by(by_spark.read, path, columns))
