"""Self-hosting by itself: the fleet that a workload needs, what it costs and how busy it is."""

from typing import Any, NamedTuple

from llmcost.architectures.prices import Prices
from llmcost.architectures.self_hosted import SelfHosted
from llmcost.arithmetic import Number
from llmcost.economics.horizon import months_of, traffic
from llmcost.economics.outputs import ratio
from llmcost.economics.ownership import chosen_architecture
from llmcost.economics.uncertainty import Figure, Sampling, evaluated
from llmcost.errors import InputError, UnknownPrice
from llmcost.estimate import Charge, total
from llmcost.quantity import at_middle
from llmcost.scenario import Scenario


class Hosting(NamedTuple):
    """The result of `host`, for the first month.

    Rates are a replica's; `deployable_requests_per_second` is what it serves at the target
    utilisation. Without a volume it is one replica, and utilisation and $/Mtok are unknown.
    """

    architecture: str
    gpu: str | None
    model: str | None
    requests_per_second: float | None
    deployable_requests_per_second: float | None
    tokens_per_second: float | None
    limit: str
    replicas: Figure
    gpus: Figure
    utilisation: Figure
    target_utilisation: float
    peak_to_average: float
    monthly_cost: Figure
    cost_per_mtok: Figure
    cost_per_output_mtok: Figure
    cost_per_request: Figure
    charges: tuple[Charge, ...]


def host(
    scenario: Scenario, catalog: Any, architecture: str | None = None, sampling: Sampling | None = None
) -> Hosting:
    """What self-hosting costs in the first month.

    Raises InputError where no rate was measured, UnknownPrice never: an unknown price is null.
    """
    name = chosen_architecture(scenario, architecture, ("self_hosted",), "host")
    if not isinstance(scenario.architectures[name], SelfHosted):
        raise InputError(
            f"{name} is not self-hosted", where="--architecture", hint="name an architecture of kind self_hosted"
        )
    gpu = scenario.architectures[name].gpu  # type: ignore[attr-defined]
    if gpu.name is not None and gpu.usd_per_gpu_hour is None:
        catalog.gpu(gpu.name)  # a misspelt name is an error; a GPU that nobody rents has no price
    if scenario.architectures[name].throughput is None:  # type: ignore[attr-defined]
        raise InputError(
            f"{name}: no measured throughput, so nothing says what a GPU serves",
            where=f"architectures.{name}",
            hint="give --throughput REQUESTS_PER_SECOND (a replica's, measured)",
        )
    outcome = evaluated(scenario, lambda tree: _headline(tree, name, catalog), sampling)
    point = at_middle(scenario)
    hosted = point.architectures[name]
    measured = hosted.throughput
    rps, tps = _rates(point, name)
    return Hosting(
        architecture=name,
        gpu=hosted.gpu.name,
        model=hosted.model,
        requests_per_second=rps,
        deployable_requests_per_second=None
        if rps is None or measured.requests_per_month is not None
        else rps * hosted.target_utilisation,
        tokens_per_second=tps,
        limit="measured",
        target_utilisation=hosted.target_utilisation,
        peak_to_average=point.workload.peak_to_average if point.workload else 1.0,
        charges=tuple(_charges(point, name, catalog) or ()),
        **outcome.figures,
    )


def _rates(point: Scenario, name: str) -> tuple[float | None, float | None]:
    """Requests and tokens a second of one replica, as measured."""
    hosted = point.architectures[name]
    measured = hosted.throughput  # type: ignore[attr-defined]
    per_request: float | None = None
    if point.workload is not None and point.workload.requests_known:
        arriving = traffic(point, months_of(point, _NO_PRICES)[0])
        requests = sum(stream.requests for stream in arriving)
        per_request = sum(stream.tokens for stream in arriving) / requests if requests else None
    rps: float | None = measured.requests_per_second
    if measured.requests_per_month is not None:
        rps = measured.requests_per_month / (point.hours * 3600)
    if measured.tokens_per_second is not None:
        return (measured.tokens_per_second / per_request if per_request else None), measured.tokens_per_second
    return rps, (rps * per_request if rps is not None and per_request else None)


_NO_PRICES: Any = None


def _charges(tree: Scenario, name: str, catalog: Any) -> list[Charge] | None:
    """The month's charges; None where the GPU has no price."""
    prices = Prices(catalog, tree.prices, tree.successors)
    month = months_of(tree, prices)[0]
    try:
        return list(tree.architectures[name].charges(name, traffic(tree, month), month))
    except UnknownPrice:
        return None


def _headline(tree: Scenario, name: str, catalog: Any) -> dict[Any, Number | None]:
    hosted = tree.architectures[name]
    assert isinstance(hosted, SelfHosted)  # noqa: S101 - chosen so
    prices = Prices(catalog, tree.prices, tree.successors)
    month = months_of(tree, prices)[0]
    arriving = traffic(tree, month)
    charges = _charges(tree, name, catalog)
    cost = None if charges is None else total(charges, "monthly")
    if not arriving:
        rent = None if charges is None else cost
        return {
            "replicas": 1.0 + hosted.spare,
            "gpus": (1.0 + hosted.spare) * hosted.gpus_per_replica,
            "utilisation": None,
            "monthly_cost": rent,
            "cost_per_mtok": None,
            "cost_per_output_mtok": None,
            "cost_per_request": None,
        }
    fleet = hosted.fleet(name, arriving, month)
    requests = sum((stream.requests for stream in arriving), 0.0)
    tokens = sum((stream.tokens for stream in arriving), 0.0)
    written = sum((stream.requests * stream.output_tokens.value for stream in arriving), 0.0)
    known = tree.workload is not None and tree.workload.requests_known
    return {
        "replicas": fleet.replicas.value,
        "gpus": fleet.replicas.value * hosted.gpus_per_replica,
        "utilisation": fleet.utilisation,
        "monthly_cost": cost,
        "cost_per_mtok": ratio(cost, tokens, 1e6),
        "cost_per_output_mtok": ratio(cost, written, 1e6),
        "cost_per_request": ratio(cost, requests, 1.0) if known else None,
    }
