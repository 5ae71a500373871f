"""What would change the answer does change it, on either side of the stated value."""

from __future__ import annotations

from typing import Any

import pytest

from llmcost import compare, load_catalog, scenario_from
from llmcost.decision.flips import flips_of
from llmcost.economics.comparison import compare_in_detail
from llmcost.economics.volumes import volume_intervals

# An API at $2,000 a month against a build of $10k and $500 a month over 24 months: 48,000 against 22,000.
DATA: dict[str, Any] = {
    "start": "2026-12",
    "horizon_months": "24",
    "workload": {"requests_per_month": "1M", "input_tokens": "1000", "output_tokens": "0"},
    "prices": {"m": {"input_per_mtok": "2", "output_per_mtok": "2"}},
    "baseline": "api",
    "architectures": {
        "api": {"kind": "api", "model": "m"},
        "tuned": {"kind": "fine_tuned", "build": {"training": "10000"}, "monthly": {"hosting": "500"}},
    },
}


def flips(data: dict[str, Any] = DATA) -> dict[str, Any]:
    scenario = scenario_from(data)
    details = compare_in_detail(scenario, load_catalog())
    return {flip.what: flip for flip in flips_of(details, volume_intervals(details, scenario, load_catalog()))}


def cheapest(**changes: Any) -> str | None:
    data = {**DATA, **changes}
    return compare(scenario_from(data), load_catalog()).cheapest


def test_the_volume() -> None:
    """24 × n × 0.002 = 10,000 + 24 × 500 at n = 22,000 / 0.048 = 458,333.3: below it the API is cheaper."""
    at = flips()["volume"].at
    assert at == int(22000 / 0.048)
    for volume, name in ((at, "api"), (at + 1, "tuned")):
        assert cheapest(workload={**DATA["workload"], "requests_per_month": str(volume)}) == name


def test_the_price() -> None:
    """48,000 × s = 22,000 at s = 0.4583."""
    at = flips()["API prices"].at
    assert at == pytest.approx(22000 / 48000)
    for scale, name in ((at * 0.999, "api"), (at * 1.001, "tuned")):
        price = str(2 * scale)
        assert cheapest(prices={"m": {"input_per_mtok": price, "output_per_mtok": price}}) == name


def test_the_build_cost() -> None:
    """48,000 − 12,000 = 36,000 is what the build may cost."""
    assert flips()["build cost"].at == pytest.approx(36000)


def test_a_rival_says_what_its_build_may_cost() -> None:
    """At a build of $40,000 the API is the cheapest; the fine-tune would be at $36,000 or less."""
    tuned = {**DATA["architectures"]["tuned"], "build": {"training": "40000"}}
    flip = flips({**DATA, "architectures": {**DATA["architectures"], "tuned": tuned}})["build cost"]
    assert (flip.at, flip.becomes) == (pytest.approx(36000), "tuned")
