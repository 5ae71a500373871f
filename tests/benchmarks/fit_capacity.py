"""Fit the capacity model's constants: `python tests/benchmarks/fit_capacity.py --write` renews capacity/fitted.py.

Least squares of log(predicted/measured) of the rate, the time a token and (lightly) the first token,
robust against rows that are described wrongly, with every constant held near its base and every base
near a usual value: most levels have few measurements. Without --write it cross-validates: whole
combinations of model, GPU, engine and precision are left out in turn, and predicted.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.measured_rates import Measured, measured

from llmcost.capacity import efficiency as constants
from llmcost.capacity.efficiency import LEVELS, SHARES, Efficiency, levels
from llmcost.capacity.replica import batch_of, why_not
from llmcost.capacity.step import Timing, cycle
from llmcost.capacity.work import Work, work

PATH = Path(constants.__file__).with_name("fitted.py")
# Base, how far the base may move (ln), how far each level may move from it.
PRIOR: dict[str, tuple[float, float, tuple[float, ...]]] = {
    "bandwidth": (0.85, 0.06, (0.06,)),
    "expert_bandwidth": (0.7, 0.2, (0.15,)),
    "cache_bandwidth": (0.7, 0.2, (0.15,)),
    "flops": (0.55, 0.2, (0.2, 0.12)),
    "expert_flops": (0.35, 0.3, (0.3,)),
    "attention_flops": (0.4, 0.3, (0.15,)),
    "prefill": (1.0, 0.15, (0.1,)),
    "layer_s": (15e-6, 0.5, (0.2, 0.2)),
    "expert_layer_s": (20e-6, 0.5, (0.2, 0.3)),
    "sparse_layer_s": (10e-6, 0.7, ()),
    "send_s": (8e-6, 0.4, (0.3, 0.25)),
    "send_growth": (0.3, 0.7, ()),
    "link": (0.5, 0.3, (0.2,)),
    "expert_send_s": (15e-6, 0.5, ()),
    "expert_link": (0.5, 0.4, ()),
    "step_s": (1e-3, 0.7, (0.3, 0.3)),
    "sequence_s": (8e-6, 0.7, (0.4, 0.3)),
    "request_s": (2e-3, 0.7, (0.4, 0.3)),
    "sharpness": (2.0, 0.3, ()),
    "burst": (0.2, 0.7, (0.3,)),
}
RIDGE, TOKEN_WEIGHT, FIRST_TOKEN_WEIGHT, HEAVIEST = 0.24, 0.6, 0.15, 0.35


class Fit:
    """The rows as arrays, and the constants as one vector of logarithms."""

    def __init__(self, rows: Sequence[Measured]) -> None:
        self.rows = rows
        self.names: list[tuple[str, str]] = []
        self.start: list[float] = []
        self.spread: list[float] = []
        place: dict[tuple[str, str], int] = {}

        def column(name: tuple[str, str], value: float, spread: float) -> int:
            if name not in place:
                place[name] = len(self.names)
                self.names.append(name)
                self.start.append(math.log(value))
                self.spread.append(spread)
            return place[name]

        self.columns: dict[str, Any] = {}
        named = [levels(row.setup) for row in rows]
        for constant, (base, spread, each) in PRIOR.items():
            of_rows = []
            for row in named:
                found = [column((constant, "base"), base, spread)]
                pairs = zip(LEVELS[constant], each, strict=True)
                found += [column((constant, row[kind]), 1.0, width) for kind, width in pairs]
                of_rows.append(found)
            self.columns[constant] = np.array(of_rows)
        done = [work(row.setup, row.input_tokens, row.output_tokens) for row in rows]
        self.batch = np.array([batch_of(row.setup, row.input_tokens, row.output_tokens)[0] for row in rows])
        self.work = Work(*(np.array([getattr(one, f) for one in done], float) for f in Work._fields))
        self.doublings = np.log2([row.setup.tensor for row in rows])
        self.output = np.array([row.output_tokens for row in rows])
        self.rate = np.array([row.requests_per_second for row in rows])
        self.token = np.array([row.token_s or math.nan for row in rows])
        self.first = np.array([row.first_token_s or math.nan for row in rows])
        self.waiting = np.array([(row.setup.concurrency or 0.0) for row in rows])
        self.timed = ~np.isnan(self.token)
        counts = Counter(row.combination for row in rows)
        weights = np.array([counts[row.combination] ** -HEAVIEST for row in rows])
        self.weights = np.sqrt(weights / weights.mean())

    def constants(self, theta: Any, rows: Any) -> Efficiency:
        values = {name: np.exp(theta[columns[rows]].sum(1)) for name, columns in self.columns.items()}
        return Efficiency(**{n: np.minimum(v, 1.0) if n in SHARES else v for n, v in values.items()})

    def predicted(self, theta: Any, rows: Any) -> tuple[Any, Any, Any]:
        """Requests a second, seconds a token, seconds to the first."""
        c = self.constants(theta, rows)
        w = Work(*(figure[rows] for figure in self.work))
        batch, output = self.batch[rows], self.output[rows]
        timed = Timing(w, c, self.doublings[rows], 1.0, output, 0.0, False)  # type: ignore[arg-type]
        found = cycle(timed, batch)
        others = (batch - 1) * found.prefill
        token = found.step + (1 - c.burst) * others / np.maximum(output - 1, 1)
        queue = np.maximum(self.waiting[rows] / batch - 1, 0) * found.busy
        return found.rate, token, found.prefill + found.step + c.burst * others + queue

    def residuals(self, theta: Any, rows: Any) -> Any:
        rate, token, first = self.predicted(theta, rows)
        weights, timed = self.weights[rows], self.timed[rows]
        by_token = np.where(timed, np.log(token / np.where(timed, self.token[rows], 1)), 0)
        by_first = np.where(timed, np.log(first / np.where(timed, self.first[rows], 1)), 0)
        return np.concatenate(
            [
                weights * _robust(np.log(rate / self.rate[rows]), 0.2),
                TOKEN_WEIGHT * weights * _robust(by_token, 0.2),
                FIRST_TOKEN_WEIGHT * weights * _robust(by_first, 0.4),
                RIDGE * (theta - np.array(self.start)) / np.array(self.spread),
            ]
        )

    def fitted(self, rows: Any, theta: Any | None = None, rounds: int = 30) -> Any:
        """Levenberg and Marquardt's steps until a round gains less than 1 in 100,000."""
        theta = np.array(self.start) if theta is None else theta.copy()
        found, damping = self.residuals(theta, rows), 1e-2
        best = found @ found
        for _ in range(rounds):
            slope = np.empty((len(found), len(theta)))
            for one in range(len(theta)):
                moved = theta.copy()
                moved[one] += 1e-4
                slope[:, one] = (self.residuals(moved, rows) - found) / 1e-4
            square, gradient = slope.T @ slope, slope.T @ found
            for _ in range(8):
                change = np.linalg.solve(square + damping * np.diag(np.diag(square) + 1e-6), -gradient)
                tried = theta + np.clip(change, -0.7, 0.7)
                there = self.residuals(tried, rows)
                if there @ there < best:
                    break
                damping *= 4
            else:
                return theta
            gained, theta, found, damping = (best - there @ there) / best, tried, there, max(damping / 4, 1e-7)
            best = there @ there
            if gained < 1e-5:
                return theta
        return theta


