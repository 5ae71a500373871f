"""Which uncertain input is worth measuring first, and what it would have to be for the answer to flip.

With y the present value of the baseline's costs minus the challenger's:

    EVPI    = mean(max(0, y)) − max(0, mean y)
    EVPPI_j = mean over 32 equal bins of input j of max(0, bin mean of y) − max(0, mean y)
    S_j     = variance that a line in each of the bins explains ÷ variance of y
    swing_j = y with input j at P90 − y with it at P10, the others at P50

Source: docs/methods/ranges.md. S_j by bin means alone would lose what a heavy tail varies within its
last bin (0.78 for 0.81 where 5 to 30 is log-normal); a line in each bin keeps it. An input that
neither estimate reads has 0 in all of them.
"""

from collections.abc import Mapping
from statistics import NormalDist
from typing import Any, NamedTuple

from llmcost.architectures.prices import Prices
from llmcost.economics.comparison import Details, compare_in_detail
from llmcost.economics.horizon import estimate
from llmcost.economics.normal import normal_quantiles
from llmcost.economics.outputs import net_present_value
from llmcost.economics.uncertainty import Sampling, inputs, linked, value_at
from llmcost.errors import InputError, did_you_mean
from llmcost.quantity import Range, ranges_in, with_values
from llmcost.scenario import Scenario

BINS = 32
Z_P90 = 1.2815515655446004
GRID = 401
REACH = 3.0  # flips are looked for within ±3 standard normal deviations of the median
FINER = 513  # points within a bracket, in each of two passes; a straight line does the rest
SOME = 256  # draws on which it is tried whether an input is read at all
MOST_AT_ONCE = 1 << 15
LEAST_CHANCE = 0.0005  # of being the cheapest: below it nothing is left of the question


class Sensitivity(NamedTuple):
    """One uncertain input. Money in USD over the horizon, at present value.

    `flip_point` is its value at which the winner changes with all else at the median, and
    `probability_beyond` the chance of lying on the far side; None: it never changes the winner.
    """

    path: str
    low: float
    mid: float
    high: float
    swing: float
    first_order: float
    evppi: float
    flip_point: float | None
    probability_beyond: float | None
    linked_with: list[str]


class Sensitivities(NamedTuple):
    """The result of `sensitivity`, inputs ranked by EVPPI."""

    challenger: str
    against: str
    mean_advantage: float
    chance_challenger_wins: float
    evpi: float
    settled: bool
    sentence: str
    inputs: list[Sensitivity]


def sensitivity(
    scenario: Scenario,
    catalog: Any,
    sampling: Sampling | None = None,
    challenger: str | None = None,
    against: str | None = None,
) -> Sensitivities:
    """Rank the uncertain inputs of a scenario by what knowing them is worth.

    Left out, `against` is the baseline and the challenger the cheapest other feasible
    architecture. Raises InputError where nothing is uncertain or a name is unknown.
    """
    sampling = (sampling or Sampling()).checked()
    ranges = dict(sorted(ranges_in(scenario)))
    if not ranges:
        raise InputError(
            "no input of this scenario is a range, so there is nothing to be unsure of",
            where="the scenario",
            hint="write a range where a figure is uncertain, such as 90k..220k",
        )
    challenger, against = _pair(scenario, catalog, challenger, against)
    advantage = _advantage(scenario, catalog, challenger, against)
    return _ranked(scenario, ranges, sampling, challenger, against, advantage)


def sensitivity_beside(
    details: Details, scenario: Scenario, catalog: Any, sampling: Sampling | None = None
) -> Sensitivities | None:
    """`sensitivity` of the cheapest against what could yet beat it, from the draws of a comparison.

    None where nothing is uncertain, or there is no second architecture that is served throughout.
    """
    ranges = details.outcome.ranges
    pair = _in_question(details)
    if not ranges or pair is None:
        return None
    challenger, against = pair
    draws = details.outcome.draws
    y = draws[challenger, "net_present_value"] - draws[against, "net_present_value"]
    advantage = _advantage(scenario, catalog, challenger, against)
    return _ranked(scenario, ranges, (sampling or Sampling()).checked(), challenger, against, advantage, y)


def _advantage(scenario: Scenario, catalog: Any, challenger: str, against: str) -> Any:
    """y on given values of the uncertain inputs."""

    def advantage(values: Mapping[str, Any]) -> Any:
        tree = with_values(scenario, lambda path, uncertain: values[path])
        prices = Prices(catalog, tree.prices, tree.successors)
        own, other = (estimate(name, tree, prices) for name in (challenger, against))
        found = net_present_value(own, other, tree.discount_rate)
        if found is None:
            raise InputError(
                f"{challenger} or {against} cannot be served over the whole horizon",
                where="successors",
                hint="name what replaces the retired model",
            )
        return found

    return advantage


