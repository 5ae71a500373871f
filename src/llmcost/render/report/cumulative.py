"""The chart of cumulative cost over the months, with the P5 to P95 of each architecture and its payback."""

from __future__ import annotations

from llmcost.decision.reporting import Report
from llmcost.economics.trajectories import Trajectory
from llmcost.economics.uncertainty import Figure
from llmcost.render import chart as terminal
from llmcost.render import figures, svg
from llmcost.render.markup import Markup, joined, tag
from llmcost.render.page import Table, between, count, usd
from llmcost.render.svg import Picture, Scale
from llmcost.wording import number_of

LEFT, RIGHT, TOP, BOTTOM, HEIGHT = 62.0, 396.0, 12.0, 268.0, 300.0
Points = list[tuple[float, float, float, float]]  # month, P5, median, P95


def picture(found: Report) -> Picture:
    """The lines of every architecture that is served throughout, and every month's figures."""
    comparison = found.details.comparison
    once = {row.name: row.one_time_cost for row in comparison.architectures}
    lines = [(i, line, _points(line, once[line.name])) for i, line in enumerate(found.trajectories)]
    drawn = [each for each in lines if len(each[2]) > 1]
    top = max((point[3] for _, _, points in drawn for point in points), default=1.0) or 1.0
    x = Scale(0, comparison.horizon_months, LEFT, RIGHT)
    y = Scale(0, top, BOTTOM, TOP)
    parts = [
        svg.y_axis(y, svg.ticks(0, top, 5), LEFT, RIGHT, svg.short_usd),
        svg.x_axis(x, _months(comparison.horizon_months), BOTTOM, lambda month: f"{month:g}"),
        svg.words((LEFT + RIGHT) / 2, HEIGHT - 2, "month", "tick", "middle"),
        *(_band(i, points, x, y) for i, _, points in drawn),
        *(_line(i, line, points, x, y) for i, line, points in drawn),
        _ends(drawn, x, y),
    ]
    title = f"Cumulative cost over {number_of('month', comparison.horizon_months)}"
    says = _says(found, drawn)
    return Picture(title, says, svg.chart("months", title, says, HEIGHT, *parts), _numbers(found, once))


def _points(line: Trajectory, once: Figure) -> Points:
    """Month 0 is what has been paid before the first request; None ends the line."""
    found: Points = []
    for month, figure in enumerate([once, *line.cumulative]):
        if figure.value is None:
            break
        low, middle, high = figure.spread or (figure.value, figure.value, figure.value)
        middle = figure.value if middle is None else middle
        found.append((month, middle if low is None else low, middle, middle if high is None else high))
    return found


def _months(horizon: int) -> list[float]:
    return [float(month) for month in svg.ticks(0, horizon, 8) if month == int(month)]


def _band(position: int, points: Points, x: Scale, y: Scale) -> Markup | None:
    if all(low == high for _, low, _, high in points):
        return None
    upper = [(x(month), y(high)) for month, _, _, high in points]
    lower = [(x(month), y(low)) for month, low, _, _ in points]
    return svg.path([*upper, *reversed(lower)], f"band {svg.hue(position)}", close=True)


def _line(position: int, line: Trajectory, points: Points, x: Scale, y: Scale) -> Markup:
    drawn = [svg.path([(x(month), y(middle)) for month, _, middle, _ in points], f"line {svg.hue(position)}")]
    month = line.payback_month
    if month is not None and line.payback_month != 0 and 1 < month < len(points):
        at = points[int(month)]
        drawn.append(tag("circle", {"cx": x(at[0]), "cy": y(at[2]), "r": 4.5, "class": f"mark {svg.hue(position)}"}))
    return joined(drawn)


def _ends(drawn: list[tuple[int, Trajectory, Points]], x: Scale, y: Scale) -> Markup:
    """The letter and the name of each line where it ends, moved apart where they would collide.

    A line that ends before the horizon does, because a model retires, has its letter right there.
    """
    parts = []
    whole = [(i, line, y(points[-1][2])) for i, line, points in drawn if len(points) > len(line.cumulative)]
    placed = svg.apart([end for _, _, end in whole], 15.0, TOP + 6, BOTTOM)
    for (i, line, end), at in zip(whole, placed, strict=True):
        parts.append(svg.line(RIGHT + 2, end, RIGHT + 10, at, f"lead {svg.hue(i)}"))
        name = tag("tspan", {"class": "name", "dx": "4"}, svg.short(line.name, 15))
        label = joined([tag("tspan", {"class": "letter"}, svg.letter(i)), name])
        parts.append(svg.words(RIGHT + 13, at + 4, label, "end"))
    for i, line, points in drawn:
        if len(points) <= len(line.cumulative):
            month, _, middle, _ = points[-1]
            parts.append(svg.words(x(month) + 5, y(middle) + 4, svg.letter(i), "letter"))
    return joined(parts)


def _says(found: Report, drawn: list[tuple[int, Trajectory, Points]]) -> str:
    """The text alternative: where each line ends, and when it has paid back."""
    parts = []
    base = found.details.comparison.baseline
    for i, line, points in drawn:
        said = f"{svg.letter(i)} {line.name} ends at {figures.usd(points[-1][2])}"
        if len(points) <= len(line.cumulative):
            said += f" in month {points[-1][0]:g}, where it can no longer be served"
            parts.append(said)
            continue
        if line.name != base:
            paid = line.payback_month
            said += ", never pays back" if paid is None else f", pays back in {figures.month(paid)}"
        parts.append(said)
    return f"Against {base}: {'; '.join(parts)}."


def _numbers(found: Report, once: dict[str, Figure]) -> Table:
    table = terminal.table(found.trajectories)
    first = [count(0)]
    for line in found.trajectories:
        first.append(usd(once[line.name]))
        if any(column.key == f"{line.name}_range" for column in table.columns):
            first.append(between(once[line.name], figures.usd))
    return table._replace(rows=[first, *table.rows])
