"""Tables as spreadsheets and warehouses write them: marks within numbers, separators, names in capitals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import run

from llmcost.usage.record import Rejected
from llmcost.usage.written_counts import added

AS_OF = ("--as-of", "2026-11-22")
POINT = "a point before three digits may be a mark of thousands"
MARKS = "thousands marks left out of numbers"
NO_NUMBER = "input tokens are no number"
CALL = {"model": "gpt-5", "timestamp": "2026-03-01T10:00:00Z", "input_tokens": 100, "output_tokens": 10}


@pytest.fixture(params=["duckdb"])
def engine(request: pytest.FixtureRequest) -> tuple[str, str]:
    return ("--engine", request.param)


def usage(path: Path, text: str, *more: str) -> dict[str, Any]:
    path.write_bytes(text.encode())
    return dict(run("usage", str(path), *more, *AS_OF, "-f", "json").result)


def table(*rows: str, separator: str = ",", header: str = "model,input_tokens,output_tokens") -> str:
    return "".join(row + "\n" for row in (header.replace(",", separator), *rows))


@pytest.mark.parametrize(
    ("written", "tokens", "repaired", "rejected"),
    [
        ("12000", 12_000, {}, {}),
        ("12.0", 12, {}, {}),
        ("1234.000", 1_234, {}, {}),  # four digits before the point: none that marks thousands
        ("0.000", 0, {}, {}),
        ("1,500", 1_500, {MARKS: 1}, {}),
        ("1,234,567", 1_234_567, {MARKS: 1}, {}),
        ("1,234.00", 1_234, {MARKS: 1}, {}),
        ("12.000", 0, {}, {POINT: 1}),
        ("1.234.567", 0, {}, {POINT: 1}),
        ("15,00", 0, {}, {NO_NUMBER: 1}),
        ("1,5", 0, {}, {NO_NUMBER: 1}),
        ("1234,567", 0, {}, {NO_NUMBER: 1}),
        ("1,23,456", 0, {}, {NO_NUMBER: 1}),
        ("1.234,50", 0, {}, {NO_NUMBER: 1}),
    ],
)
def test_marks_within_numbers(
    tmp_path: Path,
    engine: tuple[str, str],
    written: str,
    tokens: int,
    repaired: dict[str, int],
    rejected: dict[str, int],
) -> None:
    """Beside a row of 100 tokens, in a table and in JSON: what could be two numbers is none."""
    for text in (table(f"m;{written};1", "m;100;1", separator=";"), table(f'm,"{written}",1', "m,100,1")):
        found = usage(tmp_path / "log.csv", text, *engine)
        assert found["input_tokens"] == 100 + tokens
        assert (found["lines"]["repaired"], found["lines"]["rejected"]) == (repaired, rejected)
    lines = [json.dumps(CALL), json.dumps({**CALL, "input_tokens": written})]
    found = usage(tmp_path / "log.jsonl", "\n".join(lines) + "\n", *engine)
    assert (found["input_tokens"], found["lines"]["rejected"]) == (100 + tokens, rejected)
    assert sum(found["lines"]["repaired"].values()) == (not rejected)


def test_counts_that_a_format_splits_are_added_with_their_marks() -> None:
    assert added("1,500", 20) == "1,520"
    assert (added("15", 20), added(15, 20)) == ("35", 35)
    for written in ("12.000", "1,5", "15,00"):
        with pytest.raises(Rejected):
            added(written, 1)


def test_names_in_capitals(tmp_path: Path, engine: tuple[str, str]) -> None:
    """As Snowflake exports them; a column of sums is one in any letters, too."""
    named = {name.upper(): value for name, value in CALL.items()}
    text = ",".join(named) + "\n" + ",".join(map(str, named.values())) + "\n"
    for path, written in ((tmp_path / "log.csv", text), (tmp_path / "log.jsonl", json.dumps(named) + "\n")):
        found = usage(path, written, *engine)
        assert (found["format"], found["models"][0]["model"], found["input_tokens"]) == ("generic", "gpt-5", 100)
        assert found["period"]["first"] == "2026-03-01T10:00:00Z"
    mixed = table("m,100,10,7", header="Model,Input_Tokens,Output_Tokens,CALLS")
    assert usage(tmp_path / "log.csv", mixed, *engine)["calls"] == 7
    started = table("m,100,10,2026-03-01T10:00:00Z", header="MODEL,INPUT_TOKENS,OUTPUT_TOKENS,STARTTIME")
    assert usage(tmp_path / "log.csv", started, *engine)["period"]["first"] == "2026-03-01T10:00:00Z"


def test_names_in_capitals_in_parquet(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    columns = ", ".join(f"{json.dumps(value)} AS {name.upper()}".replace('"', "'") for name, value in CALL.items())
    duckdb.sql(f"SELECT {columns}").write_parquet(str(tmp_path / "log.parquet"))
    found = run("usage", str(tmp_path / "log.parquet"), *AS_OF, "-f", "json").result
    assert (found["format"], found["input_tokens"], found["calls"]) == ("generic", 100, 1)


@pytest.mark.parametrize(
    "text",
    [
        table("m|100|10", "m|20|2", separator="|"),
        "sep=;\r\n" + table("m;100;10", "m;20;2", separator=";").replace("\n", "\r\n"),
        '\ufeff"sep=|"\n' + table("m|100|10", "m|20|2", separator="|"),
        table("m,100,10", "m,20,2").replace("\n", "\r"),
    ],
)
def test_separators_and_line_ends(tmp_path: Path, text: str) -> None:
    found = usage(tmp_path / "log.csv", text)
    assert (found["calls"], found["input_tokens"], found["lines"]["rejected"]) == (2, 120, {})


def test_documents_one_after_another(tmp_path: Path) -> None:
    """As `jq .` prints them; what breaks off is one line that is counted as lost."""
    text = "".join(json.dumps({**CALL, "more": {"a": []}}, indent=2) + "\n" for _ in range(3))
    found = usage(tmp_path / "log.json", text)
    assert (found["calls"], found["input_tokens"], found["lines"]["rejected"]) == (3, 300, {})
    found = usage(tmp_path / "log.json", text[:-20])
    assert (found["calls"], found["lines"]["rejected"]) == (2, {"cut-off last line": 1})


def test_lines_of_json_that_end_in_cr_alone_are_named(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text("\r".join([json.dumps(CALL)] * 3) + "\r", newline="")
    done = run("usage", str(path), *AS_OF)
    assert done.code == 2 and "its lines end in CR alone" in done.err and "tr '\\r' '\\n'" in done.err


def test_a_row_over_two_lines_with_a_cell_too_many_is_one_row(tmp_path: Path) -> None:
    header = "model,input_tokens,output_tokens,note"
    found = usage(tmp_path / "log.csv", table('m,1,10,"a\nb",EXTRA', "m,100,10,x", header=header))
    assert (found["calls"], found["lines"]["rejected"]) == (1, {"too many cells": 1})
    found = usage(tmp_path / "log.csv", table('m,1,"a\nb"', "m,100,10,x", header=header))
    assert (found["calls"], found["lines"]["rejected"]) == (1, {"too few cells": 1})
