"""`usage` against its floors, in one run: what DuckDB, a bare json.loads loop and genai-prices take for the same rows.

python tests/benchmarks/usage.py [ROWS] [FOLDER]     5,000,000 rows unless said; the logs are made once in FOLDER
python tests/benchmarks/usage.py memory [FOLDER]     peak memory at 5 M and 50 M Parquet rows

The bare query is what a person types: one GROUP BY over model, task and hour with the sums of the tokens.
Ours makes both cubes, the output sizes, and checks every line. Wall and processor times, the best of a few runs each,
since the disk and other processes only ever add; each side in a process of its own where memory is measured.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

import duckdb

from llmcost.catalog import load_catalog
from llmcost.usage import by_duckdb
from llmcost.usage.logs import log_files
from llmcost.usage.reading import LogResult, Request, opened

ROWS = 5_000_000
LOOP_ROWS = 300_000  # of a Python loop, whose rate does not depend on them
PRICED_ROWS = 20_000
RUNS = 3
COLUMNS = "timestamp: 'TIMESTAMPTZ', model: 'VARCHAR', task: 'VARCHAR', input_tokens: 'BIGINT', output_tokens: 'BIGINT'"
IDS = {"id": "request_id"}


def made(folder: Path, rows: int) -> dict[str, Path]:
    """The logs: 30 days of calls of five models and four tasks, with and without ids."""
    kinds = ("plain.jsonl", "plain.parquet", "ids.jsonl", "ids.parquet", "cached.jsonl")
    files = {name: folder / f"{rows}-{name}" for name in kinds}
    if all(path.exists() for path in files.values()):
        return files
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    step = 30 * 86_400_000_000 // rows
    source = f"""
        SELECT make_timestamp(1772323200000000 + i * {step}) AT TIME ZONE 'UTC' AS timestamp,
          ['gpt-5', 'gpt-5-mini', 'claude-sonnet-4-6', 'claude-haiku-4-5', 'gemini-2.5-pro'][1 + CAST(hash(i) % 5 AS INT)] AS model,
          ['chat', 'extract', 'summarise', 'classify'][1 + CAST(hash(i + 7) % 4 AS INT)] AS task,
          CAST(exp(4 + 8 * (hash(i * 3) % 100000) / 100000.0) AS BIGINT) AS input_tokens,
          CAST(exp(1 + 6 * (hash(i * 5) % 100000) / 100000.0) AS BIGINT) AS output_tokens,
          'req-' || md5(CAST(i AS VARCHAR)) AS request_id
        FROM range({rows}) AS r(i)"""
    for name, path in files.items():
        replaced = " REPLACE (strftime(timestamp, '%Y-%m-%dT%H:%M:%S.%fZ') AS timestamp)" if "jsonl" in name else ""
        columns = ("*" if "ids" in name else "* EXCLUDE (request_id)") + replaced
        if "cached" in name:  # every other count is 0, and of each hundred one is 1
            columns += ", CASE WHEN hash(input_tokens) % 2 = 0 THEN 0 WHEN hash(input_tokens) % 100 = 1 THEN 1 "
            columns += "ELSE input_tokens // 2 END AS cached_tokens, input_tokens + output_tokens AS total_tokens"
        form = "json" if name.endswith("jsonl") else "parquet"
        connection.execute(f"COPY (SELECT {columns} FROM ({source})) TO '{path}' (FORMAT {form})")
    return files


class Took(NamedTuple):
    """Seconds, the least of some runs: on the clock, and of all processors together."""

    wall: float
    cpu: float


def best(work: Callable[[], object], runs: int = RUNS) -> Took:
    """How long the work takes."""
    walls, cpus = [], []
    for _ in range(runs):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return Took(min(walls), min(cpus))


def bare(path: Path) -> None:
    """One GROUP BY in DuckDB."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    source = f"'{path}'"
    if path.name.endswith("jsonl"):
        more = ", request_id: 'VARCHAR'" if "ids" in path.name else ""
        more += ", cached_tokens: 'BIGINT', total_tokens: 'BIGINT'" if "cached" in path.name else ""
        source = f"read_json('{path}', format = 'newline_delimited', columns = {{{COLUMNS}{more}}})"
    connection.execute(
        "SELECT model, task, date_trunc('hour', timestamp AT TIME ZONE 'UTC') AS hour, count(*) AS calls, "
        f"sum(input_tokens) AS input, sum(output_tokens) AS output"
        f"{', sum(cached_tokens), sum(total_tokens)' if 'cached' in path.name else ''} FROM {source} GROUP BY ALL"
    ).fetchall()


