"""Self-hosting by itself: what a replica serves, the fleet that a workload needs, and what it costs."""

from typing import Any, NamedTuple

from llmcost.architectures.architecture import Month
from llmcost.architectures.prices import Prices
from llmcost.architectures.self_hosted import SelfHosted, Size
from llmcost.arithmetic import Number, is_zero
from llmcost.capacity.bound import bound_of, fastest
from llmcost.capacity.fitting import Fit, smallest_fit
from llmcost.capacity.latency import Latency
from llmcost.capacity.replica import Capacity, Memory, capacity, memory, why_not
from llmcost.capacity.setup import Setup
from llmcost.capacity.work import hidden_mixture
from llmcost.economics.figure import Output, Ratio
from llmcost.economics.horizon import months_of, traffic
from llmcost.economics.latencies import parts_of
from llmcost.economics.limits import HeldLimits, MeasuredRun, held_limits, measured_runs, shown_percentile
from llmcost.economics.ownership import chosen_architecture
from llmcost.economics.sizing import Sizing
from llmcost.economics.uncertainty import Figure, Sampling, evaluated
from llmcost.errors import InputError, UnknownPrice
from llmcost.estimate import Charge, Source, total
from llmcost.quantity import at_middle
from llmcost.scenario import Scenario


class Offer(NamedTuple):
    """What the fleet's GPUs cost a month at one provider; a spot price is interruptible. Source: the price's."""

    provider: str
    price: str
    interruptible: bool
    region: str | None
    usd_per_gpu_hour: float
    monthly_cost: float | None
    source: Source


class AgainstModel(NamedTuple):
    """A measured rate beside the model's: `ratio` is measured ÷ modelled, the band that of the model."""

    modelled_requests_per_second: float | None
    modelled_band: list[float] | None
    ratio: float | None
    verdict: str
    message: str


class Hosting(NamedTuple):
    """The result of `host`, for the first month.

    Rates are a replica's: `requests_per_second` before engine, latency class and utilisation,
    `deployable_requests_per_second` after them; for a measured rate only the utilisation applies.
    Without a volume it is one replica, and utilisation and $/Mtok are unknown. Where the model does
    not fit, every rate and cost is unknown, and `smallest_fit` says what would hold it.
    """

    architecture: str
    gpu: str | None
    machine: str
    model: str | None
    precision: str | None
    engine: str | None
    gpus_per_replica: int
    fits: bool
    why_not: str
    smallest_fit: Fit | None
    requests_per_second: Figure
    requests_per_second_band: list[float] | None
    deployable_requests_per_second: Figure
    tokens_per_second: Figure
    limit: str
    batch: float | None
    batch_limit: str | None
    time_per_output_token_ms: float | None
    first_token_ms: float | None
    decode_step_ms: float | None
    prefill_ms: float | None
    memory: Memory | None
    physical_bound_requests_per_second: float | None
    physical_bound_time_per_output_token_ms: float | None
    physical_bound_first_token_ms: float | None
    physical_bound_prefill_ms: float | None
    against_model: AgainstModel | None
    latency: Latency | None
    limits: HeldLimits | None
    measured: tuple[MeasuredRun, ...]
    search: Sizing | None
    replicas: Figure
    gpus: Figure
    utilisation: Figure
    full_at_requests_per_month: Figure
    target_utilisation: float
    peak_to_average: float
    one_time_cost: Figure
    monthly_cost: Figure
    energy_kwh_per_month: Figure
    cost_per_mtok: Figure
    cost_per_output_mtok: Figure
    cost_per_request: Figure
    providers: tuple[Offer, ...]
    charges: tuple[Charge, ...]


_FIGURES = [field for field, kind in Hosting.__annotations__.items() if kind is Figure]


