"""One usage's bill, worked out by hand from the published prices."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from llmcost.catalog import Catalog
from llmcost.catalog.bill import Bill, Usage, bill

ON = date(2026, 11, 30)
M = 1_000_000
FRIDAY, SATURDAY = 4, 5


def billed(catalog: Catalog, model: str, amounts: dict[str, float], **more: Any) -> Bill:
    return bill(catalog, Usage(model, amounts, **more), ON)


def tokens(input_tokens: float, output_tokens: float = 0) -> dict[str, float]:
    return {"input_tokens": input_tokens, "output_tokens": output_tokens}


class TestHours:
    """DeepSeek's peak: 01:00-04:00 and 06:00-10:00 UTC, Monday to Friday, at double."""

    @pytest.mark.parametrize(
        ("weekday", "minute", "usd"),
        [
            (FRIDAY, 2 * 60, 1.32),
            (FRIDAY, 5 * 60, 0.66),
            (FRIDAY, 7 * 60, 1.32),
            (FRIDAY, 12 * 60, 0.66),
            (FRIDAY, 60, 1.32),
            (FRIDAY, 4 * 60, 0.66),
            (SATURDAY, 2 * 60, 0.66),
        ],
    )
    def test_an_hour_has_its_price(self, catalog: Catalog, weekday: int, minute: int, usd: float) -> None:
        found = billed(catalog, "deepseek-v4-pro", tokens(M), weekday=weekday, minute=minute)
        assert (found.usd, found.assumed) == (pytest.approx(usd), ())

    def test_an_unknown_hour_is_said(self, catalog: Catalog) -> None:
        found = billed(catalog, "deepseek-v4-pro", tokens(M))
        assert found.usd == pytest.approx(0.66)
        assert found.assumed == ("the hour is not known: the standard price is charged, not that of peak hours",)


class TestRegions:
    """A surcharge multiplies every token price, and no search."""

    def test_us_only_inference_costs_a_tenth_more(self, catalog: Catalog) -> None:
        """Sonnet 4.6: (0.1M × 3 + 0.1M × 3.75 + 1M × 0.30 + 10k × 15) × 1.1, and 2 searches at 10 USD a thousand."""
        amounts = {
            "input_tokens": 100_000,
            "cache_write_5m_tokens": 100_000,
            "cache_read_tokens": 1_000_000,
            "output_tokens": 10_000,
            "web_searches": 2,
        }
        by_hand = (0.3 + 0.375 + 0.3 + 0.15) * 1.1
        found = billed(catalog, "claude-sonnet-4-6", amounts, prompt_tokens=1_200_000, region="us")
        assert found.usd == pytest.approx(by_hand + 2 * 10 / 1000)

    def test_fast_mode_and_the_region_multiply(self, catalog: Catalog) -> None:
        found = billed(catalog, "claude-opus-4-8", tokens(M, 1000), service_tier="fast", region="us")
        assert found.usd == pytest.approx((10 + 0.05) * 1.1)

    @pytest.mark.parametrize(("model", "region"), [("claude-haiku-4-5", "us"), ("claude-sonnet-4-6", "not_available")])
    def test_no_surcharge(self, catalog: Catalog, model: str, region: str) -> None:
        found = billed(catalog, model, tokens(M), region=region)
        assert found == billed(catalog, model, tokens(M))

    def test_a_region_that_no_price_is_known_for_is_said(self, catalog: Catalog) -> None:
        found = billed(catalog, "claude-sonnet-4-6", tokens(M), region="mars")
        assert found.usd == pytest.approx(3)
        assert "no price is known for the region mars" in found.assumed[0]


class TestTiers:
    """The tier that served, at the length that it serves."""

    @pytest.mark.parametrize(
        ("model", "tier", "usd"),
        [
            ("gpt-5.5", "default", 0.3 * 10 + 0.001 * 45),
            ("gpt-5.5", "priority", 0.3 * 10 + 0.001 * 45),
            ("gpt-5.4", "priority", 0.3 * 5 + 0.001 * 22.5),
        ],
    )
    def test_priority_is_not_sold_above_the_threshold(
        self, catalog: Catalog, model: str, tier: str, usd: float
    ) -> None:
        found = billed(catalog, model, tokens(300_000, 1000), prompt_tokens=300_000, service_tier=tier)
        assert found.usd == pytest.approx(usd)
        assert bool(found.assumed) == (tier == "priority")

    def test_below_it_priority_has_its_own_price(self, catalog: Catalog) -> None:
        found = billed(catalog, "gpt-5.5", tokens(272_000), prompt_tokens=272_000, service_tier="priority")
        assert (found.usd, found.variant) == (pytest.approx(0.272 * 12.5), "priority")

    def test_a_tier_without_a_price_is_listed_with_its_amounts(self, catalog: Catalog) -> None:
        found = billed(catalog, "gemini-3.5-flash-lite", tokens(4061, 25), service_tier="ON_DEMAND_FLEX")
        assert found.billed == ()
        assert [(line.unit, line.amount, line.reason) for line in found.not_priced] == [
            ("input_tokens", 4061, "no price at the tier flex"),
            ("output_tokens", 25, "no price at the tier flex"),
        ]

    def test_committed_capacity_costs_nothing_a_token(self, catalog: Catalog) -> None:
        (line, _) = billed(catalog, "gemini-2.5-pro", tokens(5, 5), service_tier="PROVISIONED_THROUGHPUT").not_priced
        assert "paid by the hour, not by the token" in line.reason


