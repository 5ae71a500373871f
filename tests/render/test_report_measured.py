"""The report on a scenario whose traffic is measured from logs."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import pytest
from command_line import Call, Run, run, run_all
from report_pages import (
    DAY,
    ROOT,
    check_table,
    check_well_formed,
    points_of,
    report,
    rows_of,
    unpacked,
)

from llmcost.render import figures

LOGS = str(ROOT / "tests" / "data" / "usage" / "exgentic_agent_calls.jsonl.gz")
SAME = ("--priced-as", "azure/Kimi-K2.5=kimi-k2.5", "--priced-as", "azure/DeepSeek-V3.2=deepseek-v3.2")
AGENT = str(ROOT / "examples" / "agent-traffic.yaml")


@pytest.fixture(scope="module")
def measured() -> dict[str, Run]:
    """The report on a logged workload, and what `usage` and `compare` say of the same log."""
    asked = (*SAME, *DAY)
    return run_all(
        {
            "html": Call(("report", AGENT, "--usage", LOGS, *asked, "-f", "html")),
            "markdown": Call(("report", AGENT, "--usage", LOGS, *asked, "-f", "markdown")),
            "usage": Call(("usage", LOGS, *asked, "-f", "json")),
            "compare": Call(("compare", AGENT, "--usage", LOGS, *asked, "-f", "json")),
        }
    )


def table_of(page: str, caption: str) -> list[list[str]]:
    """The rows of the table with this caption."""
    body = re.search(rf"<caption>{re.escape(caption)}</caption>.*?<tbody>(.*?)</tbody>", page, re.DOTALL)
    assert body is not None, caption
    rows = re.findall(r"<tr>(.*?)</tr>", body[1])
    return [[unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]


def test_measured_traffic_stands_in_the_report(measured: dict[str, Run]) -> None:
    """Hours, sizes and models are those of `usage`, the re-priced traffic and the table those of `compare --usage`."""
    page, usage, compared = measured["html"].out, measured["usage"].result, measured["compare"].result
    check_well_formed(page)
    check_table(page, compared)
    hours = table_of(page, "When the calls come: the numbers")
    assert [row[1] for row in hours] == [f"{calls:,}" for calls in usage["hours"]["by_hour_of_day"]]
    sizes = {row[0]: row[1:] for row in table_of(page, "Sizes")}
    for kind in ("prompt", "output"):
        assert sizes[kind] == [figures.count(usage["sizes"][kind][p]) for p in ("p50", "p95", "p99", "largest")]
    models = table_of(page, "By model")
    assert [row[0] for row in models] == [each["model"] for each in usage["models"]]
    assert [row[9] for row in models] == [figures.usd(each["cost"]) for each in usage["models"]]
    traffic = compared["traffic"]
    first = re.search(r"<caption>(2,294 calls in [^<]*)</caption>", page)
    assert first is not None
    repriced = {row[0]: row[1] for row in table_of(page, first[1])}
    assert repriced["as logged, at today's prices"] == figures.usd(traffic["cost"])
    for each in traffic["architectures"]:
        assert repriced[each["name"]] == figures.usd(each["cost"])


def test_measured_traffic_stands_in_markdown_too(measured: dict[str, Run]) -> None:
    text = measured["markdown"].out
    assert "## What was measured" in text
    assert "2,294 calls" in text
    assert figures.usd(measured["usage"].result["cost"]) in text


def test_a_scenario_that_names_its_logs_needs_no_flag(tmp_path: Path, measured: dict[str, Run]) -> None:
    scenario = tmp_path / "agent.yaml"
    body = Path(AGENT).read_text(encoding="utf-8") + f"\nusage: {LOGS}\n"
    scenario.write_text(body, encoding="utf-8")
    page = report(str(scenario), *SAME, "-f", "html").out
    assert rows_of(page, 'id="compared"') == rows_of(measured["html"].out, 'id="compared"')
    assert "What was measured" in page


def test_volume_moves_measured_traffic_as_a_flag_does(measured: dict[str, Run]) -> None:
    """The lever keeps what the calls are like, and moves how many there are: as `--requests` beside `--usage`."""
    document = json.loads(points_of(measured["html"].out))
    lever = next(each for each in document["levers"] if each["key"] == "volume")
    for index in (0, 30):
        asked = ("--usage", LOGS, "--requests", repr(lever["points"][index]), *SAME, *DAY)
        said = run("compare", AGENT, *asked, "-f", "json").result
        for packed, row in zip(lever["figures"]["total_cost"], said["architectures"], strict=True):
            assert unpacked(packed, lever["points"], index) == pytest.approx(row["total_cost"], rel=5e-7)
