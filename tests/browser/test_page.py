"""The report in a real browser: nothing asked of the network, nothing said on the console, every slider true."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from browser import Seen, look, needs_browser
from command_line import Call, run, run_all
from eight_ways import HOSTILE, certain, eight, hostile, moved
from sample import as_text

from llmcost.render import figures

pytestmark = needs_browser

DAY = ("--as-of", "2026-11-22")
PHONE, DESK = 360, 1280
SHOWN = {
    "one_time_cost": figures.usd,
    "monthly_cost": figures.usd,
    "total_cost": figures.usd,
    "cost_per_mtok": figures.usd,
    "saving": figures.usd,
    "saving_share": figures.share,
    "quality_kept": figures.share,
    "payback_month": figures.month,
}
KEYS = ("volume", "cheap_share", "escalation", "build", "price_drift", "utilisation")


class Point(NamedTuple):
    """Where the sliders stand: index by lever."""

    at: dict[str, int]

    def __str__(self) -> str:
        return " ".join(f"{key}={index}" for key, index in self.at.items())


def page_of(scenario: dict[str, Any], folder: Path) -> Path:
    """The report on a scenario, as the command writes it."""
    page = folder / "report.html"
    done = run("report", "-", *DAY, "-o", str(page), stdin=json.dumps(scenario, ensure_ascii=False))
    assert done.code in (0, 3), done.err
    return page


def points_of(page: Path) -> dict[str, Any]:
    """The levers that a page carries, by key, and the grid's points."""
    found = re.search(r'<script type="application/json" id="points">(.*?)</script>', page.read_text(encoding="utf-8"))
    assert found is not None
    document: dict[str, Any] = json.loads(found[1])
    return document


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("page")


@pytest.fixture(scope="module")
def page(folder: Path) -> Path:
    return page_of(eight(), folder)


@pytest.fixture(scope="module")
def levers(page: Path) -> dict[str, Any]:
    return {lever["key"]: lever for lever in points_of(page)["levers"]}


# ---- how it stands ---------------------------------------------------------------------------------

VIEWS = [(width, scheme) for width in (PHONE, 700, DESK) for scheme in ("light", "dark")]


@pytest.fixture(scope="module")
def views(page: Path, folder: Path) -> dict[tuple[int, str], list[Any]]:
    """Each width in each scheme: as it opens, its accessibility, and the same with everything unfolded."""
    steps: list[dict[str, Any]] = []
    for width, scheme in VIEWS:
        steps += [{"do": "open", "width": width, "scheme": scheme}, {"do": "axe"}, {"do": "unfold"}, {"do": "axe"}]
        steps += [{"do": "picture", "path": str(folder / f"{width}-{scheme}.png")}]
    seen = look(page, steps, folder)
    quiet(seen, page, len(VIEWS))
    return {view: seen.steps[5 * i : 5 * i + 5] for i, view in enumerate(VIEWS)}


def quiet(seen: Seen, page: Path, opened: int) -> None:
    """The browser asked for the file itself and for nothing else, and had nothing to say."""
    assert seen.requests == [page.resolve().as_uri()] * opened
    assert seen.messages == []
    assert seen.dialogs == []


@pytest.mark.parametrize("view", VIEWS)
def test_it_never_scrolls_sideways(view: tuple[int, str], views: dict[tuple[int, str], list[Any]]) -> None:
    opened, _, unfolded, *_ = views[view]
    assert opened["wide"] <= opened["room"] == view[0]
    assert unfolded["wide"] <= unfolded["room"]


@pytest.mark.parametrize("view", VIEWS)
def test_contrast_and_roles_hold(view: tuple[int, str], views: dict[tuple[int, str], list[Any]]) -> None:
    """axe-core finds nothing against WCAG 2.2 AA, folded and unfolded."""
    for checked in (views[view][1], views[view][3]):
        assert checked["violations"] == []
        assert {"color-contrast", "label", "svg-img-alt", "th-has-data-cells", "landmark-one-main"} <= set(
            checked["passes"]
        )


def test_the_dark_page_is_dark(views: dict[tuple[int, str], list[Any]]) -> None:
    grounds = {scheme: views[DESK, scheme][0]["background"] for scheme in ("light", "dark")}
    brightness = {scheme: sum(map(int, re.findall(r"\d+", ground)[:3])) for scheme, ground in grounds.items()}
    assert brightness["light"] > 600 > 200 > brightness["dark"]


def test_it_prints_on_two_pages(page: Path, folder: Path) -> None:
    steps: list[dict[str, Any]] = [{"do": "open", "width": 800, "media": "print"}]
    seen = look(page, [*steps, {"do": "pdf", "path": str(folder / "report.pdf")}], folder)
    quiet(seen, page, 1)
    assert seen.steps[1] <= 2


