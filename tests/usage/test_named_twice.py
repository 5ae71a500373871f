"""What is named twice is said, and so is what a flag cannot mean; a log is never written over."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from command_line import Run, run

from llmcost.economics.logged import LoggedCost, LoggedTraffic
from llmcost.render.pages.compare import logged

AS_OF = ("--as-of", "2026-11-22")
DAY, HOUR = 86_400, 3_600
START = 1_767_225_600  # 2026-01-01T00:00:00Z
CALLS = [
    {"timestamp": f"2026-01-01T{hour:02}:30:00Z", "model": "gpt-5", "input_tokens": 1000 + hour, "output_tokens": 10}
    for hour in range(24)
]


def export(start: int, seconds: int, count: int = 1, model: str = "gpt-5-2025-08-07") -> list[dict[str, Any]]:
    """So many slots of OpenAI's usage, one after the other."""
    usage = {"input_tokens": 1000, "output_tokens": 200, "num_model_requests": 5, "model": model, "project_id": "p"}
    return [
        {"object": "bucket", "start_time": at, "end_time": at + seconds, "results": [usage]}
        for at in range(START + start, START + start + count * seconds, seconds)
    ]


def log(path: Path, rows: list[Any]) -> None:
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def usage(folder: Path, *args: str) -> Run:
    return run("usage", *args, *AS_OF, cwd=folder)


def warned(folder: Path, *args: str) -> dict[str, str]:
    document = json.loads(usage(folder, *args, "-f", "json").out)
    return {each["code"]: each["message"] for each in document["warnings"]}


@pytest.mark.parametrize(
    ("first", "second"), [("a.jsonl", "b.jsonl"), ("a.jsonl", "a.jsonl.gz"), ("a.jsonl.gz", "b.jsonl.gz")]
)
@pytest.mark.parametrize("engine", ["duckdb"])
def test_a_copy_of_a_log_is_said(tmp_path: Path, first: str, second: str, engine: str) -> None:
    for name in (first, second):
        log(tmp_path / name, CALLS)
    log(tmp_path / "c.jsonl", [*CALLS[:-1], {**CALLS[-1], "input_tokens": 1024}])  # of a.jsonl's size
    said = warned(tmp_path, first, second, "c.jsonl", "--engine", engine)
    assert said["equal_files"] == f"{first}, {second} hold the same: what carries no id is counted 2 times"
    assert "equal_files" not in warned(tmp_path, first, "c.jsonl", "--engine", engine)


def test_an_hourly_and_a_daily_export_of_one_day_are_said(tmp_path: Path) -> None:
    log(tmp_path / "hours.jsonl", export(0, HOUR, 24))
    log(tmp_path / "day.jsonl", export(0, DAY))
    log(tmp_path / "next.jsonl", export(DAY, DAY))
    log(tmp_path / "other.jsonl", export(0, DAY, model="gpt-5-mini"))
    said = warned(tmp_path, "hours.jsonl", "day.jsonl")["same_time_twice"]
    assert said.startswith("hours.jsonl and day.jsonl cover the same time for openai/gpt-5:")
    assert not warned(tmp_path, "hours.jsonl", "next.jsonl", "other.jsonl")


@pytest.mark.parametrize("engine", ["duckdb"])
def test_calls_and_the_export_of_them_are_said(tmp_path: Path, engine: str) -> None:
    log(tmp_path / "calls.jsonl", CALLS)
    log(tmp_path / "day.jsonl", export(0, DAY))
    log(tmp_path / "next.jsonl", export(DAY, DAY))
    log(tmp_path / "other.jsonl", export(0, DAY, model="gpt-5-mini"))
    said = warned(tmp_path, "calls.jsonl", "day.jsonl", "--engine", engine)["same_time_twice"]
    assert said.startswith("day.jsonl and the logged calls cover the same time for openai/gpt-5:")
    assert not warned(tmp_path, "calls.jsonl", "next.jsonl", "other.jsonl", "--engine", engine)


