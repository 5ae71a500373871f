"""`llmcost route`."""

from typing import Annotated, Any

import typer

from llmcost.cli.draft import Draft, draft_from, shares
from llmcost.cli.options import DRAWS, GATES, OUTPUT, PRICES, SCENARIO, WORKLOAD, Values, command_app, takes
from llmcost.cli.reading import asked, for_the_day
from llmcost.cli.writing import Remarks, breached, format_of, write
from llmcost.economics.routing import route, with_dearest_baseline
from llmcost.errors import InputError
from llmcost.quantity import QuantityError, Range, quantity, shown


@takes(SCENARIO, WORKLOAD, PRICES, GATES, DRAWS, OUTPUT)
def command(
    flags: Values,
    mix: Annotated[
        list[str] | None,
        typer.Option("--mix", help="A mix: MODEL=SHARE,MODEL=SHARE (repeatable).", metavar="MIX", show_default=False),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option("--model", help="A single model to compare (repeatable).", metavar="MODEL", show_default=False),
    ] = None,
    optimize: Annotated[
        bool, typer.Option("--optimize", help="Find the cheapest mix of all models that keeps --min-quality-kept.")
    ] = False,
    sweep: Annotated[
        str | None,
        typer.Option("--sweep", help="The cost curve along one share.", metavar="MODEL=0..100%", show_default=False),
    ] = None,
) -> int:
    """Compare tier mixes against a baseline, for one month."""
    format_of(flags)
    draft = draft_from(flags)
    add_mixes(draft, mix, model)
    question = for_the_day(asked(draft, flags))
    if flags["scenario"] is None:  # flags alone: one month
        one = question.scenario.model_copy(update={"horizon_months": 1})
        question = question._replace(scenario=with_dearest_baseline(one, question.catalog))
    along = _sweep(sweep) if sweep else None
    best = None
    if optimize:
        from llmcost.economics.optimum import optimum

        wanted = question.scenario.requirements.min_quality_kept
        if not isinstance(wanted, float | int):
            hint = "add --min-quality-kept 98%"
            raise InputError("--optimize needs one share of the quality to keep", where="--optimize", hint=hint)
        best = optimum(question.scenario, question.catalog, wanted)
    result = route(question.scenario, question.catalog, question.sampling, along, best)
    remarks = Remarks(
        question, {each.name: each.charges for each in result.mixes if each.kind != "single"}, horizon=False
    )

    def page() -> Any:
        from llmcost.render.pages.route import page

        return page(result, question.as_of, flags["explain"])

    write("route", flags, question.as_of, result, page, remarks)
    if best is not None and best.mix is None:
        return breached([*result.breached, best.sentence])
    return breached(result.breached)


def add_mixes(draft: Draft, mixes: list[str] | None, models: list[str] | None) -> None:
    """`--mix` and `--model` as architectures; the baseline is the dearest named model if none is given."""
    for position, text in enumerate(mixes or (), start=1):
        body = {"kind": "routed", "mix": shares(text, "--mix")}
        draft.put(("architectures", f"mix {position}"), body, f"--mix {text}")
    for text in models or ():
        draft.put(("architectures", text), {"kind": "api", "model": text}, f"--model {text}")


def _sweep(text: str) -> tuple[str, float, float]:
    target, equals, span = text.partition("=")
    hint = "type --sweep claude-haiku-4-5=0..100%"
    if not equals or not target:
        raise InputError(f"{shown(text)} is not MODEL=FROM..TO", where="--sweep", hint=hint)
    try:
        ends = quantity(span, "share")
    except QuantityError as error:
        raise InputError(error.what, where="--sweep", hint=error.hint) from None
    if not isinstance(ends, Range):
        raise InputError(f"{shown(span)} is one share, not two", where="--sweep", hint=hint)
    return target, ends.low, ends.high


app = command_app(command)
