"""Laws of the difference of any two scenarios."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from scenarios import scenarios

from llmcost import compare, load_catalog, scenario_from
from llmcost.difference.change import Change
from llmcost.difference.difference import Difference, difference
from llmcost.difference.side import Side
from llmcost.render.json import plain

BACK = {"added": "removed", "removed": "added", "changed": "changed"}


def side(written: dict[str, Any], name: str, *, with_scenario: bool = True) -> Side:
    scenario = scenario_from(written)
    result = plain(compare(scenario, load_catalog()))
    return Side(name, "scenario", "compare", "2026-11-22", "0", result, [], scenario if with_scenario else None)


def by_path(found: Difference) -> dict[tuple[str, str], Change]:
    return {(each.about, each.path): each for each in found.changes if each.about != "price"}


@given(written=scenarios())
def test_nothing_differs_from_itself(written: dict[str, Any]) -> None:
    for with_scenario in (True, False):
        found = difference(*(side(written, name, with_scenario=with_scenario) for name in ("old", "new")))
        assert found.changes == []
        assert found.flips == []


@given(old=scenarios(), new=scenarios())
def test_exchanged_every_change_has_the_other_sign(old: dict[str, Any], new: dict[str, Any]) -> None:
    sides = side(old, "old"), side(new, "new")
    there, back = by_path(difference(*sides)), by_path(difference(*sides[::-1]))
    assert set(there) == set(back)
    for key, change in there.items():
        other = back[key]
        assert (other.old, other.new, other.sign) == (change.new, change.old, BACK[change.sign])
        assert (other.change is None) is (change.change is None)
        if change.change is not None and other.change is not None:
            assert other.change == -change.change


@given(old=scenarios(), new=scenarios())
def test_the_charges_add_up_to_the_month(old: dict[str, Any], new: dict[str, Any]) -> None:
    """What each monthly charge moved by adds up to what the monthly cost moved by, to the digits of the JSON."""
    sides = side(old, "old"), side(new, "new")
    changes = difference(*sides).changes
    for name in sides[1].rows:
        prefix = f"architectures.{name}.charges."
        charges = [each for each in changes if each.path.startswith(prefix) and each.unit == "USD/month"]
        before, after = (each.rows[name]["monthly_cost"] for each in sides)
        moved = sum(each.change or 0.0 for each in charges)
        assert moved == pytest.approx(after - before, abs=1e-7 * (abs(before) + abs(after)) + 1e-9)
