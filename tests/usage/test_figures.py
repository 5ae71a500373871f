"""What the cube tells: buckets, percentiles, profile, growth, prices of each cell."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from math import fsum
from pathlib import Path
from typing import Any

import pytest
from command_line import run
from hypothesis import given
from hypothesis import strategies as st

from llmcost.catalog import load_catalog
from llmcost.errors import UnknownPrice
from llmcost.quality.spending import DayPrices
from llmcost.usage.cube import Cube, Sums
from llmcost.usage.instants import microseconds
from llmcost.usage.lines import Lines
from llmcost.usage.pricing import CellPrices
from llmcost.usage.profile import growth_of, hours_of, prompt_sizes
from llmcost.usage.reading import LogResult
from llmcost.usage.record import Call
from llmcost.usage.sizes import bucket_of, bucket_sql, nearest_rank, step_of, within_bucket
from llmcost.usage.summary import usage_of

DAY = date(2026, 11, 22)
AS_OF = ("--as-of", "2026-11-22")


def call(hour: float = 0, prompt: int = 100, output: int = 10, **more: Any) -> Call:
    at = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(hours=hour)
    blank = Call("m", "t", int(at.timestamp()) * 1_000_000, "standard", prompt, 0, 0, 0, output)
    return blank._replace(**more)


def cube_of(*calls: Call, thresholds: tuple[int, ...] = (), exact: bool = True) -> Cube:
    cube = Cube(thresholds, exact=exact)
    for each in calls:
        cube.add(each)
    return cube


# ---- sizes


@given(st.integers(0, 2**31))
def test_a_bucket_is_a_sixteenth_of_an_octave_and_holds_its_size(size: int) -> None:
    low = bucket_of(size)
    assert low <= size < low + step_of(size)
    assert bucket_of(low) == low
    assert step_of(size) == 1 if size < 32 else step_of(size) <= max(1, low / 16) or size >= 2**30


@pytest.mark.parametrize(
    ("size", "low"), [(0, 0), (31, 31), (32, 32), (33, 32), (63, 62), (64, 64), (67, 64), (1000, 992)]
)
def test_buckets_by_hand(size: int, low: int) -> None:
    """32 to 63 in twos, 64 to 127 in fours, 512 to 1,023 in thirty-twos."""
    assert bucket_of(size) == low


def test_sql_puts_every_size_in_the_same_bucket() -> None:
    duckdb = pytest.importorskip("duckdb")
    sizes = sorted({n for k in range(33) for n in (2**k - 1, 2**k, 2**k + 1, 3 * 2**k // 2)})
    connection = duckdb.connect()
    found = connection.execute(f"SELECT x, {bucket_sql('x')} FROM (SELECT UNNEST(?) AS x)", [sizes]).fetchall()
    assert dict(found) == {size: bucket_of(size) for size in sizes}


@given(st.lists(st.integers(0, 500), min_size=1, max_size=200), st.sampled_from([0.5, 0.95, 0.99, 1.0]))
def test_a_percentile_is_the_nearest_rank(sizes: list[int], share: float) -> None:
    counts = {size: sizes.count(size) for size in sizes}
    rank = -(-len(sizes) * round(share * 100) // 100)
    assert nearest_rank(counts, share) == sorted(sizes)[max(rank, 1) - 1]


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=300))
def test_percentiles_from_buckets_are_within_a_bucket(sizes: list[int]) -> None:
    calls = [call(prompt=size, output=size) for size in sizes]
    exact, coarse = prompt_sizes(cube_of(*calls)), prompt_sizes(cube_of(*calls, exact=False))
    assert exact is not None and coarse is not None and (exact.exact, coarse.exact) == (True, False)
    for sharp, blunt in zip(exact[:3], coarse[:3], strict=True):
        assert abs(sharp - blunt) <= sharp / 16
    assert coarse.largest is None


@pytest.mark.parametrize(
    ("sizes", "share", "found"),
    [
        # 1,024 to 1,087 are a bucket; mean 26 above of 63, k = 63 ÷ 26 − 1 = 1.423; the third: 63 × (2.5 ÷ 5)^1.423 = 23.5
        ([1_050] * 5, 0.5, 1_047),
        # evenly: the mean is the middle, k = 1, and the 32nd of 64 lies at 1,024 + 63 × 31.5 ÷ 64 = 1,055.008
        (list(range(1_024, 1_088)), 0.5, 1_055),
        # three at the low end, one at the high: mean 15.75 above of 63, k = 3; the second: 63 × (1.5 ÷ 4)³ = 3.3
        ([1_024, 1_024, 1_024, 1_087], 0.5, 1_027),
        ([1_024] * 4, 0.5, 1_024),
        ([1_087] * 4, 0.5, 1_087),
    ],
)
def test_a_percentile_within_its_bucket_by_hand(sizes: list[int], share: float, found: int) -> None:
    assert within_bucket({1_024: (len(sizes), sum(sizes))}, share) == found


def test_a_bucket_that_holds_a_threshold_is_two_cells() -> None:
    """200,000 and 200,001 share the bucket from 196,608, and lie on two sides of a price."""
    cube = cube_of(call(prompt=200_000), call(prompt=200_001), thresholds=(128_000, 200_000))
    assert {(key.prompt_size, key.above_tokens): sums.calls for key, sums in cube.by_size().items()} == {
        (196_608, 128_000): 1,
        (196_608, 200_000): 1,
    }


# ---- time


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("1970-01-01T00:00:01Z", 1),
        ("1970-01-01T02:00:01+02:00", 1),
        ("1970-01-01 00:00:01", 1),
        (1_772_323_200, 1_772_323_200),
        (1_772_323_200.5, 1_772_323_200.5),
        ("1772323200", 1_772_323_200),
        (1_772_323_200_123, 1_772_323_200.123),
        (1_772_323_200_123_456, 1_772_323_200.123456),
        ("1772323200123456789", 1_772_323_200.123456),
    ],
)
def test_moments_in_every_spelling(written: Any, seconds: float) -> None:
    assert microseconds(written) == round(seconds * 1_000_000)


def test_no_moment() -> None:
    assert microseconds(None) is None and microseconds("") is None
    for written in ("soon", True, [], float("nan")):
        with pytest.raises(ValueError, match=r"."):
            microseconds(written)


def test_peak_over_elapsed_and_over_non_empty_hours() -> None:
    """Four calls in hour 0, one in hour 9: 10 elapsed, 2 with calls; 4 ÷ (5 ÷ 10) = 8 and 4 ÷ (5 ÷ 2) = 1.6."""
    hours = hours_of(cube_of(*[call(0)] * 4, call(9)))
    assert (hours.elapsed, hours.non_empty, hours.peak_calls, hours.peak_at) == (10, 2, 4, "2026-03-02T00:00:00Z")
    assert (hours.peak_to_average_elapsed, hours.peak_to_average_non_empty) == (8, 1.6)
    assert hours.by_hour_of_day == [4, *[0] * 8, 1, *[0] * 14]


def test_growth_of_whole_weeks() -> None:
    """10 calls an hour for two weeks, 12 for two: 1.2 times in two weeks (336 h), 1.2^(730/336) a month."""
    calls = [call(h) for h in range(4 * 168) for _ in range(10 if h < 336 else 12)]
    assert growth_of(cube_of(*calls)) == pytest.approx(1.2 ** (730 / 336) - 1)
    assert growth_of(cube_of(*[call(h) for h in range(3 * 168)])) is None


# ---- prices


def cost(model: str, tier: str = "standard", above: int = 0, prices: Any = None, **tokens: int) -> float:
    sums = Sums(1, 0, 0, 0, 0, 0, 0, 0)._replace(**tokens)
    return CellPrices(prices or DayPrices(load_catalog()), DAY).cost(model, tier, above, sums)


M = 1_000_000


def test_each_bucket_pays_its_own_price() -> None:
    """claude-sonnet-4-6: 3 in, 0.30 read, 3.75 and 6 written, 15 out."""
    tokens = dict.fromkeys(("uncached_input", "cache_read", "cache_write_5m", "cache_write_1h", "output"), M)
    assert cost("claude-sonnet-4-6", **tokens) == pytest.approx(3 + 0.3 + 3.75 + 6 + 15)


def test_a_band_pays_the_tier_above_it() -> None:
    """gemini-2.5-pro: 1.25 and 10, above 200,000 tokens 2.50 and 15; 199,999 is another model's threshold."""
    for above, input_, output in ((0, 1.25, 10), (199_999, 1.25, 10), (200_000, 2.5, 15), (272_000, 2.5, 15)):
        assert cost("gemini-2.5-pro", above=above, uncached_input=M, output=M) == pytest.approx(input_ + output)


