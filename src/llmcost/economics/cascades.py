"""What a cascade of a scenario does: how much its verifiers accept, when it pays, and how good it is.

Two stages: cheaper than always the strong one ⇔ A > (c_s + c_v + c_extra) ÷ (c_L + c_extra), and as
good as it at α* = (1 − β)·p10 ÷ p01 (docs/methods/routing.md). Only the accuracies known: a bound.
"""

from typing import Any, NamedTuple

from llmcost.architectures.api import model_charges
from llmcost.architectures.architecture import Month
from llmcost.architectures.cascade import Cascade
from llmcost.architectures.flow import architecture_of, month_charges
from llmcost.architectures.patterns import extreme_pairs
from llmcost.architectures.prices import Prices
from llmcost.arithmetic import Number, all_true, maximum, minimum, where
from llmcost.economics.horizon import months_of, traffic
from llmcost.economics.quality_kept import Evidence, quality_bound, quality_kept_bound, quality_of
from llmcost.economics.uncertainty import Figure
from llmcost.errors import InputError
from llmcost.estimate import total
from llmcost.scenario import Scenario
from llmcost.workload import Stream


class CascadeFigures(NamedTuple):
    """A cascade in the first month: shares of the requests, USD a request of its ends, and quality.

    `quality` is None where only `quality_bound` is known. `break_even_acceptance` is the share that
    has to be accepted at the first stage for it to cost less than always its last one;
    `parity_false_accept` the verifier's false-accept rate at which it is as good as that.
    `expected_latency_ms` weighs each stage's wait by how often it is reached.
    """

    stages: list[str]
    acceptance: Figure
    reach: list[float]
    cheap_cost_per_request: Figure
    verifier_cost_per_request: Figure
    strong_cost_per_request: Figure
    carried_cost_per_request: Figure
    break_even_acceptance: Figure
    cheaper_than_strong: bool | None
    quality: Figure
    quality_bound: list[float] | None
    quality_kept_bound: list[float] | None
    parity_false_accept: Figure
    parity_false_accept_bound: list[float] | None
    p99_latency_ms: float | None
    expected_latency_ms: float | None


def cascade_outputs(tree: Scenario, prices: Prices) -> dict[Any, Number | None]:
    """The outputs of every cascade that a month can be priced for; none without a workload."""
    if tree.workload is None or not tree.workload.requests_known:
        return {}
    found: dict[Any, Number | None] = {}
    for name, body in tree.architectures.items():
        if not isinstance(body, Cascade):
            continue
        try:
            own = _worked_out(name, tree, prices)
        except InputError:  # a retired stage: the comparison itself says so
            own = {}
        found |= {(("cascade", name), field): own.get(field) for field in CascadeFigures._fields}
    return found


def cascades_of(point: Scenario, prices: Prices, figures: dict[Any, Figure]) -> dict[str, CascadeFigures]:
    """The figures of every cascade, from the outputs above; at the middle of every range."""
    return {
        name: _figures(name, point, prices, figures)
        for name, body in point.architectures.items()
        if isinstance(body, Cascade) and (("cascade", name), "acceptance") in figures
        if figures[("cascade", name), "acceptance"].value is not None
    }


def _worked_out(name: str, scenario: Scenario, prices: Prices) -> dict[str, Number | None]:
    cascade = scenario.architectures[name]
    assert isinstance(cascade, Cascade)  # noqa: S101 - chosen by its kind
    month = months_of(scenario, prices)[0]
    arriving = [cascade.as_sent(stream) for stream in traffic(scenario, month)]
    requests = sum((stream.requests for stream in arriving), 0.0)
    if not all_true(requests > 0):
        return {}
    plain = list(arriving)
    carried = [_last_prompt(cascade, name, stream, month) for stream in arriving]
    on: Number = 0.0
    for stream in arriving:
        on = on + stream.requests * cascade.rates(name, month.evidence, stream.segment)[0].value
    first, last = cascade.stages[0], cascade.stages[-1]
    cheap, strong = (
        _stage_cost(stage, name, [cascade.to_target(stage, stream) for stream in plain], scenario, month) / requests
        for stage in (first, last)
    )
    longer = _stage_cost(last, name, carried, scenario, month) / requests if cascade.carry_rejected else strong
    extra = longer - strong
    checks = [
        charge.cost
        for stream in arriving
        for verifier in cascade.verifiers[:1]
        for charge in verifier.charges("verifier 1", name, stream, month)
    ]
    check = sum(checks[1:], checks[0]) / requests if checks else 0.0
    found: dict[str, Number | None] = {
        "acceptance": 1 - on / requests,
        "cheap_cost_per_request": cheap,
        "verifier_cost_per_request": check,
        "strong_cost_per_request": strong,
        "carried_cost_per_request": extra,
        "quality": quality_of(name, scenario),
    }
    if len(cascade.stages) == 2:
        bottom = strong + extra
        known = bottom > 0
        found["break_even_acceptance"] = where(known, (cheap + check + extra) / where(known, bottom, 1.0), 1.0)
        ends = parity(name, cascade, scenario)
        found["parity_false_accept"] = ends[0] if ends is not None and ends[2] else None
    return found


