"""A scenario's prediction beside what was logged, as tables."""

from __future__ import annotations

from llmcost.render import figures
from llmcost.render.page import Cell, Column, Table, count, share, text, usd
from llmcost.usage.predicted import Against

_MONTHS = [
    Column("month", "Month", number=False),
    Column("hours", "Hours"),
    Column("predicted_calls", "Calls predicted"),
    Column("calls", "Calls"),
    Column("predicted_input_tokens", "Input predicted"),
    Column("input_tokens", "Input"),
    Column("predicted_output_tokens", "Output predicted"),
    Column("output_tokens", "Output"),
    Column("predicted_cost", "Cost predicted"),
    Column("cost", "Today"),
    Column("recorded_cost", "Recorded"),
    Column("off", "Off"),
]
_MODELS = [
    Column("model", "Model", number=False),
    Column("predicted_share", "Share predicted"),
    Column("share", "Share"),
    Column("predicted_input_per_call", "Input a call predicted"),
    Column("input_per_call", "Input a call"),
    Column("predicted_output_per_call", "Output a call predicted"),
    Column("output_per_call", "Output a call"),
]
_BY_MONTH = [
    Column("month", "Month", number=False),
    Column("what", "Share of the calls, or escalation", number=False),
    Column("predicted", "Predicted"),
    Column("actual", "Logged"),
]
_STEPS = [
    Column("step", "Escalation", number=False),
    Column("predicted", "Predicted"),
    Column("actual", "Logged"),
]


def against_tables(found: Against) -> list[Table]:
    """By month, by model, and by step of a cascade."""
    tables = [_months(found), _models(found)]
    if found.escalation:
        rows = [
            [text(f"{each.from_} to {each.to}"), share(each.predicted), share(each.actual)] for each in found.escalation
        ]
        tables.append(Table("Escalation: predicted beside logged", _STEPS, rows))
    if len(found.months) > 1:
        tables.append(_by_month(found))
    return tables


def _by_month(found: Against) -> Table:
    """The shares and the escalation of each month."""
    rows = []
    for month in found.months:
        for each in month.models:
            name = each.model or "(no model)"
            rows.append([text(month.month), text(name), share(each.predicted_share), share(each.share)])
        for step in month.escalation:
            name = f"{step.from_} to {step.to}"
            rows.append([text(month.month), text(name), share(step.predicted), share(step.actual)])
    return Table("By month: predicted beside logged", _BY_MONTH, rows)


def _months(found: Against) -> Table:
    rows = []
    for each in found.months:
        actual = each.cost if each.cost is not None else each.recorded_cost
        off = actual / each.predicted_cost - 1 if actual is not None and each.predicted_cost else None
        rows.append(
            [
                text(each.month),
                Cell(each.hours, f"{each.hours:,.1f}"),
                _rounded(each.predicted_calls),
                count(each.calls),
                _rounded(each.predicted_input_tokens),
                count(each.input_tokens),
                _rounded(each.predicted_output_tokens),
                count(each.output_tokens),
                usd(each.predicted_cost),
                usd(each.cost),
                usd(each.recorded_cost),
                Cell(off, figures.UNKNOWN if off is None else f"{off:+z.1%}"),
            ]
        )
    title = f"{found.architecture} of {found.scenario}: predicted for the hours logged, beside what came"
    notes = [
        f"Of {each.month} a recorded cost stands on {each.recorded_calls:,} of {each.calls:,} calls."
        for each in found.months
        if each.calls and each.recorded_calls and each.recorded_calls < each.calls
    ]
    return Table(
        title, _MONTHS, rows, [*notes, f"{found.matched:.1%} of the logged {found.matched_by} are on its models."]
    )


def _models(found: Against) -> Table:
    rows = [
        [
            text(each.model or "(no model)"),
            share(each.predicted_share),
            share(each.share),
            _rounded(each.predicted_input_per_call),
            _rounded(each.input_per_call),
            _rounded(each.predicted_output_per_call),
            _rounded(each.output_per_call),
        ]
        for each in found.models
    ]
    return Table("Models: predicted beside logged", _MODELS, rows)


def _rounded(value: float | None) -> Cell:
    return Cell(value, figures.UNKNOWN if value is None else f"{value:,.0f}")
