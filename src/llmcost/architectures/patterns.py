"""Who is right together: the share of the requests by pattern, `10` the first right and the second wrong."""

from collections.abc import Mapping
from typing import Any

from llmcost.arithmetic import Number, is_array, maximum, minimum
from llmcost.quantity import Range
from llmcost.workload import refuse

Patterns = dict[str, Number]


def read_patterns(written: Mapping[str, Any], stages: int) -> Patterns:
    """`{p11: …, p10: …}` as patterns of so many stages; refused where they do not sum to 100 %.

    Patterns that are left out have no share. Uncertain shares are rescaled to sum to 1.
    """
    found: Patterns = {}
    for key, share in written.items():
        pattern = str(key).removeprefix("p")
        if len(pattern) != stages or set(pattern) - {"0", "1"}:
            digits = "1" * stages
            refuse(f"{key!r} is no pattern of {stages} stages", f"type p{digits}, p{digits[1:]}0 and so on")
        found[pattern] = share
    stated = [share.middle if isinstance(share, Range) else share for share in found.values()]
    total: Number = sum(stated[1:], stated[0]) if stated else 0.0
    if is_array(total):
        return {pattern: share / total for pattern, share in found.items()}
    if abs(total - 1) > 1e-3:
        off = abs(total - 1) * 100
        refuse(
            f"the patterns sum to {total:.10g} of 1: {off:.4g} points {'over' if total > 1 else 'short of'} 100 %",
            "make them add up to 100%",
        )
    if any(isinstance(share, Range) for share in found.values()):
        return found
    return {pattern: share / total for pattern, share in found.items()}


def patterns_of_pair(first: Number, second: Number, p10: Number) -> Patterns:
    """The pair table from the two accuracies and p10, the first right where the second is wrong."""
    return {"11": first - p10, "10": p10, "01": second - first + p10, "00": 1 - second - p10}


def extreme_pairs(first: Number, second: Number) -> tuple[Patterns, Patterns]:
    """The pair tables at both ends of what two accuracies allow: p10 in [max(0, a − Q_L), min(a, 1 − Q_L)]."""
    ends = (maximum(0.0, first - second), minimum(first, 1 - second))
    least, most = (patterns_of_pair(first, second, p10) for p10 in ends)
    return least, most
