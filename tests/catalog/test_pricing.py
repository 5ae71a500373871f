"""The pricing files themselves, and that the compiled catalog says the same as they do."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from llmcost.catalog import compiled
from llmcost.catalog.compiler import MAX_BYTES, compile_pricing
from llmcost.catalog.files import parse_yaml, read_yaml
from llmcost.catalog.models import Rates
from llmcost.catalog.schema import validated
from llmcost.errors import InputError

FOLDER = compiled.pricing_folder()
FILES = compiled.pricing_files(FOLDER)


@pytest.mark.parametrize("path", FILES, ids=lambda path: os.path.relpath(path, FOLDER))
def test_every_pricing_file_is_valid(path: str) -> None:
    validated(read_yaml(path, max_bytes=MAX_BYTES))


def test_one_provider_a_file_under_its_own_name() -> None:
    for path in FILES:
        folder, name = os.path.split(path)
        if os.path.basename(folder) in ("api", "finetune", "gpu"):
            assert read_yaml(path, max_bytes=MAX_BYTES).data["provider"].lower() == name.removesuffix(".yaml")


def test_the_providers_asked_for_are_there() -> None:
    shipped = {
        os.path.basename(path).removesuffix(".yaml")
        for path in FILES
        if os.path.basename(os.path.dirname(path)) == "api"
    }
    assert shipped >= {
        "anthropic", "openai", "google", "deepseek", "mistral", "x-ai", "aws", "together", "groq", "fireworks",
    }  # fmt: skip


def test_compiled_equals_yaml() -> None:
    """Every figure, day and source of every entry, read from the YAML by other means."""
    catalog = compiled.unpacked(compiled.packed(compile_pricing(FOLDER)))
    seen = set()
    for path in FILES:
        if os.path.basename(os.path.dirname(path)) not in ("api", "finetune"):
            continue
        data = read_yaml(path, max_bytes=MAX_BYTES).data
        for model, about in data["models"].items():
            record = catalog["models"][f"{data['provider']}/{model}"]
            seen.add(f"{data['provider']}/{model}")
            assert record.get("aliases", []) == about.get("aliases", [])
            assert len(record["prices"]) == len(about["prices"])
            for entry, written in zip(record["prices"], about["prices"], strict=True):
                assert entry[0] == written["effective_from"]
                assert entry[1] == rates(written)
                assert entry[3] == (rates(written["batch"]) if "batch" in written else None)
                assert [tier[:2] for tier in entry[4]] == tiers(written)
                variants = written.get("variants", {})
                assert {name: variant[:2] for name, variant in entry[5].items()} == {
                    name: [rates(variant), [[*tier, None] for tier in tiers(variant)]]
                    for name, variant in variants.items()
                }
                source = written["source"]
                keys = ("title", "url", "checked_on", "published_in", "packaged_on")
                assert catalog["sources"][entry[2]] == [source[key] for key in keys]
    assert seen == set(catalog["models"])


def rates(written: dict[str, str]) -> list[float | None]:
    return [float(written[field]) if field in written else None for field in Rates._fields]


def tiers(written: dict[str, list[dict[str, str]]]) -> list[list[object]]:
    return [[int(tier["above_tokens"]), rates(tier)] for tier in written.get("long_context", [])]


def test_the_gpu_files_hold_every_rate() -> None:
    catalog = compile_pricing(FOLDER)
    for path in FILES:
        if os.path.basename(os.path.dirname(path)) != "gpu":
            continue
        data = read_yaml(path).data
        for gpu, entries in data["gpus"].items():
            ours = [entry for entry in catalog["gpu_prices"][gpu] if entry[0] == data["provider"]]
            assert [entry[3] for entry in ours] == [float(entry["usd_per_gpu_hour"]) for entry in entries]


def test_spot_is_above_zero_and_not_above_on_demand() -> None:
    for entries in compile_pricing(FOLDER)["gpu_prices"].values():
        for _, _, _, on_demand, spot, *_ in entries:
            assert 0 < (on_demand if spot is None else spot) <= on_demand


def test_no_model_is_free_for_want_of_a_price() -> None:
    """Unknown is never zero: every entry has a price above zero of something."""
    for model, record in compile_pricing(FOLDER)["models"].items():
        for entry in record["prices"]:
            figures = [*entry[1], *((entry[8] or {}).get("other") or {}).values()]
            assert model.startswith("ori/") or any(figure for figure in figures), model


def test_a_price_is_checked_after_it_took_effect() -> None:
    for path in FILES:
        if os.path.basename(os.path.dirname(path)) == "api":
            for about in read_yaml(path, max_bytes=MAX_BYTES).data["models"].values():
                for entry in about["prices"]:
                    checked = entry["source"]["checked_on"]
                    assert checked is None or checked >= (entry["effective_from"] or "")
                    date.fromisoformat(entry["source"]["packaged_on"])


@pytest.mark.parametrize(
    ("text", "what", "where"),
    [
        ("provider: x\nmodels:\n  m:\n    prices:\n      - {input_per_mtok: 1}\n", "a source is missing", "x.yaml:5:9"),
        ("provider: x\nmodels:\n  m: {}\n", "the key prices is missing", "x.yaml:3:6"),
        ("provider: x\nmodels:\n  m: {prices: []}\n", "prices", "x.yaml:3:15"),
        (
            "provider: x\nmodels:\n  m:\n    prices:\n"
            "      - {effective_from: 2026-02-01, source: {title: t}}\n"
            "      - {effective_from: 2026-01-01, source: {title: t}}\n",
            "not in order",
            "x.yaml:4:5",
        ),
        (
            "provider: x\ngpus:\n  L4:\n    - {usd_per_gpu_hour: 1, spot_usd_per_gpu_hour: 2, source: {title: t}}\n",
            "the spot price 2 is not between 0 and the on-demand price 1",
            "x.yaml:4:7",
        ),
        (
            "provider: x\ngpus:\n  L4:\n    - {usd_per_gpu_hour: 1, spot_usd_per_gpu_hour: 0, source: {title: t}}\n",
            "the spot price 0",
            "x.yaml:4:7",
        ),
        (
            "components:\n  a: {low: 2, high: 1, unit: USD, cadence: each, source: {title: t}}\n",
            "low is above high",
            "x.yaml:2:6",
        ),
        (
            "retirements:\n  a: {retires_on: soon, source: {title: t}}\n",
            "retires_on",
            "x.yaml:2:19",
        ),
    ],
)  # fmt: skip
def test_a_faulty_pricing_file_is_refused_with_its_place(text: str, what: str, where: str) -> None:
    with pytest.raises(InputError) as caught:
        validated(parse_yaml(text, "x.yaml"))
    assert what in caught.value.what
    assert caught.value.where == where
    assert caught.value.hint


class TestCache:
    """In a checkout the compiled catalog is cached by content."""

    @pytest.fixture
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        root = tmp_path / "pricing"
        for kind in ("api", "finetune", "gpu"):
            (root / kind).mkdir(parents=True)
        (root / "hardware.yaml").write_text("gpus: {}\n")
        (root / "build.yaml").write_text("components: {}\n")
        (root / "retirements.yaml").write_text("retirements: {}\n")
        self.write(root, "1")
        return root

    def write(self, root: Path, price: str) -> None:
        entry = f"{{input_per_mtok: {price}, output_per_mtok: 2, source: {{title: t}}}}"
        (root / "api" / "x.yaml").write_text(f"provider: x\nmodels:\n  m: {{prices: [{entry}]}}\n")

    def price(self, root: Path) -> float:
        found: float = compiled.compiled_from(str(root))["models"]["x/m"]["prices"][0][1][0]
        return found

    def test_an_edited_price_is_seen_at_once(self, folder: Path) -> None:
        assert self.price(folder) == 1
        self.write(folder, "3")
        assert self.price(folder) == 3

    def test_the_cache_is_used_and_kept_small(self, folder: Path, tmp_path: Path) -> None:
        for price in range(1, 9):
            self.write(folder, str(price))
            assert self.price(folder) == price
        assert len(list((tmp_path / "cache" / "llmcost").iterdir())) == 4
        cached = max((tmp_path / "cache" / "llmcost").iterdir(), key=lambda file: file.stat().st_mtime_ns)
        cached.write_text(cached.read_text().replace("8.0", "9.0"))
        assert self.price(folder) == 9

    def test_a_broken_cache_is_made_again(self, folder: Path, tmp_path: Path) -> None:
        self.price(folder)
        for cached in (tmp_path / "cache" / "llmcost").iterdir():
            cached.write_text("{")
        assert self.price(folder) == 1

    def test_without_a_place_for_a_cache_it_still_works(
        self, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "file").write_text("")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
        assert self.price(folder) == 1
