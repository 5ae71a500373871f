"""`llmcost audit`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, NamedTuple

import typer

from llmcost import load_catalog
from llmcost.claims.auditing import Audit, audit
from llmcost.claims.claims_file import ClaimsFile, load_claims
from llmcost.claims.published import tolerance_of
from llmcost.claims.verdicts import VERDICTS
from llmcost.cli.help import command_app
from llmcost.cli.inline_claim import INSTEAD, Typed, as_typed, inline, no_calculation, split
from llmcost.cli.options import DRAWS, OUTPUT, Values, option, takes
from llmcost.cli.outputs import keep_apart
from llmcost.cli.reading import day, sampling
from llmcost.cli.writing import Notes, breached, format_of, write
from llmcost.errors import InputError, LlmcostError, did_you_mean
from llmcost.estimate import Assumption, Warning
from llmcost.quantity import QuantityError


@takes(DRAWS, OUTPUT)
def command(
    flags: Values,
    context: typer.Context,
    claims: Annotated[
        list[str] | None,
        typer.Argument(
            help="Files of claims, folders of them, or - for standard input.", metavar="[CLAIMS]...", show_default=False
        ),
    ] = None,
    says: Annotated[
        list[str] | None,
        option("--says", "A published figure, held against the calculation that follows.", "FIGURE=VALUE"),
    ] = None,
    of: Annotated[str | None, option("--of", "Which architecture of that calculation is meant.", "NAME")] = None,
    whole: Annotated[str | None, option("--whole", "What the figure is a part of (arithmetic).", "EXPRESSION")] = None,
    unit: Annotated[str | None, option("--unit", "USD, share or times (arithmetic).", "UNIT")] = None,
    tolerance: Annotated[
        str | None, option("--tolerance", "How far off still holds, of the recomputed figure (2%).", "SHARE")
    ] = None,
    claim: Annotated[list[str] | None, option("--claim", "Audit this claim alone (repeatable).", "ID")] = None,
    fail_on: Annotated[
        list[str] | None, option("--fail-on", "Leave with 3 on these verdicts, such as off,impossible.", "VERDICTS")
    ] = None,
    catalog: Annotated[
        list[str] | None, option("--catalog", "A catalog file of your own over the shipped one.", "FILE")
    ] = None,
    as_of: Annotated[
        str | None, option("--as-of", "The day to price for, where a file does not say.", "YYYY-MM-DD")
    ] = None,
) -> int:
    """Hold published figures against their own arithmetic.

    A file of claims says what a source publishes and from which inputs it should follow. Without a
    file: --says FIGURE=VALUE, then a calculation with its own flags (route, tco, host, breakeven,
    compare) or with KEY=VALUE pairs (cascade, review_savings, labelling, training_run, arithmetic, and
    breakeven build=62k saving_per_call=0.007).
    """
    typed: Typed | None = context.obj
    subject = _subject(typed, claims or [], says or [], {"of": of, "whole": whole, "unit": unit})
    if subject is None:  # the calculation's help has been shown
        return 0
    inner = subject.flags  # which count where audit itself was told nothing
    flags |= {key: value for key, value in inner.items() if key in flags and not flags[key]}
    catalog, as_of = catalog or inner.get("catalog"), as_of or inner.get("as_of")
    form, failing = format_of(flags), _verdicts(fail_on or ())
    files = [_with_tolerance(file, tolerance) for file in subject.files]
    for file in files:
        keep_apart(file.name, flags)
    _check_ids(claim or (), files)
    prices = load_catalog()
    if catalog:
        from llmcost.catalog.files import read_yaml

        prices = prices.overlaid([read_yaml(path) for path in catalog])
    try:
        result = audit(files, prices, day(as_of), sampling(flags), only=claim or ())
    except LlmcostError as error:
        if typed is None:
            raise
        raise as_typed(error, typed) from None

    def page() -> Any:
        from llmcost.render.pages.audit import page

        return page(result, explain=flags["explain"], flat=form == "csv")

    days = {source.prices_as_of for source in result.sources}
    priced = days.pop() if len(days) == 1 else day(as_of)
    told = {**flags, "explain": False, "strict": bool(inner.get("strict"))}
    write("audit", told, priced, result, page, _notes(result, typed is None))
    several = len(result.sources) > 1
    return breached(
        f"{f'{one.source}: ' if several else ''}{one.id}: {one.verdict}"
        for one in result.claims
        if one.verdict in failing
    )


class _Subject(NamedTuple):
    """What is audited, and the flags of the calculation's own command where one was typed."""

    files: list[ClaimsFile]
    flags: Values = {}


