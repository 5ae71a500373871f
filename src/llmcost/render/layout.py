"""How a table fits a terminal: no number and no word is ever broken, and nothing is wider than the terminal.

Columns leave by their priority (`Column.leaves`), prose goes on in the next line, names over 24
characters lose their middle. What still does not fit stands in a further panel beneath, under the
first column again; below 60 columns a row becomes a block of lines. With details nothing leaves.
"""

from __future__ import annotations

from typing import NamedTuple

from llmcost.render.page import Cell, Column, Interval, Table, Tone
from llmcost.render.plain import harmless

LONGEST_NAME = 24
LONGEST_ID = 44  # ids of models and paths, which have to be typed again
BLOCKS_BELOW = 60
GAP = 2
SHORTEST_BAR, LONGEST_BAR = 8, 28
NARROWEST_PROSE = 18


class Piece(NamedTuple):
    """A run of text in one tone."""

    text: str
    tone: Tone | str = ""


Line = list[Piece]


def lines(table: Table, width: int, *, details: bool = False, unicode: bool = True) -> list[Line]:
    """The table's lines, none wider than `width` cells."""
    table = _clean(table, whole=details)
    if width < BLOCKS_BELOW and len(table.columns) > 2:
        return _blocks(table, width)
    if not details:
        table = _without_leaving(table, width)
    panels = _panels(table, width)
    if any(_least(panel) > width for panel in panels):
        return _blocks(table, width)
    return [line for panel in panels for line in (*_drawn(panel, width, unicode), [])][:-1]


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """Words in lines of at most `width` cells; a word that is longer than a line loses its middle."""
    found: list[str] = []
    line = indent
    for word in text.split():
        word = shortened(word, max(width - _cells(indent), 1))
        if line.strip() and _cells(line) + 1 + _cells(word) > width:
            found.append(line)
            line = indent
        line += (" " if line.strip() else "") + word
    return [*found, line] if line.strip() or not found else found


def shortened(name: str, longest: int = LONGEST_NAME) -> str:
    """A name of at most so many cells: its middle gives way to `…`, since both ends tell names apart."""
    if _cells(name) <= longest:
        return name
    if longest <= 1:
        return "…"
    head, tail = (longest - 1) - (longest - 1) // 2, (longest - 1) // 2
    return f"{_taken(name, head)}…{_taken(name[::-1], tail)[::-1]}"


def unique(names: list[str], longest: int = LONGEST_NAME) -> list[str]:
    """Names shortened so that different ones stay different: a number takes the place of the last characters."""
    short: dict[str, str] = {}
    used: set[str] = set()
    for name in names:
        if name in short:
            continue
        found, count = shortened(name, longest), 2
        while found in used:
            mark = f"…{count}"
            found, count = shortened(name, longest - _cells(mark)) + mark, count + 1
        short[name] = found
        used.add(found)
    return [short[name] for name in names]


def _clean(table: Table, *, whole: bool) -> Table:
    """Every text harmless and on one line; the names of the first column short where not asked for whole."""
    columns = [column._replace(heading=" ".join(harmless(column.heading).split())) for column in table.columns]
    rows = [[cell._replace(text=" ".join(harmless(cell.text).split())) for cell in row] for row in table.rows]
    columns = [
        column._replace(prose=column.prose or _reads_as_prose(column, [row[position] for row in rows]))
        for position, column in enumerate(columns)
    ]
    if not whole and len(table.columns) > 1:  # one column is a list of sentences, not of names
        for position, column in enumerate(columns):
            if column.number or column.prose or column.bar:
                continue
            names = unique([row[position].text for row in rows], LONGEST_ID if column.code else LONGEST_NAME)
            rows = [
                [*row[:position], row[position]._replace(text=name), *row[position + 1 :]]
                for row, name in zip(rows, names, strict=True)
            ]
        columns = [column._replace(heading=shortened(column.heading, 3 * LONGEST_NAME)) for column in columns]
    return table._replace(columns=columns, rows=rows)


