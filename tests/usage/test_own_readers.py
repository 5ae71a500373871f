"""The generic and the LiteLLM reader give the cube of the calls that were written in their formats."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from synthetic_calls import Made, Says, check_same_cube, expected, made_calls, reading_of

CALLS = made_calls()


def litellm_row(made: Made) -> dict[str, Any]:
    """A row of `LiteLLM_SpendLogs`: prompt tokens hold the cached ones."""
    return {
        "request_id": made.id,
        "startTime": made.iso,
        "endTime": made.iso,
        "model": made.model,
        "prompt_tokens": made.prompt,
        "completion_tokens": made.output,
        "total_tokens": made.prompt + made.output,
        "spend": made.usd,
        "cache_hit": "False",
        "status": "success",
        "request_tags": ["User-Agent: python", f"task:{made.task}"],
        "metadata": {
            "usage_object": {
                "cache_read_input_tokens": made.cache_read,
                "cache_creation_input_tokens": made.written,
                "cache_creation": {
                    "ephemeral_5m_input_tokens": made.write_5m,
                    "ephemeral_1h_input_tokens": made.write_1h,
                },
                "completion_tokens_details": {"reasoning_tokens": made.reasoning},
            }
        },
    }


def generic_row(made: Made) -> dict[str, Any]:
    return {
        "timestamp": made.iso,
        "model": made.model,
        "task": made.task,
        "input_tokens": made.prompt,
        "output_tokens": made.output,
        "cached_tokens": made.cache_read,
        "cache_write_5m_tokens": made.write_5m,
        "cache_write_1h_tokens": made.write_1h,
        "reasoning_tokens": made.reasoning,
        "total_tokens": made.prompt + made.output,
        "cost_usd": made.usd,
    }


def exclusive_row(made: Made) -> dict[str, Any]:
    return generic_row(made) | {"input_tokens": made.uncached}


def written_jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_litellm(tmp_path: Path) -> None:
    log = written_jsonl(tmp_path / "spend.jsonl", [litellm_row(made) for made in CALLS])
    reading = reading_of(log)
    check_same_cube(reading, expected(CALLS), "litellm")
    assert reading.lines.accepted == reading.lines.total == 1000
    assert "input includes cached tokens (proven by" in str(reading.files[0].convention)


def test_litellm_database_export_with_json_as_text(tmp_path: Path) -> None:
    rows = [litellm_row(made) for made in CALLS]
    for row in rows:
        row["metadata"] = json.dumps(row["metadata"])
        row["request_tags"] = json.dumps(row["request_tags"])
    check_same_cube(reading_of(written_jsonl(tmp_path / "spend.jsonl", rows)), expected(CALLS), "litellm")


def test_litellm_of_the_responses_api(tmp_path: Path) -> None:
    """Its usage has the names of that API: 64 of 100 were read from the cache, and all 9 put out were thought."""
    usage = {"input_tokens_details": {"cached_tokens": 64}, "output_tokens_details": {"reasoning_tokens": 9}}
    row = litellm_row(CALLS[1]) | {"prompt_tokens": 100, "completion_tokens": 9, "total_tokens": 109}
    reading = reading_of(written_jsonl(tmp_path / "spend.jsonl", [row | {"metadata": {"usage_object": usage}}]))
    sums = reading.cube.total
    assert (sums.uncached_input, sums.cache_read, sums.output) == (100 - 64, 64, 9)


def test_a_total_beside_parts_of_0_is_no_call_of_0_tokens(tmp_path: Path) -> None:
    empty = litellm_row(CALLS[1]) | {"prompt_tokens": 0, "completion_tokens": 0, "metadata": {}}
    rows = [empty | {"total_tokens": total, "request_id": str(total)} for total in (220, 0)]
    reading = reading_of(written_jsonl(tmp_path / "spend.jsonl", rows))
    assert (reading.lines.accepted, dict(reading.lines.rejected)) == (1, {"no token counts": 1})


@pytest.mark.parametrize("row", [generic_row, exclusive_row])
def test_generic_jsonl(tmp_path: Path, row: Any) -> None:
    """Whether the input holds the cached tokens is proven from the total, either way."""
    log = written_jsonl(tmp_path / "log.jsonl", [row(made) for made in CALLS])
    check_same_cube(reading_of(log), expected(CALLS), "generic")


def test_generic_csv(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    rows = [generic_row(made) for made in CALLS]
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows)
    check_same_cube(reading_of(path), expected(CALLS), "generic")


def test_generic_without_a_cache(tmp_path: Path) -> None:
    kept = ("timestamp", "input_tokens", "output_tokens")
    rows = [{key: generic_row(made)[key] for key in kept} for made in CALLS]
    says = Says(cache_read=False, cache_write=False, usd=False, task=False, model=False)
    check_same_cube(reading_of(written_jsonl(tmp_path / "log.jsonl", rows)), expected(CALLS, says), "generic")
