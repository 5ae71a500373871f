"""An architecture over the months of the horizon.

`total = one-time + Σ months`; month m carries v·(1+g)^(m−1) requests, and is priced by its own
first day, so that published future prices and retirements are in it (docs/methods/time.md).
Months that do not differ are worked out once. A monthly charge of the result is the mean over the
horizon, and still the product of its factors.
"""

from bisect import bisect_right
from datetime import date
from typing import NamedTuple
from weakref import proxy

from llmcost.architectures.architecture import Architecture, Month, Retired
from llmcost.architectures.fleets import purchases
from llmcost.architectures.flow import models_of, month_charges, reachable
from llmcost.architectures.prices import Prices
from llmcost.arithmetic import Number, is_array, is_zero, mean_of, where
from llmcost.capacity.goodput import Limits
from llmcost.economics.products import Products
from llmcost.economics.quality_kept import Evidence
from llmcost.errors import InputError
from llmcost.estimate import Cadence, Charge, Estimate, Factor, MonthCost
from llmcost.requirements import Requirements
from llmcost.scenario import Scenario
from llmcost.workload import Stream, streams


class Priced(NamedTuple):
    """A month with its charges; None where the month cannot be served."""

    month: Month
    charges: list[Charge] | None


def months_of(scenario: Scenario, prices: Prices) -> list[Month]:
    """The months of the horizon, each with its first day, growth and price drift; shared by all estimates."""
    if prices is None:
        return _months_of(scenario, prices)
    if id(scenario) not in prices.months:
        prices.months[id(scenario)] = (scenario, _months_of(scenario, prices))
    return prices.months[id(scenario)][1]


def _months_of(scenario: Scenario, prices: Prices) -> list[Month]:
    growth = scenario.workload.growth_per_month if scenario.workload else 0.0
    drifts = scenario.drifts(str if prices is None else prices.identity)
    steady = is_zero(growth)
    evidence = Evidence(scenario)
    return [
        Month(
            number=number,
            first_day=scenario.first_day(number),
            growth=1.0 if steady or number == 1 else (1 + growth) ** (number - 1),
            drifts=drifts,
            hours=scenario.hours,
            hours_assumed=scenario.hours_assumed,
            workload=scenario.workload,
            prices=prices if prices is None else proxy(prices),  # prices hold the months: no circle of arrays
            models=scenario.models,
            evidence=evidence,
            contract=scenario.contract,
            memory={},
            limits=limits_of(scenario.requirements),
        )
        for number in range(1, scenario.horizon_months + 1)
    ]


def limits_of(required: Requirements) -> Limits | None:
    """The requirements on latency in seconds; None without any.

    A fleet is built once, for one limit: of a range the expected one. The requirement is judged by each draw's own.
    """

    def seconds(limit: Number | None) -> float | None:
        return None if limit is None else mean_of(limit) / 1000

    found = Limits(
        first_token=seconds(required.first_token_ms),
        token=seconds(required.token_ms),
        answer=seconds(required.p99_latency_ms),
        percentile=required.latency_percentile,
        confidence=required.sized_for,
    )
    return found if found.stated else None


def traffic(scenario: Scenario, month: Month) -> list[Stream]:
    """The requests of the month, by segment; none where the scenario has no workload."""
    if scenario.workload is None:
        return []
    # Every architecture asks for it; a copy of the scenario with other traffic has months of its own, or its own key.
    key = ("traffic", id(scenario.workload), id(scenario.segments), id(scenario.measured))
    if key not in month.memory:
        found = streams(scenario.workload, scenario.segments, month.growth, month.number, scenario.measured)
        month.memory[key] = (found, scenario)  # the scenario is kept: an identity is its own while it lives
    traffic_: list[Stream] = month.memory[key][0]
    return traffic_


def priced_months(name: str, scenario: Scenario, prices: Prices) -> list[Priced]:
    """Every month with its charges; equal months share theirs. The last answer is kept, since others ask for it next."""
    kept = prices.priced
    if kept is None or kept[0] is not scenario or kept[1] != name:
        kept = prices.priced = (scenario, name, _priced_months(name, scenario, prices))
    return kept[2]


def _priced_months(name: str, scenario: Scenario, prices: Prices) -> list[Priced]:
    months = months_of(scenario, prices)
    involved = [architecture for _, architecture in reachable(name, scenario.architectures)]
    days: list[date] = []
    for model in models_of(name, scenario.architectures):
        days += prices.changes(model, months[0].first_day, months[-1].first_day)
    days.sort()
    done: dict[object, list[Charge] | None] = {}
    result = []
    for month in months:
        key = _signature(month, months[max(month.number - 2, 0)].first_day, days, involved)
        if key not in done:
            try:
                done[key] = month_charges(name, scenario.architectures, traffic(scenario, month), month)
            except Retired:
                done[key] = None
        result.append(Priced(month, done[key]))
    return result