def _last_prompt(cascade: Cascade, name: str, stream: Stream, month: Month) -> Stream:
    """The stream with the prompt of the last stage, as if all of it got there."""
    longest = stream
    for _, reaching in cascade.reaching(name, stream, month):
        longest = reaching
    return longest._replace(flow=stream.flow)


def _stage_cost(target: str, parent: str, streams: list[Stream], scenario: Scenario, month: Month) -> Number:
    """USD a month if every request went to this stage."""
    if architecture_of(target, parent, scenario.architectures) is None:
        charges = list(model_charges(target, streams, month))
    else:
        charges = month_charges(target, scenario.architectures, streams, month)
    return total(charges, "monthly")


def parity(name: str, cascade: Cascade, scenario: Scenario) -> tuple[Number, Number, bool] | None:
    """α* = (1 − β)·p10/p01: its lowest and highest, and whether it is known exactly. One workload only."""
    if not cascade.errs or len(cascade.stages) != 2 or scenario.segments:
        return None
    evidence = Evidence(scenario)
    beta = cascade.rejection(0, True)
    known = cascade.patterns(name, evidence, "")
    if known is not None:
        found = _parity(known.get("10", 0.0), known.get("01", 0.0), beta)
        return None if found is None else (found, found, True)
    first, last = (evidence.quality(stage, name, "") for stage in cascade.stages)
    if first is None or last is None:
        return None
    ends = []
    for pair in extreme_pairs(first, last):
        found = _parity(pair["10"], pair["01"], beta)
        if found is None:
            return None
        ends.append(found)
    return minimum(ends[0], ends[1]), maximum(ends[0], ends[1]), False


def _parity(p10: Number, p01: Number, beta: Number) -> Number | None:
    """None where the strong model alone is right nowhere: then the cascade is never worse."""
    return (1 - beta) * p10 / p01 if all_true(p01 > 1e-12) else None


def _figures(name: str, point: Scenario, prices: Prices, figures: dict[Any, Figure]) -> CascadeFigures:
    cascade = point.architectures[name]
    assert isinstance(cascade, Cascade)  # noqa: S101 - chosen by its kind
    month = months_of(point, prices)[0]
    arriving = traffic(point, month)
    requests = sum(stream.requests for stream in arriving)
    reach = [0.0] * len(cascade.stages)
    for stream in arriving:
        for position, (_, part) in enumerate(cascade.reaching(name, stream, month)):
            reach[position] += part.requests / requests
    own = {field: figures[("cascade", name), field] for field in CascadeFigures._fields}
    accepted, even = own["acceptance"].value, own["break_even_acceptance"].value
    bound = quality_bound(name, point) if own["quality"].value is None else None
    ends = parity(name, cascade, point)
    kept = quality_kept_bound(name, point)
    return CascadeFigures(
        stages=list(cascade.stages),
        reach=reach,
        cheaper_than_strong=None if accepted is None or even is None else accepted > even,
        quality_bound=None if bound is None else [float(end) for end in bound],
        quality_kept_bound=None if kept is None else list(kept),
        parity_false_accept_bound=[float(ends[0]), float(ends[1])] if ends is not None and not ends[2] else None,
        p99_latency_ms=_wait(name, point, prices),
        expected_latency_ms=_expected_wait(name, cascade, reach, point, prices),
        **{
            field: own[field]
            for field in CascadeFigures._fields
            if field in ("acceptance", "break_even_acceptance", "quality", "parity_false_accept")
            or field.endswith("_cost_per_request")
        },
    )


def _wait(name: str, scenario: Scenario, prices: Prices) -> float | None:
    from llmcost.economics.latencies import wait_of

    found = wait_of("p99_latency_ms", name, scenario, prices).total
    return None if found is None else float(found)


def _expected_wait(name: str, cascade: Cascade, reach: list[float], scenario: Scenario, prices: Prices) -> float | None:
    """Σ P(reach i) × the wait of stage i; None where a stage's is unknown."""
    waits = [
        None if architecture_of(stage, name, scenario.architectures) is None else _wait(stage, scenario, prices)
        for stage in cascade.stages
    ]
    if any(wait is None for wait in waits):
        return None
    return sum(share * (wait or 0.0) for share, wait in zip(reach, waits, strict=True))
