"""Charts with a place for everything: the volumes at which each architecture wins, and cost against quality."""

from __future__ import annotations

from llmcost.decision.reporting import Report
from llmcost.economics.comparison import Compared
from llmcost.economics.intervals import Interval
from llmcost.economics.uncertainty import Figure
from llmcost.economics.volumes import Intervals
from llmcost.render import figures, svg
from llmcost.render.markup import Markup, joined, tag
from llmcost.render.page import Column, Table, between, share, text, usd
from llmcost.render.pages.breakeven import intervals, volume_today
from llmcost.render.svg import Picture, Scale
from llmcost.wording import number_of

LEFT, RIGHT = 10.0, 510.0
BELOW, ABOVE = 1e-3, 100.0  # times today's volume: what the strip shows
MOST_ROWS = 60
HAIR = 0.6
_QUALITY = [
    Column("name", "Architecture", number=False),
    Column("quality_kept", "Quality kept"),
    Column("quality_range", "P5 to P95"),
    Column("total_cost", "Total"),
    Column("total_range", "P5 to P95"),
]


def volumes(found: Report) -> Picture | None:
    """The strip of volumes, by the cheapest, with today's marked; None where volume is no question."""
    swept = found.volumes
    if swept is None or not swept.intervals:
        return None
    comparison = found.details.comparison
    places = {row.name: i for i, row in enumerate(comparison.architectures)}
    low, high = _reach(swept)
    x = Scale(low, high, LEFT, RIGHT, log=True)
    parts = [_segment(each, places, x, high) for each in swept.intervals if each.from_requests_per_month < high]
    decades = [10.0**k for k in range(-1, 17) if low <= 10.0**k <= high]
    axis = svg.x_axis(x, decades, 82, svg.short_count)
    today = _marker(swept.today, x, f"today {svg.short_count(swept.today)}")
    title = "Which architecture is the cheapest at which volume"
    says = _says(swept)
    name = svg.words((LEFT + RIGHT) / 2, 118, "requests in the first month, logarithmic", "tick", "middle")
    drawing = svg.chart("volumes", title, says, 122, axis, name, *parts, today)
    table = intervals(swept.intervals[:MOST_ROWS], comparison.horizon_months)
    notes = [f"{name} is left out: {reason}." for name, reason in swept.left_out.items()]
    if len(swept.intervals) > MOST_ROWS:
        notes.append(f"The first {MOST_ROWS} of {len(swept.intervals)} intervals; llmcost breakeven lists them all.")
    if swept.stopped_at is not None:
        notes.append(f"Beyond {swept.stopped_at:,} requests a month nothing is said.")
    return Picture(title, says, drawing, table._replace(notes=notes))


def _reach(swept: Intervals) -> tuple[float, float]:
    today = swept.today or 1e4
    return max(1.0, today * BELOW), max(today * ABOVE, 10.0)


def _segment(each: Interval, places: dict[str, int], x: Scale, high: float) -> Markup:
    end = each.to_requests_per_month
    left, right = x(max(each.from_requests_per_month, x.low)), x(min(float(end or high), high))
    if end is not None and end < x.low:
        return joined([])
    position = places[each.cheapest]
    parts = [svg.bar(left, right, 42, 22, f"fill strip {svg.hue(position)}")]
    if right - left > 13:
        most = int((right - left - 16) / 7)
        name = svg.short(each.cheapest, most) if most >= 4 else ""
        label = joined(
            [
                tag("tspan", {"class": "letter"}, svg.letter(position)),
                tag("tspan", {"class": "name", "dx": "4"}, name) if name else None,
            ]
        )
        parts.append(svg.words((left + right) / 2, 76, label, "tick strong", "middle"))
    return joined(parts)


def _marker(value: float, x: Scale, label: str) -> Markup:
    """Today's volume, and a second marker that the levers move."""
    at = x(value)
    anchor = "start" if at < 90 else "end" if at > WIDE else "middle"
    now = tag("g", {"class": "marker"}, svg.line(at, 24, at, 66, "now"), svg.words(at, 19, label, "strong", anchor))
    moved = tag(
        "g",
        {
            "class": "marker moved",
            "id": "volume-moved",
            "data-low": x.low,
            "data-high": x.high,
            "data-left": LEFT,
            "data-right": RIGHT,
            "visibility": "hidden",
        },
        tag("path", {"d": "M0 36l-5 -9h10z"}),
    )
    return joined([now, moved])


WIDE = 430.0


def _says(swept: Intervals) -> str:
    said = volume_today(swept.today, swept.intervals) or ""
    names = list(dict.fromkeys(each.cheapest for each in swept.intervals))
    if len(swept.intervals) == 1:
        return f"{names[0]} is the cheapest at every volume."
    return f"{said} {len(swept.intervals)} intervals, from low volumes to high: {', '.join(names[:6])}.".strip()


