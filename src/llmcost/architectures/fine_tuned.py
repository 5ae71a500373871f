"""A fine-tuned model: what it costs to build, to serve, and to keep.

Two things that published calculations forget are here: until it is ready, and while it is rolled
out, its *fallback* serves and is billed; and it has a lifecycle, a retrain every so many months
and a re-tune when its base model is upgraded or retired (docs/methods/fine-tuning.md).
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import model_validator

from llmcost.architectures.api import short_name
from llmcost.architectures.architecture import (
    WEEKS_PER_MONTH,
    Architecture,
    CostItem,
    Month,
    one_time_factors,
    plainly,
)
from llmcost.architectures.self_hosted import Edge, Gpu, Served
from llmcost.architectures.training import Training
from llmcost.arithmetic import Number, floor, is_array, is_zero, maximum, minimum
from llmcost.errors import InputError
from llmcost.estimate import Charge, Factor
from llmcost.workload import AboveZero, Months, Positive, Ratio, Share, Stream, Strict, Usd, refuse


class Labelling(Strict):
    """The training set: samples × USD a sample × (1 + the share that quality assurance adds)."""

    samples: Positive
    usd_per_sample: Usd
    qa_share: Share = 0.0

    def charge(self, name: str) -> Charge:
        """USD, once ("Build vs Buy: Fine-Tuned LLM Economics" has the formula)."""
        qa = Factor("with_qa", 1 + self.qa_share, "", "derived", "1 + qa_share")
        factors = (self.factor("samples"), self.factor("usd_per_sample", "USD"), qa)
        return Charge("labelling", "one_time", factors, name)


class Recurring(Strict):
    """Something that has to be done again every so many months of service."""

    every_months: AboveZero
    cost: Annotated[Any, CostItem()]

    def charge(self, label: str, name: str, month: Month, ready: Number) -> Charge | None:
        """The cost in the months in which a whole interval of service ends."""
        times = self.times(month, ready)
        if is_zero(times):
            return None
        due = Factor("times_this_month", times, "", "derived", f"every {plainly(self.every_months)} months of service")
        return Charge(label, "monthly", (*one_time_factors(label, self.cost), due), name)

    def times(self, month: Month, ready: Number) -> Number:
        """How often it falls due in this month."""
        return month.once(("times", id(self)), lambda: self._times(month, ready))

    def _times(self, month: Month, ready: Number) -> Number:
        return self._done_by(month.number - ready) - self._done_by(month.number - 1 - ready)

    def _done_by(self, months_of_service: Number) -> Number:
        return floor(maximum(months_of_service, 0.0) / self.every_months)


class BaseUpgrade(Recurring):
    """The base model is replaced: `cost` tunes anew. `tco` holds it against staying, which loses
    `quality_drift_per_month`, and against moving to `new_base`, a model or an architecture.
    """

    quality_drift_per_month: Share | None = None
    new_base: str | None = None
    move_cost: Annotated[Any, CostItem()] | None = None


class Serving(Strict):
    """How a fine-tune is served: a managed model at its own price, GPUs, or by the hour."""

    model: str | None = None
    usd_per_hour: Usd | None = None
    gpu: Gpu | None = None
    edge: Edge | None = None
    gpus_per_replica: Months = 1
    throughput: Any = None
    precision: Any = None
    kv_precision: Any = None
    engine: Any = None
    latency_class: Any = None
    concurrency: Any = None
    modelled_at: Any = None
    target_utilisation: Any = None
    spare: Any = None
    min_replicas: Any = None
    operations_per_month: Any = None
    stated_cost_per_mtok: Any = None

    @model_validator(mode="after")
    def _one_way(self) -> "Serving":
        ways = (self.gpu, self.edge, self.usd_per_hour, self.model if not self.own_machines else None)
        if sum(way is not None for way in ways) != 1:
            refuse(
                "serving takes one of model, gpu, edge and usd_per_hour",
                "type serving: {model: ft-gpt-4.1-mini}, {gpu: L40S, model: llama-3.1-8b} or {usd_per_hour: 1.70}",
            )
        if self.own_machines:
            self.fleet()
        return self

    @property
    def own_machines(self) -> bool:
        """Whether it runs on GPUs or devices, so that `model` names what is tuned."""
        return self.gpu is not None or self.edge is not None

    def fleet(self) -> Served:
        """The GPU serving described here."""
        return Served.model_validate({key: getattr(self, key) for key in self.model_fields_set})


class FineTuned(Architecture):
    """A fine-tune, from the day it is ordered."""

    kind: Literal["fine_tuned"] = "fine_tuned"
    serving: Serving | None = None
    labelling: Labelling | None = None
    training: Training | None = None
    retrain: Recurring | None = None
    base_upgrade: BaseUpgrade | None = None
    output_tokens_factor: Ratio = 1.0
    ready_after_weeks: Positive = 0.0
    rollout: Annotated[list[Share], "a month each"] = [1.0]
    fallback: str | None = None

    @model_validator(mode="after")
    def _served_somehow(self) -> "FineTuned":
        if self.serving is None and not self.monthly:
            refuse(
                "nothing says what serving costs",
                "give serving: {model: ...}, {gpu: ...} or {usd_per_hour: ...}, or a hosting line in monthly",
            )
        if not self.rollout:
            refuse("the rollout is empty", "type rollout: [5%, 50%, 100%], or leave it out")
        return self

    def targets(self) -> list[str]:
        models = [self.serving.model] if self.serving and self.serving.model and not self.serving.own_machines else []
        return models + ([self.fallback] if self.fallback else [])

    def fallback_target(self) -> str | None:
        return self.fallback

    def live_part(self, month: Month) -> Factor | None:
        if is_zero(self.ready_after_weeks):
            return None
        rule = "the part of the month after it is ready"
        return Factor("live_share", self.live_share(month), "", "derived", rule)

    def in_full_service(self) -> Self:
        return self.model_copy(update={"ready_after_weeks": 0.0, "rollout": [1.0]})

    def phase(self, month: Month) -> tuple[Number, ...]:
        due = [each.times(month, self.ready) for each in (self.retrain, self.base_upgrade) if each]
        return (self.live_share(month), self.served_share(month), *due)

    @property
    def ready(self) -> Number:
        """Months until it is ready: weeks × 7 × 12 / 365."""
        return self.ready_after_weeks / WEEKS_PER_MONTH

    def live_share(self, month: Month) -> Number:
        """The part of the month in which it is in production at all."""
        return minimum(maximum(month.number - self.ready, 0.0), 1.0)

    def served_share(self, month: Month) -> Number:
        """The share of the month's requests that it answers: each rollout stage lasts a month."""
        return month.once(("served", id(self)), lambda: self._served_share(month))

    def _served_share(self, month: Month) -> Number:
        served: Number = 0.0
        last = len(self.rollout) - 1
        for position, stage in enumerate(self.rollout):
            begins = self.ready + position
            overlap = month.number - maximum(begins, month.number - 1.0)
            if position < last:
                overlap = minimum(begins + 1, float(month.number)) - maximum(begins, month.number - 1.0)
            served = served + stage * maximum(overlap, 0.0)
        return served

    def needs_fallback(self) -> bool:
        return not is_zero(self.ready_after_weeks) or len(self.rollout) > 1 or self.rollout[0] != 1

    def forward(self, name: str, stream: Stream, month: Month) -> Iterator[tuple[str, Stream]]:
        answered = self._answered(stream, month)
        if answered is not None and self.serving and self.serving.model and not self.serving.own_machines:
            yield self.serving.model, answered
        if not self.needs_fallback():
            return
        rest = 1 - self.served_share(month)
        if not is_zero(rest):
            rule = "1 − the share that the fine-tune answers: not ready, or still rolled out"
            yield self._fallback(name, month), stream.times(Factor("fallback_share", rest, "", "derived", rule))

    def _fallback(self, name: str, month: Month) -> str:
        fallback = self.fallback
        if fallback is None or fallback == name:
            raise InputError(
                f"{name} is not ready at once and has no fallback but itself",
                hint="name what serves meanwhile: fallback: ARCHITECTURE_OR_MODEL",
            )
        return fallback

    def _answered(self, stream: Stream, month: Month) -> Stream | None:
        served = self.served_share(month)
        if is_zero(served):
            return None
        if is_array(served) or served != 1:
            rule = f"of month {month.number}: ready after {plainly(self.ready_after_weeks)} weeks, rollout by the month"
            if is_array(served):
                rule = "of the month that it is ready, by the rollout"
            stream = stream.times(Factor("served_share", served, "", "derived", rule))
        if self.output_tokens_factor is not None and "output_tokens_factor" in self.model_fields_set:
            shorter = stream.output_tokens.value * self.output_tokens_factor
            rule = f"{stream.output_tokens.name} × output_tokens_factor"
            stream = stream._replace(output_tokens=Factor("output_tokens", shorter, "tokens/request", "derived", rule))
        return stream

    def answered(self, streams: list[Stream], month: Month) -> list[Stream]:
        """What it answers itself of all that reaches it."""
        return [part for part in (self._answered(stream, month) for stream in streams) if part is not None]

    def served_by(self) -> Served | None:
        return self.serving.fleet() if self.serving is not None and self.serving.own_machines else None

    def answers(self, streams: list[Stream], month: Month) -> tuple[Number, list[Stream]]:
        return self.live_share(month), self.answered(streams, month)

    def charges(self, name: str, streams: list[Stream], month: Month) -> Iterator[Charge]:
        live = self.live_share(month)
        if not is_zero(live):
            part = Factor("live_share", live, "", "derived", "the part of the month after it is ready")
            partial = not is_zero(self.ready_after_weeks)
            extra = (part,) if partial else ()
            yield from self.monthly_items(name, *extra)
            answered = self.answered(streams, month)
            if self.review:
                yield from self.review.charges(name, answered)
            if self.serving and self.serving.own_machines:
                yield from self.serving.fleet().serving_charges(name, answered, month, part if partial else None)
            if self.serving and self.serving.usd_per_hour is not None:
                hourly = self.serving.factor("usd_per_hour", "USD/h")
                yield Charge("hosting", "monthly", (month.hours_factor, hourly, *extra), name)
        for label, recurring in (("retraining", self.retrain), ("base-model upgrade", self.base_upgrade)):
            charge = recurring.charge(label, name, month, self.ready) if recurring else None
            if charge is not None:
                yield charge
        yield from self._re_tune(name, month)

    def _re_tune(self, name: str, month: Month) -> Iterator[Charge]:
        """When the tuned model retires, its successor has to be tuned: the base upgrade's cost."""
        if not self.serving or not self.serving.model or month.number == 1:
            return
        before = (month.first_day - timedelta(days=1)).replace(day=1)
        retired: date | None = month.prices.retired_base(self.serving.model, month.first_day)
        if retired is None or retired <= before:
            return
        label = f"re-tune: {short_name(self.serving.model)} retired on {retired}"
        again = self.base_upgrade or self.retrain
        if again is not None:
            yield Charge(label, "monthly", one_time_factors(label, again.cost), name)
            return
        for charge in self.one_time_charges(name, month):
            yield Charge(f"{label}: {charge.name}", "monthly", charge.factors, name)

    def built(self, name: str, month: Month) -> Iterator[Charge]:
        yield from super().built(name, month)
        if self.labelling:
            yield self.labelling.charge(name)
        if self.training:
            served = self.serving.model if self.serving else None
            managed = self.serving is not None and not self.serving.own_machines
            yield self.training.charge(name, served, managed, month)
        if self.serving and self.serving.edge:
            yield self.serving.edge.purchase(name)
