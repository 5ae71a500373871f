"""Makes a price out of its compiled entry: the shape is written down in `compiler`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from llmcost.catalog.models import ApiPrice, Hours, LongContext, Rates
from llmcost.errors import UnknownPrice
from llmcost.estimate import Source

_NO_RATES = Rates()
_NOTHING: dict[str, float] = {}
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def api_price(
    model: str, record: dict[str, Any], position: int, variant: str, source_of: Callable[[int], Source]
) -> ApiPrice:
    """The price of a model's entry in a variant. Raises UnknownPrice where the entry does not have the variant yet."""
    entry = record["prices"][position]
    effective_from, rates, source, batch, long_context, variants, per_hour, note, said, *override = entry
    details: dict[str, Any] = said or _NOTHING
    found = source_of(source)
    if "checked_on" in details:
        found = found._replace(checked_on=_day(details["checked_on"]))
    if variant != "standard":
        if variant not in variants:
            raise _not_yet(model, variant, record["prices"])
        (rates, long_context, note, own), batch = variants[variant], None
        details = _of_variant(details, own or _NOTHING)
        if "checked_on" in details:
            found = found._replace(checked_on=_day(details["checked_on"]))
    return ApiPrice(
        model=model,
        rates=Rates(*rates),
        source=found,
        effective_from=_day(effective_from),
        batch=_rates(batch),
        long_context=tuple(LongContext(above, Rates(*r), _rates(b), *more) for above, r, b, *more in long_context),
        variant=variant,
        variants=tuple(variants),
        tokens_factor=record.get("tokens_factor", 1.0),
        output_tokens_factor=record.get("output_tokens_factor", 1.0),
        reasoning_tokens=record.get("reasoning_tokens", 0.0),
        hosting_usd_per_hour=per_hour[0],
        training_usd_per_mtok=per_hour[1],
        training_usd_per_hour=per_hour[2],
        overridden=tuple((field, figure) for field, figure in override[0]) if override else (),
        override_source=source_of(override[1]) if override else None,
        note=note,
        other=details.get("other", _NOTHING),
        other_batch=details.get("other_batch", _NOTHING),
        batch_checked_on=_day(details.get("batch_checked_on")),
        up_to_tokens=details.get("up_to_tokens"),
        hours=tuple(_hours(variants)) if variant == "standard" and variants else (),
    )


def _of_variant(standard: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """A variant's details: searches and the like cost in it what they cost by standard, unless it says otherwise."""
    other = {field: figure for field, figure in standard.get("other", _NOTHING).items() if "_per_mtok" not in field}
    return {**own, "other": {**other, **own.get("other", _NOTHING)}}


def _not_yet(model: str, variant: str, entries: list[Any]) -> UnknownPrice:
    since = next(entry[0] for entry in entries if variant in entry[5])
    return UnknownPrice(
        f"{model} has no {variant} price before {since}" if since else f"{model} has no {variant} price then",
        hint=f"choose {since or 'an earlier day'} or a later day, or {model} alone",
    )


def _hours(variants: dict[str, Any]) -> Iterator[Hours]:
    """The variants that hold by themselves at some hours."""
    for name, (_, _, _, details) in variants.items():
        if details and "hours" in details:
            spans = tuple((_minute(a), _minute(b)) for a, b in (span.split("-") for span in details["hours"]))
            yield Hours(name, spans, _weekdays(details.get("weekdays")))


def _minute(clock: str) -> int:
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


def _weekdays(written: str | None) -> tuple[int, ...]:
    """`mon-fri`, `sat,sun`: days of the week from 0, Monday; a span may run over Sunday. None is every day."""
    if written is None:
        return tuple(range(7))
    if "-" in written:
        first, last = map(_DAYS.index, written.split("-"))
        return tuple((first + day) % 7 for day in range((last - first) % 7 + 1))
    return tuple(sorted(map(_DAYS.index, written.split(","))))


def _rates(compiled: list[float | None] | None) -> Rates:
    return Rates(*compiled) if compiled else _NO_RATES


def _day(written: str | None) -> date | None:
    return None if written is None else date.fromisoformat(written)


def in_effect(entries: list[list[Any]], day: date) -> int | None:
    """The position of the latest entry that has begun; entries are sorted, an undated one first."""
    written = day.isoformat()
    found = None
    for position, entry in enumerate(entries):
        if entry[0] is None or entry[0] <= written:
            found = position
    return found
