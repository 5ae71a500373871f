"""What an architecture must meet whatever it costs, as a scenario states it."""

from typing import Annotated, Any

from pydantic import BeforeValidator, model_validator

from llmcost.workload import (
    Positive,
    Share,
    Strict,
    Usd,
    refuse,
)


def _percentile(written: Any) -> Any:
    """`p95` or `95%` as 0.95; `mean` as no percentile."""
    text = str(written).strip().lower()
    if text == "mean":
        return None
    try:
        found = (
            float(text[1:]) / 100 if text[:1] == "p" else float(text[:-1]) / 100 if text[-1:] == "%" else float(text)
        )
    except ValueError:
        found = -1.0
    if not 0.5 <= found < 1:
        refuse(f"the percentile {text!r} is none", "type p50, p90, p95, p99 or mean")
    return found


class Requirements(Strict):
    """What an architecture must meet whatever it costs; a failed one cannot be bought off.

    `confidence` is the chance at which one counts as met; below 1 − confidence it counts as failed.
    """

    air_gapped: bool = False
    residency: list[str] = []
    edge: bool = False
    gpu_operations: bool | None = None
    p99_latency_ms: Positive | None = None
    first_token_ms: Positive | None = None
    token_ms: Positive | None = None
    latency_percentile: Annotated[float, BeforeValidator(_percentile)] | None = None
    min_quality_kept: Share | None = None
    max_monthly_cost: Usd | None = None
    payback_within_months: Positive | None = None
    confidence: Share = 0.9

    @model_validator(mode="after")
    def _confident(self) -> "Requirements":
        if not isinstance(self.confidence, float | int) or not 0.5 < self.confidence <= 1:
            hint = "give one share above 50 %, up to 100 %, such as 90%"
            refuse("the confidence of the requirements is no share above 50 %", hint, "confidence")
        return self

    @property
    def stated(self) -> bool:
        """Whether anything is required at all."""
        if self.air_gapped or self.residency or self.edge or self.gpu_operations is not None:
            return True
        figures = (self.p99_latency_ms, self.first_token_ms, self.token_ms, self.min_quality_kept)
        return any(value is not None for value in (*figures, self.max_monthly_cost, self.payback_within_months))

    @property
    def sized_for(self) -> float | None:
        """The chance that a fleet is sized for; None where nobody stated one: then it is the expected latency."""
        return self.confidence if "confidence" in self.model_fields_set else None
