"""Logged traffic as the workload of a scenario: requests a month, means, and the parts that prices see apart.

An API's price is affine in tokens between two long-context thresholds, so size buckets that no price
tells apart go together. Where it could (a model counts tokens otherwise, or a cascade carries a
rejected answer into the next prompt) every prompt-size bucket near a threshold stays a part of its own.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from itertools import chain, count
from math import fsum
from typing import NamedTuple

from llmcost.errors import InputError
from llmcost.usage.coverage import Period
from llmcost.usage.cube import NO_SIZE, SizeKey, Sums, summed
from llmcost.usage.pricing import CellPrices, ModelCounts
from llmcost.usage.reading import LogResult
from llmcost.usage.rule import BATCH
from llmcost.usage.summary import Usage
from llmcost.wording import number_of
from llmcost.workload import HOURS_PER_MONTH, Part

_NEAR = 2.0  # a bucket within this factor of a threshold is near it
_LEAST_HOURS = 1 / 60
_ALIKE = ModelCounts()


class Mean(NamedTuple):
    """Requests of one kind: their number, tokens a request, and shares of the input and of the requests."""

    calls: int
    input_tokens: float
    output_tokens: float
    cached_share: float
    cache_write_share: float
    cache_write_1h_share: float
    batch_share: float

    @property
    def fields(self) -> dict[str, float]:
        """The keys of a workload or a segment that say it."""
        return {name: value for name, value in self._asdict().items() if name != "calls"}


class Traffic(NamedTuple):
    """What was logged, as a scenario takes it. `hours` is how long the log runs; a segment is a task with its calls."""

    files: list[str]
    period: Period
    hours: float
    whole: Mean
    tasks: frozenset[str]
    segments: dict[str, Mean]
    peak_to_average: float | None
    growth_per_month: float | None
    usage: Usage
    cells: dict[SizeKey, Sums]
    counts: dict[str, ModelCounts]

    @property
    def words(self) -> str:
        """Where a measured figure comes from."""
        names = self.files[0] if len(self.files) == 1 else f"{self.files[0]} and {len(self.files) - 1} more"
        return f"measured from {names}, {self.period.words}"

    def requests_per_month(self, hours_per_month: float) -> float:
        """Calls a month at the rate of the log."""
        return self.whole.calls * hours_per_month / self.hours

    def segment(self, key: SizeKey) -> str:
        """The name of the segment that a cell is of."""
        return segment_of(key.task, self.tasks)

    def parts(self, thresholds: Iterable[int], *, by_segment: bool, finely: bool) -> list[Part]:
        """The requests in parts of one kind: segment, batched or not, and which thresholds the prompt is above.

        `thresholds` are those of the models that may be asked. `finely` keeps the prompt-size buckets
        near one apart.
        """
        steps = sorted(thresholds)
        groups: dict[tuple[str, bool, int, int], list[tuple[SizeKey, Sums]]] = {}
        for key, sums in self.cells.items():
            band = sum(1 for step in steps if key.above_tokens >= step)
            near = any(step / _NEAR <= key.prompt_size <= step * _NEAR for step in steps)
            bucket = key.prompt_size if finely and near else NO_SIZE
            group = (self.segment(key) if by_segment else "", key.tier == BATCH, band, bucket)
            groups.setdefault(group, []).append((key, sums))
        found = []
        for (segment, _, _, _), cells in sorted(groups.items()):
            mean = self.mean(cells)
            if mean.calls:
                found.append(
                    Part(
                        share=mean.calls / self.whole.calls,
                        **mean.fields,
                        segment=segment,
                        rule=f"{self.words}: {number_of('call', mean.calls)} of {_sizes(cells)}",
                    )
                )
        return found

    def mean(self, cells: Iterable[tuple[SizeKey, Sums]]) -> Mean:
        """The mean request of some cells."""
        return mean_of(cells, self.counts)


def mean_of(cells: Iterable[tuple[SizeKey, Sums]], counts: Mapping[str, ModelCounts]) -> Mean:
    """The mean request. What a model counts and writes otherwise, as is stated of it, is brought to the common count."""
    known = list(cells)
    total = summed(sums for _, sums in known)
    if not total.calls:
        return Mean(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    input_ = fsum(sums.input / counts.get(key.model, _ALIKE).tokens_factor for key, sums in known)
    output = fsum(counts.get(key.model, _ALIKE).common_output(sums.output, sums.calls) for key, sums in known)
    batched = sum(sums.calls for key, sums in known if key.tier == BATCH)

    def of_input(tokens: int) -> float:
        return tokens / total.input if total.input else 0.0

    return Mean(
        total.calls,
        input_ / total.calls,
        output / total.calls,
        of_input(total.cache_read),
        of_input(total.cache_write_5m),
        of_input(total.cache_write_1h),
        batched / total.calls,
    )


def segment_of(task: str, tasks: Container[str]) -> str:
    """The name of a task's segment. Calls without a task are `other`, or what no task is called."""
    names = chain(("other", "no task"), (f"no task {n}" for n in count(2)))
    return task or next(name for name in names if name not in tasks)


