"""The reader of Claude Code's transcripts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from synthetic_calls import Made, check_same_cube, expected, made_calls, reading_of
from test_anthropic_calls import STEPS, usage
from written_logs import counted, in_every_form, jsonl, models_of, reading_of_rows, tasks_of, tiers_of, tokens

CALLS = made_calls()
USER = {
    "type": "user",
    "uuid": "u-1",
    "sessionId": "s-1",
    "timestamp": "2026-03-01T07:30:00Z",
    "cwd": "/home/me/extract",
    "message": {"role": "user", "content": "hello"},
}
OTHERS = [
    USER,
    {"type": "summary", "summary": "x", "leafUuid": "u-1"},
    {"type": "file-history-snapshot", "messageId": "m", "snapshot": {}},
    {"type": "system", "subtype": "turn_duration", "sessionId": "s-1", "timestamp": "2026-03-01T07:30:00Z"},
    {"type": "queue-operation", "sessionId": "s-1", "timestamp": "2026-03-01T07:30:00Z", "operation": "enqueue"},
]


def line(made: Made) -> dict[str, Any]:
    return {
        "type": "assistant",
        "uuid": f"u-{made.number}",
        "sessionId": "s-1",
        "requestId": f"req-{made.number}",
        "timestamp": made.iso,
        "cwd": f"/home/me/{made.task}",
        "isSidechain": False,
        "version": "2.1.0",
        "costUSD": made.usd,
        "message": {
            "id": f"msg_{made.id}",
            "type": "message",
            "role": "assistant",
            "model": made.model,
            "content": [{"type": "text", "text": "\ud83d\ude00"}],
            "usage": usage(made),
        },
    }


def with_usage(made: Made, **changed: Any) -> dict[str, Any]:
    row = line(made)
    row["message"]["usage"].update(changed)
    return row


def test_the_thousand_calls_among_other_lines(tmp_path: Path) -> None:
    rows = [row for made in CALLS for row in (OTHERS[made.number % len(OTHERS)], line(made))]
    for log in in_every_form(tmp_path, rows):
        reading = reading_of(log)
        check_same_cube(reading, expected(CALLS), "claude-code")
        assert counted(reading)[:2] == (1000, {"no model call": 1000})


def test_most_lines_are_no_calls(tmp_path: Path) -> None:
    """A transcript with some usage only after its first 600 lines is recognised by the others."""
    log = jsonl(tmp_path / "log.jsonl", [*(OTHERS * 120), line(CALLS[1])])
    reading = reading_of(log)
    assert reading.files[0].format == "claude-code"
    assert counted(reading)[:2] == (1, {"no model call": 600})
    assert counted(reading_of(jsonl(tmp_path / "none.jsonl", OTHERS)))[:2] == (0, {"no model call": len(OTHERS)})


def test_one_line(tmp_path: Path) -> None:
    written = json.loads(
        '{"type":"assistant","timestamp":"2026-03-11T02:40:21.204Z","requestId":"req_x","sessionId":"s1",'
        '"message":{"id":"msg_x","model":"claude-opus-4-6","usage":{"input_tokens":3,'
        '"cache_creation_input_tokens":2285,"cache_read_input_tokens":22137,"output_tokens":159}}}'
    )
    reading = reading_of_rows(tmp_path, written)
    assert tokens(reading) == (3, 22137, 2285, 0, 159)
    assert reading.cube.first_us == 1773196821204000  # 2026-03-11T02:40:21.204Z
    assert models_of(reading) == {"claude-opus-4-6"}


def test_the_largest_total_wins_not_the_first_or_the_last(tmp_path: Path) -> None:
    reading = reading_of_rows(
        tmp_path,
        with_usage(CALLS[1], output_tokens=1),
        with_usage(CALLS[1], output_tokens=500),
        with_usage(CALLS[1], output_tokens=20),
    )
    assert tokens(reading)[4] == 500
    assert (counted(reading)[0], counted(reading)[2]) == (1, 2)


def test_a_sessions_own_line_is_kept_before_a_larger_copy_of_a_sub_agent(tmp_path: Path) -> None:
    copy = with_usage(CALLS[1], output_tokens=9000) | {"isSidechain": True}
    own = with_usage(CALLS[1], output_tokens=40)
    assert tokens(reading_of_rows(tmp_path, copy, own))[4] == 40
    assert tokens(reading_of_rows(tmp_path, own, copy))[4] == 40
    assert tokens(reading_of_rows(tmp_path, copy, copy))[4] == 9000


def test_a_resumed_session_repeats_lines_in_another_file(tmp_path: Path) -> None:
    jsonl(tmp_path / "a.jsonl", [line(made) for made in CALLS[:60]])
    jsonl(tmp_path / "b.jsonl", [line(made) for made in CALLS[40:100]])
    reading = reading_of(tmp_path)
    assert (counted(reading)[0], counted(reading)[2]) == (100, 20)
    assert reading.cube.hours == expected(CALLS[:100]).hours


def test_a_request_id_tells_calls_apart_and_a_missing_one_does_not(tmp_path: Path) -> None:
    first, second = line(CALLS[1]), line(CALLS[1])
    second["requestId"] = "another"
    assert counted(reading_of_rows(tmp_path, first, second))[0] == 2
    del first["requestId"], second["requestId"]
    assert (counted(reading_of_rows(tmp_path, first, second))[0::2]) == (1, 1)


def test_lines_without_a_message_id_never_merge(tmp_path: Path) -> None:
    row = line(CALLS[1])
    row["message"]["id"] = None
    assert counted(reading_of_rows(tmp_path, row, row, row))[0] == 3


def test_messages_of_claude_codes_own_are_no_calls(tmp_path: Path) -> None:
    row = with_usage(CALLS[1])
    row["message"]["model"] = "<synthetic>"
    assert counted(reading_of_rows(tmp_path, row, line(CALLS[2])))[:2] == (
        1,
        {"a message of Claude Code's own, no model call": 1},
    )


def test_an_answer_whose_gateway_gave_no_usage_is_rejected_aloud(tmp_path: Path) -> None:
    row = line(CALLS[1])
    del row["message"]["usage"]
    reading = reading_of_rows(tmp_path, USER, row, line(CALLS[2]))
    assert counted(reading)[:2] == (1, {"no model call": 1, "a model's answer without usage": 1})
    assert reading.lines.ordinary == {"no model call"}


def test_the_task_is_the_project_also_from_directories_below_it(tmp_path: Path) -> None:
    rows = [
        line(made) | {"cwd": cwd}
        for made, cwd in zip(
            CALLS,
            ("/home/me/shop", "/home/me/shop/src/api", "/home/me/shopping", "C:\\work\\tool\\", "/", None),
            strict=False,
        )
    ]
    assert tasks_of(reading_of_rows(tmp_path, *rows)) == {"shop", "shopping", "tool", "/", ""}
    branch = [row | {"gitBranch": "main"} for row in rows]
    assert tasks_of(reading_of_rows(tmp_path, *branch, task_from="tag")) == {"main"}
    assert tasks_of(reading_of_rows(tmp_path, *branch, task_from="key")) == {"s-1"}
    assert tasks_of(reading_of_rows(tmp_path, *branch, task_from="version")) == {"2.1.0"}


def test_the_project_is_the_first_directory_that_any_line_names(tmp_path: Path) -> None:
    """The user's message stands in the project before the first call is made from below it."""
    rows = [
        USER | {"cwd": "/home/me/shop"},
        line(CALLS[1]) | {"cwd": "/home/me/shop/src"},
        line(CALLS[2]) | {"cwd": "/home/me/shop"},
    ]
    assert tasks_of(reading_of_rows(tmp_path, *rows)) == {"shop"}


