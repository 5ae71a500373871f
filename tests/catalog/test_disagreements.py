"""`prices check --against`: where LiteLLM's table has other prices."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from command_line import run

from llmcost.catalog import Catalog
from llmcost.catalog.disagreements import compared
from llmcost.errors import InputError

ON = date(2026, 11, 22)


def table(**entries: dict[str, object]) -> str:
    return json.dumps({name.replace("__", "/").replace("_", "-"): entry for name, entry in entries.items()})


def test_a_price_that_differs_is_listed_with_both_figures(catalog: Catalog) -> None:
    """GPT-4o at 2.50 and 10 USD/Mtok, cached 1.25: the table has the output at 12."""
    entry = {"litellm_provider": "openai", "input_cost_per_token": 2.5e-06, "output_cost_per_token": 1.2e-05}
    found = compared(catalog, table(gpt_4o=entry | {"cache_read_input_token_cost": 1.25e-06}), "t.json", ON)
    assert (found.compared, found.models, found.unknown) == (3, 1, [])
    (one,) = found.differing
    assert (one.model, one.price, one.catalog) == ("openai/gpt-4o", "output_per_mtok", 10)
    assert one.other == pytest.approx(12)
    assert one.ratio == pytest.approx(1.2)


def test_tiers_batches_and_long_contexts_are_compared(catalog: Catalog) -> None:
    """GPT-5.5: priority 12.5, batch 2.5, above 272,000 tokens 10 USD/Mtok of input."""
    entry = {
        "litellm_provider": "openai",
        "input_cost_per_token_priority": 1.25e-05,
        "input_cost_per_token_batches": 2.5e-06,
        "input_cost_per_token_above_272k_tokens": 9e-06,
    }
    found = compared(catalog, json.dumps({"gpt-5.5": entry}), "t.json", ON)
    assert found.compared == 3
    assert [(one.price, one.catalog) for one in found.differing] == [("input_per_mtok above 272,000", 10)]


def test_a_platforms_name_is_compared_with_its_platforms_price(catalog: Catalog) -> None:
    """Bedrock's regional profile costs 3.30, the global one 3."""
    entry = {"litellm_provider": "bedrock_converse", "input_cost_per_token": 3.3e-06}
    names = {"us.anthropic.claude-sonnet-4-6": entry, "global.anthropic.claude-sonnet-4-6": entry}
    found = compared(catalog, json.dumps(names), "t.json", ON)
    assert [one.name for one in found.differing] == ["global.anthropic.claude-sonnet-4-6"]


def test_a_name_that_is_only_like_a_models_is_not_compared(catalog: Catalog) -> None:
    entry = {"litellm_provider": "anthropic", "input_cost_per_token": 1e-06}
    found = compared(catalog, json.dumps({"claude-haiku-4-5-turbo": entry}), "t.json", ON)
    assert (found.models, found.unknown) == (0, ["claude-haiku-4-5-turbo"])


@pytest.mark.parametrize("text", ["", "[]", '{"a": 1}', "nope"])
def test_what_is_no_table_is_an_error(catalog: Catalog, text: str) -> None:
    with pytest.raises(InputError) as caught:
        compared(catalog, text, "t.json", ON)
    assert caught.value.where == "t.json"
    assert "model_prices_and_context_window.json" in caught.value.hint


def test_the_command_lists_them(tmp_path: Path) -> None:
    file = tmp_path / "table.json"
    file.write_text(json.dumps({"gpt-4o": {"litellm_provider": "openai", "input_cost_per_token": 2e-06}}))
    done = run("prices", "check", "--against", str(file), "--as-of", "2026-11-22", "-f", "json")
    assert done.code == 0
    (one,) = done.result["against"]["differing"]
    assert (one["model"], one["catalog"], one["other"]) == ("openai/gpt-4o", 2.5, 2)


def test_a_file_that_is_not_there_is_an_error() -> None:
    done = run("prices", "check", "--against", "nowhere.json")
    assert done.code == 2
    assert "--against" in done.err
