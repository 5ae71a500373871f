"""Which decisions flip between the two sides: the cheapest, the baseline, a gate, a payback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

from llmcost.difference.side import Side

Quoted = Callable[[str], str]


class Flip(NamedTuple):
    """One decision that is not what it was. `what` is the decision, `old` and `new` how it stood.

    `architecture` is empty where the decision is about all of them; `reason` is the gate's own.
    """

    what: Literal["cheapest", "baseline", "gate", "payback"]
    architecture: str
    gate: str
    old: str | None
    new: str | None
    reason: str
    sentence: str


def flips_of(old: Side, new: Side) -> list[Flip]:
    """All flips, the cheapest first; architectures of one side alone flip nothing by themselves."""
    found = [*_named("cheapest", old.cheapest, new.cheapest), *_named("baseline", old.baseline, new.baseline)]
    for name in (each for each in old.rows if each in new.rows):
        before, after = old.rows[name], new.rows[name]
        found += _gates(name, before, after)
        if name not in (old.baseline, new.baseline) and "payback_month" in after:
            found += _payback(name, before, after)
    return found


def sentence(flip: Flip, quoted: Quoted = str) -> str:
    """The flip in words, names as `quoted` writes them."""
    name = quoted(flip.architecture)
    if flip.what in ("cheapest", "baseline"):
        was, now = ("none" if side is None else quoted(side) for side in (flip.old, flip.new))
        return f"the {flip.what}: {was} → {now}"
    if flip.what == "payback":
        if flip.new is None:
            return f"{name} no longer pays back within the horizon (before: month {flip.old})"
        return f"{name} now pays back, in month {flip.new} (before: never within the horizon)"
    gate = quoted(flip.gate)
    reason = f": {quoted(flip.reason)}" if flip.reason else ""
    if flip.new == "failed":
        return f"{name} now fails {gate}{reason}"
    if flip.new == "unknown":
        return f"{name}: {gate} can no longer be judged{reason}"
    if flip.new == "uncertain":
        return f"{name}: {gate} is uncertain now{reason}"
    return f"{name} no longer fails {gate}" if flip.old == "failed" else f"{name}: {gate} is no longer in doubt"


def _flip(what: Any, architecture: str, gate: str, old: str | None, new: str | None, reason: str = "") -> Flip:
    flip = Flip(what, architecture, gate, old, new, reason, "")
    return flip._replace(sentence=sentence(flip))


def _named(what: str, old: str | None, new: str | None) -> Iterator[Flip]:
    if old != new:
        yield _flip(what, "", "", old, new)


def _gates(name: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Flip]:
    before, after = _standing(old), _standing(new)
    for gate in dict.fromkeys((*before, *after)):
        was, now = before.get(gate, "not failed"), after.get(gate, "not failed")
        if was != now:
            reason = new.get("gate_reasons", {}).get(gate, "")
            yield _flip("gate", name, gate, was, now, reason)


def _standing(row: dict[str, Any]) -> dict[str, str]:
    standing: dict[str, str] = {}
    for status in ("uncertain", "unknown", "failed"):
        standing |= dict.fromkeys(row.get(f"{status}_gates", ()), status)
    return standing


def _payback(name: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Flip]:
    """Gained or lost; where a total is unknown there is no payback to speak of."""
    if old["total_cost"] is None or new["total_cost"] is None:
        return
    was, now = old["payback_month"], new["payback_month"]
    if (was is None) != (now is None):
        yield _flip("payback", name, "", None if was is None else f"{was:g}", None if now is None else f"{now:g}")
