"""The cheapest choice of an option for each segment, against trying every one."""

from __future__ import annotations

import math
import random
import tracemalloc
from itertools import product

import pytest

from llmcost.decision import placement
from llmcost.decision.placement import MOST_PRICED, Choice, Option, Shared, placed


def cost_of(segments: list[list[Option]], choice: Choice) -> float:
    """What is apart, and of each fleet as many whole replicas as its loads fill, at `least` a replica."""
    chosen = [options[i] for options, i in zip(segments, choice, strict=True)]
    fleets: dict[str, list[Shared]] = {}
    for option in chosen:
        for what, shared in option.shared.items():
            fleets.setdefault(what, []).append(shared)
    whole = [each[0].least * max(1, math.ceil(sum(s.part for s in each) / each[0].least)) for each in fleets.values()]
    return math.fsum([*(option.cost for option in chosen), *whole])


def quality_of(segments: list[list[Option]], choice: Choice) -> float:
    qualities = [options[i].quality for options, i in zip(segments, choice, strict=True)]
    return math.fsum(math.inf if each is None else each for each in qualities)


def problem(seed: int) -> tuple[list[list[Option]], float | None, float]:
    """Two to five segments with one to four options, some with a shared cost, some of unknown quality."""
    draw = random.Random(seed)  # noqa: S311 - the same problems every time
    segments = []
    for _ in range(draw.randint(2, 5)):
        options = []
        for name in "abcd"[: draw.randint(1, 4)]:
            quality = None if draw.random() < 0.05 else draw.randint(40, 100) / 100
            fleet = draw.choice([("x", 7.0), ("y", 40.0)])
            shared = {fleet[0]: Shared(fleet[1], float(draw.randint(0, 60)))} if draw.random() < 0.4 else {}
            options.append(Option(name, float(draw.randint(0, 50)), quality, shared))
        segments.append(options)
    needed = None if draw.random() < 0.3 else draw.randint(50, 95) / 100 * len(segments)
    budget = math.inf if draw.random() < 0.5 else float(draw.randint(20, 150))
    return segments, needed, budget


@pytest.mark.parametrize("seed", range(400))
def test_the_choice_is_that_of_trying_every_one(seed: int) -> None:
    segments, needed, budget = problem(seed)

    def price(choice: Choice) -> float | None:
        cost = cost_of(segments, choice)
        poor = needed is not None and quality_of(segments, choice) < needed
        return None if poor or cost > budget else cost

    every = [price(choice) for choice in product(*(range(len(options)) for options in segments))]
    allowed = [cost for cost in every if cost is not None]
    found = placed(segments, needed, budget, price)
    assert found.proven
    if allowed:
        assert found.choice is not None
        assert found.cost == price(found.choice) == pytest.approx(min(allowed))
    else:
        assert found.choice is None


def test_twenty_segments_are_solved_one_by_one_where_nothing_is_shared() -> None:
    """Of 20 like segments k have to be dear: 0.9 × k/20 + 0.6 × (20 − k)/20 ≥ 0.75 from k = 10 on."""
    segments = [[Option("cheap", 1.0, 0.6 / 20, {}), Option("dear", 5.0, 0.9 / 20, {})] for _ in range(20)]
    found = placed(segments, 0.75 - 1e-12, math.inf, lambda choice: cost_of(segments, choice))
    assert found.proven
    assert found.choice is not None
    assert sum(found.choice) == 10
    assert found.cost == 10 * 5 + 10 * 1
    assert found.priced == 1


def test_none_is_proven_where_the_best_of_each_segment_does_not_do() -> None:
    segments = [[Option("cheap", 1.0, 0.03, {}), Option("dear", 5.0, 0.04, {})] for _ in range(20)]
    found = placed(segments, 0.81, math.inf, lambda choice: None)
    assert found.choice is None
    assert found.proven


def test_what_was_not_looked_at_is_not_said_to_be_none() -> None:
    """Every choice is refused by its exact price alone, which the bounds cannot know."""
    segments = [[Option(name, 1.0, None, {"fleet": Shared(1.0, 0.0)}) for name in "abc"] for _ in range(12)]
    found = placed(segments, None, math.inf, lambda choice: None)
    assert found.choice is None
    assert not found.proven
    assert found.priced <= MOST_PRICED


def test_memory_is_bounded_before_it_is_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    """5^13 choices with bounds too low to rule any out: no more are held at once than is said, at some 500 bytes."""
    monkeypatch.setattr(placement, "MOST_OPEN", 10_000)
    draw = random.Random(7)  # noqa: S311 - the same problem every time
    segments = [[Option(n, draw.random(), draw.random(), {n: Shared(1.0, 0.0)}) for n in "abcde"] for _ in range(13)]
    tracemalloc.start()
    found = placed(segments, 6.5, math.inf, lambda choice: 1e3 + cost_of(segments, choice))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.choice is not None
    assert not found.proven
    assert peak < 10_000 * 500
