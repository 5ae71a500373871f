"""The reader of YAML: text stays text, everything has a place, nothing harmful gets in."""

from __future__ import annotations

import io
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from llmcost.catalog.files import MAX_BYTES, parse_yaml, read_yaml
from llmcost.errors import InputError


def refused(text: str) -> InputError:
    with pytest.raises(InputError) as caught:
        parse_yaml(text, "scenario.yaml")
    return caught.value


def test_scalars_stay_text_but_for_plain_booleans_and_nulls() -> None:
    """What YAML 1.1 would turn into a number, a time or a date is left as it was written."""
    written = "a: 1e-4\nb: 1:30\nc: no\nd: 2026-12\ne: true\nf: 'true'\ng: ~\nh:\ni: 1_000\nj: null\nk: 'null'\n"
    assert parse_yaml(written, "s").data == {
        "a": "1e-4",
        "b": "1:30",
        "c": "no",
        "d": "2026-12",
        "e": True,
        "f": "true",
        "g": None,
        "h": None,
        "i": "1_000",
        "j": None,
        "k": "null",
    }


def test_json_is_read_too_with_a_byte_order_mark() -> None:
    assert parse_yaml('\ufeff{"a": 1, "b": [null, true, "\\u00e9"]}', "s").data == {"a": "1", "b": [None, True, "é"]}


def test_an_alias_stands_for_the_whole_value() -> None:
    assert parse_yaml("a: &x {b: 1}\nc: *x\n", "s").data == {"a": {"b": "1"}, "c": {"b": "1"}}


class TestPlaces:
    """`where` names line and column, from 1, of the deepest node that exists."""

    document = parse_yaml("name: x\nmix:\n  - model: a\n  - share: 70%\nlast: {kind: api, model: b}\n", "s.yaml")

    def test_of_a_value(self) -> None:
        assert self.document.where(("mix", 1, "share")) == "s.yaml:4:12"

    def test_of_a_key(self) -> None:
        assert self.document.where(("mix", 1, "share"), key=True) == "s.yaml:4:5"

    def test_of_a_missing_field_is_its_parents(self) -> None:
        assert self.document.where(("mix", 1, "missing")) == "s.yaml:4:5"

    def test_passes_over_the_tag_of_a_union(self) -> None:
        assert self.document.where(("last", "api", "model")) == "s.yaml:5:26"

    def test_of_the_whole_document(self) -> None:
        assert self.document.where() == "s.yaml:1:1"


@pytest.mark.parametrize(
    ("text", "what", "where"),
    [
        ("a: 1\nb: 2\na: 3\n", "the key a stands twice, on line 1 and on line 3", "scenario.yaml:3:1"),
        ("x: {a: 1, a: 2}\n", "the key a stands twice, on line 1 and on line 1", "scenario.yaml:1:11"),
        ("? [a, b]\n: 1\n", "a key must be plain text", "scenario.yaml:1:3"),
        ("'': 1\n", "a key is empty", "scenario.yaml:1:1"),
        ("a: !!python/object:os.system x\n", "the tag !!python/object:os.system is not allowed", "scenario.yaml:1:4"),
        ("a: !!python/object/apply:os.system [x]\n", "is not allowed", "scenario.yaml:1:4"),
        ("a: !!binary aGk=\n", "the tag !!binary is not allowed", "scenario.yaml:1:4"),
        ("a: !mine x\n", "the tag !mine is not allowed", "scenario.yaml:1:4"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", "merge keys (<<) are not supported", "scenario.yaml:3:3"),
        ("a: &x [*x]\n", "*x stands inside itself", "scenario.yaml:1:8"),
        ("a: *y\n", "*y refers to an anchor", "scenario.yaml:1:4"),
        ("a: " + "[" * 60 + "]" * 60, "nested more than 50 deep", "scenario.yaml:1:54"),
        ("a: 1\n---\nb: 2\n", "more than one YAML document", "scenario.yaml:2:1"),
        ("- 1\n", "the file holds a list", "scenario.yaml:1:1"),
        ("just words\n", "the file holds a single value", "scenario.yaml:1:1"),
        ("a:\n\tb: 1\n", "cannot start any token", "scenario.yaml:2:1"),
        ("a: b: c\n", "mapping values are not allowed", "scenario.yaml:1:5"),
        ("a: [1, 2\nb: 3\n", "cannot read the YAML", "scenario.yaml:2:2"),
        ("a: 'x\n", "cannot read the YAML", "scenario.yaml:2:1"),
        ("a: \x07\n", "a character that YAML does not allow", "scenario.yaml"),
        ("", "the file is empty", "scenario.yaml"),
        ("# only a remark\n", "the file is empty", "scenario.yaml"),
        ("---\n", "the file is empty", "scenario.yaml"),
    ],
)
def test_is_refused_with_its_place_and_a_hint(text: str, what: str, where: str) -> None:
    error = refused(text)
    assert what in error.what
    assert error.where == where
    assert error.hint
    assert "\n" not in error.what + error.where + error.hint


def test_an_alias_bomb_is_refused_before_it_expands() -> None:
    """Nine levels of nine aliases are 9**9, some 387 million values."""
    text = "a: &a [x,x,x,x,x,x,x,x,x]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        text += f"{name}: &{name} [{','.join(['*' + before] * 9)}]\n"
    assert "expands to more than 100,000 values" in refused(text).what


def test_deep_nesting_never_reaches_the_stack() -> None:
    assert "nested more than 50 deep" in refused("a: " + "[" * 900_000).what


def file_error(path: Path | str) -> InputError:
    with pytest.raises(InputError) as caught:
        read_yaml(path)
    return caught.value


def test_a_missing_file_names_its_nearest_neighbour(tmp_path: Path) -> None:
    (tmp_path / "scenario.yaml").write_text("a: 1\n")
    error = file_error(tmp_path / "scenaro.yaml")
    assert "there is no file" in error.what
    assert error.hint == "did you mean scenario.yaml?"


def test_a_directory_is_refused(tmp_path: Path) -> None:
    assert "is a directory" in file_error(tmp_path).what


@pytest.mark.parametrize(
    ("raw", "what"), [(b"a: \0\n", "binary"), (b"\x89PNG\r\n", "UTF-8"), (b"a: 1\nb: \xff\n", "UTF-8")]
)
def test_binary_is_refused(tmp_path: Path, raw: bytes, what: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(raw)
    assert what in file_error(path).what


def test_the_first_bytes_that_are_no_utf_8_are_pointed_at(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"a: 1\nb: \xff\n")
    assert file_error(path).where == f"{path}:2:4"


def test_fifty_megabytes_are_refused_without_being_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "big.yaml"
    with path.open("wb") as file:
        file.truncate(50 * 1024 * 1024)
    monkeypatch.setattr("builtins.open", lambda *_, **__: pytest.fail("opened"))
    assert "larger than 1 MiB" in file_error(path).what


def test_a_file_of_just_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("a: 1\n#" + "x" * (MAX_BYTES - 6))
    assert read_yaml(path).data == {"a": "1"}


def test_standard_input_is_read_for_a_dash_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"a: 1\n")))
    assert read_yaml("-").where(("a",)) == "<stdin>:1:4"
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"#" * (MAX_BYTES + 5))))
    assert "larger than 1 MiB" in file_error("-").what


@pytest.mark.skipif(os.name != "posix", reason="a name with NUL")
def test_a_name_that_no_file_can_have_is_refused() -> None:
    assert "cannot read" in file_error("a\0b").what
