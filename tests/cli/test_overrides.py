"""Flags override the file; the file may be standard input; what was overridden is marked."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import Call, Run, run, run_all
from sample import as_text, sample
from worked import holds

SMALL = {
    "start": "2026-12",
    "horizon_months": 10,
    "workload": {"requests_per_month": "1M", "input_tokens": 1000, "output_tokens": 200},
    "prices": {"m": {"input_per_mtok": 2, "output_per_mtok": 10}},
    "architectures": {"a": {"kind": "api", "model": "m"}},
}
OWN_WRITES = ("--price", "m.cache_write=2.5", "--price", "m.cache_write_1h=4")
# 1M × (1,000 × $2 + 200 × $10) / 1e6 = $4,000 a month, and what each flag makes of the total over the months.
FLAGS = {
    "nothing": ((), "10 * (2000 + 2000)"),
    "--requests": (("--requests", "2M"), "10 * 2 * (2000 + 2000)"),
    "--input": (("--input", "500"), "10 * (1000 + 2000)"),
    "--output": (("--output", "0"), "10 * 2000"),
    "--horizon": (("--horizon", "3"), "3 * (2000 + 2000)"),
    "--price": (("--price", "m.input=4"), "10 * (4000 + 2000)"),
    "--cached": (("--cached", "50%", "--price", "m.cached_input=0.2"), "10 * (1000 + 0.5 * 200 + 2000)"),
    "--cache-write": (("--cache-write", "50%", "--price", "m.cache_write=2.5"), "10 * (1000 + 1250 + 2000)"),
    "--cache-write-1h": (("--cache-write-1h", "50%", "--price", "m.cache_write_1h=4"), "10 * (1000 + 2000 + 2000)"),
    "--cache-write, and an hour's beside it": (
        ("--cache-write-1h", "30%", "--cache-write", "20%", *OWN_WRITES),
        "10 * (0.5 * 2000 + 0.2 * 2500 + 0.3 * 4000 + 2000)",
    ),
    "--batch": (("--batch", "50%", "--price", "m.batch.input=1"), "10 * (1000 + 500 + 2000)"),
    "--growth": (("--growth", "10%", "--horizon", "2"), "4000 + 4000 * 1.1"),
    "--price-change": (("--price-change", "-50%", "--horizon", "13"), None),
}


@pytest.fixture(scope="module")
def changed() -> dict[str, Run]:
    """The small scenario under each flag."""
    text = as_text(SMALL)
    return run_all({name: Call(("compare", "-", "-f", "json", *flags), text) for name, (flags, _) in FLAGS.items()})


@pytest.mark.parametrize("name", FLAGS)
def test_a_flag_overrides_the_file(name: str, changed: dict[str, Run]) -> None:
    """A flag stands in place of what the file says."""
    expected = FLAGS[name][1] or "+".join(f"4000 * 0.5 ** ({month} / 12)" for month in range(13))
    holds(changed[name].result, {"architectures": {"a": {"total_cost": expected}}})


@pytest.mark.parametrize("field", ["input", "input_per_mtok", "training_usd_per_mtok", "batch.cache_write_1h"])
def test_a_price_is_named_as_in_a_file_or_shorter(field: str) -> None:
    """Every field of `prices:` can be typed under its own name."""
    assert run("compare", "-", "--price", f"m.{field}=4", stdin=as_text(SMALL)).code == 0


@pytest.mark.parametrize("command", [("frontier",), ("gate", "--from", "a", "--to", "b")], ids=" ".join)
def test_an_evaluation_is_priced_at_one_price(command: tuple[str, ...], tmp_path: Path) -> None:
    """A range for a price of answers that were given is refused; it was an internal error."""
    rows = [f"q{n},{model},1,1000,100" for n in range(3) for model in "ab"]
    (tmp_path / "e.csv").write_text("\n".join(["query_id,model,score,input_tokens,output_tokens", *rows]) + "\n")
    prices = [text for each in ("a.input=1..4", "a.output=1", "b.input=1", "b.output=1") for text in ("--price", each)]
    done = run(command[0], "e.csv", *command[1:], *prices, cwd=tmp_path)
    assert done.code == 2
    assert done.err.splitlines()[1] == "where: --price a.input=1..4"


def test_an_own_price_is_marked() -> None:
    """A price from a flag is named among the assumptions with the catalog's figure beside it."""
    done = run(
        *("route", "--requests", "1M", "--input", "1000", "--output", "200", "-f", "json"),
        *("--mix", "claude-haiku-4-5=100%", "--baseline", "claude-opus-4-8", "--price", "claude-haiku-4-5.input=0.80"),
    )
    marks = {one["name"]: one for one in done.document["assumptions"]}
    assert marks["claude-haiku-4-5.input_per_mtok"]["value"] == 0.8
    assert "the catalog has 1" in marks["claude-haiku-4-5.input_per_mtok"]["why"]


