"""What README and docs show is real: every console block is run and compared, every Python block too.

`python tests/test_readme.py` rewrites the outputs. A comment `<!-- shown: 1-12, -5-1 -->` before a block trims it to those
lines (negative ones count from the end); a line `…` stands for the rest. A comment `<!-- file: NAME -->` before a block puts
its text into a file of that name. The blocks of a document are run in order, in a scratch folder of its own in which
`examples` and `tests` stand, so that a later command may use what an earlier one wrote.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pytest
from command_line import TODAY, run

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
GUIDE = ROOT / "docs" / "guide.md"
DOCUMENTS = (README, *sorted((ROOT / "docs").rglob("*.md")))
AT_HAND = ("examples", "tests")
ELISION = "…"
_FENCE = "```"
_TEXT = rf"(?:(?!{_FENCE})[^\n]*\n)*"  # lines up to the closing fence
_CONSOLE = (
    rf"(?:<!-- shown: (?P<shown>[^>\n]*?) -->\n)?{_FENCE}console\n\$ (?P<command>[^\n]*)\n(?P<output>{_TEXT}){_FENCE}"
)
_PYTHON = rf"{_FENCE}python\n(?P<code>{_TEXT}){_FENCE}\n(?:\n{_FENCE}text\n(?P<result>{_TEXT}){_FENCE}\n)?"
_FILE = rf"<!-- file: (?P<name>[\w.-]+) -->\n{_FENCE}\w*\n(?P<text>{_TEXT}){_FENCE}\n"
_BLOCK = re.compile(f"{_FILE}|{_CONSOLE}|{_PYTHON}")


class Block(NamedTuple):
    """One command or program of a document, the lines it is trimmed to, and what the document says it prints."""

    document: Path
    position: int
    command: str
    code: str
    shown: str | None
    output: str

    @property
    def name(self) -> str:
        return f"{self.document.relative_to(ROOT)}: {self.command[:60] or 'python'}"


def blocks_of(document: Path) -> Iterator[re.Match[str]]:
    """Every file, console and Python block, in order."""
    return _BLOCK.finditer(document.read_text(encoding="utf-8"))


def shown_blocks() -> list[Block]:
    """Every block that has an output, of all documents."""
    return [
        Block(
            document,
            position,
            found["command"] or "",
            found["code"] or "",
            found["shown"],
            (found["output"] if found["command"] else found["result"]) or "",
        )
        for document in DOCUMENTS
        for position, found in enumerate(blocks_of(document))
        if found["name"] is None
    ]


@lru_cache
def outputs_of(document: Path) -> list[str]:
    """What each block prints, run in order in a scratch folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for each in AT_HAND:
            (folder / each).symlink_to(ROOT / each)
        columns = "80" if document == README else "200"
        return [_output_of(found, folder, columns) for found in blocks_of(document)]


def _output_of(found: re.Match[str], folder: Path, columns: str) -> str:
    if found["name"] is not None:
        (folder / found["name"]).write_text(found["text"], encoding="utf-8")
        return ""
    if found["command"] is None:
        return executed(found["code"], folder)
    return printed(found["command"], folder, columns)


def printed(command: str, folder: Path, columns: str) -> str:
    """What the command prints on stdout; it has to leave with 0 or 3 (a gate)."""
    program, *arguments = shlex.split(command)
    assert program == "llmcost", command
    done = run(*arguments, cwd=folder, env={"COLUMNS": columns})
    assert done.code in (0, 3), f"{command}\n{done.err}"
    return done.out.lstrip("\n")


def executed(code: str, folder: Path) -> str:
    """What the program prints."""
    out = io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(out):
        exec(compile(code, "a document", "exec"), {})  # noqa: S102 - the documents' own code is what is tested
    return out.getvalue()


def trimmed(output: str, shown: str | None) -> str:
    """The lines named, with an elision where others are left out."""
    lines = output.splitlines()
    if shown is None:
        return output
    kept: list[str] = []
    last = 0
    for part in shown.split(","):
        first, end = re.fullmatch(r"\s*(-?\d+)-(-?\d+)\s*", part).groups()  # type: ignore[union-attr]
        begin, stop = (int(n) if int(n) > 0 else len(lines) + 1 + int(n) for n in (first, end))
        if begin > last + 1:
            kept.append(ELISION)
        kept += lines[begin - 1 : stop]
        last = min(stop, len(lines))
    if last < len(lines):
        kept.append(ELISION)
    return "\n".join(kept) + "\n"


def agrees(shown: list[str], real: list[str]) -> bool:
    """Line by line; an elision stands for one line or more."""
    if not shown:
        return not real
    if shown[0] == ELISION:
        return any(agrees(shown[1:], real[skip:]) for skip in range(1, len(real) + 1))
    return bool(real) and shown[0] == real[0] and agrees(shown[1:], real[1:])


@pytest.mark.parametrize("block", shown_blocks(), ids=lambda block: block.name)
def test_a_document_shows_what_is_printed(block: Block) -> None:
    output = outputs_of(block.document)[block.position]
    if block.code:
        assert output == block.output
        return
    assert agrees(block.output.splitlines(), output.splitlines()), (
        f"{block.command} prints something else; python tests/test_readme.py rewrites the documents"
    )


def test_the_readme_is_read_in_a_few_minutes() -> None:
    """What is longer stands in the guide."""
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 250


def test_every_command_has_an_example_in_the_guide() -> None:
    from llmcost.cli import COMMANDS

    shown = {block.command.split()[1] for block in shown_blocks() if block.document == GUIDE and block.command}
    assert set(COMMANDS) == shown


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_command_stands_in_a_block_that_is_not_run(document: Path) -> None:
    """A command in a shell block would be shown and never tried; README's first one is .ci/run's."""
    fences = re.findall(r"```(sh|bash|shell)\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL)
    commands = [line for _, text in fences for line in text.splitlines() if "llmcost " in line]
    assert all(line.startswith("pip install . && llmcost compare ") for line in commands)


def rewritten(document: Path) -> str:
    """The document with every output as it is now."""
    outputs = iter(outputs_of(document))

    def block(found: re.Match[str]) -> str:
        output = next(outputs)
        if found["name"] is not None:
            return found[0]
        if found["command"] is not None:
            return found[0][: found.start("output") - found.start()] + trimmed(output, found["shown"]) + "```"
        return f"```python\n{found['code']}```\n" + (f"\n```text\n{output}```\n" if output else "")

    return _BLOCK.sub(block, document.read_text(encoding="utf-8"))


def _rewrite(document: Path) -> None:
    before = document.read_text(encoding="utf-8")
    after = rewritten(document)
    document.write_text(after, encoding="utf-8")
    name = document.relative_to(ROOT)
    sys.stderr.write(f"{name} is as it was\n" if after == before else f"{name} rewritten\n")


if __name__ == "__main__":
    os.environ["LLMCOST_TODAY"] = TODAY
    for each in DOCUMENTS:
        _rewrite(each)
