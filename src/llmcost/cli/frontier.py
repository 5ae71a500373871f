"""`llmcost frontier`."""

import sys
from typing import Annotated, Any

import typer

from llmcost.cli.help import command_app
from llmcost.cli.options import Values, shared, takes
from llmcost.cli.outcomes import (
    DAY_PRICES,
    OUTCOMES,
    REPORT,
    Evaluation,
    OutcomeRemarks,
    evaluation,
    names,
    share_flag,
)
from llmcost.cli.reading import number_flag
from llmcost.cli.writing import format_of, write
from llmcost.errors import InputError
from llmcost.estimate import Assumption
from llmcost.quality.cascading import VerifierErrors
from llmcost.quality.frontier import frontier, is_binary
from llmcost.quality.sweep import RECOVERED
from llmcost.quantity import shown

CHOICES = (
    shared("models", "Only these models.", "A,B,…"),
    shared("ends", "The cheap and the strong model; left out, the cheapest and the best.", "CHEAP,STRONG"),
    shared("pair", "A joint table, or all (repeatable).", "A,B", many=True),
    shared("min_quality_kept", "The cheapest point that keeps this share of the strong model's quality.", "SHARE"),
    shared("recovered", "CPT of these shares of the performance gap (50%,80%).", "SHARE,…"),
    shared("chart", "Draw the frontier.", "", on=True),
)


@takes(OUTCOMES, CHOICES, DAY_PRICES, REPORT)
def command(
    flags: Values,
    stages: Annotated[
        str | None,
        typer.Option("--stages", help="The cascade's models, cheap to strong.", metavar="A,B,…", show_default=False),
    ] = None,
    verifier: Annotated[
        list[str] | None,
        typer.Option(
            "--verifier",
            help="false_accept=6%,false_reject=9%,usd_per_request=0.0001, or tokens_per_request=300,model=M.",
            metavar="KEY=VALUE,…",
            show_default=False,
        ),
    ] = None,
    carry_rejected: Annotated[
        bool, typer.Option("--carry-rejected", help="The next prompt carries the rejected answer.")
    ] = False,
    right_at: Annotated[
        str | None,
        typer.Option(
            "--right-at",
            help="Graded answers from this score on are right to a verifier.",
            metavar="SCORE",
            show_default=False,
        ),
    ] = None,
    router_usd: Annotated[
        str | None,
        typer.Option("--router-usd", help="What the router costs a request.", metavar="USD", show_default=False),
    ] = None,
) -> int:
    """What quality costs on your own evaluation: models, mixes, cascades and a router, with intervals.

    Long form: query_id, model, score, input_tokens, output_tokens, and where known cost_usd,
    router_score, task, accepted. Wide: MODEL_score, MODEL_in, MODEL_out, MODEL_cost_usd.
    """
    format_of(flags)
    found = evaluation(flags)
    known = found.outcomes
    staged = names(stages) or None
    for name in staged or ():
        _known(name, found, "--stages")
    graded = number_flag(right_at, "--right-at") if right_at is not None else None
    ends = _two(flags["ends"], "--ends", found) if flags.get("ends") else None
    result = frontier(
        known,
        found.spent,
        pairs=_pairs(flags.get("pair"), found),
        ends=ends,
        stages=staged,
        verifiers=[_verifier(text, found) for text in verifier or ()] or None,
        carry=_carried(found, staged, ends) if carry_rejected else None,
        router_usd=number_flag(router_usd, "--router-usd") if router_usd else 0.0,
        right_at=graded,
        min_quality_kept=share_flag(flags["min_quality_kept"], "--min-quality-kept")
        if flags.get("min_quality_kept")
        else None,
        recovered=tuple(share_flag(each, "--recovered") for each in names(flags.get("recovered"))) or RECOVERED,
        rounds=found.rounds,
        seed=found.seed,
    )
    assumed = list(found.assumptions)
    if result.cascades and not verifier:
        assumed.append(Assumption("verifier", 0, "the curve's verifiers are assumed to cost nothing, α = β"))
    if result.router is not None and not router_usd:
        assumed.append(Assumption("router", 0, "no router cost is stated"))
    if not is_binary(known.scores) and graded is None:
        assumed.append(
            Assumption("right_at", None, "scores are graded: no joint tables; --right-at SCORE gives cascades")
        )
    remarks = OutcomeRemarks(assumed, found.warnings)

    def page() -> Any:
        from llmcost.render.pages.frontier import page

        drawn = page(result, found.spent, found.as_of, flags["explain"])
        if flags.get("chart"):
            from llmcost.render import frontier_chart

            on_terminal = sys.stdout.isatty() and flags.get("output_file") is None
            drawn = drawn._replace(chart=frontier_chart.chart(result, terminal=on_terminal))
        return drawn

    write("frontier", flags, found.as_of, result, page, remarks)
    return 0


