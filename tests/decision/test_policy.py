"""Each segment on the cheapest architecture that passes its gates, shared costs counted once."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from llmcost import compare, load_catalog, scenario_from
from llmcost.catalog.files import parse_yaml
from llmcost.decision.policy import policy

# A replica serves 1M requests a month for 0.5 × 730 = $365; classify has 700k requests, draft 300k.
TEXT = """\
start: 2026-12
horizon_months: 1
workload: {requests_per_month: 1M}
segments:
  classify: {share: 70%, input_tokens: 500, output_tokens: 100}
  draft: {share: 30%, input_tokens: 2000, output_tokens: 500}
baseline: dear
prices:
  big: {input_per_mtok: 5, output_per_mtok: 25}
  small: {input_per_mtok: 0.5, output_per_mtok: 2}
architectures:
  dear: {kind: api, model: big}
  cheap: {kind: api, model: small}
  own: {kind: self_hosted, gpu: {usd_per_gpu_hour: 0.5}, throughput: {requests_per_month: 1M}}
"""


def found(text: str = TEXT) -> Any:
    return policy(scenario_from(parse_yaml(text, "policy.yaml").data), load_catalog())


def chosen(text: str = TEXT) -> dict[str, str]:
    return {placed.name: placed.architecture for placed in found(text).segments}


def test_a_fleet_that_two_segments_share_is_paid_once() -> None:
    """Apart: classify 700 × 0.45 = $315 on the small API, draft 300 × 2 = $600; together one replica at $365."""
    best = found()
    assert chosen() == {"classify": "own", "draft": "own"}
    assert best.monthly_cost == pytest.approx(0.5 * 730)
    assert best.proven


def test_the_answer_is_that_of_trying_every_combination() -> None:
    """Nine assignments, each priced as a route by segment."""
    data = parse_yaml(TEXT, "policy.yaml").data
    totals = []
    for first, second in product(("dear", "cheap", "own"), repeat=2):
        routed = {"kind": "routed", "by_segment": {"classify": first, "draft": second}}
        architectures = {**data["architectures"], "tried": routed}
        rows = compare(scenario_from({**data, "architectures": architectures}), load_catalog()).architectures
        totals.append(next(row.total_cost.value for row in rows if row.name == "tried"))
    assert found().total_cost == pytest.approx(min(totals))


def test_a_dearer_fleet_is_not_shared() -> None:
    """At $2 an hour a replica is $1,460: both stay on the small API at 700 × 0.45 + 300 × 2 = $915."""
    text = TEXT.replace("usd_per_gpu_hour: 0.5", "usd_per_gpu_hour: 2")
    assert chosen(text) == {"classify": "cheap", "draft": "cheap"}
    assert found(text).monthly_cost == pytest.approx(
        700 * (500 * 0.5 + 100 * 2) / 1000 + 300 * (2000 * 0.5 + 500 * 2) / 1000
    )


def test_restricted_data_goes_to_own_machines_or_under_an_agreement() -> None:
    text = TEXT.replace("usd_per_gpu_hour: 0.5", "usd_per_gpu_hour: 2")
    text = text.replace("output_tokens: 500}", "output_tokens: 500, sensitivity: restricted}")
    assert chosen(text)["draft"] == "own"
    agreed = text.replace("model: small}", "model: small, agreement: true}")
    assert chosen(agreed)["draft"] == "cheap"


def test_a_segment_keeps_its_own_quality() -> None:
    text = TEXT.replace("usd_per_gpu_hour: 0.5", "usd_per_gpu_hour: 2")
    text += "quality: {big: 90%, small: 80%, own: 70%}\n"
    text = text.replace("output_tokens: 500}", "output_tokens: 500, min_quality_kept: 95%}")
    assert chosen(text) == {"classify": "cheap", "draft": "dear"}


def test_no_architecture_for_a_segment_is_no_choice_and_says_why() -> None:
    text = TEXT.replace("output_tokens: 500}", "output_tokens: 500, sensitivity: restricted}")
    text = text.replace(
        "  own: {kind: self_hosted, gpu: {usd_per_gpu_hour: 0.5}, throughput: {requests_per_month: 1M}}\n", ""
    )
    none = found(text)
    assert none.choice.architecture is None and none.total_cost is None
    assert any("restricted_data" in reason for reason in none.breached)


def test_a_budget_that_nothing_meets_is_no_choice() -> None:
    none = found(TEXT + "requirements: {max_monthly_cost: 100}\n")
    assert none.choice.architecture is None
    assert any("max_monthly_cost" in reason for reason in none.breached)


def test_each_segment_says_why_and_what_would_move_it() -> None:
    for placed in found().segments:
        assert placed.architecture in placed.reason
        assert "move" in placed.moved_by


def run(tmp_path: Path, *arguments: str) -> str:
    text = TEXT.replace("model: small", "model: claude-haiku-4-5").replace(
        "  small: {input", "  claude-haiku-4-5: {input"
    )
    (tmp_path / "policy.yaml").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "llmcost", "policy", "policy.yaml", "--as-of", "2026-11-22", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path).stdout


def test_the_formats_say_the_same(tmp_path: Path) -> None:
    result = json.loads(run(tmp_path, "-f", "json"))["result"]
    again = parse_yaml(run(tmp_path, "-f", "yaml"), "out.yaml").data
    assert [s["architecture"] for s in again["segments"]] == [s["architecture"] for s in result["segments"]]
    assert float(again["monthly_cost"]) == result["monthly_cost"]


def test_the_router_configuration_has_the_shape_that_the_proxy_reads(tmp_path: Path) -> None:
    written = parse_yaml(run(tmp_path, "-f", "litellm"), "config.yaml").data
    assert {entry["model_name"] for entry in written["model_list"]} == {"classify", "draft"}
    for entry in written["model_list"]:
        parameters = entry["litellm_params"]
        assert parameters["model"].count("/") >= 1
        assert parameters["api_key"].startswith("os.environ/")
    assert written["router_settings"]["routing_strategy"] == "simple-shuffle"
