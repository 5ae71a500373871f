"""Logged traffic under other architectures: each cost is worked out from the calls themselves."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from command_line import Run, run

from llmcost import load_scenario
from llmcost.errors import InputError

AS_OF = ("--as-of", "2026-11-22")
START = datetime(2026, 10, 1, tzinfo=UTC)
# USD per million tokens; `long` doubles its prices above 200,000 tokens of prompt.
PRICES = """
prices:
  small: {input_per_mtok: 1, output_per_mtok: 4, cached_input_per_mtok: 0.1, cache_write_per_mtok: 1.25}
  large: {input_per_mtok: 10, output_per_mtok: 40, cached_input_per_mtok: 1, cache_write_per_mtok: 12.5}
"""
ARCHITECTURES = """
start: 2026-12
horizon_months: 12
baseline: all-large
architectures:
  all-large: {kind: api, model: large}
  all-small: {kind: api, model: small}
  mixed: {kind: routed, mix: {small: 75%, large: 25%}}
  cascade: {kind: cascade, stages: [small, large], escalation: [20%]}
"""


def calls(count: int = 730) -> list[dict[str, Any]]:
    """A call an hour for 730 hours and one more, so that the log runs exactly a month of 730 hours."""
    found = []
    for n in range(count + 1):
        read = 200 * (n % 4)
        found.append(
            {
                "timestamp": (START + timedelta(hours=n)).isoformat(),
                "model": "small" if n % 2 else "large",
                "task": "draft" if n % 3 == 0 else "classify",
                "input_tokens": 1000 + n,
                "output_tokens": 50 + n % 7,
                "cached_tokens": read,
                "total_tokens": 1050 + n + n % 7,
            }
        )
    return found


def written(folder: Path, rows: list[dict[str, Any]], scenario: str = "") -> tuple[str, str]:
    log, file = folder / "log.jsonl", folder / "scenario.yaml"
    log.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    file.write_text(PRICES + ARCHITECTURES + scenario, encoding="utf-8")
    return str(log), str(file)


def price(row: dict[str, Any], prices: tuple[float, float, float]) -> float:
    """USD of one call."""
    input_, output, cached = prices
    fresh = row["input_tokens"] - row["cached_tokens"]
    return float(fresh * input_ + row["cached_tokens"] * cached + row["output_tokens"] * output) / 1e6


SMALL, LARGE = (1, 4, 0.1), (10, 40, 1)


def compared(done: Run) -> dict[str, Any]:
    return {each["name"]: each for each in done.result["architectures"]}


def test_every_architecture_pays_for_the_calls_that_were_logged(tmp_path: Path) -> None:
    rows = calls()
    log, scenario = written(tmp_path, rows)
    done = run("compare", scenario, "--usage", log, *AS_OF, "-f", "json")
    small, large = sum(price(row, SMALL) for row in rows), sum(price(row, LARGE) for row in rows)
    # the log runs 730 hours, which is the scenario's month; twelve of them
    expected = {
        "all-large": 12 * large,
        "all-small": 12 * small,
        "mixed": 12 * (0.75 * small + 0.25 * large),
        "cascade": 12 * (small + 0.2 * large),
    }
    assert {name: each["total_cost"] for name, each in compared(done).items()} == pytest.approx(expected)
    traffic = done.result["traffic"]
    as_logged = sum(price(row, SMALL if row["model"] == "small" else LARGE) for row in rows)
    # the scenario's own prices are those of the log's models too
    assert traffic["cost"] == pytest.approx(as_logged)
    assert traffic["calls"] == len(rows)
    assert {each["name"]: each["cost"] for each in traffic["architectures"]} == pytest.approx(
        {name: cost / 12 for name, cost in expected.items()}
    )


def test_the_key_of_the_scenario_is_relative_to_it(tmp_path: Path) -> None:
    log, scenario = written(tmp_path, calls(), "usage: log.jsonl\n")
    by_key = run("compare", scenario, *AS_OF, "-f", "json")
    by_flag = run("compare", scenario, "--usage", log, *AS_OF, "-f", "json")
    assert by_key.result["architectures"] == by_flag.result["architectures"]
    assert by_key.result["traffic"]["files"] == [log]
    # another command measures the same workload
    tco = run("tco", scenario, "--architecture", "all-small", *AS_OF, "-f", "json").result
    assert tco["total_cost"] == pytest.approx(compared(by_key)["all-small"]["total_cost"])


def test_requests_on_the_command_line_scale_what_was_measured(tmp_path: Path) -> None:
    rows = calls()
    log, scenario = written(tmp_path, rows)
    doubled = compared(run("compare", scenario, "--usage", log, "--requests", str(2 * len(rows)), *AS_OF, "-f", "json"))
    assert doubled["all-small"]["total_cost"] == pytest.approx(24 * sum(price(row, SMALL) for row in rows))


def test_long_context_prices_are_met_bucket_by_bucket(tmp_path: Path) -> None:
    """Nine short prompts and one long: the mean lies below the threshold, the long one pays its tier all the same."""
    rows = calls(729)
    for n, row in enumerate(rows):
        row |= {"input_tokens": 250_000 if n % 10 == 0 else 1_000, "cached_tokens": 0}
        row["total_tokens"] = row["input_tokens"] + row["output_tokens"]
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text("start: 2026-12\narchitectures: {g: {kind: api, model: gemini-2.5-pro}}\n")
    log = tmp_path / "log.jsonl"
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = run("compare", str(scenario), "--usage", str(log), *AS_OF, "-f", "json")
    hours = 729
    # gemini-2.5-pro: 1.25 in and 10 out, above 200,000 tokens of prompt 2.50 and 15
    usd = sum(
        (row["input_tokens"] * 2.5 + row["output_tokens"] * 15) / 1e6
        if row["input_tokens"] > 200_000
        else (row["input_tokens"] * 1.25 + row["output_tokens"] * 10) / 1e6
        for row in rows
    )
    assert compared(done)["g"]["total_cost"] == pytest.approx(12 * usd * 730 / hours)


def test_a_model_that_counts_more_tokens_crosses_the_threshold_in_the_right_bucket(tmp_path: Path) -> None:
    """Counted 1.5 times, 150,000 tokens are 225,000 and pay the long tier; 120,000 are 180,000 and do not."""
    rows = calls(729)
    for n, row in enumerate(rows):
        row |= {"input_tokens": 150_000 if n % 2 else 120_000, "output_tokens": 0, "cached_tokens": 0}
        row["total_tokens"] = row["input_tokens"]
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text(
        "start: 2026-12\nprices: {gemini-2.5-pro: {tokens_factor: 1.5}}\n"
        "architectures: {g: {kind: api, model: gemini-2.5-pro}}\n"
    )
    log = tmp_path / "log.jsonl"
    log.write_text("".join(json.dumps(row | {"model": "m"}) + "\n" for row in rows))
    done = run("compare", str(scenario), "--usage", str(log), *AS_OF, "-f", "json")
    usd = sum(row["input_tokens"] * 1.5 * (2.5 if row["input_tokens"] == 150_000 else 1.25) / 1e6 for row in rows)
    assert compared(done)["g"]["total_cost"] == pytest.approx(12 * usd * 730 / 729)


def test_writes_that_last_an_hour_pay_their_own_price(tmp_path: Path) -> None:
    rows = calls(729)
    for row in rows:
        row |= {"cache_write_5m_tokens": 100, "cache_write_1h_tokens": 300, "cached_tokens": 0, "model": "m"}
        row["total_tokens"] = row["input_tokens"] + row["output_tokens"]
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text("start: 2026-12\narchitectures: {s: {kind: api, model: claude-sonnet-4-6}}\n")
    log = tmp_path / "log.jsonl"
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = run("compare", str(scenario), "--usage", str(log), *AS_OF, "-f", "json")
    # claude-sonnet-4-6: 3 in, 15 out, writes 3.75 for five minutes and 6 for an hour
    usd = sum(
        ((row["input_tokens"] - 400) * 3 + 100 * 3.75 + 300 * 6 + row["output_tokens"] * 15) / 1e6 for row in rows
    )
    assert compared(done)["s"]["total_cost"] == pytest.approx(12 * usd * 730 / 729)


@pytest.mark.parametrize("by", ["--price", "--catalog"])
def test_ones_own_price_of_writes_of_an_hour(by: str, tmp_path: Path) -> None:
    """24 calls write 300 tokens for an hour at $5 per million, and 700 of input cost $3."""
    row = {"model": "claude-sonnet-4-6", "input_tokens": 1000, "output_tokens": 0, "cache_write_1h_tokens": 300}
    row |= {"total_tokens": 1000, "cache_write_5m_tokens": 0, "cached_tokens": 0}
    log, own = tmp_path / "log.jsonl", tmp_path / "own.yaml"
    log.write_text(
        "".join(json.dumps(row | {"timestamp": f"2026-03-01T{hour:02}:00:00Z"}) + "\n" for hour in range(24))
    )
    own.write_text(
        "provider: anthropic\nmodels:\n  claude-sonnet-4-6:\n    prices:\n"
        "      - {effective_from: 2026-11-01, input_per_mtok: 3, output_per_mtok: 15, cache_write_1h_per_mtok: 5}\n"
    )
    priced = (by, "claude-sonnet-4-6.cache_write_1h=5" if by == "--price" else str(own))
    found = run("usage", str(log), *priced, *AS_OF, "-f", "json").result
    assert found["cost"] == pytest.approx(24 * (700 * 3 + 300 * 5) / 1e6)


def test_an_own_price_that_is_a_range(tmp_path: Path) -> None:
    """In a scenario it is carried through, and what was logged stands at its middle, √(1 × 4) = 2; `usage` takes one price."""
    log, scenario = tmp_path / "log.jsonl", tmp_path / "s.yaml"
    row = {"model": "m", "input_tokens": 1000, "output_tokens": 0}
    log.write_text(
        "".join(json.dumps(row | {"timestamp": f"2026-03-01T{hour:02}:00:00Z"}) + "\n" for hour in range(24))
    )
    scenario.write_text(
        "start: 2026-12\nhorizon_months: 1\nhours_per_month: 24\n"
        "prices: {m: {input_per_mtok: 1..4, output_per_mtok: 8}}\narchitectures: {a: {kind: api, model: m}}\n"
    )
    done = run("compare", str(scenario), "--usage", str(log), *AS_OF, "-f", "json")
    assert done.result["traffic"]["cost"] == pytest.approx(24 * 1000 * 2 / 1e6)
    low, high = done.result["architectures"][0]["total_cost_bounds"]
    assert high == pytest.approx(4 * low)
    said = {each["name"]: each["value"] for each in done.document["assumptions"]}
    assert said["logged.m.input_per_mtok"] == pytest.approx(2)
    refused = run("usage", str(log), "--price", "m.input=1..4", "--price", "m.output=8", *AS_OF)
    assert refused.code == 2
    assert refused.err.splitlines()[1] == "where: --price m.input=1..4" and "such as 2" in refused.err


def test_segments_are_the_logged_tasks(tmp_path: Path) -> None:
    """by_segment sends each logged task to its own model; the scenario's shares give way to the measured ones."""
    rows = calls()
    log, scenario = written(
        tmp_path,
        rows,
        "  split: {kind: routed, by_segment: {draft: large, classify: small}}\n"
        "segments:\n"
        "  draft: {share: 50%, input_tokens: 1, output_tokens: 1}\n"
        "  classify: {share: 50%, input_tokens: 1, output_tokens: 1}\n",
    )
    done = run("compare", scenario, "--usage", log, *AS_OF, "-f", "json")
    usd = sum(price(row, LARGE if row["task"] == "draft" else SMALL) for row in rows)
    assert compared(done)["split"]["total_cost"] == pytest.approx(12 * usd)
    nowhere = run("compare", scenario, "--usage", log, "--task-from", "model", *AS_OF)
    assert nowhere.code == 2 and "no logged call is of a segment" in nowhere.err


