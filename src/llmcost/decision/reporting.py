"""Everything that the page a decision is made on shows, worked out once.

One comparison in detail serves the bands over the months, the chances, what is worth measuring, what
would flip the answer and the points of the levers: nothing is drawn or estimated twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from llmcost.decision.flips import Flip, flips_of
from llmcost.decision.recommendation import Recommendation, next_steps_of, recommendation_of
from llmcost.economics.comparison import Details, compare_in_detail
from llmcost.economics.trajectories import Trajectory, trajectories_of
from llmcost.economics.uncertainty import Sampling
from llmcost.economics.volumes import Intervals, volume_intervals
from llmcost.economics.whatif import WhatIf, what_if
from llmcost.scenario import Scenario

if TYPE_CHECKING:
    from llmcost.economics.logged import LoggedTraffic
    from llmcost.economics.sensitivity import Sensitivities
    from llmcost.usage.summary import Usage


class Report(NamedTuple):
    """A comparison with all that is said about it. A part that this scenario has no data for is None."""

    details: Details
    recommendation: Recommendation
    next_steps: list[str]
    trajectories: list[Trajectory]
    volumes: Intervals | None
    flips: list[Flip]
    sensitivities: Sensitivities | None
    what_if: WhatIf | None
    usage: Usage | None = None

    def measured(self, usage: Usage, logged: LoggedTraffic) -> Report:
        """The same with what was logged, and what that traffic would have cost under each architecture."""
        comparison = self.details.comparison._replace(traffic=logged)
        return self._replace(details=self.details._replace(comparison=comparison), usage=usage)


def report(scenario: Scenario, catalog: Any, sampling: Sampling | None = None, *, levers: bool = True) -> Report:
    """The report on a scenario; without `levers` its points are left out.

    Raises what `compare` raises.
    """
    sampling = sampling or Sampling()
    details = compare_in_detail(scenario, catalog, sampling, months=True)
    lines = trajectories_of(details)
    moved = what_if(details) if levers else None
    volumes = _volumes(details, scenario, catalog, sampling)
    recommendation = recommendation_of([], details, {}, [])
    return Report(
        details=details,
        recommendation=recommendation,
        next_steps=next_steps_of(recommendation, [], details, {}),
        trajectories=lines,
        volumes=volumes,
        flips=flips_of(details, volumes),
        sensitivities=_to_measure(details, scenario, catalog, sampling),
        what_if=moved,
    )


def _to_measure(details: Details, scenario: Scenario, catalog: Any, sampling: Sampling) -> Sensitivities | None:
    if not details.outcome.ranges:
        return None
    from llmcost.economics.sensitivity import sensitivity_beside

    return sensitivity_beside(details, scenario, catalog, sampling)


def _volumes(details: Details, scenario: Scenario, catalog: Any, sampling: Sampling) -> Intervals | None:
    """Which architecture is the cheapest at which volume; None where requests are not counted or nothing is compared."""
    workload = details.point.workload
    if workload is None or not workload.requests_known or len(details.estimates) < 2:
        return None
    return volume_intervals(details, scenario, catalog, sampling=sampling)