class TestOtherUnits:
    """Searches, audio, requests."""

    def test_searches(self, catalog: Catalog) -> None:
        amounts = {**tokens(10_000, 1000), "web_searches": 50}
        assert billed(catalog, "claude-sonnet-4-6", amounts).usd == pytest.approx(0.03 + 0.015 + 50 * 10 / 1000)

    def test_a_tool_without_a_price_is_listed(self, catalog: Catalog) -> None:
        (line,) = billed(catalog, "claude-sonnet-4-6", {**tokens(10), "code_executions": 3}).not_priced
        assert (line.unit, line.amount) == ("code_executions", 3)
        assert line.reason == "anthropic/claude-sonnet-4-6 has no price for code executions"

    def test_an_unknown_unit_is_listed(self, catalog: Catalog) -> None:
        (line,) = billed(catalog, "gpt-4o", {"smells": 3}).not_priced
        assert line.reason == "nothing is known to be billed by this"

    def test_audio_without_a_price_of_its_own_pays_that_of_text_and_says_so(self, catalog: Catalog) -> None:
        found = billed(catalog, "gpt-4o", {"input_audio_tokens": M})
        assert found.usd == pytest.approx(2.5)
        assert found.assumed == ("no price for input audio: the price for input is charged",)

    def test_cached_tokens_never_pay_as_uncached_ones(self, catalog: Catalog) -> None:
        (line,) = billed(catalog, "text-embedding-3-small", {"input_tokens": M, "cache_read_tokens": 7}).not_priced
        assert (line.unit, line.amount) == ("cache_read_tokens", 7)

    def test_a_short_recording_is_billed_for_ten_seconds(self, catalog: Catalog) -> None:
        """Groq's Whisper v3 Turbo: 0.04 USD an hour of audio, ten seconds a request at least."""
        found = billed(catalog, "groq/whisper-large-v3-turbo", {"input_audio_seconds": 4}, requests=1)
        assert found.usd == pytest.approx(10 / 3600 * 0.04)


class TestNames:
    """Platforms' names of models, each at the price of its platform."""

    @pytest.mark.parametrize(
        ("name", "usd"),
        [
            ("global.anthropic.claude-sonnet-4-6", 3),
            ("us.anthropic.claude-sonnet-4-6", 3.3),
            ("eu.anthropic.claude-sonnet-4-6", 3.3),
            ("anthropic.claude-sonnet-4-6", 3.3),
            ("bedrock/us.anthropic.claude-sonnet-4-6", 3.3),
            ("bedrock/eu-west-1/anthropic.claude-sonnet-4-6", 3.3),
            ("bedrock/converse/us.anthropic.claude-sonnet-4-6", 3.3),
            ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", 3.3),
            ("arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0", 3.3),
            ("vertex_ai/claude-sonnet-4-6@default", 3),
            ("vertex_ai/claude-opus-4-6@default", 5),
            ("azure/gpt-4o-2024-11-20", 2.5),
            ("azure/gpt-4.1", 2),
            ("claude-opus-4-8[1m]", 5),
            ("anthropic/claude-sonnet-4.5:beta", 3),
            ("openrouter/anthropic/claude-sonnet-4.5", 3),
            ("mistral/mistral-large-latest", 2),
            ("text-embedding-3-small", 0.02),
            ("gpt-4o-audio-preview", 2.5),
            ("gpt-5.2-20251211", 1.75),
        ],
    )
    def test_a_million_input_tokens(self, catalog: Catalog, name: str, usd: float) -> None:
        found = billed(catalog, name, tokens(M), prompt_tokens=1000)
        assert (found.usd, found.not_priced) == (pytest.approx(usd), ())
        lent = (f"{name}: azure has no price of its own here, that of {found.model} is charged",)
        assert found.assumed == (lent if name.startswith("azure/") else ())

    def test_an_accounts_own_profile_is_not_known(self, catalog: Catalog) -> None:
        name = "arn:aws:bedrock:eu-west-1:111122223333:application-inference-profile/abcd1234"
        assert billed(catalog, name, tokens(7)).not_priced[0].reason == "not in the catalog"

    def test_a_name_that_a_loose_rule_lets_pass_is_said(self, catalog: Catalog) -> None:
        found = billed(catalog, "claude-haiku-4-55", tokens(M))
        assert found.usd == pytest.approx(1)
        assert "claude-haiku-4-55 is priced as anthropic/claude-haiku-4-5" in found.assumed[0]

    @pytest.mark.parametrize("name", ["claude-haiku-4-55", "anthropic/claude-haiku-4-55", "azure/gpt-4o-mni"])
    def test_a_typed_name_has_to_be_the_models_own(self, catalog: Catalog, name: str) -> None:
        assert catalog.find(name) is None

    def test_a_platforms_at_is_no_variant(self, catalog: Catalog) -> None:
        assert catalog.price("vertex_ai/claude-opus-4-6@default", ON).variant == "standard"
        assert catalog.price("azure/gpt-4o@priority", ON).variant == "priority"
        assert catalog.price("gpt-4o@priority", ON).rates.input_per_mtok == 4.25
