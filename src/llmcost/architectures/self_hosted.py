"""Serving an open model on GPUs, which come whole.

`replicas = ceil(requests / what a replica serves in a month) + spare`. A replica serves what was
measured: `requests_per_month` as it is run, or a sustained rate × target utilisation ÷ peak.
Without a measurement the capacity model says it (docs/methods/self-hosting.md).
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from llmcost.architectures.architecture import Architecture, Month, plainly
from llmcost.architectures.gpus import Edge, Gpu, Hardware
from llmcost.architectures.replica import Replica, Size, over
from llmcost.architectures.throughput import Throughput
from llmcost.arithmetic import Number, ceil, is_zero, maximum
from llmcost.capacity.replica import LATENCY_CLASSES
from llmcost.estimate import Charge, Factor
from llmcost.workload import (
    Stream,
)

__all__ = ["Edge", "Fleet", "Gpu", "Hardware", "SelfHosted", "Served", "Size", "Throughput"]


class Fleet(NamedTuple):
    """The replicas that a month's traffic needs, and the requests a month that one serves."""

    replicas: Factor
    requests_per_replica_month: Number
    utilisation: Number


class Served(Replica):
    """What is served on GPUs: the replicas that its traffic needs, and what they cost."""

    def fleet(self, name: str, streams: list[Stream], month: Month, live: Number = 1.0) -> Fleet:
        """`ceil(requests ÷ live ÷ requests a replica) + spare`; `live` is the part of the month it runs."""
        if self.edge is not None:
            return self._devices(name, streams, month, live)
        if not streams:
            alone = Factor("replicas", 1.0 + self.spare, "", "derived", "no volume given: one replica, and the spare")
            return Fleet(alone, 0.0, 0.0)
        requests = over(sum((stream.requests for stream in streams), 0.0), live)
        one = self.requests_per_replica_month(streams, month, name)
        needed = ceil(over(requests, one))
        replicas = maximum(needed + self.spare, float(self.min_replicas))
        rule = f"ceil({plainly(requests)} requests/month ÷ {plainly(one)} a replica) + {self.spare} spare"
        if self.min_replicas:
            rule = f"the larger of min_replicas {self.min_replicas} and {rule}"
        measured = self.throughput
        held = self.held(streams, month)
        if held is not None:
            rule += (
                f"; a replica: {plainly(held.requests_per_second)} requests/s within the limits ({held.binds} binds, they "
                f"hold with a chance of {held.chance:.0%}) × {plainly(month.hours * 3600)} s ÷ "
                f"{plainly(month.peak_factor.value)} peak_to_average{'*' if month.peak_factor.origin == 'assumed' else ''}"
            )
        elif measured is None or measured.requests_per_month is None:
            rule += (
                f"; a replica: {self._rate_words(streams, month, name)}"
                f" × {plainly(self.target_utilisation)} target_utilisation{self._star('target_utilisation')}"
                f" × {plainly(month.hours * 3600)} s ÷ {plainly(month.peak_factor.value)} peak_to_average"
                f"{'*' if month.peak_factor.origin == 'assumed' else ''}"
            )
        factor = Factor("replicas", replicas, "", "derived", rule)
        ceiling = one
        if held is not None:
            ceiling = one * month.peak_factor.value
        elif measured is None or measured.requests_per_month is None:
            ceiling = one / self.target_utilisation * month.peak_factor.value
        return Fleet(factor, one, over(requests, replicas * ceiling))

    def _rate_words(self, streams: list[Stream], month: Month, name: str) -> str:
        measured = self.throughput
        if measured is not None:
            if measured.runs:
                rate = self.measured_rate(streams, month, name)
                return f"{plainly(0.0 if rate is None else rate)} requests/s in {len(measured.runs)} runs"
            if measured.requests_per_second is not None:
                return f"{plainly(measured.requests_per_second)} requests/s"
            tokens = measured.tokens_per_second
            return f"{plainly(0.0 if tokens is None else tokens)} tokens/s"
        found = self.modelled(streams, month, name)
        setup = self.setup(month)
        assert setup is not None  # noqa: S101 - modelled has used it
        return (
            f"{plainly(found.requests_per_second)} requests/s modelled ({setup.model.model} at {setup.precision}"
            f"{self._star('precision')} on {setup.gpus:g} × {setup.gpu.gpu}, {self.engine}{self._star('engine')})"
            f" × {plainly(LATENCY_CLASSES[self.latency_class])} latency class {self.latency_class}"
            f"{self._star('latency_class')}"
        )

    def _devices(self, name: str, streams: list[Stream], month: Month, live: Number) -> Fleet:
        assert self.edge is not None  # noqa: S101 - asked by the caller
        devices = self.edge.factor("devices")._replace(name="replicas", origin="derived", rule="the devices there are")
        if not streams:
            return Fleet(devices, 0.0, 0.0)
        requests = over(sum((stream.requests for stream in streams), 0.0), live)
        one = self.requests_per_replica_month(streams, month, name)
        ceiling = one / self.target_utilisation * month.peak_factor.value
        return Fleet(devices, one, over(requests, devices.value * ceiling))

    def _star(self, field: str) -> str:
        return "*" if self.origin(field) == "assumed" else ""

    def gpu_factors(self, replicas: Factor) -> tuple[Factor, ...]:
        """Replicas and the GPUs of each, which every charge of a fleet begins with."""
        return (replicas, self.factor("gpus_per_replica", "GPUs"))

    def serving_charges(
        self, name: str, streams: list[Stream], month: Month, live: Factor | None = None
    ) -> Iterator[Charge]:
        """Rent or what owning costs, for every GPU of the fleet, and the people who run them."""
        part = (live,) if live is not None else ()
        fleet = self.fleet(name, streams, month, live.value if live is not None else 1.0)
        if self.gpu is not None:
            yield from self.gpu.monthly_charges(name, self.gpu_factors(fleet.replicas), month, *part)
        if not is_zero(self.operations_per_month):
            people = self.factor("operations_per_month", "USD/month")
            yield Charge("operations", "monthly", (people, *part), name)

    def replica_month_cost(self, month: Month) -> Number:
        """USD that one more replica costs in a month, its purchase apart."""
        if self.gpu is None:
            return 0.0
        one = self.gpu_factors(Factor("replicas", 1.0))
        return sum((charge.cost for charge in self.gpu.monthly_charges("", one, month)), 0.0)

    def bought(self) -> bool:
        """Whether its GPUs are paid at once."""
        return self.gpu is not None and self.gpu.owned and not self.gpu.amortise


class SelfHosted(Architecture, Served):
    """An open model on GPUs for all the requests that reach it."""

    kind: Literal["self_hosted"] = "self_hosted"

    def served_by(self) -> Served:
        return self

    def charges(self, name: str, streams: list[Stream], month: Month) -> Iterator[Charge]:
        yield from self.serving_charges(name, streams, month)
        yield from super().charges(name, streams, month)

    def one_time_charges(self, name: str, month: Month) -> Iterator[Charge]:
        yield from super().one_time_charges(name, month)
        if self.edge is not None:
            yield self.edge.purchase(name)