def test_fast_mode_is_a_tier(tmp_path: Path) -> None:
    assert tiers_of(reading_of_rows(tmp_path, with_usage(CALLS[1], speed="fast"))) == {"fast"}
    assert tiers_of(reading_of_rows(tmp_path, with_usage(CALLS[1], speed="standard"))) == {"standard"}


def test_an_old_version_wrote_less(tmp_path: Path) -> None:
    row = {
        "timestamp": "2026-03-01T07:30:00Z",
        "message": {"model": "claude-sonnet-4-6", "usage": {"input_tokens": 5, "output_tokens": 6}},
        "costUSD": 0.5,
    }
    reading = reading_of_rows(tmp_path, row)
    assert tokens(reading) == (5, 0, 0, 0, 6)
    assert reading.cube.total.recorded_pico_usd == 5 * 10**11


def test_steps_beside_the_answer_are_billed_and_in_no_sum(tmp_path: Path) -> None:
    row = with_usage(CALLS[1], iterations=STEPS)
    reading = reading_of_rows(tmp_path, row, row)
    assert counted(reading)[0::2] == (3, 3)
    assert sum(tokens(reading)) == CALLS[1].prompt + CALLS[1].output + 180_000 + 3500 + 823 + 1612
    assert models_of(reading) == {CALLS[1].model, "claude-opus-4-6"}
