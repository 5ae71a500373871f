"""The capacity model: what one replica serves, worked out by hand from the published formula."""

from __future__ import annotations

import math
from typing import Any

import pytest

from llmcost.capacity.bound import bound_of, check_latency, check_price, check_rate
from llmcost.capacity.efficiency import Efficiency
from llmcost.capacity.fitting import more_of_the_same, smallest_fit
from llmcost.capacity.replica import at_concurrency, band, batch_in_memory, capacity, memory, why_not
from llmcost.capacity.setup import Setup
from llmcost.capacity.step import Timing, cycle, prefill_s, step_s, timing
from llmcost.capacity.work import always_bytes, hidden_mixture, kv_bytes, parameters, peak_flops, touched
from llmcost.catalog import load_catalog
from llmcost.catalog.models import GpuSpec, OpenModel
from llmcost.errors import InputError
from llmcost.estimate import Source

CATALOG = load_catalog()
TEXT = Source("a test")
# Round figures: a decode step reads 10 GB of weights, a token of context is 0.1 MB of keys and values.
MODEL = OpenModel("m", 5e9, 25, 10, 100, 1000, TEXT)
GPU = GpuSpec("H100-SXM", 100, 1000, 100, 200, None, 100, "nvlink", TEXT)


def setup(**changes: Any) -> Setup:
    return Setup(MODEL, GPU)._replace(**changes)


