"""The reader of OpenAI's batch output."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from synthetic_calls import Made, Says, call_of, check_same_cube, made_calls, reading_of
from test_openai_calls import chat, responses
from written_logs import counted, in_every_form, reading_of_rows, tasks_of, tiers_of, tokens

from llmcost.usage.cube import Cube

CALLS = made_calls()
SAYS = Says(lifetimes=False, usd=False)


def line(made: Made, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"batch_req_{made.number}",
        "custom_id": f"{made.task}-{made.number}",
        "response": {"status_code": 200, "request_id": made.id, "body": body},
        "error": None,
    }


@pytest.mark.parametrize("body", [chat, responses])
@pytest.mark.parametrize("task_from", [None, "key"])
def test_the_thousand_calls_at_the_batch_rate(tmp_path: Path, body: Any, task_from: str | None) -> None:
    cube = Cube((128_000, 200_000, 272_000))
    for made in CALLS:
        cube.add(call_of(made, SAYS)._replace(tier="batch"))
    for log in in_every_form(tmp_path, [line(made, body(made)) for made in CALLS]):
        check_same_cube(reading_of(log, task_from=task_from), cube, "openai-batch")


def test_one_line(tmp_path: Path) -> None:
    written = json.loads(
        '{"custom_id":"doc-17","response":{"status_code":200,"request_id":"r1","body":{"model":"gpt-5-mini",'
        '"created":1767225600,"usage":{"prompt_tokens":2006,"completion_tokens":300,"total_tokens":2306,'
        '"prompt_tokens_details":{"cached_tokens":1920}}}},"error":null}'
    )
    reading = reading_of_rows(tmp_path, written)
    assert tokens(reading) == (2006 - 1920, 1920, 0, 0, 300)
    assert reading.cube.first_us == 1767225600 * 10**6
    assert tiers_of(reading) == {"batch"}


def test_failed_requests_are_not_billed(tmp_path: Path) -> None:
    failed = {"status_code": 400, "request_id": "r2", "body": {"error": {"message": "x"}}}
    rows = [
        line(CALLS[1], chat(CALLS[1])),
        {"id": "batch_req_a", "custom_id": "a", "response": failed, "error": None},
        {"id": "batch_req_b", "custom_id": "b", "response": None, "error": {"code": "batch_expired"}},
    ]
    assert counted(reading_of_rows(tmp_path, *rows))[:2] == (1, {"a batch request that failed": 2})


def test_an_output_file_given_twice_counts_once(tmp_path: Path) -> None:
    row = line(CALLS[1], chat(CALLS[1]))
    assert counted(reading_of_rows(tmp_path, row, row))[0::2] == (1, 1)
    # One custom id in two batches is two requests.
    assert counted(reading_of_rows(tmp_path, row, row | {"id": "batch_req_x"}))[0] == 2


def test_embeddings(tmp_path: Path) -> None:
    body = {"object": "list", "model": "text-embedding-3-small", "usage": {"prompt_tokens": 8, "total_tokens": 8}}
    assert tokens(reading_of_rows(tmp_path, line(CALLS[1], body))) == (8, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("custom_id", "task"),
    [("doc-17", "doc"), ("doc", "doc"), ("shop/doc_0017", "shop/doc"), ("17", ""), (17, ""), (None, "")],
)
def test_the_task_is_the_beginning_of_the_custom_id(tmp_path: Path, custom_id: Any, task: str) -> None:
    row = line(CALLS[1], chat(CALLS[1])) | {"custom_id": custom_id}
    assert tasks_of(reading_of_rows(tmp_path, row, task_from="key")) == {task}
