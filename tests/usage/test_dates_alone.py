"""Single calls whose times are dates alone are told by day: how they lie within one is not known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import run

from llmcost.usage.instants import is_day

AS_OF = ("--as-of", "2026-11-22")
DAY = 86_400
CALL = {"model": "gpt-5", "input_tokens": 100, "output_tokens": 10}
# Two calls on the first day and one on the third: 3 days, 72 h, and 2 ÷ (3 ÷ 3) = 2.
DAYS = ("2026-03-01", "2026-03-03", "2026-03-01")


@pytest.fixture(params=["duckdb"])
def engine(request: pytest.FixtureRequest) -> tuple[str, str]:
    return ("--engine", request.param)


def lines(path: Path, *times: str | None, **more: Any) -> str:
    path.write_text("".join(json.dumps({**CALL, "date": at, **more}) + "\n" for at in times))
    return str(path)


def usage(*arguments: str) -> Any:
    return run("usage", *arguments, "--map", "time=date", *AS_OF, "-f", "json")


def profile(found: dict[str, Any]) -> tuple[Any, ...]:
    hours = found["hours"]
    return hours["step_seconds"], hours["elapsed"], hours["non_empty"], hours["peak_to_average_elapsed"]


def by_days(done: Any, path: str) -> None:
    found = done.result
    assert profile(found) == (DAY, 3, 2, 2.0)
    assert found["hours"]["by_hour_of_day"] is None
    whole = {"first": "2026-03-01T00:00:00Z", "last": "2026-03-04T00:00:00Z", "hours": 72, "gap_hours": 0}
    assert found["period"] == whole
    assert found["files"][0]["slots"] == {"seconds": DAY, "period": whole, "assumed": True, "without_end": 0}
    said = [each["why"] for each in done.document["assumptions"] if each["name"] == "slots"]
    assert said == [f"all times of {path} are dates alone: how its calls lie within a day is not told"]


@pytest.mark.parametrize("step", ["minute", "hour", "day"])
def test_a_table_of_dates(tmp_path: Path, engine: tuple[str, str], step: str) -> None:
    """A month has 3 × 730 ÷ 72 requests, and no peak within a day is written."""
    path, saved = tmp_path / "log.csv", tmp_path / "saved.yaml"
    path.write_text("model,date,input_tokens,output_tokens\n" + "".join(f"gpt-5,{at},100,10\n" for at in DAYS))
    by_days(usage(str(path), *engine, "--step", step, "--save-workload", str(saved)), str(path))
    text = saved.read_text()
    assert f"requests_per_month: {3 * 730 / 72:.10f}".rstrip("0") in text
    assert "  peak_to_average:" not in text and "# peak_to_average is not told" in text


@pytest.mark.parametrize("written", ["{}", " {}", "{}/", "compact"])
def test_lines_of_dates(tmp_path: Path, engine: tuple[str, str], written: str) -> None:
    times = [at.replace("-", "/") if written == "{}/" else written.format(at) for at in DAYS]
    if written == "compact":
        times = [at.replace("-", "") for at in DAYS]
    path = lines(tmp_path / "log.jsonl", *times)
    by_days(usage(path, *engine), path)


def test_a_time_that_cannot_be_read_makes_no_hours(tmp_path: Path, engine: tuple[str, str]) -> None:
    path = lines(tmp_path / "log.jsonl", "soon", *DAYS)
    done = usage(path, *engine)
    by_days(done, path)
    assert done.result["hours"]["calls_without_time"] == 1


def test_dates_that_come_late(tmp_path: Path, engine: tuple[str, str]) -> None:
    """Further on than the lines that tell the format."""
    path = lines(tmp_path / "log.jsonl", *[None] * 600, *DAYS)
    by_days(usage(path, *engine), path)


def test_one_time_of_day_makes_hours(tmp_path: Path, engine: tuple[str, str]) -> None:
    """From midnight of the first day to ten of the third: 59 hours, of which two had calls: 2 ÷ (4 ÷ 59) = 29.5."""
    times = ("2026-03-01", "2026-03-01", "2026-03-03T10:00:00Z", "2026-03-03T10:00:00Z")
    done = usage(lines(tmp_path / "log.jsonl", *times), *engine)
    assert profile(done.result) == (3600, 59, 2, 29.5)
    assert done.result["files"][0]["slots"] is None


def test_a_column_of_dates(tmp_path: Path, engine: tuple[str, str]) -> None:
    duckdb = pytest.importorskip("duckdb")
    rows = " UNION ALL ".join(
        f"SELECT 'gpt-5' AS model, DATE '{at}' AS date, 100 AS input_tokens, 10 AS output_tokens" for at in DAYS
    )
    path = str(tmp_path / "log.parquet")
    duckdb.sql(rows).write_parquet(path)
    by_days(usage(path, *engine), path)


def test_ids_count_once(tmp_path: Path, engine: tuple[str, str]) -> None:
    """The same three calls, each written twice, and one of them in a second file with its time of day."""
    path = tmp_path / "log.jsonl"
    rows = [{**CALL, "date": at, "rid": f"r{n}"} for n, at in enumerate(DAYS)] * 2
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = usage(str(path), "--map", "id=rid", *engine)
    by_days(done, str(path))
    assert (done.result["calls"], sum(done.result["lines"]["duplicate"].values())) == (3, 3)
    other = lines(tmp_path / "other.jsonl", "2026-03-03T10:00:00Z", rid="r1", output_tokens=20)
    found = usage(str(path), other, "--map", "id=rid", *engine).result
    assert (found["calls"], profile(found)) == (3, (3600, 1, 1, 1.0))
    assert found["hours"]["exported_calls_left_out"] == 2


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-03-01", True),
        ("2026/3/1", True),
        ("20260301", True),
        ("2026-03-01 ", True),
        ("2026-03/01", False),
        ("202631", False),
        ("2026-03-01T00:00", False),
        (20260301, True),
        (None, False),
    ],
)
def test_what_is_a_day(written: Any, day: bool) -> None:
    assert is_day(written) is day
