"""One replica of a served model: what it is, and the requests a second that it serves, measured or modelled.

Without a measurement the capacity model says it (docs/methods/self-hosting.md).
"""

from math import exp
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BeforeValidator, model_validator

from llmcost.architectures.architecture import Month, need_requests
from llmcost.architectures.gpus import Edge, Gpu
from llmcost.architectures.throughput import Lengths, Throughput
from llmcost.arithmetic import Number, is_array, mean_of, where
from llmcost.capacity.benchmark_files import check_runs, measured_rate
from llmcost.capacity.bound import Verdict, all_precisions, check_rate
from llmcost.capacity.fitting import more_of_the_same
from llmcost.capacity.goodput import Goodput, Limits, goodput
from llmcost.capacity.latency import NETWORK_MS
from llmcost.capacity.replica import LATENCY_CLASSES, Capacity, band, capacity, why_not
from llmcost.capacity.setup import ENGINE_NAMES, ENGINES, PRECISIONS, Setup
from llmcost.catalog.models import OpenModel
from llmcost.errors import Impossible, InputError, UnknownPrice, did_you_mean
from llmcost.quantity import Range
from llmcost.workload import (
    AboveZero,
    Count,
    Months,
    Positive,
    Share,
    SomeShare,
    Stream,
    Strict,
    Usd,
    UsdAboveZero,
    refuse,
)


def _precision(written: Any) -> str:
    found = PRECISIONS.get(str(written).lower())
    if found is None:
        hint = did_you_mean(str(written), PRECISIONS) or "type bf16, fp8, fp4, mxfp4 or int4"
        refuse(f"unknown precision {written!r}", hint)
    return found


def _engine(written: Any) -> str:
    name = str(written).lower()
    if name not in ENGINE_NAMES:
        refuse(f"unknown engine {written!r}", f"type one of: {', '.join(ENGINES)}; or give a measured throughput")
    return ENGINE_NAMES[name]


class Size(NamedTuple):
    """Tokens a request, the mean over the streams."""

    input_tokens: Number
    output_tokens: Number


class OnMachines(Strict):
    """The fields of everything that is served on GPUs or devices: what a replica is and what it serves."""

    model: str | None = None
    gpu: Gpu | None = None
    edge: Edge | None = None
    gpus_per_replica: Months = 1
    throughput: Throughput | None = None
    precision: Annotated[str, BeforeValidator(_precision)] = "bf16"
    kv_precision: Annotated[str, BeforeValidator(_precision)] | None = None
    engine: Annotated[str, BeforeValidator(_engine)] = "tensorrt-llm"
    latency_class: Literal["batch", "server", "interactive"] = "server"
    engine_version: str | None = None
    data_parallel: Months = 1
    pipeline_parallel: Months = 1
    expert_parallel: bool = False
    prefix_cached: Share = 0.0
    accepted_tokens: Positive = 0.0
    disaggregated: bool = False
    concurrency: AboveZero | None = None
    modelled_at: Lengths | None = None
    modelled_rate_error: AboveZero = 1.0
    target_utilisation: SomeShare = 0.7
    spare: Count = 0
    min_replicas: Count = 0
    operations_per_month: Usd = 0.0
    stated_cost_per_mtok: UsdAboveZero | None = None


