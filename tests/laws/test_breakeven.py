"""Every reported interval holds under brute force: the totals are worked out anew at each volume."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from laws.scenarios import GROWTH, cents, fine_tuned, self_hosted

from llmcost import breakeven, load_catalog, scenario_from
from llmcost.architectures.prices import Prices
from llmcost.economics.breakeven import Breakeven
from llmcost.economics.horizon import estimate

SAME = 1e-9  # totals that differ by less are a tie


@st.composite
def rivals(draw: st.DrawFn) -> dict[str, Any]:
    """Two or three architectures: an API, a fleet, and sometimes a second fleet, a hybrid or a fine-tune."""
    architectures: dict[str, Any] = {
        "api": {"kind": "api", "model": "c", "build": {"set-up": draw(st.integers(0, 5000))}},
        "own": draw(self_hosted()),
    }
    third = draw(st.sampled_from(["", "other", "hybrid", "tuned"]))
    if third == "other":
        architectures["other"] = draw(self_hosted())
    if third == "hybrid":
        architectures["hybrid"] = {"kind": "routed", "mix": {"own": 0.8, "c": 0.2}}
    if third == "tuned":
        architectures["tuned"] = draw(fine_tuned())
    return {
        "start": "2026-12",
        "horizon_months": draw(st.integers(1, 8)),
        "workload": {
            "requests_per_month": 100_000,
            "input_tokens": draw(st.integers(100, 3000)),
            "output_tokens": draw(st.integers(0, 500)),
            "growth_per_month": draw(GROWTH),
        },
        "prices": {name: {"input_per_mtok": draw(cents(0.1, 5)), "output_per_mtok": 1} for name in "abc"},
        "architectures": architectures,
    }


class Totals:
    """Totals at any volume, from the estimates themselves."""

    def __init__(self, written: dict[str, Any]) -> None:
        self.scenario = scenario_from(written)
        self.prices = Prices(load_catalog(), self.scenario.prices, self.scenario.successors)

    def at(self, n: int) -> dict[str, float]:
        workload = self.scenario.workload.model_copy(update={"requests_per_month": float(n)})
        scenario = self.scenario.model_copy(update={"workload": workload})
        return {name: estimate(name, scenario, self.prices).total_cost or 0.0 for name in scenario.architectures}

    def check(self, n: int, winner: str) -> None:
        """The winner's total at this volume is the lowest."""
        found = self.at(n)
        lowest = min(found.values())
        assert found[winner] <= lowest + SAME * max(abs(lowest), 1.0), (n, winner, found)


def result(written: dict[str, Any], to: float | None) -> Breakeven:
    return breakeven(scenario_from(written), load_catalog(), volumes=(None, to))


@settings(max_examples=60)
@given(rivals(), st.integers(100_000, 4_000_000), st.lists(st.floats(0, 1), min_size=6, max_size=6))
def test_the_order_flips_at_each_reported_volume(written: dict[str, Any], to: int, places: list[float]) -> None:
    """Each interval's architecture is the cheapest at both its ends and inside, and the next one is not."""
    totals, found = Totals(written), result(written, float(to)).intervals
    assert found[0].from_requests_per_month == 1
    assert found[-1].to_requests_per_month == to
    for one, following in itertools.pairwise(found):
        assert one.to_requests_per_month is not None
        assert following.from_requests_per_month == one.to_requests_per_month + 1
        assert following.cheapest != one.cheapest
    for interval in found[:40]:
        first, last = interval.from_requests_per_month, interval.to_requests_per_month
        assert last is not None
        for n in {first, last, *(first + round((last - first) * place) for place in places)}:
            totals.check(n, interval.cheapest)


@settings(max_examples=30)
@given(rivals(), st.lists(st.integers(1, 2000), min_size=8, max_size=8))
def test_an_open_interval_holds_without_end(written: dict[str, Any], times: list[int]) -> None:
    """Beyond the last interval, where it is said to be open, nothing else is ever the cheapest."""
    found = result(written, None)
    last = found.intervals[-1]
    totals = Totals(written)
    if last.to_requests_per_month is None:
        assert found.stopped_at is None
        for factor in times:
            totals.check(last.from_requests_per_month + factor * 12_345, last.cheapest)
            totals.check(last.from_requests_per_month * factor, last.cheapest)
    else:
        assert found.stopped_at == last.to_requests_per_month


@settings(max_examples=30)
@given(rivals(), st.lists(st.integers(1, 10_000_000), min_size=10, max_size=10))
def test_a_random_volume_has_the_winner_of_its_interval(written: dict[str, Any], volumes: list[int]) -> None:
    """At any volume that is enumerated the architecture of its interval is the cheapest."""
    found = result(written, None).intervals
    totals = Totals(written)
    for n in volumes:
        holding = [
            one
            for one in found
            if one.from_requests_per_month <= n
            and (one.to_requests_per_month is None or n <= one.to_requests_per_month)
        ]
        if found[-1].to_requests_per_month is None or n <= found[-1].to_requests_per_month:
            assert len(holding) == 1, n
            totals.check(n, holding[0].cheapest)


@settings(max_examples=60)
@given(st.integers(0, 50_000), st.integers(0, 2000), cents(0.01, 1), st.integers(1, 24))
def test_an_offer_flips_where_the_saving_covers_it(build: int, operations: int, saving: float, months: int) -> None:
    """From flags alone the challenger wins from the first volume whose saving exceeds what it costs."""
    from llmcost import Offer, breakeven_of_offer

    offer = Offer(build=build, saving_per_call=saving / 1000, operations_per_month=operations, horizon_months=months)
    found = breakeven_of_offer(offer).intervals
    owed, earned = build + operations * months, saving / 1000 * months
    if owed == 0:
        assert [one.cheapest for one in found] == ["challenger"]
        return
    assert [one.cheapest for one in found][-1] == "challenger"
    start = found[-1].from_requests_per_month
    assert found[-1].to_requests_per_month is None
    assert earned * start >= owed * (1 - SAME)
    assert start == 1 or earned * (start - 1) <= owed * (1 + SAME)
