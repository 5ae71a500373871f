"""The workflow under examples/ci does what it says: its own shell steps are run here, with `gh` and `pip` stood in for."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from command_line import environment

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "ci"
SCENARIO = "examples/ci/ticket-routing.yaml"
WORKFLOW: dict[str, Any] = yaml.safe_load((FOLDER / "cost-on-pull-request.yml").read_text(encoding="utf-8"))
STEPS = WORKFLOW["jobs"]["cost"]["steps"]
needs_bash = pytest.mark.skipif(
    shutil.which("bash") is None or shutil.which("git") is None, reason="the workflow's steps need bash and git"
)
# Keeps the comments of a pull request in a file, and knows the three calls that the workflow makes.
GH = """\
import json, os, sys
from pathlib import Path
store = Path(os.environ["STORE"])
comments = json.loads(store.read_text())
arguments = sys.argv[1:]
assert arguments[0] == "api", arguments
[path] = [each for each in arguments if each.startswith("repos/owner/name/")]
if "--jq" in arguments:
    assert path == "repos/owner/name/issues/7/comments"
    mine = [c for c in comments if c["user"]["type"] == "Bot" and c["body"].startswith(os.environ["MARKER"])]
    print("\\n".join(str(c["id"]) for c in mine))
    sys.exit()
[field] = [each for each in arguments if each.startswith("body=@")]
body = Path(field.removeprefix("body=@")).read_text()
method = arguments[arguments.index("--method") + 1]
if method == "POST":
    assert path == "repos/owner/name/issues/7/comments"
    comments.append({"id": 100 + len(comments), "user": {"type": "Bot"}, "body": body})
else:
    assert method == "PATCH", method
    [one] = [c for c in comments if path == f"repos/owner/name/issues/comments/{c['id']}"]
    one["body"] = body
