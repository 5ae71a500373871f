"""Lengths, caches, samples and measured tokens as a scenario states them, held against arithmetic of their own."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats

from llmcost import LlmcostError, breakeven, compare, load_catalog, scenario_from
from llmcost.architectures.prices import Prices
from llmcost.economics.remarks import assumptions, warnings
from llmcost.economics.uncertainty import evaluated
from llmcost.scenario import Scenario, load_scenario

WORKLOAD = {"requests_per_month": "1M", "input_tokens": "1000", "output_tokens": "200"}
PRICES = {"m": {"input_per_mtok": 1, "output_per_mtok": 5}, "s": {"input_per_mtok": 0.1, "output_per_mtok": 0.5}}


def scenario(**written: Any) -> Scenario:
    block = {"start": "2026-12", "horizon_months": 1, "workload": WORKLOAD, "prices": PRICES}
    return scenario_from({**block, **written})


def total(found: Scenario, name: str = "x") -> float:
    rows = compare(found, load_catalog()).architectures
    return float(next(row for row in rows if row.name == name).total_cost.value)


def test_requests_above_a_threshold_pay_for_themselves() -> None:
    """Input of mean 150,000 and p99 900,000 on gemini-2.5-pro: 1.25 and 10 USD, above 200,000 tokens 2.50 and 15."""
    workload = {**WORKLOAD, "input_tokens": {"lengths": {"mean": 150_000, "p99": 900_000}}}
    found = scenario(workload=workload, architectures={"x": {"kind": "api", "model": "gemini-2.5-pro"}})
    z = stats.norm.ppf(0.99)
    sigma = z - math.sqrt(z * z - 2 * math.log(6))
    lengths = stats.lognorm(sigma, scale=150_000 * math.exp(-sigma * sigma / 2))
    assert lengths.ppf(0.99) == pytest.approx(900_000)
    x = np.exp(np.linspace(math.log(200_000), math.log(1e10), 2_000_001))  # E[L; L > t] = ∫ x·f(x) dx, in log x
    long_tokens = float(integrate.trapezoid(x * x * lengths.pdf(x), np.log(x)))
    usd = (150_000 - long_tokens) * 1.25 + long_tokens * 2.5 + 200 * (10 + 5 * lengths.sf(200_000))
    assert total(found) == pytest.approx(usd, rel=1e-6)


def test_lengths_do_not_change_the_mean_cost_otherwise() -> None:
    plain = scenario(architectures={"x": {"kind": "api", "model": "m"}})
    workload = {**WORKLOAD, "input_tokens": {"lengths": {"mean": 1000, "p99": 9000}}, "output_tokens_p99": 900}
    spread = scenario(workload=workload, architectures={"x": {"kind": "api", "model": "m"}})
    assert total(spread) == pytest.approx(total(plain), rel=1e-12)
    assert spread.workload is not None
    assert spread.workload.output_lengths is not None
    assert spread.workload.output_lengths.quantile(stats.norm.ppf(0.99)) == pytest.approx(900)


def test_a_cache_holds_what_lies_in_long_enough_prompts() -> None:
    """Of log-normal prompts a part can be cached; a share above it is refused, one below it is billed as stated."""
    cached = {"m": {**PRICES["m"], "cached_input_per_mtok": 0.1, "min_cacheable_tokens": 1024}}
    lengths = {"lengths": {"mean": 1000, "p99": 9000}}
    api = {"x": {"kind": "api", "model": "m"}}
    z = stats.norm.ppf(0.99)
    sigma = z - math.sqrt(z * z - 2 * math.log(9))
    possible = float(stats.norm.cdf(math.log(1000 / 1024) / sigma + sigma / 2))
    below = {**WORKLOAD, "input_tokens": lengths, "cached_share": possible - 0.001}
    usd = 1000 * (1 - 0.9 * (possible - 0.001)) + 200 * 5
    assert total(scenario(workload=below, prices=cached, architectures=api)) == pytest.approx(usd, rel=1e-9)
    above = {**WORKLOAD, "input_tokens": lengths, "cached_share": possible + 0.001}
    with pytest.raises(LlmcostError, match=f"{possible * 100:.1f} % of the input lies in prompts that long"):
        total(scenario(workload=above, prices=cached, architectures=api))


def test_draws_with_short_prompts_are_not_cached() -> None:
    """Prompts of 500 or 2,000 tokens, half and half: the short ones pay the full price."""
    cached = {
        "m": {"input_per_mtok": 1, "output_per_mtok": 0, "cached_input_per_mtok": 0, "min_cacheable_tokens": 1024}
    }
    workload = {**WORKLOAD, "input_tokens": {"choices": {"500": "50%", "2000": "50%"}}, "cached_share": "50%"}
    found = scenario(workload=workload, prices=cached, architectures={"x": {"kind": "api", "model": "m"}})
    assert total(found) == pytest.approx(0.5 * 500 + 0.5 * 2000 * 0.5, rel=1e-3)


def test_writes_follow_from_the_traffic() -> None:
    """n = 200,000 ÷ 43,800 minutes × 5 ÷ 20 prefixes = 1.1416 a lifetime; h ÷ (e^n − 1) of the input is written."""
    prices = {
        "m": {
            **{"input_per_mtok": 1, "output_per_mtok": 5, "cached_input_per_mtok": 0.1},
            **{"cache_write_per_mtok": 1.25, "cache_write_1h_per_mtok": 2, "cache_lifetime_minutes": 5},
        }
    }
    workload = {"requests_per_month": "200k", "input_tokens": 5000, "output_tokens": 0, "cached_share": 0.6}

    def cost(**written: Any) -> float:
        block = {**workload, **written}
        return total(scenario(workload=block, prices=prices, architectures={"x": {"kind": "api", "model": "m"}}))

    for prefixes, minutes, way, price in ((20, 5, "auto", 1.25), (100, 60, "auto_1h", 2.0)):
        n = 200_000 / (730 * 60) * minutes / prefixes
        share = 0.6 / math.expm1(n)
        usd = 1000 * ((1 - 0.6 - share) * 1 + 0.6 * 0.1 + share * price)
        assert cost(cache_writes=way, cache_prefixes=prefixes) == pytest.approx(usd, rel=1e-9)


def remarks(found: Scenario) -> tuple[dict[str, Any], set[str]]:
    catalog = load_catalog()
    prices = Prices(catalog, found.prices)
    names = list(found.architectures)
    rows = compare(found, catalog).architectures
    charges = [charge for row in rows for charge in row.charges]
    assumed = {each.name: each for each in assumptions(found, names, charges, prices)}
    return assumed, {each.code for each in warnings(found, names, charges, prices, found.start)}


def test_the_same_tokens_are_an_assumption_until_something_is_stated() -> None:
    two = {"a": {"kind": "api", "model": "claude-opus-4-6"}, "b": {"kind": "api", "model": "claude-opus-5"}}
    assumed, _ = remarks(scenario(prices={}, architectures=two))
    assert assumed["tokens"].value == "the same for every model"
    assert "1 to 1.35 times the tokens of claude-opus-4-6" in assumed["claude-opus-5.tokens_factor"].why
    stated = {"anthropic/claude-opus-5": {"tokens_factor": "1.0..1.35"}}
    assumed, _ = remarks(scenario(prices={}, architectures=two, models=stated))
    assert not {"tokens", "claude-opus-5.tokens_factor"} & assumed.keys()
    alone, _ = remarks(scenario(prices={}, architectures={"a": two["a"]}))
    assert "tokens" not in alone


def test_caches_that_nobody_fills_and_minimums_that_nobody_knows() -> None:
    workload = {**WORKLOAD, "input_tokens": 5000, "cached_share": 0.5}
    one = {"a": {"kind": "api", "model": "claude-haiku-4-5"}}
    assumed, warned = remarks(scenario(workload=workload, prices={}, architectures=one))
    assert "cache_reads_without_writes" in warned
    assert "claude-haiku-4-5.min_cacheable_tokens" not in assumed
    _, warned = remarks(scenario(workload={**workload, "cache_write_share": 0.01}, prices={}, architectures=one))
    assert "cache_reads_without_writes" not in warned
    own = {"m": {**PRICES["m"], "cached_input_per_mtok": 0.1}}
    assumed, warned = remarks(
        scenario(workload=workload, prices=own, architectures={"a": {"kind": "api", "model": "m"}})
    )
    assert assumed["m.min_cacheable_tokens"].value == "unknown"
    assert "cache_reads_without_writes" not in warned  # nothing says that it charges for writes


def test_a_build_that_fails_is_repeated_until_it_succeeds() -> None:
    """Each of three chances of failure alike: the mean of 1 ÷ (1 − p) is (2 + 4 + 10)/3."""
    chances = {"choices": {"50%": "33.3333334%", "75%": "33.3333333%", "90%": "33.3333333%"}}
    built = {
        "kind": "fine_tuned",
        "build": {"training": "40k", "failure_probability": chances},
        "monthly": {"hosting": 1},
    }
    found = scenario(architectures={"x": built})

    def once(at: Scenario) -> dict[str, Any]:
        charges = at.architectures["x"].one_time_charges("x", None)  # type: ignore[arg-type]
        return {"once": sum(charge.cost for charge in charges)}

    draws = evaluated(found, once).draws["once"]
    assert draws.mean() == pytest.approx(40_000 * (2 + 4 + 10) / 3, rel=1e-3)


def test_samples_stand_beside_the_scenario(tmp_path: Path) -> None:
    """The path is from the file's folder; every row counts alike; columns are told by their names."""
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "posterior.csv").write_text("x,requests\n9,1M\n9,2M\n9,6M\n", encoding="utf-8")
    file = tmp_path / "scenario.yaml"
    file.write_text(
        "start: 2026-12\nhorizon_months: 1\nprices: {m: {input_per_mtok: 1, output_per_mtok: 5}}\n"
        "workload: {requests_per_month: {samples: below/posterior.csv, column: requests}, input_tokens: 1000, output_tokens: 0}\n"
        "architectures: {x: {kind: api, model: m}}\n",
        encoding="utf-8",
    )
    found = load_scenario(str(file))
    assert found.workload is not None
    requests: Any = found.workload.requests_per_month
    assert (requests.low, requests.middle, requests.high) == (1e6, 2e6, 6e6)
    row = compare(found, load_catalog()).architectures[0]
    assert row.total_cost.bounds == pytest.approx((1000, 6000))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "has no column 'requests'"),
        ("requests\n", "has no row under 'requests'"),
        ("requests\n5\n", "has one row under 'requests'"),
        ("requests\n5\nmany\n", "line 3, requests: 'many' is not a number"),
        ("request\n5\n6\n", "has no column 'requests'"),
        ("requests\n5\n-6\n", "samples.csv: -6.0 is negative"),
        (None, "cannot be read"),
    ],
)
def test_samples_that_are_no_distribution(tmp_path: Path, text: str | None, what: str) -> None:
    file = tmp_path / "scenario.yaml"
    if text is not None:
        (tmp_path / "samples.csv").write_text(text, encoding="utf-8")
    file.write_text(
        "workload: {requests_per_month: {samples: samples.csv, column: requests}, input_tokens: 1, output_tokens: 0}\n"
        "architectures: {x: {kind: api, model: claude-haiku-4-5}}\n",
        encoding="utf-8",
    )
    with pytest.raises(LlmcostError) as refused:
        load_scenario(str(file))
    assert what in refused.value.what
    assert refused.value.where.startswith(f"{file}:1:")
    assert refused.value.hint


