"""How an architecture stands to what is required, in a few words and a tone: the last column of a comparison."""

from __future__ import annotations

from collections.abc import Sequence

from llmcost.economics.gates import Judged
from llmcost.render.page import Cell, Tone, text

# Requirements by the words that people use for them; a segment's own stands behind its name.
_NAMES = {
    "min_quality_kept": "quality",
    "max_monthly_cost": "budget",
    "payback_within_months": "payback",
    "p99_latency_ms": "p99 latency",
    "first_token_ms": "first token",
    "token_ms": "time per token",
    "air_gapped": "air gap",
    "gpu_operations": "GPU operations",
    "restricted_data": "restricted data",
}


def requirement(name: str) -> str:
    """A requirement in plain words: `segments.draft.min_quality_kept` is `quality of draft`."""
    segment, _, last = name.removeprefix("segments.").rpartition(".")
    words = _NAMES.get(last, last.replace("_", " "))
    return f"{words} of {segment}" if segment else words


def verdict(judged: Sequence[Judged], *, chosen: bool, baseline: bool, served: bool = True) -> Cell:
    """`cheapest`, `fails quality`, `quality unknown`, `payback 42% likely`; the worst standing alone, each requirement once."""
    if chosen:
        return text("cheapest, baseline" if baseline else "cheapest", "good")
    own = ["baseline"] if baseline else []
    if not served:
        return text("; ".join([*own, "not served throughout"]), "bad")
    said: list[str] = []
    tone: Tone = ""
    for status, shade in (("failed", "bad"), ("unknown", "unsure"), ("uncertain", "unsure")):
        found = [each for each in judged if each.status == status]
        if not found:
            continue
        names = ", ".join(dict.fromkeys(requirement(each.requirement) for each in found))
        if status == "failed":
            said.append(f"fails {names}")
        elif status == "unknown":
            said.append(f"{names} unknown")
        else:
            said += [f"{requirement(each.requirement)} {each.chance or 0.0:.0%} likely" for each in found]
        tone = "bad" if shade == "bad" else "unsure"
        break
    return text("; ".join([*own, *said]), tone)


def why(name: str, judged: Sequence[Judged]) -> list[str]:
    """One line for each requirement that is not met: what is known of it, its parts left out."""
    open_ = [each for each in judged if each.status != "met"]
    return [f"{name}, {requirement(each.requirement)}: {_without_parts(each.reason)}" for each in open_]


def _without_parts(reason: str) -> str:
    """A reason without what it is made up of: the details have all of it."""
    return reason.partition("; known: ")[0].partition(": network round trip")[0]


def in_full(name: str, judged: Sequence[Judged]) -> list[str]:
    """The whole reason of each requirement of which `why` leaves parts out."""
    found = [each for each in judged if each.status != "met" and _without_parts(each.reason) != each.reason]
    return [f"{name}, {requirement(each.requirement)}: {each.reason}" for each in found]
