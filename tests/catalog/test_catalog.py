"""Looking prices up: by name, alias and variant, on a day, each with its source."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from llmcost.catalog import Catalog, load_catalog, today
from llmcost.catalog.rates import Rate, rate_at
from llmcost.errors import InputError, UnknownPrice

NOW = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("model", "input_per_mtok", "output_per_mtok"),
    [
        ("claude-haiku-4-5", 1, 5),
        ("claude-sonnet-4-6", 3, 15),
        ("claude-opus-4-8", 5, 25),
        ("gpt-4o", 2.50, 10),
        ("gpt-4o-mini", 0.15, 0.60),
        ("deepseek-v4-pro", 0.66, 1.98),
    ],
)
def test_published_prices(catalog: Catalog, model: str, input_per_mtok: float, output_per_mtok: float) -> None:
    """The providers' list prices in USD per million tokens."""
    rates = catalog.price(model, NOW).rates
    assert (rates.input_per_mtok, rates.output_per_mtok) == (input_per_mtok, output_per_mtok)


def test_a_request_to_gpt_4o_costs_three_quarters_of_a_cent(catalog: Catalog) -> None:
    price = catalog.price("gpt-4o", NOW)
    assert price.request_cost(input_tokens=1000, output_tokens=500) == pytest.approx((1000 * 2.50 + 500 * 10) / 1e6)


def test_a_price_carries_its_source(catalog: Catalog) -> None:
    source = catalog.price("claude-haiku-4-5", NOW).source
    assert source.published_in == "genai-prices 0.2.3"
    assert source.packaged_on == date(2026, 11, 10)
    assert source.age_in_days(NOW) == 22 - 10
    assert source.dated[1] == "packaged"


def test_every_price_has_a_source_with_a_title(catalog: Catalog) -> None:
    assert all(price.source.title for model in catalog.model_ids() for price in catalog.dated_prices(model))


class TestNames:
    """Which model a name means."""

    @pytest.mark.parametrize(
        ("name", "model"),
        [
            ("claude-haiku-4-5", "anthropic/claude-haiku-4-5"),
            ("anthropic/claude-haiku-4-5", "anthropic/claude-haiku-4-5"),
            ("claude-haiku-4-5-20251001", "anthropic/claude-haiku-4-5"),
            ("claude-haiku-4.5", "anthropic/claude-haiku-4-5"),
            ("anthropic/claude-haiku-4.5", "anthropic/claude-haiku-4-5"),
            ("gpt-4o-2024-08-06", "openai/gpt-4o"),
            ("o3-2025-04-16", "openai/o3"),
            ("google/claude-opus-4-8", "google/claude-opus-4-8"),
            ("deepseek-v4-flash", "deepseek/deepseek-v4-flash"),
            ("glm-5.3", "zai/GLM-5.3"),
            ("kimi-k3", "moonshotai/kimi-k3"),
            ("ft-gpt-4.1-mini", "openai/ft-gpt-4.1-mini"),
            ("ft:gpt-4o-mini-2024-07-18:my-team::abc123", "openai/ft-gpt-4o-mini"),
            ("Llama-4-Scout-17B-16E-Instruct", "together/meta-llama/Llama-4-Scout-17B-16E-Instruct"),
        ],
    )
    def test_resolve(self, catalog: Catalog, name: str, model: str) -> None:
        """The maker's own model wins over a host's; a date after a known name is a version of it."""
        assert catalog.resolve(name) == model

    @pytest.mark.parametrize(
        "name",
        [
            "claude-haiku-4-55",
            "claude-haiku-4-5-mini",
            "claude-haiku-4-5x",
            "gpt-4o-mni",
            "gpt-4o-1999-01-01",
            "mistral-large-latest",
            "anthropic/",
            "@",
            "",
        ],
    )
    def test_a_misspelt_name_is_never_priced_as_its_neighbour(self, catalog: Catalog, name: str) -> None:
        with pytest.raises(UnknownPrice, match="unknown model"):
            catalog.price(name, NOW)

    def test_an_unknown_name_gets_suggestions(self, catalog: Catalog) -> None:
        with pytest.raises(UnknownPrice) as caught:
            catalog.price("claude-haiku-45", NOW)
        assert "claude-haiku-4-5" in caught.value.hint
        assert "llmcost prices list" in caught.value.hint

    def test_what_only_hosts_have_is_ambiguous_and_lists_their_prices(self, catalog: Catalog) -> None:
        with pytest.raises(UnknownPrice, match="ambiguous") as caught:
            catalog.price("gpt-oss-120b", NOW)
        assert "cerebras/gpt-oss-120b (0.35 in, 0.75 out)" in caught.value.hint
        assert "fireworks/gpt-oss-120b" in caught.value.hint

    def test_a_terminal_sequence_is_just_an_unknown_name(self, catalog: Catalog) -> None:
        with pytest.raises(UnknownPrice) as caught:
            catalog.price("\x1b[31m[bold]x", NOW)
        assert "\x1b" not in caught.value.what


