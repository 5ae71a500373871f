"""The cheapest mix over all models whose quality is known: the point of their hull that keeps enough.

Mixing two models at random buys any quality between theirs, so the cheapest way to a quality lies
on the non-decreasing convex hull of the models in cost and quality (RouterBench's Zero router).
"""

from typing import Any

from llmcost.architectures.api import Api
from llmcost.architectures.architecture import Retired
from llmcost.architectures.prices import Prices
from llmcost.economics.horizon import estimate
from llmcost.economics.quality_kept import quality_of
from llmcost.economics.routing import Optimum, Option
from llmcost.errors import InputError, UnknownPrice, did_you_mean
from llmcost.quality.hull import Blend, Point, blend, cheapest_blend, hull
from llmcost.quantity import at_middle
from llmcost.scenario import Scenario


def optimum(scenario: Scenario, catalog: Any, min_quality_kept: float) -> Optimum:
    """The cheapest mix of two models, in the first month, that keeps the share of the baseline's quality.

    Raises InputError where the baseline's quality, or that of every model, is unknown.
    """
    point = at_middle(scenario).model_copy(update={"horizon_months": 1})
    prices = Prices(catalog, point.prices, point.successors)
    baseline = point.baseline or ""
    if baseline not in point.architectures:
        known = f"name one of: {', '.join(point.architectures)}" if point.architectures else "type --baseline MODEL"
        raise InputError(
            f"the baseline {baseline!r} is not an architecture of this scenario"
            if baseline
            else "nothing says what the mix is measured against",
            where="--optimize",
            hint=did_you_mean(baseline, point.architectures) or known,
        )
    base_quality = quality_of(baseline, point)
    base_cost = estimate(baseline, point, prices).monthly_cost
    if base_quality is None or base_quality <= 0 or base_cost is None:
        raise InputError(
            f"the quality of the baseline {baseline!r} is not known",
            where="--optimize",
            hint="give quality: {MODEL: 0.93}, or quality: outcomes.csv",
        )
    found, unpriced = _models(point, prices)
    if not found:
        raise InputError(
            "no model with a price has a known quality",
            where="--optimize",
            hint="give quality: {MODEL: 0.93}, or quality: outcomes.csv",
        )
    wanted = min_quality_kept * base_quality

    def option(way: str, chosen: Blend | None) -> Option | None:
        if chosen is None:
            return None
        shares = {chosen.cheaper: 1 - chosen.share, chosen.dearer: chosen.share}
        if chosen.share in (0.0, 1.0):
            shares = {chosen.dearer if chosen.share else chosen.cheaper: 1.0}
        saving = base_cost - chosen.cost
        part = saving / base_cost if base_cost else None
        return Option(way, shares, chosen.cost, chosen.quality / base_quality, saving, part)

    mix = option("cheapest mix", cheapest_blend(hull(found), wanted))
    good = [each for each in found if each.quality >= wanted - 1e-12]
    single = min(good, key=lambda each: (each.cost, -each.quality, each.name), default=None)
    best_single = option("best single model", None if single is None else blend(single, single, 0.0))
    random_mix = option("random mix of the cheapest and the best", _random(found, wanted))
    return Optimum(
        min_quality_kept,
        baseline,
        [each.name for each in sorted(found, key=lambda each: (each.cost, each.name))],
        mix,
        best_single,
        random_mix,
        unpriced,
        _sentence(mix, min_quality_kept, baseline),
    )


def _models(point: Scenario, prices: Prices) -> tuple[list[Point], list[str]]:
    """Every model with a price and a quality, as USD of the first month and its quality."""
    outcomes = point.outcomes
    named = list(outcomes.outcomes.models) if outcomes is not None else []
    named += [name for name in point.quality if name not in point.architectures]
    named += [name for segment in point.segments.values() for name in segment.quality]
    for architecture in point.architectures.values():
        named += architecture.targets()
    named += [body.model for body in point.architectures.values() if isinstance(body, Api)]
    found: dict[str, Point] = {}
    unpriced: list[str] = []
    for name in dict.fromkeys(named):
        if name in point.architectures:
            continue
        try:
            identity = prices.identity(name)
            if identity in found or not prices.known(name):
                continue
            alone = {**point.architectures, name: Api(kind="api", model=name)}
            single = point.model_copy(update={"architectures": alone})
            quality = quality_of(name, single)
            cost = estimate(name, single, prices).monthly_cost if quality is not None else None
        except (UnknownPrice, Retired):
            unpriced.append(name)
            continue
        if quality is None or cost is None:
            continue
        found[identity] = Point(name, float(cost), float(quality))
    return list(found.values()), unpriced


def _random(found: list[Point], wanted: float) -> Blend | None:
    cheap = min(found, key=lambda each: (each.cost, -each.quality))
    strong = min(found, key=lambda each: (-each.quality, each.cost))
    if cheap.quality >= wanted - 1e-12:
        return blend(cheap, cheap, 0.0)
    if strong.quality < wanted - 1e-12 or strong.quality <= cheap.quality:
        return None
    return blend(cheap, strong, min((wanted - cheap.quality) / (strong.quality - cheap.quality), 1.0))


def _sentence(mix: Option | None, wanted: float, baseline: str) -> str:
    if mix is None:
        return f"No mix keeps {wanted:.1%} of the quality of {baseline}."
    shares = " and ".join(f"{share:.1%} {model}" for model, share in mix.shares.items())
    say = f"The cheapest mix that keeps {wanted:.1%} of the quality of {baseline} is {shares}: ${mix.monthly_cost:,.0f} a month"
    if mix.saving_share is not None:
        direction = "less" if mix.saving >= 0 else "more"
        say += f", {abs(mix.saving_share):.1%} {direction} than {baseline}"
    return say + "."
