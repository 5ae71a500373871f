"""The time of a decode step, of a prefill, and of what a batch of requests takes altogether.

Reading and computing overlap in part: (reading^p + computing^p)^(1/p), p = 1 is one after the other.
The formulas take numbers or arrays; seconds throughout. Sums: docs/methods/self-hosting.md.
"""

from math import log2
from typing import NamedTuple

from llmcost.arithmetic import Number, maximum
from llmcost.capacity.efficiency import Efficiency, efficiency
from llmcost.capacity.setup import Setup
from llmcost.capacity.work import Work, work


class Parts(NamedTuple):
    """A step's seconds by what they are spent on: weights and experts read, cache read, computing, sending, fixed."""

    weights: Number
    cache: Number
    computing: Number
    sending: Number
    fixed: Number


class Timing(NamedTuple):
    """A replica's work with its constants, ready for any batch; `doublings` of the GPUs that share a request."""

    work: Work
    constants: Efficiency
    doublings: float
    stages: float
    output_tokens: Number
    accepted: Number
    disaggregated: bool


def timing(setup: Setup, input_tokens: Number, output_tokens: Number) -> Timing:
    """Everything that does not depend on the batch, worked out once."""
    return Timing(
        work(setup, input_tokens, output_tokens),
        efficiency(setup),
        log2(setup.tensor) if setup.tensor > 1 else 0.0,
        setup.pipeline_parallel,
        output_tokens,
        setup.accepted_tokens,
        setup.disaggregated,
    )


def overlapped(reading: Number, computing: Number, sharpness: float) -> Number:
    """(a^p + b^p)^(1/p): between the larger (p infinite) and the sum (p = 1)."""
    longer: Number = (reading**sharpness + computing**sharpness) ** (1 / sharpness)
    return longer


def step_s(timed: Timing, batch: Number) -> Number:
    """Seconds of one decode step of so many requests on a stage, each of which gets its tokens."""
    w, c = timed.work, timed.constants
    checked = 1.0 + timed.accepted  # tokens of a request that a step multiplies
    own = batch / w.groups
    tokens = batch * checked
    seen = 1.0 - (1.0 - w.share) ** tokens
    dense = overlapped(w.weights / c.bandwidth, own * checked * w.dense / c.flops, c.sharpness)
    experts = overlapped(seen * w.experts / c.expert_bandwidth, tokens * w.expert / c.expert_flops, c.sharpness)
    attention = own * overlapped(w.cache / c.cache_bandwidth, checked * w.attention / c.attention_flops, c.sharpness)
    fixed = (
        w.layers * c.layer_s
        + w.expert_layers * c.expert_layer_s
        + w.sparse_layers * c.sparse_layer_s
        + c.step_s
        + own * c.sequence_s
    )
    hops = (
        w.sends * c.send_s * (1 + c.send_growth * maximum(timed.doublings - 1, 0.0)) + w.expert_sends * c.expert_send_s
    )
    return (
        dense
        + experts
        + attention
        + fixed
        + hops
        + own * checked * w.send / c.link
        + tokens * w.expert_send / c.expert_link
    )


def parts(timed: Timing, batch: float) -> Parts:
    """What a step's seconds are spent on, as if nothing overlapped."""
    w, c = timed.work, timed.constants
    own = batch / w.groups
    seen = 1.0 - (1.0 - w.share) ** batch
    return Parts(
        w.weights / c.bandwidth + seen * w.experts / c.expert_bandwidth,
        own * w.cache / c.cache_bandwidth,
        own * (w.dense / c.flops + w.attention / c.attention_flops) + batch * w.expert / c.expert_flops,
        w.sends * c.send_s + w.expert_sends * c.expert_send_s + own * w.send / c.link,
        w.layers * c.layer_s
        + w.expert_layers * c.expert_layer_s
        + w.sparse_layers * c.sparse_layer_s
        + c.step_s
        + own * c.sequence_s,
    )


def prefill_s(timed: Timing) -> Number:
    """Seconds that one request's input takes of a stage; groups work on different ones side by side."""
    w, c = timed.work, timed.constants
    computing = (
        w.prefill_dense / minimum_one(c.flops * c.prefill) + w.prefill_expert / minimum_one(c.expert_flops * c.prefill)
    ) + w.prefill_attention / c.attention_flops
    return computing + w.new_tokens * (w.send / w.groups / c.link + w.expert_send / c.expert_link) + c.request_s


def minimum_one(share: Number) -> Number:
    """A share, at most 1."""
    return -maximum(-share, -1.0)


class Cycle(NamedTuple):
    """A batch of B requests at once, each of O tokens: its step, its prefill, and the seconds until all are done once."""

    step: Number
    prefill: Number
    busy: Number
    rate: Number


def cycle(timed: Timing, batch: Number) -> Cycle:
    """R = B/(O/(1 + a)·t_d(B/s) + (B/s)·t_p) for s stages and a accepted tokens a step."""
    each = batch / timed.stages
    step, prefill = step_s(timed, each), prefill_s(timed)
    busy = timed.output_tokens / (1.0 + timed.accepted) * step + each * prefill
    return Cycle(step, prefill, busy, batch / busy)
