"""The inputs of a run: a command with its files, answers typed at a terminal, and flags."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import strategies as st

from fuzz.grammar import MODELS, NAMES, NUMBERS, changed, drawn, numbers, scalars, schemas
from llmcost.catalog.files import read_yaml

EXAMPLES = Path(__file__).parents[2] / "examples"
FORMATS = ("json", "json", "json", "table", "markdown", "csv")
DAY = ("--as-of", "2026-11-22")
FEW = ("--samples", "256")
SCENARIO_COMMANDS = ("compare", "tco", "breakeven", "route", "host", "policy", "sensitivity", "decide", "report")
Draw = Callable[..., Any]


class Input(NamedTuple):
    """What is run: arguments, files by name, and what is typed (at a terminal or not)."""

    arguments: tuple[str, ...]
    files: dict[str, str]
    typed: str = ""
    terminal: bool = False


def as_text(document: Any) -> str:
    """A document as a file; JSON is YAML, and NaN stays a word."""
    return json.dumps(document, ensure_ascii=False, default=str)


@lru_cache
def examples(folder: str = "") -> list[Any]:
    """The documents of the examples, and of claims those of a file each with no more than six."""
    found = [read_yaml(str(path)).data for path in sorted((EXAMPLES / folder).glob("*.yaml"))]
    if folder == "claims":
        found = [
            {**each, "claims": each["claims"][i : i + 6]} for each in found for i in range(0, len(each["claims"]), 6)
        ]
    return found


@lru_cache
def flags(command: str) -> list[Any]:
    """The options of a command, but those that write or read elsewhere."""
    import typer

    app = typer.main.get_command(import_module(f"llmcost.cli.{command}").app)
    kept = (
        "--help",
        "--output-file",
        "--save",
        "--catalog",
        "--save-workload",
        "--spark-remote",
        "--engine",
        "--memory",
    )
    return [each for each in getattr(app, "params", []) if each.opts[0].startswith("--") and each.opts[0] not in kept]


@st.composite
def some_flags(draw: Draw, command: str) -> list[str]:
    """Up to three flags with values of all sorts."""
    found: list[str] = []
    known = flags(command)
    for flag in draw(st.lists(st.sampled_from(known), max_size=3)) if known else []:
        found.append(flag.opts[0])
        if flag.opts[0] in ("--rounds", "--samples"):
            found.append(draw(st.sampled_from(("256", "1024", "0", "-1", "x", "3"))))
        elif not getattr(flag, "is_flag", False):
            value = draw(st.one_of(numbers, st.sampled_from((*MODELS, *NAMES)), pairs()))
            found.append(str(value).replace("\0", ""))
    return found


@st.composite
def pairs(draw: Draw) -> str:
    """`MODEL.input=0.80`, `a=70%,b=30%` and the like."""
    word, value = (
        draw(st.sampled_from((*MODELS, *NAMES, "share_before", "score", "task"))),
        draw(st.sampled_from(NUMBERS)),
    )
    return str(
        draw(st.sampled_from(("{0}={1}", "{0}.input={1}", "{0}={1},{0}x={1}", "{0}={0}", "{0},{1}", "{0}=0..100%")))
    ).format(word, value)


@st.composite
def a_scenario(draw: Draw) -> Any:
    """An example that is changed, or one drawn from the schema alone."""
    whole = schemas("scenario")
    if draw(st.integers(0, 5)) == 0:
        found = draw(drawn(whole, whole))
        return {"start": "2026-12", **found, "horizon_months": draw(st.sampled_from((1, 12, 600, 601)))}
    return draw(changed(draw(st.sampled_from(examples())), whole))


@st.composite
def scenario_runs(draw: Draw) -> Input:
    command = draw(st.sampled_from(SCENARIO_COMMANDS))
    arguments = [command, "scenario.yaml", *DAY, *(FEW if command != "policy" else ())]
    arguments += ["-f", draw(st.sampled_from(FORMATS)) if command != "report" else "markdown"]
    if command == "decide":
        arguments.append("--unknown-rest")
    if draw(st.integers(0, 3)) == 0:
        arguments += draw(some_flags(command))
    return Input(tuple(arguments), {"scenario.yaml": as_text(draw(a_scenario()))})


@st.composite
def diff_runs(draw: Draw) -> Input:
    one = draw(st.sampled_from(examples("ci")))
    other = draw(changed(one, schemas("scenario")))
    return Input(
        ("diff", "a.yaml", "b.yaml", *DAY, *FEW, "-f", "json"), {"a.yaml": as_text(one), "b.yaml": as_text(other)}
    )


@st.composite
def flag_runs(draw: Draw) -> Input:
    """Flags alone: a workload, and whatever the command takes."""
    command = draw(st.sampled_from(("route", "tco", "host", "breakeven", "compare")))
    numbered = [str(draw(st.sampled_from(NUMBERS))) for _ in range(3)]
    workload = [each for pair in zip(("--requests", "--input", "--output"), numbered, strict=True) for each in pair]
    own = {
        "route": ["--mix", "claude-haiku-4-5=70%,claude-opus-4-8=30%"],
        "host": ["--gpu", "L40S", "--model", "llama-3.1-8b"],
    }
    return Input((command, *workload, *own.get(command, []), *draw(some_flags(command)), *DAY, "-f", "json"), {})


@lru_cache
def questions() -> list[str]:
    home = Path(import_module("llmcost.decision").__file__ or "").parent / "frameworks" / "questions.yaml"
    return list(read_yaml(str(home)).data["questions"])


@st.composite
def answer_runs(draw: Draw) -> Input:
    """A file of answers, and what somebody types at the terminal where some are missing."""
    some = draw(st.lists(st.sampled_from(questions()), max_size=8, unique=True))
    answers = {name: draw(st.one_of(st.sampled_from(("y", "n", "u", "10k", "30%")), scalars)) for name in some}
    typed = draw(
        st.lists(st.sampled_from(("y", "n", "u", "?", "back", "10k", "", "maybe", "1e999", "\x1b[A")), max_size=60)
    )
    files = {"answers.yaml": as_text(answers)}
    arguments = ["decide", "--answers", "answers.yaml", *DAY, *FEW, "-f", "json"]
    if draw(st.booleans()):
        files["scenario.yaml"] = as_text(draw(st.sampled_from(examples())))
        arguments.insert(1, "scenario.yaml")
    if draw(st.booleans()):
        arguments.append("--unknown-rest")
    return Input(tuple(arguments), files, "".join(f"{line}\n" for line in typed), terminal=draw(st.booleans()))


@st.composite
def claim_runs(draw: Draw) -> Input:
    whole = schemas("claims")
    if draw(st.integers(0, 4)) == 0:
        document = {"source": {"title": "t"}, **draw(drawn(whole, whole))}
    else:
        document = draw(changed(draw(st.sampled_from(examples("claims"))), whole))
    return Input(("audit", "claims.yaml", "-f", draw(st.sampled_from(FORMATS))), {"claims.yaml": as_text(document)})


CELLS = (
    "0",
    "1",
    "0.75",
    "",
    "nan",
    "inf",
    "-1",
    "1e308",
    "-1e308",
    "1e30",
    "true",
    "50%",
    "x",
    '"',
    "1e-320",
    "None",
    "9" * 400,
)
COLUMNS = ("query_id", "model", "score", "input_tokens", "output_tokens", "cost_usd", "task", "router_score")


@st.composite
def outcome_runs(draw: Draw) -> Input:
    """An outcome file of two or three models, some cells of which are anything."""
    columns = draw(st.lists(st.sampled_from(COLUMNS[3:]), unique=True, max_size=5))
    rows = [[*COLUMNS[:3], *columns]]
    for query in range(draw(st.integers(1, 30))):
        for model in MODELS[: draw(st.integers(2, 3))]:
            score = draw(st.sampled_from(("0", "1", "0.5")))
            rows.append([f"q{query}", model, score, *("100" if "tokens" in each else "0.5" for each in columns)])
    for _ in range(draw(st.integers(0, 4))):
        row = rows[draw(st.integers(0, len(rows) - 1))]
        row[draw(st.integers(0, len(row) - 1))] = draw(st.sampled_from(CELLS))
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    command = draw(st.sampled_from(("frontier", "gate")))
    arguments = [command, "outcomes.csv", "--rounds", "100", *DAY, "-f", draw(st.sampled_from(FORMATS))]
    if "input_tokens" not in columns or "output_tokens" not in columns:
        arguments += ["--tokens", "500,300"]
    if command == "gate":
        arguments += ["--from", MODELS[1], "--to", MODELS[0]]
    if draw(st.integers(0, 3)) == 0:
        arguments += draw(some_flags(command))
    return Input(tuple(arguments), {"outcomes.csv": out.getvalue()})


_USAGE = {"prompt_tokens": 100, "completion_tokens": 20, "prompt_tokens_details": {"cached_tokens": 10}}
LOGGED: tuple[Any, ...] = (
    {"model": "gpt-4o", "created": 1760000000, "id": "a", "usage": _USAGE},
    {
        "model": "claude-haiku-4-5",
        "type": "message",
        "id": "m",
        "usage": {
            "input_tokens": 10,
            "output_tokens": 5,
            "cache_read_input_tokens": 3,
            "cache_creation_input_tokens": 2,
        },
    },
    {
        "model": "gpt-4o",
        "startTime": "2026-01-02T03:04:05Z",
        "spend": 0.1,
        **_USAGE,
        "call_type": "completion",
        "request_id": "r",
    },
    {"model": "gpt-5", "timestamp": "2026-01-02T03:04:05Z", "input_tokens": 10, "output_tokens": 20, "cost_usd": 0.01},
    {
        "modelVersion": "gemini-2.5-pro",
        "usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 5, "thoughtsTokenCount": 3},
    },
)


@st.composite
def log_runs(draw: Draw) -> Input:
    """A log of one format, some values of some lines of which are anything, or a line that is none."""
    line = draw(st.sampled_from(LOGGED))
    lines = []
    for _ in range(draw(st.integers(1, 8))):
        made = draw(changed(line, {})) if draw(st.integers(0, 2)) == 0 else line
        lines.append(json.dumps(made, default=str) if draw(st.integers(0, 30)) else draw(st.text(max_size=20)))
    arguments = ["usage", "log.jsonl", "-f", draw(st.sampled_from(FORMATS)), *DAY]
    if draw(st.integers(0, 3)) == 0:
        arguments += draw(some_flags("usage"))
    return Input(tuple(arguments), {"log.jsonl": "\n".join(lines)})


# Scenarios are what most is written in.
EVERY = (
    scenario_runs,
    scenario_runs,
    scenario_runs,
    flag_runs,
    diff_runs,
    answer_runs,
    claim_runs,
    outcome_runs,
    log_runs,
)
inputs = st.one_of([kind() for kind in EVERY])
