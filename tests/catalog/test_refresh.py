"""Refreshing from genai-prices: dated, complete, append-only."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from command_line import run

from llmcost.catalog.files import parse_yaml
from llmcost.catalog.origin import provider_files
from llmcost.catalog.refresh import Change, refresh
from llmcost.catalog.schema import validated

FIRST = date(2026, 11, 10)
LATER = date(2026, 12, 5)


def prices(**figures: Any) -> SimpleNamespace:
    """Figures by bucket; a tuple is a base price with (start, price) tiers."""
    return SimpleNamespace(**{f"{bucket}_mtok": figure(value) for bucket, value in figures.items()})


def figure(value: Any) -> Any:
    if not isinstance(value, tuple):
        return Decimal(str(value))
    tiers = [SimpleNamespace(start=start, price=Decimal(str(price))) for start, price in value[1:]]
    return SimpleNamespace(base=Decimal(str(value[0])), tiers=tiers)


def since(day: str) -> SimpleNamespace:
    return SimpleNamespace(start_date=date.fromisoformat(day))


def daily(start: int, end: int) -> SimpleNamespace:
    return SimpleNamespace(start_time=time(start), end_time=time(end))


def when(constraint: Any, held: SimpleNamespace) -> SimpleNamespace:
    return SimpleNamespace(constraint=constraint, prices=held)


def variant(key: str, value: str, held: SimpleNamespace, constraint: Any = None) -> SimpleNamespace:
    return SimpleNamespace(when={key: value}, prices=held, constraint=constraint)


def model(name: str, held: Any, variants: Any = None, comments: str | None = None, match: Any = None) -> Any:
    return SimpleNamespace(
        id=name,
        name=name.title(),
        prices=held,
        price_variants=variants,
        price_comments=comments,
        match=match or SimpleNamespace(equals=name),
        context_window=None,
        deprecated=None,
    )


def provider(*models: Any) -> list[Any]:
    urls = ["https://example.com/pricing"]
    return [SimpleNamespace(id="openai", name="OpenAI", pricing_urls=urls, models=list(models))]


def entries(held: Any, variants: Any = None, comments: str | None = None) -> list[dict[str, Any]]:
    files = provider_files(provider(model("m", held, variants, comments)), "genai-prices 9", FIRST)
    found: list[dict[str, Any]] = files["openai"]["models"]["m"]["prices"]
    return found


class TestReading:
    """What the package says, as complete dated entries."""

    def test_a_plain_price_holds_always(self) -> None:
        (entry,) = entries(prices(input="1.50", output=2, cache_read="0.1", cache_write=3, cache_write_1h=4))
        assert entry["effective_from"] is None
        assert entry["input_per_mtok"] == "1.5"
        assert (entry["cached_input_per_mtok"], entry["cache_write_per_mtok"]) == ("0.1", "3")
        assert entry["source"] == {
            "title": "OpenAI price page",
            "url": "https://example.com/pricing",
            "checked_on": None,
            "published_in": "genai-prices 9",
            "packaged_on": "2026-11-10",
        }

    def test_each_start_is_a_complete_entry(self) -> None:
        """Prices doubled on one day, batch prices began on another: three entries, each whole."""
        held = [when(None, prices(input=1, output=2)), when(since("2027-01-01"), prices(input=2, output=4))]
        batch = [variant("processing", "batch", prices(input="0.5"), since("2026-10-14"))]
        first, second, third = entries(held, batch)
        assert "batch" not in first
        assert (second["effective_from"], second["input_per_mtok"]) == ("2026-10-14", "1")
        assert second["batch"] == {"input_per_mtok": "0.5"}
        assert (third["effective_from"], third["input_per_mtok"]) == ("2027-01-01", "2")
        assert third["batch"] == {"input_per_mtok": "0.5"}

    def test_a_day_on_which_no_figure_of_ours_changes_makes_no_entry(self) -> None:
        held = [when(None, prices(input=1, output=2)), when(since("2026-05-05"), prices(input=1, output=2))]
        assert len(entries(held)) == 1

    def test_tiers_become_long_context_with_their_own_batch(self) -> None:
        batch = [variant("processing", "batch", prices(input=("0.5", (200, 1)), output=1))]
        (entry,) = entries(prices(input=(1, (200, 2)), output=(2, (200, 3))), batch)
        assert entry["long_context"] == [
            {
                "above_tokens": "200",
                "input_per_mtok": "2",
                "output_per_mtok": "3",
                "batch": {"input_per_mtok": "1", "output_per_mtok": "1"},
            }
        ]

    def test_service_tiers_are_variants_filled_up_from_the_standard(self) -> None:
        named = [
            variant("service_tier", "default", prices()),
            variant("service_tier", "priority", prices(input=5)),
            variant("speed", "fast", prices(output=9)),
        ]
        (entry,) = entries(prices(input=1, output=2), named)
        assert entry["variants"] == {
            "priority": {"input_per_mtok": "5", "output_per_mtok": "2"},
            "fast": {"input_per_mtok": "1", "output_per_mtok": "9"},
        }

    def test_what_holds_most_hours_is_the_standard_and_the_dearer_rest_is_peak(self) -> None:
        held = [
            when(None, prices(input=1, output=2)),
            when(daily(1, 4), prices(input=2, output=4)),
            when(daily(6, 10), prices(input=2, output=4)),
        ]
        (entry,) = entries(held)
        assert entry["input_per_mtok"] == "1"
        peak = entry["variants"]["peak"]
        assert (peak["input_per_mtok"], peak["note"]) == ("2", "01:00-04:00 and 06:00-10:00 UTC")

    def test_the_cheaper_rest_is_off_peak_also_across_midnight(self) -> None:
        held = [when(None, prices(input=1, output=2)), when(daily(6, 23), prices(input=2, output=4))]
        (entry,) = entries(held)
        assert entry["input_per_mtok"] == "2"
        assert entry["variants"]["off-peak"]["note"] == "23:00-06:00 UTC"

    def test_a_day_of_checking_counts_only_for_the_entry_of_that_day(self) -> None:
        comments = "Batch rates verified on 2026-10-14 at https://example.com/docs/pricing."
        batch = [variant("processing", "batch", prices(input="0.5"), since("2026-10-14"))]
        first, second = entries(prices(input=1, output=2), batch, comments)
        assert (first["source"]["checked_on"], second["source"]["checked_on"]) == (None, "2026-10-14")
        assert second["source"]["url"] == "https://example.com/docs/pricing"

    @pytest.mark.parametrize("held", [prices(input=0, output=0), prices()])
    def test_a_model_without_a_price_is_named_as_such(self, held: Any) -> None:
        """Its names are kept, so that they do not fall to another model's rule."""
        file = provider_files(provider(model("m", held)), "g", FIRST)["openai"]
        assert (file["models"], file["unpriced"]) == ({}, {"m": ["m"]})

    @pytest.mark.parametrize("held", [prices(input=1), prices(output=1)])
    def test_embeddings_and_speech_have_one_price(self, held: Any) -> None:
        (entry,) = entries(held)
        assert len([field for field in entry if field.endswith("_per_mtok")]) == 1

    def test_every_unit_is_kept_under_its_own_name(self) -> None:
        held = SimpleNamespace(
            input_mtok=Decimal(1), input_audio_mtok=Decimal(32), cache_audio_read_mtok=Decimal("0.4"),
            web_searches_kcount=Decimal(10), audio_hours=Decimal("0.36"), requests_kcount=Decimal(5),
        )  # fmt: skip
        (entry,) = entries(held)
        del entry["source"], entry["effective_from"]
        assert entry == {
            "input_per_mtok": "1",
            "input_audio_per_mtok": "32",
            "cached_input_audio_per_mtok": "0.4",
            "audio_per_hour": "0.36",
            "web_searches_per_1000": "10",
            "requests_per_1000": "5",
        }

    def test_a_price_by_an_unknown_unit_is_a_change_of_its_own(self, tmp_path: Path) -> None:
        held = SimpleNamespace(input_mtok=Decimal(1), smells_mtok=Decimal(2))
        changes = refresh(tmp_path, provider(model("m", held)), "g", FIRST, dry_run=True)
        assert [(c.model, c.kind, c.now) for c in changes if c.kind == "not read"] == [
            ("openai/m", "not read", {"field": "smells_mtok"})
        ]

    def test_a_resellers_price_is_named_as_such(self) -> None:
        comments = "Imported from OpenRouter pricing; verify against OpenAI pricing."
        hearsay = model("m", prices(input=1, output=2), comments=comments)
        about = provider_files(provider(hearsay), "g", FIRST)["openai"]["models"]["m"]
        assert about["listed_by"] == "OpenRouter"
        assert about["prices"][0]["source"]["title"] == "OpenRouter's list of OpenAI prices"

    def test_a_fast_tier_without_a_long_context_price_is_not_sold_there(self) -> None:
        """Standard doubles above 200 tokens; priority has one price, so what is longer pays the standard one."""
        named = [
            variant("service_tier", "priority", prices(input=5, output=6)),
            variant("service_tier", "flex", prices(input="0.5", output=1)),
        ]
        (entry,) = entries(prices(input=(1, (200, 2)), output=(2, (200, 4))), named)
        priority, flex = entry["variants"]["priority"], entry["variants"]["flex"]
        assert (priority["up_to_tokens"], priority["input_per_mtok"]) == ("200", "5")
        assert priority["long_context"] == [{"above_tokens": "200", "input_per_mtok": "2", "output_per_mtok": "4"}]
        assert "up_to_tokens" not in flex

    def test_peak_hours_end_at_weekends_where_the_comments_say_so(self) -> None:
        held = [when(None, prices(input=1, output=2)), when(daily(1, 4), prices(input=2, output=4))]
        comments = "Peak is dear. Weekends are off-peak all day from 2026-08-23, which needs a day-of-week condition."
        before, since = entries(held, comments=comments)
        assert (before["effective_from"], since["effective_from"]) == (None, "2026-08-23")
        assert "weekdays" not in before["variants"]["peak"]
        assert since["variants"]["peak"]["weekdays"] == "mon-fri"
        assert since["variants"]["peak"]["hours"] == ["01:00-04:00"]

    def test_a_day_of_checking_is_kept_by_later_entries_with_the_same_price(self) -> None:
        """Flex was checked on the 12th; a batch price that began on the 14th leaves it as it was."""
        comments = "Flex/priority/fast rates verified on 2026-10-12 at x. Batch rates verified on 2026-10-14 at y."
        named = [
            variant("service_tier", "flex", prices(input="0.5"), since("2026-10-12")),
            variant("processing", "batch", prices(input="0.4"), since("2026-10-14")),
        ]
        _, flex, batch = entries(prices(input=1, output=2), named, comments)
        assert flex["variants"]["flex"]["checked_on"] == batch["variants"]["flex"]["checked_on"] == "2026-10-12"
        assert batch["batch"]["checked_on"] == "2026-10-14"

    @pytest.mark.parametrize(
        "comments", ["No longer listed in the price catalog (checked 2026-10-10).", "Launched on 2026-10-10."]
    )
    def test_a_day_that_is_not_of_a_price_is_no_check(self, comments: str) -> None:
        (entry,) = entries(prices(input=1, output=2), comments=comments)
        assert entry["source"]["checked_on"] is None

    def test_aliases_come_from_exact_names_prefixes_and_dated_patterns(self) -> None:
        clauses = [
            SimpleNamespace(equals="m"),
            SimpleNamespace(equals="m-large"),
            SimpleNamespace(starts_with="m-v2"),
            SimpleNamespace(regex=r"^m-9-\d{8}$"),
            SimpleNamespace(regex=r"^.*m.*$"),
            SimpleNamespace(contains="mm"),
        ]
        one = model("m", prices(input=1, output=2), match=SimpleNamespace(or_=clauses))
        about = provider_files(provider(one), "g", FIRST)["openai"]["models"]["m"]
        assert about["aliases"] == ["m-large", "m-v2*", "m-9*"]


