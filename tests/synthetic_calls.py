"""One log of 1,000 calls that tests write in every format: each reader must give the same cube.

The calls are made by arithmetic, not drawn, so that the file is the same everywhere. Each format
says less or more than another; `Says` names what it can say, and `expected` folds the rest as that
format must be read: writes of an unknown lifetime are the five-minute ones, tokens of a cache that
the format does not mention are plain input.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from llmcost.usage import by_duckdb
from llmcost.usage.cube import Cube
from llmcost.usage.logs import log_files
from llmcost.usage.reading import LogResult, Opened, Request, opened
from llmcost.usage.record import Call

THRESHOLDS = (128_000, 200_000, 272_000)
MODELS = ("claude-sonnet-4-6", "gpt-5", "gemini-2.5-pro")
TASKS = ("extract", "chat", "summarise")
START = datetime(2026, 3, 1, 7, 30, tzinfo=UTC)


class Made(NamedTuple):
    """One call: `output` is what was billed, `reasoning` the part of it that was not shown."""

    number: int
    model: str
    task: str
    at: datetime
    uncached: int
    cache_read: int
    write_5m: int
    write_1h: int
    output: int
    reasoning: int
    usd: float

    @property
    def prompt(self) -> int:
        return self.uncached + self.cache_read + self.write_5m + self.write_1h

    @property
    def written(self) -> int:
        return self.write_5m + self.write_1h

    @property
    def id(self) -> str:
        return f"call-{self.number:04d}"

    @property
    def epoch(self) -> int:
        """Seconds since 1970."""
        return int(self.at.timestamp())

    @property
    def iso(self) -> str:
        return self.at.strftime("%Y-%m-%dT%H:%M:%SZ")


def made_calls(count: int = 1000) -> list[Made]:
    """The calls, a third of a day of them; a few lie above each threshold."""
    found = []
    for n in range(count):
        long = (130_000, 210_000, 280_000)[n // 3 % 3] if n % 97 == 0 else 0
        read = 0 if n % 3 == 0 else 16 * (n * 37 % 900)
        output = 1 + n * n % 1500
        found.append(
            Made(
                number=n,
                model=MODELS[n % len(MODELS)],
                task=TASKS[n // 7 % len(TASKS)],
                at=START + timedelta(seconds=29 * n),
                uncached=3 + n * 101 % 6000 + long,
                cache_read=read,
                write_5m=0 if n % 4 else n * 53 % 2300,
                write_1h=0 if n % 5 else n * 29 % 700,
                output=output,
                reasoning=0 if n % 2 else output * (n % 10) // 10,
                usd=round(0.000001 * (n * 17 % 90_000), 6),
            )
        )
    return found


class Says(NamedTuple):
    """What a format can say; what it cannot is folded as a reader has to take it."""

    cache_read: bool = True
    cache_write: bool = True
    lifetimes: bool = True
    usd: bool = True
    task: bool = True
    model: bool = True


def call_of(made: Made, says: Says) -> Call:
    """The canonical record of a call as a format that says so much must give it."""
    read = made.cache_read if says.cache_read else 0
    write_5m, write_1h = (made.write_5m, made.write_1h) if says.lifetimes else (made.written, 0)
    if not says.cache_write:
        write_5m = write_1h = 0
    return Call(
        model=made.model if says.model else "",
        task=made.task if says.task else "",
        at_us=made.epoch * 1_000_000,
        tier="standard",
        uncached_input=made.prompt - read - write_5m - write_1h,
        cache_read=read,
        cache_write_5m=write_5m,
        cache_write_1h=write_1h,
        output=made.output,
        pico_usd=round(made.usd * 10**6) * 10**6 if says.usd else None,
    )


def expected(calls: Sequence[Made], says: Says = Says()) -> Cube:  # noqa: B008 - frozen
    """The cube that a reader has to give for these calls."""
    cube = Cube(THRESHOLDS)
    for made in calls:
        cube.add(call_of(made, says))
    return cube


def reading_of(path: Path, **asked: Any) -> LogResult:
    """The file or folder read, its format detected unless `format_in` says it."""
    request = Request(thresholds=THRESHOLDS, **asked)
    return by_duckdb.read([opened(file, request) for file in log_files([str(path)])], request)


def line_by_line(files: Sequence[Opened], request: Request) -> LogResult:
    """The reading in which every file comes through its format's Python reader, none through DuckDB's own."""
    return by_duckdb.read(files, request, line_by_line=True)


def check_same_cube(reading: LogResult, cube: Cube, format_name: str) -> None:
    """Every cell, every size and every line is as expected, and the format was recognised."""
    assert {file.format for file in reading.files} == {format_name}
    assert reading.cube.hours == cube.hours
    assert reading.cube.sizes == cube.sizes
    assert reading.cube.outputs == cube.outputs
    assert reading.cube.prompts == cube.prompts
    assert reading.cube.replies == cube.replies
    assert (reading.cube.first_us, reading.cube.last_us) == (cube.first_us, cube.last_us)
