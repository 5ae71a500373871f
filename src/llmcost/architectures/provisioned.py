"""Capacity that is bought by the unit: so many requests or tokens a second each, paid whether used or not.

    units = max(min_units, ⌈peak demand ÷ what a unit serves⌉ in steps of unit_step)        where no number is given

With a given number of units, what is beyond them is sent to `spill_over`, at its own price. Unless the share
is stated it follows from the peak: the load of a month in falling order is taken as peak·(1 − t)^(P − 1), whose
mean is the average and whose top is P times it, so of a capacity C (in averages) the share beyond it is
1 − u^P − C·(1 − u) with u = (C ÷ P)^(1 ÷ (P − 1)).
"""

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import model_validator

from llmcost.architectures.architecture import Architecture, Month, plainly
from llmcost.arithmetic import Number, ceil, maximum, minimum
from llmcost.errors import InputError
from llmcost.estimate import Charge, Factor
from llmcost.workload import AboveZero, Count, Months, Share, Stream, Usd, refuse


class Provisioned(Architecture):
    """A model on units of committed capacity, with or without a pay-as-you-go model for what spills over."""

    kind: Literal["provisioned"] = "provisioned"
    model: str | None = None
    usd_per_unit_month: Usd | None = None
    usd_per_unit_hour: Usd | None = None
    requests_per_second_per_unit: AboveZero | None = None
    tokens_per_minute_per_unit: AboveZero | None = None
    units: Months | None = None
    min_units: Count = 0
    unit_step: Months = 1
    spill_over: str | None = None
    spill_over_share: Share | None = None

    @model_validator(mode="after")
    def _one_way_of_saying_it(self) -> Self:
        if (self.usd_per_unit_month is None) == (self.usd_per_unit_hour is None):
            refuse("what does a unit cost?", "give usd_per_unit_month or usd_per_unit_hour, one of the two")
        if (self.requests_per_second_per_unit is None) == (self.tokens_per_minute_per_unit is None):
            hint = "give requests_per_second_per_unit or tokens_per_minute_per_unit, one of the two"
            refuse("what does a unit serve?", hint)
        if self.units is not None and self.spill_over is None:
            hint = "add spill_over: MODEL, or leave units out: as many are bought as the peak needs"
            refuse("a given number of units does not say what serves the requests beyond them", hint, "units")
        if self.units is not None and self.units < self.min_units:
            refuse(
                f"{self.units} units are fewer than the least that is sold", f"give {self.min_units} or more", "units"
            )
        if self.spill_over is None and self.spill_over_share is not None:
            refuse("spill_over_share without spill_over", "add spill_over: MODEL", "spill_over_share")
        if self.spill_over is not None and self.units is None:
            hint = "give units: the number that is bought; without it the peak is bought, and nothing spills over"
            refuse("spill_over without units", hint, "spill_over")
        return self

    def targets(self) -> list[str]:
        return [] if self.spill_over is None else [self.spill_over]

    def phase(self, month: Month) -> tuple[Number, ...]:
        return (month.growth,)

    def forward(self, name: str, stream: Stream, month: Month) -> Iterator[tuple[str, Stream]]:
        if self.spill_over is not None:
            yield self.spill_over, stream.times(self._spilled(stream, month))

    def charges(self, name: str, streams: list[Stream], month: Month) -> Iterator[Charge]:
        yield from super().charges(name, streams, month)
        if self.usd_per_unit_month is not None:
            price: tuple[Factor, ...] = (self.factor("usd_per_unit_month", "USD/month"),)
        else:
            price = (month.hours_factor, self.factor("usd_per_unit_hour", "USD/h"))
        yield Charge("provisioned units", "monthly", (self._units(streams, month), *price), name)

    def _units(self, streams: list[Stream], month: Month) -> Factor:
        if self.units is not None:
            return self.factor("units")
        demand: Number = sum((self._demand(stream, month) for stream in streams), 0.0)
        needed = ceil(demand / self.unit_step) * self.unit_step
        least = f"; {self.min_units} at least" if self.min_units else ""
        step = f" in steps of {self.unit_step}" if self.unit_step > 1 else ""
        rule = f"ceil({plainly(demand)} units at the peak){step}{least}"
        return Factor("units", maximum(needed, float(self.min_units)), "", "derived", rule)

    def _demand(self, stream: Stream, month: Month) -> Number:
        """The units that a stream keeps busy at its peak."""
        if self.requests_per_second_per_unit is not None:
            if not stream.requests_known:
                raise InputError(
                    "units that serve requests need requests_per_month",
                    hint="give requests_per_month, or tokens_per_minute_per_unit",
                )
            of_a_unit, used = self.requests_per_second_per_unit * month.hours * 3600, stream.requests
        else:
            assert self.tokens_per_minute_per_unit is not None  # noqa: S101 - one of the two is given
            of_a_unit, used = self.tokens_per_minute_per_unit * month.hours * 60, stream.tokens
        return used / of_a_unit * month.peak_factor.value

    def _spilled(self, stream: Stream, month: Month) -> Factor:
        """The share of the requests beyond the units, of all that reach them."""
        if self.spill_over_share is not None:
            return self.factor("spill_over_share")
        assert self.units is not None  # noqa: S101 - spill_over takes units
        peak = month.peak_factor.value
        whole: Number = 1.0
        for factor in stream.flow:
            whole = whole * (factor.value if factor.name in ("segment_share", "measured_share") else 1.0)
        average = self._demand(stream, month) / peak / whole  # of all that reaches the units, not of this segment
        share = beyond(self.units / average, peak)
        star = "*" if month.peak_factor.origin == "assumed" else ""
        rule = (
            f"the load beyond {self.units} units, which carry {plainly(self.units / average)} × the average; "
            f"peak_to_average {plainly(peak)}{star}, the load of a month falling as a power of time"
        )
        return Factor("spill_over_share", share, "", "derived", rule)


def beyond(capacity: Number, peak: Number) -> Number:
    """The share of a load beyond a capacity, both in averages, whose top is `peak` averages (at least 1)."""
    top = maximum(peak, 1.0 + 1e-9)
    held = minimum(capacity, top)
    left = (held / top) ** (1 / (top - 1))
    return maximum(1 - left**top - held * (1 - left), 0.0)
