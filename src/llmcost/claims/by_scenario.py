"""Claims on a scenario: the commands' own calculations, asked for one figure of one architecture."""

import math
from collections.abc import Callable, Iterable, Mapping
from itertools import product
from typing import Any

from llmcost.architectures.flow import models_of
from llmcost.architectures.prices import Prices
from llmcost.claims.inputs import Path, known
from llmcost.claims.limits import CHEAPEST_FROM, RATES, limits_of, physical_limit, why_unknown
from llmcost.claims.recomputed import (
    Asked,
    Limit,
    Recomputed,
    check_unit,
    figure_in,
    highest,
    lowest,
    not_known,
    unit_of,
)
from llmcost.economics.breakeven import Breakeven, Offer, assumed_of_offer, breakeven, breakeven_of_offer
from llmcost.economics.comparison import compare
from llmcost.economics.hosting import Hosting, host
from llmcost.economics.known_models import check_models
from llmcost.economics.ownership import tco
from llmcost.economics.plausibility import refuse_impossible
from llmcost.economics.remarks import assumptions, warnings
from llmcost.economics.routing import route
from llmcost.economics.uncertainty import Figure
from llmcost.errors import Impossible, InputError, did_you_mean
from llmcost.quantity import LARGEST, at_middle, ranges_in, with_values
from llmcost.scenario import LONGEST_HORIZON, Scenario, scenario_from
from llmcost.validation import validated
from llmcost.wording import number_of

SOURCE_PRICE = "the price that the source gives"
PAYBACK_HORIZON = 120  # months
_MOST_MOVING = 5  # ranges of which every corner is worked out, a whole calculation each


def by_scenario(asked: Asked) -> Recomputed:
    """The figure of `route`, `tco`, `host`, `breakeven` or `compare` on a scenario fragment.

    Raises InputError with the path or the place of what is wrong.
    """
    name = asked.statement.figure or ""
    unknown = _unknown_inputs(asked)
    if unknown:
        return not_known(asked, name, unit_of(name), unknown)
    asked = asked._replace(given=known(asked.given))
    try:
        offer = asked.statement.calculation == "breakeven" and not {"architectures", "workload"} & set(asked.given)
        return _of_offer(asked) if offer else _of_scenario(asked)
    except Impossible as error:
        return not_known(asked, name, unit_of(name), ())._replace(impossible=error.what)


def _of_scenario(asked: Asked) -> Recomputed:
    setting = asked.setting
    scenario = _scenario(asked, _with_stated_price(asked))
    prices = Prices(setting.catalog, scenario.prices, scenario.successors)
    check_models(scenario, prices, asked.given, asked.statement.given_place)
    refuse_impossible(scenario, prices, asked.statement.given_place)
    ends = ""
    if _looks_far(asked):
        scenario = scenario.model_copy(update={"horizon_months": _months_ahead(asked, scenario, prices)})
        ends = _within(scenario.horizon_months)
    calculate = _CALCULATIONS[asked.statement.calculation]

    def result_of(each: Scenario) -> Any:
        return calculate(each, setting.catalog, asked)

    result = result_of(scenario)
    found = _with_remarks(figure_of(asked, result), scenario, asked)
    alone = found.figure.value is not None and found.figure.bounds is None
    if alone and any(ranges_in(scenario)):  # what a result has at the middle of its ranges alone
        figure = _over_ranges(asked, scenario, lambda each: figure_of(asked, result_of(each)).figure.value)
        found = found._replace(figure=figure)
    if isinstance(result, Hosting) and not _cached(asked.given):
        kindest = _kindest(scenario, lambda each: physical_limit(found.name, result_of(each)))
        found = found._replace(limits=[*found.limits, *([kindest] if kindest is not None else [])])
    return found._replace(ends=ends or found.ends)


def _of_offer(asked: Asked) -> Recomputed:
    offer = validated(Offer, asked.given, (), asked.statement.given_place)
    ends = ""
    if _looks_far(asked):
        months = min(_reached(asked), _until_beyond(offer.growth_per_month, 1))
        offer, ends = offer.model_copy(update={"horizon_months": months}), _within(months)
    found = figure_of(asked, breakeven_of_offer(offer, asked.setting.sampling))
    return found._replace(ends=ends or found.ends, assumptions=assumed_of_offer(offer))


