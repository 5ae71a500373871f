"""`llmcost diff`."""

import re
from datetime import date
from typing import Annotated, Any, NoReturn

import typer

from llmcost import __version__
from llmcost.catalog.earlier import EarlierCatalog
from llmcost.cli.asked import Asked
from llmcost.cli.draft import draft_from
from llmcost.cli.help import command_app
from llmcost.cli.options import DRAWS, HORIZON, OUTPUT, PRICES, WORKLOAD, Values, option, takes
from llmcost.cli.outcomes import OutcomeRemarks
from llmcost.cli.reading import asked, day, for_the_day, number_flag
from llmcost.cli.writing import Remarks, breached, format_of, write
from llmcost.difference.difference import Difference, difference
from llmcost.difference.gates import Limits
from llmcost.difference.saved import Text, read_text, saved_result
from llmcost.difference.side import Side, saved_side
from llmcost.errors import InputError
from llmcost.estimate import Warning
from llmcost.quantity import shown

ONE_SIDE = ("as_of", "price", "catalog")


_Old = Annotated[
    str,
    typer.Argument(
        help="A scenario, or a saved JSON result of compare, route or tco; - for standard input.", metavar="OLD"
    ),
]
_New = Annotated[
    str | None,
    typer.Argument(
        help="The same, after the change; left out, OLD again under the -old and -new flags.",
        metavar="NEW",
        show_default=False,
    ),
]


@takes(WORKLOAD, HORIZON, PRICES, DRAWS, OUTPUT)
def command(
    flags: Values,
    old: _Old,
    new: _New = None,
    as_of_old: Annotated[
        str | None, option("--as-of-old", "OLD as if no price had changed since this day.", "YYYY-MM-DD")
    ] = None,
    as_of_new: Annotated[str | None, option("--as-of-new", "--as-of, for NEW alone.", "YYYY-MM-DD")] = None,
    price_old: Annotated[list[str] | None, option("--price-old", "--price, for OLD alone.", "MODEL.FIELD=USD")] = None,
    price_new: Annotated[list[str] | None, option("--price-new", "--price, for NEW alone.", "MODEL.FIELD=USD")] = None,
    catalog_old: Annotated[list[str] | None, option("--catalog-old", "--catalog, for OLD alone.", "FILE")] = None,
    catalog_new: Annotated[list[str] | None, option("--catalog-new", "--catalog, for NEW alone.", "FILE")] = None,
    architecture: Annotated[
        str | None,
        option(
            "--architecture", "Which one the headline and the gates are about; left out, each side's cheapest.", "NAME"
        ),
    ] = None,
    max_increase: Annotated[
        str | None,
        option("--max-increase", "Gate: USD a month more, one-time costs spread over the horizon.", "USD"),
    ] = None,
    max_increase_pct: Annotated[
        str | None, option("--max-increase-pct", "Gate: the same, in percent of the old cost.", "PERCENT")
    ] = None,
    max_monthly: Annotated[str | None, option("--max-monthly", "Gate: no month of NEW may cost more.", "USD")] = None,
) -> int:
    """What changed between two scenarios or results, what it costs, and which decision flips."""
    format_of(flags)
    limits = Limits(
        None if max_increase is None else number_flag(max_increase, "--max-increase"),
        None if max_increase_pct is None else _percent(max_increase_pct),
        None if max_monthly is None else number_flag(max_monthly, "--max-monthly"),
        architecture,
    )
    own = {
        "old": {"as_of": as_of_old, "price": price_old, "catalog": catalog_old},
        "new": {"as_of": as_of_new, "price": price_new, "catalog": catalog_new},
    }
    reader = _Reader(flags, own)
    before, after = reader.sides(old, new)
    result = difference(before, after, limits)

    def page() -> Any:
        from llmcost.render.pages.diff import page

        return page(result, before, after, explain=flags["explain"], lines=format_of(flags) == "csv")

    write("diff", flags, date.fromisoformat(after.prices_as_of), result, page, reader.remarks(before, after))
    return breached(_reasons(result))


def _reasons(result: Difference) -> list[str]:
    return [
        f"{gate.architecture or 'no architecture'}: {gate.gate}: {gate.reason}"
        for gate in result.gates
        if gate.breached
    ]


