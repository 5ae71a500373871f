"""A fine-tuned model: what it costs to build, to serve, and to keep.

Two things that published calculations forget are here: until it is ready, and while it is rolled
out, its *fallback* serves and is billed; and it has a lifecycle, a retrain every so many months
and a re-tune when its base model is upgraded or retired (docs/methods/fine-tuning.md).
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, Literal, Self

from pydantic import model_validator

from llmcost.architectures.api import short_name
from llmcost.architectures.architecture import (
    WEEKS_PER_MONTH,
    Architecture,
    Cost,
    Month,
    one_time_factors,
    plainly,
)
from llmcost.architectures.replica import OnMachines
from llmcost.architectures.self_hosted import Served
from llmcost.architectures.token_counts import stated_counts, with_counts
from llmcost.architectures.training import Training
from llmcost.arithmetic import Number, floor, is_array, is_zero, maximum, minimum
from llmcost.errors import InputError
from llmcost.estimate import Charge, Factor
from llmcost.quantity import Range
from llmcost.workload import AboveZero, Positive, Share, Stream, Strict, Usd, refuse, stated_shares


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
    cost: Cost

    def charge(self, label: str, name: str, month: Month, ready: Number) -> Charge | None:
        """The cost in the months in which a whole interval of service ends."""
        times = self.times(month, ready)
        if is_zero(times):
            return None
        due = Factor("times_this_month", times, "", "derived", f"every {plainly(self.every_months)} months of service")
        return Charge(label, "monthly", (*one_time_factors(label, self.cost, month), due), name)

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
    move_cost: Cost | None = None


class Serving(OnMachines):
    """How a fine-tune is served: a managed model at its own price, GPUs, or by the hour."""

    usd_per_hour: Usd | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "Serving":
        ways = (self.gpu, self.edge, self.usd_per_hour, self.model if not self.own_machines else None)
        if sum(way is not None for way in ways) != 1:
            refuse(
                "serving takes one of model, gpu, edge and usd_per_hour",
                "type serving: {model: ft-gpt-4.1-mini}, {gpu: L40S, model: llama-3.1-8b} or {usd_per_hour: 1.70}",
            )
        if self.own_machines:
            self.__dict__["modelled_rate_error"] = self._described().modelled_rate_error
        return self

    @property
    def own_machines(self) -> bool:
        """Whether it runs on GPUs or devices, so that `model` names what is tuned."""
        return self.gpu is not None or self.edge is not None

    def fleet(self) -> Served:
        """The GPU serving described here."""
        served = self._described()
        # The draws know this description, so its uncertain rate is what they have put in its place here.
        served.__dict__["modelled_rate_error"] = self.modelled_rate_error
        if served.throughput is not None and isinstance(served.throughput.measured_spread, Range):
            served.throughput.__dict__["measured_spread"] = served.throughput.measured_spread.middle
        return served

    def _described(self) -> Served:
        given = self.model_fields_set - (set() if self._error_is_typed() else {"modelled_rate_error"})
        return Served.model_validate({key: getattr(self, key) for key in given})

    def _error_is_typed(self) -> bool:
        return isinstance(self.modelled_rate_error, str | int | float)


class FineTuned(Architecture):
    """A fine-tune, from the day it is ordered."""

    kind: Literal["fine_tuned"] = "fine_tuned"
    serving: Serving | None = None
    labelling: Labelling | None = None
    training: Training | None = None
    retrain: Recurring | None = None
    base_upgrade: BaseUpgrade | None = None
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
        return with_counts(stream, stated_counts(self))

    def as_sent(self, stream: Stream) -> Stream:
        own = stated_shares(self)  # what it counts is of its own answers, not of its fallback's
        return stream._replace(**own) if own else stream

    def _on_machines(self, streams: list[Stream], month: Month) -> list[Stream]:
        """The calls that its own machines answer, in the tokens of the model on them."""
        model = self.serving.model if self.serving is not None else None
        return self.counted_here([self.retried(stream) for stream in streams], model, month)

    def answered(self, streams: list[Stream], month: Month) -> list[Stream]:
        """What it answers itself of all that reaches it."""
        return [part for part in (self._answered(stream, month) for stream in streams) if part is not None]

    def served_by(self) -> Served | None:
        return self.serving.fleet() if self.serving is not None and self.serving.own_machines else None

    def answers(self, streams: list[Stream], month: Month) -> tuple[Number, list[Stream]]:
        return self.live_share(month), self._on_machines(self.answered(streams, month), month)

    def charges(self, name: str, streams: list[Stream], month: Month) -> Iterator[Charge]:
        live = self.live_share(month)
        if not is_zero(live):
            part = Factor("live_share", live, "", "derived", "the part of the month after it is ready")
            partial = not is_zero(self.ready_after_weeks)
            extra = (part,) if partial else ()
            yield from self.monthly_items(name, month, *extra)
            answered = self.answered(streams, month)
            if self.review:
                yield from self.review.charges(name, answered, month.drifts.of_labour(month.number))
            if self.serving and self.serving.own_machines:
                calls = self._on_machines(answered, month)
                yield from self.serving.fleet().serving_charges(name, calls, month, part if partial else None)
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
            yield Charge(label, "monthly", one_time_factors(label, again.cost, month), name)
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
