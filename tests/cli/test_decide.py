"""`decide` in a real terminal and without one: questions, help, back, bad input, Ctrl-C, narrow screens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

FIVE = [
    "--proprietary-vocabulary",
    "--sub-500ms-p99",
    "--own-network-or-region",
    "--over-5b-tokens-on-one-task",
    "--budget-and-ten-weeks",
]
SCENARIO = """\
start: 2026-12
workload: {requests_per_month: 1M, input_tokens: 1000, output_tokens: 200}
requirements: {air_gapped: true}
baseline: frontier
prices: {dear: {input_per_mtok: 5, output_per_mtok: 25}, cheap: {input_per_mtok: 1, output_per_mtok: 5}}
architectures:
  frontier: {kind: api, model: dear}
  routed: {kind: routed, mix: {cheap: 80%, dear: 20%}}
  own: {kind: self_hosted, gpu: {usd_per_gpu_hour: 2}, throughput: {requests_per_second: 6}}
"""


def terminal(*arguments: str, columns: int = 100, cwd: Path | None = None) -> pexpect.spawn:
    """`llmcost decide …` in a pseudo-terminal."""
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": str(columns), "LLMCOST_TODAY": "2026-11-22"}
    return pexpect.spawn(
        sys.executable,
        ["-m", "llmcost", "decide", *arguments],
        encoding="utf-8",
        timeout=30,
        dimensions=(40, columns),
        env=environment,
        cwd=str(cwd) if cwd else None,
    )


def answered(child: pexpect.spawn, *texts: str) -> None:
    """Type each text at the next prompt."""
    for text in texts:
        child.expect(r"\) > ")
        child.sendline(text)


def finished(child: pexpect.spawn) -> tuple[str, int]:
    """What is left of the screen, and the exit code."""
    child.expect(pexpect.EOF)
    child.close()
    return str(child.before), int(child.exitstatus if child.exitstatus is not None else -1)


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """`llmcost decide …` without a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "llmcost", "decide", *arguments], capture_output=True, text=True, cwd=cwd, check=False
    )


def given(*answers: str) -> list[str]:
    """The five flags with these answers."""
    return [part for pair in zip(FIVE, answers, strict=True) for part in pair]


def test_it_asks_the_five_questions_one_at_a_time() -> None:
    child = terminal()
    for number, text in enumerate(("y", "n", "n", "n", "n"), start=1):
        child.expect(rf"\[{number}/5\]")
        answered(child, text)
    screen, code = finished(child)
    assert code == 0
    assert "routing" in screen
    assert "llmcost decide --proprietary-vocabulary y --sub-500ms-p99 n" in " ".join(screen.split())


def test_help_back_and_bad_input() -> None:
    child = terminal()
    answered(child, "?")
    child.expect("How to find out")
    answered(child, "perhaps")
    child.expect("neither yes nor no")
    answered(child, "back")
    child.expect("first question")
    answered(child, "n", "y")
    child.expect(r"\[3/5\]")
    answered(child, "back")
    child.expect(r"\[2/5\]")
    answered(child, "n", "n", "n", "n")
    screen, code = finished(child)
    assert code == 0
    assert "--sub-500ms-p99 n" in " ".join(screen.split())  # the second answer replaced the first


def test_ctrl_c_leaves_with_130_and_writes_nothing(tmp_path: Path) -> None:
    child = terminal("-o", "out.json", "--save", "answers.yaml", cwd=tmp_path)
    answered(child, "y")
    child.expect(r"\) > ")
    child.sendintr()
    screen, code = finished(child)
    assert code == 130
    assert "Traceback" not in screen
    assert list(tmp_path.iterdir()) == []


def test_questions_fit_a_narrow_screen() -> None:
    child = terminal(columns=60)
    answered(child, "?", "n")
    child.expect(r"\[2/5\]")
    shown = str(child.before)
    assert shown
    assert max(len(line) for line in shown.replace("\r", "").split("\n")) <= 60


