"""A cascade: the cheap stage answers first, and what its verifier rejects goes on.

Every stage that ran is paid: `cost = Σ P(reach i)·(c_i + c_v,i)` (docs/methods/routing.md;
FrugalGPT bills cascades the same way). The escalation rates, each conditional on reaching its stage, are
given, or follow from the verifiers' errors and from who is right:
r_j = β_j where model j is right, else 1 − α_j, and P(reach i) = Σ P(pattern)·Π_{j<i} r_j.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, model_validator

from llmcost.architectures.api import PaidByRequest
from llmcost.architectures.architecture import Month, need_requests, plainly
from llmcost.architectures.patterns import Patterns, extreme_pairs, read_patterns
from llmcost.architectures.targets import WithTargets, add_stated, with_target_tokens
from llmcost.architectures.token_counts import TokenCounts, counted
from llmcost.arithmetic import Number, is_array, is_zero, maximum, minimum, where
from llmcost.errors import InputError, UnknownPrice
from llmcost.estimate import Charge, Factor
from llmcost.workload import RatioAboveZero, Share, Stream, refuse


class Stage(TokenCounts):
    """A stage whose tokens are stated beside its model or architecture."""

    model: str


def _unchanged(written: Any) -> Any:
    return written


StageName = Annotated[str, BeforeValidator(_unchanged, json_schema_input_type=str | Stage)]


class Verifier(PaidByRequest):
    """How often checking an answer errs, and what it costs.

    `false_accept` is the share of wrong answers that it accepts, `false_reject` that of right ones
    that it rejects.
    """

    role: ClassVar[str] = "verifier"

    false_accept: Share | None = None
    false_reject: Share | None = None

    @model_validator(mode="after")
    def _both_errors(self) -> "Verifier":
        if (self.false_accept is None) != (self.false_reject is None):
            refuse(
                "the verifier has one error rate of two",
                "give false_accept (of wrong answers) and false_reject (of right ones)",
            )
        return self


class Cascade(WithTargets):
    """Stages from cheap to strong, with a verifier after each but the last.

    `joint` says how often who is right together: `{p11, p10, p01, p00}` for two stages (1: right,
    the cheap one first), as many digits as stages for more.
    """

    kind: Literal["cascade"] = "cascade"
    stages: list[StageName]
    escalation: list[Share] | None = None
    verifier: Verifier | list[Verifier] | None = None
    joint: dict[str, Share] | None = None
    carry_rejected: bool = False
    escalated_input_factor: RatioAboveZero = 1.0

    @model_validator(mode="before")
    @classmethod
    def _targets_apart(cls, written: Any) -> Any:
        if not isinstance(written, dict) or not isinstance(written.get("stages"), list):
            return written
        stated: dict[str, Any] = {}
        stages = []
        for position, stage in enumerate(written["stages"]):
            if isinstance(stage, dict) and isinstance(stage.get("model"), str):
                own = {key: value for key, value in stage.items() if key != "model"}
                add_stated(stated, stage["model"], own, "stages", str(position))
                stage = stage["model"]
            stages.append(stage)
        return with_target_tokens({**written, "stages": stages}, stated)

    @model_validator(mode="after")
    def _one_rate_a_step(self) -> "Cascade":
        if len(self.stages) < 2:
            refuse("a cascade has two stages or more", "type stages: [CHEAP_MODEL, STRONG_MODEL]")
        steps = len(self.stages) - 1
        if self.escalation is not None and len(self.escalation) != steps:
            refuse(
                f"{len(self.stages)} stages take {steps} escalation rate{'s' if steps > 1 else ''}, "
                f"not {len(self.escalation)}",
                "give one share for each stage but the last: escalation: [30%]",
            )
        if isinstance(self.verifier, list) and len(self.verifier) != steps:
            refuse(
                f"{len(self.stages)} stages take {steps} verifier{'s' if steps > 1 else ''}, not {len(self.verifier)}",
                "give one for each stage but the last, or one for all: verifier: {…}",
            )
        if self.escalation is None and not self.errs:
            refuse(
                "nothing says how much goes on to the next stage",
                "give escalation: [30%], or verifier: {false_accept: 6%, false_reject: 9%, usd_per_request: 0.0001}",
            )
        if self.joint is not None:
            read_patterns(self.joint, len(self.stages))
        return self

    @property
    def verifiers(self) -> list[Verifier]:
        """One verifier for each stage but the last; none where none is stated."""
        if self.verifier is None:
            return []
        return self.verifier if isinstance(self.verifier, list) else [self.verifier] * (len(self.stages) - 1)

    @property
    def errs(self) -> bool:
        """Whether every verifier states its errors."""
        return bool(self.verifiers) and all(each.false_accept is not None for each in self.verifiers)

    def rejection(self, stage: int, right: bool) -> Number:
        """P(the answer of this stage goes on): β if it is right, else 1 − α."""
        verifier = self.verifiers[stage]
        accept, reject = verifier.false_accept, verifier.false_reject
        assert accept is not None  # noqa: S101 - asked where `errs`
        assert reject is not None  # noqa: S101
        return reject if right else 1 - accept

    def targets(self) -> list[str]:
        return list(dict.fromkeys(self.stages))

    def side_models(self) -> list[str]:
        return [each.model for each in self.verifiers if each.model is not None]

    def patterns(self, name: str, evidence: Any, segment: str) -> Patterns | None:
        """Who is right how often together: as stated, else from the outcomes; None where unknown."""
        if self.joint is not None:
            return read_patterns(self.joint, len(self.stages))
        found: Patterns | None = None if evidence is None else evidence.patterns(self.stages, name, segment)
        return found

    def rates(self, name: str, evidence: Any, segment: str) -> list[Factor]:
        """The escalation of each stage but the last, conditional on reaching it.

        Raises InputError where neither the rate nor what it follows from is known.
        """
        if self.escalation is not None:
            return [Factor(f"escalation_{i + 1}", rate) for i, rate in enumerate(self.escalation)]
        known = self.patterns(name, evidence, segment)
        if known is None:
            known = self._from_first_quality(name, evidence, segment)
        reached: Number = 1.0
        found: list[Factor] = []
        for stage in range(len(self.stages) - 1):
            on = self.reach(known, stage + 1)
            nothing = reached <= 0
            rate = where(nothing, 0.0, on / where(nothing, 1.0, reached))
            rule = self._rule(known, stage)
            found.append(Factor(f"escalation_{stage + 1}", rate, "", "derived", rule))
            reached = on
        return found

    def reach(self, known: Patterns, stage: int) -> Number:
        """P(reach) = Σ P(pattern)·Π_{j < stage} r_j."""
        total: Number = 0.0
        for pattern, share in known.items():
            weight = share
            for earlier in range(stage):
                weight = weight * self.rejection(earlier, pattern[earlier] == "1")
            total = total + weight
        return total

    def cascade_quality(self, known: Patterns) -> Number:
        """Σ P(pattern)·Σ_i Π_{j<i} r_j·(1 − r_i)·right_i; the last stage always stops."""
        total: Number = 0.0
        last = len(self.stages) - 1
        for pattern, share in known.items():
            weight = share
            for stage in range(last + 1):
                right = pattern[stage] == "1"
                if stage == last:
                    total = total + weight * right
                else:
                    on = self.rejection(stage, right)
                    total = total + weight * (1 - on) * right
                    weight = weight * on
        return total

    def _from_first_quality(self, name: str, evidence: Any, segment: str) -> Patterns:
        """Two stages: how much goes on depends on the cheap model's quality alone."""
        first = None if evidence is None else evidence.quality(self.stages[0], name, segment)
        if first is None or len(self.stages) > 2:
            known = "who is right together" if len(self.stages) > 2 else f"how good {self.stages[0]} is"
            ones = "1" * len(self.stages)
            what = (
                f"joint: {{p{ones}: …}} over the stages, or quality: outcomes.csv"
                if len(self.stages) > 2
                else f"quality: {{{self.stages[0]}: 0.85}}, or joint: {{p11, p10, p01, p00}}"
            )
            raise InputError(
                f"{name}: the escalation follows from the verifier and from {known}, which nothing says",
                hint=f"give {what}; or escalation: [30%]",
            )
        return {"11": first, "01": 1 - first}

    def _rule(self, known: Patterns, stage: int) -> str:
        verifier = self.verifiers[stage]
        rates = [verifier.false_accept, verifier.false_reject]
        accept, reject = (plainly(rate) if rate is not None else "…" for rate in rates)
        right = sum((share for pattern, share in known.items() if pattern[stage] == "1"), 0.0)
        say = f"1 − accepted: false_accept {accept}, false_reject {reject}"
        if stage == 0:
            return f"{say}, right {plainly(right)}"
        return f"{say}, over who is right together"

    def reaching(self, name: str, stream: Stream, month: Month) -> Iterator[tuple[str, Stream]]:
        """Every stage with the requests that reach it, and the prompt that they carry."""
        rates = self.rates(name, month.evidence, stream.segment)
        for position, stage in enumerate(self.stages):
            here = self.to_target(stage, stream)
            yield stage, here
            if position < len(rates):
                if is_zero(rates[position].value):
                    return
                stream = stream.times(rates[position])
                if position == 0 and (is_array(self.escalated_input_factor) or self.escalated_input_factor != 1):
                    stream = self._longer(stream)
                if self.carry_rejected:
                    stream = _carrying(stream, self._answer_factor(stage, here, month))

    def _longer(self, stream: Stream) -> Stream:
        """Requests that go on are longer than the mean one: once, however many stages there are."""
        rule = f"{stream.input_tokens.name} × escalated_input_factor"
        size = stream.input_tokens.value * self.escalated_input_factor
        return stream._replace(
            input_tokens=Factor("input_tokens_escalated", size, stream.input_tokens.unit, "derived", rule)
        )

    @staticmethod
    def _answer_factor(stage: str, stream: Stream, month: Month) -> Number:
        """How much longer the rejected answer is than the workload's, its reasoning left out."""
        own, price = month.own_model(stage), None
        with suppress(UnknownPrice):  # a stage that is an architecture, or runs on machines
            price = month.prices.price(stage, month.first_day)
        return counted(stream, own, price).answer_factor

    def forward(self, name: str, stream: Stream, month: Month) -> Iterator[tuple[str, Stream]]:
        yield from self.reaching(name, stream, month)

    def charges(self, name: str, streams: list[Stream], month: Month) -> Iterator[Charge]:
        yield from super().charges(name, streams, month)
        verifiers = self.verifiers
        if not verifiers:
            return
        for stream in streams:
            need_requests(stream, f"{name}: the verifier", "verifier")
            for position, (_, reaching) in enumerate(self.reaching(name, stream, month)):
                if position < len(verifiers):
                    yield from verifiers[position].charges(f"verifier {position + 1}", name, reaching, month)


