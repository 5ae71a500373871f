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


def test_predicted_beside_logged(tmp_path: Path) -> None:
    """October and November of a cascade that was predicted to escalate 30 % and escalated 25 %."""
    rows = []
    for n in range(61 * 24):
        for model in ("gpt-5.4-mini", *(["claude-opus-4-8"] if n % 4 == 0 else [])):
            rows.append(
                {
                    "timestamp": (START + timedelta(hours=n)).isoformat(),
                    "model": model,
                    "input_tokens": 900,
                    "output_tokens": 120,
                    "cost_usd": 0.5,
                }
            )
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text(
        "start: 2026-10\nhours_per_month: 744\nworkload: {requests_per_month: 744, input_tokens: 1000, output_tokens: 100}\n"
        "architectures:\n"
        "  other: {kind: api, model: gpt-5.4-mini}\n"
        "  run: {kind: cascade, stages: [gpt-5.4-mini, claude-opus-4-8], escalation: [30%]}\n"
    )
    log = tmp_path / "log.jsonl"
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = run("usage", str(log), "--against", str(scenario), *AS_OF, "-f", "json").result["against"]
    assert (found["architecture"], found["matched"]) == ("run", 1)
    assert found["escalation"] == [
        {"cascade": "run", "from": "gpt-5.4-mini", "to": "claude-opus-4-8", "predicted": 0.3, "actual": 0.25}
    ]
    october, november = found["months"]
    assert (october["month"], october["scenario_month"], october["hours"]) == ("2026-10", 1, 744)
    # a request is a call of the cheap model, and 30 % of them one of the strong model
    assert october["predicted_calls"] == pytest.approx(744 * 1.3)
    assert october["predicted_input_tokens"] == pytest.approx(744 * 1.3 * 1000)
    assert october["predicted_output_tokens"] == pytest.approx(744 * 1.3 * 100)
    assert (october["calls"], october["input_tokens"]) == (744 * 5 / 4, 744 * 5 / 4 * 900)
    assert october["escalation"][0]["actual"] == 0.25
    assert [each["share"] for each in october["models"]] == pytest.approx([0.8, 0.2])
    assert [each["predicted_share"] for each in october["models"]] == pytest.approx([1 / 1.3, 0.3 / 1.3])
    # .75 in and 4.50 out a million on the cheap stage; 5 in and 25 out on the strong one
    cheap, strong = (1000 * 0.75 + 100 * 4.5) / 1e6, (1000 * 5 + 100 * 25) / 1e6
    assert october["predicted_cost"] == pytest.approx(744 * (cheap + 0.3 * strong))
    actual_cheap, actual_strong = (900 * 0.75 + 120 * 4.5) / 1e6, (900 * 5 + 120 * 25) / 1e6
    assert october["cost"] == pytest.approx(744 * (actual_cheap + 0.25 * actual_strong))
    assert october["recorded_cost"] == pytest.approx(744 * 1.25 * 0.5)
    # the log ends with the last call, an hour before the end of November
    assert november["hours"] == 30 * 24 - 1
    shares = {each["model"]: (each["predicted_share"], each["share"]) for each in found["models"]}
    assert shares["openai/gpt-5.4-mini"] == pytest.approx((1 / 1.3, 0.8))
    assert shares["anthropic/claude-opus-4-8"] == pytest.approx((0.3 / 1.3, 0.2))
    named = run("usage", str(log), "--against", str(scenario), "--architecture", "nobody", *AS_OF)
    assert named.code == 2 and "nobody" in named.err


def test_python_says_that_it_reads_no_logs(tmp_path: Path) -> None:
    """The key of a scenario is the command line's; nothing is priced as if there were no traffic."""
    written(tmp_path, calls(), "usage: log.jsonl\n")
    with pytest.raises(InputError, match="only the command line reads"):
        load_scenario(str(tmp_path / "scenario.yaml"))


