"""What `diff` says has changed: figures worked out by hand, causes, and what is unknown."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
from two_sides import BASE, ask, differ, saved, with_changes, written


def approx(value: float) -> Any:
    return pytest.approx(value, rel=1e-9)


def test_nothing_changes(tmp_path: Path) -> None:
    """Equal scenarios have no change and no flip, and the headline says what it costs."""
    told = differ(tmp_path, {})
    assert told.result["changes"] == []
    assert told.result["flips"] == []
    assert told.result["headline"] == "Nothing changes: own costs $49,200 over 10 months."


@pytest.mark.parametrize(
    "same",
    [
        {"workload.requests_per_month": 1_000_000},
        {"workload.cached_share": "0%"},
        {"discount_rate": 0},
        {"architectures.own.spare": 0},
        {"architectures.own.build": {"set-up": "20k"}},
        {"quality.strong": "95%"},
    ],
    ids=json.dumps,
)
def test_another_way_of_writing_it_is_no_change(tmp_path: Path, same: dict[str, Any]) -> None:
    assert differ(tmp_path, same).result["changes"] == []


def test_twice_the_volume(tmp_path: Path) -> None:
    """The API costs twice as much; the fleet ceil(2,000,000 / 600,000) = 4 GPUs, 2 × 2,920 a month."""
    told = differ(tmp_path, {"workload.requests_per_month": "2M"})
    assert told.paths == ["workload.requests_per_month"]
    cause = told.change("workload.requests_per_month")
    assert (cause["about"], cause["sign"], cause["old"], cause["new"]) == ("input", "changed", 1_000_000, 2_000_000)
    assert (cause["change"], cause["change_share"]) == (1_000_000, 1)
    month = told.change("architectures.strong.monthly_cost")
    assert (month["old"], month["new"], month["change"], month["change_share"]) == (10_000, 20_000, 10_000, 1)
    total = told.change("architectures.own.total_cost")
    assert total["new"] == approx(20_000 + 10 * 4 * 2 * 730)
    assert total["change_share"] == approx((10 * 2 * 2 * 730) / 49_200)
    assert "architectures.own.one_time_cost" not in [each["path"] for each in told.result["changes"]]
    assert told.result["headline"] == "own stays the cheapest: $49,200 → $78,400 over 10 months (+59.3%)."


@pytest.mark.parametrize(
    ("changes", "path", "sign", "old", "new"),
    [
        ({"name": "Another"}, "name", "changed", "Two sides", "Another"),
        ({"workload.peak_to_average": 2}, "workload.peak_to_average", "changed", 4, 2),
        ({"workload.growth_per_month": "5%"}, "workload.growth_per_month", "changed", 0, 0.05),
        ({"requirements.max_monthly_cost": "20k"}, "requirements.max_monthly_cost", "added", None, 20_000),
        ({"requirements.min_quality_kept": None}, "requirements.min_quality_kept", "removed", 0.9, None),
        ({"quality.own": None}, "quality.own", "removed", 0.9, None),
        ({"requirements.residency": ["eu"]}, "requirements.residency", "changed", "[]", "[eu]"),
        ({"architectures.own.gpu.usd_per_gpu_hour": 3}, "architectures.own.gpu.usd_per_gpu_hour", "changed", 2, 3),
        (
            {"architectures.mini": {"kind": "api", "model": "small"}},
            "architectures.mini",
            "added",
            None,
            "{kind: api, model: small}",
        ),
        ({"start": "2027-01"}, "start", "changed", "2026-12", "2027-01"),
        ({"horizon_months": 12}, "horizon_months", "changed", 10, 12),
    ],
)
def test_each_kind_of_input(tmp_path: Path, changes: dict[str, Any], path: str, sign: str, old: Any, new: Any) -> None:
    told = differ(tmp_path, changes)
    assert told.paths == [path]
    found = told.change(path)
    assert (found["sign"], found["old"], found["new"]) == (sign, old, new)
    numbers = all(isinstance(value, int | float) for value in (old, new))
    assert (found["change"] is None) is not numbers


def test_a_kind_that_changes_is_said_with_what_came_and_went(tmp_path: Path) -> None:
    told = differ(tmp_path, {"architectures.cheap": {"kind": "routed", "mix": {"small": "90%", "large": "10%"}}})
    assert told.change("architectures.cheap.kind")["new"] == "routed"
    assert told.change("architectures.cheap.model")["sign"] == "removed"
    assert told.change("architectures.cheap.mix")["sign"] == "added"
    cost = told.change("architectures.cheap.monthly_cost")
    assert (cost["old"], cost["new"]) == (1_000, approx(0.9 * 1_000 + 0.1 * 10_000))


def test_an_architecture_comes_and_goes_with_its_cost_and_without_a_change(tmp_path: Path) -> None:
    """Nothing is taken from a cost that was not there: absent is not zero."""
    mini = {"architectures.mini": {"kind": "api", "model": "small"}}
    found = differ(tmp_path, mini).change("architectures.mini.monthly_cost")
    assert (found["sign"], found["old"], found["new"]) == ("added", None, 1_000)
    assert (found["change"], found["change_share"]) == (None, None)
    went = differ(tmp_path, {"architectures.mini": None}, base=with_changes(mini))
    found = went.change("architectures.mini.monthly_cost")
    assert (found["sign"], found["old"], found["new"], found["change"]) == ("removed", 1_000, None, None)


RETIRING = {"architectures.old": {"kind": "api", "model": "gpt-4o"}}
REPLACED = {**RETIRING, "successors": {"gpt-4o": "small"}}


def test_unknown_is_shown_and_never_counted_as_zero(tmp_path: Path) -> None:
    """gpt-4o retires on 2027-01-14 without a successor: its total is unknown, then known."""
    base = with_changes(RETIRING)
    told = differ(tmp_path, REPLACED, base=base)
    total = told.change("architectures.old.total_cost")
    assert total["old"] is None
    assert total["new"] > 0
    assert (total["change"], total["change_share"]) == (None, None)
    table = differ(tmp_path, REPLACED, base=base, form="table").out
    row = next(line for line in table.splitlines() if re.match(r"~\s+old ", line))
    assert "– → $" in row
    back = ask("diff", str(tmp_path / "new.yaml"), str(tmp_path / "old.yaml"), "-f", "json", "--as-of", "2026-11-22")
    total = back.change("architectures.old.total_cost")
    assert (total["new"], total["change"], total["change_share"]) == (None, None, None)


def test_from_nothing_there_is_no_share(tmp_path: Path) -> None:
    """From $0 a cost can change, but by no share of it."""
    told = differ(tmp_path, {"architectures.cheap.build": {"prompts": 500}})
    once = told.change("architectures.cheap.one_time_cost")
    assert (once["old"], once["new"], once["change"], once["change_share"]) == (0, 500, 500, None)


def test_expected_values_are_compared_and_overlapping_ranges_said(tmp_path: Path) -> None:
    """10k..40k is log-normal about √(10k × 40k) = 20k, 15k..60k about 30k, and they overlap; 90k..160k does not.

    The mean of both is their median × exp(σ²/2), σ = ln 4 / (2 × 1.6449).
    """
    above = math.exp((math.log(4) / 2 / 1.6448536269514722) ** 2 / 2)
    base = with_changes({"architectures.own.build": {"set-up": "10k..40k"}})
    near = differ(tmp_path, {"architectures.own.build": {"set-up": "15k..60k"}}, base=base)
    cause = near.change("architectures.own.build.set-up")
    assert (cause["old"], cause["new"]) == (approx(20_000), approx(30_000))
    assert (cause["old_range"], cause["new_range"]) == ([10_000, 40_000], [15_000, 60_000])
    total = near.change("architectures.own.total_cost")
    assert total["old"] == pytest.approx(20_000 * above + 29_200, rel=1e-4)
    assert total["change"] == pytest.approx(10_000 * above, rel=1e-3)
    assert total["ranges_overlap"] is True
    assert near.result["headline"].endswith("; the P5–P95 ranges overlap.")
    far = differ(tmp_path, {"architectures.own.build": {"set-up": "90k..160k"}}, base=base)
    assert far.change("architectures.own.total_cost")["ranges_overlap"] is False
    assert far.change("architectures.own.build.set-up")["ranges_overlap"] is False


def test_a_number_may_lie_within_the_other_sides_range(tmp_path: Path) -> None:
    inside = differ(tmp_path, {"architectures.own.build": {"set-up": "10k..50k"}})
    assert inside.change("architectures.own.one_time_cost")["ranges_overlap"] is True
    outside = differ(tmp_path, {"architectures.own.build": {"set-up": "30k..50k"}})
    assert outside.change("architectures.own.one_time_cost")["ranges_overlap"] is False


class TestPrices:
    """Changed prices are listed once each, with their source."""

    def test_a_price_of_the_scenarios_own(self, tmp_path: Path) -> None:
        told = differ(tmp_path, {"prices.large.input_per_mtok": 6})
        assert told.paths == ["prices.large.input_per_mtok"]
        price = told.change("prices.large.input_per_mtok")
        assert (price["about"], price["old"], price["new"], price["change_share"]) == ("price", 5, 6, approx(0.2))
        assert told.change("architectures.strong.monthly_cost")["new"] == 1000 * 6 + 200 * 25

    def test_a_price_for_the_new_side_alone(self, tmp_path: Path) -> None:
        """--price-new, --price-old and --price: the one that holds for both changes nothing."""
        file = written(tmp_path, "one.yaml", BASE)
        common = (file, "-f", "json", "--as-of", "2026-11-22")
        told = ask("diff", *common, "--price-new", "large.input=6")
        assert told.paths == ["prices.large.input_per_mtok"]
        told = ask("diff", *common, "--price-old", "large.input=6")
        assert told.change("architectures.strong.monthly_cost")["change"] == -1_000
        told = ask("diff", *common, "--price", "large.input=6", "--price-new", "large.output=30")
        month = told.change("architectures.strong.monthly_cost")
        assert (month["old"], month["new"]) == (1000 * 6 + 200 * 25, 1000 * 6 + 200 * 30)

    def test_a_catalog_for_one_side(self, tmp_path: Path) -> None:
        """The user's catalog file brings its own source along."""
        source = "{title: Offer of May, url: null, checked_on: 2026-11-01, published_in: null, packaged_on: null}"
        prices = f"[{{effective_from: null, input_per_mtok: 0.8, source: {source}}}]"
        text = f"provider: anthropic\nmodels:\n  claude-haiku-4-5: {{prices: {prices}}}\n"
        overlay = written(tmp_path, "own.yaml", text)
        base = with_changes({"architectures.haiku": {"kind": "api", "model": "claude-haiku-4-5"}})
        told = ask("diff", written(tmp_path, "one.yaml", base), "--catalog-new", overlay, "-f", "json")
        price = told.change("prices.claude-haiku-4-5.input_per_mtok")
        assert (price["old"], price["new"]) == (1, 0.8)
        assert "the catalog has 1" in price["why"]

    def test_before_and_after_a_price_change(self, tmp_path: Path) -> None:
        """gpt-5.6-luna went from 1 and 6 USD to 0.20 and 1.20 on 2026-07-30: 2,200 to 440 a month."""
        base = with_changes({"architectures.luna": {"kind": "api", "model": "gpt-5.6-luna"}})
        file = written(tmp_path, "one.yaml", base)
        told = ask("diff", file, "--as-of-old", "2026-07-29", "--as-of", "2026-11-22", "-f", "json")
        assert told.paths == [
            "prices_as_of",
            "prices.gpt-5.6-luna.input_per_mtok",
            "prices.gpt-5.6-luna.output_per_mtok",
        ]
        month = told.change("architectures.luna.monthly_cost")
        assert (month["old"], month["new"]) == (approx(1000 * 1 + 200 * 6), approx(1000 * 0.2 + 200 * 1.2))
        assert "OpenAI price page" in told.change("prices.gpt-5.6-luna.input_per_mtok")["why"]
        # After the day of the change there is nothing left to see.
        told = ask("diff", file, "--as-of-old", "2026-07-30", "--as-of-new", "2026-11-22", "-f", "json")
        assert told.paths == ["prices_as_of"]
        # The new side is what compare says today.
        today = json.loads(ask("compare", file, "-f", "json", "--as-of", "2026-11-22").out)["result"]
        luna = next(row for row in today["architectures"] if row["name"] == "luna")
        assert month["new"] == luna["monthly_cost"]

    def test_a_price_that_is_announced_holds_on_both_sides(self, tmp_path: Path) -> None:
        """gemini-3.7-flash doubles on 2027-01-01; it does so whichever day one looks from."""
        base = with_changes({"architectures.flash": {"kind": "api", "model": "gemini-3.7-flash"}})
        file = written(tmp_path, "one.yaml", base)
        told = ask("diff", file, "--as-of-old", "2026-10-01", "--as-of", "2026-11-22", "-f", "json")
        assert told.paths == ["prices_as_of"]
        told = ask("diff", file, "--as-of-old", "2026-10-01", "--as-of", "2027-01-02", "-f", "json")
        price = told.change("prices.gemini-3.7-flash.input_per_mtok")
        assert price["sign"] == "added" or price["new"] == 1.5
        month = told.change("architectures.flash.monthly_cost")
        # 1000 × 0.75 + 200 × 3.75 = 1,500 in every month before; from the second month on twice that now.
        assert month["old"] == approx(1_500)
        assert month["new"] == approx((1_500 + 9 * 3_000) / 10)

    def test_a_gpu_without_a_price_on_the_day_is_an_error(self, tmp_path: Path) -> None:
        base = with_changes({"architectures.own.gpu": {"name": "H100-SXM", "provider": "AWS"}})
        file = written(tmp_path, "one.yaml", base)
        told = ask("diff", file, "--as-of-old", "2026-06-01", "--as-of", "2026-11-22")
        assert told.code == 2
        assert "has no price on 2026-06-01" in told.err
        assert "2026-08-01" in told.err
        told = ask("diff", file, "--as-of-old", "2026-08-01", "--as-of", "2026-11-22")
        assert told.code == 0, told.err

    def test_a_router_pays_its_models_price_which_is_listed_once(self, tmp_path: Path) -> None:
        router = {"tokens_per_request": 10, "model": "small"}
        routed = {"kind": "routed", "mix": {"small": "50%", "large": "50%"}, "router": router}
        base = with_changes({"architectures.routed": routed})
        told = differ(tmp_path, {"prices.small.input_per_mtok": 0.6}, base=base)
        assert told.paths == ["prices.small.input_per_mtok"]

    def test_an_architecture_may_be_called_like_its_model(self, tmp_path: Path) -> None:
        """Its price is the model's all the same."""
        base = with_changes({"architectures.large": {"kind": "api", "model": "large"}})
        told = differ(tmp_path, {"prices.large.input_per_mtok": 6}, base=base)
        assert told.paths == ["prices.large.input_per_mtok"]


