"""Long work shows itself: a bar on stderr for somebody who watches a terminal, and for nobody else."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from command_line import environment, run

from llmcost.cli.progress import Bar

pexpect = pytest.importorskip("pexpect")

ROW = {"timestamp": "2026-03-01T10:00:00Z", "model": "gpt-5", "input_tokens": 100, "output_tokens": 10}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.csv"  # which is read line by line; of what DuckDB reads a file is one step
    path.write_text(",".join(ROW) + "\n" + (",".join(map(str, ROW.values())) + "\n") * 400_000, encoding="utf-8")
    return path


def test_a_bar_on_a_terminal(log: Path) -> None:
    arguments = ["-m", "llmcost", "usage", str(log), "--as-of", "2026-11-22"]
    child = pexpect.spawn(sys.executable, arguments, env=environment(), timeout=90, dimensions=(40, 200))
    child.expect(r"\r[#.]{30} +\d+% [\d,]+ MB/s")
    child.expect("400,000 calls")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_no_bar_without_one(log: Path) -> None:
    done = run("usage", str(log), "--as-of", "2026-11-22")
    assert (done.code, done.err) == (0, "")


def test_bytes_of_several_files_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer bytes than before are those of the next file."""
    drawn: list[float] = []
    monkeypatch.setattr("llmcost.cli.progress._EVERY", 0)
    monkeypatch.setattr("llmcost.cli.progress._AFTER", 0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    bar = Bar(200)
    monkeypatch.setattr(bar, "_draw", lambda share, seconds: drawn.append(share))
    for read in (50, 100, 10, 100):
        bar.heard(read)
    assert drawn == [0.25, 0.5, 0.55, 1.0]