def test_a_log_without_times_has_no_month(tmp_path: Path) -> None:
    log, scenario = written(tmp_path, [{k: v for k, v in row.items() if k != "timestamp"} for row in calls()])
    done = run("compare", scenario, "--usage", log, *AS_OF)
    assert done.code == 2 and "over which time it runs" in done.err


def test_a_saved_workload_is_what_was_measured_and_loads(tmp_path: Path) -> None:
    rows = calls()
    for row in rows:
        row["model"] = "gpt-5.4-mini" if row["model"] == "small" else "claude-sonnet-4-6"
    log, _ = written(tmp_path, rows)
    saved = tmp_path / "measured.yaml"
    assert run("usage", log, "--save-workload", str(saved), *AS_OF).code == 0
    text = saved.read_text(encoding="utf-8")
    marked = [line for line in text.splitlines() if ": " in line and "#" not in line.partition(": ")[0]]
    figures = [line for line in marked if line.strip().split(": ")[1][0].isdigit()]
    assert figures and all(f"measured from {log}, 2026-10-01T00:00:00Z to" in line for line in figures)
    done = run("compare", str(saved), "--start", "2026-12", *AS_OF, "-f", "json")
    # gpt-5.4-mini .75/4.50, cached .075; claude-sonnet-4-6 3/15, cached .30; no call is near a threshold
    mini = sum(price(row, (0.75, 4.5, 0.075)) for row in rows)
    sonnet = sum(price(row, (3, 15, 0.3)) for row in rows)
    named = {name.split("/")[-1]: each["total_cost"] for name, each in compared(done).items()}
    assert named["gpt-5.4-mini"] == pytest.approx(12 * mini, rel=1e-6)
    assert named["claude-sonnet-4-6"] == pytest.approx(12 * sonnet, rel=1e-6)
    # each segment has its own sizes, and the mix that was measured in it
    as_logged = 0.0
    for task in ("draft", "classify"):
        own = [row for row in rows if row["task"] == task]
        share = sum(row["model"] == "gpt-5.4-mini" for row in own) / len(own)
        as_logged += share * sum(price(row, (0.75, 4.5, 0.075)) for row in own)
        as_logged += (1 - share) * sum(price(row, (3, 15, 0.3)) for row in own)
    assert named["as-logged"] == pytest.approx(12 * as_logged, rel=1e-6)
    again = run("usage", log, "--save-workload", str(saved), *AS_OF)
    assert again.code == 2 and "exists already" in again.err


