"""`diff` as a page: the flips, what was changed, what it comes to; or every change as one line."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from llmcost.difference.change import Change, changed, percent, same
from llmcost.difference.difference import Difference
from llmcost.difference.figures import UNITS
from llmcost.difference.side import Side
from llmcost.render import figures
from llmcost.render.page import Cell, Column, Page, Table, text
from llmcost.wording import number_of

SIGNS = {"added": "+", "removed": "-", "changed": "~"}
MOST_LINES = 100

_LINES = [
    Column("about", "About", number=False),
    Column("sign", "Change", number=False),
    Column("path", "Path", number=False),
    Column("old", "Old"),
    Column("new", "New"),
    Column("change", "Change"),
    Column("change_share", "Change %"),
    Column("unit", "Unit", number=False),
    Column("old_p5", "Old P5"),
    Column("old_p95", "Old P95"),
    Column("new_p5", "New P5"),
    Column("new_p95", "New P95"),
    Column("ranges_overlap", "Ranges overlap", number=False),
    Column("why", "Why", number=False),
]
_CAUSES = [
    Column("sign", "", number=False, code=True),
    Column("path", "What was changed", number=False, code=True, prose=True),
    Column("values", "Old → new", number=False, code=True, prose=True),
    Column("why", "", number=False, code=True, prose=True),
]
_FLIPS = [Column("sign", "", number=False, code=True), Column("flip", "", number=False, code=True, prose=True)]
_FIGURES = {
    "compare": (
        ("monthly_cost", "A month"),
        ("total_cost", "Total"),
        ("saving", "Saving"),
        ("quality_kept", "Quality kept"),
        ("payback_month", "Pays back"),
    ),
    "route": (("monthly_cost", "A month"), ("saving", "Saving"), ("quality_kept", "Quality kept")),
    "tco": (
        ("one_time_cost", "One-time"),
        ("monthly_cost", "A month"),
        ("total_cost", "Total"),
        ("saving", "Saving"),
        ("payback_month", "Pays back"),
    ),
}


def page(found: Difference, old: Side, new: Side, *, explain: bool = False, lines: bool = False) -> Page:
    """The difference as tables, or with `lines` as one table of every change (for CSV)."""
    if lines:
        return Page(found.headline, [Table("", _LINES, [_line(change) for change in found.changes])])
    tables = []
    if found.flips:
        rows = [[text("!"), text(flip.sentence)] for flip in found.flips]
        tables.append(Table("What flips", _FLIPS, rows))
    causes = [change for change in found.changes if change.about in ("input", "price")]
    if causes:
        tables.append(_lines_of("What was changed", causes))
    tables.append(_architectures(found, old, new))
    if explain:
        charges = [change for change in found.changes if change.about == "charge"]
        if charges:
            tables.append(_lines_of("The charges", charges))
    if found.gates:
        tables.append(_gates(found))
    return Page(found.headline, tables, marker=marker(found))


def marker(found: Difference) -> str:
    """`llmcost:diff NAME HASH`: the same for the same new file, whatever changes in it."""
    name = found.new.name
    plain = re.sub(r"[^A-Za-z0-9._/]+", "-", name)[-80:].strip("-.")
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"llmcost:diff {plain} {digest}"


def _line(change: Change) -> list[Cell]:
    ends = [*(change.old_range or (None, None)), *(change.new_range or (None, None))]
    values = [change.about, change.sign, change.path, change.old, change.new, change.change, change.change_share]
    return [Cell(value, str(value)) for value in (*values, change.unit, *ends, change.ranges_overlap, change.why)]


def _lines_of(title: str, changes: list[Change]) -> Table:
    rows = [
        [text(SIGNS[each.sign]), text(each.path), text(values(each)), text(each.why)] for each in changes[:MOST_LINES]
    ]
    more = len(changes) - MOST_LINES
    notes = [f"… and {more} more: --format json or csv has them all"] if more > 0 else []
    return Table(title, _CAUSES, rows, notes)


def values(change: Change) -> str:
    """`old → new (+x %)`, or the one side that there is."""
    sides = ((change.old, change.old_range), (change.new, change.new_range))
    before, after = (_shown(value, ends, change.unit) for value, ends in sides)
    if change.sign == "added":
        return after
    if change.sign == "removed":
        return before
    if before == after:
        before, after = (_exactly(value) for value, _ in sides)
    return f"{before} → {after}{_by(change)}"


def _by(change: Change) -> str:
    """How much it moved: a share by points, a month not at all, all else in percent."""
    if change.unit == "share" and change.change is not None:
        return f" ({change.change * 100:+.3g} points)"
    return "" if change.unit == "month" else percent(change.change_share)


def _shown(value: object, ends: list[float | None] | None, unit: str) -> str:
    shown = _one(value, unit)
    if ends is None or ends[0] == ends[1]:
        return shown
    return f"{shown} ({_one(ends[0], unit)} to {_one(ends[1], unit)})"


def _one(value: object, unit: str) -> str:
    """A value as a person reads it; unknown is said, and a month that there is none of is never."""
    if value is None:
        return "never" if unit == "month" else "unknown"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    if unit == "share":
        return figures.share(value)
    if unit == "month":
        return f"month {value:g}"
    if unit in ("USD", "USD/month"):
        return figures.usd(value)
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return figures.digits(value, 6)


def _exactly(value: object) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _architectures(found: Difference, old: Side, new: Side) -> Table:
    """A row an architecture: every figure as `old → new`, or alone where it is as it was."""
    shown = _FIGURES[found.command]
    columns = [
        Column("sign", "", number=False, code=True),
        Column("name", "Mix" if found.command == "route" else "Architecture", number=False, code=True),
        *(Column(field, heading) for field, heading in shown),
    ]
    rows, notes = [], []
    for name in dict.fromkeys((*old.rows, *new.rows)):
        before, after = old.rows.get(name), new.rows.get(name)
        paths = {new.path(name, field) for field, _ in shown}
        own = [change for change in found.changes if change.about == "figure" and change.path in paths]
        sign = "+" if before is None else "-" if after is None else "~" if own else ""
        cells = [_figure(field, name, old, new) for field, _ in shown]
        rows.append([text(sign), text(name), *cells])
        total = "monthly_cost" if found.command == "route" else "total_cost"
        notes += [
            _overlap(name, change) for change in own if change.path == new.path(name, total) if change.ranges_overlap
        ]
    title = "A month" if found.command == "route" else f"Over {number_of('month', found.new.horizon_months)}"
    if found.old.horizon_months != found.new.horizon_months:
        title += f", before: over {found.old.horizon_months}"
    if found.new.baseline and found.command != "tco":
        title += f", against {found.new.baseline}"
        if found.old.baseline != found.new.baseline:
            title += f" (before: {found.old.baseline})"
    return Table(title, columns, rows, notes)


def _figure(field: str, name: str, old: Side, new: Side) -> Cell:
    before, after = old.rows.get(name), new.rows.get(name)
    unit = UNITS[field]
    if field in ("saving", "payback_month") and name in (old.baseline, new.baseline):
        return Cell(None, "")
    texts = ["" if row is None else _known(row, field) for row in (before, after)]
    if before is None or after is None:
        return text("".join(texts))
    if same(before[field], after[field]):
        return text(texts[1])
    by = _by(changed("figure", "", before[field], after[field], unit=unit)) if unit != "share" else ""
    return text(f"{texts[0]} → {texts[1]}{by}")


def _known(row: dict[str, Any], field: str) -> str:
    """The figure, a dash where it is unknown; without a total there is no payback to call never."""
    unknown = row.get("total_cost", row["monthly_cost"]) is None or UNITS[field] != "month"
    return figures.UNKNOWN if row[field] is None and unknown else _one(row[field], UNITS[field])


def _overlap(name: str, change: Change) -> str:
    before, after = (
        f"{figures.usd(ends[0])} to {figures.usd(ends[1])}" if ends else _one(value, "USD")
        for ends, value in ((change.old_range, change.old), (change.new_range, change.new))
    )
    return f"{name}: the P5–P95 of the two overlap ({before}, and {after})"


def _gates(found: Difference) -> Table:
    columns = [
        Column("gate", "Gate", number=False, code=True),
        Column("verdict", "", number=False),
        Column("architecture", "Architecture", number=False, code=True),
        Column("reason", "", number=False),
    ]
    rows = [
        [
            text("--" + gate.gate.replace("_", "-")),
            text("breached" if gate.breached else "passed"),
            text(gate.architecture or ""),
            text(gate.reason),
        ]
        for gate in found.gates
    ]
    return Table("Gates", columns, rows)
