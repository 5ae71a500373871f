"""The report without a browser: one well-formed file under its policy, with what the scenario has, and no more."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from command_line import Call, Run, run, run_all
from report_pages import (
    DAY,
    NAMES,
    ROOT,
    check_well_formed,
    points_of,
    read,
    report,
)
from sample import as_text, sample, uncertain_sample

from llmcost.render.markup import Markup, escaped, tag

LARGEST = 300_000


# ---- the file --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_it_is_one_well_formed_file(name: str, pages: dict[str, str]) -> None:
    check_well_formed(pages[name])


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
    assert len(json.loads(points_of(done.out))["names"]) == 8
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