def _reads_as_prose(column: Column, cells: list[Cell]) -> bool:
    if column.number or column.bar or column.code:
        return False
    return any(" " in cell.text and _cells(cell.text) > LONGEST_NAME for cell in cells)


def _without_leaving(table: Table, width: int) -> Table:
    """The table without the columns for which there is no room."""
    kept = list(range(len(table.columns)))
    while _least(_only(table, kept)) > width:
        leaving = [i for i in kept if table.columns[i].leaves]
        if not leaving:
            break
        kept.remove(max(leaving, key=lambda i: (table.columns[i].leaves, i)))
    return _only(table, kept)


def _panels(table: Table, width: int) -> list[Table]:
    """The table in pieces that fit, each under the name again: the first column, or the one after a mark."""
    named = next((i for i, column in enumerate(table.columns) if column.heading), 0)
    names = list(range(named + 1))
    panels = [names]
    for i in range(named + 1, len(table.columns)):
        if len(panels[-1]) > len(names) and _least(_only(table, [*panels[-1], i])) > width:
            panels.append(names)
        panels[-1] = [*panels[-1], i]
    return [_only(table, panel) for panel in panels]


def _only(table: Table, kept: list[int]) -> Table:
    return table._replace(columns=[table.columns[i] for i in kept], rows=[[row[i] for i in kept] for row in table.rows])


def _widths(table: Table, *, least: bool) -> list[int]:
    """Cells that each column needs: with prose in one line, or at the least."""
    found = []
    for position, column in enumerate(table.columns):
        heading = max((_cells(word) for word in column.heading.split()), default=0)
        texts = [row[position].text for row in table.rows]
        if column.bar:
            found.append(max(heading, SHORTEST_BAR))
        elif column.prose and least:
            words = [_cells(word) for text in texts for word in text.split()]
            longest = max(map(_cells, texts), default=0)
            found.append(max(heading, min(max([NARROWEST_PROSE, *words]), longest)))
        else:
            found.append(max([heading, *map(_cells, texts)]))
    return found


def _least(table: Table) -> int:
    return sum(_widths(table, least=True)) + GAP * (len(table.columns) - 1)


def _drawn(table: Table, width: int, unicode: bool) -> list[Line]:
    """Heading, rule and rows; the room that is left goes to prose, then to headings in one line, then to bars."""
    widths = _shared_out(table, width)
    headings = [wrapped(column.heading, wide) for column, wide in zip(table.columns, widths, strict=True)]
    found: list[Line] = []
    if any(column.heading for column in table.columns):
        height = max(map(len, headings))
        padded = [[""] * (height - len(heading)) + heading for heading in headings]
        found += [
            [Piece(_row([heading[i] for heading in padded], table.columns, widths), "bold")] for i in range(height)
        ]
        found.append([Piece(("─" if unicode else "-") * (sum(widths) + GAP * (len(widths) - 1)), "dim")])
    scale = _scales(table)
    for row in table.rows:
        found += _cells_of(row, table.columns, widths, scale, unicode)
    return found


def _shared_out(table: Table, width: int) -> list[int]:
    widths = _widths(table, least=True)
    wished = _widths(table, least=False)
    room = width - sum(widths) - GAP * (len(widths) - 1)
    headings = [_cells(column.heading) for column in table.columns]
    wanted = (
        [max(wish, 0) if column.prose else 0 for wish, column in zip(wished, table.columns, strict=True)],
        headings,
        [LONGEST_BAR if column.bar else 0 for column in table.columns],
    )
    for wishes in wanted:
        for position, wish in enumerate(wishes):
            more = min(max(wish - widths[position], 0), max(room, 0))
            widths[position] += more
            room -= more
    return widths


