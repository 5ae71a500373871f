"""What a path names is read by its content, whatever its name ends in; what is not read is listed with the reason."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from command_line import Run, environment, run

AS_OF = ("--as-of", "2026-11-22")
ROW = {"timestamp": "2026-03-01T10:00:00Z", "model": "gpt-5", "input_tokens": 100, "output_tokens": 10}
LINE = json.dumps(ROW).encode() + b"\n"
TABLE = "model,input_tokens,output_tokens\n"


def usage(*arguments: str | Path, **how: Any) -> Run:
    return run("usage", *map(str, arguments), *AS_OF, **how)


def result(*arguments: str | Path) -> dict[str, Any]:
    return dict(usage(*arguments, "-f", "json").result)


def three_lines(done: Run, *words: str) -> None:
    assert done.code == 2 and re.fullmatch(r"error: .*\nwhere: .*\nhint: .*\n", done.err), done.err
    assert all(word in done.err for word in words), done.err


@pytest.fixture(params=["duckdb"])
def engine(request: pytest.FixtureRequest) -> tuple[str, str]:
    return ("--engine", request.param)


def test_a_folder_of_rotated_logs(tmp_path: Path, engine: tuple[str, str]) -> None:
    """One call a file, under the names that log rotation gives; and beside them what no log is."""
    (tmp_path / "sub").mkdir()
    for name in ("gw.log.1", "calls.jsonl.2026-11-22", "noending", "sub/gw.JSONL"):
        (tmp_path / name).write_bytes(LINE)
    for name in ("a.jsonl.gz.1", "a.jsonl.gz"):
        (tmp_path / name).write_bytes(gzip.compress(LINE[:40]) + gzip.compress(LINE[40:]))  # two members, one file
    (tmp_path / "b.jsonl.bz2").write_bytes(bz2.compress(LINE))
    (tmp_path / "c.jsonl.xz").write_bytes(lzma.compress(LINE))
    (tmp_path / "plain.gz").write_bytes(LINE)
    (tmp_path / "d.jsonl.zst").write_bytes(b"\x28\xb5\x2f\xfd" + bytes(20))
    (tmp_path / "e.zip").write_bytes(b"PK\x03\x04" + bytes(20))
    (tmp_path / "x.bin").write_bytes(b"\x89PNG" + bytes(20))
    (tmp_path / "y.bin").write_bytes(bytes(100_000))
    (tmp_path / "README.md").write_text("# Logs\n\nof the gateway\n")
    (tmp_path / ".hidden.jsonl").write_bytes(LINE)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "objects").write_bytes(LINE)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "gone.jsonl").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    done = usage(tmp_path, *engine, "-f", "json")
    notes = {os.path.relpath(each["path"], tmp_path): each["note"] for each in done.result["files"] if each["note"]}
    if sys.version_info < (3, 14):
        assert notes.pop("d.jsonl.zst") == "this Python does not unpack Zstandard"
    assert notes.pop("README.md").startswith("no format is recognised")
    assert notes == {
        "e.zip": "a ZIP archive is not unpacked here",
        "x.bin": "no text",
        "y.bin": "no text",
        ".hidden.jsonl": "hidden",
        ".git": "hidden",
        "pipe": "no regular file",
        "gone.jsonl": "no such file or directory",
        "loop": "a link to a folder",
    }
    assert done.result["calls"] == 4 + 2 + 2 + 1
    said = " ".join(each["message"] for each in done.document["warnings"] if each["code"] == "unread_file")
    assert "2 files were not read: no text (first: " in said
    table = usage(tmp_path, *engine)
    assert "e.zip" in table.out and "a ZIP archive is not unpacked here" in table.out


def test_a_file_that_is_named_and_no_log(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"PK\x03\x04" + bytes(20))
    three_lines(usage(tmp_path / "x.zip"), "ZIP", "unzip")
    (tmp_path / "x.bin").write_bytes(b"\x89PNG" + bytes(20))
    three_lines(usage(tmp_path / "x.bin"), "no text")
    three_lines(usage("/dev/null"), "no regular file")


def test_a_folder_in_which_nothing_is_read(tmp_path: Path) -> None:
    three_lines(usage(tmp_path), "no log lies in the folder")
    (tmp_path / "x.bin").write_bytes(b"\x89PNG" + bytes(20))
    three_lines(usage(tmp_path), "nothing to read", "no text")


def test_a_pipe_of_the_shell(tmp_path: Path) -> None:
    log = tmp_path / "log.gz"
    log.write_bytes(gzip.compress(LINE * 3))
    command = f"{sys.executable} -m llmcost usage <(zcat {log}) <(zcat {log}) -f json"
    done = subprocess.run(["bash", "-c", command], capture_output=True, env=environment(), timeout=120)
    assert json.loads(done.stdout)["result"]["calls"] == 6, done.stderr


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("kind", ["jsonl", "json", "csv"])
def test_utf_16(tmp_path: Path, engine: tuple[str, str], encoding: str, kind: str) -> None:
    """As PowerShell's `>` writes a file, with its mark and without."""
    text = {"jsonl": LINE.decode() * 2, "json": json.dumps([ROW, ROW], indent=1), "csv": TABLE + "gpt-5,100,10\n" * 2}
    path = tmp_path / "log"
    path.write_bytes(text[kind].encode(encoding))
    found = result(path, *engine)
    assert (found["calls"], found["input_tokens"], found["models"][0]["model"]) == (2, 200, "gpt-5")


