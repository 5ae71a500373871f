"""A claim that is typed after `llmcost audit --says`, with the arguments of the calculation's own command."""

from __future__ import annotations

import shlex
from importlib import import_module
from pathlib import Path

import pytest
import typer
import yaml
from command_line import Call, Run, run, run_all
from worked import Case, arithmetic, cases, name_of

from llmcost.claims.claim import SCENARIO_CALCULATIONS
from llmcost.cli.inline_claim import STAND_ALONE

ROOT = Path(__file__).parents[2]
CASES = cases("audit_inline")
ALIKE = [case for case in CASES if "claim" in case.given]  # as it is typed and as it is written
TYPED = [case for case in CASES if "claim" not in case.given]
MIX = "claude-haiku-4-5=70%,claude-sonnet-4-6=20%,claude-opus-4-8=10%"
ROUTE = ("route", "--monthly-input", "1B", "--monthly-output", "200M", "--mix", MIX, "--baseline", "claude-opus-4-8")


@pytest.fixture(scope="module")
def typed() -> dict[str, Run]:
    """Every claim on the command line, asked for as JSON at the end of its arguments."""
    return run_all(
        {case.name: Call(("audit", "--says", *shlex.split(case.given["says"]), "-f", "json")) for case in TYPED}, ROOT
    )


@pytest.mark.parametrize("case", TYPED, ids=name_of)
def test_a_claim_without_a_file(case: Case, typed: dict[str, Run]) -> None:
    (claim,) = typed[case.name].result["claims"]
    assert claim["verdict"] == case.expect["verdict"], claim["explanation"]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Run, Run]]:
    """Each claim as it is typed and as it is written, with the figure that holds and with the falsified one."""
    done = {}
    for position, case in enumerate(ALIKE):
        folder = tmp_path_factory.mktemp(f"typed{position}")
        claim, says = dict(case.given["claim"]), [case.expect["holds"], case.expect["falsified"]]
        (folder / "scenario.yaml").write_text(yaml.safe_dump(claim["given"]), encoding="utf-8")
        claims = [{**claim, "id": f"c{i}", "says": "s", "published": says[i]} for i in (0, 1)]
        (folder / "claims.yaml").write_text(yaml.safe_dump({"source": {"title": "t"}, "claims": claims}), "utf-8")
        figure = claim.get("figure", "result")
        typed = [word for value in says for word in ("--says", f"{figure}={value}")]
        done[case.name] = (
            run("audit", *typed, *shlex.split(case.given["typed"]), "-f", "json", cwd=folder),
            run("audit", "claims.yaml", "-f", "json", cwd=folder),
        )
    return done


@pytest.mark.parametrize("case", ALIKE, ids=name_of)
def test_a_claim_is_the_same_typed_and_written(case: Case, both: dict[str, tuple[Run, Run]]) -> None:
    typed, written = ([*done.result["claims"]] for done in both[case.name])
    for one, other in zip(typed, written, strict=True):
        for key in ("verdict", "recomputed", "recomputed_range", "recomputed_bounds", "ratio", "unit", "explanation"):
            assert one.get(key) == other.get(key), key
    assert [claim["verdict"] for claim in written] == ["holds", case.expect.get("verdict", "off")]
    if "recomputed" in case.expect:
        assert written[0]["recomputed"] == pytest.approx(arithmetic(str(case.expect["recomputed"])), rel=1e-9)
    else:
        assert written[0]["recomputed_bounds"] == pytest.approx([arithmetic(str(end)) for end in case.expect["bounds"]])


def test_explain_shows_every_input_that_was_typed() -> None:
    done = run("audit", "--says", "saving_share=64%", *ROUTE, "--explain", "--details")
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    assert {"workload.monthly_input_tokens 1B given", "architectures.mix 1.mix.claude-haiku-4-5 70% given"} <= {*lines}


def test_help_after_a_command_is_that_commands() -> None:
    done = run("audit", "--says", "monthly_cost=1", "route", "--help")
    assert done.code == 0 and done.out.startswith("Usage: llmcost route") and done.err == ""


def test_a_stale_price_under_strict_leaves_with_four_after_the_result() -> None:
    host = ("host", "--model", "llama-3.1-8b", "--gpu", "L40S", "--input", "1000", "--output", "200")
    done = run("audit", "--says", "monthly_cost=438", *host, "--strict")  # $0.60 an hour, checked on 2026-03-01
    assert done.code == 4 and done.out.startswith("monthly_cost=438: holds.")
    assert done.err.count("error: 1 stale or undated price") == 1


def test_only_the_architecture_asked_for_is_warned_of() -> None:
    scenario = ("compare", "examples/support-assistant.yaml", "--as-of", "2026-11-22")
    told = run("audit", "--says", "total_cost=1", "--of", "routed", *scenario, "-f", "json", cwd=ROOT)
    assert not [each for each in told.document["warnings"] if "tuned-8b" in each["message"]]


def test_several_figures_of_one_calculation() -> None:
    done = run("audit", "--says", "monthly_cost=3600", "--says", "saving_share=67%", "-f", "json", *ROUTE)
    assert {claim["id"]: claim["verdict"] for claim in done.result["claims"]} == {
        "monthly_cost": "holds",
        "saving_share": "off",
    }  # 3600 of 10000 saves 64 %


def test_the_inner_command_is_asked_not_printed() -> None:
    done = run("audit", "--says", "monthly_cost=1980", "--fail-on", "off", *ROUTE, "--details")
    assert done.code == 3
    assert done.out.startswith("monthly_cost=1980: off. The arithmetic gives $3,600")
    assert "* mix 1.router = 0" in done.out  # what the inner answer rests on is listed


@pytest.mark.parametrize("name", ["routed", "cascade"])
def test_of_names_the_architecture_that_tco_is_asked_about(name: str) -> None:
    """The figure is that of `tco --architecture NAME`, and a name that is not there is refused."""
    scenario = ("tco", "examples/support-assistant.yaml", "--as-of", "2026-11-22")
    asked = run("audit", "--says", "total_cost=1", "--of", name, *scenario, "-f", "json", cwd=ROOT).result
    told = run(*scenario, "--architecture", name, "-f", "json", cwd=ROOT).result
    assert asked["claims"][0]["recomputed"] == told["total_cost"]
    refused = run("audit", "--says", "total_cost=1", "--of", "zzz", *scenario, cwd=ROOT)
    assert refused.code == 2 and "no architecture 'zzz'" in refused.err


def test_the_day_of_the_inner_command_counts() -> None:
    done = run("audit", "--says", "monthly_cost=3600", *ROUTE, "--as-of", "2026-11-20", "-f", "json")
    assert done.document["prices_as_of"] == "2026-11-20"


def test_the_options_that_stand_alone_are_known() -> None:
    """Those that take no value, of `audit` and of every command that a claim can be typed for: no others, and all."""
    alone: set[str] = {"--help", "-h"}
    for name in ("audit", *SCENARIO_CALCULATIONS):
        module = import_module(f"llmcost.cli.{name}")
        command = typer.main.get_command(getattr(module, "_app", module.app))
        alone |= {flag for each in command.params if getattr(each, "is_flag", False) for flag in each.opts}
    assert set(STAND_ALONE) == alone
