"""Reports as the tests read them: the scenarios that they are made of, and a reader that refuses bad HTML."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from command_line import Run, run

from llmcost.render import figures

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path for path in (ROOT / "examples").glob("*.yaml"))
DAY = ("--as-of", "2026-11-22")
SAYS = {
    "one_time_cost": figures.usd,
    "monthly_cost": figures.usd,
    "total_cost": figures.usd,
    "cost_per_mtok": figures.usd,
    "saving": figures.usd,
}
VOID = {"meta", "link", "input", "br", "hr", "img"}


class Reader(HTMLParser):
    """Checks that every element is closed in its turn, and keeps what the tests ask about."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.ids: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        assert len({key for key, _ in attributes}) == len(attributes), f"{name} repeats an attribute"
        self.elements.append((name, dict(attributes)))
        self.ids += [value or "" for key, value in attributes if key == "id"]
        if name not in VOID:
            self.open.append(name)

    def handle_endtag(self, name: str) -> None:
        assert self.open, f"</{name}> closes nothing"
        assert self.open.pop() == name, f"</{name}> out of turn"

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def report(*arguments: str, stdin: str | None = None) -> Run:
    done = run("report", *arguments, *DAY, stdin=stdin)
    assert done.code in (0, 3), done.err
    return done


NAMES = [*(path.stem for path in EXAMPLES), "sample", "uncertain"]


def check_well_formed(page: str) -> None:
    """Every element closed, every id once, every reference to an id met, nothing loaded from anywhere."""
    reader = read(page)
    assert len(reader.ids) == len(set(reader.ids))
    for element, attributes in reader.elements:
        assert not any(key == "style" or key.startswith("on") for key in attributes), (element, attributes)
        assert "src" not in attributes
        if "points" in attributes:
            assert re.fullmatch(r"(-?[\d.]+,-?[\d.]+ ?)+", attributes["points"] or ""), element
        for key in ("for", "aria-labelledby", "aria-describedby"):
            for each in (attributes.get(key) or "").split():
                assert each in reader.ids, (element, key, each)
        if "href" in attributes:
            address = attributes["href"] or ""
            inside = address == "data:," or (address.startswith("#") and address[1:] in reader.ids)
            assert inside or (element == "a" and address.startswith("https://")), address


def check_table(page: str, said: dict[str, Any]) -> None:
    """Every figure of every row is the one in the JSON of `compare`, the ranges beneath are its P5 and P95."""
    rows, spreads = rows_of(page, 'id="compared"'), spreads_of(page)
    assert len(rows) == len(said["architectures"])
    for cells, small, row in zip(rows, spreads, said["architectures"], strict=True):
        base = row["name"] == said["baseline"]
        assert cells[0].endswith(row["name"])
        for position, field in enumerate(("one_time_cost", "monthly_cost", "total_cost", "cost_per_mtok"), start=1):
            assert cells[position] in worded(figures.usd, row[field]), field
        saving, _, part = cells[5].partition(" (")
        assert saving in ([""] if base else worded(figures.usd, row["saving"]))
        known = not base and row["saving_share"] is not None
        assert part.rstrip(")") in (worded(figures.share, row["saving_share"]) if known else [""])
        bound = row["cascade"] and row["cascade"]["quality_kept_bound"]
        assert cells[6] == (
            f"{figures.share(bound[0])} to {figures.share(bound[1])}" if bound else figures.share(row["quality_kept"])
        )
        never = "never" if row.get("total_cost_point", row["total_cost"]) is not None else "–"
        month = never if row["payback_month"] is None else f"month {row['payback_month']:g}"
        assert cells[7] == ("" if base else month)
        if row["chance_cheapest"] is not None:
            assert cells[8] == f"{row['chance_cheapest']:.0%}"
        assert [text for text in small if text in _ranges(row)] == small


def rows_of(page: str, table: str) -> list[list[str]]:
    """The cells of a table's body, small print apart."""
    body = re.search(rf"<table[^>]*{table}[^>]*>.*?<tbody[^>]*>(.*?)</tbody>", page, re.DOTALL)
    assert body is not None, table
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", body[1], re.DOTALL)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [
        [unescape(re.sub(r"<[^>]*>", "", re.sub(r"<small>.*?</small>", "", cell))) for cell in row] for row in cells
    ]


def spreads_of(page: str) -> list[list[str]]:
    """The small print of the comparison: each row's ranges."""
    body = re.search(r'<table[^>]*id="compared"[^>]*>.*?<tbody[^>]*>(.*?)</tbody>', page, re.DOTALL)
    assert body is not None
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", body[1], re.DOTALL)
    return [[unescape(small) for small in re.findall(r"<small>(.*?)</small>", row)][1:] for row in rows]


def worded(form: Callable[[float | None], str], value: float | None) -> set[str]:
    """A figure as it is written; JSON's ten digits may have moved one that lies between two roundings."""
    return {form(value)} if value is None else {form(value * (1 + turn * 1e-9)) for turn in (-1, 0, 1)}


def _ranges(row: dict[str, Any]) -> set[str]:
    """How each range of a row is written."""
    found = {"a bound"}
    for field in (*SAYS, "quality_kept", "payback_month"):
        low, high = row.get(f"{field}_range", (None, None))
        form = {"quality_kept": figures.share, "payback_month": figures.month}.get(field, figures.usd)
        found.add(f"{form(low)} to {form(high)}")
    return found


def points_of(page: str) -> str:
    found = re.search(r'<script type="application/json" id="points">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return found[1]


def unpacked(series: Any, points: list[float], position: int) -> float | None:
    """A series at a point, as page.js reads it."""
    if not isinstance(series, list):
        return series  # type: ignore[no-any-return]
    if len(series) == 2:
        way = (points[position] - points[0]) / (points[-1] - points[0])
        return series[0] + (series[1] - series[0]) * way  # type: ignore[no-any-return]
    low, high, codes = series
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    wide = len(codes) // len(points)
    whole = 0
    for letter in codes[position * wide : (position + 1) * wide]:
        whole = whole * 64 + alphabet.index(letter)
    return low + (high - low) * (whole / (64**wide - 1))  # type: ignore[no-any-return]
