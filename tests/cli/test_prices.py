"""`llmcost prices`: what it prints, writes and refuses."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from command_line import run
from typer.testing import CliRunner

from llmcost.catalog.compiled import pricing_folder
from llmcost.cli.prices import app
from llmcost.errors import InputError, LlmcostError, StalePrice


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLMCOST_TODAY", "2026-11-22")


def out(*arguments: str) -> str:
    run = CliRunner().invoke(app, list(arguments))
    if run.exception is not None:
        raise run.exception
    return run.stdout


def result(*arguments: str) -> dict[str, Any]:
    document = json.loads(out(*arguments, "-f", "json"))
    assert document["schema"] == "llmcost.prices/2"
    assert document["currency"] == "USD"
    found: dict[str, Any] = document["result"]
    return found


def refused(*arguments: str) -> LlmcostError:
    with pytest.raises(LlmcostError) as caught:
        out(*arguments)
    return caught.value


class TestList:
    """Models or GPUs, filtered."""

    def test_by_provider(self) -> None:
        models = result("list", "--provider", "anthropic")["models"]
        assert {model["model"].split("/")[0] for model in models} == {"anthropic"}
        assert "anthropic/claude-haiku-4-5" in {model["model"] for model in models}

    def test_by_tier(self) -> None:
        """Claude Haiku 4.5 blends to (3*1 + 5)/4 = 2 USD/Mtok, Opus 4.8 to (3*5 + 25)/4 = 10."""
        tiers = {model["model"]: model["tier"] for model in result("list")["models"]}
        assert tiers["anthropic/claude-haiku-4-5"] == "mid"
        assert tiers["anthropic/claude-opus-4-8"] == "dear"
        assert tiers["openai/gpt-4o-mini"] == "cheap"
        assert {model["tier"] for model in result("list", "--tier", "cheap")["models"]} == {"cheap"}

    def test_by_input_price(self) -> None:
        models = result("list", "--max-input", "$0.10")["models"]
        assert models
        assert max(model["input_per_mtok"] for model in models) <= 0.10

    def test_by_words(self) -> None:
        models = result("list", "-s", "haiku 4.5", "--provider", "anthropic")["models"]
        assert [model["model"] for model in models] == ["anthropic/claude-haiku-4-5"]

    def test_current_models_are_first_and_among_them_the_cheapest(self) -> None:
        blended = [
            (not m["current"], 3 * m["input_per_mtok"] + m["output_per_mtok"])
            for m in result("list", "--provider", "openai")["models"]
        ]
        assert blended == sorted(blended)

    def test_gpus(self) -> None:
        gpus = result("list", "--gpus", "-s", "L40S")["gpus"]
        assert [gpu["usd_per_gpu_hour"] for gpu in gpus] == [0.60, 0.99, 1.00, 1.95, 2.24]

    def test_on_another_day(self) -> None:
        (model,) = result("list", "-s", "gemini-3.8-flash", "--provider", "google", "--as-of", "2027-01-01")["models"]
        assert model["input_per_mtok"] == 1.5

    def test_csv_carries_raw_numbers_and_the_source(self) -> None:
        rows = csv.DictReader(io.StringIO(out("list", "--provider", "openai", "-f", "csv")))
        row = next(row for row in rows if row["model"] == "openai/gpt-4o-mini")
        assert (row["input_per_mtok"], row["published_in"]) == ("0.15", "genai-prices 0.2.3")

    @pytest.mark.parametrize(
        ("arguments", "hint"),
        [
            (("--provider", "antropic"), "anthropic"),
            (("--tier", "free"), "cheap"),
            (("--max-input", "x"), "type a number"),
            (("--as-of", "soon"), "--as-of 2026-11-22"),
            (("-f", "xml"), "markdown"),
            (("-o", "prices.pdf"), ".json"),
        ],
    )
    def test_a_wrong_flag_is_refused(self, arguments: tuple[str, ...], hint: str) -> None:
        error = refused("list", *arguments)
        assert error.exit_code == 2
        assert hint in error.hint


class TestShow:
    """Every dated entry with source and age."""

    def test_every_entry_with_its_age(self) -> None:
        shown = result("show", "gpt-4o")
        assert shown["retires_on"] == "2027-01-14"
        assert [entry["effective_from"] for entry in shown["prices"]] == [None, "2026-10-12", "2026-10-14"]
        first, _, last = shown["prices"]
        assert (first["age_in_days"], first["counted_from"]) == (12, "packaged")
        assert (last["age_in_days"], last["counted_from"]) == (17 + 22, "checked")
        assert last["batch"]["input_per_mtok"] == 2.5 / 2
        assert {variant["variant"] for variant in last["variants"]} == {"priority", "fast"}

    def test_as_a_table(self) -> None:
        shown = out("show", "deepseek-v4-pro")
        assert "01:00-04:00 and 06:00-10:00 UTC" in shown
        assert "genai-prices 0.2.3" in shown

    def test_hosting_and_training(self) -> None:
        shown = out("show", "azure/ft-gpt-4.1", "-f", "markdown")
        assert "hosting 1.70 USD an hour" in shown
        assert "training 25.00 USD per million tokens" in shown

    def test_a_gpu(self) -> None:
        rates = [price["usd_per_gpu_hour"] for price in result("show", "h100-pcie")["prices"]]
        assert rates == [2.86, 3.29, 1.99]

    def test_a_gpu_that_nobody_rents(self) -> None:
        shown = result("show", "A40")
        assert shown["prices"] == []
        assert shown["specification"]["memory_gb"] == 48

    def test_ones_own_price_is_marked(self, tmp_path: Path) -> None:
        mine = tmp_path / "mine.yaml"
        mine.write_text("provider: openai\nmodels: {gpt-4o: {prices: [{input_per_mtok: 2}]}}\n")
        assert "input_per_mtok is your own; the catalog has 2.5" in out("show", "gpt-4o", "--catalog", str(mine))

    def test_an_unknown_model(self) -> None:
        assert "gpt-4o" in refused("show", "gpt-4oo").hint


class TestCheck:
    """Valid, fresh, and as the package has it."""

    def test_the_shipped_files_are_valid(self) -> None:
        found = result("check")
        assert found["invalid"] == []
        assert found["models"] > 500

    def test_what_is_older_than_90_days_is_named(self) -> None:
        """Vast's snapshot of 2026-03-01 is 266 days old on 2026-11-22."""
        ages = {figure["name"]: figure["age_in_days"] for figure in result("check")["stale"]}
        assert ages["L40S at Vast"] == 31 + 30 + 31 + 30 + 31 + 31 + 30 + 31 + 21
        assert min(ages.values()) > 90

    def test_strict_is_exit_4(self) -> None:
        error = refused("check", "--strict")
        assert isinstance(error, StalePrice)
        assert error.exit_code == 4

    def test_an_invalid_file_is_exit_2_with_its_place(self, tmp_path: Path) -> None:
        folder = tmp_path / "pricing"
        shutil.copytree(pricing_folder(), folder)
        path = folder / "api" / "cohere.yaml"
        path.write_text(path.read_text().replace("input_per_mtok", "input_per_mtoken", 1))
        error = refused("check", "--pricing-dir", str(folder))
        assert isinstance(error, InputError)
        assert error.where.startswith(f"{path}:")
        assert "input_per_mtok" in error.hint

    def test_drift_from_the_package_is_named(self, tmp_path: Path) -> None:
        pytest.importorskip("genai_prices")
        folder = tmp_path / "pricing"
        shutil.copytree(pricing_folder(), folder)
        path = folder / "api" / "cohere.yaml"
        path.write_text(path.read_text().replace("input_per_mtok: 2.5", "input_per_mtok: 7"))
        drifted = result("check", "--pricing-dir", str(folder))["drifted"]
        assert drifted
        assert {change["model"].split("/")[0] for change in drifted} == {"cohere"}


