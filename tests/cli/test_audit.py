"""`llmcost audit` as it is used: files, formats, exit codes, and what it refuses."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest
from command_line import Run, run
from worked import Case, cases, name_of

REFUSED = [
    case for name in ("", "_inputs", "_places", "_inline") for case in cases(f"audit_refused{name}")
]  # what is wrong in a file, in its inputs, in its calculations, and in what was typed
POST = """\
source: {title: A post, url: "https://example.org/post", date: 2026-05}
claims:
  - {id: right, says: Two and two are four, at: first line, expression: a + a, given: {a: 2}, published: 4}
  - {id: wrong, says: Two and two are five, expression: a + a, given: {a: 2}, published: 5}
  - {id: more, says: Saves 120 %, expression: a / b, unit: share, given: {a: 1, b: 2}, published: 120%}
"""
OFFER = """\
provider: openai
models:
  gpt-4o-mini:
    prices:
      - effective_from: 2026-11-01
        input_per_mtok: 1
        output_per_mtok: 2
        source: {title: An offer, url: null, checked_on: 2026-11-01, published_in: null, packaged_on: null}
"""


@pytest.fixture
def post(tmp_path: Path) -> Path:
    """A file of three claims: one that holds, one off, one impossible."""
    path = tmp_path / "post.yaml"
    path.write_text(POST, encoding="utf-8")
    return path


def verdicts(done: Run) -> dict[str, str]:
    return {claim["id"]: claim["verdict"] for claim in done.result["claims"]}


# ---- a file of claims ------------------------------------------------------------------------------


def test_json_carries_the_contract(post: Path) -> None:
    done = run("audit", str(post), "-f", "json")
    assert done.code == 0
    assert done.document["schema"] == "llmcost.audit/2"
    first = done.result["claims"][0]
    assert {"id", "published", "recomputed", "ratio", "verdict", "explanation"} <= set(first)
    assert verdicts(done) == {"right": "holds", "wrong": "off", "more": "impossible"}
    assert done.result["counts"] == {"holds": 1, "off": 1, "contradicts": 0, "impossible": 1, "not checkable": 0}


def test_a_date_is_printed_as_it_was_written(post: Path) -> None:
    post.write_text(POST.replace("date: 2026-05", "date: 2026"), encoding="utf-8")
    assert run("audit", str(post), "-f", "json").result["sources"][0]["published_on"] == "2026"
    assert "A post, 2026 (" in run("audit", str(post)).out


def chain(length: int, first: str) -> str:
    """Claims of which each is one more than the next, written last first."""
    links = [
        f"{{id: c{i}, says: s, expression: x + 1, given: {{x: {{recomputed: c{i + 1}}}}}, published: 1}}"
        for i in range(length)
    ]
    last = f"{{id: c{length}, says: s, expression: x, given: {{x: {first}}}, published: 1}}"
    return "source: {title: t}\nclaims:\n" + "".join(f"  - {each}\n" for each in [*links, last])


def test_a_chain_of_any_length_is_worked_out(tmp_path: Path) -> None:
    (tmp_path / "long.yaml").write_text(chain(3000, "5"), encoding="utf-8")
    done = run("audit", str(tmp_path / "long.yaml"), "-f", "json")
    assert done.result["claims"][0]["recomputed"] == 5 + 3000


def test_a_chain_of_ranges_is_carried_up_to_a_bound(tmp_path: Path) -> None:
    (tmp_path / "short.yaml").write_text(chain(150, "1..2"), encoding="utf-8")
    done = run("audit", str(tmp_path / "short.yaml"), "-f", "json")
    assert done.result["claims"][0]["recomputed_bounds"] == [1 + 150, 2 + 150]
    (tmp_path / "long.yaml").write_text(chain(250, "1..2"), encoding="utf-8")
    refused = run("audit", str(tmp_path / "long.yaml"))
    assert refused.code == 2 and len(refused.err.splitlines()) == 3
    assert "one upon the other; 200 can be carried" in refused.err


def test_the_table_counts_the_verdicts_first(post: Path) -> None:
    assert run("audit", str(post)).out.startswith("3 claims: 1 holds, 1 is off, 1 is impossible.\n")


def test_csv_is_a_row_a_claim_with_its_explanation(post: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(run("audit", str(post), "-f", "csv").out)))
    assert [row["verdict"] for row in rows] == ["holds", "off", "impossible"]
    assert rows[1]["recomputed"] == "4" and rows[1]["published"] == "5" and float(rows[1]["ratio"]) == 5 / 4
    assert "gives 4" in rows[1]["explanation"] and rows[0]["at"] == "first line"


def test_csv_leaves_negative_figures_as_they_were_written(tmp_path: Path) -> None:
    written = ("-5..5", "-5%", "-$40")
    claims = [
        f"{{id: c{i}, says: s, expression: x, given: {{x: 1}}, published: {each!r}}}" for i, each in enumerate(written)
    ]
    (tmp_path / "minus.yaml").write_text("source: {title: t}\nclaims:\n" + "".join(f"- {each}\n" for each in claims))
    rows = csv.DictReader(io.StringIO(run("audit", str(tmp_path / "minus.yaml"), "-f", "csv").out))
    assert tuple(row["published"] for row in rows) == written


def test_markdown_is_a_table_for_a_pull_request(post: Path) -> None:
    out = run("audit", str(post), "-f", "markdown").out
    assert "| wrong | Two and two are five | 5 | 4 | 1.25 | off |" in out


def test_explain_shows_the_inputs_by_name_and_each_step(post: Path) -> None:
    out = run("audit", str(post), "--claim", "wrong", "--explain").out
    lines = [" ".join(line.split()) for line in out.splitlines()]
    for line in ("a 2 given", "a + a 4 worked out", "result 4 recomputed", "published 5 the source"):
        assert line in lines


def test_explain_says_that_steps_over_ranges_are_worked_out_at_their_middles() -> None:
    out = run("audit", "--says", "result=4", "arithmetic", "max(x, y)", "x=1..10", "y=2..8", "--explain").out
    assert "max(x, y) 4 worked out with every input at its middle" in [  # √(1 × 10) is below √(2 × 8)
        " ".join(line.split()) for line in out.split("\n")
    ]


def steps(*arguments: str) -> dict[str, float]:
    (claim,) = run("audit", "--says", *arguments, "-f", "json").result["claims"]
    return {step["written"]: step["value"] for step in claim["steps"]}


def test_explain_says_how_the_cost_of_a_cascade_arises() -> None:
    """In the names that were given, a cost a request and no price of tokens; 5.114 of 12 is paid."""
    pairs = ("acceptance=66.55%", "cheap_cost=1", "strong_cost=12", "verifier_cost=0.1")
    found = steps("saving_share=57%", "cascade", *pairs)
    assert found == {
        "escalation = 1 − acceptance": pytest.approx(0.3345),
        "escalation × strong_cost": pytest.approx(0.3345 * 12),
        "cost = verifier_cost + cheap_cost + escalation × strong_cost": pytest.approx(0.1 + 1 + 0.3345 * 12),
        "(strong_cost − cost) ÷ strong_cost": pytest.approx(1 - (0.1 + 1 + 0.3345 * 12) / 12),
    }
    assert "USD/Mtok" not in run("audit", "--says", "cost=5", "cascade", *pairs, "--explain").out


def test_explain_says_how_the_quality_of_a_cascade_arises() -> None:
    errs = ("false_accept=17%", "false_reject=9%")
    joint = ("joint.p11=60%", "joint.p10=5%", "joint.p01=25%", "joint.p00=10%")
    assert steps("quality_kept=1", "cascade", *errs, *joint) == {
        "p10 × (1 − false_reject)": pytest.approx(0.05 * 0.91),
        "p01 × (1 − false_accept)": pytest.approx(0.25 * 0.83),
        "quality = p11 + p10 × (1 − false_reject) + p01 × (1 − false_accept)": pytest.approx(
            0.6 + 0.05 * 0.91 + 0.25 * 0.83
        ),
        "quality ÷ (p11 + p01)": pytest.approx((0.6 + 0.05 * 0.91 + 0.25 * 0.83) / 0.85),
    }
    assert steps("escalation=1", "cascade", *errs, *joint) == {
        "escalation = (p11 + p10) × false_reject + (p01 + p00) × (1 − false_accept)": pytest.approx(
            0.65 * 0.09 + 0.35 * 0.83
        )
    }


def test_explain_shows_a_quality_at_both_ends_of_what_two_accuracies_allow() -> None:
    (claim,) = run(
        *("audit", "--says", "quality=90%", "cascade", "false_accept=17%", "false_reject=9%"),
        *("cheap_quality=74%", "strong_quality=90%", "-f", "json"),
    ).result["claims"]
    written = [(step["written"], step["value"]) for step in claim["steps"]]
    total = "quality = p11 + p10 × (1 − false_reject) + p01 × (1 − false_accept)"
    assert [value for text, value in written if text == total] == pytest.approx(
        [0.74 + 0.16 * 0.83, 0.64 + 0.1 * 0.91 + 0.26 * 0.83]  # p10 is 0 at the least, 10 % at the most
    )


def test_the_price_behind_a_bound_of_physics_is_named() -> None:
    machine = ("--model", "llama-3.1-8b", "--gpu", "H100-SXM", "--gpu-price", "2", "--precision", "fp8")
    done = run(
        *("audit", "--says", "cost_per_mtok=0.0001", "host", *machine, "--input", "1000", "--output", "500"),
        *("--requests", "5M", "--as-of", "2026-11-22"),
    )
    assert "Never idle at $2.00 a GPU-hour, at all that physics allows, it costs" in done.out


def test_what_a_rescue_takes_for_granted_is_listed(tmp_path: Path) -> None:
    (tmp_path / "post.yaml").write_text(
        "source: {title: t}\nclaims:\n- {id: a, says: s, expression: x, given: {x: 1}, published: 5, would_hold_if: [{reading: "
        "it is trained, calculation: training_run, given: {hours: 4, usd_per_gpu_hour: 2}}]}\n"
    )
    assert "* gpus = 1: one GPU unless stated (a)" in run("audit", str(tmp_path / "post.yaml"), "--details").out


def test_explain_says_whose_a_price_is(tmp_path: Path) -> None:
    """What the claim gives is its source's, in the charges too; what a catalog file of the auditor gives is the auditor's own."""
    (tmp_path / "post.yaml").write_text(
        "source: {title: t}\nclaims:\n- {id: a, says: s, calculation: route, figure: monthly_cost, of: api, published: 1, given: "
        "{horizon_months: 1, workload: {monthly_input_tokens: 1B, monthly_output_tokens: 1M}, architectures: {api: {kind: routed, mix: "
        "{gpt-4o: 50%, gpt-4o-mini: 50%}}}, prices: {gpt-4o: {input_per_mtok: 3}}}}\n"
    )
    (tmp_path / "mine.yaml").write_text(OFFER, encoding="utf-8")
    flags = ("--catalog", "mine.yaml", "--as-of", "2026-11-22", "--explain", "-f", "json")
    (claim,) = run("audit", "post.yaml", *flags, cwd=tmp_path).result["claims"]
    rules = {
        charge["group"]: factor["rule"]
        for charge in claim["charges"]["api"]
        for factor in charge["factors"]
        if factor["name"] == "input_per_mtok"
    }
    assert rules == {
        "gpt-4o": "the price that the source gives; the catalog has 2.5",
        "gpt-4o-mini": "the user's own price; the catalog has 0.15",
    }


def test_what_an_offer_takes_for_granted_is_listed() -> None:
    pairs = ("build=62k", "saving_per_call=0.007", "calls_per_month=2M")
    flags = ("--build", "62k", "--saving-per-call", "0.007", "--calls", "2M", "--as-of", "2026-11-22")
    for done in (
        run("audit", "--says", "payback_month=5", "breakeven", *pairs, "--details"),
        run("breakeven", *flags, "--details"),
    ):
        assert "* operations_per_month = 0: no people to run it are stated" in done.out


@pytest.mark.parametrize(
    ("fail_on", "code"), [("off,impossible", 3), ("impossible", 3), ("contradicts", 0), ("not-checkable", 0)]
)
def test_fail_on_leaves_with_three_after_the_result(post: Path, fail_on: str, code: int) -> None:
    done = run("audit", str(post), "--fail-on", fail_on, "-f", "json")
    assert done.code == code
    assert len(done.result["claims"]) == 3
    assert ("gate breached: more: impossible" in done.err) == (code == 3)


def test_fail_on_may_be_said_twice(post: Path) -> None:
    assert run("audit", str(post), "--fail-on", "off", "--fail-on", "impossible", "-f", "json").code == 3


def test_fail_on_is_fine_where_all_that_is_asked_holds(post: Path) -> None:
    assert run("audit", str(post), "--claim", "right", "--fail-on", "off,impossible").code == 0


def test_defaults_and_old_prices_behind_a_figure_are_listed_with_the_claims(tmp_path: Path) -> None:
    path = tmp_path / "post.yaml"
    path.write_text(
        "source: {title: t}\nclaims:\n- {id: rent, says: s, calculation: host, figure: monthly_cost, published: 1, given: "
        "{architectures: {own: {kind: self_hosted, gpu: {name: H100-SXM, provider: AWS}, throughput: {requests_per_second: 5}}}, "
        "workload: {requests_per_month: 2M, input_tokens: 1500, output_tokens: 300}}}\n"
    )
    done = run("audit", str(path), "--details")
    assert "* peak_to_average = 4: the peak is not stated (rent)" in done.out
    assert "warning: own: usd_per_gpu_hour was checked on" in done.err and "(rent)" in done.err


def test_several_files_and_standard_input(post: Path) -> None:
    other = POST.replace("A post", "Another").replace("published: 5", "published: 4")
    done = run("audit", str(post), "-", "-f", "json", stdin=other)
    assert [source["title"] for source in done.result["sources"]] == ["A post", "Another"]
    assert [source["counts"]["off"] for source in done.result["sources"]] == [1, 0]
    assert done.result["counts"]["holds"] == 3


def test_a_folder_stands_for_its_files_and_counts_by_source(post: Path) -> None:
    (post.parent / "b.yml").write_text(POST.replace("A post", "Another"), encoding="utf-8")
    out = run("audit", str(post.parent)).out
    rows = [" ".join(line.split()) for line in out.splitlines()]
    assert rows[0] == "6 claims: 2 hold, 2 are off, 2 are impossible."
    assert [row for row in rows if row.startswith(("A post 3", "Another 3", "All"))] == [
        "Another 3 1 1 1",
        "A post 3 1 1 1",
        "All 6 2 2 2",
    ]


def test_sources_of_one_title_and_claims_of_one_id_are_told_apart(post: Path) -> None:
    (post.parent / "b.yaml").write_text(POST, encoding="utf-8")
    done = run("audit", str(post), str(post.parent / "b.yaml"), "--fail-on", "impossible", "--details")
    assert f"A post, 2026-05 ({post})" in done.out.split("All")[0]
    assert [line for line in done.err.splitlines() if "breached" in line] == [
        f"gate breached: {post}: more: impossible",
        f"gate breached: {post.parent / 'b.yaml'}: more: impossible",
    ]


def test_a_file_that_is_named_twice_is_audited_once(post: Path) -> None:
    done = run("audit", str(post), f"{post.parent}/./{post.name}", "-f", "json")
    assert len(done.result["sources"]) == 1


def test_the_prices_day_is_that_of_the_files_where_they_agree(post: Path) -> None:
    post.write_text(POST.replace("claims:", "as_of: 2026-10-01\nclaims:"), encoding="utf-8")
    assert run("audit", str(post), "-f", "json").document["prices_as_of"] == "2026-10-01"


def test_an_input_that_is_another_claims_figure_says_whose(tmp_path: Path) -> None:
    (tmp_path / "two.yaml").write_text(
        "source: {title: t}\nclaims:\n"
        "- {id: day, says: s, expression: x, given: {x: 1..4}, published: 1..4}\n"
        "- {id: month, says: s, expression: d * 30 + p, given: {d: {recomputed: day}, p: {published: day}}, published: 9}\n"
    )
    out = run("audit", str(tmp_path / "two.yaml"), "--claim", "month", "--explain").out
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "d 1 to 4 (recomputed of day) given" in lines and "p [1, 4] (published of day) given" in lines


def test_a_wider_tolerance_lets_a_claim_hold(post: Path) -> None:
    assert verdicts(run("audit", str(post), "--tolerance", "25%", "-f", "json"))["wrong"] == "holds"


def test_a_written_file_is_not_overwritten(post: Path) -> None:
    target = post.with_suffix(".md")
    assert run("audit", str(post), "-o", str(target)).code == 0
    assert run("audit", str(post), "-o", str(target)).code == 2
    assert run("audit", str(post), "-o", str(target), "--force").code == 0


def test_names_from_a_file_reach_no_terminal_and_no_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "hostile.yaml"
    says = '"=cmd()|<script>\\e[31m\\u202e"'
    path.write_text(
        f"source: {{title: {says}}}\nclaims: [{{id: a, says: {says}, expression: x, given: {{x: 1}}, published: 2}}]\n"
    )
    for form in ("table", "csv", "markdown", "json"):
        out = run("audit", str(path), "-f", form).out
        assert "\x1b" not in out and "\u202e" not in out
    assert "'=cmd()" in run("audit", str(path), "-f", "csv").out
    assert "<script>" not in run("audit", str(path), "-f", "markdown").out.replace("\\<script\\>", "")


# ---- what is refused --------------------------------------------------------------------------------


def test_the_guides_claims_file_is_one(tmp_path: Path) -> None:
    """The claims file that the guide shows gives each verdict that it is meant to show."""
    page = (Path(__file__).parents[2] / "docs" / "guide.md").read_text(encoding="utf-8")
    (block,) = (each for each in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if each.startswith("source:"))
    (tmp_path / "claims.yaml").write_text(block, encoding="utf-8")
    assert list(verdicts(run("audit", str(tmp_path / "claims.yaml"), "-f", "json")).values()) == [
        *("holds", "off", "holds", "not checkable")
    ]


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    done = run("audit", str(tmp_path))
    assert done.code == 2 and "holds no YAML file" in done.err


@pytest.fixture(scope="module")
def refusals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    root = tmp_path_factory.mktemp("refused")
    done = {}
    for position, case in enumerate(REFUSED):
        folder = root / str(position)
        folder.mkdir()
        if "claims" in case.given:
            (folder / case.given.get("file", "claims.yaml")).write_text(case.given["claims"], encoding="utf-8")
        arguments: Any = case.given.get("arguments", ["audit", "claims.yaml"])
        done[case.name] = run(*arguments, cwd=folder)
    return done


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_a_refusal_is_three_lines(case: Case, refusals: dict[str, Run]) -> None:
    done = refusals[case.name]
    lines = done.err.splitlines()
    assert done.code == 2, done.out + done.err
    assert done.out == ""
    assert [line.partition(":")[0] for line in lines] == ["error", "where", "hint"], done.err
    for line, word in zip(lines, ("error", "where", "hint"), strict=True):
        assert case.expect[word] in line
