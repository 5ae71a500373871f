"""`frontier` on the command line: what it prints, and what it refuses."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from command_line import Run, run

DATA = Path(__file__).parents[1] / "data"
ARENA = str(DATA / "routerarena_sub10_two_models.csv")
GSM8K = (str(DATA / "routellm_gsm8k.csv"), "--where", "contaminated=0")
NAMED = ("--rename", "mixtral=mixtral-8x7b", "--rename", "gpt4=gpt-4")
PRICED = (*GSM8K, *NAMED, "--tokens", "500,300")


def frontier(*arguments: str) -> Run:
    return run("frontier", *arguments)


def test_an_unknown_model_is_an_error_with_suggestions() -> None:
    done = frontier(ARENA)
    assert done.code == 2
    assert done.err.splitlines()[0] == "error: unknown model 'gemini2flash'"
    assert "gemini-2.0-flash" in done.err and "--rename" in done.err and "--price" in done.err


def test_renamed_it_is_priced_by_the_catalog_beside_what_was_recorded() -> None:
    names = ("--rename", "haiku3=claude-3-haiku", "--rename", "gemini2flash=gemini-2.0-flash")
    done = frontier(ARENA, *names, "-f", "json")
    for each in done.result["models"]:
        assert each["cost_basis"] == "catalog"
        assert each["recorded_differs_on"] == 0
        assert each["recorded_cost_per_request"] == pytest.approx(each["cost_per_request"])


def test_a_recorded_cost_that_is_not_todays_is_flagged() -> None:
    own = ("--price", "haiku3.input=0.50", "--price", "haiku3.output=1.25")
    flash = ("--price", "gemini2flash.input=0.10", "--price", "gemini2flash.output=0.40")
    done = frontier(ARENA, *own, *flash, "-f", "json")
    differs = {each["model"]: each["recorded_differs_on"] for each in done.result["models"]}
    assert differs == {"haiku3": 809, "gemini2flash": 0}
    assert any(each["code"] == "recorded_cost" and "haiku3" in each["message"] for each in done.document["warnings"])


def test_an_outcome_without_tokens_needs_them_stated() -> None:
    done = frontier(*GSM8K, *NAMED)
    assert done.code == 2
    assert "no tokens" in done.err and "--tokens INPUT,OUTPUT" in done.err
    assumed = frontier(*PRICED, "-f", "json").document["assumptions"]
    assert {"gpt-4.input_tokens", "gpt-4.output_tokens"} <= {each["name"] for each in assumed}


def test_the_same_seed_prints_the_same_and_another_moves_the_intervals() -> None:
    first, again = frontier(*PRICED, "-f", "json"), frontier(*PRICED, "-f", "json")
    other = frontier(*PRICED, "-f", "json", "--seed", "7")
    assert first.out == again.out
    a, b = first.result["models"][0], other.result["models"][0]
    assert a["quality"] == b["quality"]
    assert a["quality_interval"] != b["quality_interval"]


def test_the_cheapest_that_keeps_enough_is_a_mix_of_two_models() -> None:
    found = frontier(*PRICED, "-f", "json", "--min-quality-kept", "95%").result["cheapest"]
    share = (0.95 * 1121 - 833) / (1121 - 833)
    assert found["hull"]["shares"]["gpt-4"] == pytest.approx(share)
    assert found["best_single"]["shares"] == {"gpt-4": 1}
    assert found["cheapest"]["way"] == "hull"
    given = "false_accept=6%,false_reject=9%,usd_per_request=0.0001"
    with_verifier = frontier(*PRICED, "-f", "json", "--min-quality-kept", "95%", "--verifier", given).result
    assert with_verifier["cheapest"]["cheapest"]["way"] == "cascade"
    quality = 0.91 * 833 / 1307 + 0.09 * 739 / 1307 + 0.94 * 382 / 1307
    assert with_verifier["cascades"][0]["quality"] == pytest.approx(quality)
    assert with_verifier["cascades"][0]["parity_false_accept"] == pytest.approx(0.91 * 94 / 382)


def test_a_router_is_swept_on_the_held_out_half(tmp_path: Path) -> None:
    rows = ["query_id,model,score,input_tokens,output_tokens,router_score"]
    for q in range(400):
        hard = q % 4 == 0
        rows.append(f"{q},cheap,{int(not hard)},100,100,{0.9 if hard else 0.1}")
        rows.append(f"{q},strong,1,100,100,{0.9 if hard else 0.1}")
    path = tmp_path / "routed.csv"
    path.write_text("\n".join(rows) + "\n")
    own = [
        x for m, p in (("cheap", 1), ("strong", 10)) for f in ("input", "output") for x in ("--price", f"{m}.{f}={p}")
    ]
    router = frontier(str(path), *own, "-f", "json").result["router"]
    assert router["chosen_on"] + router["measured_on"] == 400
    quarter = next(each for each in router["points"] if each["threshold"] == 0.9)
    assert quarter["quality"] == 1
    assert quarter["performance_gap_recovered"] == pytest.approx(1)
    assert router["apgr"] > 0.8
    assert router["cpt"]["0.5"] < 0.2


def test_measured_verifier_errors_come_from_the_file(tmp_path: Path) -> None:
    rows = ["query_id,a_score,a_accepted,b_score"]
    accepted = [(1, 1)] * 6 + [(1, 0)] * 2 + [(0, 1)] * 1 + [(0, 0)] * 3
    rows += [f"{i},{right},{ok},1" for i, (right, ok) in enumerate(accepted)]
    path = tmp_path / "verified.csv"
    path.write_text("\n".join(rows) + "\n")
    own = [x for m, p in (("a", 1), ("b", 10)) for f in ("input", "output") for x in ("--price", f"{m}.{f}={p}")]
    found = frontier(str(path), "--tokens", "100,100", *own, "-f", "json").result["cascades"][0]
    assert found["verifier"] == "measured"
    assert (found["false_accept"], found["false_reject"]) == (0.25, 0.25)
    assert found["quality"] == pytest.approx(11 / 12)


def test_the_chart_labels_its_points_without_colour() -> None:
    done = frontier(*PRICED, "--chart")
    assert "\x1b" not in done.out
    assert "a mixtral-8x7b: 0.6373" in done.out and "O oracle, an unreachable bound" in done.out
    plain = run("frontier", *PRICED, "--chart", env={"PYTHONIOENCODING": "ascii"})
    assert plain.code == 0 and plain.out.isascii()


@pytest.mark.parametrize("form", ["csv", "markdown", "table"])
def test_every_format_carries_the_models(form: str) -> None:
    done = frontier(*PRICED, "-f", form)
    assert done.code == 0, done.err
    assert "mixtral" in done.out
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(done.out)))
        assert float(rows[0]["quality"]) == pytest.approx(833 / 1307)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("nothing.csv",), "there is no file nothing.csv"),
        ((ARENA, "--map", "scor=x"), "there is no field 'scor'"),
        ((ARENA, "--map", "task=topic"), "has no column 'topic'"),
        ((ARENA, "--where", "dataset"), "is not COLUMN=VALUE"),
        ((ARENA, "--models", "haiku"), "has no outcomes of 'haiku'"),
        ((ARENA, "--costs", "yesterday"), "unknown basis 'yesterday'"),
        ((ARENA, "--costs", "recorded", "--ends", "haiku3"), "is not two models"),
        ((ARENA, "--rounds", "3"), "3 rounds"),
        ((ARENA, "--costs", "recorded", "--verifier", "false_accept=1%"), "a verifier needs"),
    ],
)
def test_a_wrong_flag_is_refused_in_three_lines(arguments: tuple[str, ...], what: str) -> None:
    done = frontier(*arguments)
    assert done.code == 2
    assert what in done.err.splitlines()[0]
    assert done.err.count("\n") == 3