class Replica(OnMachines):
    """One replica, on GPUs or on devices, exactly one of the two."""

    @model_validator(mode="after")
    def _on_something(self) -> "Replica":
        if (self.gpu is None) == (self.edge is None):
            refuse(
                "serving takes a gpu or edge devices, one of the two",
                "type gpu: {name: L40S}, or edge: {devices: 1000, usd_per_device: 300, tokens_per_second: 40}",
            )
        return self

    @model_validator(mode="after")
    def _groups(self) -> "Replica":
        spread = self.data_parallel * self.pipeline_parallel
        if self.gpus_per_replica % spread:
            refuse(
                f"{self.gpus_per_replica} GPUs a replica do not divide into data_parallel {self.data_parallel} × "
                f"pipeline_parallel {self.pipeline_parallel}",
                f"give gpus_per_replica: {spread}",
            )
        if self.modelled_by_default and "modelled_rate_error" not in self.model_fields_set:
            # e^±1 is the end of the model's own 90 % interval, which is as wide as the kind of model has it (band).
            self.__dict__["modelled_rate_error"] = Range(exp(-1.0), exp(1.0), 1.0)
        return self

    @property
    def modelled_by_default(self) -> bool:
        """Whether its rate is the capacity model's: nothing was measured."""
        if self.throughput is not None or self.model is None:
            return False
        return self.edge is None or self.edge.tokens_per_second is None

    # what a replica serves

    def setup(self, month: Month) -> Setup | None:
        """The replica as the capacity model takes it; None where the model or the hardware is not known."""
        if self.model is None:
            return None
        shape = self.shape(month)
        spec = self.gpu.spec(month) if self.gpu is not None else None
        if self.edge is not None and self.edge.hardware is not None:
            spec = self.edge.hardware.spec("the device")
        if shape is None or spec is None:
            return None
        concurrency = 1.0 if self.edge is not None else self.concurrency
        replica = (self.gpus_per_replica, self.precision, self.kv_precision, self.engine)
        return Setup(
            *(shape, spec, *replica, concurrency, self.engine_version),
            *(self.data_parallel, self.expert_parallel, self.pipeline_parallel),
            *(self.prefix_cached, self.accepted_tokens, self.disaggregated),
        )

    def shape(self, month: Month) -> OpenModel | None:
        """The model's architecture, the scenario's own before the catalog's; None where neither has it."""
        if self.model is None:
            return None
        own = month.own_model(self.model)
        if own is not None and own.described:
            return own.shape(self.model)
        try:
            return month.prices.open_model(self.model)
        except UnknownPrice:
            if self.throughput is not None or (self.edge is not None and self.edge.tokens_per_second is not None):
                return None  # measured, so nothing needs to be known of it
            raise

    def setups_meant(self, month: Month) -> list[Setup]:
        """The replica at its stated precision, or at every one where none is stated."""
        one = self.setup(month)
        if one is None:
            return []
        return [one] if "precision" in self.model_fields_set else all_precisions(one)

    def size(self, streams: list[Stream]) -> Size | None:
        """The mean tokens of a request, weighted by requests; None without either traffic or lengths."""
        if not streams:
            given = self.modelled_at
            return None if given is None else Size(given.input_tokens, given.output_tokens)
        if not all(stream.requests_known for stream in streams):
            return None
        if len(streams) == 1:
            return Size(streams[0].input_tokens.value, streams[0].output_tokens.value)
        requests = sum((stream.requests for stream in streams), 0.0)
        some = requests > 0
        weights = [where(some, s.requests / where(some, requests, 1.0), 1 / len(streams)) for s in streams]
        pairs = list(zip(weights, streams, strict=True))
        return Size(
            sum((weight * stream.input_tokens.value for weight, stream in pairs), 0.0),
            sum((weight * stream.output_tokens.value for weight, stream in pairs), 0.0),
        )

    def modelled(self, streams: list[Stream], month: Month, name: str) -> Capacity:
        """What the model gives one replica in this traffic; raises InputError where it cannot."""
        setup = self.setup(month)
        if setup is None:
            raise InputError(
                f"{name}: neither a measured throughput nor a model and a GPU by name, so nothing says what a GPU serves",
                where=f"architectures.{name}",
                hint="give --model llama-3.1-8b --gpu L40S, or --throughput REQUESTS_PER_SECOND (a replica's, measured)",
                in_file="write model: llama-3.1-8b and gpu: L40S, or throughput: {requests_per_second: N}",
            )
        for stream in streams:
            need_requests(stream, f"{name}: the capacity of a GPU", "the model")
        size = self.size(streams)
        if size is None:
            raise InputError(
                f"{name}: nothing says how long a request is",
                where=f"architectures.{name}",
                hint="give --input 1000 --output 200, tokens a request",
                in_file="write workload: {requests_per_month: 1M, input_tokens: 1000, output_tokens: 200}, or "
                "modelled_at: {input_tokens: 1000, output_tokens: 200} in the architecture",
            )
        found = capacity(setup, *size)
        if found is None:
            more = more_of_the_same(setup, *size) if not is_array(size.input_tokens + size.output_tokens) else None
            raise InputError(
                f"{name}: {setup.model.model} at {setup.precision} on {setup.gpus:g} × {setup.gpu.gpu}: "
                f"{why_not(setup, *size)}",
                where=f"architectures.{name}",
                hint=(f"give gpus_per_replica: {more}" if more else "give a larger GPU or a lower precision")
                + "; llmcost host names the smallest set that holds it",
            )
        return found

    def practice(self) -> float:
        """What the latency class leaves of a modelled rate; a device has one request at a time, and no class."""
        return 1.0 if self.edge is not None else LATENCY_CLASSES[self.latency_class]

    def error(self, setup: Setup | None) -> Number:
        """measured ÷ modelled: 1, or within the model's band in the draws."""
        if setup is None or is_one(self.modelled_rate_error):
            return 1.0
        off: Number = self.modelled_rate_error ** band(setup)
        return off

    def within_limits(self, streams: list[Stream], month: Month) -> Goodput | None:
        """The most that a replica serves within the scenario's limits; None without limits, or where nothing is modelled."""
        limits = self.limits(month)
        if not limits.stated or not self.modelled_by_default or self.edge is not None:
            return None
        setup, size = self.setup(month), self.size(streams)
        if setup is None or size is None or is_array(size.input_tokens + size.output_tokens):
            return None
        return goodput(setup, *size, limits) if sum(size) > 0 else None

    def limits(self, month: Month) -> Limits:
        """The scenario's limits less the network."""
        asked: Limits = month.limits or Limits()
        off = self.network_ms() / 1000
        return asked._replace(
            first_token=None if asked.first_token is None else max(asked.first_token - off, 0.0),
            answer=None if asked.answer is None else max(asked.answer - off, 0.0),
        )

    def network_ms(self) -> float:
        """Milliseconds there and back, stated (of a range the expected ones) or usual where it runs."""
        stated = getattr(getattr(self, "latency", None), "network_ms", None)
        if stated is not None:
            return mean_of(stated)
        place = getattr(self, "location", None)
        if place is None:
            place = "cloud" if self.gpu is not None and self.gpu.provider is not None else "own"
        return NETWORK_MS[place]

    def measured_rate(self, streams: list[Stream], month: Month, name: str) -> Number | None:
        """The measured requests a second of one replica; None where nothing was measured."""
        measured = self.throughput
        if measured is None:
            return None
        if measured.runs:
            limits, size = self.limits(month), self.size(streams)
            if size is not None and not is_array(size.input_tokens + size.output_tokens):
                check_runs(measured.runs, self.model, *size)
            found = measured_rate(measured.runs, limits.first_token, limits.token, limits.percentile)
            return found.requests_per_second * measured.measured_spread
        if measured.tokens_per_second is not None:
            requests = sum((stream.requests for stream in streams), 0.0)
            tokens = sum((stream.tokens for stream in streams), 0.0)
            return measured.tokens_per_second * over(requests, tokens)
        for stream in streams:
            need_requests(stream, f"{name}: throughput", "throughput")
        if measured.requests_per_month is not None:
            return measured.requests_per_month / (month.hours * 3600)
        return measured.requests_per_second

    def verdict(self, streams: list[Stream], month: Month, name: str) -> Verdict | None:
        """The measured rate held against model and bound; None where one of them cannot be said."""
        rate, size = self.measured_rate(streams, month, name), self.size(streams)
        meant = self.setups_meant(month) if rate is not None and size is not None else []
        if (
            rate is None
            or size is None
            or not meant
            or is_array(rate)
            or is_array(size.input_tokens + size.output_tokens)
        ):
            return None
        if size.input_tokens + size.output_tokens <= 0 or rate <= 0:
            return None
        return check_rate(rate, meant, *size)

    def requests_per_replica_month(self, streams: list[Stream], month: Month, name: str) -> Number:
        """Requests a month that one replica serves in this traffic: measured, else modelled."""
        if self.edge is not None:
            return self._device_month(streams, month, name)
        rate = self.measured_rate(streams, month, name)
        if rate is None:
            setup = self.setup(month)
            held = self.held(streams, month)
            if held is not None:
                return held.requests_per_second * self.error(setup) * (month.hours * 3600) / month.peak_factor.value
            rate = self.modelled(streams, month, name).requests_per_second * self.practice() * self.error(setup)
        else:
            self._refuse_impossible(streams, month, name)
            if self.throughput is not None and self.throughput.runs and self.limits(month).stated:
                return rate * (month.hours * 3600) / month.peak_factor.value
        if self.throughput is not None and self.throughput.requests_per_month is not None:
            return self.throughput.requests_per_month
        return rate * self.target_utilisation * (month.hours * 3600) / month.peak_factor.value

    def held(self, streams: list[Stream], month: Month) -> Goodput | None:
        """The same where the limits can be held at all: a fleet cannot be sized for others, whose requirement then fails."""
        found = self.within_limits(streams, month)
        return found if found is not None and found.requests_per_second > 0 else None

    def refuse_unheld(self, streams: list[Stream], month: Month, name: str) -> None:
        """Raise InputError where not even one request alone keeps to the limits."""
        held = self.within_limits(streams, month)
        if held is not None and held.requests_per_second <= 0:
            load = held.load
            raise InputError(
                f"{name}: not even one request alone keeps the limit on the {held.binds}: it takes "
                f"{(load.first_token_s + load.queue_s) * 1000:,.3g} ms to the first token and {load.token_s * 1000:,.3g} ms a token",
                where=f"architectures.{name}",
                hint="give more GPUs a replica, a faster GPU or a lower precision; llmcost host --max-tpot searches them all",
            )

    def _refuse_impossible(self, streams: list[Stream], month: Month, name: str) -> None:
        verdict = self.verdict(streams, month, name)
        if verdict is not None and verdict.verdict == "impossible":
            raise Impossible(
                f"{name}: {verdict.message}",
                where=f"architectures.{name}.throughput",
                hint="measure it again, or leave the throughput out to have it modelled",
            )

    def _device_month(self, streams: list[Stream], month: Month, name: str) -> Number:
        """Requests a month of one device: written tokens a second ÷ tokens an answer, or the model at one request."""
        edge = self.edge
        size = self.size(streams)
        if edge is not None and edge.tokens_per_second is not None and size is not None:
            rate = over(edge.tokens_per_second, size.output_tokens)
        else:
            rate = (
                self.modelled(streams, month, name).requests_per_second
                * self.practice()
                * self.error(self.setup(month))
            )
        return rate * self.target_utilisation * month.hours * 3600 / month.peak_factor.value


def is_one(value: Number) -> bool:
    """Whether this is the number 1, and no array of draws."""
    return not is_array(value) and value == 1.0


def over(amount: Number, by: Number) -> Number:
    """amount ÷ by; nothing where there is nothing to divide by (a draw in which it is not live yet)."""
    some = by > 0
    return where(some, amount / where(some, by, 1.0), 0.0)