@pytest.mark.parametrize(
    ("typed", "where", "hint"),
    [
        (("a.jsonl", "--architecture", "x"), "--architecture", "--against"),
        (("a.jsonl", "--table", "x"), "--table", "usage sql"),
        (("a.jsonl", "--dialect", "duckdb"), "--dialect", "usage sql"),
        (("a.jsonl", "--spark-remote", "sc://nowhere"), "--spark-remote", "--engine spark"),
        (("a.jsonl", "--priced-as", "gtp-5=gpt-5-mini"), "--priced-as", "gpt-5"),
        (("a.jsonl", "--engine", "spark", "--memory", "1GB"), "--memory", "leave --memory out"),
        (("a.jsonl", "--format-in", "litellm", "--map", "id=request"), "--map", "--format-in"),
        (("a.jsonl", "--against", "s.yaml"), "s.yaml", "write workload: "),
        (("--cube", "a.jsonl", "--map", "id=request"), "--map", "cube"),
        (("--cube", "a.jsonl", "--memory", "1GB"), "--memory", "cube"),
        (("sql", "--dialect", "duckdb", "--memory", "1GB"), "--memory", "leave it out"),
        (("sql", "--dialect", "duckdb", "--task-from", "tag"), "--task-from", "--map task=COLUMN"),
        (("sql", "--dialect", "duckdb", "--against", "s.yaml"), "--against", "--cube"),
        (("sql", "--dialect", "duckdb", "a.jsonl"), "a.jsonl", "--cube"),
    ],
)
def test_what_means_nothing_is_refused(tmp_path: Path, typed: tuple[str, ...], where: str, hint: str) -> None:
    log(tmp_path / "a.jsonl", CALLS)
    (tmp_path / "s.yaml").write_text("architectures: {x: {kind: api, model: gpt-5}}\n")
    done = usage(tmp_path, *typed)
    assert done.code == 2 and not done.out
    what, at, say = done.err.splitlines()
    assert "there is no file" not in what and where in at and hint in say


@pytest.mark.parametrize("flag", ["--priced-as", "--map", "--format-in", "--convention", "--task-from", "--memory"])
@pytest.mark.parametrize(
    "command", [("compare",), ("report", "-f", "html"), ("audit", "--says", "monthly_cost=1", "compare")]
)
def test_how_logs_are_read_means_nothing_without_logs(command: tuple[str, ...], flag: str) -> None:
    request = ("--requests", "1k", "--input", "1", "--output", "1", "--baseline", "gpt-5-mini")
    done = run(*command, *request, flag, "gpt-5=gpt-5-mini", "--as-of", "2026-11-22")
    assert done.code == 2 and not done.out
    what, at, say = done.err.splitlines()
    assert what.endswith(f"{flag} means nothing without logs") and at == f"where: {flag}" and "--usage" in say


def test_a_query_is_written_to_a_file_of_any_ending(tmp_path: Path) -> None:
    assert usage(tmp_path, "sql", "--dialect", "duckdb", "-o", "calls.sql").code == 0
    assert (tmp_path / "calls.sql").read_text().startswith("-- A time without an offset")


def test_a_name_that_was_not_logged_is_refused_by_compare_too(tmp_path: Path) -> None:
    log(tmp_path / "a.jsonl", CALLS)
    done = run(
        "compare", "--usage", "a.jsonl", "--model", "gpt-5-mini", "--priced-as", "gtp-5=gpt-5", *AS_OF, cwd=tmp_path
    )
    assert done.code == 2 and "no logged call is of 'gtp-5'" in done.err


@pytest.mark.parametrize("flag", ["-o", "--save-workload"])
def test_a_log_is_not_written_over(tmp_path: Path, flag: str) -> None:
    (tmp_path / "logs").mkdir()
    path = tmp_path / "logs" / "a.json"
    log(path, CALLS)
    before = path.read_bytes()
    (tmp_path / "link.json").symlink_to(path)
    for out in ("logs/a.json", "link.json"):
        done = usage(tmp_path, "logs", flag, out, "--force")
        assert done.code == 2 and "would write over it" in done.err
        assert path.read_bytes() == before
    # what stands beside the logs and is none may be replaced
    (tmp_path / "logs" / "out.json").write_text("{}")
    assert usage(tmp_path, "logs", flag, "logs/out.json", "--force").code == 0


def test_a_report_without_calls_says_what_to_type(tmp_path: Path) -> None:
    """1,000 tokens in, of which 250 from the cache, and 100 out in a day: 730 ÷ 24 times that a month."""
    tokens = {"uncached_input_tokens": 750, "cache_read_input_tokens": 250, "output_tokens": 100}
    row = {"starting_at": "2026-01-01T00:00:00Z", "ending_at": "2026-01-02T00:00:00Z"}
    log(tmp_path / "report.jsonl", [{**row, "results": [{**tokens, "model": "claude-haiku-4-5"}]}])
    done = run("compare", "--usage", "report.jsonl", "--model", "claude-haiku-4-5", *AS_OF, cwd=tmp_path)
    assert done.code == 2
    typed = "--monthly-input 30417 --monthly-output 3042 --cached 25.0%"
    assert typed in done.err
    done = run("compare", "--model", "claude-haiku-4-5", "--start", "2026-12", *typed.split(), *AS_OF, cwd=tmp_path)
    assert done.code == 0, done.err


def test_no_change_has_no_minus() -> None:
    """A cost of 99.99 is 0.01 % below 100, which is no change at one decimal."""
    below = [LoggedCost("same", 99.99), LoggedCost("less", 99.0)]
    table = logged(LoggedTraffic(["a"], "", "", 24.0, 10, 100.0, None, 0, 0, below))
    assert [row[-1].text for row in table.rows[-2:]] == ["+0.0%", "-1.0%"]
