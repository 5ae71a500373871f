"""What the first lines of a log do not show, and a later one has, counts on every engine as the standard library has it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from synthetic_calls import line_by_line
from test_same_cells import LITELLM, ROW, by_both, duckdb, engine, log, read_by

from llmcost.usage import by_duckdb, session
from llmcost.usage.convention import NAMED
from llmcost.usage.instants import microseconds
from llmcost.usage.reading import Request

__all__ = ["duckdb", "engine"]  # the fixture

SAMPLED = 520  # more than the first lines that show what a log holds
CACHED = {"cache_read_input_tokens": 90}
IN_TEXT = json.dumps({"usage_object": CACHED})
# What the objects of the first lines are (they take turns), and then the tokens that the odd line has read from the cache.
FIRST: dict[str, list[dict[str, Any]]] = {
    "no metadata": [{}],
    "null": [{"metadata": None}, {}],
    "an object, null or absent": [{"metadata": {"usage_object": {}}}, {"metadata": None}, {}],
    "an empty object": [{"metadata": {}}],
    "an object with other keys": [{"metadata": {"user_api_key": "k", "usage_object": None}}],
    "always cached": [{"metadata": {"usage_object": {"cache_read_input_tokens": 0}}}],
    "sometimes cached": [{"metadata": {"usage_object": {"cache_read_input_tokens": 0}}}, {"metadata": {}}],
}
LATER: dict[str, tuple[Any, int]] = {
    "text": (IN_TEXT, 90),
    "an object": ({"usage_object": CACHED}, 90),
    "text within an object": ({"usage_object": json.dumps(CACHED)}, 0),
    "a list": ([{"usage_object": CACHED}], 0),
    "a number": (7, 0),
    "nothing": (None, 0),
    "empty text": ("", 0),
    "an empty object": ({}, 0),
    "a list within": ({"usage_object": [CACHED]}, 0),
    "another usage": ({"additional_usage_values": CACHED}, 90),
    "deep": ({"usage_object": {"prompt_tokens_details": {"cached_tokens": 90}}}, 90),
    "deep text": ({"usage_object": {"prompt_tokens_details": '{"cached_tokens": 90}'}}, 0),
    "of a key twice the first": (b'{"usage_object": {"cache_read_input_tokens": 90}, "usage_object": {}}', 90),
}


@pytest.mark.parametrize("first", FIRST)
def test_something_else_where_an_object_is_expected(
    tmp_path: Path, engine: str, first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows: list[Any] = [
        {**LITELLM, "request_id": f"r{n}", **FIRST[first][n % len(FIRST[first])]} for n in range(SAMPLED)
    ]
    for name, (metadata, _) in LATER.items():
        row = {**LITELLM, "request_id": name}
        written = metadata if isinstance(metadata, bytes) else json.dumps(metadata).encode()
        rows.append(json.dumps(row).encode()[:-1] + b', "metadata": ' + written + b"}")
    path = log(tmp_path / "log.jsonl", rows)
    found = by_both(engine, path)
    assert found.cube.total.cache_read == sum(cached for _, cached in LATER.values())
    assert found.lines.counts.accepted == SAMPLED + len(LATER)
    if engine == "duckdb":  # a large file too
        monkeypatch.setattr(session, "EXACT_BELOW_BYTES", 0)
        large = read_by(by_duckdb.read, path, Request())
        assert (large.cube.hours, large.notes) == (found.cube.hours, [])


def test_text_where_a_list_is_expected(tmp_path: Path, engine: str) -> None:
    tags = ["[", '["task:b"]', '["b", "c"', "[b]", "chat", ["task:c"]]
    rows = [{**LITELLM, "request_id": f"r{n}", "request_tags": ["task:a"]} for n in range(SAMPLED)]
    rows += [{**LITELLM, "request_id": f"s{n}", "request_tags": each} for n, each in enumerate(tags)]
    found = by_both(engine, log(tmp_path / "log.jsonl", rows))
    counted = {key[1]: sums[0] for key, sums in found.cube.hours.items()}
    assert counted == {"a": SAMPLED, "[": 1, "b": 1, '["b", "c"': 1, "[b]": 1, "chat": 1, "c": 1}


TEN = 1_772_359_200  # 2026-03-01T10:00:00Z
# What is written, the moment that it is, and whether something was put right.
DATES: list[tuple[Any, str | None, bool]] = [
    ("20260101", "2026-01-01T00:00:00Z", False),
    ("20260101120000", "2026-01-01T12:00:00Z", False),
    (20260101, "2026-01-01T00:00:00Z", True),
    (20260101.0, "2026-01-01T00:00:00Z", True),
    (20260101120000, "2026-01-01T12:00:00Z", True),
    (20261301, "1970-08-23T12:01:41Z", False),  # no month: 20,261,301 s are 234 days and 43,701 s
    (f"{TEN}", "2026-03-01T10:00:00Z", False),
    ("2026-02-03", "2026-02-03T00:00:00Z", False),
    ("2026-02", None, True),
    ("2026", "1970-01-01T00:33:46Z", False),
    ("10:00:00", None, True),
    ("epoch", None, True),  # which an engine of SQL reads as 1970
]


@pytest.mark.parametrize("first", [TEN, "2026-03-01T10:00:00Z"])
def test_dates_without_their_hyphens(tmp_path: Path, engine: str, first: Any) -> None:
    rows = [{**ROW, "timestamp": each} for each in [first] * SAMPLED + [written for written, _, _ in DATES]]
    found = by_both(engine, log(tmp_path / "log.jsonl", rows))
    slots: dict[int, int] = {TEN // 3600: SAMPLED}
    for _, moment, _ in DATES:
        slot = -1 if moment is None else (microseconds(moment) or 0) // 3_600_000_000
        slots[slot] = slots.get(slot, 0) + 1
    assert {key[2]: sums[0] for key, sums in found.cube.hours.items()} == slots
    assert sum(found.lines.repaired.values()) == sum(repaired for _, _, repaired in DATES)


def test_days_as_numbers_in_parquet(tmp_path: Path, engine: str) -> None:
    path = tmp_path / "log.parquet"
    columns = "'m' AS model, 7 AS input_tokens, 1 AS output_tokens, 20260101::BIGINT AS timestamp"
    duckdb.sql("FROM range(3)").project(columns).write_parquet(str(path))
    found = by_both(engine, path, by_sql=False)
    assert {key[2] for key in found.cube.hours} == {(microseconds("2026-01-01") or 0) // 3_600_000_000}


def test_the_largest_count_in_a_large_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read as a float, 2^53 + 1 is 2^53: both are beyond the bound."""
    monkeypatch.setattr(session, "EXACT_BELOW_BYTES", 0)
    rows = [{**ROW, "input_tokens": each} for each in (*[5] * SAMPLED, 2**53 - 1, 2**53, 2**53 + 1)]
    path = log(tmp_path / "log.jsonl", rows)
    for read in (line_by_line, by_duckdb.read):
        found = read_by(read, path, Request())
        assert (found.cube.total.input, found.lines.rejected) == (
            5 * SAMPLED + 2**53 - 1,
            {"input tokens are beyond any log": 2},
        )


