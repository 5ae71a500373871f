"""The first table of a page as CSV: raw numbers, nothing rounded, no cell a formula."""

from __future__ import annotations

import csv
import io
from typing import Any

from llmcost.economics.uncertainty import Figure
from llmcost.render.page import Page
from llmcost.render.plain import cell

_PARTS = ("", "_median", "_p5", "_p95", "_low", "_high", "_error")


def render(page: Page) -> str:
    """CSV text with a header line."""
    table = page.tables[0]
    spread = [
        any(isinstance(row[i].value, Figure) and row[i].value.spread is not None for row in table.rows)
        for i in range(len(table.columns))
    ]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    header: list[str] = []
    for column, wide in zip(table.columns, spread, strict=True):
        header += [column.key + part for part in _PARTS] if wide else [column.key]
    writer.writerow(header)
    for row in table.rows:
        cells: list[Any] = []
        for item, wide in zip(row, spread, strict=True):
            cells += _parts(item.value) if wide else [_raw(item.value)]
        writer.writerow(cells)
    return out.getvalue()


def _raw(value: Any) -> Any:
    if isinstance(value, Figure):
        value = value.value
    if value is None:
        return ""
    if isinstance(value, float):
        short = float(f"{value:.15g}")  # the sixteenth digit is what is left of adding, not of the figure
        return repr(int(short)) if short == int(short) and abs(short) < 1e15 else repr(short)
    return cell(str(value)) if not isinstance(value, int) or isinstance(value, bool) else value


def _parts(figure: Any) -> list[Any]:
    if not isinstance(figure, Figure):
        return [_raw(figure), *[""] * (len(_PARTS) - 1)]
    spread = figure.spread or (None, None, None)
    bounds = figure.bounds or (None, None)
    return [_raw(x) for x in (figure.value, spread[1], spread[0], spread[2], *bounds, figure.error)]
