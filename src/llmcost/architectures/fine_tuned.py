"""A fine-tuned model: what it costs to build, to serve, and to keep.

Two things that published calculations forget are here: until it is ready, and while it is rolled
out, its *fallback* serves and is billed; and it has a lifecycle, a retrain every so many months
and a re-tune when its base model is upgraded or retired (methods.md section 5).
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import model_validator

from llmcost.architectures.api import PER_MILLION, short_name
from llmcost.architectures.architecture import (
    WEEKS_PER_MONTH,
    Architecture,
    CostItem,
    Month,
    one_time_factors,
    plainly,
)
from llmcost.architectures.self_hosted import Gpu, Served
from llmcost.arithmetic import Number, floor, is_array, is_zero, maximum, minimum
from llmcost.errors import InputError, UnknownPrice
from llmcost.estimate import Charge, Factor
from llmcost.workload import AboveZero, Months, Positive, Share, Stream, Strict, refuse


class Labelling(Strict):
    """The training set: samples × USD a sample × (1 + the share that quality assurance adds)."""

    samples: Positive
    usd_per_sample: Positive
    qa_share: Share = 0.0

    def charge(self, name: str) -> Charge:
        """USD, once (seed 003's formula)."""
        qa = Factor("with_qa", 1 + self.qa_share, "", "derived", "1 + qa_share")
        factors = (self.factor("samples"), self.factor("usd_per_sample", "USD"), qa)
        return Charge("labelling", "one_time", factors, name)


class Training(Strict):
    """Training runs: by the token (a managed service) or by the GPU-hour, times experiments."""

    tokens: Positive | None = None
    epochs: Positive = 1.0
    usd_per_mtok: Positive | None = None
    hours: Positive | None = None
    gpus: Positive = 1.0
    usd_per_gpu_hour: Positive | None = None
    experiments: Positive = 1.0

    @model_validator(mode="after")
    def _by_token_or_by_hour(self) -> "Training":
        if (self.tokens is None) == (self.hours is None):
            refuse(
                "training takes tokens or hours",
                "type {tokens: 20M, usd_per_mtok: 5} or {hours: 4..8, usd_per_gpu_hour: 2.69}",
            )
        if self.hours is not None and self.usd_per_gpu_hour is None:
            refuse("training by the hour lacks usd_per_gpu_hour", "type {hours: 4..8, usd_per_gpu_hour: 2.69}")
        return self

    def charge(self, name: str, serving: "Serving | None", month: Month) -> Charge:
        """USD, once. A managed service's price comes from the catalog unless it is given."""
        runs = self.factor("experiments")
        if self.hours is not None:
            hourly = self.factor("usd_per_gpu_hour", "USD/h")
            factors: tuple[Factor, ...] = (self.factor("hours", "h"), self.factor("gpus"), hourly, runs)
            return Charge("training", "one_time", factors, name)
        if self.usd_per_mtok is not None:
            rate = self.factor("usd_per_mtok", "USD/Mtok")
        else:
            if serving is None or serving.model is None:
                raise InputError(f"{name}: training by the token lacks usd_per_mtok", hint="give usd_per_mtok: 5")
            price = month.prices.price(serving.model, month.first_day)
            if price.training_usd_per_mtok is None:
                raise UnknownPrice(
                    f"{price.model} has no training price by the token", hint="give training: {usd_per_mtok: ...}"
                )
            rate = Factor("training_usd_per_mtok", price.training_usd_per_mtok, "USD/Mtok", "catalog", "", price.source)
        factors = (self.factor("tokens"), self.factor("epochs"), PER_MILLION, rate, runs)
        return Charge("training", "one_time", factors, name)


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
        return self._done_by(month.number - ready) - self._done_by(month.number - 1 - ready)

    def _done_by(self, months_of_service: Number) -> Number:
        return floor(maximum(months_of_service, 0.0) / self.every_months)


class Serving(Strict):
    """How a fine-tune is served: a managed model at its own price, GPUs, or by the hour."""

    model: str | None = None
    usd_per_hour: Positive | None = None
    gpu: Gpu | None = None
    gpus_per_replica: Months = 1
    throughput: Any = None
    target_utilisation: Any = None
    spare: Any = None
    operations_per_month: Any = None

    @model_validator(mode="after")
    def _one_way(self) -> "Serving":
        if sum((self.gpu is not None, self.usd_per_hour is not None, self.model is not None and self.gpu is None)) != 1:
            refuse(
                "serving takes one of model, gpu and usd_per_hour",
                "type serving: {model: ft-gpt-4.1-mini}, {gpu: L40S, throughput: ...} or {usd_per_hour: 1.70}",
            )
        if self.gpu is not None:
            self.fleet()
        return self

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
    base_upgrade: Recurring | None = None
    output_tokens_factor: Positive = 1.0
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
        models = [self.serving.model] if self.serving and self.serving.model and not self.serving.gpu else []
        return models + ([self.fallback] if self.fallback else [])

    def fallback_target(self) -> str | None:
        return self.fallback

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
        if answered is not None and self.serving and self.serving.model and not self.serving.gpu:
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
            if self.serving and self.serving.gpu:
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
            yield self.training.charge(name, self.serving, month)
