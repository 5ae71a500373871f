"""How a figure of a cascade of two models arises, step by step in the names that a claim gives.

Each value is the command's own, with every input at its middle: a charge's, a rate's, a quality's. Only the words are of here.
"""

from collections.abc import Iterator
from typing import Any

from llmcost.architectures.cascade import Cascade
from llmcost.architectures.patterns import Patterns, extreme_pairs
from llmcost.claims.expression import Step
from llmcost.economics.quality_kept import Evidence
from llmcost.economics.routing import Mix
from llmcost.estimate import Charge
from llmcost.scenario import Scenario

_COST = {"escalation_1": "escalation", "usd_per_request": "verifier_cost", "input_per_mtok": "{}_cost"}
_RIGHT = {"11": "p11", "10": "p10 × (1 − false_reject)", "01": "p01 × (1 − false_accept)"}


def cascade_steps(figure: str, name: str, given: dict[str, Any], point: Scenario, mix: Mix) -> list[Step]:
    """The steps to this figure of the cascade `name`; `point` is its scenario of one request of a million tokens."""
    cascade = point.architectures[name]
    own = mix.cascade
    assert isinstance(cascade, Cascade)  # noqa: S101 - made of one
    assert own is not None  # noqa: S101
    strong = "(p11 + p01)" if "joint" in given else "strong_quality"
    last = {
        "acceptance": ("1 − escalation", own.acceptance.value),
        "saving": ("strong_cost − cost", mix.saving.value),
        "saving_share": ("(strong_cost − cost) ÷ strong_cost", mix.saving_share.value),
        "break_even_acceptance": ("(cheap_cost + verifier_cost) ÷ strong_cost", own.break_even_acceptance.value),
        "quality_kept": (f"quality ÷ {strong}", mix.quality_kept.value),
        "parity_false_accept": ("(1 − false_reject) × p10 ÷ p01", own.parity_false_accept.value),
    }
    steps: list[Step] = []
    if figure in ("quality", "quality_kept"):
        steps += _quality(cascade, name, point)
    if figure in ("acceptance", "escalation", "cost", "saving", "saving_share"):
        steps += _escalation(cascade, name, given, point)
    if figure in ("cost", "saving", "saving_share"):
        steps += _cost(mix.charges)
    written, value = last.get(figure, ("", None))
    return steps if value is None or figure in given else [*steps, Step(written, value)]


def _escalation(cascade: Cascade, name: str, given: dict[str, Any], point: Scenario) -> Iterator[Step]:
    if "escalation" in given:
        return
    (rate,) = cascade.rates(name, Evidence(point), "")
    right, wrong = ("(p11 + p10)", "(p01 + p00)") if "joint" in given else ("cheap_quality", "(1 − cheap_quality)")
    errs = f"{right} × false_reject + {wrong} × (1 − false_accept)"
    yield Step(f"escalation = {'1 − acceptance' if 'acceptance' in given else errs}", rate.value)


def _cost(charges: tuple[Charge, ...]) -> list[Step]:
    """What is paid a request, a product for each model and the verifier, and their sum."""
    paid = [charge for charge in charges if charge.cost]
    products = [_product(charge) for charge in paid]
    steps = [Step(text, charge.cost) for text, charge in zip(products, paid, strict=True) if "×" in text]
    return [*steps, Step(f"cost = {' + '.join(products) or '0'}", sum(charge.cost for charge in paid))]


def _product(charge: Charge) -> str:
    """Its factors in the claim's names; one request and its million tokens are left out."""
    return " × ".join(_COST[factor.name].format(charge.group) for factor in charge.factors if factor.name in _COST)


def _quality(cascade: Cascade, name: str, point: Scenario) -> Iterator[Step]:
    """How often it is right: of each pattern, then of all; at both ends where only the two accuracies are known."""
    evidence = Evidence(point)
    known = cascade.patterns(name, evidence, "")
    if known is not None:
        yield from _right(cascade, known)
        return
    first, last = (evidence.quality(stage, name, "") for stage in cascade.stages)
    if first is None or last is None:
        return
    ends = ("max(0, cheap_quality − strong_quality)", "min(cheap_quality, 1 − strong_quality)")
    for pair, p10 in zip(extreme_pairs(first, last), ends, strict=True):
        yield Step(f"p10 = {p10}", pair["10"])
        yield Step("p11 = cheap_quality − p10", pair["11"])
        yield Step("p01 = strong_quality − p11", pair["01"])
        yield from _right(cascade, pair)


def _right(cascade: Cascade, known: Patterns) -> Iterator[Step]:
    for pattern in ("10", "01"):
        yield Step(_RIGHT[pattern], cascade.cascade_quality({pattern: known.get(pattern, 0.0)}))
    yield Step(f"quality = {' + '.join(_RIGHT.values())}", cascade.cascade_quality(known))
