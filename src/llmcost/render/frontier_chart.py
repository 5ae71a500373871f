"""The frontier in the terminal, drawn with plotille: cost a request against quality.

Each model is a letter, explained beneath, never a colour; the hull is a line, the random mix dots,
the oracle an O that says it is a bound.
"""

import shutil
from string import ascii_lowercase

from llmcost.quality.frontier_result import Frontier
from llmcost.render import figures
from llmcost.render.chart import _ascii, _carries_unicode
from llmcost.render.plain import harmless


def chart(found: Frontier, *, terminal: bool, unicode: bool | None = None) -> str:
    """The chart as text, never wider than the terminal (100 columns where there is none)."""
    import plotille

    columns = shutil.get_terminal_size((100, 24)).columns if terminal else 100
    costs = [each.cost_per_request for each in found.models] + [found.oracle.cost_per_request]
    qualities = [each.quality for each in found.models] + [found.oracle.quality]
    figure = plotille.Figure()
    figure.with_colors = False
    figure.width = max(min(columns - 24, 72), 16)
    figure.height = 16
    figure.x_label, figure.y_label = "$/1,000", "quality"
    figure.register_label_formatter(float, _tick)
    figure.register_label_formatter(int, _tick)
    x_room = (max(costs) - min(costs)) * 1000 * 0.05 or max(costs) * 100 or 1.0
    y_room = (max(qualities) - min(qualities)) * 0.05 or 0.05
    right = max(costs) * 1000 + x_room
    figure.set_x_limits(min_=max(min(costs) * 1000 - x_room, 0.0), max_=right)
    figure.set_y_limits(min_=min(qualities) - y_room, max_=max(qualities) + y_room)
    corners = [(each.cost_per_request * 1000, each.quality) for each in found.hull]
    corners.append((max(each.cost_per_request for each in found.models) * 1000, found.hull[-1].quality))
    figure.plot([x for x, _ in corners], [y for _, y in corners])
    mix = found.random_mix
    if mix.cheap != mix.strong:
        a, b = mix.points[0], mix.points[-1]
        steps = [i / 24 for i in range(25)]
        xs = [1000 * (a.cost_per_request + s * (b.cost_per_request - a.cost_per_request)) for s in steps]
        figure.scatter(xs, [a.quality + s * (b.quality - a.quality) for s in steps])
    for i, each in enumerate(found.models):
        figure.text([each.cost_per_request * 1000], [each.quality], [_glyph(i)])
    figure.text([found.oracle.cost_per_request * 1000], [found.oracle.quality], ["O"])
    carries = _carries_unicode() if unicode is None else unicode
    picture = figure.show()
    lines = [line.rstrip()[:columns] for line in picture.splitlines()]
    for i, each in enumerate(found.models):
        label = f"{_glyph(i)} {harmless(each.model)}: {each.quality:.4f} at {figures.usd(each.cost_per_request)}"
        label += ", on the hull" if each.on_hull else ", dominated" if each.dominated_by else ""
        lines.append(label[:columns])
    lines.append(
        f"O oracle, an unreachable bound: {found.oracle.quality:.4f} at {figures.usd(found.oracle.cost_per_request)}"
    )
    lines.append("across: USD a thousand requests; line: the hull; dots: the random mix of the cheapest and the best")
    text = "\n".join(lines)
    return text if carries else _ascii(text)


def _glyph(position: int) -> str:
    letters = ascii_lowercase + ascii_lowercase.upper().replace("O", "")
    return letters[position % len(letters)]


def _tick(value: float, chars: int, delta: float, left: bool = False) -> str:
    shown = f"{value:.4g}"
    return f"{shown:<{chars}}" if left else f"{shown:>{chars}}"
