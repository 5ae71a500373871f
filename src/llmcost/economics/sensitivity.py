"""What is worth measuring first before an architecture is chosen, and what an input would have to be to flip the answer.

What is unknown comes first: a requirement or a quality that nobody has measured, with the value that decides.
Of the ranges, EVPI and EVPPI (value_of_information.py) are over all architectures that have not failed a
requirement, of cost alone. For the two that matter, with y the lead in USD (the cost of `against` less that
of the challenger, at present value where a discount rate is stated):

    S_j     = variance that a line in each of 32 bins of input j explains ÷ variance of y
    swing_j = y with input j at P90 − y with it at P10, the others at P50

Source: docs/methods/ranges.md. S_j by bin means alone would lose what a heavy tail varies within its
last bin (0.78 for 0.81 where 5 to 30 is log-normal); a line in each bin keeps it. An input that
no architecture reads has 0 in all of them.
"""

from collections.abc import Callable, Mapping
from statistics import NormalDist
from typing import Any, NamedTuple

from llmcost.architectures.prices import Prices
from llmcost.economics.comparison import Details, compare_in_detail
from llmcost.economics.horizon import estimate
from llmcost.economics.lattice import normal_quantiles, positions
from llmcost.economics.probes import GRID, OnValues, Probe, lead, probed
from llmcost.economics.uncertainty import Sampling, inputs, linked, value_at
from llmcost.economics.value_of_information import candidates, partial_information, perfect_information
from llmcost.errors import InputError, did_you_mean
from llmcost.quantity import Range, ranges_in, with_values
from llmcost.scenario import Scenario

BINS = 32
FINER = 513  # points within a bracket, in each of two passes; a straight line does the rest
CHUNK = 1 << 15  # draws of linked inputs that are mixed at once


class Sensitivity(NamedTuple):
    """One uncertain input. Money in USD over the horizon, at present value; `evppi` is None with nothing to choose.

    `flip_point` is its value at which the winner changes with all else at the median, and
    `probability_beyond` the chance of lying on the far side; None: it never changes the winner.
    """

    path: str
    low: float
    mid: float
    high: float
    swing: float
    first_order: float
    evppi: float | None
    flip_point: float | None
    probability_beyond: float | None
    linked_with: list[str]


class Unmeasured(NamedTuple):
    """A requirement or a quality that nobody knows of an architecture, and what of it decides."""

    architecture: str
    requirement: str
    decides: str


class Sensitivities(NamedTuple):
    """The result of `sensitivity`, inputs ranked by EVPPI.

    `to_measure` is what is unknown, that of the cheapest architecture first. `candidates` are the architectures that
    EVPI and EVPPI choose from; with fewer than two there is nothing to choose and these are None. The challenger
    and the one that it is held against are the pair whose lead the swings and the flip points move.
    """

    challenger: str
    against: str
    candidates: list[str]
    mean_advantage: float
    chance_challenger_wins: float
    evpi: float | None
    settled: bool
    sentence: str
    to_measure: list[Unmeasured]
    inputs: list[Sensitivity]


class _Question(NamedTuple):
    """What is left to choose: the pair that matters, all candidates' costs, and what is unknown of them."""

    challenger: str
    against: str
    candidates: list[str]
    costs: dict[str, Any]  # USD on each draw, of the candidates and the pair
    to_measure: list[Unmeasured]


def sensitivity(
    scenario: Scenario,
    catalog: Any,
    sampling: Sampling | None = None,
    challenger: str | None = None,
    against: str | None = None,
) -> Sensitivities:
    """Rank what is uncertain in a scenario by what knowing it is worth.

    A named pair is the choice between these two (the baseline, and the cheapest other that may do, where only one
    is named). Raises InputError where nothing is uncertain or a name is unknown.
    """
    sampling = (sampling or Sampling()).checked()
    if not any(True for _ in ranges_in(scenario)):
        raise InputError(
            "no input of this scenario is a range, so there is nothing to be unsure of",
            where="the scenario",
            hint="write a range where a figure is uncertain, such as 90k..220k",
        )
    for flag, name in (("--challenger", challenger), ("--against", against)):
        if name is not None and name not in scenario.architectures:
            hint = did_you_mean(name, scenario.architectures) or f"name one of: {', '.join(scenario.architectures)}"
            raise InputError(f"no architecture {name!r} in this scenario", where=flag, hint=hint)
    details = compare_in_detail(scenario, catalog, sampling)
    if challenger is None and against is None:
        question = _open_question(details)
        if question is None:
            raise InputError("there is no second architecture to hold against", hint="add one under architectures:")
    else:
        question = _named_pair(details, challenger, against)
    return _ranked(scenario, details, sampling, question, _on_values(scenario, catalog, list(question.costs)))


