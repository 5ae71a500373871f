"""Random scenarios, each a sensible one, for the laws that hold of them all."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

MODELS = ("a", "b", "c")


def cents(low: float, high: float) -> st.SearchStrategy[float]:
    """An amount with two decimals."""
    return st.integers(round(low * 100), round(high * 100)).map(lambda n: n / 100)


SHARES = st.integers(0, 100).map(lambda n: n / 100)
GROWTH = st.sampled_from([0, 0, 0, 0.05, -0.05, 0.2])


@st.composite
def model_prices(draw: st.DrawFn) -> dict[str, Any]:
    """Prices of the three models, with cache and batch prices."""
    return {
        name: {
            "input_per_mtok": draw(cents(0.05, 20)),
            "output_per_mtok": draw(cents(0.05, 80)),
            "cached_input_per_mtok": draw(cents(0.01, 2)),
            "cache_write_per_mtok": draw(cents(0.05, 25)),
            "batch": {"input_per_mtok": draw(cents(0.02, 10))},
        }
        for name in MODELS
    }


@st.composite
def workloads(draw: st.DrawFn) -> dict[str, Any]:
    """Traffic with cached, written and batched shares, and growth."""
    cached = draw(SHARES)
    return {
        "requests_per_month": draw(st.integers(1, 5_000_000)),
        "input_tokens": draw(st.integers(1, 5000)),
        "output_tokens": draw(st.integers(0, 2000)),
        "cached_share": cached,
        "cache_write_share": draw(st.sampled_from([0, (1 - cached) / 2])),
        "batch_share": draw(SHARES),
        "growth_per_month": draw(GROWTH),
    }


@st.composite
def mixes(draw: st.DrawFn, targets: tuple[str, ...] = MODELS) -> dict[str, Any]:
    """Shares of some targets that sum to 1."""
    cuts = sorted(draw(st.integers(0, 1000)) for _ in targets[1:])
    edges = [0, *cuts, 1000]
    return {target: (high - low) / 1000 for target, low, high in zip(targets, edges, edges[1:], strict=False)}


@st.composite
def self_hosted(draw: st.DrawFn) -> dict[str, Any]:
    """A fleet by its measured capacity."""
    capacity = draw(st.integers(50_000, 3_000_000))
    measured = draw(st.sampled_from([{"requests_per_month": capacity}, {"requests_per_second": capacity / 1_000_000}]))
    return {
        "kind": "self_hosted",
        "gpu": {"usd_per_gpu_hour": draw(cents(0.10, 8))},
        "gpus_per_replica": draw(st.integers(1, 2)),
        "throughput": measured,
        "spare": draw(st.integers(0, 2)),
        "operations_per_month": draw(st.integers(0, 5000)),
        "build": {"set-up": draw(st.integers(0, 20_000))},
    }


@st.composite
def fine_tuned(draw: st.DrawFn) -> dict[str, Any]:
    """A managed fine-tune with a build, a rollout and a lifecycle."""
    return {
        "kind": "fine_tuned",
        "build": {"training": draw(st.integers(0, 50_000)), "people": {"people": 2, "weeks": 3, "usd_per_week": 1000}},
        "monthly": {"monitoring": draw(st.integers(0, 3000))},
        "serving": {"model": "a"},
        "ready_after_weeks": draw(st.sampled_from([0, 3, 10])),
        "rollout": draw(st.sampled_from([[1], [0.05, 0.5, 1], [0.5]])),
        "fallback": "b",
        "retrain": {"every_months": draw(st.integers(1, 6)), "cost": draw(st.integers(0, 9000))},
        "output_tokens_factor": draw(st.sampled_from([0.75, 1, 1.25])),
    }


@st.composite
def scenarios(draw: st.DrawFn) -> dict[str, Any]:
    """An architecture of every kind, and a hybrid of them."""
    return {
        "start": "2026-12",
        "horizon_months": draw(st.integers(1, 18)),
        "workload": draw(workloads()),
        "api_price_change_per_year": draw(st.sampled_from([0, 0, -0.3, 0.1])),
        "prices": draw(model_prices()),
        "baseline": "single",
        "architectures": {
            "single": {"kind": "api", "model": "c"},
            "routed": {
                "kind": "routed",
                "mix": draw(mixes()),
                "router": {"tokens_per_request": draw(st.integers(0, 100)), "model": "a"},
                "switch_share": draw(SHARES),
            },
            "cascade": {
                "kind": "cascade",
                "stages": ["a", "b", "c"],
                "escalation": [draw(SHARES), draw(SHARES)],
                "verifier": {"usd_per_request": draw(cents(0, 0.05))},
            },
            "own": draw(self_hosted()),
            "tuned": draw(fine_tuned()),
            "hybrid": {"kind": "routed", "mix": draw(mixes(("own", "tuned", "cascade")))},
        },
    }
