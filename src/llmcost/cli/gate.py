"""`llmcost gate`."""

from typing import Annotated, Any

import typer

from llmcost.cli.help import command_app
from llmcost.cli.options import Values, option, takes
from llmcost.cli.outcomes import DAY_PRICES, OUTCOMES, REPORT, OutcomeRemarks, names, reading_of, remarks_of
from llmcost.cli.outcomes import _whole as whole_flag
from llmcost.cli.reading import day, number_flag
from llmcost.cli.writing import breached, format_of, write
from llmcost.errors import InputError, LlmcostError
from llmcost.estimate import Assumption
from llmcost.quality.gate import AVERAGE_MARGIN, TAIL_MARGIN, gate
from llmcost.quality.outcomes import Outcomes, read_outcomes


@takes(OUTCOMES, DAY_PRICES, REPORT)
def command(
    flags: Values,
    from_: Annotated[str | None, option("--from", "The model in use.", "MODEL")] = None,
    to: Annotated[str | None, option("--to", "The model that may replace it.", "MODEL")] = None,
    margin: Annotated[str | None, option("--margin", "Score that the average may lose (1%, assumed).", "SHARE")] = None,
    tail_margin: Annotated[
        str | None, option("--tail-margin", "Score that the worst 5 % may lose (2%, assumed).", "SHARE")
    ] = None,
    no_tasks: Annotated[bool, typer.Option("--no-tasks", help="Do not judge each task on its own.")] = False,
) -> int:
    """May we switch models? The average and the worst 5 % of the answers, within stated margins.

    Leaves with 3 where the answer is no, or where the outcomes are not enough to say.
    """
    format_of(flags)
    as_of = day(flags.get("as_of"))
    whole = read_outcomes(flags["outcomes"], reading_of(flags))
    old, new = _named(from_, "--from", whole), _named(to, "--to", whole)
    if old == new:
        raise InputError(f"{old} is compared with itself", where="--to", hint="name two models")
    paired = whole.paired([old, new])
    costs, unpriced = _costs(flags, [old, new], whole)
    result = gate(
        paired,
        average_margin=_margin(margin, "--margin", AVERAGE_MARGIN),
        tail_margin=_margin(tail_margin, "--tail-margin", TAIL_MARGIN),
        by_task=not no_tasks,
        costs=costs,
        rounds=whole_flag(flags, "rounds", 1000),
        seed=whole_flag(flags, "seed", 0),
    )
    assumed = []
    if margin is None:
        assumed.append(Assumption("margin", AVERAGE_MARGIN, "at most 1 point on average unless stated"))
    if tail_margin is None:
        assumed.append(Assumption("tail_margin", TAIL_MARGIN, "at most 2 points on the worst 5 % unless stated"))
    if unpriced:
        assumed.append(Assumption("cost", None, f"the saving is not known: {unpriced}"))
    remarks = OutcomeRemarks(assumed, remarks_of(whole, paired))

    def page() -> Any:
        from llmcost.render.pages.gate import page

        return page(result)

    write("gate", flags, as_of, result, page, remarks)
    return breached([result.sentence] if result.verdict != "pass" else [])


def _named(text: str | None, flag: str, outcomes: Outcomes) -> str:
    if text is None or not names(text):
        raise InputError(f"{flag} is missing", where=flag, hint=f"name one of: {', '.join(outcomes.models)}")
    try:
        outcomes.row(text.strip())
    except InputError as error:
        raise error.at(flag) from None
    return text.strip()


def _costs(flags: Values, models: list[str], whole: Outcomes) -> tuple[tuple[float, float] | None, str]:
    """USD a request of both where it can be known; a gate on quality needs no price."""
    from llmcost.cli.outcomes import evaluation

    try:
        found = evaluation(flags, models, whole)
    except LlmcostError as error:
        if flags.get("price") or flags.get("tokens") or flags.get("costs"):
            raise
        return None, error.what
    old, new = found.spent.costs.mean(axis=1)
    return (float(old), float(new)), ""


def _margin(text: str | None, flag: str, default: float) -> float:
    if text is None:
        return default
    value = number_flag(text, flag)
    if value > 1 and "%" not in text:
        raise InputError(f"{text} is more than the whole score", where=flag, hint=f"type {flag} {text}% for points")
    return value


app = command_app(command)