store.write_text(json.dumps(comments))
"""


def step(name: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = [each for each in STEPS if each.get("name") == name]
    assert len(found) == 1
    return found[0]


class Checkout:
    """A repository of a pull request: a base commit, a head commit on top, and the stand-ins on the path."""

    def __init__(self, folder: Path, base: dict[str, str], head: dict[str, str]) -> None:
        self.folder = folder / "checkout"
        self.folder.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")
        self.base = self.commit(base)
        self.commit(head)
        programs = folder / "bin"
        programs.mkdir()
        self.store = folder / "comments.json"
        self.store.write_text("[]")
        (programs / "gh.py").write_text(GH)
        for name, line in {
            "gh": f'exec "{sys.executable}" "{programs}/gh.py" "$@"',
            "llmcost": f'exec "{sys.executable}" -m llmcost "$@"',
            "pip": f'printf "%s\\n" "$*" >> "{folder}/pip.txt"',
        }.items():
            (programs / name).write_text(f"#!/bin/sh\n{line}\n")
            (programs / name).chmod(0o755)
        self.output, self.summary = folder / "output", folder / "summary"
        for file in (self.output, self.summary):
            file.touch()
        self.environment = environment(
            PATH=f"{programs}{os.pathsep}{os.environ['PATH']}",
            STORE=str(self.store),
            GITHUB_OUTPUT=str(self.output),
            GITHUB_STEP_SUMMARY=str(self.summary),
            GITHUB_REPOSITORY="owner/name",
            PULL_REQUEST="7",
            BASE=self.base,
            **WORKFLOW["env"],
        )

    def git(self, *arguments: str) -> str:
        who = ("-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
        done = subprocess.run(["git", *who, *arguments], cwd=self.folder, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(self, files: dict[str, str]) -> str:
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=x")
        return self.git("rev-parse", "HEAD")

    def run(self, name: str, **changes: str) -> subprocess.CompletedProcess[str]:
        """A step as the runner runs it: `bash -e` on the text of its `run`."""
        return subprocess.run(
            ["bash", "-e", "-c", step(name)["run"]],
            cwd=self.folder,
            env={**self.environment, **changes},
            capture_output=True,
            text=True,
            timeout=120,
        )

    @property
    def comments(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.store.read_text())
        return found


def scenario(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


@pytest.fixture
def proposed(tmp_path: Path) -> Checkout:
    """A pull request that doubles the tickets."""
    return Checkout(
        tmp_path, {SCENARIO: scenario("ticket-routing.yaml")}, {SCENARIO: scenario("ticket-routing-proposed.yaml")}
    )


@needs_bash
def test_it_comments_once_and_keeps_its_comment_up_to_date(proposed: Checkout) -> None:
    done = proposed.run("Compare with the base branch")
    assert done.returncode == 0, done.stderr
    assert proposed.output.read_text() == "breached=true\n"
    assert "The cheapest changes from routed to tuned" in proposed.summary.read_text()
    assert "gate breached: tuned: max_increase_pct" in done.stderr
    other = [{"id": 5, "user": {"type": "User"}, "body": "<!-- llmcost:diff I am not the bot -->"}]
    proposed.store.write_text(json.dumps(other))
    assert proposed.run("Comment on the pull request").returncode == 0
    first = proposed.comments
    assert len(first) == 2
    assert first[1]["body"].startswith("<!-- llmcost:diff examples/ci/ticket-routing.yaml ")
    # The author takes it back: the same comment now says so.
    proposed.commit({SCENARIO: scenario("ticket-routing.yaml")})
    assert proposed.run("Compare with the base branch").returncode == 0
    assert proposed.run("Comment on the pull request").returncode == 0
    second = proposed.comments
    assert [each["id"] for each in second] == [each["id"] for each in first]
    assert "Nothing changes: routed costs" in second[1]["body"]
    assert second[0] == other[0]


@needs_bash
def test_within_the_limits_nothing_is_breached(proposed: Checkout) -> None:
    done = proposed.run("Compare with the base branch", LIMITS="--max-increase-pct 300")
    assert done.returncode == 0, done.stderr
    assert proposed.output.read_text() == "breached=false\n"


@needs_bash
def test_a_scenario_that_is_broken_fails_the_step(tmp_path: Path) -> None:
    broken = Checkout(tmp_path, {SCENARIO: scenario("ticket-routing.yaml")}, {SCENARIO: "horizont: 12\n"})
    done = broken.run("Compare with the base branch")
    assert done.returncode == 2
    assert "unknown key 'horizont'" in done.stderr


@needs_bash
def test_a_scenario_that_is_new_is_passed_over(tmp_path: Path) -> None:
    new = Checkout(tmp_path, {"README": "x"}, {SCENARIO: scenario("ticket-routing.yaml")})
    done = new.run("Compare with the base branch")
    assert done.returncode == 0, done.stderr
    assert "is new or gone" in new.summary.read_text()
    assert new.run("Comment on the pull request").returncode == 0
    assert new.comments == []


@needs_bash
def test_the_last_step_fails_the_run(proposed: Checkout) -> None:
    assert step("Gates")["if"] == "steps.diff.outputs.breached == 'true'"
    assert proposed.run("Gates").returncode == 1


@needs_bash
def test_it_installs_the_version_that_is_here(proposed: Checkout, tmp_path: Path) -> None:
    from llmcost import __version__

    assert proposed.run("Install llmcost").returncode == 0
    assert (tmp_path / "pip.txt").read_text() == f"install --quiet llmcost-cli=={__version__}\n"


def test_nothing_of_the_pull_request_is_pasted_into_a_shell() -> None:
    """Expressions stand in `env`, `if` and `with`; a script that held one would run what a title says."""
    for each in STEPS:
        assert "${{" not in each.get("run", "")
    assert set(WORKFLOW[True]) == {"pull_request"}  # YAML 1.1 reads `on` as true
    assert WORKFLOW["permissions"] == {"contents": "read", "pull-requests": "write"}


def test_every_action_is_pinned_by_its_version() -> None:
    used = [each["uses"] for each in STEPS if "uses" in each]
    assert used
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+\.\d+\.\d+", each) for each in used)


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed: the filter is run by gh's own")
def test_the_filter_finds_the_bots_own_comment() -> None:
    script = step("Comment on the pull request")["run"]
    [expression] = re.findall(r"--jq '([^']+)'", script)
    comments = [
        {"id": 1, "user": {"type": "User"}, "body": "<!-- m --> x"},
        {"id": 2, "user": {"type": "Bot"}, "body": "y <!-- m -->"},
        {"id": 3, "user": {"type": "Bot"}, "body": "<!-- m -->\nz"},
    ]
    done = subprocess.run(
        ["jq", expression],
        input=json.dumps(comments),
        env={**os.environ, "MARKER": "<!-- m -->"},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "3\n", done.stderr