def _subject(typed: Typed | None, claims: list[str], says: list[str], more: dict[str, str | None]) -> _Subject | None:
    """What is audited; None where the typed calculation only showed its help. Raises InputError for what does not go together."""
    if typed is not None:
        if claims:
            raise InputError("a file of claims stands beside --says", where=claims[0], hint=INSTEAD)
        said = inline(typed, says, more)
        return None if said is None else _Subject([said.file], said.flags)
    if says:
        raise no_calculation(claims)
    if not claims:
        raise InputError("there is nothing to audit", where="llmcost audit", hint=INSTEAD)
    for name, value in more.items():
        if value is not None:
            raise InputError(
                f"--{name} goes with --says", where=f"--{name}", hint=f"write {name}: in the claim, in the file"
            )
    named = {os.path.realpath(path) if path != "-" else path: path for name in claims for path in _files(name)}
    return _Subject([load_claims(path) for path in named.values()])


def _notes(result: Audit, named: bool) -> Notes:
    """Every default and every warning behind the figures, once; `named` says with the claims that rest on it."""
    assumed: dict[Assumption, list[str]] = {}
    warned: dict[Warning, list[str]] = {}
    for claim in result.claims:
        for assumption in claim.assumptions:
            assumed.setdefault(assumption, []).append(claim.id)
        for warning in claim.warnings:
            warned.setdefault(warning, []).append(claim.id)
    if not named:
        return Notes([*assumed], [*warned])
    return Notes(
        [each._replace(why=f"{each.why} ({_some(ids)})") for each, ids in assumed.items()],
        [each._replace(message=f"{each.message} ({_some(ids)})") for each, ids in warned.items()],
    )


def _some(ids: list[str]) -> str:
    rest = len(ids) - 3
    return ", ".join(ids[:3]) + (f" and {rest} more" if rest > 0 else "")


def _files(name: str) -> list[str]:
    """The file itself, or the YAML files of a folder by name. Raises InputError for a folder without any."""
    if not os.path.isdir(name):
        return [name]
    found = [os.path.join(name, each) for each in sorted(os.listdir(name)) if each.endswith((".yaml", ".yml"))]
    if not found:
        raise InputError(f"the folder {name} holds no YAML file", where=name, hint="name a file of claims")
    return found


def _verdicts(texts: Sequence[str]) -> set[str]:
    """The verdicts that `--fail-on` names; `not-checkable` is one too."""
    found: set[str] = set()
    for part in (part for text in texts for part in text.split(",")):
        word = part.strip().lower().replace("-", " ").replace("_", " ")
        if word not in VERDICTS:
            hint = did_you_mean(word, VERDICTS) or f"verdicts: {', '.join(VERDICTS)}"
            raise InputError(f"{part.strip()!r} is no verdict", where="--fail-on", hint=hint)
        found.add(word)
    return found


def _with_tolerance(file: ClaimsFile, text: str | None) -> ClaimsFile:
    """The file under the tolerance of the flag, which claims with one of their own keep."""
    if text is not None:
        try:
            share = tolerance_of(text)
        except QuantityError as error:
            raise InputError(error.what, where="--tolerance", hint=error.hint) from None
        file.claims = file.claims.model_copy(update={"tolerance": share})
    return file


def _check_ids(asked: Iterable[str], files: list[ClaimsFile]) -> None:
    known = [one.id for file in files for one in file.claims.claims]
    for name in asked:
        if name not in known:
            hint = did_you_mean(name, known) or f"claims: {', '.join(known)}"
            raise InputError(f"there is no claim {name!r}", where="--claim", hint=hint)


_app = command_app(command)


def app(args: list[str], **how: Any) -> Any:
    """Typer's application; a calculation that follows `--says` is kept from it, and handed to the command."""
    own, typed = split(args)
    return _app(args=own, obj=typed, **how)
