"""`llmcost init`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from llmcost.cli.help import command_app
from llmcost.errors import InputError, LlmcostError
from llmcost.presets import PRESETS, preset
from llmcost.quantity import QuantityError, Range, quantity

if TYPE_CHECKING:
    from llmcost.presets.from_answers import StartingAnswers

ENDINGS = (".yaml", ".yml")


class _Question(NamedTuple):
    """One of the seven: its flag, the words, and what Enter means (None: it has to be answered)."""

    name: str
    asks: str
    example: str
    enter: str | None
    check: Callable[[str], str]


def _amount(typed: str) -> str:
    return _checked(typed, "positive")


def _share(typed: str) -> str:
    return _checked(typed, "share")


def _checked(typed: str, scale: Any) -> str:
    """The text as it was typed, once it has been read as a number or a range above zero. Raises QuantityError."""
    value = quantity(typed, scale)
    low = value.low if isinstance(value, Range) else value
    if low <= 0:
        raise QuantityError(f"{typed} is not above zero", "type a number above zero, such as 12M")
    return typed.strip()


def _yes_no(typed: str) -> str:
    said = typed.strip().lower()
    if said in ("y", "yes", "n", "no"):
        return said[0]
    raise QuantityError(f"{typed!r} is neither yes nor no", "type y or n")


def _tokens(typed: str) -> str:
    parts = typed.replace(",", " ").replace("/", " ").split()
    if len(parts) != 2:
        raise QuantityError("two numbers are needed: input and output tokens", "type them as 1000/200")
    return "/".join(_amount(part) for part in parts)


def _model(typed: str) -> str:
    from llmcost.catalog import load_catalog

    return load_catalog().resolve(typed.strip()) and typed.strip()


QUESTIONS = (
    _Question("requests", "How many requests a month?", "12M", None, _amount),
    _Question("tokens", "How many input and output tokens does a request have?", "1000/200", None, _tokens),
    _Question("model", "Which model answers today?", "claude-sonnet-4-6", None, _model),
    _Question("min_quality_kept", "How much of its quality must be kept?", "95%, Enter: not stated", "", _share),
    _Question("p99_ms", "Within how many ms must 99 of 100 answers be complete?", "2000, Enter: any", "", _amount),
    _Question("data_may_leave", "May the data leave your own machines?", "y/n, Enter: y", "y", _yes_no),
    _Question("fine_tune", "Is fine-tuning a small model an option?", "y/n, Enter: y", "y", _yes_no),
)


def _flag(*flags: str, text: str, metavar: str) -> Any:
    return typer.Option(*flags, help=text, metavar=metavar, show_default=False)


def command(
    file: Annotated[
        str | None, typer.Argument(help="Where to write it; left out, stdout.", metavar="[FILE]", show_default=False)
    ] = None,
    name: Annotated[
        str | None, _flag("--preset", text=f"Start from an example: {', '.join(PRESETS)}.", metavar="NAME")
    ] = None,
    requests: Annotated[str | None, _flag("--requests", text="Requests per month.", metavar="N")] = None,
    tokens: Annotated[
        str | None, _flag("--tokens", text="Input and output tokens of a request: 1000/200.", metavar="IN/OUT")
    ] = None,
    model: Annotated[str | None, _flag("--model", text="Today's model.", metavar="MODEL")] = None,
    min_quality_kept: Annotated[
        str | None, _flag("--min-quality-kept", text="Share of its quality to keep.", metavar="SHARE")
    ] = None,
    p99_ms: Annotated[
        str | None, _flag("--p99-ms", text="99 of 100 answers are complete within this time.", metavar="MS")
    ] = None,
    data_may_leave: Annotated[
        str | None, _flag("--data-may-leave", text="Whether data may leave your own machines.", metavar="y|n")
    ] = None,
    fine_tune: Annotated[
        str | None, _flag("--fine-tune", text="Whether a fine-tune is an option.", metavar="y|n")
    ] = None,
    output_file: Annotated[str | None, _flag("--output-file", "-o", text="The same as FILE.", metavar="FILE")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
) -> int:
    """Write a commented scenario to start from; it runs under `llmcost compare` as it is.

    Asks seven questions in a terminal; each is also a flag. Enter takes what stands in brackets.
    """
    typed = {
        "requests": requests,
        "tokens": tokens,
        "model": model,
        "min_quality_kept": min_quality_kept,
        "p99_ms": p99_ms,
        "data_may_leave": data_may_leave,
        "fine_tune": fine_tune,
    }
    given = {key: value for key, value in typed.items() if value is not None}
    path = _path(file, output_file, force=force)
    if name is not None and given:
        raise InputError(
            "a preset has its own figures",
            where="--preset",
            hint="leave out --preset, or the flag --" + next(iter(given)).replace("_", "-"),
        )
    if name is None and (given or sys.stdin.isatty()):
        text = _from_answers(_answered(given))
    else:
        from llmcost.catalog import today
        from llmcost.scenario import month_after

        text = preset(name or PRESETS[0], month_after(today(), 1))
    if path is None:
        sys.stdout.write(text)
        return 0
    from llmcost.output_file import write_atomically

    write_atomically(path, text, force=force)
    sys.stderr.write(f"wrote {path}; next: llmcost compare {path}\n")
    return 0


def _path(file: str | None, output_file: str | None, *, force: bool) -> str | None:
    """Where the scenario goes, checked before anything is asked. Raises InputError."""
    from pathlib import Path

    if file is not None and output_file is not None:
        raise InputError("two files are named", where="-o", hint="name one of them")
    path = file if file is not None else output_file
    if path is None:
        return None
    if PurePath(path).suffix.lower() not in ENDINGS:
        meant = path if path in PRESETS else None
        hint = f"type llmcost init --preset {meant} {meant}.yaml" if meant else f"end it in .yaml: {path}.yaml"
        raise InputError(f"{path!r} is no name of a scenario file", where="FILE", hint=hint)
    if Path(path).exists() and not force:
        raise InputError(f"{path} exists already", where="FILE", hint="choose another name, or add --force")
    return path


def _answered(given: Mapping[str, str]) -> dict[str, str]:
    """An answer to each question: from its flag, else asked in a terminal, else what Enter means.

    Raises InputError for an answer that cannot be, and for one that nobody gave.
    """
    answers: dict[str, str] = {}
    missing = [question for question in QUESTIONS if question.name not in given]
    for question in QUESTIONS:
        flag = "--" + question.name.replace("_", "-")
        if question.name in given:
            try:
                answers[question.name] = question.check(given[question.name])
            except QuantityError as error:
                raise InputError(error.what, where=flag, hint=error.hint) from None
        elif sys.stdin.isatty():
            count = f"[{missing.index(question) + 1}/{len(missing)}]"
            answers[question.name] = _asked(question, count, flag)
        elif question.enter is not None:
            answers[question.name] = question.enter
        else:
            example = question.example.split(",")[0]
            raise InputError(f"not answered: {question.asks}", where=flag, hint=f"add {flag} {example}")
    return answers


def _asked(question: _Question, count: str, flag: str) -> str:
    """What somebody types at the terminal, asked again until it can be used."""
    sys.stderr.write(f"{count} {question.asks}\n")
    while True:
        sys.stderr.write(f"({question.example}) > ")
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            raise InputError("the input ended before this question", where=flag, hint=f"answer it with {flag}")
        if not line.strip() and question.enter is not None:
            return question.enter
        try:
            return question.check(line.strip())
        except QuantityError as error:
            sys.stderr.write(f"{error.what}: {error.hint}\n" if line.strip() else f"{error.hint}\n")
        except LlmcostError as error:
            sys.stderr.write(f"{error.what}: {error.hint}\n")


def _from_answers(answers: Mapping[str, str]) -> str:
    from llmcost.catalog import load_catalog, today
    from llmcost.presets.from_answers import StartingAnswers, starting_scenario
    from llmcost.scenario import month_after

    read, written = answers["tokens"].split("/")
    known: StartingAnswers = StartingAnswers(
        answers["requests"],
        read,
        written,
        answers["model"],
        answers["min_quality_kept"] or None,
        answers["p99_ms"] or None,
        answers["data_may_leave"] == "y",
        answers["fine_tune"] == "y",
    )
    return starting_scenario(known, load_catalog(), today(), month_after(today(), 1))


app = command_app(command)
