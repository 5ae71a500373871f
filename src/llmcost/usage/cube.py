"""The cube: any number of calls as a few thousand cells, which everything after that works on.

`hours` sums by model, task, slot of time, tier and long-context band; `sizes` by model, task, tier,
prompt-size bucket and band; `outputs` counts by output-size bucket. A band is the
largest long-context threshold of the catalog that the prompt lies above (0: none): prices jump there,
so a size bucket that holds a threshold is two cells. All sums are integers, the same on every engine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from llmcost.usage.record import Call
from llmcost.usage.sizes import bucket_of

NO_TIME = -1  # the slot of a call without a time, and the size of an aggregated bucket


class HourKey(NamedTuple):
    """Where a call is counted by time: `slot` is whole steps (hours, unless asked otherwise) since 1970."""

    model: str
    task: str
    slot: int
    tier: str
    above_tokens: int


class SizeKey(NamedTuple):
    """Where a call is counted by its prompt: `prompt_size` is its bucket's lowest size."""

    model: str
    task: str
    tier: str
    prompt_size: int
    above_tokens: int


class Sums(NamedTuple):
    """What a cell adds up: calls, tokens by bucket, and the recorded cost with the calls that carry one."""

    calls: int
    uncached_input: int
    cache_read: int
    cache_write_5m: int
    cache_write_1h: int
    output: int
    recorded_calls: int
    recorded_pico_usd: int

    @property
    def input(self) -> int:
        """All input tokens."""
        return self.uncached_input + self.cache_read + self.cache_write_5m + self.cache_write_1h

    @property
    def recorded_usd(self) -> float | None:
        """USD as the log says; None where no line of it carries a cost. A recorded 0 is a cost."""
        return self.recorded_pico_usd / 1e12 if self.recorded_calls else None


NOTHING = Sums(0, 0, 0, 0, 0, 0, 0, 0)


def summed(sums: Iterable[Sums]) -> Sums:
    """All of them together."""
    columns = list(zip(*sums, strict=True))
    return Sums(*map(sum, columns)) if columns else NOTHING


class Cube:
    """Cells that calls are added to. `exact` keeps how often each size came, where the engine can."""

    def __init__(self, thresholds: Iterable[int], step_seconds: int = 3600, *, exact: bool = True) -> None:
        self.thresholds = tuple(sorted(thresholds, reverse=True))
        self.step_seconds = step_seconds
        self.hours: dict[tuple[Any, ...], list[int]] = {}
        self.sizes: dict[tuple[Any, ...], list[int]] = {}
        self.outputs: dict[int, int] = {}
        self.prompts: Counter[int] | None = Counter() if exact else None
        self.replies: Counter[int] | None = Counter() if exact else None
        self.first_us: int | None = None
        self.last_us: int | None = None
        self.buckets_without_calls = 0

    def add(self, call: Call) -> None:
        """Count one call."""
        model, task, at, tier, uncached, read, write_5m, write_1h, output, pico, _, _, calls, above = call
        prompt = uncached + read + write_5m + write_1h
        if calls is None:
            self.buckets_without_calls += 1
            calls = 0
        if at is None:
            slot = NO_TIME
        else:
            slot = at // (self.step_seconds * 1_000_000)
            if self.first_us is None or at < self.first_us:
                self.first_us = at
            if self.last_us is None or at > self.last_us:
                self.last_us = at
        if above is None:
            band = 0
            for threshold in self.thresholds:
                if prompt > threshold:
                    band = threshold
                    break
            size = bucket_of(prompt)
            reply = bucket_of(output)
            self.outputs[reply] = self.outputs.get(reply, 0) + calls
            if self.prompts is not None and self.replies is not None:
                self.prompts[prompt] += 1
                self.replies[output] += 1
        else:
            band, size = above, NO_TIME
        recorded, cost = (0, 0) if pico is None else (calls or 1, pico)
        for cells, key in (
            (self.hours, (model, task, slot, tier, band)),
            (self.sizes, (model, task, tier, size, band)),
        ):
            cell = cells.get(key)
            if cell is None:
                cells[key] = [calls, uncached, read, write_5m, write_1h, output, recorded, cost]
                continue
            cell[0] += calls
            cell[1] += uncached
            if read:
                cell[2] += read
            if write_5m:
                cell[3] += write_5m
            if write_1h:
                cell[4] += write_1h
            cell[5] += output
            if recorded:
                cell[6] += recorded
                cell[7] += cost

    def merge(self, other: Cube) -> None:
        """Add another cube of the same step and thresholds."""
        for mine, theirs in ((self.hours, other.hours), (self.sizes, other.sizes)):
            for key, sums in theirs.items():
                cell = mine.get(key)
                mine[key] = list(sums) if cell is None else [a + b for a, b in zip(cell, sums, strict=True)]
        self.buckets_without_calls += other.buckets_without_calls
        for reply, calls in other.outputs.items():
            self.outputs[reply] = self.outputs.get(reply, 0) + calls
        for exact, more in ((self.prompts, other.prompts), (self.replies, other.replies)):
            if exact is not None and more is not None:
                exact.update(more)
        if other.prompts is None:
            self.prompts = self.replies = None
        moments = [at for at in (self.first_us, self.last_us, other.first_us, other.last_us) if at is not None]
        self.first_us, self.last_us = (min(moments), max(moments)) if moments else (None, None)

    def by_hour(self) -> dict[HourKey, Sums]:
        """The cells by time."""
        return {HourKey(*key): Sums(*sums) for key, sums in self.hours.items()}

    def by_size(self) -> dict[SizeKey, Sums]:
        """The cells by prompt size; an aggregated bucket stands under the size -1."""
        return {SizeKey(*key): Sums(*sums) for key, sums in self.sizes.items()}

    @property
    def total(self) -> Sums:
        """Everything."""
        return summed(Sums(*sums) for sums in self.hours.values())
