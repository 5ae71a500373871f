"""Every figure of every example and documented command, as it was saved: a large move shows what it changed.

`python tests/golden/test_golden.py` saves them anew; `git diff tests/golden` then is the list of what moved.
A line is a path in the JSON result and its value; of a charge its cost stands there, of a warning its code.
"""

from __future__ import annotations

import contextlib
import difflib
import json
import shlex
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from in_process import run
from test_readme import AT_HAND, DOCUMENTS, blocks_of

from llmcost.render.json_schema import RESULTS

ROOT = Path(__file__).parents[2]
SAVED = Path(__file__).parent
EXAMPLES = sorted((ROOT / "examples").rglob("*.yaml"))
DAY = ("--as-of", "2026-11-22")
COMMANDS = ("compare", "tco", "breakeven", "route", "host", "policy", "sensitivity", "decide")
MORE = {"decide": ("--unknown-rest",)}
_LEFT_OUT = {"factors", "source", "sources", "explanation", "version", "find_out", "asks"}


def lines_of(tree: Any, path: str) -> Iterator[str]:
    """`path = value`, a line for each value below."""
    if isinstance(tree, dict):
        if "cadence" in tree and "cost" in tree and "factors" in tree:
            tree = tree["cost"]
        elif {"code", "message"} == set(tree):
            tree = tree["code"]
        elif {"name", "value", "why"} == set(tree):
            tree = tree["value"]
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key not in _LEFT_OUT:
                yield from lines_of(value, f"{path}.{key}")
    elif isinstance(tree, list) and any(isinstance(each, dict) for each in tree):
        for i, each in enumerate(tree):
            named = next((key for key in ("name", "id", "path", "month") if key in each), "")
            group = f"{each['group']}/" if "group" in each else ""
            below = {key: value for key, value in each.items() if key != named} if len(each) > 3 else each
            yield from lines_of(below, f"{path}[{group}{each[named] if named else i}]")
    else:
        yield f"{path} = {json.dumps(tree, ensure_ascii=False)}"


def answer(arguments: list[str], folder: Path) -> Iterator[str]:
    """The lines of one command, and how it ended."""
    with contextlib.chdir(folder):
        done = run(*arguments, "-f", "json")
    assert not done.raised, done.raised
    yield f"# llmcost {shlex.join(arguments)}: {done.code}"
    if done.code == 2:
        yield from done.err.splitlines()[-3:]
        return
    for key, value in json.loads(done.out).items():
        if key not in _LEFT_OUT:
            yield from lines_of(value, "" if key == "result" else key)


def of_example(path: Path) -> Iterator[str]:
    """Every command on one example."""
    name = path.relative_to(ROOT).as_posix()
    if path.parent.name == "claims":
        yield from answer(["audit", name], ROOT)
        return
    for command in COMMANDS:
        yield from answer([command, name, *MORE.get(command, ()), *DAY], ROOT)


def of_document(path: Path) -> Iterator[str]:
    """Every command of a page, in order, in a folder of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for each in AT_HAND:
            (folder / each).symlink_to(ROOT / each)
        for found in blocks_of(path):
            if found["name"] is not None:
                (folder / found["name"]).write_text(found["text"], encoding="utf-8")
            if found["command"] is None:
                continue
            arguments = shlex.split(found["command"])[1:]
            if arguments[0] in RESULTS and not {"-f", "--format", "-o", "sql"} & set(arguments):
                yield from answer(arguments, folder)
            else:  # a later one may need what it writes
                with contextlib.chdir(folder):
                    run(*arguments)


def golden() -> dict[str, Any]:
    """What is saved, by file: the example or the page, and what gives its lines."""
    found: dict[str, Any] = {f"{path.parent.name}-{path.stem}.txt": (path, of_example) for path in EXAMPLES}
    for path in DOCUMENTS:
        if any(block["command"] is not None for block in blocks_of(path)):
            found[f"{path.relative_to(ROOT).with_suffix('').as_posix().replace('/', '-')}.txt"] = (path, of_document)
    return found


GOLDEN = golden()


@pytest.mark.parametrize("name", GOLDEN)
def test_the_figures_are_the_saved_ones(name: str) -> None:
    path, lines = GOLDEN[name]
    saved = (SAVED / name).read_text(encoding="utf-8").splitlines()
    now = list(lines(path))
    moved = list(difflib.unified_diff(saved, now, "saved", "now", n=0, lineterm=""))
    shown = "\n".join(moved[:60])
    assert not moved, f"{len(moved)} lines; python tests/golden/test_golden.py saves them\n{shown}"


def test_nothing_is_saved_that_is_not_there() -> None:
    assert {path.name for path in SAVED.glob("*.txt")} == set(GOLDEN)


def test_a_moved_figure_is_one_line() -> None:
    before, after = ({"a": [{"name": "x", "total_cost": cost, "charges": []}]} for cost in (1, 2))
    moved = set(lines_of(before, "")) ^ set(lines_of(after, ""))
    assert moved == {".a[x].total_cost = 1", ".a[x].total_cost = 2"}


if __name__ == "__main__":
    for old in SAVED.glob("*.txt"):
        old.unlink()
    for file, (source, made) in GOLDEN.items():
        (SAVED / file).write_text("".join(f"{line}\n" for line in made(source)), encoding="utf-8")
