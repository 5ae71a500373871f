"""What a log may hold is bounded: a line, a document, and the rows that are shown; and temporary files do not stay."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_line import environment, run

from llmcost.usage import spool

AS_OF = ("--as-of", "2026-11-22")
CALL = {"model": "gpt-5", "timestamp": "2026-03-01T10:00:00Z", "input_tokens": 100, "output_tokens": 10}
OPENERS: dict[str, Callable[..., Any]] = {"": open, ".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
LONG = 150 << 20
MOST_KB = 300 << 10


def measured(path: Path) -> tuple[dict[str, Any], int]:
    """The result and the peak memory in KiB, of a process of its own."""
    # VmHWM is this program's own: ru_maxrss begins with what the process that started it had held.
    code = (
        "import re, sys; from llmcost.cli import main\n"
        "try: main()\n"
        "finally: sys.stderr.write(re.search(r'VmHWM:\\s*(\\d+)', open('/proc/self/status').read())[1])"
    )
    command = [sys.executable, "-c", code, "usage", str(path), *AS_OF, "-f", "json"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)
    return json.loads(done.stdout)["result"], int(done.stderr.split()[-1])


@pytest.mark.slow
@pytest.mark.parametrize("packed", OPENERS)
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_cell_of_150_megabytes(tmp_path: Path, packed: str, kind: str) -> None:
    path = tmp_path / f"log.{kind}{packed}"
    row = json.dumps(CALL).encode() if kind == "jsonl" else b",".join(str(each).encode() for each in CALL.values())
    with OPENERS[packed](path, "wb") as file:
        file.write(b"" if kind == "jsonl" else ",".join(CALL).encode() + b"\n")
        file.write(row + b"\n")
        file.write(row[:-1] + b', "x": "' if kind == "jsonl" else row + b",")
        for _ in range(LONG >> 20):
            file.write(b"a" * (1 << 20))
        file.write(b'"}\n' if kind == "jsonl" else b"\n")
        file.write(row + b"\n")
    found, peak = measured(path)
    assert (found["calls"], found["lines"]["rejected"]) == (2, {"a line beyond 16 million characters": 1})
    most = MOST_KB if (kind, packed) != ("jsonl", "") else MOST_KB + 48 * 1024  # DuckDB's own buffers beside
    assert peak < most


def test_zeros_are_no_log(tmp_path: Path) -> None:
    path = tmp_path / "log.gz"
    with gzip.open(path, "wb") as file:
        for _ in range(30):
            file.write(bytes(1 << 20))
    done = run("usage", str(path), *AS_OF)
    assert done.code == 2 and done.err.startswith("error: no text\n")


@pytest.mark.parametrize("field", ["model", "task"])
def test_the_largest_and_all_others(tmp_path: Path, field: str) -> None:
    """50 names, the n-th with n + 1 calls: the 20 largest are those of 31 to 50 calls, the others 1 to 30."""
    path = tmp_path / "log.jsonl"
    lines = [json.dumps({**CALL, field: f"name-{n}"}) for n in range(50) for _ in range(n + 1)]
    path.write_text("\n".join(lines) + "\n")
    short = run("usage", str(path), *AS_OF, "-f", "json").result[f"{field}s"]
    assert [each["calls"] for each in short] == [*range(50, 30, -1), sum(range(1, 31))]
    assert short[-1][field] == "30 others"
    assert short[-1]["input_tokens"] == 100 * sum(range(1, 31))
    full = run("usage", str(path), *AS_OF, "--all", "-f", "json").result[f"{field}s"]
    assert len(full) == 50


def test_a_list_of_documents_is_read_one_after_another(tmp_path: Path) -> None:
    """Elements longer together than what is read at a time; each counts, with the line of what breaks off."""
    path = tmp_path / "log.json"
    text = json.dumps([{**CALL, "note": "é" * 900} for _ in range(3000)], indent=1, ensure_ascii=False)
    path.write_text(text, encoding="utf-8")
    assert run("usage", str(path), *AS_OF, "-f", "json").result["calls"] == 3000
    path.write_text(text[:-20], encoding="utf-8")
    found = run("usage", str(path), *AS_OF, "-f", "json").result
    assert (found["calls"], found["lines"]["rejected"]) == (2999, {"cut-off last line": 1})


def test_what_a_killed_process_left_behind_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    monkeypatch.setattr(spool.tempfile, "gettempdir", lambda: str(tmp_path))
    left, ours, other = f"llmcost-{gone.pid}-abc", f"llmcost-{os.getpid()}-abc", "llmcost-notes"
    for name in (left, ours, other):
        (tmp_path / name).mkdir()
    spool._clean()
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted([ours, other])
