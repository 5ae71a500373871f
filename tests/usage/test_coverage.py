"""Which time logs cover: the slots of an export as it says them, beside calls, and a month of one length."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from command_line import run

from llmcost.usage.coverage import hours_within, united

AS_OF = ("--as-of", "2026-11-22")
DAY, HOUR = 86_400, 3_600
START = 1_767_225_600  # 2026-01-01T00:00:00Z
RESULT = {"input_tokens": 1000, "output_tokens": 200, "num_model_requests": 50, "model": "gpt-5", "project_id": "p"}


def slot(start: int, seconds: int, **changed: Any) -> dict[str, Any]:
    """A slot of OpenAI's usage, `start` seconds after the first of January 2026."""
    end = START + start + seconds
    return {"object": "bucket", "start_time": START + start, "end_time": end, "results": [RESULT | changed]}


def log(folder: Path, *rows: Any, name: str = "log.jsonl") -> str:
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def usage(*args: str) -> dict[str, Any]:
    return run("usage", *args, *AS_OF, "-f", "json").result


def profile(found: dict[str, Any]) -> tuple[Any, ...]:
    hours = found["hours"]
    return hours["step_seconds"], hours["elapsed"], hours["non_empty"], hours["peak_to_average_elapsed"]


def test_a_week_without_traffic_makes_no_weeks_of_days(tmp_path: Path) -> None:
    """Days 0 and 7, 50 calls each: 8 days, 192 h; 50 ÷ (100 ÷ 8) = 4; a month has 100 × 730 ÷ 192 calls."""
    export, saved = log(tmp_path, slot(0, DAY), slot(7 * DAY, DAY)), tmp_path / "saved.yaml"
    found = usage(export, "--save-workload", str(saved))
    assert profile(found) == (DAY, 8, 2, 4)
    assert found["period"] == {
        "first": "2026-01-01T00:00:00Z",
        "last": "2026-01-09T00:00:00Z",
        "hours": 192,
        "gap_hours": 0,
    }
    assert found["files"][0]["slots"] == {"seconds": DAY, "period": found["period"], "assumed": False, "without_end": 0}
    text = saved.read_text()
    assert f"requests_per_month: {100 * 730 / 192:.10f}".rstrip("0") in text
    # the peak within a day is not known, and none is written
    assert "  peak_to_average:" not in text and "# peak_to_average is not told" in text


def test_hours_far_apart_are_hours(tmp_path: Path) -> None:
    """Hours 0 and 24: 25 hours elapsed, 50 ÷ (100 ÷ 25) = 12.5."""
    assert profile(usage(log(tmp_path, slot(24 * HOUR, HOUR), slot(0, HOUR)))) == (HOUR, 25, 2, 12.5)


def test_one_slot_has_a_period(tmp_path: Path) -> None:
    saved = tmp_path / "saved.yaml"
    found = usage(log(tmp_path, slot(0, DAY)), "--save-workload", str(saved))
    assert (profile(found), found["period"]["hours"]) == ((DAY, 1, 1, 1), 24)
    assert f"requests_per_month: {50 * 730 / 24:.10f}" in saved.read_text()


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ({"ending_at": "2026-01-01T01:00:00Z"}, HOUR),
        ({"bucket_width": "1d"}, DAY),
        ({"bucket_width": "1m"}, 60),
        ({"ending_at": "2026-01-01T00:00:00Z"}, DAY),  # no end: it begins at midnight, so it is taken for a day
        ({}, DAY),
    ],
)
def test_how_long_a_slot_of_anthropic_lasts(tmp_path: Path, said: dict[str, str], seconds: int) -> None:
    row = {"model": "claude-sonnet-4-5", "uncached_input_tokens": 10, "output_tokens": 1}
    found = usage(log(tmp_path, {"starting_at": "2026-01-01T00:00:00Z", **said, "results": [row]}))
    assert found["files"][0]["slots"]["seconds"] == seconds
    assert found["period"]["hours"] == pytest.approx(seconds / HOUR)
    # it does not say how many calls: no peak is told
    assert profile(found) == (None, 0, 0, None)


def test_a_day_of_the_console_and_of_openrouter_is_a_day(tmp_path: Path) -> None:
    console = {
        "usage_date_utc": "2026-01-01",
        "model_version": "claude-sonnet-4-5",
        "usage_input_tokens_no_cache": 10,
        "usage_output_tokens": 1,
    }
    activity = {
        "date": "2026-03-01",
        "model": "openai/gpt-5",
        "usage": 0.015,
        "byok_usage_inference": 0,
        "requests": 5,
        "prompt_tokens": 50,
        "completion_tokens": 25,
    }
    found = usage(log(tmp_path, console), log(tmp_path, activity, name="activity.jsonl"))
    assert [file["slots"]["seconds"] for file in found["files"]] == [DAY, DAY]
    # two days, and from the 2nd of January to the 1st of March 30 + 28 days between them
    assert (found["period"]["hours"], found["period"]["gap_hours"]) == (48, 58 * 24)


