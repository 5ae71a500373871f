"""The programme of a policy against brute force, against itself moved by hand, and at its limits."""

from __future__ import annotations

import math
import random
import subprocess
import sys
from itertools import product

import pytest

from llmcost.decision.assignment import assign, conflicting
from llmcost.decision.programme import FixedCost, FleetCost, Limits, Option, Programme
from llmcost.decision.staircase import staircase_hull


def cost_by_hand(programme: Programme, chosen: tuple[Option, ...]) -> tuple[float, list[float]]:
    """USD over the horizon and by month of one assignment, summed straight from the definitions."""
    months = [sum(option.month_costs[m] for option in chosen) for m in range(programme.months)]
    once = sum(option.once for option in chosen)
    for node in {node for option in chosen for node in option.uses}:
        once += programme.fixed[node].once
        months = [month + programme.fixed[node].months[m] for m, month in enumerate(months)]
    for fleet, cost in programme.fleets.items():
        replicas = []
        for m in range(programme.months):
            load = sum(option.loads[fleet][m] for option in chosen if fleet in option.loads)
            replicas.append(math.ceil(load - 1e-9))
            months[m] += replicas[-1] * cost.months[m]
        once += cost.purchase * max(replicas)
    return once + sum(months), months


def best_by_hand(programme: Programme) -> float | None:
    """The lowest cost over every assignment that keeps to the limits; None where none does."""
    found = []
    for chosen in product(*programme.options):
        total, months = cost_by_hand(programme, chosen)
        limits = programme.limits
        if limits.max_monthly_cost is not None and max(months) > limits.max_monthly_cost + 1e-9:
            continue
        if limits.min_quality_kept is not None:
            if any(option.quality is None for option in chosen):
                continue
            kept = sum(w * (o.quality or 0.0) for w, o in zip(programme.weights, chosen, strict=True))
            if kept < limits.min_quality_kept - 1e-9:
                continue
        if limits.max_architectures is not None and len({o.architecture for o in chosen}) > limits.max_architectures:
            continue
        found.append(total)
    return min(found, default=None)


def drawn(seed: int) -> Programme:
    """A small random programme: API models, fleets, shared builds, growth, limits."""
    draw = random.Random(seed)  # noqa: S311 - not for secrets
    months, segments, choices = draw.choice([1, 3, 6]), draw.randint(2, 5), draw.randint(2, 4)
    growth = draw.choice([0.0, 0.03])
    weights = [draw.uniform(0.2, 1.0) for _ in range(segments)]
    weights = [weight / sum(weights) for weight in weights]
    fleets = {f"fleet {k}": FleetCost((draw.uniform(500, 3000),) * months, draw.choice([0.0, 900.0])) for k in range(2)}
    fixed = {f"build {k}": FixedCost(draw.uniform(0, 9000), (draw.uniform(0, 300),) * months) for k in range(2)}
    options = []
    for i in range(segments):
        own = []
        for a in range(choices):
            quality = None if draw.random() < 0.1 else draw.uniform(0.7, 1.05)
            scale = [(1 + growth) ** m for m in range(months)]
            if a % 2:
                fleet = f"fleet {a // 2}"
                load = draw.uniform(0.05, 1.7)
                loads = {fleet: tuple(load * s for s in scale)}
                small = draw.uniform(0, 80)
                costs = tuple(small * s for s in scale)
                own.append(Option(f"a{a}", costs, loads, frozenset({f"build {a // 2}"}), quality))
            else:
                per_month = draw.uniform(100, 4000) * weights[i]
                own.append(Option(f"a{a}", tuple(per_month * s for s in scale), quality=quality))
        options.append(tuple(own))
    limits = Limits(
        max_monthly_cost=draw.choice([None, None, draw.uniform(1000, 9000)]),
        min_quality_kept=draw.choice([None, draw.uniform(0.75, 0.98)]),
        max_architectures=draw.choice([None, None, 2]),
    )
    names = tuple(f"segment {i}" for i in range(segments))
    return Programme(names, tuple(options), tuple(weights), fixed, fleets, limits)


@pytest.mark.parametrize("seed", range(200))
def test_the_answer_is_the_best_of_all_assignments(seed: int) -> None:
    programme = drawn(seed)
    best = best_by_hand(programme)
    found = assign(programme, gap=0.0)
    if best is None:
        assert found.infeasible
        assert found.shares is None
        return
    assert found.cost == pytest.approx(best, rel=1e-7)
    assert found.finished
    assert found.bound == pytest.approx(best, rel=1e-6)
    chosen = tuple(
        next(o for o in options if found.shares is not None and o.architecture in found.shares[name])
        for name, options in zip(programme.segments, programme.options, strict=True)
    )
    assert cost_by_hand(programme, chosen)[0] == pytest.approx(best, rel=1e-7)


