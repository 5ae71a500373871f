"""The report without a browser: one well-formed file under its policy, the figures those of `compare`."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from command_line import Call, Run, run, run_all
from sample import as_text, sample, uncertain_sample

from llmcost.render import figures
from llmcost.render.markup import Markup, escaped, tag

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path for path in (ROOT / "examples").glob("*.yaml"))
DAY = ("--as-of", "2026-11-22")
VOID = {"meta", "link", "input", "br", "hr", "img"}
LARGEST = 300_000
SAYS = {
    "one_time_cost": figures.usd,
    "monthly_cost": figures.usd,
    "total_cost": figures.usd,
    "cost_per_mtok": figures.usd,
    "saving": figures.usd,
}


class Reader(HTMLParser):
    """Checks that every element is closed in its turn, and keeps what the tests ask about."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.ids: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        assert len({key for key, _ in attributes}) == len(attributes), f"{name} repeats an attribute"
        self.elements.append((name, dict(attributes)))
        self.ids += [value or "" for key, value in attributes if key == "id"]
        if name not in VOID:
            self.open.append(name)

    def handle_endtag(self, name: str) -> None:
        assert self.open, f"</{name}> closes nothing"
        assert self.open.pop() == name, f"</{name}> out of turn"

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def report(*arguments: str, stdin: str | None = None) -> Run:
    done = run("report", *arguments, *DAY, stdin=stdin)
    assert done.code in (0, 3), done.err
    return done


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    """The report on every example, on the sample and on the sample with ranges."""
    calls = {path.stem: Call(("report", str(path), "-f", "html", *DAY)) for path in EXAMPLES}
    calls["sample"] = Call(("report", "-", "-f", "html", *DAY), as_text(sample()))
    calls["uncertain"] = Call(("report", "-", "-f", "html", *DAY), as_text(uncertain_sample()))
    runs = run_all(calls)
    assert all(done.code in (0, 3) for done in runs.values()), {
        name: r.err for name, r in runs.items() if r.code not in (0, 3)
    }
    return {name: done.out for name, done in runs.items()}


NAMES = [*(path.stem for path in EXAMPLES), "sample", "uncertain"]


# ---- the file --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_it_is_one_well_formed_file(name: str, pages: dict[str, str]) -> None:
    """Every element closed, every id once, every reference to an id met, nothing loaded from anywhere."""
    reader = read(pages[name])
    assert len(reader.ids) == len(set(reader.ids))
    for element, attributes in reader.elements:
        assert not any(key == "style" or key.startswith("on") for key in attributes), (element, attributes)
        assert "src" not in attributes
        if "points" in attributes:
            assert re.fullmatch(r"(-?[\d.]+,-?[\d.]+ ?)+", attributes["points"] or ""), element
        for key in ("for", "aria-labelledby", "aria-describedby"):
            for each in (attributes.get(key) or "").split():
                assert each in reader.ids, (element, key, each)
        if "href" in attributes:
            address = attributes["href"] or ""
            inside = address == "data:," or (address.startswith("#") and address[1:] in reader.ids)
            assert inside or (element == "a" and address.startswith("https://")), address


@pytest.mark.parametrize("name", NAMES)
def test_its_policy_lets_in_what_it_holds_and_nothing_else(name: str, pages: dict[str, str]) -> None:
    """The hashes are those of the one style and the one script that are there."""
    reader = read(pages[name])
    policy = next(a["content"] or "" for e, a in reader.elements if a.get("http-equiv") == "Content-Security-Policy")
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    style = re.findall(r"<style>(.*?)</style>", pages[name], re.DOTALL)
    script = re.findall(r"<script>(.*?)</script>", pages[name], re.DOTALL)
    assert rules["default-src"] == "'none'"
    assert [rules["style-src"]] == [_hash(text) for text in style]
    assert [rules["script-src"]] == ([_hash(text) for text in script] or ["'none'"])
    assert rules["base-uri"] == rules["form-action"] == "'none'"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@pytest.mark.parametrize("name", NAMES)
def test_it_is_small(name: str, pages: dict[str, str]) -> None:
    assert len(pages[name].encode()) < LARGEST


def test_the_same_scenario_gives_the_same_bytes(pages: dict[str, str]) -> None:
    again = report("-", "-f", "html", stdin=as_text(uncertain_sample())).out
    assert again == pages["uncertain"]