class TestByHand:
    """Formulas worked out by hand with round constants in place of the fitted ones."""

    ROUND = Efficiency(
        bandwidth=0.8, expert_bandwidth=0.5, cache_bandwidth=0.5, flops=0.5, expert_flops=0.25, attention_flops=0.4,
        prefill=1.0, layer_s=1e-5, expert_layer_s=2e-5, sparse_layer_s=0.0, send_s=1e-5, send_growth=0.5, link=0.5, expert_send_s=3e-5,
        expert_link=0.5, step_s=1e-3, sequence_s=1e-5, request_s=2e-3, sharpness=1.0, burst=0.2,
    )  # fmt: skip

    def timed(self, **changes: Any) -> Timing:
        return timing(setup(**changes), 1000, 500)._replace(constants=self.ROUND)

    def test_memory_splits_into_weights_room_and_reserve(self) -> None:
        split = memory(setup())
        assert split.weights_gb == pytest.approx(5e9 * 2 / 1e9)
        assert split.total_gb == pytest.approx(100 * 2**30 / 1e9)  # a vendor's 100 GB of HBM are GiB
        assert split.reserve_gb == pytest.approx(0.05 * 107.3741824 + 3)
        assert split.cache_gb == pytest.approx(107.3741824 * 0.95 - 3 - 10)

    def test_a_gpu_of_ones_own_has_the_bytes_that_are_stated(self) -> None:
        assert memory(setup(gpu=GPU._replace(gpu="mine"))).total_gb == pytest.approx(100)
        assert memory(setup(gpu=GPU._replace(gpu="L40S"))).total_gb == pytest.approx(100 * 2**30 / 1e9 * 0.94)

    def test_a_step_reads_the_weights_once_and_each_requests_cache(self) -> None:
        kappa = 2 * 25 * 10 * 100 * 2  # bytes a token
        attention = 4 * 1000 * 25 * 1250  # FLOP of a token: 4 · width · layers · context
        step = (
            10e9 / (0.8 * 1e12)
            + 8 * 2 * 5e9 / (0.5 * 1e14)
            + 8 * (kappa * 1250 / (0.5 * 1e12) + attention / (0.4 * 1e14))
            + 25 * 1e-5
            + 1e-3
            + 8 * 1e-5
        )
        assert step_s(self.timed(), 8.0) == pytest.approx(step)

    def test_prefill_computes_the_input(self) -> None:
        attention = 4 * 1000 * 25 * 1000**2 / 2
        assert prefill_s(self.timed()) == pytest.approx(2 * 5e9 * 1000 / 0.5e14 + attention / 0.4e14 + 2e-3)

    def test_a_cached_prefix_is_not_computed_and_still_looked_back_on(self) -> None:
        half = 2 * 5e9 * 500 / 0.5e14 + 4 * 1000 * 25 * (500 * 500 + 500**2 / 2) / 0.4e14 + 2e-3
        assert prefill_s(self.timed(prefix_cached=0.5)) == pytest.approx(half)

    def test_the_rate_is_the_batch_over_the_time_it_takes(self) -> None:
        timed = self.timed()
        step, prefill = step_s(timed, 8.0), prefill_s(timed)
        found = cycle(timed, 8.0)
        assert found.rate == pytest.approx(8 / (500 * step + 8 * prefill))
        first, token = at_concurrency(timed, 8.0, found)
        assert first == pytest.approx(prefill + step + 0.2 * 7 * prefill)
        assert token == pytest.approx(step + 0.8 * 7 * prefill / 499)
        # What a request takes is what the batch takes: first token and all others.
        assert first + 499 * token == pytest.approx(500 * step + 8 * prefill)

    def test_accepted_tokens_save_steps_and_are_computed_all_the_same(self) -> None:
        plain, drafted = self.timed(), self.timed(accepted_tokens=1.0)
        computing = 8 * (2 * 5e9 / 0.5e14 + 4 * 1000 * 25 * 1250 / 0.4e14)
        assert step_s(drafted, 8.0) == pytest.approx(step_s(plain, 8.0) + computing)
        assert cycle(drafted, 8.0).busy == pytest.approx(250 * step_s(drafted, 8.0) + 8 * prefill_s(plain))

    def test_all_reduces_have_a_floor_that_grows_and_a_part_by_bytes(self) -> None:
        two, four = self.timed(gpus=2), self.timed(gpus=4)
        kappa = 2 * 25 * 10 * 100 * 2
        alone = 10e9 / (0.8 * 1e12) + 2 * 5e9 / 0.5e14 + kappa * 1250 / 0.5e12 + 4 * 1000 * 25 * 1250 / 0.4e14
        fixed = 25 * 1e-5 + 1e-3 + 1e-5
        sent = 2 * 25 * 2 * 1000 * 2 / (0.5 * 450e9)  # twice a layer, 2 bytes, there and back
        assert step_s(two, 1.0) == pytest.approx(alone / 2 + fixed + 50 * 1e-5 + sent / 2)
        assert step_s(four, 1.0) == pytest.approx(alone / 4 + fixed + 50 * 1e-5 * 1.5 + sent * 3 / 4)

    def test_fp8_halves_the_weights_and_doubles_the_flops(self) -> None:
        assert memory(setup(precision="fp8")).weights_gb == pytest.approx(5)
        plain, low = timing(setup(), 1000, 500).work, timing(setup(precision="fp8"), 1000, 500).work
        assert low.weights == pytest.approx(plain.weights / 2)
        assert low.dense == pytest.approx(plain.dense / 2)

    def test_an_embedding_table_takes_memory_and_is_neither_read_nor_multiplied(self) -> None:
        with_table = MODEL._replace(embedding_parameters=1e9)
        assert memory(setup(model=with_table, precision="fp8")).weights_gb == pytest.approx(3 + 1 * 2 + 1 * 2)
        known = parameters(with_table)
        assert (known.always, known.routed, known.chosen) == (4e9, 0, 0)
        assert always_bytes(setup(model=with_table, precision="fp8")) == pytest.approx(3e9 + 1e9 * 2)  # output: 16 bits

    def test_vllm_keeps_two_bytes_a_key_unless_told_otherwise(self) -> None:
        plain, told = setup(precision="fp8", engine="vllm"), setup(precision="fp8", engine="vllm", kv_precision="fp8")
        assert batch_in_memory(told, 1000, 500) == pytest.approx(2 * batch_in_memory(plain, 1000, 500))
        assert kv_bytes(setup(precision="fp8"), 1) == kv_bytes(told, 1) == 2 * 25 * 10 * 100

    def test_four_bit_floats_compute_at_fp4_where_the_gpu_has_it_and_integers_at_bf16(self) -> None:
        fp4 = GPU._replace(fp4_tflops=400)
        assert peak_flops(GPU, "fp4") == peak_flops(fp4, "int4") == 1e14
        assert peak_flops(fp4, "fp4") == peak_flops(fp4, "mxfp4") == 4e14
        assert memory(setup(precision="int4")).weights_gb == pytest.approx(5 * 0.5625)
        assert memory(setup(precision="mxfp4")).weights_gb == pytest.approx(5 * 0.53125)

    def test_concurrency_and_the_engine_limit_the_batch(self) -> None:
        few = capacity(setup(concurrency=8), 1000, 500)
        many = capacity(setup(), 10, 10)
        assert few is not None and many is not None
        assert (few.batch, few.batch_limit) == (8, "concurrency")
        assert (many.batch, many.batch_limit) == (2048, "max_num_seqs")

    def test_tensorrt_holds_room_for_the_whole_output_and_vllm_for_six_tenths(self) -> None:
        room = memory(setup()).cache_gb * 1e9 / (2 * 25 * 10 * 100 * 2)
        assert batch_in_memory(setup(), 1000, 500) == pytest.approx(room / 1500)
        assert batch_in_memory(setup(engine="vllm"), 1000, 500) == pytest.approx(room / 1300)

    def test_nothing_written_is_prefill_alone(self) -> None:
        found = capacity(setup(), 1000, 0)
        assert found is not None
        assert found.requests_per_second == pytest.approx(1 / found.prefill_s)
        assert found.time_per_output_token_s is None

    def test_the_band_is_a_factor_either_way(self) -> None:
        found = capacity(setup(), 1000, 500)
        assert found is not None
        assert found.high / found.requests_per_second == pytest.approx(found.requests_per_second / found.low)
        assert found.high / found.requests_per_second == pytest.approx(math.exp(band(setup())))

    def test_the_bound_is_full_overlap_at_perfect_efficiency(self) -> None:
        kappa = 2 * 25 * 10 * 100 * 2
        batch = (100 * 2**30 - 10e9) / (kappa * 1500)
        reading = 500 * (10e9 / batch + kappa * 1250) / 1e12
        computing = 500 * (2 * 5e9 + 4 * 25 * 1000 * 1250) / 1e14 + (2 * 5e9 * 1000 + 2 * 25 * 1000 * 1000**2) / 1e14
        found = bound_of(setup(), 1000, 500)
        assert found.requests_per_second == pytest.approx(1 / max(reading, computing))

    def test_a_sliding_layer_looks_back_no_further_than_its_window(self) -> None:
        sliding = MODEL._replace(sliding_window=200, sliding_layers=20)
        assert kv_bytes(setup(model=sliding), 1500) == pytest.approx(2 * 10 * 100 * 2 * (5 * 1500 + 20 * 200))

    def test_stages_work_on_different_requests_side_by_side(self) -> None:
        piped, single = setup(gpus=2, pipeline_parallel=2), setup(gpus=1)
        two, one = timing(piped, 1000, 500), timing(single, 1000, 500)
        # Two stages hold half the layers each: 16 requests in two halves take as long as 8 on one GPU, twice as many.
        assert cycle(two, 16.0).rate == pytest.approx(2 * cycle(one, 8.0).rate)