def _carrying(stream: Stream, answer_factor: Number) -> Stream:
    """The prompt with the rejected answer in it; the cached and written tokens stay what they were."""
    before, answer = stream.input_tokens.value, stream.output_tokens.value * answer_factor
    size = before + answer
    rule = f"{stream.input_tokens.name} {plainly(before)} + the rejected answer {plainly(answer)}"
    longer = Factor("input_tokens_with_rejected", size, stream.input_tokens.unit, "derived", rule)
    changed: dict[str, Factor] = {"input_tokens": longer}
    if not (is_array(size) or size > 0):
        return stream
    for field in ("cached_share", "cache_write_share", "cache_write_1h_share"):
        share: Factor = getattr(stream, field)
        if not is_zero(share.value):
            kept = share.value * before / where(size > 0, size, 1.0)
            changed[field] = Factor(field, kept, "", "derived", f"{plainly(share.value)} of the prompt before")
    return stream._replace(**changed)  # type: ignore[arg-type]


def quality_bounds(cascade: Cascade, first: Number, last: Number) -> tuple[Number, Number]:
    """Two stages of which only the accuracies are known: the lowest and the highest quality.

    The quality moves one way between the two ends of who may be right together.
    """
    found = [cascade.cascade_quality(pair) for pair in extreme_pairs(first, last)]
    return minimum(found[0], found[1]), maximum(found[0], found[1])
