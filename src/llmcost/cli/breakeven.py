"""`llmcost breakeven`."""

from typing import Annotated, Any

from llmcost.cli.draft import draft_from
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
    command_app,
    option,
    takes,
)
from llmcost.cli.reading import Asked, asked, day, number_flag, sampling
from llmcost.cli.writing import Remarks, breached, charted, format_of, write
from llmcost.economics.breakeven import Breakeven, Offer, breakeven, breakeven_of_offer
from llmcost.errors import InputError
from llmcost.validation import validated

_OFFER = {
    "build": "--build",
    "saving_per_call": "--saving-per-call",
    "operations_per_month": "--operations",
    "calls_per_month": "--calls",
    "growth_per_month": "--growth",
    "horizon_months": "--horizon",
}


@takes(SCENARIO, WORKLOAD, HORIZON, PRICES, GATES, DRAWS, CHART, OUTPUT)
def command(
    flags: Values,
    build: Annotated[str | None, option("--build", "What the challenger costs to build, once.", "USD")] = None,
    saving_per_call: Annotated[str | None, option("--saving-per-call", "What it saves a call.", "USD")] = None,
    operations: Annotated[str | None, option("--operations", "What it costs a month to run.", "USD")] = None,
    calls: Annotated[str | None, option("--calls", "Calls a month.", "N")] = None,
    from_: Annotated[str | None, option("--from", "Sweep volumes from here.", "N")] = None,
    to: Annotated[str | None, option("--to", "Sweep volumes up to here.", "N")] = None,
) -> int:
    """When a challenger pays back, and which architecture is the cheapest at which volume.

    With a scenario: all its architectures. Without one: a challenger from --build and
    --saving-per-call against paying by the call.
    """
    format_of(flags)
    remarks: Remarks | None = None
    question: Asked | None = None
    result: Breakeven
    if build is not None or saving_per_call is not None:
        if flags["scenario"] is not None:
            raise InputError(
                "both a scenario and --build are given", where="--build", hint="give the scenario, or the flags alone"
            )
        as_of = day(flags["as_of"])
        written = {
            "build": build,
            "saving_per_call": saving_per_call,
            "operations_per_month": operations,
            "calls_per_month": calls,
            "growth_per_month": flags["growth"],
            "horizon_months": flags["horizon"],
        }
        for field, value in written.items():
            if value is None and field in ("build", "saving_per_call"):
                raise InputError(
                    f"{_OFFER[field]} is missing", where="the command line", hint=f"add {_OFFER[field]} USD"
                )
        offer = validated(
            Offer,
            {field: value for field, value in written.items() if value is not None},
            (),
            lambda path, key: _OFFER.get(str(path[0]) if path else "", "the command line"),
        )
        result = breakeven_of_offer(offer, sampling(flags))
    else:
        if flags["scenario"] is None:
            raise InputError(
                "nothing to break even",
                where="llmcost breakeven",
                hint="give a scenario file, or --build 15k..60k --saving-per-call 0.0005",
            )
        question = asked(draft_from(flags), flags)
        as_of = question.as_of
        volumes = (
            number_flag(from_, "--from") if from_ else None,
            number_flag(to, "--to") if to else None,
        )
        if volumes[0] and volumes[1] and volumes[0] > volumes[1]:
            raise InputError(
                "the sweep runs downwards", where="--from --to", hint="type the smaller volume after --from"
            )
        result = breakeven(question.scenario, question.catalog, question.sampling, volumes)
        remarks = Remarks(question, dict.fromkeys(question.scenario.architectures))

    def page() -> Any:
        from llmcost.render.pages.breakeven import page

        drawn = page(result)
        if question is None:
            return drawn
        return charted(drawn, flags, question, list(question.scenario.architectures))

    write("breakeven", flags, as_of, result, page, remarks)
    limit = flags["payback_within"]
    if limit is None:
        return 0
    within = number_flag(limit, "--payback-within")
    late = [e for e in result.challengers if e.payback_month.value is None or e.payback_month.value > within]
    return breached(
        f"{e.name} does not pay back within {within:g} months" for e in late if len(late) == len(result.challengers)
    )


app = command_app(command)