def test_the_escalation_of_each_month_is_its_own(tmp_path: Path) -> None:
    """Every fourth request in October, every second in November, where 30 % were predicted."""
    rows = []
    for n in range(61 * 24):
        every = 4 if n < 31 * 24 else 2
        for model in ("gpt-5.4-mini", *(["claude-opus-4-8"] if n % every == 0 else [])):
            at = (START + timedelta(hours=n)).isoformat()
            rows.append({"timestamp": at, "model": model, "input_tokens": 900, "output_tokens": 120})
    log, scenario = tmp_path / "log.jsonl", tmp_path / "scenario.yaml"
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    scenario.write_text(
        "start: 2026-10\nworkload: {requests_per_month: 730, input_tokens: 1000, output_tokens: 100}\n"
        "architectures: {run: {kind: cascade, stages: [gpt-5.4-mini, claude-opus-4-8], escalation: [30%]}}\n"
    )
    done = run("usage", str(log), "--against", str(scenario), *AS_OF, "-f", "json").result["against"]
    assert [month["escalation"][0]["actual"] for month in done["months"]] == [0.25, 0.5]
    assert [month["models"][1]["share"] for month in done["months"]] == pytest.approx([0.25 / 1.25, 0.5 / 1.5])
    # 1 request an hour in 744 h, and in the 719 h from the first of November to the last call
    assert [month["predicted_calls"] for month in done["months"]] == pytest.approx([744 * 1.3, 719 * 1.3])
    table = run("usage", str(log), "--against", str(scenario), *AS_OF).out
    assert "By month: predicted beside logged" in table


def test_machines_of_ones_own_answer_calls_too(tmp_path: Path) -> None:
    """A model that the scenario serves itself is logged under its name; without a price it has shares and tokens."""
    rows = [
        {"timestamp": (START + timedelta(hours=n)).isoformat(), "model": m, "input_tokens": 100, "output_tokens": 10}
        for n in range(100)
        for m in ("llama-3.1-8b", "gpt-5.4-mini")[: 1 + (n % 4 == 0)]
    ]
    log, scenario = tmp_path / "log.jsonl", tmp_path / "scenario.yaml"
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    scenario.write_text(
        "start: 2026-10\nworkload: {requests_per_month: 730, input_tokens: 100, output_tokens: 10}\n"
        "architectures:\n"
        "  hybrid: {kind: routed, mix: {own: 75%, gpt-5.4-mini: 25%}}\n"
        "  own: {kind: self_hosted, model: llama-3.1-8b, gpu: {usd_per_gpu_hour: 1}, throughput: {requests_per_second: 5}}\n"
    )
    done = run("usage", str(log), "--against", str(scenario), "--architecture", "hybrid", *AS_OF, "-f", "json").result
    found = done["against"]
    assert found["matched"] == 1
    shares = {each["model"].split("/")[-1]: (each["predicted_share"], each["share"]) for each in found["models"]}
    assert shares == {"llama-3.1-8b": (0.75, 0.8), "gpt-5.4-mini": (0.25, 0.2)}
    assert found["months"][0]["predicted_calls"] == pytest.approx(99)
    tuned = tmp_path / "tuned.yaml"
    tuned.write_text(
        "start: 2026-10\nworkload: {requests_per_month: 730, input_tokens: 100, output_tokens: 10}\n"
        "architectures:\n"
        "  base: {kind: api, model: gpt-5.4-mini}\n"
        "  llama-3.1-8b: {kind: fine_tuned, build: {training: 10k}, monthly: {hosting: 1k}, fallback: base}\n"
    )
    done = run("usage", str(log), "--against", str(tuned), "--architecture", "llama-3.1-8b", *AS_OF, "-f", "json")
    assert done.result["against"]["matched"] == 1


