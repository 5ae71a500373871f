"""Outcome files as teams have them: long or wide, CSV or JSONL, with gaps, doubles and bad cells."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from command_line import run
from hypothesis import given
from hypothesis import strategies as st

from llmcost import InputError
from llmcost.quality.outcomes import Reading, read_outcomes

LONG = ["query_id,model,score,input_tokens,output_tokens"] + [
    f"q{q},{m},{score},{100 + q},{20 + q}" for q in range(4) for m, score in (("a", q % 2), ("b", 1))
]
WIDE = ["query_id,a_score,a_in,a_out,b_score,b_in,b_out"] + [
    f"q{q},{q % 2},{100 + q},{20 + q},1,{100 + q},{20 + q}" for q in range(4)
]


def written(folder: Path, lines: list[str], name: str = "outcomes.csv") -> str:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def same(first: Any, second: Any) -> None:
    assert first.models == second.models
    assert first.queries == second.queries
    np.testing.assert_array_equal(first.scores, second.scores)
    for field in ("input_tokens", "output_tokens"):
        np.testing.assert_array_equal(first.fields[field], second.fields[field])


def test_long_wide_and_jsonl_say_the_same(tmp_path: Path) -> None:
    long = read_outcomes(written(tmp_path, LONG))
    same(long, read_outcomes(written(tmp_path, WIDE)))
    keys = LONG[0].split(",")
    rows = [dict(zip(keys, line.split(","), strict=True)) for line in LONG[1:]]
    objects = [json.dumps(row | {"score": int(row["score"])}) for row in rows]
    same(long, read_outcomes(written(tmp_path, objects, "outcomes.jsonl")))


def test_the_order_of_the_rows_changes_nothing(tmp_path: Path) -> None:
    rows = LONG[1:]
    rows.sort(key=lambda row: row[::-1])
    same(read_outcomes(written(tmp_path, LONG)), read_outcomes(written(tmp_path, [LONG[0], *rows], "other.csv")))


def test_a_shuffled_file_prints_the_same_document(tmp_path: Path) -> None:
    rows = LONG[1:]
    rows.reverse()
    flags = (
        "--price",
        "a.input=1",
        "--price",
        "a.output=2",
        "--price",
        "b.input=3",
        "--price",
        "b.output=4",
        "-f",
        "json",
    )
    first = run("frontier", written(tmp_path, LONG), *flags)
    second = run("frontier", written(tmp_path, [LONG[0], *rows], "other.csv"), *flags)
    assert first.result == second.result


def test_plain_columns_are_scores_where_nothing_else_is(tmp_path: Path) -> None:
    found = read_outcomes(written(tmp_path, ["sample_id,prompt,gpt-4,mixtral", "1,hello,1,0", "2,there,0.5,1"]))
    assert found.models == ["gpt-4", "mixtral"]
    np.testing.assert_array_equal(found.scores, [[1, 0.5], [0, 1]])
    assert found.unread == ["prompt"]


def test_columns_may_be_named(tmp_path: Path) -> None:
    path = written(tmp_path, ["item,system,acc", "1,x,1", "1,y,0"])
    found = read_outcomes(path, Reading({"query_id": "item", "model": "system", "score": "acc"}, {"x": "gpt-4"}))
    assert found.models == ["gpt-4", "y"]


def test_ids_repeat_across_tasks(tmp_path: Path) -> None:
    found = read_outcomes(written(tmp_path, ["task,query_id,model,score", "t,1,a,1", "u,1,a,0"]))
    assert found.scores.shape == (1, 2)
    assert found.duplicates == 0
    assert found.tasks == ["t", "u"]


def test_missing_and_duplicate_rows_are_counted_and_named(tmp_path: Path) -> None:
    path = written(tmp_path, [*LONG[:-1], LONG[1]])
    found = read_outcomes(path)
    assert found.missing == {"b": 1}
    assert (found.duplicates, found.duplicate_names) == (1, ["q0 (a)"])
    flags = ("--price", "a.input=1", "--price", "a.output=2", "--price", "b.input=3", "--price", "b.output=4")
    done = run("frontier", path, *flags, "-f", "json")
    said = {warning["code"]: warning["message"] for warning in done.document["warnings"]}
    assert "1 of 4 queries are left out" in said["missing_rows"] and "b lacks 1 (such as q3)" in said["missing_rows"]
    assert "1 duplicate rows" in said["duplicate_rows"] and "q0 (a)" in said["duplicate_rows"]
    assert done.result["counts"]["queries"] == 3


def test_doubles_that_differ_count_with_their_mean(tmp_path: Path) -> None:
    found = read_outcomes(written(tmp_path, ["query_id,model,score", "1,a,0", "1,a,1"]))
    assert found.scores[0, 0] == 0.5


@pytest.mark.parametrize("cell", ["nan", "", "NA", "null"])
def test_a_score_that_is_not_a_number_is_refused_unless_it_is_dropped(tmp_path: Path, cell: str) -> None:
    path = written(tmp_path, ["query_id,model,score", f"1,a,{cell}", "2,a,1", "1,b,1", "2,b,1"])
    with pytest.raises(InputError, match="1 score is not a number") as refused:
        read_outcomes(path)
    assert "outcomes.csv:2 (a)" in refused.value.what
    assert "--drop-missing" in refused.value.hint
    found = read_outcomes(path, Reading(drop_missing=True))
    assert (found.dropped, found.missing) == (1, {"a": 1})


@pytest.mark.parametrize(
    ("lines", "what", "where"),
    [
        (["query_id,model,score", "1,a,good"], "score is 'good', not a number", ":2"),
        (["query_id,model,score", "1,a,inf"], "score is infinite", ":2"),
        (["query_id,model,score,input_tokens", "1,a,1,-5"], "input_tokens is negative", ":2"),
        (["query_id,model,score", "1,a"], "a row has 2 cells under a header of 3", ":2"),
        (["query_id,model,score", "1,,1"], "a row names no model", ":2"),
        (["query_id,model", "1,a"], "the outcomes have no score", ":1"),
        (["query_id,query_id,score", "1,a,1"], "stands twice", ":1"),
        (["query_id,model,score"], "a header and no rows", ""),
        ([""], "the file is empty", ""),
    ],
)
def test_a_bad_file_is_refused_with_its_place(tmp_path: Path, lines: list[str], what: str, where: str) -> None:
    path = written(tmp_path, lines)
    with pytest.raises(InputError) as refused:
        read_outcomes(path)
    assert what in refused.value.what
    assert refused.value.where.endswith(where)
    assert refused.value.hint


def test_parquet_without_its_reader_says_what_to_install(tmp_path: Path) -> None:
    pytest.importorskip("numpy")
    try:
        import pyarrow  # type: ignore[import-not-found, unused-ignore]  # noqa: F401
    except ImportError:
        with pytest.raises(InputError) as refused:
            read_outcomes(str(tmp_path / "outcomes.parquet"))
        assert "llmcost-cli[parquet]" in refused.value.hint
    else:
        pytest.skip("pyarrow is installed")


def test_eleven_models_and_fourteen_thousand_rows(tmp_path: Path) -> None:
    """Binary and graded scores in one long file."""
    generator = np.random.default_rng(0)
    lines = ["query_id,model,score,input_tokens,output_tokens"]
    for q in range(14_000 // 11):
        for m in range(11):
            graded = m % 2 == 0
            score = round(float(generator.random()), 3) if graded else int(generator.random() < 0.5)
            lines.append(f"{q},model-{m},{score},{generator.integers(10, 900)},{generator.integers(1, 400)}")
    flags = [x for m in range(11) for x in ("--price", f"model-{m}.input={m + 1}", "--price", f"model-{m}.output=5")]
    done = run("frontier", written(tmp_path, lines), *flags, "-f", "json", "--min-quality-kept", "95%")
    assert len(done.result["models"]) == 11
    assert done.result["joint"] == []
    assert done.result["counts"]["queries"] == 14_000 // 11
    assert done.result["cheapest"]["hull"]["quality_kept"] >= 0.95 - 1e-9


CELLS = st.sampled_from(["0", "1", "0.5", "17", "3.25", "-1", "1e-3", "+2", " 4 ", ".5", "5.", "0.1", "123456789012.5"])


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=20), st.booleans(), st.booleans())
def test_plain_rows_are_read_as_the_csv_module_reads_them(
    rows: list[tuple[str, str]], crlf: bool, last_line_ends: bool
) -> None:
    """Cutting the bytes and reading digits gives what csv and float give, whatever the line ends."""
    end = "\r\n" if crlf else "\n"
    plain = end.join(["query_id,a_score,b_score", *(f"q{i},{x},{y}" for i, (x, y) in enumerate(rows))])
    quoted = end.join(["query_id,a_score,b_score", *(f'"q{i}",{x},{y}' for i, (x, y) in enumerate(rows))])
    with TemporaryDirectory() as folder:
        found = []
        for name, text in (("plain", plain), ("quoted", quoted)):
            path = Path(folder) / f"{name}.csv"
            path.write_bytes((text + end * last_line_ends).encode())
            found.append(read_outcomes(str(path)))
    assert found[0].queries == found[1].queries
    np.testing.assert_array_equal(found[0].scores, found[1].scores)
    by_id = {query: i for i, query in enumerate(found[0].queries)}
    for i, (x, y) in enumerate(rows):
        assert found[0].scores[:, by_id[f"q{i}"]].tolist() == [float(x), float(y)]


def test_a_quoted_cell_far_into_a_plain_file_is_read(tmp_path: Path) -> None:
    lines = [
        "query_id,model,score,prompt",
        *(f"{i},a,1,short" for i in range(3000)),
        '3000,a,0,"one, and\nanother line"',
    ]
    found = read_outcomes(written(tmp_path, lines))
    assert found.scores.shape == (1, 3001)
    assert found.scores.sum() == 3000


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    path.write_bytes(b"query_id,model,score\n\xe9,a,1\n")
    with pytest.raises(InputError, match="not UTF-8"):
        read_outcomes(str(path))


def test_standard_input_will_do() -> None:
    lines = "\n".join(WIDE) + "\n"
    done = run("gate", "-", "--from", "a", "--to", "b", "-f", "json", stdin=lines)
    assert done.code == 3
    assert done.result["average"]["difference"] == 0.5