def _signature(month: Month, before: date, days: list[date], involved: list[Architecture]) -> object:
    """What a month's charges depend on besides the architecture; equal signatures, equal charges."""
    epoch = bisect_right(days, month.first_day)
    values = [month.growth, *month.drifts.rates]
    if not all(is_zero(rate) for rate in month.drifts.rates):
        values.append(month.number)
    for architecture in involved:
        values += architecture.phase(month)
    if any(is_array(value) for value in values):
        return month.number
    return (epoch, epoch != bisect_right(days, before), *values)


def one_time_charges(name: str, scenario: Scenario, month: Month) -> list[Charge]:
    """What is paid once, for this architecture and everything below it but its fallbacks."""
    return [
        charge
        for current, architecture in reachable(name, scenario.architectures, fallbacks=False)
        for charge in architecture.one_time_charges(current, month)
    ]


class Worked(NamedTuple):
    """An estimate with what it is made of: what is paid once, and every month's charges."""

    estimate: Estimate
    one_time: list[Charge]
    priced: list[Priced]


def estimate(name: str, scenario: Scenario, prices: Prices) -> Estimate:
    """What an architecture costs over the horizon, month by month.

    Raises InputError and UnknownPrice; a month after a retirement without a successor is None.
    On draws the charges are left out: `expected` sums them up.
    """
    found = worked_out(name, scenario, prices)
    if is_array(found.estimate.total_cost):
        return found.estimate
    return found.estimate._replace(charges=(*found.one_time, *mean_charges(found.priced)))


def worked_out(name: str, scenario: Scenario, prices: Prices) -> Worked:
    """The estimate without its charges, and these as they are: once, and month by month."""
    called = models_of(name, scenario.architectures) if scenario.workload is None else []
    if called:  # no request is no cost, and nobody said that there is none
        raise InputError(
            f"{name} pays {called[0]} by the token, and there is no workload",
            where=f"architectures.{name}",
            hint="give --requests 1M --input 1000 --output 200, or workload: in the scenario",
            in_file="write workload: {requests_per_month: 1M, input_tokens: 1000, output_tokens: 200}",
        )
    priced = priced_months(name, scenario, prices)
    one_time = one_time_charges(name, scenario, priced[0].month)
    one_time += purchases(name, scenario.architectures, [(p.month, traffic(scenario, p.month)) for p in priced])
    once = _total(one_time, "one_time", priced[0].month)
    months: list[MonthCost] = []
    spent: Number | None = 0.0  # summed apart: taking the one-time cost off again would leave its noise
    discounted: Number | None = once
    costs: dict[int, Number] = {}
    because = ""
    undiscounted = is_zero(scenario.discount_rate)
    for month, charges in priced:
        if charges is None:
            months.append(MonthCost(month.number, month.first_day, None, None, None, None))
            because = because or _retired_words(month, retiring(name, scenario, prices))
            spent = discounted = None
            continue
        if id(charges) not in costs:
            costs[id(charges)] = _total(charges, "monthly", month)
        cost = costs[id(charges)]
        spent = None if spent is None else spent + cost
        cumulative = None if spent is None else once + spent
        value = cost if undiscounted else cost * discount(scenario, month)
        discounted = cumulative if undiscounted else None if discounted is None else discounted + value
        months.append(MonthCost(month.number, month.first_day, cost, cumulative, value, discounted))
    monthly_cost = None if spent is None else spent / len(months)
    total_cost = months[-1].cumulative_cost
    return Worked(Estimate(name, (), tuple(months), once, monthly_cost, total_cost, because), one_time, priced)


def _total(charges: list[Charge], cadence: Cadence, month: Month) -> Number:
    """USD of the charges; on draws each array that they share is multiplied once."""
    products: Products = month.memory.setdefault("products", Products())
    return products.total(charges, cadence)


def discount(scenario: Scenario, month: Month) -> Number:
    """What a dollar of this month is worth today: month m is paid at m/12 years."""
    if is_zero(scenario.discount_rate):
        return 1.0
    return month.once("discount", lambda: (1 + scenario.discount_rate) ** (-month.number / 12))