def sensitivity_beside(
    details: Details, scenario: Scenario, catalog: Any, sampling: Sampling | None = None
) -> Sensitivities | None:
    """`sensitivity` from the draws of a comparison.

    None where nothing is uncertain, or there is no second architecture that is served throughout.
    """
    question = _open_question(details) if details.outcome.ranges else None
    if question is None:
        return None
    sampling = (sampling or Sampling()).checked()
    return _ranked(scenario, details, sampling, question, _on_values(scenario, catalog, list(question.costs)))


def _on_values(scenario: Scenario, catalog: Any, names: list[str]) -> OnValues:
    """Present values in USD of these architectures on given values of the uncertain inputs."""

    def on_values(values: Mapping[str, Any]) -> dict[str, Any]:
        tree = with_values(scenario, lambda path, uncertain: values[path])
        prices = Prices(catalog, tree.prices, tree.successors)
        return {name: estimate(name, tree, prices).present_value for name in names}

    return on_values


def _served(details: Details) -> dict[str, float]:
    """Expected present value in USD of every architecture that is served throughout, the cheapest first."""
    found = {name: own.present_value for name, own in details.estimates.items() if own.present_value is not None}
    return dict(sorted(found.items(), key=lambda item: item[1]))


def _open_question(details: Details) -> _Question | None:
    """The choice among all that have failed nothing: the chosen one, and what is the cheapest in most other draws."""
    served = _served(details)
    possible = [name for name in served if details.gates[name].possible]
    if len(served) < 2:
        return None
    comparison = details.comparison
    best = comparison.cheapest or next(iter(possible or served))
    others = [name for name in possible if name != best] or [name for name in served if name != best]
    rival = _cheapest_in_most(details, best, others)
    pair = (rival, best) if best == comparison.baseline else (best, rival)
    return _question(details, pair, possible)


def _cheapest_in_most(details: Details, best: str, others: list[str]) -> str:
    """Of the others the one that is the cheapest of all most often; where none ever is, the one of the lowest mean."""
    import numpy as np

    rows = np.stack([_draws(details, name) for name in (best, *others)])
    wins = np.bincount(rows.argmin(axis=0), minlength=len(rows))[1:]
    return others[int(wins.argmax())]


def _named_pair(details: Details, challenger: str | None, against: str | None) -> _Question:
    served = _served(details)
    against = against or details.comparison.baseline
    others = [name for name in served if name != against]
    challenger = challenger or next((n for n in others if details.gates[n].possible), next(iter(others), None))
    if challenger is None:
        raise InputError("there is no second architecture to hold against", hint="add one under architectures:")
    if challenger == against:
        raise InputError(
            f"{challenger!r} is held against itself", where="--challenger", hint="name two different architectures"
        )
    for name in (challenger, against):
        if name not in served:
            raise InputError(
                f"{name} cannot be served over the whole horizon",
                where="successors",
                hint="name what replaces the retired model",
            )
    return _question(details, (challenger, against), [challenger, against])


def _question(details: Details, pair: tuple[str, str], possible: list[str]) -> _Question:
    costs = {name: _draws(details, name) for name in dict.fromkeys((*possible, *pair))}
    return _Question(*pair, possible, costs, _unmeasured(details, possible))


def _draws(details: Details, name: str) -> Any:
    return details.outcome.draws[name, "present_value"]


def _unmeasured(details: Details, possible: list[str]) -> list[Unmeasured]:
    """The unknown requirements and qualities of what may be chosen, the cheapest architecture first."""
    found = []
    for name in sorted(possible, key=lambda name: details.estimates[name].present_value or 0.0):
        unknown = details.gates[name].of("unknown")
        found += [Unmeasured(name, each.requirement, each.settles or each.reason) for each in unknown]
        quality = any("quality" in each.requirement for each in unknown)
        if name in details.comparison.choice.unmeasured and name != details.comparison.baseline and not quality:
            found.append(Unmeasured(name, "quality", "its quality is not known, and none is required"))
    found.sort(key=lambda each: "quality" not in each.requirement)
    return found


