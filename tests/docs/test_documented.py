"""What the program takes and no help text lists in full stands in README or the guide: fields, extras, variables."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from llmcost.usage.formats.generic import COLUMNS, COMMON, END
from llmcost.usage.warehouse import _EXPECTED

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
PROSE = re.sub(r"(?<!\n)\n(?!\n)", " ", GUIDE)  # however its lines are broken
LOGS = (ROOT / "docs" / "reference" / "logs.md").read_text(encoding="utf-8")


def quoted(text: str) -> list[str]:
    """What stands in code spans, in order."""
    return re.findall(r"`([^`\n]+)`", text)


def part(text: str, start: str, end: str) -> str:
    return text[text.index(start) : text.index(end, text.index(start))]


def test_the_guide_lists_each_field_of_map() -> None:
    assert quoted(part(PROSE, "The fields of `--map` are", "What is not mapped"))[1:] == [*COLUMNS, END]


def test_the_guide_says_what_a_warehouse_query_reads_unmapped() -> None:
    assert quoted(part(PROSE, "Unmapped, the query reads four columns", "\n\n")) == [*_EXPECTED.values()]


def test_the_page_on_logs_has_each_field_with_the_names_that_it_is_looked_for_under() -> None:
    table = [
        [quoted(cell) for cell in row.strip("| ").split(" | ")]
        for row in part(LOGS, "| field |", "\n\n").splitlines()[2:]
    ]
    assert [field for fields, *_ in table for field in fields] == [*COLUMNS, END]
    looked_for = {name for *_, names in table for name in names} - {"calls"}  # which a table of sums says so by
    assert looked_for == {name for names in COMMON.values() for name in names}


def test_readme_lists_each_extra() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    listed = re.findall(r"^\| `(\w+)` \|", part(README, "## Extras", "\n| variable"), re.MULTILINE)
    assert sorted(listed) == sorted(extras)


def test_dev_brings_the_peers_command_of_the_pinned_version() -> None:
    """tests/benchmarks/startup.py runs `genai-prices`, which its extra `cli` makes work."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    (pin,) = (each.removeprefix("genai-prices") for each in extras["prices"])
    assert pin.startswith("==") and f"genai-prices[cli]{pin}" in extras["dev"]


def test_readme_lists_each_variable_that_is_read() -> None:
    read = {
        name
        for path in (ROOT / "src").rglob("*.py")
        for name in re.findall(r"environ(?:\.get\(|\[)\"(LLMCOST_\w+)\"", path.read_text(encoding="utf-8"))
    }
    listed = re.findall(r"^\| `(LLMCOST_\w+)` \|", README, re.MULTILINE)
    assert sorted(listed) == sorted(read)
    assert len(read) == 3


def test_no_source_cites_a_page_that_is_not_there() -> None:
    """`docs/methods/api.md` and the like are in the repository, and no other notes are cited."""
    cited = {
        name
        for path in (ROOT / "src").rglob("*")
        if path.suffix in (".py", ".yaml")
        for name in re.findall(r"[\w/-]+\.md\b", path.read_text(encoding="utf-8"))
        if name not in ("report.md", "README.md")
    }
    assert {name for name in cited if name.startswith("docs/")}
    lacking = {
        name for name in cited if not (ROOT / name).is_file() and not (ROOT / "docs" / "methods" / name).is_file()
    }
    assert not lacking
