"""A scenario's prediction beside what was logged: calls, tokens and cost by month, shares, escalation."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from command_line import run

AS_OF = ("--as-of", "2026-11-22")
START = datetime(2026, 10, 1, tzinfo=UTC)


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


def test_a_log_from_before_the_scenario_is_priced_as_its_calls_are(tmp_path: Path) -> None:
    """A model that has retired when the scenario starts keeps its last price: 2.50 in and 10 out a million."""
    rows = [
        {
            "timestamp": (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=n)).isoformat(),
            "model": "gpt-4o",
            "input_tokens": 1000,
            "output_tokens": 100,
        }
        for n in range(101)
    ]
    log, scenario = tmp_path / "log.jsonl", tmp_path / "w.yaml"
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    scenario.write_text(
        "start: 2028-01\nworkload: {requests_per_month: 730, input_tokens: 1000, output_tokens: 100}\n"
        "architectures: {run: {kind: api, model: gpt-4o}}\n"
    )
    found = run("usage", str(log), "--against", str(scenario), *AS_OF, "-f", "json").result["against"]["months"][0]
    each = (1000 * 2.5 + 100 * 10) / 1e6
    assert found["predicted_cost"] == pytest.approx(100 * each)  # one an hour, in 100 hours
    assert found["cost"] == pytest.approx(101 * each)
