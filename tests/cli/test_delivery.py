"""Where a result goes: stdout and nothing else, or a file, whole and never over another one unasked."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import environment, run
from sample import as_text, sample

SAMPLE = as_text(sample())


class TestFile:
    """`-o FILE`."""

    @pytest.mark.parametrize(
        ("name", "form"), [("r.json", "json"), ("r.csv", "csv"), ("r.md", "markdown"), ("r.txt", "table")]
    )
    def test_the_ending_says_the_format(self, name: str, form: str, tmp_path: Path) -> None:
        """A file's ending picks the format, and stdout stays empty."""
        done = run("compare", "-", "-o", name, stdin=SAMPLE, cwd=tmp_path)
        assert (done.code, done.out) == (0, "")
        printed = run("compare", "-", "-f", form, stdin=SAMPLE, cwd=tmp_path)
        assert (tmp_path / name).read_text(encoding="utf-8") == printed.out

    def test_force_replaces(self, tmp_path: Path) -> None:
        """With --force an existing file is replaced, and no temporary file is left."""
        (tmp_path / "r.json").write_text("old", encoding="utf-8")
        refused = run("compare", "-", "-o", "r.json", stdin=SAMPLE, cwd=tmp_path)
        assert (refused.code, (tmp_path / "r.json").read_text(encoding="utf-8")) == (2, "old")
        assert run("compare", "-", "-o", "r.json", "--force", stdin=SAMPLE, cwd=tmp_path).code == 0
        assert (tmp_path / "r.json").read_text(encoding="utf-8").startswith("{")
        assert [path.name for path in tmp_path.iterdir()] == ["r.json"]

    def test_an_error_writes_nothing(self, tmp_path: Path) -> None:
        """A scenario that is refused leaves no file behind."""
        refused = run("compare", "-", "-o", "r.json", stdin="architectures: 1\n", cwd=tmp_path)
        assert refused.code == 2
        assert list(tmp_path.iterdir()) == []

    def test_the_scenario_is_not_overwritten(self, tmp_path: Path) -> None:
        """Naming the scenario itself as the output is refused."""
        (tmp_path / "s.json").write_text(SAMPLE, encoding="utf-8")
        assert run("compare", "s.json", "-o", "s.json", cwd=tmp_path).code == 2
        assert (tmp_path / "s.json").read_text(encoding="utf-8") == SAMPLE

    @pytest.mark.parametrize(
        "typed",
        [
            ("compare", "s.json"),
            ("compare", "linked.json"),
            ("compare", "t.json", "--catalog", "s.json"),
            ("usage", "log.jsonl", "--against", "s.json"),
            ("usage", "--cube", "s.json"),
            ("diff", "t.json", "s.json"),
            ("audit", "s.json"),
            ("audit", "claims"),
            ("audit", "--says", "monthly_cost=1", "compare", "s.json"),
            ("decide", "--answers", "s.json"),
            ("frontier", "s.json"),
            ("prices", "list", "--catalog", "s.json"),
            ("compare", "rated.json"),
        ],
        ids=" ".join,
    )
    def test_nothing_that_is_read_is_written_over(self, typed: tuple[str, ...], tmp_path: Path) -> None:
        """Whatever a command reads stays as it is, under any of its names, --force or not."""
        path = tmp_path / "s.json"
        path.write_text(CLAIMS if "claims" in typed else SCORES if "rated.json" in typed else SAMPLE, encoding="utf-8")
        (tmp_path / "t.json").write_text(SAMPLE, encoding="utf-8")
        (tmp_path / "rated.json").write_text(as_text({**sample(), "quality": "s.json"}), encoding="utf-8")
        (tmp_path / "linked.json").hardlink_to(path)
        (tmp_path / "claims").mkdir()
        (tmp_path / "claims" / "a.yaml").symlink_to(path)
        before = path.read_text(encoding="utf-8")
        done = run(*typed, "-f", "json", "-o", "s.json", "--force", cwd=tmp_path)
        assert done.code == 2 and "is read here, and -o would write over it" in done.err.splitlines()[0]
        assert done.err.splitlines()[1:] == ["where: -o", "hint: name another file"]
        assert path.read_text(encoding="utf-8") == before

    def test_answers_may_be_saved_over_those_that_were_read(self, tmp_path: Path) -> None:
        """--save adds the new answers to the file; nothing else is written over it."""
        path = tmp_path / "a.yaml"
        path.write_text("narrow_task: y\n", encoding="utf-8")
        typed = ("decide", "--framework", "scoping", "--answers", "a.yaml", "--unknown-rest", "--force")
        assert run(*typed, "--save", "a.yaml", cwd=tmp_path).code == 0
        assert run(*typed, "-f", "json", "-o", "a.yaml", cwd=tmp_path).code == 2

    def test_two_results_need_two_files(self, tmp_path: Path) -> None:
        """The workload and the table would be written over one another."""
        done = run("usage", "log.jsonl", "--save-workload", "w.txt", "-o", "./w.txt", cwd=tmp_path)
        assert done.code == 2 and "name one file" in done.err