class TestVariants:
    """One model, several prices at once."""

    def test_peak_hours_cost_double_at_deepseek(self, catalog: Catalog) -> None:
        price = catalog.price("deepseek-v4-pro@peak", NOW)
        assert price.variant == "peak"
        assert price.rates.input_per_mtok == 2 * 0.66
        assert price.note == "01:00-04:00 and 06:00-10:00 UTC"

    def test_the_standard_price_names_its_variants(self, catalog: Catalog) -> None:
        assert catalog.price("deepseek-v4-pro", NOW).variants == ("peak",)
        assert catalog.price("deepseek-v4-pro@standard", NOW) == catalog.price("deepseek-v4-pro", NOW)

    def test_a_daily_window_does_not_reach_back_before_its_start(self, catalog: Catalog) -> None:
        """The flat price held until 2026-08-17, at every hour."""
        flat = catalog.price("deepseek-v4-pro", date(2026, 8, 16))
        assert flat.rates.input_per_mtok == 0.435
        assert flat.variants == ()

    def test_service_tiers(self, catalog: Catalog) -> None:
        assert catalog.price("gpt-4o@priority", NOW).rates.input_per_mtok == 4.25

    def test_an_unknown_variant_lists_those_there_are(self, catalog: Catalog) -> None:
        with pytest.raises(UnknownPrice) as caught:
            catalog.price("gpt-4o@night", NOW)
        assert "priority" in caught.value.hint

    def test_a_variant_before_its_first_day(self, catalog: Catalog) -> None:
        with pytest.raises(UnknownPrice, match="no priority price before 2026-10-12"):
            catalog.price("gpt-4o@priority", date(2026, 10, 11))


