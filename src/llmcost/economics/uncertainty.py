"""Ranges carried through to the answer: one evaluation of the formulas on arrays of draws.

`low..high` is a 90 % interval of its input. The figure of an output is its expected value, the mean
over the draws; means add up, so that parts sum to their total. Its distribution stands beside it, and
the extremes that it comes to within the ranges. The draws are stratified normal quantiles on shifted
lattices: no chance, the same output on every machine (docs/methods/ranges.md).
"""

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from llmcost.arithmetic import is_array
from llmcost.distributions import Z90, between, value_at
from llmcost.economics.box import corners, lattice
from llmcost.economics.correlation import correlation_factor
from llmcost.economics.draws import drawn, quantiles
from llmcost.economics.figure import Figure, Headline, Output, Ratio, known, value_of
from llmcost.economics.lattice import normal_quantiles, positions
from llmcost.errors import InputError, did_you_mean
from llmcost.quantity import Range, ranges_in, with_values

if TYPE_CHECKING:
    import numpy as np

    Draws: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

LEAST_SAMPLES, MOST_SAMPLES = 16, 1 << 20
MOST_INPUTS = 100
MOST_SORTED = 1 << 17  # draws of which every input's values are kept beside them
MOST_CORNERS = 9  # ranges of which every corner is looked at
BETWEEN = 513  # points that extremes between the corners are looked for at


class Sampling(NamedTuple):
    """How many draws, which shifts, and what share of the distribution a written range covers.

    `watch` is told of each evaluation that ranges reach: its tree, its formulas, and the figures they gave.
    """

    samples: int = 1 << 16
    seed: int = 0
    covers: float = 0.9
    links: tuple[tuple[str, str, float], ...] = ()
    watch: Callable[[Any, Callable[[Any], Headline], Mapping[Any, "Figure"]], None] | None = None

    def checked(self) -> "Sampling":
        """Itself; raises InputError for a number of draws that is no power of two from 16 to 2^20."""
        if not LEAST_SAMPLES <= self.samples <= MOST_SAMPLES or self.samples & (self.samples - 1):
            raise InputError(
                f"{self.samples} samples is not a power of two from {LEAST_SAMPLES} to {MOST_SAMPLES}",
                where="--samples",
                hint="type --samples 65536",
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


class Outcome(NamedTuple):
    """The outputs as Figures, the draws behind them, and the inputs at their expected values.

    `draws` has each output that is an array on draws and no plain multiple of another: `draws[name, "total_cost"]`,
    `draws[name, "present_value"]`; all in the same order of draws. `point` holds the outputs with every input at its
    expected value: what is unknown is None there.
    """

    point: Headline
    figures: dict[Any, Figure]
    draws: dict[Any, Any]
    ranges: dict[str, Range]
    expected: Any


def evaluated(
    tree: Any,
    headline: Callable[[Any], Headline],
    sampling: Sampling | None = None,
    only_drawn: Callable[[Any], bool] = lambda name: False,
    on_draws: Callable[[Any], Headline] | None = None,
) -> Outcome:
    """The outputs of `headline`: numbers, and where the tree holds a Range expected values with their spread.

    `headline` is called with the tree's ranges replaced by numbers or arrays. Without a range it
    is called once and numpy is never loaded. `on_draws` is called in its place on each chunk of draws, and may
    give more outputs. Outputs whose name is `only_drawn` have draws alone, of every so many draws: there are many
    of them, and who wants them sums them up.
    """
    sampling = (sampling or Sampling()).checked()
    ranges = dict(sorted(ranges_in(tree)))
    if not ranges:
        point = headline(tree)
        figures = {name: Figure(known(value_of(value))) for name, value in point.items() if not only_drawn(name)}
        return Outcome(point, figures, {}, {}, tree)
    if len(ranges) > MOST_INPUTS:
        raise InputError(
            f"{len(ranges)} ranges; at most {MOST_INPUTS} can be carried", hint="give some of them as numbers"
        )
    sampling = linked(tree, sampling, ranges)
    import numpy as np

    z = normal_quantiles(sampling.samples)
    sorted_values = {path: value_at(each, z, sampling.z) for path, each in ranges.items()}
    means = {path: float(values.mean()) for path, values in sorted_values.items()}
    if sampling.samples > MOST_SORTED:
        sorted_values = {}
    expected = with_values(tree, lambda path, uncertain: means[path])
    point = headline(expected)
    shown = {name: value for name, value in point.items() if not only_drawn(name)}
    with np.errstate(all="ignore"):  # a draw that divides by nothing is no number, and is looked at as such
        bounds, at_corners = _extremes(tree, headline, ranges, shown)

        def on_chunk(chunk: slice) -> Headline:
            columns = inputs(ranges, sampling, z, chunk, sorted_values)
            return (on_draws or headline)(with_values(tree, _from(columns)))

        found = drawn(on_chunk, sampling.samples, only_drawn)
        figures = {
            name: found.figure(name, value, bounds.get(name), at_corners.get(name, True))
            for name, value in shown.items()
        }
    if sampling.watch is not None:
        sampling.watch(tree, headline, figures)
    return Outcome(point, figures, found.of_all(), ranges, expected)


def _from(columns: Mapping[str, Any]) -> Callable[[str, Range], Any]:
    return lambda path, uncertain: columns[path]


def inputs(
    ranges: Mapping[str, Range],
    sampling: Sampling,
    z: "Draws",
    chunk: slice,
    sorted_values: Mapping[str, "Draws"] | None = None,
) -> dict[str, Any]:
    """The draws of every uncertain input, by path; the rank is the path's place in sorted order.

    `sorted_values` are those at the quantiles z, where they are known already.
    """
    at = {path: positions(rank, sampling.samples, sampling.seed, chunk) for rank, path in enumerate(sorted(ranges))}
    if sorted_values and not sampling.links:
        return {path: sorted_values[path][places] for path, places in at.items()}
    columns = _correlated({path: z[places] for path, places in at.items()}, sampling.links)
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
        value = value_of(found.get(name))
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
        value: Any = value_of(flipped.get(name))
        if value is not None and is_array(value):
            rises[tuple(bool(x) for x in value[2::2] >= value[1::2])] = None
    ways = np.array(list(rises), dtype=float).reshape(len(rises), n)
    return np.concatenate([ways, 1 - ways, np.round(lattice(n, BETWEEN))])


__all__ = [
    "Figure",
    "Headline",
    "Outcome",
    "Output",
    "Ratio",
    "Sampling",
    "evaluated",
    "inputs",
    "linked",
    "quantiles",
    "value_at",
    "value_of",
]
