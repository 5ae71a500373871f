"""How the time of each command grows: three sizes of each dimension, the exponent fitted, as the table of docs/speed.md.

python tests/benchmarks/growth.py           prints the table
python tests/benchmarks/growth.py --write   puts it into docs/speed.md

Processor time in one process, numpy and the catalog loaded, the least of three runs. An exponent of 1 is in proportion;
below it the part that does not grow is still seen. It is fitted to the upper two sizes, where that part is the smallest.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from in_process import run

SPEED = Path(__file__).parents[2] / "docs" / "speed.md"
BEGIN, END = "<!-- growth -->", "<!-- /growth -->"
MOST_EXPONENT = 1.1
DAY = ("--as-of", "2026-11-22")
JSON = ("-f", "json")


def scenario(architectures: int = 4, months: int = 12, ranges: int = 2, segments: int = 0, models: int = 0) -> str:
    """Models over APIs, every fourth architecture on GPUs of its own, every fourth a mix."""
    names = [f"m{i}" for i in range(max(architectures, models, 2))]
    bodies: dict[str, Any] = {}
    for i in range(architectures):
        bodies[f"a{i}"] = {"kind": "api", "model": names[i]}
        if i % 4 == 2:
            bodies[f"a{i}"] = {"kind": "routed", "mix": {names[i]: "60%", names[0]: "40%"}}
        if i % 4 == 3:
            rented = {"gpu": {"usd_per_gpu_hour": 2 + i / 10}, "throughput": {"requests_per_second": 1}}
            bodies[f"a{i}"] = {"kind": "self_hosted", **rented, "operations_per_month": 100}
    if models:
        bodies["wide"] = {"kind": "routed", "mix": {name: 1 / len(names) for name in names}}
    used = json.dumps(bodies)
    prices: dict[str, Any] = {
        name: {"input_per_mtok": 1 + i / 50, "output_per_mtok": 4 + i / 20}
        for i, name in enumerate(names)
        if f'"{name}"' in used
    }
    for i in range(ranges):  # of what is built first: these ranges reach the baseline and nothing else
        bodies["a0"].setdefault("build", {})[f"part {i}"] = f"{10 + i}k..{20 + i}k"
    found: dict[str, Any] = {
        "start": "2026-12",
        "horizon_months": months,
        "workload": {"requests_per_month": "1M", "growth_per_month": "1%", "input_tokens": 1000, "output_tokens": 200},
        "baseline": "a0",
        "prices": prices,
        "architectures": bodies,
    }
    if segments:
        each = {"share": 1 / segments, "output_tokens": 200}
        found["segments"] = {f"s{i}": {**each, "input_tokens": 500 + i} for i in range(segments)}
    return json.dumps(found)


def outcomes(queries: int = 500, models: int = 2, tasks: int = 5) -> str:
    draw = random.Random(1)  # noqa: S311 - the same file every time
    names = [*("claude-haiku-4-5", "claude-opus-4-8", "claude-sonnet-4-6", "gpt-4o"), *(f"own-{i}" for i in range(99))]
    lines = ["query_id,task,model,score,input_tokens,output_tokens"]
    for query in range(queries):
        lines += [f"q{query},t{query % tasks},{name},{draw.randint(0, 1)},500,100" for name in names[:models]]
    return "\n".join(lines)


def own_prices(models: int) -> list[str]:
    """Prices of the models that no catalog holds."""
    pairs = [f"own-{i}.{field}={i + 1}" for i in range(max(models - 4, 0)) for field in ("input", "output")]
    return [part for pair in pairs for part in ("--price", pair)]


def claims(count: int) -> str:
    one = {"says": "s", "expression": "a * b", "given": {"a": "1..2", "b": 3}, "published": 4.5}
    return json.dumps({"source": {"title": "t"}, "claims": [{"id": f"c{i}", **one} for i in range(count)]})


def calls(count: int, models: int = 3) -> str:
    line = '{{"model": "m{}", "timestamp": "2026-01-{:02}T00:00:00Z", "input_tokens": 10, "output_tokens": 20}}\n'
    return "".join(line.format(i % models, 1 + i % 28) for i in range(count))


class Case(NamedTuple):
    """A command, what of its input grows, and through which sizes."""

    command: str
    dimension: str
    sizes: tuple[int, int, int]
    file: Callable[[int], str]
    more: Callable[[int], list[str]] = lambda size: []


def of_scenario(command: str, dimension: str, *sizes: int, **fixed: int) -> Case:
    more = {"decide": ["--unknown-rest"], "tco": ["--architecture", "a0"]}.get(command, [])
    form = [] if command != "report" else ["-f", "html"]
    return Case(
        command,
        dimension,
        sizes,  # type: ignore[arg-type]
        lambda size: scenario(**{**fixed, dimension: size}),
        lambda size: [*more, *form],
    )


COMMANDS = ("compare", "breakeven", "route", "tco", "report", "decide", "sensitivity")
CASES = [
    *(of_scenario(command, "architectures", 16, 48, 144) for command in COMMANDS if command != "tco"),
    *(of_scenario(command, "months", 24, 96, 384) for command in COMMANDS if command != "route"),
    *(of_scenario(command, "ranges", 4, 16, 64) for command in COMMANDS if command != "route"),
    *(of_scenario(command, "segments", 4, 16, 64) for command in ("compare", "breakeven", "route", "report")),
    *(of_scenario(command, "models", 8, 32, 128) for command in ("compare", "route")),
    of_scenario("policy", "segments", 4, 8, 16, ranges=0),
    of_scenario("policy", "architectures", 4, 8, 16, ranges=0, segments=4),
    Case("frontier", "queries", (1000, 4000, 16000), lambda n: outcomes(queries=n)),
    Case("frontier", "models", (2, 4, 8), lambda n: outcomes(models=n), own_prices),
    Case("gate", "queries", (1000, 4000, 16000), lambda n: outcomes(queries=n)),
    Case("gate", "tasks", (20, 80, 320), lambda n: outcomes(queries=3200, tasks=n)),
    Case("audit", "claims", (10, 40, 160), claims),
    Case("usage", "queries", (2000, 8000, 32000), calls),
    Case("usage", "models", (50, 200, 800), lambda n: calls(8000, n)),
]
PLAIN = {
    "gate": ["--from", "claude-opus-4-8", "--to", "claude-haiku-4-5"],
    "usage": ["--engine", "stdlib"],
    "audit": [],
}


def seconds(case: Case, size: int, folder: Path, times: int) -> float:
    """The least processor time of some runs."""
    file = (
        folder
        / f"input.{'csv' if case.command in ('frontier', 'gate') else 'jsonl' if case.command == 'usage' else 'yaml'}"
    )
    file.write_text(case.file(size), encoding="utf-8")
    form = () if case.command == "report" else JSON
    day = () if case.command == "audit" else DAY
    arguments = [case.command, str(file), *day, *form, *PLAIN.get(case.command, []), *case.more(size)]
    best = math.inf
    for _ in range(times):
        begun = time.process_time()
        done = run(*arguments)
        best = min(best, time.process_time() - begun)
        if done.raised or done.code not in (0, 3):
            raise SystemExit(f"{' '.join(arguments)}: {done.code} {done.err}{done.raised}")
    return best


def exponent(sizes: tuple[int, ...], took: list[float]) -> float:
    """The slope between the two largest sizes on logarithmic scales."""
    return math.log(took[-1] / took[-2]) / math.log(sizes[-1] / sizes[-2])


def main() -> int:
    """1 where an exponent is too high, but for `policy`."""
    parser = argparse.ArgumentParser(description="How the time of each command grows.")
    parser.add_argument("--write", action="store_true", help="put the table into docs/speed.md")
    parser.add_argument("--times", type=int, default=3, help="runs of which the least counts (3)")
    given = parser.parse_args()
    rows = ["| command | what grows | sizes | seconds | exponent |", "|---|---|--:|--:|--:|"]
    steep = []
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        seconds(CASES[0], 2, Path(name), 1)  # everything is imported, and the catalog read
        for case in CASES:
            took = [seconds(case, size, Path(name), given.times) for size in case.sizes]
            found = exponent(case.sizes, took)
            sizes = ", ".join(f"{size:,}" for size in case.sizes)
            rows.append(
                f"| `{case.command}` | {case.dimension} | {sizes} | {', '.join(f'{t:.2f}' for t in took)} | {found:.2f} |"
            )
            print(rows[-1], flush=True)
            if found > MOST_EXPONENT and case.command != "policy":
                steep.append(rows[-1])
    if given.write:
        table = "\n".join([BEGIN, "", *rows, "", END])
        text = SPEED.read_text(encoding="utf-8")
        SPEED.write_text(re.sub(f"{BEGIN}.*{END}", lambda _: table, text, flags=re.DOTALL), encoding="utf-8")
    for row in steep:
        print(f"steeper than {MOST_EXPONENT}: {row}")
    return 1 if steep else 0


if __name__ == "__main__":
    raise SystemExit(main())