class TestMixture:
    """8 experts of 1e9 parameters over all layers, 2 a token, 2e9 always used: 10e9 in all, 4e9 active."""

    MIXTURE = MODEL._replace(parameters=10e9, active_parameters=4e9, experts=8, experts_per_token=2, expert_layers=25)

    def test_total_and_active_give_what_is_always_used(self) -> None:
        known = parameters(self.MIXTURE)
        assert (known.always, known.routed, known.chosen) == pytest.approx((2e9, 8e9, 2e9))

    def test_a_batch_touches_the_expected_number_of_distinct_experts(self) -> None:
        assert touched(2 / 8, 1.0) == pytest.approx(1 / 4)
        assert touched(2 / 8, 2.0) == pytest.approx(1 - (3 / 4) ** 2)
        # Four choices of 1 of 2 experts by hand: all the same in 2 of 16, so (2·1/2 + 14·1)/16 of both.
        assert touched(1 / 2, 4.0) == pytest.approx((2 * 0.5 + 14) / 16)

    def test_a_step_reads_more_experts_the_more_requests_it_serves(self) -> None:
        round_ = TestByHand.ROUND
        timed = timing(setup(model=self.MIXTURE), 1000, 500)._replace(constants=round_)
        kappa = 2 * 25 * 10 * 100 * 2

        def by_hand(batch: float) -> float:
            each = kappa * 1250 / 0.5e12 + 4 * 1000 * 25 * 1250 / 0.4e14 + 2 * 2e9 / 0.5e14 + 2 * 2e9 / 0.25e14 + 1e-5
            read = 2 * 2e9 / 0.8e12 + (1 - 0.75**batch) * 2 * 8e9 / 0.5e12
            return read + batch * each + 25 * 3e-5 + 1e-3

        assert step_s(timed, 1.0) == pytest.approx(by_hand(1))
        assert step_s(timed, 16.0) == pytest.approx(by_hand(16))

    def test_experts_have_four_bits_and_the_rest_sixteen(self) -> None:
        mixed = setup(model=self.MIXTURE, precision="mxfp4")
        assert memory(mixed).weights_gb == pytest.approx(2 * 2 + 8 * 0.53125)
        # An NVFP4 checkpoint has 4 bits throughout, unless its attention is latent.
        assert memory(setup(model=self.MIXTURE, precision="fp4")).weights_gb == pytest.approx(10 * 0.5625)
        latent = self.MIXTURE._replace(latent_size=576, attention_parameters=1.5e9)
        assert memory(setup(model=latent, precision="fp4")).weights_gb == pytest.approx(1.5 * 2 + 8.5 * 0.5625)

    def test_groups_of_attention_hold_what_is_always_used_each_and_share_the_experts(self) -> None:
        spread = setup(model=self.MIXTURE, gpus=4, data_parallel=4, expert_parallel=True)
        assert memory(spread).weights_gb == pytest.approx(4 * 2 * 2 + 8 * 2)
        assert timing(spread, 1000, 500).work.sends == 0  # no group shares a request
        assert timing(spread, 1000, 500).work.expert_sends == 50

    def test_latent_and_linear_attention_by_their_real_bytes(self) -> None:
        latent = setup(model=MODEL._replace(latent_size=576))
        assert kv_bytes(latent, 1000) == pytest.approx(25 * 576 * 2 * 1000)
        hybrid = setup(model=MODEL._replace(linear_layers=20, state_bytes=1e6))
        assert kv_bytes(hybrid, 1000) == pytest.approx(2 * 5 * 10 * 100 * 2 * 1000 + 1e6)

    def test_the_bound_counts_what_a_token_uses(self) -> None:
        oss = CATALOG.open_model("gpt-oss-20b")
        found = check_rate(18920 / 1200, Setup(oss, CATALOG.gpu("A100-SXM-80GB"), 1, "mxfp4"), 1000, 200)
        assert found.verdict != "impossible"
        # All compute at bf16 on an A100: no faster than 312 TFLOP/s ÷ (2 · 3.6e9) tokens a second.
        assert found.bound * 1200 < 312e12 / (2 * 3.6e9)

    def test_a_mixture_described_as_dense_is_not_called_impossible(self) -> None:
        hidden = OpenModel("mix-20b", 20.9e9, 24, 8, 64, 2880, TEXT, heads=64)
        assert hidden_mixture(hidden)
        found = check_rate(1e6, Setup(hidden, CATALOG.gpu("A100-SXM-80GB")), 1000, 200)
        assert found.verdict == "above_band" and "active_parameters" in found.message

    def test_no_published_dense_model_is_taken_for_a_mixture(self) -> None:
        assert not [model.model for model in CATALOG.open_models() if hidden_mixture(model)]

    def test_weights_beyond_the_memory_are_doubtful_and_impossible_only_by_computing(self) -> None:
        big = Setup(CATALOG.open_model("qwen3-235b-a22b"), CATALOG.gpu("H200"), 1, "fp8")
        assert check_rate(1.0, big, 1000, 100).verdict == "above_band"
        assert check_rate(1e4, big, 1000, 100).verdict == "impossible"