def host(
    scenario: Scenario,
    catalog: Any,
    architecture: str | None = None,
    sampling: Sampling | None = None,
    search: Sizing | None = None,
) -> Hosting:
    """What self-hosting costs in the first month.

    Raises InputError where nothing says what a GPU serves, and for a rate that is impossible. An
    unknown price is null, and so is everything of a model that does not fit.
    """
    name = chosen_architecture(scenario, architecture, ("self_hosted",), "host")
    if not isinstance(scenario.architectures[name], SelfHosted):
        raise InputError(
            f"{name} is not self-hosted", where="--architecture", hint="name an architecture of kind self_hosted"
        )
    point = at_middle(scenario)
    hosted: SelfHosted = point.architectures[name]
    prices = Prices(catalog, point.prices, point.successors)
    month = months_of(point, prices)[0]
    gpu = hosted.gpu
    if gpu is not None and gpu.name is not None and gpu.hardware is None and gpu.usd_per_gpu_hour is None:
        catalog.gpu(gpu.name)  # a misspelt name is an error; a GPU that nobody rents has no price
    arriving = traffic(point, month)
    setup, size = hosted.setup(month), hosted.size(arriving)
    hidden = setup is not None and hidden_mixture(setup.model)
    if hidden and not hosted.modelled_by_default:
        setup = None
    known = setup is not None and size is not None and size.input_tokens + size.output_tokens > 0
    found = capacity(setup, *size) if known and setup is not None and size is not None else None
    needs_model = hosted.throughput is None and (hosted.edge is None or hosted.edge.tokens_per_second is None)
    if needs_model and (not known or setup is None or size is None):
        hosted.modelled(arriving, month, name)  # raises, saying what is missing
    unfit = why_not(setup, *size) if known and setup is not None and size is not None else ""
    fits = not (needs_model and unfit)
    figures: dict[Any, Any] = dict.fromkeys(_FIGURES, Figure(None))
    if fits:
        figures |= evaluated(scenario, lambda tree: _headline(tree, name, catalog), sampling).figures
    measured = hosted.throughput is not None
    return Hosting(
        architecture=name,
        gpu=gpu.name if gpu is not None else None,
        machine="GPU" if gpu is not None else "device",
        model=hosted.model,
        precision=hosted.precision if setup is not None else None,
        engine=hosted.engine if setup is not None else None,
        gpus_per_replica=hosted.gpus_per_replica,
        fits=fits,
        why_not=unfit if not fits else "",
        smallest_fit=_smallest(setup, size, catalog) if unfit and setup is not None and size is not None else None,
        requests_per_second_band=None if found is None or measured else [found.low, found.high],
        limit=_limit(measured, found, fits),
        **_modelled(found),
        memory=memory(setup) if setup is not None else None,
        physical_bound_requests_per_second=_bound(hosted, month, size) if known and not hidden else None,
        **_least_times(None if hidden else setup, size),
        against_model=_against(hosted, found, arriving, month, name) if measured else None,
        latency=parts_of(name, point, prices, shown_percentile(point))
        if fits and (arriving or hosted.modelled_at)
        else None,
        limits=held_limits(point, hosted, arriving, month, figures["replicas"].value),
        measured=tuple(measured_runs(hosted)),
        search=search,
        target_utilisation=hosted.target_utilisation,
        peak_to_average=point.workload.peak_to_average if point.workload else 1.0,
        providers=tuple(_providers(point, hosted, figures["gpus"].value, month, catalog)),
        charges=tuple(_charges(point, name, catalog) or ()) if fits else (),
        **figures,
    )


def _limit(measured: bool, found: Capacity | None, fits: bool) -> str:
    if measured:
        return "measured"
    if not fits:
        return "memory"
    return found.limit if found is not None else "measured"


def _modelled(found: Capacity | None) -> dict[str, Any]:
    """The model's batch and times, in milliseconds; None where there is no model."""
    if found is None:
        names = ("batch", "batch_limit", "time_per_output_token_ms", "first_token_ms", "decode_step_ms", "prefill_ms")
        return dict.fromkeys(names)
    each = found.time_per_output_token_s
    return {
        "batch": found.batch,
        "batch_limit": found.batch_limit,
        "time_per_output_token_ms": None if each is None else each * 1000,
        "first_token_ms": found.first_token_s * 1000,
        "decode_step_ms": found.decode_step_s * 1000,
        "prefill_ms": found.prefill_s * 1000,
    }


