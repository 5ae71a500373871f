"""Serving an open model on rented GPUs, which come whole.

`replicas = ceil(requests / what a replica serves in a month) + spare`. A replica serves what was
measured: `requests_per_month` as it is run, or a sustained rate × target utilisation ÷ peak
(methods.md section 4).
"""

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from pydantic import model_validator

from llmcost.architectures.architecture import Architecture, Month, need_requests, plainly
from llmcost.arithmetic import Number, ceil, is_zero, where
from llmcost.errors import InputError
from llmcost.estimate import Charge, Factor
from llmcost.workload import AboveZero, Count, Months, Positive, Share, Stream, Strict, refuse


class Gpu(Strict):
    """A GPU by its catalog name, or only by its hourly price."""

    name: str | None = None
    provider: str | None = None
    usd_per_gpu_hour: Positive | None = None
    spot: bool = False

    @model_validator(mode="before")
    @classmethod
    def _a_name_alone(cls, written: Any) -> Any:
        return {"name": written} if isinstance(written, str) else written

    @model_validator(mode="after")
    def _priced(self) -> "Gpu":
        if self.name is None and self.usd_per_gpu_hour is None:
            refuse("the GPU has neither a name nor a price", "type gpu: {name: L40S} or {usd_per_gpu_hour: 3.00}")
        return self

    def hourly(self, month: Month) -> Factor:
        """USD for one GPU for an hour, given or from the catalog."""
        if self.usd_per_gpu_hour is not None:
            return self.factor("usd_per_gpu_hour", "USD/h")
        price = month.prices.gpu_price(self.name or "", self.provider, month.first_day)
        rate = price.spot_usd_per_gpu_hour if self.spot else price.usd_per_gpu_hour
        if rate is None:
            raise InputError(
                f"{price.provider} publishes no spot price for {price.gpu}",
                hint="leave spot out, name another provider, or give usd_per_gpu_hour",
            )
        kind = f"spot at {price.provider}, interruptible" if self.spot else f"at {price.provider}"
        return Factor("usd_per_gpu_hour", rate, "USD/h", "catalog", kind, price.source)


class Throughput(Strict):
    """What one replica serves, measured: exactly one of the three."""

    requests_per_month: AboveZero | None = None
    requests_per_second: AboveZero | None = None
    tokens_per_second: AboveZero | None = None

    @model_validator(mode="after")
    def _one_measure(self) -> "Throughput":
        if sum(v is not None for v in (self.requests_per_month, self.requests_per_second, self.tokens_per_second)) != 1:
            refuse(
                "the throughput takes exactly one of requests_per_month, requests_per_second, tokens_per_second",
                "type throughput: {requests_per_second: 6}",
            )
        return self


class Fleet(NamedTuple):
    """The replicas that a month's traffic needs, and the requests a month that one serves."""

    replicas: Factor
    requests_per_replica_month: Number
    utilisation: Number


class Served(Strict):
    """Fields shared by everything that is served on GPUs: what a replica is and what it serves."""

    model: str | None = None
    gpu: Gpu
    gpus_per_replica: Months = 1
    throughput: Throughput | None = None
    target_utilisation: Share = 0.7
    spare: Count = 0
    operations_per_month: Positive = 0.0

    def requests_per_replica_month(self, streams: list[Stream], month: Month, name: str) -> Number:
        """Requests a month that one replica serves in this traffic; raises without a measured rate."""
        measured = self.throughput
        if measured is None:
            raise InputError(
                f"{name}: no measured throughput, so the number of GPUs is unknown",
                hint="give throughput: {requests_per_second: 6} (or --throughput 6)",
            )
        if measured.requests_per_month is not None:
            for stream in streams:
                need_requests(stream, f"{name}: throughput", "throughput")
            return measured.requests_per_month
        if measured.requests_per_second is not None:
            for stream in streams:
                need_requests(stream, f"{name}: throughput", "throughput")
            rate: Number = measured.requests_per_second
        else:
            requests = sum((stream.requests for stream in streams), 0.0)
            tokens = sum((stream.tokens for stream in streams), 0.0)
            rate = (measured.tokens_per_second or 0.0) * _over(requests, tokens)
        seconds = month.hours * 3600
        return rate * self.target_utilisation * seconds / month.peak_factor.value

    def fleet(self, name: str, streams: list[Stream], month: Month, live: Number = 1.0) -> Fleet:
        """`ceil(requests ÷ live ÷ requests a replica) + spare`; `live` is the part of the month it runs."""
        if not streams:
            alone = Factor("replicas", 1.0 + self.spare, "", "derived", "no volume given: one replica, and the spare")
            return Fleet(alone, 0.0, 0.0)
        requests = _over(sum((stream.requests for stream in streams), 0.0), live)
        one = self.requests_per_replica_month(streams, month, name)
        needed = ceil(_over(requests, one))
        replicas = needed + self.spare
        rule = f"ceil({plainly(requests)} requests/month ÷ {plainly(one)} a replica) + {self.spare} spare"
        measured = self.throughput
        if measured is not None and measured.requests_per_month is None:
            rule += (
                f"; a replica: {plainly(measured.requests_per_second or measured.tokens_per_second or 0.0)} "
                f"{'requests' if measured.requests_per_second is not None else 'tokens'}/s"
                f" × {plainly(self.target_utilisation)} target_utilisation{self._star('target_utilisation')}"
                f" × {plainly(month.hours * 3600)} s ÷ {plainly(month.peak_factor.value)} peak_to_average"
                f"{'*' if month.peak_factor.origin == 'assumed' else ''}"
            )
        factor = Factor("replicas", replicas, "", "derived", rule)
        ceiling = one if measured is None or measured.requests_per_month is not None else one / self.target_utilisation
        if measured is not None and measured.requests_per_month is None:
            ceiling = ceiling * month.peak_factor.value
        return Fleet(factor, one, _over(requests, replicas * ceiling))

    def _star(self, field: str) -> str:
        return "*" if self.origin(field) == "assumed" else ""

    def serving_charges(
        self, name: str, streams: list[Stream], month: Month, live: Factor | None = None
    ) -> Iterator[Charge]:
        """replicas × GPUs a replica × USD an hour × hours, and the people who run them."""
        part = (live,) if live is not None else ()
        fleet = self.fleet(name, streams, month, live.value if live is not None else 1.0)
        gpus = self.factor("gpus_per_replica", "GPUs")
        factors = (fleet.replicas, gpus, self.gpu.hourly(month), month.hours_factor, *part)
        yield Charge(f"{self.gpu.name or 'GPU'} rent", "monthly", factors, name)
        if not is_zero(self.operations_per_month):
            people = self.factor("operations_per_month", "USD/month")
            yield Charge("operations", "monthly", (people, *part), name)


def _over(amount: Number, by: Number) -> Number:
    """amount ÷ by; nothing where there is nothing to divide by (a draw in which it is not live yet)."""
    some = by > 0
    return where(some, amount / where(some, by, 1.0), 0.0)


class SelfHosted(Architecture, Served):
    """An open model on GPUs for all the requests that reach it."""

    kind: Literal["self_hosted"] = "self_hosted"

    def charges(self, name: str, streams: list[Stream], month: Month) -> Iterator[Charge]:
        yield from self.serving_charges(name, streams, month)
        yield from super().charges(name, streams, month)
