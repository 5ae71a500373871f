"""`gate`: pass, fail, or not enough data, with intervals that mean what they say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from command_line import run
from evaluations import outcomes
from hypothesis import given
from hypothesis import strategies as st

from llmcost.quality.bootstrap import interval, poisson_table, replicates
from llmcost.quality.gate import gate

DATA = Path(__file__).parents[1] / "data"
GSM8K = (str(DATA / "routellm_gsm8k.csv"), "--where", "contaminated=0")
ARENA = str(DATA / "routerarena_sub10_two_models.csv")


def test_a_switch_that_loses_22_points_fails_with_3() -> None:
    done = run("gate", *GSM8K, "--from", "gpt4", "--to", "mixtral", "-f", "json")
    assert done.code == 3
    result = done.result
    assert (result["from"], result["to"], result["verdict"]) == ("gpt4", "mixtral", "fail")
    assert result["average"]["difference"] == pytest.approx((833 - 1121) / 1307)
    assert result["worse_share"] == pytest.approx(382 / 1307)
    assert "gate breached" in done.err


def test_the_way_back_passes_with_0() -> None:
    done = run("gate", *GSM8K, "--from", "mixtral", "--to", "gpt4", "-f", "json")
    assert (done.code, done.result["verdict"]) == (0, "pass")
    names = {each["name"]: each["value"] for each in done.document["assumptions"]}
    assert names["margin"] == 0.01 and names["tail_margin"] == 0.02


def test_a_good_average_does_not_hide_a_task() -> None:
    alone = run("gate", ARENA, "--from", "haiku3", "--to", "gemini2flash", "--no-tasks", "-f", "json")
    assert (alone.code, alone.result["verdict"]) == (0, "pass")
    done = run("gate", ARENA, "--from", "haiku3", "--to", "gemini2flash", "-f", "json")
    assert done.code == 3
    assert done.result["verdict"] == "not enough data"
    assert done.result["queries_needed"] > 809
    assert len(done.result["tasks"]) == 78


def test_a_difference_near_its_margin_names_the_queries_that_would_settle_it() -> None:
    old = np.tile([1, 1, 1, 0], 50)
    new = np.array([1, 1, 1, 0] * 49 + [1, 1, 0, 1])
    found = gate(outcomes([old, new]))
    assert found.average.difference == 0
    assert found.verdict == "not enough data"
    low = found.average.difference_interval[0]  # type: ignore[index]
    power = (1.959964 + 0.841621) / 1.959964  # from a power of one half to one of 80 %
    assert found.queries_needed == pytest.approx(200 * (power * low / 0.01) ** 2, rel=1e-4, abs=1)
    assert found.power == 0.8


def test_few_queries_without_a_loss_are_not_enough() -> None:
    """With n queries of which none got worse, 3.69 ÷ n may still do so: 1 point needs 369 queries."""
    few = np.tile([0.0, 1.0], 50)
    found = gate(outcomes([few, few]))
    assert (found.verdict, found.queries_needed) == ("not enough data", 369)
    assert gate(outcomes([np.tile(few, 4), np.tile(few, 4)])).verdict == "pass"


def test_the_tail_is_each_models_own_worst_answers() -> None:
    old = np.linspace(0.5, 1.0, 1000)
    new = old.copy()
    new[:50] -= 0.4  # the worst 5 %
    found = gate(outcomes([old, new]), tail_margin=0.02, average_margin=0.05)
    assert found.average.verdict == "pass"
    assert found.tail.difference == pytest.approx(-0.4)
    assert found.verdict == "fail"


def test_the_bootstraps_interval_is_the_normal_one_on_many_queries() -> None:
    generator = np.random.default_rng(3)
    values = generator.random(4000)
    for seed in (0, 1):
        rounds = replicates(values.size, lambda part: values[part, None], 2000, seed)
        low, high = interval(rounds[:, 0]) or (0, 0)
        half = 1.96 * values.std() / np.sqrt(values.size)
        assert low == pytest.approx(values.mean() - half, abs=half / 8)
        assert high == pytest.approx(values.mean() + half, abs=half / 8)


def test_the_poissonised_bootstrap_agrees_with_the_exact_one() -> None:
    size = (1 << 16) + 1000
    values = np.random.default_rng(5).random(size)
    rounds = replicates(size, lambda part: values[part, None], 400, 0)
    assert rounds[:, 0].mean() == pytest.approx(values.mean(), abs=4 * values.std() / np.sqrt(size * 400))
    assert rounds[:, 0].std() == pytest.approx(values.std() / np.sqrt(size), rel=0.15)


def test_poisson_counts_have_mean_and_variance_one() -> None:
    table = poisson_table().astype(float)
    assert table.mean() == pytest.approx(1, abs=2e-4)
    assert table.var() == pytest.approx(1, abs=1e-3)


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=20, max_size=60))
def test_a_switch_never_passes_both_ways_unless_it_loses_little(pairs: list[tuple[int, int]]) -> None:
    scores = np.array(pairs, dtype=float).T
    there, back = gate(outcomes(scores), rounds=100), gate(outcomes(scores[::-1]), rounds=100)
    assert there.average.difference == pytest.approx(-back.average.difference)
    if there.verdict == back.verdict == "pass":
        assert abs(there.average.difference) <= 0.01


def test_an_unknown_model_is_refused_with_a_suggestion() -> None:
    done = run("gate", ARENA, "--from", "haiku", "--to", "gemini2flash")
    assert done.code == 2
    assert done.err.splitlines()[-1] == "hint: did you mean haiku3?"