def test_two_segments_share_a_replica_that_neither_fills() -> None:
    """Alone each would stay with the API at $600; together they fill one replica of $1,000."""
    api = Option("api", (600.0,))
    own = Option("own", (0.0,), {"own": (0.45,)})
    both = Programme(("a", "b"), ((api, own), (api, own)), (0.5, 0.5), {}, {"own": FleetCost((1000.0,))})
    found = assign(both)
    assert found.shares == {"a": {"own": 1.0}, "b": {"own": 1.0}}
    assert found.cost == pytest.approx(1000.0)
    alone = Programme(("a",), ((api, own),), (1.0,), {}, {"own": FleetCost((1000.0,))})
    assert assign(alone).shares == {"a": {"api": 1.0}}


def test_an_unknown_quality_is_not_assigned_under_a_floor() -> None:
    cheap = Option("cheap", (10.0,), quality=None)
    dear = Option("dear", (100.0,), quality=1.0)
    programme = Programme(("a",), ((cheap, dear),), (1.0,), {}, {}, Limits(min_quality_kept=0.9))
    assert assign(programme).shares == {"a": {"dear": 1.0}}
    assert assign(programme._replace(limits=Limits())).shares == {"a": {"cheap": 1.0}}


def test_shares_split_a_segment_and_the_shadow_price_is_what_quality_costs() -> None:
    """Quality .8 for $10 or 1 for $100: 90 % of it is half and half, $55, and one point more costs 90/0.2/100 = $4.50."""
    options = ((Option("cheap", (10.0,), quality=0.8), Option("dear", (100.0,), quality=1.0)),)
    programme = Programme(("a",), options, (1.0,), {}, {}, Limits(min_quality_kept=0.9), shares=True)
    found = assign(programme)
    assert found.cost == pytest.approx(55.0)
    assert found.shares is not None
    assert found.shares["a"] == pytest.approx({"cheap": 0.5, "dear": 0.5})
    assert found.shadow_prices["min_quality_kept"] / 100 == pytest.approx(90 / 0.2 / 100)
    moved = assign(programme._replace(limits=Limits(min_quality_kept=0.91)))
    assert moved.cost == pytest.approx(55.0 + 4.5)


def test_limits_that_contradict_are_named_and_no_others() -> None:
    options = ((Option("cheap", (10.0,), quality=0.8), Option("dear", (100.0,), quality=1.0)),)
    limits = Limits(max_monthly_cost=50.0, min_quality_kept=0.95, max_architectures=1)
    programme = Programme(("a",), options, (1.0,), {}, {}, limits)
    assert assign(programme).infeasible
    assert conflicting(programme) == ["max_monthly_cost", "min_quality_kept"]
    assert conflicting(programme._replace(limits=limits._replace(max_monthly_cost=200.0))) == []


def test_a_limit_of_nodes_ends_with_a_bound_that_holds_and_twice_the_same() -> None:
    draw = random.Random(3)  # noqa: S311 - not for secrets
    fleets = {f"f{k}": FleetCost((draw.uniform(900, 1100),)) for k in range(6)}
    options = tuple(
        tuple(Option(f"f{k}", (draw.uniform(0, 20),), {f"f{k}": (draw.uniform(0.1, 0.6),)}) for k in range(6))
        for _ in range(24)
    )
    programme = Programme(tuple(f"s{i}" for i in range(24)), options, (1 / 24,) * 24, {}, fleets)
    first, second = assign(programme, gap=0.0, most_nodes=1), assign(programme, gap=0.0, most_nodes=1)
    assert first == second
    assert first.cost is not None
    assert first.bound <= first.cost + 1e-9
    assert first.gap == pytest.approx((first.cost - first.bound) / first.cost)
    whole = assign(programme, gap=0.0)
    assert whole.cost is not None
    assert first.bound - 1e-6 <= whole.cost <= first.cost + 1e-6


def test_the_solver_writes_nothing_to_standard_output() -> None:
    """The banner comes from the C library, once a process: only a process of its own shows it."""
    program = (
        "from llmcost.decision.assignment import assign\n"
        "from llmcost.decision.programme import Option, Programme\n"
        "print(assign(Programme(('a',), ((Option('x', (1.0,)),),), (1.0,), {}, {})).cost)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "1.0\n"


def test_the_hull_lies_beneath_the_staircase_and_touches_it() -> None:
    """Rent 100 a replica in one month: the staircase ⌈L⌉·100 touches its hull 100·L at whole loads, and 100 below the first."""
    lines = staircase_hull([1.0], [100.0], 3.0)
    assert lines == [(0.0, 100.0), (100.0, 0.0)]
    growth, prices = [1.0, 1.1, 1.21], [100.0, 100.0, 120.0]
    for slope, level in staircase_hull(growth, prices, 7.3):
        for step in range(1, 731):
            load = step / 100
            rent = sum(p * math.ceil(load * g - 1e-9) for g, p in zip(growth, prices, strict=True))
            assert slope * load + level <= rent + 1e-6
