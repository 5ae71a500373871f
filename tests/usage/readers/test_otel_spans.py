"""The reader of OpenTelemetry's GenAI spans, in OTLP/JSON and flat."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from synthetic_calls import Made, Says, check_same_cube, expected, made_calls, reading_of
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
SAYS = Says(lifetimes=False, usd=False)


def attributes(made: Made) -> dict[str, Any]:
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "asked-for",
        "gen_ai.response.model": made.model,
        "gen_ai.response.id": made.id,
        "gen_ai.prompt.name": made.task,
        "gen_ai.usage.input_tokens": made.prompt,
        "gen_ai.usage.output_tokens": made.output,
        "gen_ai.usage.cache_read.input_tokens": made.cache_read,
        "gen_ai.usage.cache_write.input_tokens": made.written,
        "gen_ai.usage.reasoning.output_tokens": made.reasoning,
        "gen_ai.response.finish_reasons": ["stop"],
    }


def pairs(values: dict[str, Any]) -> list[dict[str, Any]]:
    """As OTLP/JSON writes attributes: whole numbers are text there."""

    def value(each: Any) -> dict[str, Any]:
        if isinstance(each, list):
            return {"arrayValue": {"values": [value(one) for one in each]}}
        return {"intValue": str(each)} if isinstance(each, int) else {"stringValue": each}

    return [{"key": key, "value": value(each)} for key, each in values.items()]


def span(made: Made) -> dict[str, Any]:
    return {
        "traceId": f"{made.number:032x}",
        "spanId": f"{made.number:016x}",
        "name": f"chat {made.model}",
        "kind": 3,
        "startTimeUnixNano": f"{made.epoch}000000000",
        "endTimeUnixNano": f"{made.epoch + 2}000000000",
        "attributes": pairs(attributes(made)),
    }


def export(spans: list[dict[str, Any]], service: str = "shop") -> dict[str, Any]:
    resource = {"attributes": pairs({"service.name": service})}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": {"name": "x"}, "spans": spans}]}]}


def console(made: Made) -> dict[str, Any]:
    """As an SDK's console exporter writes a span."""
    return {
        "name": "chat",
        "context": {"trace_id": f"0x{made.number:032x}", "span_id": f"0x{made.number:016x}"},
        "start_time": made.iso,
        "attributes": attributes(made),
        "resource": {"attributes": {"service.name": "shop"}},
    }


def flat(made: Made) -> dict[str, Any]:
    return {"timestamp": made.iso, **attributes(made)}


def database_row(made: Made) -> dict[str, Any]:
    """As a collector's table in a column store, with the maps as text."""
    return {
        "Timestamp": made.at.strftime("%Y-%m-%d %H:%M:%S.000000000"),
        "TraceId": f"{made.number:032x}",
        "SpanId": f"{made.number:016x}",
        "SpanName": "chat",
        "ResourceAttributes": {"service.name": "shop"},
        "SpanAttributes": {key: str(value) for key, value in attributes(made).items()},
    }


@pytest.mark.parametrize("row", [span, console, flat])
def test_the_thousand_calls(tmp_path: Path, row: Any) -> None:
    for log in in_every_form(tmp_path, [row(made) for made in CALLS]):
        reading = reading_of(log)
        check_same_cube(reading, expected(CALLS, SAYS), "otel")
        assert counted(reading) == (1000, {}, 0, {})  # whole numbers as text are OTLP's way, no repair


def test_the_thousand_calls_in_exports(tmp_path: Path) -> None:
    spans = [span(made) for made in CALLS]
    batches = [export(spans[at : at + 64]) for at in range(0, 1000, 64)]
    for log in (
        jsonl(tmp_path / "log.jsonl", batches),
        json_document(tmp_path / "log.json", export(spans)),
        jsonl(tmp_path / "one-line.json", [export(spans)]),
    ):
        reading = reading_of(log)
        check_same_cube(reading, expected(CALLS, SAYS), "otel")
        assert reading.lines.total == 1000


