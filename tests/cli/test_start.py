"""What a start costs: the version and the help answer before anything heavy is imported."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.util import find_spec

import pytest
from command_line import run
from sample import as_text, sample

from llmcost import __version__
from llmcost.cli import COMMANDS

HEAVY = {"typer", "pydantic", "yaml", "numpy", "rich"}


def imported(*arguments: str, stdin: str | None = None) -> set[str]:
    """The top-level modules that a run imports."""
    done = run(*arguments, stdin=stdin, python=["-X", "importtime"])
    assert done.code == 0, done.err
    names = re.findall(r"^import time:\s+\d+ \|\s+\d+ \|\s+(\S+)$", done.err, re.MULTILINE)
    assert "llmcost.cli" in names
    return {name.split(".")[0] for name in names}


def heavy(modules: Iterable[str]) -> set[str]:
    return HEAVY & set(modules)


def test_version_imports_nothing_heavy() -> None:
    """`--version` answers before Typer and pydantic are imported."""
    assert heavy(imported("--version")) == set()
    assert run("--version").out == f"llmcost {__version__}\n"


def test_help_imports_nothing_heavy() -> None:
    """`--help` imports no pydantic, no YAML, no numpy and no rich."""
    assert heavy(imported("--help")) - {"typer"} == set()


@pytest.mark.parametrize("command", ["route", "tco", "host", "breakeven", "compare"])
def test_a_point_calculation_imports_neither_numpy_nor_rich(command: str) -> None:
    """On plain numbers and in JSON neither numpy nor rich is imported."""
    found = imported(command, "-", "-f", "json", stdin=as_text(sample()))
    assert heavy(found) & {"numpy", "rich"} == set()


def test_flags_alone_import_no_yaml() -> None:
    """A question from flags alone never loads the YAML reader."""
    found = imported(
        *("route", "--requests", "1M", "--input", "1000", "--output", "200", "-f", "json"),
        *("--mix", "claude-haiku-4-5=70%,claude-opus-4-8=30%", "--baseline", "claude-opus-4-8"),
    )
    assert heavy(found) & {"numpy", "rich", "yaml"} == set()


def test_a_range_imports_numpy() -> None:
    """The watch works: with a range numpy is imported."""
    offer = ("breakeven", "--build", "1k..2k", "--saving-per-call", "0.001")
    assert "numpy" in imported(*offer)


def test_help_names_every_command() -> None:
    """The help lists each command with a line of its own."""
    done = run("--help")
    assert (done.code, done.err) == (0, "")
    listed = re.findall(r"^  ([a-z]+)  +\S", done.out, re.MULTILINE)
    assert listed == list(COMMANDS)


def test_no_arguments_print_the_help_and_fail() -> None:
    """Without a command the help is printed and the exit code is 2."""
    done = run()
    assert done.code == 2
    assert "Usage: llmcost COMMAND" in done.out + done.err


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(command: str) -> None:
    """Each command explains itself and its flags on stdout."""
    if find_spec(f"llmcost.cli.{command}") is None:
        pytest.skip(f"{command} does not exist yet")
    done = run(command, "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"Usage: llmcost {command}")
    assert "--help" in done.out
    assert "\x1b" not in done.out


@pytest.mark.parametrize("command", ["route", "tco", "host", "breakeven", "compare"])
def test_shared_flags(command: str) -> None:
    """Every calculating command takes the same words for format, output, explanation and day."""
    text = run(command, "--help").out
    for flag in ("--format", "-f", "--output-file", "-o", "--explain", "--as-of", "--requests", "--price", "--strict"):
        assert flag in text
