"""A workload saved from logs: it prices what the calls cost, loads beside its own log, and names what it leaves out."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from command_line import run

AS_OF = ("--as-of", "2026-11-22")
START = datetime(2026, 10, 1, tzinfo=UTC)


def calls(count: int = 101, **said: Any) -> list[dict[str, Any]]:
    """So many calls over the 730 hours of a month, from the first to the last."""
    return [
        {
            "timestamp": (START + timedelta(hours=730 * n / (count - 1))).isoformat(),
            "model": "claude-haiku-4-5",
            "input_tokens": 10_000,
            "output_tokens": 1_000,
            "total_tokens": 11_000,
            **said,
        }
        for n in range(count)
    ]


def written(folder: Path, rows: list[dict[str, Any]]) -> None:
    (folder / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def saved(folder: Path) -> str:
    done = run("usage", "log.jsonl", "--save-workload", "s.yaml", *AS_OF, cwd=folder)
    assert done.code == 0, done.err
    return (folder / "s.yaml").read_text(encoding="utf-8")


def compared(folder: Path, *more: str) -> dict[str, float]:
    done = run("compare", "s.yaml", *more, "--start", "2026-12", "--growth", "0", *AS_OF, "-f", "json", cwd=folder)
    return {each["name"]: each["total_cost"] for each in done.result["architectures"]}


@pytest.mark.parametrize(
    ("named", "segment"), [((), "other"), (("other",), "no task"), (("other", "no task"), "no task 2")]
)
def test_calls_without_a_task_have_one_name(tmp_path: Path, named: tuple[str, ...], segment: str) -> None:
    """The segment that is saved for them is the one that the log gives when it is read again."""
    rows = calls()
    for n, row in enumerate(rows):
        tasks = (*named, "draft", None)
        row["task"] = tasks[n % len(tasks)]
        row["model"] = "claude-haiku-4-5" if n % 2 else "claude-sonnet-4-6"
    written(tmp_path, rows)
    assert f'"{segment}":' in saved(tmp_path)
    again = compared(tmp_path, "--usage", "log.jsonl", "--map", "task=task")
    # 1 and 5, 3 and 15 dollars a million
    haiku, sonnet = (10_000 * 1 + 1_000 * 5) / 1e6, (10_000 * 3 + 1_000 * 15) / 1e6
    assert again["as-logged"] == pytest.approx(12 * (50 * haiku + 51 * sonnet), rel=1e-6)
    assert compared(tmp_path)["as-logged"] == pytest.approx(12 * (50 * haiku + 51 * sonnet), rel=1e-6)


def test_a_model_that_retires_is_left_out_and_named(tmp_path: Path) -> None:
    """gpt-4o retires within the year: a scenario with it in the mix could not be priced to its end."""
    rows = calls()
    for n, row in enumerate(rows):
        row["model"] = "gpt-4o" if n % 2 else "gpt-5.4-mini"
    written(tmp_path, rows)
    done = run("usage", "log.jsonl", "--save-workload", "s.yaml", *AS_OF, cwd=tmp_path)
    text = (tmp_path / "s.yaml").read_text(encoding="utf-8")
    gone = run("prices", "show", "gpt-4o", "--as-of", "2026-11-22", "-f", "json").result["retires_on"]
    assert f"s.yaml: not among the architectures: gpt-4o (retires on {gone})" in done.err
    assert f"# not among the architectures: gpt-4o (retires on {gone})" in text
    assert 'model: "openai/gpt-4o"' not in text
    # all 101 calls on the other: .75 and 4.50 dollars a million
    assert compared(tmp_path) == pytest.approx({"openai/gpt-5.4-mini": 12 * 101 * (7_500 + 4_500) / 1e6})


def test_writes_of_an_hour_are_saved_as_such(tmp_path: Path) -> None:
    """claude-haiku-4-5: 1 in, 5 out, written 1.25 for five minutes and 2 for an hour."""
    rows = calls(cached_tokens=0, cache_write_5m_tokens=1_000, cache_write_1h_tokens=6_000)
    for n, row in enumerate(rows):
        row["task"] = "plan" if n % 2 else "draft"
        if row["task"] == "plan":
            row["cache_write_1h_tokens"] = 0
    written(tmp_path, rows)
    saved(tmp_path)
    plan = (9_000 * 1 + 1_000 * 1.25 + 1_000 * 5) / 1e6
    draft = (3_000 * 1 + 1_000 * 1.25 + 6_000 * 2 + 1_000 * 5) / 1e6
    expected = pytest.approx({"anthropic/claude-haiku-4-5": 12 * (50 * plan + 51 * draft)}, rel=1e-6)
    assert compared(tmp_path) == expected
    assert compared(tmp_path, "--usage", "log.jsonl") == expected


def test_what_a_mean_request_loses_is_said(tmp_path: Path) -> None:
    """gemini-2.5-pro has other prices above 200,000 tokens, claude-haiku-4-5 has one price: 11 of 101 calls are above."""
    rows = calls()
    for n, row in enumerate(rows):
        row["model"] = "claude-haiku-4-5" if n % 2 else "gemini-2.5-pro"
        if n % 10 == 0:
            row |= {"input_tokens": 250_000, "total_tokens": 251_000}
    written(tmp_path, rows)
    done = run("usage", "log.jsonl", "--save-workload", "s.yaml", *AS_OF, cwd=tmp_path)
    says = "10.9% of the calls have prompts above 200,000 tokens, from where google/gemini-2.5-pro has other prices"
    text = (tmp_path / "s.yaml").read_text(encoding="utf-8")
    for each in (done.err, text):
        assert says in each and "usage: log.jsonl" in each and "100,000 tokens" not in each.replace("200,000", "")
    assert f"# {says}" in text
    # with `usage:` each call has its own price: 1.25 in and 10 out, above 200,000 tokens 2.50 and 15
    short, long = (10_000 * 1.25 + 1_000 * 10) / 1e6, (250_000 * 2.5 + 1_000 * 15) / 1e6
    (tmp_path / "s.yaml").write_text(f"{text}usage: log.jsonl\n", encoding="utf-8")
    assert compared(tmp_path)["google/gemini-2.5-pro"] == pytest.approx(12 * (90 * short + 11 * long), rel=1e-6)
    written(tmp_path, [{**row, "model": "claude-haiku-4-5"} for row in rows])
    done = run("usage", "log.jsonl", "--save-workload", "s.yaml", "--force", *AS_OF, cwd=tmp_path)
    assert "prompts above" not in done.err


def test_a_share_of_writes_on_the_command_line_is_all_that_is_written(tmp_path: Path) -> None:
    """`--cache-write 10%`: a tenth for five minutes, and nothing that the log wrote for an hour beside it."""
    written(tmp_path, calls(cached_tokens=0, cache_write_5m_tokens=0, cache_write_1h_tokens=6_000))
    saved(tmp_path)
    expected = {"anthropic/claude-haiku-4-5": 12 * 101 * (9_000 * 1 + 1_000 * 1.25 + 1_000 * 5) / 1e6}
    for way in ((), ("--usage", "log.jsonl")):
        assert compared(tmp_path, *way, "--cache-write", "10%") == pytest.approx(expected, rel=1e-6)
