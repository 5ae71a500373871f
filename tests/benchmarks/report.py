"""What the report costs beside the comparison that it shows.

    python tests/benchmarks/report.py [RUNS]

Eight architectures over 36 months, with ranges, without any, and the largest example. Whole
processes, CPU seconds, medians of interleaved runs.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))
from eight_ways import certain, eight

ROOT = Path(__file__).parents[2]
BOUND = 1.5


def cpu_seconds(arguments: list[str]) -> float:
    """CPU seconds of one whole process."""
    child = os.posix_spawn(
        sys.executable,
        [sys.executable, "-m", "llmcost", *arguments, "--as-of", "2026-11-22"],
        {**os.environ, "LLMCOST_TODAY": "2026-11-22"},
        file_actions=[(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_WRONLY, 0) for fd in (1, 2)],
    )
    _, status, used = os.wait4(child, 0)
    if status:
        raise SystemExit(f"{arguments} failed")
    return used.ru_utime + used.ru_stime


def main(runs: int) -> None:
    """Print the medians and the ratios."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as folder:
        ranged, plain = Path(folder, "ranged.yaml"), Path(folder, "plain.yaml")
        ranged.write_text(json.dumps(eight()), encoding="utf-8")
        plain.write_text(json.dumps(certain(eight())), encoding="utf-8")
        scenarios = {
            "eight architectures, 36 months, with ranges": [str(ranged)],
            "the same without ranges": [str(plain)],
            "support-assistant over 36 months": [str(ROOT / "examples/support-assistant.yaml"), "--horizon", "36"],
        }
        for name, scenario in scenarios.items():
            seen: dict[str, list[float]] = {"compare": [], "report": []}
            for _ in range(runs):
                seen["compare"].append(cpu_seconds(["compare", *scenario, "-f", "json"]))
                seen["report"].append(cpu_seconds(["report", *scenario, "-f", "html"]))
            compare, report = (statistics.median(found) for found in seen.values())
            print(f"{name:<44} {compare:6.3f} s  {report:6.3f} s  ratio {report / compare:5.2f}   bound {BOUND}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
