"""The numbers of one column of a CSV file, as the distribution of a quantity: `{samples: FILE.csv, column: x}`."""

import csv
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from llmcost.doubt import Samples
from llmcost.errors import InputError, did_you_mean
from llmcost.number import QuantityError, number, shown

MAX_BYTES = 32 * 1024 * 1024
MOST_ROWS = 1_000_000
_KEYS = {"samples", "column"}


def with_samples(tree: Any, folder: str, where: Callable[[Sequence[str | int], bool], str]) -> Any:
    """Plain data with every `{samples, column}` read, each path from `folder`.

    Raises InputError, with its place, for a file that cannot be read and for a column that is no distribution.
    """
    return _read(tree, folder, where, ())


def _read(
    tree: Any, folder: str, where: Callable[[Sequence[str | int], bool], str], path: tuple[str | int, ...]
) -> Any:
    if isinstance(tree, list):
        return [_read(item, folder, where, (*path, position)) for position, item in enumerate(tree)]
    if not isinstance(tree, Mapping):
        return tree
    if set(tree) == _KEYS and isinstance(tree["samples"], str):
        try:
            found = read_column(os.path.join(folder, tree["samples"]), str(tree["column"]), tree["samples"])
        except InputError as error:
            raise error.at(where(path, False)) from None
        return {**tree, "samples": found}
    return {key: _read(value, folder, where, (*path, key)) for key, value in tree.items()}


def read_column(file: str, column: str, written: str = "") -> Samples:
    """The numbers of a column, ascending: two at the least. Raises InputError."""
    name = written or file
    try:
        if os.path.getsize(file) > MAX_BYTES:
            raise InputError(
                f"{name} is larger than {MAX_BYTES // 2**20} MB",
                hint="keep every tenth row, or state {p10, p90} of them",
            )
        with open(file, encoding="utf-8-sig", newline="") as opened:
            values = _column(csv.reader(opened, strict=True), column, name)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is no CSV text"
        raise InputError(
            f"{name} cannot be read: {reason}", hint="give a CSV file, its path from the scenario's folder"
        ) from None
    if len(values) < 2:
        rows = "no row" if not values else "one row"
        raise InputError(
            f"{name} has {rows} under {shown(column)}, which is no distribution", hint="give two samples or more"
        )
    return Samples(tuple(sorted(values)), os.path.basename(name), written)


def _column(rows: Any, column: str, name: str) -> list[float]:
    header = [cell.strip() for cell in next(rows, [])]
    if column not in header:
        raise InputError(
            f"{name} has no column {shown(column)}",
            hint=did_you_mean(column, header) or f"its columns: {', '.join(header[:20]) or 'none'}",
        )
    at = header.index(column)
    values: list[float] = []
    for row in rows:
        if not row:
            continue
        if len(values) == MOST_ROWS:
            raise InputError(f"{name} has more than {MOST_ROWS:,} rows", hint="keep every tenth row")
        cell = row[at] if at < len(row) else ""
        try:
            values.append(number(cell))
        except QuantityError as error:
            raise InputError(
                f"{name}, line {rows.line_num}, {column}: {error.what}", hint="leave out rows without a number"
            ) from None
    return values
