"""The capacity model against published measurements: `python tests/benchmarks/capacity.py` prints the spread.

Every row is predicted by a fit that has seen no row of its combination of model, GPU, engine and
precision (`fit_capacity.left_out`, about a minute). `--fitted` prints the constants in use instead,
which have seen all rows.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.measured_rates import Measured, measured

from llmcost.capacity.bound import check_rate
from llmcost.capacity.replica import band, capacity

LOW, HIGH = 0.8, 1.25


class Row(NamedTuple):
    """One measurement with what the shipped model says of it; ratios are predicted/measured, None: does not fit."""

    of: Measured
    ratio: float | None
    token_ratio: float | None
    in_band: bool | None
    verdict: str
    share_of_bound: float


class Spread(NamedTuple):
    """Of some rows: how many, the least, median and largest ratio, and the share within 0.8 to 1.25."""

    rows: int
    least: float
    middle: float
    most: float
    within: float


def rows(found: Iterable[Measured] | None = None) -> list[Row]:
    """Every measurement with its prediction by the constants in use."""
    return [_row(one) for one in found or measured()]


def _row(one: Measured) -> Row:
    size = (one.input_tokens, one.output_tokens)
    served = capacity(one.setup, *size)
    verdict = check_rate(one.requests_per_second, one.setup, *size)
    if served is None:
        return Row(one, None, None, None, verdict.verdict, verdict.factor)
    token = served.time_per_output_token_s
    return Row(
        one,
        served.requests_per_second / one.requests_per_second,
        token / one.token_s if token is not None and one.token_s is not None else None,
        served.low <= one.requests_per_second <= served.high,
        verdict.verdict,
        verdict.factor,
    )


def spread(ratios: Iterable[float | None]) -> Spread:
    """How predicted/measured spreads over the rows that fit."""
    known = sorted(ratio for ratio in ratios if ratio is not None and not math.isnan(ratio))
    if not known:
        return Spread(0, math.nan, math.nan, math.nan, math.nan)
    near = sum(LOW <= ratio <= HIGH for ratio in known) / len(known)
    return Spread(len(known), known[0], median(known), known[-1], near)


def classes(found: Sequence[Measured]) -> dict[str, list[int]]:
    """The rows of each class of the accuracy table: dense or mixture, precision, GPUs, engine, GPU."""
    kinds: dict[str, list[int]] = {"all rows": list(range(len(found)))}
    for position, row in enumerate(found):
        four = row.precision in ("fp4", "mxfp4", "int4")
        names = [
            "mixture of experts" if row.mixture else "dense",
            f"4 bits ({row.precision})" if four else {"fp16": "bf16"}.get(row.precision, row.precision),
            f"{row.gpus} GPU" + ("s" if row.gpus > 1 else ""),
            row.engine,
            row.gpu,
        ]
        for name in names:
            kinds.setdefault(name, []).append(position)
    return kinds


def print_spread(found: Sequence[Measured], rate: Any, token: Any, first: Any) -> None:
    """The table of the docs, by class, and the half-width that holds nine rows of ten."""
    print("| class | rows | least | median | most | within 0.8–1.25 | time a token within | ± holds 90 % |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    for name, places in classes(found).items():
        of, timed = spread(rate[places]), spread(token[places])
        off = sorted(abs(math.log(rate[place])) for place in places)
        holds = math.exp(off[min(math.ceil(0.9 * len(off)), len(off) - 1)]) - 1
        within = "–" if not timed.rows else f"{timed.within:.0%}"
        print(
            f"| {name} | {of.rows} | {of.least:.2f} | {of.middle:.2f} | {of.most:.2f} | {of.within:.0%} "
            f"| {within} | {holds:.0%} |"
        )
    print(f"first token: {spread(first).within:.0%} within; 90 % of them within a factor of", end=" ")
    known = sorted(abs(math.log(one)) for one in first if not math.isnan(one))
    print(f"{math.exp(known[int(0.9 * len(known))]):.2f}")


def main() -> None:
    """Print the table."""
    import numpy as np

    if "--fitted" in sys.argv:
        known = [row for row in rows() if row.ratio is not None and not row.of.prefix_cached]
        ratios = np.array([row.ratio for row in known])
        tokens = np.array([math.nan if row.token_ratio is None else row.token_ratio for row in known])
        print_spread([row.of for row in known], ratios, tokens, np.full(len(known), math.nan))
        print(f"in the band: {sum(bool(row.in_band) for row in known) / len(known):.0%}")
        print(f"half-width: {math.expm1(median(band(row.of.setup) for row in known)):.0%}")
        return
    from benchmarks.fit_capacity import Fit, left_out, usable

    fit = Fit(usable(measured()))
    rate, token, first, _ = left_out(fit)
    print_spread(fit.rows, rate, token, first)


if __name__ == "__main__":
    main()