def test_the_baseline_flag_adds_a_model() -> None:
    """`--baseline MODEL` compares with a model that the file does not name."""
    done = run("compare", "-", "--baseline", "claude-opus-4-8", "-f", "json", stdin=as_text(SMALL))
    expected = {"baseline": "claude-opus-4-8", "architectures": {"a": {"total_cost": "10 * 4000"}}}
    holds(done.result, expected)


def test_the_successor_flag() -> None:
    """`--successor OLD=NEW` bills the new model from the first month after the retirement."""
    scenario = sample({"architectures": {"old": {"kind": "api", "model": "gpt-4o"}}})
    without = run("compare", "-", "-f", "json", stdin=as_text(scenario)).result
    holds(without, {"architectures": {"old": {"feasible": False, "failed_gates": ["retirement"], "total_cost": None}}})
    replaced = run("compare", "-", "-f", "json", "--successor", "gpt-4o=cheap", stdin=as_text(scenario)).result
    holds(replaced, {"architectures": {"old": {"feasible": True, "failed_gates": []}}})


def test_a_file_and_standard_input_agree(tmp_path: Path) -> None:
    """A scenario read from a file and from standard input gives the same bytes."""
    text = as_text(sample())
    (tmp_path / "s.yaml").write_text(text, encoding="utf-8")
    assert run("compare", "s.yaml", "-f", "json", cwd=tmp_path).out == run("compare", "-", "-f", "json", stdin=text).out


def test_an_error_in_standard_input_has_its_place() -> None:
    """What is wrong on standard input is shown with line and column."""
    done = run("compare", "-", stdin="architectures:\n  a: {kind: apx, model: m}\n")
    assert done.code == 2
    assert "where: <stdin>:2:13\n" in done.err


def test_an_error_in_a_flag_names_the_flag() -> None:
    """A flag that overrides the file is what an error points at."""
    done = run("compare", "-", "--cached", "150%", stdin=as_text(SMALL))
    assert done.code == 2
    assert "where: --cached\n" in done.err


def test_the_start_that_is_assumed() -> None:
    """Without a start the horizon begins in the month after the day asked for."""
    unstarted = {key: value for key, value in SMALL.items() if key != "start"}
    done = run("tco", "-", "--architecture", "a", "-f", "json", "--as-of", "2027-03-05", stdin=as_text(unstarted))
    assert done.result["months"][0]["first_day"] == "2027-04-01"
    assert {one["name"]: one["value"] for one in done.document["assumptions"]}["start"] == "2027-04"


def test_route_prices_the_day_that_is_asked_for() -> None:
    """`route` without a start prices the day itself, and says so truthfully."""
    done = run(
        *("route", "--requests", "1M", "--input", "1000", "--output", "200", "-f", "json"),
        *("--mix", "claude-haiku-4-5=100%", "--baseline", "claude-opus-4-8"),
    )
    stated = {one["name"]: one for one in done.document["assumptions"]}
    assert "start" not in stated or "month after" not in stated["start"]["why"]
    assert "horizon_months" not in stated
