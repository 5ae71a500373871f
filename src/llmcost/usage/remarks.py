"""Assumptions and warnings for logs: what stands by default, and what was left out, put right or named twice."""

from __future__ import annotations

from llmcost.estimate import Assumption, Warning
from llmcost.usage.counted_twice import same_time
from llmcost.usage.pricing import CellPrices
from llmcost.usage.reading import BY_WAREHOUSE, FileRead, LogResult
from llmcost.usage.rule import STANDARD
from llmcost.usage.summary import Usage

_DAY = 86_400  # seconds


def remarks_of(reading: LogResult, prices: CellPrices) -> tuple[list[Assumption], list[Warning]]:
    """What has to be said about the logs beside their figures."""
    assumed = [Assumption("engine", reading.engine, "; ".join(reading.notes) or "what the logs were read with")]
    zone = "the warehouse session's" if reading.engine == BY_WAREHOUSE else "UTC"
    assumed.append(Assumption("time_zone", zone, "where a time is written without an offset"))
    warned = []
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
            assumed.append(Assumption("slots", "a day" if file.slots.seconds == _DAY else "an hour", why))
        if file.format is None:
            unread.setdefault(file.note, []).append(file.path)
    for note, paths in unread.items():
        what = f"{paths[0]} was" if len(paths) == 1 else f"{len(paths):,} files were"
        more = "" if len(paths) == 1 else f" (first: {paths[0]})"
        warned.append(Warning("unread_file", f"{what} not read: {note}{more}"))
    return assumed, warned + _counted_twice(reading, prices)


def _counted_twice(reading: LogResult, prices: CellPrices) -> list[Warning]:
    """What may have been added up twice."""
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