def _in_question(details: Details) -> tuple[str, str] | None:
    """The cheapest and the one that is the cheapest in most of the other draws; the baseline where none is."""
    comparison = details.comparison
    best = comparison.cheapest or _cheapest_but(comparison.baseline, details)
    if best is None:
        return None
    chances = {row.name: row.chance_cheapest or 0.0 for row in comparison.architectures if row.name != best}
    rival = max(chances, key=chances.__getitem__, default=None)
    if rival is None or chances[rival] < LEAST_CHANCE:
        rival = comparison.baseline if comparison.baseline != best else _cheapest_but(best, details)
    if rival is None or rival == best or details.estimates[best].total_cost is None:
        return None
    return best, rival


def _cheapest_but(against: str, details: Details) -> str | None:
    """The cheapest other architecture, of the feasible ones where there are any."""
    others = [n for n, own in details.estimates.items() if n != against and own.total_cost is not None]
    feasible = [n for n in others if details.gates[n].feasible] or others
    return min(feasible, key=lambda n: details.estimates[n].total_cost or 0.0, default=None)


def _pair(scenario: Scenario, catalog: Any, challenger: str | None, against: str | None) -> tuple[str, str]:
    names = scenario.architectures
    for flag, name in (("--challenger", challenger), ("--against", against)):
        if name is not None and name not in names:
            hint = did_you_mean(name, names) or f"name one of: {', '.join(names)}"
            raise InputError(f"no architecture {name!r} in this scenario", where=flag, hint=hint)
    against = against or scenario.baseline or next(iter(names), "")
    if challenger is None:
        challenger = _cheapest_but(against, compare_in_detail(scenario, catalog, Sampling(samples=2)))
        if challenger is None:
            raise InputError("there is no second architecture to hold against", hint="add one under architectures:")
    if challenger == against:
        raise InputError(
            f"{challenger!r} is held against itself", where="--challenger", hint="name two different architectures"
        )
    return challenger, against


def _ranked(
    scenario: Scenario,
    ranges: dict[str, Range],
    sampling: Sampling,
    challenger: str,
    against: str,
    advantage: Any,
    y: Any = None,
) -> Sensitivities:
    import numpy as np

    sampling = linked(scenario, sampling, ranges)
    grid = normal_quantiles(sampling.samples)
    columns = inputs(ranges, sampling, grid, slice(0, sampling.samples))
    y = advantage(columns) if y is None else y
    y = np.broadcast_to(np.asarray(y, dtype=float), (sampling.samples,))
    settled_worth = max(0.0, float(y.mean()))
    evpi = max(float(np.maximum(y, 0.0).mean()) - settled_worth, 0.0)
    probes = _probed(ranges, columns, sampling, advantage, grid)
    flips = _flips(ranges, probes, advantage)
    rows = [
        _one(path, uncertain, sampling, columns[path], y, evpi, probes[path], flips.get(path))
        for path, uncertain in ranges.items()
    ]
    rows.sort(key=lambda row: (-row.evppi, -abs(row.swing), row.path))
    scale = float(np.abs(y).mean())
    settled = evpi <= 1e-4 * scale
    if evpi <= 1e-12 * scale:
        evpi = 0.0  # the mean of positive numbers, taken two ways
        rows = [row._replace(evppi=0.0) for row in rows]
    wins = float((y > 0).mean())
    sentence = _sentence(challenger, against, float(y.mean()), wins, evpi, settled)
    return Sensitivities(challenger, against, float(y.mean()), wins, evpi, settled, sentence, rows)


class _Probe(NamedTuple):
    """One input alone moved: whether y depends on it, and y along a grid of its normal quantiles."""

    reads: bool
    z: Any
    values: Any
    y: Any
    swing: float


