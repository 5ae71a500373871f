"""What an answer takes for granted of tokens: that every model counts and writes the same, and that prompts are cached."""

from collections.abc import Iterable, Iterator
from typing import Any

from llmcost.architectures.api import short_name
from llmcost.architectures.flow import architecture_of, reachable
from llmcost.architectures.prices import Prices
from llmcost.architectures.token_counts import NEUTRAL
from llmcost.arithmetic import is_array
from llmcost.catalog.models import ApiPrice
from llmcost.errors import LlmcostError
from llmcost.estimate import Assumption, Charge, Warning
from llmcost.scenario import Scenario

_MOST_NAMED = 4


def same_tokens(
    scenario: Scenario, names: Iterable[str], prices: Prices, logged: Iterable[str] = ()
) -> Iterator[Assumption]:
    """That the same text is the same tokens, and an answer as long, on models of which nobody states otherwise.

    `logged` are the models that the workload was measured on.
    """
    unstated = dict.fromkeys(prices.identity(model) for model in logged)
    for name in names:
        for current, architecture in reachable(name, scenario.architectures):
            for model in _answering(current, architecture, scenario):
                if not _stated(model, architecture, scenario, prices):
                    unstated[prices.identity(model)] = None
    models = list(unstated)
    if len(models) < 2:
        return
    named = ", ".join(short_name(model) for model in models[:_MOST_NAMED])
    more = f" and {len(models) - _MOST_NAMED} more" if len(models) > _MOST_NAMED else ""
    yield Assumption(
        "tokens",
        "the same for every model",
        f"no tokens_factor, output_tokens_factor or reasoning_tokens is stated of {named}{more}",
    )
    for position, model in enumerate(models):
        for other in models[position + 1 :]:
            change = prices.catalog.tokenizer_change(model, other)
            if change is not None:
                newer = other if change.before == model else model
                yield Assumption(
                    f"{short_name(newer)}.tokens_factor",
                    1.0,
                    f"counts {change.low:g} to {change.high:g} times the tokens of {short_name(change.before)} for the same "
                    f"text ({change.source.title}): state it, models: {{{short_name(newer)}: "
                    f"{{tokens_factor: {change.low:g}..{change.high:g}}}}}",
                )


def measured_counts(scenario: Scenario) -> Iterator[Assumption]:
    """What the team's own evaluation says of the tokens of its models."""
    for model, words in scenario.measured_counts.items():
        own = scenario.models[model]
        for field in ("tokens_factor", "output_tokens_factor"):
            yield Assumption(f"{short_name(model)}.{field}", getattr(own, field), words)


def _answering(name: str, architecture: Any, scenario: Scenario) -> list[str]:
    served = architecture.served_by()
    own = [served.model] if served is not None and served.model is not None else []
    return own + [t for t in architecture.targets() if architecture_of(t, name, scenario.architectures) is None]


def _stated(model: str, architecture: Any, scenario: Scenario, prices: Prices) -> bool:
    by_target = getattr(architecture, "target_tokens", {}).get(model)
    named = (own for name, own in scenario.models.items() if prices.identity(name) == prices.identity(model))
    for place in (by_target, architecture, next(named, None)):
        if place is not None and any(getattr(place, field) is not None for field in NEUTRAL):
            return True
    price = _price(model, scenario, prices)
    if price is None:
        return False
    given = {field for field, _ in price.overridden}
    return any(field in given or _differs(getattr(price, field), neutral) for field, neutral in NEUTRAL.items())


def _differs(value: Any, neutral: float) -> bool:
    return is_array(value) or value != neutral


def _price(model: str, scenario: Scenario, prices: Prices) -> ApiPrice | None:
    try:
        return prices.price(model, scenario.start)
    except LlmcostError:  # of an open model, or one that is gone: said elsewhere
        return None


def _cached(scenario: Scenario, models: Iterable[str], charges: Iterable[Charge], prices: Prices) -> Iterator[Any]:
    """Each model whose cache is read, with its price and the prices that its charges pay."""
    paid: dict[str, set[str]] = {}
    for charge in charges:
        paid.setdefault(charge.group, set()).update(factor.name for factor in charge.factors)
    for model in models:
        price = _price(model, scenario, prices)
        fields = paid.get(short_name(price.model), set()) if price is not None else set()
        if price is not None and "cached_input_per_mtok" in fields:
            yield price, fields


def unknown_minimum(
    scenario: Scenario, models: Iterable[str], charges: Iterable[Charge], prices: Prices
) -> Iterator[Assumption]:
    """Caches that are counted on though nobody knows from which length the model caches."""
    for price, _ in _cached(scenario, models, charges, prices):
        if price.facts.min_cacheable_tokens is None:
            yield Assumption(
                f"{short_name(price.model)}.min_cacheable_tokens",
                "unknown",
                "prompts are taken to be long enough to be cached; state it under prices: if you know it",
            )


def reads_without_writes(
    scenario: Scenario, models: Iterable[str], charges: Iterable[Charge], prices: Prices
) -> Iterator[Warning]:
    """Caches that are read and never written, where the provider charges for what is written."""
    for price, fields in _cached(scenario, models, charges, prices):
        charged = price.rates.cache_write_per_mtok is not None
        if charged and not fields & {"cache_write_per_mtok", "cache_write_1h_per_mtok"}:
            yield Warning(
                "cache_reads_without_writes",
                f"{short_name(price.model)}: the cache is read and never written, and its provider charges for what is "
                "written: give cache_write_share, or cache_writes: auto",
            )


def logged_below_the_minimum(scenario: Scenario, models: Iterable[str], prices: Prices) -> Iterator[Warning]:
    """Traffic that was cached where it was logged, on a model that caches only longer prompts than its mean one."""
    cached = [part.input_tokens for part in scenario.measured if part.cached_share > 0]
    for model in models:
        price = _price(model, scenario, prices)
        least = None if price is None else price.facts.min_cacheable_tokens
        if price is not None and least is not None and cached and min(cached) < least:
            yield Warning(
                "cache_minimum",
                f"{short_name(price.model)} caches no prompt shorter than {least:,.6g} tokens, and what was logged as cached has "
                f"{min(cached):,.0f} tokens on average: less of it may be cached there",
            )