class TestDays:
    """The latest entry that has begun."""

    def test_gemini_flash_doubles_on_a_published_day(self, catalog: Catalog) -> None:
        before, after = (catalog.price("gemini-3.8-flash", day) for day in (date(2026, 12, 31), date(2027, 1, 1)))
        assert (before.rates.input_per_mtok, before.rates.output_per_mtok) == (0.75, 3.75)
        assert (after.rates.input_per_mtok, after.rates.output_per_mtok) == (2 * 0.75, 2 * 3.75)
        assert after.batch.input_per_mtok == after.rates.input_per_mtok / 2

    def test_gemini_4_argon_doubles_in_december(self, catalog: Catalog) -> None:
        assert catalog.price("gemini-4-argon", date(2026, 11, 30)).rates.input_per_mtok == 2
        assert catalog.price("gemini-4-argon", date(2026, 12, 1)).rates.input_per_mtok == 4

    def test_changes_lie_after_the_start_up_to_the_end(self, catalog: Catalog) -> None:
        day = date(2027, 1, 1)
        assert catalog.changes("gemini-3.8-flash", NOW, date(2027, 12, 1)) == [day]
        assert catalog.changes("gemini-3.8-flash", NOW, day) == [day]
        assert catalog.changes("gemini-3.8-flash", day, date(2027, 12, 1)) == []

    def test_batch_prices_begin_on_the_day_they_were_verified(self, catalog: Catalog) -> None:
        assert catalog.price("claude-haiku-4-5", date(2026, 10, 13)).batch.input_per_mtok is None
        assert catalog.price("claude-haiku-4-5", date(2026, 10, 14)).batch.input_per_mtok == 1 / 2

    def test_before_the_first_entry_there_is_no_price(self, catalog: Catalog) -> None:
        with pytest.raises(UnknownPrice) as caught:
            catalog.price("azure/ft-gpt-4.1", date(2025, 3, 31))
        assert "2025-04-01" in caught.value.hint

    def test_today_may_be_set(self, catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LLMCOST_TODAY", "2027-01-01")
        assert today() == date(2027, 1, 1)
        assert catalog.price("gemini-3.8-flash").rates.input_per_mtok == 1.50
        monkeypatch.setenv("LLMCOST_TODAY", "2026-12-31")
        assert catalog.price("gemini-3.8-flash").rates.input_per_mtok == 0.75
        monkeypatch.setenv("LLMCOST_TODAY", "soon")
        with pytest.raises(InputError):
            today()


class TestLongContext:
    """A whole request pays the tier's rates once its input is above the threshold."""

    def test_above_272000_tokens_gpt_6_luna_doubles_its_input(self, catalog: Catalog) -> None:
        price = catalog.price("gpt-6-luna", NOW)
        assert price.request_cost(input_tokens=272_000) == pytest.approx(272_000 * 0.1 / 1e6)
        assert price.request_cost(input_tokens=272_001) == pytest.approx(272_001 * 0.2 / 1e6)

    def test_batch_has_its_own_tier(self, catalog: Catalog) -> None:
        price = catalog.price("gpt-6-luna", NOW)
        (above,) = price.long_context
        assert above.above_tokens == 272_000
        assert rate_at(price, "input_per_mtok", batched=True) == Rate(0.1 / 2, "batch.input_per_mtok")
        assert rate_at(price, "input_per_mtok", above, batched=True) == Rate(0.2 / 2, "batch.input_per_mtok")

    def test_a_flat_batch_price_stays_flat(self, catalog: Catalog) -> None:
        """Claude Opus 4.6 has no tiers any more; all its batch prices are halves."""
        price = catalog.price("claude-opus-4-6", NOW)
        assert price.long_context == ()
        assert rate_at(price, "output_per_mtok", batched=True) == Rate(25 / 2, "batch.output_per_mtok")


class TestRetirement:
    """Models stop answering, and fine-tunes with them."""

    def test_gpt_4o_and_its_fine_tunes_go_together(self, catalog: Catalog) -> None:
        for name in ("gpt-4o", "openai/ft-gpt-4o", "ft-gpt-4o-mini", "ft-gpt-4.1-mini"):
            gone = catalog.retirement(name)
            assert gone is not None
            assert gone.retires_on == date(2027, 1, 14)

    def test_azure_keeps_its_own_calendar(self, catalog: Catalog) -> None:
        assert catalog.retirement("azure/ft-gpt-4o") is None

    def test_a_model_without_a_known_day(self, catalog: Catalog) -> None:
        assert catalog.retirement("claude-haiku-4-5") is None


class TestFineTunes:
    """OpenAI asks a dearer inference and no hosting, Azure the base rate and an hourly hosting."""

    def test_openai_asks_double_for_gpt_4_1_mini_and_no_hosting(self, catalog: Catalog) -> None:
        tuned, base = catalog.price("ft-gpt-4.1-mini", NOW), catalog.price("gpt-4.1-mini", NOW)
        assert tuned.rates.input_per_mtok == 2 * 0.40
        assert base.rates.input_per_mtok == 0.40
        assert tuned.hosting_usd_per_hour is None

    def test_a_month_of_azure_hosting_runs_idle(self, catalog: Catalog) -> None:
        price = catalog.price("azure/ft-gpt-4.1", NOW)
        assert price.hosting_usd_per_hour is not None
        assert price.hosting_usd_per_hour * 730 == pytest.approx(1.70 * 730)
        assert price.training_usd_per_mtok == 25
        assert price.rates.input_per_mtok == 2.00

    def test_training_may_be_by_the_hour(self, catalog: Catalog) -> None:
        price = catalog.price("azure/ft-o4-mini", NOW)
        assert (price.training_usd_per_hour, price.training_usd_per_mtok) == (100, None)

    def test_an_unknown_inference_price_is_an_error_not_zero(self, catalog: Catalog) -> None:
        with pytest.raises(UnknownPrice, match="no input price"):
            catalog.price("ori/up-to-10b-lora", NOW).request_cost(input_tokens=1)

    def test_the_base_model_is_known(self, catalog: Catalog) -> None:
        assert catalog.model_info("ft-gpt-4.1-mini").base_model == "gpt-4.1-mini"


def test_a_lookup_again_is_the_same_object(catalog: Catalog) -> None:
    assert catalog.price("gpt-4o", NOW) is catalog.price("gpt-4o", NOW)


def test_the_catalog_needs_no_yaml_and_no_pydantic_at_run_time(tmp_path: Path) -> None:
    """Once the compiled catalog exists, a lookup loads neither, nor numpy, nor rich."""
    import subprocess
    import sys

    load_catalog()
    code = (
        "import sys; from llmcost.catalog import load_catalog; load_catalog().price('gpt-4o');"
        "print(sorted({'yaml', 'pydantic', 'numpy', 'rich', 'typer', 'importlib.resources'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
