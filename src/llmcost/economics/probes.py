"""One uncertain input moved at a time: whether any cost depends on it, and the lead along its reach."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from llmcost.economics.uncertainty import Sampling, inputs, value_at
from llmcost.quantity import Range

Z_P90 = 1.2815515655446004
GRID = 401
REACH = 3.0  # flips are looked for within ±3 standard normal deviations of the median
SOME = 256  # draws on which it is tried whether an input is read at all
MOST_AT_ONCE = 1 << 15

OnValues = Callable[[Mapping[str, Any]], dict[str, Any]]  # costs by architecture on given values of the inputs


def lead(costs: Mapping[str, Any], challenger: str, against: str) -> Any:
    return costs[against] - costs[challenger]


class Probe(NamedTuple):
    """One input alone moved: whether y depends on it, and y along a grid of its normal quantiles."""

    reads: bool
    z: Any
    values: Any
    y: Any
    swing: float


def probed(
    ranges: dict[str, Range], sampling: Sampling, on_values: OnValues, grid: Any, pair: tuple[str, str]
) -> dict[str, Probe]:
    """Every input in turn, many of them in one evaluation: the estimates cost by the call, not by the draw.

    An input is read where another order of its draws, or another value of it alone, changes some architecture's cost.
    """
    import numpy as np

    z = np.concatenate([np.linspace(-REACH, REACH, GRID), [-Z_P90, Z_P90]])
    some = min(SOME, sampling.samples)
    columns = inputs(ranges, sampling, grid, slice(0, some))
    width = some + z.size
    found: dict[str, Probe] = {}
    paths = list(ranges)
    at_once = max(MOST_AT_ONCE // width, 1)
    for begin in range(0, len(paths), at_once):
        group = paths[begin : begin + at_once]
        values = {path: value_at(ranges[path], z, sampling.z) for path in group}
        tried = {
            path: np.tile(np.concatenate([columns[path], np.full(z.size, ranges[path].middle)]), len(group) + 1)
            for path in paths
        }
        for position, path in enumerate(group):
            here = slice(position * width, (position + 1) * width)
            tried[path][here] = np.concatenate([columns[path][::-1], values[path]])
        shape = (len(group) + 1, width)
        costs = {
            name: np.broadcast_to(cost, (shape[0] * width,)).reshape(shape) for name, cost in on_values(tried).items()
        }
        y = lead(costs, *pair)
        for position, path in enumerate(group):
            along = y[position, some:]
            # Whole GPUs may cost the same in a few draws, so the whole reach of the input is looked at too.
            reads = any(
                _differ(cost[position, :some], cost[-1, :some]) or _differ(cost[position, some:], cost[position, some])
                for cost in costs.values()
            )
            found[path] = Probe(reads, z[:GRID], values[path][:GRID], along[:GRID], float(along[-1] - along[-2]))
    return found


def _differ(moved: Any, still: Any) -> bool:
    import numpy as np

    return bool((np.abs(moved - still) > 1e-12 * float(np.abs(still).max())).any())