def test_batch_and_priority_pay_their_own_prices() -> None:
    """gpt-5: 1.25 and 10, half of it in batches, twice as much at priority."""
    assert cost("gpt-5", uncached_input=M, output=M) == pytest.approx(11.25)
    assert cost("gpt-5", "batch", uncached_input=M, output=M) == pytest.approx(5.625)
    assert cost("gpt-5", "priority", uncached_input=M, output=M) == pytest.approx(22.5)


@pytest.mark.parametrize(
    ("model", "above", "tokens", "usd"),
    [
        ("gpt-5", 0, "cache_write_5m", 0.625),  # writes are input: 1.25, in a batch half of it
        ("gpt-5", 0, "cache_write_1h", 0.625),
        ("gpt-5", 0, "cache_read", 0.0625),  # published
        ("gpt-4.1", 0, "cache_read", 1.0),  # OpenAI's batch table has none: 2 in, 0.50 cached, 1 in a batch
        ("gemini-2.5-pro", 0, "cache_read", 0.125),  # Google: the cached price holds in a batch
        ("gemini-2.5-pro", 200_000, "cache_read", 0.25),
        ("gemini-2.5-pro", 200_000, "cache_write_5m", 1.25),  # the batch input price above the threshold
        ("claude-sonnet-4-6", 0, "cache_write_1h", 3.0),  # published: half of 6
        ("gpt-5.6-sol", 0, "cache_write_1h", 2.5),  # one kind of write, published for batches
    ],
)
def test_what_a_batch_pays_for_cached_tokens(model: str, above: int, tokens: str, usd: float) -> None:
    assert cost(model, "batch", above, **{tokens: M}) == pytest.approx(usd)


