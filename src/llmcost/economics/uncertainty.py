"""Ranges carried through to the answer: one evaluation of the formulas on arrays of draws.

`low..high` is a 90 % interval of its input. The draws are stratified normal quantiles permuted by
a rank-1 lattice: no random numbers, the same output on every machine (docs/methods/ranges.md).
Beside the distribution stand the extremes that an output comes to within the ranges.
"""

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from llmcost.arithmetic import Number, is_array
from llmcost.distributions import Z90, between, value_at
from llmcost.economics.box import corners, lattice
from llmcost.economics.correlation import correlation_factor
from llmcost.economics.normal import normal_quantiles
from llmcost.errors import InputError, did_you_mean
from llmcost.quantity import Range, at_middle, ranges_in, with_values

if TYPE_CHECKING:
    import numpy as np

    Draws: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

Headline = Mapping[Any, "Number | None"]  # named outputs; None is unknown, infinity is never

GOLDEN = 0.6180339887498949
PLASTIC = 0.7548776662466927
LATTICE = 1869
CHUNK = 1 << 15
MOST_INPUTS = 100
MOST_CORNERS = 9  # ranges of which every corner is looked at
BETWEEN = 513  # points that extremes between the corners are looked for at


class Sampling(NamedTuple):
    """How many draws, which shifts, and what share of the distribution a written range covers.

    `watch` is told of each evaluation that ranges reach: its tree, its formulas, and the figures they gave.
    """

    samples: int = 4096
    seed: int = 0
    covers: float = 0.9
    links: tuple[tuple[str, str, float], ...] = ()
    watch: Callable[[Any, Callable[[Any], Headline], Mapping[Any, "Figure"]], None] | None = None

    def checked(self) -> "Sampling":
        """Itself; raises InputError for a number of draws that is no power of two up to 2^20."""
        if self.samples < 2 or self.samples > 1 << 20 or self.samples & (self.samples - 1):
            raise InputError(
                f"{self.samples} samples is not a power of two up to 1048576",
                where="--samples",
                hint="type --samples 4096",
            )
        if not 0 < self.covers < 1:
            raise InputError("a range covers a share between 0 % and 100 %", where="--range-covers", hint="type 90%")
        return self

    @property
    def z(self) -> float:
        """The normal quantile at which a written range ends."""
        if self.covers == 0.9:
            return Z90
        from statistics import NormalDist

        return NormalDist().inv_cdf((1 + self.covers) / 2)


class Figure(NamedTuple):
    """One output: the point calculation, its distribution, and its extremes.

    `spread` is P5, median, P95 of the output itself; `bounds` its extremes within the ranges; `bounds_at`
    the shares of the draws that lie below each; `monotone` says whether corners are extreme, and so exact.
    """

    point: float | None
    spread: tuple[float | None, float | None, float | None] | None = None
    bounds: tuple[float | None, float | None] | None = None
    bounds_at: tuple[float, float] | None = None
    monotone: bool = True

    @property
    def value(self) -> float | None:
        """The median where there is a distribution, else the point."""
        return self.point if self.spread is None else self.spread[1]


class Outcome(NamedTuple):
    """The point calculation's outputs, each as a Figure, and the draws behind them."""

    point: Headline
    figures: dict[Any, Figure]
    draws: dict[Any, Any]
    ranges: dict[str, Range]


def evaluated(
    tree: Any,
    headline: Callable[[Any], Headline],
    sampling: Sampling | None = None,
    only_drawn: Callable[[Any], bool] = lambda name: False,
) -> Outcome:
    """The outputs of `headline` at the middle and, where the tree holds a Range, with their spread.

    `headline` is called with the tree's ranges replaced by numbers or arrays. Without a range it
    is called once and numpy is never loaded. Outputs whose name is `only_drawn` keep their point
    and their draws, and have no figure: there are many of them, and who wants them sums them up.
    """
    sampling = (sampling or Sampling()).checked()
    ranges = dict(sorted(ranges_in(tree)))
    point = headline(at_middle(tree) if ranges else tree)
    shown = {name: value for name, value in point.items() if not only_drawn(name)}
    if not ranges:
        return Outcome(point, {name: Figure(_known(value)) for name, value in shown.items()}, {}, {})
    if len(ranges) > MOST_INPUTS:
        raise InputError(
            f"{len(ranges)} ranges; at most {MOST_INPUTS} can be carried", hint="give some of them as numbers"
        )
    sampling = linked(tree, sampling, ranges)
    import numpy as np

    with np.errstate(all="ignore"):  # a draw that divides by nothing is no number, and is looked at as such
        bounds, at_corners = _extremes(tree, headline, ranges, shown)
        draws = drawn(tree, headline, ranges, sampling, point)
    figures = {
        name: _figure(value, draws.get(name), bounds.get(name), at_corners.get(name, True))
        for name, value in shown.items()
    }
    if sampling.watch is not None:
        sampling.watch(tree, headline, figures)
    return Outcome(point, figures, draws, ranges)


