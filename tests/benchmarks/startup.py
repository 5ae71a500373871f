"""CPU time of whole processes, in one run: `python tests/benchmarks/startup.py [ROUNDS]`.

Every command and what it is held against run in turn, round after round, so that a busy machine
slows both sides alike; the medians are compared. Bounds are printed beside the ratios.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import timeit
from pathlib import Path
from shutil import which
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from sample import as_text, sample  # noqa: E402

ROUTE = (
    *("route", "--requests", "1M", "--input", "1000", "--output", "500", "--baseline", "claude-opus-4-8"),
    *("--mix", "claude-haiku-4-5=70%,claude-sonnet-4-6=20%,claude-opus-4-8=10%", "-f", "json"),
)


class Bound(NamedTuple):
    """A command may take so many times what another takes."""

    what: str
    command: str
    floor: str
    most: float
    aim: float | None = None


BOUNDS = (
    Bound("--version", "version", "pass", 1.5),
    Bound("--help into a pipe", "help", "import typer", 1.3),
    Bound("route -f json", "route", "bare typer", 1.25),
    Bound("compare, six architectures over 24 months", "compare", "bare typer", 1.5),
    Bound("route -f json, against the nearest peer", "route", "genai-prices", 1.0, 0.7),
)


def commands(scenario: str) -> dict[str, list[str]]:
    """Every process that is measured; the peer only where it is installed."""
    python = [sys.executable]
    script = which("llmcost", path=os.path.dirname(sys.executable))
    llmcost = [script] if script else [*python, "-m", "llmcost"]
    found = {
        "pass": [*python, "-c", "pass"],
        "import typer": [*python, "-c", "import typer"],
        "bare typer": [*python, str(HERE / "bare_typer.py")],
        "version": [*llmcost, "--version"],
        "help": [*llmcost, "--help"],
        "route": [*llmcost, *ROUTE],
        "compare": [*llmcost, "compare", scenario, "-f", "json"],
    }
    peer = which("genai-prices", path=os.path.dirname(sys.executable)) or which("genai-prices")
    if peer:
        found["genai-prices"] = [peer, "-p", "calc", "gpt-4o", "-i", "1000", "-o", "500"]
    return found


def cpu_seconds(command: list[str]) -> float:
    """User and system time of one process, its output thrown away."""
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")}
    environment["LLMCOST_TODAY"] = "2026-11-22"
    child = os.fork()
    if child == 0:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        os.execvpe(command[0], command, environment)  # noqa: S606 - the very process is measured
    _, status, usage = os.wait4(child, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed with status {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime


def medians(rounds: int) -> dict[str, float]:
    """The median CPU seconds of each process, the runs interleaved; the first round only warms up."""
    scenario = sample({"horizon_months": 24})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scenario.yaml"
        path.write_text(as_text(scenario), encoding="utf-8")
        measured = commands(str(path))
        for command in measured.values():
            cpu_seconds(command)
        times: dict[str, list[float]] = {name: [] for name in measured}
        for _ in range(rounds):
            for name, command in measured.items():
                times[name].append(cpu_seconds(command))
    return {name: statistics.median(values) for name, values in times.items()}


def calls() -> tuple[float, float, float | None]:
    """Microseconds of the bare arithmetic, of our price, and of the peer's, for one request."""
    from datetime import date

    from llmcost import load_catalog

    price = load_catalog().price("gpt-4o", date(2026, 11, 22))
    bare_in, bare_out = 2.5, 10.0

    def best(statement: str, names: dict[str, object]) -> float:
        timer = timeit.Timer(statement, globals=names)
        number, _ = timer.autorange()
        return min(timer.repeat(5, number)) / number * 1e6

    bare = best("(tokens_in * p_in + tokens_out * p_out) / 1e6", _names(bare_in, bare_out))
    ours = best("price.request_cost(input_tokens=1000, output_tokens=500)", {"price": price})
    try:
        from genai_prices import Usage, calc_price
    except ImportError:
        return bare, ours, None
    statement = "calc_price(Usage(input_tokens=1000, output_tokens=500), model_ref='gpt-4o', provider_id='openai')"
    return bare, ours, best(statement, {"Usage": Usage, "calc_price": calc_price})


def _names(p_in: float, p_out: float) -> dict[str, object]:
    return {"tokens_in": 1000, "tokens_out": 500, "p_in": p_in, "p_out": p_out}


def main() -> None:
    """Print every ratio with its bound."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 21
    found = medians(rounds)
    print(f"CPU time of whole processes, medians of {rounds} interleaved runs, Python {sys.version.split()[0]}\n")
    for name, seconds in found.items():
        print(f"  {name:<14} {seconds * 1000:7.1f} ms")
    print()
    for bound in BOUNDS:
        if bound.floor not in found:
            print(f"  ?     {bound.what}: {bound.floor} is not installed")
            continue
        ratio = found[bound.command] / found[bound.floor]
        kept = "kept " if ratio <= bound.most else "LOST "
        aim = "" if bound.aim is None else f", the aim {bound.aim:g}"
        print(f"  {kept} {bound.what}: {ratio:.2f} × {bound.floor} (at most {bound.most:g}{aim})")
    bare, ours, peer = calls()
    print(f"\n  {'kept ' if ours <= 15 * bare else 'LOST '} price.request_cost: {ours:.3f} µs, ", end="")
    print(f"{ours / bare:.1f} × the bare arithmetic's {bare:.3f} µs (at most 15)")
    if peer is None:
        print("  ?     genai_prices.calc_price: not installed")
    else:
        print(f"  {'kept ' if peer >= 50 * ours else 'LOST '} genai_prices.calc_price: {peer:.1f} µs, ", end="")
        print(f"{peer / ours:.0f} × ours (at least 50)")


if __name__ == "__main__":
    main()
