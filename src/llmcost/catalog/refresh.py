"""Brings `pricing/api/*.yaml` up to the installed genai-prices, append-only.

An entry that stands is never changed or removed: what was true then stays. A price that changed
becomes a new entry, from its announced day where one is given, else from the day the package was
published. Unchanged prices leave the file byte for byte as it was.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal, NamedTuple

from llmcost.catalog.files import read_yaml
from llmcost.catalog.origin import provider_files, unread
from llmcost.catalog.origin_prices import Plain
from llmcost.catalog.writer import provider_yaml
from llmcost.errors import InputError
from llmcost.output_file import write_atomically

MAX_BYTES = 16 * 1024 * 1024
_ABOUT = ("effective_from", "source", "note", "checked_on")


class Change(NamedTuple):
    """What a refresh does to one model, or (`conflict`) what only a person may do.

    `not read`: a price by a unit that this version does not know; `now` names it.
    """

    model: str
    kind: Literal["new model", "new price", "conflict", "not read"]
    effective_from: str | None
    was: Plain | None = None
    now: Plain | None = None


def refresh(
    folder: Path, providers: Iterable[Any], published_in: str, packaged_on: date, *, dry_run: bool = False
) -> list[Change]:
    """Rewrites the files of a `pricing/` folder; with `dry_run` only says what would change."""
    providers = list(providers)
    changes = [Change(model, "not read", None, None, {"field": field}) for model, field in unread(providers)]
    for provider, incoming in provider_files(providers, published_in, packaged_on).items():
        path = folder / "api" / f"{provider}.yaml"
        standing = _standing(path) if path.exists() else {"models": {}}
        merged, found = merged_file(standing, incoming, packaged_on)
        changes += found
        text = provider_yaml(merged)
        if not dry_run and (not path.exists() or path.read_text(encoding="utf-8") != text):
            os.makedirs(path.parent, exist_ok=True)
            write_atomically(path, text, force=True)
    return changes


def _standing(path: Path) -> Plain:
    """A provider's file as it stands. Raises InputError where it lists no models with their prices."""
    document = read_yaml(path, max_bytes=MAX_BYTES)
    found: Plain = document.data
    models = found.get("models")
    bodies = list(models.values()) if isinstance(models, dict) else [None]
    if not all(isinstance(body, dict) and isinstance(body.get("prices"), list) for body in bodies):
        raise InputError(
            "the file does not list models with their prices",
            where=document.where(["models"]),
            hint="run `llmcost prices check`, or take the file away to have it written anew",
        )
    return found


def merged_file(standing: Plain, incoming: Plain, on: date) -> tuple[Plain, list[Change]]:
    """A provider's file with what is new in `incoming`, and what that is."""
    changes: list[Change] = []
    models: Plain = dict(standing["models"])
    for model, new in incoming["models"].items():
        full = f"{incoming['provider']}/{model}"
        old = models.get(model)
        if old is None:
            models[model] = new
            changes.append(Change(full, "new model", new["prices"][0]["effective_from"], None, new["prices"][-1]))
            continue
        prices, found = merged_prices(old["prices"], new["prices"], on)
        changes += [change._replace(model=full) for change in found]
        aliases = list(dict.fromkeys([*old.get("aliases", ()), *new.get("aliases", ())]))
        models[model] = {**old, **new, **({"aliases": aliases} if aliases else {}), "prices": prices}
    in_order = {name: models[name] for name in sorted(models)}
    return {
        **standing,
        **{key: value for key, value in incoming.items() if key != "models"},
        "models": in_order,
    }, changes


def merged_prices(standing: Sequence[Plain], incoming: Sequence[Plain], on: date) -> tuple[list[Plain], list[Change]]:
    """The standing entries, untouched, with new ones in their places by day."""
    prices = list(standing)
    changes: list[Change] = []
    days = {entry.get("effective_from") for entry in standing}
    known_until = max((_packaged_on(entry) for entry in standing), default="")

    def add(entry: Plain) -> None:
        day = entry["effective_from"]
        was = in_effect(prices, day)
        changes.append(Change("", "new price", day, was, entry))
        prices.append(entry)
        prices.sort(key=lambda entry: entry.get("effective_from") or "")
        days.add(day)

    for entry in incoming:
        day = entry["effective_from"]
        # What lies before the last refresh is history that a price of today must not rewrite.
        if day is not None and day > known_until and day not in days and not same_price(in_effect(prices, day), entry):
            add(entry)
    now = on.isoformat()
    current = in_effect(incoming, now)
    if current is not None and not same_price(in_effect(prices, now), current):
        if now in days:
            changes.append(Change("", "conflict", now, in_effect(prices, now), current))
        else:
            add({**current, "effective_from": now, "source": {**current["source"], "checked_on": None}})
    for day in sorted(day for day in days if day is not None and day > now):
        ours, theirs = in_effect(prices, day), in_effect(incoming, day)
        if theirs is not None and not same_price(ours, theirs):
            changes.append(Change("", "conflict", day, ours, theirs))
    return prices, changes


def in_effect(entries: Sequence[Plain], day: str) -> Plain | None:
    """The latest entry that has begun on a day."""
    begun = [entry for entry in entries if (entry.get("effective_from") or "") <= day]
    return max(begun, key=lambda entry: entry.get("effective_from") or "") if begun else None


def same_price(one: Plain | None, other: Plain | None) -> bool:
    """Whether two entries hold the same figures, however they are written."""
    return (one is None) == (other is None) and _figures(one) == _figures(other)


def _figures(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _figures(item) for key, item in value.items() if key not in _ABOUT and item not in (None, {}, [])}
    if isinstance(value, list):
        return [_figures(item) for item in value]
    try:
        return None if value is None else Decimal(str(value))
    except InvalidOperation:
        return str(value)  # the hours that a price holds


def _packaged_on(entry: Plain) -> str:
    return str((entry.get("source") or {}).get("packaged_on") or "")
