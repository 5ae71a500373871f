"""The README's outputs are real: every console block is run and compared, every Python block too.

`python tests/test_readme.py` rewrites the outputs. A comment `<!-- shown: 1-12, -5-1 -->` before a
block trims it to those lines (negative ones count from the end); a line `…` stands for the rest.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
from command_line import TODAY, run

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
ELISION = "…"
_CONSOLE = re.compile(
    r"(?:<!-- shown: (?P<shown>[^>]*?) -->\n)?```console\n\$ (?P<command>.*)\n(?P<output>(?:(?!```).*\n)*)```"
)
_PYTHON = re.compile(r"```python\n(?P<code>.*?)```\n(?:\n```text\n(?P<output>.*?)```\n)?", re.DOTALL)


class Block(NamedTuple):
    """One command of the README, the lines it is trimmed to, and what the README says it prints."""

    command: str
    shown: str | None
    output: str


def console_blocks() -> list[Block]:
    found = _CONSOLE.finditer(README.read_text(encoding="utf-8"))
    return [Block(each["command"], each["shown"], each["output"]) for each in found]


def printed(command: str) -> str:
    """What the command prints on stdout; it has to leave with 0 or 3 (a gate)."""
    program, *arguments = shlex.split(command)
    assert program == "llmcost", command
    done = run(*arguments, cwd=ROOT)
    assert done.code in (0, 3), f"{command}\n{done.err}"
    return done.out.lstrip("\n")


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


@pytest.mark.parametrize("block", console_blocks(), ids=lambda block: block.command[:60])
def test_the_readme_shows_what_the_command_prints(block: Block) -> None:
    assert agrees(block.output.splitlines(), printed(block.command).splitlines()), (
        f"{block.command} prints something else; python tests/test_readme.py rewrites the README"
    )


def python_blocks() -> list[tuple[str, str]]:
    found = _PYTHON.finditer(README.read_text(encoding="utf-8"))
    return [(each["code"], each["output"] or "") for each in found]


@contextlib.contextmanager
def at_root() -> Iterator[None]:
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        yield
    finally:
        os.chdir(before)


def executed(code: str) -> str:
    out = io.StringIO()
    with at_root(), contextlib.redirect_stdout(out):
        exec(compile(code, "README.md", "exec"), {})  # noqa: S102 - the README's own code is what is tested
    return out.getvalue()


@pytest.mark.parametrize(("code", "output"), python_blocks())
def test_the_readmes_python_runs_and_prints_what_it_says(code: str, output: str) -> None:
    assert executed(code) == output


def test_every_command_has_an_example_in_the_readme() -> None:
    from llmcost.cli import COMMANDS

    shown = {block.command.split()[1] for block in console_blocks()}
    assert set(COMMANDS) == shown


def rewritten(text: str) -> str:
    """The README with every output as it is now."""
    commands = [each["command"] for each in _CONSOLE.finditer(text)]
    with ThreadPoolExecutor() as pool:
        outputs = dict(zip(commands, pool.map(printed, commands), strict=True))

    def console(found: re.Match[str]) -> str:
        head = found[0][: found.start("output") - found.start()]
        return head + trimmed(outputs[found["command"]], found["shown"]) + "```"

    def python(found: re.Match[str]) -> str:
        output = executed(found["code"])
        return f"```python\n{found['code']}```\n" + (f"\n```text\n{output}```\n" if output else "")

    return _PYTHON.sub(python, _CONSOLE.sub(console, text))


if __name__ == "__main__":
    os.environ["LLMCOST_TODAY"] = TODAY
    before = README.read_text(encoding="utf-8")
    after = rewritten(before)
    README.write_text(after, encoding="utf-8")
    sys.stderr.write("README.md is as it was\n" if after == before else "README.md rewritten\n")