def _over_ranges(asked: Asked, scenario: Scenario, value: Callable[[Scenario], float | None]) -> Figure:
    """A charge, a latency, a volume: its value at the middle and at every corner of the ranges that move it.

    Raises InputError for too many of these.
    """
    moving = _moving(scenario, value)
    if len(moving) > _MOST_MOVING:
        raise InputError(
            f"claim {asked.statement.claim}: {len(moving)} ranges move this figure, at most {_MOST_MOVING} can",
            where=asked.statement.place(("figure",)),
            hint="give some of them as numbers, or ask for the whole, such as monthly_cost",
        )
    point = value(_at(scenario, {}))
    if not moving:
        return Figure(point)
    found = [value(each) for each in _corners(scenario, moving)]
    known = [each for each in found if each is not None]
    return Figure(point, None, (min(known), max(known) if len(known) == len(found) else None))


def _kindest(scenario: Scenario, limit: Callable[[Scenario], Limit | None]) -> Limit | None:
    """What physics allows at the corner of the ranges that allows the most; None where some corner's is not known."""

    def there(each: Scenario) -> Limit | None:
        try:
            return limit(each)
        except Impossible:  # inputs that cannot be there
            return None

    point = there(_at(scenario, {}))
    if point is None or not any(ranges_in(scenario)):
        return point
    moving = _moving(scenario, lambda each: getattr(there(each), "bound", None))
    if not moving or len(moving) > _MOST_MOVING:
        return None if moving else point
    found = [there(each) for each in _corners(scenario, moving)]
    if None in found:
        return None
    kindest = (max if point.upper else min)((each for each in found if each is not None), key=lambda each: each.bound)
    return kindest._replace(because=f"{kindest.because}, at the ends of the ranges that are kindest to the claim")


def _at(scenario: Scenario, ends: Mapping[str, float]) -> Scenario:
    """The scenario at these ends of its ranges, by path, and at the middle of the others."""
    found: Scenario = with_values(scenario, lambda path, uncertain: ends.get(path, uncertain.middle))
    return found


def _moving(scenario: Scenario, value: Callable[[Scenario], float | None]) -> dict[str, tuple[float, float]]:
    """Both ends of the ranges that move a value, by path."""
    point = value(_at(scenario, {}))
    return {
        path: (found.low, found.high)
        for path, found in ranges_in(scenario)
        if any(value(_at(scenario, {path: end})) != point for end in (found.low, found.high))
    }


def _corners(scenario: Scenario, moving: Mapping[str, tuple[float, float]]) -> Iterable[Scenario]:
    return (_at(scenario, dict(zip(moving, ends, strict=True))) for ends in product(*moving.values()))


# ---- how far a payback is looked for ---------------------------------------------------------------


def _looks_far(asked: Asked) -> bool:
    """A payback comes when it comes: the horizon of the totals beside it would call a later one never."""
    return asked.statement.figure == "payback_month"


def _within(months: int) -> str:
    return f"within {number_of('month', months)}"


def _reached(asked: Asked) -> int:
    """Ten years; at least the month that is published, and the horizon that is stated."""
    published, stated = asked.statement.published, asked.given.get("horizon_months")
    said = 0.0 if published.kind == "never" else published.high
    most = max(said, stated if isinstance(stated, int) else 0)
    return min(LONGEST_HORIZON, max(PAYBACK_HORIZON, math.ceil(min(most, LONGEST_HORIZON))))


def _until_beyond(rate: Any, months: int) -> int:
    """The months until a rate that compounds every so many of them grows beyond any number."""
    high = getattr(rate, "high", rate)
    if high <= 0:
        return LONGEST_HORIZON
    return max(1, min(LONGEST_HORIZON, int(months * math.log(LARGEST) / math.log1p(high))))


def _months_ahead(asked: Asked, scenario: Scenario, prices: Prices) -> int:
    """As far as a payback is looked for: to the last month before a model retires that nothing replaces."""
    growth = 0.0 if scenario.workload is None else scenario.workload.growth_per_month
    yearly = (scenario.api_price_change_per_year, scenario.discount_rate)
    months = min(_reached(asked), _until_beyond(growth, 1), *(_until_beyond(rate, 12) for rate in yearly))
    last = scenario.first_day(months)
    of, architectures = asked.statement.of, scenario.architectures
    names = architectures if of not in architectures else (of, scenario.baseline or "")
    models = [model for name in names for model in models_of(name, scenario.architectures)]
    for model in [*models, *(scenario.successors[model] for model in models if model in scenario.successors)]:
        gone = prices.unreplaced(model, last)
        if gone is not None:
            day, start = gone.retires_on, scenario.start
            months = min(months, (day.year - start.year) * 12 + day.month - start.month + (day.day > 1))
    return max(1, months)


