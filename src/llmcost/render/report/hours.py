"""The chart of when the measured calls come, by the hour of the day."""

from __future__ import annotations

from llmcost.render import figures, svg
from llmcost.render.page import Column, Table, count
from llmcost.render.svg import Picture, Scale
from llmcost.usage.summary import Usage

LEFT, RIGHT, TOP, BOTTOM = 52.0, 510.0, 10.0, 130.0
_HOURS = [Column("hour", "Hour, UTC"), Column("calls", "Calls")]


def picture(found: Usage) -> Picture | None:
    """A bar an hour of the day; None where the log does not tell hours apart."""
    by_hour = found.hours.by_hour_of_day
    if by_hour is None or not any(by_hour):
        return None
    most = max(by_hour)
    y = Scale(0, most, BOTTOM, TOP)
    step = (RIGHT - LEFT) / len(by_hour)
    bars = [
        svg.column(LEFT + hour * step + 2, step - 4, y(calls), BOTTOM, "fill plain")
        for hour, calls in enumerate(by_hour)
        if calls
    ]
    hours = [
        svg.words(LEFT + (hour + 0.5) * step, BOTTOM + 18, f"{hour}", "tick", "middle")
        for hour in range(0, len(by_hour), 3)
    ]
    scale = svg.y_axis(y, svg.ticks(0, most, 4), LEFT, RIGHT, svg.short_count)
    title = "When the calls come"
    busiest = by_hour.index(most)
    says = f"By the hour of the day, UTC: most at {busiest}:00 ({figures.number_of('call', most)}), {_quiet(by_hour)}."
    drawing = svg.chart("hours", title, says, BOTTOM + 24, scale, *bars, *hours)
    rows = [[count(hour), count(calls)] for hour, calls in enumerate(by_hour)]
    return Picture(title, says, drawing, Table("", _HOURS, rows))


def _quiet(by_hour: list[int]) -> str:
    """The hours with no call, or the hour with the fewest."""
    none = [hour for hour, calls in enumerate(by_hour) if not calls]
    if none:
        return f"none in {len(none)} of the {len(by_hour)} hours"
    least = min(by_hour)
    return f"fewest at {by_hour.index(least)}:00 ({figures.count(least)})"
