"""Reads the providers of the genai-prices package into the shape of `pricing/api/*.yaml`.

Every model with a price is kept, with all that it is billed by, the names that the package matches
it by (`match`), and what was checked when. What its prices are is read in `origin_prices`. Objects
are only looked at, so a test may bring its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from llmcost.catalog.origin_checks import checks_of
from llmcost.catalog.origin_prices import Plain, entries, unread_fields
from llmcost.errors import InputError

PROVIDERS = (
    "anthropic",
    "openai",
    "google",
    "deepseek",
    "mistral",
    "x-ai",
    "aws",
    "together",
    "groq",
    "fireworks",
    "azure",
    "cohere",
    "cerebras",
    "moonshotai",
    "zai",
    "minimax",
)
# `pricing/finetune` keeps fine-tuned models by hand, with what training and hosting cost.
_KEPT_BY_HAND = re.compile(r"^ft:|\.ft-", re.IGNORECASE)
# Names that have moved on to a newer model, while genai-prices 0.2.3 still has them at the old one's price:
# Mistral's own pages call Large 3 (0.5 and 1.5 USD) the latest, not Large 2 (2 and 6 USD).
_MOVED_NAMES = {"mistral-large-latest"}
_URL = re.compile(r"https://[^\s,;)\"']+")
_DATED = re.compile(r"\^([\w\\./:-]+?)(?:\[-@\]|-)(?:\\d\{8\}|\\d\{4\}-\\d\{2\}-\\d\{2\})\$")


def installed_providers() -> tuple[list[Any], str]:
    """The providers of the installed genai-prices and its name with version, for `published_in`."""
    try:
        from importlib.metadata import version

        from genai_prices.data import providers
    except ImportError:
        raise InputError(
            "the package genai-prices is not installed", hint='pip install "llmcost-cli[prices]"'
        ) from None
    return list(providers), f"genai-prices {version('genai-prices')}"


def provider_files(providers: Iterable[Any], published_in: str, packaged_on: date) -> dict[str, Plain]:
    """Each shipped provider's file as plain data, in the order of PROVIDERS."""
    known = {provider.id: provider for provider in providers}
    return {name: _provider(known[name], published_in, packaged_on) for name in PROVIDERS if name in known}


def unread(providers: Iterable[Any]) -> list[tuple[str, str]]:
    """Every (model, price) of a shipped provider whose unit is unknown here: it would be lost without a word."""
    return [
        (f"{provider.id}/{model.id}", field)
        for provider in providers
        if provider.id in PROVIDERS
        for model in provider.models
        for field in unread_fields(model)
    ]


def _provider(provider: Any, published_in: str, packaged_on: date) -> Plain:
    models: Plain = {}
    unpriced: Plain = {}
    for model in sorted(provider.models, key=lambda model: model.id):
        if _KEPT_BY_HAND.search(model.id):
            continue
        dated = list(entries(model))
        if not dated:
            unpriced[model.id] = _clauses(model.match)
            continue
        for entry in dated:
            entry["source"] = _source(provider, model, published_in, packaged_on)
        checks_of(model.price_comments or "", [entry["effective_from"] for entry in dated]).put_on(dated)
        models[model.id] = {**_about(provider, model), "prices": dated}
    return {"provider": provider.id, "name": provider.name, **_matching(provider, unpriced), "models": models}


def _about(provider: Any, model: Any) -> Plain:
    about: Plain = {"name": model.name or model.id}
    own = (f"{provider.id}/", f"{provider.id}:")
    aliases = [
        a for a in dict.fromkeys(_aliases(model.match)) if a not in _MOVED_NAMES | {model.id} and not a.startswith(own)
    ]
    if aliases:
        about["aliases"] = aliases
    about["match"] = _clauses(model.match)
    if model.context_window:
        about["context_window"] = str(model.context_window)
    if model.deprecated:
        about["deprecated"] = True
    if is_hearsay(model.price_comments or ""):
        about["listed_by"] = "OpenRouter"
    return about


def _matching(provider: Any, unpriced: Plain) -> Plain:
    """How the package tells that a name is this provider's; None where it cannot."""
    found: Plain = {}
    for key, clause in (("model_match", "model_match"), ("provider_match", "provider_match")):
        if getattr(provider, clause, None) is not None:
            found[key] = _clauses(getattr(provider, clause))
    if getattr(provider, "fallback_model_providers", None):
        found["fallback_providers"] = list(provider.fallback_model_providers)
    if getattr(provider, "api_pattern", None):
        found["api_pattern"] = provider.api_pattern
    if unpriced:
        found["unpriced"] = unpriced
    return found


def is_hearsay(comments: str) -> bool:
    """Whether the price is a reseller's that nobody has seen on the provider's own page."""
    return comments.startswith("Imported from OpenRouter") and "Verified against" not in comments


def _source(provider: Any, model: Any, published_in: str, packaged_on: date) -> Plain:
    """The page named beside the price, and the package that it was read in."""
    comments = model.price_comments or ""
    urls = [url.rstrip(".:") for url in _URL.findall(comments)]
    pages = [url for url in urls if "pricing" in url.split("#")[0]]
    fitting = pages or list(provider.pricing_urls or ())
    hearsay = is_hearsay(comments)
    return {
        "title": f"OpenRouter's list of {provider.name} prices" if hearsay else f"{provider.name} price page",
        "url": None if hearsay or not fitting else fitting[0],
        "checked_on": None,
        "published_in": published_in,
        "packaged_on": packaged_on.isoformat(),
    }


def _aliases(match: Any) -> Iterator[str]:
    """Exact names, and `name*` for prefixes: what may be typed. A general pattern only matches logged names."""
    if hasattr(match, "equals"):
        yield match.equals
    elif hasattr(match, "starts_with"):
        yield f"{match.starts_with}*"
    elif hasattr(match, "regex"):
        dated = _DATED.fullmatch(match.regex)
        if dated:
            yield dated[1].replace("\\", "") + "*"
    elif hasattr(match, "or_"):
        for clause in match.or_:
            yield from _aliases(clause)


def _clauses(match: Any) -> list[Any]:
    """A rule of matching as the list that any one of holds: `name`, `start*`, `*end`, `*part*`, `/pattern/`, or a list of all."""
    if hasattr(match, "or_"):
        return [one for clause in match.or_ for one in _clauses(clause)]
    return [_clause(match)]


def _clause(match: Any) -> Any:
    if hasattr(match, "and_"):
        return [inner[0] if len(inner) == 1 else {"any": inner} for inner in map(_clauses, match.and_)]
    if hasattr(match, "equals"):
        return match.equals
    if hasattr(match, "starts_with"):
        return f"{match.starts_with}*"
    if hasattr(match, "ends_with"):
        return f"*{match.ends_with}"
    if hasattr(match, "contains"):
        return f"*{match.contains}*"
    return f"/{match.regex}/"
