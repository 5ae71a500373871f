"""A claim typed after `llmcost audit --says`: FIGURE=VALUE, then any calculation with its own arguments.

What was typed becomes a claims file of one claim a figure, so that it is worked out as a written one is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from typing import Any, NamedTuple, TypeVar

from llmcost.claims.claim import CALCULATIONS, SCENARIO_CALCULATIONS
from llmcost.claims.claims_file import ClaimsFile, claims_from
from llmcost.cli.draft import Draft
from llmcost.cli.handed import Handed, handed_by
from llmcost.errors import InputError, LlmcostError, did_you_mean
from llmcost.quantity import shown

_SAYS = re.compile(r"\s*(?P<figure>[\w.]+(?: [\w.]+)*?)\s*(?P<sign>>=|<=|>|<|=)\s*(?P<value>\S.*?)\s*")
_PAIR = re.compile(r"(?P<path>[A-Za-z_][\w.]*)=(?P<value>(?!=).+)", re.DOTALL)
HERE = "the command line"
Failed = TypeVar("Failed", bound=LlmcostError)
_OWN = ("--says", "--of", "--whole", "--unit", "--tolerance", "--claim", "--fail-on")  # no command has them
STAND_ALONE = (
    *("--explain", "--details", "--force", "--help", "-h", "--strict", "--chart", "--spot", "--optimize"),
    *("--benchmark-plan", "--disaggregated", "--expert-parallel"),
)
INSTEAD = "type llmcost audit --says monthly_cost=1980 route --monthly-input 1B …, or llmcost audit claims.yaml"
_UNUSED = {  # what a command does beside its figures, and what to type for it here
    **dict.fromkeys(("--max-monthly", "--min-quality-kept", "--payback-within"), "type --fail-on off to leave with 3"),
    **dict.fromkeys(("--chart", "--sweep", "--optimize"), "take it out: no figure of the result rests on it"),
    **dict.fromkeys(("--from", "--to"), "take it out: all volumes are looked at"),
    "--usage": "run llmcost usage LOGS --save-workload FILE, and give that file",
}
_EXAMPLES = {
    "cascade": "cascade acceptance=66.55% cheap_cost=1 strong_cost=12",
    "review_savings": "review_savings requests=1000 share_before=10% share_after=1% usd_per_review=20",
    "labelling": "labelling samples=10k usd_per_sample=2..5 qa_share=20%..30%",
    "training_run": "training_run hours=4..8 usd_per_gpu_hour=2.69",
    "arithmetic": 'arithmetic "requests * usd_per_request" requests=3M usd_per_request=0.0075',
    "breakeven": "breakeven build=62k saving_per_call=0.007 calls_per_month=2M",
}
_BLOCKS = {"joint": "joint.p11=60% joint.p10=5% joint.p01=25% joint.p00=10%"}


class Typed(NamedTuple):
    """What stands after `--says`: the calculation and its arguments, which are KEY=VALUE pairs or its command's own."""

    calculation: str
    arguments: list[str]
    pairs: bool


class Inline(NamedTuple):
    """The claims that were typed, and the flags of the calculation's own command."""

    file: ClaimsFile
    flags: dict[str, Any]


def split(arguments: list[str]) -> tuple[list[str], Typed | None]:
    """The arguments of `audit` itself, and the calculation that follows `--says`; None without one.

    A command takes the rest as its own, but for the options that only audit has; beside KEY=VALUE pairs
    every option is audit's.
    """
    if not any(each == "--says" or each.startswith("--says=") for each in arguments):
        return arguments, None
    names = {*CALCULATIONS, *(name.replace("_", "-") for name in CALCULATIONS)}
    words = list(_words(arguments))
    at = next((i for i in words if arguments[i] in names), None)
    if at is None:
        return arguments, None
    calculation = arguments[at].replace("-", "_")
    first = next((arguments[i] for i in words if i > at), "")
    pairs = calculation not in SCENARIO_CALCULATIONS or (calculation == "breakeven" and bool(_PAIR.fullmatch(first)))
    own, typed = arguments[:at], Typed(calculation, [], pairs)
    rest = iter(arguments[at + 1 :])
    for each in rest:
        if re.match(r"-{1,2}[A-Za-z]", each) and (pairs or each.partition("=")[0] in _OWN):
            own.append(each)
            own += [] if _stands_alone(each) else [value for value in [next(rest, None)] if value is not None]
        else:
            typed.arguments.append(each)
    return own, typed


def _words(arguments: Sequence[str]) -> Iterator[int]:
    """Where words stand that are neither options nor the values of options."""
    position = 0
    while position < len(arguments):
        each = arguments[position]
        if not re.match(r"-{1,2}[A-Za-z]", each):
            yield position
        elif not _stands_alone(each):
            position += 1
        position += 1


def _stands_alone(option: str) -> bool:
    """Whether no value of the option follows: it takes none, or brings it along (`--of=x`, `-fjson`)."""
    return option in STAND_ALONE or "=" in option or (len(option) > 2 and not option.startswith("--"))


def no_calculation(words: Sequence[str]) -> InputError:
    """The refusal of `--says` without a calculation after it."""
    if not words:
        return InputError("no calculation follows --says", where="llmcost audit", hint=INSTEAD)
    near = did_you_mean(words[0], CALCULATIONS) or f"calculations: {', '.join(CALCULATIONS)}"
    return InputError(f"{shown(words[0])} is no calculation", where="llmcost audit --says", hint=near)


