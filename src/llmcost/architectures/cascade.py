"""A cascade: the cheap stage answers first, and what its verifier rejects goes on.

Every stage that ran is paid: `cost = Σ P(reach i)·(c_i + c_v,i)`, with the escalation rates
conditional on reaching the stage (methods.md section 3; FrugalGPT bills cascades the same way).
"""

from collections.abc import Iterator
from typing import Literal

from pydantic import model_validator

from llmcost.architectures.api import PER_MILLION, rate_factor
from llmcost.architectures.architecture import Architecture, Month, labelled, need_requests
from llmcost.arithmetic import is_zero
from llmcost.estimate import Charge, Factor
from llmcost.workload import Positive, Share, Stream, Strict, refuse


class Verifier(Strict):
    """What checking an answer costs: tokens at a model's input price, or USD a request."""

    tokens_per_request: Positive | None = None
    model: str | None = None
    usd_per_request: Positive | None = None

    @model_validator(mode="after")
    def _one_price(self) -> "Verifier":
        by_tokens = self.tokens_per_request is not None and self.model is not None
        if by_tokens == (self.usd_per_request is not None):
            refuse(
                "the verifier needs tokens_per_request with a model, or usd_per_request",
                "type {tokens_per_request: 300, model: MODEL} or {usd_per_request: 0.0001}",
            )
        return self


class Cascade(Architecture):
    """Stages from cheap to strong, with the share of each stage's requests that is escalated."""

    kind: Literal["cascade"] = "cascade"
    stages: list[str]
    escalation: list[Share]
    verifier: Verifier | None = None

    @model_validator(mode="after")
    def _one_rate_a_step(self) -> "Cascade":
        if len(self.stages) < 2:
            refuse("a cascade has two stages or more", "type stages: [CHEAP_MODEL, STRONG_MODEL]")
        if len(self.escalation) != len(self.stages) - 1:
            steps = len(self.stages) - 1
            refuse(
                f"{len(self.stages)} stages take {steps} escalation rate{'s' if steps > 1 else ''}, "
                f"not {len(self.escalation)}",
                "give one share for each stage but the last: escalation: [30%]",
            )
        return self

    def targets(self) -> list[str]:
        return list(dict.fromkeys(self.stages))

    def forward(self, name: str, stream: Stream, month: Month) -> Iterator[tuple[str, Stream]]:
        reaching = stream
        for position, stage in enumerate(self.stages):
            yield stage, reaching
            if position < len(self.escalation):
                if is_zero(self.escalation[position]):
                    return
                reaching = reaching.times(Factor(f"escalation_{position + 1}", self.escalation[position]))

    def charges(self, name: str, streams: list[Stream], month: Month) -> Iterator[Charge]:
        yield from super().charges(name, streams, month)
        if self.verifier is None:
            return
        for stream in streams:
            need_requests(stream, f"{name}: the verifier", "verifier")
            for position, (_, reaching) in enumerate(self.forward(name, stream, month)):
                if position < len(self.escalation):
                    yield self._verifier_charge(name, reaching, self.verifier, position, month)

    def _verifier_charge(self, name: str, stream: Stream, verifier: Verifier, position: int, month: Month) -> Charge:
        if verifier.model is None:
            paid: tuple[Factor, ...] = (verifier.factor("usd_per_request", "USD/request"),)
        else:
            rate = rate_factor(month.prices.price(verifier.model, month.first_day), "input_per_mtok", stream)
            paid = (verifier.factor("tokens_per_request", "tokens/request"), PER_MILLION, rate)
        return Charge(labelled(f"verifier {position + 1}", stream), "monthly", (*stream.flow, *paid), name)
