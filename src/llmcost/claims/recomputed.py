"""What is asked of a calculation, and what it gives back: a figure, its unit, its limits and its steps."""

import math
from collections.abc import Container, Iterable
from datetime import date
from typing import Any, NamedTuple

from llmcost.claims.expression import Step
from llmcost.claims.published import Published
from llmcost.claims.statement import Statement
from llmcost.economics.uncertainty import Figure, Sampling
from llmcost.errors import InputError, did_you_mean
from llmcost.estimate import Assumption, Charge, Warning
from llmcost.quantity import Follows, Shared
from llmcost.wording import count, usd

# Shares of a whole: more than all of it cannot be.
PARTS = {
    *("saving_share", "utilisation", "acceptance", "escalation", "quality", "break_even_acceptance", "chance_cheapest"),
}
_SHARES = {
    *PARTS,
    "quality_kept",
    "random_mix_quality_kept",
    "parity_false_accept",
    "target_utilisation",
}
_MONTHS = {"payback_month", "crosses_back_in_month"}
LONGEST_CHAIN = 200  # ranges that rest on one another


class Setting(NamedTuple):
    """What all claims of an audit are worked out on."""

    catalog: Any
    as_of: date
    sampling: Sampling


class Asked(NamedTuple):
    """A statement to work out. `given` are its inputs with each reference replaced by the figure that it names."""

    statement: Statement
    given: dict[str, Any]
    setting: Setting


class Limit(NamedTuple):
    """What a figure cannot exceed, or cannot fall short of, and why. `exact` is one that no rounding passes: 100 %."""

    bound: float
    because: str
    upper: bool = True
    exact: bool = False

    def excludes(self, value: float, tolerance: float) -> bool:
        """Whether a value lies beyond it, the tolerance forgiven where it is not exact."""
        slack = (1e-9 if self.exact else tolerance) * abs(self.bound) + 1e-12
        return value > self.bound + slack if self.upper else value < self.bound - slack


class Recomputed(NamedTuple):
    """The figure that the inputs lead to.

    `ends` says what its ends are where these are not the extremes of the inputs. `missing` says what
    would have to be known, `no_value` why the arithmetic has no result, `impossible` why the inputs themselves
    cannot be. `given` are the inputs as they stand. `follows` is what a range is worked out from.
    """

    name: str
    figure: Figure
    unit: str
    steps: list[Step] = []
    charges: dict[str, tuple[Charge, ...]] = {}
    limits: list[Limit] = []
    ends: str = ""
    missing: str = ""
    no_value: str = ""
    impossible: str = ""
    given: dict[str, Any] = {}
    assumptions: list[Assumption] = []
    warnings: list[Warning] = []
    follows: Follows | None = None


def not_known(asked: Asked, name: str, unit: str, missing: Iterable[str]) -> Recomputed:
    """What is recomputed where inputs are not known: nothing, and which."""
    return Recomputed(name, Figure(None), unit, missing=", ".join(missing), given=asked.given)


def unknown_inputs(asked: Asked, known: Container[str]) -> list[str]:
    """Those of the inputs that a calculation knows which nobody says."""
    return [name for name, value in asked.given.items() if value is None and name in known]


def check_figure(asked: Asked, name: str, known: Iterable[str]) -> None:
    """Raise InputError for a figure that the calculation does not have."""
    names = list(known)
    if name not in names:
        statement = asked.statement
        raise InputError(
            f"claim {statement.claim}: {statement.calculation} has no figure {name!r}",
            where=statement.place(("figure",)),
            hint=did_you_mean(name, names) or f"figures: {', '.join(names)}",
        )


def highest(figure: Figure) -> float | None:
    """The most that a figure comes to; None where that is not known."""
    return figure.bounds[1] if figure.bounds is not None else figure.value


def lowest(figure: Figure) -> float | None:
    """The least that a figure comes to; None where that is not known."""
    return figure.bounds[0] if figure.bounds is not None else figure.value


def unit_of(name: str) -> str:
    """The unit of a figure that is named in the JSON contract: `USD`, `share`, `month` or empty."""
    if name in _SHARES:
        return "share"
    if name in _MONTHS:
        return "month"
    if name.startswith("charges.") or name in ("saving", "cost", "net_present_value"):
        return "USD"
    return "USD" if name.endswith(("_cost", "_per_call", "_per_mtok", "_per_request", "_per_output_mtok")) else ""


def said(value: float | None, unit: str) -> str:
    """A figure in its unit: `$1,980`, `66.8%`, `3.66×`, `month 7`, `26.1`."""
    if value is None or value == math.inf:
        return "never" if unit == "month" else "unknown"
    if unit == "USD":
        return usd(value)
    if unit == "share":
        return f"{value * 100:.4g}%"  # a digit more than tables have: published shares carry four
    if unit == "times":
        return f"{count(value)}×"
    if unit == "month":
        return f"month {value:g}"
    return count(value) if abs(value) >= 0.01 or value == 0 else f"{value:.3g}"


