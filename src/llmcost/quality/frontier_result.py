"""What `frontier` answers. Quality is a mean score, cost USD a request; intervals are 95 %.

Three numbers are sold as "quality kept"; each has its own name here: *quality kept* (Q ÷ the strong
model's), *no-harm rate* (1 − the share of queries answered worse than by the strong model) and
*performance gap recovered* ((Q − Q_cheap) ÷ (Q_strong − Q_cheap)).
"""

from typing import NamedTuple

from llmcost.quality.cascading import CascadePoint
from llmcost.quality.sample import Interval
from llmcost.quality.sweep import Sweep


class OutcomeCounts(NamedTuple):
    """What was read: rows, and the queries that every model answered."""

    rows: int
    queries: int
    models: int
    duplicate_rows: int
    dropped_scores: int
    rows_set_aside: int


class ModelPoint(NamedTuple):
    """One model: USD a request at the day's prices (`cost_basis` says whose), what was recorded beside it.

    `dominated_by` is no dearer and no worse; `dominated_in` the share of bootstrap rounds in which
    any model is.
    """

    model: str
    quality: float
    quality_interval: Interval
    cost_per_request: float
    cost_per_request_interval: Interval
    cost_basis: str
    recorded_cost_per_request: float | None
    recorded_cost_per_request_interval: Interval
    recorded_differs_on: int | None
    input_tokens: float | None
    input_tokens_interval: Interval
    output_tokens: float | None
    output_tokens_interval: Interval
    quality_kept: float | None
    quality_kept_interval: Interval
    no_harm_rate: float | None
    no_harm_rate_interval: Interval
    performance_gap_recovered: float | None
    performance_gap_recovered_interval: Interval
    on_hull: bool
    dominated_by: str | None
    dominated_in: float | None


class JointTable(NamedTuple):
    """Shares of the queries by who is right: p10 is the first right and the second wrong."""

    first: str
    second: str
    p11: float
    p11_interval: Interval
    p10: float
    p10_interval: Interval
    p01: float
    p01_interval: Interval
    p00: float
    p00_interval: Interval


class OraclePoint(NamedTuple):
    """The best score of every query at the cheapest model that has it. No router reaches it.

    `strong_share` is the share of queries on which only the strong model has it.
    """

    label: str
    quality: float
    quality_interval: Interval
    cost_per_request: float
    cost_per_request_interval: Interval
    strong_share: float
    strong_share_interval: Interval


class MixPoint(NamedTuple):
    """A share of the queries sent to the strong model at random."""

    strong_share: float
    cost_per_request: float
    cost_per_request_interval: Interval
    quality: float
    quality_interval: Interval
    quality_kept: float | None
    quality_kept_interval: Interval


class RandomMix(NamedTuple):
    """The straight line from the cheap model to the strong one, which every router has to beat."""

    cheap: str
    strong: str
    points: list[MixPoint]


class HullPoint(NamedTuple):
    """A corner of the non-decreasing convex hull over single models (the Zero router)."""

    model: str
    cost_per_request: float
    cost_per_request_interval: Interval
    quality: float
    quality_interval: Interval


class Metrics(NamedTuple):
    """AIQ of the hull (null at equal costs), and RouteLLM's APGR and CPT of the router's curve."""

    aiq: float | None
    aiq_interval: Interval
    aiq_definition: str
    performance_gap: float
    performance_gap_interval: Interval
    oracle_performance_gap_recovered: float | None
    oracle_performance_gap_recovered_interval: Interval
    router_apgr: float | None
    router_apgr_interval: Interval
    random_mix_apgr: float
    router_cpt: dict[str, float | None] | None
    random_mix_cpt: dict[str, float]


class Way(NamedTuple):
    """One way to keep the wanted quality: what it sends where, and what that costs and keeps."""

    way: str
    shares: dict[str, float]
    cost_per_request: float
    quality: float
    quality_kept: float
    detail: str


class CheapestWay(NamedTuple):
    """The cheapest point that keeps a share of the strong model's quality, and what it is held against."""

    min_quality_kept: float
    cheapest: Way | None
    hull: Way | None
    best_single: Way | None
    random_mix: Way | None
    cascade: Way | None
    router: Way | None
    sentence: str


class Frontier(NamedTuple):
    """The result of `frontier`."""

    counts: OutcomeCounts
    cheap: str
    strong: str
    models: list[ModelPoint]
    joint: list[JointTable]
    oracle: OraclePoint
    random_mix: RandomMix
    hull: list[HullPoint]
    cascades: list[CascadePoint]
    router: Sweep | None
    metrics: Metrics
    cheapest: CheapestWay | None
    rounds: int
    seed: int
