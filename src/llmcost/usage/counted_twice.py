"""Traffic that is named twice: files of equal content, and exports that sum up the time of other logs.

A call with an id counts once however many files hold it. Where there is none nothing tells a copy from
more traffic, so it is added up, and said.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from itertools import combinations

from llmcost.usage.coverage import Export, Interval, united
from llmcost.usage.cube import NO_SIZE, Cube
from llmcost.usage.logs import LogFile

_HEAD = 1 << 16  # bytes that tell most files apart


def equal_files(files: Sequence[LogFile]) -> list[list[str]]:
    """Names of files that hold the same bytes once they are unpacked, in groups of two and more.

    Only what has a counterpart of its size, and begins like it, is read to its end: never one file alone.
    """
    sized = _alike(files, lambda file: file.size) if not any(file.packed for file in files) else [list(files)]
    begin_alike = [group for each in sized for group in _alike(each, _head)]
    return [[file.name for file in group] for each in begin_alike for group in _alike(each, _digest)]


def _alike(files: Sequence[LogFile], key_of: Callable[[LogFile], object]) -> list[list[LogFile]]:
    """Files with an equal key, in groups of two and more; a key of None, of a damaged file, equals no other."""
    if len(files) < 2:
        return []
    groups: dict[object, list[LogFile]] = {}
    for file in files:
        try:
            groups.setdefault(key_of(file), []).append(file)
        except OSError:
            continue
    return [group for group in groups.values() if len(group) > 1]


def _head(file: LogFile) -> bytes:
    with file.opened() as (stream, _):
        return stream.read(_HEAD)


def _digest(file: LogFile) -> bytes:
    with file.opened() as (stream, _):
        return hashlib.file_digest(stream, "blake2b").digest()


def same_time(cube: Cube, identity_of: Callable[[str], str]) -> list[tuple[str, str, str]]:
    """Two logs that cover the same time for one model: the export, the other export or "" for the calls, the model."""
    exports = [(export.path, _by_identity(export, identity_of)) for export in cube.exports]
    found = []
    for (first, mine), (second, theirs) in combinations(exports, 2):
        found += [(first, second, m) for m, own in mine.items() if m in theirs and _meet(own, theirs[m])]
    if exports and cube.first_us is not None and cube.last_us is not None:
        calls = [(cube.first_us, cube.last_us + 1)]
        called = {identity_of(key.model) for key in cube.by_size() if key.prompt_size != NO_SIZE}
        found += [
            (path, "", m) for path, mine in exports for m, own in mine.items() if m in called and _meet(own, calls)
        ]
    return found


def _by_identity(export: Export, identity_of: Callable[[str], str]) -> dict[str, list[Interval]]:
    found: dict[str, list[Interval]] = {}
    for model, slots in export.by_model.items():
        found.setdefault(identity_of(model), []).extend(slots)
    return {model: united(slots) for model, slots in found.items()}


def _meet(first: Sequence[Interval], second: Sequence[Interval]) -> bool:
    """Whether two lists of intervals, each in order, have any time in common; one that only touches has none."""
    a = b = 0
    while a < len(first) and b < len(second):
        if max(first[a][0], second[b][0]) < min(first[a][1], second[b][1]):
            return True
        if first[a][1] <= second[b][1]:
            a += 1
        else:
            b += 1
    return False
