"""Limits on latency: what a replica serves within them, and the search over GPUs."""

from __future__ import annotations

import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost.capacity.goodput import TIME_BAND, Limits, goodput, goodput_of, times_of
from llmcost.capacity.latency import replica, under_load, with_in_flight
from llmcost.capacity.replica import capacity
from llmcost.capacity.setup import Setup
from llmcost.capacity.step import cycle
from llmcost.catalog import load_catalog
from llmcost.economics.sizing import candidates, cheapest_fleets
from llmcost.errors import InputError

CATALOG = load_catalog()
QWEN = Setup(CATALOG.open_model("qwen3-32b"), CATALOG.gpu("H100-SXM"), 2, "bf16", engine="vllm")
DAY = date(2026, 11, 22)


class TestUnderLoad:
    """Little's law, and the queue for prefill."""

    def test_the_requests_in_flight_are_rate_times_the_time_that_each_takes(self) -> None:
        one = replica(QWEN, 1024, 512)
        assert one is not None
        load = under_load(one, 3.0)
        assert load is not None
        assert load.requests_per_second == pytest.approx(3.0, rel=1e-3)
        found = cycle(one.timed, load.in_flight)
        assert load.in_flight == pytest.approx(3.0 * found.busy, rel=1e-3)

    def test_the_mean_wait_is_pollaczek_and_khinchines(self) -> None:
        one = replica(QWEN, 1024, 512)
        assert one is not None
        load = with_in_flight(one, 50.0)
        prefill = cycle(one.timed, 50.0).prefill
        busy = load.requests_per_second * prefill
        assert load.queue_s == pytest.approx(busy / (1 - busy) * prefill / 2)
        spread = with_in_flight(one._replace(spread=1.0), 50.0)
        assert spread.queue_s == pytest.approx(2 * load.queue_s)  # exponential lengths: c² = 1

    def test_more_than_it_serves_is_none(self) -> None:
        one = replica(QWEN, 1024, 512)
        most = capacity(QWEN, 1024, 512)
        assert one is not None and most is not None
        assert under_load(one, most.requests_per_second * 1.01) is None

    @given(st.floats(1.0, 200.0), st.floats(1.01, 3.0))
    def test_more_in_flight_is_more_served_and_slower(self, in_flight: float, more: float) -> None:
        one = replica(QWEN, 1024, 512)
        assert one is not None
        few, many = with_in_flight(one, in_flight, 0.95), with_in_flight(one, in_flight * more, 0.95)
        assert many.requests_per_second >= few.requests_per_second
        assert many.token_s >= few.token_s * (1 - 1e-9) and many.queue_s >= few.queue_s


