"""Reads the providers of the genai-prices package into the shape of `pricing/api/*.yaml`.

A model's price there is a list of conditions, the last one that holds wins; here it is one complete
entry a day of change. Times of day and service tiers become named variants; a price tier by input
size becomes `long_context`. Objects are only looked at, so a test may bring its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

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
BUCKETS = {
    "input_per_mtok": "input_mtok",
    "output_per_mtok": "output_mtok",
    "cached_input_per_mtok": "cache_read_mtok",
    "cache_write_per_mtok": "cache_write_mtok",
    "cache_write_1h_per_mtok": "cache_write_1h_mtok",
}
_NO_TEXT_MODEL = re.compile(
    r"audio|image|banana|tts|embed|realtime|transcribe|moderation|\bocr|-ocr|video|robotics|-live|live-|voice|voxtral"
    r"|whisper|sonic|orpheus|omni|:free|:extended|^ft:|\.ft-",
    re.IGNORECASE,
)
# Names that have moved on to a newer model, while genai-prices 0.2.3 still has them at the old one's price:
# Mistral's own pages call Large 3 (0.5 and 1.5 USD) the latest, not Large 2 (2 and 6 USD).
_MOVED_NAMES = {"mistral-large-latest"}
_CHECKED = re.compile(r"(?:verified|checked)[^.;]{0,40}? on (\d{4}-\d\d-\d\d)", re.IGNORECASE)
_URL = re.compile(r"https://[^\s,;)\"']+")
_DATED = re.compile(r"\^([\w\\./:-]+?)(?:\[-@\]|-)(?:\\d\{8\}|\\d\{4\}-\\d\{2\}-\\d\{2\})\$")
_QUARTERS = [(hour, minute) for hour in range(24) for minute in (0, 15, 30, 45)]

Plain = dict[str, Any]


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
    files = {}
    for name in PROVIDERS:
        if name in known:
            files[name] = _provider(known[name], published_in, packaged_on)
    return files


def _provider(provider: Any, published_in: str, packaged_on: date) -> Plain:
    models = {}
    for model in sorted(provider.models, key=lambda model: model.id):
        if _NO_TEXT_MODEL.search(model.id) or _is_hearsay(model.price_comments or ""):
            continue
        entries = list(_entries(model))
        if not entries:
            continue
        for entry in entries:
            entry["source"] = _source(provider, model, entry["effective_from"], published_in, packaged_on)
        about: Plain = {"name": model.name or model.id}
        own = (f"{provider.id}/", f"{provider.id}:")
        aliases = [
            a
            for a in dict.fromkeys(_aliases(model.match))
            if a not in _MOVED_NAMES | {model.id} and not a.startswith(own)
        ]
        if aliases:
            about["aliases"] = aliases
        if model.context_window:
            about["context_window"] = str(model.context_window)
        if model.deprecated:
            about["deprecated"] = True
        models[model.id] = {**about, "prices": entries}
    return {"provider": provider.id, "name": provider.name, "models": models}


def _is_hearsay(comments: str) -> bool:
    """Whether the price is a reseller's that nobody has seen on the provider's own page."""
    return comments.startswith("Imported from OpenRouter") and "Verified against" not in comments


def _entries(model: Any) -> Iterator[Plain]:
    """One complete entry a day of change, oldest first; none where input or output has no price."""
    conditions = model.prices if isinstance(model.prices, list) else [_Always(model.prices)]
    variants = model.price_variants or []
    days = {_start(item.constraint) for item in [*conditions, *variants]} - {None}
    before: Plain | None = None
    for day in [None, *sorted(day for day in days if day is not None)]:
        entry = _entry(conditions, variants, day)
        if entry is None or entry == before:
            continue
        before = entry
        yield {"effective_from": None if day is None else day.isoformat(), **entry}


class _Always:
    """A price without a condition."""

    constraint = None

    def __init__(self, prices: Any) -> None:
        self.prices = prices


def _entry(conditions: list[Any], variants: list[Any], day: date | None) -> Plain | None:
    by_hour: dict[int, list[tuple[int, int]]] = {}
    for quarter in _QUARTERS:
        by_hour.setdefault(_holding(conditions, day, quarter), []).append(quarter)
    usual, *others = sorted(by_hour, key=lambda position: -len(by_hour[position]))
    standard = _figures(conditions[usual].prices)
    if _base(standard.get("input_per_mtok")) <= 0 or _base(standard.get("output_per_mtok")) <= 0:
        return None
    batch: Plain = {}
    named: dict[str, Plain] = {}
    for variant in variants:
        start = _start(variant.constraint)
        if start is not None and (day is None or start > day):
            continue
        name = _variant_name(variant.when)
        target = batch if name == "batch" else named.setdefault(name, {}) if name else {}
        for field, price in _figures(variant.prices).items():
            target.setdefault(field, price)
    entry = _rates_and_tiers(standard, batch)
    shown = {name: _rates_and_tiers({**standard, **own}) for name, own in named.items() if own}
    hours: dict[str, list[tuple[int, int]]] = {}
    for position in others:
        figures = _figures(conditions[position].prices)
        name = "peak" if _base(figures["input_per_mtok"]) > _base(standard["input_per_mtok"]) else "off-peak"
        hours.setdefault(name, []).extend(by_hour[position])
        shown[name] = _rates_and_tiers(figures)
    for name, quarters in hours.items():
        shown[name]["note"] = f"{_spans(quarters)} UTC"
    if shown:
        entry["variants"] = shown
    return entry


def _holding(conditions: list[Any], day: date | None, quarter: tuple[int, int]) -> int:
    """The position of the condition that holds at a time of a day; the last one wins.

    A daily window carries no date of its own: it belongs to the latest start listed before it.
    """
    holding, begun = 0, True
    for position, condition in enumerate(conditions):
        constraint = condition.constraint
        start = _start(constraint)
        if hasattr(constraint, "start_time"):
            if begun and _within(constraint, quarter):
                holding = position
        elif start is None:
            holding = position
        else:
            begun = day is not None and start <= day
            if begun:
                holding = position
    return holding


def _start(constraint: Any) -> date | None:
    return getattr(constraint, "start_date", None)


def _within(window: Any, quarter: tuple[int, int]) -> bool:
    start = (window.start_time.hour, window.start_time.minute)
    end = (window.end_time.hour, window.end_time.minute)
    return start <= quarter < end if start <= end else quarter >= start or quarter < end


def _spans(quarters: list[tuple[int, int]]) -> str:
    """`01:00-04:00 and 06:00-10:00` from the quarters of an hour that a price holds."""
    minutes = sorted(hour * 60 + minute for hour, minute in quarters)
    spans: list[list[int]] = []
    for minute in minutes:
        if spans and spans[-1][1] == minute:
            spans[-1][1] = minute + 15
        else:
            spans.append([minute, minute + 15])
    if len(spans) > 1 and spans[0][0] == 0 and spans[-1][1] == 24 * 60:
        spans[0][0] = spans.pop()[0]
    clock = [f"{a // 60:02d}:{a % 60:02d}-{b // 60 % 24:02d}:{b % 60:02d}" for a, b in spans]
    return " and ".join(clock)


def _figures(prices: Any) -> Plain:
    values = {field: prices.__dict__.get(key) for field, key in BUCKETS.items()}
    return {field: value for field, value in values.items() if value is not None}


def _variant_name(when: dict[str, str]) -> str | None:
    """`batch`, or the name of a service tier; None for what no catalog variant stands for."""
    if len(when) != 1:
        return None
    key, value = next(iter(when.items()))
    if key == "processing":
        return "batch" if value == "batch" else None
    return value if key in ("service_tier", "speed") and value != "default" else None


def _base(price: Any) -> Decimal:
    return Decimal(0) if price is None else Decimal(getattr(price, "base", price))


def _rates_and_tiers(standard: Plain, batch: Plain | None = None) -> Plain:
    batch = batch or {}
    both = [*standard.values(), *batch.values()]
    starts = {tier.start for price in both for tier in getattr(price, "tiers", ())}
    result: Plain = {field: _text(_base(price)) for field, price in standard.items()}
    if batch:
        result["batch"] = {field: _text(_base(price)) for field, price in batch.items()}
    tiers = []
    for start in sorted(starts):
        tier: Plain = {"above_tokens": str(start)}
        tier |= {field: _text(_above(price, start)) for field, price in standard.items()}
        if batch:
            tier["batch"] = {field: _text(_above(price, start)) for field, price in batch.items()}
        tiers.append(tier)
    if tiers:
        result["long_context"] = tiers
    return result


def _above(price: Any, start: int) -> Decimal:
    """The price of a request with more input than `start` tokens."""
    begun = [tier for tier in getattr(price, "tiers", ()) if tier.start <= start]
    return Decimal(max(begun, key=lambda tier: tier.start).price) if begun else _base(price)


def _text(figure: Decimal) -> str:
    return format(figure.normalize(), "f")


def _source(provider: Any, model: Any, effective_from: str | None, published_in: str, packaged_on: date) -> Plain:
    """The page named beside the price; a day of checking only where it is this entry's own."""
    comments = model.price_comments or ""
    urls = [url.rstrip(".:") for url in _URL.findall(comments)]
    pages = [url for url in urls if "pricing" in url.split("#")[0]]
    fitting = pages or list(provider.pricing_urls or ())
    checked = effective_from if effective_from in _CHECKED.findall(comments) else None
    return {
        "title": f"{provider.name} price page",
        "url": fitting[0] if fitting else None,
        "checked_on": checked,
        "published_in": published_in,
        "packaged_on": packaged_on.isoformat(),
    }


def _aliases(match: Any) -> Iterator[str]:
    """Exact names, and `name*` for prefixes; what only a general pattern can say is left out."""
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
