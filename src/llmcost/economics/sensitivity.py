"""Which uncertain input is worth measuring first, and what it would have to be for the answer to flip.

With y the present value of the baseline's costs minus the challenger's:

    EVPI    = mean(max(0, y)) − max(0, mean y)
    EVPPI_j = mean over 32 equal bins of input j of max(0, bin mean of y) − max(0, mean y)
    S_j     = variance that a line in each of the bins explains ÷ variance of y
    swing_j = y with input j at P90 − y with it at P10, the others at P50

Source: methods.md section 7, but for S_j: bin means alone lose what a heavy tail varies within its
last bin (0.78 for 0.81 where 5 to 30 is log-normal); a line in each bin keeps it. An input that neither estimate reads has 0 in all of them.
"""

from collections.abc import Mapping
from statistics import NormalDist
from typing import Any, NamedTuple

from llmcost.architectures.prices import Prices
from llmcost.economics.comparison import compare_in_detail
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

    return _ranked(scenario, ranges, sampling, challenger, against, advantage)


def _pair(scenario: Scenario, catalog: Any, challenger: str | None, against: str | None) -> tuple[str, str]:
    names = scenario.architectures
    for flag, name in (("--challenger", challenger), ("--against", against)):
        if name is not None and name not in names:
            hint = did_you_mean(name, names) or f"name one of: {', '.join(names)}"
            raise InputError(f"no architecture {name!r} in this scenario", where=flag, hint=hint)
    against = against or scenario.baseline or next(iter(names), "")
    if challenger is None:
        details = compare_in_detail(scenario, catalog, Sampling(samples=2))
        others = [n for n in names if n != against and details.estimates[n].total_cost is not None]
        feasible = [n for n in others if details.gates[n].feasible] or others
        if not feasible:
            raise InputError("there is no second architecture to hold against", hint="add one under architectures:")
        challenger = min(feasible, key=lambda n: details.estimates[n].total_cost or 0.0)
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
) -> Sensitivities:
    import numpy as np

    sampling = linked(scenario, sampling, ranges)
    grid = normal_quantiles(sampling.samples)
    columns = inputs(ranges, sampling, grid, slice(0, sampling.samples))
    y = np.broadcast_to(np.asarray(advantage(columns), dtype=float), (sampling.samples,))
    settled_worth = max(0.0, float(y.mean()))
    evpi = max(float(np.maximum(y, 0.0).mean()) - settled_worth, 0.0)
    rows = []
    for path, uncertain in ranges.items():
        reads = _is_read(path, columns, advantage, y)
        rows.append(_one(path, uncertain, ranges, sampling, columns, y, evpi, advantage, reads, grid))
    rows.sort(key=lambda row: (-row.evppi, -abs(row.swing), row.path))
    scale = float(np.abs(y).mean())
    settled = evpi <= 1e-4 * scale
    if evpi <= 1e-12 * scale:
        evpi = 0.0  # the mean of positive numbers, taken two ways
        rows = [row._replace(evppi=0.0) for row in rows]
    wins = float((y > 0).mean())
    sentence = _sentence(challenger, against, float(y.mean()), wins, evpi, settled)
    return Sensitivities(challenger, against, float(y.mean()), wins, evpi, settled, sentence, rows)


def _is_read(path: str, columns: dict[str, Any], advantage: Any, y: Any) -> bool:
    """Whether either estimate depends on this input at all: another order of it changes some draw."""
    import numpy as np

    some = min(256, y.size)
    sample = {name: column[:some] for name, column in columns.items()}
    sample[path] = columns[path][:some][::-1]
    return not np.array_equal(np.broadcast_to(advantage(sample), (some,)), y[:some])


def _one(
    path: str,
    uncertain: Range,
    ranges: dict[str, Range],
    sampling: Sampling,
    columns: dict[str, Any],
    y: Any,
    evpi: float,
    advantage: Any,
    reads: bool,
    grid: Any,
) -> Sensitivity:
    partners = sorted({b if a == path else a for a, b, _ in sampling.links if path in (a, b)})
    row = Sensitivity(path, uncertain.low, uncertain.middle, uncertain.high, 0.0, 0.0, 0.0, None, None, partners)
    if not reads:
        return row
    means, explained = _by_bin(columns[path], y)
    variance = float(y.var())
    first = min(explained / variance, 1.0) if variance > 0 else 0.0
    worth = float(means.clip(min=0.0).mean()) - max(0.0, float(y.mean()))
    point, beyond, swing = _flip(path, uncertain, ranges, sampling, advantage, grid)
    return row._replace(
        swing=swing,
        first_order=first,
        evppi=min(max(worth, 0.0), evpi),
        flip_point=point,
        probability_beyond=beyond,
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


def _flip(
    path: str, uncertain: Range, ranges: dict[str, Range], sampling: Sampling, advantage: Any, grid: Any
) -> tuple[float | None, float | None, float]:
    """The value nearest the median at which y changes sign, the chance beyond it, and the swing."""
    import numpy as np

    z = np.concatenate([np.linspace(-REACH, REACH, GRID), [-Z_P90, Z_P90]])
    middles = {name: other.middle for name, other in ranges.items()}
    values = value_at(uncertain, z, sampling.z, grid)
    y = np.broadcast_to(advantage({**middles, path: values}), z.shape)
    swing = float(y[-1] - y[-2])
    y, values, z = y[:GRID], values[:GRID], z[:GRID]
    above = y > 0
    changes = np.flatnonzero(above[1:] != above[:-1])
    if changes.size == 0:
        return None, None, swing
    middle = GRID // 2
    nearest = int(min(changes, key=lambda i: abs(i + 0.5 - middle)))
    low, high = values[nearest], values[nearest + 1]
    low_side = bool(above[nearest])
    for _ in range(4):  # each pass narrows the bracket 200 times
        inner = np.linspace(low, high, 201)
        signs = np.broadcast_to(advantage({**middles, path: inner}), inner.shape) > 0
        edge = np.flatnonzero(signs != low_side)
        if edge.size == 0:
            break
        low, high = inner[max(edge[0] - 1, 0)], inner[edge[0]]
    at = float((low + high) / 2)
    z_flip = float(np.interp(at, values, z))
    below = NormalDist().cdf(z_flip)
    return at, (1 - below if nearest >= middle else below), swing


def _sentence(challenger: str, against: str, mean: float, wins: float, evpi: float, settled: bool) -> str:
    better = challenger if mean > 0 else against
    lead = f"{better} is better by ${abs(mean):,.0f} on average, and {challenger} wins in {wins:.1%} of the draws"
    if settled:
        return f"{lead}: the decision is settled, no measurement could change it."
    return f"{lead}; knowing everything would be worth ${evpi:,.0f}."
