"""A claim typed after `llmcost audit --says`: FIGURE=VALUE, then any calculation with its own arguments."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import import_module
from typing import Any, NamedTuple

from llmcost.claims.by_scenario import PAYBACK_HORIZON, stated_price
from llmcost.claims.claim import CALCULATIONS, SCENARIO_CALCULATIONS, ClaimsFile, claims_from
from llmcost.claims.published import Published
from llmcost.cli.answers import Answer, answers
from llmcost.errors import InputError
from llmcost.quantity import shown

_SAYS = re.compile(r"\s*(?P<figure>[\w.]+(?: [\w.]+)*?)\s*(?P<sign>>=|<=|>|<|=)\s*(?P<value>\S.*?)\s*")
_GIVEN = re.compile(r"(?P<path>[A-Za-z_][\w.]*)=(?P<value>(?!=).+)", re.DOTALL)
HERE = "the command line"
_OWN = ("--says", "--of", "--whole", "--unit", "--tolerance", "--claim", "--fail-on")  # no command has them
_ALONE = ("--explain", "--force", "--help", "-h")
INSTEAD = "type llmcost audit --says monthly_cost=1980 route --monthly-input 1B …, or llmcost audit claims.yaml"


class Typed(NamedTuple):
    """What stands after `--says`: the calculation and its arguments."""

    calculation: str
    arguments: list[str]


class _Document:
    """The claim as a document, whose places are flags."""

    name = HERE
    place = type("Nowhere", (), {"children": {}})()

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data

    def where(self, path: Any = (), *, key: bool = False) -> str:
        return "--says"


def split(arguments: list[str]) -> tuple[list[str], Typed | None]:
    """The arguments of `audit` itself, and the calculation that follows `--says`; None without one.

    A command takes the rest as its own, but for the options that only audit has; beside KEY=VALUE pairs
    every option is audit's.
    """
    if not any(each == "--says" or each.startswith("--says=") for each in arguments):
        return arguments, None
    names = {*CALCULATIONS, *(name.replace("_", "-") for name in CALCULATIONS)}
    at = next((i for i, each in enumerate(arguments) if each in names and arguments[i - 1] not in _OWN), None)
    if at is None:
        return arguments, None
    own, typed = arguments[:at], Typed(arguments[at].replace("-", "_"), [])
    rest = iter(arguments[at + 1 :])
    for each in rest:
        scenario = typed.calculation in SCENARIO_CALCULATIONS and each.partition("=")[0] not in _OWN
        if scenario or not re.match(r"-{1,2}[A-Za-z]", each):
            typed.arguments.append(each)
            continue
        own.append(each)
        if "=" not in each and each not in _ALONE:
            own += [value for value in [next(rest, None)] if value is not None]
    return own, typed


def claim_of(typed: Typed, says: list[str], more: dict[str, Any]) -> ClaimsFile:
    """A claims file of what was typed, a claim for each `--says`."""
    own: dict[str, Any] = {"calculation": typed.calculation}
    if typed.calculation not in SCENARIO_CALCULATIONS:
        own["given"], expression = _given(typed)
        own |= {"expression": expression} if expression is not None else {}
    own |= {key: value for key, value in more.items() if value is not None}
    claims: list[dict[str, Any]] = []
    for text in says:
        figure, published = _stated(text)
        named = {} if typed.calculation == "arithmetic" else {"figure": figure}
        claims.append({"id": _id(figure, claims), "says": text, "published": published, **named, **own})
    return claims_from(_Document({"source": {"title": HERE}, "claims": claims}))


def answer_of(typed: Typed, says: list[str], of: str | None) -> Answer:
    """The command's own answer to its own arguments; an Impossible where an input of theirs cannot be.

    `of` is handed on to the commands that answer for one architecture; an offer without a horizon is
    looked at as long as in a file. Raises InputError where the command gives no answer.
    """
    import typer

    arguments = list(typed.arguments)
    if of is not None and typed.calculation in ("tco", "host"):
        arguments += ["--architecture", of]
    if "--build" in arguments and "--horizon" not in arguments and typed.calculation == "breakeven":
        arguments += ["--horizon", str(PAYBACK_HORIZON)]
    if typed.calculation == "host" and "--stated-cost-per-mtok" not in arguments:
        # A published price is held against what the hardware allows, as a stated one is.
        prices = [_stated(text)[1] for text in says if _stated(text)[0] == "cost_per_mtok"]
        low = stated_price(Published.parse(prices[0])) if prices else None
        arguments += [] if low is None else ["--stated-cost-per-mtok", repr(low)]
    with answers() as found:
        app = import_module(f"llmcost.cli.{typed.calculation}").app
        try:
            app(args=arguments, prog_name=f"llmcost {typed.calculation}", standalone_mode=False)
        except typer.Exit as leave:
            raise InputError("that asks for help, not for a figure", where="--says", hint=INSTEAD) from leave
    if not found:
        raise InputError(f"{typed.calculation} gave no answer", where="--says", hint=INSTEAD)
    return found[0]


def _stated(text: str) -> tuple[str, str]:
    found = _SAYS.fullmatch(text)
    if found is None:
        raise InputError(f"{shown(text)} is not FIGURE=VALUE", where="--says", hint="type --says monthly_cost=1980")
    sign = "" if found["sign"] == "=" else found["sign"] + " "
    return found["figure"], sign + found["value"]


def _id(figure: str, before: Iterable[Any]) -> str:
    name = re.sub(r"[^\w-]", "-", figure)
    taken = {claim["id"] for claim in before}
    return name if name not in taken else f"{name}-{len(taken) + 1}"


def _given(typed: Typed) -> tuple[dict[str, Any], str | None]:
    """KEY=VALUE pairs as inputs (`joint.p11=0.56` is one below `joint`), and an expression that stands by itself."""
    given: dict[str, Any] = {}
    expression = None
    for text in typed.arguments:
        pair = _GIVEN.fullmatch(text)
        if pair is None:
            if typed.calculation != "arithmetic" or expression is not None or text.startswith("-"):
                raise InputError(
                    f"{shown(text)} is not KEY=VALUE",
                    where=f"--says … {typed.calculation}",
                    hint=f"type {_EXAMPLES[typed.calculation]}",
                )
            expression = text
            continue
        *blocks, key = pair["path"].split(".")
        here = given
        for block in blocks:
            here = here.setdefault(block, {})
        if key in here:
            raise InputError(f"{pair['path']} stands twice", where=text, hint="give it once")
        here[key] = None if pair["value"] in ("null", "unknown") else pair["value"]
    return given, expression


_EXAMPLES = {
    "cascade": "cascade acceptance=66.55% cheap_cost=1 strong_cost=12",
    "review_savings": "review_savings requests=1000 share_before=10% share_after=1% usd_per_review=20",
    "labelling": "labelling samples=10k usd_per_sample=2..5 qa_share=20%..30%",
    "training_run": "training_run hours=4..8 usd_per_gpu_hour=2.69",
    "arithmetic": 'arithmetic "requests * usd_per_request" requests=3M usd_per_request=0.0075',
}
