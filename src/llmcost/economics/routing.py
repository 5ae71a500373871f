"""Tier mixes against a named baseline, for the first month (docs/methods/routing.md).

Beside the mixes always stand the single models they are made of: on several published data sets
the cheapest good single model saved more than the router did. Where qualities are known, each mix
is also held against mixing the cheapest and the strongest model at random for the same money.
"""

from typing import Any, NamedTuple

from llmcost.architectures.api import Api, short_name
from llmcost.architectures.flow import inflow
from llmcost.architectures.prices import Prices
from llmcost.architectures.routed import Routed
from llmcost.arithmetic import Number
from llmcost.economics.cascades import CascadeFigures, cascade_outputs, cascades_of
from llmcost.economics.choice import Choice
from llmcost.economics.comparison import Comparison, compare
from llmcost.economics.figure import Figure, Output, value_of
from llmcost.economics.horizon import estimate, months_of, need_workload, traffic
from llmcost.economics.outputs import outputs
from llmcost.economics.quality_kept import is_random_floor, quality_of
from llmcost.economics.single_models import ROUTABLE, single_models, with_singles
from llmcost.economics.totals import Totals
from llmcost.economics.uncertainty import Outcome, Sampling, evaluated
from llmcost.errors import InputError
from llmcost.estimate import Charge, Estimate
from llmcost.quantity import with_values
from llmcost.scenario import Scenario


class Mix(NamedTuple):
    """One mix: the share of requests that each model answers, and its cost in the first month."""

    name: str
    kind: str
    shares: dict[str, float]
    monthly_cost: Figure
    cost_per_mtok: Figure
    cost_per_request: Figure
    saving: Figure
    saving_share: Figure
    quality_kept: Figure
    quality_note: str
    random_mix_quality_kept: float | None
    dominated_by: str | None
    charges: tuple[Charge, ...]
    cascade: CascadeFigures | None


class SweepPoint(NamedTuple):
    """The cost of the first mix when one target has this share and the others shrink in proportion."""

    share: float
    monthly_cost: float
    cost_per_mtok: float | None
    saving: float
    saving_share: float | None


class Sweep(NamedTuple):
    """The cost curve along one share."""

    mix: str
    target: str
    points: list[SweepPoint]


class Option(NamedTuple):
    """One way to keep the quality: the share of the requests at each model, and what that costs."""

    way: str
    shares: dict[str, float]
    monthly_cost: float
    quality_kept: float
    saving: float
    saving_share: float | None


class Optimum(NamedTuple):
    """The cheapest mix over all models that keeps a share of the baseline's quality: a point of their
    hull, held against the best single model and a random mix of the cheapest and the best.
    """

    min_quality_kept: float
    baseline: str
    models: list[str]
    mix: Option | None
    best_single: Option | None
    random_mix: Option | None
    unpriced: list[str]
    sentence: str


class Routing(NamedTuple):
    """The result of `route`; the baseline is one of the mixes.

    The figures are those of the first month; `cheapest` is the choice over the scenario's horizon, that of `compare`.
    """

    baseline: str
    horizon_months: int
    mixes: list[Mix]
    best_single: str | None
    best_single_because: str
    cheapest: str | None
    choice: Choice
    breached: list[str]
    sentence: str
    sweep: Sweep | None
    optimum: Optimum | None = None


