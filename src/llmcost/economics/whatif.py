"""What would come out if an input were another: every point of every lever, worked out in one evaluation.

The levers' points are laid end to end along one axis, and volume × cheap share as a grid behind
them; the estimates are evaluated once on the whole axis. So a page can step through points that
these formulas gave, and holds no formula of its own. Every other input is at its expected value, and what
that leaves of the expected cost of each month today is added at every point: at today's values stand
the very figures of the comparison.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from llmcost.arithmetic import Number, is_array
from llmcost.economics.comparison import Details
from llmcost.economics.gates import Gates, gates_of, met_in_draws
from llmcost.economics.levers import Lever, levers_of
from llmcost.economics.outputs import outputs
from llmcost.economics.totals import estimates_of
from llmcost.economics.uncertainty import value_of
from llmcost.estimate import Estimate, MonthCost
from llmcost.scenario import Scenario

FIGURES = (
    "one_time_cost",
    "monthly_cost",
    "total_cost",
    "cost_per_mtok",
    "saving",
    "saving_share",
    "quality_kept",
    "payback_month",
)
BY_MACHINE = ("p99_latency_ms", "first_token_ms", "capacity")
_COSTS = ("cost", "cumulative_cost", "present_value", "cumulative_present_value")
GRID_KEYS = ("volume", "cheap_share")
GRID_EVERY = 2  # of the points of its two levers


class Grid(NamedTuple):
    """Two levers moved together: the indices of their points, first × second, row by row from `begin`."""

    first: int
    second: int
    rows: range
    columns: range
    begin: int


class WhatIf(NamedTuple):
    """Figures along one axis: the points of each lever from its `begins`, then the grid's.

    A figure or month that no lever reaches is one number. `fails` says where an architecture is out,
    `cheapest` the position of the cheapest that is in, −1 where none is. Cumulative cost is USD up
    to the end of `months`.
    """

    levers: list[Lever]
    begins: list[int]
    size: int
    grid: Grid | None
    figures: dict[tuple[str, str], Number | None]
    months: list[int]
    cumulative: dict[str, list[Number | None]]
    fails: dict[str, Any]
    cheapest: Any

    def without(self, unmoved: set[int]) -> "WhatIf":
        """The same without some levers; the axis stays."""
        kept = [i for i in range(len(self.levers)) if i not in unmoved]
        grid = self.grid
        if grid is not None:
            pair = {grid.first, grid.second}
            grid = (
                None if pair & unmoved else grid._replace(first=kept.index(grid.first), second=kept.index(grid.second))
            )
        return self._replace(levers=[self.levers[i] for i in kept], begins=[self.begins[i] for i in kept], grid=grid)


def what_if(details: Details, *, most_months: int = 13) -> WhatIf | None:
    """Every point of every lever that changes a cost; None where none does.

    `most_months` bounds the months whose cumulative cost is kept; the last is among them.
    """
    levers = levers_of(details.point, details.prices, details.estimates, details.comparison.cheapest)
    if not levers:
        return None
    import numpy as np

    begins = [0]
    for lever in levers:
        begins.append(begins[-1] + len(lever.points))
    by_machine = _judged_by_machine(details.point)
    grid = None if by_machine else _grid(levers, begins[-1])
    size = begins[-1] + (len(grid.rows) * len(grid.columns) if grid is not None else 0)
    tree = details.point
    for position, lever in enumerate(levers):
        column = np.full(size, lever.points[lever.today])
        column[begins[position] : begins[position + 1]] = lever.points
        if grid is not None and position in (grid.first, grid.second):
            first, second = _product(levers, grid)
            column[grid.begin :] = first if position == grid.first else second
        tree = lever.moved(tree, column)  # type: ignore[arg-type]
    estimates = estimates_of(tree, details.prices)
    today = begins[0] + levers[0].today
    if details.outcome.ranges:
        estimates = {name: _expected(own, details.estimates[name], today) for name, own in estimates.items()}
    found = outputs(tree, estimates)
    by_machine_failed = _machine_gates(details, levers, size) if by_machine else {}
    fails = {
        name: _fails(name, tree, details.gates[name], own, found) | by_machine_failed.get(name, False)
        for name, own in estimates.items()
    }
    for begin, lever in zip(begins, levers, strict=False):
        for name, failed in fails.items():
            out = not details.gates[name].feasible or details.estimates[name].total_cost is None
            fails[name] = _at(failed, begin + lever.today, out, size)
    horizon = details.point.horizon_months
    apart = -(-horizon // (most_months - 1))
    months = [*range(horizon, 0, -apart)][::-1]
    result = WhatIf(
        levers,
        begins[:-1],
        size,
        grid,
        {(name, field): value_of(found[name, field]) for name in estimates for field in FIGURES},
        months,
        {name: [own.months[month - 1].cumulative_cost for month in months] for name, own in estimates.items()},
        fails,
        _cheapest(estimates, fails, size),
    )
    result = result.without({i for i in range(len(levers)) if not _moves(result, i)})
    return result if result.levers else None


def _expected(own: Estimate, expected: Estimate, today: int) -> Estimate:
    """The estimate along the axis, every month moved so that at today's point it is the expected one."""

    def moved(along: Number | None, to: Number | None) -> Number | None:
        if along is None or to is None:
            return along
        return along + (to - (along[today] if is_array(along) else along))  # type: ignore[index]

    months = tuple(
        MonthCost(
            month.month,
            month.first_day,
            **{field: moved(getattr(month, field), getattr(there, field)) for field in _COSTS},
        )
        for month, there in zip(own.months, expected.months, strict=True)
    )
    return own._replace(
        months=months,
        one_time_cost=moved(own.one_time_cost, expected.one_time_cost),  # type: ignore[arg-type]
        monthly_cost=moved(own.monthly_cost, expected.monthly_cost),
        total_cost=moved(own.total_cost, expected.total_cost),
    )


