"""The cheapest choice of one option for each segment, where options may share costs.

What a segment adds whatever the others do is counted apart from what is shared (a build, whole GPUs),
of which the least is known beforehand. Without shared costs the choice is solved segment by segment:
of all pairs of cost and quality only those stay that no other beats in both. With them it is branched
and bounded, best bound first, each complete choice priced exactly. A required quality enters the
bound by its Lagrange multiplier (Fisher, "The Lagrangian Relaxation Method for Solving Integer
Programming Problems", 1981): a choice that keeps it costs at least its cost less λ × (quality − required).
"""

import heapq
import math
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, islice
from typing import NamedTuple

MOST_PRICED = 1000  # choices priced exactly; beyond it the best that was found is not proven
MOST_OPEN = 30_000  # partial choices held at once, some 10 MB
MOST_KEPT = 5_000  # pairs of cost and quality held at once
MOST_SETS = 16  # of shared costs that a first choice is made for

Choice = tuple[int, ...]


class Shared(NamedTuple):
    """A cost that several options may share, USD: no less than each one's `least`, nor than all their `part`s."""

    least: float
    part: float


class Option(NamedTuple):
    """One way to serve a segment, by name. USD over the horizon; `quality` is the share of the requests × theirs, None unknown.

    `cost` is what it adds whatever the others do, `shared` the rest by what it is paid for.
    """

    name: str
    cost: float
    quality: float | None
    shared: dict[str, Shared]


class Found(NamedTuple):
    """The cheapest choice, None where there is none; `proven`: no other choice is better, or none is allowed."""

    choice: Choice | None
    cost: float
    proven: bool
    priced: int


def placed(
    segments: Sequence[Sequence[Option]],
    quality: float | None,
    budget: float,
    price: Callable[[Choice], float | None],
) -> Found:
    """The choice of an option for each segment with the lowest price.

    `quality` is the least sum of qualities, and `budget` the most USD over the horizon, that a choice may come to;
    `price` gives the exact USD of a choice, None where it is not allowed.
    """
    search = _Search(segments, quality, budget, price)
    best, whole = _apart(segments, frozenset(), search)
    if best is not None and search.tried(best) and whole and all(map(_all_alone, segments)):
        return search.found(proven=True)
    for choice in (*_everywhere(segments), _best_quality(segments), *_by_what_is_shared(segments, search)):
        search.tried(choice)
    search.improve()
    return search.found(proven=search.bounded())


def _all_alone(options: Sequence[Option]) -> bool:
    return not any(option.shared for option in options)


def _by_what_is_shared(segments: Sequence[Sequence[Option]], search: "_Search") -> Iterator[Choice]:
    """For each set of the shared costs the best choice that pays no others; some sets alone where they are many."""
    costs = sorted({what for options in segments for option in options for what in option.shared})
    sets = (frozenset(each) for size in range(1, len(costs) + 1) for each in combinations(costs, size))
    for paid in islice(sets, MOST_SETS):
        choice, _ = _apart(segments, paid, search)
        if choice is not None:
            yield choice


def _everywhere(segments: Sequence[Sequence[Option]]) -> list[Choice]:
    """One way for all segments, for each way that serves them all."""
    places = [{option.name: i for i, option in enumerate(options)} for options in segments]
    return [tuple(each[name] for each in places) for name in places[0] if all(name in each for each in places)]


def _best_quality(segments: Sequence[Sequence[Option]]) -> Choice:
    def best(options: Sequence[Option]) -> int:
        return max(range(len(options)), key=lambda i: (_known(options[i]), -options[i].cost))

    return tuple(map(best, segments))


def _known(option: Option) -> float:
    """The quality that counts towards what is required: an unknown one fails nothing."""
    return math.inf if option.quality is None else option.quality