def test_the_thousand_calls_in_tables(tmp_path: Path) -> None:
    columns = table(tmp_path / "columns.csv", [{**flat(m), "gen_ai.response.finish_reasons": "stop"} for m in CALLS])
    check_same_cube(reading_of(columns), expected(CALLS, SAYS), "otel")
    maps = table(tmp_path / "maps.csv", [database_row(made) for made in CALLS])
    check_same_cube(reading_of(maps), expected(CALLS, SAYS), "otel")


def test_one_span(tmp_path: Path) -> None:
    written = json.loads(
        '{"name":"chat gpt-5","startTimeUnixNano":"1767225600000000000","endTimeUnixNano":"1767225601200000000",'
        '"attributes":[{"key":"gen_ai.request.model","value":{"stringValue":"gpt-5"}},'
        '{"key":"gen_ai.usage.input_tokens","value":{"intValue":"1500"}},'
        '{"key":"gen_ai.usage.cache_read.input_tokens","value":{"intValue":"1024"}},'
        '{"key":"gen_ai.usage.output_tokens","value":{"intValue":"200"}}]}'
    )
    reading = reading_of_rows(tmp_path, written)
    assert tokens(reading) == (1500 - 1024, 1024, 0, 0, 200)
    assert reading.cube.first_us == 1767225600 * 10**6
    assert models_of(reading) == {"gpt-5"}


def test_the_old_names_count_and_both_names_count_once(tmp_path: Path) -> None:
    old = {
        "gen_ai.request.model": "gpt-5",
        "gen_ai.usage.prompt_tokens": 100,
        "gen_ai.usage.completion_tokens": 10,
        "gen_ai.usage.cache_creation.input_tokens": 30,
        "gen_ai.usage.cache_read_input_tokens": 20,
    }
    new = {
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 10,
        "gen_ai.usage.cache_write.input_tokens": 30,
        "gen_ai.usage.cache_read.input_tokens": 20,
    }
    for written in (old, {**old, **new}):
        assert tokens(reading_of_rows(tmp_path, written)) == (100 - 30 - 20, 20, 30, 0, 10)


def test_agents_and_workflows_repeat_what_their_calls_used(tmp_path: Path) -> None:
    rows = [flat(CALLS[1])]
    for operation in ("invoke_agent", "invoke_workflow", "execute_tool", "create_agent", "fetch_response"):
        rows.append({**flat(CALLS[2]), "gen_ai.operation.name": operation, "gen_ai.response.id": operation})
    rows.append({"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5", "error.type": "timeout"})
    reading = reading_of_rows(tmp_path, *rows)
    assert counted(reading)[:2] == (
        1,
        {"an agent's, tool's or other span around model calls": 5, "a span without token usage": 1},
    )
    assert sum(tokens(reading)) == CALLS[1].prompt + CALLS[1].output


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"gen_ai.usage.total_tokens": 220}, "token counts by other names than gen_ai.usage"),
        (
            {"llm.token_count.prompt": 100, "llm.token_count.completion": 120},
            "token counts by other names than gen_ai.usage",
        ),
        (
            {
                "gen_ai.operation.name": "chat_once",
                "gen_ai.usage.input_tokens": 100,
                "gen_ai.usage.output_tokens": 120,
            },
            "token counts of an unknown operation",
        ),
    ],
)
def test_token_counts_that_cannot_be_read_are_rejected_aloud(
    tmp_path: Path, attributes: dict[str, Any], reason: str
) -> None:
    reading = reading_of_rows(tmp_path, span(CALLS[1]) | {"attributes": pairs(attributes)})
    assert counted(reading)[:2] == (0, {reason: 1})
    assert not reading.lines.ordinary


def test_an_unknown_operation_that_used_no_tokens_is_no_call(tmp_path: Path) -> None:
    values = {"gen_ai.operation.name": "warm_up", "gen_ai.usage.input_tokens": 0, "gen_ai.usage.output_tokens": 0}
    reading = reading_of_rows(tmp_path, span(CALLS[1]) | {"attributes": pairs(values)})
    assert counted(reading)[0] == 0
    assert reading.lines.ordinary


