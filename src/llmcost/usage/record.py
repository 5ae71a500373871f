"""What a log says of one call, first in the format's own terms, then in ours.

An `Entry` carries the counts as a format writes them, where "input" may or may not hold the cached
tokens and "output" may or may not hold the reasoning. A `Call` has disjoint buckets, so that adding
them up counts nothing twice.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Rejected(Exception):
    """A line that is not counted, with the reason it is filed under (short, the same for its like)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotACall(Rejected):
    """A line that is in order but is no billed call: a user's message, an agent's parent span."""


class Entry(NamedTuple):
    """One record in its format's own terms; None is what the format does not say.

    `at` is ISO text or a number since 1970 (s, ms, µs or ns, told by its size). `cache_write` is the
    whole written part, `cache_write_5m` and `cache_write_1h` its split by lifetime where it is known.
    `usd` is the recorded cost (0 is recorded). `rank` decides between duplicates before their size
    does: the higher one is kept. `calls` is 1, or the calls of an aggregated bucket (None: not stated).
    `above_tokens` is the long-context threshold that an aggregated bucket says it lies above. `rest` says
    what it is, of the output, that the total counts and no part names (None: the parts are all there is).
    """

    model: Any = None
    at: Any = None
    input: Any = None
    output: Any = None
    cache_read: Any = None
    cache_write: Any = None
    cache_write_5m: Any = None
    cache_write_1h: Any = None
    reasoning: Any = None
    total: Any = None
    usd: Any = None
    tier: Any = None
    task: Any = None
    id: Any = None
    rank: int = 0
    calls: Any = 1
    above_tokens: int | None = None
    rest: str | None = None


class Call(NamedTuple):
    """One call, or one aggregated bucket, in disjoint whole numbers of tokens.

    `at_us` is microseconds since 1970 in UTC (None: unknown), `output` holds the reasoning, `pico_usd`
    is the recorded cost in 1e-12 USD (None: not recorded), `id` is None where there is nothing to
    tell duplicates by, `calls` is 1 (of a bucket: how many, None where it does not say), and `above_tokens` is None on a
    call, whose own size says it.
    """

    model: str
    task: str
    at_us: int | None
    tier: str
    uncached_input: int
    cache_read: int
    cache_write_5m: int
    cache_write_1h: int
    output: int
    pico_usd: int | None = None
    id: str | None = None
    rank: int = 0
    calls: int | None = 1
    above_tokens: int | None = None

    @property
    def prompt(self) -> int:
        """All input tokens, cached and written ones too."""
        return self.uncached_input + self.cache_read + self.cache_write_5m + self.cache_write_1h

    @property
    def precedence(self) -> tuple[Any, ...]:
        """Of two calls with one id the greater is kept: rank, then tokens; the rest makes it the same everywhere."""
        return (
            self.rank,
            self.prompt + self.output,
            self.output,
            self.cache_write_1h,
            self.cache_write_5m,
            self.cache_read,
            -1 if self.pico_usd is None else self.pico_usd,
            -1 if self.at_us is None else self.at_us,
            self.model,
            self.task,
            self.tier,
        )
