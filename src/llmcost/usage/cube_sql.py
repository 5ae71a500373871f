"""The cube as one plain SQL text: one scan, grouping sets, integers only.

The same text runs on DuckDB and on Spark and, through sqlglot, on a warehouse; only `calls`, the
projection of the log's own columns, differs. Grouping sets and not a join of two groupings, so that
the log is read once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from llmcost.usage.cube import NO_TIME, Cube
from llmcost.usage.record import Call
from llmcost.usage.sizes import bucket_sql

TOKENS = ("uncached_input", "cache_read", "cache_write_5m", "cache_write_1h", "output")
SUMS = ("calls", *TOKENS, "recorded_calls", "recorded_pico_usd")
COLUMNS = (
    "part",
    "good",
    "model",
    "task",
    "tier",
    "slot_us",
    "prompt_size",
    "above_tokens",
    "output_size",
    *SUMS,
    "first_us",
    "last_us",
)
# A call as an engine stores it until duplicates are settled, and what stands where a log has no such column.
STORED = {
    **{"file": "INTEGER", "good": "INTEGER", "model": "VARCHAR", "task": "VARCHAR", "tier": "VARCHAR"},
    **{"at_us": "BIGINT", **dict.fromkeys(TOKENS, "BIGINT"), "pico_usd": "BIGINT", "id": "VARCHAR"},
}
ABSENT = {"model": "''", "task": "''", "tier": "'standard'", **dict.fromkeys(TOKENS, "0")}

HOURS, SIZES, OUTPUTS, PROMPTS, REPLIES = "hours", "sizes", "outputs", "prompts", "replies"


class Calls(NamedTuple):
    """The projection of a log: a SELECT, and the canonical columns that it has.

    Left out are columns that this log cannot fill: they cost nothing and come back as 0 or "".
    `columns` are of `model, task, tier, at_us, pico_usd, id, rank` and TOKENS; `good` is always there.
    """

    select: str
    columns: tuple[str, ...]


def cube_query(
    calls: Calls, thresholds: Iterable[int], step_seconds: int, *, exact: bool = False, unique: bool = False
) -> str:
    """The text. `exact` adds every prompt and output size; `unique` keeps one call of an id."""
    has = set(calls.columns)
    step = step_seconds * 1_000_000
    tokens = [name for name in TOKENS if name in has]
    prompt = " + ".join(name for name in tokens if name != "output")
    arms = " ".join(f"WHEN prompt > {t} THEN {t}" for t in sorted(thresholds, reverse=True))
    keys = [name for name in ("model", "task", "tier") if name in has]
    passed = ", ".join(["good", *keys, *tokens, *(n for n in ("at_us", "pico_usd") if n in has)])
    moment = f"COALESCE(at_us, {NO_TIME * step})" if "at_us" in has else str(NO_TIME * step)
    groups = ", ".join(["good", *keys])
    sets = [f"({groups}, slot_us, above_tokens)", f"({groups}, prompt_size, above_tokens)", "(good, output_size)"]
    parts = {"slot_us": HOURS, "prompt_size": SIZES, "output_size": OUTPUTS}
    if exact:
        sets += ["(good, each_prompt)", "(good, each_output)"]
        parts |= {"each_prompt": PROMPTS, "each_output": REPLIES}
    named = " ".join(f"WHEN GROUPING({key}) = 0 THEN '{part}'" for key, part in parts.items())
    size = "COALESCE(prompt_size, each_prompt)" if exact else "prompt_size"
    reply = "COALESCE(output_size, each_output)" if exact else "output_size"
    lines = [
        f"WITH calls AS (\n{calls.select}\n)",
        *([f"kept AS (\n{_kept(calls, tokens)}\n)"] if unique else []),
        f"sized AS (\n  SELECT {passed}, {prompt} AS prompt FROM {'kept' if unique else 'calls'}\n)",
        "placed AS (\n"
        f"  SELECT {passed},\n"
        f"    {moment} - MOD({moment}, {step}) AS slot_us,\n"
        f"    {bucket_sql('prompt')} AS prompt_size,\n"
        f"    {f'CASE {arms} ELSE 0 END' if arms else '0'} AS above_tokens,\n"
        f"    {bucket_sql('output')} AS output_size"
        + (",\n    prompt AS each_prompt, output AS each_output" if exact else "")
        + "\n  FROM sized\n)",
    ]
    summed = [f"SUM({name}) AS {name}" if name in has else f"0 AS {name}" for name in TOKENS]
    recorded = "pico_usd" in has
    select = [
        f"CASE {named} END AS part",
        "good",
        *(name if name in has else f"'' AS {name}" for name in ("model", "task")),
        "tier" if "tier" in has else "'standard' AS tier",
        "slot_us",
        f"{size} AS prompt_size",
        "above_tokens",
        f"{reply} AS output_size",
        "COUNT(*) AS calls",
        *summed,
        f"{'COUNT(pico_usd)' if recorded else '0'} AS recorded_calls",
        f"{'COALESCE(SUM(pico_usd), 0)' if recorded else '0'} AS recorded_pico_usd",
        *(
            ["MIN(at_us) AS first_us", "MAX(at_us) AS last_us"]
            if "at_us" in has
            else ["CAST(NULL AS BIGINT) AS first_us", "CAST(NULL AS BIGINT) AS last_us"]
        ),
    ]
    body = ",\n  ".join(select)
    grouping = ",\n  ".join(sets)
    return ",\n".join(lines) + f"\nSELECT\n  {body}\nFROM placed\nGROUP BY GROUPING SETS (\n  {grouping}\n)"


def _kept(calls: Calls, tokens: Sequence[str]) -> str:
    """One call of each id: the higher rank, then the larger one; ids that are missing never merge."""
    has = set(calls.columns)
    columns = ", ".join(
        ["good", *(n for n in ("model", "task", "tier", "at_us") if n in has), *tokens]
        + (["pico_usd"] if "pico_usd" in has else [])
    )
    order = [
        *(["rank DESC"] if "rank" in has else []),
        f"{' + '.join(tokens)} DESC",
        *(f"{name} DESC" for name in ("output", "cache_write_1h", "cache_write_5m", "cache_read") if name in has),
        *(f"COALESCE({name}, -1) DESC" for name in ("pico_usd", "at_us") if name in has),
        *(f"{name} DESC" for name in ("model", "task", "tier") if name in has),
    ]
    return (
        f"  SELECT {columns} FROM (\n"
        f"    SELECT {columns}, ROW_NUMBER() OVER (PARTITION BY id ORDER BY {', '.join(order)}) AS nth\n"
        f"    FROM calls WHERE id IS NOT NULL AND good = 1\n  ) AS ranked WHERE nth = 1\n"
        f"  UNION ALL SELECT {columns} FROM calls WHERE id IS NULL OR good <> 1"
    )


def further_columns(has: Sequence[str], calls: Iterable[Call]) -> list[str]:
    """Columns that the first lines of a log do not have and these calls do."""
    blank = Call("", "", None, "standard", 0, 0, 0, 0, 0)
    known = list(calls)
    return [
        name
        for name in STORED
        if name in Call._fields and name not in has and any(getattr(c, name) != getattr(blank, name) for c in known)
    ]


def add_cells(cube: Cube, rows: Iterable[Mapping[str, Any]]) -> tuple[int, int]:
    """Put the query's rows into a cube. Returns the calls that were good, and the lines that were not."""
    good = other = 0
    counts = {OUTPUTS: cube.bucketed, PROMPTS: cube.prompts, REPLIES: cube.replies}
    for row in rows:
        part, calls = row["part"], int(row["calls"])
        if int(row["good"]) != 1:
            other += calls if part == HOURS else 0
            continue
        if part in counts:
            size, kept = int(row["prompt_size" if part == PROMPTS else "output_size"]), counts[part]
            if kept is not None and (part != OUTPUTS or cube.replies is None):
                kept[size] = kept.get(size, 0) + calls
            continue
        sums = [int(row[name] or 0) for name in SUMS]
        above = int(row["above_tokens"])
        if part == HOURS:
            good += calls
            slot = int(row["slot_us"]) // (cube.step_seconds * 1_000_000)
            cells, where = cube.hours, (row["model"], row["task"], slot, row["tier"], above)
            for at in (row["first_us"], row["last_us"]):
                if at is not None:
                    cube.first_us = int(at) if cube.first_us is None else min(cube.first_us, int(at))
                    cube.last_us = int(at) if cube.last_us is None else max(cube.last_us, int(at))
        else:
            cells, where = cube.sizes, (row["model"], row["task"], row["tier"], int(row["prompt_size"]), above)
        before = cells.get(where)
        cells[where] = sums if before is None else [a + b for a, b in zip(before, sums, strict=True)]
    return good, other
