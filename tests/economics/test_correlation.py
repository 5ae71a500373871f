"""Stated correlations are kept, missing ones follow, and impossible ones are named."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import optimize

from llmcost.economics.correlation import correlation_factor
from llmcost.errors import InputError

Link = tuple[str, str, float]


def matrix(*links: Link) -> dict[tuple[str, str], float]:
    paths, factor = correlation_factor(links)
    found = factor @ factor.T
    return {(a, b): float(found[i, j]) for i, a in enumerate(paths) for j, b in enumerate(paths)}


def test_a_chain_multiplies() -> None:
    """Independent given the one between them: 0.8 · 0.5."""
    assert matrix(("a", "b", 0.8), ("b", "c", 0.5))["a", "c"] == pytest.approx(0.8 * 0.5)


def test_apart_is_independent() -> None:
    assert matrix(("a", "b", 0.8), ("c", "d", 0.5))["a", "d"] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("sign", [-1, 1])
def test_one_and_the_same_but_for_its_sign(sign: int) -> None:
    found = matrix(("a", "b", sign), ("b", "c", -0.5))
    assert found["a", "b"] == pytest.approx(sign)
    assert found["a", "c"] == pytest.approx(sign * -0.5)


def test_a_circle_gets_the_largest_determinant() -> None:
    """Against a search over the two missing pairs."""

    def minus_log_det(missing: np.ndarray) -> float:
        x, y = missing
        values = np.linalg.eigvalsh([[1, 0.9, x, 0.75], [0.9, 1, 0.9, y], [x, 0.9, 1, 0.9], [0.75, y, 0.9, 1]])
        return float(-np.log(values).sum()) if values[0] > 0 else 1e9

    best = optimize.minimize(minus_log_det, [0.8, 0.8], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12}).x
    found = matrix(("a", "b", 0.9), ("b", "c", 0.9), ("c", "d", 0.9), ("d", "a", 0.75))
    assert (found["a", "c"], found["b", "d"]) == pytest.approx(tuple(best), abs=1e-6)


def test_on_the_very_edge() -> None:
    """0.6, 0.8 and 0.6·0.8 + √(1 − 0.36)·√(1 − 0.64) = 0.96: one input is a sum of the others."""
    assert matrix(("a", "b", 0.6), ("b", "c", 0.8), ("a", "c", 0.96))["a", "c"] == pytest.approx(0.96)
    angles = (0.3, 0.4, 0.5, 1.2)  # of a circle in which three angles add up to the fourth
    links = zip("abcd", "bcda", map(math.cos, angles), strict=True)
    assert matrix(*links)["d", "a"] == pytest.approx(math.cos(1.2), abs=1e-5)


@pytest.mark.parametrize(
    "links",
    [
        (("a", "b", 0.9), ("b", "c", 0.9), ("a", "c", -0.5)),
        (("a", "b", 1.0), ("b", "c", 1.0), ("a", "c", 0.5)),
        (("a", "b", 1.0), ("b", "c", -1.0), ("c", "a", 1.0)),
        (("a", "b", 0.9), ("b", "c", 0.9), ("c", "d", 0.9), ("d", "a", -0.9)),
        tuple(zip("abcd", "bcda", map(math.cos, (0.3, 0.4, 0.5, 1.25)), strict=True)),
    ],
)
def test_what_no_inputs_can_have(links: tuple[Link, ...]) -> None:
    """The pairs that clash are named, and no other."""
    with pytest.raises(InputError) as refused:
        correlation_factor((*links, ("x", "y", 0.3)))
    for first, second, _ in links:
        assert f"{first} and {second}:" in refused.value.what
    assert "x and y" not in refused.value.what
