"""The cheapest point that keeps a share of the strong model's quality.

The hull point mixes two models at random; a cascade or a router counts only where it was measured
or its verifier's errors were given. The oracle never does: nobody can buy it.
"""

from __future__ import annotations

from llmcost.quality.frontier_result import CheapestWay, Frontier, Way
from llmcost.quality.hull import Blend, Point, blend, cheapest_blend


def cheapest(found: Frontier, min_quality_kept: float) -> CheapestWay:
    """The cheapest way of each kind that keeps the share, and the cheapest of them all."""
    strong = next(each for each in found.models if each.model == found.strong)
    wanted = min_quality_kept * strong.quality
    corners = [Point(each.model, each.cost_per_request, each.quality) for each in found.hull]
    on_hull = cheapest_blend(corners, wanted)
    kept = {each.model: each for each in found.models if each.quality >= wanted - 1e-12}
    single = min(kept.values(), key=lambda each: (each.cost_per_request, -each.quality), default=None)
    line = [
        Point(each.model, each.cost_per_request, each.quality)
        for name in dict.fromkeys((found.cheap, found.strong))
        for each in found.models
        if each.model == name
    ]
    random = _on_line(line, wanted)
    hull_way = None if on_hull is None else _of_blend("hull", on_hull, strong.quality)
    single_way = None
    if single is not None:
        share = {single.model: 1.0}
        single_way = _way("best single model", share, single.cost_per_request, single.quality, strong.quality, "")
    random_way = None if random is None else _of_blend("random mix", random, strong.quality)
    cascade, router = _cascade(found, wanted, strong.quality), _router(found, wanted, strong.quality)
    ways = [way for way in (hull_way, single_way, random_way, cascade, router) if way is not None]
    best = min(ways, key=lambda way: way.cost_per_request, default=None)
    return CheapestWay(
        min_quality_kept,
        best,
        hull_way,
        single_way,
        random_way,
        cascade,
        router,
        _sentence(best, strong.cost_per_request, found.strong, min_quality_kept),
    )


def _on_line(line: list[Point], wanted: float) -> Blend | None:
    if len(line) < 2:
        return blend(line[0], line[0], 0.0) if line[0].quality >= wanted - 1e-12 else None
    a, b = line
    if a.quality >= wanted - 1e-12:
        return blend(a, b, 0.0)
    return blend(a, b, min((wanted - a.quality) / (b.quality - a.quality), 1.0)) if b.quality > a.quality else None


def _way(way: str, shares: dict[str, float], cost: float, quality: float, strong: float, detail: str) -> Way:
    return Way(way, shares, cost, quality, quality / strong if strong else 0.0, detail)


def _of_blend(way: str, found: Blend, strong: float) -> Way:
    shares = {found.cheaper: 1 - found.share, found.dearer: found.share}
    if found.share in (0.0, 1.0):
        shares = {found.cheaper if found.share == 0 else found.dearer: 1.0}
    return _way(way, shares, found.cost, found.quality, strong, "mixed at random")


def _cascade(found: Frontier, wanted: float, strong: float) -> Way | None:
    """The cheapest cascade whose verifier was measured or given; the assumed curve is no offer."""
    offered = [
        each
        for each in found.cascades
        if each.verifier != "assumed"
        and each.quality is not None
        and each.cost_per_request is not None
        and each.quality >= wanted - 1e-12
    ]
    best = min(offered, key=lambda each: each.cost_per_request or 0.0, default=None)
    if best is None or best.quality is None or best.cost_per_request is None:
        return None
    shares = {best.stages[0]: 1.0}
    if len(best.stages) == 2 and best.escalation is not None:
        shares[best.stages[1]] = best.escalation
    detail = f"verifier {best.verifier}: false accepts {best.false_accept:.1%}, false rejects {best.false_reject:.1%}"
    return _way("cascade", shares, best.cost_per_request, best.quality, strong, detail)


def _router(found: Frontier, wanted: float, strong: float) -> Way | None:
    if found.router is None:
        return None
    offered = [
        each
        for each in found.router.points
        if each.quality is not None and each.cost_per_request is not None and each.quality >= wanted - 1e-12
    ]
    best = min(offered, key=lambda each: each.cost_per_request or 0.0, default=None)
    if best is None or best.quality is None or best.cost_per_request is None:
        return None
    share = best.strong_share or 0.0
    threshold = "none" if best.threshold is None else f"{best.threshold:.6g}"
    detail = f"router score at or above {threshold}, measured on the held-out half"
    return _way(
        "router", {found.cheap: 1 - share, found.strong: share}, best.cost_per_request, best.quality, strong, detail
    )


def _sentence(best: Way | None, strong_cost: float, strong: str, wanted: float) -> str:
    if best is None:
        return f"Nothing keeps {wanted:.1%} of {strong}'s quality."
    shares = " and ".join(f"{share:.1%} {model}" for model, share in best.shares.items())
    say = f"The cheapest point that keeps {wanted:.1%} of {strong}'s quality is {best.way}: {shares}"
    if strong_cost > 0:
        say += f", {1 - best.cost_per_request / strong_cost:.1%} under {strong} alone"
    return say + "."
