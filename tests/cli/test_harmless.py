"""Names from a user's file are printed harmlessly: no escape, no markup, no formula."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest
from command_line import Call, Run, run, run_all
from sample import as_text, sample

# C0 and C1 controls, and the characters that turn text around or hide it; line ends are the output's own.
HARMFUL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
NAMES = {
    "an ANSI escape": "\x1b[31mred\x1b[0m",
    "a C1 escape": "\x9b31mred",
    "a title change": "\x1b]0;owned\x07",
    "text turned around": "abc\u202egpj.exe",
    "a hidden character": "gpt\u200b-4o",
    "rich markup": "[bold red]loud[/bold red]",
    "an unclosed tag": "[/]",
    "an emoji code": ":smile:",
    "a line break": "one\ntwo",
    "a backspace": "good\x08\x08\x08\x08evil",
}
FORMULAS = (
    "=1+1",
    "+1",
    "-1+1",
    "@SUM(A1)",
    '=HYPERLINK("http://x","y")',
    "|calc",
    "%x",
    "\t=1",
    "＝1+1",
    "＋1",
    "－1+1",
    "＠SUM(A1)",
)
FORMATS = ("table", "markdown", "csv", "json")


def with_name(name: str) -> dict[str, Any]:
    """The sample with an architecture and a model of this name."""
    return sample(
        {
            "name": name,
            "prices": {name: {"input_per_mtok": 1, "output_per_mtok": 2}},
            "architectures": {f"{name} mix": {"kind": "routed", "mix": {name: "50%", "strong": "50%"}}},
        }
    )


@pytest.fixture(scope="module")
def printed() -> dict[str, Run]:
    """Every name in every format, and as an unknown model."""
    calls: dict[str, Call] = {}
    for what, name in NAMES.items():
        text = as_text(with_name(name))
        calls |= {f"{what} {form}": Call(("compare", "-", "-f", form, "--explain"), text) for form in FORMATS}
        unknown = {"architectures": {"a": {"kind": "api", "model": name}}}
        calls[f"{what} unknown"] = Call(("tco", "-", "--architecture", "a"), as_text(unknown))
    return run_all(calls)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("what", NAMES)
def test_a_name_in_the_output(what: str, form: str, printed: dict[str, Run]) -> None:
    """Nothing that a terminal acts on reaches stdout, whatever the format."""
    done = printed[f"{what} {form}"]
    assert done.code == 0, done.err
    assert not HARMFUL.search(done.out), HARMFUL.search(done.out)
    if form == "json":
        assert f"{NAMES[what]} mix" in {each["name"] for each in json.loads(done.out)["result"]["architectures"]}


@pytest.mark.parametrize("what", NAMES)
def test_a_name_in_an_error(what: str, printed: dict[str, Run]) -> None:
    """An unknown model of this name is refused in three harmless lines."""
    done = printed[f"{what} unknown"]
    assert done.code == 2
    assert not HARMFUL.search(done.err)
    assert [line.partition(": ")[0] for line in done.err.splitlines()] == ["error", "where", "hint"]


@pytest.mark.parametrize("what", ["rich markup", "an unclosed tag", "an emoji code"])
def test_markup_is_printed_literally(what: str, printed: dict[str, Run]) -> None:
    """Markup of the terminal library stands in the table as it was written."""
    assert NAMES[what] in printed[f"{what} table"].out


def test_a_pipe_does_not_break_the_markdown_table() -> None:
    """A pipe in a name is escaped, so that every row keeps its columns."""
    done = run("compare", "-", "-f", "markdown", stdin=as_text(with_name("a|b")))
    assert done.code == 0, done.err
    rows = [line for line in done.out.splitlines() if line.startswith("| ")]
    table = rows[: len(sample()["architectures"]) + 2]
    assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table}) == 1


def test_no_cell_is_a_formula() -> None:
    """A name that a spreadsheet would take for a formula gets a quote in front."""
    architectures = {name: {"kind": "api", "model": "cheap"} for name in FORMULAS}
    done = run("compare", "-", "-f", "csv", stdin=as_text(sample({"architectures": architectures})))
    assert done.code == 0, done.err
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert len(rows) == len(sample()["architectures"]) + len(FORMULAS)
    for row in rows:
        for cell in row.values():
            assert cell[:1] not in ("=", "+", "@", "\t", "\r", "|", "%", "＝", "＋", "－", "＠")
            assert not cell.startswith("-") or float(cell) < 0


def test_a_very_long_name() -> None:
    """A name of ten thousand letters is cut in the error that refuses it."""
    unknown = {"architectures": {"a": {"kind": "api", "model": "x" * 10_000}}}
    done = run("tco", "-", "--architecture", "a", stdin=as_text(unknown))
    assert done.code == 2
    assert "error: unknown model 'xxx" in done.err
    assert max(map(len, done.err.splitlines())) < 2000
