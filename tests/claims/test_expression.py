"""Expressions: plain arithmetic is worked out as Python would, and nothing else is let in."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost.claims.expression import FUNCTIONS, LONGEST, Expression, node_value
from llmcost.claims.extremes import LATTICE, extremes
from llmcost.quantity import QuantityError, Range

VALUES = {"requests": 1000.0, "usd_per_request": 0.0075, "share": 0.25}
numbers = st.floats(0.001, 1e6).map(lambda value: float(f"{value:.6g}"))
leaves = st.one_of(numbers.map(lambda value: (f"{value!r}", value)), st.sampled_from(list(VALUES.items())))


def joined(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    def of(sign: str, left: tuple[str, float], right: tuple[str, float]) -> tuple[str, float]:
        (a, x), (b, y) = left, right
        value = {"+": x + y, "-": x - y, "*": x * y}[sign] if sign != "/" else x / y if abs(y) > 1e-9 else x
        return (f"({a}) {sign} ({b})" if sign != "/" or abs(y) > 1e-9 else a), value

    return st.builds(of, st.sampled_from("+-*/"), parts, parts)


@given(st.recursive(leaves, joined, max_leaves=12))
def test_an_expression_has_the_value_of_its_parts(written: tuple[str, float]) -> None:
    """Whatever is built of sums, differences, products and quotients comes out as it was built."""
    text, value = written
    assert Expression(text).value(VALUES) == pytest.approx(value, rel=1e-9, abs=1e-9)


@given(st.recursive(leaves, joined, max_leaves=6))
def test_the_last_step_is_the_result_and_reads_back(written: tuple[str, float]) -> None:
    """A shown step is an expression of the same value, up to the digits it shows."""
    text, value = written
    steps = Expression(text).steps(VALUES)
    if steps:
        again = Expression(steps[-1].written.replace(",", "")).value(VALUES)
        assert steps[-1].value == pytest.approx(value, rel=1e-9, abs=1e-9)
        assert again == pytest.approx(value, rel=1e-6, abs=1e-3 * max(1.0, abs(value)))


def test_it_works_on_draws_as_on_numbers() -> None:
    """An array gives in each place what the number there would give."""
    import numpy as np

    text = "max(requests * usd_per_request, 5) - sqrt(share) / 2 ** 3"
    draws = np.array([100.0, 1000.0, 5000.0])
    expected = [max(x * 0.0075, 5) - math.sqrt(0.25) / 8 for x in draws]
    assert list(Expression(text).value({**VALUES, "requests": draws})) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10k * 2.5", 25_000),
        ("1.5M / 3", 500_000),
        ("60% * 5", 3),
        ("$2.86 * 24", 68.64),
        ("2 ^ 3 ^ 2", 512),
        ("10 − 4 − 3", 3),
        ("12 ÷ 4 ÷ 3", 1),
        ("-2 ** 2", -4),
        ("round(2.5) + ceil(2.1) + floor(2.9)", 3 + 3 + 2),
        ("abs(0 - 3) + min(4, 2, 9) + max(1, 5)", 3 + 2 + 5),
        ("requests", 1000),
    ],
)
def test_what_people_write(text: str, value: float) -> None:
    assert Expression(text).value(VALUES) == pytest.approx(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "__import__('os').system('true')",
        "requests.real",
        "requests[0]",
        "[x for x in requests]",
        "lambda: 1",
        "'a' * 3",
        "requests if share else 2",
        "requests = 2",
        "requests and share",
        "share < 2",
        "1,980 * 2",
        "min(*requests)",
        "sqrt(requests, share)",
        "sum(requests)",
        "requests % share",
        "f'{requests}'",
        "(" * 300 + "1" + ")" * 300,
        "1" + "+1" * LONGEST,
        "2 +",
        "√4",
    ],
)
def test_all_else_is_refused(text: str) -> None:
    """What is no arithmetic is a QuantityError with a hint, never worked out."""
    with pytest.raises(QuantityError) as refused:
        Expression(text)
    assert refused.value.hint


@pytest.mark.parametrize("text", ["1 / 0", "9 ** 9 ** 9", "sqrt(0 - 4)", "1 / (share - 0.25)", "requests * unknown"])
def test_what_has_no_value_is_refused(text: str) -> None:
    with pytest.raises(QuantityError) as refused:
        Expression(text).value(VALUES)
    assert refused.value.hint


def test_the_names_come_in_the_order_in_which_they_are_used() -> None:
    expression = Expression("max(b, a) * b - c")
    assert expression.names == ("b", "a", "c")
    assert not set(expression.names) & set(FUNCTIONS)


def test_the_corners_of_many_ranges_are_found_without_trying_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sum and a difference of 60 ranges: every end by itself says where the corner is, and flipping two only confirms it.

    One round of flipping looks at 60 * 61 / 2 neighbours and the corner itself, for the lowest and for the highest.
    """
    tried: list[int] = []

    def counted(node: Any, values: Any) -> Any:
        found = node_value(node, values)
        tried.append(np.size(found))
        return found

    monkeypatch.setattr("llmcost.claims.extremes.node_value", counted)
    names = [f"x{i}" for i in range(60)]
    expression = Expression(" + ".join(names[:30]) + " - " + " - ".join(names[30:]))
    assert extremes(expression, {name: Range(1, 3) for name in names}) == (30 * 1 - 30 * 3, 30 * 3 - 30 * 1)
    assert sum(tried) <= 2 * (60 * 61 // 2 + 1) + 2 * 60 + 2 + LATTICE


def test_a_corner_of_many_ranges_that_no_end_leads_to_by_itself_is_found() -> None:
    """Products of differences are flat in the middle: which end is the better one depends on the other."""
    pairs = [f"(a{i} - 2) * (b{i} - 2)" for i in range(8)]
    names = [f"{letter}{i}" for letter in "ab" for i in range(8)]
    values = {name: Range(1, 3, mid=2) for name in names}
    assert extremes(Expression(" + ".join(pairs)), values) == (-8, 8)
