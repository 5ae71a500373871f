"""The reader of OpenAI's responses, in both APIs' words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from synthetic_calls import Made, Says, check_same_cube, expected, made_calls, reading_of
from written_logs import counted, in_every_form, jsonl, models_of, reading_of_rows, tasks_of, tiers_of, tokens

from llmcost.errors import InputError

CALLS = made_calls()
SAYS = Says(lifetimes=False, usd=False)  # one count of written tokens, no cost


def chat(made: Made) -> dict[str, Any]:
    return {
        "id": made.id,
        "object": "chat.completion",
        "created": made.epoch,
        "model": made.model,
        "service_tier": "default",
        "metadata": {"task": made.task},
        "usage": {
            "prompt_tokens": made.prompt,
            "completion_tokens": made.output,
            "total_tokens": made.prompt + made.output,
            "prompt_tokens_details": {"cached_tokens": made.cache_read, "cache_write_tokens": made.written},
            "completion_tokens_details": {"reasoning_tokens": made.reasoning},
        },
    }


def responses(made: Made) -> dict[str, Any]:
    return {
        "id": made.id,
        "object": "response",
        "created_at": made.epoch,
        "model": made.model,
        "metadata": {"task": made.task},
        "usage": {
            "input_tokens": made.prompt,
            "input_tokens_details": {"cached_tokens": made.cache_read, "cache_write_tokens": made.written},
            "output_tokens": made.output,
            "output_tokens_details": {"reasoning_tokens": made.reasoning},
            "total_tokens": made.prompt + made.output,
        },
    }


def beside_a_request(made: Made) -> dict[str, Any]:
    return {"timestamp": made.iso, "request": {"messages": []}, "response": chat(made)}


def usage_alone(made: Made) -> dict[str, Any]:
    return {"timestamp": made.iso, "model": made.model, "task": made.task, **chat(made)["usage"]}


def reasoning_apart(made: Made) -> dict[str, Any]:
    row = chat(made)
    row["usage"]["completion_tokens"] = made.output - made.reasoning
    return row


@pytest.mark.parametrize("row", [chat, responses, beside_a_request, usage_alone, reasoning_apart])
def test_the_thousand_calls(tmp_path: Path, row: Any) -> None:
    for log in in_every_form(tmp_path, [row(made) for made in CALLS]):
        check_same_cube(reading_of(log), expected(CALLS, SAYS), "openai")


def test_where_the_reasoning_is_counted_is_proven(tmp_path: Path) -> None:
    reading = reading_of(jsonl(tmp_path / "log.jsonl", [reasoning_apart(made) for made in CALLS]))
    assert "reasoning is counted beside output (proven by" in str(reading.files[0].convention)
    assert "input includes cached tokens (proven by" in str(reading.files[0].convention)


def test_numbers_as_text_are_counted_and_named(tmp_path: Path) -> None:
    rows = [chat(made) for made in CALLS]
    for row in rows:
        row["usage"]["prompt_tokens"] = str(row["usage"]["prompt_tokens"])
    reading = reading_of(jsonl(tmp_path / "log.jsonl", rows))
    check_same_cube(reading, expected(CALLS, SAYS), "openai")
    assert reading.lines.repaired == {"numbers written as text": 1000}


def test_one_line_of_each_api(tmp_path: Path) -> None:
    line = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1767225600,
        "model": "gpt-5-mini",
        "usage": {
            "prompt_tokens": 2006,
            "completion_tokens": 300,
            "total_tokens": 2306,
            "prompt_tokens_details": {"cached_tokens": 1920},
        },
    }
    assert tokens(reading_of_rows(tmp_path, line)) == (2006 - 1920, 1920, 0, 0, 300)
    line = {
        "id": "resp_1",
        "object": "response",
        "model": "gpt-5",
        "service_tier": "flex",
        "usage": {
            "input_tokens": 36,
            "input_tokens_details": {"cached_tokens": 6, "cache_write_tokens": 10},
            "output_tokens": 87,
            "output_tokens_details": {"reasoning_tokens": 80},
            "total_tokens": 123,
        },
    }
    reading = reading_of_rows(tmp_path, line)
    assert tokens(reading) == (36 - 6 - 10, 6, 10, 0, 87)
    assert tiers_of(reading) == {"flex"}


def test_a_stream_counts_once_by_its_last_chunk(tmp_path: Path) -> None:
    chunk = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1767225600, "model": "gpt-5"}
    reading = reading_of_rows(
        tmp_path,
        {**chunk, "usage": None},
        {**chunk, "usage": {"prompt_tokens": 10, "completion_tokens": 1, "total_tokens": 11}},
        {**chunk, "usage": {"prompt_tokens": 10, "completion_tokens": 7, "total_tokens": 17}},
    )
    assert tokens(reading) == (10, 0, 0, 0, 7)
    assert counted(reading) == (1, {"no usage: a chunk of a stream, or a failed call": 1}, 1, {})


def test_responses_events_of_a_stream(tmp_path: Path) -> None:
    done = {"type": "response.completed", "response": responses(CALLS[1])}
    delta = {"type": "response.output_text.delta", "delta": "x"}
    reading = reading_of_rows(tmp_path, delta, delta, done)
    assert counted(reading)[0] == 1
    assert sum(tokens(reading)) == CALLS[1].prompt + CALLS[1].output


def test_lines_without_an_id_never_merge(tmp_path: Path) -> None:
    line = {k: v for k, v in chat(CALLS[1]).items() if k != "id"}
    assert counted(reading_of_rows(tmp_path, line, {**line, "id": None}, {**line, "id": ""}))[0] == 3


def test_an_embedding_has_no_output(tmp_path: Path) -> None:
    line = {"object": "list", "model": "text-embedding-3-small", "usage": {"prompt_tokens": 8, "total_tokens": 8}}
    reading = reading_of_rows(tmp_path, line)
    assert tokens(reading) == (8, 0, 0, 0, 0)
    assert counted(reading) == (1, {}, 0, {})


def test_thinking_that_geminis_openai_endpoint_names_only_in_the_total(tmp_path: Path) -> None:
    usage = {"prompt_tokens": 758, "completion_tokens": 102, "total_tokens": 1725}
    reading = reading_of_rows(tmp_path, {"object": "chat.completion", "model": "gemini-2.5-pro", "usage": usage})
    assert tokens(reading) == (758, 0, 0, 0, 1725 - 758)  # 102 shown and 865 thought
    thinking = "output that only the total names (Gemini's thinking)"
    assert counted(reading)[3] == {thinking: 1}
    assert reading.lines.worked_out == {thinking: 1725 - 758 - 102}
    text = {"model": "gemini-2.5-pro", "usage": {name: str(count) for name, count in usage.items()}}
    assert tokens(reading_of_rows(tmp_path, text)) == tokens(reading)
    batch = {"custom_id": "a-1", "response": {"body": {"model": "gemini-2.5-pro", "usage": usage}}}
    assert tokens(reading_of_rows(tmp_path, batch)) == tokens(reading)
    cached = usage | {"prompt_tokens_details": {"cached_tokens": 865}}  # beside the prompt: nothing is left to explain
    apart = reading_of_rows(tmp_path, {"object": "chat.completion", "model": "gemini-2.5-pro", "usage": cached})
    assert tokens(apart) == (758, 865, 0, 0, 102)
    other = reading_of_rows(tmp_path, {"object": "chat.completion", "model": "gpt-5", "usage": usage})
    assert tokens(other) == (758, 0, 0, 0, 102)
    assert counted(other)[3] == {"total is no sum of the parts": 1}


def test_deepseek_names_its_cached_tokens_otherwise(tmp_path: Path) -> None:
    usage = {
        "prompt_tokens": 100,
        "prompt_cache_hit_tokens": 64,
        "prompt_cache_miss_tokens": 36,
        "completion_tokens": 5,
        "total_tokens": 105,
    }
    assert tokens(reading_of_rows(tmp_path, {"model": "deepseek-chat", "usage": usage})) == (36, 64, 0, 0, 5)


@pytest.mark.parametrize(
    "cached",
    [
        {"input_token_details": {"cached_tokens": 64}},  # the Realtime API
        {"cached_tokens": 64},  # Moonshot
        {"cache_read_input_tokens": 64},  # a gateway before Anthropic
    ],
)
def test_compatible_servers_name_their_cached_tokens_otherwise(tmp_path: Path, cached: dict[str, Any]) -> None:
    usage = {"prompt_tokens": 100, "completion_tokens": 5, "total_tokens": 105, **cached}
    assert tokens(reading_of_rows(tmp_path, {"model": "m", "usage": usage})) == (36, 64, 0, 0, 5)


@pytest.mark.parametrize(
    "written", [{"cache_creation_input_tokens": 30}, {"prompt_tokens_details": {"cache_creation_tokens": 30}}]
)
def test_a_gateway_before_anthropic_names_what_was_written(tmp_path: Path, written: dict[str, Any]) -> None:
    usage = {"prompt_tokens": 100, "completion_tokens": 5, "total_tokens": 105, **written}
    assert tokens(reading_of_rows(tmp_path, {"model": "m", "usage": usage})) == (70, 0, 30, 0, 5)


def test_recorded_cost_and_the_model_of_a_compatible_gateway(tmp_path: Path) -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 1, "total_tokens": 11, "cost": 0}
    reading = reading_of_rows(tmp_path, {"object": "chat.completion", "model": "x/y", "usage": usage})
    assert (reading.cube.total.recorded_calls, reading.cube.total.recorded_pico_usd) == (1, 0)
    assert models_of(reading) == {"x/y"}


def test_a_log_that_counts_both_ways_is_refused(tmp_path: Path) -> None:
    def line(total: int) -> dict[str, Any]:
        details = {"cached_tokens": 100}
        usage = {"prompt_tokens": 150, "completion_tokens": 10, "total_tokens": total, "prompt_tokens_details": details}
        return {"object": "chat.completion", "model": "gpt-5", "usage": usage}

    with pytest.raises(InputError, match="contradicts itself"):
        reading_of_rows(tmp_path, line(160), line(260))


def test_tasks(tmp_path: Path) -> None:
    line = {**chat(CALLS[0]), "user": "u-7", "endpoint": "/v1/chat"}
    assert tasks_of(reading_of_rows(tmp_path, line)) == {CALLS[0].task}
    assert tasks_of(reading_of_rows(tmp_path, line, task_from="key")) == {"u-7"}
    assert tasks_of(reading_of_rows(tmp_path, line, task_from="path")) == {"/v1/chat"}
    assert tasks_of(reading_of_rows(tmp_path, line, task_from="metadata.task")) == {CALLS[0].task}
