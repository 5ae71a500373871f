"""The capacity model: what one replica serves, worked out by hand from the published formula, and its laws."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from llmcost.capacity.bound import bound_of, check_latency, check_price, check_rate, physical_bound
from llmcost.capacity.fitting import more_of_the_same, smallest_fit
from llmcost.capacity.replica import Setup, capacity, memory, why_not
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
    """H100's MFU of 0.60 and MBU of 0.85 on a GPU of round figures, 1,000 in and 500 out."""

    def test_memory_splits_into_weights_room_and_reserve(self) -> None:
        split = memory(setup())
        assert split.weights_gb == pytest.approx(5e9 * 2 / 1e9)
        assert split.reserve_gb == pytest.approx(0.08 * 100 + 1.5)
        assert split.cache_gb == pytest.approx(100 - 10 - 9.5)
        assert split.total_gb == 100

    def test_the_rate_is_the_batch_over_the_time_it_takes(self) -> None:
        found = capacity(setup(), 1000, 500)
        assert found is not None
        kappa = 2 * 25 * 10 * 100 * 2  # bytes a token
        batch = 80.5e9 / (kappa * 1500)
        step = (
            (10e9 + batch * kappa * 1250) / (0.85 * 1e12)
            + batch * (2 * 5e9 + 4 * 25 * 1000 * 1250) / (0.60 * 1e14)
            + 0.002
        )
        prefill = (2 * 5e9 * 1000 + 2 * 25 * 1000 * 1000**2) / (0.60 * 1e14)
        assert found.batch == pytest.approx(batch)
        assert found.decode_step_s == pytest.approx(step)
        assert found.prefill_s == pytest.approx(prefill)
        assert found.requests_per_second == pytest.approx(batch / (500 * step + batch * prefill))
        assert found.time_per_output_token_s == pytest.approx(step + batch * prefill / 500)
        assert (found.low, found.high) == pytest.approx(
            (0.75 * found.requests_per_second, 1.25 * found.requests_per_second)
        )

    def test_fp8_halves_weights_and_cache_and_doubles_the_flops(self) -> None:
        found = capacity(setup(precision="fp8"), 1000, 500)
        assert found is not None
        assert found.batch == pytest.approx((92 - 5 - 1.5) * 1e9 / (2 * 25 * 10 * 100 * 1500))
        assert found.prefill_s == pytest.approx((2 * 5e9 * 1000 + 2 * 25 * 1000 * 1000**2) / (0.60 * 2e14))

    def test_vllm_keeps_two_bytes_a_key_unless_told_otherwise(self) -> None:
        plain = capacity(setup(precision="fp8", engine="vllm"), 1000, 500)
        told = capacity(setup(precision="fp8", engine="vllm", kv_precision="fp8"), 1000, 500)
        assert plain is not None and told is not None
        assert told.batch == pytest.approx(2 * plain.batch)

    def test_four_bit_weights_compute_at_bf16_unless_the_gpu_has_fp4(self) -> None:
        without = capacity(setup(precision="int4"), 1000, 500)
        with_fp4 = capacity(setup(precision="int4", gpu=GPU._replace(fp4_tflops=400)), 1000, 500)
        assert without is not None and with_fp4 is not None
        assert without.prefill_s == pytest.approx(4 * with_fp4.prefill_s)
        assert memory(setup(precision="int4")).weights_gb == pytest.approx(5 * 0.5625)

    @pytest.mark.parametrize(
        ("gpus", "link", "kept", "band"),
        [(1, "nvlink", 1, 0.25), (2, "nvlink", 0.85, 0.35), (8, "nvlink", 0.85**3, 0.35), (4, "pcie", 0.36, 0.5)],
    )
    def test_each_doubling_keeps_its_part(self, gpus: int, link: str, kept: float, band: float) -> None:
        found = capacity(setup(gpus=gpus, gpu=GPU._replace(interconnect=link)), 1000, 1)
        assert found is not None
        assert found.prefill_s == pytest.approx((2 * 5e9 * 1000 + 2 * 25 * 1000 * 1000**2) / (0.6e14 * gpus * kept))
        assert found.low / found.requests_per_second == pytest.approx(1 - band)

    def test_concurrency_and_the_engine_limit_the_batch(self) -> None:
        few = capacity(setup(concurrency=8), 1000, 500)
        many = capacity(setup(), 10, 10)
        assert few is not None and many is not None
        assert (few.batch, few.batch_limit) == (8, "concurrency")
        assert (many.batch, many.batch_limit) == (2048, "max_num_seqs")

    def test_nothing_written_is_prefill_alone(self) -> None:
        found = capacity(setup(), 1000, 0)
        assert found is not None
        assert found.requests_per_second == pytest.approx(1 / found.prefill_s)
        assert found.time_per_output_token_s is None

    def test_the_bound_is_full_overlap_at_perfect_efficiency(self) -> None:
        kappa = 2 * 25 * 10 * 100 * 2
        batch = 90e9 / (kappa * 1500)
        reading = 500 * (10e9 + batch * kappa * 1250) / 1e12
        computing = (
            500 * batch * (2 * 5e9 + 4 * 25 * 1000 * 1250) / 1e14
            + batch * (2 * 5e9 * 1000 + 2 * 25 * 1000 * 1000**2) / 1e14
        )
        found = physical_bound(MODEL, GPU, input_tokens=1000, output_tokens=500)
        assert found == pytest.approx(batch / max(reading, computing))

    def test_a_sliding_layer_looks_back_no_further_than_its_window(self) -> None:
        sliding = MODEL._replace(sliding_window=200, sliding_layers=20)
        kappa = 2 * 10 * 100 * 2
        found = capacity(setup(model=sliding), 1000, 500)
        assert found is not None
        assert found.batch == pytest.approx(80.5e9 / (kappa * (5 * 1500 + 20 * 200)))