class TestLimits:
    """What binds."""

    def test_long_inputs_bind_on_compute(self) -> None:
        found = capacity(setup(), 2000, 1)
        assert found is not None and found.limit == "compute"

    def test_few_requests_at_once_bind_on_bandwidth(self) -> None:
        found = capacity(setup(concurrency=1), 10, 1000)
        assert found is not None and found.limit == "bandwidth"

    def test_little_room_beside_the_weights_binds_on_memory(self) -> None:
        found = capacity(setup(gpu=GPU._replace(memory_gb=14.5)), 1000, 500)
        assert found is not None and (found.limit, found.batch_limit) == ("memory", "memory")


class TestFit:
    """Does not fit is an answer."""

    def test_weights_over_nine_tenths_of_the_memory_do_not_fit(self) -> None:
        assert "90%" in why_not(setup(gpu=GPU._replace(memory_gb=10.3)), 100, 10)  # 10 of 11.06 GB
        assert capacity(setup(gpu=GPU._replace(memory_gb=10.3)), 100, 10) is None
        assert capacity(setup(gpu=GPU._replace(memory_gb=13)), 1, 1) is not None

    def test_a_request_that_the_room_cannot_hold_does_not_fit(self) -> None:
        assert "one request" in why_not(setup(), 900_000, 1)

    def test_the_smallest_set_has_the_least_memory(self) -> None:
        big = CATALOG.open_model("llama-3.1-70b")  # 141.1 GB at bf16, of at most nine tenths of the memory
        specs = [CATALOG.gpu(name) for name in ("L40S", "H100-SXM", "B200", "MI300X", "A100-SXM-80GB")]
        found = smallest_fit(Setup(big, specs[0]), specs, 1000, 200)
        # Two of 80 GB are 171.8e9 bytes, of which 163.2 − 6 serve: 16 GB of room beside the weights.
        assert found is not None and (found.gpus, found.total_memory_gb) == (2, 160)
        assert more_of_the_same(Setup(big, specs[0]), 1000, 200) == 4  # 4 × 48 = 192 GB
        assert more_of_the_same(Setup(big, specs[1]), 1000, 200) == 2

    def test_no_tokens_are_refused(self) -> None:
        with pytest.raises(InputError, match="no tokens"):
            capacity(setup(), 0, 0)