def recomputed_of(claim: str, found: Recomputed) -> Any:
    """A claim's recomputed figure as another one's quantity, in its unit; null where it is not known.

    A range is drawn with what it is worked out from; where nothing says what that is, it is a quantity of its own.
    Raises InputError where one range rests on too many others.
    """
    figure, name = found.figure, f"claim {claim}.recomputed"
    if figure.bounds is None or None in figure.bounds or figure.bounds[0] == figure.bounds[1]:
        return None if figure.value is None else _written(figure.value, found.unit, name)
    follows = found.follows
    if follows is not None and len(follows.before) > LONGEST_CHAIN:
        raise InputError(
            f"claim {claim} rests on {len(follows.before)} ranges, one upon the other; {LONGEST_CHAIN} can be carried",
            hint="give one of them as a number, or refer to a published figure",
        )
    low, high = figure.bounds
    middle = figure.value if figure.spread is None else figure.spread[1]
    ends = {"low": low, "mid": middle, "high": high}
    return {end: _written(value, found.unit, name, follows) for end, value in ends.items() if value is not None}


def published_of(claim: str, published: Published) -> Any:
    """A claim's published figure as another one's quantity: a bound is the range that it leaves open.

    Null where it leaves more than a range: at least $5 may be anything.
    """
    low, high = published.low, published.high
    if published.kind == "never" or (published.kind == "at_least" and published.unit != "share"):
        return None
    if published.kind == "at_least":
        high = 1.0
    if published.kind == "at_most":
        low = min(0.0, high)
    name = f"claim {claim}.published"
    written = [_written(end, published.unit, name) for end in dict.fromkeys((low, high))]
    return written if len(written) > 1 else written[0]


def _written(value: float, unit: str, name: str, follows: Follows | None = None) -> Shared:
    text = Shared(f"{value * 100!r}%" if unit == "share" else f"${value!r}" if unit == "USD" else repr(value))
    text.place, text.follows = name, follows
    return text


def check_unit(asked: Asked, name: str, unit: str) -> None:
    """Raise InputError where the published figure is written in another unit than the recomputed one."""
    statement, published = asked.statement, asked.statement.published
    known = unit if unit in ("USD", "share", "times") else ""
    instead = {
        "USD": "write an amount in USD, such as $1,980",
        "share": "write a share, such as 67%",
        "times": "write a factor, such as 3.66x",
    }
    if published.kind == "never":
        if unit != "month":
            raise InputError(
                f"claim {statement.claim}: {name} is not a payback, and never is no figure for it",
                where=statement.place(("published",)),
                hint=instead.get(known, "write a number, such as 5M"),
            )
        return
    if published.unit and published.unit != known:
        kinds = {"USD": "in USD", "share": "a share", "times": "a factor", "month": "a month of the horizon"}
        what = kinds.get(unit, "a number" if not unit else f"in {unit}")
        raise InputError(
            f"claim {statement.claim}: the published {published.text!r} is {kinds[published.unit]}, and {name} is {what}",
            where=statement.place(("published",)),
            hint=instead.get(
                known,
                "write the number of the month, such as 5" if unit == "month" else "write a plain number, such as 5M",
            ),
        )
    if known == "share" and not published.unit and max(abs(published.low), abs(published.high)) > 1:
        raise InputError(
            f"claim {statement.claim}: {name} is a share, and {published.text!r} would be {published.high:.0%}",
            where=statement.place(("published",)),
            hint=f"write {published.text}% for percent",
        )


def figure_in(row: Any, asked: Asked) -> tuple[str, Figure]:
    """The figure that is asked for, by its name in the JSON contract; `charges.NAME` is one charge's cost.

    Raises InputError for a name that the result does not have.
    """
    nested = getattr(row, "cascade", None)
    known = {name: value for part in (nested, row) if part is not None for name, value in _numbers(part).items()}
    statement = asked.statement
    name = statement.figure
    if name is None:
        raise InputError(
            f"claim {statement.claim} does not say which figure of {statement.calculation} is meant",
            where=statement.place(()),
            hint=f"add figure: one of {', '.join(known)}",
        )
    wanted = name.partition(".")
    if wanted[0] == "charges" and wanted[2]:
        costs = _charges(row)
        if wanted[2] in costs:
            return name, Figure(costs[wanted[2]])
        raise InputError(
            f"claim {statement.claim}: there is no charge {wanted[2]!r}",
            where=statement.place(("figure",)),
            hint=did_you_mean(wanted[2], costs) or f"charges: {', '.join(costs) or 'none'}",
        )
    check_figure(asked, name, known)
    found = known[name]
    return name, found if isinstance(found, Figure) else Figure(None if found is None else float(found))


def _charges(row: Any) -> dict[str, float]:
    """USD by a charge's name, of all models together, and by `MODEL: NAME` as --explain prints it."""
    found: dict[str, float] = {}
    for charge in getattr(row, "charges", ()):
        for name in dict.fromkeys((charge.name, f"{charge.group}: {charge.name}")):
            found[name] = found.get(name, 0.0) + float(charge.cost)
    return found


def _numbers(row: Any) -> dict[str, Any]:
    """The figures of a result by name: a Figure, or a number that may be unknown."""
    hints = type(row).__annotations__
    return {name: getattr(row, name) for name in row._fields if is_figure(hints.get(name))}


def is_figure(hint: Any) -> bool:
    """Whether a field of this type is a figure: one that ranges reach, or a number that may be unknown."""
    return hint in (Figure, float, int, float | None, int | None)