def drawn(
    tree: Any, headline: Callable[[Any], Headline], ranges: Mapping[str, Range], sampling: Sampling, point: Headline
) -> dict[Any, Any]:
    """The outputs on every draw, in chunks so that memory stays bounded."""
    import numpy as np

    z = normal_quantiles(sampling.samples)
    store = np.float32 if sampling.samples > 1 << 18 else np.float64  # 2^20 draws of 60 outputs in 240 MB
    kept: dict[Any, Any] = {}
    for begin in range(0, sampling.samples, CHUNK):
        chunk = slice(begin, min(begin + CHUNK, sampling.samples))
        columns = inputs(ranges, sampling, z, chunk)
        outputs = headline(with_values(tree, _from(columns)))
        for name in point:
            value = outputs.get(name)
            if name not in kept:
                # What no range reaches is one number for all draws.
                kept[name] = np.empty(sampling.samples, store) if is_array(value) else _constant(value, sampling, store)
            if is_array(value):
                kept[name][chunk] = value
    return kept


def _constant(value: Number | None, sampling: Sampling, store: Any) -> Any:
    import numpy as np

    return np.broadcast_to(np.asarray(np.nan if value is None else value, store), (sampling.samples,))


def _from(columns: Mapping[str, Any]) -> Callable[[str, Range], Any]:
    return lambda path, uncertain: columns[path]


def positions(rank: int, sampling: Sampling, chunk: slice) -> Any:
    """idx_j(i) = (i·1869^j + shift_j) mod N: where draw i stands in the quantiles of input j."""
    import numpy as np

    n = sampling.samples
    shift = math.floor(n * math.modf((rank + 1) * GOLDEN + sampling.seed * PLASTIC)[0])
    return (np.arange(chunk.start, chunk.stop, dtype=np.int64) * pow(LATTICE, rank, n) + shift) & (n - 1)


def inputs(ranges: Mapping[str, Range], sampling: Sampling, z: "Draws", chunk: slice) -> dict[str, Any]:
    """The draws of every uncertain input, by path; the rank is the path's place in sorted order."""
    columns = {path: z[positions(rank, sampling, chunk)] for rank, path in enumerate(sorted(ranges))}
    columns = _correlated(columns, sampling.links)
    return {path: value_at(ranges[path], column, sampling.z) for path, column in columns.items()}


def linked(tree: Any, sampling: Sampling, ranges: Mapping[str, Range]) -> Sampling:
    """The sampling with the links that the scenario's `correlate` states; raises for an unknown path."""
    links = []
    for first, second, rho in getattr(tree, "correlate", ()):
        for path in (first, second):
            if path not in ranges:
                raise InputError(
                    f"correlate names {path!r}, which is no range of this scenario",
                    where="correlate",
                    hint=did_you_mean(path, ranges) or f"name one of: {', '.join(ranges)}",
                )
        links.append((first, second, rho))
    correlation_factor(tuple(links))
    return sampling._replace(links=tuple(links)) if links else sampling


def _correlated(columns: dict[str, Any], links: tuple[tuple[str, str, float], ...]) -> dict[str, Any]:
    """A Gaussian copula: the linked normal columns times a factor of their correlations."""
    if not links:
        return columns
    import numpy as np

    paths, factor = correlation_factor(links)
    mixed = factor @ np.vstack([columns[path] for path in paths])
    return {**columns, **dict(zip(paths, mixed, strict=True))}


