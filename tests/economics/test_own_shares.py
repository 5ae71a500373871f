"""Caching and batching of an architecture's own, and one quantity that stands in two places."""

from __future__ import annotations

from typing import Any

import pytest

from llmcost import compare, load_catalog, route, scenario_from
from llmcost.catalog.files import parse_yaml

TEXT = """\
start: 2026-12
horizon_months: 1
workload: {requests_per_month: 1M, input_tokens: 1000, output_tokens: 200}
baseline: bare
prices:
  m: {input_per_mtok: 5, output_per_mtok: 25, cached_input_per_mtok: 0.5, cache_write_per_mtok: 6.25,
      batch: {input_per_mtok: 2.5, output_per_mtok: 12.5}}
architectures:
  bare: {kind: api, model: m}
  cached: {kind: api, model: m, cached_share: 80%, cache_write_share: 5%}
  batched: {kind: api, model: m, batch_share: 50%}
  split: {kind: routed, mix: {cached: 50%, bare: 50%}}
"""


def totals(text: str) -> dict[str, Any]:
    rows = compare(scenario_from(parse_yaml(text, "s.yaml").data), load_catalog()).architectures
    return {row.name: row.total_cost.value for row in rows}


def test_an_uncached_baseline_stands_beside_a_cached_prompt() -> None:
    """1,000 Mtok in and 200 out: 15 % fresh at 5, 80 % read at 0.5, 5 % written at 6.25; batched half at half."""
    found = totals(TEXT)
    bare, cached = 1000 * 5 + 200 * 25, 150 * 5 + 800 * 0.5 + 50 * 6.25 + 200 * 25
    assert found["bare"] == pytest.approx(bare)
    assert found["cached"] == pytest.approx(cached)
    assert found["batched"] == pytest.approx(bare / 2 + bare / 4)
    assert found["split"] == pytest.approx((bare + cached) / 2)


def test_route_reads_them_too() -> None:
    mixes = route(scenario_from(parse_yaml(TEXT, "s.yaml").data), load_catalog()).mixes
    cached = next(mix for mix in mixes if mix.name == "cached")
    assert cached.monthly_cost.value == pytest.approx(150 * 5 + 800 * 0.5 + 50 * 6.25 + 200 * 25)


SHARED = """\
start: 2026-12
horizon_months: 12
baseline: one
architectures:
  one: {kind: fine_tuned, build: &same {training: 30k..80k}, monthly: {hosting: 1000}}
  two: {kind: fine_tuned, build: *same, monthly: {hosting: 900}}
"""


def test_an_anchored_range_is_one_draw_wherever_it_is_aliased() -> None:
    """x − x is zero: the saving is 12 × $100 in every draw."""
    rows = compare(scenario_from(parse_yaml(SHARED, "s.yaml").data), load_catalog()).architectures
    two = next(row for row in rows if row.name == "two")
    assert two.saving.spread == pytest.approx((1200, 1200, 1200))
    assert two.total_cost.spread is not None
    assert two.total_cost.spread[2] > two.total_cost.spread[0]
    assert two.chance_cheapest == 1.0


def test_two_ranges_written_alike_are_two_quantities() -> None:
    apart = SHARED.replace("&same ", "").replace("*same", "{training: 30k..80k}")
    rows = compare(scenario_from(parse_yaml(apart, "s.yaml").data), load_catalog()).architectures
    spread = next(row for row in rows if row.name == "two").saving.spread
    assert spread is not None
    assert spread[0] < 0 < spread[2]
