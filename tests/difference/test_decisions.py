"""Which decision flips, and the gates on a change, each both ways."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from two_sides import BASE, ask, differ, saved, with_changes, written


def flips(told: Any, what: str) -> list[tuple[str, str, str | None, str | None]]:
    return [(f["architecture"], f["gate"], f["old"], f["new"]) for f in told.result["flips"] if f["what"] == what]


# Each: the changes, and the flips of one kind that follow. Back again they are exchanged.
FLIPS = {
    "own becomes dearer than strong: 90,000 + 29,200": (
        "cheapest",
        {"architectures.own.build": {"set-up": 90_000}},
        [("", "", "own", "strong")],
    ),
    "nothing meets a budget of 500 a month": (
        "cheapest",
        {"requirements.max_monthly_cost": 500},
        [("", "", "own", None)],
    ),
    "the baseline changes": ("baseline", {"baseline": "cheap"}, [("", "", "strong", "cheap")]),
    "own keeps .85 / .95 = 89.5 %, under 90 %": (
        "gate",
        {"quality.own": 0.85},
        [("own", "min_quality_kept", "not failed", "failed")],
    ),
    "the quality of own is no longer known": (
        "gate",
        {"quality.own": None},
        [("own", "min_quality_kept", "not failed", "unknown")],
    ),
    "the quality of cheap is no longer known": (
        "gate",
        {"quality.cheap": None},
        [("cheap", "min_quality_kept", "failed", "unknown")],
    ),
    "nothing is required any more": (
        "gate",
        {"requirements.min_quality_kept": None},
        [("cheap", "min_quality_kept", "failed", "not failed")],
    ),
    "own never pays back: 80,000 > 10 × (10,000 - 2,920)": (
        "payback",
        {"architectures.own.build": {"set-up": 80_000}},
        [("own", "", "3", None)],
    ),
}


@pytest.mark.parametrize("name", FLIPS)
def test_a_decision_flips_and_flips_back(tmp_path: Path, name: str) -> None:
    what, changes, expected = FLIPS[name]
    there = differ(tmp_path, changes)
    assert flips(there, what) == expected
    assert all(f["sentence"] for f in there.result["flips"])
    back = ask("diff", str(tmp_path / "new.yaml"), str(tmp_path / "old.yaml"), "-f", "json", "--as-of", "2026-11-22")
    assert flips(back, what) == [(of, gate, new, old) for of, gate, old, new in expected]


def test_a_payback_that_only_moves_is_no_flip(tmp_path: Path) -> None:
    """With 30,000 to pay back it is month 5 (4.24) in place of 3."""
    told = differ(tmp_path, {"architectures.own.build": {"set-up": 30_000}})
    assert told.result["flips"] == []
    assert (
        told.change("architectures.own.payback_month")["old"],
        told.change("architectures.own.payback_month")["new"],
    ) == (3, 5)


def test_an_architecture_that_comes_may_become_the_cheapest(tmp_path: Path) -> None:
    told = differ(tmp_path, {"architectures.mini": {"kind": "api", "model": "small"}, "quality.mini": 0.95})
    assert flips(told, "cheapest") == [("", "", "own", "mini")]
    assert (
        told.result["headline"] == "The cheapest changes from own to mini: $49,200 → $10,000 over 10 months (-79.7%)."
    )


def test_no_choice_before_or_after(tmp_path: Path) -> None:
    base = with_changes({"requirements.max_monthly_cost": 500})
    told = differ(tmp_path, {"name": "B"}, base=base)
    assert told.result["headline"] == "No architecture meets every requirement, before or after."
    told = differ(tmp_path, {"requirements.max_monthly_cost": None}, base=base)
    assert told.result["headline"] == "There was no choice before; now own is it, at $49,200 over 10 months."
    told = differ(tmp_path, {"requirements.max_monthly_cost": 500})
    assert told.result["headline"] == "own was the choice at $49,200 over 10 months; now there is none."


# own: 4,920 all in a month; twice the volume is 7,840, 2,920 (59.35 %) more; its dearest month 5,840.
TWICE = {"workload.requests_per_month": "2M"}
GATES = {
    "--max-increase": ("2921", "2919"),
    "--max-increase-pct": ("59.4", "59.3"),
    "--max-monthly": ("5840", "5839.99"),
}


@pytest.mark.parametrize("flag", GATES)
def test_a_gate_passes_and_is_breached(tmp_path: Path, flag: str) -> None:
    """Breached, it exits 3 after the result is printed, with its reason on stderr."""
    passing, breaching = GATES[flag]
    told = differ(tmp_path, TWICE, flag, passing)
    assert (told.code, told.err) == (0, "")
    assert [gate["breached"] for gate in told.result["gates"]] == [False]
    told = differ(tmp_path, TWICE, flag, breaching)
    assert told.code == 3
    assert told.err.startswith(f"gate breached: own: {flag.removeprefix('--').replace('-', '_')}: ")
    assert [gate["breached"] for gate in told.result["gates"]] == [True]
    assert "breached" in differ(tmp_path, TWICE, flag, breaching, form="table").out


def test_percent_may_have_its_sign(tmp_path: Path) -> None:
    assert differ(tmp_path, TWICE, "--max-increase-pct", "59.4%").code == 0
    assert differ(tmp_path, TWICE, "--max-increase-pct", "59.3%").code == 3


def test_a_decrease_breaches_no_increase(tmp_path: Path) -> None:
    told = differ(
        tmp_path, {"architectures.own.build": {"set-up": 0}}, "--max-increase", "0", "--max-increase-pct", "0"
    )
    assert told.code == 0


def test_a_named_architecture_is_judged_on_both_sides(tmp_path: Path) -> None:
    """strong costs 10,000 more a month at twice the volume, whatever the cheapest costs."""
    assert differ(tmp_path, TWICE, "--architecture", "strong", "--max-increase", "9999").code == 3
    told = differ(tmp_path, TWICE, "--architecture", "strong", "--max-increase", "10000")
    assert told.code == 0
    assert told.result["headline"].startswith("strong: $100,000 → $200,000 over 10 months")


def test_what_is_paid_once_counts_in_an_increase(tmp_path: Path) -> None:
    """30,000 more of a build is 3,000 more a month over ten, though no month costs more."""
    changes = {"architectures.own.build": {"set-up": 50_000}}
    assert differ(tmp_path, changes, "--max-increase", "3000").code == 0
    assert differ(tmp_path, changes, "--max-increase", "2999").code == 3
    assert differ(tmp_path, changes, "--max-monthly", "2920").code == 0


def test_max_monthly_holds_in_every_month(tmp_path: Path) -> None:
    """Growing by 10 % a month, strong costs 10,000 × 1.1^9 = 23,579 in its last month, 15,937 on average."""
    changes = {"workload.growth_per_month": "10%"}
    dearest = 10_000 * 1.1**9
    flags = ("--architecture", "strong", "--max-monthly")
    assert differ(tmp_path, changes, *flags, f"{dearest + 0.01:.2f}").code == 0
    assert differ(tmp_path, changes, *flags, f"{dearest - 0.01:.2f}").code == 3
    # A saved comparison holds no months: its mean is judged, and the reason says so.
    new = saved(tmp_path, "new.json", with_changes(changes))
    told = ask("diff", str(tmp_path / "old.yaml"), new, *flags, "16000", "-f", "json")
    assert told.code == 0
    assert "the mean month" in told.result["gates"][0]["reason"]
    # A saved tco does.
    old = saved(tmp_path, "old.json", BASE, "tco", "--architecture", "strong")
    new = saved(tmp_path, "tco.json", with_changes(changes), "tco", "--architecture", "strong")
    assert ask("diff", old, new, "--max-monthly", "16000").code == 3


@pytest.mark.parametrize("flag", ["--max-increase", "--max-increase-pct", "--max-monthly"])
def test_what_cannot_be_judged_is_breached(tmp_path: Path, flag: str) -> None:
    """Nothing meets the new budget: there is no cost to hold against the limit."""
    told = differ(tmp_path, {"requirements.max_monthly_cost": 500}, flag, "1000000")
    assert told.code == 3
    assert "there is no architecture to judge" in told.err
    assert told.result["gates"][0]["found"] is None


def test_an_unknown_cost_is_breached(tmp_path: Path) -> None:
    """gpt-4o retires within the horizon and nothing replaces it: the total is unknown, not zero."""
    base = with_changes({"architectures.old": {"kind": "api", "model": "gpt-4o"}, "successors": {"gpt-4o": "small"}})
    told = differ(tmp_path, {"successors": {}}, "--architecture", "old", "--max-increase", "1M", base=base)
    assert told.code == 3
    assert "its cost is not known" in told.err


def test_from_nothing_any_increase_is_more_than_any_share(tmp_path: Path) -> None:
    free = with_changes({"prices.free": {"input_per_mtok": 0, "output_per_mtok": 0}})
    free["architectures"]["free"] = {"kind": "api", "model": "free"}
    flags = ("--architecture", "free", "--max-increase-pct", "1000")
    assert differ(tmp_path, {"prices.free.input_per_mtok": 0.001}, *flags, base=free).code == 3
    assert differ(tmp_path, {"name": "B"}, *flags, base=free).code == 0


def test_an_architecture_of_one_side_alone_cannot_be_held_against_itself(tmp_path: Path) -> None:
    mini = {"architectures.mini": {"kind": "api", "model": "small"}}
    told = differ(tmp_path, mini, "--architecture", "mini", "--max-increase", "1M")
    assert told.code == 3
    assert "no architecture to judge against on the old side" in told.err
    assert told.result["headline"] == "mini is new; it costs $10,000 over 10 months."
    assert differ(tmp_path, mini, "--architecture", "mini", "--max-monthly", "1000").code == 0
    gone = differ(tmp_path, {"architectures.mini": None}, "--architecture", "mini", base=with_changes(mini))
    assert gone.result["headline"] == "mini is gone; it cost $10,000 over 10 months."


def test_the_result_fits_its_schema(tmp_path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    from llmcost.render.json_schema import command_schema

    told = differ(tmp_path, {**TWICE, "quality.own": None}, "--max-increase", "1")
    validator = jsonschema.Draft202012Validator(command_schema("diff"))
    assert list(validator.iter_errors(json.loads(told.out))) == []
    wrong = json.loads(told.out)
    del wrong["result"]["headline"]
    assert list(validator.iter_errors(wrong))


def test_files_are_written_and_never_over_one(tmp_path: Path) -> None:
    file = written(tmp_path, "one.yaml", BASE)
    target = tmp_path / "comment.md"
    assert ask("diff", file, file, "-o", str(target)).code == 0
    assert target.read_text(encoding="utf-8").startswith("<!-- llmcost:diff ")
    assert ask("diff", file, file, "-o", str(target)).code == 2
