"""`llmcost prices list|show|check|refresh`: load, compute, render, and nothing else."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llmcost.errors import InputError, StalePrice

if TYPE_CHECKING:
    from llmcost.catalog import Catalog
    from llmcost.render.prices import Record, View

app = typer.Typer(
    name="prices",
    rich_markup_mode=None,
    add_completion=False,
    invoke_without_command=True,
)


@app.callback()
def group(context: typer.Context) -> None:
    """The catalog: dated prices of models and GPUs, each with its source."""
    if context.invoked_subcommand is None:
        raise InputError(
            "nothing says what of the prices",
            where="llmcost prices",
            hint="type llmcost prices list, show MODEL, check or refresh",
        )


FormatOption = Annotated[str | None, typer.Option("--format", "-f", help="table, json, csv or markdown.")]
OutputOption = Annotated[str | None, typer.Option("--output", "-o", help="Write to a file; its ending is the format.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")]
AsOfOption = Annotated[str | None, typer.Option("--as-of", help="Prices as of a day, such as 2027-01-01.")]
CatalogOption = Annotated[list[str] | None, typer.Option("--catalog", help="Your own prices over the catalog's.")]
FolderOption = Annotated[str | None, typer.Option("--pricing-dir", help="The folder of YAML, default: the catalog's.")]


@app.command("list")
def list_prices(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[WORD]...", help="Words that the name or an alias holds.")
    ] = None,
    provider: Annotated[str | None, typer.Option("--provider", help="Only this provider's models.")] = None,
    tier: Annotated[str | None, typer.Option("--tier", help="cheap, mid or dear, by blended price.")] = None,
    max_input: Annotated[str | None, typer.Option("--max-input", help="At most this input price, USD/Mtok.")] = None,
    search: Annotated[str | None, typer.Option("--search", "-s", help="The same as WORD.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Models of audio, images, pages and embeddings, too.")] = False,
    gpus: Annotated[bool, typer.Option("--gpus", help="GPUs by the hour instead of models.")] = False,
    as_of: AsOfOption = None,
    catalog: CatalogOption = None,
    format: FormatOption = None,
    output: OutputOption = None,
    force: ForceOption = False,
) -> None:
    """Models with their prices today, current models first, then the cheapest."""
    from llmcost.catalog import listing
    from llmcost.render import prices as views_of

    on, prices = _day(as_of), _catalog(catalog, output)
    search = " ".join([*(words or ()), *([search] if search else [])]) or None
    if gpus:
        view, result = views_of.gpu_list(listing.listed_gpus(prices, on, search), on)
        return _write([view], result, on, [], format, output, force)
    limit = None if max_input is None else _number(max_input, "--max-input")
    found = listing.listed(
        prices, on, provider=provider, tier=tier, max_input_per_mtok=limit, search=search, every=every
    )
    view, result = views_of.model_list(found, on)
    _write([view], result, on, [views_of.TIERS], format, output, force)


@app.command("show")
def show_price(
    name: Annotated[str, typer.Argument(metavar="MODEL", help="A model, or a GPU such as H100-SXM.")],
    as_of: AsOfOption = None,
    catalog: CatalogOption = None,
    format: FormatOption = None,
    output: OutputOption = None,
    force: ForceOption = False,
) -> None:
    """Every dated price of a model or GPU, with its source and age."""
    from llmcost.render import prices as views_of

    on, prices = _day(as_of), _catalog(catalog, output)
    if name.lower() in (gpu.lower() for gpu in prices.gpu_names()):
        views, result = views_of.gpu(prices, name, on)
    else:
        views, result = views_of.model(prices, name, on)
    _write(views, result, on, [], format, output, force)


@app.command("check")
def check_prices(
    strict: Annotated[bool, typer.Option("--strict", help="Exit 4 where a price is older than 90 days.")] = False,
    against: Annotated[str | None, typer.Option("--against", help="Another price table, LiteLLM's JSON.")] = None,
    pricing_dir: FolderOption = None,
    as_of: AsOfOption = None,
    format: FormatOption = None,
    output: OutputOption = None,
    force: ForceOption = False,
) -> None:
    """Validate every pricing file; say what is old, what has drifted, and where another table disagrees."""
    from llmcost.catalog.check import checked
    from llmcost.render import prices as views_of

    on = _day(as_of)
    other = None if against is None else _table(against, output)
    outcome = checked(_folder(pricing_dir, output), on)
    views, result = views_of.check(outcome)
    if against is not None and other is not None and not outcome.invalid:
        from llmcost.catalog.disagreements import compared

        view, found = views_of.disagreements(compared(_priced_by(pricing_dir), other, against, on), against)
        views.append(view)
        result["against"] = found
    _write(views, result, on, [], format, output, force)
    if outcome.invalid:
        first, count = outcome.invalid[0], len(outcome.invalid)
        what = first.what if count == 1 else f"{count} pricing files are invalid; the first: {first.what}"
        raise InputError(what, where=first.where, hint=first.hint)
    if strict and outcome.stale:
        oldest = max(outcome.stale, key=lambda figure: figure.age_in_days or 0)
        raise StalePrice(
            f"{len(outcome.stale)} prices are older than 90 days",
            where=f"{oldest.name}, {oldest.age_in_days} days",
            hint="look the price up and add a new dated entry",
        )


@app.command("refresh")
def refresh_prices(
    packaged_on: Annotated[str, typer.Option("--packaged-on", help="The day that genai-prices was published.")],
    pricing_dir: FolderOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    format: FormatOption = None,
    output: OutputOption = None,
    force: ForceOption = False,
) -> None:
    """Bring pricing/api up to the installed genai-prices, append-only."""
    from llmcost.catalog.origin import installed_providers
    from llmcost.catalog.refresh import refresh
    from llmcost.render import prices as views_of

    day = _parsed_day(packaged_on, "--packaged-on")
    providers, published_in = installed_providers()
    changes = refresh(Path(_folder(pricing_dir, output)), providers, published_in, day, dry_run=dry_run)
    view, result = views_of.refreshed(changes, published_in, dry_run)
    _write([view], result, day, [], format, output, force)


def _catalog(files: list[str] | None, output: str | None) -> Catalog:
    from llmcost.catalog import load_catalog
    from llmcost.catalog.files import read_yaml
    from llmcost.cli.outputs import keep_apart

    for file in files or ():
        keep_apart(file, {"output_file": output})
    return load_catalog().overlaid([read_yaml(file) for file in files or ()])


def _table(path: str, output: str | None) -> str:
    """The text of another price table. Raises InputError."""
    from llmcost.catalog.disagreements import MAX_BYTES
    from llmcost.cli.outputs import keep_apart

    keep_apart(path, {"output_file": output})
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read(MAX_BYTES + 1)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise InputError(f"{path} cannot be read: {reason}", where="--against", hint="name a JSON file") from None
    if len(text) > MAX_BYTES:
        raise InputError(f"{path} is too large", where="--against", hint="a price table has a few MB")
    return text


def _priced_by(folder: str | None) -> Catalog:
    from llmcost.catalog import Catalog, load_catalog
    from llmcost.catalog.compiler import compile_pricing

    return load_catalog() if folder is None else Catalog(compile_pricing(folder))


def _folder(given: str | None, output: str | None) -> str:
    from llmcost.catalog.compiled import pricing_folder
    from llmcost.cli.outputs import keep_apart

    folder = given or pricing_folder()
    if not Path(folder).is_dir():
        raise InputError(f"there is no folder {folder}", where="--pricing-dir", hint="name the folder that holds api/")
    for file in Path(folder).rglob("*") if output is not None else ():
        keep_apart(str(file), {"output_file": output})
    return folder


def _day(as_of: str | None) -> date:
    from llmcost.catalog import today

    return today() if as_of is None else _parsed_day(as_of, "--as-of")


def _parsed_day(written: str, flag: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise InputError(f"{written!r} is not a day", where=flag, hint=f"type {flag} 2026-11-22") from None


def _number(written: str, flag: str) -> float:
    from llmcost.quantity import QuantityError, number

    try:
        return number(written)
    except QuantityError as error:
        raise InputError(error.what, where=flag, hint=error.hint) from None


def _write(
    views: list[View],
    result: Record,
    on: date,
    assumptions: list[Any],
    format: str | None,
    output: str | None,
    force: bool,
) -> None:
    from llmcost.output_file import write_atomically
    from llmcost.render.prices import format_of, rendered

    to_stdout = output is None or output == "-"
    terminal = to_stdout and sys.stdout.isatty()
    text = rendered(views, result, format_of(format, output), as_of=on, assumptions=assumptions, terminal=terminal)
    if output is None or to_stdout:
        sys.stdout.write(text)
    else:
        write_atomically(output, text, force=force)