def quality(found: Report) -> Picture | None:
    """Total cost against quality kept, for the architectures whose quality is known; None where it is for fewer than two."""
    comparison = found.details.comparison
    known = [
        (i, row)
        for i, row in enumerate(comparison.architectures)
        if row.quality_kept.value is not None and row.total_cost.value is not None
    ]
    if len(known) < 2:
        return None
    least = found.details.point.requirements.min_quality_kept
    kept = [end for _, row in known for end in _ends(row.quality_kept)] + ([least] if least is not None else [])
    costs = [end for _, row in known for end in _ends(row.total_cost)]
    margin = max((max(kept) - min(kept)) * 0.08, 0.005)
    x = Scale(0, max(costs) * 1.02 or 1.0, 52, 500)
    y = Scale(min(kept) - margin, max(kept) + margin, 268, 12)
    parts = [
        svg.y_axis(y, svg.ticks(y.low, y.high, 6), 52, 500, lambda value: f"{value * 100:.3g}%"),
        svg.x_axis(x, svg.ticks(0, x.high, 5), 268, svg.short_usd),
        svg.words(276, 298, f"total over {number_of('month', comparison.horizon_months)}", "tick", "middle"),
    ]
    if least is not None:
        parts += [
            svg.line(52, y(least), 500, y(least), "gate"),
            svg.words(56, y(least) - 5, f"required {figures.share(least)}", "tick"),
        ]
    # No name may stand on a mark: a mark is as high as a name whose foot is 4 units below its middle.
    marks = [(x(row.total_cost.value or 0.0), y(row.quality_kept.value or 0.0)) for _, row in known]
    taken = [(at - 6, at + 6, height + 4) for at, height in marks]
    if least is not None:
        taken.append((56.0, 150.0, y(least) - 5))
    parts += [_place(i, row, x, y, taken) for i, row in known]
    title = "Cost against quality kept"
    says = "; ".join(
        f"{svg.letter(i)} {row.name} keeps {figures.share(row.quality_kept.value)} for {figures.usd(row.total_cost.value)}"
        for i, row in known
    )
    cells = [
        [
            text(row.name),
            share(row.quality_kept),
            between(row.quality_kept, figures.share),
            usd(row.total_cost),
            between(row.total_cost, figures.usd),
        ]
        for _, row in known
    ]
    drawing = svg.chart("quality", title, f"{says}.", 304, *parts)
    return Picture(title, f"{says}.", drawing, Table("", _QUALITY, cells))


def _ends(figure: Figure) -> tuple[float, float]:
    value = figure.value or 0.0
    if figure.spread is None or figure.spread[0] is None or figure.spread[2] is None:
        return value, value
    return figure.spread[0], figure.spread[2]


def _place(position: int, row: Compared, x: Scale, y: Scale, taken: list[tuple[float, float, float]]) -> Markup:
    """A mark with its ranges, and its name where there is room for it; `taken` holds the names so far."""
    cost, kept = row.total_cost.value or 0.0, row.quality_kept.value or 0.0
    (left, right), (low, high) = _ends(row.total_cost), _ends(row.quality_kept)
    hue = svg.hue(position)
    parts = []
    if left != right:
        parts.append(svg.line(x(left), y(kept), x(right), y(kept), f"error {hue}"))
    if low != high:
        parts.append(svg.line(x(cost), y(low), x(cost), y(high), f"error {hue}"))
    parts.append(tag("circle", {"cx": x(cost), "cy": y(kept), "r": 5.0, "class": f"mark {hue}"}))
    name = svg.short(row.name, 15)
    wide = 18 + 6.6 * len(name)
    to_left = x(cost) + wide > 510
    begin = x(cost) - 8 - wide if to_left else x(cost) + 8
    at = _free(y(kept) - 7, begin, begin + wide, taken)
    taken.append((begin, begin + wide, at))
    if abs(at - (y(kept) - 7)) > 10:
        parts.append(svg.line(x(cost), y(kept) + 5, begin + (wide if to_left else 0), at - 4, f"lead {hue}"))
    label = joined(
        [tag("tspan", {"class": "letter"}, svg.letter(position)), tag("tspan", {"class": "name", "dx": "4"}, name)]
    )
    parts.append(svg.words(begin + wide if to_left else begin, at, label, "end", "end" if to_left else None))
    return joined(parts)


def _free(wanted: float, begin: float, end: float, taken: list[tuple[float, float, float]]) -> float:
    """The height nearest to the wanted one at which no other name stands, below it first."""
    tries = [wanted, *(wanted + sign * 14 * step for step in range(1, 12) for sign in (1, -1))]
    for height in tries:
        if 14 <= height <= 262 and not any(b < end and begin < e and abs(h - height) < 14 for b, e, h in taken):
            return height
    return wanted
