"""The reader of Anthropic's aggregated usage and cost."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from synthetic_calls import Made, made_calls, reading_of
from written_logs import counted, json_document, jsonl, models_of, reading_of_rows, table, tasks_of, tiers_of, tokens

from llmcost.usage.cube import Cube
from llmcost.usage.reading import LogResult
from llmcost.usage.record import Call

CALLS = made_calls()
LONG = 200_000


def groups() -> dict[tuple[str, str, str, bool], list[Made]]:
    """The thousand calls by hour, workspace, model and whether the prompt is long."""
    found: dict[tuple[str, str, str, bool], list[Made]] = defaultdict(list)
    for made in CALLS:
        found[made.at.strftime("%Y-%m-%dT%H:00:00Z"), made.task, made.model, made.prompt > LONG].append(made)
    return found


def sums(calls: list[Made]) -> dict[str, int]:
    return {
        name: sum(getattr(made, name) for made in calls)
        for name in ("uncached", "cache_read", "write_5m", "write_1h", "output")
    }


def result(workspace: str, model: str, long: bool, calls: list[Made]) -> dict[str, Any]:
    of = sums(calls)
    return {
        "uncached_input_tokens": of["uncached"],
        "cache_read_input_tokens": of["cache_read"],
        "cache_creation": {"ephemeral_5m_input_tokens": of["write_5m"], "ephemeral_1h_input_tokens": of["write_1h"]},
        "output_tokens": of["output"],
        "server_tool_use": {"web_search_requests": 0},
        "api_key_id": "key-1",
        "workspace_id": workspace,
        "model": model,
        "service_tier": "standard",
        "context_window": "200k-1M" if long else "0-200k",
    }


def buckets() -> list[dict[str, Any]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for (hour, workspace, model, long), calls in groups().items():
        found[hour].append(result(workspace, model, long, calls))
    return [{"starting_at": hour, "ending_at": hour, "results": results} for hour, results in found.items()]


def console() -> list[dict[str, Any]]:
    """As the Console's export names its columns."""
    rows = []
    for (hour, workspace, model, long), calls in groups().items():
        of = sums(calls)
        rows.append(
            {
                "usage_date_utc": hour,
                "model_version": model,
                "api_key": "key-1",
                "workspace": workspace,
                "usage_type": "standard",
                "context_window": "> 200k" if long else "≤ 200k",
                "usage_input_tokens_no_cache": of["uncached"],
                "usage_input_tokens_cache_write_5m": of["write_5m"],
                "usage_input_tokens_cache_write_1h": of["write_1h"],
                "usage_input_tokens_cache_read": of["cache_read"],
                "usage_output_tokens": of["output"],
                "web_search_count": 0,
                "inference_geo": "global",
                "speed": "",
            }
        )
    return rows


def expected_cube() -> Cube:
    cube = Cube((128_000, 200_000, 272_000))
    for (_, workspace, model, long), calls in groups().items():
        of = sums(calls)
        hour = calls[0].epoch // 3600 * 3600
        cube.add(
            Call(
                model=model,
                task=workspace,
                at_us=hour * 10**6,
                tier="standard",
                uncached_input=of["uncached"],
                cache_read=of["cache_read"],
                cache_write_5m=of["write_5m"],
                cache_write_1h=of["write_1h"],
                output=of["output"],
                calls=None,
                above_tokens=LONG if long else 0,
            )
        )
    return cube


def check(reading: LogResult) -> None:
    cube = expected_cube()
    assert [(file.format, file.grain) for file in reading.files] == [("anthropic-usage", "bucket")]
    assert reading.cube.hours == cube.hours
    assert {key.above_tokens for key in reading.cube.by_hour()} == {0, LONG}
    assert sum(reading.cube.uncounted.values()) == len(groups())
    assert not reading.cube.outputs


