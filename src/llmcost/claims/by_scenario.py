"""Claims on a scenario: the commands' own calculations, asked for one figure of one architecture."""

from collections.abc import Callable
from typing import Any

from llmcost.architectures.prices import Prices
from llmcost.claims.inputs import Path
from llmcost.claims.limits import CHEAPEST_FROM, RATES, limits_of, why_unknown
from llmcost.claims.published import Published
from llmcost.claims.recomputed import Asked, Recomputed, check_unit, figure_in, unit_of
from llmcost.economics.breakeven import Breakeven, Offer, breakeven, breakeven_of_offer
from llmcost.economics.comparison import compare
from llmcost.economics.hosting import Hosting, host
from llmcost.economics.ownership import tco
from llmcost.economics.plausibility import refuse_impossible
from llmcost.economics.remarks import assumptions, warnings
from llmcost.economics.routing import route
from llmcost.economics.uncertainty import Figure
from llmcost.errors import Impossible, InputError, did_you_mean
from llmcost.quantity import at_middle
from llmcost.scenario import Scenario, scenario_from
from llmcost.validation import validated

PAYBACK_HORIZON = 120  # months


def by_scenario(asked: Asked) -> Recomputed:
    """The figure of `route`, `tco`, `host`, `breakeven` or `compare` on a scenario fragment."""
    if asked.figure == "payback_month" and "horizon_months" not in asked.given:
        return _paid_back(asked)
    return _worked_out(asked)


def _worked_out(asked: Asked) -> Recomputed:
    if asked.calculation == "breakeven" and not {"architectures", "workload"} & set(asked.given):
        return _offer(asked)
    setting = asked.setting
    concerned = {asked.of, asked.given.get("baseline")} if asked.of is not None else None
    unknown = [
        ".".join(map(str, path))
        for path in _unknown(asked.given)
        if path[0] != "architectures" or concerned is None or path[1:2] == () or path[1] in concerned
    ]
    if unknown:
        name = asked.figure or ""
        return Recomputed(name, Figure(None), unit_of(name), missing=", ".join(unknown), given=asked.given)
    asked = asked._replace(given=_known(asked.given))
    try:
        scenario = _scenario(asked, _with_stated_price(asked))
        refuse_impossible(scenario, Prices(setting.catalog, scenario.prices, scenario.successors), asked.given_place)
        result: Any = _CALCULATIONS[asked.calculation](scenario, setting.catalog, asked)
    except Impossible as error:
        return impossible(asked, error)
    return _with_remarks(figure_of(asked, result), scenario, asked)


def _paid_back(asked: Asked) -> Recomputed:
    """The payback where no horizon is given: within ten years, for a year would call a later one never.

    Where a model retires before that, and nothing says what follows it: within a year.
    """
    try:
        months, found = PAYBACK_HORIZON, _within(PAYBACK_HORIZON, asked)
    except InputError:
        months, found = 12, _within(12, asked)
    if months > 12 and found.figure.point is None:  # a model may retire within the ten years, after it has paid back
        sooner = _within(12, asked)
        if sooner.figure.point is not None:
            months, found = 12, sooner
    return found._replace(ends=f"within {months} months, since no horizon_months is given", given=asked.given)


def _within(months: int, asked: Asked) -> Recomputed:
    return _worked_out(asked._replace(given={**asked.given, "horizon_months": months}))


def _unknown(tree: Any, path: Path = ()) -> list[Path]:
    """The paths of what is null: quantities that nobody says."""
    if isinstance(tree, dict):
        return [each for key, value in tree.items() for each in _unknown(value, (*path, key))]
    return [path] if tree is None and path != ("baseline",) else []


def _known(tree: Any) -> Any:
    """The same without what is null, which the figure does not need."""
    if not isinstance(tree, dict):
        return tree
    return {key: _known(value) for key, value in tree.items() if value is not None}


def _with_remarks(found: Recomputed, scenario: Scenario, asked: Asked) -> Recomputed:
    """With every default and every stale price that the figure rests on."""
    point = at_middle(scenario)
    prices = Prices(asked.setting.catalog, point.prices, point.successors)
    names = [name for name in found.charges if name in scenario.architectures]
    charges = [charge for own in found.charges.values() for charge in own]
    horizon = asked.calculation not in ("route", "host")
    return found._replace(
        assumptions=assumptions(point, names, charges, prices, horizon=horizon),
        warnings=warnings(scenario, names, charges, prices, asked.setting.as_of),
    )


def impossible(asked: Asked, why: Impossible) -> Recomputed:
    """What is recomputed where an input cannot be: nothing, and why."""
    name = asked.figure or ""
    return Recomputed(name, Figure(None), unit_of(name), impossible=why.what, given=asked.given)


def _scenario(asked: Asked, given: dict[str, Any]) -> Scenario:
    """The fragment as a scenario that starts on the day asked for, unless it says when."""
    as_of = asked.setting.as_of
    written = {"start": as_of.isoformat()[:7], **given}
    scenario = scenario_from(written, asked.given_place, today=as_of)
    if "start" not in given and asked.calculation in ("route", "host"):
        scenario = scenario.model_copy(update={"start": as_of})
    return scenario