class TestMerging:
    """What stands is never touched."""

    def run(self, folder: Path, held: Any, on: date, *, dry_run: bool = False) -> list[Change]:
        return refresh(folder, provider(model("m", held)), f"genai-prices {on}", on, dry_run=dry_run)

    def written(self, folder: Path) -> list[dict[str, Any]]:
        document = parse_yaml((folder / "api" / "openai.yaml").read_text(), "openai.yaml")
        assert validated(document) == "api"
        found: list[dict[str, Any]] = document.data["models"]["m"]["prices"]
        return found

    def test_a_second_run_changes_nothing(self, tmp_path: Path) -> None:
        held = [when(None, prices(input=1, output=2)), when(since("2027-01-01"), prices(input=2, output=4))]
        assert [change.kind for change in self.run(tmp_path, held, FIRST)] == ["new model"]
        before = (tmp_path / "api" / "openai.yaml").read_bytes()
        assert self.run(tmp_path, held, FIRST) == []
        assert self.run(tmp_path, held, LATER) == []
        assert (tmp_path / "api" / "openai.yaml").read_bytes() == before

    def test_a_changed_price_is_a_new_entry_from_the_day_of_the_package(self, tmp_path: Path) -> None:
        self.run(tmp_path, prices(input=1, output=2), FIRST)
        (change,) = self.run(tmp_path, prices(input="0.8", output=2), LATER)
        assert (change.model, change.kind, change.effective_from) == ("openai/m", "new price", "2026-12-05")
        old, new = self.written(tmp_path)
        assert (old["effective_from"], old["input_per_mtok"]) == (None, "1")
        assert old["source"]["packaged_on"] == "2026-11-10"
        assert (new["effective_from"], new["input_per_mtok"]) == ("2026-12-05", "0.8")
        assert new["source"]["packaged_on"] == "2026-12-05"
        assert self.run(tmp_path, prices(input="0.8", output=2), LATER) == []

    def test_an_announced_change_starts_on_its_announced_day(self, tmp_path: Path) -> None:
        self.run(tmp_path, prices(input=1, output=2), FIRST)
        held = [when(None, prices(input=1, output=2)), when(since("2026-11-20"), prices(input=3, output=2))]
        self.run(tmp_path, held, LATER)
        assert [entry["effective_from"] for entry in self.written(tmp_path)] == [None, "2026-11-20"]

    def test_history_before_the_last_refresh_is_not_rewritten(self, tmp_path: Path) -> None:
        self.run(tmp_path, prices(input=1, output=2), FIRST)
        held = [when(None, prices(input=9, output=9)), when(since("2026-05-01"), prices(input=1, output=2))]
        assert self.run(tmp_path, held, LATER) == []
        assert len(self.written(tmp_path)) == 1

    def test_a_withdrawn_future_price_is_left_to_a_person(self, tmp_path: Path) -> None:
        held = [when(None, prices(input=1, output=2)), when(since("2027-01-01"), prices(input=2, output=4))]
        self.run(tmp_path, held, FIRST)
        (change,) = self.run(tmp_path, prices(input=1, output=2), LATER)
        assert (change.kind, change.effective_from) == ("conflict", "2027-01-01")
        assert [entry["effective_from"] for entry in self.written(tmp_path)] == [None, "2027-01-01"]

    def test_a_model_that_is_gone_from_the_package_stays(self, tmp_path: Path) -> None:
        self.run(tmp_path, prices(input=1, output=2), FIRST)
        refresh(tmp_path, provider(model("other", prices(input=1, output=2))), "g", LATER)
        assert len(self.written(tmp_path)) == 1

    def test_what_a_person_added_to_a_model_stays(self, tmp_path: Path) -> None:
        self.run(tmp_path, prices(input=1, output=2), FIRST)
        path = tmp_path / "api" / "openai.yaml"
        path.write_text(path.read_text().replace("    prices:", "    tokens_factor: 1.29\n    prices:"))
        self.run(tmp_path, prices(input=2, output=2), LATER)
        assert "tokens_factor: 1.29" in path.read_text()

    def test_a_dry_run_writes_nothing(self, tmp_path: Path) -> None:
        assert self.run(tmp_path, prices(input=1, output=2), FIRST, dry_run=True) != []
        assert list(tmp_path.iterdir()) == []