def inline(typed: Typed, says: list[str], more: dict[str, Any]) -> Inline | None:
    """What was typed as a claims file, a claim for each `--says`; None where the command only showed its help."""
    flags: dict[str, Any] = {}
    expression = None
    if typed.pairs:
        draft, expression = _given(typed)
    else:
        handed = _handed(typed, more["of"])
        if handed is None:
            return None
        draft, flags = handed.draft, handed.flags
        if more["of"] is None:
            more = {**more, "of": _value_of("--architecture", typed.arguments)}
    own: dict[str, Any] = {"calculation": typed.calculation, "given": draft.data, "expression": expression, **more}
    claims: list[dict[str, Any]] = []
    for text in says:
        figure, published = _stated(text)
        named = {} if typed.calculation == "arithmetic" else {"figure": figure}
        given = {key: value for key, value in own.items() if value is not None}
        claims.append({"id": _id(figure, claims), "says": text, "published": published, **named, **given})
    try:
        return Inline(claims_from(_Document({"source": {"title": HERE}, "claims": claims}, draft, expression)), flags)
    except InputError as error:
        raise as_typed(error, typed) from None


class _Document:
    """The claims as a document, whose places are flags and KEY=VALUE pairs."""

    name = HERE
    typed = True

    def __init__(self, data: dict[str, Any], draft: Draft, expression: str | None) -> None:
        self.data = data
        self.draft = draft
        self.expression = expression
        self.place = _Nowhere()

    def where(self, path: Any = (), *, key: bool = False) -> str:
        field, below = (path[2], path[3:]) if len(path) > 2 else ("", ())
        if field == "given":
            return self.draft.where(below, key)
        if field == "expression" and self.expression is not None:
            return self.expression
        return f"--{field}" if field in ("of", "whole", "unit") else "--says"


class _Nowhere:
    """The root of a document without lines."""

    children: dict[Any, Any] = {}


def _handed(typed: Typed, of: str | None) -> Handed | None:
    """What the calculation's command was told to work on; `of` reaches those that answer for one architecture."""
    import typer

    for each in typed.arguments:
        flag = each.partition("=")[0]
        if flag in _UNUSED:
            raise InputError(f"{flag} has no part in a claim", where=flag, hint=_UNUSED[flag])
    arguments = list(typed.arguments)
    if of is not None and typed.calculation in ("tco", "host") and "--architecture" not in arguments:
        arguments += ["--architecture", of]
    app = import_module(f"llmcost.cli.{typed.calculation}").app
    name = f"llmcost {typed.calculation}"
    try:
        return handed_by(lambda: app(args=arguments, prog_name=name, standalone_mode=False))
    except typer.TyperException as error:
        hint = f"type {name} --help for its options"
        raise InputError(error.format_message(), where=f"--says … {typed.calculation}", hint=hint) from None


def _value_of(flag: str, arguments: Sequence[str]) -> str | None:
    for position, each in enumerate(arguments):
        name, equals, value = each.partition("=")
        if name == flag:
            return value if equals else "".join(arguments[position + 1 : position + 2])
    return None


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


def _given(typed: Typed) -> tuple[Draft, str | None]:
    """KEY=VALUE pairs as inputs (`joint.p11=0.56` is one below `joint`), and an expression that stands by itself."""
    draft = Draft(None)
    expression = None
    for text in typed.arguments:
        pair = _PAIR.fullmatch(text)
        if pair is None:
            if typed.calculation != "arithmetic" or expression is not None:
                raise InputError(
                    f"{shown(text)} is not KEY=VALUE",
                    where=f"--says … {typed.calculation}",
                    hint=f"type {_EXAMPLES[typed.calculation]}",
                )
            expression = text
            continue
        path = tuple(pair["path"].split("."))
        if path[0] in _BLOCKS and len(path) == 1:
            raise InputError(f"{path[0]} is several quantities", where=text, hint=f"type {_BLOCKS[path[0]]}")
        for end in range(1, len(path) + 1):
            if draft.is_flag(path[:end]) or (end == len(path) and draft.holds(path)):
                name = ".".join(path[:end])
                twice = (
                    f"{name} stands twice"
                    if end == len(path)
                    else f"{name} is a quantity, and {pair['path']} is below it"
                )
                raise InputError(twice, where=text, hint="give it once")
        draft.put(path, None if pair["value"] in ("null", "unknown") else pair["value"], text)
    if typed.calculation == "arithmetic" and expression is None:
        raise InputError(
            "arithmetic has no expression", where="--says … arithmetic", hint=f"type {_EXAMPLES['arithmetic']}"
        )
    return draft, expression


def as_typed(error: Failed, typed: Typed) -> Failed:
    """The error with the inputs of its hint, which are YAML as in a file, as the KEY=VALUE pairs that are typed here."""
    if not typed.pairs:
        return error
    hint = re.sub(r"\{([^{}]*)\}", lambda block: block[1].replace(": ", "=").replace(", ", " "), error.hint)
    return error.said(hint=re.sub(r"\b(add|give|type) (\w+): ", r"\1 \2=", hint))
