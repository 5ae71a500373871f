"""Ranges against plain numbers, against the same model by hand in numpy, and against squigglepy.

    python tests/benchmarks/uncertainty.py [RUNS]

Whole processes, CPU seconds and peak memory, medians of interleaved runs. squigglepy is timed where
it is installed (`pip install squigglepy`); it is no dependency of the project.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from six_architectures import scenario

BY_HAND = """
import sys; sys.path.insert(0, {here!r})
import numpy as np
from six_architectures import draws, totals
print({{name: np.quantile(total, (.05, .5, .95)) for name, total in totals(draws({samples})).items()}})
"""
SQUIGGLEPY = """
import sys; sys.path.insert(0, {here!r})
import numpy as np
import squigglepy as sq
from six_architectures import RANGES, totals
def one(name, low, high):
    return sq.norm(low, high) if name == "growth" else sq.lognorm(low, high)
def model():  # its README's way: a function of single draws, sampled n times
    return totals({{name: sq.sample(one(name, *ends)) for name, ends in RANGES.items()}})
found = sq.sample(model, n={samples})
print({{name: np.quantile([each[name] for each in found], (.05, .5, .95)) for name in found[0]}})
"""


def measured(command: list[str]) -> tuple[float, float]:
    """CPU seconds and peak MiB of one whole process."""
    child = os.posix_spawn(
        command[0],
        command,
        {**os.environ, "LLMCOST_TODAY": "2026-11-22"},
        file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)],
    )
    _, status, used = os.wait4(child, 0)
    if status:
        raise SystemExit(f"{command} failed")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main(runs: int) -> None:
    """Print the medians and the ratios."""
    here = str(Path(__file__).parent)
    with tempfile.TemporaryDirectory() as folder:
        plain, ranged = Path(folder, "plain.yaml"), Path(folder, "ranges.yaml")
        plain.write_text(scenario(ranges=False), encoding="utf-8")
        ranged.write_text(scenario(ranges=True), encoding="utf-8")
        compare = [sys.executable, "-m", "llmcost", "compare"]
        many = str(1 << 20)
        commands = {
            "plain numbers": [*compare, str(plain), "-f", "json"],
            "import numpy": [sys.executable, "-c", "import numpy"],
            "python": [sys.executable, "-c", "pass"],
            "ranges, 4,096 draws": [*compare, str(ranged), "-f", "json"],
            "ranges, 2^20 draws": [*compare, str(ranged), "-f", "json", "--samples", many],
            "by hand, 2^20 draws": [sys.executable, "-c", BY_HAND.format(here=here, samples=many)],
        }
        if find_spec("squigglepy"):
            commands["squigglepy, 4,096 draws"] = [sys.executable, "-c", SQUIGGLEPY.format(here=here, samples=4096)]
        seen: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(runs):
            for name, command in commands.items():
                seen[name].append(measured(command))
    cpu = {name: statistics.median(run[0] for run in found) for name, found in seen.items()}
    for name, found in seen.items():
        print(f"{name:<26} {cpu[name]:7.3f} s CPU  {statistics.median(run[1] for run in found):7.0f} MiB")
    floor = cpu["plain numbers"] + cpu["import numpy"] - cpu["python"]
    print(f"ranges / (plain + numpy)   {cpu['ranges, 4,096 draws'] / floor:5.2f}   bound 1.6")
    print(f"2^20 / by hand             {cpu['ranges, 2^20 draws'] / cpu['by hand, 2^20 draws']:5.2f}   bound 3")
    if "squigglepy, 4,096 draws" in cpu:
        print(
            f"squigglepy / ours          {cpu['squigglepy, 4,096 draws'] / cpu['ranges, 4,096 draws']:5.2f}   at least 3"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
