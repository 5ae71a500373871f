"""The reader of Langfuse's observations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from synthetic_calls import Made, check_same_cube, expected, made_calls, reading_of
from written_logs import (
    counted,
    in_every_form,
    json_document,
    jsonl,
    models_of,
    reading_of_rows,
    table,
    tasks_of,
    tokens,
)

from llmcost.errors import InputError

CALLS = made_calls()


def observation(made: Made) -> dict[str, Any]:
    return {
        "id": made.id,
        "traceId": f"t-{made.number}",
        "type": "EMBEDDING" if made.number % 10 == 9 else "GENERATION",
        "name": "call",
        "startTime": made.at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "updatedAt": made.iso,
        "model": made.model,
        "usageDetails": {
            "input": made.uncached,
            "input_cached_tokens": made.cache_read,
            "input_cache_creation_5m": made.write_5m,
            "input_cache_creation_1h": made.write_1h,
            "output": made.output - made.reasoning,
            "output_reasoning_tokens": made.reasoning,
            "total": made.prompt + made.output,
        },
        "costDetails": {"input": made.usd, "total": made.usd},
        "totalCost": made.usd,
        "tags": ["prod"] if made.task == "prod" else [f"task:{made.task}", "prod"],
        "traceName": "trace",
        "userId": "u-1",
    }


def blob_storage(made: Made) -> dict[str, Any]:
    row = observation(made)
    return {
        "id": row["id"],
        "trace_id": row["traceId"],
        "type": row["type"],
        "start_time": made.at.strftime("%Y-%m-%d %H:%M:%S.000000"),
        "provided_model_name": made.model,
        "usage_details": row["usageDetails"],
        "cost_details": row["costDetails"],
        "tags": row["tags"],
    }


def anthropics_words(made: Made) -> dict[str, Any]:
    row = observation(made)
    row["usageDetails"] = {
        "input": made.uncached,
        "cache_read_input_tokens": made.cache_read,
        "cache_creation_input_tokens": made.written,
        "input_cache_creation_5m": made.write_5m,
        "input_cache_creation_1h": made.write_1h,
        "output": made.output,
    }
    return row


def inclusive(made: Made) -> dict[str, Any]:
    """As SDKs send it that take nothing out."""
    row = observation(made)
    row["usageDetails"] |= {"input": made.prompt, "output": made.output}
    return row


@pytest.mark.parametrize("row", [observation, blob_storage, anthropics_words, inclusive])
def test_the_thousand_calls(tmp_path: Path, row: Any) -> None:
    for log in in_every_form(tmp_path, [row(made) for made in CALLS]):
        reading = reading_of(log)
        check_same_cube(reading, expected(CALLS), "langfuse")
        assert counted(reading) == (1000, {}, 0, {})


@pytest.mark.parametrize("row", [observation, blob_storage])
def test_the_thousand_calls_in_a_table_and_a_page(tmp_path: Path, row: Any) -> None:
    rows = [row(made) for made in CALLS]
    for log in (table(tmp_path / "log.csv", rows), json_document(tmp_path / "page.json", {"data": rows, "meta": {}})):
        check_same_cube(reading_of(log), expected(CALLS), "langfuse")


def test_one_line(tmp_path: Path) -> None:
    written = json.loads(
        '{"id":"o1","traceId":"t1","type":"GENERATION","startTime":"2026-01-01T00:00:00.000Z","model":"gpt-5",'
        '"usageDetails":{"input":86,"input_cached_tokens":17817,"output":120,"output_reasoning_tokens":80,'
        '"total":18103},"totalCost":0.0043,"tags":["summarize"]}'
    )
    reading = reading_of_rows(tmp_path, written)
    assert 86 + 17817 + 120 + 80 == 18103  # its parts are disjoint
    assert tokens(reading) == (86, 17817, 0, 0, 120 + 80)
    assert reading.cube.total.recorded_pico_usd == 43 * 10**8
    assert tasks_of(reading) == {"summarize"}


def test_open_keys_add_up(tmp_path: Path) -> None:
    usage = {
        "input": 10,
        "input_audio_tokens": 20,
        "input_image": 30,
        "output": 4,
        "output_audio_tokens": 6,
        "total": 70,
    }
    row = observation(CALLS[1]) | {"usageDetails": usage}
    reading = reading_of_rows(tmp_path, row)
    assert tokens(reading) == (10 + 20 + 30, 0, 0, 0, 4 + 6)
    assert counted(reading)[3] == {}


def test_a_key_without_a_lifetime_stands_beside_the_split_unless_it_is_its_sum(tmp_path: Path) -> None:
    usage = {"input": 1, "input_cache_creation": 100, "input_cache_creation_1h": 40, "output": 2}
    assert tokens(reading_of_rows(tmp_path, observation(CALLS[1]) | {"usageDetails": usage})) == (1, 0, 100, 40, 2)
    usage = {**usage, "input_cache_creation_5m": 60}  # 60 + 40 are the 100
    assert tokens(reading_of_rows(tmp_path, observation(CALLS[1]) | {"usageDetails": usage})) == (1, 0, 60, 40, 2)


def test_agents_chains_and_tools_may_repeat_usage(tmp_path: Path) -> None:
    rows = [
        observation(CALLS[n]) | {"type": kind} for n, kind in enumerate(("SPAN", "AGENT", "CHAIN", "TOOL", "EVENT"))
    ]
    reading = reading_of_rows(tmp_path, *rows, observation(CALLS[5]))
    assert counted(reading)[:2] == (1, {"a span, agent, chain or tool, no model call": 5})


def test_the_latest_update_counts_not_the_largest(tmp_path: Path) -> None:
    early = observation(CALLS[1]) | {
        "updatedAt": "2026-03-01T10:00:00.000Z",
        "usageDetails": {"input": 900, "output": 1},
    }
    late = observation(CALLS[1]) | {"updatedAt": "2026-03-01T10:00:00.001Z", "usageDetails": {"input": 5, "output": 1}}
    for rows in ([early, late], [late, early]):
        reading = reading_of_rows(tmp_path, *rows)
        assert tokens(reading) == (5, 0, 0, 0, 1)
        assert counted(reading)[0::2] == (1, 1)
    unnamed = observation(CALLS[1]) | {"id": None}
    assert counted(reading_of_rows(tmp_path, unnamed, unnamed))[0] == 2


def test_exports_without_a_map_carry_sums(tmp_path: Path) -> None:
    row = observation(CALLS[1])
    del row["usageDetails"], row["totalCost"]
    sums = {"inputUsage": 100, "outputUsage": 20, "totalUsage": 120}
    reading = reading_of_rows(tmp_path, row | sums)
    assert tokens(reading) == (100, 0, 0, 0, 20)
    assert reading.cube.total.recorded_pico_usd == round(CALLS[1].usd * 10**12)  # from costDetails
    old = {"usage": {"input": 100, "output": 20, "total": 120, "unit": "TOKENS"}}
    assert tokens(reading_of_rows(tmp_path, row | old)) == (100, 0, 0, 0, 20)
    letters = {"usage": {"input": 100, "output": 20, "unit": "CHARACTERS"}}
    assert counted(reading_of_rows(tmp_path, row | letters))[1] == {"usage is not in tokens": 1}
    assert counted(reading_of_rows(tmp_path, row | {"usageDetails": {}}))[1] == {"no token usage": 1}


def told(tmp_path: Path, **usage: Any) -> Any:
    """One generation as an export has it: sums of 0 where the keys of its map begin with neither word."""
    sums = {"inputUsage": 0, "outputUsage": 0, "totalUsage": usage.get("total", 0)}
    return reading_of_rows(tmp_path, observation(CALLS[1]) | {"usageDetails": usage} | sums)


@pytest.mark.parametrize("usage", [{"total": 220}, {"total": "220"}, {"tokens": 220}, {"characters": 90}])
def test_a_map_that_names_no_part_is_rejected_aloud(tmp_path: Path, usage: dict[str, Any]) -> None:
    for reading in (
        told(tmp_path, **usage),
        reading_of_rows(tmp_path, observation(CALLS[1]) | {"usageDetails": usage}),
    ):
        assert counted(reading)[:2] == (0, {"no token counts": 1})
        assert not reading.lines.ordinary


@pytest.mark.parametrize("usage", [{}, {"total": 0}])
def test_sums_of_nothing_are_no_call(tmp_path: Path, usage: dict[str, Any]) -> None:
    reading = told(tmp_path, **usage)
    assert counted(reading)[:2] == (0, {"no token usage": 1})
    assert reading.lines.ordinary == {"no token usage"}


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": 100, "completion_tokens": 120, "total": 220},
        {"input_tokens": 100, "output_tokens": 120, "total_tokens": 220},
        {"promptTokens": 100, "completionTokens": 120, "totalTokens": 220},
        {"promptTokenCount": 100, "candidatesTokenCount": 120, "totalTokenCount": 220},
        {"input": 100, "output": 120, "input_tokens": 100, "output_tokens": 120, "total": 220},
        {"prompt_tokens": 100, "completion_tokens": 40, "reasoning_tokens": 80, "total": 220},
        {"prompt_tokens": 90, "prompt_audio_tokens": 10, "completion_tokens": 120, "total_tokens": 220},
    ],
)
def test_the_names_that_providers_use(tmp_path: Path, usage: dict[str, Any]) -> None:
    reading = told(tmp_path, **usage)
    assert tokens(reading) == (100, 0, 0, 0, 120)
    assert counted(reading) == (1, {}, 0, {})


@pytest.mark.parametrize(
    "cached",
    [
        {"prompt_tokens_details": {"cached_tokens": 64, "audio_tokens": 3}},
        {"prompt_cache_hit_tokens": 64, "prompt_cache_miss_tokens": 36},
        {"cachedContentTokenCount": 64},
    ],
)
def test_cached_tokens_by_the_names_that_providers_use(tmp_path: Path, cached: dict[str, Any]) -> None:
    reading = told(tmp_path, prompt_tokens=100, completion_tokens=5, total=105, **cached)
    assert tokens(reading) == (100 - 64, 64, 0, 0, 5)  # 100 + 5 are the 105: the 64 are within the 100
    assert counted(reading) == (1, {}, 0, {})


def test_a_part_that_the_map_lacks_is_told_by_the_total(tmp_path: Path) -> None:
    from_total = {"a missing count worked out from the total": 1}
    reading = told(tmp_path, input=100, total=150)
    assert (tokens(reading), counted(reading)[3]) == ((100, 0, 0, 0, 150 - 100), from_total)
    reading = told(tmp_path, output=50, total=150)
    assert (tokens(reading), counted(reading)[3]) == ((150 - 50, 0, 0, 0, 50), from_total)
    assert counted(told(tmp_path, output=50))[1] == {"no input tokens": 1}
    for embedding in (told(tmp_path, input=8, total=8), told(tmp_path, input=8)):
        assert (tokens(embedding), counted(embedding)[3]) == ((8, 0, 0, 0, 0), {})


def test_the_type_in_small_letters(tmp_path: Path) -> None:
    assert counted(reading_of_rows(tmp_path, observation(CALLS[1]) | {"type": "generation"}))[0] == 1


def test_totals_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="contradicts itself"):
        reading_of(jsonl(tmp_path / "log.jsonl", [observation(CALLS[1]), inclusive(CALLS[2])]))


def test_tasks(tmp_path: Path) -> None:
    row = observation(CALLS[1])
    assert tasks_of(reading_of_rows(tmp_path, row)) == {CALLS[1].task}
    assert tasks_of(reading_of_rows(tmp_path, row, task_from="key")) == {"u-1"}
    assert tasks_of(reading_of_rows(tmp_path, row, task_from="path")) == {"trace"}
    assert models_of(reading_of_rows(tmp_path, row)) == {CALLS[1].model}


def test_an_export_of_chosen_columns_is_told_by_its_usage_map(tmp_path: Path) -> None:
    row = {key: value for key, value in observation(CALLS[1]).items() if key not in ("traceId", "totalCost")}
    assert reading_of_rows(tmp_path, row).files[0].format == "langfuse"
