"""Regions, discounts, tools, other units, provisioned capacity and contracts, each worked out by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from llmcost.architectures.prices import Prices
from llmcost.architectures.provisioned import beyond
from llmcost.catalog import load_catalog
from llmcost.catalog.bill import Usage
from llmcost.economics.horizon import months_of, priced_months
from llmcost.errors import InputError, UnknownPrice
from llmcost.scenario import scenario_from

ON = date(2026, 11, 30)
TRAFFIC = {"requests_per_month": "1M", "input_tokens": 1000, "output_tokens": 100}


def charges(architecture: dict[str, Any], workload: dict[str, Any] | None = None, **more: Any) -> dict[str, float]:
    """A month's charges by name, in USD."""
    written = {
        "workload": workload or TRAFFIC,
        "horizon_months": 1,
        "start": "2026-11",
        "architectures": {"one": architecture},
    }
    scenario = scenario_from({**written, **more}, today=ON)
    prices = Prices(load_catalog(), scenario.prices, scenario.successors)
    (month,) = priced_months("one", scenario, prices)
    assert month.charges is not None
    return {charge.name: charge.cost for charge in month.charges}


def cost(architecture: dict[str, Any], workload: dict[str, Any] | None = None, **more: Any) -> float:
    return sum(charges(architecture, workload, **more).values())


API = {"kind": "api", "model": "claude-opus-4-8"}
GPT = {"kind": "api", "model": "gpt-5.5"}


class TestPrices:
    """Opus 4.8 costs 5 and 25 USD/Mtok: 1M requests of 1,000 and 100 tokens are 5,000 + 2,500 USD."""

    def test_a_region_and_a_discount_multiply(self) -> None:
        assert cost(API, region="us", discounts={"anthropic": "10%"}) == pytest.approx(7500 * 1.1 * 0.9)

    def test_the_narrower_discount_holds(self) -> None:
        both = {"anthropic": "10%", "claude-opus-4-8": "25%"}
        assert cost(API, discounts=both) == pytest.approx(7500 * 0.75)

    def test_a_discount_of_another_provider_changes_nothing(self) -> None:
        assert cost(API, discounts={"openai": "10%"}) == pytest.approx(7500)

    def test_what_the_user_prices_is_final(self) -> None:
        own = {"claude-opus-4-8": {"input_per_mtok": 4}}
        assert cost(API, discounts={"anthropic": "50%"}, prices=own) == pytest.approx(4000 + 2500 / 2)

    def test_a_region_that_the_provider_has_no_price_for_is_an_error(self) -> None:
        with pytest.raises(InputError, match="no price for the region 'mars'") as caught:
            cost(API, region="mars")
        assert "us" in caught.value.hint

    def test_a_discount_says_where_it_is_wrong(self) -> None:
        with pytest.raises(InputError) as caught:
            cost(API, discounts={"openai": "150%"})
        assert caught.value.where == "discounts.openai"

    def test_service_tier_is_the_variants_price(self) -> None:
        """GPT-5.5 priority: 12.5 and 75 USD/Mtok."""
        assert cost({**GPT, "service_tier": "priority"}) == pytest.approx(12_500 + 7_500)
        assert cost({"kind": "api", "model": "gpt-5.5@priority"}) == pytest.approx(20_000)

    def test_a_tier_named_twice_is_an_error(self) -> None:
        with pytest.raises(InputError, match="names a tier of its own"):
            cost({"kind": "api", "model": "gpt-5.5@flex", "service_tier": "flex"})

    def test_a_tier_of_ones_own(self) -> None:
        own = {"gemini-3.5-flash-lite": {"tiers": {"flex": {"input_per_mtok": "0.15", "output_per_mtok": "1.25"}}}}
        flex = {"kind": "api", "model": "gemini-3.5-flash-lite", "service_tier": "flex"}
        assert cost(flex, prices=own) == pytest.approx(150 + 125)

    def test_a_bill_at_a_tier_of_ones_own(self) -> None:
        """4,061 and 25 tokens of flex at 0.15 and 1.25 USD/Mtok."""
        own = {"gemini-3.5-flash-lite": {"tiers": {"flex": {"input_per_mtok": "0.15", "output_per_mtok": "1.25"}}}}
        scenario = scenario_from({"start": "2026-11", "prices": own}, today=ON)
        amounts = {"input_tokens": 4061, "output_tokens": 25}
        usage = Usage("gemini-3.5-flash-lite", amounts, 4061, service_tier="ON_DEMAND_FLEX")
        found = Prices(load_catalog(), scenario.prices).bill(usage, ON)
        assert found.usd == pytest.approx((4061 * 0.15 + 25 * 1.25) / 1e6)
        assert found.not_priced == ()


