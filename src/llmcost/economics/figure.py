"""What an output is: its expected value, how it spreads, and the extremes that it comes to."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

from llmcost.arithmetic import Number, is_array


class Figure(NamedTuple):
    """One output: its expected value (the number itself where no range reaches it), distribution and extremes.

    `spread` is P5, median, P95 of the output itself; `bounds` its extremes within the ranges; `bounds_at`
    the shares of the draws that lie below each; `monotone` says whether corners are extreme, and so exact.
    `error` is the standard error of the expected value: of the draws, not of the inputs.
    """

    value: float | None
    spread: tuple[float | None, float | None, float | None] | None = None
    bounds: tuple[float | None, float | None] | None = None
    bounds_at: tuple[float, float] | None = None
    monotone: bool = True
    error: float | None = None


class Ratio(NamedTuple):
    """An output that is one amount over another, times a number: expected, the ratio of the expected values.

    So that a figure is the quotient of the figures it is shown beside. None where there is nothing to divide by.
    """

    amount: Number | None
    over: Number | None
    times: float = 1.0

    @property
    def value(self) -> Number | None:
        """The ratio as it is: at a point, or in each draw."""
        if self.amount is None or self.over is None:
            return None
        if not is_array(self.over) and self.over <= 0:
            return None
        return self.amount / self.over * self.times


Output: TypeAlias = "Number | Ratio | None"
Headline: TypeAlias = Mapping[Any, Output]  # named outputs; None is unknown, infinity is never


def value_of(output: Output) -> Number | None:
    """An output at a point, or in each draw."""
    return output.value if isinstance(output, Ratio) else output


def known(value: Any) -> float | None:
    """A finite float, or None: unknown and never are both null in the output."""
    if value is None or not math.isfinite(value):
        return None
    return float(value)
