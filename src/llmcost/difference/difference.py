"""What changed between two results, what it comes to, and which decision flips."""

from __future__ import annotations

from typing import NamedTuple

from llmcost.difference.change import Change, changed
from llmcost.difference.figures import charge_changes, figure_changes
from llmcost.difference.flips import Flip, flips_of
from llmcost.difference.gates import Chosen, Judged, Limits, chosen, judged
from llmcost.difference.headline import headline
from llmcost.difference.inputs import input_changes
from llmcost.difference.prices import price_changes, stated_changes
from llmcost.difference.side import Side
from llmcost.errors import InputError


class Compared(NamedTuple):
    """A side as the result names it; `kind` is `scenario` or `result` (saved)."""

    name: str
    kind: str
    prices_as_of: str
    version: str
    baseline: str | None
    horizon_months: int


class Difference(NamedTuple):
    """The result of `diff`. Changes run from causes to effects: inputs, prices, figures, charges."""

    headline: str
    command: str
    old: Compared
    new: Compared
    chosen: Chosen
    changes: list[Change]
    flips: list[Flip]
    gates: list[Judged]


def difference(old: Side, new: Side, limits: Limits | None = None) -> Difference:
    """Compare two sides of one command.

    Raises InputError where they are of two commands, where two `tco` are of two architectures, and
    for a limit on an architecture that neither side has.
    """
    _check_comparable(old, new)
    limits = limits or Limits()
    choice = chosen(old, new, limits.architecture)
    prices = price_changes(old, new)
    changes = [*_causes(old, new, prices), *prices, *figure_changes(old, new), *charge_changes(old, new)]
    return Difference(
        headline(old, new, choice, changes),
        new.command,
        _compared(old),
        _compared(new),
        choice,
        changes,
        flips_of(old, new),
        judged(new, choice, limits),
    )


def _causes(old: Side, new: Side, prices: list[Change]) -> list[Change]:
    """Changed inputs: of the scenarios where both are at hand, else of what the results state."""
    if old.scenario is not None and new.scenario is not None:
        found = input_changes(old.scenario, new.scenario)
    else:
        found = stated_changes(old, new)
        if old.months != new.months:
            found.append(changed("input", "horizon_months", old.months, new.months))
    if old.prices_as_of != new.prices_as_of:
        found.append(changed("input", "prices_as_of", old.prices_as_of, new.prices_as_of))
    listed = {_short(change.path) for change in prices}
    listed |= {path.removeprefix("prices.") for path in listed}  # as the assumptions name a user's own price
    return [
        change
        for change in found
        if not any(path == _short(change.path) or path.startswith(_short(change.path) + ".") for path in listed)
    ]


def _short(path: str) -> str:
    """`prices.anthropic/claude-haiku-4-5.input_per_mtok` without its provider: a price is listed once."""
    kind, _, rest = path.partition(".")
    return f"{kind}.{rest.rpartition('/')[2]}" if kind == "prices" else path


def _compared(side: Side) -> Compared:
    return Compared(side.name, side.kind, side.prices_as_of, side.version, side.baseline, side.months)


def _check_comparable(old: Side, new: Side) -> None:
    if old.command != new.command:
        raise InputError(
            f"{old.name} is a result of {old.command}, {new.name} one of {new.command}",
            where=new.name,
            hint=f"save both with llmcost {old.command}",
        )
    if old.command == "tco" and set(old.rows) != set(new.rows):
        raise InputError(
            f"{old.name} is about {old.cheapest}, {new.name} about {new.cheapest}",
            where=new.name,
            hint="save both with the same --architecture, or compare two results of llmcost compare",
        )
