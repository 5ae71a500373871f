"""All volume intervals in which one of several costs is the lowest, solved exactly.

A total is `F + V·n + Σ u·ceil(n/s)`: straight between two steps. Crossings are solved there and
checked at whole volumes; beyond the volume from which the steps are finer than the gap between the
slopes the winner no longer changes (docs/methods/time.md).
"""

import math
from itertools import pairwise
from typing import Any, NamedTuple

from llmcost.arithmetic import ceil, is_array

MOST_STEPS = 200_000
MANY = 64
LOOKS = 256  # volumes between which a change of the winner is looked for, where steps are curves


class Interval(NamedTuple):
    """First-month volumes at which one architecture has the lowest expected cost; `to` None: open.

    The error is the standard error of where it ends, of the draws; None where no range reaches it.
    """

    from_requests_per_month: int
    to_requests_per_month: int | None
    cheapest: str
    to_requests_per_month_error: float | None = None


class Steps(NamedTuple):
    """An architecture's total over the horizon as a function of the first month's volume n."""

    name: str
    fixed: float
    per_request: float
    sizes: tuple[float, ...]
    costs: tuple[float, ...]
    uncertain: "Sum | None" = None  # steps whose size differs from draw to draw
    copies: Any = None  # fixed, per request and (sizes, costs) by copy of the lattice

    def total(self, n: float) -> float:
        """F + V·n + Σ u·ceil(n/s), USD over the horizon, expected."""
        stepped = sum(u * ceil(n / s) for u, s in zip(self.costs, self.sizes, strict=True))
        drawn = 0.0 if self.uncertain is None else self.uncertain.mean(n)
        return self.fixed + self.per_request * n + stepped + drawn

    @property
    def slope(self) -> float:
        """USD a request once the steps are fine: V + Σ u/s."""
        stepped = sum(u / s for u, s in zip(self.costs, self.sizes, strict=True))
        return self.per_request + stepped + (0.0 if self.uncertain is None else self.uncertain.slope)

    def by_copy(self, n: float) -> Any:
        """The total at n as each copy of the lattice has it; a number where nothing is drawn."""
        if self.copies is None:
            return self.total(n)
        fixed, per_request, parts = self.copies
        return fixed + per_request * n + sum((u * ceil(n / s)).mean(axis=1) for s, u in parts)


class Sum(NamedTuple):
    """Steps whose sizes and costs are numbers or arrays of draws: Σ u·ceil(n/s)."""

    steps: list[tuple[Any, Any]]

    def each(self, n: float) -> Any:
        """In each draw."""
        return sum((u * ceil(n / s) for s, u in self.steps), 0.0)

    def mean(self, n: float) -> float:
        """Expected."""
        found: Any = self.each(n)
        return float(found.mean()) if is_array(found) else float(found)

    @property
    def slope(self) -> float:
        """Σ E[u/s]."""
        found: Any = sum((u / s for s, u in self.steps), 0.0)
        return float(found.mean()) if is_array(found) else float(found)


def intervals(
    contenders: list[Steps], low: int, high: int, *, closed: bool = False
) -> tuple[list[Interval], int | None]:
    """All intervals of whole volumes in [low, high] by the cheapest; the last is open when it is proven so.

    Also the volume at which the enumeration stopped, where it did before the winner was settled.
    """
    if not contenders:
        return [], None
    if any(each.uncertain is not None for each in contenders):
        return _searched(contenders, low, high, closed=closed)
    settled = _settled_from(contenders)
    end = high if closed or settled is None else max(low, min(high, math.ceil(settled)))
    edges, stopped = _edges(contenders, low, end)
    found: list[Interval] = []
    steady = _winners_throughout(contenders, edges)
    for position, (start, stop) in enumerate(pairwise(edges)):
        winner = steady[position] if steady else -1
        known = [(start + 1, stop, contenders[winner].name)] if winner >= 0 else None
        for begin, finish, name in known or _within(contenders, start + 1, stop):
            if found and found[-1].cheapest == name:
                found[-1] = found[-1]._replace(to_requests_per_month=finish)
            else:
                found.append(Interval(begin, finish, name))
    reached = edges[-1]
    proven = settled is not None and reached >= settled and not closed
    found = _with_errors(found, contenders)
    if proven:
        found[-1] = found[-1]._replace(to_requests_per_month=None)
        return found, None
    return found, reached if stopped or not closed else None


