"""Help teaches: every example in it runs, options stand in groups, and completion knows what there is."""

from __future__ import annotations

import csv
import json
import random
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import environment, run

from llmcost.cli import COMMANDS
from llmcost.cli.completion import SHELLS, candidates
from llmcost.cli.examples import EXAMPLES
from llmcost.cli.topics import TOPICS

ROOT = Path(__file__).parents[2]
TAUGHT = [name for name in COMMANDS if name not in ("help", "completion")]
NEEDS_A_PERSON = {"llmcost init scenario.yaml", "llmcost decide scenario.yaml"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the examples name: a scenario and a changed one, segments, logs, an evaluation, claims."""
    home = tmp_path_factory.mktemp("examples")
    text = (ROOT / "examples" / "support-assistant.yaml").read_text(encoding="utf-8")
    (home / "scenario.yaml").write_text(text, encoding="utf-8")
    (home / "other.yaml").write_text(
        re.sub(r"requests_per_month: \S+", "requests_per_month: 500k", text, count=1), encoding="utf-8"
    )
    shutil.copy(ROOT / "examples" / "segments.yaml", home / "segments.yaml")
    shutil.copy(next((ROOT / "examples" / "claims").glob("*.yaml")), home / "claims.yaml")
    (home / "logs").mkdir()
    calls = [
        {
            "timestamp": f"2026-11-{day:02}T10:00:00Z",
            "model": "claude-haiku-4-5",
            "input_tokens": 600 + day,
            "output_tokens": 20,
        }
        for day in range(1, 29)
    ]
    (home / "logs" / "calls.jsonl").write_text("".join(json.dumps(each) + "\n" for each in calls), encoding="utf-8")
    draws = random.Random(7)  # noqa: S311 - not for secrets
    with (home / "outcomes.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["query_id", "model", "score", "input_tokens", "output_tokens"])
        for query in range(400):
            for model, right in (("claude-sonnet-4-6", 0.9), ("claude-haiku-4-5", 0.88)):
                rows.writerow([query, model, int(draws.random() < right), 600, 20])
    return home


@pytest.mark.parametrize("example", [each for name in TAUGHT for each in EXAMPLES[name]], ids=lambda each: each.command)
def test_every_example_of_the_help_runs(example: object, folder: Path, tmp_path: Path) -> None:
    command = example.command  # type: ignore[attr-defined]
    words = shlex.split(command)[1:]
    if command in NEEDS_A_PERSON:
        return
    here = tmp_path / "here"
    shutil.copytree(folder, here)
    done = run(*words, cwd=here)
    assert done.code in (0, 3), done.err
    assert done.out or len(list(here.iterdir())) > len(list(folder.iterdir()))


@pytest.mark.parametrize("name", TAUGHT)
def test_a_help_shows_examples_first_and_is_never_wider_than_its_terminal(name: str) -> None:
    for columns in ("80", "100"):
        done = run(name, "--help", env={"COLUMNS": columns})
        assert done.code == 0
        assert max(map(len, done.out.splitlines())) <= int(columns)
        if name != "prices":  # its commands have a help of their own
            assert done.out.index("\nExamples:\n") < done.out.index(
                "\nOptions:\n" if "\nOptions:" in done.out else "\nHelp:\n"
            )
    assert run("help", name).out == run(name, "--help").out


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_is_explained_and_a_misspelt_one_is_guessed(topic: str) -> None:
    assert run("help", topic).out == TOPICS[topic]
    wrong = run("help", topic + "x")
    assert wrong.code == 2
    assert topic in wrong.err.splitlines()[2]


def test_the_table_of_completions_is_what_the_commands_and_the_catalog_say() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "llmcost.cli.completion_table", "--check"], env=environment(), check=False
    )
    assert done.returncode == 0, "renew it: python -m llmcost.cli.completion_table"


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        (["comp"], ["compare", "completion"]),
        (["compare", "--mod"], ["--model"]),
        (["compare", "--model", "claude-haiku-4"], ["claude-haiku-4-5"]),
        (["compare", "--model=claude-haiku-4"], ["--model=claude-haiku-4-5"]),
        (["prices", "re"], ["refresh"]),
        (["prices", "show", "H200"], ["H200"]),
        (["init", "--preset", "cl"], ["classification"]),
        (["help", "ran"], ["ranges"]),
        (["schema", "scen"], ["scenario"]),
        (["completion", "z"], ["zsh"]),
        (["route", "sce"], []),
    ],
)
def test_what_can_follow(typed: list[str], found: list[str]) -> None:
    assert candidates(typed) == found


def test_architectures_are_completed_from_the_scenario_on_the_line(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("name: x\narchitectures:\n  today: {kind: api}\n\n  'own one':\n    kind: api\nquality: {a: 1}\n")
    assert candidates(["tco", str(file), "--architecture", ""]) == ["today", "own one"]
    assert candidates(["tco", str(tmp_path / "none.yaml"), "--architecture", ""]) == []


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_prints_a_script_for_each_shell(shell: str) -> None:
    assert "llmcost __complete" in run("completion", shell).out
    refused = run("completion", shell + "x")
    assert refused.code == 2
    assert shell in refused.err


def test_bash_completes_with_it(tmp_path: Path) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash is found")
    program = tmp_path / "llmcost"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m llmcost "$@"\n')
    program.chmod(0o755)
    script = 'eval "$(llmcost completion bash)"; COMP_WORDS=(llmcost compare --ba); COMP_CWORD=2; _llmcost; echo "${COMPREPLY[@]}"'
    done = subprocess.run(
        [bash, "--norc", "-c", script],
        env=environment(PATH=f"{tmp_path}:/usr/bin:/bin"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["--baseline", "--batch"] or done.stdout.split() == ["--baseline"]


def test_the_man_page_names_every_command_and_option() -> None:
    page = run("help", "man").out
    assert page.startswith(".TH LLMCOST 1")
    for name in TAUGHT:
        assert f".SH LLMCOST {name.upper()}" in page
    assert r"\-\-min\-quality\-kept" in page
