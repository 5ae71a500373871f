"""The published examples come out, from the Python API and from the command line alike."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from command_line import Call, Run, run, run_all
from worked import Case, answer, arithmetic, cases, holds, name_of

from llmcost import load_catalog

PUBLISHED = cases("published")
OFFER_FLAGS = {
    "build": "--build",
    "saving_per_call": "--saving-per-call",
    "operations_per_month": "--operations",
    "calls_per_month": "--calls",
}


def call_of(given: dict[str, Any]) -> Call:
    """The same question on the command line: a scenario on standard input, or flags alone."""
    if "offer" in given:
        flags = [part for field, value in given["offer"].items() for part in (OFFER_FLAGS[field], value)]
        return Call(("breakeven", *flags, "-f", "json"))
    scenario = json.dumps({"start": "2026-12", **given["scenario"]})
    return Call((given.get("command", "compare"), "-", "-f", "json"), scenario)


@pytest.fixture(scope="module")
def printed() -> dict[str, Run]:
    """Every published case, asked on the command line."""
    return run_all({case.name: call_of(case.given) for case in PUBLISHED})


@pytest.mark.parametrize("case", PUBLISHED, ids=name_of)
def test_the_python_api_gives_it(case: Case) -> None:
    """Each published figure follows from its own inputs."""
    holds(answer(case.given), case.expect)


@pytest.mark.parametrize("case", PUBLISHED, ids=name_of)
def test_the_command_line_gives_it(case: Case, printed: dict[str, Run]) -> None:
    """The command line prints the figure that the Python API returns."""
    holds(printed[case.name].result, case.expect)


def test_the_tier_table_from_flags_alone() -> None:
    """`route` with flags alone prices 70/20/10 at $1,660 and the baseline at $5,000."""
    prices = ("claude-haiku-4-5.input=0.80", "claude-sonnet-4-6.input=3", "claude-opus-4-8.input=5")
    mix = "claude-haiku-4-5=70%,claude-sonnet-4-6=20%,claude-opus-4-8=10%"
    found = run(
        "route",
        *("--monthly-input", "1B", "--monthly-output", "0", "--mix", mix, "--baseline", "claude-opus-4-8"),
        *(part for price in prices for part in ("--price", price)),
        *("-f", "json"),
    ).result
    mixed, baseline = arithmetic("700 * 0.80 + 200 * 3 + 100 * 5"), arithmetic("1000 * 5")
    holds(found, {"mixes": {"mix 1": {"monthly_cost": f"{mixed}"}, "claude-opus-4-8": {"monthly_cost": f"{baseline}"}}})


def test_the_build_up_from_flags_alone() -> None:
    """`tco` with flags alone adds the published build-up to $210,000-$520,000 in a year."""
    items = ("training=30k..80k", "data=15k..50k", "engineering=40k..80k", "evaluation=5k..10k")
    found = run(
        "tco",
        *(part for item in items for part in ("--build", item)),
        *("--monthly", "hosting=8k..20k", "--monthly", "monitoring=2k..5k", "--horizon", "12", "-f", "json"),
    ).result
    expected = {
        "one_time_cost_bounds": ["90000", "220000"],
        "total_cost_bounds": ["90000 + 12 * 10000", "220000 + 12 * 25000"],
    }
    holds(found, expected)


def test_the_catalog_prices_gpt_4o() -> None:
    """GPT-4o at $2.50 and $10 per million tokens: 1,000 in and 500 out are $0.0075."""
    price = load_catalog().price("gpt-4o", date(2026, 11, 22))
    cost = price.request_cost(input_tokens=1000, output_tokens=500)
    assert cost == pytest.approx(arithmetic("(1000 * 2.50 + 500 * 10) / 1000000"))


@pytest.mark.parametrize(("provider", "rate"), [("RunPod", 1.99), ("Lambda", 2.86)])
def test_the_catalog_prices_an_h100(provider: str, rate: float) -> None:
    """An H100 PCIe was published at $1.99 an hour on RunPod and at $2.86 on Lambda."""
    published = [entry.usd_per_gpu_hour for entry in load_catalog().dated_gpu_prices("H100-PCIe", provider)]
    assert rate in published
