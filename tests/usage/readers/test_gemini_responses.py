"""The reader of Gemini's responses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from synthetic_calls import Made, Says, check_same_cube, expected, made_calls, reading_of
from written_logs import counted, in_every_form, jsonl, models_of, reading_of_rows, tasks_of, tiers_of, tokens

CALLS = made_calls()
SAYS = Says(cache_write=False, lifetimes=False, usd=False)


def usage(made: Made) -> dict[str, int]:
    """Counts of 0 are left out."""
    written = {
        "promptTokenCount": made.prompt,
        "cachedContentTokenCount": made.cache_read,
        "candidatesTokenCount": made.output - made.reasoning,
        "thoughtsTokenCount": made.reasoning,
        "totalTokenCount": made.prompt + made.output,
    }
    return {key: count for key, count in written.items() if count}


def response(made: Made) -> dict[str, Any]:
    return {
        "candidates": [{"content": {"role": "model", "parts": [{"text": "x"}]}}],
        "usageMetadata": usage(made),
        "modelVersion": made.model,
        "responseId": made.id,
        "createTime": made.iso,
        "labels": {"task": made.task},
    }


def from_the_sdk(made: Made) -> dict[str, Any]:
    words = {
        "promptTokenCount": "prompt_token_count",
        "cachedContentTokenCount": "cached_content_token_count",
        "candidatesTokenCount": "candidates_token_count",
        "thoughtsTokenCount": "thoughts_token_count",
        "totalTokenCount": "total_token_count",
    }
    return {
        "usage_metadata": {words[key]: usage(made).get(key) for key in words},
        "model_version": made.model,
        "response_id": made.id,
        "create_time": made.iso,
        "task": made.task,
    }


def beside_a_request(made: Made) -> dict[str, Any]:
    return {"timestamp": made.iso, "task": made.task, "request": {}, "response": response(made)}


def tools_apart(made: Made) -> dict[str, Any]:
    """A third of the prompt came from tools."""
    row = response(made)
    tools = (made.prompt - made.cache_read) // 3
    row["usageMetadata"] |= {"promptTokenCount": made.prompt - tools, "toolUsePromptTokenCount": tools}
    return row


@pytest.mark.parametrize("row", [response, from_the_sdk, beside_a_request, tools_apart])
def test_the_thousand_calls(tmp_path: Path, row: Any) -> None:
    for log in in_every_form(tmp_path, [row(made) for made in CALLS]):
        reading = reading_of(log)
        check_same_cube(reading, expected(CALLS, SAYS), "gemini")
        assert counted(reading) == (1000, {}, 0, {})
        assert "reasoning is counted beside output (proven by" in str(reading.files[0].convention)


def line(**usage: Any) -> dict[str, Any]:
    return {"modelVersion": "gemini-2.5-pro", "usageMetadata": usage}


def test_one_line(tmp_path: Path) -> None:
    written = line(
        promptTokenCount=1500,
        cachedContentTokenCount=1024,
        toolUsePromptTokenCount=100,
        candidatesTokenCount=40,
        thoughtsTokenCount=160,
        totalTokenCount=1500 + 100 + 40 + 160,
    )
    reading = reading_of_rows(tmp_path, written)
    assert tokens(reading) == (1500 + 100 - 1024, 1024, 0, 0, 40 + 160)
    assert models_of(reading) == {"gemini-2.5-pro"}


def test_an_answer_of_thoughts_alone(tmp_path: Path) -> None:
    reading = reading_of_rows(tmp_path, line(promptTokenCount=7, thoughtsTokenCount=90, totalTokenCount=97))
    assert tokens(reading) == (7, 0, 0, 0, 90)
    assert counted(reading) == (1, {}, 0, {})


def test_thinking_that_only_the_total_names_is_output_and_a_repair(tmp_path: Path) -> None:
    rows = [
        line(promptTokenCount=100, candidatesTokenCount=10, totalTokenCount=150),
        line(promptTokenCount="100", candidatesTokenCount="10", totalTokenCount="150"),
        line(promptTokenCount=100, totalTokenCount=130),  # all that the call was allowed to put out was thought
        line(promptTokenCount=100, candidatesTokenCount=10, thoughtsTokenCount=40, totalTokenCount=150),
        line(promptTokenCount=100, candidatesTokenCount=10, toolUsePromptTokenCount=40, totalTokenCount=150),
    ]
    reading = reading_of_rows(tmp_path, *rows)
    assert tokens(reading) == (100 * 5 + 40, 0, 0, 0, 50 + 50 + 30 + 50 + 10)
    thinking = "output that only the total names (Gemini's thinking)"
    assert counted(reading) == (5, {}, 0, {thinking: 3, "numbers written as text": 1})
    assert reading.lines.worked_out == {thinking: 40 + 40 + 30}


def test_the_live_api_calls_its_answer_a_response(tmp_path: Path) -> None:
    reading = reading_of_rows(tmp_path, line(promptTokenCount=100, responseTokenCount=10, totalTokenCount=110))
    assert (tokens(reading), counted(reading)[3]) == ((100, 0, 0, 0, 10), {})


def test_numbers_as_text_are_added_and_named(tmp_path: Path) -> None:
    written = line(promptTokenCount="10", toolUsePromptTokenCount="5", candidatesTokenCount="2", totalTokenCount="17")
    reading = reading_of_rows(tmp_path, written)
    assert tokens(reading) == (15, 0, 0, 0, 2)
    assert counted(reading)[3] == {"numbers written as text": 1}
    bad = line(promptTokenCount=10, toolUsePromptTokenCount="many", candidatesTokenCount=2)
    assert counted(reading_of_rows(tmp_path, bad))[1] == {"tokens are no number": 1}


def test_chunks_of_a_stream_count_once(tmp_path: Path) -> None:
    chunks = [
        line(promptTokenCount=10, totalTokenCount=10),
        line(promptTokenCount=10, candidatesTokenCount=4, totalTokenCount=14),
        line(promptTokenCount=10, candidatesTokenCount=9, totalTokenCount=19),
    ]
    reading = reading_of_rows(tmp_path, *({**chunk, "responseId": "r1"} for chunk in chunks))
    assert tokens(reading) == (10, 0, 0, 0, 9)
    assert counted(reading)[0::2] == (1, 2)
    assert counted(reading_of_rows(tmp_path, *chunks))[0] == 3  # without ids nothing merges


def test_batches_are_billed_at_the_batch_rate(tmp_path: Path) -> None:
    inner = line(promptTokenCount=10, candidatesTokenCount=9, totalTokenCount=19)
    batch = [
        {"key": "request-1", "response": inner},
        {"status": "", "processed_time": "2026-03-01T07:30:00Z", "request": {}, "response": inner},
    ]
    assert tiers_of(reading_of_rows(tmp_path, *batch)) == {"batch"}
    assert tiers_of(reading_of_rows(tmp_path, {"timestamp": "2026-03-01", "key": "k", "response": inner})) == {
        "standard"
    }
    failed = [*batch, {"key": "request-2", "error": {"code": 3}}]
    assert counted(reading_of_rows(tmp_path, *failed))[:2] == (2, {"no usageMetadata": 1})


def test_the_tier_of_vertex(tmp_path: Path) -> None:
    shared = line(promptTokenCount=10, candidatesTokenCount=9, trafficType="ON_DEMAND")
    own = line(promptTokenCount=10, candidatesTokenCount=9, trafficType="PROVISIONED_THROUGHPUT")
    assert tiers_of(reading_of_rows(tmp_path, shared, own)) == {"standard", "provisioned_throughput"}


def test_tasks(tmp_path: Path) -> None:
    row = response(CALLS[1]) | {"user": "u-1", "endpoint": "generateContent"}
    assert tasks_of(reading_of(jsonl(tmp_path / "a.jsonl", [row]))) == {CALLS[1].task}
    assert tasks_of(reading_of_rows(tmp_path, row, task_from="key")) == {"u-1"}
    assert tasks_of(reading_of_rows(tmp_path, row, task_from="path")) == {"generateContent"}