def route(
    scenario: Scenario,
    catalog: Any,
    sampling: Sampling | None = None,
    sweep: tuple[str, float, float] | None = None,
    optimum: Optimum | None = None,
) -> Routing:
    """Compare the tier mixes of a scenario in its first month.

    `sweep` is (target, from share, to share). Raises InputError without a workload or a mix, and
    UnknownPrice for a price that the catalog does not hold.
    """
    need_workload(scenario, "route")
    first_month = with_singles(scenario)
    shown = [
        name
        for name, architecture in first_month.architectures.items()
        if architecture.kind in ROUTABLE or name == scenario.baseline
    ]
    if not shown:
        raise InputError(
            "there is no mix to compare",
            hint="give --mix CHEAP_MODEL=70%,STRONG_MODEL=30%",
            in_file="write architectures: {NAME: {kind: routed, mix: {CHEAP_MODEL: 70%, STRONG_MODEL: 30%}}}",
        )
    totals = Totals(first_month, catalog, shown)

    def on_draws(tree: Scenario) -> dict[Any, Output]:
        prices, estimates = totals.add(tree)
        return _outputs(tree, estimates, prices)

    outcome = evaluated(first_month, lambda tree: _headline(tree, catalog, shown), sampling, on_draws=on_draws)
    point = outcome.expected
    prices = Prices(catalog, point.prices, point.successors)
    estimates = totals.expected() if outcome.ranges else {name: estimate(name, point, prices) for name in shown}
    qualities = {name: quality_of(name, point) for name in shown}
    singles = {name for name in shown if isinstance(point.architectures[name], Api)}
    mixes = [
        _mix(name, point, estimates, prices, outcome, qualities, singles, name in scenario.architectures)
        for name in shown
    ]
    required = point.requirements.min_quality_kept
    base_quality = qualities[scenario.baseline or ""]
    least = None if required is None or base_quality is None else required * base_quality - 1e-12
    cascades = cascades_of(point, prices, outcome.figures)
    mixes = [mix._replace(cascade=cascades.get(mix.name)) for mix in mixes]
    best, because = _best_single(singles, estimates, qualities, least)
    curve = _sweep(scenario, point, catalog, sweep) if sweep else None
    compared = compare(scenario, catalog, sampling)
    return Routing(
        scenario.baseline or "",
        scenario.horizon_months,
        mixes,
        best,
        because,
        compared.cheapest,
        compared.choice,
        compared.breached,
        _sentence(compared, mixes, scenario),
        curve,
        optimum,
    )


def with_dearest_baseline(scenario: Scenario, catalog: Any) -> Scenario:
    """Where nobody named a baseline and the first architecture is a mix: the dearest single model of the mixes.

    Held against itself a mix would save nothing.
    """
    first = scenario.architectures.get(scenario.baseline or "")
    if "baseline" not in scenario.assumed or first is None or first.kind not in ("routed", "cascade"):
        return scenario
    architectures = {**scenario.architectures, **single_models(scenario.architectures, scenario.architectures)}
    wider = scenario.model_copy(update={"architectures": architectures, "horizon_months": 1})
    singles = [name for name, body in architectures.items() if isinstance(body, Api)]
    prices = Prices(catalog, wider.prices, wider.successors)
    point = with_values(wider, lambda path, uncertain: uncertain.middle)
    dearest = max(singles, key=lambda name: estimate(name, point, prices).monthly_cost or 0.0, default=None)
    if dearest is None:
        return scenario
    kept = {**scenario.architectures, dearest: architectures[dearest]}
    return scenario.model_copy(update={"architectures": kept, "baseline": dearest})


