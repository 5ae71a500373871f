"""Fine-tuning against routing, attribute by attribute, filled with this scenario's own figures."""

from typing import NamedTuple

from llmcost.architectures.fine_tuned import FineTuned
from llmcost.architectures.flow import reachable
from llmcost.economics.comparison import Details


class Attribute(NamedTuple):
    """One attribute of both; a text, because some are numbers and some are not."""

    name: str
    fine_tuning: str
    routing: str


def attributes_of(details: Details) -> list[Attribute]:
    """The six attributes ("The $200,000 shortcut that backfires"); empty unless the scenario has both a fine-tune and a route."""
    names = details.point.architectures
    tuned = next((n for n, a in names.items() if isinstance(a, FineTuned)), None)
    routed = next((n for n in names if names[n].kind in ("routed", "cascade") and not _tunes(details, n)), None)
    if tuned is None or routed is None:
        return []
    body = names[tuned]
    assert isinstance(body, FineTuned)  # noqa: S101 - chosen so
    costs = {name: details.estimates[name] for name in (tuned, routed)}
    weeks = f"{body.ready_after_weeks:.3g} weeks" if "ready_after_weeks" in body.model_fields_set else "not stated"
    retrain = f"retrained every {body.retrain.every_months:g} months" if body.retrain else "frozen at its training"
    segments = len(details.point.segments)
    return [
        Attribute(
            "time to production", f"{weeks}, then {len(body.rollout)} month(s) of rollout", "a configuration change"
        ),
        Attribute("upfront", f"${costs[tuned].one_time_cost:,.0f}", f"${costs[routed].one_time_cost:,.0f}"),
        Attribute("a month", _monthly(costs[tuned].monthly_cost), _monthly(costs[routed].monthly_cost)),
        Attribute("freshness", retrain, "each target's latest version"),
        Attribute(
            "mixed tasks",
            f"one model for {segments or 1} task type(s)",
            f"{_targets(details, routed)} targets by request",
        ),
        Attribute("iteration", f"a retrain, {weeks}", "a configuration change"),
    ]


def _tunes(details: Details, name: str) -> bool:
    parts = reachable(name, details.point.architectures, fallbacks=False)
    return any(isinstance(architecture, FineTuned) for _, architecture in parts)


def _targets(details: Details, name: str) -> int:
    return len(details.point.architectures[name].targets())


def _monthly(cost: float | None) -> str:
    return "not known" if cost is None else f"${cost:,.0f}"
