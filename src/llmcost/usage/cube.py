"""The cube: any number of calls as a few thousand cells, which everything after that works on.

`hours` sums by model, task, slot of time, tier and long-context band; `sizes` by model, task, tier,
prompt-size bucket and band; `outputs` counts by output-size bucket. A band is the
largest long-context threshold of the catalog that the prompt lies above (0: none): prices jump there,
so a size bucket that holds a threshold is two cells. All sums are integers, the same on every engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from llmcost.usage.coverage import Export, Interval
from llmcost.usage.record import Call
from llmcost.usage.rule import PICO
from llmcost.usage.sizes import bucket_of

NO_TIME = -1  # the slot of a call without a time
NO_SIZE = -1  # the size of the prompts that an export sums up


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
    def is_cost_alone(self) -> bool:
        """Whether there is a recorded cost at most, and nothing to price."""
        return not self.calls and not self.input + self.output

    @property
    def recorded_usd(self) -> float | None:
        """USD as the log says; None where no line of it carries a cost. A recorded 0 is a cost."""
        return self.recorded_pico_usd / PICO if self.recorded_calls else None


NOTHING = Sums(0, 0, 0, 0, 0, 0, 0, 0)


def summed(sums: Iterable[Sums]) -> Sums:
    """All of them together."""
    columns = list(zip(*sums, strict=True))
    return Sums(*map(sum, columns)) if columns else NOTHING


def add_bucket(buckets: dict[int, tuple[int, int]], bucket: int, calls: int, tokens: int) -> None:
    """Calls of a size bucket and their tokens."""
    before = buckets.get(bucket, (0, 0))
    buckets[bucket] = (before[0] + calls, before[1] + tokens)


class Cube:
    """Cells that calls are added to. `exact` keeps how often each size came, where the engine can.

    `prompts` and `replies` are these counts (None: not kept); `outputs` follows from the replies, or is
    what the engine gave. `first_us` and `last_us` are of calls; what aggregated `exports` cover is theirs to
    say. `uncounted` are their rows that do not say how many calls they sum up, by model and task. `add` is a function made once: a log has millions of lines, and looking names
    up would be a third of its time.
    """

    def __init__(self, thresholds: Iterable[int], step_seconds: int = 3600, *, exact: bool = True) -> None:
        self.thresholds = tuple(sorted(thresholds, reverse=True))
        self.step_seconds = step_seconds
        self.hours: dict[tuple[Any, ...], list[int]] = {}
        self.sizes: dict[tuple[Any, ...], list[int]] = {}
        self.bucketed: dict[int, tuple[int, int]] = {}
        self.prompts: dict[int, int] | None = {} if exact else None
        self.replies: dict[int, int] | None = {} if exact else None
        self.first_us: int | None = None
        self.last_us: int | None = None
        self.exports: list[Export] = []
        self.uncounted: dict[tuple[str, str], int] = {}
        self.cost_rows = 0  # of exports: a recorded cost without calls
        self.add = self._adder()

    @property
    def step_us(self) -> int:
        """The length of a slot in microseconds."""
        return self.step_seconds * 1_000_000

    @property
    def outputs(self) -> dict[int, tuple[int, int]]:
        """Calls and their output tokens by output-size bucket."""
        if self.replies is None:
            return self.bucketed
        found: dict[int, tuple[int, int]] = {}
        for size, calls in self.replies.items():
            add_bucket(found, bucket_of(size), calls, size * calls)
        return found

    def _adder(self) -> Callable[[Call], None]:
        """Counts one call."""
        hours, sizes, prompts, replies = self.hours, self.sizes, self.prompts, self.replies
        bucketed = self.bucketed
        thresholds = self.thresholds
        lowest = thresholds[-1] if thresholds else None
        slot_us = self.step_us
        buckets: dict[int, int] = {}  # of the sizes seen
        first_hour, first_size = hours.get, sizes.get

        def add(call: Call) -> None:
            model, task, at, tier, uncached, read, write_5m, write_1h, output, pico, _, _, calls, above = call
            prompt = uncached + read + write_5m + write_1h
            if calls is None:
                self.uncounted[model, task] = self.uncounted.get((model, task), 0) + 1
                calls = 0
            if at is None:
                slot = NO_TIME
            elif above is not None:
                slot = at // slot_us
            else:
                slot = at // slot_us
                if self.last_us is None or self.first_us is None:
                    self.first_us = self.last_us = at
                elif at > self.last_us:
                    self.last_us = at
                elif at < self.first_us:
                    self.first_us = at
            if above is None:
                band = 0
                if lowest is not None and prompt > lowest:
                    band = next(threshold for threshold in thresholds if prompt > threshold)
                try:
                    size = buckets[prompt]
                except KeyError:
                    size = buckets[prompt] = bucket_of(prompt)
                if prompts is not None and replies is not None:
                    prompts[prompt] = prompts.get(prompt, 0) + 1
                    replies[output] = replies.get(output, 0) + 1
                else:
                    add_bucket(bucketed, bucket_of(output), calls, output)
            else:
                band, size = above, NO_SIZE
            cell = first_hour((model, task, slot, tier, band))
            if cell is None:
                cell = hours[model, task, slot, tier, band] = [0, 0, 0, 0, 0, 0, 0, 0]
            cell[0] += calls
            cell[1] += uncached
            cell[5] += output
            by_size = first_size((model, task, tier, size, band))
            if by_size is None:
                by_size = sizes[model, task, tier, size, band] = [0, 0, 0, 0, 0, 0, 0, 0]
            by_size[0] += calls
            by_size[1] += uncached
            by_size[5] += output
            if prompt != uncached:
                for each in (cell, by_size):
                    each[2] += read
                    each[3] += write_5m
                    each[4] += write_1h
            if pico is not None:
                self.cost_rows += not calls
                for each in (cell, by_size):
                    each[6] += calls or 1
                    each[7] += pico

        return add

    def within_days(self) -> Export:
        """The times of these calls are dates alone: they count by day, as those that an export sums up."""
        slot_us = self.step_seconds * 1_000_000
        days: dict[int, int] = {}
        for (_, _, slot, _, _), sums in self.hours.items():
            if slot != NO_TIME:
                days[slot * slot_us] = days.get(slot * slot_us, 0) + sums[0]
        export = Export.of_days(days)
        self.exports.append(export)
        self.first_us = self.last_us = None
        return export

    def merge(self, other: Cube) -> None:
        """Add another cube of the same step and thresholds, which is used up by it: its cells become ours."""
        for mine, theirs in ((self.hours, other.hours), (self.sizes, other.sizes)):
            if not mine:
                mine.update(theirs)
                continue
            for key, sums in theirs.items():
                cell = mine.get(key)
                mine[key] = sums if cell is None else [a + b for a, b in zip(cell, sums, strict=True)]
        self.exports += other.exports
        self.cost_rows += other.cost_rows
        for key, rows in other.uncounted.items():
            self.uncounted[key] = self.uncounted.get(key, 0) + rows
        if self.replies is not None and other.replies is None:
            self.bucketed.update(self.outputs)
            self.prompts = self.replies = None
            self.add = self._adder()
        if self.prompts is None or self.replies is None:
            for bucket, (calls, tokens) in other.outputs.items():
                add_bucket(self.bucketed, bucket, calls, tokens)
        else:
            for counts, more in ((self.prompts, other.prompts or {}), (self.replies, other.replies or {})):
                for size, calls in more.items():
                    counts[size] = counts.get(size, 0) + calls
        moments = [at for at in (self.first_us, self.last_us, other.first_us, other.last_us) if at is not None]
        self.first_us, self.last_us = (min(moments), max(moments)) if moments else (None, None)

    def by_hour(self) -> dict[HourKey, Sums]:
        """The cells by time."""
        return {HourKey(*key): Sums(*sums) for key, sums in self.hours.items()}

    def by_size(self) -> dict[SizeKey, Sums]:
        """The cells by prompt size; what an export sums up stands under NO_SIZE."""
        return {SizeKey(*key): Sums(*sums) for key, sums in self.sizes.items()}

    @property
    def covered(self) -> list[Interval]:
        """The time that calls cover, from the first to the last, and that which each export covers.

        A report of nothing but costs covers time only where there is nothing else.
        """
        calls = [] if self.first_us is None or self.last_us is None else [(self.first_us, self.last_us)]
        used = [each for export in self.exports if export.slots for each in export.covered]
        return calls + used or [each for export in self.exports for each in export.covered]

    @property
    def total(self) -> Sums:
        """Everything."""
        return summed(Sums(*sums) for sums in self.hours.values())
