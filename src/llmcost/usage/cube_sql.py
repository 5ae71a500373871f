"""The cube as one plain SQL text: one scan, grouping sets, integers only.

The same text runs on DuckDB and on Spark and, through sqlglot, on a warehouse; only `calls`, the
projection of the log's own columns, differs. Grouping sets and not a join of two groupings, so that
the log is read once.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from llmcost.usage.cube import Cube, Sums, add_bucket
from llmcost.usage.rule import STANDARD
from llmcost.usage.sizes import bucket_sql

SUMS = Sums._fields
TOKENS = SUMS[1:6]
COLUMNS = (
    "part",
    "good",
    "model",
    "task",
    "tier",
    "slot_us",
    "step_seconds",
    "prompt_size",
    "above_tokens",
    "output_size",
    *SUMS,
    "first_us",
    "last_us",
)
COPIES = "duplicates"  # of a cell's calls: further rows with their ids, which are not counted
BANDS = 64  # more than there are thresholds
HOURS, SIZES, OUTPUTS, PROMPTS, REPLIES = "hours", "sizes", "outputs", "prompts", "replies"


class Calls(NamedTuple):
    """The projection of a log: a SELECT, and the canonical columns that it has.

    Left out are columns that this log cannot fill: they cost nothing and come back as 0 or "".
    `columns` are of `model, task, tier, at_us, pico_usd, id, rank` and TOKENS; `good` is always there.
    """

    select: str
    columns: tuple[str, ...]


def cube_query(
    calls: Calls,
    thresholds: Iterable[int],
    step_seconds: int,
    *,
    exact: bool = False,
    unique: bool = False,
    copies: bool = False,
    only: str = "",
) -> str:
    """The text. `exact` adds every prompt and output size; `unique` keeps one call of an id, `copies` counts the others.
    `only` is a condition for the calls that are kept.

    A key of a grouping set costs a hash of every row, so the band travels within the slot and within the
    size, as a small number added to a multiple of something larger, and a line that is not good has neither.
    """
    has = set(calls.columns)
    step = step_seconds * 1_000_000
    steps = sorted(thresholds)
    tokens = [name for name in TOKENS if name in has]
    prompt = " + ".join(name for name in tokens if name != "output")
    keys = [name for name in ("model", "task", "tier") if name in has]
    passed = ", ".join([*keys, *tokens, *(n for n in ("at_us", "pico_usd") if n in has), *([COPIES] if copies else [])])
    # A slot late, so that 0 is no time.
    slot = f"COALESCE(at_us - MOD(at_us, {step}) + {step}, 0)" if "at_us" in has else "0"
    groups = "".join(f"{name}, " for name in keys)
    sets = [f"({groups}slot_key)", f"({groups}size_key)", "(output_key)"]
    parts = {"slot_key": HOURS, "size_key": SIZES, "output_key": OUTPUTS}
    if exact:
        sets += ["(each_prompt)", "(each_output)"]
        parts |= {"each_prompt": PROMPTS, "each_output": REPLIES}
    by_key = "\n    ".join(f"WHEN GROUPING({key}) = 0 THEN '{part}'" for key, part in parts.items())
    good = " OR ".join(f"{key} IS NOT NULL" for key in parts)
    bands = f"CASE WHEN prompt <= {steps[0]} THEN 0 {_arms(steps)} END" if steps else "0"
    exactly = ",\n    CASE WHEN good THEN prompt END AS each_prompt, CASE WHEN good THEN output END AS each_output"
    named = dict.fromkeys(TOKENS, "0") | {name: f"CAST(SUM({name}) AS BIGINT)" for name in tokens}
    unknown = "CAST(NULL AS BIGINT)"
    select = {
        "part": f"CASE\n    {by_key}\n  END",
        "good": f"CASE WHEN {good} THEN 1 ELSE 0 END",
        **{name: f"COALESCE({name}, '')" if name in has else "''" for name in ("model", "task")},
        "tier": "tier" if "tier" in has else f"'{STANDARD}'",
        "slot_us": f"slot_key - MOD(slot_key, {step}) - {step}",
        "step_seconds": str(step_seconds),  # so that a cube which is kept says by itself what its slots are
        "prompt_size": f"CAST({'COALESCE(each_prompt, ' if exact else ''}(size_key - MOD(size_key, {BANDS})) / {BANDS}"
        + (")" if exact else "")
        + " AS BIGINT)",
        "above_tokens": _threshold(steps, f"COALESCE(MOD(slot_key, {step}), MOD(size_key, {BANDS}))"),
        "output_size": "COALESCE(output_key, each_output)" if exact else "output_key",
        "calls": "COUNT(*)",
        **named,
        "recorded_calls": "COUNT(pico_usd)" if "pico_usd" in has else "0",
        "recorded_pico_usd": "CAST(COALESCE(SUM(pico_usd), 0) AS BIGINT)" if "pico_usd" in has else "0",
        "first_us": "MIN(at_us)" if "at_us" in has else unknown,
        "last_us": "MAX(at_us)" if "at_us" in has else unknown,
        **({COPIES: f"CAST(SUM({COPIES}) AS BIGINT)"} if copies else {}),
    }
    listed = ",\n  ".join(sql if sql == name else f"{sql} AS {name}" for name, sql in select.items())
    grouping = ",\n  ".join(sets)
    return (
        f"WITH calls AS (\n{calls.select}\n),\n"
        + (f"kept AS (\n{_kept(calls, tokens, copies)}\n),\n" if unique else "")
        + f"sized AS (\n  SELECT good, {passed}, {prompt} AS prompt FROM {'kept' if unique else 'calls'}"
        + (f" WHERE {only}" if only else "")
        + "\n),\n"
        f"banded AS (\n  SELECT good, {passed}, prompt, {bands} AS band FROM sized\n),\n"
        f"placed AS (\n  SELECT {passed},\n"
        f"    CASE WHEN good THEN {slot} + band END AS slot_key,\n"
        f"    CASE WHEN good THEN ({bucket_sql('prompt')}) * {BANDS} + band END AS size_key,\n"
        f"    CASE WHEN good THEN {bucket_sql('output')} END AS output_key{exactly if exact else ''}\n"
        f"  FROM banded\n)\nSELECT\n  {listed}\nFROM placed\nGROUP BY GROUPING SETS (\n  {grouping}\n)"
    )


def _arms(steps: Sequence[int]) -> str:
    """Which threshold a prompt is above: 1 is the lowest."""
    return " ".join(f"WHEN prompt > {step} THEN {band}" for band, step in reversed(list(enumerate(steps, 1))))


def _threshold(steps: Sequence[int], band: str) -> str:
    """The threshold of a band."""
    arms = " ".join(f"WHEN {number} THEN {step}" for number, step in enumerate(steps, 1))
    return f"CASE {band} {arms} ELSE 0 END" if steps else "0"


def _kept(calls: Calls, tokens: Sequence[str], copies: bool) -> str:
    """One call of each id: the higher rank, then the larger one; ids that are missing never merge."""
    has = set(calls.columns)
    columns = ", ".join(
        ["good", *(n for n in ("file", "model", "task", "tier", "at_us") if n in has), *tokens]
        + (["pico_usd"] if "pico_usd" in has else [])
    )
    order = [
        *(["rank DESC"] if "rank" in has else []),
        f"{' + '.join(tokens)} DESC",
        *(f"{name} DESC" for name in ("output", "cache_write_1h", "cache_write_5m", "cache_read") if name in has),
        *(f"COALESCE({name}, -1) DESC" for name in ("pico_usd", "at_us") if name in has),
        *(f"COALESCE({name}, '') DESC" for name in ("model", "task", "tier") if name in has),
    ]
    others = f", COUNT(*) OVER (PARTITION BY id) - 1 AS {COPIES}" if copies else ""
    return (
        f"  SELECT {columns}{f', {COPIES}' if copies else ''} FROM (\n"
        f"    SELECT {columns}, ROW_NUMBER() OVER (PARTITION BY id ORDER BY {', '.join(order)}) AS nth{others}\n"
        f"    FROM calls WHERE id IS NOT NULL AND good\n  ) AS ranked WHERE nth = 1\n"
        f"  UNION ALL SELECT {columns}{', 0' if copies else ''} FROM calls WHERE id IS NULL OR NOT good"
    )


def add_cells(cube: Cube, columns: Sequence[Sequence[Any]]) -> tuple[int, int]:
    """Put what the query gave, column by column in the order of COLUMNS, into a cube.

    By columns, since there may be a hundred thousand cells. Returns the calls that were good, and the
    lines that were not.
    """
    # Hundreds of thousands of objects that all stay: looking for garbage among them would be half of the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _added(cube, columns)
    finally:
        if collecting:
            gc.enable()


def _added(cube: Cube, columns: Sequence[Sequence[Any]]) -> tuple[int, int]:
    named = dict(zip(COLUMNS, columns, strict=True))
    runs: dict[str, list[slice]] = {part: [] for part in (HOURS, SIZES, OUTPUTS, PROMPTS, REPLIES)}
    other = start = 0
    for (part, is_good), rows in groupby(zip(named["part"], named["good"], strict=True)):
        run = slice(start, start + sum(1 for _ in rows))
        start = run.stop
        if is_good:
            runs[part].append(run)
        elif part == HOURS:
            other += sum(named["calls"][run])
    slot_us = cube.step_us
    of_hours, of_sizes = _picker(runs[HOURS]), _picker(runs[SIZES])
    hours = [of_hours(named[name]) for name in ("model", "task", "slot_us", "tier", "above_tokens")]
    hours[2] = [slot // slot_us for slot in hours[2]]
    sizes = [of_sizes(named[name]) for name in ("model", "task", "tier", "prompt_size", "above_tokens")]
    for cells, keys, picked in ((cube.hours, hours, of_hours), (cube.sizes, sizes, of_sizes)):
        sums = list(map(list, zip(*(picked(named[name]) for name in SUMS), strict=True)))
        _add(cells, list(zip(*keys, strict=True)), sums)
    if cube.replies is None:
        picked = _picker(runs[OUTPUTS])
        for each in zip(*(picked(named[name]) for name in ("output_size", "calls", "output")), strict=True):
            add_bucket(cube.bucketed, *each)
    for part, size, counts in (
        (PROMPTS, "prompt_size", cube.prompts),
        (REPLIES, "output_size", cube.replies),
    ):
        if counts is not None:
            picked = _picker(runs[part])
            for each, more in zip(picked(named[size]), picked(named["calls"]), strict=True):
                counts[each] = counts.get(each, 0) + more
    for name, choose in (("first_us", min), ("last_us", max)):
        found = [at for at in (getattr(cube, name), *of_hours(named[name])) if at is not None]
        setattr(cube, name, choose(found, default=None))
    return sum(of_hours(named["calls"])), other


def _picker(runs: Sequence[slice]) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """What takes these rows of a column, at the speed of C: a hundred thousand cells are many."""
    if len(runs) == 1:
        return itemgetter(runs[0])
    return lambda column: [value for run in runs for value in column[run]]


def _add(cells: dict[tuple[Any, ...], list[int]], keys: list[tuple[Any, ...]], sums: list[list[int]]) -> None:
    """Two rows may have one key: a task that is missing, and one that is empty."""
    if not cells:
        cells.update(zip(keys, sums, strict=True))
        if len(cells) == len(keys):
            return
        cells.clear()
    for key, more in zip(keys, sums, strict=True):
        before = cells.get(key)
        cells[key] = more if before is None else [a + b for a, b in zip(before, more, strict=True)]