CLAIMS = (
    "source: {title: A post}\nclaims:\n  - {id: a, says: x, calculation: arithmetic, expression: 1 + 1, published: 2}\n"
)
SCORES = "".join(
    f'{{"query_id": "q", "model": "{model}", "score": 1, "input_tokens": 1, "output_tokens": 1}}\n'
    for model in ("cheap", "frontier")
)


class TestStdout:
    """stdout carries the result and nothing else."""

    def test_remarks_go_to_stderr(self) -> None:
        """A stale price is a warning on stderr, and stdout stays the table."""
        done = run("route", *_CATALOG_MIX, "--as-of", "2027-11-22", "-f", "csv")
        assert done.code == 0
        assert "warning: " in done.err
        assert "warning" not in done.out

    def test_json_keeps_stderr_empty(self) -> None:
        """In JSON the warnings stand in the document, and stderr is empty."""
        done = run("route", *_CATALOG_MIX, "--as-of", "2027-11-22", "-f", "json")
        assert done.err == ""
        assert "stale_price" in {one["code"] for one in done.document["warnings"]}

    def test_a_stream_of_ascii(self) -> None:
        """A terminal that cannot carry Unicode gets ASCII, and no error."""
        done = subprocess.run(
            [sys.executable, "-m", "llmcost", "compare", "-"],
            input=as_text(
                sample({"name": "Café", "architectures": {"café": {"kind": "api", "model": "cheap"}}})
            ).encode(),
            capture_output=True,
            env=environment(PYTHONIOENCODING="ascii"),
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.isascii()
        assert b"frontier" in done.stdout

    @pytest.mark.parametrize("buffered", [True, False], ids=["buffered", "unbuffered"])
    @pytest.mark.parametrize(
        "arguments",
        [
            ("--help",),
            ("--version",),
            ("compare", "--help"),
            ("compare", "-", "-f", "json"),
            ("compare", "-", "--explain"),
        ],
        ids=" ".join,
    )
    def test_a_reader_that_left(self, arguments: tuple[str, ...], buffered: bool) -> None:
        """A closed pipe ends the program without a word and without a failure."""
        process = subprocess.Popen(
            [sys.executable, "-m", "llmcost", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(**({} if buffered else {"PYTHONUNBUFFERED": "1"})),
        )
        assert process.stdin and process.stdout and process.stderr
        process.stdout.close()
        if "-" in arguments:
            process.stdin.write(SAMPLE.encode())
        process.stdin.close()
        complaint = process.stderr.read().decode()
        process.stderr.close()
        code = process.wait(60)
        assert complaint == ""
        assert code in (0, 141)


_CATALOG_MIX = (
    *("--requests", "1M", "--input", "1000", "--output", "200", "--baseline", "claude-opus-4-8"),
    *("--mix", "claude-haiku-4-5=70%,claude-opus-4-8=30%"),
)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
class TestColour:
    """Colour on a terminal, none without one or under NO_COLOR."""

    def test_a_terminal_gets_styles(self) -> None:
        """On a terminal the table is styled."""
        assert "\x1b[" in _on_a_terminal({})

    def test_no_color_is_honoured(self) -> None:
        """Under NO_COLOR not one escape is printed, and the same words are."""
        plain = _on_a_terminal({"NO_COLOR": "1"})
        assert "\x1b" not in plain
        assert "frontier" in plain

    def test_a_dumb_terminal_gets_no_styles(self) -> None:
        """A terminal that calls itself dumb gets no escapes."""
        assert "\x1b" not in _on_a_terminal({"TERM": "dumb"})

    def test_no_line_is_wider_than_the_terminal(self) -> None:
        """The table fits a terminal of 100 columns."""
        lines = _on_a_terminal({"NO_COLOR": "1", "COLUMNS": "100", "LINES": "40"}).splitlines()
        assert max(map(len, lines)) <= 100


def _on_a_terminal(env: dict[str, str]) -> str:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "llmcost", "compare", "-"],
        stdin=subprocess.PIPE,
        stdout=theirs,
        stderr=subprocess.PIPE,
        env=environment(**{"TERM": "xterm-256color", **env}),
    )
    os.close(theirs)
    assert process.stdin and process.stderr
    process.stdin.write(SAMPLE.encode())
    process.stdin.close()
    read = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        read += part
    os.close(ours)
    complaint = process.stderr.read().decode()
    process.stderr.close()
    assert process.wait(60) == 0, complaint
    return read.decode().replace("\r\n", "\n")
