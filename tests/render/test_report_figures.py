"""The figures of the report are those of `compare`, `tco`, `breakeven` and `sensitivity`."""

from __future__ import annotations

import json
import math
import re
from html import unescape
from typing import Any

import pytest
from command_line import Call, run, run_all
from report_pages import (
    DAY,
    EXAMPLES,
    NAMES,
    ROOT,
    check_table,
    points_of,
    read,
    unpacked,
)
from sample import as_text, sample, uncertain_sample

from llmcost.render import figures

# ---- the figures -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def compared() -> dict[str, Any]:
    """What `compare` says of the same scenarios."""
    calls = {path.stem: Call(("compare", str(path), "-f", "json", *DAY)) for path in EXAMPLES}
    calls["sample"] = Call(("compare", "-", "-f", "json", *DAY), as_text(sample()))
    calls["uncertain"] = Call(("compare", "-", "-f", "json", *DAY), as_text(uncertain_sample()))
    return {name: done.result for name, done in run_all(calls).items()}


@pytest.mark.parametrize("name", NAMES)
def test_the_table_is_compares(name: str, pages: dict[str, str], compared: dict[str, Any]) -> None:
    check_table(pages[name], compared[name])


@pytest.mark.parametrize("name", NAMES)
def test_the_sentence_and_the_winner_are_compares(name: str, pages: dict[str, str], compared: dict[str, Any]) -> None:
    text = "".join(read(pages[name]).text)
    assert compared[name]["sentence"] in text
    marked = re.findall(r'<tr role="row" class="best"><th[^>]*><b[^>]*>\w+</b> <bdi>(.*?)</bdi>', pages[name])
    assert [unescape(each) for each in marked] == ([compared[name]["cheapest"]] if compared[name]["cheapest"] else [])


def test_the_months_are_the_months_of_tco(pages: dict[str, str]) -> None:
    """Where nothing is a range, the chart's numbers are the cumulative costs of `tco`, month by month."""
    body = re.search(
        r"Cumulative cost over 6 months: the numbers</caption>.*?<tbody>(.*?)</tbody>", pages["sample"], re.DOTALL
    )
    assert body is not None
    shown = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall(r"<tr>(.*?)</tr>", body[1])]
    names = list(sample()["architectures"])
    calls = {name: Call(("tco", "-", "--architecture", name, "-f", "json", *DAY), as_text(sample())) for name in names}
    owned = {name: done.result for name, done in run_all(calls).items()}
    assert [row[0] for row in shown] == ["0", "1", "2", "3", "4", "5", "6"]
    for column, name in enumerate(names, start=1):
        expected = [owned[name]["one_time_cost"], *(month["cumulative_cost"] for month in owned[name]["months"])]
        assert [row[column] for row in shown] == [figures.usd(value) for value in expected]


@pytest.mark.parametrize("name", ["support-assistant", "post-moderation", "whole-gpus"])
def test_the_volumes_are_those_of_breakeven(name: str, pages: dict[str, str]) -> None:
    """The same intervals, to the last request, though the page's come from totals that it knows already."""
    body = re.search(r"at which volume: the numbers</caption>.*?<tbody>(.*?)</tbody>", pages[name], re.DOTALL)
    assert body is not None
    shown = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall(r"<tr>(.*?)</tr>", body[1])]
    said = run("breakeven", str(ROOT / "examples" / f"{name}.yaml"), "-f", "json", *DAY).result["intervals"]
    ends = [each["to_requests_per_month"] for each in said]
    expected = [
        [f"{each['from_requests_per_month']:,}", "and beyond" if end is None else f"{end:,}", each["cheapest"]]
        for each, end in zip(said, ends, strict=True)
    ]
    assert shown == expected[:60]
    assert len(shown) > 1


def test_what_to_measure_is_what_sensitivity_says(pages: dict[str, str]) -> None:
    """The pair in question is named, and the command says the same of the same pair."""
    text = "".join(read(pages["vehicle-voice"]).text)
    pair = re.search(r"does to the lead of (\S+) over (\S+), and what", text)
    assert pair is not None
    example = str(ROOT / "examples" / "vehicle-voice.yaml")
    said = run("sensitivity", example, "-f", "json", *DAY).result
    assert (said["challenger"], said["against"]) == (pair[1], pair[2])
    assert said["sentence"] in text
    for row in said["inputs"]:
        if row["swing"]:
            assert figures.usd(row["swing"]) in text


# ---- the points ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_at_todays_values_the_points_are_the_comparison(
    name: str, pages: dict[str, str], compared: dict[str, Any]
) -> None:
    """Each lever, where the scenario has it, gives the point calculation of `compare` to six digits."""
    if 'id="points"' not in pages[name]:
        pytest.fail("this example has no lever")
    document = json.loads(points_of(pages[name]))
    rows = compared[name]["architectures"]
    assert document["names"] == [row["name"] for row in rows]
    assert document["levers"]
    for lever in document["levers"]:
        for field, series in lever["figures"].items():
            for packed, row in zip(series, rows, strict=True):
                found = unpacked(packed, lever["points"], lever["today"])
                expected = row.get(f"{field}_point", row[field])
                if field == "payback_month" and found == 0:
                    found = None
                assert (found is None) == (expected is None), (lever["key"], row["name"], field)
                if expected is not None and found is not None:
                    assert math.isclose(found, expected, rel_tol=5e-7, abs_tol=1e-6), (lever["key"], row["name"], field)
        cheapest = lever["cheapest"][lever["today"]]
        assert (document["names"][cheapest] if cheapest >= 0 else None) == compared[name]["cheapest"]