# ---- what is not known ------------------------------------------------------------------------------


def _unknown_inputs(asked: Asked) -> list[str]:
    """The inputs that nobody says, of what the figure rests on: the architecture asked for, and the baseline."""
    architectures = asked.given.get("architectures")
    concerned = None
    if asked.statement.of is not None and isinstance(architectures, dict):
        concerned = [asked.statement.of, asked.given.get("baseline")]
        for name in concerned:  # and what these send requests to
            if isinstance(name, str) and name in architectures:
                concerned += [
                    each for each in architectures if each not in concerned and _names(architectures[name], each)
                ]
    return [
        ".".join(map(str, path))
        for path in _unknown(asked.given)
        if path[0] != "architectures" or concerned is None or len(path) == 1 or path[1] in concerned
    ]


def _names(body: Any, name: str) -> bool:
    """Whether the body of an architecture names this one."""
    if isinstance(body, dict):
        return name in body or any(_names(each, name) for each in body.values())
    return any(_names(each, name) for each in body) if isinstance(body, list) else bool(body == name)


def _unknown(tree: Any, path: Path = ()) -> list[Path]:
    """The paths of what is null: quantities that nobody says."""
    if isinstance(tree, dict):
        return [each for key, value in tree.items() for each in _unknown(value, (*path, key))]
    return [path] if tree is None and path != ("baseline",) else []


# ---- the calculations ------------------------------------------------------------------------------


def _with_remarks(found: Recomputed, scenario: Scenario, asked: Asked) -> Recomputed:
    """With every default and every stale price that the figure rests on."""
    point = at_middle(scenario)
    prices = Prices(asked.setting.catalog, point.prices, point.successors)
    names = [name for name in found.charges if name in scenario.architectures]
    charges = [charge for own in found.charges.values() for charge in own]
    horizon = asked.statement.calculation not in ("route", "host")
    return found._replace(
        assumptions=assumptions(point, names, charges, prices, horizon=horizon),
        warnings=warnings(scenario, names, charges, prices, asked.setting.as_of),
    )


def _scenario(asked: Asked, given: dict[str, Any]) -> Scenario:
    """The fragment as a scenario; like their commands, `route` and `host` price the very day unless it says when it starts."""
    where, day = asked.statement.given_place, asked.setting.as_of
    scenario = scenario_from(given, where, today=day, prices_stated_by=SOURCE_PRICE)
    if "start" not in given and asked.statement.calculation in ("route", "host"):
        scenario = scenario.model_copy(update={"start": asked.setting.as_of})
    return scenario


_CALCULATIONS: dict[str, Callable[[Scenario, Any, Asked], Any]] = {
    "route": lambda scenario, catalog, asked: route(scenario, catalog, asked.setting.sampling),
    "tco": lambda scenario, catalog, asked: tco(scenario, catalog, _chosen(scenario, asked), asked.setting.sampling),
    "host": lambda scenario, catalog, asked: host(scenario, catalog, _chosen(scenario, asked), asked.setting.sampling),
    "breakeven": lambda scenario, catalog, asked: breakeven(scenario, catalog, asked.setting.sampling),
    "compare": lambda scenario, catalog, asked: compare(scenario, catalog, asked.setting.sampling),
}


def _chosen(scenario: Scenario, asked: Asked) -> str | None:
    """The architecture named by `of`; where there is only one besides the baseline that it can be, that one."""
    statement, every = asked.statement, scenario.architectures
    if statement.of is not None:
        _check_one_of(asked, every)
        return statement.of
    if statement.calculation == "host":
        names = [name for name in every if every[name].kind == "self_hosted"]
    else:
        names = [name for name in every if name != scenario.baseline] or list(every)
    if len(names) > 1:
        raise _which(asked, names)
    return names[0] if names else None


def _which(asked: Asked, names: Iterable[str]) -> InputError:
    """The refusal of a claim that more than one architecture could be meant by."""
    listed = ", ".join(names)
    return InputError(
        f"claim {asked.statement.claim} does not say which architecture is meant",
        where=asked.statement.place(()),
        hint=f"name it with --of: {listed}",
        in_file=f"name it with of: {listed}",
    )