def test_eight_architectures_over_three_years_stay_under_300_kb() -> None:
    done = report(str(ROOT / "examples" / "support-assistant.yaml"), "--horizon", "36", "-f", "html")
    assert len(json.loads(_points(done.out))["names"]) == 8
    assert len(done.out.encode()) < LARGEST


def test_every_chart_has_a_name_a_description_and_its_numbers(pages: dict[str, str]) -> None:
    page = pages["support-assistant"]
    figures_ = re.findall(r"<figure>(<svg.*?</svg>)</figure>(.*?)</section>", page, re.DOTALL)
    assert len(figures_) == 6  # totals, months, volumes, moves, quality, what to measure
    for drawing, rest in figures_:
        assert re.search(
            r'<svg [^>]*role="img"[^>]*>\s*<title id="[^"]+">[^<]+</title><desc id="[^"]+">[^<]{20,}</desc>', drawing
        )
        assert "<summary>In words</summary>" in rest
        assert "<summary>The numbers</summary><div" in rest


def test_colours_are_dark_and_light_enough() -> None:
    """Text against what it stands on at least 4.5 : 1, lines and bars at least 3 : 1, in both schemes (WCAG 2.2)."""
    css = (ROOT / "src/llmcost/render/report/page.css").read_text(encoding="utf-8")
    light, dark = (
        dict(re.findall(r"--([a-z0-9]+): (#[0-9a-f]{6})", block))
        for block in re.findall(r":root \{(.*?)\}", css, re.DOTALL)[:2]
    )
    assert set(light) == set(dark) >= {"paper", "card", "ink", "soft", "accent", "best", *(f"c{i}" for i in range(8))}
    for scheme in (light, dark):
        for ground in ("paper", "card", "best"):
            for text in ("ink", "soft"):
                assert _contrast(scheme[text], scheme[ground]) >= 4.5, (text, ground)
        assert _contrast(scheme["accent"], scheme["paper"]) >= 4.5
        for i in range(8):
            assert _contrast(scheme[f"c{i}"], scheme["paper"]) >= 3, i


def _contrast(one: str, other: str) -> float:
    """WCAG's ratio of relative luminances: (L1 + .05) / (L2 + .05)."""
    lights = []
    for colour in (one, other):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        lights.append(0.2126 * r + 0.7152 * g + 0.0722 * b)
    return (max(lights) + 0.05) / (min(lights) + 0.05)


# ---- the figures -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def compared() -> dict[str, Any]:
    """What `compare` says of the same scenarios."""
    calls = {path.stem: Call(("compare", str(path), "-f", "json", *DAY)) for path in EXAMPLES}
    calls["sample"] = Call(("compare", "-", "-f", "json", *DAY), as_text(sample()))
    calls["uncertain"] = Call(("compare", "-", "-f", "json", *DAY), as_text(uncertain_sample()))
    return {name: done.result for name, done in run_all(calls).items()}


def rows_of(page: str, table: str) -> list[list[str]]:
    """The cells of a table's body, small print apart."""
    body = re.search(rf"<table[^>]*{table}[^>]*>.*?<tbody[^>]*>(.*?)</tbody>", page, re.DOTALL)
    assert body is not None, table
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", body[1], re.DOTALL)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [
        [unescape(re.sub(r"<[^>]*>", "", re.sub(r"<small>.*?</small>", "", cell))) for cell in row] for row in cells
    ]


def spreads_of(page: str) -> list[list[str]]:
    """The small print of the comparison: each row's ranges."""
    body = re.search(r'<table[^>]*id="compared"[^>]*>.*?<tbody[^>]*>(.*?)</tbody>', page, re.DOTALL)
    assert body is not None
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", body[1], re.DOTALL)
    return [[unescape(small) for small in re.findall(r"<small>(.*?)</small>", row)][1:] for row in rows]


