"""Buckets of sizes in whole numbers: exact below 32, then 16 to an octave (at most 6.25 % wide).

Only integer arithmetic, so that every engine puts a size in the same bucket. A bucket is named by
its lowest size.
"""

from __future__ import annotations

EXACT_BELOW = 32
PER_OCTAVE = 16
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
    """The same as SQL over a column of whole numbers: `x - MOD(x, CASE WHEN x < 32 THEN 1 …)`."""
    arms = " ".join(f"WHEN {size} < {EXACT_BELOW << octave} THEN {1 << octave}" for octave in range(OCTAVES))
    return f"{size} - MOD({size}, CASE {arms} ELSE {1 << OCTAVES} END)"


def nearest_rank(counts: dict[int, int], share: float) -> int | None:
    """The observed size at or below which this share of the calls lies; None where there are none.

    Source: the nearest-rank definition, the ceil(share × n)-th smallest.
    """
    total = sum(counts.values())
    if not total:
        return None
    rank = max(1, -(-total * round(share * 1_000_000) // 1_000_000))
    seen = 0
    for size in sorted(counts):
        seen += counts[size]
        if seen >= rank:
            return size
    raise AssertionError("a rank within the total is always reached")