@pytest.mark.parametrize("module", [gzip, bz2, lzma])
def test_a_packed_file_that_breaks_off_keeps_what_stands_before(
    tmp_path: Path, engine: tuple[str, str], module: Any
) -> None:
    """An active log, copied while it was written: its last part is lost, which is said."""
    rows = [json.dumps({**ROW, "request": os.urandom(40).hex()}) for _ in range(30_000)]
    table = [f"gpt-5,100,10,{os.urandom(40).hex()}" for _ in range(30_000)]
    for name, text in (
        ("log.jsonl", "\n".join(rows)),
        ("log.json", "[" + ",\n".join(rows) + "]"),
        ("log.csv", TABLE.rstrip() + ",request\n" + "\n".join(table)),
    ):
        packed = module.compress(text.encode())
        (tmp_path / name).write_bytes(packed[: len(packed) // 2])
        found = result(tmp_path / name, *engine)
        assert list(found["lines"]["rejected"].values()) == [1] and "damaged" in str(found["lines"]["rejected"]), name
        assert 1_000 < found["calls"] < 20_000


def test_a_packed_file_whose_checksum_is_wrong_is_named(tmp_path: Path, engine: tuple[str, str]) -> None:
    """All its lines can be read, and any of its digits may be another."""
    packed = bytearray(gzip.compress(LINE * 3))
    packed[-8] ^= 1
    (tmp_path / "log.gz").write_bytes(packed)
    found = result(tmp_path / "log.gz", *engine)
    assert (found["calls"], found["lines"]["rejected"]) == (3, {"damaged from here on": 1})


def test_a_line_without_an_end_is_passed_over(tmp_path: Path, engine: tuple[str, str]) -> None:
    """Packed it is small: 300 million blanks in one string, between two calls."""
    path = tmp_path / "log.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(LINE + b'{"prompt": "')
        for _ in range(300):
            file.write(b" " * 1_000_000)
        file.write(b'"}\n' + LINE)
    found = result(path, *engine)
    assert found["lines"]["rejected"] == {"a line beyond 16 million characters": 1}
    assert found["calls"] == 2


def test_a_quote_that_nothing_closes_costs_its_own_line_only(tmp_path: Path) -> None:
    """Without it a table would be swallowed to its end; a cell of two lines stays one cell."""
    lines = ['m,1,10,"two\nlines"', 'm,2,20,"open', "m,4,40,x", "m,8,80,x", 'm,16,160,"a ""b"" c"', "m,32,320,y"]
    path = tmp_path / "log.csv"
    path.write_text(TABLE.rstrip() + ",note\n" + "\n".join(lines) + "\n")
    found = result(path)
    assert found["lines"]["rejected"] == {"a quote that nothing closes": 1}
    assert (found["calls"], found["input_tokens"]) == (5, 1 + 4 + 8 + 16 + 32)


def test_a_header_and_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(TABLE)
    three_lines(usage(path), "nothing to read", "a header and no rows")
    duckdb = pytest.importorskip("duckdb")
    duckdb.sql("SELECT 'm' AS model, 1 AS input_tokens, 1 AS output_tokens LIMIT 0").write_parquet(
        str(tmp_path / "log.parquet")
    )
    three_lines(usage(tmp_path / "log.parquet"), "nothing to read", "a header and no rows")


def test_logs_without_a_single_call_are_an_error(tmp_path: Path, engine: tuple[str, str]) -> None:
    """A report of nothing would look like a quiet day. Beside other logs such a file is listed with its reasons."""
    path = tmp_path / "log.jsonl"
    path.write_bytes(LINE * 3 + b"{oops\n")
    done = usage(path, "--format-in", "langfuse", *engine)
    three_lines(done, "read as langfuse, none of 4 lines is a call", "3 × ", "1 × not JSON", "--format-in")
    chat = json.dumps({"type": "user", "message": {"content": "hi"}, "sessionId": "s", "timestamp": "2026-03-01"})
    (tmp_path / "talk.jsonl").write_text(chat + "\n")
    done = usage(path, tmp_path / "talk.jsonl", "-f", "json", *engine)
    assert (done.code, done.result["calls"]) == (0, 3)
    assert done.result["files"][1]["path"] == str(tmp_path / "talk.jsonl")
    assert done.result["files"][1]["lines"]["rejected"] == {"no model call": 1}


def test_a_result_of_ours_is_no_log(tmp_path: Path) -> None:
    """Its columns would pass for a provider's export, and the calls would count twice."""
    (tmp_path / "gw.jsonl").write_bytes(LINE * 3)
    before = result(tmp_path)["calls"]
    assert usage(tmp_path, "-o", "out.csv", cwd=tmp_path).code == 0
    after = result(tmp_path)
    assert after["calls"] == before == 3
    three_lines(usage(tmp_path / "out.csv"), "a result of llmcost usage")