def _searched(contenders: list[Steps], low: int, high: int, *, closed: bool) -> tuple[list[Interval], int | None]:
    """The intervals of curves: looked for between volumes spread by factors, each change of winner to the request.

    An interval narrower than the gap between two of these volumes may be missed.
    """

    def winner(n: int) -> int:
        totals = [each.total(n) for each in contenders]
        return totals.index(min(totals))

    volumes = sorted({low, high, *(round(low * (high / low) ** (k / LOOKS)) for k in range(1, LOOKS))})
    known = {n: winner(n) for n in volumes}
    found = [Interval(low, low, contenders[known[low]].name)]
    for start, stop in pairwise(volumes):
        while known[start] != known[stop]:
            first, last = start, stop  # the first of these still has the winner of the start
            while last - first > 1:
                middle = (first + last) // 2
                if winner(middle) == known[start]:
                    first = middle
                else:
                    last = middle
            found[-1] = found[-1]._replace(to_requests_per_month=first)
            start, known[last] = last, winner(last)
            found.append(Interval(last, last, contenders[known[last]].name))
        found[-1] = found[-1]._replace(to_requests_per_month=stop)
    found = _with_errors(found, contenders)
    best = min(contenders, key=lambda each: each.slope)
    if not closed and found[-1].cheapest == best.name:
        found[-1] = found[-1]._replace(to_requests_per_month=None, to_requests_per_month_error=None)
        return found, None
    return found, None if closed else high


def _with_errors(found: list[Interval], contenders: list[Steps]) -> list[Interval]:
    """Each crossing with its standard error: that of the difference there over the difference of the slopes."""
    by_name = {each.name: each for each in contenders}
    done = []
    for interval, after in pairwise(found):
        own, other = by_name[interval.cheapest], by_name[after.cheapest]
        at = interval.to_requests_per_month or 0
        gap = abs(own.slope - other.slope)
        if (own.copies is None and other.copies is None) or gap == 0:
            done.append(interval)
            continue
        apart = own.by_copy(at) - other.by_copy(at)
        error = float(apart.std(ddof=1)) / math.sqrt(apart.size) / gap if apart.size > 1 else None
        done.append(interval._replace(to_requests_per_month_error=error))
    return [*done, *found[-1:]]


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
        first = math.floor((low - 1) / size)
        for k in range(first, math.floor(high / size + 1e-9) + 1):
            edge = _last_served(k, size)
            if low - 1 < edge < high:
                edges.add(edge)
    return sorted(edges), stopped


def _last_served(k: int, size: float) -> int:
    """The largest whole volume that k replicas serve, by the very rounding that counts them.

    It forgives a billionth of a replica: of a very large one that is some requests, which none serves.
    """
    edge = math.floor(size * (k + 1e-9 * max(1, k)))
    while ceil(edge / size) > k:
        edge -= max(1, edge >> 52)  # beyond 2^52 a float does not know the next whole number
    return edge


def _winners_throughout(contenders: list[Steps], edges: list[int]) -> list[int]:
    """Between two edges all totals are straight lines: who is the lowest at both ends is so throughout, else −1.

    Nothing for a few edges, which are sooner solved than numpy is loaded.
    """
    if len(edges) < MANY:
        return []
    import numpy as np

    ends = np.asarray(edges, dtype=float)
    lowest = []
    for volumes in (ends[:-1] + 1, ends[1:]):
        totals = [contender.total(volumes) for contender in contenders]  # type: ignore[arg-type]
        lowest.append(np.vstack(totals).argmin(axis=0))
    return [int(each) for each in np.where(lowest[0] == lowest[1], lowest[0], -1)]


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
