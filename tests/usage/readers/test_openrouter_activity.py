"""The reader of OpenRouter's activity export."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from synthetic_calls import Made, Says, check_same_cube, expected, made_calls, reading_of
from written_logs import counted, in_every_form, models_of, reading_of_rows, table, tasks_of, tokens

CALLS = made_calls()
SAYS = Says(cache_write=False, lifetimes=False)
HEADER = (
    "generation_id,created_at,cost_total,cost_web_search,cost_cache,cost_file_processing,byok_usage_inference,"
    "tokens_prompt,tokens_completion,tokens_reasoning,tokens_cached,model_permaslug,provider_name,variant,cancelled,"
    "streamed,user,finish_reason_raw,finish_reason_normalized,generation_time_ms,time_to_first_token_ms,"
    "api_key_disabled,api_key_name,app_name"
)
ROW = (
    "gen-1,2026-06-28 03:46:57.713,0.0123,0,-0.001,0,0,10389,137,0,8192,openai/gpt-5,OpenAI,standard,false,true,,"
    "stop,stop,900,250,false,prod,app"
)


def row(made: Made) -> dict[str, Any]:
    written = dict.fromkeys(HEADER.split(","), "")
    return written | {
        "generation_id": made.id,
        "created_at": made.at.strftime("%Y-%m-%d %H:%M:%S.000"),
        "cost_total": made.usd,
        "byok_usage_inference": 0,
        "tokens_prompt": made.prompt,
        "tokens_completion": made.output,
        "tokens_reasoning": made.reasoning,
        "tokens_cached": made.cache_read,
        "model_permaslug": made.model,
        "variant": "standard",
        "app_name": made.task,
    }


@pytest.mark.parametrize("order", ["documented", "reversed"])
def test_the_thousand_calls(tmp_path: Path, order: str) -> None:
    rows = [row(made) for made in CALLS]
    if order == "reversed":
        rows = [dict(reversed(each.items())) for each in rows]
    for log in (table(tmp_path / "log.csv", rows), table(tmp_path / "log.tsv", rows, delimiter="\t")):
        check_same_cube(reading_of(log), expected(CALLS, SAYS), "openrouter")
    for log in in_every_form(tmp_path, rows):
        check_same_cube(reading_of(log), expected(CALLS, SAYS), "openrouter")


def one(folder: Path, *rows: str, **asked: Any) -> Any:
    log = folder / "one.csv"
    log.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return reading_of(log, **asked)


def test_one_line(tmp_path: Path) -> None:
    reading = one(tmp_path, ROW)
    assert tokens(reading) == (10389 - 8192, 8192, 0, 0, 137)
    assert reading.cube.first_us == 1782618417713000  # 2026-06-28T03:46:57.713Z
    assert reading.cube.total.recorded_pico_usd == 123 * 10**8
    assert models_of(reading) == {"openai/gpt-5"}
    assert tasks_of(reading) == {"app"}
    assert tasks_of(one(tmp_path, ROW, task_from="key")) == {"prod"}


def test_a_row_on_ones_own_key_costs_what_it_costs_upstream(tmp_path: Path) -> None:
    reading = one(tmp_path, ROW.replace("0.0123,0,-0.001,0,0,", "0.0006,0,0,0,0.012,"))
    assert reading.cube.total.recorded_pico_usd == 126 * 10**8
    free = one(tmp_path, ROW.replace("0.0123,0,-0.001,0,0,", "0,0,0,0,0,"))
    assert (free.cube.total.recorded_calls, free.cube.total.recorded_pico_usd) == (1, 0)


def test_a_free_variant_is_a_model_of_its_own_and_a_route_is_not(tmp_path: Path) -> None:
    rows = [ROW.replace("standard", variant).replace("gen-1", variant) for variant in ("standard", "free", "nitro")]
    assert models_of(one(tmp_path, *rows)) == {"openai/gpt-5", "openai/gpt-5:free"}


def test_rows_that_are_cut_off_or_without_tokens(tmp_path: Path) -> None:
    without = ROW.replace(",10389,137,0,8192,", ",,,,,").replace("gen-1", "gen-2")
    reading = one(tmp_path, ROW, without, "gen-3,2026-06-28")
    assert counted(reading)[:2] == (1, {"no token counts": 1, "cut-off last line": 1})


def test_the_generation_api_counts_in_the_models_own_tokens(tmp_path: Path) -> None:
    record = {
        "id": "gen-1",
        "model": "openai/gpt-5",
        "created_at": "2026-06-28T03:46:57.713Z",
        "total_cost": 0.01,
        "tokens_prompt": 90,
        "tokens_completion": 9,
        "native_tokens_prompt": 100,
        "native_tokens_completion": 12,
        "native_tokens_reasoning": 4,
        "native_tokens_cached": 64,
    }
    for written in (record, {"data": record}):
        assert tokens(reading_of_rows(tmp_path, written)) == (36, 64, 0, 0, 12)
