"""The paired bootstrap: every query keeps all its models' answers, and queries are drawn anew.

A round draws as many queries as there are, with replacement; a figure's 95 % interval runs from the
2.5th to the 97.5th percentile of its rounds. Every figure is a function of weighted means, so a
round needs no copy of the data, only its counts: exact (multinomial) up to 65,536 queries; above,
each query's count is Poisson(1), in blocks, and the means are divided by what was drawn (the
poissonised bootstrap), so that memory does not grow with the queries.
The counts come from a fixed generator and a seed: the same output everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

ROUNDS = 1000
EXACT_UP_TO = 1 << 16
_BLOCK = 1 << 12  # queries whose counts are held at once, in the poissonised bootstrap
_COUNTS_AT_ONCE = 1 << 20  # counts (rounds × queries) that are held at once, in the exact one
_ROUNDS_AT_ONCE = 64  # of them at least this many rounds
_KEPT_COUNTS = 1 << 22  # counts (rounds × queries) up to which they are kept for the next sample of this size
_LEVELS = 1 << 16

Columns = Callable[[slice], "Array"]  # the queries of a slice × figures


def means(size: int, columns: Columns, step: int = 1 << 16) -> Array:
    """The plain mean of every column."""
    total = sum(columns(part).sum(axis=0, dtype=float) for part in _slices(size, step))
    found: Array = total / size
    return found


def replicates(size: int, columns: Columns, rounds: int = ROUNDS, seed: int = 0) -> Array:
    """rounds × figures: the weighted mean of every column in each round of the bootstrap."""
    return replicates_and_counts(size, columns, None, rounds, seed)[0]


def replicates_and_counts(
    size: int, columns: Columns, keep: Array | None, rounds: int = ROUNDS, seed: int = 0
) -> tuple[Array, Array]:
    """The same, and beside it the counts of the queries in `keep` in each round."""
    if size <= EXACT_UP_TO:
        return _exact(size, columns, keep, rounds, seed)
    return _poissonised(size, columns, keep, rounds, seed)


def _exact(size: int, columns: Columns, keep: Array | None, rounds: int, seed: int) -> tuple[Array, Array]:
    import numpy as np

    data = columns(slice(0, size)).astype(np.float64)
    found = np.empty((rounds, data.shape[1]))
    kept = np.empty((rounds, 0 if keep is None else keep.size), dtype=np.float32)
    begin = 0
    parts = _kept_counts(size, rounds, seed) if rounds * size <= _KEPT_COUNTS else _counts(size, rounds, seed)
    for counts in parts:
        here = slice(begin, begin + counts.shape[0])
        found[here] = counts @ data / size
        if keep is not None:
            kept[here] = counts if keep.size == size else counts[:, keep]
        begin = here.stop
    return found, kept


@lru_cache(maxsize=1)
def _kept_counts(size: int, rounds: int, seed: int) -> tuple[Array]:
    """The same counts as one array: many small tasks of one size share them."""
    import numpy as np

    return (np.concatenate(list(_counts(size, rounds, seed))),)


def _counts(size: int, rounds: int, seed: int) -> Iterator[Array]:
    """How often each query was drawn in each round (rounds × queries), some rounds at a time."""
    import numpy as np

    generator = np.random.SFC64(seed)
    at_once = max(_COUNTS_AT_ONCE // size // 2 * 2, _ROUNDS_AT_ONCE)  # even: then the draws do not depend on it
    for begin in range(0, rounds, at_once):
        count = min(at_once, rounds - begin)
        drawn = _drawn(generator, count * size, size).reshape(count, size)
        drawn += np.arange(count)[:, None] * size  # each round has numbers of its own
        yield np.bincount(drawn.ravel(), minlength=count * size).reshape(count, size).astype(np.float64)


def _drawn(generator: Any, count: int, size: int) -> Array:
    """`count` query numbers below `size`, from 32 random bits each (so few queries that it is even)."""
    import numpy as np

    bits = generator.random_raw((count + 1) // 2).view(np.uint32)[:count]
    found: Array = ((bits.astype(np.uint64) * np.uint64(size)) >> np.uint64(32)).astype(np.int64)
    return found


def _poissonised(size: int, columns: Columns, keep: Array | None, rounds: int, seed: int) -> tuple[Array, Array]:
    import numpy as np

    generator = np.random.SFC64(seed)
    table = poisson_table()
    found: Array | None = None
    drawn = np.zeros(rounds)
    kept: list[Array] = []
    for part in _slices(size, _BLOCK):
        width = part.stop - part.start
        bits = generator.random_raw((rounds * width + 3) // 4).view(np.uint16)[: rounds * width]
        counts = table[bits].reshape(rounds, width)
        data = columns(part).astype(np.float32)
        own = (counts @ data).astype(np.float64)
        found = own if found is None else found + own
        drawn += counts.sum(axis=1, dtype=np.float64)
        if keep is not None:
            here = keep[(keep >= part.start) & (keep < part.stop)] - part.start
            kept.append(counts[:, here].astype(np.uint8))
    assert found is not None  # noqa: S101 - there is a query
    joined = np.concatenate(kept, axis=1) if kept else np.empty((rounds, 0), dtype=np.uint8)
    return found / drawn[:, None], joined


def poisson_table() -> Array:
    """Poisson(1) counts for 16 random bits; its mean is 1 to within 1e-4, its variance likewise."""
    import numpy as np

    ends: list[int] = []
    below = 0.0
    for count in range(9):
        below += math.exp(-1) / math.factorial(count)
        ends.append(round(below * _LEVELS))
    return np.searchsorted(np.array(ends), np.arange(_LEVELS), side="right").astype(np.float32)


def _slices(size: int, step: int) -> Iterator[slice]:
    for begin in range(0, size, step):
        yield slice(begin, min(begin + step, size))


def intervals(rounds: Array) -> list[list[float]]:
    """The same of every column (rounds × figures), where all are defined."""
    import numpy as np

    found: list[list[float]] = np.quantile(rounds, (0.025, 0.975), axis=0).T.tolist()
    return found


def interval(rounds: Array) -> list[float] | None:
    """The 2.5th and 97.5th percentile of one figure's rounds; None where it is mostly undefined."""
    import numpy as np

    known = rounds[np.isfinite(rounds)]
    if known.size < max(0.9 * rounds.size, 1):
        return None
    low, high = np.quantile(known, (0.025, 0.975))
    return [float(low), float(high)]