def test_slots_within_slots_are_counted_by_the_longest(tmp_path: Path) -> None:
    """A day of 50 calls, and two hours of it in another export: one day of 150."""
    days = log(tmp_path, slot(0, DAY), slot(DAY, DAY))
    hours = log(tmp_path, slot(0, HOUR), slot(5 * HOUR, HOUR), name="hours.jsonl")
    found = usage(days, hours)
    assert profile(found) == (DAY, 2, 2, 150 * 2 / 200)
    assert found["period"]["hours"] == 48


def test_slots_that_cross_each_other_have_no_common_profile(tmp_path: Path) -> None:
    days = log(tmp_path, slot(0, DAY))
    across = log(tmp_path, slot(23 * HOUR + 1800, HOUR), name="hours.jsonl")
    found = usage(days, across)
    assert profile(found) == (None, 0, 0, None)
    assert found["period"]["hours"] == 24.5


def test_an_export_beside_calls_leaves_their_profile_alone(tmp_path: Path) -> None:
    """Calls at 00:00, 00:30 and 05:00 of a day in June: 6 hours, 2 ÷ (3 ÷ 6) = 4, whatever the export of January says."""
    rows = [
        {"timestamp": f"2026-06-01T{at}:00Z", "model": "gpt-5", "input_tokens": 10, "output_tokens": 1}
        for at in ("00:00", "00:30", "05:00")
    ]
    found = usage(log(tmp_path, *rows), log(tmp_path, slot(0, DAY), name="export.jsonl"))
    assert profile(found) == (HOUR, 6, 2, 4)
    assert found["hours"]["exported_calls_left_out"] == 50
    assert (found["calls"], found["period"]["last"]) == (53, "2026-06-01T05:00:00Z")
    assert found["period"]["hours"] == 24 + 5
    said = run("usage", log(tmp_path, *rows), str(tmp_path / "export.jsonl"), *AS_OF).out
    assert "The profile is of the calls with a time of day alone; 50 calls beside them are told by slots." in said


def test_calls_that_are_known_stay_known(tmp_path: Path) -> None:
    """Anthropic's report does not count its calls: unknown are its model's and its workspace's, and no others."""
    row = {"model": "claude-sonnet-4-5", "uncached_input_tokens": 10, "output_tokens": 1, "workspace_id": "w"}
    report = {"starting_at": "2026-01-01T00:00:00Z", "ending_at": "2026-01-02T00:00:00Z", "results": [row]}
    mystery = row | {"model": "mystery"}
    found = usage(
        log(tmp_path, slot(0, DAY)),
        log(tmp_path, report, report | {"results": [mystery]}, name="report.jsonl"),
    )
    assert {each["model"]: each["calls"] for each in found["models"]} == {
        "gpt-5": 50,
        "claude-sonnet-4-5": None,
        "mystery": None,
    }
    by_task = {each["task"]: (each["calls"], each["share"], each["input_per_call"]) for each in found["tasks"]}
    assert by_task == {"p": (50, None, 20), "w": (None, None, None)}
    assert (found["calls"], found["known_calls"], found["unpriced"][0]["calls"]) == (None, 50, None)
    said = run("usage", str(tmp_path / "log.jsonl"), str(tmp_path / "report.jsonl"), *AS_OF).out
    assert said.startswith("50 calls and an unknown number, ")
    assert "does not say how many calls these are: claude-sonnet-4-5, mystery" in said


def test_costs_cover_no_time_beside_usage(tmp_path: Path) -> None:
    """A report of the month's costs beside the usage of one day: the calls came in a day."""
    costs = {"start_time": START, "end_time": START + 31 * DAY, "amount_value": 0.25, "line_item": "gpt-5, input"}
    both = usage(log(tmp_path, slot(0, DAY)), log(tmp_path, costs, name="costs.jsonl"))
    assert (both["period"]["hours"], both["recorded_calls"], both["recorded_rows"]) == (24, 0, 1)
    assert usage(str(tmp_path / "costs.jsonl"))["period"]["hours"] == 31 * 24


