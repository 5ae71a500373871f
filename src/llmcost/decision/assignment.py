"""Which architecture serves which task type at the least cost, as a mixed-integer programme solved by HiGHS.

    minimise   Σ c_ia·x_ia + Σ F_n·y_n + Σ k_fm·r_fm
    Σ_a x_ia = 1                    every segment i is served
    x_ia ≤ y_n                      a fixed cost n is paid by whoever uses it, once
    Σ load_iafm·x_ia ≤ r_fm         whole replicas r of fleet f in month m
    Σ w_i·q_ia·x_ia ≥ Q             the least quality, on the weighted average
    month m's cost ≤ B              the budget

`x` is whole (a segment goes to one architecture) or a share. Months in which a fleet carries the same
loads at the same price are one row. Beside the textbook rows stand some that change no solution and tighten the
bound: where all of a fleet's loads grow alike, its rent over the horizon is a staircase of one load L, and every line
beneath its lower convex hull is a row, `Σ k_m·r_m ≥ a·L + b·y` (y: the fleet is used).
Source of the solver: HiGHS (highs.dev), a branch-and-cut method whose bound proves the gap.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from llmcost.decision.programme import FORGIVEN, Limits, Programme
from llmcost.decision.staircase import staircase_hull
from llmcost.errors import InputError

ALIKE = 1e-12  # of a load: how far apart two months may be scaled and still grow alike
MOST_NONZEROS = 20_000_000
LEAST_NODES, WORK = 50, 6_000_000  # nodes of the search: as many as this many coefficients allow, and no fewer
DEFAULT_GAP = 1e-4  # of the cost: HiGHS's own default, said in the result


class Assignment(NamedTuple):
    """The answer: shares by segment and architecture, its cost over the horizon, and what is proven.

    `bound` is a cost that no assignment is below, `gap` = (cost − bound) ÷ cost. `finished` is False where
    a limit of nodes or time ended the search. `shares` is None where nothing was found.
    `shadow_prices` says for each limit what one unit more of it would cost, in the relaxed programme.
    """

    shares: dict[str, dict[str, float]] | None
    cost: float | None
    bound: float
    gap: float | None
    finished: bool
    infeasible: bool
    nodes: int
    shadow_prices: dict[str, float]


def assign(
    programme: Programme,
    *,
    gap: float = DEFAULT_GAP,
    most_nodes: int | None = None,
    seconds: float | None = None,
    start: Mapping[str, str] | None = None,
) -> Assignment:
    """The cheapest assignment within the limits, and how close to the best possible it is proven to be.

    The same programme gives the same answer in two runs unless `seconds` ends it: the search ends after `most_nodes`
    nodes, left out as many as its size allows in some ten seconds. `start` is an assignment to begin from. Raises InputError for a programme larger than memory is spent on.
    """
    model = _Model(programme)
    nodes = max(LEAST_NODES, WORK // max(len(model.rows.values), 1)) if most_nodes is None else most_nodes
    solver = _solver(gap, nodes, seconds)
    solver.passModel(model.lp())
    if start is not None:
        solver.setSolution(model.solution_of(start))
    solver.run()
    return _answer(model, solver)


def conflicting(programme: Programme) -> list[str]:
    """The smallest set of limits that contradict one another: each of them is needed, and without any one it can be met.

    Empty where the programme has a solution.
    """
    stated = [name for name, value in programme.limits._asdict().items() if value is not None]

    def possible(kept: Sequence[str]) -> bool:
        limits = Limits(**{name: getattr(programme.limits, name) for name in kept})
        return not assign(programme._replace(limits=limits), gap=1.0).infeasible

    if possible(stated):
        return []
    needed = list(stated)
    for name in stated:
        without = [other for other in needed if other != name]
        if not possible(without):
            needed = without
    return needed


class _Columns(NamedTuple):
    """Where each kind of variable begins: shares, uses of fixed costs and of fleets, replicas, purchases."""

    uses: int
    replicas: int
    purchases: int
    total: int


class _Rows:
    """Rows of the programme as they are written down, with their bounds."""

    def __init__(self) -> None:
        self.starts: list[int] = [0]
        self.columns: list[int] = []
        self.values: list[float] = []
        self.lower: list[float] = []
        self.upper: list[float] = []

    def add(self, terms: Mapping[int, float], lower: float = -math.inf, upper: float = math.inf) -> int:
        """A row Σ value·column within its bounds; its number."""
        self.columns += terms.keys()
        self.values += terms.values()
        self.starts.append(len(self.columns))
        self.lower.append(lower)
        self.upper.append(upper)
        if len(self.columns) > MOST_NONZEROS:
            raise InputError(
                f"this policy has more than {MOST_NONZEROS:,} coefficients",
                where="segments and architectures",
                hint="group task types, or leave out architectures that never win",
            )
        return len(self.lower) - 1


class _Model:
    """The programme as columns and rows."""

    def __init__(self, programme: Programme) -> None:
        self.programme = programme
        self.pairs = [(i, option) for i, options in enumerate(programme.options) for option in options]
        self.at: dict[tuple[int, str], int] = {(i, o.architecture): k for k, (i, o) in enumerate(self.pairs)}
        self.nodes = list(programme.fixed)
        self.groups = [(fleet, group) for fleet in programme.fleets for group in self._months_alike(fleet)]
        self.bought = [fleet for fleet, cost in programme.fleets.items() if cost.purchase]
        self.names = sorted({o.architecture for _, o in self.pairs}) if programme.limits.max_architectures else []
        pairs, groups = len(self.pairs), len(self.groups)
        nodes = len(self.nodes) + len(programme.fleets)
        self.fleet_uses = {fleet: pairs + len(self.nodes) + k for k, fleet in enumerate(programme.fleets)}
        self.begin = _Columns(pairs, pairs + nodes, pairs + nodes + groups, 0)
        self.begin = self.begin._replace(total=self.begin.purchases + len(self.bought) + len(self.names))
        self.rows = _Rows()
        self.limits: dict[str, list[int]] = {}
        self._serve()
        self._use()
        self._carry()
        self._limit()

    def _months_alike(self, fleet: str) -> list[list[int]]:
        """Months in which every option loads a fleet alike and a replica costs the same, together."""
        cost = self.programme.fleets[fleet]
        loads = [o.loads[fleet] for _, o in self.pairs if fleet in o.loads]
        found: dict[tuple[float, ...], list[int]] = {}
        for month in range(self.programme.months):
            key = (cost.months[month], *(load[month] for load in loads))
            if self.programme.limits.max_monthly_cost is not None:
                key = (float(month), *key)  # the budget looks at each month
            found.setdefault(key, []).append(month)
        return list(found.values())

    def _serve(self) -> None:
        for i in range(len(self.programme.segments)):
            self.rows.add({k: 1.0 for k, (segment, _) in enumerate(self.pairs) if segment == i}, 1.0, 1.0)

    def _use(self) -> None:
        place = {node: self.begin.uses + k for k, node in enumerate(self.nodes)}
        for k, (_, option) in enumerate(self.pairs):
            for node in option.uses:
                self.rows.add({k: 1.0, place[node]: -1.0}, upper=0.0)
        self.place = place

    def _carry(self) -> None:
        most: dict[str, list[int]] = {}
        for g, (fleet, months) in enumerate(self.groups):
            column, month = self.begin.replicas + g, months[0]
            loads = {k: o.loads[fleet][month] for k, (_, o) in enumerate(self.pairs) if fleet in o.loads}
            self.rows.add({**{k: load for k, load in loads.items() if load > 0}, column: -1.0}, upper=FORGIVEN)
            most.setdefault(fleet, []).append(column)
        for fleet in self.programme.fleets:
            self._hull(fleet)
        for b, fleet in enumerate(self.bought):
            for column in most.get(fleet, ()):
                self.rows.add({column: 1.0, self.begin.purchases + b: -1.0}, upper=0.0)

    def _hull(self, fleet: str) -> None:
        """The rows beneath the staircase of a fleet's rent, where its loads grow alike in every option."""
        own = {k: o.loads[fleet] for k, (_, o) in enumerate(self.pairs) if any(o.loads.get(fleet, ()))}
        if not own:
            return
        sizes = {k: max(load) for k, load in own.items()}
        first, *others = ([part / sizes[k] for part in load] for k, load in own.items())
        if any(abs(a - b) > ALIKE for other in others for a, b in zip(first, other, strict=True)):
            return
        largest: dict[int, float] = {}
        for k, size in sizes.items():
            segment = self.pairs[k][0]
            largest[segment] = max(largest.get(segment, 0.0), size)
        used = self.fleet_uses[fleet]
        for k in own:
            self.rows.add({k: 1.0, used: -1.0}, upper=0.0)
        prices = self._rents(fleet)
        rent = {
            self.begin.replicas + g: math.fsum(prices[m] for m in months)
            for g, (name, months) in enumerate(self.groups)
            if name == fleet
        }
        for slope, level in staircase_hull(first, prices, math.fsum(largest.values())):
            self.rows.add({**rent, **{k: -slope * size for k, size in sizes.items()}, used: -level}, lower=-FORGIVEN)

    def _limit(self) -> None:
        limits, programme = self.programme.limits, self.programme
        if limits.min_quality_kept is not None:
            terms = {k: programme.weights[i] * (o.quality or 0.0) for k, (i, o) in enumerate(self.pairs)}
            self._of("min_quality_kept", terms, lower=limits.min_quality_kept * sum(programme.weights) - 1e-12)
        if limits.max_monthly_cost is not None:
            for month in range(programme.months):
                self._of("max_monthly_cost", self._month(month), upper=limits.max_monthly_cost * (1 + 1e-12))
        if limits.max_architectures is not None:
            first = self.begin.purchases + len(self.bought)
            place = {name: first + k for k, name in enumerate(self.names)}
            for k, (_, option) in enumerate(self.pairs):
                self.rows.add({k: 1.0, place[option.architecture]: -1.0}, upper=0.0)
            self._of("max_architectures", dict.fromkeys(place.values(), 1.0), upper=float(limits.max_architectures))

    def _of(self, limit: str, terms: Mapping[int, float], **bounds: float) -> None:
        self.limits.setdefault(limit, []).append(self.rows.add(terms, **bounds))

    def _month(self, month: int) -> dict[int, float]:
        """USD of a month by column; what is paid once is not of a month."""
        terms = {k: o.month_costs[month] for k, (_, o) in enumerate(self.pairs)}
        terms |= {self.place[n]: self.programme.fixed[n].months[month] for n in self.nodes}
        for g, (fleet, months) in enumerate(self.groups):
            if month in months:
                terms[self.begin.replicas + g] = self.programme.fleets[fleet].months[month]
        return {column: cost for column, cost in terms.items() if cost}

    def _rents(self, fleet: str) -> list[float]:
        """USD of a replica by month, at present value where discounts are given."""
        months, discounts = self.programme.fleets[fleet].months, self.programme.discounts
        return [cost * worth for cost, worth in zip(months, discounts, strict=True)] if discounts else list(months)

    def costs(self) -> list[float]:
        """USD over the horizon by column."""
        fixed, fleets = self.programme.fixed, self.programme.fleets
        worth = self.programme.worth
        shares = [o.once + worth(o.month_costs) for _, o in self.pairs]
        uses = [fixed[node].once + worth(fixed[node].months) for node in self.nodes] + [0.0] * len(fleets)
        rents = {fleet: self._rents(fleet) for fleet in fleets}
        replicas = [math.fsum(rents[fleet][m] for m in months) for fleet, months in self.groups]
        return [*shares, *uses, *replicas, *(fleets[f].purchase for f in self.bought), *(0.0 for _ in self.names)]

    def lp(self) -> Any:
        """The programme as HiGHS takes it."""
        import highspy
        import numpy as np

        lp = highspy.HighsLp()
        total, begin = self.begin.total, self.begin
        lp.num_col_, lp.num_row_ = total, len(self.rows.lower)
        lp.col_cost_ = np.array(self.costs())
        lp.col_lower_ = np.zeros(total)
        upper = np.ones(total)
        upper[begin.replicas : begin.purchases + len(self.bought)] = highspy.kHighsInf
        unknown = self.programme.limits.min_quality_kept is not None
        for k, (_, option) in enumerate(self.pairs):
            if unknown and option.quality is None:
                upper[k] = 0.0
        lp.col_upper_ = upper
        lp.row_lower_, lp.row_upper_ = np.array(self.rows.lower), np.array(self.rows.upper)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.array(self.rows.starts, dtype=np.int32)
        lp.a_matrix_.index_ = np.array(self.rows.columns, dtype=np.int32)
        lp.a_matrix_.value_ = np.array(self.rows.values)
        whole, part = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
        share = part if self.programme.shares else whole
        # A use is whole by itself where shares are: it is at least each of them, and costs something.
        use = whole if self.programme.shares else part
        kinds = [share] * begin.uses + [use] * (begin.replicas - begin.uses)
        kinds += [whole] * (begin.purchases - begin.replicas) + [part] * len(self.bought) + [use] * len(self.names)
        lp.integrality_ = kinds
        return lp

    def solution_of(self, start: Mapping[str, str]) -> Any:
        """An assignment as a start for the search; HiGHS completes the replicas."""
        import highspy

        solution = highspy.HighsSolution()
        values = [0.0] * self.begin.total
        for i, segment in enumerate(self.programme.segments):
            k = self.at.get((i, start.get(segment, "")))
            if k is not None:
                values[k] = 1.0
                for node in self.pairs[k][1].uses:
                    values[self.place[node]] = 1.0
                for fleet in self.pairs[k][1].loads:
                    values[self.fleet_uses[fleet]] = 1.0
        for g, (fleet, months) in enumerate(self.groups):
            load = sum(values[k] * o.loads[fleet][months[0]] for k, (_, o) in enumerate(self.pairs) if fleet in o.loads)
            values[self.begin.replicas + g] = float(math.ceil(load - FORGIVEN))
        solution.col_value = values
        return solution

    def shares_in(self, values: Sequence[float]) -> dict[str, dict[str, float]]:
        """Shares by segment and architecture, those that are nothing left out."""
        found: dict[str, dict[str, float]] = {segment: {} for segment in self.programme.segments}
        for k, (i, option) in enumerate(self.pairs):
            if values[k] > 1e-9:
                share = min(values[k], 1.0) if self.programme.shares else 1.0
                found[self.programme.segments[i]][option.architecture] = share
        return found