@pytest.mark.parametrize("name", NAMES)
def test_the_table_is_compares(name: str, pages: dict[str, str], compared: dict[str, Any]) -> None:
    """Every figure of every row is the one in the JSON, the ranges beneath are its P5 and P95."""
    said = compared[name]
    rows, spreads = rows_of(pages[name], 'id="compared"'), spreads_of(pages[name])
    assert len(rows) == len(said["architectures"])
    for cells, small, row in zip(rows, spreads, said["architectures"], strict=True):
        base = row["name"] == said["baseline"]
        assert cells[0].endswith(row["name"])
        for position, field in enumerate(("one_time_cost", "monthly_cost", "total_cost", "cost_per_mtok"), start=1):
            assert cells[position] in worded(figures.usd, row[field]), field
        saving, _, part = cells[5].partition(" (")
        assert saving in ([""] if base else worded(figures.usd, row["saving"]))
        known = not base and row["saving_share"] is not None
        assert part.rstrip(")") in (worded(figures.share, row["saving_share"]) if known else [""])
        bound = row["cascade"] and row["cascade"]["quality_kept_bound"]
        assert cells[6] == (
            f"{figures.share(bound[0])} to {figures.share(bound[1])}" if bound else figures.share(row["quality_kept"])
        )
        never = "never" if row.get("total_cost_point", row["total_cost"]) is not None else "–"
        month = never if row["payback_month"] is None else f"month {row['payback_month']:g}"
        assert cells[7] == ("" if base else month)
        if row["chance_cheapest"] is not None:
            assert cells[8] == f"{row['chance_cheapest']:.0%}"
        assert [text for text in small if text in _ranges(row)] == small


def worded(form: Callable[[float | None], str], value: float | None) -> set[str]:
    """A figure as it is written; JSON's ten digits may have moved one that lies between two roundings."""
    return {form(value)} if value is None else {form(value * (1 + turn * 1e-9)) for turn in (-1, 0, 1)}


def _ranges(row: dict[str, Any]) -> set[str]:
    """How each range of a row is written."""
    found = {"a bound"}
    for field in (*SAYS, "quality_kept", "payback_month"):
        low, high = row.get(f"{field}_range", (None, None))
        form = {"quality_kept": figures.share, "payback_month": figures.month}.get(field, figures.usd)
        found.add(f"{form(low)} to {form(high)}")
    return found


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
    """The pair in question is named, and the command on that pair says the same sentence."""
    text = "".join(read(pages["vehicle-voice"]).text)
    pair = re.search(r"does to the lead of (\S+) over (\S+), and what", text)
    assert pair is not None
    example = str(ROOT / "examples" / "vehicle-voice.yaml")
    said = run("sensitivity", example, "--challenger", pair[1], "--against", pair[2], "-f", "json", *DAY).result
    assert said["sentence"] in text
    for row in said["inputs"]:
        if row["swing"]:
            assert figures.usd(row["swing"]) in text


# ---- the points ------------------------------------------------------------------------------------


