"""Where a month's requests go, and what everything that they reach charges.

Streams are spread from the top architecture to every model and architecture below it; then each
of those is asked once for its charges. So a hybrid is composition, and a target that two routes
share has its fixed costs counted once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from llmcost.architectures.api import Api, model_charges, short_name
from llmcost.architectures.architecture import Architecture, Month
from llmcost.estimate import Charge, Factor
from llmcost.workload import Stream

Architectures = Mapping[str, Architecture]
Inflow = dict[str, tuple[Architecture | None, list[Stream]]]


def architecture_of(target: str, parent: str, architectures: Architectures) -> Architecture | None:
    """The architecture that a target names, or None where it is a model.

    An `api` names a model only, and so does an architecture that names itself.
    """
    if target == parent or isinstance(architectures.get(parent), Api):
        return None
    return architectures.get(target)


def inflow(name: str, architectures: Architectures, traffic: list[Stream], month: Month) -> Inflow:
    """The streams that reach each architecture (by name) and each model (by `model:` and name)."""
    if not traffic:  # no workload: what is paid whatever the volume
        return {part: (body, []) for part, body in reachable(name, architectures, fallbacks=False)}
    reached: Inflow = {}
    for stream in traffic:
        _spread(name, architectures[name], stream, architectures, month, reached)
    return reached


def _spread(
    name: str, architecture: Architecture, stream: Stream, architectures: Architectures, month: Month, reached: Inflow
) -> None:
    stream = architecture.as_sent(stream)
    reached.setdefault(name, (architecture, []))[1].append(stream)
    for target, part in architecture.forward(name, stream, month):
        part = architecture.retried(part)
        below = architecture_of(target, name, architectures)
        if below is None:
            reached.setdefault(f"model:{target}", (None, []))[1].append(part)
        else:
            _spread(target, below, part, architectures, month, reached)


def month_charges(name: str, architectures: Architectures, traffic: list[Stream], month: Month) -> list[Charge]:
    """Everything that one month of an architecture costs. Raises Retired, UnknownPrice, InputError."""
    charges: list[Charge] = []
    billed: dict[str, list[Charge]] = {}
    reached = inflow(name, architectures, traffic, month)
    for node, (architecture, streams) in reached.items():
        if architecture is None:
            model = node.removeprefix("model:")
            own = list(model_charges(model, streams, month, _live(model, reached, month)))
            charges += own
            if month.contract is not None:
                billed.setdefault(month.prices.price(model, month.first_day).model, []).extend(own)
        else:
            charges += architecture.charges(node, streams, month)
    if month.contract is not None:
        charges += month.contract.charges(billed)
    return charges


def _live(model: str, reached: Inflow, month: Month) -> Factor | None:
    """The part of the month in which a model is in use, where only a fine-tune that became ready uses it."""
    users = [body for _, (body, _) in reached.items() if body is not None and model in body.targets()]
    parts = [user.live_part(month) for user in users]
    return parts[0] if parts and all(part is not None for part in parts) else None


def reachable(name: str, architectures: Architectures, *, fallbacks: bool = True) -> Iterator[tuple[str, Architecture]]:
    """This architecture and every one below it, each once, with or without fallbacks."""
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        current = waiting.pop(0)
        if current in seen:
            continue
        seen.add(current)
        architecture = architectures[current]
        yield current, architecture
        skip = None if fallbacks else architecture.fallback_target()
        for target in architecture.targets():
            if target != skip and architecture_of(target, current, architectures) is not None:
                waiting.append(target)


def models_of(name: str, architectures: Architectures) -> list[str]:
    """Every model that an architecture may call, router and verifier models included."""
    found: list[str] = []
    for current, architecture in reachable(name, architectures):
        found += [t for t in architecture.targets() if architecture_of(t, current, architectures) is None]
        found += architecture.side_models()
    return list(dict.fromkeys(found))


__all__ = ["architecture_of", "inflow", "models_of", "month_charges", "reachable", "short_name"]