def test_calls_that_nobody_counts_are_not_nothing_beside_a_prediction(tmp_path: Path) -> None:
    """Anthropic's report has tokens and no calls: models are matched by tokens, and no share of calls is told."""
    row = {"model": "claude-sonnet-4-6", "uncached_input_tokens": 9000, "output_tokens": 1000}
    day = {"starting_at": "2026-10-01T00:00:00Z", "ending_at": "2026-10-02T00:00:00Z"}
    log, scenario = tmp_path / "log.jsonl", tmp_path / "scenario.yaml"
    log.write_text(json.dumps({**day, "results": [row, row | {"model": "other"}]}) + "\n")
    scenario.write_text(
        "start: 2026-10\nworkload: {requests_per_month: 730, input_tokens: 100, output_tokens: 10}\n"
        "architectures: {x: {kind: api, model: claude-sonnet-4-6}}\n"
    )
    found = run("usage", str(log), "--against", str(scenario), *AS_OF, "-f", "json").result["against"]
    assert (found["architecture"], found["matched"], found["matched_by"]) == ("x", 0.5, "tokens")
    (month,) = found["months"]
    assert (month["calls"], month["predicted_calls"], month["input_tokens"]) == (None, pytest.approx(24), 18_000)
    assert {each["share"] for each in found["models"]} == {None}


def test_a_router_by_task_predicts_itself(tmp_path: Path) -> None:
    """Each task on its own model: the saved mix is one of segments, so that even the cost is what came."""
    models = {"draft": "claude-opus-4-8", "sort": "claude-haiku-4-5", "": "gpt-5.4-mini", "other": "gpt-5.4-mini"}
    sizes = {"draft": (4000, 900), "sort": (300, 5), "": (1000, 10), "other": (2000, 20)}
    rows = []
    for n in range(28 * 24 + 1):
        for task in list(models)[: 1 + n % 4]:
            input_, output = sizes[task]
            at = (datetime(2026, 2, 1, tzinfo=UTC) + timedelta(hours=n)).isoformat()
            rows.append(
                {"timestamp": at, "model": models[task], "task": task, "input_tokens": input_, "output_tokens": output}
            )
    log, saved = tmp_path / "log.jsonl", tmp_path / "saved.yaml"
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert run("usage", str(log), "--save-workload", str(saved), *AS_OF).code == 0
    months = run("usage", str(log), "--against", str(saved), *AS_OF, "-f", "json").result["against"]["months"]
    found = {key: sum(month[key] for month in months) for key in ("cost", "predicted_cost", "predicted_calls")}
    # opus 5 and 25, haiku 1 and 5, mini 0.75 and 4.50 dollars a million
    rates = {"draft": (5, 25), "sort": (1, 5), "": (0.75, 4.5), "other": (0.75, 4.5)}
    usd = sum(
        row["input_tokens"] * rates[row["task"]][0] + row["output_tokens"] * rates[row["task"]][1] for row in rows
    )
    assert found["cost"] == pytest.approx(usd / 1e6)
    assert found["predicted_cost"] == pytest.approx(usd / 1e6, rel=1e-8)
    assert found["predicted_calls"] == pytest.approx(len(rows), rel=1e-8)


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


def test_a_report_of_costs_beside_a_prediction(tmp_path: Path) -> None:
    """A month's costs under a name that has no price: there is nothing to price, and the usage keeps its cost."""
    start, day = 1_790_812_800, 86_400  # 2026-10-01
    usage = {"start_time": start, "end_time": start + day, "input_tokens": 1000, "output_tokens": 100}
    usage |= {"num_model_requests": 4, "model": "gpt-5.4-mini"}
    cost = {"start_time": start, "end_time": start + day, "amount_value": 0.5, "line_item": "", "project_id": "p"}
    log, costs, scenario = tmp_path / "usage.jsonl", tmp_path / "costs.jsonl", tmp_path / "scenario.yaml"
    log.write_text(json.dumps(usage) + "\n")
    costs.write_text(json.dumps(cost) + "\n")
    scenario.write_text(
        "start: 2026-10\nworkload: {requests_per_month: 730, input_tokens: 100, output_tokens: 10}\n"
        "architectures: {x: {kind: api, model: gpt-5.4-mini}}\n"
    )
    (month,) = run("usage", str(log), str(costs), "--against", str(scenario), *AS_OF, "-f", "json").result["against"][
        "months"
    ]
    # .75 and 4.50 dollars a million
    assert month["cost"] == pytest.approx((1000 * 0.75 + 100 * 4.5) / 1e6)
    assert (month["recorded_cost"], month["hours"], month["predicted_calls"]) == (0.5, 24, pytest.approx(24))
