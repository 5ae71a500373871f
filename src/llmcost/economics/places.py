"""Where the parts of an architecture run: at somebody else's, in a cloud, on own machines, or on the device."""

from typing import NamedTuple

from llmcost.architectures.architecture import Architecture
from llmcost.architectures.fine_tuned import FineTuned
from llmcost.architectures.flow import architecture_of, reachable
from llmcost.scenario import Scenario


class Place(NamedTuple):
    """Where a part of an architecture runs: `api`, `cloud`, `own` or `edge`, and in which region."""

    part: str
    location: str
    region: str | None
    agreement: bool
    gpus: bool


def places(name: str, scenario: Scenario) -> list[Place]:
    """Every place to which requests of this architecture go."""
    found: list[Place] = []
    for current, architecture in reachable(name, scenario.architectures):
        found += places_of_one(current, architecture, scenario)
    return found


def places_of_one(name: str, architecture: Architecture, scenario: Scenario) -> list[Place]:
    """Where this architecture itself and the models that it calls run, without those behind it."""
    agreement = bool(architecture.agreement)
    models = [t for t in architecture.targets() if architecture_of(t, name, scenario.architectures) is None]
    models += architecture.side_models()
    location = architecture.location or "api"
    found = [Place(model, location, architecture.region, agreement, False) for model in dict.fromkeys(models)]
    served = architecture.served_by()
    if served is not None or (isinstance(architecture, FineTuned) and not _managed(architecture)):
        gpus = served is not None and served.gpu is not None
        found.append(Place(name, location_of(architecture), architecture.region, agreement, gpus))
    return found


def _managed(tuned: FineTuned) -> bool:
    return tuned.serving is not None and tuned.serving.model is not None and not tuned.serving.own_machines


def location_of(architecture: Architecture) -> str:
    """Where it runs: stated, else by its machines; `api` for a model that somebody else runs."""
    if architecture.location is not None:
        return architecture.location
    served = architecture.served_by()
    if served is None:
        return "own" if isinstance(architecture, FineTuned) and not _managed(architecture) else "api"
    if served.edge is not None:
        return "edge"
    return "cloud" if served.gpu.provider is not None else "own"