def _bound(hosted: SelfHosted, month: Month, size: Size | None) -> float | None:
    """The most that physics allows: at the stated precision, or at the best one for a measured rate without."""
    setup = hosted.setup(month)
    if setup is None or size is None:
        return None
    meant = hosted.setups_meant(month) if hosted.throughput is not None else [setup]
    return max(bound_of(one, *size).requests_per_second for one in meant)


def _least_times(setup: Setup | None, size: Size | None) -> dict[str, Any]:
    """The least that physics takes, in milliseconds; None where nothing says the machine, the model and a request."""
    least = None if setup is None or size is None else fastest(setup, *size)
    return {
        "physical_bound_time_per_output_token_ms": None if least is None else least.token * 1000,
        "physical_bound_first_token_ms": None if least is None else least.first_token * 1000,
        "physical_bound_prefill_ms": None if least is None else least.prefill * 1000,
    }


def _against(
    hosted: SelfHosted, found: Capacity | None, arriving: list[Any], month: Month, name: str
) -> AgainstModel | None:
    verdict = hosted.verdict(arriving, month, name)
    if verdict is None:
        return None
    practice = 1.0 if found is None else hosted.practice()
    modelled = None if found is None else found.requests_per_second * practice
    band = None if found is None else [found.low * practice, found.high * practice]
    share = None if not modelled else verdict.stated / modelled
    return AgainstModel(modelled, band, share, verdict.verdict, verdict.message)


def _smallest(setup: Setup, size: Size, catalog: Any) -> Fit | None:
    names = [name for name in catalog.gpu_names() if name in catalog.compiled["gpus"]]
    return smallest_fit(setup, [catalog.gpu(name) for name in names], *size)


def _providers(point: Scenario, hosted: SelfHosted, gpus: float | None, month: Month, catalog: Any) -> list[Offer]:
    """Every provider that rents this GPU, the cheapest first, on demand and spot; the month's rent and operations."""
    gpu = hosted.gpu
    if gpu is None or gpu.name is None:
        return []
    try:
        listed = catalog.gpu_prices(gpu.name, None, month.first_day)
    except UnknownPrice:
        return []
    found = []
    for price in listed:
        for kind, rate in (("on_demand", price.usd_per_gpu_hour), ("spot", price.spot_usd_per_gpu_hour)):
            if rate is None:
                continue
            cost = None if gpus is None else gpus * rate * month.hours + hosted.operations_per_month
            spot = kind == "spot"
            found.append(Offer(price.provider, kind, spot, price.region, rate, cost, price.source))
    return sorted(found, key=lambda offer: (offer.usd_per_gpu_hour, offer.provider))


def _charges(tree: Scenario, name: str, catalog: Any) -> list[Charge] | None:
    """The month's charges, and what is bought at once; None where the GPU has no price."""
    prices = Prices(catalog, tree.prices, tree.successors)
    month = months_of(tree, prices)[0]
    hosted: Any = tree.architectures[name]
    arriving = traffic(tree, month)
    try:
        found = list(hosted.charges(name, arriving, month))
    except UnknownPrice:
        return None
    if hosted.bought():
        replicas = hosted.fleet(name, arriving, month).replicas
        found.append(hosted.gpu.purchase(name, hosted.gpu_factors(replicas), tree.horizon_months))
    return found + ([hosted.edge.purchase(name)] if hosted.edge is not None else [])