def test_a_mapped_table_of_sums_says_its_end(tmp_path: Path) -> None:
    """Ten minutes each: with their end the period has both, and the profile is by the step or by their own length."""
    table = tmp_path / "table.csv"
    rows = [f"2026-01-01T00:{m:02d}:00Z,2026-01-01T00:{m + 10:02d}:00Z,{n},10,1" for m, n in ((10, 30), (20, 10))]
    table.write_text("\n".join(["time,finish,calls,input_tokens,output_tokens", *rows]) + "\n")
    found = usage(str(table), "--map", "end_time=finish", "--map", "calls=calls")
    assert profile(found) == (HOUR, 1, 1, 1)
    assert profile(usage(str(table), "--map", "end_time=finish", "--map", "calls=calls", "--step", "minute")) == (
        600,
        2,
        2,
        1.5,
    )
    assert found["period"]["hours"] == pytest.approx(1 / 3)
    assert profile(usage(str(table))) == (HOUR, 1, 1, 1)


def test_a_table_of_days_is_of_days(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("date,calls,input_tokens,output_tokens\n2026-01-01,30,10,1\n2026-01-04,10,10,1\n")
    found = usage(str(table), "--map", "time=date")
    assert profile(found) == (DAY, 4, 2, 3)


@pytest.mark.parametrize(
    ("starts", "slots", "seconds"),
    [
        (("2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z"), (DAY, 4, 2, 3), DAY),
        (("2026-01-01T00:00:00Z", "2026-01-01T03:00:00Z"), (HOUR, 4, 2, 3), HOUR),
        (("2026-01-01T00:00:00Z", "2026-01-01T03:10:00Z"), (HOUR, 4, 2, 3), None),
    ],
)
def test_rows_that_say_no_end(tmp_path: Path, starts: Any, slots: Any, seconds: int | None) -> None:
    """30 and 10 calls: at midnight they are days, on the hour hours, and that is said; else they are where they begin."""
    table = tmp_path / "table.csv"
    rows = [f"{start},{calls},10,1" for start, calls in zip(starts, (30, 10), strict=True)]
    table.write_text("\n".join(["time,calls,input_tokens,output_tokens", *rows]) + "\n")
    done = run("usage", str(table), *AS_OF, "-f", "json")
    assert (profile(done.result), done.result["files"][0]["slots"]["seconds"]) == (slots, seconds)
    said = done.document["assumptions"] if seconds else done.document["warnings"]
    assert "--map end_time=COLUMN" in json.dumps(said)


# ---- a month has one length


@pytest.mark.parametrize(
    ("first", "days"), [("2026-02-01", 28), ("2026-04-01", 30), ("2026-01-20", 45)], ids=["february", "april", "two"]
)
def test_a_log_predicts_itself(tmp_path: Path, first: str, days: int) -> None:
    """A call every 20 minutes; what the log says of a month, over the hours that it covers, is what it holds."""
    begin = datetime.fromisoformat(first).replace(tzinfo=UTC)
    rows = [
        {
            "timestamp": (begin + timedelta(minutes=20 * n)).isoformat(),
            "model": "claude-sonnet-4-6",
            "input_tokens": 1000,
            "output_tokens": 100,
        }
        for n in range(days * 72 + 1)
    ]
    calls, saved = log(tmp_path, *rows), tmp_path / "saved.yaml"
    assert run("usage", calls, "--save-workload", str(saved), *AS_OF).code == 0
    found = usage(calls, "--against", str(saved))["against"]
    assert sum(month["hours"] for month in found["months"]) == pytest.approx(days * 24)
    predicted = sum(month["predicted_calls"] for month in found["months"])
    assert predicted == pytest.approx(days * 72 + 1, rel=1e-9)
    # 3 and 15 dollars a million
    usd = (days * 72 + 1) * (1000 * 3 + 100 * 15) / 1e6
    assert sum(month["predicted_cost"] for month in found["months"]) == pytest.approx(usd, rel=1e-9)
    assert sum(month["cost"] for month in found["months"]) == pytest.approx(usd, rel=1e-9)


# ---- intervals


def test_intervals() -> None:
    hour = 3_600_000_000
    assert united([(5, 9), (0, 2), (1, 3), (9, 12)]) == [(0, 3), (5, 12)]
    assert hours_within([(0, 2 * hour), (4 * hour, 9 * hour)], hour, 5 * hour) == 2


def test_the_last_day_that_has_a_date_ends_with_it(tmp_path: Path) -> None:
    rows = {"input_tokens": 1000, "output_tokens": 200, "num_model_requests": 50, "model": "gpt-5"}
    ends = log(tmp_path, {"start_time": "9999-12-31", **rows})
    calls = [{"timestamp": "2026-06-01T00:00:00Z", "model": "gpt-5", "input_tokens": 10, "output_tokens": 1}]
    found = usage(ends, log(tmp_path, *calls, name="calls.jsonl"))
    assert found["period"]["last"] == "9999-12-31T23:59:59Z"
    assert profile(found) == (HOUR, 1, 1, 1)
