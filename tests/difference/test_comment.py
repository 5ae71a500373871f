"""The difference as a comment on a pull request: found again by its marker, harmless whatever the names say."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from two_sides import BASE, Told, ask, differ, saved, with_changes, written

from llmcost.render.plain import code, harmless, markdown, unlinked

HARMFUL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
NAMES = {
    "a script": "<script>alert(1)</script>",
    "the end of a comment": "--> <img src=x onerror=alert(1)>",
    "an end of the details": "</summary></details><h1>owned",
    "a mention": "@octocat",
    "an issue": "owner/name#1 #23",
    "a link": "[x](https://evil.example/) https://evil.example www.evil.example",
    "an image": "![x](https://evil.example/p.png)",
    "backticks": "``a`b",
    "a backtick alone": "`",
    "pipes": "a|b||c",
    "an escaped pipe": r"a\|b\\|c",
    "a line break": "one\n\n# two",
    "a carriage return": "one\r\n| two |",
    "text turned around": "abc\u202egpj.exe",
    "a terminal escape": "\x1b[31mred",
    "a formula": '=HYPERLINK("http://x","y")',
    "emphasis": "**bold** _so_ ~~gone~~",
    "an entity": "&lt;b&gt; &#64;octocat",
    "emoji": "🚀 :rocket:",
    "300 letters": "x" * 300,
    "rich markup": "[bold red]loud[/bold red] [/]",
    "spaces": "  around  ",
}


def hostile(name: str) -> dict[str, Any]:
    """The base with an architecture, a model and a requirement under this name."""
    found = with_changes({"name": name})
    found["prices"][name] = {"input_per_mtok": 1, "output_per_mtok": 2}
    found["architectures"][f"{name} api"] = {"kind": "api", "model": name}
    found["architectures"][f"{name} fleet"] = {**found["architectures"]["own"], "build": {name: 1}}
    found["quality"][f"{name} fleet"] = 0.95
    return found


def asked(folder: Path, name: str, form: str) -> Told:
    """A difference in which the name is everywhere: in paths, values, flips, the headline and a gate."""
    old, new = hostile(name), hostile(name)
    new["architectures"][f"{name} fleet"]["build"] = {name: "150k..300k"}
    new["prices"][name]["input_per_mtok"] = 2
    new["architectures"][f"{name} new"] = {"kind": "api", "model": name}
    new["name"] = f"{name}!"
    files = (written(folder, "old.yaml", old), written(folder, "new.yaml", new))
    return ask("diff", *files, "-f", form, "--explain", "--max-increase", "1", "--as-of", "2026-11-22")


@pytest.mark.parametrize("what", NAMES)
def test_a_name_in_the_comment(tmp_path: Path, what: str) -> None:
    """No markup, link, mention or row comes out of a name; in code it reads as it was written."""
    name = NAMES[what]
    told = asked(tmp_path, name, "markdown")
    assert told.code in (0, 3), told.err
    assert not HARMFUL.search(told.out)
    tokens = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(told.out)
    every = [inner for token in tokens for inner in (token, *(token.children or ()))]
    html = [token.content.strip() for token in every if token.type in ("html_block", "html_inline")]
    assert html[0].startswith("<!-- llmcost:diff ")
    assert set(html[1:]) <= {"<details><summary>What this rests on</summary>", "</details>", "<!-- -->"}
    kinds = {token.type for token in every}
    assert not kinds & {"link_open", "image", "heading_open", "s_open", "em_open", "hr", "fence", "code_block"}
    columns = 0
    for token in tokens:
        if token.type == "tr_open":
            columns = 0
        columns += token.type in ("td_open", "th_open")
        if token.type == "thead_open":
            width = None
        if token.type == "tr_close":
            width = columns if width is None else width
            assert columns == width
    shown = [token.content for token in every if token.type == "code_inline"]
    written_out = harmless(f"{name} new").replace("\\|", "\\x7c").strip()
    assert any(written_out in each for each in shown), shown
    for token in every:
        if token.type == "text":  # outside code nothing can be taken for an address or a person
            assert not re.search(r"(?i)https?://|www\.\S|(?<!\w)@\w", token.content), token.content


@pytest.mark.parametrize("form", ["table", "csv", "json"])
@pytest.mark.parametrize("what", NAMES)
def test_a_name_in_the_other_formats(tmp_path: Path, what: str, form: str) -> None:
    told = asked(tmp_path, NAMES[what], form)
    assert told.code in (0, 3), told.err
    assert not HARMFUL.search(told.out)
    if form == "json":
        paths = [each["path"] for each in json.loads(told.out)["result"]["changes"]]
        assert f"architectures.{NAMES[what]} new" in paths
    if form == "csv":
        header, *rows = csv.reader(io.StringIO(told.out))
        assert {len(row) for row in rows} == {len(header)}
        assert all(cell[:1] not in ("=", "+", "@", "|", "%") for row in rows for cell in row)


@pytest.mark.parametrize("what", NAMES)
def test_code_and_text_read_back_as_they_were(what: str) -> None:
    """A reader of Markdown gives back the text that went in, spelled harmlessly."""
    text = f"a {NAMES[what]} z"
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    expected = harmless(text)
    [block] = [t for t in reader.parse(unlinked(markdown(text))) if t.type == "inline"]
    assert "".join(t.content for t in block.children or () if t.type == "text") == expected
    table = f"| h |\n|---|\n| {code(text)} |\n"
    cells = [t for t in reader.parse(table) if t.type == "inline"]
    [span] = [t for t in cells[1].children or () if t.type == "code_inline"]
    assert span.content == expected.replace("\\|", "\\x7c")


def marker_of(text: str) -> str:
    first = text.splitlines()[0]
    assert re.fullmatch(r"<!-- llmcost:diff \S* [0-9a-f]{8} -->", first), first
    return first


def test_the_marker_stays_while_the_file_changes_and_is_the_files_own(tmp_path: Path) -> None:
    first = marker_of(differ(tmp_path, {"workload.requests_per_month": "2M"}, form="markdown").out)
    again = marker_of(differ(tmp_path, {"baseline": "cheap", "name": "B"}, form="markdown").out)
    assert first == again
    file = written(tmp_path, "old.yaml", BASE)
    other = ask("diff", file, written(tmp_path, "other.yaml", BASE), "-f", "markdown")
    assert marker_of(other.out) != first


@pytest.mark.parametrize("name", ["a-->b.yaml", "ü ö.yaml", "--.yaml", "a\nb.yaml", "…" * 60 + ".yaml"])
def test_no_file_name_breaks_the_marker(tmp_path: Path, name: str) -> None:
    told = ask("diff", written(tmp_path, "old.yaml", BASE), written(tmp_path, name, BASE), "-f", "markdown")
    assert "--" not in marker_of(told.out).removeprefix("<!--").removesuffix("-->")


def test_a_long_difference_stays_a_comment(tmp_path: Path) -> None:
    """500 new architectures with long names stay under the 65,536 characters that a comment may have."""
    new = with_changes({})
    for number in range(500):
        new["architectures"][f"{number:03} {'x' * 200}"] = {"kind": "api", "model": "small"}
    files = (written(tmp_path, "old.yaml", BASE), written(tmp_path, "new.yaml", new))
    told = ask("diff", *files, "-f", "markdown", "--explain")
    assert told.code == 0, told.err
    assert len(told.out) < 65_536
    assert "`--format json` has it all" in told.out
    assert len(ask("diff", *files, "-f", "json").result["changes"]) >= 1000


def test_csv_is_every_change_as_a_line_of_raw_numbers(tmp_path: Path) -> None:
    changes = {"workload.requests_per_month": "2M"}
    told = differ(tmp_path, changes, form="csv")
    rows = list(csv.DictReader(io.StringIO(told.out)))
    expected = differ(tmp_path, changes).result["changes"]
    assert [row["path"] for row in rows] == [each["path"] for each in expected]
    month = next(row for row in rows if row["path"] == "architectures.strong.monthly_cost")
    assert (month["about"], month["sign"], month["old"], month["new"]) == ("figure", "changed", "10000", "20000")
    assert (month["change"], month["change_share"], month["unit"]) == ("10000", "1", "USD/month")


def test_the_table_says_it_in_plus_minus_and_tilde(tmp_path: Path) -> None:
    mini = {"architectures.mini": {"kind": "api", "model": "small"}}
    base = with_changes({"architectures.gone": {"kind": "api", "model": "small"}})
    out = differ(
        tmp_path, {"architectures.gone": None, **mini, "prices.large.input_per_mtok": 6}, base=base, form="table"
    ).out
    lines = out.splitlines()
    assert any(re.match(r"~ +prices\.large\.input_per_mtok +5 → 6 \(\+20\.0%\)", line) for line in lines)
    assert any(re.match(r"\+ +architectures\.mini +\{kind: api, model: small\}", line) for line in lines)
    assert any(re.match(r"- +architectures\.gone +\{kind: api, model: small\}", line) for line in lines)
    assert any(re.match(r"~ +strong +\$10,000 → \$11,000 \(\+10\.0%\)", line) for line in lines)
    assert any(re.match(r"\+ +mini +\$1,000 ", line) for line in lines)


def test_explain_lists_the_charges(tmp_path: Path) -> None:
    changes = {"prices.large.output_per_mtok": 30}
    assert "The charges" not in differ(tmp_path, changes, form="table").out
    out = differ(tmp_path, changes, "--explain", form="table").out
    row = next(line for line in out.splitlines() if "charges.large: output" in line)
    assert "$5,000 → $6,000 (+20.0%)" in row


# ---- what is refused ----------------------------------------------------------------------------------


def document(folder: Path, **changes: Any) -> str:
    """A saved comparison with parts of it replaced."""
    path = Path(saved(folder, "result.json", BASE))
    found = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**found, **changes}), encoding="utf-8")
    return str(path)


def row_with(folder: Path, **changes: Any) -> str:
    """A saved comparison whose first row has parts of it replaced."""
    path = Path(saved(folder, "result.json", BASE))
    found = json.loads(path.read_text(encoding="utf-8"))
    found["result"]["architectures"][0] |= changes
    path.write_text(json.dumps(found), encoding="utf-8")
    return str(path)


REFUSED: dict[str, tuple[Any, str]] = {
    "no NEW": (lambda f: [written(f, "a.yaml", BASE)], "nothing to compare it with"),
    "a saved result alone": (lambda f: [document(f), "--as-of-old", "2026-06-01"], "a saved result has no second side"),
    "no file": (lambda f: [str(f / "none.yaml"), str(f / "none.yaml")], "there is no file"),
    "a directory": (lambda f: [str(f), str(f)], "is a directory"),
    "both from standard input": (lambda f: ["-", "-"], "standard input can be one side only"),
    "a binary file": (lambda f: [written(f, "a.json", "\0\1"), written(f, "b.yaml", BASE)], "the file is binary"),
    "broken JSON": (
        lambda f: [written(f, "a.json", '{"schema": "llmcost.compare/2", '), written(f, "b.yaml", BASE)],
        "cannot read the JSON",
    ),
    "a list": (lambda f: [written(f, "a.json", "[]"), written(f, "b.yaml", BASE)], "no JSON object"),
    "an unknown schema": (lambda f: [document(f, schema="other/1")] * 2, "is no schema of llmcost"),
    "another command": (lambda f: [document(f, schema="llmcost.host/1")] * 2, "a result of host cannot be compared"),
    "another version": (lambda f: [document(f, schema="llmcost.compare/1")] * 2, "is not version 2 of the contract"),
    "no version": (lambda f: [document(f, version=None)] * 2, "no result of llmcost"),
    "another currency": (lambda f: [document(f, currency="EUR")] * 2, "no result of llmcost"),
    "no day": (lambda f: [document(f, prices_as_of="soon")] * 2, "'soon' is not a day"),
    "no result": (lambda f: [document(f, result={})] * 2, "it is missing"),
    "a cost in words": (lambda f: [row_with(f, total_cost="a lot")] * 2, "valid number"),
    "a cost that is true": (lambda f: [row_with(f, total_cost=True)] * 2, "valid number"),
    "an infinite cost": (lambda f: [row_with(f, total_cost=float("inf"))] * 2, "Infinity is no number"),
    "a range of three": (lambda f: [row_with(f, total_cost_range=[1, 2, 3])] * 2, "at most 2 items"),
    "one name twice": (lambda f: [row_with(f, name="own")] * 2, "'own' stands twice"),
    "a key twice": (
        lambda f: [written(f, "a.json", '{"schema": "llmcost.compare/2", "schema": "x"}')] * 2,
        "the key 'schema' stands twice",
    ),
    "two commands": (
        lambda f: [document(f), saved(f, "route.json", BASE, "route")],
        "one of route",
    ),
    "a tco of another architecture": (
        lambda f: [
            saved(f, "a.json", BASE, "tco", "--architecture", "own"),
            saved(f, "b.json", BASE, "tco", "--architecture", "cheap"),
        ],
        "is about own",
    ),
    "a flag on a saved side": (
        lambda f: [document(f), written(f, "a.yaml", BASE), "--price-old", "large.input=1"],
        "--price-old changes nothing in a saved result",
    ),
    "a workload for two saved sides": (lambda f: [document(f), document(f), "--requests", "1M"], "--requests changes"),
    "a day that is none": (lambda f: [written(f, "a.yaml", BASE), "--as-of-old", "May"], "is not a day"),
    "an old day after the new": (
        lambda f: [written(f, "a.yaml", BASE), "--as-of-old", "2026-11-22", "--as-of-new", "2026-06-01"],
        "2026-11-22 is not before 2026-06-01",
    ),
    "a limit in words": (lambda f: [written(f, "a.yaml", BASE)] * 2 + ["--max-increase", "much"], "is not a number"),
    "a limit below nothing": (lambda f: [written(f, "a.yaml", BASE)] * 2 + ["--max-monthly", "-1"], "is negative"),
    "a percentage in words": (
        lambda f: [written(f, "a.yaml", BASE)] * 2 + ["--max-increase-pct", "%"],
        "is not a number",
    ),
    "an architecture that is not there": (
        lambda f: [written(f, "a.yaml", BASE)] * 2 + ["--architecture", "onw"],
        "neither side has an architecture 'onw'",
    ),
    "an unknown key in the new scenario": (
        lambda f: [written(f, "a.yaml", BASE), written(f, "b.yaml", with_changes({"horizont": 1}))],
        "unknown key 'horizont'",
    ),
    "an unknown format": (lambda f: [written(f, "a.yaml", BASE)] * 2 + ["-f", "html"], "unknown format"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_wrong_is_said_in_three_lines(tmp_path: Path, what: str) -> None:
    arguments, expected = REFUSED[what]
    told = ask("diff", *arguments(tmp_path))
    assert (told.code, told.out) == (2, ""), told
    lines = told.err.splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["error", "where", "hint"], told.err
    assert all(line.partition(": ")[2] for line in lines)
    assert expected in lines[0]


def test_an_error_in_a_scenario_keeps_its_place(tmp_path: Path) -> None:
    new = written(tmp_path, "new.yaml", "name: x\nhorizont: 12\n")
    told = ask("diff", written(tmp_path, "old.yaml", BASE), new)
    assert f"where: {new}:2:1" in told.err


@pytest.mark.parametrize("side", [0, 1])
def test_a_side_may_come_from_standard_input(tmp_path: Path, side: int) -> None:
    """`git show main:scenario.yaml | llmcost diff - scenario.yaml`, in a process of its own; a saved result too."""
    from command_line import run

    files = [written(tmp_path, "old.yaml", BASE), written(tmp_path, "new.yaml", with_changes({"baseline": "cheap"}))]
    for given in (files[side], saved(tmp_path, "saved.json", BASE)):
        arguments = list(files)
        arguments[side] = "-"
        done = run(
            "diff", *arguments, "-f", "json", "--as-of", "2026-11-22", stdin=Path(given).read_text(encoding="utf-8")
        )
        assert done.code == 0, done.err
        assert done.result[("old", "new")[side]]["name"] == "<stdin>"
