"""The user's own prices laid over the catalog, field by field and day by day.

From the day of the user's entry on, each figure that it gives stands in place of the catalog's,
whatever the catalog's later entries say; figures it does not give stay the catalog's. What was set
is kept as (field, catalog figure), so that every output can mark it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from llmcost.catalog.compiled import Records
from llmcost.catalog.compiler import PER_HOUR, Compiled, Reader, collect_matching
from llmcost.catalog.files import Document
from llmcost.catalog.models import Rates
from llmcost.catalog.names import name_table

_NONE = [None] * len(Rates._fields)


def overlaid(compiled: Compiled, files: Sequence[Document]) -> Compiled:
    """A compiled catalog with the files' models and GPU prices on top; the given one is not changed."""
    from llmcost.catalog.schema import validated

    models = Records(compiled["models"])
    gpu_prices = dict(compiled["gpu_prices"])
    sources = list(compiled["sources"])
    open_models = dict(compiled["open_models"])
    own: Compiled = {}
    facts = {"facts": dict(compiled.get("facts", {})), "tokenizers": dict(compiled.get("tokenizers", {}))}
    regions = list(compiled["regions"])
    matching: Compiled = {}
    for document in files:
        kind = validated(document, user=True)
        reader = _Appending(sources)
        if kind == "open_models":
            open_models |= reader.open_models(document)
            continue
        if kind == "facts":
            for part, stated in reader.facts(document, list(models)).items():
                facts[part] |= stated
            continue
        if kind == "regions":
            regions[:0] = reader.regions(document)  # the user's hold before the catalog's
            continue
        if kind == "gpu":
            for gpu, entries in reader.gpu_prices(document).items():
                theirs = {entry[0].lower() for entry in entries}
                kept = [entry for entry in gpu_prices.get(gpu, ()) if entry[0].lower() not in theirs]
                gpu_prices[gpu] = kept + entries
            continue
        collect_matching(document.data, matching)
        for model, record in reader.models(document).items():
            models[model] = own[model] = _merged(models.get(model), record)
    names = name_table(own)
    prefixes = {**compiled["prefixes"], **names.prefixes}
    return {
        **compiled,
        "models": models,
        "gpu_prices": gpu_prices,
        "open_models": open_models,
        **facts,
        "sources": sources,
        "regions": regions,
        "matching": _with_rules(compiled["matching"], matching),
        "names": {**compiled["names"], **names.exact},
        "prefixes": prefixes,
    }


class _Appending(Reader):
    """A reader that adds its sources to a table that exists."""

    def __init__(self, sources: list[list[str | None]]) -> None:
        super().__init__()
        self.sources = sources


def _merged(catalog: Compiled | None, user: Compiled) -> Compiled:
    """The catalog's record under the user's. Every entry is complete for its time."""
    if catalog is None:
        return {
            **user,
            "prices": [[*entry, [[f, None] for f, _ in _set(entry)], entry[2]] for entry in user["prices"]],
        }
    days = {entry[0] or "" for entry in [*catalog["prices"], *user["prices"]]}
    prices = []
    for day in sorted(days):
        ours = _last([entry for entry in catalog["prices"] if (entry[0] or "") <= day])
        theirs = _last([entry for entry in user["prices"] if (entry[0] or "") <= day])
        if theirs is None:
            prices.append(ours)
        elif ours is None:
            prices.append([day or None, *theirs[1:9], [[f, None] for f, _ in _set(theirs)], theirs[2]])
        else:
            prices.append(_entry(day or None, ours, theirs))
    return {**catalog, **user, "name": catalog["name"], "prices": prices}


def _last(entries: list[Any]) -> Any:
    return entries[-1] if entries else None


def _entry(day: str | None, ours: list[Any], theirs: list[Any]) -> list[Any]:
    before = dict(_set(ours))
    earlier = dict(ours[9]) if len(ours) > 9 else {}
    marks = {**earlier, **{field: earlier.get(field, before.get(field)) for field, _ in _set(theirs)}}
    return [
        day,
        _over(ours[1], theirs[1]),
        ours[2],
        _over(ours[3] or _NONE, theirs[3] or _NONE) if ours[3] or theirs[3] else None,
        theirs[4] or ours[4],
        {**ours[5], **theirs[5]},
        _over(ours[6], theirs[6]),
        theirs[7] or ours[7],
        _details(ours[8], theirs[8]),
        [[field, figure] for field, figure in marks.items()],
        theirs[2],
    ]


def _with_rules(rules: str, own: Compiled) -> str:
    """The rules of matching with the user's before the catalog's."""
    if not any(about["models"] for about in own.values()):
        return rules
    merged = json.loads(rules)
    for provider, about in own.items():
        known = merged.setdefault(provider, {"models": []})
        merged[provider] = {**known, **about, "models": [*about["models"], *known["models"]]}
    return json.dumps(merged)


def _details(ours: Compiled | None, theirs: Compiled | None) -> Compiled | None:
    """The other figures, each of the user's in place of the catalog's."""
    if not theirs:
        return ours
    merged = {**(ours or {}), **theirs}
    for key in ("other", "other_batch"):
        merged[key] = {**((ours or {}).get(key) or {}), **(theirs.get(key) or {})}
    return {key: value for key, value in merged.items() if value}


def _over(ours: list[Any], theirs: list[Any]) -> list[Any]:
    return [o if t is None else t for o, t in zip(ours, theirs, strict=True)]


def _set(entry: list[Any]) -> Iterator[tuple[str, float | None]]:
    """The fields that an entry gives, with their figures; compound ones by name alone."""
    figures = [*zip(Rates._fields, entry[1], strict=True), *zip(PER_HOUR, entry[6], strict=True)]
    figures += zip((f"batch.{field}" for field in Rates._fields), entry[3] or _NONE, strict=True)
    details = entry[8] or {}
    figures += details.get("other", {}).items()
    figures += ((f"batch.{field}", figure) for field, figure in details.get("other_batch", {}).items())
    for field, figure in figures:
        if figure is not None:
            yield field, figure
    if entry[4]:
        yield "long_context", None
    for variant in entry[5]:
        yield f"variants.{variant}", None
