"""The points of the levers are what the changed scenario's own comparison gives, winner included."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sample import sample, uncertain_sample

from llmcost.catalog import load_catalog
from llmcost.cli.draft import draft_from
from llmcost.cli.reading import asked
from llmcost.economics.comparison import Details, compare, compare_in_detail
from llmcost.economics.levers import Lever
from llmcost.economics.whatif import FIGURES, WhatIf, what_if
from llmcost.scenario import Scenario, scenario_from

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path.stem for path in (ROOT / "examples").glob("*.yaml"))
GPU = {
    "kind": "self_hosted",
    "model": "llama-3.1-8b",
    "gpu": {"name": "L40S", "provider": "RunPod"},
    "precision": "fp8",
}
WRITTEN: dict[str, dict[str, Any]] = {
    "the sample": sample(),
    "the sample with ranges": uncertain_sample(),
    "tokens a month alone": {
        "start": "2026-12",
        "workload": {"monthly_input_tokens": "1B", "monthly_output_tokens": "200M"},
        "architectures": {
            "a": {"kind": "api", "model": "claude-haiku-4-5"},
            "r": {"kind": "routed", "mix": {"claude-haiku-4-5": "70%", "claude-opus-4-8": "rest"}},
        },
    },
    "machines that have to answer in time": {
        "start": "2026-12",
        "horizon_months": 3,
        "workload": {"requests_per_month": "2M", "input_tokens": 1000, "output_tokens": 200, "peak_to_average": 2},
        "requirements": {"first_token_ms": 400, "max_monthly_cost": "9k"},
        "baseline": "api",
        "architectures": {
            "api": {"kind": "api", "model": "claude-haiku-4-5", "first_token_ms": 350},
            "own": {**GPU, "operations_per_month": 500},
            "mixed": {"kind": "routed", "mix": {"own": "80%", "claude-haiku-4-5": "20%"}, "first_token_ms": 380},
        },
    },
    "what no month may cost": {
        "start": "2026-12",
        "horizon_months": 6,
        "workload": {"requests_per_month": "1M", "input_tokens": 1000, "output_tokens": 200, "growth_per_month": "5%"},
        "requirements": {"max_monthly_cost": 6000, "payback_within_months": 3, "min_quality_kept": "85%"},
        "quality": {"claude-haiku-4-5": "80%", "claude-opus-4-8": "95%"},
        "baseline": "strong",
        "architectures": {
            "strong": {"kind": "api", "model": "claude-opus-4-8"},
            "routed": {
                "kind": "routed",
                "mix": {"claude-haiku-4-5": "60%", "claude-opus-4-8": "40%"},
                "build": {"integration": "4k", "contingency": "10%"},
            },
        },
    },
}


def details_of(name: str) -> Details:
    if name in WRITTEN:
        return compare_in_detail(scenario_from(WRITTEN[name]), load_catalog())
    flags = {"scenario": str(ROOT / "examples" / f"{name}.yaml"), "as_of": "2026-11-22"}
    question = asked(draft_from(flags), flags)
    return compare_in_detail(question.scenario, question.catalog, question.sampling)


def at(value: Any, position: int) -> float | None:
    """A figure at one place of the axis; never is None, as everywhere."""
    found = value[position] if getattr(value, "ndim", 0) else value
    return None if found is None or not np.isfinite(found) else float(found)


ADDED = ("one_time_cost", "monthly_cost", "total_cost")


def check_costs(details: Details, found: WhatIf, changed: Scenario, position: int, where: object) -> None:
    """With ranges: a cost is that of the changed scenario, and what today's expected cost is above that of the inputs' own."""
    fresh = compare_in_detail(changed, load_catalog())
    middle = compare_in_detail(details.point, load_catalog())
    middles = {row.name: row for row in middle.comparison.architectures}
    expected_rows = {row.name: row for row in details.comparison.architectures}
    for row in fresh.comparison.architectures:
        for field in ADDED:
            there, today, mean = (
                getattr(each, field).value for each in (row, middles[row.name], expected_rows[row.name])
            )
            shown = at(found.figures[row.name, field], position)
            if None in (there, today, mean):
                assert shown is None, (where, row.name, field)
            else:
                assert shown == pytest.approx(there + mean - today, rel=1e-9, abs=1e-6), (where, row.name, field)
        for month, cost in zip(found.months, found.cumulative[row.name], strict=True):
            there, today, mean = (
                each.estimates[row.name].months[month - 1].cumulative_cost for each in (fresh, middle, details)
            )
            assert at(cost, position) == (None if there is None else pytest.approx(there + mean - today, rel=1e-9))


def check(details: Details, found: WhatIf, changed: Scenario, position: int, where: object) -> str | None:
    """Every figure, month and winner at a place is that of the changed scenario."""
    if details.outcome.ranges:
        check_costs(details, found, changed, position, where)
        return None
    fresh = compare_in_detail(changed, load_catalog())
    for row in fresh.comparison.architectures:
        for field in FIGURES:
            expected = getattr(row, field).value
            shown = at(found.figures[row.name, field], position)
            assert (shown is None) == (expected is None), (where, row.name, field)
            assert shown is None or shown == pytest.approx(expected, rel=1e-9, abs=1e-6), (where, row.name, field)
        for month, cost in zip(found.months, found.cumulative[row.name], strict=True):
            expected = fresh.estimates[row.name].months[month - 1].cumulative_cost
            assert at(cost, position) == (None if expected is None else pytest.approx(expected, rel=1e-9))
        fails = found.fails[row.name]
        assert bool(fails[position] if getattr(fails, "ndim", 0) else fails) == (not row.feasible), (where, row.name)
    best = int(found.cheapest[position])
    winner = list(details.estimates)[best] if best >= 0 else None
    assert winner == fresh.comparison.cheapest, where
    return winner


def some(lever: Lever) -> list[int]:
    last = len(lever.points) - 1
    return sorted({0, last // 4, lever.today, (3 * last) // 4, last})


@pytest.mark.parametrize("name", [*EXAMPLES, *WRITTEN])
def test_every_point_is_its_own_comparison(name: str) -> None:
    details = details_of(name)
    found = what_if(details)
    assert found is not None
    for lever, begin in zip(found.levers, found.begins, strict=True):
        for index in some(lever):
            changed = lever.moved(details.point, lever.points[index])
            check(details, found, changed, begin + index, (lever.key, lever.points[index]))
    if found.grid is not None:
        grid = found.grid
        first, second = found.levers[grid.first], found.levers[grid.second]
        for row in (0, len(grid.rows) // 3, len(grid.rows) - 1):
            for column in (0, len(grid.columns) // 2, len(grid.columns) - 1):
                values = first.points[grid.rows[row]], second.points[grid.columns[column]]
                changed = second.moved(first.moved(details.point, values[0]), values[1])
                check(details, found, changed, grid.begin + row * len(grid.columns) + column, values)


@pytest.mark.parametrize("name", ["machines that have to answer in time", "what no month may cost"])
def test_a_requirement_turns_along_the_way(name: str) -> None:
    """Where nothing turned, the test above would not see a requirement that is judged once for all."""
    details = details_of(name)
    found = what_if(details)
    assert found is not None
    assert any(getattr(fails, "ndim", 0) and fails.any() and not fails.all() for fails in found.fails.values())
    assert len(set(found.cheapest)) > 1


@pytest.mark.parametrize("name", [*EXAMPLES, *WRITTEN])
def test_at_todays_values_stands_the_comparison(name: str) -> None:
    """Ranges or none: today's points show the very figures and the choice of every other command."""
    details = details_of(name)
    found = what_if(details)
    assert found is not None
    for lever, begin in zip(found.levers, found.begins, strict=True):
        position = begin + lever.today
        for row in details.comparison.architectures:
            for field in (*ADDED, "saving", "cost_per_mtok"):
                shown, expected = at(found.figures[row.name, field], position), getattr(row, field).value
                assert shown == (None if expected is None else pytest.approx(expected, rel=1e-9, abs=1e-6)), field
        best = int(found.cheapest[position])
        assert (list(details.estimates)[best] if best >= 0 else None) == details.comparison.cheapest


