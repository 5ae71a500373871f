"""Writing the lines of a log in each of the forms that files have, and reading one line."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from synthetic_calls import reading_of

from llmcost.usage.reading import LogResult

Row = Mapping[str, Any]


def jsonl(path: Path, rows: Sequence[Any]) -> Path:
    """A line a document."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def json_document(path: Path, document: Any) -> Path:
    """One document over many lines: an array, or a page of an API."""
    path.write_text(json.dumps(document, indent=2), encoding="utf-8")
    return path


def table(path: Path, rows: Sequence[Row], *, delimiter: str = ",") -> Path:
    """A table with a header, with the byte order mark that spreadsheets write; maps are JSON text there."""
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, rows[0], delimiter=delimiter)
        writer.writeheader()
        for row in rows:
            writer.writerow({key: _cell(value) for key, value in row.items()})
    return path


def _cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict | list) else value


def in_every_form(folder: Path, rows: Sequence[Row]) -> list[Path]:
    """The same rows as JSONL, as an array over many lines, and as an array on one line."""
    one_line = folder / "one-line.json"
    one_line.write_text(json.dumps(list(rows)), encoding="utf-8")
    return [jsonl(folder / "log.jsonl", rows), json_document(folder / "log.json", list(rows)), one_line]


def reading_of_rows(folder: Path, *rows: Any, **asked: Any) -> LogResult:
    """These documents read as a log."""
    return reading_of(jsonl(folder / "few.jsonl", rows), **asked)


def tokens(reading: LogResult) -> tuple[int, int, int, int, int]:
    """Uncached input, cache read, writes of 5 minutes and of an hour, output: everything in the cube."""
    sums = reading.cube.total
    return sums.uncached_input, sums.cache_read, sums.cache_write_5m, sums.cache_write_1h, sums.output


def counted(reading: LogResult) -> tuple[int, dict[str, int], int, dict[str, int]]:
    """Accepted, rejected by reason, duplicates, repaired by reason."""
    counts = reading.lines.counts
    return counts.accepted, counts.rejected, sum(counts.duplicate.values()), counts.repaired


def tasks_of(reading: LogResult) -> set[str]:
    return {key.task for key in reading.cube.by_hour()}


def models_of(reading: LogResult) -> set[str]:
    return {key.model for key in reading.cube.by_hour()}


def tiers_of(reading: LogResult) -> set[str]:
    return {key.tier for key in reading.cube.by_hour()}
