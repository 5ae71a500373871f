"""Units that a claim's inputs are written in: a share of requests, or dollars of tokens, is a slip of the pen."""

from collections.abc import Callable, Mapping
from typing import Any

from llmcost.claims.inputs import Path
from llmcost.errors import InputError

# What is counted: no percentage and no amount of money.
COUNTS = {
    *("requests", "requests_per_month", "requests_per_second", "calls_per_month", "tokens", "tokens_per_second"),
    *("input_tokens", "output_tokens", "monthly_input_tokens", "monthly_output_tokens", "tokens_per_sample"),
    *("tokens_per_request", "samples", "epochs", "experiments", "hours", "gpus", "gpus_per_replica", "spare"),
    *("people", "weeks", "ready_after_weeks", "every_months", "horizon_months", "hours_per_month", "days_per_month"),
    *("concurrency", "first_token_ms", "p99_latency_ms"),
}
# What is a part of something: no amount of money.
PARTS = {"acceptance", "escalation", "false_accept", "false_reject", "growth_per_month", "target_utilisation"}
SHARED_OUT = {"mix", "quality", "joint"}


def check_written_units(
    claim: str, given: Mapping[str, Any], where: Callable[[Any, bool], str], path: Path = ()
) -> None:
    """Raise InputError, with its place, for a count in percent or dollars and for a share in dollars."""
    for key, value in given.items():
        at = (*path, key)
        if isinstance(value, Mapping) and not {"low", "high"} <= {*value}:
            check_written_units(claim, value, where, at)
            continue
        texts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else [value]
        written = " ".join(text for text in texts if isinstance(text, str))
        part = str(key) in PARTS or str(key).endswith(("share", "_quality")) or SHARED_OUT & {*map(str, path[-1:])}
        name = ".".join(map(str, at))
        if str(key) in COUNTS and ("%" in written or "$" in written):
            unit = "a share" if "%" in written else "an amount in USD"
            raise InputError(
                f"claim {claim}: {name} is a number, and {written!r} is {unit}",
                where=where(list(at), False),
                hint="write a plain number, such as 1000 or 5M",
            )
        if part and "$" in written:
            raise InputError(
                f"claim {claim}: {name} is a share, and {written!r} is an amount in USD",
                where=where(list(at), False),
                hint="write a share, such as 67%",
            )