def test_the_thousand_calls(tmp_path: Path) -> None:
    check(reading_of(json_document(tmp_path / "page.json", {"data": buckets(), "has_more": False})))
    check(reading_of(jsonl(tmp_path / "pages.jsonl", [{"data": [each]} for each in buckets()])))
    check(reading_of(jsonl(tmp_path / "buckets.jsonl", buckets())))
    check(reading_of(table(tmp_path / "console.csv", console())))


def test_one_bucket(tmp_path: Path) -> None:
    written = json.loads(
        '{"starting_at":"2026-01-01T00:00:00Z","ending_at":"2026-01-01T01:00:00Z","results":[{"model":"claude-sonnet-4-5",'
        '"uncached_input_tokens":1500,"cache_read_input_tokens":20000,"cache_creation":{"ephemeral_5m_input_tokens":800,'
        '"ephemeral_1h_input_tokens":0},"output_tokens":500}]}'
    )
    reading = reading_of_rows(tmp_path, written)
    assert tokens(reading) == (1500, 20000, 800, 0, 500)
    assert reading.cube.covered == [(1767225600 * 10**6, 1767229200 * 10**6)]
    assert models_of(reading) == {"claude-sonnet-4-5"}


def test_empty_buckets_are_named(tmp_path: Path) -> None:
    empty = {"starting_at": "2026-01-01T00:00:00Z", "ending_at": "2026-01-01T01:00:00Z", "results": []}
    assert counted(reading_of_rows(tmp_path, empty, *buckets()))[1] == {"empty bucket": 1}


def cost(amount: Any, **changed: Any) -> dict[str, Any]:
    row = {
        "currency": "USD",
        "amount": amount,
        "cost_type": "tokens",
        "model": "claude-sonnet-4-5",
        "workspace_id": "w",
    }
    return {"starting_at": "2026-01-01T00:00:00Z", "ending_at": "2026-01-02T00:00:00Z", "results": [row | changed]}


def test_amounts_are_in_cents(tmp_path: Path) -> None:
    """123.45 cents are 1.2345 dollars, 0.1 and 0.2 cents 0.003."""
    reading = reading_of_rows(tmp_path, cost("123.45"), cost("0.1"), cost("0.2"))
    assert reading.cube.total.recorded_pico_usd == 1_234_500_000_000 + 1_000_000_000 + 2_000_000_000
    assert tokens(reading) == (0, 0, 0, 0, 0)
    assert tasks_of(reading) == {"w"}


def test_other_costs_are_left_out_and_named(tmp_path: Path) -> None:
    rows = [cost("5", cost_type="web_search"), cost("5", currency="EUR"), cost("five"), cost("NaN"), cost("5")]
    accepted, rejected, _, repaired = counted(reading_of_rows(tmp_path, *rows))
    assert rejected == {
        "a cost of other things than tokens": 1,
        "cost in another currency than USD": 1,
        "the amount is no number": 2,
    }
    assert (accepted, repaired) == (1, {})


@pytest.mark.parametrize(
    ("window", "above"), [("0-200k", 0), ("200k-1M", LONG), (None, 0), ("≤ 200k", 0), ("> 200k", LONG)]
)
def test_the_context_window_is_the_band(tmp_path: Path, window: Any, above: int) -> None:
    row = {"starting_at": "2026-01-01T00:00:00Z", **result("w", "m", False, CALLS[:5]), "context_window": window}
    assert {key.above_tokens for key in reading_of_rows(tmp_path, row).cube.by_hour()} == {above}


def test_tiers_and_tasks(tmp_path: Path) -> None:
    row = {"starting_at": "2026-01-01T00:00:00Z", **result("w", "m", False, CALLS[:5])}
    assert tiers_of(reading_of_rows(tmp_path, row, row | {"service_tier": "batch"})) == {"standard", "batch"}
    assert tasks_of(reading_of_rows(tmp_path, row)) == {"w"}
    assert tasks_of(reading_of_rows(tmp_path, row, task_from="key")) == {"key-1"}
