"""`host` as a page."""

from __future__ import annotations

from datetime import date

from llmcost.economics.hosting import Hosting
from llmcost.economics.sizing import SHOWN
from llmcost.render import explanation, figures
from llmcost.render.page import Cell, Column, Page, Table, bounds_note, count, share, text, usd


def page(hosting: Hosting, as_of: date, explain: bool = False) -> Page:
    """What a replica serves, the fleet, what it costs, and where."""
    if not hosting.fits:
        return Page(_does_not_fit(hosting), [_table(_memory(hosting))])
    notes = [bounds_note(hosting.monthly_cost, "A month")]
    if hosting.against_model is not None:
        notes.append(_compared(hosting))
    tables = [_table(_capacity(hosting) + _fleet(hosting), [note for note in notes if note])]
    if hosting.memory is not None:
        tables.append(_table(_memory(hosting), title="A replica's memory"))
    if hosting.latency is not None and hosting.latency.mean_latency_ms is not None:
        tables.append(_table(_wait(hosting), [f"Assumed: {one}." for one in hosting.latency.assumed], "Latency"))
    if hosting.limits is not None:
        tables.append(_table(_limits(hosting), title="Within the limits"))
    if hosting.measured:
        tables.append(_measured(hosting))
    if hosting.search is not None:
        tables.append(_search(hosting))
    if hosting.providers:
        tables.append(_providers(hosting, as_of))
    if explain:
        tables.append(explanation.table("The charges", hosting.charges, as_of))
    return Page(_headline(hosting), tables)


def _headline(hosting: Hosting) -> str:
    said = f"{figures.count(hosting.gpus.value)} × {hosting.gpu or hosting.machine}: {figures.ranged(hosting.monthly_cost)} a month"
    if hosting.utilisation.value is not None:
        busy = figures.share(hosting.utilisation.value)
        said += f", {figures.usd(hosting.cost_per_mtok.value)}/Mtok at {busy} utilisation"
    return said + "."


def _does_not_fit(hosting: Hosting) -> str:
    said = f"{hosting.model} at {hosting.precision} does not fit on {hosting.gpus_per_replica} × {hosting.gpu}: {hosting.why_not}."
    fit = hosting.smallest_fit
    if fit is None:
        return said + " No set of up to 8 GPUs in the catalog holds it."
    return said + f" The smallest set that holds it: {fit.gpus} × {fit.gpu} ({fit.total_memory_gb:,.0f} GB)."


def _capacity(hosting: Hosting) -> list[list[Cell]]:
    modelled = hosting.requests_per_second_band is not None
    what = "Requests a second, a replica" + (" (modelled)" if modelled else "")
    rows = [[text(what), count(hosting.requests_per_second, spread=True)]]
    if hosting.requests_per_second_band is not None:
        low, high = hosting.requests_per_second_band
        rows.append([text("… its band"), Cell(None, f"{figures.count(low)} to {figures.count(high)}")])
    used = "after latency class and utilisation" if modelled else "at the target utilisation"
    if hosting.limits is not None:
        used = "within the limits"
    rows += [
        [text(f"… deployable, {used}"), count(hosting.deployable_requests_per_second, spread=True)],
        [text("Tokens a second, a replica"), count(hosting.tokens_per_second, spread=True)],
        [text("The limit that binds"), text(hosting.limit)],
    ]
    if hosting.physical_bound_requests_per_second is not None:
        bound = "Requests a second that physics allows"
        rows.append([text(bound), count(hosting.physical_bound_requests_per_second)])
    if modelled and hosting.batch is not None:
        rows += [
            [text(f"Requests in a step, limited by {hosting.batch_limit}"), count(float(int(hosting.batch)))],
            [text("Milliseconds a token, at full load"), count(hosting.time_per_output_token_ms)],
            [text("Milliseconds to the first token, at full load"), count(hosting.first_token_ms)],
        ]
    return rows


def _fleet(hosting: Hosting) -> list[list[Cell]]:
    rows = [
        [text("Target utilisation (assumed unless given)"), share(hosting.target_utilisation, spread=True)],
        [text("Peak over average traffic (assumed unless given)"), count(hosting.peak_to_average, spread=True)],
        [text("Replicas"), count(hosting.replicas, spread=True)],
        [text("GPUs"), count(hosting.gpus, spread=True)],
        [text("Utilisation over the month"), share(hosting.utilisation, spread=True)],
        [text("The fleet is full at requests a month"), count(hosting.full_at_requests_per_month, spread=True)],
        [text("A month"), usd(hosting.monthly_cost, spread=True)],
        [text("$/Mtok, all tokens"), usd(hosting.cost_per_mtok, spread=True)],
        [text("$/Mtok, output tokens"), usd(hosting.cost_per_output_mtok, spread=True)],
        [text("$/request"), usd(hosting.cost_per_request, spread=True)],
    ]
    if hosting.one_time_cost.value:
        rows.insert(6, [text("Bought once"), usd(hosting.one_time_cost, spread=True)])
    if hosting.energy_kwh_per_month.value is not None:
        rows.insert(6, [text("Electricity, kWh a month"), count(hosting.energy_kwh_per_month, spread=True)])
    return rows


def _memory(hosting: Hosting) -> list[list[Cell]]:
    split = hosting.memory
    if split is None:
        return []
    return [
        [text("Weights, GB"), count(split.weights_gb)],
        [text("Room for keys and values, GB"), count(split.cache_gb)],
        [text("Reserve, GB"), count(split.reserve_gb)],
        [text("All, GB"), count(split.total_gb)],
    ]