class TestSavedResults:
    """Saved JSON on either side or both."""

    @pytest.mark.parametrize("command", ["compare", "route", "tco"])
    def test_a_saved_result_differs_from_its_scenario_in_nothing(self, tmp_path: Path, command: str) -> None:
        flags = ("--architecture", "own") if command == "tco" else ()
        old = saved(tmp_path, "old.json", BASE, command, *flags)
        new = written(tmp_path, "new.yaml", BASE)
        for pair in ((old, new), (new, old), (old, old)):
            told = ask("diff", *pair, "-f", "json", "--as-of", "2026-11-22")
            assert told.result["command"] == command
            assert told.result["changes"] == []
            assert told.result["headline"].startswith("Nothing changes: ")

    def test_the_causes_come_from_the_charges(self, tmp_path: Path) -> None:
        """requests_per_month stands in nearly every charge and is one line; a share is named with its model."""
        routed = {"kind": "routed", "mix": {"small": "50%", "large": "50%"}}
        base = with_changes({"architectures.routed": routed})
        changed = {
            "workload.requests_per_month": "1.5M",
            "architectures.routed.mix": {"small": "60%", "large": "40%"},
            "prices.large.output_per_mtok": 20,
        }
        old = saved(tmp_path, "old.json", base)
        new = saved(tmp_path, "new.json", with_changes(changed, base))
        told = ask("diff", old, new, "-f", "json")
        assert set(told.paths) == {
            "requests_per_month",
            "architectures.routed.small.share",
            "architectures.routed.large.share",
            "prices.large.output_per_mtok",
        }
        assert told.change("architectures.routed.small.share")["new"] == 0.6

    def test_route_compares_a_month(self, tmp_path: Path) -> None:
        old = saved(tmp_path, "old.json", BASE, "route")
        told = ask(
            "diff", old, written(tmp_path, "n.yaml", with_changes({"prices.small.input_per_mtok": 1})), "-f", "json"
        )
        assert told.change("mixes.cheap.monthly_cost")["change"] == approx(1000 * 0.5)
        assert told.result["old"]["horizon_months"] == 1

    def test_tco_compares_its_architecture(self, tmp_path: Path) -> None:
        old = saved(tmp_path, "old.json", BASE, "tco", "--architecture", "own")
        new = written(tmp_path, "new.yaml", with_changes({"architectures.own.build": {"set-up": 30_000}}))
        told = ask("diff", old, new, "-f", "json")
        assert told.change("total_cost")["change"] == approx(10_000)
        assert told.result["headline"] == "own: $49,200 → $59,200 over 10 months (+20.3%)."

    def test_the_horizons_differ(self, tmp_path: Path) -> None:
        """Totals over 10 and 20 months are compared a month: 4,920 and (20,000 + 20 × 2,920) / 20 = 3,920."""
        old = saved(tmp_path, "old.json", BASE)
        new = saved(tmp_path, "new.json", with_changes({"horizon_months": 20}))
        told = ask("diff", old, new, "-f", "json")
        assert told.change("horizon_months")["new"] == 20
        assert told.result["headline"] == (
            "own stays the cheapest: $4,920 → $3,920 a month, one-time costs spread over each horizon (-20.3%)."
        )

    def test_versions_that_differ_are_said(self, tmp_path: Path) -> None:
        old = Path(saved(tmp_path, "old.json", BASE))
        document = json.loads(old.read_text(encoding="utf-8"))
        old.write_text(json.dumps({**document, "version": "0.0.9"}), encoding="utf-8")
        told = ask("diff", str(old), written(tmp_path, "new.yaml", BASE))
        assert "by llmcost 0.0.9" in told.err


