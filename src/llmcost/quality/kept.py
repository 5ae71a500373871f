"""Quality kept: the quality of an architecture divided by the baseline's.

Qualities are 0..1 on the team's own evaluation. A mix's quality is Σ share × quality, the
*random-assignment floor*, unless the architecture states its own or segments route.
"""

from __future__ import annotations

from typing import Any

from llmcost.architectures.architecture import Architecture
from llmcost.architectures.flow import architecture_of
from llmcost.architectures.routed import Routed, shares_of
from llmcost.arithmetic import Number
from llmcost.scenario import Scenario

RANDOM_FLOOR = "random-assignment floor"


def quality_of(name: str, scenario: Scenario) -> Number | None:
    """The quality of an architecture, or None where a part of it is unknown."""
    segments = scenario.segments
    if not segments:
        return _quality(name, scenario, {}, "")
    total: Number = 0.0
    for label, segment in segments.items():
        quality = _quality(name, scenario, segment.quality, label)
        if quality is None:
            return None
        total = total + segment.share * quality
    return total


def quality_kept(name: str, scenario: Scenario) -> Number | None:
    """quality ÷ the baseline's quality, or None where either is unknown."""
    baseline = quality_of(scenario.baseline, scenario) if scenario.baseline else None
    own = quality_of(name, scenario)
    return None if baseline is None or own is None else own / baseline


def is_random_floor(name: str, scenario: Scenario) -> bool:
    """Whether the quality is only that of assigning requests to the mix at random."""
    architecture = scenario.architectures[name]
    stated = architecture.quality is not None or name in scenario.quality
    return (
        isinstance(architecture, Routed) and architecture.mix is not None and len(architecture.mix) > 1 and not stated
    )


def model_quality(model: str, known: Any) -> Number | None:
    """A model's quality under the name it was given, provider and variant left aside."""
    bare = model.partition("@")[0]
    for name in (model, bare, bare.rsplit("/", 1)[-1]):
        if name in known:
            return known[name]  # type: ignore[no-any-return]
    return None


def _quality(name: str, scenario: Scenario, own: dict[str, Any], segment: str) -> Number | None:
    known = {**scenario.quality, **own}
    architecture = scenario.architectures[name]
    if name in known:
        return known[name]  # type: ignore[no-any-return]
    if architecture.quality is not None:
        return architecture.quality
    if isinstance(architecture, Routed):
        return _of_mix(name, architecture, scenario, own, segment)
    model = _served_model(architecture)
    return None if model is None else model_quality(model, known)


def _served_model(architecture: Architecture) -> str | None:
    serving = getattr(architecture, "serving", None)
    model = getattr(architecture, "model", None) or getattr(serving, "model", None)
    return model if isinstance(model, str) else None


def _of_mix(name: str, routed: Routed, scenario: Scenario, own: dict[str, Any], segment: str) -> Number | None:
    if routed.by_segment is None:
        mix: Any = routed.mix
    else:
        target = routed.by_segment.get(segment)
        if target is None:
            return None
        mix = {target: 1.0} if isinstance(target, str) else target
    total: Number = 0.0
    for target, share in shares_of(mix).items():
        if architecture_of(target, name, scenario.architectures) is not None:
            quality = _quality(target, scenario, own, segment)
        else:
            quality = model_quality(target, {**scenario.quality, **own})
        if quality is None:
            return None
        total = total + share.value * quality
    return total
