"""Which claim rests on which: an order in which each comes after those below it, and no circle."""

from collections.abc import Callable, Iterable
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

from llmcost.errors import InputError

Node = tuple[str, str, int]  # of a claim the recomputed figure, the published one, or a reading's


class Link(NamedTuple):
    """A claim, worked out in one of its ways, takes the published or the recomputed figure of another.

    `reading` is 0 for the claim as it is written; `holds` says that it holds where that way does.
    """

    claim: str
    reading: int
    holds: bool
    figure: str
    of: str
    where: Callable[[], str]


def in_order(names: Iterable[str], links: Iterable[Link]) -> list[str]:
    """The claims, each after those whose recomputed figures it takes as it is written.

    Raises InputError for claims that hold each other up. A published figure rests on every way in which
    its claim may hold; so a circle through one would hold by itself, whatever the figure is.
    """
    graph: dict[Node, list[Node]] = {}
    places: dict[tuple[str, str], Callable[[], str]] = {}
    positions = {name: position for position, name in enumerate(names)}
    for name in positions:
        graph["recomputed", name, 0] = []
        graph["published", name, 0] = [("recomputed", name, 0)]
    for link in links:
        own: Node = ("recomputed", link.claim, link.reading)
        graph.setdefault(own, []).append((link.figure, link.of, 0))
        places.setdefault((link.claim, link.of), link.where)
        if link.reading and link.holds:
            graph["published", link.claim, 0].append(own)
    try:
        order = TopologicalSorter(graph).static_order()
        return [name for kind, name, reading in order if kind == "recomputed" and reading == 0]
    except CycleError as error:
        circle: list[Node] = error.args[1][::-1]
    ring = [name for _, name, _ in circle[:-1]]
    around = [name for i, name in enumerate(ring) if name != ring[i - 1]] or ring[:1]  # one's own figure is a circle
    first = min(range(len(around)), key=lambda i: positions[around[i]])
    way = [*around[first:], *around[:first], around[first]]
    published = any(kind == "published" for kind, _, _ in circle)
    raise InputError(
        f"these claims rest on each other's {'' if published else 'recomputed '}figures: {' → '.join(way)}",
        where=places[way[0], way[1]](),
        hint="give one of them its own inputs" + ("" if published else ", or refer to a published figure"),
    )