def _extremes(
    tree: Any, headline: Callable[[Any], Headline], ranges: Mapping[str, Range], point: Headline
) -> tuple[dict[Any, tuple[float, float]], dict[Any, bool]]:
    """The lowest and the highest that each output comes to within the ranges, and whether a corner is either.

    Looked for at the middle, at the corners (all of a few ranges; of many those that raise or lower some output
    when one input at a time is flipped from the middle, and a sample), and at points spread between them: whole
    GPUs, and a share of a product, have their extremes anywhere.
    """
    import numpy as np

    paths = sorted(ranges)
    n = len(paths)
    middle = np.full((1, n), np.nan)  # each input's own middle, which is half of the way of few
    ends = corners(n) if n <= MOST_CORNERS else _ends_of_many(tree, headline, ranges, point)
    spread = lattice(n, BETWEEN)
    points = np.concatenate([middle, ends, spread])
    columns = {
        path: np.where(np.isnan(points[:, i]), ranges[path].middle, between(ranges[path], points[:, i]))
        for i, path in enumerate(paths)
    }
    found = headline(with_values(tree, _from(columns)))
    bounds: dict[Any, tuple[float, float]] = {}
    at_corners: dict[Any, bool] = {}
    for name in point:
        value = found.get(name)
        if value is None or not is_array(value) or np.isnan(value).all():
            continue
        values = np.broadcast_to(np.asarray(value), (len(points),))
        low, high = float(np.nanmin(values)), float(np.nanmax(values))
        bounds[name] = (low, high)
        slack = 1e-9 * max(abs(x) if math.isfinite(x) else 0.0 for x in (low, high))
        corner = values[1 : 1 + len(ends)]
        at_corners[name] = bool(np.nanmin(corner) <= low + slack and np.nanmax(corner) >= high - slack)
    return bounds, at_corners


def _ends_of_many(tree: Any, headline: Callable[[Any], Headline], ranges: Mapping[str, Range], point: Headline) -> Any:
    """Corners of a box of many ranges, as rows of 0 and 1."""
    import numpy as np

    paths = sorted(ranges)
    n = len(paths)
    flips = {path: np.full(2 * n + 1, ranges[path].middle) for path in paths}
    for position, path in enumerate(paths):
        flips[path][2 * position + 1] = ranges[path].low
        flips[path][2 * position + 2] = ranges[path].high
    flipped = headline(with_values(tree, _from(flips)))
    rises: dict[tuple[bool, ...], None] = {}
    for name in point:
        value: Any = flipped.get(name)
        if value is not None and is_array(value):
            rises[tuple(bool(x) for x in value[2::2] >= value[1::2])] = None
    ways = np.array(list(rises), dtype=float).reshape(len(rises), n)
    return np.concatenate([ways, 1 - ways, np.round(lattice(n, BETWEEN))])


def _figure(value: Number | None, draws: Any, extremes: tuple[float, float] | None, at_corners: bool) -> Figure:
    import numpy as np

    if value is None or draws is None or np.isnan(draws).any():
        return Figure(_known(value))
    first = float(draws[0])
    same = bool((draws == first).all())  # where never is among the draws, no difference can be taken
    if same or (math.isfinite(first) and float(draws.max()) - float(draws.min()) <= 1e-12 * abs(first)):
        extremes = None  # no range reaches it: what is left is rounding
        draws = np.full(1, value if not is_array(value) else first)
    spread = quantiles(draws, (0.05, 0.5, 0.95))
    if extremes is None:
        point = _known(value)
        return Figure(point, spread, (point, point))
    low, high = extremes
    below = (float((draws < low).mean()), float((draws <= high).mean()))
    return Figure(_known(value), (spread[0], spread[1], spread[2]), (_known(low), _known(high)), below, at_corners)


def quantiles(draws: Any, at: tuple[float, ...]) -> Any:
    """Quantiles of an output; where some draws are infinite (never), of observed values only."""
    import numpy as np

    method: Any = "linear" if np.isfinite(draws).all() else "inverted_cdf"
    return tuple(_known(float(q)) for q in np.quantile(draws, at, method=method))


def _known(value: Any) -> float | None:
    """A finite float, or None: unknown and never are both null in the output."""
    if value is None or not math.isfinite(value):
        return None
    return float(value)
