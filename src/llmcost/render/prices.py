"""What `llmcost prices` says, as a page for people and as the `result` of its JSON."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from llmcost.catalog.listing import BLEND, CHEAP_UP_TO, MID_UP_TO, Listed
from llmcost.errors import InputError
from llmcost.render.page import Cell, Column, Page, Table

if TYPE_CHECKING:
    from llmcost.catalog import Catalog
    from llmcost.catalog.check import Checked
    from llmcost.catalog.disagreements import Comparison
    from llmcost.catalog.models import ApiPrice, GpuPrice, Hours, LongContext, Rates
    from llmcost.catalog.refresh import Change
    from llmcost.estimate import Source

Format = Literal["table", "json", "csv", "markdown"]
FORMATS: tuple[Format, ...] = ("table", "json", "csv", "markdown")
ENDINGS: dict[str, Format] = {".json": "json", ".csv": "csv", ".md": "markdown", ".txt": "table"}

Record = dict[str, Any]

TIERS: Record = {
    "name": "tier",
    "value": f"cheap up to {CHEAP_UP_TO:g}, mid up to {MID_UP_TO:g} USD/Mtok, else dear",
    "why": f"by the price blended at {BLEND}",
}
# What a narrow terminal does without, the last one first.
_LEAVES = ("tier", "cached_input_per_mtok", "context_window", "region", "effective_from", "retires_on", "age_in_days")
_RATES = ("input_per_mtok", "output_per_mtok", "cached_input_per_mtok", "cache_write_per_mtok")


class View(NamedTuple):
    """Records under a title; `columns` are those a person reads, CSV has every field."""

    title: str
    columns: tuple[str, ...]
    records: list[Record]
    remarks: tuple[str, ...] = ()


def model_list(found: list[Listed], on: date) -> tuple[View, Record]:
    """One record a model."""
    records = []
    for entry in found:
        rates = entry.price.rates
        records.append(
            {
                "model": entry.info.model,
                "name": entry.info.name,
                **{field: getattr(rates, field) for field in _RATES},
                "current": entry.current,
                "tier": entry.tier,
                "context_window": entry.info.context_window,
                "variants": list(entry.price.variants),
                "effective_from": entry.price.effective_from,
                "retires_on": entry.retirement.retires_on if entry.retirement else None,
                **_sourced(entry.price.source, on),
            }
        )
    columns = ("model", *_RATES[:3], "tier", "context_window", "effective_from", "age_in_days", "retires_on")
    remarks = (f"{TIERS['value']}, {TIERS['why']}",) if records else ("no model passes these filters",)
    return View(f"{len(records)} models, prices as of {on}", columns, records, remarks), {"models": records}


def gpu_list(prices: list[GpuPrice], on: date) -> tuple[View, Record]:
    """One record a GPU and provider."""
    records = [_gpu_record(price, on) for price in prices]
    columns = (
        "gpu",
        "provider",
        "usd_per_gpu_hour",
        "spot_usd_per_gpu_hour",
        "region",
        "effective_from",
        "age_in_days",
    )
    return View(f"{len(records)} GPU prices as of {on}", columns, records), {"gpus": records}


def model(catalog: Catalog, name: str, on: date) -> tuple[list[View], Record]:
    """Every dated entry of a model with all its buckets, variants and sources."""
    info = catalog.model_info(name)
    entries = catalog.dated_prices(name)
    retirement = catalog.retirement(name)
    records: list[Record] = []
    detailed: list[Record] = []
    notes: dict[str, None] = {}
    for entry in entries:
        sourced = _sourced(entry.source, on)
        in_variants = [catalog.price(f"{info.model}@{v}", entry.effective_from or on) for v in _own_variants(entry)]
        for price in [entry, *in_variants]:
            if price.note and price.variant != "standard":
                notes[f"{price.variant}: {price.note}"] = None
            for kind, rates in _rate_rows(price):
                records.append({"effective_from": entry.effective_from, "price": kind, **rates._asdict(), **sourced})
        detailed.append({**_detailed(entry), "variants": [_detailed(price) for price in in_variants], **sourced})
    columns = ("effective_from", "price", *_RATES, "cache_write_1h_per_mtok")
    about = [f"context window {info.context_window:,} tokens"] if info.context_window else []
    about += [f"aliases {', '.join(info.aliases)}"] if info.aliases else []
    about += [f"fine-tuned from {info.base_model}"] if info.base_model else []
    about += ["deprecated by its provider"] if info.deprecated else []
    if retirement is not None:
        about.append(f"retires on {retirement.retires_on} ({retirement.source.title})")
    for before, entry in zip([None, *entries], entries, strict=False):
        about += _remarks(entry, before)
    about += notes
    sources = View(
        "Sources",
        ("effective_from", "source", "url", "published_in", "age_in_days", "counted_from"),
        [{"effective_from": entry.effective_from, **_sourced(entry.source, on)} for entry in entries],
    )
    result = {
        "model": info.model,
        "name": info.name,
        "aliases": list(info.aliases),
        "context_window": info.context_window,
        "base_model": info.base_model,
        "deprecated": info.deprecated,
        "retires_on": retirement.retires_on if retirement else None,
        "prices": detailed,
    }
    return [View(f"{info.model}: {info.name}", columns, records, tuple(about)), sources], result


def gpu(catalog: Catalog, name: str, on: date) -> tuple[list[View], Record]:
    """What a GPU is, and every dated price of it."""
    title = next(gpu for gpu in catalog.gpu_names() if gpu.lower() == name.lower())
    rented = title in catalog.compiled["gpu_prices"]
    records = [_gpu_record(price, on) for price in catalog.dated_gpu_prices(title)] if rented else []
    about, spec = [] if rented else ["the catalog has no price of it"], None
    if title in catalog.compiled["gpus"]:
        facts = catalog.gpu(title)
        spec = {**facts._asdict(), "source": facts.source.title}
        about.append(
            f"{facts.memory_gb:g} GB, {facts.bandwidth_gb_s:g} GB/s, {facts.bf16_tflops:g} dense bf16 TFLOP/s, "
            f"{facts.interconnect} ({facts.source.title})"
        )
    columns = ("provider", "effective_from", "usd_per_gpu_hour", "spot_usd_per_gpu_hour", "region", "source")
    view = View(title, (*columns, "age_in_days", "counted_from", "note"), records, tuple(about))
    return [view], {"gpu": title, "specification": spec, "prices": records}


def check(outcome: Checked) -> tuple[list[View], Record]:
    """What is invalid, old, undated and drifted."""
    invalid = [{"where": error.where, "what": error.what, "hint": error.hint} for error in outcome.invalid]
    stale = [_aged(figure.name, figure.source, figure.age_in_days) for figure in outcome.stale]
    undated = [_aged(figure.name, figure.source, None) for figure in outcome.undated]
    drifted = None if outcome.drifted is None else [_change(change) for change in outcome.drifted]
    views = [View(f"{outcome.files} files, {len(invalid)} invalid", ("where", "what", "hint"), invalid)]
    if not invalid:
        aged = ("name", "age_in_days", "counted_from", "source")
        views.append(View(f"{len(stale)} figures are older than 90 days", aged, stale))
        views.append(View(f"{len(undated)} figures carry no day", ("name", "source", "published_in"), undated))
        if drifted is None:
            views.append(View("genai-prices is not installed, so nothing was compared with it", (), []))
        else:
            columns = ("model", "kind", "effective_from", "was", "now")
            views.append(View(f"{len(drifted)} prices differ from the installed genai-prices", columns, drifted))
    result = {
        "files": outcome.files,
        "models": outcome.models,
        "invalid": invalid,
        "stale": stale,
        "undated": undated,
        "drifted": drifted,
    }
    return views, result


def disagreements(found: Comparison, file: str) -> tuple[View, Record]:
    """Where another table has other prices."""
    records = [
        {"model": one.model, "name": one.name, "price": one.price, "catalog": one.catalog, "other": one.other}
        | {"ratio": one.ratio}
        for one in found.differing
    ]
    title = f"{len(records)} of {found.compared} prices differ from {file}"
    remark = f"{found.models} of its names are models of the catalog, {len(found.unknown)} are not"
    columns = ("model", "name", "price", "catalog", "other", "ratio")
    return View(title, columns, records, (remark,)), {
        "file": file,
        "compared": found.compared,
        "models": found.models,
        "unknown": len(found.unknown),
        "differing": records,
    }


def refreshed(changes: list[Change], published_in: str, dry_run: bool) -> tuple[View, Record]:
    """What a refresh did, or would do."""
    records = [_change(change) for change in changes]
    title = f"{len(records)} changes {'that ' if dry_run else ''}{published_in} {'would make' if dry_run else 'made'}"
    return View(title, ("model", "kind", "effective_from", "was", "now"), records), {
        "published_in": published_in,
        "dry_run": dry_run,
        "changes": records,
    }


def _sourced(source: Source, on: date) -> Record:
    _, counted_from = source.dated
    age = source.age_in_days(on)
    return {
        "source": source.title,
        "url": source.url,
        "published_in": source.published_in,
        "age_in_days": age,
        "counted_from": None if age is None else counted_from,
    }


def _aged(name: str, source: Source, age: int | None) -> Record:
    counted_from = None if age is None else source.dated[1]
    return {
        "name": name,
        "age_in_days": age,
        "counted_from": counted_from,
        "source": source.title,
        "published_in": source.published_in,
    }


def _gpu_record(price: GpuPrice, on: date) -> Record:
    return {
        "gpu": price.gpu,
        "provider": price.provider,
        "usd_per_gpu_hour": price.usd_per_gpu_hour,
        "spot_usd_per_gpu_hour": price.spot_usd_per_gpu_hour,
        "region": price.region,
        "effective_from": price.effective_from,
        "note": price.note,
        **_sourced(price.source, on),
    }


def _own_variants(entry: ApiPrice) -> tuple[str, ...]:
    return entry.variants if entry.variant == "standard" else ()


def _rate_rows(price: ApiPrice) -> list[tuple[str, Rates]]:
    rows = [(price.variant, price.rates)]
    if any(rate is not None for rate in price.batch):
        rows.append(("batch", price.batch))
    for tier in price.long_context:
        above = f"{price.variant}, input above {tier.above_tokens:,} tokens"
        rows.append((above, tier.rates))
        if any(rate is not None for rate in tier.batch):
            rows.append((above.replace("standard", "batch", 1), tier.batch))
    return rows


def _detailed(price: ApiPrice) -> Record:
    def tier(above: LongContext) -> Record:
        return {"above_tokens": above.above_tokens, **above.rates._asdict(), "batch": above.batch._asdict()}

    detailed: dict[str, Any] = {
        "variant": price.variant,
        "effective_from": price.effective_from,
        **price.rates._asdict(),
        "batch": price.batch._asdict(),
        "long_context": [tier(above) for above in price.long_context],
        "other": dict(price.other),
        "up_to_tokens": price.up_to_tokens,
        "hosting_usd_per_hour": price.hosting_usd_per_hour,
        "training_usd_per_mtok": price.training_usd_per_mtok,
        "training_usd_per_hour": price.training_usd_per_hour,
        "overridden": [{"field": field, "catalog": figure} for field, figure in price.overridden],
        "note": price.note,
    }
    return detailed


def _remarks(entry: ApiPrice, before: ApiPrice | None = None) -> list[str]:
    since = f"from {entry.effective_from}: " if entry.effective_from else ""
    lines = []
    if entry.hosting_usd_per_hour is not None:
        lines.append(f"{since}hosting {entry.hosting_usd_per_hour:.2f} USD an hour, idle hours too")
    if entry.training_usd_per_mtok is not None:
        lines.append(f"{since}training {entry.training_usd_per_mtok:.2f} USD per million tokens")
    if entry.training_usd_per_hour is not None:
        lines.append(f"{since}training {entry.training_usd_per_hour:.2f} USD an hour")
    if entry.other and (before is None or before.other != entry.other):
        lines.append(since + ", ".join(f"{field} {figure:g} USD" for field, figure in entry.other.items()))
    for hours in entry.hours if before is None or before.hours != entry.hours else ():
        lines.append(f"{since}{_hours(hours)}")
    for field, figure in entry.overridden:
        lines.append(f"{since}{field} is your own; the catalog has {'none' if figure is None else f'{figure:g}'}")
    if entry.note:
        lines.append(since + entry.note)
    return lines


def _hours(hours: Hours) -> str:
    """`peak at 01:00-04:00 UTC, Monday to Friday`."""
    spans = " and ".join(f"{a // 60:02d}:{a % 60:02d}-{b // 60:02d}:{b % 60:02d}" for a, b in hours.spans)
    names = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    days = "" if len(hours.weekdays) == 7 else f", {names[hours.weekdays[0]]} to {names[hours.weekdays[-1]]}"
    return f"{hours.variant} at {spans} UTC{days}"


def _change(change: Change) -> Record:
    def price(entry: Record | None) -> str | None:
        return None if entry is None else f"{entry.get('input_per_mtok')} in, {entry.get('output_per_mtok')} out"

    return {
        "model": change.model,
        "kind": change.kind,
        "effective_from": change.effective_from,
        "was": price(change.was),
        "now": price(change.now),
    }


def format_of(chosen: str | None, output: str | None) -> Format:
    """The format asked for, else the one that the file's ending stands for, else a table."""
    if chosen is not None:
        for known in FORMATS:
            if chosen == known:
                return known
        raise InputError(f"unknown format {chosen!r}", where="--format", hint=f"choose one of {', '.join(FORMATS)}")
    if output is None or output == "-":
        return "table"
    for ending, known in ENDINGS.items():
        if output.lower().endswith(ending):
            return known
    raise InputError(
        f"{output} has no ending that stands for a format",
        where="--output",
        hint=f"end it in {', '.join(ENDINGS)}, or add --format",
    )


