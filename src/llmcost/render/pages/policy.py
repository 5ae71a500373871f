"""`policy` as a page."""

from llmcost.decision.policy import Policy
from llmcost.render import figures
from llmcost.render.page import Column, Page, Table, text, usd

_COLUMNS = [
    Column("name", "Segment", number=False),
    Column("architecture", "Goes to", number=False),
    Column("monthly_cost", "A month, alone"),
    Column("reason", "Why", number=False),
    Column("moved_by", "What would move it", number=False),
]


def page(policy: Policy) -> Page:
    """Each segment with its reason, and the fixed costs that they share."""
    rows = [
        [text(p.name), text(p.architecture or figures.UNKNOWN), usd(p.monthly_cost), text(p.reason), text(p.moved_by)]
        for p in policy.segments
    ]
    proven = "the cheapest of all combinations" if policy.proven else "the cheapest found; not proven"
    headline = policy.sentence
    if policy.total_cost is not None:
        headline += f" {figures.usd(policy.monthly_cost)} a month: {proven} ({policy.combinations} priced)."
    tables = [Table("", _COLUMNS, rows)]
    if policy.shared_charges:
        columns = [
            Column("charge", "Shared, counted once", number=False),
            Column("cadence", "When", number=False),
            Column("cost", "USD"),
        ]
        shared = [
            [text(f"{c.group}: {c.name}"), text(c.cadence.replace("_", "-")), usd(c.cost)]
            for c in policy.shared_charges
        ]
        tables.append(Table("", columns, shared))
    return Page(headline, tables)