def _points(page: str) -> str:
    found = re.search(r'<script type="application/json" id="points">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return found[1]


def unpacked(series: Any, points: list[float], position: int) -> float | None:
    """A series at a point, as page.js reads it."""
    if not isinstance(series, list):
        return series  # type: ignore[no-any-return]
    if len(series) == 2:
        way = (points[position] - points[0]) / (points[-1] - points[0])
        return series[0] + (series[1] - series[0]) * way  # type: ignore[no-any-return]
    low, high, codes = series
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    wide = len(codes) // len(points)
    whole = 0
    for letter in codes[position * wide : (position + 1) * wide]:
        whole = whole * 64 + alphabet.index(letter)
    return low + (high - low) * (whole / (64**wide - 1))  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", NAMES)
def test_at_todays_values_the_points_are_the_comparison(
    name: str, pages: dict[str, str], compared: dict[str, Any]
) -> None:
    """Each lever, where the scenario has it, gives the point calculation of `compare` to six digits."""
    if 'id="points"' not in pages[name]:
        pytest.fail("this example has no lever")
    document = json.loads(_points(pages[name]))
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


# ---- scenarios that lack something -------------------------------------------------------------------

PRICES = {"p": {"input_per_mtok": 1, "output_per_mtok": 5}, "q": {"input_per_mtok": 3, "output_per_mtok": 15}}
WORKLOAD = {"requests_per_month": "1M", "input_tokens": 1000, "output_tokens": 200}
TWO = {"a": {"kind": "api", "model": "p"}, "b": {"kind": "api", "model": "q"}}
BUILT = {
    name: {"kind": "fine_tuned", "build": {"x": cost}, "monthly": {"h": 100}}
    for name, cost in (("t", "1k..2k"), ("u", 500))
}
SPARSE: dict[str, dict[str, Any]] = {
    "one architecture": {"architectures": {"a": TWO["a"]}, "prices": {"p": PRICES["p"]}},
    "a month's tokens alone, one a range": {
        "workload": {"monthly_input_tokens": "1B", "monthly_output_tokens": "200M..400M"}
    },
    "no workload": {"workload": None, "prices": None, "architectures": BUILT},
    "a single month": {"horizon_months": 1},
    "fifty years": {"horizon_months": 600},
    "no requests": {"workload": {**WORKLOAD, "requests_per_month": 0}},
    "a range of requests": {"workload": {**WORKLOAD, "requests_per_month": "0.5M..2M"}},
    "the rest of a mix": {"architectures": {**TWO, "r": {"kind": "routed", "mix": {"p": "rest", "q": "30%"}}}},
    "a mix of ranges": {"architectures": {**TWO, "r": {"kind": "routed", "mix": {"p": "60%..80%", "q": "20%..40%"}}}},
    "more architectures than letters": {
        "architectures": {f"a{i}": {"kind": "api", "model": "pq"[i % 2]} for i in range(30)}
    },
    "nothing to pay": {"prices": {key: {"input_per_mtok": 0, "output_per_mtok": 0} for key in "pq"}},
    "a model that retires": {
        "prices": None,
        "architectures": {"a": {"kind": "api", "model": "gpt-5.4-mini"}, "b": {"kind": "api", "model": "gpt-4.1-mini"}},
    },
    "prices that fall by nine tenths": {"api_price_change_per_year": "-90%"},
    "a discount rate that is a range": {"discount_rate": "8%..12%"},
    "a baseline of no quality": {"quality": {"p": 0, "q": 0.5}, "baseline": "a"},
    "a name of 2,000 letters": {"name": "x" * 2000},
}


@pytest.fixture(scope="module")
def sparse() -> dict[str, Run]:
    calls = {}
    for name, changes in SPARSE.items():
        whole = {"start": "2026-12", "prices": PRICES, "workload": WORKLOAD, "architectures": TWO, **changes}
        text = as_text({key: value for key, value in whole.items() if value is not None})
        calls |= {f"{name} {form}": Call(("report", "-", "-f", form, *DAY), text) for form in ("html", "markdown")}
    return run_all(calls)


@pytest.mark.parametrize("name", SPARSE)
def test_what_a_scenario_lacks_is_left_out(name: str, sparse: dict[str, Run]) -> None:
    """The page is whole and well formed; every section that it links to is there."""
    for form in ("html", "markdown"):
        assert sparse[f"{name} {form}"].code == 0, sparse[f"{name} {form}"].err
    page = sparse[f"{name} html"].out
    test_it_is_one_well_formed_file(name, {name: page})
    reader = read(page)
    assert all(f"#{key}" in page for key in reader.ids if key in ("side", "totals", "flips", "gates", "basis", "again"))
    assert "nan" not in page.partition("<script")[0].lower().replace("finance", "").split()
    assert ">None<" not in page
    assert "NaN" not in page


# ---- measured traffic --------------------------------------------------------------------------------

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
    test_it_is_one_well_formed_file("measured", {"measured": page})
    test_the_table_is_compares("measured", {"measured": page}, {"measured": compared})
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
    document = json.loads(_points(measured["html"].out))
    lever = next(each for each in document["levers"] if each["key"] == "volume")
    for index in (0, 30):
        asked = ("--usage", LOGS, "--requests", repr(lever["points"][index]), *SAME, *DAY)
        said = run("compare", AGENT, *asked, "-f", "json").result
        for packed, row in zip(lever["figures"]["total_cost"], said["architectures"], strict=True):
            assert unpacked(packed, lever["points"], index) == pytest.approx(row["total_cost"], rel=5e-7)


# ---- escaping --------------------------------------------------------------------------------------


def test_only_markup_is_markup() -> None:
    assert escaped("<a href='x'>\"&") == "&lt;a href=&#39;x&#39;&gt;&quot;&amp;"
    assert escaped(Markup("<b>")) == "<b>"
    assert escaped("a\u202eb\x1b") == "a\\u202eb\\x1b"
    assert tag("p", {"id": '"><script>', "hidden": True, "class": None}, "<i>", tag("br")) == (
        '<p id="&quot;&gt;&lt;script&gt;" hidden>&lt;i&gt;<br></p>'
    )


def test_a_source_is_a_link_only_where_it_is_an_address() -> None:
    """A scenario's own catalog may say anything for an address: what is none on the web stays text."""
    from llmcost.render.report.page import _linked

    assert _linked("javascript:alert(1)", "Price page") == "Price page"
    assert _linked('https://a.example/?q="><script>', "<b>") == (
        '<a href="https://a.example/?q=&quot;&gt;&lt;script&gt;" rel="noreferrer noopener">&lt;b&gt;</a>'
    )


# ---- the command -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "what", "where", "hint"),
    [
        ((), "nothing says where the report goes", "llmcost report", "-o report.html"),
        (("-f", "json"), "a report is html or markdown, not json", "--format", "-f html or -f markdown"),
        (("-o", "x.csv"), "this command does not write csv", "-o", "end it in .md, .markdown, .html, .htm, or give"),
        (
            ("-o", "x.pdf"),
            "nothing says which format 'x.pdf' is",
            "-o",
            "end it in .md, .markdown, .html, .htm, or give",
        ),
    ],
)
def test_it_says_where_it_would_go(arguments: tuple[str, ...], what: str, where: str, hint: str) -> None:
    """A hint names what a report can be, and no format of other commands."""
    done = run("report", "-", *arguments, stdin=as_text(sample()))
    assert done.code == 2
    assert what in done.err and f"where: {where}" in done.err and hint in done.err