def test_the_charges_explain_the_change_to_the_cent(tmp_path: Path) -> None:
    """The changes of an architecture's monthly charges add up to that of its month."""
    routed = {"kind": "routed", "mix": {"small": "50%", "large": "50%"}}
    base = with_changes({"architectures.routed": routed})
    mix = {"small": "50%", "own": "50%"}
    told = differ(tmp_path, {"architectures.routed.mix": mix, "workload.growth_per_month": "3%"}, base=base)
    for name in ("strong", "cheap", "own", "routed"):
        prefix = f"architectures.{name}.charges."
        charges = [each for each in told.result["changes"] if each["path"].startswith(prefix)]
        monthly = sum(each["change"] for each in charges if each["unit"] == "USD/month")
        expected = told.change(f"architectures.{name}.monthly_cost")["change"]
        assert monthly == pytest.approx(expected, abs=1e-4)  # each with ten digits
    gone = told.change("architectures.routed.charges.large: output")
    assert (gone["sign"], gone["new"], gone["change"], gone["change_share"]) == ("removed", None, -2_500, None)


def test_there_and_back_again(tmp_path: Path) -> None:
    """Old and new exchanged, every change has the other sign."""
    changed = {
        "workload.requests_per_month": "1.3M",
        "prices.large.input_per_mtok": 4,
        "architectures.mini": {"kind": "api", "model": "small"},
        "quality.cheap": None,
    }
    there = differ(tmp_path, changed)
    new, old = str(tmp_path / "new.yaml"), str(tmp_path / "old.yaml")
    back = ask("diff", new, old, "-f", "json", "--as-of", "2026-11-22")
    signs = {"added": "removed", "removed": "added", "changed": "changed"}
    found = {each["path"]: each for each in back.result["changes"]}
    assert len(found) == len(there.result["changes"])
    for each in there.result["changes"]:
        other = found[each["path"]]
        assert (other["sign"], other["old"], other["new"]) == (signs[each["sign"]], each["new"], each["old"])
        assert other["change"] == (None if each["change"] is None else approx(-each["change"]))


def test_measured_traffic_is_read_beside_its_scenario(tmp_path: Path) -> None:
    """`usage: LOGS` is relative to the scenario; twice the calls logged are twice the requests and the cost."""
    header = "timestamp,model,calls,input_tokens,output_tokens\n"
    for name, calls in (("once", 1_000), ("twice", 2_000)):
        row = f"2026-11-0%d,large,{calls},{calls * 1000},{calls * 200}\n"
        written(tmp_path, f"{name}.csv", header + "".join(row % day for day in (1, 2, 3)))
    base = with_changes({"workload": None, "usage": "once.csv"})
    told = differ(tmp_path, {"usage": "twice.csv"}, base=base)
    assert "usage" in told.paths
    month = told.change("architectures.strong.monthly_cost")
    assert month["old"] > 0
    assert month["change_share"] == approx(1)