def _ranked(
    scenario: Scenario, details: Details, sampling: Sampling, question: _Question, on_values: OnValues
) -> Sensitivities:
    import numpy as np

    ranges = details.outcome.ranges
    sampling = linked(scenario, sampling, ranges)
    grid = normal_quantiles(sampling.samples)
    challenger, against = question.challenger, question.against
    y = np.subtract(question.costs[against], question.costs[challenger], dtype=float)
    costs = candidates({name: question.costs[name] for name in question.candidates}) if question.candidates else None
    evpi = perfect_information(costs) if costs is not None and len(question.candidates) > 1 else None
    scale = float(np.abs(y).mean())
    nothing = evpi is not None and evpi <= 1e-12 * scale
    probes = probed(ranges, sampling, on_values, grid, (challenger, against))
    flips = _flips(ranges, probes, lambda values: lead(on_values(values), challenger, against))
    rows = []
    for path, uncertain in ranges.items():
        row = _row(path, uncertain, sampling, evpi, probes[path], flips.get(path))
        if probes[path].reads:
            column = _column(path, ranges, sampling, grid)
            worth = partial_information(costs, column) if costs is not None and evpi and not nothing else row.evppi
            row = row._replace(first_order=_first_order(column, y), evppi=worth)
        rows.append(row)
    rows.sort(key=lambda row: (-(row.evppi or 0.0), -abs(row.swing), row.path))
    evpi = 0.0 if nothing else evpi
    settled = evpi is not None and evpi <= 1e-4 * scale and not question.to_measure
    wins, mean = float((y > 0).mean()), float(y.mean())
    sentence = _sentence(question, mean, wins, evpi, settled, evpi is not None and evpi <= 1e-4 * scale)
    return Sensitivities(
        challenger, against, question.candidates, mean, wins, evpi, settled, sentence, question.to_measure, rows
    )


def _column(path: str, ranges: dict[str, Range], sampling: Sampling, grid: Any) -> Any:
    """One input's values on the draws; a linked one is mixed from those that it is linked with."""
    import numpy as np

    whole = slice(0, sampling.samples)
    if not any(path in (first, second) for first, second, _ in sampling.links):
        at = positions(sorted(ranges).index(path), sampling.samples, sampling.seed, whole)
        return np.asarray(value_at(ranges[path], grid, sampling.z))[at]
    found = np.empty(sampling.samples)
    for begin in range(0, sampling.samples, CHUNK):
        chunk = slice(begin, min(begin + CHUNK, sampling.samples))
        found[chunk] = inputs(ranges, sampling, grid, chunk)[path]
    return found


def _row(
    path: str,
    uncertain: Range,
    sampling: Sampling,
    evpi: float | None,
    probe: Probe,
    flip: tuple[float, float] | None,
) -> Sensitivity:
    """One input as far as it needs no draws: worth nothing yet, where there is something to choose."""
    partners = sorted({b if a == path else a for a, b, _ in sampling.links if path in (a, b)})
    return Sensitivity(
        path,
        uncertain.low,
        uncertain.middle,
        uncertain.high,
        probe.swing if probe.reads else 0.0,
        0.0,
        None if evpi is None else 0.0,
        None if flip is None else flip[0],
        None if flip is None else flip[1],
        partners,
    )


def _first_order(column: Any, y: Any) -> float:
    """The share of y's variance that a line in each of 32 equal bins of an input explains."""
    import numpy as np

    variance = float(y.var())
    if variance <= 0:
        return 0.0
    order = np.argsort(column, kind="stable")
    bins = min(BINS, y.size)
    inputs_by_bin, parts = (np.array_split(values[order], bins) for values in (column, y))
    explained = float(np.array([part.mean() for part in parts]).var())
    for x, part in zip(inputs_by_bin, parts, strict=True):
        away = x - x.mean()
        squares = float((away * away).sum())
        if squares > 0:
            explained += float((away * part).sum()) ** 2 / squares / y.size
    return min(explained / variance, 1.0)


def _flips(
    ranges: dict[str, Range], probes: dict[str, Probe], advantage: Callable[[Mapping[str, Any]], Any]
) -> dict[str, tuple[float, float]]:
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


def _sentence(question: _Question, mean: float, wins: float, evpi: float | None, settled: bool, worthless: bool) -> str:
    better = question.challenger if mean > 0 else question.against
    lead = (
        f"{better} is better by ${abs(mean):,.0f} on average, and {question.challenger} wins in {wins:.1%} of the draws"
    )
    if settled:
        return f"{lead}: the decision is settled, no measurement could change it."
    if evpi is None:
        lead += "; nothing is left to choose"
    elif worthless:
        lead += "; of the costs, no measurement could change it"
    else:
        among = f" before choosing among {len(question.candidates)}" if len(question.candidates) > 2 else ""
        lead += f"; knowing everything{among} would be worth ${evpi:,.0f}"
    if question.to_measure:
        first = question.to_measure[0]
        lead += f". Measure first the {first.requirement.replace('_', ' ')} of {first.architecture}: {first.decides}"
    return f"{lead}."
