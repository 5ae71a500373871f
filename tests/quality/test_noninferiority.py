"""Many tasks raise no false alarm, a bad one is still found, and the queries asked for settle in 80 %."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from evaluations import outcomes, with_tasks

from llmcost.quality.gate import gate
from llmcost.quality.losses import _tail_means
from llmcost.quality.noninferiority import Undecided, holm, p_value, queries_for_power, settled_by, tail_differences


def _equals(generator: Any, kind: str, size: int) -> Any:
    """Two models that are equally good, on queries that are easy or hard for both."""
    ease = generator.random(size)
    if kind == "right or wrong":
        return (generator.random((2, size)) < ease).astype(float)
    return np.clip(ease + 0.2 * generator.standard_normal((2, size)), 0, 1)


@pytest.mark.parametrize("kind", ["right or wrong", "graded"])
def test_a_models_own_equal_fails_no_more_often_than_stated(kind: str) -> None:
    """20 tasks of 20 queries and no margin at all, where chance is the most of it.

    2.5 % of 200 runs are 5; more than 12 come by chance once in 300 times. Each task at 97.5 % for itself
    would fail in half of the runs.
    """
    generator = np.random.default_rng(17)
    task_of = np.repeat(np.arange(20), 20)
    runs = [with_tasks(_equals(generator, kind, 400), task_of) for _ in range(200)]
    found = [gate(run, average_margin=0, tail_margin=0, rounds=100) for run in runs]
    assert sum(each.verdict == "fail" for each in found) <= 12
    alone = sum(
        any(task.average.difference_interval[1] < 0 for task in each.tasks)  # type: ignore[index]
        for each in found
    )
    assert alone > 60


def test_one_bad_task_of_twenty_is_found() -> None:
    """100 queries of which 40 more are wrong: (0.40 − 0.01) ÷ 0.065 is 6 standard errors, Holm asks for 3.4."""
    generator = np.random.default_rng(4)
    task_of = np.repeat(np.arange(20), 100)
    hits = 0
    for _ in range(40):
        scores = (generator.random((2, 2000)) < 0.8).astype(float)
        scores[1, :100] = generator.random(100) < 0.4
        found = gate(with_tasks(scores, task_of), rounds=100)
        hits += [task.task for task in found.tasks if task.verdict == "fail"] == ["t0"]
    assert hits >= 38


def test_the_queries_asked_for_settle_it_in_80_percent() -> None:
    """Drawn anew from the outcomes found, as many as it asks for."""
    generator = np.random.default_rng(8)
    old, new = (np.arange(300) % 10 < 8).astype(float), (np.arange(300) % 11 < 9).astype(float)
    first = gate(outcomes([old, new]), average_margin=0.04)
    assert first.verdict == "not enough data" and first.queries_needed is not None
    settled = 0
    for _ in range(200):
        drawn = generator.integers(0, 300, first.queries_needed)
        settled += gate(outcomes([old[drawn], new[drawn]]), average_margin=0.04, rounds=200).verdict == "pass"
    assert 0.7 <= settled / 200 <= 0.9


def test_a_loss_by_toss_has_at_least_its_exact_chance() -> None:
    """All 2^n signs of n differences counted, for differences of one size and of several."""
    sizes = [np.ones(n) for n in range(3, 13)] + [np.array([1, 1, 1, 1, 0.5, 0.5, 0.2, 0.1]), np.linspace(0.1, 1, 11)]
    for each in sizes:
        tosses = np.array(list(product((-1.0, 1.0), repeat=each.size))) * each
        sums = np.sort(tosses.sum(axis=1))
        for toss in tosses[:: max(len(tosses) // 64, 1)]:
            exact = np.searchsorted(sums, toss.sum() + 1e-9, side="right") / sums.size
            if exact <= 0.1:
                assert p_value(toss, 0.0) >= exact


def test_holms_steps_by_hand() -> None:
    """.001 × 4, then .01 × 3, then .02 × 2, and 0.9 alone."""
    assert holm([0.02, 0.001, 0.9, 0.01], [1, 1, 1, 1]) == pytest.approx([0.04, 0.004, 0.9, 0.03])
    assert holm([0.01, 0.01], [3, 1]) == pytest.approx([0.01 * 4 / 3, 0.01 * 4 / 3])


def test_a_larger_margin_never_makes_a_loss_less_likely_by_chance() -> None:
    change = np.random.default_rng(1).normal(-0.1, 0.3, 50)
    p_values = [p_value(change, margin) for margin in (0.0, 0.01, 0.05, 0.1)]
    assert p_values == sorted(p_values)


def test_several_open_comparisons_need_more_queries_than_one() -> None:
    """Two alike, each to stay open in 10 %: (1.96 + 1.2816)² ÷ (1.96 + 0.8416)² as many."""
    one = queries_for_power(100, 0.01, 0.01, 1.959964)
    assert one == 785  # 100 × (1.959964 + 0.841621)²
    both = settled_by([Undecided(one, 1.959964)] * 2)
    assert both == pytest.approx(one * (3.241516 / 2.801585) ** 2, abs=2)
    assert settled_by([Undecided(one, 1.959964)]) == one


def test_the_tails_differences_have_the_tails_mean() -> None:
    """The lowest 10 of 200 old answers are 0.1, of the new ones 0.05: the threshold lies between both and the rest."""
    old, new = np.full(200, 0.8), np.full(200, 0.8)
    old[:10], new[:10] = 0.1, 0.05
    assert tail_differences(old, new, 0.05).mean() == pytest.approx(-0.05)


def test_a_rounds_tail_is_the_mean_of_the_lowest_drawn() -> None:
    """Of 0.1 (twice), 0.2 and 0.4 the lowest 2.5: (0.1 + 0.1 + 0.5 × 0.2) ÷ 2.5."""
    found = _tail_means(np.array([0.1, 0.2, 0.4]), np.array([[2.0, 1.0, 1.0]]), np.arange(3), 2.5)
    assert found == pytest.approx([0.3 / 2.5])
