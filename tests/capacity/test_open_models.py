"""`pricing/models.yaml`: what open models are, each with its source, found by any of its names."""

from __future__ import annotations

import pytest

from llmcost.catalog import load_catalog
from llmcost.catalog.models import OpenModel
from llmcost.errors import UnknownPrice

CATALOG = load_catalog()
MODELS = CATALOG.open_models()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.model)
def test_a_model_states_its_source_its_licence_and_its_shape(model: OpenModel) -> None:
    assert model.source.title and model.source.url
    assert model.licence and model.context_window and model.context_window >= 2048
    assert model.heads is not None and model.heads % model.kv_heads == 0
    assert 0 <= model.sliding_layers < model.layers
    if model.experts is not None:
        assert model.active_parameters is not None and model.experts_per_token is not None
        assert model.active_parameters < model.parameters and model.experts_per_token < model.experts
        return
    # The layers' attention and feed-forward matrices are most of the parameters, and never all of them.
    attention = model.layers * model.width * model.head_size * 2 * (model.heads + model.kv_heads)
    assert attention < model.parameters < attention * 60


@pytest.mark.parametrize(
    ("written", "model"),
    [
        ("llama-3.1-8b", "llama-3.1-8b"),
        ("meta-llama/Llama-3.1-8B-Instruct", "llama-3.1-8b"),
        ("Llama-3.3-70B-Instruct", "llama-3.3-70b"),
        ("Qwen/Qwen2.5-7B", "qwen2.5-7b"),
        ("google/gemma-3-27b-it", "gemma-3-27b"),
        ("microsoft/phi-4", "phi-4"),
        ("mistralai/Mistral-7B-Instruct-v0.3", "mistral-7b-v0.3"),
    ],
)
def test_a_model_is_found_by_its_makers_name(written: str, model: str) -> None:
    assert CATALOG.open_model(written).model == model


def test_published_parameters() -> None:
    """What the makers' checkpoints hold."""
    counts = {"llama-3.1-8b": 8_030_261_248, "llama-3.1-70b": 70_553_706_496, "mistral-7b": 7_241_732_096}
    assert {name: CATALOG.open_model(name).parameters for name in counts} == counts


@pytest.mark.parametrize(
    ("model", "billions", "active"),
    [
        *(("gpt-oss-120b", 116.8, 5.13), ("gpt-oss-20b", 20.9, 3.61), ("mixtral-8x7b", 46.7, 12.9)),
        *(
            ("qwen3-235b-a22b", 235, 22),
            ("qwen3-30b-a3b", 30.5, 3.3),
            ("deepseek-v3", 671, 37),
            ("deepseek-r1", 671, 37),
        ),
        *(("kimi-k2", 1026, 32.6), ("glm-5", 744, 40), ("minimax-m2", 229, 10), ("llama-4-maverick", 400, 17)),
        *(("qwen3.5-397b-a17b", 397, 17), ("nemotron-3-nano-30b-a3b", 31.6, 3.2), ("qwen3-coder-480b-a35b", 480, 35)),
    ],
)
def test_published_totals_of_mixtures(model: str, billions: float, active: float) -> None:
    """What the makers' model cards say, which count the embedding table as active or not: within a tenth."""
    found = CATALOG.open_model(model)
    assert found.parameters / 1e9 == pytest.approx(billions, rel=0.01)
    assert found.active_parameters is not None
    assert found.active_parameters / 1e9 == pytest.approx(active, rel=0.1)


def test_an_unknown_model_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownPrice, match="unknown open model") as refused:
        CATALOG.open_model("lama-3.1-8b")
    assert "llama-3.1-8b" in refused.value.hint


def test_the_users_own_file_adds_a_model() -> None:
    from llmcost.catalog.files import parse_yaml

    text = "open_models:\n  mine: {parameters: 7B, layers: 32, kv_heads: 8, head_size: 128, width: 4096}\n"
    assert CATALOG.overlaid([parse_yaml(text, "own.yaml")]).open_model("mine").parameters == 7_000_000_000
