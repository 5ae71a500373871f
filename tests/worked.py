"""Cases as data: a sentence, what is given, and what must come out, written as arithmetic.

An expected figure such as `700 * 0.80 + 200 * 3.00` was worked out by hand from the published
formula; it is evaluated here, by a reader that knows numbers and a few functions and nothing else.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from command_line import TODAY

CASES = Path(__file__).parent / "cases"
_BINARY: dict[type[ast.operator], Callable[[Any, Any], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


def mean_between(low: float, high: float) -> float:
    """The mean of a log-normal amount whose 5th and 95th percentiles these are: its median × exp(σ² / 2)."""
    deviation = math.log(high / low) / (2 * 1.6448536269514722)
    return math.sqrt(low * high) * math.exp(deviation**2 / 2)


_FUNCTIONS: dict[str, Callable[..., float]] = {
    "sqrt": math.sqrt,
    "floor": math.floor,
    "ceil": math.ceil,
    "min": min,
    "max": max,
    "mean_between": mean_between,
}
_WORDS = {"true": True, "false": False, "null": None}


class Case(NamedTuple):
    """A sentence that is true of llmcost, and how to see it."""

    name: str
    given: dict[str, Any]
    expect: Any


class NotArithmetic(ValueError):
    """A text that is no sum of numbers."""


def arithmetic(text: str) -> float:
    """The value of `600 - 200 / 12`, `sqrt(30000 * 80000)` or `1_000`; raises NotArithmetic."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except SyntaxError:
        raise NotArithmetic(text) from None
    return _value(tree.body, text)


def _value(node: ast.expr, text: str) -> float:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return number
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _BINARY[type(op)](_value(left, text), _value(right, text))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, text)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _FUNCTIONS:
            return _FUNCTIONS[name](*(_value(arg, text) for arg in args))
    raise NotArithmetic(text)


def cases(file: str) -> list[Case]:
    """All cases of `tests/cases/FILE.yaml`, text left as it was written."""
    written = yaml.load((CASES / f"{file}.yaml").read_text(encoding="utf-8"), yaml.BaseLoader)  # noqa: S506
    found = [Case(one["name"], _with_words(one["given"]), _with_words(one["expect"])) for one in written]
    assert len({case.name for case in found}) == len(found), f"two cases of {file} have one name"
    return found


def name_of(case: Case) -> str:
    """The sentence, as the test's id."""
    return case.name


def _with_words(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _with_words(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_with_words(value) for value in tree]
    return _WORDS.get(tree, tree)


# ---- asking llmcost in this process -----------------------------------------------------------------


def answer(given: dict[str, Any]) -> Any:
    """The result of a command, asked through the Python API, as the plain data that JSON carries."""
    from llmcost.render.json import plain

    return plain(_asked(given))


def scenario_of(given: dict[str, Any]) -> Any:
    """The scenario of a case, which starts in December 2026 unless it says otherwise."""
    from llmcost import scenario_from

    written = {"start": "2026-12", **given["scenario"]}
    return scenario_from(written, today=date.fromisoformat(TODAY))


def _asked(given: dict[str, Any]) -> Any:
    import llmcost

    command = given.get("command", "compare")
    if "offer" in given:
        from llmcost import Offer

        return llmcost.breakeven_of_offer(Offer.model_validate(given["offer"]))
    scenario, catalog = scenario_of(given), llmcost.load_catalog()
    if "catalog" in given:
        from llmcost.catalog.files import parse_yaml

        catalog = catalog.overlaid([parse_yaml(given["catalog"], "own.yaml")])
    name = given.get("architecture")
    if command == "tco":
        return llmcost.tco(scenario, catalog, name)
    if command == "host":
        return llmcost.host(scenario, catalog, name)
    if command == "breakeven":
        volumes = (_end(given, "from"), _end(given, "to"))
        return llmcost.breakeven(scenario, catalog, volumes=volumes)
    if command == "route":
        return llmcost.route(scenario, catalog)
    assert command == "compare", command
    return llmcost.compare(scenario, catalog)


def _end(given: dict[str, Any], name: str) -> float | None:
    return arithmetic(given[name]) if name in given else None


# ---- holding the answer against what is expected ---------------------------------------------------


def holds(found: Any, expected: Any, at: str = "result", off: float = 0.0) -> None:
    """Assert that everything expected is in what was found; what is not mentioned is free.

    A mapping held against a list picks the items by name, month or move, a charge by `group: name`.
    An expected value may be off by six standard errors of its draws (`off`).
    """
    if isinstance(expected, dict):
        for key, value in expected.items():
            drawn = found.get(f"{key}_error") if isinstance(found, dict) else None
            holds(_picked(found, key, at), value, f"{at}.{key}", 6 * (drawn or 0.0))
    elif isinstance(expected, list):
        assert isinstance(found, list), f"{at} is {found!r}, not a list"
        assert len(found) == len(expected), f"{at} has {len(found)} items, not {len(expected)}: {found!r}"
        for position, (one, value) in enumerate(zip(found, expected, strict=True)):
            holds(one, value, f"{at}[{position}]")
    elif isinstance(expected, str):
        try:
            number = arithmetic(expected)
        except NotArithmetic:
            assert found == expected, f"{at} is {found!r}, not {expected!r}"
            return
        assert isinstance(found, int | float) and not isinstance(found, bool), f"{at} is {found!r}, not {number:.12g}"
        close = math.isclose(found, number, rel_tol=2e-9, abs_tol=max(1e-9, off))
        assert close, f"{at} is {found!r}, not {number:.12g} = {expected}"
    else:
        assert found is expected, f"{at} is {found!r}, not {expected!r}"


def _picked(found: Any, key: str, at: str) -> Any:
    if isinstance(found, dict):
        assert key in found, f"{at} has no {key}, only {', '.join(found)}"
        return found[key]
    assert isinstance(found, list), f"{at} is {found!r}, which has no {key}"
    named = [item for item in found if key in _names(item)]
    listing = "; ".join(_names(item)[0] for item in found)
    assert len(named) == 1, f"{at} has {len(named)} items called {key!r} among {listing}"
    return named[0]


def _names(item: dict[str, Any]) -> list[str]:
    if "group" in item:
        return [f"{item['group']}: {item['name']}", item["name"]]
    return [str(item[key]) for key in ("name", "month", "move") if key in item]


def refuses(given: dict[str, Any], error: str, hint: str = "") -> None:
    """Assert that the question is refused with this in the error and in the hint."""
    from llmcost import LlmcostError

    with pytest.raises(LlmcostError) as refused:
        answer(given)
    assert error in refused.value.what, f"{refused.value.what!r} does not say {error!r}"
    assert hint in refused.value.hint, f"{refused.value.hint!r} does not say {hint!r}"


def check(case: Case) -> None:
    """Assert a case, whether a result or a refusal is expected."""
    if isinstance(case.expect, dict) and set(case.expect) <= {"error", "hint"}:
        refuses(case.given, **case.expect)
    else:
        holds(answer(case.given), case.expect)
