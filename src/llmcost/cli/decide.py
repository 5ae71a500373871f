"""`llmcost decide`."""

import inspect
import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

import llmcost.decision
from llmcost.catalog.files import read_yaml
from llmcost.cli.asked import Asked
from llmcost.cli.asking import ask, parsed
from llmcost.cli.draft import draft_from
from llmcost.cli.options import (
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
from llmcost.cli.reading import asked, day, sampling
from llmcost.cli.writing import Remarks, breached, format_of, write
from llmcost.decision.conditions import Answer
from llmcost.decision.deciding import decide, known_from
from llmcost.decision.framework import FRAMEWORKS, Bank, load_bank
from llmcost.decision.verdicts import combined
from llmcost.errors import InputError, did_you_mean
from llmcost.quantity import QuantityError


def _question_options() -> tuple[inspect.Parameter, ...]:
    """One flag a question of the shipped frameworks."""
    home = Path(llmcost.decision.__file__).parent / "frameworks" / "questions.yaml"
    options = []
    for name, body in read_yaml(str(home)).data["questions"].items():
        metavar = "y|n|u" if body.get("answer", "yes_no") == "yes_no" else "N|u"
        info = typer.Option("--" + name.replace("_", "-"), help=str(body["asks"]), metavar=metavar, show_default=False)
        options.append(
            inspect.Parameter(
                f"q_{name}", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[str | None, info]
            )
        )
    return tuple(options)


QUESTIONS = _question_options()


@takes(SCENARIO, QUESTIONS, WORKLOAD, HORIZON, PRICES, GATES, DRAWS, OUTPUT)
def command(
    flags: Values,
    framework: Annotated[
        list[str] | None, option("--framework", f"One of {', '.join(FRAMEWORKS)} (repeatable).", "NAME")
    ] = None,
    framework_file: Annotated[
        list[str] | None, option("--framework-file", "A framework of your own (repeatable).", "FILE")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="All shipped frameworks; the default with a scenario.")] = False,
    answers: Annotated[
        str | None, option("--answers", "A file of answers: QUESTION: y|n|u or a number.", "FILE")
    ] = None,
    answer: Annotated[
        list[str] | None, option("--answer", "An answer by the question's name (repeatable).", "QUESTION=ANSWER")
    ] = None,
    save: Annotated[str | None, option("--save", "Write the answers to a file.", "FILE")] = None,
    no_input: Annotated[bool, typer.Option("--no-input", help="Never ask; a missing answer is an error.")] = False,
    unknown_rest: Annotated[
        bool, typer.Option("--unknown-rest", help="Take every unanswered question as unknown.")
    ] = False,
) -> int:
    """Walk the published decision frameworks, beside the workload's own gates and economics.

    Questions that the scenario answers are not asked. Unknown never counts as no.
    """
    format_of(flags)
    question = _scenario(flags)
    names = _names(framework, framework_file, all_, question is not None)
    bank = load_bank(names, framework_file or ())
    given = _given(bank, flags, answers, answer)
    _complete(bank, given, question, unknown_rest, ask_now=not no_input and sys.stdin.isatty())
    if save is not None:
        _save(save, given, bool(flags["force"]))
    repeat = _repeat(flags, framework, framework_file, given) + (" --unknown-rest" if unknown_rest else "")
    scenario = question.scenario if question else None
    as_of = question.as_of if question else day(flags["as_of"])
    result = decide(
        bank,
        given,
        scenario,
        question.catalog if question else None,
        question.sampling if question else sampling(flags),
        repeat,
    )
    remarks = Remarks(question, dict.fromkeys(question.scenario.architectures)) if question else None

    def page() -> Any:
        from llmcost.render.pages.decide import page

        return page(result)

    write("decide", flags, as_of, result, page, remarks)
    return breached(result.economics.breached if result.economics is not None else [])


def _scenario(flags: Values) -> Asked | None:
    draft = draft_from(flags)
    return asked(draft, flags) if draft.data else None


def _names(framework: list[str] | None, files: list[str] | None, all_: bool, with_scenario: bool) -> list[str]:
    if framework:
        return list(dict.fromkeys(framework))
    if all_ or (with_scenario and not files):
        return list(FRAMEWORKS)
    return [] if files else ["five-questions"]


