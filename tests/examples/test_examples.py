"""Every example runs as its own comment says, and comes out as worked out by hand."""

from __future__ import annotations

import math
import re
import shlex
import statistics
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from command_line import run
from worked import mean_between

import llmcost
from llmcost import load_scenario
from llmcost.render.json import plain

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))


def commands_in(path: Path) -> list[str]:
    """The llmcost command lines of the comment that an example begins with."""
    header = re.match(r"(?:#.*\n)+", path.read_text(encoding="utf-8"))
    return re.findall(r"^#.*? {2,}(llmcost .+)$", header[0] if header else "", re.MULTILINE)


@lru_cache
def example(name: str, command: str = "compare", *architecture: str) -> Any:
    """The result of a command on an example, as its JSON has it."""
    scenario = load_scenario(str(ROOT / "examples" / f"{name}.yaml"))
    return plain(getattr(llmcost, command)(scenario, llmcost.load_catalog(), *architecture))


def compared(name: str) -> dict[str, Any]:
    """The architectures of an example, by name."""
    return {each["name"]: each for each in example(name)["architectures"]}


def point(found: dict[str, Any], figure: str) -> float:
    """A figure with every input at its middle."""
    value: float = found.get(f"{figure}_point", found[figure])
    return value


def charged(found: dict[str, Any], name: str) -> float:
    """The cost of all charges of this name."""
    return sum(charge["cost"] for charge in found["charges"] if charge["name"] == name)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_says_what_it_is_and_fixes_its_first_month(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert "\nstart: 2026-12\n" in text
    assert commands_in(path)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_can_be_compared(path: Path) -> None:
    assert {each["total_cost"] is not None for each in example(path.stem)["architectures"]} == {True}


@pytest.mark.parametrize("command", [line for path in EXAMPLES for line in commands_in(path)])
def test_the_commands_that_an_example_names_run(command: str) -> None:
    done = run(*shlex.split(command)[1:], cwd=ROOT)
    assert done.code in (0, 3), done.err
    assert "Traceback" not in done.err
    assert "RuntimeWarning" not in done.err


def test_the_support_assistant_on_the_frontier_model_alone_costs_what_its_tokens_cost() -> None:
    fresh, read, written = 1 - 0.70 - 0.02, 0.70, 0.02
    request = (5000 * (fresh * 5 + read * 0.50 + written * 6.25) + 500 * 25) / 1e6
    first_month = 200_000 * request  # 4,375
    found = compared("support-assistant")["all-frontier"]
    assert point(found, "total_cost") == pytest.approx(first_month * (1.03**24 - 1) / 0.03)


def test_the_support_assistants_cascade_pays_for_the_successor_of_a_retired_model() -> None:
    groups = {charge["group"] for charge in compared("support-assistant")["cascade"]["charges"]}
    assert {"gpt-4.1-mini", "gpt-5.4-mini", "claude-opus-4-8"} <= groups


def test_the_support_assistants_open_model_needs_one_gpu_and_a_spare() -> None:
    busiest = 200_000 * 4 / (730 * 3600)  # 0.304 requests a second, of 1.712 × 0.7
    assert busiest < 1.712 * 0.7
    found = example("support-assistant", "host", "open-8b")
    assert found["gpus"] == 1 + 1
    assert found["monthly_cost"] == pytest.approx(2 * 0.99 * 730 + 2000)


def test_the_hybrids_four_rows_are_todays_prices() -> None:
    rows = compared("hybrid-format-tune")
    frontier = 1000 * 5 + 200 * 25  # USD a million requests
    assert point(rows["all-frontier"], "monthly_cost") == pytest.approx(frontier)
    mix = 0.7 * (1000 * 1 + 200 * 5) + 0.2 * (1000 * 3 + 200 * 15) + 0.1 * frontier
    assert point(rows["routing"], "monthly_cost") == pytest.approx(mix + 10 * 1)  # 10 tokens a query to decide
    assert rows["fine-tuned-only"]["one_time_cost_bounds"] == pytest.approx([90_000, 220_000])
    low = 5_000 + 500 * 2 * 1.2
    high = 15_000 + 2_000 * 5 * 1.3
    assert rows["hybrid"]["one_time_cost_bounds"] == pytest.approx([low, high])


def test_support_inquiries_cost_less_at_a_small_api_than_on_a_gpu() -> None:
    rows = compared("support-inquiries")
    assert point(rows["frontier"], "monthly_cost") == pytest.approx(0.2 * (480 * 5 + 20 * 25))  # 580
    assert point(rows["small-api"], "monthly_cost") == pytest.approx(0.2 * (480 * 1 + 20 * 5))  # 116
    assert point(rows["one-l40s"], "monthly_cost") == pytest.approx(0.99 * 730 + 200)  # 922.70


def test_only_the_model_on_the_vehicle_passes_the_vehicles_gates() -> None:
    rows = compared("vehicle-voice")
    assert [name for name, row in rows.items() if row["feasible"]] == ["on-vehicle"]
    assert rows["cloud-api"]["failed_gates"] == ["edge", "first_token_ms"]
    assert rows["with-cloud"]["failed_gates"] == ["edge"]
    assert point(rows["cloud-api"], "monthly_cost") == pytest.approx(30 * (300 * 1 + 40 * 5))


def test_a_billion_tokens_a_day_on_the_frontier_model() -> None:
    rows = compared("post-moderation")
    assert point(rows["frontier"], "monthly_cost") == pytest.approx(6000 * (4 * 5 + 1 * 25))  # 270,000
    months = example("post-moderation", "tco", "hybrid")["months"]
    tokens_a_second = 0.9 * 6e9 * 5 / (30 * 24 * 3600)
    gpus = -(-tokens_a_second * 2 // (18256 * 0.7)) + 1  # peak 2, used to 70 %, one spare
    rent = gpus * 0.99 * 720
    # Live after four months (17.4 weeks) in a draw of 200, whose retraining falls into this month: half a per cent of
    # the mean of 5,000..15,000, about 9,160, which is some 45.
    weeks = statistics.NormalDist(math.log(12 * 16) / 2, math.log(16 / 12) / (2 * 1.6449))
    late = (1 - weeks.cdf(math.log(4 * 365 / 12 / 7))) * mean_between(5_000, 15_000)
    assert months[-2]["cost"] == pytest.approx(0.1 * 270_000 + rent + 12_000 + late, abs=10)


def test_ten_million_classifications_cost_a_tenth_of_a_cent_each() -> None:
    rows = compared("classification-10m")
    assert rows["haiku"]["cost_per_request"] == pytest.approx((800 * 1 + 40 * 5) / 1e6)
    assert rows["newer-haiku"]["cost_per_request"] == pytest.approx((800 * 0.10 + 40 * 0.50) / 1e6)
    assert rows["tuned-7b"]["one_time_cost_bounds"] == pytest.approx([15_000, 60_000])


def test_build_or_buy_does_the_documents_sums_right() -> None:
    bought = example("build-vs-buy", "tco", "gpt-4o")
    request = (1000 * 2.50 + 500 * 10) / 1e6
    assert request == pytest.approx(0.0075)
    assert bought["months"][0]["cost"] == pytest.approx(3e6 * (request + 0.10 * 20))
    successor = (1000 * 2.50 + 500 * 15) / 1e6  # gpt-5.4, from the first month after 2027-01-14
    assert bought["months"][2]["cost"] == pytest.approx(3e6 * (successor + 0.10 * 20))
    built = compared("build-vs-buy")["tuned"]
    training = (4 * 2.69 * 10, 8 * 2.69 * 20)
    labels = (10_000 * 2 * 1.2, 10_000 * 5 * 1.3)
    assert labels == pytest.approx((24_000, 65_000))
    assert built["one_time_cost_bounds"] == pytest.approx([labels[0] + training[0], labels[1] + training[1]])
    saved = 1000 * (0.10 - 0.01) * 20  # on reviews, in 1,000 requests
    assert saved == pytest.approx(1_800)


def test_segments_cost_the_sum_of_their_parts() -> None:
    rows = compared("segments")
    classify, answer, draft = 600 * 5 + 20 * 25, 3000 * 5 + 400 * 25, 6000 * 5 + 1500 * 25
    assert point(rows["all-frontier"], "monthly_cost") == pytest.approx(
        2 * (0.70 * classify + 0.25 * answer + 0.05 * draft)
    )
    assert rows["all-frontier"]["failed_gates"] == ["restricted_data"]
    assert rows["with-agreement"]["feasible"]
    assert rows["by-task"]["feasible"]


def test_the_build_up_of_a_fine_tune() -> None:
    found = example("fine-tune-buildup", "tco")
    once = (30_000 + 15_000 + 40_000 + 5_000, 80_000 + 50_000 + 80_000 + 10_000)
    monthly = (8_000 + 2_000, 20_000 + 5_000)
    assert found["one_time_cost_bounds"] == pytest.approx(once)
    assert found["monthly_cost_bounds"] == pytest.approx(monthly)
    assert found["total_cost_bounds"] == pytest.approx([once[0] + 12 * monthly[0], once[1] + 12 * monthly[1]])
    assert found["total_cost_bounds"] == pytest.approx([210_000, 520_000])


def test_whole_gpus_have_eighteen_intervals() -> None:
    found = example("whole-gpus", "breakeven")["intervals"]
    even = 2.50 * 730 / 0.002052  # requests at which one GPU costs what the API does
    assert len(found) == 2 * 9
    assert [each["to_requests_per_month"] for each in found[0::2]] == [int(k * even) for k in range(1, 10)]
    assert [each["to_requests_per_month"] for each in found[1:-1:2]] == [k * 1_000_000 for k in range(1, 9)]
    assert found[16]["from_requests_per_month"] == 8_000_001
    assert found[16]["to_requests_per_month"] == 8_004_385
    assert found[17]["to_requests_per_month"] is None