def _solver(gap: float, most_nodes: int, seconds: float | None) -> Any:
    solver = _silently_created()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)  # two runs take the same way
    solver.setOptionValue("random_seed", 1)
    solver.setOptionValue("mip_rel_gap", gap)
    solver.setOptionValue("mip_max_nodes", most_nodes)
    solver.setOptionValue("mip_feasibility_tolerance", FORGIVEN)
    if seconds is not None:
        solver.setOptionValue("time_limit", seconds)
    return solver


def _silently_created() -> Any:
    """A solver. Its library writes a banner to descriptor 1 (findings/highspy_banner.sh), which is for results alone."""
    import highspy

    new: Any = highspy.Highs
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        return new()
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def _answer(model: _Model, solver: Any) -> Assignment:
    import highspy

    status, info = solver.getModelStatus(), solver.getInfo()
    solved = status == highspy.HighsModelStatus.kOptimal
    if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
        return Assignment(None, None, math.inf, None, True, True, int(info.mip_node_count), {})
    bound = float(info.mip_dual_bound)
    if info.primal_solution_status != int(highspy.SolutionStatus.kSolutionStatusFeasible):
        return Assignment(None, None, bound, None, False, False, int(info.mip_node_count), {})
    cost = float(info.objective_function_value)
    gap = max(cost - bound, 0.0) / cost if cost > 0 else 0.0
    shares = model.shares_in(solver.getSolution().col_value)
    return Assignment(shares, cost, bound, gap, solved, False, int(info.mip_node_count), _shadow_prices(model))


def _shadow_prices(model: _Model) -> dict[str, float]:
    """USD over the horizon that one unit more of each limit costs: of quality 1 = all of it, of the budget a dollar.

    They are those of the relaxed programme, in which segments may be split and replicas too.
    """
    import highspy

    if not model.limits:
        return {}
    lp = model.lp()
    lp.integrality_ = [highspy.HighsVarType.kContinuous] * model.begin.total
    solver = _solver(0.0, 1, None)
    solver.passModel(lp)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return {}
    duals = solver.getSolution().row_dual
    return {limit: math.fsum(duals[row] for row in rows) for limit, rows in model.limits.items()}