def _given(bank: Bank, flags: Values, path: str | None, pairs: list[str] | None) -> dict[str, Answer]:
    """Answers from the file, then the flags; later wins. Raises InputError for an unknown question."""
    given: dict[str, Answer] = {}
    if path is not None:
        document = read_yaml(path)
        for name, value in document.data.items():
            if not isinstance(value, str | bool):
                raise InputError(
                    f"the answer to {name!r} is no single value",
                    where=document.where([name]),
                    hint="type y, n, u or a number",
                )
            _take(bank, given, name, value, document.where([name], key=True))
    for name in bank.questions:
        value = flags.get(f"q_{name}")
        if value is not None:
            _take(bank, given, name, value, "--" + name.replace("_", "-"))
    for parameter in QUESTIONS:
        name = parameter.name.removeprefix("q_")
        if flags.get(parameter.name) is not None and name not in bank.questions:
            raise InputError(
                "none of the chosen frameworks asks this",
                where="--" + name.replace("_", "-"),
                hint="add --framework NAME (or --all for every framework), or leave the flag out",
            )
    for pair in pairs or ():
        name, equals, value = pair.partition("=")
        if not equals:
            raise InputError(f"{pair!r} is not QUESTION=ANSWER", where="--answer", hint="type --answer air_gapped=y")
        _take(bank, given, name.strip().replace("-", "_"), value, "--answer")
    return given


def _take(bank: Bank, given: dict[str, Answer], name: str, value: str | bool, where: str) -> None:
    if name not in bank.questions:
        hint = did_you_mean(name, bank.questions) or f"questions: {', '.join(bank.questions)}"
        raise InputError(f"no framework asks {name!r}", where=where, hint=hint)
    try:
        given[name] = parsed(bank.questions[name], value)
    except QuantityError as error:
        raise InputError(error.what, where=where, hint=error.hint) from None


def _complete(
    bank: Bank, given: dict[str, Answer], question: Asked | None, unknown_rest: bool, *, ask_now: bool
) -> None:
    """Ask for what neither the flags nor the scenario answer, or refuse where nobody can be asked.

    What other answers measure is asked last, and only if they do not settle it.
    """
    facts = known_from(question.scenario, question.catalog) if question is not None else {}
    asked = bank.asked()

    def open_ones() -> list[str]:
        answers = combined(bank, given, facts)
        return [name for name in asked if name not in given and answers[name].answer is None]

    def waits(name: str, missing: list[str]) -> bool:
        measure = bank.questions[name].measure
        return measure is not None and any(atom.question in missing for atom in measure.atoms())

    missing = open_ones()
    while missing and ask_now and not unknown_rest:
        now = [name for name in missing if not waits(name, missing)]
        given |= ask({name: bank.questions[name] for name in now})
        missing = open_ones()
    if not missing or unknown_rest:
        return
    flags = " ".join("--" + name.replace("_", "-") for name in missing)
    first = bank.questions[missing[0]].asks
    raise InputError(
        f"{len(missing)} question{'s are' if len(missing) > 1 else ' is'} not answered: {first}",
        where=flags if len(flags) < 250 else flags[:240] + "…",
        hint="answer with these flags (y, n, u or a number), --answers FILE, or --unknown-rest",
    )


def _typed(answer: Answer) -> str:
    if answer is None:
        return "u"
    if isinstance(answer, bool):
        return "y" if answer else "n"
    return f"{answer:.10g}"


def _repeat(flags: Values, framework: list[str] | None, files: list[str] | None, given: dict[str, Answer]) -> str:
    """The one-line command that gives this page again."""
    parts = ["llmcost", "decide"]
    if flags["scenario"]:
        parts.append(flags["scenario"])
    for name in framework or ():
        parts += ["--framework", name]
    for path in files or ():
        parts += ["--framework-file", path]
    parts += flags_given(flags, WORKLOAD, HORIZON, PRICES, GATES, DRAWS)
    known = {parameter.name for parameter in QUESTIONS}
    for name, answer in given.items():
        if f"q_{name}" in known:
            parts += ["--" + name.replace("_", "-"), _typed(answer)]
        else:
            parts += ["--answer", f"{name}={_typed(answer)}"]
    return shlex.join(parts)


def _save(path: str, given: dict[str, Answer], force: bool) -> None:
    from llmcost.output_file import write_atomically

    lines = [f"{name}: {_typed(answer)}" for name, answer in given.items()] or ["{}"]
    write_atomically(path, "# answers for llmcost decide --answers\n" + "\n".join(lines) + "\n", force=force)


app = command_app(command)
