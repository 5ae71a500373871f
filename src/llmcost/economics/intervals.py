"""All volume intervals in which one of several costs is the lowest, solved exactly.

A total is `F + V·n + Σ u·ceil(n/s)`: straight between two steps. Crossings are solved there and
checked at whole volumes; beyond the volume from which the steps are finer than the gap between the
slopes the winner no longer changes (docs/methods/time.md).
"""

import math
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from llmcost.arithmetic import ceil

MOST_STEPS = 200_000
MANY = 64


class Interval(NamedTuple):
    """First-month volumes at which one architecture has the lowest total; `to` None: open."""

    from_requests_per_month: int
    to_requests_per_month: int | None
    cheapest: str


class Steps(NamedTuple):
    """An architecture's total over the horizon as a function of the first month's volume n."""

    name: str
    fixed: float
    per_request: float
    sizes: tuple[float, ...]
    costs: tuple[float, ...]

    def total(self, n: float) -> float:
        """F + V·n + Σ u·ceil(n/s), USD over the horizon."""
        stepped = sum(u * ceil(n / s) for u, s in zip(self.costs, self.sizes, strict=True))
        return self.fixed + self.per_request * n + stepped

    @property
    def slope(self) -> float:
        """USD a request once the steps are fine: V + Σ u/s."""
        return self.per_request + sum(u / s for u, s in zip(self.costs, self.sizes, strict=True))


def intervals(
    contenders: list[Steps], low: int, high: int, *, closed: bool = False
) -> tuple[list[Interval], int | None]:
    """All intervals of whole volumes in [low, high] by the cheapest; the last is open when it is proven so.

    Also the volume at which the enumeration stopped, where it did before the winner was settled.
    """
    if not contenders:
        return [], None
    settled = _settled_from(contenders)
    end = high if closed or settled is None else max(low, min(high, math.ceil(settled)))
    edges, stopped = _edges(contenders, low, end)
    found: list[Interval] = []
    steady = _winners_throughout(contenders, edges) or [-1] * (len(edges) - 1)
    for winner, run in groupby(enumerate(steady), key=itemgetter(1)):
        positions = [position for position, _ in run]
        spans = [(positions[0], positions[-1] + 1)] if winner >= 0 else [(at, at + 1) for at in positions]
        for first, last in spans:
            start, stop = edges[first] + 1, edges[last]
            known = [(start, stop, contenders[winner].name)] if winner >= 0 else None
            for begin, finish, name in known or _within(contenders, start, stop):
                if found and found[-1].cheapest == name:
                    found[-1] = found[-1]._replace(to_requests_per_month=finish)
                else:
                    found.append(Interval(begin, finish, name))
    reached = edges[-1]
    proven = settled is not None and reached >= settled and not closed
    if proven:
        found[-1] = found[-1]._replace(to_requests_per_month=None)
        return found, None
    return found, reached if stopped or not closed else None


def _settled_from(contenders: list[Steps]) -> float | None:
    """The volume beyond which the steps are finer than the gap between the slopes; None: never."""
    winner = min(contenders, key=lambda c: (c.slope, c.fixed))
    beyond = 1.0
    for other in contenders:
        if other is winner:
            continue
        gap = other.slope - winner.slope
        most = winner.fixed + sum(winner.costs) - other.fixed  # winner's upper line − other's lower line at 0
        if gap <= 1e-15 * max(abs(other.slope), abs(winner.slope), 1e-300):
            if most >= 0:
                return None
            continue
        beyond = max(beyond, most / gap)
    return beyond + 1


def _edges(contenders: list[Steps], low: int, high: int) -> tuple[list[int], bool]:
    """low − 1, every volume after which a replica is added, and high; cut after MOST_STEPS."""
    sizes = {size for contender in contenders for size in contender.sizes}
    expected = sum((high - low) / max(size, 1.0) for size in sizes)  # whole volumes: no more edges than there are
    stopped = False
    if expected > MOST_STEPS:
        high = low + math.floor((high - low) * MOST_STEPS / expected)
        stopped = True
    edges = {low - 1, high}
    for size in sizes:
        if size < 1:  # every request more takes another replica, or several
            edges.update(range(low, high))
            continue
        counts = range(math.floor((low - 1) / size), math.floor(high / size + 1e-9) + 1)
        served = _all_last_served(counts, size) if len(counts) >= MANY else [_last_served(k, size) for k in counts]
        edges.update(edge for edge in served if low - 1 < edge < high)
    return sorted(edges), stopped


