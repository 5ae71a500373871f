"""From log paths and flags to what was read of them: what `usage` and `compare --usage` share."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from llmcost.cli.draft import pairs
from llmcost.cli.options import Values, flag_of, shared
from llmcost.cli.outputs import keep_apart
from llmcost.errors import InputError, did_you_mean
from llmcost.estimate import Assumption, Warning

if TYPE_CHECKING:
    from llmcost.usage.pricing import CellPrices
    from llmcost.usage.reading import FileRead, Opened, Reading, Request
    from llmcost.usage.summary import Usage

LOG_FORMAT = (
    shared("format_in", "The logs' format, such as litellm; left out, it is told from their content.", "FORMAT"),
    shared("map", "A column of a table of your own, such as input_tokens=ContextTokens.", "FIELD=COLUMN", many=True),
    shared(
        "convention",
        "Whether input includes cached tokens: inclusive or exclusive; left out, the format or the lines tell.",
        "RULE",
    ),
    shared("task_from", "What names a call's task: tag, key or path, or a field of the log.", "SOURCE"),
    shared("model", "The model of logs that name none.", "MODEL"),
)
LOG_ENGINE = (
    shared("engine", "stdlib, duckdb or spark; left out, duckdb for large and Parquet logs.", "ENGINE"),
    shared("spark_remote", "A Spark Connect server; left out, Spark runs here.", "URL"),
    shared("memory", "Memory that DuckDB may use before it spills to the disk (4GB).", "SIZE"),
)
PRICED_AS = (
    shared(
        "priced_as",
        "Which model of the catalog a logged name is, such as azure/my-gpt=gpt-5.",
        "LOGGED=MODEL",
        many=True,
    ),
)
USAGE = (
    shared("usage", "Logs whose traffic takes the workload's place: a file, folder or glob.", "LOGS", many=True),
    *PRICED_AS,
    *(each for each in (*LOG_FORMAT, *LOG_ENGINE) if each.name != "model"),
)
STEPS = {"minute": 60, "hour": 3600, "day": 86_400}
_SIZE = r"\d+(\.\d+)? ?[KMGT](i?B)?"
_LARGE = 32 << 20  # bytes from which DuckDB's start is worth it


def same_as(flags: Values) -> dict[str, str]:
    """What `--priced-as` says."""
    return pairs(flags.get("priced_as"), "--priced-as", "LOGGED=MODEL", "azure/my-gpt=gpt-5")


def check_priced_as(flags: Values, reading: Reading) -> None:
    """Refuse a name that no line carries: what was meant would stay without a price. Raises InputError."""
    logged = {key.model for key in reading.cube.by_hour()}
    for name in same_as(flags):
        if name not in logged:
            hint = did_you_mean(name, logged) or f"name one of: {', '.join(sorted(filter(None, logged))[:8])}"
            raise InputError(f"no logged call is of {name!r}", where="--priced-as", hint=hint)


def request_of(flags: Values, thresholds: Sequence[int]) -> Request:
    """How the logs are to be read."""
    from llmcost.usage.reading import Request, convention_named

    columns, named = (
        pairs(flags.get("map"), "--map", "FIELD=COLUMN", "input_tokens=ContextTokens"),
        flags.get("format_in"),
    )
    if columns and named not in (None, "generic"):
        hint = "leave --format-in out: what is mapped is a table of your own"
        raise InputError(f"--map means nothing to the format {named}", where="--map", hint=hint)
    step = flags.get("step") or "hour"
    if step not in STEPS:
        raise InputError(f"unknown step {step!r}", where="--step", hint=f"type one of: {', '.join(STEPS)}")
    return Request(
        thresholds=tuple(thresholds),
        step_seconds=STEPS[step],
        format_in=named,
        convention=convention_named(flags.get("convention")),
        task_from=flags.get("task_from"),
        columns=columns,
        model=flags.get("model"),
    )


def read_logs(paths: Sequence[str], flags: Values, thresholds: Sequence[int], *, base: str = "") -> Reading:
    """Every log that the paths name, read by the engine asked for. Raises InputError."""
    from llmcost.cli.progress import Bar
    from llmcost.usage.counted_twice import equal_files
    from llmcost.usage.lines import LineCounts
    from llmcost.usage.logs import NoRows, NotALog, log_files
    from llmcost.usage.reading import FileRead, opened

    request = request_of(flags, thresholds)
    files: list[Opened] = []
    unread: dict[str, FileRead] = {}
    nothing = LineCounts(0, {}, {}, {})
    order: list[str] = []
    for file in log_files(paths, base=base):
        order.append(file.name)
        note = file.note
        if not note:
            try:
                files.append(opened(file, request))
                keep_apart(file.path, flags)
            except NotALog as why:
                if file.named and not isinstance(why, NoRows):
                    raise
                note = why.what
        if note:
            unread[file.name] = FileRead(file.name, None, None, None, nothing, note)
    if not files:
        reasons = ", ".join(f"{each.path}: {each.note}" for each in list(unread.values())[:3])
        raise InputError(f"there is nothing to read ({reasons})", hint="name a log with calls in it")
    with Bar(sum(each.file.size for each in files)) as bar:
        reading = _engine(files, flags)(files, request._replace(progress=bar.heard))
    if not reading.lines.accepted:
        raise _no_call(reading)
    read = {each.path: each for each in reading.files} | unread
    return reading._replace(
        files=[read[name] for name in order], equal_files=equal_files([each.file for each in files])
    )


def refuse_without_logs(flags: Values) -> None:
    """Refuse what says how logs are read where none are: whoever types it means some. Raises InputError."""
    for each in USAGE:
        if flags.get(each.name) not in (None, []):
            raise meaningless(each.name, "logs", f"add --usage LOGS, or leave {flag_of(each.name)} out")


def meaningless(name: str, needs: str, hint: str) -> InputError:
    """The refusal of a flag that would change nothing: whoever types one expects that it does."""
    return InputError(f"{flag_of(name)} means nothing without {needs}", where=flag_of(name), hint=hint)


def _no_call(reading: Reading) -> InputError:
    """The refusal of logs whose lines are all rejected: a report of nothing would look like a quiet day."""
    rejected = reading.lines.counts.rejected
    reasons = "; ".join(f"{lines:,} × {reason}" for reason, lines in sorted(rejected.items(), key=lambda r: -r[1])[:3])
    first = next(iter(reading.lines.first.values()), reading.files[0].path)
    formats = ", ".join(dict.fromkeys(str(file.format) for file in reading.files))
    lines = f"none of {reading.lines.total:,} lines is a call ({reasons})" if rejected else "the logs hold no line"
    return InputError(f"read as {formats}, {lines}", where=first, hint="give another --format-in, or name other logs")


def _engine(files: Sequence[Opened], flags: Values) -> Callable[[Sequence[Opened], Request], Reading]:
    from llmcost.usage.reading import BY_DUCKDB, BY_SPARK, BY_STDLIB

    asked, engines = flags.get("engine"), (BY_STDLIB, BY_DUCKDB, BY_SPARK)
    if asked is not None and asked not in engines:
        hint = did_you_mean(asked, engines) or f"type one of: {', '.join(engines)}"
        raise InputError(f"unknown engine {asked!r}", where="--engine", hint=hint)
    memory = flags.get("memory")
    if memory is not None and re.fullmatch(_SIZE, memory, re.IGNORECASE) is None:
        raise InputError(f"{memory!r} is no size of memory", where="--memory", hint="type --memory 4GB, or 512MB")
    if memory is not None and asked not in (None, BY_DUCKDB):
        raise meaningless("memory", "DuckDB", "add --engine duckdb, or leave --memory out")
    if asked != BY_SPARK and flags.get("spark_remote") is not None:
        raise InputError("only Spark reads on a server", where="--spark-remote", hint="add --engine spark")
    if asked == BY_SPARK:
        from functools import partial

        from llmcost.usage import spark

        return partial(spark.read, remote=flags.get("spark_remote"))
    from llmcost.usage import embedded, standard
    from llmcost.usage.duckdb_queries import installed

    large = sum(each.file.size for each in files) >= _LARGE or any(each.file.kind == "parquet" for each in files)
    if asked == BY_DUCKDB or (asked is None and large and installed()):
        return lambda files, request: embedded.read(files, request, memory=memory)
    return standard.read


def remarks_of(reading: Reading, prices: CellPrices, flags: Values) -> tuple[list[Assumption], list[Warning]]:
    """What has to be said about a reading: what stands by default, and what was left out, put right or named twice."""
    from llmcost.usage.reading import BY_DUCKDB, BY_WAREHOUSE

    assumed = [Assumption("engine", reading.engine, "; ".join(reading.notes) or "what the logs were read with")]
    zone = "the warehouse session's" if reading.engine == BY_WAREHOUSE else "UTC"
    assumed.append(Assumption("time_zone", zone, "where a time is written without an offset"))
    warned = []
    if flags.get("memory") is not None and reading.engine != BY_DUCKDB:
        from llmcost.usage.duckdb_queries import installed

        why = "" if installed() else ", as DuckDB is not installed: pip install 'llmcost-cli[logs]'"
        warned.append(Warning("memory_unused", f"--memory is DuckDB's, and {reading.engine} read the logs{why}"))
    counts = reading.lines.counts
    for what, found in (("rejected", counts.rejected), ("repaired", counts.repaired)):
        for reason, lines in found.items():
            if reason in reading.lines.ordinary:
                continue
            first = reading.lines.first.get(reason)
            at = f" (first: {first})" if first else ""
            warned.append(Warning(f"{what}_lines", f"{lines:,} line{'s' if lines != 1 else ''} {what}: {reason}{at}"))
    for reason, lines in counts.duplicate.items():
        warned.append(Warning("duplicate_lines", f"{lines:,} duplicate line{'s' if lines != 1 else ''}: {reason}"))
    for what, tokens in reading.lines.worked_out.items():
        warned.append(Warning("worked_out_tokens", f"{tokens:,} tokens counted as {what}"))
    unread: dict[str, list[str]] = {}
    for file in reading.files:
        if file.slots is not None and file.slots.without_end:
            say = f"{file.path} does not say how long its rows last: they are counted where they begin"
            warned.append(Warning("slots_of_unknown_length", say + _map_end(file)))
        elif file.slots is not None and file.grain == "call":
            why = f"all times of {file.path} are dates alone: how its calls lie within a day is not told"
            assumed.append(Assumption("slots", "a day", why))
        elif file.slots is not None and file.slots.assumed:
            why = f"all rows of {file.path} begin on one, and nothing says when they end" + _map_end(file)
            assumed.append(Assumption("slots", "a day" if file.slots.seconds == STEPS["day"] else "an hour", why))
        if file.format is None:
            unread.setdefault(file.note, []).append(file.path)
    for note, paths in unread.items():
        what = f"{paths[0]} was" if len(paths) == 1 else f"{len(paths):,} files were"
        more = "" if len(paths) == 1 else f" (first: {paths[0]})"
        warned.append(Warning("unread_file", f"{what} not read: {note}{more}"))
    return assumed, warned + _counted_twice(reading, prices)


def _counted_twice(reading: Reading, prices: CellPrices) -> list[Warning]:
    """What may have been added up twice."""
    from llmcost.usage.counted_twice import same_time

    found = []
    for names in reading.equal_files:
        say = f"{', '.join(names)} hold the same: what carries no id is counted {len(names)} times"
        found.append(Warning("equal_files", say))
    models: dict[tuple[str, str], list[str]] = {}
    for first, second, model in same_time(reading.cube, lambda name: prices.known_as(name) or name):
        if not any({first, second} <= set(names) for names in reading.equal_files):
            models.setdefault((first, second), []).append(model)
    for (first, second), own in models.items():
        of = own[0] if len(own) == 1 else f"{len(own):,} models ({own[0]}, …)"
        say = f"{first} and {second or 'the logged calls'} cover the same time for {of}: if they are of the same calls, these are counted twice"
        found.append(Warning("same_time_twice", say))
    return found


def stand_ins(found: Usage) -> list[Assumption]:
    """Prices that stand for others that nobody publishes, each with its model and the tokens that pay it."""
    from llmcost.usage.conversion import STANDARD

    return [
        Assumption(
            f"{each.model}, {each.bucket.replace('_', ' ')}{'' if each.tier == STANDARD else f', {each.tier}'}",
            each.usd_per_mtok,
            f"{each.reason}; {each.tokens:,} tokens pay it",
        )
        for each in found.stand_ins
    ]


def _map_end(file: FileRead) -> str:
    return "; map it: --map end_time=COLUMN" if file.format == "generic" else ""