def test_the_shipped_files_are_what_the_pinned_package_says() -> None:
    """A refresh from the version that the extra pins has nothing to change."""
    pytest.importorskip("genai_prices")
    from llmcost.catalog.compiled import pricing_folder
    from llmcost.catalog.origin import installed_providers

    providers, published_in = installed_providers()
    if published_in != "genai-prices 0.2.3":
        pytest.skip(f"the files are from genai-prices 0.2.3, installed is {published_in}")
    assert refresh(Path(pricing_folder()), providers, published_in, FIRST, dry_run=True) == []


def test_request_costs_equal_the_packages_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every shipped model of four providers, at three sizes, against genai-prices' own calculation."""
    genai = pytest.importorskip("genai_prices")
    from datetime import UTC, datetime

    from llmcost.catalog import load_catalog

    catalog = load_catalog()
    on = date(2026, 11, 22)
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    compared = 0
    for name in catalog.model_ids():
        owner, bare = name.split("/", 1)
        if owner not in ("anthropic", "openai", "google", "x-ai") or bare.startswith("ft-"):
            continue
        for tokens in (1_000, 150_000, 300_000):
            usage = genai.Usage(input_tokens=tokens, output_tokens=500)
            try:
                expected = genai.calc_price(usage, bare, provider_id=owner, genai_request_timestamp=noon)
            except (LookupError, ValueError):
                continue
            if expected.model.id != bare:
                continue
            price = catalog.price(name, on)
            if price.rates.input_per_mtok is None or price.rates.output_per_mtok is None:
                continue  # an embedding, speech
            ours = price.request_cost(input_tokens=tokens, output_tokens=500)
            assert ours == pytest.approx(float(expected.total_price)), (name, tokens)
            compared += 1
    assert compared > 300


@pytest.mark.parametrize("models", ["", " 5", " {m: 5}", " {m: {prices: }}", " [m]"])
def test_a_file_that_lists_no_prices_is_refused(models: str, tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "openai.yaml").write_text(f"provider: openai\nmodels:{models}\n", encoding="utf-8")
    done = run("prices", "refresh", "--packaged-on", "2026-11-20", "--pricing-dir", str(tmp_path))
    assert (done.code, len(done.err.splitlines())) == (2, 3), done.err
    assert "does not list models with their prices" in done.err
