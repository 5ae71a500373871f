"""Which factors two results differ in: prices with their sources, and what was given or assumed.

The charges of a result carry each factor with its origin, so a saved result tells why a cost
changed as well as a scenario does. Only architectures that both sides have are compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from llmcost.difference.change import Change, added, changed, removed, same
from llmcost.difference.side import Side


class _Found(NamedTuple):
    value: float | None
    why: str
    unit: str


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
                    each = _Found(factor["value"], _source(factor), factor.get("unit", ""))
                    if each not in found.setdefault(path, []):
                        found[path].append(each)
    return found


def _price_path(charge: dict[str, Any], factor: dict[str, Any], side: Side) -> str:
    group, name = charge["group"], factor["name"]
    if group in side.rows and "_per_mtok" in name:
        return f"architectures.{group}.{charge['name']}.{name}"
    if group in side.rows:
        return f"architectures.{group}.{name}"
    return f"prices.{group}.{'batch.' if ', batch' in charge['name'] else ''}{name}"


def _source(factor: dict[str, Any]) -> str:
    """`Anthropic price page (genai-prices 0.2.3), from 2026-10-14`; or that it is the user's own."""
    if factor["origin"] == "given":
        return str(factor["rule"])
    source = factor["source"] or {}
    packaged = f" ({source['published_in']})" if source.get("published_in") else ""
    return ", ".join(filter(None, (f"{source.get('title', '')}{packaged}", factor["rule"])))


def _between(path: str, old: list[_Found], new: list[_Found]) -> Iterator[Change]:
    """Equal prices pair off; of what is left, one for one is a change, all else comes and goes."""
    gone = [one for one in old if not any(same(one.value, other.value) for other in new)]
    came = [one for one in new if not any(same(one.value, other.value) for other in old)]
    if not new or not (gone or came):
        return
    if len(gone) == len(came):
        for was, now in zip(gone, came, strict=True):
            why = now.why if was.why == now.why else f"{now.why}; before: {was.why}"
            yield changed("price", path, was.value, now.value, unit=now.unit, why=why)
        return
    for was in gone:
        yield removed("price", path, was.value, unit=was.unit, why=was.why)
    for now in came:
        yield added("price", path, now.value, unit=now.unit, why=now.why)


def stated_changes(old: Side, new: Side) -> list[Change]:
    """What was given or assumed and is not the same: for results whose scenario is not at hand.

    A factor that changes alike wherever it stands (`requests_per_month` in each charge) is one
    line; another is named with its charge.
    """
    moved: dict[str, dict[str, _Pair]] = {}
    for name in (each for each in old.rows if each in new.rows):
        before, after = _stated(old, name), _stated(new, name)
        for key, was in before.items():
            now = after.get(key)
            if now is not None:
                path = ".".join(filter(None, (f"architectures.{name}", *key[:2], key[3])))
                moved.setdefault(key[3], {})[path] = _Pair(was, now)
    found: list[Change] = []
    for factor, places in moved.items():
        pairs = list(places.values())
        if all(same(pair.old.value, pair.new.value) for pair in pairs):
            continue
        alike = all(same(p.old.value, pairs[0].old.value) and same(p.new.value, pairs[0].new.value) for p in pairs)
        if alike:
            places = {factor: pairs[0]}
        found += [
            changed("input", path, pair.old.value, pair.new.value, unit=pair.new.unit, why=pair.new.why)
            for path, pair in places.items()
            if not same(pair.old.value, pair.new.value)
        ]
    named = {change.path for change in found}
    return found + [change for change in _assumption_changes(old, new) if change.path not in named]


class _Pair(NamedTuple):
    old: _Found
    new: _Found


def _stated(side: Side, name: str) -> dict[tuple[str, str, int, str], _Found]:
    """Factors that were given or assumed, by group, charge, which of its like-named ones, and name."""
    found: dict[tuple[str, str, int, str], _Found] = {}
    for charge in side.rows[name]["charges"]:
        for factor in charge["factors"]:
            if factor["origin"] in ("given", "assumed") and factor.get("source") is None:
                count = 0
                while (key := (charge["group"], charge["name"], count, factor["name"])) in found:
                    count += 1
                unit = "share" if factor["name"].endswith("share") else ""
                assumed = "assumed" if factor["origin"] == "assumed" else ""
                found[key] = _Found(factor["value"], assumed, unit)
    return found


def _assumption_changes(old: Side, new: Side) -> Iterator[Change]:
    before, after = ({one["name"]: one["value"] for one in side.assumptions} for side in (old, new))
    for name, was in before.items():
        if name in after and not same(was, after[name]):
            yield changed("input", name, was, after[name], why="assumed")