_CALCULATIONS: dict[str, Callable[[Scenario, Any, Asked], Any]] = {
    "route": lambda scenario, catalog, asked: route(scenario, catalog, asked.setting.sampling),
    "tco": lambda scenario, catalog, asked: tco(scenario, catalog, _chosen(scenario, asked), asked.setting.sampling),
    "host": lambda scenario, catalog, asked: host(scenario, catalog, _chosen(scenario, asked), asked.setting.sampling),
    "breakeven": lambda scenario, catalog, asked: breakeven(scenario, catalog, asked.setting.sampling),
    "compare": lambda scenario, catalog, asked: compare(scenario, catalog, asked.setting.sampling),
}


def _chosen(scenario: Scenario, asked: Asked) -> str | None:
    """The architecture named by `of`; where there is only one, that one."""
    if asked.of is not None:
        _check_one_of(asked, scenario.architectures)
        return asked.of
    names = list(scenario.architectures)
    return names[0] if len(names) == 1 else None


def _check_one_of(asked: Asked, names: Any) -> None:
    if asked.of not in names:
        raise InputError(
            f"claim {asked.claim}: there is no architecture {asked.of!r}",
            where=asked.place(("of",)),
            hint=did_you_mean(str(asked.of), names) or f"name one of: {', '.join(names)}",
        )


def _offer(asked: Asked) -> Recomputed:
    known = {name: value for name, value in asked.given.items() if value is not None}
    unknown = [name for name, value in asked.given.items() if value is None and name in Offer.model_fields]
    if unknown:
        name = asked.figure or ""
        return Recomputed(name, Figure(None), unit_of(name), missing=", ".join(unknown), given=asked.given)
    offer = validated(Offer, known, (), asked.given_place)
    return figure_of(asked, breakeven_of_offer(offer, asked.setting.sampling))


def figure_of(asked: Asked, result: Any) -> Recomputed:
    """The figure that is meant, from a command's whole result. Raises InputError where none is."""
    row, base = _rows(asked, result)
    if isinstance(result, Breakeven) and asked.figure == CHEAPEST_FROM:
        volumes = [each.from_requests_per_month for each in result.intervals if each.cheapest == row.name]
        name, figure = CHEAPEST_FROM, Figure(float(volumes[0]) if volumes else None)
    else:
        name, figure = figure_in(row, asked)
    unit = unit_of(name)
    check_unit(asked, name, unit)
    rows = (row, base) if row is not result else ()
    charges = {each.name: each.charges for each in rows if getattr(each, "charges", ())}
    charges = {result.architecture: result.charges} if row is result else charges
    found = Recomputed(name, figure, unit, charges=charges, limits=limits_of(name, base, result), given=asked.given)
    if unit == "month" and figure.point is None and hasattr(result, "horizon_months"):
        found = found._replace(ends=f"within {result.horizon_months} months")
    if figure.point is None and figure.bounds is None:
        return found._replace(missing=why_unknown(name, result, row, asked))
    return _with_band(found, result) if isinstance(result, Hosting) else found


def _rows(asked: Asked, result: Any) -> tuple[Any, Any]:
    """The part of a result that is about one architecture, and the baseline's part where there is one."""
    listed = next(
        (getattr(result, key) for key in ("mixes", "architectures", "challengers") if hasattr(result, key)), None
    )
    if listed is None:
        return result, None
    rows = {each.name: each for each in listed}
    baseline = rows.get(getattr(result, "baseline", None) or "")
    if asked.of is not None:
        _check_one_of(asked, rows)
        return rows[asked.of], baseline
    others = [each for each in rows.values() if each is not baseline and getattr(each, "kind", "") != "single"]
    others = others or [each for each in rows.values() if each is not baseline]
    if len(others) > 1 or not rows:
        raise InputError(
            f"claim {asked.claim} does not say which architecture is meant",
            where=asked.place(()),
            hint=f"name it with of: (--of after --says): {', '.join(rows)}",
        )
    return (others or list(rows.values()))[0], baseline


def _with_band(found: Recomputed, result: Hosting) -> Recomputed:
    """A modelled rate is a band, never a point."""
    band, rate = result.requests_per_second_band, result.requests_per_second.point
    if band is None or not rate or found.name not in RATES or found.figure.point is None:
        return found
    low, high = (found.figure.point * end / rate for end in band)
    figure = Figure(found.figure.point, None, (low, high))
    return found._replace(figure=figure, ends="the capacity model's band")


def stated_price(published: Published) -> float | None:
    """The price that the hardware would have to reach: the lower end; None where nothing says how low."""
    return published.low if published.low > 0 and published.kind not in ("at_least", "never") else None


def _with_stated_price(asked: Asked) -> dict[str, Any]:
    """A published price a million tokens is held against what the hardware allows, as a stated one is."""
    architectures = asked.given.get("architectures")
    price = stated_price(asked.published)
    if asked.calculation == "host" or asked.figure != "cost_per_mtok":  # host's own figure is held against a limit
        return asked.given
    if not isinstance(architectures, dict) or price is None:
        return asked.given
    hosted = [
        name for name, body in architectures.items() if isinstance(body, dict) and body.get("kind") == "self_hosted"
    ]
    name = asked.of if asked.of in hosted else hosted[0] if len(hosted) == 1 and asked.of is None else None
    body = architectures.get(name)
    if body is None or "gpu" not in body or "model" not in body:
        return asked.given
    stated = {**body, "stated_cost_per_mtok": price}
    return {**asked.given, "architectures": {**architectures, name: stated}}