class TestBesideText:
    """Tools, audio, embeddings."""

    def test_two_searches_a_request(self) -> None:
        """Anthropic: 10 USD a thousand searches."""
        searching = {**TRAFFIC, "tools": {"web_search": "2 a request"}}
        assert charges(API, searching)["web searches"] == pytest.approx(1e6 * 2 * 10 / 1000)

    def test_an_architectures_own_tools_stand_in_place_of_the_workloads(self) -> None:
        searching = {**TRAFFIC, "tools": {"web_search": 2}}
        own = {**API, "tools": {"web_search": "0.5 per request"}}
        assert charges(own, searching)["web searches"] == pytest.approx(1e6 * 0.5 * 10 / 1000)

    def test_searches_cost_the_same_in_batches(self) -> None:
        searching = {**TRAFFIC, "tools": {"web_search": 1}, "batch_share": "50%"}
        assert charges(API, searching)["web searches"] == pytest.approx(10_000)

    def test_a_tool_without_a_price_is_an_error(self) -> None:
        with pytest.raises(UnknownPrice, match="no code_executions"):
            cost(API, {**TRAFFIC, "tools": {"code_execution": 1}})

    def test_a_tool_at_ones_own_price(self) -> None:
        own = {"claude-opus-4-8": {"code_executions_per_1000": 5}}
        found = charges(API, {**TRAFFIC, "tools": {"code_execution": 1}}, prices=own)
        assert found["code executions"] == pytest.approx(5000)

    def test_audio_tokens_have_their_own_price(self) -> None:
        own = {"speech": {"input_per_mtok": 1, "output_per_mtok": 2, "input_audio_per_mtok": 32}}
        found = charges({"kind": "api", "model": "speech"}, {**TRAFFIC, "input_audio_tokens": 500}, prices=own)
        assert found["input audio"] == pytest.approx(1e6 * 500 * 32 / 1e6)

    def test_embeddings_need_no_output(self) -> None:
        """text-embedding-3-small: 0.02 USD/Mtok."""
        reads = {"requests_per_month": "1M", "input_tokens": 1000}
        assert cost({"kind": "api", "model": "text-embedding-3-small"}, reads) == pytest.approx(1000 * 0.02)

    def test_a_model_that_writes_needs_its_output(self) -> None:
        with pytest.raises(InputError, match="lacks output_tokens"):
            cost(API, {"requests_per_month": "1M", "input_tokens": 1000})


PAYG = {"frontier": {"input_per_mtok": 2.5, "output_per_mtok": 10}}
LOW = {"requests_per_month": "100k", "input_tokens": 1000, "output_tokens": 200, "peak_to_average": 2}
UNIT = {"kind": "provisioned", "usd_per_unit_month": 260, "requests_per_second_per_unit": 0.02314814814}


class TestProvisioned:
    """100,000 requests a month are 0.038 a second, 0.076 at the peak: 4 units of 0.0231."""

    def test_as_many_as_the_peak_needs(self) -> None:
        assert cost(UNIT, LOW) == pytest.approx(4 * 260)

    def test_in_steps(self) -> None:
        assert cost({**UNIT, "unit_step": 5}, LOW) == pytest.approx(5 * 260)

    def test_the_least_that_is_sold(self) -> None:
        assert cost({**UNIT, "min_units": 15}, LOW) == pytest.approx(15 * 260)

    def test_by_the_hour_and_by_tokens(self) -> None:
        """1,200 tokens × 100k ÷ 43,800 minutes × 2 = 5,479.5 a minute: 3 units of 2,000, 730 hours each."""
        own = {"kind": "provisioned", "usd_per_unit_hour": 1, "tokens_per_minute_per_unit": 2000}
        assert cost(own, LOW) == pytest.approx(3 * 730)

    def test_what_spills_over_is_paid_as_one_goes(self) -> None:
        """At P = 2 the load falls evenly from twice the average to 0: beyond C averages lie (2 − C)² ÷ 4."""
        average = 100_000 / (730 * 3600)
        capacity = 2 * 0.02314814814 / average
        share = (2 - capacity) ** 2 / 4
        whole = 100_000 * (1000 * 2.5 + 200 * 10) / 1e6
        found = cost({**UNIT, "units": 2, "spill_over": "frontier"}, LOW, prices=PAYG)
        assert found == pytest.approx(2 * 260 + share * whole)

    def test_a_stated_share(self) -> None:
        own = {**UNIT, "units": 2, "spill_over": "frontier", "spill_over_share": "20%"}
        assert cost(own, LOW, prices=PAYG) == pytest.approx(520 + 0.2 * 450)

    @pytest.mark.parametrize(("capacity", "peak"), [(0.5, 4.0), (1.0, 4.0), (3.0, 4.0), (0.7, 1.5)])
    def test_the_share_beyond_is_the_area_of_the_load_above(self, capacity: float, peak: float) -> None:
        """Against a sum over 200,000 moments of peak·(1 − t)^(P − 1)."""
        moments = [(index + 0.5) / 200_000 for index in range(200_000)]
        loads = [peak * (1 - t) ** (peak - 1) for t in moments]
        assert sum(loads) / len(loads) == pytest.approx(1, rel=1e-4)
        above = sum(max(0.0, load - capacity) for load in loads) / len(loads)
        assert beyond(capacity, peak) == pytest.approx(above, abs=1e-4)

    def test_a_flat_load_spills_what_is_over(self) -> None:
        assert beyond(0.75, 1.0) == pytest.approx(0.25, abs=1e-6)
        assert beyond(1.5, 1.0) == 0

    @pytest.mark.parametrize(
        ("own", "what"),
        [
            ({"units": 2}, "does not say what serves the requests beyond them"),
            ({"units": 2, "min_units": 5, "spill_over": "frontier"}, "fewer than the least"),
            ({"usd_per_unit_hour": 1}, "what does a unit cost"),
            ({"spill_over": "frontier"}, "spill_over without units"),
        ],
    )
    def test_what_contradicts_itself(self, own: dict[str, Any], what: str) -> None:
        with pytest.raises(InputError, match=what):
            cost({**UNIT, **own}, LOW, prices=PAYG)

    def test_own_machines_have_a_least_number_too(self) -> None:
        own = {
            "kind": "self_hosted",
            "gpu": {"usd_per_gpu_hour": 1},
            "throughput": {"requests_per_month": "1M"},
            "min_replicas": 3,
        }
        assert cost(own, LOW) == pytest.approx(3 * 730)


