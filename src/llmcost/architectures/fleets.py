"""The fleets behind an architecture, and the GPUs of one's own that they need at once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from llmcost.architectures.architecture import Architecture, Month
from llmcost.architectures.flow import inflow, reachable
from llmcost.arithmetic import Number, maximum
from llmcost.estimate import Charge, Factor
from llmcost.workload import Stream


class Behind(NamedTuple):
    """A fleet (`Served`), the part of the month that it runs, and the streams that it answers itself."""

    name: str
    served: Any
    live: Number
    answered: list[Stream]


def fleets_of(
    name: str, architectures: Mapping[str, Architecture], traffic: list[Stream], month: Month
) -> Iterator[Behind]:
    """Every fleet that an architecture leads to in a month, with what reaches it."""
    for node, (architecture, streams) in inflow(name, architectures, traffic, month).items():
        served = architecture.served_by() if architecture is not None else None
        if architecture is None or served is None:
            continue
        live, answered = architecture.answers(streams, month)
        yield Behind(node, served, live, answered)


def purchases(
    name: str, architectures: Mapping[str, Architecture], months: Sequence[tuple[Month, list[Stream]]]
) -> list[Charge]:
    """GPUs of one's own paid at once: each fleet in the size of its largest month."""
    fleets = [served for _, body in reachable(name, architectures) if (served := body.served_by()) is not None]
    if not any(served.bought() for served in fleets):
        return []
    bought: dict[str, tuple[Any, Number]] = {}
    for month, traffic in months:
        for behind in fleets_of(name, architectures, traffic, month):
            if behind.served.bought():
                replicas = behind.served.fleet(behind.name, behind.answered, month, behind.live).replicas.value
                before = bought[behind.name][1] if behind.name in bought else 0.0
                bought[behind.name] = (behind.served, maximum(before, replicas))
    charges = []
    for node, (served, replicas) in bought.items():
        most = Factor("replicas", replicas, "", "derived", "the largest fleet within the horizon")
        charges.append(served.gpu.purchase(node, served.gpu_factors(most), len(months)))
    return charges