def test_an_evaluation_measures_what_models_count_and_write(tmp_path: Path) -> None:
    """On two queries s reads 1.2 times and writes 3.6 times the tokens of the baseline's model: 3 times besides."""
    rows = ["query_id,model,score,input_tokens,output_tokens"]
    for query, (read, written) in enumerate([(100, 10), (300, 40)]):
        rows += [f"{query},m,1,{read},{written}", f"{query},s,1,{read * 1.2:g},{written * 3.6:g}"]
    (tmp_path / "outcomes.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    text = (
        "start: 2026-12\nhorizon_months: 1\nquality: outcomes.csv\nbaseline: m\n"
        "prices: {m: {input_per_mtok: 1, output_per_mtok: 5}, s: {input_per_mtok: 0.1, output_per_mtok: 0.5}}\n"
        "workload: {requests_per_month: 1M, input_tokens: 1000, output_tokens: 200}\n"
        "architectures: {m: {kind: api, model: m}, x: {kind: api, model: s}}\n"
    )
    file = tmp_path / "scenario.yaml"
    file.write_text(text, encoding="utf-8")
    found = load_scenario(str(file))
    assert total(found) == pytest.approx(1000 * 1.2 * 0.1 + 200 * 3.6 * 0.5)
    assumed, _ = remarks(found)
    assert assumed["s.output_tokens_factor"].value == pytest.approx(3)
    assert "2 queries" in assumed["s.output_tokens_factor"].why
    assert "tokens" not in assumed
    file.write_text(text + "models: {s: {output_tokens_factor: 2}}\n", encoding="utf-8")
    assert total(load_scenario(str(file))) == pytest.approx(1000 * 0.1 + 200 * 2 * 0.5)


def test_the_writes_of_a_cache_do_not_bend_a_breakeven() -> None:
    """Over the volume each prefix is read as often as today: the interval is that of the same share, stated."""
    n = 1_000_000 / (730 * 60) * 5 / 100
    workload = {"requests_per_month": "1M", "input_tokens": 6000, "output_tokens": 200, "cached_share": 0.6}
    architectures = {
        "a": {"kind": "api", "model": "claude-haiku-4-5"},
        "t": {"kind": "self_hosted", "gpu": {"usd_per_gpu_hour": 2}, "throughput": {"requests_per_month": "5M"}},
    }
    follows = {**workload, "cache_writes": "auto", "cache_prefixes": 100}
    stated = {**workload, "cache_write_share": 0.6 / math.expm1(n)}
    found, expected = (
        breakeven(scenario(workload=each, prices={}, architectures=architectures), load_catalog()).intervals
        for each in (follows, stated)
    )
    assert found == expected
    assert len(found) > 1