def _probed(
    ranges: dict[str, Range], columns: dict[str, Any], sampling: Sampling, advantage: Any, grid: Any
) -> dict[str, _Probe]:
    """Every input in turn, many of them in one evaluation: the estimates cost by the call, not by the draw.

    An input is read where another order of its draws, or another value of it alone, changes some y.
    """
    import numpy as np

    z = np.concatenate([np.linspace(-REACH, REACH, GRID), [-Z_P90, Z_P90]])
    some = min(SOME, sampling.samples)
    width = some + z.size
    found: dict[str, _Probe] = {}
    paths = list(ranges)
    at_once = max(MOST_AT_ONCE // width, 1)
    for begin in range(0, len(paths), at_once):
        group = paths[begin : begin + at_once]
        values = {path: value_at(ranges[path], z, sampling.z, grid) for path in group}
        tried = {
            path: np.tile(np.concatenate([columns[path][:some], np.full(z.size, ranges[path].middle)]), len(group) + 1)
            for path in paths
        }
        for position, path in enumerate(group):
            here = slice(position * width, (position + 1) * width)
            tried[path][here] = np.concatenate([columns[path][:some][::-1], values[path]])
        y = np.broadcast_to(advantage(tried), (width * (len(group) + 1),)).reshape(-1, width)
        still = y[-1, :some]
        noise = 1e-12 * float(np.abs(still).max())
        for position, path in enumerate(group):
            along = y[position, some:]
            # Whole GPUs may cost the same in a few draws, so the whole reach of the input is looked at too.
            reads = bool((np.abs(y[position, :some] - still) > noise).any() or np.ptp(along) > noise)
            found[path] = _Probe(reads, z[:GRID], values[path][:GRID], along[:GRID], float(along[-1] - along[-2]))
    return found


def _one(
    path: str,
    uncertain: Range,
    sampling: Sampling,
    column: Any,
    y: Any,
    evpi: float,
    probe: _Probe,
    flip: tuple[float, float] | None,
) -> Sensitivity:
    import numpy as np

    partners = sorted({b if a == path else a for a, b, _ in sampling.links if path in (a, b)})
    row = Sensitivity(path, uncertain.low, uncertain.middle, uncertain.high, 0.0, 0.0, 0.0, None, None, partners)
    if not probe.reads:
        return row
    means, explained = _by_bin(column, y)
    variance = float(y.var())
    first = min(explained / variance, 1.0) if variance > 0 else 0.0
    worth = float(means.clip(min=0.0).mean()) - max(0.0, float(y.mean()))
    if worth <= 1e-12 * float(np.abs(y).mean()):
        worth = 0.0  # the same mean, summed in another order
    return row._replace(
        swing=probe.swing,
        first_order=first,
        evppi=min(max(worth, 0.0), evpi),
        flip_point=None if flip is None else flip[0],
        probability_beyond=None if flip is None else flip[1],
    )


def _by_bin(column: Any, y: Any) -> tuple[Any, float]:
    """The means of y in 32 equal bins of an input, and the variance that a line in each bin explains."""
    import numpy as np

    order = np.argsort(column, kind="stable")
    bins = min(BINS, y.size)
    inputs_by_bin, parts = (np.array_split(values[order], bins) for values in (column, y))
    means = np.array([part.mean() for part in parts])
    explained = float(means.var())
    for x, part in zip(inputs_by_bin, parts, strict=True):
        away = x - x.mean()
        squares = float((away * away).sum())
        if squares > 0:
            explained += float((away * part).sum()) ** 2 / squares / y.size
    return means, explained


def _flips(ranges: dict[str, Range], probes: dict[str, _Probe], advantage: Any) -> dict[str, tuple[float, float]]:
    """For each input that turns y: the value nearest the median at which its sign changes, and the chance beyond it."""
    import numpy as np

    brackets: dict[str, tuple[int, float, float]] = {}
    ends: dict[str, tuple[float, float]] = {}  # y at both ends of the bracket
    for path, probe in probes.items():
        above = probe.y > 0
        changes = np.flatnonzero(above[1:] != above[:-1])
        if probe.reads and changes.size:
            nearest = int(min(changes, key=lambda i: abs(i + 0.5 - GRID // 2)))
            brackets[path] = (nearest, float(probe.values[nearest]), float(probe.values[nearest + 1]))
    for _ in range(2 if brackets else 0):  # each pass narrows every bracket 512 times
        size = len(brackets) * FINER
        tried = {path: np.full(size, uncertain.middle) for path, uncertain in ranges.items()}
        for position, (path, (_, low, high)) in enumerate(brackets.items()):
            tried[path][position * FINER : (position + 1) * FINER] = np.linspace(low, high, FINER)
        y = np.broadcast_to(advantage(tried), (size,)).reshape(-1, FINER)
        for position, (path, (nearest, *_)) in enumerate(list(brackets.items())):
            edge = np.flatnonzero((y[position] > 0) != bool(probes[path].y[nearest] > 0))
            inner = tried[path][position * FINER : (position + 1) * FINER]
            if edge.size:
                before, after = max(edge[0] - 1, 0), edge[0]
                brackets[path] = (nearest, float(inner[before]), float(inner[after]))
                ends[path] = (float(y[position, before]), float(y[position, after]))
    found = {}
    for path, (nearest, low, high) in brackets.items():
        first, last = ends.get(path, (1.0, -1.0))
        at = low + (high - low) * (first / (first - last) if first != last else 0.5)
        below = NormalDist().cdf(float(np.interp(at, probes[path].values, probes[path].z)))
        found[path] = (at, 1 - below if nearest >= GRID // 2 else below)
    return found


def _sentence(challenger: str, against: str, mean: float, wins: float, evpi: float, settled: bool) -> str:
    better = challenger if mean > 0 else against
    lead = f"{better} is better by ${abs(mean):,.0f} on average, and {challenger} wins in {wins:.1%} of the draws"
    if settled:
        return f"{lead}: the decision is settled, no measurement could change it."
    return f"{lead}; knowing everything would be worth ${evpi:,.0f}."
