"""The reader of Helicone's requests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from synthetic_calls import Made, Says, check_same_cube, expected, made_calls, reading_of
from written_logs import counted, in_every_form, models_of, reading_of_rows, table, tasks_of, tokens

CALLS = made_calls()
SAYS = Says(lifetimes=False)


def inclusive(made: Made) -> dict[str, Any]:
    return {
        "request_id": made.id,
        "request_created_at": made.iso,
        "response_status": 200,
        "request_model": "asked-for",
        "response_model": made.model,
        "provider": "OPENAI",
        "prompt_tokens": made.prompt,
        "prompt_cache_read_tokens": made.cache_read,
        "prompt_cache_write_tokens": made.written,
        "completion_tokens": made.output,
        "total_tokens": made.prompt + made.output,
        "delay_ms": 1200,
        "properties": {"task": made.task, "env": "prod"},
        "costUSD": made.usd,
        "cache_reference_id": "00000000-0000-0000-0000-000000000000",
    }


def exclusive(made: Made) -> dict[str, Any]:
    """As Helicone stores it: the total is prompt and completion, whatever was cached."""
    return inclusive(made) | {"prompt_tokens": made.uncached, "total_tokens": made.uncached + made.output}


def exclusive_with_a_whole_total(made: Made) -> dict[str, Any]:
    return inclusive(made) | {"prompt_tokens": made.uncached}


@pytest.mark.parametrize("row", [inclusive, exclusive, exclusive_with_a_whole_total])
def test_the_thousand_calls(tmp_path: Path, row: Any) -> None:
    rows = [row(made) for made in CALLS]
    for log in (*in_every_form(tmp_path, rows), table(tmp_path / "log.csv", rows)):
        reading = reading_of(log)
        check_same_cube(reading, expected(CALLS, SAYS), "helicone")
        assert counted(reading) == (1000, {}, 0, {})


def test_one_line(tmp_path: Path) -> None:
    written = json.loads(
        '{"request_id":"h1","request_created_at":"2026-01-01T00:00:00Z","response_model":"gpt-5","prompt_tokens":1500,'
        '"prompt_cache_read_tokens":1024,"completion_tokens":200,"total_tokens":1700,"delay_ms":1200,'
        '"properties":{"task":"chat"},"costUSD":0.0027}'
    )
    reading = reading_of_rows(tmp_path, written)
    assert tokens(reading) == (1500 - 1024, 1024, 0, 0, 200)  # 1,500 + 200 are the 1,700
    assert reading.cube.total.recorded_pico_usd == 27 * 10**8
    assert tasks_of(reading) == {"chat"}
    # Helicone's API adds up 1,500 + 200 itself, so they prove nothing.
    assert (
        reading.files[0].convention == "input includes cached tokens (by the rule for this format; no line proves it)"
    )


def test_one_request_anywhere_proves_for_its_file_that_cached_tokens_stand_beside_the_prompt(tmp_path: Path) -> None:
    """As late as line 651, while every total before it is prompt and completion added up."""
    written = {"request_created_at": "2026-01-01T00:00:00Z", "prompt_tokens": 1500, "completion_tokens": 200}
    rows = [
        written | {"request_id": f"h{n}", "prompt_cache_read_tokens": 1024, "total_tokens": 1700} for n in range(700)
    ]
    rows[650]["prompt_cache_read_tokens"] = 3000
    reading = reading_of_rows(tmp_path, *rows)
    assert tokens(reading) == (700 * 1500, 699 * 1024 + 3000, 0, 0, 700 * 200)
    assert counted(reading) == (700, {}, 0, {})
    assert reading.files[0].convention == "input excludes cached tokens (proven by 1 of 700 lines)"
    whole = [row | {"total_tokens": row["prompt_cache_read_tokens"] + 1700} for row in rows[:600]]
    beside = reading_of_rows(tmp_path, *whole)
    assert tokens(beside) == (600 * 1500, 600 * 1024, 0, 0, 600 * 200)
    assert "proven by" in str(beside.files[0].convention)


def test_reasoning_stands_beside_the_completion(tmp_path: Path) -> None:
    row = inclusive(CALLS[1]) | {
        "completion_tokens": 200,
        "reasoning_tokens": 80,
        "total_tokens": CALLS[1].prompt + 200,
    }
    assert tokens(reading_of_rows(tmp_path, row))[4] == 200 + 80


def test_answers_from_helicones_cache_were_not_billed(tmp_path: Path) -> None:
    hit = inclusive(CALLS[1]) | {"cache_reference_id": "5d1c8a3e-0000-4000-8000-000000000001", "request_id": "h2"}
    reading = reading_of_rows(tmp_path, hit, inclusive(CALLS[2]), inclusive(CALLS[4]) | {"cache_reference_id": None})
    assert counted(reading)[:2] == (2, {"answered from Helicone's cache": 1})


def test_failed_requests_and_streams_without_usage(tmp_path: Path) -> None:
    counts = ("prompt_tokens", "completion_tokens", "total_tokens")
    cached = ("prompt_cache_read_tokens", "prompt_cache_write_tokens")
    nothing, zero = dict.fromkeys((*counts, *cached)), dict.fromkeys((*counts, *cached), 0)
    unknown = {"prompt_tokens": -1, "completion_tokens": -1, "total_tokens": -2}
    rows = [inclusive(CALLS[n]) | each for n, each in enumerate((nothing, zero, unknown, {}))]
    accepted, rejected, _, _ = counted(reading_of_rows(tmp_path, *rows))
    assert accepted == 1
    assert rejected["a request without tokens: failed, or a stream without usage"] == 2
    assert sum(rejected.values()) == 3
    uncounted = reading_of_rows(tmp_path, inclusive(CALLS[1]) | dict.fromkeys(counts) | {cached[0]: 500})
    assert counted(uncounted)[:2] == (0, {"no token counts": 1})
    assert not uncounted.lines.ordinary


def test_the_model_that_answered_else_the_one_asked_for(tmp_path: Path) -> None:
    row = inclusive(CALLS[1])
    assert models_of(reading_of_rows(tmp_path, row)) == {CALLS[1].model}
    assert models_of(reading_of_rows(tmp_path, row | {"response_model": None})) == {"asked-for"}


def test_tasks(tmp_path: Path) -> None:
    row = inclusive(CALLS[1]) | {"request_user_id": "u-1", "request_path": "/v1/chat"}
    assert tasks_of(reading_of_rows(tmp_path, row)) == {CALLS[1].task}
    assert tasks_of(reading_of_rows(tmp_path, row, task_from="env")) == {"prod"}
    assert tasks_of(reading_of_rows(tmp_path, row, task_from="properties.env")) == {"prod"}
    assert tasks_of(reading_of_rows(tmp_path, row, task_from="key")) == {"u-1"}
    assert tasks_of(reading_of_rows(tmp_path, row, task_from="path")) == {"/v1/chat"}


def test_a_request_exported_twice_counts_once_and_null_ids_never_merge(tmp_path: Path) -> None:
    row = inclusive(CALLS[1])
    assert counted(reading_of_rows(tmp_path, row, row))[0::2] == (1, 1)
    assert counted(reading_of_rows(tmp_path, row | {"request_id": None}, row | {"request_id": None}))[0] == 2
