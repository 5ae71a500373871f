"""What is wrong with a log is counted and named, or is a three-line error; nothing is lost in silence."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from command_line import Run, environment, run

GOOD = {"timestamp": "2026-03-01T10:00:00Z", "model": "gpt-5", "input_tokens": 100, "output_tokens": 10}
AS_OF = ("--as-of", "2026-11-22")


def written(path: Path, *rows: Any) -> Path:
    lines = [row if isinstance(row, bytes) else json.dumps(row).encode() + b"\n" for row in rows]
    path.write_bytes(b"".join(lines))
    return path


def usage(*arguments: str | Path, **how: Any) -> Run:
    return run("usage", *map(str, arguments), *AS_OF, **how)


def result(*arguments: str | Path) -> dict[str, Any]:
    return dict(usage(*arguments, "-f", "json").result)


def lines_are_conserved(found: dict[str, Any], lines: int) -> None:
    counts = found["lines"]
    assert counts["accepted"] + sum(counts["rejected"].values()) + sum(counts["duplicate"].values()) == lines


def three_lines(done: Run, *words: str) -> None:
    assert done.code == 2
    assert re.fullmatch(r"error: .*\nwhere: .*\nhint: .*\n", done.err), done.err
    for word in words:
        assert word in done.err
    assert done.out == ""


@pytest.fixture(params=["duckdb"])
def engine(request: pytest.FixtureRequest) -> tuple[str, str]:
    return ("--engine", request.param)


def test_a_bad_line_is_counted_and_its_place_named(tmp_path: Path, engine: tuple[str, str]) -> None:
    log = written(tmp_path / "log.jsonl", GOOD, b"{oops\n", GOOD)
    done = usage(log, *engine, "-f", "json")
    lines_are_conserved(done.result, 3)
    assert done.result["lines"]["rejected"] == {"not JSON": 1}
    assert f"1 line rejected: not JSON (first: {log}:2)" in [w["message"] for w in done.document["warnings"]]


def test_a_cut_off_last_line(tmp_path: Path, engine: tuple[str, str]) -> None:
    found = result(written(tmp_path / "log.jsonl", GOOD, GOOD, b'{"timestamp": "2026'), *engine)
    assert found["lines"]["rejected"] == {"cut-off last line": 1}
    lines_are_conserved(found, 3)


def test_a_lone_surrogate_loses_no_tokens(tmp_path: Path, engine: tuple[str, str]) -> None:
    found = result(written(tmp_path / "log.jsonl", GOOD, {**GOOD, "prompt": "\ud83d"}, GOOD), *engine)
    assert (found["calls"], found["input_tokens"]) == (3, 300)


def test_a_byte_order_mark(tmp_path: Path, engine: tuple[str, str]) -> None:
    log = written(tmp_path / "log.jsonl", b"\xef\xbb\xbf" + json.dumps(GOOD).encode() + b"\n", GOOD)
    found = result(log, *engine)
    assert (found["calls"], found["lines"]["rejected"]) == (2, {})
    table = tmp_path / "log.csv"
    table.write_bytes(b"\xef\xbb\xbfmodel,input_tokens,output_tokens\ngpt-5,100,10\n")
    assert result(table, *engine)["models"][0]["model"] == "gpt-5"


def test_mixed_offsets_are_one_moment(tmp_path: Path, engine: tuple[str, str]) -> None:
    """10:00 UTC written in four ways lies in one hour; without an offset it is UTC."""
    times = [
        "2026-03-01T10:00:00Z",
        "2026-03-01T12:00:00+02:00",
        "2026-03-01T04:30:00-05:30",
        "2026-03-01 10:00:00.1234567",
    ]
    found = result(written(tmp_path / "log.jsonl", *[{**GOOD, "timestamp": each} for each in times]), *engine)
    assert (found["hours"]["elapsed"], found["hours"]["peak_calls"]) == (1, 4)
    assert found["period"]["first"] == found["period"]["last"] == "2026-03-01T10:00:00Z"


def test_a_field_that_first_appears_after_row_30000(tmp_path: Path, engine: tuple[str, str]) -> None:
    """Its cached tokens are read out of the input of the lines that have them: 5 × 40 of 31,005 × 100."""
    late = {**GOOD, "cached_tokens": 40, "total_tokens": 110}
    found = result(written(tmp_path / "log.jsonl", *[GOOD] * 31_000, *[late] * 5), *engine)
    assert (found["calls"], found["input_tokens"], found["cache_read_tokens"]) == (31_005, 3_100_500, 200)
    assert found["models"][0]["uncached_input_tokens"] == 3_100_500 - 200


def test_a_20_mb_line(tmp_path: Path, engine: tuple[str, str]) -> None:
    found = result(written(tmp_path / "log.jsonl", GOOD, {**GOOD, "prompt": "x" * 20_000_000}, GOOD), *engine)
    assert (found["calls"], found["lines"]["rejected"]) == (3, {})


def test_numbers_written_as_text_are_read_and_counted(tmp_path: Path, engine: tuple[str, str]) -> None:
    text = {**GOOD, "input_tokens": "1,500", "output_tokens": "20"}
    found = result(written(tmp_path / "log.jsonl", *[GOOD] * 600, text), *engine)
    assert (found["input_tokens"], found["output_tokens"]) == (600 * 100 + 1500, 600 * 10 + 20)
    assert found["lines"]["repaired"] == {"numbers written as text": 1, "thousands marks left out of numbers": 1}


def test_a_log_whose_numbers_are_all_text(tmp_path: Path, engine: tuple[str, str]) -> None:
    text = {**GOOD, "input_tokens": "100", "output_tokens": "10"}
    found = result(written(tmp_path / "log.jsonl", *[text] * 3), *engine)
    assert (found["input_tokens"], found["lines"]["repaired"]) == (300, {"numbers written as text": 3})


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("output_tokens", 1.5, "output tokens are no whole number"),
        ("output_tokens", -1, "output tokens are negative"),
        ("output_tokens", "many", "output tokens are no number"),
        ("output_tokens", True, "output tokens are no number"),
        ("output_tokens", 1e300, "output tokens are beyond any log"),
        ("output_tokens", None, "no output tokens"),
        ("input_tokens", [], "input tokens are no number"),
    ],
)
def test_a_count_that_is_none_is_refused_by_name(
    tmp_path: Path, engine: tuple[str, str], field: str, value: Any, reason: str
) -> None:
    found = result(written(tmp_path / "log.jsonl", GOOD, {**GOOD, field: value}), *engine)
    assert found["lines"]["rejected"] == {reason: 1}
    lines_are_conserved(found, 2)


def test_an_unreadable_time_or_cost_keeps_the_tokens(tmp_path: Path, engine: tuple[str, str]) -> None:
    rows = [{**GOOD, "timestamp": "soon"}, {**GOOD, "cost_usd": "cheap"}, {**GOOD, "cost_usd": 0}]
    found = result(written(tmp_path / "log.jsonl", *rows), *engine)
    assert (found["calls"], found["hours"]["calls_without_time"]) == (3, 1)
    assert (found["recorded_cost"], found["recorded_calls"]) == (0, 1)
    assert len(found["lines"]["repaired"]) == 2


def test_an_empty_file(tmp_path: Path) -> None:
    three_lines(usage(written(tmp_path / "log.jsonl")), "empty")
    written(tmp_path / "full.jsonl", GOOD)
    done = usage(tmp_path, "-f", "json")
    assert done.result["calls"] == 1
    assert [(Path(each["path"]).name, each["format"]) for each in done.result["files"]] == [
        ("full.jsonl", "generic"),
        ("log.jsonl", None),
    ]
    assert [w["code"] for w in done.document["warnings"]] == ["unread_file"]


def test_a_directory_of_mixed_formats(tmp_path: Path, engine: tuple[str, str]) -> None:
    written(tmp_path / "a.jsonl", GOOD)
    litellm = {"request_id": "r", "startTime": "2026-03-01T11:00:00Z", "model": "gpt-5", "prompt_tokens": 50}
    written(tmp_path / "b.jsonl", {**litellm, "completion_tokens": 5, "total_tokens": 55, "spend": 0.01})
    (tmp_path / "c.csv").write_text("model,input_tokens,output_tokens\ngpt-5,7,1\n")
    (tmp_path / "d.jsonl.gz").write_bytes(gzip.compress(json.dumps(GOOD).encode()))
    (tmp_path / "notes.txt").write_text("nothing of that kind\n")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    found = result(tmp_path, *engine)
    assert {Path(each["path"]).name: each["format"] for each in found["files"]} == {
        "a.jsonl": "generic",
        "b.jsonl": "litellm",
        "c.csv": "generic",
        "d.jsonl.gz": "generic",
        "notes.txt": None,
        "picture.png": None,
    }
    assert (found["calls"], found["input_tokens"], found["format"]) == (4, 100 + 50 + 7 + 100, "mixed")


def test_a_file_of_no_known_format_is_an_error_where_it_is_named(tmp_path: Path) -> None:
    three_lines(usage(written(tmp_path / "log.jsonl", {"colour": "red"})), "no format is recognised", "--map")
    three_lines(usage(tmp_path / "missing.jsonl"), "there is no file")
    three_lines(usage(), "no log is named")


def test_a_csv_row_of_another_width(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("model,input_tokens,output_tokens\ngpt-5,1,2\ngpt-5,1\ngpt-5,1,2,3\ngpt-5,5,6\ngpt-5,9")
    found = result(path)
    assert found["lines"]["rejected"] == {"too few cells": 1, "too many cells": 1, "cut-off last line": 1}
    assert (found["lines"]["accepted"], found["input_tokens"]) == (2, 6)


def test_a_json_list_that_breaks_off_keeps_what_stands_before(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    path.write_text(json.dumps([GOOD, GOOD], indent=1)[:-1] + ',\n {"timestamp": "2026')
    found = result(path)
    assert (found["calls"], found["lines"]["rejected"]) == (2, {"cut-off last line": 1})


def test_cached_over_input_proves_that_they_are_apart(tmp_path: Path, engine: tuple[str, str]) -> None:
    rows = [{**GOOD, "cached_tokens": 900}, {**GOOD, "cached_tokens": 50}]
    found = result(written(tmp_path / "log.jsonl", *rows), *engine)
    assert (found["input_tokens"], found["cache_read_tokens"]) == (100 + 900 + 100 + 50, 950)
    assert found["convention"] == "input excludes cached tokens (proven by 1 of 2 lines looked at)"


def test_a_log_that_contradicts_itself_is_refused(tmp_path: Path, engine: tuple[str, str]) -> None:
    inclusive = {**GOOD, "cached_tokens": 40, "total_tokens": 110}
    exclusive = {**GOOD, "cached_tokens": 900}
    log = written(tmp_path / "log.jsonl", inclusive, exclusive)
    three_lines(usage(log, *engine), "contradicts itself", "line 1", "line 2", "--convention")
    late = written(tmp_path / "late.jsonl", *[inclusive] * 700, exclusive, *[inclusive] * 10)
    three_lines(usage(late, *engine), "contradicts itself", "701", "--convention")


def test_what_nothing_proves_is_not_guessed(tmp_path: Path, engine: tuple[str, str]) -> None:
    log = written(tmp_path / "log.jsonl", {**GOOD, "cached_tokens": 40})
    three_lines(usage(log, *engine), "nothing says whether", "--convention")
    for rule, input_tokens in (("inclusive", 100), ("exclusive", 140)):
        assert result(log, *engine, "--convention", rule)["input_tokens"] == input_tokens


def test_a_later_proof_reads_the_file_again(tmp_path: Path, engine: tuple[str, str]) -> None:
    """LiteLLM says inclusive; 600 lines prove nothing, the 601st proves that this gateway excludes."""
    row = {
        "request_id": "r",
        "startTime": "2026-03-01T11:00:00Z",
        "model": "m",
        "prompt_tokens": 50,
        "completion_tokens": 5,
    }
    silent = {"metadata": {"usage_object": {"cache_read_input_tokens": 20}}}
    proof = {"metadata": {"usage_object": {"cache_read_input_tokens": 80}}}
    rows = [{**row, **silent, "request_id": f"r{n}"} for n in range(600)]
    found = result(written(tmp_path / "log.jsonl", *rows, {**row, **proof}), *engine)
    assert found["input_tokens"] == 600 * 70 + 130
    assert "proven by 1 of 601 lines" in found["convention"]


def test_standard_input(tmp_path: Path) -> None:
    done = usage("-", "-f", "json", stdin=json.dumps(GOOD) + "\n")
    assert (done.result["calls"], done.result["files"][0]["path"]) == (1, "<stdin>")


def test_a_mapped_column_that_is_not_there(tmp_path: Path, engine: tuple[str, str]) -> None:
    log = written(tmp_path / "log.jsonl", GOOD)
    three_lines(usage(log, *engine, "--map", "input_tokens=prompt"), "prompt")
    three_lines(usage(log, *engine, "--map", "tokens=prompt"), "--map knows no field")
    table = tmp_path / "log.csv"
    table.write_text("model,ContextTokens,out\nm,1,2\n")
    three_lines(usage(table, "--map", "input_tokens=ContextToken", "--map", "output_tokens=out"), "ContextTokens")


def test_a_users_text_does_not_reach_the_terminal_raw(tmp_path: Path) -> None:
    evil = {**GOOD, "model": "\x1b[31mred", "task": "=cmd()"}
    done = usage(written(tmp_path / "log.jsonl", evil))
    assert "\x1b" not in done.out
    assert "\\x1b[31mred" in done.out


def test_interrupting_leaves_nothing_behind(tmp_path: Path) -> None:
    """Ctrl-C while a log is read: 130, no output file, no temporary file."""
    log = tmp_path / "log.jsonl"
    log.write_bytes((json.dumps(GOOD).encode() + b"\n") * 1_500_000)
    saved = tmp_path / "workload.yaml"
    command = [
        sys.executable,
        "-m",
        "llmcost",
        "usage",
        str(log),
        *AS_OF,
        "--save-workload",
        str(saved),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
    maps = Path(f"/proc/{process.pid}/maps")
    while process.poll() is None and "duckdb" not in maps.read_text():  # however busy the machine is
        time.sleep(0.05)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert (out, err) == (b"", b"\ninterrupted\n")
    assert os.listdir(tmp_path) == ["log.jsonl"]


def test_under_a_stated_convention_a_line_that_contradicts_it_is_counted_and_named(
    tmp_path: Path, engine: tuple[str, str]
) -> None:
    """More cached than input proves "excludes"; a total of input and output alone proves "includes"."""
    excludes = {**GOOD, "cached_tokens": 500}
    includes = {**GOOD, "input_tokens": 600, "cached_tokens": 500, "total_tokens": 610}
    log = written(tmp_path / "log.jsonl", excludes, includes, GOOD)
    three_lines(usage(log, *engine), "contradicts itself", "--convention")
    found = result(log, "--convention", "exclusive", *engine)
    assert found["lines"]["rejected"] == {"contradicts the stated convention": 1}
    assert found["calls"] == 2
    lines_are_conserved(found, 3)


def test_an_empty_list_is_a_line_too(tmp_path: Path, engine: tuple[str, str]) -> None:
    found = result(written(tmp_path / "log.jsonl", GOOD, [], [[GOOD], []], GOOD), *engine)
    assert found["calls"] == 3
    assert found["lines"]["rejected"] == {"not a JSON object": 2}


def test_a_cost_beyond_all_bounds_is_no_cost(tmp_path: Path, engine: tuple[str, str]) -> None:
    rows = [{**GOOD, "cost": 0.25}, {**GOOD, "cost": -1e30}, {**GOOD, "cost": 1e300}, {**GOOD, "cost": 0}]
    found = result(written(tmp_path / "log.jsonl", *rows), "--map", "cost_usd=cost", *engine)
    assert found["lines"]["repaired"] == {"unreadable cost, counted as not recorded": 2}
    assert (found["recorded_cost"], found["calls"]) == (0.25, 4)


def test_a_line_that_its_own_format_does_not_know_turns_no_file_into_another(tmp_path: Path) -> None:
    """Three OpenAI answers and one line that is any table's: still OpenAI's, and the line is named."""
    usage_ = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    answer = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1772359200, "model": "gpt-5", "usage": usage_}
    rows = [{**answer, "id": f"chatcmpl-{n}"} for n in range(3)]
    found = result(written(tmp_path / "log.jsonl", *rows, GOOD))
    assert found["format"] == "openai"
    lines_are_conserved(found, 4)


def test_a_model_that_is_a_boolean_is_written_alike(tmp_path: Path, engine: tuple[str, str]) -> None:
    found = result(written(tmp_path / "log.jsonl", {**GOOD, "model": True}, GOOD), *engine)
    assert {each["model"] for each in found["models"]} == {"true", "gpt-5"}


def test_a_tables_column_of_calls_is_no_row_a_call(tmp_path: Path, engine: tuple[str, str]) -> None:
    table = tmp_path / "sums.csv"
    table.write_text(
        "model,time,calls,input_tokens,output_tokens\ngpt-5,2026-03-01T10:00:00Z,7,700,70\ngpt-5,,5,500,50\n"
    )
    found = result(table, *engine)
    assert (found["calls"], found["input_tokens"]) == (7 + 5, 700 + 500)


@pytest.mark.parametrize("at", [1e25, -62135596801, 1e300, "0001-01-01T00:00:00+14:00", "10000-01-01T00:00:00Z", 2**70])
def test_a_time_of_no_calendar_year_is_named_and_its_call_counted(
    tmp_path: Path, engine: tuple[str, str], at: Any
) -> None:
    found = result(written(tmp_path / "log.jsonl", GOOD, {**GOOD, "timestamp": at}, GOOD), *engine)
    assert (found["calls"], found["lines"]["repaired"]) == (3, {"unreadable time, counted without one": 1})
    alone = result(written(tmp_path / "alone.jsonl", {**GOOD, "timestamp": at}), *engine)
    assert (alone["calls"], alone["lines"]["repaired"]) == (1, {"unreadable time, counted without one": 1})


@pytest.mark.parametrize("memory", ["x", "4", "-1GB", "4XB"])
def test_a_size_of_memory_that_is_none(tmp_path: Path, engine: tuple[str, str], memory: str) -> None:
    log = written(tmp_path / "log.jsonl", GOOD)
    three_lines(usage(log, *engine, "--memory", memory), "is no size of memory", "--memory 4GB")


def test_more_memory_than_duckdb_knows_of(tmp_path: Path) -> None:
    pytest.importorskip("duckdb")
    log = written(tmp_path / "log.jsonl", GOOD)
    done = usage(log, "--engine", "duckdb", "--memory", "99999999999999999TB")
    three_lines(done, "DuckDB cannot work with 99999999999999999TB of memory", "--memory 4GB")


def test_half_a_character_in_an_id(tmp_path: Path, engine: tuple[str, str]) -> None:
    """Two lines of one id, which a cut emoji ends: one call, and the larger one."""
    rows = [{**GOOD, "id": "a\ud83d"}, {**GOOD, "id": "a\ud83d", "output_tokens": 30}, {**GOOD, "id": "b"}]
    found = result(written(tmp_path / "log.jsonl", *rows), "--map", "id=id", *engine)
    assert (found["calls"], found["output_tokens"], sum(found["lines"]["duplicate"].values())) == (2, 40, 1)


def test_damaged_parquet_is_an_error_of_three_lines(tmp_path: Path, engine: tuple[str, str]) -> None:
    duckdb = pytest.importorskip("duckdb")
    path = tmp_path / "log.parquet"
    columns = "'m' || (range % 100) AS model, range AS input_tokens, range * 7 AS output_tokens"
    duckdb.sql("FROM range(3000)").project(columns).write_parquet(str(path))
    whole = path.read_bytes()
    path.write_bytes(whole[:200] + bytes(1800) + whole[2000:])
    three_lines(usage(path, *engine), "this is no Parquet", str(path))
    path.write_bytes(whole[: len(whole) // 2])
    three_lines(usage(path, *engine), "this is no Parquet")