def test_the_keyboard_reaches_every_slider_and_shows_where_it_is(page: Path, folder: Path) -> None:
    seen = look(page, [{"do": "open", "width": DESK}, {"do": "tab", "times": 60}], folder)
    places = seen.steps[1]
    assert [place["key"] for place in places if place["key"]][: len(KEYS)] == list(KEYS)
    assert {place["outline"] for place in places if place["name"] in ("A", "INPUT", "SUMMARY", "BUTTON")} == {"solid"}


# ---- what the sliders say --------------------------------------------------------------------------


def some_points(levers: dict[str, Any]) -> Iterator[Point]:
    """Both ends of each lever, two points between, and three corners of the grid."""
    for key, lever in levers.items():
        last = len(lever["points"]) - 1
        for index in sorted({0, last // 3, (2 * last) // 3 + 1, last} - {lever["today"]}):
            yield Point({key: index})
    today = {key: levers[key]["today"] for key in ("volume", "cheap_share")}
    for up, right in ((-20, 2), (4, -16), (18, 6)):
        yield Point({"volume": today["volume"] + up, "cheap_share": today["cheap_share"] + right})


@pytest.fixture(scope="module")
def moves(levers: dict[str, Any], folder: Path) -> list[tuple[Point, Any, dict[str, Any]]]:
    """Each point with what the page shows there and what `llmcost compare` says of the changed scenario.

    Without ranges: with them the page moves what is expected today by the change of the middles, and
    `economics/test_whatif.py` holds it to that.
    """
    (folder / "certain").mkdir()
    page = page_of(certain(eight()), folder / "certain")
    points = list(some_points(levers))
    steps: list[dict[str, Any]] = [{"do": "open", "width": DESK}]
    ends = []
    for point in points:
        steps.append({"do": "click", "selector": "#reset"})
        steps += [{"do": "move", "key": key, "at": index} for key, index in point.at.items()]
        ends.append(len(steps) - 1)
    seen = look(page, steps, folder)
    quiet(seen, page, 1)
    calls = {}
    for point in points:
        changed = eight()
        for key, index in point.at.items():
            changed = moved(key, levers[key]["points"][index], changed)
        calls[str(point)] = Call(("compare", "-", "-f", "json", *DAY), as_text(certain(changed)))
    compared = run_all(calls)
    return [(point, seen.steps[end], compared[str(point)].result) for point, end in zip(points, ends, strict=True)]


def test_every_lever_is_there(levers: dict[str, Any]) -> None:
    assert list(levers) == list(KEYS)
    assert all(36 <= len(lever["points"]) <= 45 for lever in levers.values())


def test_the_page_says_what_compare_says_of_the_changed_scenario(
    moves: list[tuple[Point, Any, dict[str, Any]]],
) -> None:
    """To six digits, in every figure of every architecture; never where compare says never."""
    assert len(moves) == 4 * len(KEYS) + 3
    checked = 0
    for point, shown, said in moves:
        rows = said["architectures"]
        for figure in shown["figures"]:
            expected = rows[figure["row"]][figure["field"]]
            where = (str(point), rows[figure["row"]]["name"], figure["field"])
            if expected is None:
                assert figure["value"] == "", where
                continue
            assert math.isclose(float(figure["value"]), expected, rel_tol=5e-7, abs_tol=1e-6), where
            checked += 1
    assert checked > 1000


def test_figures_are_worded_as_everywhere_else(moves: list[tuple[Point, Any, dict[str, Any]]]) -> None:
    """The script shows a figure as the tables do, but for a last digit that its rounding may turn."""
    for _, shown, said in moves:
        for figure in shown["figures"]:
            expected = said["architectures"][figure["row"]][figure["field"]]
            text = SHOWN[figure["field"]](expected)
            if figure["text"] != text:
                digits = [float(re.sub(r"[^\d.]", "", each) or "nan") for each in (figure["text"], text)]
                assert math.isclose(*digits, rel_tol=2e-6), (figure, text)


def test_the_cheapest_and_the_verdict_are_compares(moves: list[tuple[Point, Any, dict[str, Any]]]) -> None:
    winners = set()
    for point, shown, said in moves:
        marks = [
            "met, cheapest" if row["name"] == said["cheapest"] else "met" if row["feasible"] else "not met"
            for row in said["architectures"]
        ]
        assert shown["marks"] == marks, str(point)
        start = f"{said['cheapest']} is the cheapest" if said["cheapest"] else "No architecture meets every requirement"
        assert shown["verdict"].startswith(start), str(point)
        winners.add(said["cheapest"])
    assert len(winners) > 1, "no move turns the answer: this test would not see a verdict that stays"


def test_the_charts_move_with_the_figures(moves: list[tuple[Point, Any, dict[str, Any]]]) -> None:
    """Eight lines to the last month, whose numbers end at the totals; a bar for each total."""
    assert len({tuple(shown["lines"]) for _, shown, _ in moves}) > len(moves) // 2
    for point, shown, said in moves:
        totals = [figures.usd(row["total_cost"]) for row in said["architectures"]]
        assert len(shown["lines"]) == len(totals)
        assert len(shown["bars"] and shown["numbers"][-1]) == 1 + len(totals)
        last = [float(re.sub(r"[^\d.]", "", text)) for text in shown["numbers"][-1][1:]]
        for seen, total in zip(last, totals, strict=True):
            assert math.isclose(seen, float(re.sub(r"[^\d.]", "", total)), rel_tol=2e-6), str(point)


def test_the_charts_are_told_in_words(moves: list[tuple[Point, Any, dict[str, Any]]]) -> None:
    """The text alternative of each moves with it: every architecture with the total that the table has."""
    for _, shown, said in moves:
        totals = [each["text"] for each in shown["figures"] if each["field"] == "total_cost"]
        for told in shown["told"]:
            for letter, row, total in zip("ABCDEFGH", said["architectures"], totals, strict=True):
                assert f"{letter} {row['name']} {total}" in told


def test_only_the_moved_volume_is_marked(moves: list[tuple[Point, Any, dict[str, Any]]]) -> None:
    for point, shown, _ in moves:
        assert (shown["marker"] == "visible") == ("volume" in point.at), str(point)


def test_one_input_moves_at_a_time(page: Path, levers: dict[str, Any], folder: Path) -> None:
    """Another lever brings the first one back; volume and the cheap share stay together."""
    seen = look(
        page,
        [
            {"do": "open", "width": DESK},
            {"do": "move", "key": "build", "at": 3},
            {"do": "move", "key": "volume", "at": 7},
            {"do": "move", "key": "cheap_share", "at": levers["cheap_share"]["today"] + 3},
            {"do": "press", "key": "cheap_share", "keys": ["ArrowRight"]},
            {"do": "press", "key": "cheap_share", "keys": ["ArrowLeft", "ArrowLeft"]},
            {"do": "move", "key": "escalation", "at": 1},
            {"do": "click", "selector": "#reset"},
        ],
        folder,
    )
    today = {key: lever["today"] for key, lever in levers.items()}
    off = [
        {v["key"]: v["at"] - today[v["key"]] for v in state["values"] if v["at"] != today[v["key"]]}
        for state in seen.steps[1:]
    ]
    assert list(off[0]) == ["build"]
    assert list(off[1]) == ["volume"]
    # The grid has every second point on either side of the scenario's.
    assert all(
        set(state) == {"volume", "cheap_share"} and all(n % 2 == 0 for n in state.values()) for state in off[2:5]
    )
    assert [state["cheap_share"] for state in off[2:5]] == [4, 6, 2]
    assert list(off[5]) == ["escalation"]
    assert off[6] == {}
    for state in seen.steps[1:]:
        for value in state["values"]:
            assert value["said"] == value["shown"] == levers[value["key"]]["shown"][value["at"]]


def test_the_keys_move_a_slider_by_one(page: Path, levers: dict[str, Any], folder: Path) -> None:
    steps = [{"do": "open", "width": DESK}, {"do": "press", "key": "volume", "keys": ["ArrowRight"]}]
    steps += [{"do": "press", "key": "volume", "keys": ["Home"]}, {"do": "press", "key": "volume", "keys": ["End"]}]
    seen = look(page, steps, folder)
    at = [state["values"][0]["at"] for state in seen.steps[1:]]
    assert at == [levers["volume"]["today"] + 1, 0, len(levers["volume"]["points"]) - 1]
    assert "Requests a month" in seen.steps[1]["where"]


# ---- names that are up to no good ------------------------------------------------------------------


def test_names_are_text_and_nothing_else(folder: Path) -> None:
    """No name runs, loads, turns the page around or pushes it apart, folded or unfolded, moved or not."""
    (folder / "hostile").mkdir(exist_ok=True)
    page = page_of(hostile(), folder / "hostile")
    steps: list[dict[str, Any]] = []
    for width in (PHONE, DESK):
        steps += [{"do": "open", "width": width}, {"do": "move", "key": "volume", "at": 30}, {"do": "unfold"}]
        steps += [
            {"do": "axe"},
            {"do": "text", "selector": "#compared tbody th bdi"},
            {"do": "text", "selector": "#live tbody th bdi"},
        ]
        steps += [{"do": "picture", "path": str(folder / f"hostile-{width}.png")}]
    steps += [{"do": "pdf", "path": str(folder / "hostile.pdf")}]
    seen = look(page, steps, folder)
    quiet(seen, page, 2)
    for opened, state, unfolded, checked, names, live, _ in (seen.steps[:7], seen.steps[7:14]):
        assert opened["scripts"] == 2  # the points and the page's own
        assert opened["wide"] <= opened["room"]
        assert unfolded["wide"] <= unfolded["room"]
        assert checked["violations"] == []
        written = [
            "all",
            *(name.replace("\u202e", "\\u202e").replace("\u200d", "\\u200d") for name in HOSTILE.values()),
        ]
        assert names == written
        assert [name.rstrip("…") for name in live] == [
            name[: len(shown.rstrip("…"))] for name, shown in zip(written, live, strict=True)
        ]
        assert any(state["verdict"].startswith(name[:10]) for name in written)
