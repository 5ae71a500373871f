"""`llmcost policy`."""

from typing import Any

from llmcost.cli.draft import draft_from
from llmcost.cli.help import command_app
from llmcost.cli.options import DRAWS, GATES, HORIZON, OUTPUT, PRICES, SCENARIO, WORKLOAD, Values, takes
from llmcost.cli.reading import asked
from llmcost.cli.writing import FORMATS, Remarks, breached, deliver, format_of, write
from llmcost.decision.policy import policy

POLICY_FORMATS = (*FORMATS, "yaml", "litellm")


@takes(SCENARIO, WORKLOAD, HORIZON, PRICES, GATES, DRAWS, OUTPUT)
def command(flags: Values) -> int:
    """Place each segment on the cheapest architecture that passes its gates, and say why.

    Formats: table, json, csv, markdown, yaml, and litellm (a router configuration).
    """
    form = format_of(flags, POLICY_FORMATS)
    question = asked(draft_from(flags), flags)
    result = policy(question.scenario, question.catalog, question.sampling)
    if form == "litellm" and not result.breached:
        from llmcost.render.litellm import configuration, yaml

        shape = configuration(result, question.scenario, question.prices)
        deliver(yaml(shape.model_dump(exclude_none=True, exclude_defaults=False)), flags)
        return 0
    if form == "yaml":
        from llmcost.render.json import plain
        from llmcost.render.litellm import yaml

        deliver(yaml(plain(result)), flags)
        return 0
    chosen = {each.architecture or "" for each in result.segments} & set(question.scenario.architectures)
    remarks = Remarks(question, dict.fromkeys(sorted(chosen)))

    def page() -> Any:
        from llmcost.render.pages.policy import page

        return page(result)

    write("policy", flags, question.as_of, result, page, remarks)
    return breached(result.breached)


app = command_app(command)
