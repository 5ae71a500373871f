"""Results reach their file whole or not at all, and never over another file unasked."""

from __future__ import annotations

import os
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