def _sentence(compared: Comparison, mixes: list[Mix], scenario: Scenario) -> str:
    """The choice over the horizon; of one month with what a cheaper single model would cost, whose quality counts."""
    chosen = next((mix for mix in mixes if mix.name == compared.cheapest), None)
    if chosen is None:
        return compared.sentence
    cost = chosen.monthly_cost.value or 0.0
    if scenario.horizon_months == 1:
        say = f"{chosen.name}: ${cost:,.0f} a month" if cost >= 100 else f"{chosen.name}: ${cost:,.2f} a month"
        share = chosen.saving_share.value
        if chosen.name != scenario.baseline and share is not None:
            say += f", {abs(share):.1%} {'under' if share >= 0 else 'over'} {scenario.baseline}"
        if compared.choice.sentence and compared.choice.cheaper is not None:
            say += f". {compared.choice.sentence.rstrip('.')}"
    else:
        say = f"{compared.sentence.rstrip('.')}. In the first month it costs ${cost:,.0f}"
    singles = [mix for mix in mixes if mix.kind == "single" and mix.name not in scenario.architectures]
    below = [mix for mix in singles if mix.monthly_cost.value is not None and mix.monthly_cost.value < cost]
    if below:
        single = min(below, key=lambda mix: mix.monthly_cost.value or 0.0)
        alone = single.monthly_cost.value or 0.0
        kept = single.quality_kept.value
        quality = "its quality is not known" if kept is None else f"and keeps {kept:.1%} of the quality"
        say += f"; {single.name} alone would be " + (f"${alone:,.0f}" if alone >= 100 else f"${alone:,.2f}")
        say += f", {quality}"
    return say + "."


def _headline(tree: Scenario, catalog: Any, shown: list[str]) -> dict[Any, Output]:
    prices = Prices(catalog, tree.prices, tree.successors)
    return _outputs(tree, {name: estimate(name, tree, prices) for name in shown}, prices)


def _outputs(tree: Scenario, estimates: dict[str, Estimate], prices: Prices) -> dict[Any, Output]:
    found = outputs(tree, {name: _monthly_only(own) for name, own in estimates.items()})
    return {key: value for key, value in found.items() if key[1] in Mix._fields} | cascade_outputs(tree, prices)


def _monthly_only(own: Estimate) -> Estimate:
    """`route` compares the month alone: what is paid once is the business of `tco` and `compare`."""
    month = own.months[0]._replace(cumulative_cost=own.monthly_cost, cumulative_present_value=own.monthly_cost)
    return own._replace(one_time_cost=0.0, total_cost=own.monthly_cost, months=(month,))


def _monthly(own: Estimate) -> float:
    return float("inf") if own.monthly_cost is None else own.monthly_cost


def _mix(
    name: str,
    point: Scenario,
    estimates: dict[str, Estimate],
    prices: Prices,
    outcome: Outcome,
    qualities: dict[str, Number | None],
    singles: set[str],
    stated: bool,
) -> Mix:
    figure = {field: outcome.figures[name, field] for field in Mix._fields if (name, field) in outcome.figures}
    own = estimates[name]
    kind = "baseline" if name == point.baseline else "mix" if stated and name not in singles else "single"
    base_quality = qualities[point.baseline or ""]
    random = _random_mix(own, estimates, qualities, singles)
    note = "random-assignment floor" if qualities[name] is not None and is_random_floor(name, point) else ""
    return Mix(
        name=name,
        kind=kind,
        shares=shares_by_model(name, point, prices),
        quality_note=note,
        random_mix_quality_kept=None if random is None or not base_quality else random / base_quality,
        dominated_by=_dominated_by(name, estimates, qualities),
        charges=tuple(charge for charge in own.charges if charge.cadence == "monthly"),
        cascade=None,
        **figure,
    )


def shares_by_model(name: str, scenario: Scenario, prices: Prices) -> dict[str, float]:
    """The share of the requests that reaches each model or leaf; a cascade's add up to more than 1."""
    month = months_of(scenario, prices)[0]
    arriving = traffic(scenario, month)
    total = sum((stream.requests for stream in arriving), 0.0)
    if scenario.workload is not None and scenario.workload.requests_per_month == 0:  # of none, as of any
        one = scenario.workload.model_copy(update={"requests_per_month": 1.0})
        return shares_by_model(name, scenario.model_copy(update={"workload": one}), prices)
    shares: dict[str, float] = {}
    for node, (architecture, streams) in inflow(name, scenario.architectures, arriving, month).items():
        if architecture is not None and (architecture.kind in ROUTABLE):
            continue
        requests = sum((stream.requests for stream in streams), 0.0)
        label = node.removeprefix("model:")
        shares[label] = shares.get(label, 0.0) + (requests / total if total else 0.0)
    return shares


