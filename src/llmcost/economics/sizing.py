"""The cheapest GPUs for a load within limits on latency: every GPU with a price × GPUs a replica × precision.

A replica serves its goodput (capacity/goodput.py), `replicas = ceil(load ÷ goodput) + spare`, and the
times are those of a replica at its share of the load.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

from llmcost.arithmetic import ceil
from llmcost.capacity.fitting import COUNTS
from llmcost.capacity.goodput import Goodput, Limits, goodput_of, times_of
from llmcost.capacity.latency import Load, Replica, replica, under_load
from llmcost.capacity.setup import Setup
from llmcost.catalog.models import GpuPrice, GpuSpec
from llmcost.errors import InputError

PRECISIONS = ("bf16", "fp8", "fp4")
SHOWN = 10


class Option(NamedTuple):
    """One way to serve the load: the fleet, its rent a month, and what a request waits, in milliseconds.

    `chance` is that of the limits to hold at this load; `binds` what keeps a replica from serving more.
    """

    gpu: str
    provider: str
    precision: str
    gpus_per_replica: int
    replicas: float
    gpus: float
    usd_per_gpu_hour: float
    monthly_cost: float
    requests_per_second: float
    first_token_ms: float
    token_ms: float
    chance: float
    binds: str


class LimitCost(NamedTuple):
    """What one limit costs: a month with it less a month without it, both of the cheapest fleet."""

    limit: str
    monthly_cost_without: float
    costs: float


class Sizing(NamedTuple):
    """The fleets that hold the limits, the cheapest first, and what each limit costs."""

    load_requests_per_second: float
    considered: int
    options: tuple[Option, ...]
    limit_costs: tuple[LimitCost, ...]


class Candidate(NamedTuple):
    """A replica that is ready for any load, with its GPU's cheapest price."""

    setup: Setup
    price: GpuPrice
    replica: Replica


def candidates(
    setup: Setup,
    catalog: Any,
    day: date,
    size: tuple[float, float],
    precisions: Sequence[str] = PRECISIONS,
    counts: Sequence[int] = COUNTS,
) -> Iterator[Candidate]:
    """Every GPU of the catalog with a price, at each count and precision that it computes in and that fits."""
    for spec, price in _priced(catalog, day):
        for precision in precisions:
            if not _computes(spec, precision):
                continue
            for count in counts:
                if count % (setup.data_parallel * setup.pipeline_parallel):
                    continue
                one = setup._replace(gpu=spec, gpus=float(count), precision=precision)
                ready = replica(one, *size)
                if ready is not None:
                    yield Candidate(one, price, ready)


def _priced(catalog: Any, day: date) -> Iterator[tuple[GpuSpec, GpuPrice]]:
    for name in catalog.compiled["gpus"]:
        if name in catalog.compiled["gpu_prices"]:
            try:
                yield catalog.gpu(name), catalog.gpu_prices(name, None, day)[0]
            except InputError:
                continue  # its first price is of a later day


def _computes(spec: GpuSpec, precision: str) -> bool:
    return precision in ("bf16", "int4") or bool(spec.fp8_tflops if precision == "fp8" else spec.fp4_tflops)


def cheapest_fleets(found: Iterable[Candidate], load: float, limits: Limits, hours: float, spare: int = 0) -> Sizing:
    """All fleets for `load` requests a second. Raises InputError where none holds the limits, naming the nearest."""
    every = list(found)
    options: list[Option] = []
    nearest: tuple[float, Candidate, Goodput] | None = None
    for one in every:
        held = goodput_of(one.replica, limits)
        if held.requests_per_second > 0:
            options.append(_option(one, held, load, limits, hours, spare))
            continue
        over = max((takes / limit for _, takes, limit in times_of(one.replica, held.load, limits)), default=1.0)
        if nearest is None or over < nearest[0]:
            nearest = (over, one, held)
    if not options:
        raise _none_holds(nearest, limits)
    options.sort(key=lambda option: (option.monthly_cost, option.gpus, option.gpu, option.precision))
    return Sizing(load, len(every), tuple(options), tuple(_limit_costs(every, load, limits, hours, spare, options[0])))


def _option(one: Candidate, held: Goodput, load: float, limits: Limits, hours: float, spare: int) -> Option:
    replicas = max(ceil(load / held.requests_per_second), 1.0)
    each = load / replicas
    there: Load = under_load(one.replica, each, limits.percentile) or held.load
    gpus = (replicas + spare) * one.setup.gpus
    from llmcost.capacity.goodput import chance

    return Option(
        gpu=one.setup.gpu.gpu,
        provider=one.price.provider,
        precision=one.setup.precision,
        gpus_per_replica=int(one.setup.gpus),
        replicas=replicas + spare,
        gpus=gpus,
        usd_per_gpu_hour=one.price.usd_per_gpu_hour,
        monthly_cost=gpus * one.price.usd_per_gpu_hour * hours,
        requests_per_second=held.requests_per_second,
        first_token_ms=(there.queue_s + there.first_token_s) * 1000,
        token_ms=there.token_s * 1000,
        chance=chance(one.replica, there, limits),
        binds=held.binds,
    )


_NAMES = {"first_token": "first token", "token": "time a token", "answer": "p99 of the answer"}


def _limit_costs(
    every: list[Candidate], load: float, limits: Limits, hours: float, spare: int, best: Option
) -> Iterator[LimitCost]:
    for field, name in _NAMES.items():
        if getattr(limits, field) is None:
            continue
        without, least = limits._replace(**{field: None}), best.monthly_cost
        for one in every:
            price = one.setup.gpus * one.price.usd_per_gpu_hour * hours
            if price * (1 + spare) >= least:
                continue  # even one replica costs more
            held = goodput_of(one.replica, without)
            if held.requests_per_second > 0:
                least = min(least, price * (max(ceil(load / held.requests_per_second), 1.0) + spare))
        yield LimitCost(name, least, best.monthly_cost - least)


def _none_holds(nearest: tuple[float, Candidate, Goodput] | None, limits: Limits) -> InputError:
    if nearest is None:
        return InputError(
            "the model fits on no set of up to 8 GPUs that anybody rents",
            where="llmcost host",
            hint="give --precision fp8 or int4, or --gpus-per-replica",
        )
    over, one, held = nearest
    takes = ", ".join(
        f"{seconds * 1000:,.3g} ms {'to the ' if name == 'first token' else 'of '}{name}"
        for name, seconds, _ in times_of(one.replica, held.load, limits)
    )
    return InputError(
        f"no GPU of the catalog keeps the limits, not even for one request alone; the nearest is {one.setup.gpus:g} × "
        f"{one.setup.gpu.gpu} at {one.setup.precision}: {takes}, {over:,.3g} times the limit",
        where="--max-ttft, --max-tpot",
        hint="raise the limit, give a smaller model, or speculative decoding (--accepted-tokens)",
    )
