"""The programme of a policy says what the estimate says, for every assignment of random scenarios."""

from __future__ import annotations

import random
from itertools import product

import pytest
from test_assignment import cost_by_hand

from llmcost.architectures.prices import Prices
from llmcost.architectures.routed import Routed
from llmcost.catalog import load_catalog
from llmcost.decision.coefficients import programme_of
from llmcost.decision.policy import segment_alone
from llmcost.decision.programme import Limits
from llmcost.economics.horizon import estimate
from llmcost.scenario import scenario_from


def drawn(seed: int) -> dict[str, object]:
    """A scenario of two or three segments, two models, two fleets and a fine-tune with a build and a rollout."""
    draw = random.Random(seed)  # noqa: S311 - not for secrets
    shares = [draw.uniform(0.2, 1.0) for _ in range(draw.randint(2, 3))]
    shares = [round(share / sum(shares), 6) for share in shares]
    shares[-1] = 1 - sum(shares[:-1])
    segments = {
        f"s{i}": {"share": share, "input_tokens": draw.randint(100, 3000), "output_tokens": draw.randint(10, 800)}
        for i, share in enumerate(shares)
    }
    fleet = {
        "gpu": {"usd_per_gpu_hour": round(draw.uniform(0.5, 4), 2)},
        "throughput": {"requests_per_second": round(draw.uniform(0.5, 4), 2)},
        "spare": draw.randint(0, 1),
        "operations_per_month": draw.choice([0, 500]),
    }
    return {
        "workload": {
            "requests_per_month": draw.randint(10_000, 3_000_000),
            "input_tokens": 500,
            "output_tokens": 100,
            "growth_per_month": draw.choice([0.0, 0.04]),
        },
        "start": "2026-12",
        "horizon_months": draw.choice([1, 5, 12]),
        "baseline": "big",
        "segments": segments,
        "prices": {
            "small": {"input_per_mtok": 0.2, "output_per_mtok": 0.8},
            "large": {"input_per_mtok": 3, "output_per_mtok": 15},
        },
        "architectures": {
            "big": {"kind": "api", "model": "large"},
            "little": {"kind": "api", "model": "small", "build": {"integration": 4000}},
            "own": {"kind": "self_hosted", **fleet},
            "tuned": {
                "kind": "fine_tuned",
                "build": {"training": 9000},
                "monthly": {"monitoring": 300},
                "serving": {**fleet, "throughput": {"requests_per_second": 2}},
                "ready_after_weeks": draw.choice([0, 8]),
                "rollout": ["50%", "100%"],
                "fallback": "big",
            },
            "half": {"kind": "routed", "mix": {"own": "60%", "large": "40%"}, "router": {"usd_per_request": 0.00001}},
        },
    }


@pytest.mark.parametrize("seed", range(40))
def test_the_programme_costs_what_the_estimate_says(seed: int) -> None:
    scenario = scenario_from(drawn(seed))
    prices = Prices(load_catalog(), scenario.prices, scenario.successors)
    alone = {name: segment_alone(name, segment, scenario) for name, segment in scenario.segments.items()}
    allowed = {name: list(scenario.architectures) for name in alone}
    weights = {name: segment.share for name, segment in scenario.segments.items()}
    programme = programme_of(alone, allowed, weights, {}, prices, Limits())
    draw = random.Random(seed)  # noqa: S311 - not for secrets
    ways = list(product(*programme.options))
    for chosen in draw.sample(ways, min(len(ways), 12)):
        by_segment = {name: option.architecture for name, option in zip(alone, chosen, strict=True)}
        tree = scenario.model_copy(
            update={"architectures": {**scenario.architectures, "policy": Routed(by_segment=by_segment)}}
        )
        whole = estimate("policy", tree, prices)
        total, months = cost_by_hand(programme, chosen)
        assert total == pytest.approx(whole.total_cost, abs=0.005)
        assert months == pytest.approx([month.cost for month in whole.months], abs=0.005)