class TestStatedFigures:
    """The published figures of the guides, held against physics."""

    H100 = Setup(CATALOG.open_model("llama-3.1-8b"), CATALOG.gpu("H100-SXM"), 1, "fp8")

    def test_a_7b_on_one_h100_has_about_73_requests_a_second_at_most_and_about_26_in_practice(self) -> None:
        small = self.H100._replace(model=CATALOG.open_model("mistral-7b"))
        assert bound_of(small, 1000, 500).requests_per_second == pytest.approx(73, abs=1)
        found = capacity(self.H100, 1000, 500)
        assert found is not None and found.low < 26 < found.high

    def test_200_requests_a_second_is_impossible(self) -> None:
        verdict = check_rate(200, self.H100, 1000, 500)
        assert verdict.verdict == "impossible"
        assert verdict.factor == pytest.approx(200 / verdict.bound) and 2.7 < verdict.factor < 2.8
        assert "bandwidth" in verdict.message and "2.75 times" in verdict.message

    def test_above_the_band_and_below_the_bound_is_doubtful(self) -> None:
        assert check_rate(33, self.H100, 1000, 500).verdict == "above_band"
        assert check_rate(28, self.H100, 1000, 500).verdict == "plausible"

    def test_100m_tokens_a_month_on_one_l40s_is_plausible(self) -> None:
        l40s = Setup(CATALOG.open_model("llama-3.1-8b"), CATALOG.gpu("L40S"), 1, "fp8")
        rate = 100e6 / 2500 / (730 * 3600)  # 2,500 tokens a request: 0.015 requests a second
        assert check_rate(rate, l40s, 2400, 100).verdict == "plausible"

    @pytest.mark.parametrize(
        ("usd_per_mtok", "verdict"), [(0.10, "plausible"), (0.03, "plausible"), (0.003, "impossible")]
    )
    def test_three_cents_a_million_tokens_needs_a_gpu_that_is_never_idle(
        self, usd_per_mtok: float, verdict: str
    ) -> None:
        found = check_price(usd_per_mtok, 2.0, self.H100, 1000, 200)
        assert found.verdict == verdict
        assert found.stated == pytest.approx(2.0 / 3600 / (usd_per_mtok / 1e6 * 1200))

    def test_80_ms_in_a_car_holds_for_the_first_token_and_not_for_an_answer(self) -> None:
        orin = GpuSpec("the device", 64, 204.8, 42.5, None, None, None, "pcie", TEXT)
        phone = Setup(CATALOG.open_model("phi-3-mini"), orin, 1, "int4")
        step = 3_821_079_552 * 0.5625 / 204.8e9 * 0.97  # 10.2 ms to read the weights once, the embedding left out
        answer = check_latency(80, phone, 100, 30)
        assert answer.verdict == "impossible" and answer.factor > 29 * step / 0.080
        assert check_latency(80, phone, 100, 30, of="first_token").verdict == "plausible"
