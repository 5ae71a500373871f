"""Bad input: exit code 2, three lines on stderr, nothing on stdout and nothing written."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from command_line import Run, run
from worked import Case, cases, name_of

REFUSED = cases("refused")
FILE = "scenario.yaml"
KEPT = "a result of yesterday\n"
RAW = {
    "A binary file": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)), "binary"),
    "A file of UTF-16": ("name: a".encode("utf-16"), "binary"),
    "A file that is no UTF-8": (b"name: caf\xe9\n", "not UTF-8"),
    "A YAML file of 50 MB": (b"name: " + b"a" * 50_000_000, "larger than 1 MiB"),
    "A file with a control character": (b"name: a\x07b\n", "character that YAML does not allow"),
}


class Refusal(NamedTuple):
    """A run in a folder of its own, and what the folder held before and after."""

    run: Run
    before: dict[str, bytes]
    after: dict[str, bytes]


def held_by(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() if path.is_file() else b"" for path in sorted(folder.iterdir())}


def asked(folder: Path, arguments: list[str], raw: bytes | None, kept: str | None) -> Refusal:
    folder.mkdir()
    if raw is not None:
        (folder / FILE).write_bytes(raw)
    if kept is not None:
        (folder / kept).write_text(KEPT, encoding="utf-8")
    before = held_by(folder)
    if "-o" not in arguments:
        arguments = [*arguments, "-o", "result.json"]
    done = run(*arguments, cwd=folder)
    return Refusal(done, before, held_by(folder))


def question(given: dict[str, Any]) -> tuple[list[str], bytes | None, str | None]:
    text = given.get("scenario")
    if "scenario_repeated" in given:
        text = given["before"] + given["scenario_repeated"] * int(given["times"])
    arguments = given.get("arguments", ["compare", FILE])
    if arguments[0] in ("route", "tco", "host", "compare", "breakeven"):
        arguments = [*arguments, *(["--as-of", given.get("as_of", "2026-11-22")] if "--as-of" not in arguments else [])]
    return arguments, None if text is None else text.encode(), given.get("kept")


@pytest.fixture(scope="module")
def refusals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Refusal]]:
    """Every refusal, run side by side, each in a folder of its own."""
    root = tmp_path_factory.mktemp("refused")
    questions = {case.name: question(case.given) for case in REFUSED}
    questions |= {name: (["compare", FILE], raw, None) for name, (raw, _) in RAW.items()}
    with ThreadPoolExecutor(2) as pool:
        started = {
            name: pool.submit(asked, root / str(position), *parts)
            for position, (name, parts) in enumerate(questions.items())
        }
        yield {name: future.result() for name, future in started.items()}


def is_three_lines(done: Run) -> list[str]:
    assert done.code == 2, done
    assert done.out == ""
    lines = done.err.splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["error", "where", "hint"], done.err
    assert all(line.partition(": ")[2].strip() for line in lines), done.err
    return lines


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_bad_input(case: Case, refusals: dict[str, Refusal]) -> None:
    """Bad input is refused in three lines that say what, where and what to type, and nothing is written."""
    refusal = refusals[case.name]
    error, where, hint = is_three_lines(refusal.run)
    assert refusal.after == refusal.before
    assert case.expect["error"] in error
    assert case.expect.get("where", "").replace("{file}", FILE) in where
    assert case.expect["hint"] in hint


@pytest.mark.parametrize("name", RAW)
def test_unreadable_file(name: str, refusals: dict[str, Refusal]) -> None:
    """What is no YAML text of a sensible size is refused before it is parsed."""
    refusal = refusals[name]
    error, where, _ = is_three_lines(refusal.run)
    assert refusal.after == refusal.before
    assert RAW[name][1] in error
    assert FILE in where


def test_a_directory(tmp_path: Path) -> None:
    """A directory is no scenario."""
    error, _, hint = is_three_lines(run("compare", str(tmp_path)))
    assert "is a directory" in error
    assert "YAML file" in hint


def test_the_day_in_the_environment() -> None:
    """A LLMCOST_TODAY that is no day is refused by its name."""
    refused = run("breakeven", "--build", "1k", "--saving-per-call", "1", env={"LLMCOST_TODAY": "soon"})
    _, where, hint = is_three_lines(refused)
    assert where == "where: LLMCOST_TODAY"
    assert "LLMCOST_TODAY=2026-11-22" in hint


def test_every_command_refuses_a_missing_file_alike() -> None:
    """Each command that takes a scenario refuses a missing one in the same three lines."""
    for command in ("route", "tco", "host", "breakeven", "compare"):
        error, _, _ = is_three_lines(run(command, "missing.yaml"))
        assert error == "error: there is no file missing.yaml"


def test_every_command_says_what_it_needs_when_nothing_is_given() -> None:
    """A command without a scenario and without flags is refused with something to type."""
    for command in ("route", "tco", "host", "breakeven", "compare"):
        is_three_lines(run(command))