class _Reader:
    """Reads both sides: saved results as they are, scenarios worked out by the command of the other side."""

    def __init__(self, flags: Values, own: dict[str, Values]) -> None:
        self.flags = flags
        self.own = own
        self.as_of = {
            side: day(flags.get("as_of")) if given["as_of"] is None else _day(given["as_of"], side)
            for side, given in own.items()
        }
        self.worked_out: dict[str, Remarks] = {}

    def sides(self, old: str, new: str | None) -> tuple[Side, Side]:
        """The two sides. Raises InputError where there is nothing to tell them apart."""
        if old == new == "-":
            hint = "name a file for one of the two"
            raise InputError("standard input can be one side only", where="llmcost diff", hint=hint)
        given = {"old": read_text(old)}
        if new is None:
            if not any(value for side in self.own.values() for value in side.values()):
                raise InputError(
                    "there is nothing to compare it with",
                    where="llmcost diff",
                    hint=f"name NEW, or type --as-of-old 2026-06-01 or --price-new MODEL.input=0.80 after {shown(old)}",
                )
            given["new"] = given["old"]
        else:
            given["new"] = read_text(new)
        saved = {side: saved_result(text) for side, text in given.items()}
        if new is None and saved["old"] is not None:
            hint = "name NEW, a scenario or another saved result"
            raise InputError("a saved result has no second side", where=given["old"].name, hint=hint)
        self._check_flags(saved)
        found = {side: saved_side(document, given[side].name) for side, document in saved.items() if document}
        command = next((side.command for side in found.values()), "compare")
        architecture = next((each.cheapest for each in found.values() if command == "tco"), None)
        for side, text in given.items():
            if side not in found:
                found[side] = self._worked_out(side, text, command, architecture)
        return found["old"], found["new"]

    def _check_flags(self, saved: dict[str, Any]) -> None:
        """Flags that shape a scenario have nothing to shape in a saved result."""
        for side, document in saved.items():
            for name, value in self.own[side].items():
                if document is not None and value:
                    self._refuse_flag(f"--{name.replace('_', '-')}-{side}")
        if all(saved.values()):
            shaping = [*WORKLOAD, *HORIZON, *PRICES, *DRAWS]
            for name in (parameter.name for parameter in shaping if parameter.name not in ("as_of", "strict")):
                if self.flags.get(name):
                    self._refuse_flag("--" + name.replace("_", "-"))
        if self.own["old"]["as_of"] is not None and self.as_of["old"] >= self.as_of["new"]:
            raise InputError(
                f"{self.as_of['old']} is not before {self.as_of['new']}, the day of the new side",
                where="--as-of-old",
                hint="type an earlier day, or a later --as-of-new",
            )

    def _refuse_flag(self, flag: str) -> NoReturn:
        hint = "leave it out, or name the scenario in place of its saved result"
        raise InputError(f"{flag} changes nothing in a saved result", where=flag, hint=hint)

    def _worked_out(self, side: str, text: Text, command: str, architecture: str | None) -> Side:
        from llmcost.catalog.files import MAX_BYTES, parse_yaml

        if len(text.text) > MAX_BYTES:
            what = f"the scenario is larger than {MAX_BYTES / 1024**2:g} MiB"
            raise InputError(what, where=text.name, hint="name a YAML file of that size or less")
        own = self.own[side]
        flags = {**self.flags, "scenario": parse_yaml(text.text, text.name), "as_of": self.as_of["new"].isoformat()}
        for name in ("price", "catalog"):
            flags[name] = [*(self.flags.get(name) or ()), *(own[name] or ())]
        question = asked(draft_from(flags), flags)
        if side == "old" and own["as_of"] is not None:
            earlier = EarlierCatalog(question.catalog, self.as_of["old"], self.as_of["new"])
            question = question._replace(catalog=earlier, as_of=self.as_of["old"])
        found, self.worked_out[side] = _answered(question, text.name, command, architecture)
        return found

    def remarks(self, old: Side, new: Side) -> Remarks:
        """The assumptions and warnings of the new side, and that two versions were compared."""
        found = self.worked_out.get("new")
        assumed, warned = (found.assumptions, found.warnings) if found else ([], [])
        if old.version != new.version:
            what = f"{old.name} was worked out by llmcost {old.version}, {new.name} by {new.version}"
            warned = [*warned, Warning("versions_differ", what)]
        return OutcomeRemarks(assumed, warned)


def _answered(question: Asked, name: str, command: str, architecture: str | None) -> tuple[Side, Remarks]:
    """The scenario's answer to the command as its JSON would carry it, and the remarks on it."""
    from llmcost.render.json import plain

    dearest: dict[str, float | None] = {}
    result: Any
    if command == "route":
        from llmcost.economics.routing import route

        question = for_the_day(question)
        result = route(question.scenario, question.catalog, question.sampling)
        stated = {each.name: each.charges for each in result.mixes if each.kind != "single"}
    elif command == "tco":
        from llmcost.economics.ownership import tco

        result = tco(question.scenario, question.catalog, architecture, question.sampling)
        dearest = {result.architecture: _dearest(result.months)}
        stated = {result.architecture: result.charges}
    else:
        from llmcost.economics.comparison import compare_in_detail

        details = compare_in_detail(question.scenario, question.catalog, question.sampling)
        result = details.comparison
        dearest = {each: _dearest(estimate.months) for each, estimate in details.estimates.items()}
        stated = {each.name: each.charges for each in result.architectures}
    remarks = Remarks(question, stated, horizon=command != "route")
    as_of, assumed = question.as_of.isoformat(), plain(remarks.assumptions)
    scenario = question.scenario
    side = Side(name, "scenario", command, as_of, __version__, plain(result), assumed, scenario, dearest)
    return side, remarks


def _dearest(months: Any) -> float | None:
    costs = [month.cost for month in months]
    return None if None in costs else max(costs, default=None)


def _day(text: str, side: str) -> date:
    try:
        return day(text)
    except InputError as error:
        raise InputError(error.what, where=f"--as-of-{side}", hint=error.hint) from None


def _percent(text: str) -> float:
    """`5` and `5%` are five percent."""
    match = re.fullmatch(r"\s*(.*?)\s*%?\s*", text)
    assert match is not None  # noqa: S101 - it fits any text
    return number_flag(match[1], "--max-increase-pct") / 100


app = command_app(command)