class TestGoodput:
    """The most within limits."""

    def test_the_limit_is_met_and_hardly_more_is(self) -> None:
        limits = Limits(first_token=0.5, token=0.05)
        found = goodput(QWEN, 1024, 512, limits)
        one = replica(QWEN, 1024, 512)
        assert found is not None and one is not None and found.binds == "time a token"
        assert found.load.token_s <= 0.05
        more = under_load(one, found.requests_per_second * 1.01)
        assert more is not None and more.token_s > 0.05

    def test_without_a_limit_that_binds_it_is_the_capacity(self) -> None:
        found, most = goodput(QWEN, 1024, 512, Limits(token=10.0)), capacity(QWEN, 1024, 512)
        assert found is not None and most is not None
        assert found.requests_per_second == pytest.approx(most.requests_per_second) and found.binds == "memory"

    def test_a_limit_below_one_request_alone_serves_nothing(self) -> None:
        found = goodput(QWEN, 1024, 512, Limits(token=0.001))
        assert found is not None and found.requests_per_second == 0

    def test_the_expected_time_at_the_limit_holds_in_half_of_the_cases(self) -> None:
        found = goodput(QWEN, 1024, 512, Limits(token=0.05))
        assert found is not None and found.chance == pytest.approx(0.5, abs=0.01)

    def test_a_stated_chance_leaves_room_for_it(self) -> None:
        found = goodput(QWEN, 1024, 512, Limits(token=0.05, confidence=0.9))
        assert found is not None and found.chance == pytest.approx(0.9, abs=0.01)
        room = math.exp(-1.2815515655 / 1.6448536269 * TIME_BAND["time a token"])
        assert found.load.token_s == pytest.approx(0.05 * room, rel=1e-2)

    def test_a_percentile_serves_less_than_the_mean(self) -> None:
        mean, slow = (goodput(QWEN, 1024, 512, Limits(token=0.04, percentile=p)) for p in (None, 0.99))
        assert mean is not None and slow is not None
        assert 0 < slow.requests_per_second < mean.requests_per_second

    def test_the_answers_limit_is_its_99th_percentile(self) -> None:
        one = replica(QWEN, 1024, 512)
        assert one is not None
        found = goodput_of(one, Limits(answer=15.0))
        ((name, takes, limit),) = times_of(one, found.load, Limits(answer=15.0))
        slow = with_in_flight(one, found.load.in_flight, 0.99)
        assert (name, limit) == ("answer", 15.0)
        assert takes == pytest.approx(slow.queue_s + slow.first_token_s + 511 * slow.token_s) and takes <= 15.0

    def test_prefill_of_its_own_leaves_the_tokens_alone(self) -> None:
        shared, apart = (
            goodput(QWEN._replace(disaggregated=way), 1024, 512, Limits(token=0.03)) for way in (False, True)
        )
        assert shared is not None and apart is not None
        assert apart.requests_per_second > shared.requests_per_second


class TestTheSearch:
    """Every GPU with a price × GPUs a replica × precision."""

    def test_the_worked_case_takes_five_to_eight_gpus(self) -> None:
        # Qwen3-32B bf16 on H100, vLLM, 1,024 + 512, 20 requests/s, means of 500 ms and 50 ms, no spare.
        fleets = []
        for gpus in (1, 2, 4, 8):
            held = goodput(QWEN._replace(gpus=gpus), 1024, 512, Limits(0.5, 0.05))
            assert held is not None
            fleets.append(gpus * math.ceil(20 / held.requests_per_second))
        assert 5 <= min(fleets) <= 8

    def test_the_cheapest_comes_first_and_holds_the_limits(self) -> None:
        limits = Limits(0.5, 0.05)
        found = cheapest_fleets(candidates(QWEN, CATALOG, DAY, (1024.0, 512.0)), 20.0, limits, 730.0)
        costs = [one.monthly_cost for one in found.options]
        assert costs == sorted(costs)
        for one in found.options:
            assert one.token_ms <= 50.05 and one.first_token_ms <= 500
            assert one.monthly_cost == pytest.approx(one.gpus * one.usd_per_gpu_hour * 730)
            assert one.replicas * one.requests_per_second >= 20 * (1 - 1e-9)
        assert {one.precision for one in found.options} == {"bf16", "fp8", "fp4"}

    def test_what_a_limit_costs_is_the_dearer_fleet_less_the_cheapest_without_it(self) -> None:
        every = list(candidates(QWEN, CATALOG, DAY, (1024.0, 512.0), ("bf16",)))
        found = cheapest_fleets(every, 20.0, Limits(0.5, 0.02), 730.0)
        without = cheapest_fleets(every, 20.0, Limits(first_token=0.5), 730.0)
        (cost,) = [one for one in found.limit_costs if one.limit == "time a token"]
        assert cost.monthly_cost_without == pytest.approx(without.options[0].monthly_cost)
        assert cost.costs == pytest.approx(found.options[0].monthly_cost - without.options[0].monthly_cost)

    def test_limits_that_no_gpu_holds_name_the_nearest(self) -> None:
        with pytest.raises(InputError, match=r"the nearest is .* × .* ms of time a token"):
            cheapest_fleets(candidates(QWEN, CATALOG, DAY, (1024.0, 512.0)), 20.0, Limits(token=0.0005), 730.0)