class _Search:
    """The best choice so far, and what bounds the others."""

    def __init__(
        self,
        segments: Sequence[Sequence[Option]],
        quality: float | None,
        budget: float,
        price: Callable[[Choice], float | None],
    ) -> None:
        self.segments = segments
        self.needed = -math.inf if quality is None else quality
        self.budget = budget
        self.price = price
        self.seen: dict[Choice, float | None] = {}
        self.best: tuple[float, Choice] | None = None
        self.multiplier = self._multiplier()
        self.reduced = [[self._less(option) for option in options] for options in segments]
        self.offset = self.multiplier * self.needed if self.multiplier else 0.0
        self.least = _from_the_end([min(each) for each in self.reduced])
        self.most = _from_the_end([max(map(_known, options)) for options in segments])

    def _less(self, option: Option) -> float:
        return option.cost - (self.multiplier * _known(option) if self.multiplier else 0.0)

    def _multiplier(self) -> float:
        """USD a point of quality at which the bound is the highest; 0 where quality is not required or not known."""
        options = [option for each in self.segments for option in each]
        if self.needed == -math.inf or any(option.quality is None for option in options):
            return 0.0
        spread = max(option.cost for option in options) + 1.0
        low, high = 0.0, spread * 1e6

        def bound(by: float) -> float:
            sums = (min(o.cost - by * _known(o) for o in each) for each in self.segments)
            return math.fsum(sums) + by * self.needed

        for _ in range(120):  # concave in the multiplier
            one, two = low + (high - low) / 3, high - (high - low) / 3
            low, high = (one, high) if bound(one) < bound(two) else (low, two)
        return low

    def found(self, *, proven: bool) -> Found:
        cost, choice = self.best if self.best is not None else (math.inf, None)
        return Found(choice, cost, proven, len(self.seen))

    def tried(self, choice: Choice) -> bool:
        """Price a choice unless it is known already; whether it is allowed."""
        if choice not in self.seen:
            self.seen[choice] = self.price(choice)
            cost = self.seen[choice]
            if cost is not None and (self.best is None or cost < self.best[0]):
                self.best = (cost, choice)
        return self.seen[choice] is not None

    def improve(self) -> None:
        """Move one segment at a time while that is cheaper: a good choice early rules the more out."""
        before = None
        while self.best is not None and self.best[1] != before:
            before = self.best[1]
            for depth, options in enumerate(self.segments):
                for i in range(len(options)):
                    moved = (*self.best[1][:depth], i, *self.best[1][depth + 1 :])
                    if len(self.seen) < MOST_PRICED and not self.hopeless(self._bound(moved), self._quality(moved), -1):
                        self.tried(moved)

    def _quality(self, choice: Choice) -> float:
        return sum(_known(options[i]) for options, i in zip(self.segments, choice, strict=True))

    def hopeless(self, bound: float, quality: float, depth: int) -> bool:
        """Whether nothing that begins so can be allowed and better; rounding is given the benefit of the doubt."""
        most = min(self.budget, math.inf if self.best is None else self.best[0])
        return quality + self.most[depth] < self.needed or bound > most + 1e-9 * abs(most)

    def bounded(self) -> bool:
        """Branch and bound over whole choices; whether it came to its end."""
        waiting: list[tuple[float, Choice, float]] = [(self.least[0] + self.offset, (), 0.0)]
        while waiting:
            bound, choice, quality = heapq.heappop(waiting)
            depth = len(choice)
            if self.hopeless(bound, quality, depth) or (self.best is not None and bound >= self.best[0]):
                continue
            if depth == len(self.segments):
                if choice not in self.seen and len(self.seen) >= MOST_PRICED:
                    return False
                self.tried(choice)
                continue
            for i, option in enumerate(self.segments[depth]):
                longer = (*choice, i)
                further = (self._bound(longer), longer, quality + _known(option))
                if not self.hopeless(further[0], further[2], depth + 1):
                    heapq.heappush(waiting, further)
            if len(waiting) > MOST_OPEN:
                return False
        return True

    def _bound(self, choice: Choice) -> float:
        """The least that any choice comes to that begins so."""
        shared: dict[str, Shared] = {}
        total = self.offset + self.least[len(choice)]
        for depth, i in enumerate(choice):
            total += self.reduced[depth][i]
            for what, cost in self.segments[depth][i].shared.items():
                before = shared.get(what, Shared(0.0, 0.0))
                shared[what] = Shared(max(before.least, cost.least), before.part + cost.part)
        return total + sum(map(max, shared.values()))


def _from_the_end(values: list[float]) -> list[float]:
    """The sums of all values from each position on; 0 after the last."""
    sums = [0.0]
    for value in reversed(values):
        sums.append(sums[-1] + value)
    return sums[::-1]


def _apart(segments: Sequence[Sequence[Option]], paid: frozenset[str], search: _Search) -> tuple[Choice | None, bool]:
    """The cheapest choice that keeps the quality and shares none but these costs, counted by its parts of them.

    None where there is none; and whether all such choices were looked at.
    """
    whole = True
    kept: list[tuple[float, float, Choice]] = [(0.0, 0.0, ())]
    for depth, options in enumerate(segments):
        ways = [
            (i, option.cost + sum(each.part for each in option.shared.values()), _known(option))
            for i, option in enumerate(options)
            if option.shared.keys() <= paid
        ]
        longer = [
            (cost + more, quality + further, (*choice, i))
            for cost, quality, choice in kept
            for i, more, further in ways
        ]
        longer = [each for each in longer if each[1] + search.most[depth + 1] >= search.needed]
        longer.sort(key=lambda each: (each[0], -each[1]))
        kept, best = [], -math.inf
        for each in longer:  # the cheapest first: each has to be better than all before it
            if each[1] > best:
                kept.append(each)
                best = each[1]
        if len(kept) > MOST_KEPT:
            whole = False
            kept.sort(key=lambda each: each[0] - (search.multiplier * each[1] if search.multiplier else 0.0))
            del kept[MOST_KEPT // 2 :]
    enough = [each for each in kept if each[1] >= search.needed]
    return (min(enough)[2], whole) if enough else (None, whole)