def test_prompts_go_to_stderr_so_that_json_can_be_redirected(tmp_path: Path) -> None:
    child = pexpect.spawn(
        "/bin/sh",
        ["-c", f"{sys.executable} -m llmcost decide -f json > out.json"],
        encoding="utf-8",
        timeout=30,
        cwd=str(tmp_path),
    )
    answered(child, "n", "n", "n", "n", "u")
    child.expect(pexpect.EOF)
    child.close()
    result = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["result"]
    assert result["frameworks"][0]["yes_count"] == 0
    assert result["frameworks"][0]["verdict"] == "routing"  # one unknown cannot make it two
    assert [unknown["id"] for unknown in result["unknowns"]] == ["budget_and_ten_weeks"]
    assert result["unknowns"][0]["could_change"] == []


def test_without_a_terminal_a_missing_answer_names_its_flag() -> None:
    left = run(*given("y", "n", "n", "n", "n")[:-2])
    assert left.returncode == 2
    assert left.stdout == ""
    lines = left.stderr.strip().split("\n")
    assert len(lines) == 3
    assert "--budget-and-ten-weeks" in lines[1]


@pytest.mark.parametrize(
    ("yes", "verdict"),
    [(0, "routing"), (1, "routing"), (2, "hybrid"), (3, "fine-tuning"), (4, "fine-tuning"), (5, "fine-tuning")],
)
def test_the_count_decides(yes: int, verdict: str) -> None:
    done = run(*given(*(["y"] * yes + ["n"] * (5 - yes))), "-f", "json")
    assert done.returncode == 0, done.stderr
    framework = json.loads(done.stdout)["result"]["frameworks"][0]
    assert (framework["yes_count"], framework["verdict"]) == (yes, verdict)


def test_unknown_is_not_no() -> None:
    done = run(*given("y", "u", "u", "n", "n"), "-f", "json")
    result = json.loads(done.stdout)["result"]
    assert result["frameworks"][0]["verdict"] is None
    assert set(result["frameworks"][0]["possible"]) == {"routing", "hybrid", "fine-tuning"}
    assert {u["id"] for u in result["unknowns"] if u["could_change"]} == {"sub_500ms_p99", "own_network_or_region"}


def test_answers_come_back_from_a_file(tmp_path: Path) -> None:
    saved = run(*given("y", "n", "u", "n", "n"), "--save", "answers.yaml", "-f", "json", cwd=tmp_path)
    again = run("--answers", "answers.yaml", "-f", "json", cwd=tmp_path)
    assert saved.returncode == again.returncode == 0, again.stderr
    assert saved.stdout == again.stdout


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("proprietary_vocabular: y\n", "proprietary_vocabulary"),
        ("proprietary_vocabulary: perhaps\n", "type y, n"),
        ("proprietary_vocabulary: y\nproprietary_vocabulary: n\n", "twice"),
    ],
)
def test_an_answers_file_is_checked_like_a_scenario(tmp_path: Path, written: str, said: str) -> None:
    (tmp_path / "answers.yaml").write_text(written, encoding="utf-8")
    done = run("--answers", "answers.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert "answers.yaml:" in done.stderr
    assert len(done.stderr.strip().split("\n")) == 3


def test_an_air_gap_overrules_the_count(tmp_path: Path) -> None:
    (tmp_path / "gap.yaml").write_text(SCENARIO, encoding="utf-8")
    done = run(
        "gap.yaml", "--unknown-rest", "--framework", "five-questions", *given("n", "n", "y", "n", "n"), cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    page = " ".join(done.stdout.split())
    assert "own: the cheapest known to meet every requirement" in page
    assert "The count alone would have said routing" in page


def test_the_same_input_prints_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "gap.yaml").write_text(SCENARIO, encoding="utf-8")
    first, second = (run("gap.yaml", "--unknown-rest", cwd=tmp_path) for _ in range(2))
    assert first.returncode == 0, first.stderr
    assert first.stdout == second.stdout
