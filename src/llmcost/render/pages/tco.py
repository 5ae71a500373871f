"""`tco` as a page."""

from __future__ import annotations

from datetime import date

from llmcost.economics.ownership import Ownership
from llmcost.render import explanation, figures
from llmcost.render.page import Cell, Column, Page, Table, bounds_note, count, month, share, text, usd
from llmcost.wording import number_of

_MONTHS = [
    Column("month", "Month"),
    Column("first_day", "From", number=False),
    Column("cost", "Cost"),
    Column("cumulative_cost", "Cumulative"),
]


def page(owned: Ownership, as_of: date, explain: bool = False) -> Page:
    """The headline figures, the components, and every month."""
    headline = (
        f"{owned.architecture}: {figures.ranged(owned.total_cost)} over {number_of('month', owned.horizon_months)}, "
        f"{figures.ranged(owned.one_time_cost)} of it once."
    )
    if owned.total_cost.value is None:
        headline = f"{owned.architecture}: the total over {number_of('month', owned.horizon_months)} is not known."
    tables = [_figures(owned), _components(owned), _months(owned)]
    tables += _upgrades(owned)
    if explain:
        tables.append(explanation.table("The charges", owned.charges, as_of))
    return Page(headline, tables)


def _figures(owned: Ownership) -> Table:
    rows: list[list[Cell]] = [
        [Cell("one_time_cost", "One-time"), usd(owned.one_time_cost, spread=True)],
        [Cell("monthly_cost", "A month (mean)"), usd(owned.monthly_cost, spread=True)],
        [
            Cell("total_cost", f"Total over {number_of('month', owned.horizon_months)}"),
            usd(owned.total_cost, spread=True),
        ],
        [Cell("cost_per_mtok", "$/Mtok"), usd(owned.cost_per_mtok, spread=True)],
        [Cell("cost_per_request", "$/request"), usd(owned.cost_per_request, spread=True)],
    ]
    if owned.baseline:
        rows += [
            [Cell("saving", f"Saving against {owned.baseline}"), usd(owned.saving, spread=True)],
            [Cell("saving_share", "Saving %"), share(owned.saving_share, spread=True)],
            [Cell("payback_month", "Pays back"), month(owned.payback_month, spread=True)],
            [Cell("net_present_value", "Net present value"), usd(owned.net_present_value, spread=True)],
        ]
    named = (("One-time", owned.one_time_cost), ("A month", owned.monthly_cost), ("Total", owned.total_cost))
    notes = [note for what, figure in named if (note := bounds_note(figure, what))]
    columns = [Column("figure", "Figure", number=False), Column("value", "USD")]
    return Table("", columns, rows, notes)


def _components(owned: Ownership) -> Table:
    columns = [
        Column("component", "Component", number=False),
        Column("one_time", "One-time"),
        Column("monthly", "A month (mean)"),
    ]
    rows = []
    for charge in owned.charges:
        once = charge.cadence == "one_time"
        name = charge.name if charge.group in ("", owned.architecture) else f"{charge.group}: {charge.name}"
        rows.append([text(name), usd(charge.cost if once else None), usd(None if once else charge.cost)])
    return Table("Components", columns, rows)


def _months(owned: Ownership) -> Table:
    rows = [[count(m.month), text(f"{m.first_day:%Y-%m}"), usd(m.cost), usd(m.cumulative_cost)] for m in owned.months]
    return Table("Month by month", _MONTHS, rows)


def _upgrades(owned: Ownership) -> list[Table]:
    """At each base-model upgrade: tune anew, stay, or move; the total counts tuning anew."""
    if not owned.upgrades:
        return []
    columns = [
        Column("month", "Month"),
        Column("choice", "Choice", number=False),
        Column("one_time_cost", "Once"),
        Column("running_cost", "Running"),
        Column("cost", "Together"),
        Column("mean_quality", "Quality, mean"),
        Column("quality_at_end", "At the end"),
        Column("quality_kept_at_end", "Quality kept"),
        Column("note", "", number=False),
    ]
    rows = []
    for upgrade in owned.upgrades:
        for each in upgrade.choices:
            marks = [each.note, "cheapest" if each.choice == upgrade.cheapest else ""]
            rows.append(
                [
                    count(upgrade.month),
                    text(each.choice),
                    usd(each.one_time_cost),
                    usd(each.running_cost),
                    usd(each.cost),
                    share(each.mean_quality),
                    share(each.quality_at_end),
                    share(each.quality_kept_at_end),
                    text("; ".join(filter(None, reversed(marks)))),
                ]
            )
    spans = ", ".join(f"{each.month} to {each.until_month}" for each in owned.upgrades)
    notes = [f"Each is held over months {spans}; the total above counts tuning anew."]
    return [Table("At each base-model upgrade (at the middle of each range)", columns, rows, notes)]