def test_a_price_that_stands_for_another_is_listed_with_its_tokens(tmp_path: Path) -> None:
    row = {"output_tokens": 0}
    rows = [
        {"model": "gpt-5", "tier": "batch", "input_tokens": 100_000, "cache_write_tokens": 100_000},
        {"model": "gpt-5", "input_tokens": 50_000, "cache_write_tokens": 50_000},
        {"model": "gpt-5", "input_tokens": 50_000, "cache_write_tokens": 20_000},
        {"model": "gpt-4.1", "tier": "batch", "input_tokens": 10_000, "cached_tokens": 10_000},
        {"model": "claude-sonnet-4-6", "tier": "batch", "input_tokens": 10, "cached_tokens": 10},
        {"model": "kimi-k2.5", "tier": "batch", "input_tokens": 1000},
    ]
    log = tmp_path / "log.jsonl"
    lines = [
        {**row, **each, "total_tokens": each["input_tokens"], "timestamp": f"2026-11-0{day}"}
        for day, each in enumerate(rows, 1)
    ]
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = run("usage", str(log), *AS_OF, "-f", "json")
    assert {
        (each["model"], each["tier"], each["bucket"]): (each["charged"], each["usd_per_mtok"], each["tokens"])
        for each in done.result["stand_ins"]
    } == {
        ("openai/gpt-5", "batch", "cache_write_5m"): ("batch.input_per_mtok", 0.625, 100_000),
        ("openai/gpt-5", "standard", "cache_write_5m"): ("input_per_mtok", 1.25, 70_000),
        ("openai/gpt-4.1", "batch", "cache_read"): ("batch.input_per_mtok", 1, 10_000),
        (done.result["models"][2]["priced_as"], "batch", "uncached_input"): ("input_per_mtok", 0.6, 1000),
    }
    assumed = {each["name"]: each["why"] for each in done.document["assumptions"]}
    assert assumed["openai/gpt-5, cache write 5m, batch"].endswith("; 100,000 tokens pay it")
    table = run("usage", str(log), *AS_OF, "--details").out
    assert "* openai/gpt-4.1, cache read, batch = 1: no batch price" in table
    # under another architecture the same price is charged, and said
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text("start: 2026-12\narchitectures: {x: {kind: api, model: gpt-5}}\nsuccessors: {gpt-5: gpt-5.4}\n")
    compared = run(
        "compare", str(scenario), "--usage", str(log), "--priced-as", "kimi-k2.5=gpt-5", *AS_OF, "-f", "json"
    )
    names = {each["name"]: each["value"] for each in compared.document["assumptions"]}
    assert names["gpt-5.batch.cache_write_per_mtok"] == 0.625
    assert names["gpt-5.cache_write_per_mtok"] == 1.25


