"""The reader of Codex's rollouts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from synthetic_calls import Made, Says, check_same_cube, expected, made_calls, reading_of
from written_logs import counted, json_document, jsonl, models_of, reading_of_rows, tasks_of, tokens

CALLS = made_calls()
SAYS = Says(cache_write=False, lifetimes=False, usd=False)
NAMES = ("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_output_tokens", "total_tokens")
NEWER = ("input_tokens", "cached_input_tokens", "cache_write_input_tokens", "output_tokens")


def used(made: Made) -> tuple[int, ...]:
    return made.prompt, made.cache_read, made.output, made.reasoning, made.prompt + made.output


def event(at: str, total: Iterable[Any] | None, last: Iterable[Any] | None = None) -> dict[str, Any]:
    info = {
        "total_token_usage": None if total is None else dict(zip(NAMES, total, strict=True)),
        "last_token_usage": None if last is None else dict(zip(NAMES, last, strict=True)),
        "model_context_window": 272000,
    }
    return {"timestamp": at, "type": "event_msg", "payload": {"type": "token_count", "info": info, "rate_limits": {}}}


def context(model: str, cwd: str = "/home/me/shop") -> dict[str, Any]:
    payload = {"cwd": cwd, "model": model, "approval_policy": "never"}
    return {"timestamp": "2026-03-01T07:30:00Z", "type": "turn_context", "payload": payload}


def meta(**changed: Any) -> dict[str, Any]:
    payload = {"id": "s-1", "cwd": "/home/me/shop", "originator": "codex_cli_rs", "git": {"branch": "main"}, **changed}
    return {"timestamp": "2026-03-01T07:30:00Z", "type": "session_meta", "payload": payload}


ANSWER = {
    "timestamp": "2026-03-01T07:30:00Z",
    "type": "response_item",
    "payload": {"type": "message", "role": "assistant"},
}


def sessions(folder: Path, *, total: bool, last: bool) -> Path:
    """One session a task, with every event written twice, as limits are reported again."""
    folder.mkdir()
    for task in {made.task for made in CALLS}:
        running = [0] * len(NAMES)
        rows: list[Any] = [meta(cwd=f"/home/me/{task}")]
        for made in CALLS:
            if made.task == task:
                running = [a + b for a, b in zip(running, used(made), strict=True)]
                rows += [context(made.model, f"/home/me/{task}"), ANSWER]
                count = event(made.iso, running if total else None, used(made) if last else None)
                rows += [count, count] if total else [count]
        jsonl(folder / f"{task}.jsonl", rows)
    return folder


@pytest.mark.parametrize(("total", "last"), [(True, True), (True, False), (False, True)])
def test_the_thousand_calls(tmp_path: Path, total: bool, last: bool) -> None:
    reading = reading_of(sessions(tmp_path / "sessions", total=total, last=last))
    check_same_cube(reading, expected(CALLS, SAYS), "codex")
    accepted, rejected, duplicate, repaired = counted(reading)
    assert (accepted, duplicate, repaired) == (1000, 0, {})
    # Three sessions begin with a line about themselves; each call has a context and an answer before it.
    told_again = {"a total that was reported before": 1000} if total else {}
    assert rejected == {"no model call": 3 + 2 * 1000, **told_again}


def test_an_array_over_many_lines_is_read_too(tmp_path: Path) -> None:
    rows = [meta(), context("gpt-5"), event("2026-03-01T08:00:00Z", used(CALLS[1]), used(CALLS[1]))]
    assert counted(reading_of(json_document(tmp_path / "log.json", rows)))[0] == 1


def test_a_counter_that_falls_began_anew(tmp_path: Path) -> None:
    rows = [
        context("gpt-5"),
        event("2026-03-01T08:00:00Z", (1000, 400, 50, 20, 1050)),
        event("2026-03-01T08:01:00Z", (2500, 1300, 90, 30, 2590)),
        event("2026-03-01T08:02:00Z", (700, 0, 30, 0, 730)),
        event("2026-03-01T08:03:00Z", (1500, 600, 40, 5, 1540)),
    ]
    reading = reading_of_rows(tmp_path, *rows)
    # Of the calls: 600 + 400, 600 + 900, 700 + 0, 200 + 600 uncached and cached; 50, 40, 30 and 10 out.
    assert tokens(reading) == (600 + 600 + 700 + 200, 400 + 900 + 0 + 600, 0, 0, 50 + 40 + 30 + 10)
    assert counted(reading) == (4, {"no model call": 1}, 0, {})


def test_a_full_context_is_marked_by_a_total_alone(tmp_path: Path) -> None:
    rows = [
        context("gpt-5"),
        event("2026-03-01T08:00:00Z", (1000, 0, 50, 0, 1050), (1000, 0, 50, 0, 1050)),
        event("2026-03-01T08:01:00Z", (0, 0, 0, 0, 272000), (0, 0, 0, 0, 270950)),
        event("2026-03-01T08:02:00Z", (300, 0, 10, 0, 272310)),
    ]
    reading = reading_of_rows(tmp_path, *rows)
    assert tokens(reading) == (1000 + 300, 0, 0, 0, 50 + 10)
    assert counted(reading) == (2, {"no model call": 1, "a mark of a full context, no call": 1}, 0, {})


def test_limits_are_reported_without_a_call(tmp_path: Path) -> None:
    limits = {"type": "event_msg", "payload": {"type": "token_count", "info": None, "rate_limits": {}}}
    reading = reading_of_rows(tmp_path, context("gpt-5"), limits, event("2026-03-01T08:00:00Z", None))
    assert counted(reading)[:2] == (0, {"no model call": 1, "limits without a call": 2})


@pytest.mark.parametrize(
    "parent", [{"forked_from_id": "s-0"}, {"source": {"subagent": {"thread_spawn": {"depth": 1}}}}]
)
def test_a_sub_agent_begins_with_its_parents_events(tmp_path: Path, parent: dict[str, Any]) -> None:
    first, second, own = used(CALLS[1]), used(CALLS[2]), used(CALLS[4])
    both = [a + b for a, b in zip(first, second, strict=True)]
    rows = [
        context("gpt-5"),
        event("2026-03-01T09:00:00.101Z", first, first),
        event("2026-03-01T09:00:00.102Z", both, second),
        event("2026-03-01T09:00:41Z", [a + b for a, b in zip(both, own, strict=True)]),
    ]
    reading = reading_of_rows(tmp_path, meta(**parent), *rows)
    assert counted(reading)[:2] == (1, {"no model call": 2, "a call of the parent session, repeated": 2})
    assert sum(tokens(reading)) == own[-1]
    assert counted(reading_of_rows(tmp_path, meta(), *rows))[0] == 3  # a session of its own has no parent


def test_the_model_is_the_last_that_a_turn_named(tmp_path: Path) -> None:
    rows = [
        event("2026-03-01T08:00:00Z", None, used(CALLS[1])),
        context("gpt-5"),
        event("2026-03-01T08:00:00Z", None, used(CALLS[1])),
        context("gpt-5-mini"),
        event("2026-03-01T08:00:00Z", None, used(CALLS[1])),
    ]
    assert models_of(reading_of_rows(tmp_path, *rows)) == {"", "gpt-5", "gpt-5-mini"}


def test_numbers_as_text_count_and_others_do_not(tmp_path: Path) -> None:
    text = event("2026-03-01T08:00:00Z", None, ("100", "40", "7", "0", "107"))
    half = event("2026-03-01T08:00:00Z", None, (100, 40, 7.5, 0, 107))
    below = event("2026-03-01T08:00:00Z", None, (100, -40, 7, 0, 107))
    reading = reading_of_rows(tmp_path, context("gpt-5"), text, half, below)
    assert tokens(reading) == (60, 40, 0, 0, 7)
    assert counted(reading) == (
        1,
        {"no model call": 1, "tokens are no whole number": 2},
        0,
        {"numbers written as text": 1},
    )


def test_tasks(tmp_path: Path) -> None:
    rows = [meta(), context("gpt-5", "/home/me/shop/src"), event("2026-03-01T08:00:00Z", None, used(CALLS[1]))]
    assert tasks_of(reading_of_rows(tmp_path, *rows)) == {"shop"}
    assert tasks_of(reading_of_rows(tmp_path, *rows, task_from="tag")) == {"main"}
    assert tasks_of(reading_of_rows(tmp_path, *rows, task_from="key")) == {"s-1"}


def test_written_tokens_and_an_empty_last_usage(tmp_path: Path) -> None:
    """Of the second call 300 - 200 were input: 40 read, 30 written, 30 neither."""
    first, second = event("2026-03-01T08:00:00Z", None), event("2026-03-01T08:01:00Z", None)
    first["payload"]["info"] = {"total_token_usage": dict(zip(NEWER, (200, 0, 100, 5), strict=True))}
    second["payload"]["info"] = {
        "total_token_usage": dict(zip(NEWER, (300, 40, 130, 9), strict=True)),
        "last_token_usage": {},
    }
    reading = reading_of_rows(tmp_path, context("gpt-5"), first, second)
    assert tokens(reading) == (100 + 30, 0 + 40, 100 + 30, 0, 5 + 4)
    assert counted(reading)[0] == 2