def test_todays_value_is_a_point_of_every_lever() -> None:
    details = details_of("support-assistant")
    found = what_if(details)
    assert found is not None
    assert [lever.key for lever in found.levers] == [
        *("volume", "cheap_share", "escalation", "build", "price_drift", "utilisation"),
    ]
    for lever in found.levers:
        assert list(lever.points) == sorted(set(lever.points))
    assert found.grid is not None
    assert (found.levers[0].today in found.grid.rows) and (found.levers[1].today in found.grid.columns)


def test_what_changes_no_cost_is_no_lever() -> None:
    """Prices by the month alone: the drift of API prices, say, moves nothing."""
    scenario = {
        "start": "2026-12",
        "architectures": {"t": {"kind": "fine_tuned", "build": {"x": 1000}, "monthly": {"h": 100}}},
    }
    found = what_if(compare_in_detail(scenario_from(scenario), load_catalog()))
    assert found is not None
    assert [lever.key for lever in found.levers] == ["build"]
    scenario["architectures"]["t"].pop("build")  # type: ignore[index]
    assert what_if(compare_in_detail(scenario_from(scenario), load_catalog())) is None


def test_the_share_goes_to_the_cheapest_target() -> None:
    """By the first month's cost of each target alone, whatever the order of the mix."""
    scenario = sample({"architectures": {"routed": {"kind": "routed", "mix": {"strong": "30%", "cheap": "70%"}}}})
    details = compare_in_detail(scenario_from(scenario), load_catalog())
    found = what_if(details)
    assert found is not None
    lever = next(lever for lever in found.levers if lever.key == "cheap_share")
    assert lever.place == "architectures.routed.mix.cheap"
    moved = compare(lever.moved(details.point, 0.9), load_catalog())
    routed = next(row for row in moved.architectures if row.name == "routed")
    requests = sum(1_000_000 * 1.05**month for month in range(6))
    cheap, strong = (1000 * 0.5 + 200 * 2) / 1e6, (1000 * 5 + 200 * 25) / 1e6
    router = 10 * 0.5 / 1e6
    assert routed.total_cost.value == pytest.approx(requests * (0.9 * cheap + 0.1 * strong + router))