def test_a_model_without_a_price_is_unpriced_at_no_tokens(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(json.dumps({"model": "mystery", "input_tokens": 0, "output_tokens": 0}) + "\n")
    done = run("usage", str(log), *AS_OF, "-f", "json").result
    assert (done["cost"], done["models"][0]["cost"]) == (None, None)
    assert [(each["model"], each["calls"], each["input_tokens"]) for each in done["unpriced"]] == [("mystery", 1, 0)]
    assert "no price is known" in run("usage", str(log), *AS_OF).out


@given(st.permutations([(model, n) for model in ("gpt-5", "gpt-5-mini", "claude-sonnet-4-6") for n in range(12)]))
def test_the_order_of_the_cells_changes_no_digit(order: list[tuple[str, int]]) -> None:
    """Engines give the cells in an order of their own; sums of floats would depend on it."""
    reading = LogResult("any", [], cube_of(*[call(n, 1000 + 7 * n, 10 + n, model=m) for m, n in order]), Lines(), [])
    prices = CellPrices(DayPrices(load_catalog()), DAY)
    found = usage_of(reading, prices)
    assert found.cost == fsum(
        prices.cost(m, "standard", 0, Sums(1, 1000 + 7 * n, 0, 0, 0, 10 + n, 0, 0)) for m, n in sorted(order)
    )


@pytest.mark.parametrize("name", ["gpt-5", "openai/gpt-5", "GPT-5", "openrouter/openai/gpt-5", "litellm_proxy/gpt-5"])
def test_a_gateways_spelling_of_a_model(name: str) -> None:
    assert CellPrices(DayPrices(load_catalog()), DAY).known_as(name) == "openai/gpt-5"


@pytest.mark.parametrize(
    ("model", "tier", "tokens", "why"),
    [
        ("my-own-model", "standard", {"output": 1}, "not in the catalog"),
        ("", "standard", {"output": 1}, "names no model"),
        ("gpt-5", "turbo", {"output": 1}, "no price at the tier turbo"),
        ("azure/Nothing-V3.2", "standard", {"output": 1}, "not in the catalog"),
    ],
)
def test_what_has_no_price_is_refused_with_its_reason(model: str, tier: str, tokens: dict[str, int], why: str) -> None:
    with pytest.raises(UnknownPrice, match=why):
        cost(model, tier, **tokens)


def test_unpriced_tokens_are_listed_and_no_zero(tmp_path: Path) -> None:
    rows = [
        {"model": "gpt-5", "input_tokens": M, "output_tokens": 0, "cost_usd": 0},
        {"model": "mystery", "input_tokens": 70, "output_tokens": 7},
    ]
    log = tmp_path / "log.jsonl"
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = run("usage", str(log), *AS_OF, "-f", "json").result
    assert (done["cost"], done["recorded_cost"], done["recorded_calls"]) == (1.25, 0, 1)
    assert {each["model"]: (each["cost"], each["recorded_cost"]) for each in done["models"]} == {
        "gpt-5": (1.25, 0),
        "mystery": (None, None),
    }
    assert done["unpriced"] == [
        {
            "model": "mystery",
            "tier": "standard",
            "reason": "not in the catalog",
            "calls": 1,
            "input_tokens": 70,
            "output_tokens": 7,
        }
    ]
    table = run("usage", str(log), *AS_OF)
    assert "without 77 tokens that have no price" in table.out
    # a price of one's own, or the name of a model that it is, brings them in
    own = run("usage", str(log), "--price", "mystery.input=10", "--price", "mystery.output=100", *AS_OF, "-f", "json")
    assert own.result["cost"] == pytest.approx(1.25 + (70 * 10 + 7 * 100) / 1e6)
    same = run("usage", str(log), "--priced-as", "mystery=gpt-5", *AS_OF, "-f", "json")
    assert same.result["cost"] == pytest.approx(1.25 + (70 * 1.25 + 7 * 10) / 1e6)


@pytest.mark.parametrize("engine", ["duckdb"])
def test_a_negative_cost_of_a_call_is_none_and_named(tmp_path: Path, engine: str) -> None:
    """Of four calls one costs less than nothing and two carry a cost: 0.5 and 0."""
    if engine == "duckdb":
        pytest.importorskip("duckdb")
    costs = [{"cost_usd": -1}, {"cost_usd": 0.5}, {"cost_usd": 0}, {}]
    rows = [{"model": "gpt-5", "input_tokens": 10, "output_tokens": 1, **cost} for cost in costs]
    log = tmp_path / "log.jsonl"
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = run("usage", str(log), "--engine", engine, *AS_OF, "-f", "json").result
    assert (done["recorded_cost"], done["recorded_calls"]) == (0.5, 2)
    assert done["lines"]["repaired"] == {"negative cost, counted as not recorded": 1}
    said = run("usage", str(log), "--engine", engine, *AS_OF)
    assert "$0.50 recorded for 2 of 4 calls." in said.out
    assert "negative cost" in said.err


def test_a_retired_model_keeps_its_last_price(tmp_path: Path) -> None:
    """gpt-4o stops answering in January 2027; a log of its calls still has a cost afterwards."""
    log = tmp_path / "log.jsonl"
    log.write_text(json.dumps({"model": "gpt-4o", "input_tokens": M, "output_tokens": 0}) + "\n")
    assert run("usage", str(log), "--as-of", "2027-06-01", "-f", "json").result["cost"] == 2.5


def test_shares_over_each_threshold_and_of_the_cache(tmp_path: Path) -> None:
    """Of four calls one is above 200,000 tokens and two above 128,000; half of the tokens came from the cache."""
    sizes = [1_000, 2_000, 150_000, 250_000]
    rows = [
        {
            "model": "gemini-2.5-pro",
            "input_tokens": n,
            "output_tokens": 1,
            "cached_tokens": n // 2,
            "total_tokens": n + 1,
        }
        for n in sizes
    ]
    log = tmp_path / "log.jsonl"
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = run("usage", str(log), *AS_OF, "-f", "json").result
    above = {each["above_tokens"]: (each["calls"], each["share"]) for each in done["sizes"]["above"]}
    assert (above[128_000], above[200_000], above[512_000]) == ((2, 0.5), (1, 0.25), (0, 0))
    assert done["cache_share"] == 0.5
    assert done["sizes"]["prompt"] == {"p50": 2_000, "p95": 250_000, "p99": 250_000, "largest": 250_000, "exact": True}


@pytest.mark.parametrize("engine", ["duckdb"])
def test_thinking_that_only_the_total_names_is_said(tmp_path: Path, engine: str) -> None:
    """Gemini's OpenAI-compatible endpoint: 758 + 102 of 1,725, twice, so 2 × 865 tokens are its thinking."""
    if engine == "duckdb":
        pytest.importorskip("duckdb")
    usage = {"prompt_tokens": 758, "completion_tokens": 102, "total_tokens": 1725}
    answer = {"object": "chat.completion", "created": 1767225600, "model": "gemini-2.5-pro", "usage": usage}
    log = tmp_path / "log.jsonl"
    log.write_text("".join(json.dumps({**answer, "id": f"chatcmpl-{n}"}) + "\n" for n in range(2)))
    done = run("usage", str(log), "--engine", engine, *AS_OF, "-f", "json")
    assert done.result["output_tokens"] == 2 * (1725 - 758)
    said = [each["message"] for each in done.document["warnings"] if each["code"] == "worked_out_tokens"]
    assert said == ["1,730 tokens counted as output that only the total names (Gemini's thinking)"]


def test_the_csv_has_no_noise_and_says_what_it_leaves_out(tmp_path: Path) -> None:
    """Three hours of (1,000 × 1.25 + 100 × 10) / 1e6 = 0.00225, which floats add up to 0.006749999999999999."""
    row = {"model": "gpt-5", "input_tokens": 1000, "output_tokens": 100}
    rows = [row | {"timestamp": f"2026-11-01T0{hour}:00:00Z"} for hour in range(3)]
    log = tmp_path / "log.jsonl"
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = run("usage", str(log), *AS_OF, "-f", "csv")
    header, figures = done.out.splitlines()
    assert dict(zip(header.split(","), figures.split(","), strict=True))["cost"] == "0.00675"
    assert "the CSV has the models only" in done.err


def test_a_task_that_no_line_names_is_said(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(json.dumps({"model": "gpt-5", "input_tokens": 1, "output_tokens": 1, "team": "a"}) + "\n")
    assert "no line names a task by key" in run("usage", str(log), "--task-from", "key", *AS_OF).err
    assert "names a task" not in run("usage", str(log), "--task-from", "team", *AS_OF).err
