"""The one choice that every command names: the cheapest architecture known to meet every requirement.

The lowest expected cost over the horizon, or the lowest expected present value where a discount rate is
stated. An architecture that is cheaper, and of which it is not known whether it meets a requirement, is
never chosen; it is named beside the choice, with what to measure and the value that decides.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from llmcost.economics.gates import Gates, Judged, Status
from llmcost.scenario import Scenario

By = Literal["total_cost", "present_value"]
NONE_MEETS = "No architecture meets every requirement."
NONE_KNOWN = "No architecture is known to meet every requirement."


class Option(NamedTuple):
    """An architecture that may be chosen: its expected cost in USD (None: not served throughout) and its requirements.

    `kept` is its expected quality over the baseline's, None where it is not known.
    """

    name: str
    cost: float | None
    gates: Gates
    kept: float | None

    @property
    def standing(self) -> Status:
        """How it stands to all that is required; one that is not served throughout has failed."""
        return "failed" if self.cost is None else self.gates.standing


class Cheaper(NamedTuple):
    """A cheaper architecture that cannot be chosen yet, and what of it would have to be known."""

    architecture: str
    standing: Status
    requirement: str
    chance: float | None
    sentence: str


class Choice(NamedTuple):
    """The architecture to take (None: none is known to meet every requirement), and what could yet replace it.

    `by` is the figure that it is the lowest of. `cheaper` is the cheapest of those that may yet do, below the chosen
    one; without a chosen one the cheapest of all that may do. `unmeasured` are the architectures that a quality is
    not known of. `reasons` says of each other architecture why it is out. `sentence` is what to add to the choice.
    """

    architecture: str | None
    by: By
    cheaper: Cheaper | None
    unmeasured: list[str]
    reasons: dict[str, str]
    sentence: str


def choose(options: Sequence[Option], scenario: Scenario) -> Choice:
    """The cheapest option that is known to meet every requirement; of equal ones the first."""
    known = [each for each in options if each.standing == "met"]
    chosen = min(known, key=_cost, default=None)
    possible = [each for each in options if each.standing in ("unknown", "uncertain")]
    if chosen is not None:
        possible = [each for each in possible if _cost(each) < _cost(chosen)]
    rival = min(possible, key=_cost, default=None)
    cheaper = None if rival is None else _cheaper(rival, chosen)
    unmeasured = [each.name for each in options if each.kept is None]
    reasons = {each.name: _out(each) for each in options if each.standing != "met"}
    return Choice(
        None if chosen is None else chosen.name,
        by_of(scenario),
        cheaper,
        unmeasured,
        reasons,
        _second(chosen, cheaper, reasons, scenario),
    )


def by_of(scenario: Scenario) -> By:
    """What the choice is made by: present value where a discount rate is stated."""
    rate: Any = scenario.discount_rate
    return "total_cost" if isinstance(rate, float | int) and rate == 0 else "present_value"


def _cost(option: Option) -> float:
    return float("inf") if option.cost is None else option.cost


def _in_doubt(option: Option) -> Judged:
    """The requirement that keeps it from being chosen: an unknown one first, which only a measurement settles."""
    return (option.gates.of("unknown") or option.gates.of("uncertain"))[0]


def _cheaper(rival: Option, chosen: Option | None) -> Cheaper:
    doubt = _in_doubt(rival)
    would = (
        f"{rival.name} would be"
        if chosen is not None
        else f"{rival.name} would be the cheapest, at ${_cost(rival):,.0f}"
    )
    if doubt.status == "unknown":
        said = f"{would}, if {doubt.settles}"
    else:
        said = f"{would}, but meets {doubt.requirement} in {doubt.chance:.0%} of the draws only"
    return Cheaper(rival.name, rival.standing, doubt.requirement, doubt.chance, said)


def _out(option: Option) -> str:
    """Why it cannot be chosen, in its worst requirement's words."""
    for status in ("failed", "unknown", "uncertain"):
        found = option.gates.of(status)
        if found:
            return f"{found[0].requirement}: {found[0].reason}"
    return "it is not served over the whole horizon"


def _second(chosen: Option | None, cheaper: Cheaper | None, reasons: Mapping[str, str], scenario: Scenario) -> str:
    """What has to be said beside the choice; nothing where nothing is unknown."""
    if chosen is None:
        return NONE_MEETS if cheaper is None else f"{NONE_KNOWN} Measure first: {cheaper.sentence}."
    if cheaper is not None:
        return f"{cheaper.sentence}."
    if chosen.kept is None and chosen.name != scenario.baseline and scenario.requirements.min_quality_kept is None:
        return f"The quality of {chosen.name} is not known: measure it before switching."
    return ""


def chances_of_winning(
    options: Sequence[Option], costs: Mapping[str, Any], met: Mapping[str, Sequence[Any]]
) -> tuple[dict[str, float], float]:
    """How often each option is the cheapest of those that meet every requirement in that draw, and how often none does.

    `costs` and `met` hold each option's costs and its requirements on the draws. One that fails a requirement that no
    range reaches never wins; one with an unknown requirement has no chance to speak of, and takes no part.
    """
    import numpy as np

    judged = [each for each in options if each.standing not in ("unknown",) and each.cost is not None]
    if not judged:
        return {}, 1.0
    rows = []
    for each in judged:
        row = np.array(costs[each.name], dtype=float)
        for held in met[each.name]:
            row[~np.broadcast_to(np.asarray(held, dtype=bool), row.shape)] = np.inf
        if any(gate.chance == 0.0 and gate.status == "failed" for gate in each.gates.judged):
            row[:] = np.inf
        rows.append(row)
    totals = np.vstack(rows)
    wins = np.where(np.isinf(totals.min(axis=0)), len(judged), totals.argmin(axis=0))
    shares = np.bincount(wins, minlength=len(judged) + 1) / totals.shape[1]
    return {each.name: float(share) for each, share in zip(judged, shares, strict=False)}, float(shares[-1])