def retiring(name: str, scenario: Scenario, prices: Prices) -> list[Retired]:
    """Every model of an architecture that retires before its last month without a successor, the first to go first."""
    found: dict[str, Retired] = {}
    last = scenario.first_day(scenario.horizon_months)
    for model in models_of(name, scenario.architectures):
        try:
            prices.price(model, last)
        except Retired as gone:  # the model itself, or the successor that it leads to
            found[gone.model] = gone
    return sorted(found.values(), key=lambda gone: (gone.retires_on, gone.model))


def _retired_words(month: Month, gone: list[Retired]) -> str:
    models = ", ".join(f"{each.model} on {each.retires_on}" for each in gone)
    return f"from month {month.number} ({month.first_day:%Y-%m}) a model has retired ({models})"


def mean_charges(priced: list[Priced]) -> list[Charge]:
    """The months' charges as one list, each the mean over the horizon and a product of factors.

    Of the factors that vary from month to month the first becomes its mean, each further one its
    mean weighted by those before it: the product is then exactly the mean of the products.
    """
    horizon = len(priced)
    groups: dict[object, list[tuple[Charge, Month]]] = {}
    for month, charges in priced:
        seen: dict[object, int] = {}
        for charge in charges or ():
            kind = kind_of(charge)
            seen[kind] = seen.get(kind, 0) + 1  # a model reached by two ways is charged twice a month
            groups.setdefault((kind, seen[kind]), []).append((charge, month))
    return [_mean(group, horizon) for group in groups.values()]


def kind_of(charge: Charge) -> object:
    # The same charge in two months, unless a catalog price changed: that one stands apart.
    prices = tuple(
        (f.rule, f.value, f.source)
        for f in charge.factors
        if f.origin in ("catalog", "assumed") and not is_array(f.value)
    )
    return charge.group, charge.name, tuple(f.name for f in charge.factors), prices


def _mean(group: list[tuple[Charge, Month]], horizon: int) -> Charge:
    first, count = group[0][0], len(group)
    if count == horizon and all(charge.factors is first.factors for charge, _ in group):
        return first
    factors: list[Factor] = []
    weights: list[Number] = [1.0] * count
    earlier = False  # whether one before it varied already
    for position, factor in enumerate(first.factors):
        values = [charge.factors[position].value for charge, _ in group]
        if all(value is factor.value or (not is_array(value) and value == factor.value) for value in values):
            factors.append(factor)
            continue
        weighted = [weight * value for weight, value in zip(weights, values, strict=True)]
        over = sum(weights[1:], weights[0])
        safe = where(over == 0, 1.0, over)
        mean = where(over == 0, sum(values) / count, sum(weighted[1:], weighted[0]) / safe)
        weights = weighted
        rule = _mean_rule(factor, group, values)
        factors.append(factor._replace(value=mean, origin="derived", rule=f"weighted {rule}" if earlier else rule))
        earlier = True
    if count != horizon:
        numbers = [month.number for _, month in group]
        rule = f"billed in {count} of {horizon} months ({spans(numbers)})"
        factors.append(Factor("months_billed", count / horizon, "", "derived", rule))
    return first._replace(factors=tuple(factors))


def _mean_rule(factor: Factor, group: list[tuple[Charge, Month]], values: list[Number]) -> str:
    rule = f"mean over {len(group)} months"
    if not any(is_array(value) for value in values):
        rule += f", from {values[0]:,.6g} to {values[-1]:,.6g}"
    return f"{rule}; in month {group[0][1].number}: {factor.rule}" if factor.rule else rule


def spans(numbers: list[int]) -> str:
    """`2–12` or `3, 6, 9, 12`."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in spans)


def volume(scenario: Scenario) -> tuple[Number, Number] | None:
    """Requests and tokens of the whole horizon; None without a workload."""
    if scenario.workload is None:
        return None
    growth = scenario.workload.growth_per_month
    months = scenario.horizon_months
    multiplier: Number = float(months)
    if not is_zero(growth):
        multiplier = sum(((1 + growth) ** m for m in range(1, months)), 1.0)
    first = streams(scenario.workload, scenario.segments, 1.0, 1, scenario.measured)
    requests = sum((stream.requests for stream in first), 0.0)
    tokens = sum((stream.tokens for stream in first), 0.0)
    return requests * multiplier, tokens * multiplier


def need_workload(scenario: Scenario, command: str) -> None:
    """Raise where a command cannot do without traffic."""
    if scenario.workload is None:
        raise InputError(
            f"{command} needs a workload",
            hint="give a scenario file, or --requests 1M --input 1000 --output 200",
            in_file="write workload: {requests_per_month: 1M, input_tokens: 1000, output_tokens: 200}",
        )