def _robust(error: Any, width: float) -> Any:
    """Linear beyond `width`: the square root of the pseudo-Huber loss, with the sign."""
    return np.sign(error) * np.sqrt(2 * width**2 * (np.sqrt(1 + (error / width) ** 2) - 1))


def usable(rows: Sequence[Measured]) -> list[Measured]:
    """Rows that fit in memory and whose inputs were not in the cache already."""
    return [
        row for row in rows if not row.prefix_cached and not why_not(row.setup, row.input_tokens, row.output_tokens)
    ]


def left_out(fit: Fit, folds: int = 12, rounds: int = 8) -> tuple[Any, Any, Any, Any]:
    """predicted/measured of rate, time a token and first token for rows that the fit did not see; and the whole fit."""
    everything = np.arange(len(fit.rows))
    theta = fit.fitted(everything)
    kinds = sorted({row.combination for row in fit.rows})
    np.random.default_rng(0).shuffle(kinds)
    rate, token, first = (np.full(len(fit.rows), np.nan) for _ in range(3))
    for fold in range(folds):
        out = np.array([row.combination in kinds[fold::folds] for row in fit.rows])
        seen = fit.fitted(everything[~out], theta, rounds)
        found = fit.predicted(seen, everything[out])
        rate[out], token[out], first[out] = (
            found[0] / fit.rate[out],
            found[1] / fit.token[out],
            found[2] / fit.first[out],
        )
    return rate, token, first, theta


def table(fit: Fit, theta: Any) -> dict[str, dict[str, float]]:
    """The constants by name and level."""
    found: dict[str, dict[str, float]] = {}
    for (constant, level), value in zip(fit.names, theta, strict=True):
        found.setdefault(constant, {})[level] = float(f"{math.exp(value):.4g}")
    return found


def main() -> None:
    """Fit, and either write the table or print the spread of rows left out."""
    fit = Fit(usable(measured()))
    if "--write" in sys.argv:
        lines = [
            '"""The capacity model\'s constants, as fit_capacity.py wrote them; efficiency.py says what each means."""',
            "",
        ]
        lines.append("FITTED: dict[str, dict[str, float]] = {")
        for constant, factors in table(fit, fit.fitted(np.arange(len(fit.rows)))).items():
            lines.append(f'    "{constant}": {{')
            lines += [f'        "{level}": {value!r},' for level, value in factors.items()]
            lines.append("    },")
        PATH.write_text("\n".join([*lines, "}"]) + "\n", encoding="utf-8")
        return
    from benchmarks.capacity import print_spread

    rate, token, first, _ = left_out(fit)
    print_spread(fit.rows, rate, token, first)


if __name__ == "__main__":
    main()