class TestRefresh:
    """Rewriting pricing/api."""

    def test_a_dry_run_on_the_shipped_files_has_nothing_to_do(self) -> None:
        pytest.importorskip("genai_prices")
        assert result("refresh", "--packaged-on", "2026-11-10", "--dry-run")["changes"] == []

    def test_a_wrong_day(self) -> None:
        assert refused("refresh", "--packaged-on", "yesterday").where == "--packaged-on"

    def test_without_the_package(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(__import__("sys").modules, "genai_prices.data", None)
        assert 'pip install "llmcost-cli[prices]"' in refused("refresh", "--packaged-on", "2026-11-10").hint


def test_a_file_is_written_in_the_format_of_its_ending(tmp_path: Path) -> None:
    path = tmp_path / "prices.json"
    assert out("list", "-o", str(path)) == ""
    assert json.loads(path.read_text())["schema"] == "llmcost.prices/2"
    assert "--force" in refused("list", "-o", str(path)).hint
    out("list", "-o", str(path), "--force")


@pytest.mark.parametrize(
    ("arguments", "where", "hint"),
    [
        ((), "llmcost prices", "list, show MODEL, check or refresh"),
        (("refresh",), "llmcost prices refresh", "llmcost prices refresh --help"),
        (("list", "--nothing"), "llmcost prices list", "llmcost prices list --help"),
    ],
)
def test_a_refusal_names_the_command_within_the_group(arguments: tuple[str, ...], where: str, hint: str) -> None:
    """Three lines, and the place and the hint are of the command that was typed."""
    done = run("prices", *arguments)
    assert done.code == 2
    _, place, help_ = done.err.splitlines()
    assert place == f"where: {where}" and hint in help_


@pytest.mark.parametrize(
    "what", [("check",), ("refresh", "--packaged-on", "2026-11-20", "--dry-run")], ids=lambda w: w[0]
)
def test_no_result_goes_over_the_prices_that_are_read(tmp_path: Path, what: tuple[str, ...]) -> None:
    folder = tmp_path / "pricing"
    shutil.copytree(pricing_folder(), folder)
    file = next((folder / "api").iterdir())
    before = file.read_bytes()
    if what[0] == "refresh":
        pytest.importorskip("genai_prices")
    done = run("prices", *what, "--pricing-dir", str(folder), "-f", "json", "-o", str(file), "--force")
    assert done.code == 2 and "is read here, and -o would write over it" in done.err
    assert file.read_bytes() == before
