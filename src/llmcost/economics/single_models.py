"""The models that mixes and cascades call, each as an architecture of its own."""

from collections.abc import Mapping

from llmcost.architectures.api import Api
from llmcost.architectures.architecture import Architecture
from llmcost.scenario import Scenario

ROUTABLE = ("api", "routed", "cascade")


def with_singles(scenario: Scenario) -> Scenario:
    """One month of the routable architectures, with every model they use as one of its own."""
    kept = {
        name: architecture
        for name, architecture in scenario.architectures.items()
        if architecture.kind in ROUTABLE or name == scenario.baseline
    }
    in_service = {name: a.in_full_service() for name, a in scenario.architectures.items()}
    everything = {**in_service, **single_models(kept, scenario.architectures)}
    return scenario.model_copy(update={"architectures": everything, "horizon_months": 1})


def single_models(users: Mapping[str, Architecture], named: Mapping[str, Architecture]) -> dict[str, Api]:
    """Every model that these architectures send requests to, as an architecture of its own.

    A model that one of the named architectures already stands for is left out.
    """
    alone = {architecture.model for architecture in named.values() if isinstance(architecture, Api)}
    targets = dict.fromkeys(target for architecture in users.values() for target in architecture.targets())
    return {target: Api(model=target) for target in targets if target not in named and target not in alone}
