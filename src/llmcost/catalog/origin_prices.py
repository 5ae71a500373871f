"""What a model of genai-prices costs, as one complete entry a day of change.

A model's price there is a list of conditions, the last one that holds wins. Times of day and service
tiers become named variants; a price tier by input size becomes `long_context`.

Two things its data cannot say are read from its comments: that peak prices do not hold at weekends;
and a fast tier with one flat price, where the standard price has a long-context tier, is not sold
above it (OpenAI, "Priority processing"): longer requests are served and billed as standard.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from llmcost.catalog.units import UNITS

FIELDS = {unit.origin: unit.field for unit in UNITS.values()}
_QUARTERS = [(hour, minute) for hour in range(24) for minute in (0, 15, 30, 45)]
_FASTER_THAN_STANDARD = ("priority", "fast")
_AT_WEEKENDS = re.compile(r"[^.]*off-peak all day at weekends[^.]*|[^.]*weekends[^.]* off-peak all day[^.]*", re.I)
_DAY = re.compile(r"from (\d{4}-\d\d-\d\d)", re.I)

Plain = dict[str, Any]


def entries(model: Any) -> Iterator[Plain]:
    """One complete entry a day of change, oldest first; none where every price is 0 or lacking."""
    conditions = model.prices if isinstance(model.prices, list) else [_Always(model.prices)]
    variants = model.price_variants or []
    off_at_weekends = _weekend_rule(getattr(model, "price_comments", None) or "")
    days = {_start(item.constraint) for item in [*conditions, *variants]} | set(off_at_weekends) - {None}
    before: Plain | None = None
    for day in [None, *sorted(day for day in days if day is not None)]:
        entry = _entry(conditions, variants, day)
        if entry is None:
            continue
        if "peak" in entry.get("variants", {}) and any(
            start is None or _begun(start, day) for start in off_at_weekends
        ):
            entry["variants"]["peak"]["weekdays"] = "mon-fri"
        if entry == before:
            continue
        before = entry
        yield {"effective_from": None if day is None else day.isoformat(), **entry}


def unread_fields(model: Any) -> list[str]:
    """The prices of a model whose unit this version does not know."""
    conditions = model.prices if isinstance(model.prices, list) else [_Always(model.prices)]
    held = [item.prices for item in [*conditions, *(model.price_variants or [])]]
    return sorted({key for prices in held for key, value in prices.__dict__.items() if value is not None} - set(FIELDS))


class _Always:
    """A price without a condition."""

    constraint = None

    def __init__(self, prices: Any) -> None:
        self.prices = prices


def _weekend_rule(comments: str) -> list[date | None]:
    """Since when weekends are off-peak all day (None: always); empty where nobody says so."""
    sentence = _AT_WEEKENDS.search(comments)
    if sentence is None:
        return []
    since = _DAY.search(sentence[0])
    return [date.fromisoformat(since[1]) if since else None]


def _begun(start: date | None, day: date | None) -> bool:
    return start is None or (day is not None and start <= day)


def _entry(conditions: list[Any], variants: list[Any], day: date | None) -> Plain | None:
    by_hour: dict[int, list[tuple[int, int]]] = {}
    for quarter in _QUARTERS:
        by_hour.setdefault(_holding(conditions, day, quarter), []).append(quarter)
    usual, *others = sorted(by_hour, key=lambda position: -len(by_hour[position]))
    standard = _figures(conditions[usual].prices)
    if not any(_base(price) > 0 for price in standard.values()):
        return None
    batch, named = _in_force(variants, day)
    entry = _rates_and_tiers(standard, batch)
    shown = {name: _service_tier(name, standard, own) for name, own in named.items() if own}
    hours: dict[str, list[tuple[int, int]]] = {}
    for position in others:
        figures = _figures(conditions[position].prices)
        name = "peak" if _base(figures.get("input_per_mtok")) > _base(standard.get("input_per_mtok")) else "off-peak"
        hours.setdefault(name, []).extend(by_hour[position])
        shown[name] = _rates_and_tiers(
            {field: price for field, price in figures.items() if field.endswith("_per_mtok")}
        )
    for name, quarters in hours.items():
        spans = _spans(quarters)
        shown[name] |= {"hours": spans, "note": f"{' and '.join(spans)} UTC"}
    if shown:
        entry["variants"] = shown
    return entry


def _in_force(variants: list[Any], day: date | None) -> tuple[Plain, dict[str, Plain]]:
    """The batch prices and those of each named variant on a day; of two for one figure the first holds."""
    batch: Plain = {}
    named: dict[str, Plain] = {}
    for variant in variants:
        name = _variant_name(variant.when)
        if name is None or not _begun(_start(variant.constraint), day):
            continue
        target = batch if name == "batch" else named.setdefault(name, {})
        for field, price in _figures(variant.prices).items():
            target.setdefault(field, price)
    return batch, named


def _service_tier(name: str, standard: Plain, own: Plain) -> Plain:
    """A tier's prices, those of tokens filled up with the standard ones; above `up_to_tokens` the standard ones hold alone."""
    standard = {field: price for field, price in standard.items() if field.endswith("_per_mtok")}
    starts = [tier.start for price in standard.values() for tier in getattr(price, "tiers", ())]
    if name not in _FASTER_THAN_STANDARD or not starts or any(getattr(price, "tiers", ()) for price in own.values()):
        return _rates_and_tiers({**standard, **own})
    shown = _rates_and_tiers({**standard, **{field: _base(price) for field, price in own.items()}})
    above = _rates_and_tiers(standard)["long_context"]
    return {**shown, "up_to_tokens": str(min(starts)), "long_context": above}


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


def _spans(quarters: list[tuple[int, int]]) -> list[str]:
    """`01:00-04:00`, `06:00-10:00` from the quarters of an hour that a price holds."""
    minutes = sorted(hour * 60 + minute for hour, minute in quarters)
    spans: list[list[int]] = []
    for minute in minutes:
        if spans and spans[-1][1] == minute:
            spans[-1][1] = minute + 15
        else:
            spans.append([minute, minute + 15])
    if len(spans) > 1 and spans[0][0] == 0 and spans[-1][1] == 24 * 60:
        spans[0][0] = spans.pop()[0]
    return [f"{a // 60:02d}:{a % 60:02d}-{b // 60 % 24:02d}:{b % 60:02d}" for a, b in spans]


def _figures(prices: Any) -> Plain:
    """Prices by our names, in the order of the units."""
    held = prices.__dict__
    return {field: held[key] for key, field in FIELDS.items() if held.get(key) is not None}


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
        tier |= {field: _text(_above(price, start)) for field, price in standard.items() if "per_mtok" in field}
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