def _at(failed: Any, position: int, out: bool, size: int) -> Any:
    """The same with what is so today at one position."""
    import numpy as np

    if not is_array(failed) and bool(failed) == out:
        return failed
    along = np.array(np.broadcast_to(failed, (size,)))
    along[position] = out
    return along


def _grid(levers: list[Lever], begin: int) -> Grid | None:
    keys = [lever.key for lever in levers]
    if any(key not in keys for key in GRID_KEYS):
        return None
    first, second = (keys.index(key) for key in GRID_KEYS)
    rows, columns = (range(levers[i].today % GRID_EVERY, len(levers[i].points), GRID_EVERY) for i in (first, second))
    return Grid(first, second, rows, columns, begin)


def _product(levers: list[Lever], grid: Grid) -> tuple[Any, Any]:
    import numpy as np

    first = [levers[grid.first].points[i] for i in grid.rows]
    second = [levers[grid.second].points[i] for i in grid.columns]
    return np.repeat(first, len(second)), np.tile(second, len(first))


def _moves(found: WhatIf, position: int) -> bool:
    """Whether a lever changes any cost at all."""
    begin = found.begins[position]
    here = slice(begin, begin + len(found.levers[position].points))
    totals = (value for (_, field), value in found.figures.items() if field in ("total_cost", "one_time_cost"))
    return any(is_array(value) and bool((value[here] != value[begin]).any()) for value in totals)  # type: ignore[index]


# ---- which is the cheapest that meets every requirement ------------------------------------------


def _cheapest(estimates: dict[str, Estimate], fails: dict[str, Any], size: int) -> Any:
    import numpy as np

    totals = np.full((len(estimates), size), np.inf)
    for position, (name, own) in enumerate(estimates.items()):
        if own.present_value is not None:
            totals[position] = np.where(fails[name], np.inf, own.present_value)
    return np.where(np.isfinite(totals.min(axis=0)), totals.argmin(axis=0), -1)


def _fails(name: str, tree: Scenario, today: Gates, own: Estimate, found: dict[Any, Any]) -> Any:
    """Where an architecture fails a requirement or is not served throughout; machines are judged apart."""
    kept, payback = value_of(found[name, "quality_kept"]), value_of(found[name, "payback_month"])
    met = met_in_draws(name, tree, own, kept, payback)
    steady = [each for each in today.judged if each.status != "met" and each.requirement not in (*met, *BY_MACHINE)]
    failed: Any = bool(steady) or own.total_cost is None
    for held in met.values():
        failed = failed | (~held if is_array(held) else not held)
    return failed


def _judged_by_machine(point: Scenario) -> bool:
    """Whether a requirement asks how fast machines answer, or devices are as many as there are."""
    served = [body.served_by() for body in point.architectures.values()]
    latency = point.requirements.p99_latency_ms is not None or point.requirements.first_token_ms is not None
    return any(each is not None and (latency or each.edge is not None) for each in served)


def _machine_gates(details: Details, levers: list[Lever], size: int) -> dict[str, Any]:
    """Latency and capacity, judged point by point: queues and devices are not worked out on arrays."""
    import numpy as np

    failed = {name: np.zeros(size, dtype=bool) for name in details.estimates}
    for position, point in enumerate(_each_point(details.point, levers)):
        for name in details.estimates:
            judged = gates_of(name, point, details.prices, details.estimates[name], None, None)
            failed[name][position] = any(each.requirement in BY_MACHINE for each in judged.failed)
    return failed


def _each_point(point: Scenario, levers: list[Lever]) -> Iterator[Scenario]:
    for lever in levers:
        for value in lever.points:
            yield lever.moved(point, value)


__all__ = ["FIGURES", "Grid", "WhatIf", "what_if"]