def _cells_of(
    row: list[Cell], columns: list[Column], widths: list[int], scale: dict[int, float], unicode: bool
) -> list[Line]:
    texts: list[list[str]] = []
    for position, (cell, column) in enumerate(zip(row, columns, strict=True)):
        if column.bar:
            texts.append([bar(cell.value, scale[position], widths[position], unicode=unicode)])
        elif column.prose:
            texts.append(wrapped(cell.text, widths[position]))
        else:
            texts.append([cell.text])
    found: list[Line] = []
    for i in range(max(map(len, texts))):
        line: Line = []
        for position, (text, cell, column) in enumerate(zip(texts, row, columns, strict=True)):
            shown = _padded(text[i] if i < len(text) else "", widths[position], column)
            line.append(Piece(shown + " " * (GAP if position + 1 < len(row) else 0), cell.tone))
        found.append(line)
    return found


def _row(texts: list[str], columns: list[Column], widths: list[int]) -> str:
    return (" " * GAP).join(
        _padded(text, wide, column) for text, column, wide in zip(texts, columns, widths, strict=True)
    )


def _padded(text: str, width: int, column: Column) -> str:
    blank = " " * max(width - _cells(text), 0)
    return blank + text if column.number and not column.bar else text + blank


def _blocks(table: Table, width: int) -> list[Line]:
    """Each row as lines of `heading  value`, the first column's value above them."""
    columns = table.columns
    longest = max((_cells(column.heading) for column in columns[1:] if not column.bar), default=0)
    longest = min(longest, max(width // 2 - 4, 4))
    found: list[Line] = []
    for row in table.rows:
        if found:
            found.append([])
        found += [[Piece(line, "bold")] for line in wrapped(row[0].text, width)]
        for column, cell in list(zip(columns, row, strict=True))[1:]:
            if not column.bar and cell.text:
                found += _block_line(column.heading, cell, longest, width)
    return found


def _block_line(heading: str, cell: Cell, longest: int, width: int) -> list[Line]:
    """A heading and its value beside it, or beneath it where a word of the value needs the room."""
    indent = "  "
    room = width - longest - 2 * GAP
    if max(map(_cells, cell.text.split()), default=0) > room:
        head = [[Piece(line)] for line in wrapped(heading, width, indent)]
        return [*head, *([Piece(indent), Piece(line, cell.tone)] for line in wrapped(cell.text, width - GAP))]
    names, values = wrapped(heading, longest), wrapped(cell.text, room)
    found: list[Line] = []
    for i in range(max(len(names), len(values))):
        name = names[i] if i < len(names) else ""
        said = values[i] if i < len(values) else ""
        found.append([Piece(f"{indent}{name}{' ' * (longest - _cells(name) + GAP)}"), Piece(said, cell.tone)])
    return found


def _scales(table: Table) -> dict[int, float]:
    """What the full width of each bar column stands for: the largest P95 or value in it."""
    found = {}
    for position, column in enumerate(table.columns):
        if column.bar:
            ends = [
                end for row in table.rows if isinstance(row[position].value, Interval) for end in row[position].value
            ]
            found[position] = max((end for end in ends if end is not None), default=0.0)
    return found


def bar(interval: Interval | None, full: float, width: int, *, unicode: bool = True) -> str:
    """`━━━━━●━━` from zero to P95 with a mark at the expected value, thin before P5; nothing where it is unknown.

    `full` is what `width` cells stand for. A figure below zero has no length.
    """
    if interval is None or interval.value is None or full <= 0:
        return ""
    thin, thick, mark = ("─", "━", "●") if unicode else ("-", "=", "o")
    low = interval.value if interval.low is None else interval.low
    high = interval.value if interval.high is None else interval.high

    def cells(value: float) -> int:
        return min(max(round(value / full * width), 0), width)

    if cells(high) - cells(low) < 1:
        return thick * max(cells(interval.value), 1 if interval.value > 0 else 0)
    start, end = cells(low), max(cells(high), 1)
    at = min(max(cells(interval.value) - 1, start if start < end else end - 1), end - 1)
    return "".join(mark if i == at else thick if i >= start else thin for i in range(end))


def _cells(text: str) -> int:
    """Terminal cells that a text takes: a wide character takes two."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _taken(text: str, room: int) -> str:
    """As much of the start of a text as fits."""
    kept = ""
    for character in text:
        if _cells(kept + character) > room:
            break
        kept += character
    return kept
