"""The result on stdout or in a file, in the format asked for; remarks on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NamedTuple

from llmcost import __version__
from llmcost.architectures.prices import Prices
from llmcost.cli.asked import Asked
from llmcost.cli.options import Values
from llmcost.economics.horizon import estimate
from llmcost.economics.remarks import assumptions, warnings
from llmcost.errors import InputError, StalePrice, did_you_mean
from llmcost.estimate import Assumption, Charge, Warning
from llmcost.quantity import at_middle

if TYPE_CHECKING:
    from llmcost.render.page import Page

FORMATS = ("table", "json", "csv", "markdown")
_ENDINGS = {
    ".json": "json",
    ".csv": "csv",
    ".md": "markdown",
    ".markdown": "markdown",
    ".txt": "table",
    ".html": "html",
    ".htm": "html",
}


def format_of(flags: Values, known: tuple[str, ...] = FORMATS) -> str:
    """The output format: stated, else from the file's ending, else a table.

    `known` are the formats that the command writes. Raises InputError for any other.
    """
    asked = flags.get("format_")
    if asked is not None:
        if asked not in known:
            hint = did_you_mean(asked, known) or f"type one of: {', '.join(known)}"
            raise InputError(f"unknown format {asked!r}", where="--format", hint=hint)
        return str(asked)
    path = flags.get("output_file")
    if path is None:
        return "table"
    form = _ENDINGS.get(PurePath(path).suffix.lower())
    if form is None or form not in known:
        endings = ", ".join(ending for ending, written in _ENDINGS.items() if written in known)
        what = f"this command does not write {form}" if form else f"nothing says which format {path!r} is"
        raise InputError(what, where="-o", hint=f"end it in {endings}, or give --format")
    return form


def charted(page: Page, flags: Values, asked: Asked, names: list[str]) -> Page:
    """The page with a chart of cumulative cost, and the chart's numbers as its last table."""
    if not flags.get("chart"):
        return page
    from llmcost.economics.trajectories import trajectories
    from llmcost.render import chart

    lines = trajectories(asked.scenario, asked.catalog, names, asked.sampling)
    on_terminal = sys.stdout.isatty() and flags.get("output_file") is None
    return page._replace(chart=chart.chart(lines, terminal=on_terminal), tables=[*page.tables, chart.table(lines)])


class Notes(NamedTuple):
    """Assumptions and warnings that an answer brings along."""

    assumptions: list[Assumption]
    warnings: list[Warning]
    worked_out: Mapping[str, Iterable[Charge]] = {}


class Remarks:
    """The assumptions and warnings behind an answer, worked out once.

    `charges` are those of each architecture; a name with None has its own worked out here, and
    kept in `worked_out` for `--explain`.
    `horizon` is False where the answer is about one month.
    """

    def __init__(self, asked: Asked, charges: Mapping[str, Iterable[Charge] | None], *, horizon: bool = True) -> None:
        self.asked = asked
        scenario = asked.scenario
        point = at_middle(scenario)
        prices = Prices(asked.catalog, point.prices, point.successors)
        self.worked_out = {name: estimate(name, point, prices).charges for name, own in charges.items() if own is None}
        every = [charge for name, own in charges.items() for charge in own or self.worked_out.get(name, ())]
        names = [name for name in charges if name in scenario.architectures]
        measured = asked.traffic.traffic.usage.models if asked.traffic is not None else ()
        logged = [each.priced_as or each.model for each in measured]
        self.assumptions: list[Assumption] = assumptions(
            point, names, every, prices, horizon=horizon, logged=logged, uncertain=point is not scenario
        )
        self.warnings: list[Warning] = warnings(scenario, names, every, prices, asked.as_of)
        if asked.traffic is not None:
            self.assumptions += asked.traffic.assumptions
            self.warnings += asked.traffic.warnings


def write(
    command: str,
    flags: Values,
    as_of: date,
    result: Any,
    page: Callable[[], Page],
    remarks: Remarks | Notes | None = None,
) -> None:
    """Render and deliver the result. Raises StalePrice under --strict, after it is printed."""
    form = format_of(flags)
    assumed = remarks.assumptions if remarks else []
    warned = remarks.warnings if remarks else []
    if form == "json":
        from llmcost.render import json

        text = json.document(command, __version__, as_of, assumed, warned, result)
    else:
        drawn = page()
        if flags.get("explain") and remarks:
            drawn = _explained(drawn, remarks, as_of)
        text = _readable(form, drawn, assumed, flags)
        warn(warned)
    deliver(text, flags)
    refuse_stale(flags, warned)


def warn(warned: Iterable[Warning]) -> None:
    """What weakens the answer, on stderr."""
    for warning in warned:
        sys.stderr.write(f"warning: {_harmless(warning.message)}\n")


def refuse_stale(flags: Values, warned: Iterable[Warning]) -> None:
    """Raise StalePrice under --strict where a price is stale or undated; the result has been printed."""
    stale = [w for w in warned if w.code in ("stale_price", "undated_price")]
    if flags.get("strict") and stale:
        raise StalePrice(
            f"{len(stale)} stale or undated price{'s' if len(stale) > 1 else ''}: {stale[0].message}",
            where="--strict",
            hint="run llmcost prices check, or set the price with --price MODEL.input=USD",
        )


def _explained(page: Page, remarks: Remarks | Notes, as_of: date) -> Page:
    """The page with the charges behind an answer that does not carry its own."""
    from llmcost.render import explanation

    tables = [explanation.table(f"{name}: the charges", own, as_of) for name, own in remarks.worked_out.items()]
    return page._replace(tables=[*page.tables, *tables])


def _harmless(text: str) -> str:
    from llmcost.render.plain import harmless

    return harmless(text)


def _readable(form: str, page: Page, assumed: list[Assumption], flags: Values) -> str:
    if form == "csv":
        from llmcost.render import csv

        return csv.render(page)
    if assumed:
        page = page._replace(details=[*page.details, *(_assumption(a) for a in assumed)])
    if form == "markdown":
        from llmcost.render import markdown

        return markdown.render(page)
    from llmcost.render import table

    details = bool(flags.get("details") or flags.get("explain"))
    return table.render(page, terminal=sys.stdout.isatty() and flags.get("output_file") is None, details=details)


def _assumption(assumption: Assumption) -> str:
    value = assumption.value
    shown = f"{value:,.6g}" if isinstance(value, float | int) and not isinstance(value, bool) else str(value)
    return f"* {assumption.name} = {shown}: {assumption.why}"


def deliver(text: str, flags: Values) -> None:
    """To stdout, or atomically to the file named by -o and never over one without --force."""
    path = flags.get("output_file")
    if path is None:
        sys.stdout.write(text)
        return
    from llmcost.output_file import write_atomically

    write_atomically(path, text, force=bool(flags.get("force")))


def breached(reasons: Iterable[str]) -> int:
    """Exit code 3 with the reasons on stderr, or 0 where nothing is breached."""
    found = list(dict.fromkeys(reasons))
    for reason in found:
        sys.stderr.write(f"gate breached: {_harmless(reason)}\n")
    return 3 if found else 0
