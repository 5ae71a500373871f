"""What an architecture states of the tokens of its targets: `{share: 30%, output_tokens_factor: 8}` in a mix, `{model: m,
reasoning_tokens: 500}` among the stages, or `target_tokens: {m: {…}}` beside them.
"""

from typing import Any

from llmcost.architectures.architecture import Architecture
from llmcost.architectures.token_counts import NEUTRAL, TokenCounts, stated_counts, with_counts
from llmcost.workload import Stream, refuse


class WithTargets(Architecture):
    """An architecture that sends requests on to several models or architectures."""

    target_tokens: dict[str, TokenCounts] = {}

    def to_target(self, target: str, stream: Stream) -> Stream:
        """The stream with what is stated of this target's tokens, which holds before all else."""
        stated = self.target_tokens.get(target)
        return stream if stated is None else with_counts(stream, stated_counts(stated), by_target=True)


def add_stated(stated: dict[str, Any], target: str, counts: dict[str, Any], *path: str) -> None:
    """Take note of a target's tokens; refused where another place says otherwise of the same target."""
    for key in counts:
        if key not in NEUTRAL:
            refuse(f"unknown key {key!r} of a target", f"known keys: {', '.join(NEUTRAL)}", *path)
    if counts and stated.setdefault(target, counts) != counts:
        refuse(f"the tokens of {target} are stated in two ways", "state them once, the same for the target", *path)


def with_target_tokens(written: dict[str, Any], stated: dict[str, Any]) -> dict[str, Any]:
    """What is written, with the tokens of targets in their own block."""
    if not stated:
        return written
    block = written.get("target_tokens") or {}
    if not isinstance(block, dict):
        return written  # refused as what it is
    for target in stated:
        if target in block:
            refuse(f"the tokens of {target} are stated in two ways", "state them once", "target_tokens", target)
    return {**written, "target_tokens": {**block, **stated}}