def _check_one_of(asked: Asked, names: Any) -> None:
    statement = asked.statement
    if statement.of not in names:
        raise InputError(
            f"claim {statement.claim}: there is no architecture {statement.of!r}",
            where=statement.place(("of",)),
            hint=did_you_mean(str(statement.of), names) or f"name one of: {', '.join(names)}",
        )


def figure_of(asked: Asked, result: Any) -> Recomputed:
    """The figure that is meant, from a command's whole result. Raises InputError where none is."""
    row, base = _rows(asked, result)
    if isinstance(result, Breakeven) and asked.statement.figure == CHEAPEST_FROM:
        volumes = [each.from_requests_per_month for each in result.intervals if each.cheapest == row.name]
        name, figure = CHEAPEST_FROM, Figure(float(volumes[0]) if volumes else None)
    else:
        name, figure = figure_in(row, asked)
    unit = unit_of(name)
    check_unit(asked, name, unit)
    rows = (row, base) if row is not result else ()
    charges = {each.name: each.charges for each in rows if getattr(each, "charges", ())}
    charges = {result.architecture: result.charges} if row is result else charges
    found = Recomputed(
        name,
        figure,
        unit,
        charges=charges,
        limits=limits_of(name, row, base),
        given=asked.given,
    )
    if unit == "month" and hasattr(result, "horizon_months"):
        found = found._replace(ends=f"within {number_of('month', result.horizon_months)}")
    if figure.value is None and figure.bounds is None:
        return found._replace(missing=why_unknown(name, result, row, asked))
    return _with_band(found, result) if isinstance(result, Hosting) else found


def _cached(tree: Any) -> bool:
    """Whether some input is read from a cache, for which the capacity model has no rate."""
    if not isinstance(tree, Mapping):
        return False
    return any(bool(value) if key == "cached_share" else _cached(value) for key, value in tree.items())


def _rows(asked: Asked, result: Any) -> tuple[Any, Any]:
    """The part of a result that is about one architecture, and the baseline's part where there is one."""
    statement = asked.statement
    listed = next(
        (getattr(result, key) for key in ("mixes", "architectures", "challengers") if hasattr(result, key)), None
    )
    if listed is None:
        return result, None
    rows = {each.name: each for each in listed}
    baseline = rows.get(getattr(result, "baseline", None) or "")
    if statement.of is not None:
        _check_one_of(asked, rows)
        return rows[statement.of], baseline
    others = [each for each in rows.values() if each is not baseline and getattr(each, "kind", "") != "single"]
    others = others or [each for each in rows.values() if each is not baseline]
    if len(others) > 1 or not rows:
        raise _which(asked, rows)
    return (others or list(rows.values()))[0], baseline


def _with_band(found: Recomputed, result: Hosting) -> Recomputed:
    """A modelled rate is a band, never a point: its bounds hold the model's own error, and the ranges of a request."""
    if result.requests_per_second_band is None or found.name not in RATES or found.figure.value is None:
        return found
    low, high = lowest(found.figure), highest(found.figure)
    if low is None or high is None:
        return found
    figure = Figure(found.figure.value, None, (low, high))
    return found._replace(figure=figure, ends="the capacity model's band")


def _with_stated_price(asked: Asked) -> dict[str, Any]:
    """A published price a million tokens is held against what the hardware allows, as a stated one is."""
    statement = asked.statement
    architectures = asked.given.get("architectures")
    published = statement.published
    price = published.low if published.low > 0 and published.kind not in ("at_least", "never") else None
    if statement.calculation == "host" or statement.figure != "cost_per_mtok":
        return asked.given  # host's own figure is held against a limit
    if not isinstance(architectures, dict) or price is None:
        return asked.given
    hosted = [
        name for name, body in architectures.items() if isinstance(body, dict) and body.get("kind") == "self_hosted"
    ]
    name = statement.of if statement.of in hosted else hosted[0] if len(hosted) == 1 and statement.of is None else None
    body = architectures.get(name)
    if body is None or "gpu" not in body or "model" not in body:
        return asked.given
    stated = {**body, "stated_cost_per_mtok": price}
    return {**asked.given, "architectures": {**architectures, name: stated}}
