"""`llmcost compare`."""

import gc
from typing import Annotated, Any

import typer

from llmcost.cli.draft import draft_from
from llmcost.cli.help import command_app
from llmcost.cli.logs import USAGE
from llmcost.cli.options import (
    CHART,
    DRAWS,
    GATES,
    HORIZON,
    OUTPUT,
    PRICES,
    SCENARIO,
    WORKLOAD,
    Values,
    takes,
)
from llmcost.cli.reading import asked
from llmcost.cli.route import add_mixes
from llmcost.cli.writing import Remarks, breached, charted, format_of, write
from llmcost.economics.comparison import compare
from llmcost.economics.routing import with_dearest_baseline


@takes(SCENARIO, USAGE, WORKLOAD, HORIZON, PRICES, GATES, DRAWS, CHART, OUTPUT)
def command(
    flags: Values,
    mix: Annotated[
        list[str] | None,
        typer.Option("--mix", help="Add a mix: MODEL=SHARE,MODEL=SHARE.", metavar="MIX", show_default=False),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option("--model", help="Add a single model.", metavar="MODEL", show_default=False),
    ] = None,
) -> int:
    """Compare every architecture of a scenario over its horizon."""
    format_of(flags)
    draft = draft_from(flags)
    add_mixes(draft, mix, model)
    question = asked(draft, flags)
    if flags["scenario"] is None:
        question = question._replace(scenario=with_dearest_baseline(question.scenario, question.catalog))
    gc.freeze()  # the catalog stays to the end: nothing to be gone through again on every chunk of draws
    result = compare(question.scenario, question.catalog, question.sampling)
    if question.traffic is not None:
        from llmcost.cli.measured import logged

        result = result._replace(traffic=logged(question))
    remarks = Remarks(question, {each.name: each.charges for each in result.architectures})

    def page() -> Any:
        from llmcost.render.pages.compare import page

        names = [each.name for each in result.architectures]
        return charted(page(result, question.as_of, flags["explain"]), flags, question, names)

    write("compare", flags, question.as_of, result, page, remarks)
    return breached(result.breached)


app = command_app(command)
