"""What `llmcost prices check` finds: files that are wrong, prices that are old, prices that drifted."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import NamedTuple

from llmcost.catalog.catalog import Catalog
from llmcost.catalog.compiled import pricing_files
from llmcost.catalog.compiler import MAX_BYTES, compile_pricing
from llmcost.catalog.files import read_yaml
from llmcost.catalog.refresh import Change, refresh
from llmcost.catalog.schema import validated
from llmcost.errors import InputError, UnknownPrice
from llmcost.estimate import Source

STALE_AFTER_DAYS = 90


class Dated(NamedTuple):
    """A figure in use today with its source; `age_in_days` is None where no day is known."""

    name: str
    source: Source
    age_in_days: int | None


class Checked(NamedTuple):
    """The outcome. `drifted` is None where genai-prices is not installed."""

    files: int
    models: int
    invalid: list[InputError]
    stale: list[Dated]
    undated: list[Dated]
    drifted: list[Change] | None


def checked(folder: str, on: date) -> Checked:
    """Validates every file of a pricing folder and looks at the age of what holds today."""
    files = pricing_files(folder)
    invalid = []
    for path in files:
        try:
            validated(read_yaml(path, max_bytes=MAX_BYTES))
        except InputError as error:
            invalid.append(error)
    if invalid:
        return Checked(len(files), 0, invalid, [], [], None)
    catalog = Catalog(compile_pricing(folder))
    dated = figures_in_use(catalog, on)
    return Checked(
        files=len(files),
        models=len(catalog.model_ids()),
        invalid=[],
        stale=[one for one in dated if one.age_in_days is not None and one.age_in_days > STALE_AFTER_DAYS],
        undated=[one for one in dated if one.age_in_days is None],
        drifted=_drifted(folder, on),
    )


def figures_in_use(catalog: Catalog, on: date) -> list[Dated]:
    """Every model's, GPU's and build component's figure on a day, with its age."""
    found: list[tuple[str, Source]] = []
    for model in catalog:
        try:
            found.append((model, catalog.price(model, on).source))
        except UnknownPrice:
            continue  # its first price lies ahead
    for gpu in catalog.gpu_names():
        try:
            found += [(f"{price.gpu} at {price.provider}", price.source) for price in catalog.gpu_prices(gpu, on=on)]
        except UnknownPrice:
            continue  # nobody rents it
    found += [(f"build: {cost.name}", cost.source) for cost in catalog.build_costs()]
    return [Dated(name, source, source.age_in_days(on)) for name, source in found]


def _drifted(folder: str, on: date) -> list[Change] | None:
    from llmcost.catalog.origin import installed_providers

    try:
        providers, published_in = installed_providers()
    except InputError:
        return None
    return refresh(Path(folder), providers, published_in, on, dry_run=True)