class TestLimits:
    """What binds."""

    def test_long_inputs_bind_on_compute(self) -> None:
        found = capacity(setup(), 2000, 1)
        assert found is not None and found.limit == "compute"

    def test_few_requests_at_once_bind_on_bandwidth(self) -> None:
        found = capacity(setup(concurrency=1), 10, 1000)
        assert found is not None and found.limit == "bandwidth"

    def test_little_room_beside_the_weights_binds_on_memory(self) -> None:
        found = capacity(setup(gpu=GPU._replace(memory_gb=14)), 1000, 500)
        assert found is not None and (found.limit, found.batch_limit) == ("memory", "memory")


class TestFit:
    """Does not fit is an answer."""

    def test_weights_over_four_fifths_of_the_memory_do_not_fit(self) -> None:
        assert capacity(setup(gpu=GPU._replace(memory_gb=12.4)), 100, 10) is None
        assert capacity(setup(gpu=GPU._replace(memory_gb=12.6)), 1, 1) is not None  # 10 / 12.6 is under 80 %
        assert "80%" in why_not(setup(gpu=GPU._replace(memory_gb=12.4)), 100, 10)

    def test_a_request_that_the_room_cannot_hold_does_not_fit(self) -> None:
        assert "one request" in why_not(setup(), 900_000, 1)

    def test_the_smallest_set_has_the_least_memory(self) -> None:
        big = CATALOG.open_model("llama-3.1-70b")  # 141.1 GB at bf16 needs 176.4 GB: 180 GB of B200 are the least
        specs = [CATALOG.gpu(name) for name in ("L40S", "H100-SXM", "B200", "MI300X", "A100-SXM-80GB")]
        found = smallest_fit(Setup(big, specs[0]), specs, 1000, 200)
        assert found is not None and (found.gpu, found.gpus, found.total_memory_gb) == ("B200", 1, 180)
        assert more_of_the_same(Setup(big, specs[0]), 1000, 200) == 4  # 4 × 48 = 192 GB
        assert more_of_the_same(Setup(big, specs[1]), 1000, 200) == 4  # 2 × 80 = 160 GB is too little

    def test_no_tokens_are_refused(self) -> None:
        with pytest.raises(InputError, match="no tokens"):
            capacity(setup(), 0, 0)


class TestStatedFigures:
    """The published figures of the guides, held against physics."""

    H100 = Setup(CATALOG.open_model("llama-3.1-8b"), CATALOG.gpu("H100-SXM"), 1, "fp8")

    def test_a_7b_on_one_h100_has_73_requests_a_second_at_most_and_26_in_practice(self) -> None:
        small = self.H100._replace(model=CATALOG.open_model("mistral-7b"))
        assert bound_of(small, 1000, 500).requests_per_second == pytest.approx(73, abs=0.5)
        found = capacity(self.H100, 1000, 500)
        assert found is not None and found.requests_per_second == pytest.approx(26, abs=0.5)

    def test_200_requests_a_second_is_impossible(self) -> None:
        verdict = check_rate(200, self.H100, 1000, 500)
        assert verdict.verdict == "impossible"
        assert verdict.factor == pytest.approx(200 / verdict.bound) and 2.7 < verdict.factor < 2.8
        assert "bandwidth" in verdict.message and "2.77 times" in verdict.message

    def test_above_the_band_and_below_the_bound_is_doubtful(self) -> None:
        assert check_rate(33, self.H100, 1000, 500).verdict == "above_band"
        assert check_rate(32, self.H100, 1000, 500).verdict == "plausible"

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
        step = 3_821_079_552 * 0.5625 / 204.8e9  # 10.5 ms to read the weights once
        answer = check_latency(80, phone, 100, 30)
        assert answer.verdict == "impossible" and answer.factor > 29 * step / 0.080
        assert check_latency(80, phone, 100, 30, of="first_token").verdict == "plausible"


