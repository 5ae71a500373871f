"""The capacity model against 231 published measurements: `python tests/benchmarks/capacity.py` prints the spread.

One row a GPU and precision, one GPU and several apart: rows, rows that fit, smallest, median and
largest predicted/measured, and the share within 0.8 to 1.25.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import NamedTuple

from llmcost.capacity.bound import physical_bound
from llmcost.capacity.replica import Setup, capacity, precision_named
from llmcost.catalog import Catalog, load_catalog

MEASURED = Path(__file__).parents[1] / "data" / "throughput.csv"
LOW, HIGH = 0.8, 1.25


class Row(NamedTuple):
    """One measurement: what the model predicts of it (None: does not fit) and the share of the bound it reaches."""

    model: str
    gpu: str
    gpus: int
    precision: str
    input_tokens: int
    output_tokens: int
    measured: float
    predicted: float | None
    band: tuple[float, float] | None
    share_of_bound: float

    @property
    def ratio(self) -> float:
        """Predicted ÷ measured."""
        assert self.predicted is not None
        return self.predicted / self.measured


class Spread(NamedTuple):
    """Of some rows: how many, how many fit, and how predicted/measured spreads over those."""

    rows: int
    fit: int
    least: float
    middle: float
    most: float
    within: float


def rows(catalog: Catalog | None = None) -> list[Row]:
    """Every measurement with its prediction."""
    known = catalog or load_catalog()
    found = []
    with MEASURED.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            size = int(line["input_len"]), int(line["output_len"])
            precision = precision_named(line["precision"])
            setup = Setup(known.open_model(line["model"]), known.gpu(line["gpu"]), int(line["n_gpus"]), precision)
            served = capacity(setup, *size)
            bound = physical_bound(*setup[:4], input_tokens=size[0], output_tokens=size[1])
            measured = float(line["req_s"])
            found.append(
                Row(
                    *(line["model"], line["gpu"], int(line["n_gpus"]), line["precision"], *size, measured),
                    None if served is None else served.requests_per_second,
                    None if served is None else (served.low, served.high),
                    measured / bound,
                )
            )
    return found


def spread(some: Iterable[Row]) -> Spread:
    """How predicted/measured spreads."""
    every = list(some)
    ratios = sorted(row.ratio for row in every if row.predicted is not None)
    within = sum(LOW <= ratio <= HIGH for ratio in ratios) / len(ratios)
    return Spread(len(every), len(ratios), ratios[0], median(ratios), ratios[-1], within)


def table() -> str:
    """The spread by GPU and precision, as Markdown."""
    every = rows()
    groups: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in every:
        groups[row.gpu, row.precision, "1" if row.gpus == 1 else "2 to 8"].append(row)
    lines = [
        "| GPU | precision | GPUs | rows | fit | least | median | most | within 0.8–1.25 |",
        "|---|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for (gpu, precision, gpus), some in sorted(groups.items(), key=lambda item: (item[0][2] != "1", item[0])):
        lines.append(_line(f"{gpu} | {precision} | {gpus}", spread(some)))
    lines.append(_line("all | | 1", spread(row for row in every if row.gpus == 1)))
    lines.append(_line("all | | all", spread(every)))
    most = max(row.share_of_bound for row in every)
    lines.append(f"\nThe measurement nearest to the physical bound reaches {most:.2f} of it.")
    return "\n".join(lines)


def _line(name: str, of: Spread) -> str:
    return f"| {name} | {of.rows} | {of.fit} | {of.least:.2f} | {of.middle:.3f} | {of.most:.2f} | {of.within * 100:.0f} % |"


if __name__ == "__main__":
    print(table())
