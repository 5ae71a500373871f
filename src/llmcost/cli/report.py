"""`llmcost report`."""

import gc
import shlex
from datetime import date
from pathlib import Path

from llmcost import __version__
from llmcost.cli.draft import draft_from
from llmcost.cli.logs import USAGE
from llmcost.cli.options import (
    DRAWS,
    GATES,
    HORIZON,
    OUTPUT,
    PRICES,
    SCENARIO,
    WORKLOAD,
    Values,
    command_app,
    flags_given,
    takes,
)
from llmcost.cli.reading import asked
from llmcost.cli.writing import FORMATS, Remarks, breached, deliver, format_of, refuse_stale, warn
from llmcost.decision.reporting import report
from llmcost.errors import InputError

REPORT_FORMATS = ("html", "markdown")
FIGURES = set(FORMATS) - set(REPORT_FORMATS)


@takes(SCENARIO, USAGE, WORKLOAD, HORIZON, PRICES, GATES, DRAWS, OUTPUT)
def command(flags: Values) -> int:
    """Write the page that the decision is made on: one HTML file that needs nothing else, or Markdown.

    Formats: html, markdown. The page moves with its sliders; the Markdown has the same parts without them.
    """
    form = _format(flags)
    draft = draft_from(flags)
    question = asked(draft, flags)
    gc.freeze()  # the catalog stays to the end: nothing to be gone through again while the page is made
    found = report(question.scenario, question.catalog, question.sampling, levers=form == "html")
    if question.traffic is not None:
        from llmcost.cli.measured import logged

        found = found.measured(question.traffic.traffic.usage, logged(question))
    comparison = found.details.comparison
    remarks = Remarks(question, {each.name: each.charges for each in comparison.architectures})
    from llmcost.render.report.content import Made

    made = Made(
        command=_command(flags, question.as_of),
        scenario=draft.text,
        as_of=question.as_of,
        version=__version__,
        assumptions=remarks.assumptions,
        warnings=remarks.warnings,
        explain=bool(flags["explain"]),
    )
    if form == "html":
        from llmcost.render.report.page import render
    else:
        from llmcost.render.report.markdown import render
    text = render(found, made)
    warn(remarks.warnings)
    deliver(text, flags)
    refuse_stale(flags, remarks.warnings)
    return breached(comparison.breached)


def _format(flags: Values) -> str:
    if flags.get("format_") is None and flags.get("output_file") is None:
        raise InputError(
            "nothing says where the report goes",
            where="llmcost report",
            hint="type -o report.html (or report.md), or -f html for standard output",
        )
    if flags.get("format_") in FIGURES:
        raise InputError(
            f"a report is html or markdown, not {flags['format_']}",
            where="--format",
            hint="type -f html or -f markdown; llmcost compare has the figures as table, json and csv",
        )
    return format_of(flags, REPORT_FORMATS)


def _command(flags: Values, as_of: date) -> str:
    """The command that gives this page again, on whatever day."""
    dated = {**flags, "as_of": as_of.isoformat()}
    parts = ["llmcost", "report", *([flags["scenario"]] if flags["scenario"] else [])]
    parts += flags_given(dated, USAGE, WORKLOAD, HORIZON, PRICES, GATES, DRAWS)
    if flags.get("output_file"):
        parts += ["-o", Path(flags["output_file"]).name]
    if flags.get("format_"):
        parts += ["-f", flags["format_"]]
    return shlex.join(parts)


app = command_app(command)
