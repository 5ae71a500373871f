"""Tables fit the terminal: no number and no word is broken, nothing is wider, and details keep everything."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from llmcost.render import table as terminal
from llmcost.render.layout import bar, lines, shortened, unique, wrapped
from llmcost.render.page import Cell, Column, Interval, Page, Table, text

AMOUNTS = ["$25,200", "$1,234,567,890", "-$123,773", "$0.00205", "–"]


def drawn(table: Table, width: int, *, details: bool = False) -> list[str]:
    return ["".join(piece.text for piece in line).rstrip() for line in lines(table, width, details=details)]


def small(leaves: int = 3) -> Table:
    columns = [
        Column("name", "Architecture", number=False),
        Column("kind", "Kind", number=False, leaves=leaves),
        Column("total", "Total"),
        Column("verdict", "Verdict", number=False, prose=True),
    ]
    rows = [
        [text("sonnet"), text("baseline"), Cell(25200.0, "$25,200"), text("meets everything")],
        [text("haiku"), text("api"), Cell(8400.0, "$8,400"), text("unknown: its quality has not been measured yet")],
    ]
    return Table("", columns, rows)


def test_prose_goes_on_in_the_next_line_and_amounts_stay_whole() -> None:
    found = drawn(small(), 62)
    assert any(line.startswith("haiku") and "$8,400" in line for line in found)
    assert max(map(len, found)) <= 62
    assert " ".join(" ".join(found).split()).count("unknown:") == 1


def test_a_column_leaves_before_anything_is_stacked() -> None:
    table = small()
    wide = [Column(f"x{i}", f"Figure {i}", leaves=i) for i in range(1, 9)]
    cells = [[Cell(1.0, "$1,000,000,000") for _ in wide] for _ in table.rows]
    table = table._replace(
        columns=[*table.columns, *wide], rows=[[*row, *more] for row, more in zip(table.rows, cells, strict=True)]
    )
    heads = " ".join(drawn(table, 80)[:2])
    # 6 + 2 + 8 + 2 + 18 + ... leave room for at most three of the eight; the highest priorities have left
    assert "8" not in heads
    assert "7" not in heads
    assert "Total" in heads
    whole = " ".join(drawn(table, 80, details=True))
    assert all(f"{i}" in whole for i in range(1, 9))


def test_a_table_that_is_cut_says_the_name_again_behind_its_mark() -> None:
    """Three figures of 30 cells do not fit beside a name of 12 in 80: 1 + 2 + 12 + 3 × (2 + 30) = 111."""
    columns = [Column("sign", "", number=False), Column("name", "Architecture", number=False)]
    columns += [Column(f"x{i}", f"Figure {i}") for i in range(3)]
    rows = [[text(mark), text(name), *[Cell(1.0, "9" * 30)] * 3] for mark, name in (("~", "large"), ("+", "mini"))]
    found = drawn(Table("", columns, rows), 80)
    assert [line.split()[0] for line in found if "Figure" in line] == ["Architecture"] * 2
    assert [line.split()[:2] for line in found if "999" in line] == [["~", "large"], ["+", "mini"]] * 2


def test_below_sixty_columns_rows_become_blocks() -> None:
    found = drawn(small(), 40)
    assert found[0] == "sonnet"
    assert "  Total    $25,200" in found
    assert max(map(len, found)) <= 40


def test_long_names_lose_their_middle_and_stay_apart() -> None:
    assert shortened("a-very-long-architecture-name") == "a-very-long-…tecture-name"[:12] + "…" + "ecture-name"
    names = [f"the-same-beginning-{i}-and-the-same-end" for i in range(12)]
    assert len(set(unique(names))) == 12
    assert all(len(name) <= 24 for name in unique(names))
    table = Table("", [Column("name", "Name", number=False), Column("n", "N")], [[text(names[0]), text("1")]])
    assert names[0] in drawn(table, 80, details=True)[2]


@pytest.mark.parametrize(
    ("interval", "full", "width", "seen"),
    [
        (Interval(50.0), 100.0, 10, "━━━━━"),
        (Interval(50.0, 20.0, 80.0), 100.0, 10, "──━━●━━━"),
        (Interval(0.0), 100.0, 10, ""),
        (Interval(None), 100.0, 10, ""),
        (Interval(0.001), 100.0, 10, "━"),
        (Interval(99.0, 98.0, 100.0), 100.0, 10, "━" * 10),
    ],
)
def test_a_bar_is_as_long_as_the_figure_and_marks_the_expected_value(
    interval: Interval, full: float, width: int, seen: str
) -> None:
    assert bar(interval, full, width) == seen


@settings(max_examples=200, deadline=None)
@given(
    width=st.integers(20, 220),
    names=st.lists(st.text("abc-模型é", min_size=1, max_size=60), min_size=1, max_size=6, unique=True),
    amounts=st.lists(st.sampled_from(AMOUNTS), min_size=1, max_size=12),
    words=st.lists(st.text("xyz", min_size=1, max_size=14), max_size=20),
    details=st.booleans(),
)
def test_nothing_is_wider_than_the_terminal_and_no_amount_is_cut(
    width: int, names: list[str], amounts: list[str], words: list[str], details: bool
) -> None:
    columns = [
        Column("name", "Architecture", number=False),
        *(Column(f"a{i}", "Per month", leaves=i) for i in range(len(amounts))),
        Column("why", "Verdict", number=False, prose=True),
        Column("bar", "Cost", bar=True, leaves=1),
    ]
    rows = [
        [text(name), *(Cell(1.0, each) for each in amounts), text(" ".join(words)), Cell(Interval(1.0, 0.5, 2.0), "")]
        for name in names
    ]
    found = drawn(Table("", columns, rows), width, details=details)
    assert all(cell_len(line) <= width for line in found)
    seen = {word for line in found for word in line.split()}
    assert amounts[0] in seen  # priority 0: it never leaves, and it is whole
    if details:
        assert set(amounts) <= seen
    assert all(word in seen or len(word) > width // 2 - 8 for word in words)


def test_a_page_counts_what_it_leaves_to_the_details(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    page = Page("The answer.", [small(), small()._replace(detail=True)], details=["* a = 1: why", "* b = 2: why"])
    short = terminal.render(page, terminal=False)
    assert short.endswith("\n\n2 assumptions, 1 more table: --details\n")
    whole = terminal.render(page, terminal=False, details=True)
    assert "* a = 1: why" in whole
    assert whole.count("Architecture") == 2


def test_where_nothing_says_how_wide_it_is_eighty_columns_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    page = Page(" ".join(["word"] * 100), [])
    assert max(map(len, terminal.render(page, terminal=False).splitlines())) == 79  # 16 words of 4 and 15 gaps


def test_wrapped_text_keeps_its_words() -> None:
    assert wrapped("one two three", 7) == ["one two", "three"]
    assert wrapped("one two three", 9, "  ") == ["  one two", "  three"]
