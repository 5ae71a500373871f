"""The reader of OpenAI's aggregated usage."""

from __future__ import annotations

import csv
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
HOUR = 3600


def groups() -> dict[tuple[int, str, str], list[Made]]:
    """The thousand calls by hour, project and model."""
    found: dict[tuple[int, str, str], list[Made]] = defaultdict(list)
    for made in CALLS:
        found[made.epoch // HOUR * HOUR, made.task, made.model].append(made)
    return found


def result(project: str, model: str, calls: list[Made]) -> dict[str, Any]:
    prompt, read, written = (sum(getattr(m, name) for m in calls) for name in ("prompt", "cache_read", "written"))
    return {
        "object": "organization.usage.completions.result",
        "input_tokens": prompt,
        "output_tokens": sum(made.output for made in calls),
        "input_cached_tokens": read,
        "input_cache_write_tokens": written,
        "input_uncached_tokens": prompt - read - written,
        "num_model_requests": len(calls),
        "project_id": project,
        "user_id": None,
        "api_key_id": "key-1",
        "model": model,
        "batch": False,
        "service_tier": "default",
    }


def buckets() -> list[dict[str, Any]]:
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for (hour, project, model), calls in groups().items():
        found[hour].append(result(project, model, calls))
    return [
        {"object": "bucket", "start_time": hour, "end_time": hour + HOUR, "results": results}
        for hour, results in found.items()
    ]


def rows() -> list[dict[str, Any]]:
    return [
        {"start_time": hour, "end_time": hour + HOUR, **result(project, model, calls)}
        for (hour, project, model), calls in groups().items()
    ]


def expected_cube() -> Cube:
    cube = Cube((128_000, 200_000, 272_000))
    for (hour, project, model), calls in groups().items():
        read, written = sum(made.cache_read for made in calls), sum(made.written for made in calls)
        cube.add(
            Call(
                model=model,
                task=project,
                at_us=hour * 10**6,
                tier="standard",
                uncached_input=sum(made.uncached for made in calls),
                cache_read=read,
                cache_write_5m=written,
                cache_write_1h=0,
                output=sum(made.output for made in calls),
                calls=len(calls),
                above_tokens=0,
            )
        )
    return cube


def check(reading: LogResult) -> None:
    cube = expected_cube()
    assert [(file.format, file.grain) for file in reading.files] == [("openai-usage", "bucket")]
    assert reading.cube.hours == cube.hours
    assert reading.cube.total.calls == 1000
    assert {key.prompt_size for key in reading.cube.by_size()} == {-1}  # no distribution of sizes
    assert not reading.cube.outputs


def test_the_thousand_calls(tmp_path: Path) -> None:
    page = {"object": "page", "data": buckets(), "has_more": False, "next_page": None}
    check(reading_of(json_document(tmp_path / "page.json", page)))
    check(reading_of(jsonl(tmp_path / "pages.jsonl", [page | {"data": [each]} for each in buckets()])))
    check(reading_of(jsonl(tmp_path / "buckets.jsonl", buckets())))
    check(reading_of(json_document(tmp_path / "rows.json", rows())))
    check(reading_of(table(tmp_path / "rows.csv", rows())))
    check(reading_of(table(tmp_path / "rows.tsv", rows(), delimiter="\t")))


def test_the_parts_are_held_against_the_sum(tmp_path: Path) -> None:
    reading = reading_of(jsonl(tmp_path / "log.jsonl", rows()))
    assert "input includes cached tokens (proven by" in str(reading.files[0].convention)


def test_an_export_without_the_sum_has_its_parts(tmp_path: Path) -> None:
    parts = [{key: value for key, value in row.items() if key != "input_tokens"} for row in rows()]
    check(reading_of(jsonl(tmp_path / "log.jsonl", parts)))


def test_one_row_of_the_dashboard(tmp_path: Path) -> None:
    log = tmp_path / "export.csv"
    header = (
        "start_time,end_time,start_time_iso,end_time_iso,project_id,num_model_requests,user_id,api_key_id,model,batch,"
        "service_tier,input_tokens,output_tokens,input_cached_tokens,input_uncached_tokens"
    )
    start = "1767225600,1767312000,2026-01-01T00:00:00+00:00,2026-01-02T00:00:00+00:00"
    next_day = "1767312000,1767398400,2026-01-02T00:00:00+00:00,2026-01-03T00:00:00+00:00"
    lines = [header, f"{start},proj_1,12,,,gpt-5-mini,True,,9000,700,6000,3000", f"{next_day},,,,,,,,,,,"]
    log.write_text("\n".join(lines) + "\n", encoding="utf-8")
    reading = reading_of(log)
    assert tokens(reading) == (9000 - 6000, 6000, 0, 0, 700)
    assert reading.cube.total.calls == 12
    assert tiers_of(reading) == {"batch"}
    assert models_of(reading) == {"gpt-5-mini"}
    assert counted(reading)[:2] == (1, {"empty bucket": 1})


def test_empty_buckets_are_named(tmp_path: Path) -> None:
    empty = {"object": "bucket", "start_time": 1767225600, "end_time": 1767229200, "results": []}
    zero = {**empty, "results": [{"input_tokens": 0, "output_tokens": 0, "num_model_requests": 0, "model": None}]}
    reading = reading_of_rows(tmp_path, empty, zero, *buckets())
    assert counted(reading)[1] == {"empty bucket": 2}
    check_page = {"object": "page", "data": [], "has_more": False}
    assert reading_of_rows(tmp_path, check_page).files[0].format == "openai-usage"


def test_a_row_that_does_not_say_how_many_calls(tmp_path: Path) -> None:
    row = {"start_time": 1767225600, "num_model_requests": None, "input_tokens": 10, "output_tokens": 2, "model": "m"}
    reading = reading_of_rows(tmp_path, row)
    assert (reading.cube.total.calls, reading.cube.uncounted) == (0, {("m", ""): 1})
    assert tokens(reading) == (10, 0, 0, 0, 2)


@pytest.mark.parametrize(
    ("batch", "tier", "expected"), [(True, "default", "batch"), (False, "flex", "flex"), (None, None, "standard")]
)
def test_tiers(tmp_path: Path, batch: Any, tier: Any, expected: str) -> None:
    row = {"start_time": 1767225600, **result("p", "m", CALLS[:5]), "batch": batch, "service_tier": tier}
    assert tiers_of(reading_of_rows(tmp_path, row)) == {expected}


def test_tasks(tmp_path: Path) -> None:
    row = {"start_time": 1767225600, **result("p", "m", CALLS[:5]), "user_id": "u-1"}
    assert tasks_of(reading_of_rows(tmp_path, row)) == {"p"}
    assert tasks_of(reading_of_rows(tmp_path, row, task_from="key")) == {"key-1"}
    assert tasks_of(reading_of_rows(tmp_path, row, task_from="path")) == {"u-1"}


def test_a_bom_before_the_header_is_no_part_of_it(tmp_path: Path) -> None:
    log = table(tmp_path / "rows.csv", rows())
    assert log.read_bytes().startswith(b"\xef\xbb\xbf")
    assert next(csv.reader(log.open(encoding="utf-8-sig")))[0] == "start_time"
    check(reading_of(log))


def test_rows_of_the_costs_add_a_recorded_cost(tmp_path: Path) -> None:
    """0.06 and 0.5 dollars of a model's tokens; searches and euros are named and left out."""

    def cost(value: Any, item: str | None, currency: str = "usd") -> dict[str, Any]:
        amount = {"value": value, "currency": currency}
        return {"object": "organization.costs.result", "amount": amount, "line_item": item, "project_id": "p"}

    results = [
        cost(0.06, "gpt-5-2025-08-07, cached input"),
        cost("0.5", "gpt-5-2025-08-07, output"),
        cost(3, "web search tool calls"),
        cost(4, "gpt-5-2025-08-07, output", "eur"),
    ]
    page = {"object": "page", "data": [{"object": "bucket", "start_time": 1767225600, "results": results}]}
    reading = reading_of_rows(tmp_path, page)
    assert reading.cube.total.recorded_pico_usd == 56 * 10**10
    assert (reading.cube.total.calls, reading.cube.uncounted, reading.cube.cost_rows) == (0, {}, 2)
    assert models_of(reading) == {"gpt-5-2025-08-07"}
    assert counted(reading)[:2] == (
        2,
        {"a cost of other things than tokens": 1, "cost in another currency than USD": 1},
    )
    flat = [
        {"start_time": 1767225600, "amount_value": 0.25, "amount_currency": "usd", "line_item": "", "project_id": "p"}
    ]
    assert reading_of(table(tmp_path / "costs.csv", flat)).cube.total.recorded_pico_usd == 25 * 10**10


def test_rows_of_embeddings_have_no_output(tmp_path: Path) -> None:
    row = {"object": "organization.usage.embeddings.result", "input_tokens": 800, "num_model_requests": 4}
    bucket = {"object": "bucket", "start_time": 1767225600, "end_time": 1767312000, "results": [row]}
    reading = reading_of_rows(tmp_path, bucket)
    assert (tokens(reading), reading.cube.total.calls) == ((800, 0, 0, 0, 0), 4)