NO_PLAIN_NUMBERS = [
    "600",
    "6,00",
    "abc",
    "0x10",
    "null",
    "12.000",
    "",
    [600],
    {"a": 600},
    True,
    False,
    None,
    0,
    1,
    0.5,
    -1,
]


@pytest.mark.parametrize("everywhere", [True, False], ids=["in every line", "in some lines"])
@pytest.mark.parametrize("field", ["input_tokens", "cached_tokens", "total_tokens", "cost"])
@pytest.mark.parametrize("written", NO_PLAIN_NUMBERS, ids=repr)
def test_a_count_that_is_no_plain_number_in_a_large_file(
    tmp_path: Path, written: Any, field: str, everywhere: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Text, lists and truths are told from numbers beyond the first lines too, where a number is read as such."""
    monkeypatch.setattr(session, "EXACT_BELOW_BYTES", 0)
    full = {**ROW, "input_tokens": 1000, "cached_tokens": 600, "total_tokens": 1010, "cost": 0.5}
    others = full if everywhere else {key: value for key, value in full.items() if key in ROW}
    path = log(tmp_path / "log.jsonl", [*[full, others] * (SAMPLED * 2), {**full, field: written}, full, others])
    request = Request(convention=NAMED["inclusive"])
    ours, other = read_by(line_by_line, path, request), read_by(by_duckdb.read, path, request)
    assert (other.cube.hours, other.cube.sizes, other.notes) == (ours.cube.hours, ours.cube.sizes, [])
    assert [file.lines for file in other.files] == [file.lines for file in ours.files]
    plain = 4 * SAMPLED + 2
    assert plain <= ours.lines.counts.accepted <= plain + 1
    assert ours.lines.counts.accepted + sum(ours.lines.rejected.values()) == plain + 1


def test_another_name_of_a_count_that_all_first_lines_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "EXACT_BELOW_BYTES", 0)
    full = {**ROW, "cached_tokens": 60, "total_tokens": 110}
    renamed = {"cache_read_tokens" if key == "cached_tokens" else key: value for key, value in full.items()}
    for first in ([full], [full, {**full, "task": "t"}]):  # alike, and not
        path = log(tmp_path / "log.jsonl", [*first * SAMPLED, renamed])
        found = read_by(by_duckdb.read, path, Request(convention=NAMED["inclusive"]))
        assert found.cube.total.cache_read == 60 * (len(first) * SAMPLED + 1)


def test_no_number_in_parquet(engine: str) -> None:
    """Six calls, each but the first with NaN: as input, output, cached tokens, time and cost.

    The file's statistics leave NaN out, as its writer's do; a cost or a time that is no number is put right.
    """
    path = Path(__file__).parent.parent / "data" / "usage" / "no_number.parquet"
    found = by_both(engine, path, by_sql=False, convention=NAMED["inclusive"])
    assert (found.lines.counts.accepted, sum(found.lines.rejected.values())) == (3, 3)
    assert (found.cube.total.cache_read, found.cube.total.uncached_input) == (3 * 600, 3 * (1000 - 600))
    assert found.cube.total.recorded_calls == 2
    assert {key[2]: sums[0] for key, sums in found.cube.hours.items()} == {TEN // 3600: 2, -1: 1}


def test_what_stands_around_a_document(tmp_path: Path, engine: str) -> None:
    """A form feed and a vertical tab are blanks, other odd characters are not; a second object makes it no document."""
    row = json.dumps(ROW).encode()
    blanks = [b"\f", b"\v", b" \t\f", b"\x0b\x0c "]
    others = [b"\x1c", "\u00a0".encode(), b"\x00", b"x", row]
    rows = [row, *blanks, *(row + each for each in blanks), *(each + row for each in blanks)]
    rows += [*others[:-1], *(row + each for each in others), {**ROW, "input_tokens": -1}]
    found = by_both(engine, log(tmp_path / "log.jsonl", rows))
    assert found.lines.counts.accepted == 1 + 4 + 4
    assert found.lines.rejected == {"not JSON": 4 + 5, "input tokens are negative": 1}
