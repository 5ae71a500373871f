"""Results reach their file whole or not at all, and never over another file unasked."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from llmcost.errors import InputError
from llmcost.output_file import write_atomically


def test_a_new_file_is_written(tmp_path: Path) -> None:
    write_atomically(tmp_path / "x.txt", "é\n")
    assert (tmp_path / "x.txt").read_bytes() == "é\n".encode()
    assert os.listdir(tmp_path) == ["x.txt"]


def test_an_existing_file_is_kept_unless_forced(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("old")
    with pytest.raises(InputError) as caught:
        write_atomically(path, "new")
    assert "--force" in caught.value.hint
    assert path.read_text() == "old"
    write_atomically(path, "new", force=True)
    assert path.read_text() == "new"


@pytest.mark.parametrize("name", ["", ".", "missing/x.txt", "folder/"])
def test_a_place_that_takes_no_file_is_refused(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError):
        write_atomically(name, "x", force=True)
    assert os.listdir(tmp_path) == []


def test_a_device_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a regular file"):
        write_atomically(os.devnull, "x", force=True)


def test_an_interruption_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "x.txt", "x")
    assert os.listdir(tmp_path) == []


KILLED = """\
import os, sys
from llmcost.output_file import write_atomically

def killed(*_):
    os.kill(os.getpid(), 9)

os.replace = killed
write_atomically(sys.argv[1], "half")
"""


def test_what_a_killed_run_has_left_neither_stops_the_next_one_nor_stays(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)])
    assert done.returncode == -signal.SIGKILL
    (left,) = os.listdir(tmp_path)
    assert left.startswith(".x.txt.")
    write_atomically(path, "whole")
    assert os.listdir(tmp_path) == ["x.txt"]


def test_no_name_can_be_taken_beforehand(tmp_path: Path) -> None:
    """Folders by the names of earlier releases, which no run can remove, stand in nobody's way."""
    for process in (os.getpid(), os.getpid() + 1):
        (tmp_path / f".x.txt.{process}.tmp").mkdir()
    write_atomically(tmp_path / "x.txt", "whole")
    assert (tmp_path / "x.txt").read_text() == "whole"


def test_a_file_that_another_run_is_writing_stays(tmp_path: Path) -> None:
    other = tmp_path / ".x.txt.0123456789abcdef.tmp"
    with other.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        write_atomically(tmp_path / "x.txt", "whole")
        assert other.exists()
    write_atomically(tmp_path / "x.txt", "again", force=True)
    assert not other.exists()
