"""Quality kept: the quality of an architecture divided by the baseline's.

Qualities are 0..1 on the team's own evaluation. A mix's quality is Σ share × quality, the
*random-assignment floor*, unless the architecture states its own or segments route. A cascade's
follows from its verifiers' errors and from who is right together; where only the accuracies of two
stages are known it is a bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from llmcost.architectures.architecture import Architecture
from llmcost.architectures.cascade import Cascade, quality_bounds
from llmcost.architectures.flow import architecture_of
from llmcost.architectures.patterns import Patterns
from llmcost.architectures.routed import Routed, shares_of
from llmcost.arithmetic import Number, is_zero
from llmcost.scenario import Scenario

RANDOM_FLOOR = "random-assignment floor"


class Evidence(NamedTuple):
    """What the scenario knows of quality, as a cascade asks for it: of one of its stages, or of all."""

    scenario: Scenario

    def quality(self, target: str, parent: str, segment: str) -> Number | None:
        """The quality of a stage, a model or an architecture."""
        own = self.scenario.segments[segment].quality if segment in self.scenario.segments else {}
        return _of_target(target, parent, self.scenario, own, segment)

    def patterns(self, stages: Sequence[str], parent: str, segment: str) -> Patterns | None:
        """Who is right together, from the scenario's outcomes; of models, or what serves them alone."""
        outcomes = self.scenario.outcomes
        if outcomes is None:
            return None
        models: list[str] = []
        for stage in stages:
            body = architecture_of(stage, parent, self.scenario.architectures)
            if body is not None and (body.quality is not None or _served_model(body) is None):
                return None
            models.append(stage if body is None else _served_model(body) or stage)
        found: Patterns | None = outcomes.patterns(models, segment)
        return found


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
    """quality ÷ the baseline's quality, or None where either is unknown or the baseline has none to keep."""
    baseline = quality_of(scenario.baseline, scenario) if scenario.baseline else None
    own = quality_of(name, scenario)
    return None if baseline is None or own is None or is_zero(baseline) else own / baseline


def segment_quality_kept(name: str, scenario: Scenario, label: str) -> Number | None:
    """The quality in one segment ÷ the baseline's there, or None where either is unknown."""
    stated = scenario.segments[label].quality
    baseline = _quality(scenario.baseline, scenario, stated, label) if scenario.baseline else None
    own = _quality(name, scenario, stated, label)
    return None if baseline is None or own is None or is_zero(baseline) else own / baseline


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
    if isinstance(architecture, Cascade):
        return _of_cascade(name, architecture, scenario, segment)
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
        quality = _of_target(target, name, scenario, own, segment)
        if quality is None:
            return None
        total = total + share.value * quality
    return total


def _of_target(target: str, parent: str, scenario: Scenario, own: dict[str, Any], segment: str) -> Number | None:
    if architecture_of(target, parent, scenario.architectures) is not None:
        return _quality(target, scenario, own, segment)
    return model_quality(target, {**scenario.quality, **own})


def _of_cascade(name: str, cascade: Cascade, scenario: Scenario, segment: str) -> Number | None:
    """What the verifiers' errors leave of it; None without them, or where it is only a bound."""
    if not cascade.errs:
        return None
    known = cascade.patterns(name, Evidence(scenario), segment)
    return None if known is None else cascade.cascade_quality(known)


def quality_bound(name: str, scenario: Scenario) -> tuple[Number, Number] | None:
    """The lowest and highest quality of a two-stage cascade of which only the accuracies are known."""
    cascade = scenario.architectures[name]
    stated = cascade.quality is not None or name in scenario.quality
    if not isinstance(cascade, Cascade) or stated or not cascade.errs or len(cascade.stages) != 2:
        return None
    evidence = Evidence(scenario)
    low: Number = 0.0
    high: Number = 0.0
    for segment, share in _parts(scenario):
        if cascade.patterns(name, evidence, segment) is not None:
            exact = _of_cascade(name, cascade, scenario, segment)
            ends = None if exact is None else (exact, exact)
        else:
            first, last = (evidence.quality(stage, name, segment) for stage in cascade.stages)
            ends = None if first is None or last is None else quality_bounds(cascade, first, last)
        if ends is None:
            return None
        low, high = low + share * ends[0], high + share * ends[1]
    return low, high


def quality_kept_bound(name: str, scenario: Scenario) -> tuple[float, float] | None:
    """The bound ÷ the baseline's quality; None where the quality is known, or nothing is."""
    if quality_of(name, scenario) is not None:
        return None
    baseline = quality_of(scenario.baseline, scenario) if scenario.baseline else None
    ends = quality_bound(name, scenario)
    if ends is None or baseline is None or baseline <= 0:
        return None
    return float(ends[0] / baseline), float(ends[1] / baseline)


def _parts(scenario: Scenario) -> list[tuple[str, Number]]:
    if not scenario.segments:
        return [("", 1.0)]
    return [(label, segment.share) for label, segment in scenario.segments.items()]
