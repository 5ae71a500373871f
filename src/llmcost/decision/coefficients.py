"""The programme of a policy from the estimates themselves: what grows with the requests, what is paid once used, what
comes in whole replicas.

Every option is estimated alone, with one segment as its only traffic; its charges are then told apart as break-even
does. A charge by volume goes to the option, a fleet's rent to its replicas, all else is paid once by whoever uses it.
No formula stands here a second time, and a chosen assignment is priced by the estimate again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from llmcost.architectures.fleets import fleets_of
from llmcost.architectures.prices import Prices
from llmcost.decision.programme import FixedCost, FleetCost, Limits, Option, Programme
from llmcost.economics.horizon import discount, months_of, one_time_charges, priced_months, traffic
from llmcost.estimate import Charge, Factor
from llmcost.scenario import Scenario

BY_VOLUME = ("requests_per_month", "lots_per_month")


class _Found(NamedTuple):
    """What all options together name: fixed costs by their key, fleets by their name."""

    fixed: dict[str, FixedCost]
    fleets: dict[str, FleetCost]


def programme_of(
    alone: Mapping[str, Scenario],
    allowed: Mapping[str, Sequence[str]],
    weights: Mapping[str, float],
    qualities: Mapping[tuple[str, str], float | None],
    prices: Prices,
    limits: Limits,
    *,
    shares: bool = False,
) -> Programme:
    """The programme that assigns each segment one of its allowed architectures.

    `alone` is the scenario of each segment by itself, made of numbers; `qualities` the share of the baseline's
    quality kept, by segment and architecture. Every allowed architecture has to be served in all months.
    """
    found = _Found({}, {})
    options = tuple(
        tuple(_option(name, alone[segment], prices, qualities.get((segment, name)), found) for name in allowed[segment])
        for segment in alone
    )
    names = tuple(alone)
    worth = tuple(_worth(next(iter(alone.values())), prices))
    own = tuple(weights[name] for name in names)
    return Programme(names, options, own, found.fixed, found.fleets, limits, shares, worth)


def _worth(scenario: Scenario, prices: Prices) -> list[float]:
    """What a dollar of each month is worth today; nothing where no discount rate is stated."""
    if not scenario.discount_rate:
        return []
    return [float(discount(scenario, month)) for month in months_of(scenario, prices)]


def _option(name: str, scenario: Scenario, prices: Prices, quality: float | None, found: _Found) -> Option:
    months = priced_months(name, scenario, prices)
    linear = [0.0] * len(months)
    fixed: dict[str, list[float]] = {}
    for position, (_, charges) in enumerate(months):
        for key, charge in _named(charges or ()):
            if charge.factors[0].name in BY_VOLUME:
                linear[position] += float(charge.cost)
            elif not _by_replica(charge):
                fixed.setdefault(key, [0.0] * len(months))[position] += float(charge.cost)
    uses = set()
    for key, costs in fixed.items():
        uses.add(_pay(found, f"monthly {key}", 0.0, costs))
    for key, charge in _named(one_time_charges(name, scenario, months[0].month)):
        uses.add(_pay(found, f"once {key}", float(charge.cost), [0.0] * len(months)))
    loads = _loads(name, scenario, prices, found, uses)
    return Option(name, tuple(linear), loads, frozenset(uses), quality)


def _named(charges: Sequence[Charge]) -> Iterator[tuple[str, Charge]]:
    """Charges with a name that is theirs in every option: who is paid, for what, and the how manieth of that."""
    seen: dict[tuple[str, str], int] = {}
    for charge in charges:
        count = seen[charge.group, charge.name] = seen.get((charge.group, charge.name), 0) + 1
        yield f"{charge.group}: {charge.name} {count}", charge


def _by_replica(charge: Charge) -> bool:
    first = charge.factors[0]
    return first.name == "replicas" and "ceil(" in first.rule


def _pay(found: _Found, key: str, once: float, months: Sequence[float]) -> str:
    """A fixed cost by its key. The same one may cost more in one option than in another where it starts sooner."""
    before = found.fixed.get(key)
    if before is not None:
        once = max(once, before.once)
        months = [max(a, b) for a, b in zip(months, before.months, strict=True)]
    found.fixed[key] = FixedCost(once, tuple(months))
    return key


def _loads(
    name: str, scenario: Scenario, prices: Prices, found: _Found, uses: set[str]
) -> dict[str, tuple[float, ...]]:
    """Replicas, fractions of one, that the segment needs of each fleet, month by month."""
    months = [priced.month for priced in priced_months(name, scenario, prices)]
    loads: dict[str, list[float]] = {}
    for position, month in enumerate(months):
        for node, served, live, answered in fleets_of(name, scenario.architectures, traffic(scenario, month), month):
            if served.edge is not None:
                continue  # its devices are there whatever the volume: a fixed cost
            cost = float(served.replica_month_cost(month) * live)
            _rent(found, node, position, cost, len(months))
            if served.spare:
                spare = [0.0] * len(months)
                spare[position] = cost * served.spare
                before = found.fixed.get(f"spare {node}", FixedCost(0.0, tuple(spare))).months
                together = [b if i != position else max(b, spare[i]) for i, b in enumerate(before)]
                uses.add(_pay(found, f"spare {node}", 0.0, together))
            arriving = sum((float(stream.requests) for stream in answered), 0.0)
            if arriving > 0 and live > 0:
                one = float(served.requests_per_replica_month(answered, month, node))
                loads.setdefault(node, [0.0] * len(months))[position] = arriving / float(live) / one
            if served.bought():
                _buy(found, node, served, uses, len(months))
    return {node: tuple(own) for node, own in loads.items()}


def _rent(found: _Found, node: str, position: int, cost: float, months: int) -> None:
    before = found.fleets.get(node, FleetCost((0.0,) * months))
    costs = list(before.months)
    costs[position] = max(costs[position], cost)
    found.fleets[node] = before._replace(months=tuple(costs))


def _buy(found: _Found, node: str, served: object, uses: set[str], months: int) -> None:
    """What a replica of one's own costs to buy, and its spares."""
    one = served.gpu_factors(Factor("replicas", 1.0))  # type: ignore[attr-defined]
    price = float(served.gpu.purchase(node, one, months).cost)  # type: ignore[attr-defined]
    found.fleets[node] = found.fleets[node]._replace(purchase=price)
    spare = served.spare  # type: ignore[attr-defined]
    if spare:
        uses.add(_pay(found, f"spare bought {node}", price * spare, [0.0] * months))
