"""The laws of the capacity model: better hardware, longer requests, more GPUs."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from llmcost.capacity.bound import bound_of
from llmcost.capacity.replica import capacity, memory
from llmcost.capacity.setup import Setup
from llmcost.catalog import load_catalog

CATALOG = load_catalog()
MODELS = st.sampled_from(CATALOG.open_models())
GPUS = st.sampled_from([CATALOG.gpu(name) for name in CATALOG.gpu_names() if name in CATALOG.compiled["gpus"]])
LENGTHS = st.integers(1, 20_000)


@st.composite
def replicas(draw: st.DrawFn) -> Setup:
    return Setup(
        draw(MODELS),
        draw(GPUS),
        draw(st.sampled_from([1, 2, 3, 4, 8])),
        draw(st.sampled_from(["bf16", "fp8", "fp4", "mxfp4", "int4"])),
        draw(st.sampled_from([None, "fp8"])),
        draw(st.sampled_from(["tensorrt-llm", "vllm", "sglang"])),
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
