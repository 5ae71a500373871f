"""CPU time of auditing all shipped claims, against `compare` on the largest example: `python tests/benchmarks/audit.py [ROUNDS]`.

Both run in turn, round after round; the medians are compared. The audit may take twice as long.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

from startup import cpu_seconds

ROOT = Path(__file__).resolve().parents[2]
AS_OF = ("--as-of", "2026-11-22")


def main() -> None:
    """Print the ratio with its bound."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    llmcost = [sys.executable, "-m", "llmcost"]
    largest = max((ROOT / "examples").glob("*.yaml"), key=lambda path: path.stat().st_size)
    audit = [*llmcost, "audit", str(ROOT / "examples" / "claims"), *AS_OF]
    compare = [*llmcost, "compare", str(largest), *AS_OF]
    times: dict[str, list[float]] = {"audit": [], "compare": []}
    for round_ in range(rounds + 1):
        for name, command in (("audit", audit), ("compare", compare)):
            taken = cpu_seconds(command)
            if round_:  # the first round only warms up
                times[name].append(taken)
    ratio = statistics.median(times["audit"]) / statistics.median(times["compare"])
    print(
        f"  {'kept ' if ratio <= 2 else 'LOST '} audit of all shipped claims: {ratio:.2f} × compare {largest.name} (at most 2)"
    )


if __name__ == "__main__":
    main()
