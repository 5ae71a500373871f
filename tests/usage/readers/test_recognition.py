"""Each line is recognised by one format and no other; `generic` may stand behind it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

import pytest
import test_anthropic_calls as anthropic
import test_anthropic_usage_report as anthropic_usage
import test_claude_code_transcripts as claude_code
import test_codex_rollouts as codex
import test_gemini_responses as gemini
import test_helicone_requests as helicone
import test_langfuse_observations as langfuse
import test_openai_batch_output as openai_batch
import test_openai_calls as openai
import test_openai_usage_export as openai_usage
import test_openrouter_activity as openrouter
import test_openrouter_daily as openrouter_daily
import test_otel_spans as otel
from synthetic_calls import Made, made_calls

from llmcost.usage.reader import readers

CALLS = made_calls(40)


def litellm(made: Made) -> dict[str, Any]:
    """A standard payload, which holds the provider's response too."""
    return {
        "id": made.id,
        "trace_id": "t",
        "call_type": "acompletion",
        "response_cost": made.usd,
        "startTime": float(made.epoch),
        "model": made.model,
        "prompt_tokens": made.prompt,
        "completion_tokens": made.output,
        "total_tokens": made.prompt + made.output,
        "response": openai.chat(made),
        "metadata": {"usage_object": openai.chat(made)["usage"]},
    }


LINES: dict[str, list[Mapping[str, Any]]] = {
    "anthropic": [
        row(m) for m in CALLS for row in (anthropic.message, anthropic.beside_a_request, anthropic.usage_alone)
    ],
    "anthropic-usage": [*anthropic_usage.buckets(), {"data": anthropic_usage.buckets()}, *anthropic_usage.console()],
    "claude-code": [*claude_code.OTHERS, *map(claude_code.line, CALLS)],
    "codex": [codex.meta(), codex.context("gpt-5"), codex.ANSWER, codex.event("2026-03-01T08:00:00Z", None)],
    "gemini": [row(m) for m in CALLS for row in (gemini.response, gemini.from_the_sdk, gemini.beside_a_request)],
    "helicone": [row(m) for m in CALLS for row in (helicone.inclusive, helicone.exclusive)],
    "langfuse": [row(m) for m in CALLS for row in (langfuse.observation, langfuse.blob_storage)]
    + [{"data": [langfuse.observation(CALLS[0])], "meta": {}}],
    "litellm": [litellm(made) for made in CALLS],
    "openai": [
        row(m) for m in CALLS for row in (openai.chat, openai.responses, openai.beside_a_request, openai.usage_alone)
    ],
    "openai-batch": [openai_batch.line(made, openai.chat(made)) for made in CALLS],
    "openai-usage": [*openai_usage.buckets(), {"object": "page", "data": openai_usage.buckets()}, *openai_usage.rows()],
    "openrouter": [openrouter.row(made) for made in CALLS],
    "openrouter-activity": [openrouter_daily.ROW, {"data": [openrouter_daily.ROW]}],
    "otel": [row(m) for m in CALLS for row in (otel.span, otel.console, otel.flat, otel.database_row)]
    + [otel.export([otel.span(CALLS[0])])],
}


def as_table_row(line: Mapping[str, Any]) -> dict[str, str]:
    """The line as a table gives it back: every cell is text."""
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow(line)
    table.writerow([json.dumps(each) if isinstance(each, dict | list) else each for each in line.values()])
    header, cells = csv.reader(io.StringIO(written.getvalue()))
    return dict(zip(header, cells, strict=True))


def recognised_by(line: Mapping[str, Any]) -> set[str]:
    return {name for name, reader in readers().items() if reader.recognises(line)} - {"generic"}


def test_every_format_has_its_lines_here() -> None:
    assert set(LINES) == set(readers()) - {"generic"}


@pytest.mark.parametrize("name", sorted(LINES))
def test_lines_are_recognised_by_their_format_alone(name: str) -> None:
    assert {frozenset(recognised_by(line)) for line in LINES[name]} == {frozenset({name})}


@pytest.mark.parametrize("name", ["helicone", "langfuse", "litellm", "openai-usage", "openrouter", "otel"])
def test_rows_of_a_table_are_too(name: str) -> None:
    rows = [as_table_row(line) for line in LINES[name] if not {"data", "results", "resourceSpans"} & line.keys()]
    assert {frozenset(recognised_by(row)) for row in rows} == {frozenset({name})}


@pytest.mark.parametrize(
    "line",
    [
        {},
        {"timestamp": "2026-03-01T08:00:00Z", "model": "m", "input_tokens": 1, "output_tokens": 2},
        {"TIMESTAMP": "2023-11-16 18:17:03.9799600", "ContextTokens": 374, "GeneratedTokens": 44},
        {"Timestamp": 5, "Model": "ChatGPT", "Request tokens": 472, "Response tokens": 18, "Total tokens": 490},
        {"message": "hello", "level": "info", "type": "log", "timestamp": "2026-03-01"},
        {"type": "chat", "sessionId": "s", "model": "m", "input_tokens": 1, "output_tokens": 2},
        {"data": [1, 2], "results": "none", "usage": "high", "response": None, "message": []},
    ],
)
def test_other_lines_are_recognised_by_none(line: Mapping[str, Any]) -> None:
    assert recognised_by(line) == set()


HOSTILE = [None, True, 0, -1, 1.5, 10**400, "", "x", "[", [], [[]], [None], {}, {"": None}, {"usage": {"usage": []}}]


@pytest.mark.parametrize("name", sorted(LINES))
@pytest.mark.parametrize("value", HOSTILE, ids=repr)
def test_nothing_that_stands_in_a_line_stops_recognition(name: str, value: Any) -> None:
    for key in {key for line in LINES[name] for key in line}:
        for reader in readers().values():
            assert reader.recognises({**LINES[name][0], key: value}) in (True, False)
            assert reader.recognises({key: value}) in (True, False)