def test_embeddings_put_out_nothing(tmp_path: Path) -> None:
    values = {"gen_ai.operation.name": "embeddings", "gen_ai.usage.input_tokens": 40}
    reading = reading_of_rows(tmp_path, span(CALLS[1]) | {"attributes": pairs(values)})
    assert (tokens(reading), counted(reading)[0]) == ((40, 0, 0, 0, 0), 1)


def test_other_spans_of_a_trace_are_no_calls(tmp_path: Path) -> None:
    http = {"traceId": "1", "spanId": "2", "startTimeUnixNano": "1767225600000000000", "attributes": []}
    reading = reading_of(json_document(tmp_path / "log.json", export([http, http, span(CALLS[1])])))
    assert counted(reading)[:2] == (1, {"a span without token usage": 2})


def test_two_instrumentations_of_one_call_count_once(tmp_path: Path) -> None:
    inner, outer = span(CALLS[1]), span(CALLS[1]) | {"spanId": "ff"}
    assert counted(reading_of_rows(tmp_path, inner, outer))[0::2] == (1, 1)


def test_without_a_response_id_the_span_tells(tmp_path: Path) -> None:
    values = {k: v for k, v in attributes(CALLS[1]).items() if k != "gen_ai.response.id"}
    one, two = span(CALLS[1]) | {"attributes": pairs(values)}, span(CALLS[2]) | {"attributes": pairs(values)}
    assert counted(reading_of_rows(tmp_path, one, two, one))[0::2] == (2, 1)
    lost = {k: v for k, v in one.items() if k not in ("traceId", "spanId")}
    assert counted(reading_of_rows(tmp_path, lost, lost))[0] == 2


def test_an_emitter_that_counts_the_cached_tokens_apart_is_found_out(tmp_path: Path) -> None:
    rows = [{**flat(made), "gen_ai.usage.input_tokens": made.uncached} for made in CALLS]
    reading = reading_of(jsonl(tmp_path / "log.jsonl", rows))
    check_same_cube(reading, expected(CALLS, SAYS), "otel")
    assert "input excludes cached tokens (proven by" in str(reading.files[0].convention)


def test_totals_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    values = {"gen_ai.usage.input_tokens": 50, "gen_ai.usage.output_tokens": 5, "gen_ai.usage.input_cached_tokens": 40}
    with pytest.raises(InputError, match="contradicts itself"):
        reading_of_rows(
            tmp_path, {**values, "gen_ai.usage.total_tokens": 55}, {**values, "gen_ai.usage.total_tokens": 95}
        )


def test_tasks(tmp_path: Path) -> None:
    batch = export([span(CALLS[1])])
    assert tasks_of(reading_of_rows(tmp_path, batch)) == {CALLS[1].task}
    assert tasks_of(reading_of_rows(tmp_path, batch, task_from="key")) == {"shop"}
    assert tasks_of(reading_of_rows(tmp_path, batch, task_from="path")) == {f"chat {CALLS[1].model}"}
    assert tasks_of(reading_of_rows(tmp_path, batch, task_from="gen_ai.provider.name")) == {"openai"}
    unnamed = span(CALLS[1]) | {"attributes": [p for p in span(CALLS[1])["attributes"] if "prompt" not in p["key"]]}
    assert tasks_of(reading_of_rows(tmp_path, export([unnamed]))) == {"shop"}
    assert tasks_of(reading_of_rows(tmp_path, console(CALLS[1]), task_from="key")) == {"shop"}
    assert tasks_of(reading_of_rows(tmp_path, database_row(CALLS[1]), task_from="key")) == {"shop"}


def test_a_fraction_of_a_token_is_refused(tmp_path: Path) -> None:
    row = {"gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 1.5, "gen_ai.usage.output_tokens": 1}
    otlp = {
        "startTimeUnixNano": "1767225600000000000",
        "attributes": [
            {"key": "gen_ai.usage.input_tokens", "value": {"intValue": 1.5}},
            {"key": "gen_ai.usage.output_tokens", "value": {"intValue": "1"}},
        ],
    }
    assert counted(reading_of_rows(tmp_path, row, otlp))[:2] == (0, {"input tokens are no whole number": 2})
