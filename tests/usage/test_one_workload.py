"""One scenario with logs is one workload: every command gives the figures that the calls themselves give.

Long prompts and writes that last an hour pay prices of their own, which a mean request would lose.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from command_line import Call, run, run_all

from llmcost.cli.draft import draft_from
from llmcost.cli.reading import asked
from llmcost.decision.facts import volume_facts

AS_OF = ("--as-of", "2026-11-22")
START = datetime(2026, 10, 1, tzinfo=UTC)
SCENARIO = """
start: 2026-12
horizon_months: 12
usage: log.jsonl
baseline: haiku
architectures:
  haiku: {kind: api, model: claude-haiku-4-5}
  gemini: {kind: api, model: gemini-2.5-pro}
  built: {kind: api, model: gemini-2.5-pro, build: {work: 1k..2k}}
"""
SEGMENTS = """
segments:
  draft: {share: 50%, input_tokens: 1, output_tokens: 1}
  classify: {share: 50%, input_tokens: 1, output_tokens: 1}
"""
# USD a million: fresh input, written for five minutes, written for an hour, output. Gemini has no price for writes,
# which pay that of the input; above 200,000 tokens its prices are others.
HAIKU = (1, 1.25, 2, 5)
GEMINI, GEMINI_LONG = (1.25, 1.25, 1.25, 10), (2.5, 2.5, 2.5, 15)


def calls() -> list[dict[str, Any]]:
    """101 calls, 7.3 hours apart: 730 hours, the month of a scenario. Each tenth is long."""
    return [
        {
            "timestamp": (START + timedelta(hours=7.3 * n)).isoformat(),
            "model": "claude-haiku-4-5",
            "task": "draft" if n % 4 == 0 else "classify",
            "input_tokens": 250_000 if n % 10 == 0 else 10_000,
            "cached_tokens": 0,
            "cache_write_5m_tokens": 1_000,
            "cache_write_1h_tokens": 200_000 if n % 10 == 0 else 5_000,
            "output_tokens": 1_000,
            "total_tokens": 251_000 if n % 10 == 0 else 11_000,
        }
        for n in range(101)
    ]


def usd(row: dict[str, Any], prices: tuple[float, float, float, float]) -> float:
    short, long, output = row["cache_write_5m_tokens"], row["cache_write_1h_tokens"], row["output_tokens"]
    fresh = row["input_tokens"] - short - long
    return sum(tokens * price for tokens, price in zip((fresh, short, long, output), prices, strict=True)) / 1e6


def on_haiku(rows: list[dict[str, Any]]) -> float:
    return sum(usd(row, HAIKU) for row in rows)


def on_gemini(rows: list[dict[str, Any]]) -> float:
    return sum(usd(row, GEMINI_LONG if row["input_tokens"] > 200_000 else GEMINI) for row in rows)


def written(folder: Path, more: str = "") -> None:
    (folder / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in calls()), encoding="utf-8")
    (folder / "s.yaml").write_text(SCENARIO + more, encoding="utf-8")


def test_every_command_prices_the_calls_that_were_logged(tmp_path: Path) -> None:
    written(tmp_path)
    asked = {
        "compare": ("compare", "s.yaml"),
        "tco": ("tco", "s.yaml", "--architecture", "gemini"),
        "route": ("route", "s.yaml"),
        "breakeven": ("breakeven", "s.yaml"),
        "policy": ("policy", "s.yaml"),
        "sensitivity": ("sensitivity", "s.yaml", "--challenger", "gemini"),
        "diff": ("diff", "s.yaml", "--as-of-old", "2026-11-01", "--architecture", "gemini"),
    }
    done = run_all({name: Call((*typed, *AS_OF, "-f", "json")) for name, typed in asked.items()}, cwd=tmp_path)
    found = {name: each.result for name, each in done.items()}
    haiku, gemini = on_haiku(calls()), on_gemini(calls())
    assert haiku < gemini

    totals = {each["name"]: each["total_cost"] for each in found["compare"]["architectures"]}
    assert (totals["haiku"], totals["gemini"]) == pytest.approx((12 * haiku, 12 * gemini))
    assert found["tco"]["total_cost"] == pytest.approx(12 * gemini)
    mixes = {each["name"]: each["monthly_cost"] for each in found["route"]["mixes"]}
    assert (mixes["haiku"], mixes["gemini"]) == pytest.approx((haiku, gemini))
    saved = {each["name"]: each["saving_per_call"] for each in found["breakeven"]["challengers"]}
    assert saved["gemini"] == pytest.approx((haiku - gemini) / 101)
    assert found["policy"]["monthly_cost"] == pytest.approx(haiku)
    assert found["sensitivity"]["mean_advantage"] == pytest.approx(12 * (haiku - gemini))
    assert found["diff"]["chosen"]["new_total_cost"] == pytest.approx(12 * gemini)


def test_the_page_and_the_fleet_rest_on_the_same_calls(tmp_path: Path) -> None:
    fleet = "  own: {kind: self_hosted, gpu: {usd_per_gpu_hour: 2}, throughput: {tokens_per_second: 1000}}\n"
    written(tmp_path, fleet)
    report = run("report", "s.yaml", *AS_OF, "-f", "markdown", cwd=tmp_path)
    assert f"${12 * on_gemini(calls()):,.0f}" in report.out
    hosted = run("host", "s.yaml", "--architecture", "own", *AS_OF, "-f", "json", cwd=tmp_path).result
    # one GPU at 2 USD an hour for 730 hours, over all that was logged
    tokens = sum(row["total_tokens"] for row in calls())
    assert hosted["cost_per_mtok"] == pytest.approx(2 * 730 / tokens * 1e6)


def test_the_policy_prices_each_task_by_its_own_calls(tmp_path: Path) -> None:
    written(tmp_path, SEGMENTS)
    placed = run("policy", "s.yaml", *AS_OF, "-f", "json", cwd=tmp_path).result
    own = {task: [row for row in calls() if row["task"] == task] for task in ("draft", "classify")}
    alone = {each["name"]: each["monthly_cost"] for each in placed["segments"]}
    assert alone == pytest.approx({task: min(on_haiku(rows), on_gemini(rows)) for task, rows in own.items()})
    assert placed["monthly_cost"] == pytest.approx(sum(alone.values()))


def test_the_largest_task_is_all_its_calls(tmp_path: Path) -> None:
    """Gemini's threshold parts each task in two; what `decide` asks is how much the task uses in all."""
    written(tmp_path, SEGMENTS)
    draft = draft_from({"scenario": str(tmp_path / "s.yaml")})
    scenario = asked(draft, {"as_of": "2026-11-22"}).scenario
    tokens = sum(row["total_tokens"] for row in calls() if row["task"] == "classify")
    assert volume_facts(scenario, 1)["tokens_per_month_of_largest_task"].value == pytest.approx(tokens)