def test_it_writes_over_nothing_unasked(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text("mine", encoding="utf-8")
    refused = run("report", "-", "-o", str(page), *DAY, stdin=as_text(sample()))
    assert refused.code == 2
    assert page.read_text(encoding="utf-8") == "mine"
    assert run("report", "-", "-o", str(page), "--force", *DAY, stdin=as_text(sample())).code == 0
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_another_command_writes_no_html(tmp_path: Path) -> None:
    done = run("compare", "-", "-o", str(tmp_path / "x.html"), *DAY, stdin=as_text(sample()))
    assert done.code == 2
    assert ".html" not in done.err.partition("hint:")[2]


def test_where_no_architecture_will_do_it_is_written_and_leaves_with_3() -> None:
    done = run("report", "-", "-f", "html", "--max-monthly", "1", *DAY, stdin=as_text(sample()))
    assert done.code == 3
    assert "No architecture meets every requirement." in done.out
    assert "gate breached" in done.err


def test_under_strict_a_stale_price_leaves_with_4() -> None:
    done = run("report", str(ROOT / "examples" / "support-assistant.yaml"), "-f", "html", "--strict", *DAY)
    assert done.code == 4
    assert done.out.startswith("<!doctype html>")


def test_the_command_on_the_page_gives_the_page_again(tmp_path: Path) -> None:
    """Flags, day and format are in it, whatever day it is run on."""
    scenario = tmp_path / "own file.yaml"
    scenario.write_text(as_text(uncertain_sample()), encoding="utf-8")
    first = run("report", str(scenario), "--growth", "2%", "--price", "cheap.input=0.7", "-f", "html")
    said = re.search(r'aria-label="The command"><code>(.*?)</code>', first.out)
    assert said is not None
    import shlex

    _, *again = shlex.split(unescape(said[1]))
    assert run(*again, env={"LLMCOST_TODAY": "2027-03-01"}).out == first.out


def test_the_scenario_is_on_the_page_as_it_was_written(pages: dict[str, str]) -> None:
    written = (ROOT / "examples" / "support-assistant.yaml").read_text(encoding="utf-8")
    shown = re.search(r'aria-label="The scenario"><code>(.*?)</code>', pages["support-assistant"], re.DOTALL)
    assert shown is not None
    assert unescape(shown[1]) == written.rstrip("\n")


def test_markdown_has_the_same_parts(tmp_path: Path) -> None:
    example = str(ROOT / "examples" / "support-assistant.yaml")
    path = tmp_path / "report.md"
    assert report(example, "-o", str(path)).out == ""
    text = path.read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    page = report(example, "-f", "html").out
    shown = [unescape(each) for each in re.findall(r'<h2 id="[a-z-]+-heading">(.*?)</h2>', page)]
    assert set(shown) - set(headings) == {"Recommended", "What if", "Total over 24 months"}
    said = run("compare", example, "-f", "json", *DAY).result["sentence"]
    assert re.sub(r"\\", "", text).count(f"**{said}**") == 1


def test_explain_shows_every_charge() -> None:
    example = str(ROOT / "examples" / "hybrid-format-tune.yaml")
    plain, explained = (report(example, "-f", "html", *flags).out for flags in ((), ("--explain",)))
    assert "all-frontier: the charges" not in plain
    assert "all-frontier: the charges" in explained
    assert "requests per month 1,000,000" in explained
