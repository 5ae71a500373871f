"""Looking up what a GPU costs an hour and what a fine-tune costs to build."""

from __future__ import annotations

from datetime import date

import pytest

from llmcost.catalog import Catalog
from llmcost.errors import UnknownPrice

NOW = date(2026, 11, 22)


class TestGpus:
    """An hour of one GPU."""

    def test_the_cheapest_is_first(self, catalog: Catalog) -> None:
        prices = catalog.gpu_prices("L40S", on=NOW)
        assert [price.usd_per_gpu_hour for price in prices] == [0.60, 0.99, 1.00, 1.95, 2.24]
        assert prices[0].provider == "Vast"

    def test_lambda_raised_its_h100_pcie(self, catalog: Catalog) -> None:
        """2.86 on 2026-05-07, 3.29 from August."""
        in_may, in_august = (
            catalog.gpu_prices("h100-pcie", "lambda", day)[0] for day in (date(2026, 5, 7), date(2026, 8, 1))
        )
        assert (in_may.usd_per_gpu_hour, in_august.usd_per_gpu_hour) == (2.86, 3.29)
        assert in_may.source.title == "Build vs Buy: Fine-Tuned LLM Economics"

    def test_runpod_h100_pcie(self, catalog: Catalog) -> None:
        assert catalog.gpu_prices("H100-PCIE", "RunPod", NOW)[0].usd_per_gpu_hour == 1.99

    def test_an_unknown_gpu_names_its_forms(self, catalog: Catalog) -> None:
        with pytest.raises(UnknownPrice) as caught:
            catalog.gpu_prices("H100", on=NOW)
        assert caught.value.hint == "choose one of H100-SXM, H100-PCIE, H100-NVL"

    def test_a_provider_without_it_names_those_with_it(self, catalog: Catalog) -> None:
        with pytest.raises(UnknownPrice) as caught:
            catalog.gpu_prices("GH200", "RunPod", NOW)
        assert caught.value.hint == "choose one of Lambda"

    def test_before_the_first_rate(self, catalog: Catalog) -> None:
        with pytest.raises(UnknownPrice, match="GH200 has no price on 2026-07-31") as caught:
            catalog.gpu_prices("GH200", on=date(2026, 7, 31))
        assert "2026-08-01" in caught.value.hint

    def test_what_a_gpu_is(self, catalog: Catalog) -> None:
        spec = catalog.gpu("h100-sxm")
        assert (spec.memory_gb, spec.bandwidth_gb_s, spec.bf16_tflops, spec.fp4_tflops) == (80, 3350, 989, None)


class TestBuildCosts:
    """What a fine-tune costs to build, from three documents."""

    def test_the_one_time_parts_add_up_to_the_published_subtotal(self, catalog: Catalog) -> None:
        parts = [catalog.build_cost(n) for n in ("training_compute", "data_collection", "engineering", "evaluation")]
        assert sum(part.low for part in parts) == 30_000 + 15_000 + 40_000 + 5_000 == 90_000
        assert sum(part.high for part in parts) == 80_000 + 50_000 + 80_000 + 10_000 == 220_000

    def test_labels_with_quality_assurance(self, catalog: Catalog) -> None:
        label, share = catalog.build_cost("label"), catalog.build_cost("label_quality_share")
        assert 10_000 * label.low * (1 + share.low) == pytest.approx(24_000)
        assert 10_000 * label.high * (1 + share.high) == pytest.approx(65_000)

    def test_each_is_upright_and_sourced(self, catalog: Catalog) -> None:
        assert all(0 <= cost.low <= cost.high and cost.source.title for cost in catalog.build_costs())

    def test_an_unknown_part(self, catalog: Catalog) -> None:
        with pytest.raises(UnknownPrice, match="unknown build cost"):
            catalog.build_cost("labels")
