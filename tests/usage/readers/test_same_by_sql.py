"""What a flat format's tables say to SQL is what its reader says in Python, also where lines are odd."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import test_anthropic_calls as anthropic
import test_gemini_responses as gemini
import test_openai_calls as openai
import test_openrouter_activity as openrouter
from synthetic_calls import THRESHOLDS, made_calls
from written_logs import jsonl

from llmcost.usage import by_duckdb
from llmcost.usage.logs import log_files
from llmcost.usage.reading import LogResult, Request, opened

CALLS = made_calls(300)
ROWS = {
    "chat": openai.chat,
    "responses": openai.responses,
    "usage-alone": openai.usage_alone,
    "anthropic": anthropic.message,
    "gemini": gemini.response,
    "openrouter": openrouter.row,
}
AS_TEXT = "as text"  # what stands there, as text: another number would prove something of the file
ODD = [None, "", AS_TEXT, "x", True, -1, 1.5, 10**17, [], {}, {"task": "a"}, "free", "fast", "batch", "<synthetic>"]


def both(log: Path) -> tuple[LogResult, LogResult]:
    request = Request(thresholds=THRESHOLDS)
    files = [opened(file, request) for file in log_files([str(log)])]
    return by_duckdb.read(files, request, line_by_line=True), by_duckdb.read(files, request)


def same(log: Path) -> None:
    python, sql = both(log)
    assert sql.cube.hours == python.cube.hours
    assert sql.cube.sizes == python.cube.sizes
    assert sql.lines.counts == python.lines.counts
    assert (sql.lines.first, sql.notes) == (python.lines.first, [])


@pytest.mark.parametrize("form", sorted(ROWS))
def test_the_calls(tmp_path: Path, form: str) -> None:
    same(jsonl(tmp_path / "log.jsonl", [ROWS[form](made) for made in CALLS]))


def places(value: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(value, dict):
        return [path]
    return [path, *(place for key, each in value.items() for place in places(each, (*path, key)))]


@pytest.mark.parametrize("form", sorted(ROWS))
def test_every_place_holding_what_it_should_not(tmp_path: Path, form: str) -> None:
    """Each line has one place filled with something odd; the others are in order."""
    rows: list[Any] = [ROWS[form](made) for made in CALLS[:60]]
    number = 0
    for place in places(rows[1]):
        for odd in ODD:
            row = copy.deepcopy(ROWS[form](CALLS[61]))
            number += 1
            inner = row
            for key in place[:-1]:
                inner = inner[key]
            if place:
                inner[place[-1]] = str(inner[place[-1]]) if odd == AS_TEXT else odd
                for name in ("id", "generation_id", "responseId"):
                    if name in row and place[-1] != name:
                        row[name] = f"odd-{number}"
                rows.append(row)
    same(jsonl(tmp_path / "log.jsonl", rows))
