"""That all lines of a large JSONL file are alike is proven by its quotes, and what is not proven is read the long way."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
from test_same_cells import log, read_by

from llmcost.usage import embedded, standard
from llmcost.usage.alike import Quotes, alike, only_texts
from llmcost.usage.cube import Cube
from llmcost.usage.reader import ReaderOptions
from llmcost.usage.readers.generic import Generic
from llmcost.usage.reading import Request

ROW = {"timestamp": "2026-03-01T10:00:00Z", "model": "m", "task": "t", "input_tokens": 100, "output_tokens": 10}
USER = {**ROW, "user": "u", "ms": 1.5, "streamed": True}
SAMPLED = 2_000  # lines; more than the first ones, and than those that are looked at further on in a small file


def generic(documents: Sequence[dict[str, Any]], **options: Any) -> Generic:
    reader = Generic(ReaderOptions("log.jsonl", None, options, None))
    reader.begin(documents, None)
    return reader


def test_quotes_of_a_line() -> None:
    found = alike(generic([ROW]), [ROW, ROW])
    assert found is not None
    # Five keys, and a time, a model and a task as texts.
    assert (found.quotes, found.unread) == (2 * 5 + 2 * 3, {})
    assert json.dumps(ROW).count('"') == found.quotes
    found = alike(generic([USER]), [USER])
    assert found is not None
    assert (found.quotes, found.unread) == (2 * 8 + 2 * 4, {"user": str, "ms": float, "streamed": bool})


@pytest.mark.parametrize(
    "documents",
    [
        [ROW, {**ROW, "cost": 0.5}],
        [{**ROW, "task": None}],
        [ROW, {**ROW, "task": 5}],
        [{**ROW, "meta": {}}],
        [{**ROW, "tags": []}],
        [{**ROW, "input_tokens": "100"}],
        [{**ROW, "cost": "0.5"}],
        [{**ROW, "model": True}],
        [{**ROW, "Task": "t"}],
        [{**ROW, **dict.fromkeys("abcd", 1)}],
        [],
    ],
    ids=repr,
)
def test_lines_of_which_it_cannot_be_told(documents: list[dict[str, Any]]) -> None:
    assert alike(generic(documents), documents) is None


def test_a_format_that_refuses_some_lines_is_not_told() -> None:
    class Picky(Generic):
        plain: ClassVar = {"status": ("success",)}

    assert alike(Picky(ReaderOptions("log.jsonl", None, {}, None)), [ROW]) is None


# What later lines are: by all but the first, a call is changed that another line makes up for, quote by quote.
LATER: dict[str, tuple[list[bytes | dict[str, Any]], bool]] = {
    "all alike": ([ROW], True),
    "other blanks": ([json.dumps(ROW, separators=(" , ", " :\t")).encode()], True),
    "a whole number as a decimal": ([{**ROW, "input_tokens": 100.0}], True),
    "half a token": ([{**ROW, "input_tokens": 10.5}], True),  # an odd line, of which Python counts the quotes
    "a line that is cut": ([b'{"timestamp":"2026-03-01T10:00:00Z","mod'], True),
    "a quote within a text": ([{**ROW, "task": 'the "best"'}], False),
    "a key that is read": ([{**ROW, "cost": 0.25}], False),
    "a key that is not read": ([{**ROW, "ms": 5}], False),
    "a key twice": ([json.dumps(ROW)[:-1].encode() + b', "task": "u"}'], False),
    "half a token as a text": ([{**ROW, "input_tokens": "0.5"}], True),
    "a number for a task, and a cost": ([{**ROW, "task": 5}, {**ROW, "cost": 0.25}], False),
    "a truth for a model, and a cost": ([{**ROW, "model": True}, {**ROW, "cost": 0.25}], False),
    "a number for a time, and a cost": ([{**ROW, "timestamp": 1772359200}, {**ROW, "cost": 0.25}], False),
    "two without a task, and a tier": ([{**ROW, "task": None}, {**ROW, "task": None}, {**ROW, "tier": "batch"}], False),
    "no task, and a tier": ([{k: v for k, v in ROW.items() if k != "task"}, {**ROW, "tier": "batch"}], False),
}


@pytest.mark.parametrize("later", LATER)
def test_what_later_lines_are(tmp_path: Path, later: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, proven = LATER[later]
    check(log(tmp_path / "log.jsonl", [*[ROW] * SAMPLED, *rows]), proven, monkeypatch)


@pytest.mark.parametrize("tier", [True, False, 0, 1, None, "flex", float("nan")], ids=repr)
def test_a_tier_that_the_first_lines_do_not_have(tmp_path: Path, tier: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such a line is read by itself: a tier that is no text has two quotes less, which are as many as a cost has."""
    row = {**ROW, "service_tier": "default"}
    rows = [*[row] * SAMPLED, {**row, "service_tier": tier, "cost": 0.25}]
    check(log(tmp_path / "log.jsonl", rows), True, monkeypatch)


