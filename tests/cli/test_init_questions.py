"""`llmcost init` asks seven things and writes the usual options on current models."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pexpect
import pytest
import yaml
from command_line import run

ASKED = ("--requests", "12M", "--tokens", "600/20", "--model", "claude-sonnet-4-6")


def test_seven_answers_in_a_terminal_make_a_scenario_that_compares(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    child = pexpect.spawn(
        sys.executable,
        ["-m", "llmcost", "init", str(file)],
        encoding="utf-8",
        timeout=30,
        env={**os.environ, "LLMCOST_TODAY": "2026-11-22"},
    )
    for typed in ("twelve", "12M", "600/20", "claude-sonet-4-6", "claude-sonnet-4-6", "97%", "", "", "n"):
        child.expect(r"\) > ")
        child.sendline(typed)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    written = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert written["workload"]["requests_per_month"] == "12M"
    assert written["requirements"] == {"min_quality_kept": "97%"}
    assert set(written["architectures"]) == {"today", "smaller", "routed"}  # 600 tokens are too few to be cached
    compared = run("compare", str(file), "-f", "json")
    assert compared.code in (0, 3), compared.err
    # 12M × (600 × $3 + 20 × $15) / 1M = $25,200 a month
    today = next(row for row in compared.result["architectures"] if row["name"] == "today")
    assert today["monthly_cost"] == pytest.approx(12 * (600 * 3 + 20 * 15))


def test_the_same_by_flags_and_the_smaller_model_is_the_current_one() -> None:
    done = run("init", *ASKED)
    assert done.code == 0
    written = yaml.safe_load(done.out)
    assert set(written["architectures"]) == {"today", "smaller", "routed", "tuned"}
    longer = yaml.safe_load(run("init", *ASKED[:3], "1024/20", *ASKED[4:]).out)  # the least that this model caches
    assert longer["architectures"]["cached"]["cached_share"] == "50%"
    assert written["architectures"]["smaller"]["model"] == "claude-haiku-5-5"
    own = yaml.safe_load(run("init", *ASKED, "--data-may-leave", "n", "--fine-tune", "n").out)
    assert own["requirements"] == {"air_gapped": True}
    assert own["architectures"]["own-gpus"]["location"] == "own"


@pytest.mark.parametrize(
    ("arguments", "what", "where", "hint"),
    [
        (("classification",), "'classification' is no name", "FILE", "llmcost init --preset classification"),
        (("mine.txt",), "'mine.txt' is no name", "FILE", ".yaml"),
        (ASKED[:4], "not answered", "--model", "--model claude-sonnet-4-6"),
        ((*ASKED[:2], "--tokens", "600", *ASKED[4:]), "two numbers", "--tokens", "1000/200"),
        ((*ASKED[:4], "--model", "claude-sonet-4-6"), "claude-sonet-4-6", "", "claude-sonnet-4-6"),
        ((*ASKED, "--min-quality-kept", "97"), "outside 0% to 100%", "--min-quality-kept", "97%"),
        ((*ASKED, "--fine-tune", "maybe"), "neither yes nor no", "--fine-tune", "y or n"),
        ((*ASKED, "--requests", "0"), "not above zero", "--requests", "12M"),
        ((*ASKED, "--preset", "support"), "a preset has its own figures", "--preset", "leave out"),
    ],
)
def test_what_cannot_be_is_refused_in_three_lines(
    arguments: tuple[str, ...], what: str, where: str, hint: str, tmp_path: Path
) -> None:
    done = run("init", *arguments, cwd=tmp_path)
    assert done.code == 2
    assert done.out == ""
    assert list(tmp_path.iterdir()) == []
    lines = done.err.splitlines()
    assert [line.split(":")[0] for line in lines] == ["error", "where", "hint"]
    assert what in lines[0]
    assert where in lines[1]
    assert hint in lines[2]
