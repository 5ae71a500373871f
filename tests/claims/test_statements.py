"""How a published statement is read: figures, ranges, bounds in words, and what they reach."""

from __future__ import annotations

from typing import Any

import pytest

from llmcost.claims.published import Published
from llmcost.quantity import QuantityError


@pytest.mark.parametrize(
    ("written", "kind", "ends", "unit"),
    [
        ("$1,980", "figure", (1980, 1980), "USD"),
        (1980, "figure", (1980, 1980), ""),
        ("67%", "figure", (0.67, 0.67), "share"),
        ("3.66x", "figure", (3.66, 3.66), "times"),
        ("about 7×", "figure", (7, 7), "times"),
        ("5 times", "figure", (5, 5), "times"),
        ("~$400", "figure", (400, 400), "USD"),
        ("nearly 40%", "figure", (0.4, 0.4), "share"),
        ("almost $5", "figure", (5, 5), "USD"),
        ("15 percent", "figure", (0.15, 0.15), "share"),
        ("10 million", "figure", (1e7, 1e7), ""),
        ("-20%", "figure", (-0.2, -0.2), "share"),
        ("90k..220k", "range", (90_000, 220_000), ""),
        ("$90K–$220K", "range", (90_000, 220_000), "USD"),
        ("$25-50", "range", (25, 50), "USD"),
        ("50 to 200x", "range", (50, 200), "times"),
        ("60 to 80%", "range", (0.6, 0.8), "share"),
        ("60 to 80 percent", "range", (0.6, 0.8), "share"),
        ("between 5M and 50M", "range", (5e6, 5e7), ""),
        (["1", "2"], "range", (1, 2), ""),
        ({"low": "30%", "high": "60%"}, "range", (0.3, 0.6), "share"),
        ("at least 90%", "at_least", (0.9, 0.9), "share"),
        ("90%+", "at_least", (0.9, 0.9), "share"),
        ("1.5M or more", "at_least", (1.5e6, 1.5e6), ""),
        ("no fewer than 3", "at_least", (3, 3), ""),
        ("at least 90 per cent", "at_least", (0.9, 0.9), "share"),
        (">= 3", "at_least", (3, 3), ""),
        ("over 5 billion", "at_least", (5e9, 5e9), ""),
        ({"at_least": "90%"}, "at_least", (0.9, 0.9), "share"),
        ("under $500", "at_most", (500, 500), "USD"),
        ("fewer than 500", "at_most", (500, 500), ""),
        ("$500 or less", "at_most", (500, 500), "USD"),
        ("up to 5M", "at_most", (5e6, 5e6), ""),
        ("never", "never", (0, 0), ""),
    ],
)
def test_what_a_source_may_print(written: Any, kind: str, ends: tuple[float, float], unit: str) -> None:
    found = Published.parse(written)
    assert (found.kind, found.unit) == (kind, unit)
    assert (found.low, found.high) == pytest.approx(ends)


@pytest.mark.parametrize(
    ("written", "reached"),
    [("5x", (5,)), ("4..5", (4, 5)), ("at least 5", (5,)), ("up to 5", (5,)), ("under 5", ()), ("fewer than 5", ())],
)
def test_a_bound_from_above_is_reached_only_by_up_to(written: str, reached: tuple[float, ...]) -> None:
    """`under 5` promises no figure at all, so it can be no impossible one."""
    assert Published.parse(written).reached == reached


@pytest.mark.parametrize(
    "written",
    ["", "a lot", "5 apples", "5..", "200..100", "at least 5..6", None, True, ["1"], {"low": 1}, {"max": 5}, "nan"],
)
def test_what_is_no_published_figure(written: Any) -> None:
    with pytest.raises(QuantityError) as refused:
        Published.parse(written)
    assert refused.value.hint


@pytest.mark.parametrize("word", ["at least", "fewer than", "up to", "nearly"])
def test_the_refusal_of_a_word_names_those_that_are_read(word: str) -> None:
    with pytest.raises(QuantityError) as refused:
        Published.parse("presumably 5")
    assert f" {word}," in refused.value.hint