def _sizes(cells: Iterable[tuple[SizeKey, Sums]]) -> str:
    sizes = [key.prompt_size for key, _ in cells if key.prompt_size != NO_SIZE]
    return f"prompts from {min(sizes):,} tokens, the largest bucket from {max(sizes):,}" if sizes else "unknown size"


def _monthly(usage: Usage) -> str:
    """The flags that say the tokens of a month, for a log that says nothing else."""
    if not usage.period.hours:
        return "--monthly-input TOKENS --monthly-output TOKENS"
    months = usage.period.hours / HOURS_PER_MONTH
    said = f"--monthly-input {usage.input_tokens / months:.0f} --monthly-output {usage.output_tokens / months:.0f}"
    return said + (f" --cached {usage.cache_share:.1%}" if usage.cache_share else "")


def traffic_of(reading: LogResult, usage: Usage, prices: CellPrices) -> Traffic:
    """The traffic of a reading. Raises InputError where a month of it cannot be told."""
    where = reading.files[0].path if reading.files else ""
    if usage.calls is None:
        raise InputError(
            "the log does not say how many calls it sums up, so there is no mean request",
            where=where,
            hint=f"leave the log out and price its tokens: {_monthly(usage)}; or export the calls themselves",
        )
    if not usage.calls:
        raise InputError("the log holds no calls", where=where, hint="name a log with calls in it")
    if usage.period.hours is None or usage.period.hours < _LEAST_HOURS:
        raise InputError(
            "the log does not say over which time it runs, so a month of it is not known",
            where=where,
            hint="map the time: --map time=COLUMN, or write a workload: with requests_per_month and the means printed here",
        )
    cells = reading.cube.by_size()
    counts = {model: prices.counts(model) for model in {key.model for key in cells}}
    counts = {model: found for model, found in counts.items() if found != _ALIKE}
    tasks = frozenset(key.task for key in cells)
    known: dict[str, list[tuple[SizeKey, Sums]]] = {}
    for key, sums in cells.items():
        known.setdefault(segment_of(key.task, tasks), []).append((key, sums))
    segments = {name: mean_of(own, counts) for name, own in sorted(known.items())}
    return Traffic(
        files=[file.path for file in reading.files if file.format is not None],
        period=usage.period,
        hours=usage.period.hours,
        whole=mean_of(cells.items(), counts),
        tasks=tasks,
        segments={name: mean for name, mean in segments.items() if mean.calls},
        # Slots longer than an hour hide the peak that a fleet is built for.
        peak_to_average=None if usage.hours.by_hour_of_day is None else usage.hours.peak_to_average_elapsed,
        growth_per_month=usage.growth_per_month,
        usage=usage,
        cells=cells,
        counts=counts,
    )
