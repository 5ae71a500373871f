"""What a person writes for a number, and what it means."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from worked import Case, arithmetic, cases, name_of

from llmcost.quantity import Quantity, QuantityError, Range, number, quantity

WRITTEN = cases("quantity")


def read(given: dict[str, Any]) -> float | Range:
    written = given.get("text", given.get("list", given.get("map")))
    return quantity(written, given.get("scale", "positive"))


@pytest.mark.parametrize("case", WRITTEN, ids=name_of)
def test_reading(case: Case) -> None:
    """Each way of writing a quantity means one thing, or is refused with what to type instead."""
    if isinstance(case.expect, str):
        assert read(case.given) == pytest.approx(arithmetic(case.expect), rel=1e-15)
        return
    if "error" in case.expect:
        with pytest.raises(QuantityError) as refused:
            read(case.given)
        assert case.expect["error"] in refused.value.what
        assert case.expect["hint"] in refused.value.hint
        return
    found = read(case.given)
    assert isinstance(found, Range)
    for field, expected in case.expect.items():
        value = getattr(found, field)
        if isinstance(expected, str) and field != "shape":
            assert value == pytest.approx(arithmetic(expected), rel=1e-12)
        else:
            assert value == expected


@pytest.mark.parametrize("written", [float("nan"), float("inf"), -float("inf"), 10**400, True, None, [], {}, b"1"])
def test_what_is_no_quantity(written: object) -> None:
    """Python values that are no finite number are refused as well."""
    with pytest.raises(QuantityError):
        quantity(written)


@given(st.just(0.0) | st.floats(1e-30, 1e30))
def test_a_float_is_itself(value: float) -> None:
    """A number written out in full is read back bit by bit."""
    assert number(value) == value
    assert number(repr(value)) == value
    assert quantity(f"  ${value!r} ") == value


@given(st.integers(0, 10**15))
def test_thousands_apart(value: int) -> None:
    """A whole number reads the same with and without its commas."""
    assert number(f"{value:,}") == value == number(f"{value:_}")


@given(st.integers(0, 10**6), st.sampled_from(["k", "K", "m", "M", "b", "B", "t", "T"]))
def test_multipliers(value: int, letter: str) -> None:
    """k, M, B and T multiply by a thousand each, in either case."""
    assert number(f"{value}{letter}") == value * 1000 ** ("kmbt".index(letter.lower()) + 1)


@given(st.floats(1e-6, 1e12), st.floats(1e-6, 1e12))
def test_every_form_of_a_range_is_the_same(one: float, other: float) -> None:
    """Dots, the word to, brackets and a mapping write the same range."""
    low, high = sorted((one, other))
    forms: list[Any] = [f"{low!r}..{high!r}", f"{low!r} to {high!r}", [low, high], {"low": low, "high": high}]
    found = {quantity(form) for form in forms}
    assert found == {Range(low, high) if low < high else low}


@given(st.floats(1e-6, 1e12), st.floats(1e-6, 1e12))
def test_the_middle_of_a_positive_range(one: float, other: float) -> None:
    """The median lies within the range, as far from one end as from the other in ratio."""
    low, high = sorted((one, other))
    middle = Range(low, high).middle
    assert low <= middle <= high
    assert math.isclose(middle / low, high / middle, rel_tol=1e-9)


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_middle_of_a_share(one: float, other: float) -> None:
    """The median of a share is the mean of its ends."""
    low, high = sorted((one, other))
    assert Range(low, high, scale="share").middle == pytest.approx((low + high) / 2)


@given(st.text(max_size=30))
def test_any_text_is_a_quantity_or_is_refused(text: str) -> None:
    """Whatever is typed is a finite quantity that is not negative, or a QuantityError with a hint."""
    found: float | Range | QuantityError
    try:
        found = quantity(text)
    except QuantityError as refused:
        found = refused
    if isinstance(found, QuantityError):
        assert found.hint
        assert "\n" not in found.what
        return
    low, high = (found.low, found.high) if isinstance(found, Range) else (found, found)
    assert math.isfinite(low) and math.isfinite(high)
    assert 0 <= low <= high


@pytest.mark.parametrize("written", ["1.5", "1..2", "0", "-1"])
def test_whole_numbers(written: str) -> None:
    """A field of whole numbers above zero takes no fraction, no range and nothing below one."""
    with pytest.raises(QuantityError):
        Quantity("positive", above=0, whole=True).parse(written)


def test_a_whole_number_is_an_int() -> None:
    """A field of whole numbers gives an int."""
    found = Quantity("positive", above=0, whole=True).parse("1k")
    assert found == 1000
    assert type(found) is int
