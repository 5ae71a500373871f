"""Every rate, price and time that a scenario states of its own machines, held against what physics allows."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from llmcost.architectures.architecture import Month
from llmcost.architectures.flow import reachable
from llmcost.architectures.prices import Prices
from llmcost.arithmetic import is_array
from llmcost.capacity.bound import Verdict, check_latency, check_price, check_rate, fastest_answer
from llmcost.capacity.setup import Setup
from llmcost.capacity.work import hidden_mixture
from llmcost.economics.horizon import months_of, traffic
from llmcost.errors import Impossible, UnknownPrice
from llmcost.estimate import Charge
from llmcost.quantity import at_middle
from llmcost.scenario import Scenario

Size = tuple[float, float]
_RUNS = ("hours", "tokens", "samples")  # what a charge for training runs begins with


class Stated(NamedTuple):
    """One stated figure: where it stands in the scenario, and the verdict on it."""

    path: tuple[str, ...]
    verdict: Verdict


def stated_figures(scenario: Scenario, prices: Prices) -> Iterator[Stated]:
    """Every stated throughput, price and latency of machines whose model and hardware are known.

    With several task types a figure is judged by the one that is kindest to it, since a route may
    send only that one here.
    """
    point: Scenario = at_middle(scenario)
    month = months_of(point, prices)[0]
    for name, architecture in point.architectures.items():
        served = architecture.served_by()
        if served is None:
            continue
        try:
            meant = served.setups_meant(month)
        except UnknownPrice:
            continue
        sizes = _sizes(architecture, served, traffic(point, month), month)
        if not meant or not sizes:
            continue
        for path, judge in _judges(name, architecture, served, meant, month):
            yield Stated(path, min((judge(size) for size in sizes), key=lambda verdict: verdict.factor))


def refuse_impossible(scenario: Scenario, prices: Prices, where: Callable[[tuple[str, ...], bool], str]) -> None:
    """Raise Impossible, with its place, for a stated figure of one's own machines that physics does not allow."""
    for stated in stated_figures(scenario, prices):
        if stated.verdict.verdict == "impossible":
            raise Impossible(
                stated.verdict.message,
                where=where(stated.path, False),
                hint="measure it again, or leave it out to have it modelled",
            )


def machine_warnings(
    scenario: Scenario, names: Iterable[str], charges: Iterable[Charge], prices: Prices
) -> Iterator[tuple[str, str]]:
    """Code and message: figures above the model's band, requests beyond the context, training that is the least of it."""
    concerned = {part for name in names for part, _ in reachable(name, scenario.architectures)}
    if any(scenario.architectures[name].served_by() is not None for name in concerned):
        for stated in stated_figures(scenario, prices):
            if stated.verdict.verdict != "plausible" and stated.path[1] in concerned:
                yield "above_model", f"{'.'.join(stated.path[1:])}: {stated.verdict.message}"
        yield from _unmodelled(scenario, concerned, prices)
    yield from _small_training(charges)


def _unmodelled(scenario: Scenario, concerned: Iterable[str], prices: Prices) -> Iterator[tuple[str, str]]:
    point: Scenario = at_middle(scenario)
    month = months_of(point, prices)[0]
    for name in sorted(concerned):
        served = point.architectures[name].served_by()
        if served is None or served.model is None:
            continue
        shape = _shape(served, month)
        if shape is None:
            what = f"{name}: the catalog does not describe {served.model}, so its rate is not held against a model"
            yield "unknown_open_model", what
            continue
        if hidden_mixture(shape) and served.modelled_by_default:
            yield (
                "hidden_mixture",
                f"{name}: {shape.model} has more parameters than a dense model of its layers and width, so it is a mixture "
                "of experts; read as dense it is served too slowly: give active_parameters, experts and experts_per_token",
            )
        for size in _sizes(point.architectures[name], served, traffic(point, month), month):
            if shape.context_window is not None and sum(size) > shape.context_window:
                yield (
                    "beyond_context",
                    f"{name}: a request of {sum(size):,.0f} tokens is beyond the context of {shape.model}, "
                    f"{shape.context_window:,}",
                )


def _shape(served: Any, month: Month) -> Any:
    try:
        return served.shape(month)
    except UnknownPrice:
        return None


