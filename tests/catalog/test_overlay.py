"""A user's own prices over the catalog's."""

from __future__ import annotations

from datetime import date

import pytest

from llmcost.catalog import Catalog
from llmcost.catalog.bill import Usage, bill
from llmcost.catalog.files import parse_yaml
from llmcost.errors import InputError
from llmcost.estimate import Source

NOW = date(2026, 11, 22)


class TestOverlay:
    """The user's own prices over the catalog's, each marked."""

    own = """
provider: openai
models:
  gpt-4o:
    prices:
      - input_per_mtok: 2.00
        batch: {input_per_mtok: 0.90}
"""

    def overlaid(self, catalog: Catalog, text: str) -> Catalog:
        return catalog.overlaid([parse_yaml(text, "mine.yaml")])

    def test_a_figure_is_replaced_and_marked_the_rest_stays(self, catalog: Catalog) -> None:
        price = self.overlaid(catalog, self.own).price("gpt-4o", NOW)
        assert price.rates.input_per_mtok == 2.00
        assert price.rates.output_per_mtok == 10
        assert price.overridden == (("input_per_mtok", 2.5), ("batch.input_per_mtok", 2.5 / 2))
        assert price.override_source == Source("mine.yaml")
        assert price.source.published_in == "genai-prices 0.2.3"

    def test_the_catalog_itself_is_untouched(self, catalog: Catalog) -> None:
        self.overlaid(catalog, self.own)
        assert catalog.price("gpt-4o", NOW).rates.input_per_mtok == 2.5

    def test_the_later_file_wins_and_the_mark_keeps_the_catalogs_figure(self, catalog: Catalog) -> None:
        later = parse_yaml(self.own.replace("2.00", "1.50"), "later.yaml")
        price = catalog.overlaid([parse_yaml(self.own, "mine.yaml"), later]).price("gpt-4o", NOW)
        assert price.rates.input_per_mtok == 1.50
        assert dict(price.overridden)["input_per_mtok"] == 2.5

    def test_a_dated_entry_holds_from_its_day(self, catalog: Catalog) -> None:
        text = self.own.replace("- input", "- effective_from: 2026-12-01\n        input")
        mine = self.overlaid(catalog, text)
        assert mine.price("gpt-4o", date(2026, 11, 30)).rates.input_per_mtok == 2.5
        assert mine.price("gpt-4o", date(2026, 12, 1)).rates.input_per_mtok == 2.0

    def test_a_new_model_of_a_new_provider(self, catalog: Catalog) -> None:
        text = (
            "provider: acme\nmodels:\n  house-8b:\n    prices:\n      - {input_per_mtok: 0.1, output_per_mtok: $0.30}\n"
        )
        price = self.overlaid(catalog, text).price("house-8b", NOW)
        assert price.model == "acme/house-8b"
        assert price.rates.output_per_mtok == 0.30
        assert price.source == Source("mine.yaml")
        assert ("input_per_mtok", None) in price.overridden

    def test_a_gpu_rate_of_ones_own(self, catalog: Catalog) -> None:
        text = "provider: RunPod\ngpus:\n  L40S:\n    - usd_per_gpu_hour: 0.50\n"
        assert self.overlaid(catalog, text).gpu_prices("L40S", on=NOW)[0].usd_per_gpu_hour == 0.50

    @pytest.mark.parametrize(
        ("text", "what", "where", "hint"),
        [
            (
                own.replace("input_per_mtok: 2", "inptu_per_mtok: 2"),
                "unknown key inptu_per_mtok",
                "6:9",
                "input_per_mtok",
            ),
            (own.replace("2.00", "-1"), "-1 is negative", "6:25", "zero or more"),
            (own.replace("2.00", "nan"), "'nan' is not a number", "6:25", "type a number"),
            (own.replace("2.00", "1e400"), "not a finite number", "6:25", "type a number"),
            ("provider: x\n", "this is no catalog file", "1:1", "models"),
            ("provider: A B\nmodels: {}\n", "provider", "1:11", ""),
        ],
    )
    def test_a_faulty_file_is_refused(self, catalog: Catalog, text: str, what: str, where: str, hint: str) -> None:
        with pytest.raises(InputError) as caught:
            self.overlaid(catalog, text)
        assert what in caught.value.what
        assert caught.value.where == f"mine.yaml:{where}"
        assert hint in caught.value.hint


def test_a_file_of_ones_own_may_have_every_dimension(catalog: Catalog) -> None:
    """Searches, hours over midnight at weekends, names that match, and a region's surcharge."""
    models = parse_yaml(
        "provider: house\nmodel_match: ['house-*']\nmodels:\n  m:\n    match: ['house-m*']\n    prices:\n"
        "      - input_per_mtok: 1\n        output_per_mtok: 2\n        web_searches_per_1000: 8\n"
        "        variants:\n          night: {input_per_mtok: 0.5, output_per_mtok: 1, hours: ['22:00-06:00'], weekdays: 'sat,sun'}\n",
        "own.yaml",
    )
    regions = parse_yaml(
        "regions:\n  - {provider: house, only: [eu], models: ['*'], multiplier: 1.2}\n", "regions.yaml"
    )
    own = catalog.overlaid([models, regions])
    amounts = {"input_tokens": 1_000_000, "web_searches": 100}

    def usd(weekday: int, hour: int, region: str | None = None) -> float:
        usage = Usage("house-m-2026-01-01", amounts, weekday=weekday, minute=hour * 60, region=region)
        return bill(own, usage, date(2026, 11, 22)).usd

    saturday, monday = 5, 0
    assert usd(monday, 23) == pytest.approx(1 + 0.8)
    assert usd(saturday, 23) == usd(saturday, 5) == pytest.approx(0.5 + 0.8)
    assert usd(saturday, 12) == pytest.approx(1 + 0.8)
    assert usd(monday, 12, "eu") == pytest.approx(1.2 + 0.8)
    assert catalog.logged("house-m-2026-01-01") is None


@pytest.mark.parametrize(
    ("written", "where"),
    [
        ("variants: {night: {input_per_mtok: 1, hours: ['25:00-26:00']}}", "own.yaml:5:"),
        ("variants: {night: {input_per_mtok: 1, weekdays: someday}}", "own.yaml:5:"),
        ("web_searchs_per_1000: 8", "own.yaml:5:"),
    ],
)
def test_what_is_no_hour_weekday_or_unit_is_an_error(catalog: Catalog, written: str, where: str) -> None:
    text = f"provider: house\nmodels:\n  m:\n    prices:\n      - {{input_per_mtok: 1, {written}}}\n"
    with pytest.raises(InputError) as caught:
        catalog.overlaid([parse_yaml(text, "own.yaml")])
    assert str(caught.value.where).startswith(where)
