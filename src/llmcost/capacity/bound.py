"""What no hardware exceeds, and what a stated rate, price or latency is worth against it.

The bound assumes perfect efficiency and full overlap of computing and reading, all of the memory,
and no limit on the batch (docs/methods/self-hosting.md). A figure above it is impossible; above the
model's band but below the bound it is doubtful.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from llmcost.arithmetic import Number, all_true, maximum
from llmcost.capacity.replica import capacity, memory_bytes
from llmcost.capacity.setup import FOUR_BITS, WEIGHT_BYTES, Setup
from llmcost.capacity.work import (
    always_bytes,
    attention_flop,
    chosen_share,
    hidden_mixture,
    kv_bytes,
    looked_at,
    parameters,
    peak_flops,
    prefill_attention_flop,
    touched,
    weights_bytes,
)
from llmcost.catalog.models import OpenModel
from llmcost.wording import count, usd


class Bound(NamedTuple):
    """Requests a second that physics allows, and what it is that limits them."""

    requests_per_second: Number
    limit: str


class Verdict(NamedTuple):
    """A stated figure held against the model and the bound; rates are a replica's, in requests/s.

    `factor` is how many times the bound is exceeded (below 1: what share of it is used). `modelled`
    and `high` are the model's rate and the top of its band, None where the model does not fit.
    """

    verdict: Literal["plausible", "above_band", "impossible"]
    stated: float
    factor: float
    bound: float
    limit: str
    modelled: float | None
    high: float | None
    message: str


def bound_of(setup: Setup, input_tokens: Number, output_tokens: Number) -> Bound:
    """Requests a second that a replica can serve at the very most, with the limit: compute, bandwidth or memory.

    R_max = B/max(O·(W(B) + B·κ·s)/(BW·n), O·B·(2A + 4Lds)/(F·n) + B·t_p), s = I + O/2, B all that fits, A the
    parameters that a token multiplies, W(B) the bytes of those that B tokens touch; 0 where the weights do not fit.
    """
    setup = _kindest(setup)
    memory = memory_bytes(setup.gpu) * setup.gpus
    room = memory - weights_bytes(setup)
    if room <= 0:
        return Bound(0.0, "memory")
    batch = room / kv_bytes(setup, input_tokens + output_tokens)
    context = input_tokens + output_tokens / 2
    bandwidth = setup.gpu.bandwidth_gb_s * 1e9 * setup.gpus
    steps = output_tokens / (1.0 + setup.accepted_tokens)
    # Seconds a request: its share of the reading, and its own computing.
    read = _read(setup, maximum(batch, 1.0)) / batch + kv_bytes(setup, looked_at(setup.model, context))
    reading = steps * read / bandwidth
    computing = output_tokens * _token_s(setup, context) + _input_s(setup, input_tokens)
    limit = "bandwidth" if all_true(reading > computing) else "compute"
    return Bound(1 / maximum(reading, computing), limit)


def _computing_bound(setup: Setup, input_tokens: float, output_tokens: float) -> Bound:
    setup = _kindest(setup)
    context = input_tokens + output_tokens / 2
    seconds = output_tokens * _token_s(setup, context) + _input_s(setup, input_tokens)
    return Bound(1 / seconds, "compute")


def _kindest(setup: Setup) -> Setup:
    """The reading of what is not stated that allows most: 4-bit weights do not imply keys and values of 2 bytes."""
    low = setup.precision in ("fp8", *FOUR_BITS)
    kept = "fp8" if setup.kv_precision is None and low else setup.kv_precision
    return setup._replace(kv_precision=kept, data_parallel=1)


def _read(setup: Setup, tokens: Number) -> Number:
    """Bytes of the weights that a step of so many tokens reads: of the experts those that it touches."""
    routed = parameters(setup.model).routed * WEIGHT_BYTES[setup.precision]
    return always_bytes(setup) + touched(chosen_share(setup.model), tokens) * routed


def _token_s(setup: Setup, context: Number) -> Number:
    """Seconds to compute a token at the full FLOP/s of all GPUs."""
    active = 2 * parameters(setup.model).active / _best_flops(setup)
    return active + attention_flop(setup.model, looked_at(setup.model, context)) / _attention_flops(setup)


def _input_s(setup: Setup, input_tokens: Number) -> Number:
    """Seconds to compute the input that is not in the cache already."""
    new = input_tokens * (1.0 - setup.prefix_cached)
    active = 2 * parameters(setup.model).active * new / _best_flops(setup)
    return active + prefill_attention_flop(setup.model, new, input_tokens - new) / _attention_flops(setup)


def _best_flops(setup: Setup) -> float:
    """FLOP/s of all GPUs at the precision of the experts, the lowest there is."""
    return peak_flops(setup.gpu, setup.precision) * setup.gpus


def _attention_flops(setup: Setup) -> float:
    """Attention may compute at fp8 where keys and values are kept so."""
    kept = "fp8" if setup.kv_precision == "fp8" else setup.precision
    return max(peak_flops(setup.gpu, kept), peak_flops(setup.gpu, setup.precision)) * setup.gpus


class Fastest(NamedTuple):
    """Seconds that one request alone takes at the very least: its input, the first token, each one after it."""

    prefill: Number
    first_token: Number
    token: Number


def fastest(setup: Setup, input_tokens: Number, output_tokens: Number) -> Fastest:
    """max(work ÷ full FLOP/s, bytes ÷ full bandwidth) of the input, and of a token with the weights read once."""
    setup = _kindest(setup)
    bandwidth = setup.gpu.bandwidth_gb_s * 1e9 * setup.gpus
    weights = _read(setup, 1.0)
    prefill = _input_s(setup, input_tokens)
    context = input_tokens + output_tokens / 2
    step = maximum((weights + kv_bytes(setup, looked_at(setup.model, context))) / bandwidth, _token_s(setup, context))
    return Fastest(prefill, maximum(prefill, weights / bandwidth), step / (1.0 + setup.accepted_tokens))


def fastest_answer(setup: Setup, input_tokens: float, output_tokens: float) -> tuple[float, float]:
    """Seconds until the first token and until the last that one request alone takes at the very least."""
    least = fastest(setup, input_tokens, output_tokens)
    return least.first_token, least.first_token + max(output_tokens - 1, 0.0) * least.token


def all_precisions(setup: Setup) -> list[Setup]:
    """The same replica at every precision that its GPU computes or unpacks, for a figure that does not say which."""
    return [setup._replace(precision=precision) for precision in WEIGHT_BYTES]


def check_rate(
    stated: float, setup: Setup | Sequence[Setup], input_tokens: float, output_tokens: float, what: str = ""
) -> Verdict:
    """A stated rate in requests a second and replica. Several setups: the one that allows most."""
    several = [setup] if isinstance(setup, Setup) else list(setup)
    if hidden_mixture(several[0].model):
        return _not_checkable(stated, what or f"{stated:,.4g} requests a second", several[0].model)
    bounds = [(bound_of(one, input_tokens, output_tokens), one) for one in several]
    (bound, best), *_ = sorted(bounds, key=lambda pair: -pair[0].requests_per_second)
    found = [(served, one) for one in several if (served := capacity(one, input_tokens, output_tokens)) is not None]
    modelled = max((served.requests_per_second for served, _ in found), default=None)
    high = max((served.high for served, _ in found), default=None)
    fits = bound.requests_per_second > 0
    if not fits:  # weights beyond the memory can be read from the host's: then computing alone is the limit
        bound, best = max(
            ((_computing_bound(one, input_tokens, output_tokens), one) for one in several), key=lambda b: b[0]
        )
    factor = stated / bound.requests_per_second
    said = what or f"{stated:,.4g} requests a second"
    size = f"{input_tokens:,.0f} + {output_tokens:,.0f} tokens"
    on = f"{best.model.model} at {best.precision} on {best.gpus:g} × {best.gpu.gpu}, {size} a request"
    if factor > 1 + 1e-9:
        message = (
            f"{said} is impossible: {factor:,.3g} times the physical bound of "
            f"{bound.requests_per_second:,.3g} requests a second, set by {bound.limit} ({on})"
        )
        if not best.prefix_cached and bound.limit == "compute":
            message += "; only an input that is cached already (--prefix-cached) can be served faster"
        return Verdict("impossible", stated, factor, bound.requests_per_second, bound.limit, modelled, high, message)
    if high is None or stated > high:
        known = (
            "none, for the weights are larger than the memory and would have to be read from the host's"
            if not fits
            else "none, for it does not fit with room to serve"
            if modelled is None
            else f"{modelled:,.3g}, {high:,.3g} at most"
        )
        message = (
            f"{said} is doubtful: the capacity model gives {known} ({on}); "
            f"the physical bound is {bound.requests_per_second:,.3g}"
        )
        return Verdict("above_band", stated, factor, bound.requests_per_second, bound.limit, modelled, high, message)
    message = f"{said} is plausible: the capacity model gives {modelled:,.3g} requests a second ({on})"
    return Verdict("plausible", stated, factor, bound.requests_per_second, bound.limit, modelled, high, message)


def _not_checkable(stated: float, what: str, model: OpenModel) -> Verdict:
    message = (
        f"{what} cannot be checked: {model.parameters:,.4g} parameters in {model.layers} layers of width {model.width:,} "
        f"are a mixture of experts, and nothing says how many of them a token uses (active_parameters of {model.model})"
    )
    return Verdict("above_band", stated, 0.0, float("inf"), "unknown", None, None, message)


def check_price(
    usd_per_mtok: float,
    usd_per_gpu_hour: float,
    setup: Setup | Sequence[Setup],
    input_tokens: float,
    output_tokens: float,
    *,
    of: Literal["total", "output"] = "total",
) -> Verdict:
    """A stated price for a million tokens, as the rate that a GPU at its hourly price would have to keep up.

    rate = n·$/h ÷ 3600 ÷ ($/token × tokens a request), with the GPU never idle.
    """
    gpus = (setup if isinstance(setup, Setup) else setup[0]).gpus
    tokens = output_tokens + (input_tokens if of == "total" else 0.0)
    needed = gpus * usd_per_gpu_hour / 3600 / (usd_per_mtok / 1e6 * tokens)
    kind = "output tokens" if of == "output" else "tokens"
    what = (
        f"{usd(usd_per_mtok)} a million {kind} at ${usd_per_gpu_hour:g} a GPU-hour, which takes {count(needed)} requests "
        "a second at all hours,"
    )
    return check_rate(needed, setup, input_tokens, output_tokens, what)


def check_latency(
    stated_ms: float,
    setup: Setup | Sequence[Setup],
    input_tokens: float,
    output_tokens: float,
    *,
    of: Literal["answer", "first_token"] = "answer",
) -> Verdict:
    """A stated time against the fastest that one request alone could take; rates here are answers a second."""
    several = [setup] if isinstance(setup, Setup) else list(setup)
    if hidden_mixture(several[0].model):
        return _not_checkable(1000 / stated_ms, f"{stated_ms:,.4g} ms", several[0].model)
    times = [(fastest_answer(one, input_tokens, output_tokens)[of == "answer"], one) for one in several]
    least, best = min(times, key=lambda pair: pair[0])
    factor = least * 1000 / stated_ms
    size = f"{input_tokens:,.0f} + {output_tokens:,.0f} tokens"
    on = f"{best.model.model} at {best.precision} on {best.gpus:g} × {best.gpu.gpu}, {size}"
    until = "the whole answer" if of == "answer" else "the first token"
    verdict: Literal["plausible", "impossible"] = "impossible" if factor > 1 + 1e-9 else "plausible"
    said = f"{stated_ms:,.4g} ms to {until} is {verdict}: "
    said += f"reading and computing alone take {count(round(least * 1000, 2))} ms ({on})"
    if verdict == "impossible":
        said += f", {factor:,.3g} times as long"
    return Verdict(verdict, 1000 / stated_ms, factor, 1 / least, "latency", None, None, said)
