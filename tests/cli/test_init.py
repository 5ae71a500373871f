"""`llmcost init` writes a scenario that runs as it is, and never over a file unasked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from command_line import run

from llmcost.presets import PRESETS, SCHEMA_FILE
from llmcost.render.scenario_schema import ABOUT

KEYS = set().union(*ABOUT.values())
PLAIN = {"name", "workload", "architectures", "labelling", "training", "build", "serving", "monthly", "throughput"}
AS_OF = ("--as-of", "2026-11-22")


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_runs_under_compare_unchanged(name: str, tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    written = run("init", str(file), "--preset", name)
    assert written.code == 0
    assert written.out == ""
    compared = run("compare", str(file), *AS_OF, "--format", "json")
    assert compared.code == 0, compared.err
    assert compared.result["cheapest"] is not None


@pytest.mark.parametrize("name", PRESETS)
def test_a_presets_first_line_names_the_schema_and_its_start_is_the_coming_month(name: str) -> None:
    text = run("init", "--preset", name).out
    assert text.startswith(f"# yaml-language-server: $schema={SCHEMA_FILE}\n")
    assert f"llmcost schema scenario -o {SCHEMA_FILE}" in text
    assert re.search(r"^start: 2026-12 ", text, re.MULTILINE)


@pytest.mark.parametrize("name", PRESETS)
def test_every_key_of_a_preset_is_explained_where_it_first_stands(name: str) -> None:
    seen = set()
    for line in run("init", "--preset", name).out.splitlines():
        found = re.match(r"\s*([a-z_]+):(?! +\{)", line)
        if found and found[1] in KEYS and found[1] not in seen:
            seen.add(found[1])
            assert "#" in line or found[1] in PLAIN, line


def test_without_a_file_it_prints_and_support_is_the_default() -> None:
    assert run("init").out == run("init", "--preset", "support").out


def test_a_file_is_never_overwritten_unasked(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("mine\n")
    refused = run("init", str(file))
    assert refused.code == 2
    assert "exists already" in refused.err
    assert file.read_text() == "mine\n"
    assert run("init", "-o", str(file), "--force").code == 0
    assert file.read_text() == run("init").out


def test_two_files_are_refused(tmp_path: Path) -> None:
    refused = run("init", str(tmp_path / "a.yaml"), "-o", str(tmp_path / "b.yaml"))
    assert refused.code == 2
    assert not list(tmp_path.iterdir())


def test_an_unknown_preset_is_refused_with_a_suggestion() -> None:
    refused = run("init", "--preset", "suport")
    assert refused.code == 2
    assert refused.err.splitlines() == [
        "error: unknown preset 'suport'",
        "where: --preset",
        "hint: did you mean support?",
    ]