def _wait(hosting: Hosting) -> list[list[Cell]]:
    wait = hosting.latency
    assert wait is not None  # noqa: S101 - asked by the caller
    rows = [[text(f"{name[:1].upper()}{name[1:]}, ms"), count(value)] for name, value in wait.parts(True).items()]
    rows.append([text("Until the first token, ms"), count(wait.until_first_token_ms)])
    rows.append([text("Until an answer of the mean length, ms"), count(wait.mean_latency_ms)])
    return [*rows, [text("Until 99 % of the answers, ms (lengths stated)"), count(wait.p99_latency_ms)]]


def _limits(hosting: Hosting) -> list[list[Cell]]:
    limits = hosting.limits
    assert limits is not None  # noqa: S101 - asked by the caller
    of = "mean" if limits.percentile is None else f"p{limits.percentile * 100:g}"
    rows = [
        [text(f"Limit on the first token, ms ({of})"), count(limits.first_token_ms)],
        [text(f"Limit on each further token, ms ({of})"), count(limits.token_ms)],
        [text("Limit on the whole answer, ms (p99)"), count(limits.p99_latency_ms)],
        [text("Requests a second that a replica serves within them"), count(limits.goodput_requests_per_second)],
        [text("What keeps it from more"), text(limits.binds or "")],
        [text("The chance that they hold at this fleet's peak"), share(limits.chance)],
    ]
    if limits.confidence is not None:
        rows.append([text("… sized for"), share(limits.confidence)])
    return [row for row in rows if row[1].text not in ("", "–", "unknown")]


def _measured(hosting: Hosting) -> Table:
    columns = [
        Column("tool", "Tool", number=False),
        Column("file", "File", number=False, leaves=5),
        Column("load", "Load", number=False),
        Column("requests_per_second", "Served/s", leaves=6),
        Column("input_tokens", "Input", leaves=3),
        Column("output_tokens", "Output", leaves=2),
        Column("first_token_ms", "First token, ms", leaves=2),
        Column("token_ms", "Token, ms", leaves=5),
        Column("failed", "Left out", leaves=4),
    ]
    rows = [
        [
            *(text(run.tool), text(run.file), text(run.load), count(run.requests_per_second)),
            *(count(run.input_tokens), count(run.output_tokens), count(run.first_token_ms), count(run.token_ms)),
            count(float(run.failed)),
        ]
        for run in hosting.measured
    ]
    return Table("Measured", columns, rows, ["Failed and cut-off requests are left out of every figure."])


def _search(hosting: Hosting) -> Table:
    found = hosting.search
    assert found is not None  # noqa: S101 - asked by the caller
    columns = [
        Column("gpu", "GPU", number=False),
        Column("precision", "Precision", number=False, leaves=3),
        Column("gpus_per_replica", "A replica", leaves=7),
        Column("replicas", "Replicas", leaves=4),
        Column("gpus", "GPUs"),
        Column("requests_per_second", "Holds/s", leaves=6),
        Column("first_token_ms", "First token, ms", leaves=2),
        Column("token_ms", "Token, ms", leaves=5),
        Column("chance", "Chance"),
        Column("binds", "Bound by", number=False),
        Column("monthly_cost", "A month"),
    ]
    rows = [
        [
            *(text(one.gpu), text(one.precision), count(float(one.gpus_per_replica)), count(one.replicas)),
            *(count(one.gpus), count(one.requests_per_second), count(one.first_token_ms), count(one.token_ms)),
            *(share(one.chance), text(one.binds), usd(one.monthly_cost)),
        ]
        for one in found.options[:SHOWN]
    ]
    notes = [
        f"{found.load_requests_per_second:,.4g} requests a second at the peak; {len(found.options)} of {found.considered} "
        "sets hold the limits. A lower precision changes the answers: measure them."
    ]
    notes += [
        f"Without the limit on the {one.limit}: ${one.monthly_cost_without:,.0f} a month, so it costs ${one.costs:,.0f}."
        for one in found.limit_costs
    ]
    return Table("The cheapest that hold the limits", columns, rows, notes)


def _compared(hosting: Hosting) -> str:
    against = hosting.against_model
    assert against is not None  # noqa: S101 - asked by the caller
    if against.ratio is None or against.modelled_band is None:
        return f"Measured, not modelled: {against.message}."
    low, high = against.modelled_band
    return (
        f"Measured: {against.ratio:.2f} of the {figures.count(against.modelled_requests_per_second)} requests a second "
        f"that the model gives at {hosting.precision} in practice ({figures.count(low)} to {figures.count(high)})."
    )


def _table(rows: list[list[Cell]], notes: list[str] | None = None, title: str = "") -> Table:
    return Table(title, [Column("figure", "Figure", number=False), Column("value", "")], rows, notes or [])


def _providers(hosting: Hosting, as_of: date) -> Table:
    columns = [
        Column("provider", "Provider", number=False),
        Column("price", "Price", number=False),
        Column("usd_per_gpu_hour", "$/GPU-hour"),
        Column("monthly_cost", "A month"),
        Column("as_of", "As of", number=False, leaves=1),
    ]
    rows = []
    for offer in hosting.providers:
        day, which = offer.source.dated
        kind = "spot, interruptible" if offer.interruptible else "on demand"
        rate = usd(offer.usd_per_gpu_hour)
        rows.append(
            [text(offer.provider), text(kind), rate, usd(offer.monthly_cost), text(figures.age(day, which, as_of))]
        )
    return Table(f"Who rents a {hosting.gpu}, cheapest first", columns, rows)
