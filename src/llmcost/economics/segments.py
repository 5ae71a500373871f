"""A segment of the traffic alone: what is required of it is judged on its own requests."""

from typing import Any

from llmcost.scenario import Scenario
from llmcost.workload import Segment

OWN_REQUIREMENTS = ("p99_latency_ms", "min_quality_kept")


def segment_alone(name: str, segment: Segment, point: Scenario) -> Scenario:
    """The scenario with this segment as its only traffic, and its own requirements in place of the scenario's.

    The scenario's own least quality is left out: it is that of all requests together.
    """
    required: dict[str, Any] = {"min_quality_kept": None}
    for field in OWN_REQUIREMENTS:
        if getattr(segment, field) is not None:
            required[field] = getattr(segment, field)
    workload = point.workload
    assert workload is not None  # noqa: S101 - checked by the caller
    requests = (workload.requests_per_month or 0.0) * segment.share
    own = [part._replace(share=part.share / segment.share) for part in point.measured if part.segment == name]
    return point.measured_by(own).model_copy(
        update={
            "workload": workload.model_copy(update={"requests_per_month": requests}),
            "segments": {name: segment.model_copy(update={"share": 1.0})},
            "requirements": point.requirements.model_copy(update=required),
        }
    )