def rendered(
    views: list[View], result: Record, format: Format, *, as_of: date, assumptions: list[Record], terminal: bool
) -> str:
    """The whole output as text, ending in a newline."""
    from llmcost import __version__
    from llmcost.render import csv, json, markdown, table

    if format == "json":
        return json.document("prices", __version__, as_of, assumptions, [], result)
    page = Page("", [_table(view, every_field=format == "csv") for view in views])
    if format == "csv":
        return csv.render(page)
    return markdown.render(page) if format == "markdown" else table.render(page, terminal=terminal)


def _table(view: View, *, every_field: bool) -> Table:
    fields = dict.fromkeys(key for record in view.records for key in record) if every_field else {}
    keys = list(fields) or list(view.columns)
    numeric = {key for key in keys for record in view.records if isinstance(record.get(key), int | float)}
    leaves = {key: place for place, key in enumerate(_LEAVES, 1)}
    columns = [
        Column(key, _heading(key), key in numeric, code=key in ("model", "gpu", "url"), leaves=leaves.get(key, 0))
        for key in keys
    ]
    rows = [[_cell(record.get(key)) for key in keys] for record in view.records]
    return Table(view.title, columns, rows, list(view.remarks))


def _heading(column: str) -> str:
    return column.replace("_per_mtok", " $/Mtok").replace("usd_per_gpu_hour", "$/GPU-hour").replace("_", " ")


def _cell(value: Any) -> Cell:
    if value is None:
        return Cell(None, "–")
    if isinstance(value, float):
        return Cell(value, f"{value:.2f}" if round(value, 2) == value else f"{value:.10g}")
    if isinstance(value, int):
        return Cell(value, f"{value:,}")
    shown = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return Cell(shown, shown)