def _last_served(k: int, size: float) -> int:
    """The largest whole volume that k replicas serve, by the very rounding that counts them.

    It forgives a billionth of a replica: of a very large one that is some requests, which none serves.
    """
    edge = math.floor(size * (k + 1e-9 * max(1, k)))
    while ceil(edge / size) > k:
        edge -= max(1, edge >> 52)  # beyond 2^52 a float does not know the next whole number
    return edge


def _all_last_served(counts: range, size: float) -> list[int]:
    """`_last_served` of many counts at once."""
    import numpy as np

    k = np.arange(counts.start, counts.stop, dtype=float)
    edges = np.floor(size * (k + 1e-9 * np.maximum(1.0, k)))
    while (above := np.asarray(ceil(edges / size)) > k).any():
        edges[above] -= np.maximum(1.0, np.floor(edges[above] / 2.0**52))
    return [int(edge) for edge in edges.tolist()]


def _winners_throughout(contenders: list[Steps], edges: list[int]) -> list[int]:
    """Between two edges all totals are straight lines: who is the lowest at both ends is so throughout, else −1.

    Nothing for a few edges, which are sooner solved than numpy is loaded.
    """
    if len(edges) < MANY:
        return []
    import numpy as np

    starts, stops = (np.asarray(ends, dtype=float) for ends in ([edge + 1 for edge in edges[:-1]], edges[1:]))
    totals = np.empty((len(contenders), starts.size))
    for row, contender in zip(totals, contenders, strict=True):
        row[:] = contender.fixed + contender.per_request * starts
    paid: dict[float, list[tuple[int, float]]] = {}
    for position, contender in enumerate(contenders):
        for size, cost in zip(contender.sizes, contender.costs, strict=True):
            paid.setdefault(size, []).append((position, cost))
    for size, rows in paid.items():  # several have the same machines: how many of them is asked once
        replicas = ceil(starts / size)  # type: ignore[arg-type]
        for position, cost in rows:
            totals[position] += cost * replicas
    first = totals.argmin(axis=0)
    for row, contender in zip(totals, contenders, strict=True):
        row += contender.per_request * (stops - starts)
    return [int(each) for each in np.where(first == totals.argmin(axis=0), first, -1)]


def _within(contenders: list[Steps], start: int, stop: int) -> list[tuple[int, int, str]]:
    """The lower envelope of straight lines on the whole volumes start..stop."""
    lines = []
    for position, contender in enumerate(contenders):
        a, b = contender.total(start), contender.total(stop)
        slope = (b - a) / (stop - start) if stop > start else 0.0
        lines.append((position, a, slope))
    found = []
    begin = start
    while begin <= stop:
        at = {p: a + slope * (begin - start) for p, a, slope in lines}
        exact = at if begin == start else {p: contenders[p].total(begin) for p in at}
        winner = min(lines, key=lambda line: (exact[line[0]], line[0]))
        finish = stop
        for position, _, slope in lines:
            if position == winner[0] or slope >= winner[2]:
                continue
            cross = begin + (at[position] - at[winner[0]]) / (winner[2] - slope)
            finish = min(finish, _last_not_above(contenders[winner[0]], contenders[position], cross, begin, stop))
        finish = max(finish, begin)
        found.append((begin, finish, contenders[winner[0]].name))
        begin = finish + 1
    return found


def _last_not_above(winner: Steps, other: Steps, cross: float, begin: int, stop: int) -> int:
    """The last whole volume at which the winner is still the cheaper, checked at n − 1, n and n + 1."""
    if not math.isfinite(cross) or cross >= stop + 2:
        return stop
    for n in range(max(begin, math.floor(cross) - 2), min(stop, math.floor(cross) + 2) + 1):
        if other.total(n) < winner.total(n):
            return max(n - 1, begin - 1)
    return stop if cross > stop - 2 else min(stop, math.floor(cross) + 2)
