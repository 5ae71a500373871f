"""A page a command: what it is for, as the guide shows it, and its `--help`."""

from __future__ import annotations

import contextlib
import io
import os
import re
from pathlib import Path

from llmcost.cli import COMMANDS, answer

DOCS = Path(__file__).parents[1]
GUIDE = DOCS / "guide.md"
README = DOCS.parent / "README.md"
WIDTH = "100"


def pages() -> dict[str, str]:
    """The text of each page by its place in the site."""
    sections = _guide_sections()
    found = {"commands/index.md": _index()}
    for name, about in COMMANDS.items():
        shown = sections.get(name, "")
        found[f"commands/{name}.md"] = (
            f"# llmcost {name}\n\n{about}.\n\n{shown}\n## Options\n\n```text\n{_help(name)}```\n"
        )
    return found


def _index() -> str:
    rows = [f"| [`llmcost {name}`]({name}.md) | {about} |" for name, about in COMMANDS.items()]
    return (
        "# Commands\n\n"
        f"{_part(GUIDE, '## Commands').partition('### ')[0].strip()}\n\n"
        "The result goes to stdout and nothing else does; remarks and errors go to stderr.\n\n"
        "| command | what it answers |\n|---|---|\n" + "\n".join(rows) + "\n\n"
        "## Exit codes\n\n" + _part(README, "## Exit codes")
    )


def _help(name: str) -> str:
    """`llmcost NAME --help`, at a fixed width."""
    out = io.StringIO()
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = WIDTH
    try:
        with contextlib.redirect_stdout(out):
            answer([name, "--help"])
    finally:
        os.environ.pop("COLUMNS")
        if before is not None:
            os.environ["COLUMNS"] = before
    return out.getvalue().rstrip() + "\n"


def _guide_sections() -> dict[str, str]:
    """The guide's section on each command, fit for the site."""
    text = _part(GUIDE, "## Commands")
    parts = re.split(r"^### (\w+)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def _part(document: Path, heading: str) -> str:
    """What stands under a heading of a document up to the next one of its kind."""
    text = document.read_text(encoding="utf-8")
    start = text.index(f"\n{heading}\n") + len(heading) + 2
    end = text.find("\n## ", start)
    docs = "docs/" if document == README else ""
    return _for_the_site(text[start : end if end >= 0 else len(text)], docs)


def _for_the_site(text: str, docs: str) -> str:
    """Without the marks for the tests; links to pages of the site hold, those to other files are left out."""
    text = re.sub(r"<!-- shown: [^>]*? -->\n", "", text)
    text = re.sub(rf"\]\({docs}(?=[\w/]+\.md)", "](../", text)
    text = re.sub(r"\[([^\]]+)\]\((?!https?:|\.\./)[^)#]*#?[^)]*\)", r"\1", text)
    return text.strip("\n") + "\n"
