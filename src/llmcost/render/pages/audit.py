"""`audit` as a page: a table a source, and beneath it what the arithmetic says."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from llmcost.claims.auditing import Audit, AuditedSource, Checked
from llmcost.claims.recomputed import said
from llmcost.claims.verdicts import ends, spanned
from llmcost.render import explanation, figures
from llmcost.render.page import Cell, Column, Page, Table, text

_COLUMNS = [
    Column("id", "Claim", number=False),
    Column("says", "What it says", number=False),
    Column("published", "Published"),
    Column("recomputed", "The arithmetic"),
    Column("ratio", "Published ÷ it"),
    Column("verdict", "Verdict", number=False),
]
_MORE = [
    Column("reading", "Read as", number=False),
    Column("calculation", "Calculation", number=False),
    Column("figure", "Figure", number=False),
    Column("unit", "Unit", number=False),
    Column("tolerance", "Tolerance"),
    Column("source", "Source", number=False),
    Column("at", "At", number=False),
    Column("explanation", "Explanation", number=False),
]
_WHY = [Column("id", "Claim", number=False), Column("why", "Why", number=False)]
_STEPS = [Column("step", "Step", number=False), Column("value", "Value"), Column("origin", "", number=False)]
_VERBS = {"holds": ("holds", "hold"), "off": ("is off", "are off"), "contradicts": ("contradicts", "contradict")}


def page(audit: Audit, *, explain: bool = False, flat: bool = False) -> Page:
    """The verdicts by source; `flat` is one table with every column, for CSV."""
    if flat:
        return Page("", [Table("", [*_COLUMNS, *_MORE], [[*_row(c), *_more(c)] for c in audit.claims])])
    tables = [_by_source(audit)] if len(audit.sources) > 1 else []
    for source in audit.sources:
        own = [claim for claim in audit.claims if claim.source == source.file]
        tables.append(Table(_title(source), _COLUMNS, [_row(claim) for claim in own]))
        why = [[text(claim.id), text(claim.explanation)] for claim in own if claim.verdict != "holds" or claim.reading]
        if why and len(audit.claims) > 1:  # of one alone the headline says it
            tables.append(Table("What the arithmetic says", _WHY, why))
        if explain:
            tables += [table for claim in own for table in _explained(claim, source.prices_as_of)]
    return Page(headline(audit), tables)


def _by_source(audit: Audit) -> Table:
    """How many claims of each source got which verdict."""
    columns = [Column("title", "Source", number=False), Column("claims", "Claims")]
    columns += [Column(verdict, verdict.capitalize()) for verdict in audit.counts]
    titles = [source.title for source in audit.sources]
    rows = [
        [text(source.title if titles.count(source.title) == 1 else _title(source)), *_counts(source.counts)]
        for source in audit.sources
    ]
    return Table("", columns, [*rows, [text("All"), *_counts(audit.counts)]])


def _counts(counts: dict[str, int]) -> list[Cell]:
    total = sum(counts.values())
    return [Cell(total, str(total)), *(Cell(number, str(number) if number else "") for number in counts.values())]


def headline(audit: Audit) -> str:
    """`13 claims: 4 hold, 6 are off, 2 are impossible, 1 is not checkable`; of one claim its explanation."""
    total = len(audit.claims)
    if total == 1:
        (only,) = audit.claims
        return f"{only.says}: {_verdict(only)}. {only.explanation}"
    parts = []
    for verdict, number in audit.counts.items():
        if number:
            singular, plural = _VERBS.get(verdict, (f"is {verdict}", f"are {verdict}"))
            parts.append(f"{number} {singular if number == 1 else plural}")
    return f"{total} claims: {', '.join(parts) or 'nothing was asked'}."


def _title(source: AuditedSource) -> str:
    when = f", {source.published_on}" if source.published_on else ""
    file = f" ({source.file})" if source.file != source.title else ""
    return f"{source.title}{when}{file}"


def _row(claim: Checked) -> list[Cell]:
    ratio = claim.ratio
    return [
        text(claim.id),
        text(claim.says),
        Cell(claim.published_text, claim.published_text),
        Cell(claim.recomputed, _recomputed(claim)),
        Cell(ratio, "" if ratio is None else figures.digits(ratio, 3) if ratio < 1000 else f"{ratio:,.0f}"),
        Cell(claim.verdict, _verdict(claim)),
    ]


def _verdict(claim: Checked) -> str:
    """The verdict with its reading; an auditor's own is a noun: `read as a day, not a month`."""
    if not claim.reading:
        return claim.verdict
    own = "as " if claim.read_as else ""
    return f"{claim.verdict} (read {own}{claim.reading.removeprefix(own)})"


def _recomputed(claim: Checked) -> str:
    figure = claim.recomputed
    if claim.verdict == "not checkable" or (figure.value is None and figure.bounds is None and claim.unit != "month"):
        return figures.UNKNOWN
    return spanned(figure, claim.unit)


def _more(claim: Checked) -> list[Cell]:
    return [
        text(claim.reading),
        text(claim.calculation or ""),
        text(claim.figure or ""),
        text(claim.unit),
        Cell(claim.tolerance, ""),
        text(claim.source),
        text(claim.at),
        text(claim.explanation),
    ]


def _explained(claim: Checked, as_of: date) -> Iterable[Table]:
    """Step by step: the inputs by name, the operations, and the charges behind a command's figure."""
    rows = [[text(name), Cell(value, value), text("given")] for name, value in claim.inputs.items()]
    low, high = ends(claim.recomputed)
    how = "worked out" if low == high or claim.recomputed.value is None else "worked out with every input at its middle"
    rows += [[text(step.written), _value(step.value), text(how)] for step in claim.steps]
    figure = claim.figure or "figure"
    rows.append([text(figure), Cell(claim.recomputed, _recomputed(claim)), text("recomputed")])
    rows.append([text("published"), Cell(claim.published_text, claim.published_text), text(claim.at or "the source")])
    place = f"{claim.id}: {claim.says}"
    yield Table(place, _STEPS, rows, [claim.explanation])
    for name, charges in claim.charges.items():
        yield explanation.table(f"{claim.id}: the charges of {name}", charges, as_of)


def _value(value: float) -> Cell:
    return Cell(value, said(value, ""))
