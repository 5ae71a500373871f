"""`decide` as a page."""

from llmcost.decision.deciding import Decision
from llmcost.decision.verdicts import Verdict
from llmcost.render import figures
from llmcost.render.page import Cell, Column, Page, Table, text

_VERDICTS = [
    Column("name", "Framework", number=False),
    Column("yes_count", "Yes"),
    Column("verdict", "Verdict", number=False),
    Column("says", "It says", number=False),
    Column("verdict_later", "In month 12", number=False),
]
_GATES = [
    Column("architecture", "Architecture", number=False),
    Column("feasible", "Passes", number=False),
    Column("reasons", "Why", number=False),
]
_ANSWERS = [
    Column("asks", "Question", number=False),
    Column("answer", "Answer", number=False),
    Column("origin", "From", number=False),
]


def page(decision: Decision) -> Page:
    """The recommendation first, then gates, verdicts, economics, flips, what to find out, next steps."""
    tables = [_verdicts(decision)]
    if decision.gates:
        tables.insert(0, _gates(decision))
    if decision.economics:
        tables.append(_economics(decision))
    if decision.attributes:
        tables.append(_attributes(decision))
    tables += [table for verdict in decision.frameworks if (table := _findings(verdict))]
    tables.append(_list("What would change it", [flip.sentence for flip in decision.flips], ""))
    tables.append(_unknowns(decision))
    tables.append(_answers(decision))
    tables.append(_list("Next steps", [f"{n}. {step}" for n, step in enumerate(decision.next_steps, 1)], ""))
    if "--" in decision.command or len(decision.command.split()) > 2:
        tables.append(_list("To repeat", [decision.command], ""))
    first, *rest = [table for table in tables if table.rows]
    return Page(decision.recommendation.sentence, [first, *rest], [])


def _list(title: str, lines: list[str], none: str) -> Table:
    shown = lines or ([none] if none else [])
    return Table(title, [Column("line", "", number=False)], [[text(line)] for line in shown])


def _gates(decision: Decision) -> Table:
    rows = []
    for gated in decision.gates:
        reasons = [f"{gate}: {why}" for gate, why in gated.failed.items()]
        reasons += [f"{gate}? {why}" for gate, why in (*gated.unknown.items(), *gated.uncertain.items())]
        rows.append(
            [
                text(gated.architecture),
                Cell(gated.standing, {"met": "yes", "failed": "NO"}.get(gated.standing, gated.standing)),
                text("; ".join(reasons)),
            ]
        )
    return Table("Gates", _GATES, rows)


def _verdicts(decision: Decision) -> Table:
    rows = []
    for verdict in decision.frameworks:
        count = Cell(verdict.yes_count, "" if verdict.yes_count is None else str(verdict.yes_count))
        rows.append(
            [
                text(verdict.name),
                count,
                text(verdict.verdict or "open"),
                text(verdict.says),
                text(verdict.verdict_later or ""),
            ]
        )
    notes = [*decision.agreements, *decision.contradictions]
    notes += [f"{verdict.name}: {verdict.reading}" for verdict in decision.frameworks if verdict.reading]
    return Table("Frameworks", _VERDICTS, rows, notes)


def _economics(decision: Decision) -> Table:
    economics = decision.economics
    assert economics is not None  # noqa: S101 - checked by the caller
    lines = [economics.sentence]
    if economics.cheapest_from_requests_per_month is not None and economics.requests_per_month is not None:
        end = economics.cheapest_to_requests_per_month
        upper = "and beyond" if end is None else f"to {end:,}"
        lines.append(
            f"Today's {economics.requests_per_month:,.0f} requests a month lie in an interval of one winner: "
            f"{economics.cheapest_from_requests_per_month:,} {upper}."
        )
    if economics.cheapest is not None and economics.cheapest != economics.baseline:
        lines.append(f"Against {economics.baseline} it pays back in {figures.month(economics.payback_month.value)}.")
    if economics.largest_build_that_pays_back is not None:
        most = figures.usd(economics.largest_build_that_pays_back)
        lines.append(f"The fine-tune's build pays back within the horizon up to {most}.")
    if economics.fine_tune_cheapest_from_requests_per_month is not None:
        volume = economics.fine_tune_cheapest_from_requests_per_month
        lines.append(f"A fine-tune is the cheapest from {volume:,.0f} requests a month.")
    lines += [f"Because: {reason}" for reason in decision.recommendation.reasons if reason != economics.sentence]
    return _list("Economics", lines, "")


def _attributes(decision: Decision) -> Table:
    columns = [
        Column("attribute", "Attribute", number=False),
        Column("fine_tuning", "Fine-tuning", number=False),
        Column("routing", "Routing", number=False),
    ]
    rows = [[text(a.name), text(a.fine_tuning), text(a.routing)] for a in decision.attributes]
    return Table("Fine-tuning against routing, here", columns, rows)


def _findings(verdict: Verdict) -> Table | None:
    rows = [
        [text(group.replace("_", " ")), text(said.name), text(said.says)]
        for group, held in verdict.findings.items()
        for said in held
    ]
    if not rows:
        return None
    columns = [
        Column("group", "What", number=False),
        Column("name", "Which", number=False),
        Column("says", "It says", number=False),
    ]
    return Table(f"{verdict.name}: what applies here", columns, rows)


def _unknowns(decision: Decision) -> Table:
    columns = [
        Column("asks", "To find out", number=False),
        Column("find_out", "How", number=False),
        Column("could_change", "Could change", number=False),
        Column("flag", "Flag", number=False),
    ]
    rows = [
        [text(u.asks), text(u.find_out), text(", ".join(u.could_change) or "no verdict"), text(u.flag)]
        for u in decision.unknowns
    ]
    return Table("Unknown", columns, rows)


def _answers(decision: Decision) -> Table:
    seen: dict[str, list[Cell]] = {}
    for verdict in decision.frameworks:
        for answered in verdict.answers:
            if answered.answer is not None:
                cells = [text(answered.asks), Cell(answered.answer, answered.shown), text(answered.origin)]
                seen.setdefault(answered.id, cells)
    return Table("Answers", _ANSWERS, list(seen.values()))
