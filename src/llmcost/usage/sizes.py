"""Buckets of sizes in whole numbers: exact below 32, then 16 to an octave (at most 6.25 % wide).

Only integer arithmetic, so that every engine puts a size in the same bucket. A bucket is named by
its lowest size.
"""

from __future__ import annotations

from collections.abc import Mapping

EXACT_BELOW = 32
OCTAVES = 26  # up to 2^31 tokens; anything larger shares the last octave's step


def bucket_of(size: int) -> int:
    """The lowest size of the bucket that holds this one."""
    if size < EXACT_BELOW:
        return size
    return size - size % step_of(size)


def step_of(size: int) -> int:
    """The width of the bucket that holds a size: a sixteenth of its octave's lower end."""
    if size < EXACT_BELOW:
        return 1
    return 1 << min(size.bit_length() - 5, OCTAVES)


def bucket_sql(size: str) -> str:
    """The same as SQL over a column of whole numbers: `x - MOD(x, CASE WHEN x < 131072 THEN … ELSE … END)`."""
    return f"{size} - MOD({size}, {_step(size, 0, OCTAVES)})"


def _step(size: str, low: int, high: int) -> str:
    """The width of the bucket, halving what it can be: an engine asks a row five questions, not thirty."""
    if low == high:
        return str(1 << low)
    half = (low + high) // 2
    below, above = _step(size, low, half), _step(size, half + 1, high)
    return f"CASE WHEN {size} < {EXACT_BELOW << half} THEN {below} ELSE {above} END"


def _rank(total: int, share: float) -> int:
    """Which of so many calls, in order of size, the share ends with, from 1 on: ceil(share × n), the nearest rank."""
    return max(1, -(-total * round(share * 1_000_000) // 1_000_000))


def nearest_rank(counts: dict[int, int], share: float) -> int | None:
    """The observed size at or below which this share of the calls lies; None where there are none.

    Source: the nearest-rank definition, the ceil(share × n)-th smallest.
    """
    total = sum(counts.values())
    if not total:
        return None
    rank = _rank(total, share)
    seen = 0
    for size in sorted(counts):
        seen += counts[size]
        if seen >= rank:
            return size
    raise AssertionError("a rank within the total is always reached")


def within_bucket(buckets: Mapping[int, tuple[int, int]], share: float) -> int:
    """The size below which this share of the calls lies, from buckets of calls and tokens by their lowest size.

    Within the bucket that holds the rank sizes are taken to rise as low + width · f^k, f from 0 to 1, with the
    k that gives the bucket its known mean (k = 1: evenly). Never off by more than the bucket's width.
    """
    low = nearest_rank({low: calls for low, (calls, _) in buckets.items()}, share) or 0
    width, (calls, tokens) = step_of(low) - 1, buckets[low]
    above = tokens / calls - low  # the mean over the lowest size
    if above <= 0 or not width:
        return low
    total = sum(calls for calls, _ in buckets.values())
    before = sum(calls for size, (calls, _) in buckets.items() if size < low)
    rank = _rank(total, share) - before
    power = max(width / above, 1.0) - 1
    return low + round(width * float(((rank - 0.5) / calls) ** power))
