"""The front door: log paths and `LogOptions` in, a `LogResult` out.

What `llmcost usage`, `--usage` and Python call. It knows neither flags nor screens; a message names the flag that
settles it, because that is what a person types.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from llmcost.errors import InputError, did_you_mean
from llmcost.usage import by_duckdb
from llmcost.usage.counted_twice import equal_files
from llmcost.usage.lines import LineCounts
from llmcost.usage.logs import NoRows, NotALog, log_files
from llmcost.usage.reading import (
    BY_DUCKDB,
    BY_SPARK,
    FileRead,
    LogResult,
    Opened,
    Request,
    convention_named,
    draft,
    ruled,
)

STEPS = {"minute": 60, "hour": 3600, "day": 86_400}
_SIZE = r"\d+(\.\d+)? ?[KMGT](i?B)?"


class Heard(Protocol):
    """What is told how many bytes of the present file have been read."""

    def heard(self, read: int) -> None: ...


@dataclass(frozen=True)
class LogOptions:
    """How logs are to be read, as a person says it.

    `columns` maps fields to columns of a table of one's own, `convention`, `step` and `engine` are words of `--help`,
    `memory` is DuckDB's limit such as `4GB`. `thresholds` are the long-context ones of the catalog, in tokens.
    `base` is the folder that relative paths start from. `about_to_read` is told each file's path before it is read and
    may refuse it; `bar` makes what is told of the progress, of the bytes of all files.
    """

    format_in: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    convention: str | None = None
    task_from: str | None = None
    model: str | None = None
    step: str | None = None
    engine: str | None = None
    spark_remote: str | None = None
    memory: str | None = None
    thresholds: Sequence[int] = ()
    base: str = ""
    about_to_read: Callable[[str], None] = lambda path: None
    bar: Callable[[int], AbstractContextManager[Heard]] | None = None

    @property
    def request(self) -> Request:
        """The same, checked. Raises InputError."""
        if self.columns and self.format_in not in (None, "generic"):
            hint = "leave --format-in out: what is mapped is a table of your own"
            raise InputError(f"--map means nothing to the format {self.format_in}", where="--map", hint=hint)
        step = self.step or "hour"
        if step not in STEPS:
            raise InputError(f"unknown step {step!r}", where="--step", hint=f"type one of: {', '.join(STEPS)}")
        return Request(
            thresholds=tuple(self.thresholds),
            step_seconds=STEPS[step],
            format_in=self.format_in,
            convention=convention_named(self.convention),
            task_from=self.task_from,
            columns=self.columns,
            model=self.model,
        )


def read(paths: Sequence[str], options: LogOptions = LogOptions()) -> LogResult:
    """Every log that files, folders, globs and `-` name.

    Raises InputError for a path that names nothing, a named file that is no log, contradictory lines, options that
    mean nothing, and where not one line is a call.
    """
    request = options.request
    drafts: list[Opened] = []
    unread: dict[str, FileRead] = {}
    order: list[str] = []
    for file in log_files(paths, base=options.base):
        order.append(file.name)
        note = file.note
        if not note:
            try:
                drafts.append(draft(file, request))
                options.about_to_read(file.path)
            except NotALog as why:
                if file.named and not isinstance(why, NoRows):
                    raise
                note = why.what
        if note:
            unread[file.name] = FileRead(file.name, None, None, None, LineCounts(0, {}, {}, {}), note)
    if not drafts:
        reasons = ", ".join(f"{each.path}: {each.note}" for each in list(unread.values())[:3])
        raise InputError(f"there is nothing to read ({reasons})", hint="name a log with calls in it")
    files = ruled(drafts, request)
    with options.bar(sum(each.file.size for each in files)) if options.bar else nullcontext() as bar:
        result = _engine(files, options)(files, request._replace(progress=bar.heard if bar else None))
    if not result.lines.accepted:
        raise _no_call(result)
    found = {each.path: each for each in result.files} | unread
    return result._replace(
        files=[found[name] for name in order], equal_files=equal_files([each.file for each in files])
    )


def check_names(names: Iterable[str], result: LogResult) -> None:
    """Refuse a name of `--priced-as` that no line carries: what was meant would stay without a price. Raises InputError."""
    logged = {key.model for key in result.cube.by_hour()}
    for name in names:
        if name not in logged:
            hint = did_you_mean(name, logged) or f"name one of: {', '.join(sorted(filter(None, logged))[:8])}"
            raise InputError(f"no logged call is of {name!r}", where="--priced-as", hint=hint)


def _no_call(result: LogResult) -> InputError:
    """The refusal of logs whose lines are all rejected: a report of nothing would look like a quiet day."""
    rejected = result.lines.counts.rejected
    reasons = "; ".join(f"{lines:,} × {reason}" for reason, lines in sorted(rejected.items(), key=lambda r: -r[1])[:3])
    first = next(iter(result.lines.first.values()), result.files[0].path)
    formats = ", ".join(dict.fromkeys(str(file.format) for file in result.files))
    lines = f"none of {result.lines.total:,} lines is a call ({reasons})" if rejected else "the logs hold no line"
    return InputError(f"read as {formats}, {lines}", where=first, hint="give another --format-in, or name other logs")


def _engine(files: Sequence[Opened], options: LogOptions) -> Callable[[Sequence[Opened], Request], LogResult]:
    asked, engines = options.engine, (BY_DUCKDB, BY_SPARK)
    if asked is not None and asked not in engines:
        hint = did_you_mean(asked, engines) or f"type one of: {', '.join(engines)}"
        raise InputError(f"unknown engine {asked!r}", where="--engine", hint=hint)
    memory = options.memory
    if memory is not None and re.fullmatch(_SIZE, memory, re.IGNORECASE) is None:
        raise InputError(f"{memory!r} is no size of memory", where="--memory", hint="type --memory 4GB, or 512MB")
    if memory is not None and asked == BY_SPARK:
        hint = "leave --engine out, or leave --memory out"
        raise InputError("--memory means nothing without DuckDB", where="--memory", hint=hint)
    if asked != BY_SPARK and options.spark_remote is not None:
        raise InputError("only Spark reads on a server", where="--spark-remote", hint="add --engine spark")
    if asked == BY_SPARK:
        from llmcost.usage import by_spark

        return partial(by_spark.read, remote=options.spark_remote)
    return partial(by_duckdb.read, memory=memory)
