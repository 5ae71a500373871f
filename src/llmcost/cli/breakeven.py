"""`llmcost breakeven`."""

from typing import Annotated, Any

from llmcost.cli.asked import Asked
from llmcost.cli.draft import Draft, draft_from
from llmcost.cli.handed import hand_over
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
    flags_given,
    option,
    takes,
)
from llmcost.cli.reading import asked, day, number_flag, sampling
from llmcost.cli.writing import Notes, Remarks, breached, charted, format_of, write
from llmcost.economics.breakeven import Breakeven, Offer, assumed_of_offer, breakeven, breakeven_of_offer
from llmcost.errors import InputError
from llmcost.validation import validated

_OFFER = {
    "--build": "build",
    "--saving-per-call": "saving_per_call",
    "--operations": "operations_per_month",
    "--calls": "calls_per_month",
    "--growth": "growth_per_month",
    "--horizon": "horizon_months",
}
_IN_A_SCENARIO = {
    "--operations": "write operations_per_month, or monthly: {ITEM: USD}, in the scenario's architecture",
    "--calls": "type --requests, the scenario's calls a month",
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
    remarks: Remarks | Notes | None = None
    question: Asked | None = None
    result: Breakeven
    own = {"--build": build, "--saving-per-call": saving_per_call, "--operations": operations, "--calls": calls}
    if build is not None or saving_per_call is not None:
        if flags["scenario"] is not None:
            raise InputError(
                "both a scenario and --build are given", where="--build", hint="give the scenario, or the flags alone"
            )
        as_of = day(flags["as_of"])
        _refuse_beside_an_offer(flags, {"--from": from_, "--to": to})
        draft = _offered({**own, "--growth": flags["growth"], "--horizon": flags["horizon"]})
        hand_over(draft, flags)
        offer = validated(Offer, draft.data, (), draft.where)
        result = breakeven_of_offer(offer, sampling(flags))
        remarks = Notes(assumed_of_offer(offer), [])
    else:
        if flags["scenario"] is None:
            raise InputError(
                "nothing to break even",
                where="llmcost breakeven",
                hint="give a scenario file, or --build 15k..60k --saving-per-call 0.0005",
            )
        for flag in ("--operations", "--calls"):
            if own[flag] is not None:
                raise InputError(
                    f"{flag} belongs to a challenger from --build and --saving-per-call",
                    where=flag,
                    hint=_IN_A_SCENARIO[flag],
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
    if limit is None or question is not None:
        return breached(result.breached)
    within = number_flag(limit, "--payback-within")
    late = [e for e in result.challengers if e.payback_month.value is None or e.payback_month.value > within]
    return breached(
        f"{e.name} does not pay back within {within:g} months" for e in late if len(late) == len(result.challengers)
    )


def _offered(flags: dict[str, str | None]) -> Draft:
    """The two architectures that the flags alone describe."""
    for flag in ("--build", "--saving-per-call"):
        if flags[flag] is None:
            raise InputError(f"{flag} is missing", where="the command line", hint=f"add {flag} USD")
    draft = Draft(None)
    for flag, value in flags.items():
        if value is not None:
            draft.put((_OFFER[flag],), value, flag)
    return draft


def _refuse_beside_an_offer(flags: Values, sweep: dict[str, str | None]) -> None:
    """Refuse what needs a scenario: it would be dropped in silence."""
    taken = ("--growth", "--horizon", "--as-of", "--strict", "--payback-within")
    typed = [flag for flag in flags_given(flags, WORKLOAD, HORIZON, PRICES, GATES, CHART) if flag.startswith("--")]
    for flag in [*typed, *(flag for flag, value in sweep.items() if value is not None)]:
        if flag not in taken:
            calls = (
                "type --calls, the calls a month" if flag == "--requests" else "take it out, or give a scenario file"
            )
            raise InputError(f"{flag} goes with a scenario, not with --build", where=flag, hint=calls)


app = command_app(command)
