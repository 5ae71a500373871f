"""The reader of Anthropic's messages and batch results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from synthetic_calls import Made, Says, check_same_cube, expected, made_calls, reading_of
from written_logs import counted, in_every_form, reading_of_rows, table, tasks_of, tiers_of, tokens

CALLS = made_calls()
SAYS = Says(usd=False)


def usage(made: Made) -> dict[str, Any]:
    return {
        "input_tokens": made.uncached,
        "cache_read_input_tokens": made.cache_read,
        "cache_creation_input_tokens": made.written,
        "cache_creation": {
            "ephemeral_5m_input_tokens": made.write_5m,
            "ephemeral_1h_input_tokens": made.write_1h,
        },
        "output_tokens": made.output,
        "service_tier": "standard",
        "server_tool_use": None,
    }


def message(made: Made) -> dict[str, Any]:
    return {
        "id": f"msg_{made.id}",
        "type": "message",
        "role": "assistant",
        "model": made.model,
        "timestamp": made.iso,
        "task": made.task,
        "usage": usage(made),
    }


def beside_a_request(made: Made) -> dict[str, Any]:
    return {"created_at": made.epoch, "tags": ["a", f"task:{made.task}"], "request": {}, "response": message(made)}


def usage_alone(made: Made) -> dict[str, Any]:
    return {"timestamp": made.iso, "model": made.model, "task": made.task, **usage(made)}


@pytest.mark.parametrize("row", [message, beside_a_request, usage_alone])
def test_the_thousand_calls(tmp_path: Path, row: Any) -> None:
    for log in in_every_form(tmp_path, [row(made) for made in CALLS]):
        reading = reading_of(log)
        check_same_cube(reading, expected(CALLS, SAYS), "anthropic")
        assert "input excludes cached tokens (proven by" in str(reading.files[0].convention)


def test_a_table_without_the_split_by_lifetime(tmp_path: Path) -> None:
    rows = [{k: v for k, v in usage_alone(made).items() if k != "cache_creation"} for made in CALLS]
    for row in rows:
        row["server_tool_use"] = ""
    log = table(tmp_path / "log.csv", rows)
    check_same_cube(reading_of(log), expected(CALLS, Says(usd=False, lifetimes=False)), "anthropic")


def test_batch_results_are_billed_at_the_batch_rate(tmp_path: Path) -> None:
    plain = usage(CALLS[20])
    del plain["service_tier"]
    done = {"id": "msg_1", "type": "message", "model": "claude-sonnet-4-6", "usage": plain}
    reading = reading_of_rows(
        tmp_path,
        {"custom_id": "a-1", "result": {"type": "succeeded", "message": done}},
        {"custom_id": "a-2", "result": {"type": "errored", "error": {"type": "invalid_request"}}},
        {"custom_id": "a-3", "result": {"type": "expired"}},
        task_from="key",
    )
    assert counted(reading)[:2] == (1, {"a batch request that did not succeed": 2})
    assert sum(tokens(reading)) == CALLS[20].prompt + CALLS[20].output
    assert tiers_of(reading) == {"batch"}
    assert tasks_of(reading) == {"a-1"}


def test_the_split_may_cover_only_the_first_step(tmp_path: Path) -> None:
    """With server tools 5,000 tokens were written in all, of which the split names 800 + 200."""
    line = message(CALLS[0]) | {
        "usage": {
            "input_tokens": 3,
            "cache_read_input_tokens": 0,
            "cache_creation_input_tokens": 5000,
            "cache_creation": {"ephemeral_5m_input_tokens": 800, "ephemeral_1h_input_tokens": 200},
            "output_tokens": 9,
        }
    }
    assert tokens(reading_of_rows(tmp_path, line)) == (3, 0, 5000 - 200, 200, 9)


def test_nulls_of_a_call_without_a_cache(tmp_path: Path) -> None:
    line = message(CALLS[0]) | {
        "usage": {
            "input_tokens": 3,
            "cache_read_input_tokens": None,
            "cache_creation_input_tokens": None,
            "cache_creation": None,
            "output_tokens": 9,
            "service_tier": None,
        }
    }
    assert tokens(reading_of_rows(tmp_path, line)) == (3, 0, 0, 0, 9)


def test_fast_and_priority_are_tiers_of_their_own(tmp_path: Path) -> None:
    lines = []
    for speed, tier in (("standard", "standard"), ("fast", "standard"), (None, "priority"), ("standard", "batch")):
        lines.append(
            message(CALLS[1]) | {"id": None, "usage": usage(CALLS[1]) | {"speed": speed, "service_tier": tier}}
        )
    assert tiers_of(reading_of_rows(tmp_path, *lines)) == {"standard", "fast", "priority", "batch"}


def test_events_of_a_stream_are_no_messages(tmp_path: Path) -> None:
    start = {"type": "message_start", "message": {"id": "msg_1", "usage": {"input_tokens": 25, "output_tokens": 1}}}
    delta = {"type": "message_delta", "usage": {"output_tokens": 15}}
    reading = reading_of_rows(tmp_path, start, delta, message(CALLS[1]), message(CALLS[2]), message(CALLS[3]))
    assert counted(reading)[:2] == (3, {"an event of a stream, no whole message": 2})
    assert not reading.lines.ordinary  # their 40 tokens are counted nowhere
    assert reading_of_rows(tmp_path, {"type": "message_stop"}, message(CALLS[1])).lines.ordinary


def test_equal_ids_are_one_call_and_missing_ones_never_merge(tmp_path: Path) -> None:
    line = message(CALLS[1])
    grown = line | {"usage": usage(CALLS[1]) | {"output_tokens": CALLS[1].output + 100}}
    reading = reading_of_rows(tmp_path, line, grown, line)
    assert (counted(reading)[0], counted(reading)[2]) == (1, 2)
    assert tokens(reading)[4] == CALLS[1].output + 100
    assert counted(reading_of_rows(tmp_path, line | {"id": None}, line | {"id": None}))[0] == 2


STEPS = [
    {"type": "compaction", "input_tokens": 180_000, "output_tokens": 3500},
    {"type": "message", "input_tokens": 23_000, "output_tokens": 1000},
    {"type": "advisor_message", "model": "claude-opus-4-6", "input_tokens": 823, "output_tokens": 1612},
    {"type": "fallback_message", "model": "claude-haiku-4-5", "input_tokens": 5, "output_tokens": 1},
]


def test_steps_beside_the_answer_are_billed_and_in_no_sum(tmp_path: Path) -> None:
    """Compacting 180,000 tokens and asking another model are calls beside the answer's 23,000."""
    row = message(CALLS[1])
    row["usage"] = {
        "input_tokens": 23_000,
        "output_tokens": 1000,
        "cache_read_input_tokens": 0,
        "cache_creation_input_tokens": 0,
        "iterations": STEPS,
    }
    for line in (row, beside_a_request(CALLS[1]) | {"response": row}):
        reading = reading_of_rows(tmp_path, line, line)
        assert tokens(reading) == (180_000 + 23_000 + 823, 0, 0, 0, 3500 + 1000 + 1612)
        assert counted(reading)[0::2] == (3, 3)  # the line was written twice
        # The compacted prompt alone lies above a long-context threshold, the answer's does not.
        by_model = {(key.model, key.above_tokens): sums.output for key, sums in reading.cube.by_hour().items()}
        assert by_model == {
            (CALLS[1].model, 128_000): 3500,
            (CALLS[1].model, 0): 1000,
            ("claude-opus-4-6", 0): 1612,
        }
        assert tasks_of(reading) == {CALLS[1].task}
    unnamed = [row | {"id": None}] * 2
    for log in in_every_form(tmp_path, unnamed):
        assert counted(reading_of(log))[0] == 2 * 3  # without ids nothing merges, in an array neither
    batch = {"custom_id": "a", "result": {"type": "succeeded", "message": row}}
    assert tiers_of(reading_of_rows(tmp_path, batch)) == {"batch"}