class TestContracts:
    """7,500 USD a month are billed (Opus 4.8)."""

    def test_a_minimum_spend_that_is_not_used_up(self) -> None:
        found = charges(API, commitments={"anthropic": {"min_spend_per_month": "10k"}})
        assert found["minimum spend at anthropic, not used"] == pytest.approx(2500)

    def test_the_discount_that_it_buys_leaves_more_unused(self) -> None:
        assert cost(API, commitments={"anthropic": {"min_spend_per_month": 7000, "discount": "20%"}}) == pytest.approx(
            7000
        )
        assert cost(API, commitments={"anthropic": {"min_spend_per_month": 5000, "discount": "20%"}}) == pytest.approx(
            6000
        )

    def test_it_binds_only_who_uses_the_provider(self) -> None:
        assert cost(API, commitments={"openai": {"min_spend_per_month": "10k"}}) == pytest.approx(7500)

    def test_credits_pay_what_is_billed_and_no_more(self) -> None:
        assert cost(API, credits={"anthropic": 2000}) == pytest.approx(5500)
        assert cost(API, credits={"anthropic": 20_000}) == pytest.approx(0)

    def test_credits_last_over_the_horizon(self) -> None:
        assert cost(API, credits={"anthropic": 12_000}, horizon_months=1) == pytest.approx(0)
        scenario = scenario_from(
            {
                "workload": TRAFFIC,
                "horizon_months": 12,
                "start": "2026-11",
                "credits": {"anthropic": 12_000},
                "architectures": {"one": API},
            },
            today=ON,
        )
        prices = Prices(load_catalog(), scenario.prices)
        assert len(months_of(scenario, prices)) == 12
        months = priced_months("one", scenario, prices)
        assert sum(charge.cost for month in months for charge in month.charges or ()) == pytest.approx(
            12 * 7500 - 12_000
        )

    def test_tax_is_on_the_bill_less_the_credits(self) -> None:
        assert cost(API, tax="19%", credits={"anthropic": 500}) == pytest.approx(7000 * 1.19)


class TestTraining:
    """By the token: the set × epochs, plus the validation set once, at the least that a run is billed."""

    @pytest.mark.parametrize(
        ("own", "usd"),
        [
            ({"validation_tokens": "1M"}, (15 + 1) * 0.46),
            ({}, 15 * 0.46),
            ({"validation_tokens": "1M", "minimum_usd": 4}, 7.36),
            ({"minimum_usd": 10}, 10),
            ({"minimum_usd": 10, "experiments": 3}, 30),
        ],
    )
    def test_a_run(self, own: dict[str, Any], usd: float) -> None:
        training = {"tokens": "5M", "epochs": 3, "usd_per_mtok": 0.46, **own}
        scenario = scenario_from(
            {
                "workload": TRAFFIC,
                "start": "2026-11",
                "architectures": {
                    "tuned": {"kind": "fine_tuned", "training": training, "serving": {"model": "gpt-4o"}}
                },
            },
            today=ON,
        )
        prices = Prices(load_catalog())
        (charge,) = scenario.architectures["tuned"].one_time_charges("tuned", months_of(scenario, prices)[0])
        assert charge.cost == pytest.approx(usd)