def _headline(tree: Scenario, name: str, catalog: Any) -> dict[Any, Output]:
    hosted = tree.architectures[name]
    assert isinstance(hosted, SelfHosted)  # noqa: S101 - chosen so
    prices = Prices(catalog, tree.prices, tree.successors)
    month = months_of(tree, prices)[0]
    arriving = traffic(tree, month)
    charges = _charges(tree, name, catalog)
    cost = None if charges is None else total(charges, "monthly")
    once = None if charges is None else total(charges, "one_time")
    rate, deployable, tokens = _rates(hosted, arriving, month, name)
    fleet = hosted.fleet(name, arriving, month)
    gpus = fleet.replicas.value * hosted.gpus_per_replica
    owned = hosted.gpu is not None and hosted.gpu.owned and hosted.gpu.usd_per_kwh is not None
    figures: dict[Any, Output] = {
        "requests_per_second": rate,
        "deployable_requests_per_second": deployable,
        "tokens_per_second": tokens,
        "replicas": fleet.replicas.value,
        "gpus": gpus,
        "utilisation": None,
        "full_at_requests_per_month": None,
        "one_time_cost": once,
        "monthly_cost": cost,
        "energy_kwh_per_month": gpus * hosted.gpu.kwh_per_gpu_month(month).value if owned and hosted.gpu else None,
        "cost_per_mtok": None,
        "cost_per_output_mtok": None,
        "cost_per_request": None,
    }
    if not arriving:
        return figures
    requests = sum((stream.requests for stream in arriving), 0.0)
    all_tokens = sum((stream.tokens for stream in arriving), 0.0)
    written = sum((stream.requests * stream.output_tokens.value for stream in arriving), 0.0)
    known = tree.workload is not None and tree.workload.requests_known
    working = fleet.replicas.value - (hosted.spare if hosted.edge is None else 0)
    return figures | {
        "utilisation": fleet.utilisation,
        "full_at_requests_per_month": working * fleet.requests_per_replica_month if known else None,
        "cost_per_mtok": Ratio(cost, all_tokens, 1e6),
        "cost_per_output_mtok": Ratio(cost, written, 1e6),
        "cost_per_request": Ratio(cost, requests, 1.0) if known else None,
    }


def _rates(
    hosted: SelfHosted, arriving: list[Any], month: Month, name: str
) -> tuple[Number | None, Number | None, Number | None]:
    """Requests a second of one replica, what of it is deployable, and tokens a second; None is unknown."""
    size = hosted.size(arriving)
    each = None if size is None else size.input_tokens + size.output_tokens
    measured = hosted.throughput
    edge = hosted.edge
    if edge is not None and edge.tokens_per_second is not None:
        rate = None if size is None or is_zero(size.output_tokens) else edge.tokens_per_second / size.output_tokens
        return (
            rate,
            None if rate is None else rate * hosted.target_utilisation,
            None if rate is None or each is None else rate * each,
        )
    if measured is None:
        modelled = hosted.modelled(arriving, month, name).requests_per_second * hosted.error(hosted.setup(month))
        hosted.refuse_unheld(arriving, month, name)
        held = hosted.held(arriving, month)
        if held is not None:
            within = held.requests_per_second * hosted.error(hosted.setup(month))
            return modelled, within, None if each is None else modelled * each
        deployable = modelled * hosted.practice() * hosted.target_utilisation
        return modelled, deployable, None if each is None else modelled * each
    if measured.runs:
        rate = hosted.measured_rate(arriving, month, name)
        utilised = 1.0 if hosted.limits(month).stated else hosted.target_utilisation
        return rate, None if rate is None else rate * utilised, None if each is None or rate is None else rate * each
    if measured.tokens_per_second is not None:
        rate = None if each is None or is_zero(each) else measured.tokens_per_second / each
        return rate, None if rate is None else rate * hosted.target_utilisation, measured.tokens_per_second
    rate = measured.requests_per_second
    if rate is None:
        assert measured.requests_per_month is not None  # noqa: S101 - exactly one is given
        rate = measured.requests_per_month / (month.hours * 3600)
        return rate, None, None if each is None else rate * each
    return rate, rate * hosted.target_utilisation, None if each is None else rate * each
