"""Which factors two results differ in: prices with their sources, and what was given or assumed.

The charges of a result carry each factor with its origin, so a saved result tells why a cost
changed as well as a scenario does. Only architectures that both sides have are compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from llmcost.difference.change import Change, added, changed, removed, same
from llmcost.difference.side import Side


class _Found(NamedTuple):
    """A factor's value, whose figure it is, and since when or by which rule."""

    value: float | None
    source: str
    rule: str
    unit: str

    @property
    def why(self) -> str:
        return ", ".join(filter(None, (self.source, self.rule)))


BUCKETS = ("input", "output", "cached input", "cache write")  # what a model is paid for, charge by charge
_Factors = dict[str, list[_Found]]


def price_changes(old: Side, new: Side) -> list[Change]:
    """Every price that both sides pay and that is not the same, with the source of each."""
    both = [name for name in old.rows if name in new.rows]
    before, after = _prices(old, both), _prices(new, both)
    found: list[Change] = []
    for path, was in before.items():
        found += _between(path, was, after.get(path, []))
    # A router that calls a model pays the model's price: one line says it.
    models = {(c.path.rpartition(".")[2], c.old, c.new) for c in found if c.path.startswith("prices.")}
    return [c for c in found if c.path.startswith("prices.") or (c.path.rpartition(".")[2], c.old, c.new) not in models]


def _prices(side: Side, names: list[str]) -> _Factors:
    found: _Factors = {}
    for name in names:
        for charge in side.rows[name]["charges"]:
            for factor in charge["factors"]:
                if factor.get("source") is not None or factor["origin"] == "catalog":
                    path = _price_path(charge, factor, side)
                    each = _Found(factor["value"], _source(factor), factor["rule"], factor.get("unit", ""))
                    if each not in found.setdefault(path, []):
                        found[path].append(each)
    return found


def _price_path(charge: dict[str, Any], factor: dict[str, Any], side: Side) -> str:
    group, name = charge["group"], factor["name"]
    if group in side.rows and not charge["name"].startswith(BUCKETS):  # its own: a GPU's, a router's
        return f"architectures.{group}.{charge['name'] + '.' if name.endswith('_per_mtok') else ''}{name}"
    return f"prices.{group}.{'batch.' if ', batch' in charge['name'] else ''}{name}"


def _source(factor: dict[str, Any]) -> str:
    """`Anthropic price page (genai-prices 0.2.3)`; empty for the user's own, whose rule says so."""
    source = factor["source"]
    if source is None or factor["origin"] == "given":
        return ""
    return f"{source['title']} ({source['published_in']})" if source.get("published_in") else str(source["title"])


def _between(path: str, old: list[_Found], new: list[_Found]) -> Iterator[Change]:
    """Equal prices pair off; of what is left, one for one is a change, all else comes and goes."""
    gone = [one for one in old if not any(same(one.value, other.value) for other in new)]
    came = [one for one in new if not any(same(one.value, other.value) for other in old)]
    if not new or not (gone or came):
        return
    if len(gone) == len(came):
        for was, now in zip(gone, came, strict=True):
            yield changed("price", path, was.value, now.value, unit=now.unit, why=_both(was, now))
        return
    for was in gone:
        yield removed("price", path, was.value, unit=was.unit, why=was.why)
    for now in came:
        yield added("price", path, now.value, unit=now.unit, why=now.why)


def _both(old: _Found, new: _Found) -> str:
    """Both sources; one that stands behind both prices is named once."""
    if old.why == new.why:
        return new.why
    before = old.why if old.source != new.source else old.rule or "no start date known"
    return f"{new.why}; before: {before}"


class _Place(NamedTuple):
    """Where a factor stands in the charges; `position` tells like-named charges apart."""

    architecture: str
    group: str
    charge: str
    position: int
    factor: str


class _Pair(NamedTuple):
    old: _Found
    new: _Found

    @property
    def alike(self) -> bool:
        return same(self.old.value, self.new.value)


def stated_changes(old: Side, new: Side) -> list[Change]:
    """What was given or assumed and is not the same: for results whose scenario is not at hand.

    A factor that changes alike wherever it stands (`requests_per_month` in each charge) is one
    line, one that changes alike for a model of an architecture is one too.
    """
    before, after = _stated(old, new.rows), _stated(new, old.rows)
    pairs = {place: _Pair(was, after[place]) for place, was in before.items() if place in after}
    found: list[Change] = []
    for factor in dict.fromkeys(place.factor for place in pairs):
        found += _named_widely({place: pair for place, pair in pairs.items() if place.factor == factor}, 0)
    named = {change.path for change in found}
    return found + [change for change in _assumption_changes(old, new) if change.path not in named]


def _named_widely(pairs: dict[_Place, _Pair], depth: int) -> Iterator[Change]:
    """One line for all of them where they change alike, else for each architecture, model, charge."""
    values = list(pairs.values())
    if all(pair.alike for pair in values):
        return
    first, place = values[0], next(iter(pairs))
    if depth == 4 or all(same(p.old.value, first.old.value) and same(p.new.value, first.new.value) for p in values):
        parts = ("architectures", *map(str, place[:depth])) if depth else ()
        path = ".".join(part for part in (*parts, place.factor) if part)
        unit, why = first.new.unit, first.new.rule
        yield changed("input", path, first.old.value, first.new.value, unit=unit, why=why)
        return
    for part in dict.fromkeys(each[depth] for each in pairs):
        yield from _named_widely({each: pair for each, pair in pairs.items() if each[depth] == part}, depth + 1)


def _stated(side: Side, names: Iterable[str]) -> dict[_Place, _Found]:
    """Every factor of these architectures that was given or assumed, by its place."""
    found: dict[_Place, _Found] = {}
    for name in (each for each in side.rows if each in names):
        for charge in side.rows[name]["charges"]:
            for factor in charge["factors"]:
                if factor["origin"] in ("given", "assumed") and factor.get("source") is None:
                    place = _Place(name, charge["group"], charge["name"], 0, factor["name"])
                    while place in found:
                        place = place._replace(position=place.position + 1)
                    unit = "share" if factor["name"].endswith("share") else ""
                    assumed = "assumed" if factor["origin"] == "assumed" else ""
                    found[place] = _Found(factor["value"], "", assumed, unit)
    return found


def _assumption_changes(old: Side, new: Side) -> Iterator[Change]:
    before, after = ({one["name"]: one["value"] for one in side.assumptions} for side in (old, new))
    for name, was in before.items():
        if name in after and not same(was, after[name]):
            yield changed("input", name, was, after[name], why="assumed")