def _known(name: str, found: Evaluation, flag: str) -> str:
    try:
        found.outcomes.row(name)
    except InputError as error:
        raise error.at(flag) from None
    return name


def _two(text: str, flag: str, found: Evaluation) -> tuple[str, str]:
    both = names(text)
    if len(both) != 2:
        raise InputError(f"{shown(text)} is not two models", where=flag, hint=f"type {flag} CHEAP_MODEL,STRONG_MODEL")
    return _known(both[0], found, flag), _known(both[1], found, flag)


def _pairs(texts: list[str] | None, found: Evaluation) -> list[tuple[str, str]] | None:
    if not texts:
        return None
    if "all" in texts:
        every = found.outcomes.models
        return [(a, b) for i, a in enumerate(every) for b in every[i + 1 :]]
    pairs = [_two(text, "--pair", found) for text in texts]
    if not is_binary(found.outcomes.scores):
        raise InputError("joint tables exist for 0/1 scores only", where="--pair", hint="leave --pair out")
    return pairs


def _verifier(text: str, found: Evaluation) -> VerifierErrors:
    given: dict[str, str] = {}
    for part in text.split(","):
        key, equals, value = part.strip().partition("=")
        keys = ("false_accept", "false_reject", "usd_per_request", "tokens_per_request", "model")
        if not equals or key not in keys:
            raise InputError(
                f"{shown(part)} is not one of {', '.join(keys)}",
                where=f"--verifier {text}",
                hint="type --verifier false_accept=6%,false_reject=9%,usd_per_request=0.0001",
            )
        given[key] = value
    by_tokens = "tokens_per_request" in given and "model" in given
    if not {"false_accept", "false_reject"} <= set(given) or by_tokens == ("usd_per_request" in given):
        raise InputError(
            "a verifier needs false_accept, false_reject and one price",
            where=f"--verifier {text}",
            hint="add usd_per_request=0.0001, or tokens_per_request=300,model=MODEL (0 is allowed)",
        )
    if by_tokens:
        rate = found.prices.price(given["model"], found.as_of).rates.input_per_mtok
        if rate is None:
            raise InputError(f"{given['model']} has no input price", where="--verifier", hint="give usd_per_request")
        usd = number_flag(given["tokens_per_request"], "--verifier") * rate / 1e6
    else:
        usd = number_flag(given["usd_per_request"], "--verifier")
    accept, reject = (share_flag(given[key], "--verifier") for key in ("false_accept", "false_reject"))
    return VerifierErrors(accept, reject, usd, "given")


def _carried(found: Evaluation, stages: list[str] | None, ends: tuple[str, str] | None) -> Any:
    """USD that the rejected answers of the stages before add to each stage's prompt."""
    import numpy as np

    from llmcost.quality.frontier import ends_of

    known, spent = found.outcomes, found.spent
    means = known.scores.mean(axis=1), spent.costs.mean(axis=1)
    chosen = stages or list(ends or ends_of(known.models, *means))
    extra = np.zeros((len(chosen), known.scores.shape[1]))
    tokens = np.zeros(known.scores.shape[1])
    for i, name in enumerate(chosen):
        if i:
            rate = found.prices.price(name, found.as_of).rates.input_per_mtok
            if rate is None:
                raise InputError(
                    f"{name} has no input price", where="--carry-rejected", hint=f"--price {name}.input=USD"
                )
            extra[i] = tokens * rate / 1e6
        own = None if spent.output_tokens is None else spent.output_tokens[known.row(name)]
        if own is None or np.isnan(own).any():
            raise InputError(
                f"the answers of {name} carry no output tokens", where="--carry-rejected", hint="--tokens INPUT,OUTPUT"
            )
        tokens = tokens + own
    return extra


app = command_app(command)
