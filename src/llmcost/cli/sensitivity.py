"""`llmcost sensitivity`."""

from typing import Annotated, Any

import typer

from llmcost.cli.draft import draft_from
from llmcost.cli.help import command_app
from llmcost.cli.options import DRAWS, HORIZON, OUTPUT, PRICES, SCENARIO, WORKLOAD, Values, takes
from llmcost.cli.reading import asked
from llmcost.cli.writing import Remarks, format_of, write
from llmcost.economics.sensitivity import sensitivity


def _option(flag: str, text: str) -> Any:
    return typer.Option(flag, help=text, metavar="NAME", show_default=False)


@takes(SCENARIO, WORKLOAD, HORIZON, PRICES, DRAWS, OUTPUT)
def command(
    flags: Values,
    challenger: Annotated[str | None, _option("--challenger", "Left out, the cheapest feasible.")] = None,
    against: Annotated[str | None, _option("--against", "Left out, the baseline.")] = None,
) -> int:
    """Which uncertain input is worth measuring first, and what would flip the answer."""
    format_of(flags)
    question = asked(draft_from(flags), flags)
    result = sensitivity(question.scenario, question.catalog, question.sampling, challenger, against)
    remarks = Remarks(question, {result.challenger: None, result.against: None})

    def page() -> Any:
        from llmcost.render.pages.sensitivity import page

        return page(result)

    write("sensitivity", flags, question.as_of, result, page, remarks)
    return 0


app = command_app(command)
