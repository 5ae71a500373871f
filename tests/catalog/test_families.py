"""Generations of a model, and the next smaller current one, from names and prices alone."""

from datetime import date

import pytest

from llmcost.catalog import load_catalog
from llmcost.catalog.families import Family, family_of, newer_and_cheaper, smaller_than

DAY = date(2026, 12, 1)


@pytest.mark.parametrize(
    ("model", "words", "version"),
    [
        ("anthropic/claude-haiku-4-5", ("claude", "haiku"), (4, 5)),
        ("anthropic/claude-3-5-haiku-latest", ("claude", "haiku"), (3, 5)),
        ("openai/gpt-4.1-mini", ("gpt", "mini"), (4, 1)),
        ("openai/gpt-4o-2024-05-13", ("gpt",), (4,)),
        ("openai/o4-mini", ("o", "mini"), (4,)),
        ("google/gemini-2.5-flash-lite", ("gemini", "flash", "lite"), (2, 5)),
        ("aws/global.anthropic.claude-haiku-4-5-20251001-v1:0", ("global.anthropic.claude", "haiku"), (4, 5)),
        ("mistral/codestral-2508", ("codestral",), ()),
    ],
)
def test_an_id_is_words_and_a_version(model: str, words: tuple[str, ...], version: tuple[int, ...]) -> None:
    assert family_of(model) == (Family(model.split("/", 1)[0], words), version)


def test_a_newer_model_counts_only_where_nothing_of_it_costs_more() -> None:
    catalog = load_catalog()
    found = newer_and_cheaper(catalog, "claude-haiku-4-5", DAY)
    assert found is not None
    own = catalog.price("claude-haiku-4-5", DAY).rates
    assert found.rates.input_per_mtok < own.input_per_mtok  # type: ignore[operator]
    for model in catalog.model_ids():
        newer = newer_and_cheaper(catalog, model, date(2026, 12, 1)) if _priced(model) else None
        if newer is None:
            continue
        rates = catalog.price(model, DAY).rates
        assert family_of(newer.model)[0] == family_of(model)[0]
        assert family_of(newer.model)[1] > family_of(model)[1]
        assert all(a <= b for a, b in zip(newer.rates, rates, strict=True) if a is not None and b is not None)


def test_the_next_smaller_model_is_current_and_at_most_half_the_price() -> None:
    catalog = load_catalog()
    assert smaller_than(catalog, "claude-sonnet-4-6", DAY) == "anthropic/claude-haiku-5-5"
    smaller = smaller_than(catalog, "claude-opus-4-8", DAY)
    assert smaller is not None
    assert catalog.retirement(smaller) is None
    assert smaller_than(catalog, "claude-haiku-5-5", DAY) is None


def _priced(model: str) -> bool:
    try:
        load_catalog().price(model, DAY)
    except Exception:
        return False
    return True