def test_a_model_that_only_the_optimum_asks_meets_its_long_prices(tmp_path: Path) -> None:
    """No architecture calls Gemini: its quality alone brings it in."""
    written(tmp_path)
    (tmp_path / "s.yaml").write_text(
        "start: 2026-12\nusage: log.jsonl\nquality: {claude-haiku-4-5: 0.1, gemini-2.5-pro: 0.9}\n"
        "architectures: {best: {kind: api, model: claude-haiku-4-5, quality: 0.9}}\n",
        encoding="utf-8",
    )
    best = run("route", "s.yaml", "--optimize", "--min-quality-kept", "100%", *AS_OF, "-f", "json", cwd=tmp_path)
    assert best.result["optimum"]["best_single"]["shares"] == {"gemini-2.5-pro": 1}
    assert best.result["optimum"]["best_single"]["monthly_cost"] == pytest.approx(on_gemini(calls()))


def test_what_a_file_of_claims_cannot_measure_it_refuses(tmp_path: Path) -> None:
    """A workload that stands beside `usage:` is not taken in silence for what was logged."""
    written(tmp_path, "workload: {requests_per_month: 1, input_tokens: 1, output_tokens: 1}\n")
    done = run("audit", "--says", "monthly_cost=1", "--of", "haiku", "compare", "s.yaml", *AS_OF, cwd=tmp_path)
    assert done.code == 2 and "--save-workload FILE" in done.err


@pytest.mark.parametrize(
    "command", [("tco", "s.yaml"), ("route", "s.yaml"), ("diff", "s.yaml", "--as-of-old", "2026-11-01")]
)
def test_a_hint_names_no_flag_that_the_command_refuses(tmp_path: Path, command: tuple[str, ...]) -> None:
    """Nothing says whether the input holds the cached tokens: `compare` can be told, the others need another way."""
    written(tmp_path)
    rows = [{key: row[key] for key in ("timestamp", "model", "input_tokens", "output_tokens")} for row in calls()]
    text = "".join(json.dumps(row | {"cached_tokens": 5}) + "\n" for row in rows)
    (tmp_path / "log.jsonl").write_text(text, encoding="utf-8")
    done = run(*command, *AS_OF, cwd=tmp_path)
    hint = done.err.partition("hint: ")[2]
    assert done.code == 2 and "compare" in hint and "llmcost usage LOGS --save-workload FILE" in hint
    told = run("compare", "s.yaml", *AS_OF, cwd=tmp_path)
    assert "hint: say it: --convention inclusive" in told.err and "save-workload" not in told.err
    # each way that the hint names is open
    way = ("--convention", "inclusive", *AS_OF)
    assert run("compare", "s.yaml", *way, cwd=tmp_path).code == 0
    assert run("usage", "log.jsonl", "--save-workload", "saved.yaml", *way, cwd=tmp_path).code == 0
    assert run("tco", "saved.yaml", "--architecture", "anthropic/claude-haiku-4-5", *AS_OF, cwd=tmp_path).code == 0


def test_tokens_of_a_month_are_not_dropped_beside_logs(tmp_path: Path) -> None:
    written(tmp_path)
    done = run("compare", "s.yaml", "--monthly-input", "5M", "--monthly-output", "1M", *AS_OF, cwd=tmp_path)
    assert done.code == 2 and "tokens a month and requests" in done.err
