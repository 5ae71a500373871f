"""Every command names the same architecture, or says for the same reason that there is none; and its one total."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from llmcost import Sampling, load_catalog, scenario_from
from llmcost.decision.deciding import decide
from llmcost.decision.framework import load_bank
from llmcost.decision.policy import policy
from llmcost.decision.reporting import report
from llmcost.economics.breakeven import breakeven
from llmcost.economics.comparison import Comparison, compare
from llmcost.economics.ownership import tco
from llmcost.economics.routing import route

CATALOG = load_catalog()
KINDS = ("api", "mixed", "cascade", "own", "tuned")


def about(source: Random, value: float) -> Any:
    """A figure, or a range around it."""
    if source.random() < 0.4:
        return value
    width = source.uniform(1.1, 3)
    return f"{value / width:.6g}..{value * width:.6g}"


def random_scenario(seed: int) -> dict[str, Any]:
    """Ranges, requirements, unknown qualities and discounting, each in some of them."""
    source = Random(seed)  # noqa: S311 - the same scenarios in every run
    quality = {model: f"{source.uniform(0.75, 0.9):.3f}..{source.uniform(0.9, 0.99):.3f}" for model in "abc"}
    quality |= {name: source.uniform(0.8, 0.97) for name in ("tuned", "own")}
    stated = {name: value for name, value in quality.items() if source.random() < 0.75}
    required: dict[str, Any] = {}
    if source.random() < 0.5:
        required["min_quality_kept"] = source.choice([0.85, 0.95, 1.0])
    if source.random() < 0.3:
        required["max_monthly_cost"] = about(source, 6000)
    if source.random() < 0.3:
        required["payback_within_months"] = source.randint(1, 12)
    if source.random() < 0.2:
        required["residency"] = ["eu"]
    prices = {
        model: {"input_per_mtok": about(source, price), "output_per_mtok": about(source, price * 5)}
        for model, price in (("a", 0.3), ("b", 1.0), ("c", 4.0))
    }
    return {
        "start": "2026-12",
        "horizon_months": source.choice([1, 6, 12, 24]),
        "discount_rate": source.choice([0, 0, 0.15, "5%..20%"]),
        "api_price_change_per_year": source.choice([0, -0.3, "-50%..-10%"]),
        "workload": {
            "requests_per_month": about(source, 1e6),
            "input_tokens": 1000,
            "output_tokens": about(source, 200),
            "growth_per_month": source.choice([0, 0, 0.03]),
        },
        "baseline": "api",
        "prices": prices,
        "quality": stated,
        "requirements": required,
        "architectures": {
            "api": {"kind": "api", "model": "c"},
            "mixed": {"kind": "routed", "mix": {"a": "70%", "c": "30%"}},
            "cascade": {"kind": "cascade", "stages": ["a", "b"], "escalation": ["20%..40%"]},
            "own": {
                "kind": "self_hosted",
                "gpu": {"usd_per_gpu_hour": about(source, 2.5)},
                "throughput": {"requests_per_second": about(source, 4)},
                "operations_per_month": about(source, 1000),
            },
            "tuned": {
                "kind": "fine_tuned",
                "build": {"training": about(source, 20000)},
                "monthly": {"hosting": about(source, 2000)},
                "ready_after_weeks": source.choice([0, "4..10"]),
            },
        },
    }


def held(seed: int, samples: int) -> None:
    scenario = scenario_from(random_scenario(seed))
    sampling = Sampling(samples)
    found: Comparison = compare(scenario, CATALOG, sampling)
    why = found.choice.sentence
    routed = route(scenario, CATALOG, sampling)
    even = breakeven(scenario, CATALOG, sampling)
    decided = decide(load_bank(["moves"], []), {}, scenario, CATALOG, sampling)
    placed = policy(scenario, CATALOG, sampling)
    page = report(scenario, CATALOG, sampling)
    named = {
        "route": (routed.cheapest, routed.choice.sentence),
        "breakeven": (even.cheapest, even.choice.sentence if even.choice else ""),
        "decide": (decided.recommendation.architecture, decided.economics.choice.sentence if decided.economics else ""),
        "policy": (placed.choice.architecture, placed.choice.sentence),
        "report": (page.recommendation.architecture, page.details.comparison.choice.sentence),
    }
    assert named == dict.fromkeys(named, (found.cheapest, why)), seed
    totals = {row.name: row.total_cost.value for row in found.architectures}
    for name, own in page.details.estimates.items():
        assert own.total_cost == pytest.approx(totals[name], rel=1e-9)
        if page.what_if is not None:
            at = page.what_if.begins[0] + page.what_if.levers[0].today
            shown: Any = page.what_if.figures[name, "total_cost"]
            assert (shown[at] if hasattr(shown, "dtype") else shown) == pytest.approx(totals[name], rel=1e-9)
    if placed.choice.architecture is not None:
        assert placed.total_cost == pytest.approx(totals[placed.choice.architecture], rel=1e-9)
    owned = tco(scenario, CATALOG, "tuned", sampling)
    assert owned.total_cost.value == pytest.approx(totals["tuned"], rel=1e-9)
    for row in found.architectures:
        months = found.horizon_months
        charged = sum(c.cost * (months if c.cadence == "monthly" else 1) for c in row.charges)
        assert charged == pytest.approx(row.total_cost.value, abs=0.005)
        assert row.one_time_cost.value + months * row.monthly_cost.value == pytest.approx(  # type: ignore[operator]
            row.total_cost.value, abs=0.005
        )
    assert sum(month.cost or 0.0 for month in owned.months) + (owned.one_time_cost.value or 0.0) == pytest.approx(
        totals["tuned"], abs=0.005
    )
    steps = found.waterfall
    assert sum(step.adds or 0.0 for step in steps) == pytest.approx(
        (steps[0].present_value or 0.0) - (steps[-1].present_value or 0.0), abs=0.005
    )


@pytest.mark.parametrize("seed", range(20))
def test_every_command_names_the_same_architecture(seed: int) -> None:
    """compare, route, breakeven, decide, policy and report on one scenario: one choice, one reason, one total."""
    held(seed, 4096)


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", range(20, 220))
def test_every_command_names_the_same_architecture_at_the_default_draws(seed: int) -> None:
    """The same on 200 more, with as many draws as a command takes."""
    held(seed, 1 << 16)


@pytest.mark.parametrize("seed", range(40))
def test_leaving_a_quality_out_never_makes_an_architecture_win(seed: int) -> None:
    """Whose quality is left out is chosen only if it was chosen before."""
    data = random_scenario(seed)
    data["requirements"]["min_quality_kept"] = 0.95
    before = compare(scenario_from(data), CATALOG, Sampling(256)).cheapest
    models = {"api": "c", "mixed": "ac", "cascade": "ab", "own": ("own",), "tuned": ("tuned",)}
    for left_out in data["quality"]:
        less = {**data, "quality": {name: value for name, value in data["quality"].items() if name != left_out}}
        after = compare(scenario_from(less), CATALOG, Sampling(256)).cheapest
        concerned = [name for name, parts in models.items() if left_out in parts]
        assert after == before or after not in concerned, left_out
