"""Six architectures over 24 months with ten ranges: the scenario, and the same model by hand in numpy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

MONTHS = 24
Z95 = 1.6448536269514722
RANGES: dict[str, tuple[float, float]] = {
    "growth": (0.01, 0.05),
    "escalation": (0.20, 0.40),
    "gpu_hour": (2.0, 4.0),
    "operations": (1e3, 3e3),
    "training": (30e3, 80e3),
    "data": (15e3, 50e3),
    "people": (40e3, 80e3),
    "hosting": (8e3, 20e3),
    "weeks": (10.0, 16.0),
    "retrain": (5e3, 15e3),
}
SCENARIO = """\
start: 2026-12
horizon_months: 24
workload: {{requests_per_month: 1M, input_tokens: 1000, output_tokens: 200, growth_per_month: {growth}}}
baseline: all
prices:
  cheap: {{input_per_mtok: 1, output_per_mtok: 5}}
  middle: {{input_per_mtok: 3, output_per_mtok: 15}}
  dear: {{input_per_mtok: 5, output_per_mtok: 25}}
architectures:
  all: {{kind: api, model: dear}}
  routed: {{kind: routed, mix: {{cheap: 70%, middle: 20%, dear: 10%}}}}
  cascade: {{kind: cascade, stages: [cheap, dear], escalation: [{escalation}]}}
  own: {{kind: self_hosted, gpu: {{usd_per_gpu_hour: {gpu_hour}}}, throughput: {{requests_per_second: 6}},
        operations_per_month: {operations}}}
  tuned: {{kind: fine_tuned, build: {{training: {training}, data: {data}, people: {people}}},
          monthly: {{hosting: {hosting}}}, ready_after_weeks: {weeks}, rollout: [5%, 50%, 100%],
          retrain: {{every_months: 3, cost: {retrain}}}}}
  hybrid: {{kind: routed, mix: {{tuned: 80%, dear: 20%}}}}
"""


def scenario(*, ranges: bool) -> str:
    """The scenario as YAML, with its ranges or with their medians."""
    values = {}
    for name, (low, high) in RANGES.items():
        middle = (low + high) / 2 if name in ("growth", "escalation") else math.sqrt(low * high)
        values[name] = f"{low}..{high}" if ranges else f"{middle!r}"
    return SCENARIO.format(**values)


def draws(samples: int, seed: int = 1) -> dict[str, Any]:
    """Pseudo-random draws of the ten inputs: growth linear, escalation logit, the rest log."""
    generator = np.random.default_rng(seed)
    found = {}
    for name, (low, high) in RANGES.items():
        z = generator.standard_normal(samples) / Z95
        if name == "growth":
            found[name] = (low + high) / 2 + z * (high - low) / 2
        elif name == "escalation":
            a, b, c = (math.log(p / (1 - p)) for p in (low, (low + high) / 2, high))
            found[name] = 1 / (1 + np.exp(-(b + z * np.where(z > 0, c - b, b - a))))
        else:
            found[name] = np.exp((math.log(low) + math.log(high)) / 2 + z * math.log(high / low) / 2)
    return found


def totals(x: dict[str, Any]) -> dict[str, Any]:
    """USD over 24 months of each architecture, written out."""
    cheap, middle, dear = (1000 * i / 1e6 + 200 * o / 1e6 for i, o in ((1, 5), (3, 15), (5, 25)))
    found: dict[str, Any] = dict.fromkeys(("all", "routed", "cascade", "own", "tuned", "hybrid"), 0.0)
    build = x["training"] + x["data"] + x["people"]
    ready = x["weeks"] * 7 / (365 / 12)
    found["tuned"] = found["hybrid"] = build
    for month in range(1, MONTHS + 1):
        volume = 1e6 * (1 + x["growth"]) ** (month - 1)
        found["all"] = found["all"] + volume * dear
        found["routed"] = found["routed"] + volume * (0.7 * cheap + 0.2 * middle + 0.1 * dear)
        found["cascade"] = found["cascade"] + volume * (cheap + x["escalation"] * dear)
        one = 6 * 0.7 * 730 * 3600 / 4
        found["own"] = found["own"] + np.ceil(volume / one) * 730 * x["gpu_hour"] + x["operations"]
        live = np.clip(month - ready, 0, 1)
        served = 0.0
        for stage, share in enumerate((0.05, 0.50)):
            overlap = np.minimum(ready + stage + 1, month) - np.maximum(ready + stage, month - 1)
            served = served + share * np.maximum(overlap, 0)
        served = served + np.maximum(month - np.maximum(ready + 2, month - 1), 0)
        times = np.floor(np.maximum(month - ready, 0) / 3) - np.floor(np.maximum(month - 1 - ready, 0) / 3)
        fixed = live * x["hosting"] + times * x["retrain"]
        found["tuned"] = found["tuned"] + fixed + (1 - served) * volume * dear
        found["hybrid"] = found["hybrid"] + fixed + (0.2 + 0.8 * (1 - served)) * volume * dear
    return found