def _dominated_by(name: str, estimates: dict[str, Estimate], qualities: dict[str, Number | None]) -> str | None:
    """Another that is no dearer and no worse, and cheaper or better; None where quality is unknown."""
    own_cost, own_quality = _monthly(estimates[name]), qualities[name]
    if own_quality is None:
        return None
    for other, estimated in estimates.items():
        quality = qualities[other]
        if other == name or quality is None:
            continue
        cost = _monthly(estimated)
        no_worse = cost <= own_cost and quality >= own_quality
        if no_worse and (cost < own_cost or quality > own_quality):
            return other
    return None


def _random_mix(
    own: Estimate, estimates: dict[str, Estimate], qualities: dict[str, Number | None], singles: set[str]
) -> float | None:
    """The quality that mixing the cheapest and the strongest model at random buys for the same cost."""
    known = [(_monthly(estimates[name]), quality) for name in singles if (quality := qualities[name]) is not None]
    if len(known) < 2 or len(known) < len(singles):
        return None
    cheap_cost, cheap_quality = min(known)
    strong_cost, strong_quality = max(known, key=lambda pair: pair[1])
    if strong_cost <= cheap_cost:
        return strong_quality
    weight = min(max((_monthly(own) - cheap_cost) / (strong_cost - cheap_cost), 0.0), 1.0)
    return cheap_quality + weight * (strong_quality - cheap_quality)


def _best_single(
    singles: set[str],
    estimates: dict[str, Estimate],
    qualities: dict[str, Number | None],
    least: float | None,
) -> tuple[str | None, str]:
    if not singles:
        return None, ""
    if least is not None:
        passing = sorted(name for name in singles if (qualities[name] or 0.0) >= least)
        if not passing:
            return None, ""
        return min(passing, key=lambda n: _monthly(estimates[n])), "the cheapest that keeps the required quality"
    known = {name: quality for name in sorted(singles) if (quality := qualities[name]) is not None}
    if len(known) < len(singles):
        return min(sorted(singles), key=lambda n: _monthly(estimates[n])), "the cheapest; its quality is not known"
    best = max(known.values())
    good = [name for name, quality in known.items() if quality >= best - 0.01]
    return min(good, key=lambda n: _monthly(estimates[n])), "the cheapest within one point of the best quality"


def _sweep(scenario: Scenario, point: Scenario, catalog: Any, sweep: tuple[str, float, float]) -> Sweep:
    target, low, high = sweep
    found = next(
        ((n, a) for n, a in point.architectures.items() if isinstance(a, Routed) and a.mix and target in a.mix), None
    )
    if found is None:
        raise InputError(
            f"no mix sends anything to {target!r}", where="--sweep", hint="name a target of the first --mix"
        )
    name, routed = found
    others = {t: s for t, s in (routed.mix or {}).items() if t != target and not isinstance(s, str)}
    rest = sum(others.values())
    prices = Prices(catalog, point.prices, point.successors)
    points = []
    for step in range(11):
        share = low + (high - low) * step / 10
        mix: dict[str, Any] = {target: share}
        if rest:
            mix |= {t: s / rest * (1 - share) for t, s in others.items()}
        else:
            mix |= {t: "rest" for t in routed.mix or {} if t != target}
        swept = point.model_copy(
            update={"architectures": {**point.architectures, name: routed.model_copy(update={"mix": mix})}}
        )
        found_outputs = _headline(swept, catalog, [name, scenario.baseline or ""])
        points.append(
            SweepPoint(
                share,
                _monthly(estimate(name, swept, prices)),
                value_of(found_outputs[name, "cost_per_mtok"]),
                value_of(found_outputs[name, "saving"]) or 0.0,
                value_of(found_outputs[name, "saving_share"]),
            )
        )
    return Sweep(name, short_name(target), points)