# ---- laws ------------------------------------------------------------------------------------------

MODELS = st.sampled_from(CATALOG.open_models())
GPUS = st.sampled_from([CATALOG.gpu(name) for name in CATALOG.gpu_names() if name in CATALOG.compiled["gpus"]])
LENGTHS = st.integers(1, 20_000)


@st.composite
def replicas(draw: st.DrawFn) -> Setup:
    return Setup(
        draw(MODELS),
        draw(GPUS),
        draw(st.sampled_from([1, 2, 3, 4, 8])),
        draw(st.sampled_from(["bf16", "fp8", "int4"])),
        draw(st.sampled_from([None, "fp8"])),
        draw(st.sampled_from(["tensorrt-llm", "vllm"])),
        draw(st.sampled_from([None, 1.0, 16.0, 256.0])),
    )


def rate(one: Setup, inputs: float, outputs: float) -> float:
    found = capacity(one, inputs, outputs)
    return 0.0 if found is None else found.requests_per_second


@given(replicas(), LENGTHS, LENGTHS, st.integers(0, 5000), st.integers(0, 5000))
def test_longer_requests_are_never_served_faster(one: Setup, inputs: int, outputs: int, more: int, longer: int) -> None:
    assert rate(one, inputs + more, outputs + longer) <= rate(one, inputs, outputs) * (1 + 1e-12)


@given(replicas(), LENGTHS, LENGTHS, st.sampled_from(["bandwidth_gb_s", "memory_gb", "bf16_tflops", "fp8_tflops"]))
def test_better_hardware_never_serves_less(one: Setup, inputs: int, outputs: int, field: str) -> None:
    before = getattr(one.gpu, field)
    assume(before is not None)
    better = one._replace(gpu=one.gpu._replace(**{field: before * 1.5}))
    assert rate(better, inputs, outputs) >= rate(one, inputs, outputs) * (1 - 1e-12)
    bound = bound_of(one, inputs, outputs).requests_per_second
    assert bound_of(better, inputs, outputs).requests_per_second >= bound * (1 - 1e-12)


@given(replicas(), LENGTHS, LENGTHS, st.sampled_from([2, 4, 8]))
def test_at_a_fixed_batch_n_gpus_never_serve_more_than_n_times_one(
    one: Setup, inputs: int, outputs: int, gpus: int
) -> None:
    single = capacity(one._replace(gpus=1, concurrency=None), inputs, outputs)
    assume(single is not None)
    assert single is not None
    fixed = one._replace(concurrency=float(single.batch))
    assert rate(fixed._replace(gpus=gpus), inputs, outputs) <= gpus * rate(fixed._replace(gpus=1), inputs, outputs) * (
        1 + 1e-9
    )


@given(replicas(), LENGTHS, LENGTHS)
def test_where_n_gpus_gain_more_the_batch_explains_it(one: Setup, inputs: int, outputs: int) -> None:
    alone, pair = one._replace(gpus=1, concurrency=None), one._replace(gpus=2, concurrency=None)
    single, double = capacity(alone, inputs, outputs), capacity(pair, inputs, outputs)
    assume(single is not None and double is not None)
    assert single is not None and double is not None
    if double.requests_per_second > 2 * single.requests_per_second:
        assert double.batch > single.batch
        assert memory(pair).cache_gb > 2 * memory(alone).cache_gb


@given(replicas(), LENGTHS, LENGTHS)
def test_the_model_never_exceeds_the_bound(one: Setup, inputs: int, outputs: int) -> None:
    assert rate(one, inputs, outputs) <= bound_of(one, inputs, outputs).requests_per_second * (1 + 1e-12)


@given(replicas(), LENGTHS, LENGTHS)
def test_the_memory_adds_up(one: Setup, inputs: int, outputs: int) -> None:
    split = memory(one)
    assert math.isclose(split.weights_gb + split.cache_gb + split.reserve_gb, split.total_gb)


@given(replicas(), st.lists(st.tuples(LENGTHS, LENGTHS), min_size=2, max_size=5))
def test_an_array_of_lengths_gives_what_each_length_gives(one: Setup, sizes: list[tuple[int, int]]) -> None:
    import numpy as np

    assume(all(capacity(one, *size) is not None for size in sizes))
    found = capacity(one, np.array([s[0] for s in sizes], float), np.array([s[1] for s in sizes], float))
    assert found is not None
    assert list(found.requests_per_second) == pytest.approx([rate(one, *size) for size in sizes])  # type: ignore[call-overload]
