"""`policy` as a page."""

from llmcost.decision.policy import Policy
from llmcost.render import figures
from llmcost.render.page import Column, Page, Table, text, usd

_COLUMNS = [
    Column("name", "Segment", number=False),
    Column("architecture", "Goes to", number=False),
    Column("monthly_cost", "Per month, alone"),
    Column("reason", "Why", number=False),
    Column("moved_by", "What would move it", number=False),
]


def page(policy: Policy) -> Page:
    """Each segment with its reason, and the fixed costs that they share."""
    rows = [
        [text(p.name), text(p.architecture or figures.UNKNOWN), usd(p.monthly_cost), text(p.reason), text(p.moved_by)]
        for p in policy.segments
    ]
    proven = _proof(policy)
    headline = policy.sentence
    if policy.total_cost is not None:
        headline += f" {figures.usd(policy.monthly_cost)} per month: {proven}."
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


def _proof(policy: Policy) -> str:
    """What is proven of the policy, in words."""
    if policy.gap is None:
        return "the cheapest found by expected cost; with ranges nothing is proven"
    if policy.proven and policy.gap <= 1e-4:
        return "no cheaper policy exists"
    return f"within {policy.gap:.1%} of the best possible"
