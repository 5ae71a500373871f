"""The reader of OpenRouter's daily activity."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from synthetic_calls import reading_of
from written_logs import counted, json_document, models_of, reading_of_rows, tokens

ROW: dict[str, Any] = {
    "date": "2026-03-01",
    "model": "openai/gpt-5",
    "model_permaslug": "openai/gpt-5-2025-08-07",
    "endpoint_id": "e",
    "provider_name": "OpenAI",
    "usage": 0.015,
    "byok_usage_inference": 0.012,
    "requests": 5,
    "prompt_tokens": 50,
    "completion_tokens": 125,
    "reasoning_tokens": 25,
}


def test_a_page(tmp_path: Path) -> None:
    page = {"data": [ROW, ROW | {"date": "2026-03-02", "byok_usage_inference": 0}]}
    for log in (json_document(tmp_path / "page.json", page), json_document(tmp_path / "rows.json", page["data"])):
        reading = reading_of(log)
        assert [(file.format, file.grain) for file in reading.files] == [("openrouter-activity", "bucket")]
        assert tokens(reading) == (2 * 50, 0, 0, 0, 2 * 125)
        assert reading.cube.total.calls == 2 * 5
        assert reading.cube.total.recorded_pico_usd == (15 + 12 + 15) * 10**9
        assert not reading.cube.outputs  # a day's sum has no size
        assert models_of(reading) == {"openai/gpt-5-2025-08-07"}


def test_odd_rows_are_named(tmp_path: Path) -> None:
    reading = reading_of_rows(tmp_path, ROW, ROW | {"prompt_tokens": -1}, ROW | {"byok_usage_inference": "much"})
    assert counted(reading)[:2] == (2, {"input tokens are negative": 1})


def test_rows_without_the_column_of_ones_own_key(tmp_path: Path) -> None:
    """As any table of calls a row of 5 requests would count as one, without a time."""
    reading = reading_of_rows(tmp_path, {key: value for key, value in ROW.items() if "byok" not in key})
    assert reading.files[0].format == "openrouter-activity"
    assert (reading.cube.total.calls, reading.cube.total.recorded_pico_usd) == (5, 15 * 10**9)