def read(engine: Callable[..., LogResult], path: Path, columns: dict[str, str] | None = None) -> LogResult:
    """A log as the command reads it."""
    request = Request(thresholds=load_catalog().long_context_thresholds(), columns=columns or {})
    return engine([opened(file, request) for file in log_files([str(path)])], request)


def head(path: Path, rows: int) -> Path:
    """The first rows of a log."""
    target = path.with_name(f"head-{rows}.jsonl")
    with path.open("rb") as source, target.open("wb") as file:
        for _, line in zip(range(rows), source, strict=False):
            file.write(line)
    return target


def loads(path: Path) -> None:
    """The floor of a Python loop."""
    with path.open() as file:
        for line in file:
            json.loads(line)


def genai_rate() -> float:
    """Rows a second of a genai_prices.calc_price loop."""
    from genai_prices import Usage, calc_price

    def loop() -> None:
        for n in range(PRICED_ROWS):
            calc_price(
                Usage(input_tokens=1000 + n, output_tokens=100),
                model_ref="gpt-5",
                provider_id="openai",
                genai_request_timestamp=datetime(2026, 3, 1, tzinfo=UTC),
            )

    return PRICED_ROWS / best(loop, 2).wall


def said(what: str, ours: Took, floor: Took, bound: str) -> None:
    times = f"{ours.wall:.2f} s / {floor.wall:.2f} s; processor time {ours.cpu / floor.cpu:.2f}"
    print(f"{what:<72} {ours.wall / floor.wall:6.2f}  {bound:<7} {times}", flush=True)


def speed(rows: int, folder: Path) -> None:
    files = made(folder, rows)
    bounds = {
        **{"plain.jsonl": "<= 1.6", "cached.jsonl": "<= 1.6", "plain.parquet": "<= 1.6"},
        **{"ids.jsonl": "<= 2.2", "ids.parquet": "<= 2.2"},
    }
    for name, bound in bounds.items():
        path = files[name]
        floor = best(lambda path=path: bare(path))
        ours = best(lambda path=path, name=name: read(by_duckdb.read, path, IDS if "ids" in name else None))
        said(f"{name}, {rows:,} rows: ours / one bare GROUP BY in DuckDB", ours, floor, bound)
        if name == "plain.jsonl":
            print(
                f"{name}: rows a second / those of a genai_prices.calc_price loop: {rows / ours.wall / genai_rate():,.0f}"
            )
    small = head(files["plain.jsonl"], LOOP_ROWS)
    ours = best(lambda: read(partial(by_duckdb.read, line_by_line=True), small))
    said(f"line by line, {LOOP_ROWS:,} rows: ours / a bare json.loads loop", ours, best(lambda: loads(small)), "<= 4")


def memory(folder: Path) -> None:
    for rows in (ROWS, 10 * ROWS):
        path = folder / f"{rows}-memory.parquet"
        if not path.exists():  # in a process of its own, whose memory the next one does not start from
            subprocess.run([sys.executable, __file__, "grow", str(path), str(rows // ROWS)], check=True)
        done = subprocess.run([sys.executable, __file__, "one", str(path)], capture_output=True, text=True, check=True)
        print(f"peak memory, {rows:>12,} Parquet rows without ids: {done.stdout.strip()}", flush=True)


def grow(path: Path, times: int) -> None:
    """The plain log so many times over."""
    plain = made(path.parent, ROWS)["plain.parquet"]
    duckdb.connect().execute(f"COPY (SELECT p.* FROM '{plain}' AS p, range({times})) TO '{path}' (FORMAT parquet)")


def one(path: Path) -> None:
    calls = read(by_duckdb.read, path).cube.total.calls
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB ({calls:,} calls)")


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if arguments[:1] == ["one"]:
        one(Path(arguments[1]))
    elif arguments[:1] == ["grow"]:
        grow(Path(arguments[1]), int(arguments[2]))
    else:
        where = Path(arguments[1] if len(arguments) > 1 else tempfile.mkdtemp(prefix="llmcost-usage-"))
        where.mkdir(parents=True, exist_ok=True)
        memory(where) if arguments[:1] == ["memory"] else speed(int(arguments[0]) if arguments else ROWS, where)