def _small_training(charges: Iterable[Charge]) -> Iterator[tuple[str, str]]:
    """GPU time is seldom what a fine-tune costs: said where it is the smallest of what is paid once."""
    once: dict[str, list[Charge]] = {}
    for charge in charges:
        if charge.cadence == "one_time" and not is_array(charge.cost):
            once.setdefault(charge.group, []).append(charge)
    for group, paid in once.items():
        runs = [charge for charge in paid if charge.name == "training" and charge.factors[0].name in _RUNS]
        rest = [charge for charge in paid if charge not in runs and charge.cost > 0]
        if runs and rest and runs[0].cost < min(charge.cost for charge in rest):
            most = max(rest, key=lambda charge: charge.cost)
            yield (
                "training_is_least",
                f"{group}: training is the smallest term of the build, ${runs[0].cost:,.2f}; "
                f"{most.name} is ${most.cost:,.0f}",
            )


def _sizes(architecture: Any, served: Any, streams: list[Any], month: Month) -> list[Size]:
    counted = architecture.counted_here(streams, served.model, month)
    found = [served.size([stream]) for stream in counted] if counted else [served.size([])]
    return [(size.input_tokens, size.output_tokens) for size in found if size is not None and sum(size) > 0]


def _judges(
    name: str, architecture: Any, served: Any, meant: list[Setup], month: Month
) -> Iterator[tuple[tuple[str, ...], Callable[[Size], Verdict]]]:
    start = ("architectures", name) if architecture is served else ("architectures", name, "serving")
    measured = served.throughput
    if measured is not None and not measured.runs and served.edge is None:
        field = next(iter(measured.model_fields_set))

        def rate(size: Size) -> Verdict:
            if measured.requests_per_month is not None:
                return check_rate(measured.requests_per_month / (month.hours * 3600), meant, *size)
            if measured.tokens_per_second is not None:
                return check_rate(measured.tokens_per_second / sum(size), meant, *size)
            return check_rate(measured.requests_per_second, meant, *size)

        yield (*start, "throughput", field), rate
    if served.edge is not None and served.edge.tokens_per_second is not None:

        def device(size: Size) -> Verdict:
            return _device(served.edge.tokens_per_second, meant, size)

        yield (*start, "edge", "tokens_per_second"), device
    if served.stated_cost_per_mtok is not None and served.gpu is not None:
        hourly = _hourly(served, month)
        if hourly:
            yield (
                (*start, "stated_cost_per_mtok"),
                lambda size: check_price(served.stated_cost_per_mtok, hourly, meant, *size),
            )
    if architecture.p99_latency_ms:
        yield (
            ("architectures", name, "p99_latency_ms"),
            lambda size: check_latency(architecture.p99_latency_ms, meant, *size),
        )
    if architecture.first_token_ms:
        yield (
            ("architectures", name, "first_token_ms"),
            lambda size: check_latency(architecture.first_token_ms, meant, *size, of="first_token"),
        )


def _hourly(served: Any, month: Month) -> float | None:
    try:
        found: float | None = served.gpu.usd_per_hour_of_use(month)
    except UnknownPrice:
        return None
    return found


def _device(tokens_per_second: float, meant: list[Setup], size: Size) -> Verdict:
    """Written tokens a second of one device that answers one request at a time."""
    steps = []
    for one in meant:
        first, last = fastest_answer(one, size[0], 2.0)
        steps.append((last - first, one))
    step, best = min(steps, key=lambda pair: pair[0])
    factor = tokens_per_second * step
    on = f"{best.model.model} at {best.precision} on {best.gpu.gpu}, one request at a time"
    if factor > 1 + 1e-9:
        message = (
            f"{tokens_per_second:,.4g} tokens a second is impossible: {factor:,.3g} times the physical bound of "
            f"{1 / step:,.3g}, set by bandwidth ({on})"
        )
        return Verdict("impossible", tokens_per_second, factor, 1 / step, "bandwidth", None, None, message)
    message = f"{tokens_per_second:,.4g} tokens a second is possible: the bound is {1 / step:,.3g} ({on})"
    return Verdict("plausible", tokens_per_second, factor, 1 / step, "bandwidth", None, None, message)
