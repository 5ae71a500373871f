"""Prompt caching as providers do it: nothing shorter than a least length is cached, and an entry lives for some minutes.

Writes follow from traffic where `cache_writes: auto` asks for it. With n requests a lifetime for each prefix, arriving
independently, a request finds its prefix gone with chance e^−n, since every read renews it; then it writes what it would
have read. For a share h that is read, h·e^−n/(1 − e^−n) = h/(e^n − 1) of the input is written.
"""

import math
from typing import Any

from llmcost.architectures.token_counts import Counted
from llmcost.arithmetic import Number, all_true, is_array, is_zero, minimum, where
from llmcost.catalog.models import ApiPrice
from llmcost.errors import InputError
from llmcost.estimate import Factor
from llmcost.lengths import LengthDistribution
from llmcost.workload import CACHE_WRITES, Stream

_HOUR = 60.0
_MOST_REQUESTS = 700.0  # a lifetime: beyond, e^n is beyond any number and nothing is ever written
_JUST_BELOW = 1 - 1e-12


def as_cached(stream: Stream, price: ApiPrice, counts: Counted, hours: Number) -> Stream:
    """The stream with the shares that this model can cache, and the writes that follow from its traffic.

    Raises InputError where prompts are too short to be cached at all, or a lifetime is not known.
    """
    if is_zero(stream.cached_share.value) and is_zero(_written(stream)):
        return stream
    stream = _long_enough(stream, price, counts)
    return _with_writes(stream, price, hours) if stream.cache_writes in CACHE_WRITES else stream


def _written(stream: Stream) -> Number:
    return stream.cache_write_share.value + stream.cache_write_1h_share.value


def _long_enough(stream: Stream, price: ApiPrice, counts: Counted) -> Stream:
    least = price.facts.min_cacheable_tokens
    if least is None or is_zero(least) or not stream.requests_known or stream.measured:
        return stream
    if is_zero(stream.cached_share.value):  # nothing is saved: what is stated as written is billed as stated
        return stream
    sizes = LengthDistribution(stream.input_tokens.value * counts.input_factor, stream.input_sigma)
    share = stream.cached_share.value + _written(stream)
    if is_array(least):
        possible: Number = where(sizes.mean >= least, 1.0, 0.0)
    else:
        possible = sizes.token_share_above(least * _JUST_BELOW)
    if all_true(possible >= share - 1e-9):
        return stream
    if (is_array(possible) or is_array(share)) and not is_zero(possible):  # in some draws
        kept = where(share > 0, minimum(possible / where(share > 0, share, 1.0), 1.0), 1.0)
        return _scaled(stream, kept, f"where the prompt reaches {_tokens(least)} tokens")
    raise _too_short(stream, price, sizes, least, possible)


def _scaled(stream: Stream, kept: Number, why: str) -> Stream:
    changed: dict[str, Any] = {}
    for field in ("cached_share", "cache_write_share", "cache_write_1h_share"):
        factor: Factor = getattr(stream, field)
        if not is_zero(factor.value):
            changed[field] = Factor(field, factor.value * kept, "", "derived", f"{field} {why}")
    return stream._replace(**changed)


def _too_short(
    stream: Stream, price: ApiPrice, sizes: LengthDistribution, least: Number, possible: Number
) -> InputError:
    model = price.model.split("/", 1)[-1]
    size = f"{_tokens(sizes.mean)} tokens" + (f" of {stream.segment!r}" if stream.segment else "")
    if is_zero(sizes.sigma):
        what = f"{model} caches no prompt shorter than {_tokens(least)} tokens, and a prompt has {size}"
    else:
        what = (
            f"{model} caches no prompt shorter than {_tokens(least)} tokens: at {size} on average "
            f"{possible * 100:.1f} % of the input lies in prompts that long"
        )
    return InputError(
        what,
        hint=f"give cached_share: 0% in the architecture that calls it, or prompts of {_tokens(least)} tokens and more; "
        f"where the share was measured, prices: {{{model}: {{min_cacheable_tokens: 0}}}}",
    )


def _tokens(value: Number) -> str:
    return "…" if is_array(value) else f"{value:,.6g}"


def _with_writes(stream: Stream, price: ApiPrice, hours: Number) -> Stream:
    for field in ("cache_write_share", "cache_write_1h_share"):
        if getattr(stream, field).origin == "given" and not is_zero(getattr(stream, field).value):
            raise InputError(
                f"{field} and cache_writes: {stream.cache_writes} both say what is written", hint="give one of them"
            )
    an_hour = stream.cache_writes == "auto_1h"
    lifetime = _HOUR if an_hour else price.facts.cache_lifetime_minutes
    if lifetime is None or not stream.requests_known:
        model = price.model.split("/", 1)[-1]
        raise InputError(
            f"how long {model} keeps a cache entry is not known, so the writes do not follow from the traffic"
            if lifetime is None
            else "only the month's tokens are given, so the requests a cache lifetime are not known",
            hint=f"give cache_write_share, or prices: {{{model}: {{cache_lifetime_minutes: 5}}}}"
            if lifetime is None
            else "give requests_per_month, input_tokens and output_tokens, or cache_write_share",
        )
    each = stream.requests / (hours * 60) * lifetime / stream.cache_prefixes.value
    share = stream.cached_share.value * _written_for_read(each)
    if not all_true(share + stream.cached_share.value <= 1 + 1e-9):
        raise InputError(
            f"at {_tokens(each)} requests a cache lifetime a prefix is gone too often for a cached_share of "
            f"{_tokens(stream.cached_share.value * 100)} %",
            hint="give a smaller cached_share, fewer cache_prefixes, or cache_writes: auto_1h",
        )
    rule = f"cached_share ÷ (e^n − 1), n = {_tokens(each)} requests in {_tokens(lifetime)} minutes for each prefix"
    field = "cache_write_1h_share" if an_hour else "cache_write_share"
    changed: dict[str, Any] = {field: Factor(field, share, "", "derived", rule)}
    return stream._replace(**changed)


def _written_for_read(each: Number) -> Number:
    """1/(e^n − 1): tokens written for each token read at n requests a lifetime."""
    if is_array(each):
        import numpy as np

        some = np.maximum(each, 1e-30)
        return where(some > _MOST_REQUESTS, 0.0, 1 / np.expm1(np.minimum(some, _MOST_REQUESTS)))
    return 0.0 if each > _MOST_REQUESTS else 1 / math.expm1(max(each, 1e-30))
