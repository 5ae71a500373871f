"""The most requests a second that a replica serves within limits on latency, and the chance that they hold.

Every limit is worse the more requests are in flight, so the most that hold them all is bisected. The
model may be off: ln(measured/predicted) is taken as normal with the spread that rows left out of the
fit showed, which gives the chance that a limit holds and what has to be kept for a stated chance.
"""

from math import exp, log
from statistics import NormalDist
from typing import NamedTuple

from llmcost.capacity.latency import Load, Replica, replica, with_in_flight
from llmcost.capacity.setup import Setup

# ln of how far the model's times may be off at either end of the 90 % interval (docs/methods/self-hosting.md).
TIME_BAND = {"first token": 1.45, "time a token": 0.42, "answer": 0.42}
_Z90 = NormalDist().inv_cdf(0.95)


class Limits(NamedTuple):
    """Seconds that may not be exceeded, the network left out; None is no limit.

    `percentile` 0.95 holds the first two for 95 % of the requests, None on average; `answer` is the
    99th percentile always. `confidence` sizes for that chance that the limits hold.
    """

    first_token: float | None = None
    token: float | None = None
    answer: float | None = None
    percentile: float | None = None
    confidence: float | None = None

    @property
    def stated(self) -> bool:
        """Whether there is any limit."""
        return any(limit is not None for limit in (self.first_token, self.token, self.answer))


class Goodput(NamedTuple):
    """What a replica serves within the limits; `requests_per_second` 0: not even one request alone holds them.

    `load` is the replica at that rate, `binds` what keeps the next request out, `chance` that all
    limits hold there.
    """

    requests_per_second: float
    load: Load
    binds: str
    chance: float


def goodput(
    setup: Setup, input_tokens: float, output_tokens: float, limits: Limits, spread: float = 0.0
) -> Goodput | None:
    """The most that one replica serves within the limits; None where the model does not fit."""
    one = replica(setup, input_tokens, output_tokens, spread)
    return None if one is None else goodput_of(one, limits)


def goodput_of(one: Replica, limits: Limits) -> Goodput:
    """The same for a replica that is ready: bisects the requests in flight between one and all that fit."""
    kept = _kept_for(limits)
    load, binds = _tried(one, one.most, kept)
    if not binds:
        return Goodput(load.requests_per_second, load, "memory", chance(one, load, limits))
    least = min(1.0, one.most)
    load, why = _tried(one, least, kept)
    if why:  # one request at a time, arriving ever more rarely, waits for nobody
        alone, failed = _tried(one, least / 1e6, kept)
        if failed:
            return Goodput(0.0, alone, failed, chance(one, alone, limits))
        low, high = least / 1e6, least
    else:
        low, high = least, one.most
    for _ in range(30):
        middle = (low + high) / 2
        load, why = _tried(one, middle, kept)
        if why:
            high, binds = middle, why
        else:
            low = middle
        if high - low < 1e-4 * high:
            break
    load = _tried(one, low, kept)[0]
    return Goodput(load.requests_per_second, load, binds, chance(one, load, limits))


def _kept_for(limits: Limits) -> Limits:
    """The limits less what the model may be off, where they are to hold with a stated chance."""
    if limits.confidence is None:
        return limits
    z = NormalDist().inv_cdf(min(limits.confidence, 1 - 1e-9))
    factor = {name: exp(-z * off / _Z90) for name, off in TIME_BAND.items()}
    return limits._replace(
        first_token=None if limits.first_token is None else limits.first_token * factor["first token"],
        token=None if limits.token is None else limits.token * factor["time a token"],
        answer=None if limits.answer is None else limits.answer * factor["answer"],
    )


def times_of(one: Replica, load: Load, limits: Limits) -> list[tuple[str, float, float]]:
    """Each limit's name, what the load takes, and the limit, in seconds."""
    found = []
    if limits.first_token is not None:
        found.append(("first token", load.queue_s + load.first_token_s, limits.first_token))
    if limits.token is not None and one.timed.output_tokens > 1:
        found.append(("time a token", load.token_s, limits.token))
    if limits.answer is not None:
        slow = with_in_flight(one, load.in_flight, 0.99)
        whole = slow.queue_s + slow.first_token_s + max(one.timed.output_tokens - 1, 0.0) * slow.token_s
        found.append(("answer", whole, limits.answer))
    return found


def _tried(one: Replica, in_flight: float, limits: Limits) -> tuple[Load, str]:
    load = with_in_flight(one, in_flight, limits.percentile)
    return load, next((name for name, takes, limit in times_of(one, load, limits) if takes > limit), "")


def chance(one: Replica, load: Load, limits: Limits) -> float:
    """The chance that all limits hold at this load: the least of them, since one error moves all times."""
    found = [
        NormalDist(0.0, TIME_BAND[name] / _Z90).cdf(log(limit / takes)) if 0 < takes < float("inf") else 0.0
        for name, takes, limit in times_of(one, load, limits)
    ]
    return min(found, default=1.0)