@pytest.mark.parametrize("key", ["timestamp", "model", "task", "service_tier"])
@pytest.mark.parametrize("first", ["in no line", "in some lines"])
def test_what_the_first_lines_lack_or_name_otherwise(
    tmp_path: Path, key: str, first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = {**ROW, "service_tier": "batch"}
    without = {name: value for name, value in full.items() if name != key}
    other = {"timestamp": "time", "model": "model_name", "service_tier": "tier"}.get(key, key)
    later = [{**without, other: "2026-02-01T00:00:00Z" if key == "timestamp" else "late"}, without]
    rows = [without, without if first == "in no line" else full] * SAMPLED + later
    monkeypatch.setattr(embedded, "EXACT_BELOW_BYTES", 0)
    path, request = log(tmp_path / "log.jsonl", rows), Request(model="given")
    ours, found = read_by(standard.read, path, request), read_by(embedded.read, path, request)
    assert (found.cube.hours, found.cube.last_us, found.notes) == (ours.cube.hours, ours.cube.last_us, [])


def test_a_key_that_nobody_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check(log(tmp_path / "a.jsonl", [USER] * SAMPLED), True, monkeypatch)
    # Its text without quotes would hide a cost.
    rows = [*[USER] * SAMPLED, {**USER, "user": 7}, {**USER, "cost": 0.25}]
    check(log(tmp_path / "b.jsonl", rows), False, monkeypatch)
    rows = [*[USER] * SAMPLED, {**USER, "user": None}, {**USER, "ms": None}, {**USER, "streamed": None}]
    check(log(tmp_path / "c.jsonl", rows), True, monkeypatch)


def check(path: Path, proven: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large log has the cells that the standard library gives it; `proven`: with one plan."""
    monkeypatch.setattr(embedded, "EXACT_BELOW_BYTES", 0)
    plans: list[bool] = []
    plan = embedded._Session._plan

    def planned(*args: Any, as_alike: bool = False) -> Any:
        plans.append(as_alike)
        return plan(*args, as_alike=as_alike)

    monkeypatch.setattr(embedded._Session, "_plan", planned)
    ours, other = read_by(standard.read, path, Request()), read_by(embedded.read, path, Request())
    monkeypatch.undo()
    assert (other.cube.hours, other.cube.sizes) == (ours.cube.hours, ours.cube.sizes)
    assert (other.cube.outputs, other.cube.first_us) == (ours.cube.outputs, ours.cube.first_us)
    assert [file.lines for file in other.files] == [file.lines for file in ours.files]
    assert (other.notes, plans) == ([], [True] if proven else [True, False])


@pytest.mark.parametrize(
    ("name", "sure"),
    [
        ("gpt-5", True),
        ("", True),
        ("true story", True),
        ("5", False),
        ("true", False),
        ("null", False),
        ("[1]", False),
        ("[" * 9000, False),
        ("nan", False),
        ("-INF", False),
        ("infinity pool", True),
    ],
)
def test_names_that_may_have_been_no_texts(name: str, sure: bool) -> None:
    cube = Cube((), 3600)
    cube.hours["m", name, 0, "standard", 0] = [1] * 8
    assert only_texts(cube) is sure


def test_quotes_are_counted_beyond_one_piece(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'"' * 300_000 + b"'" * 300_000 + b'"')
    with Quotes(str(path)) as quotes:
        assert quotes.number == 300_000 + 1
    with Quotes(str(tmp_path / "none.jsonl")) as quotes:
        assert quotes.number is None