def test_python_says_that_it_reads_no_logs(tmp_path: Path) -> None:
    """The key of a scenario is the command line's; nothing is priced as if there were no traffic."""
    written(tmp_path, calls(), "usage: log.jsonl\n")
    with pytest.raises(InputError, match="only the command line reads"):
        load_scenario(str(tmp_path / "scenario.yaml"))


def test_a_cost_that_some_calls_record_says_of_how_many(tmp_path: Path) -> None:
    rows = calls()
    for row in rows[:100]:
        row["cost_usd"] = 0.01
    log, scenario = written(tmp_path, rows)
    assert "as recorded in the log, for 100 calls" in run("compare", scenario, "--usage", log, *AS_OF).out
    done = run("compare", scenario, "--usage", log, *AS_OF, "-f", "json").result["traffic"]
    assert (done["recorded_cost"], done["recorded_calls"], done["calls"]) == (1, 100, 731)
    planned = tmp_path / "planned.yaml"
    planned.write_text(
        "start: 2026-10\nworkload: {requests_per_month: 730, input_tokens: 100, output_tokens: 10}\n"
        "architectures: {small: {kind: api, model: gpt-5.4-mini}}\n"
    )
    beside = run("usage", log, "--against", str(planned), "--architecture", "small", *AS_OF).out
    assert "Of 2026-10 a recorded cost stands on 100 of 731 calls." in beside
