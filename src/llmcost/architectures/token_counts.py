"""What a model counts and writes for the same request: another tokenizer, a longer answer, reasoning.

`tokens_factor` multiplies input and output, `output_tokens_factor` the output besides, and `reasoning_tokens` are added
after both. Each is taken from the narrowest place that states it, never multiplied with another place's: a mix target
or a stage, the architecture, `models:`, `prices:`, the catalog.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from llmcost.arithmetic import Number, is_array
from llmcost.catalog.models import ApiPrice
from llmcost.estimate import Factor, Source
from llmcost.workload import Positive, Ratio, RatioAboveZero, Stream, Strict

NEUTRAL = {"tokens_factor": 1.0, "output_tokens_factor": 1.0, "reasoning_tokens": 0.0}
_UNITS = {"reasoning_tokens": "tokens/request"}


class TokenCounts(Strict):
    """What a mix target, a stage, an architecture or a model states of its tokens."""

    tokens_factor: RatioAboveZero | None = None
    output_tokens_factor: Ratio | None = None
    reasoning_tokens: Positive | None = None


class Counted(NamedTuple):
    """The three as they hold for one stream on one model; those that change nothing are left out."""

    tokens_factor: Factor | None = None
    output_tokens_factor: Factor | None = None
    reasoning_tokens: Factor | None = None

    @property
    def input_factor(self) -> Number:
        """Input tokens of the model over those of the workload."""
        return self.tokens_factor.value if self.tokens_factor is not None else 1.0

    @property
    def answer_factor(self) -> Number:
        """How much longer the answer is, counted as the workload counts."""
        return self.output_tokens_factor.value if self.output_tokens_factor is not None else 1.0

    def output(self, stream: Stream) -> tuple[Factor, ...]:
        """Output tokens a request as factors; one of them where reasoning is added."""
        factors = [f for f in (stream.output_tokens, self.output_tokens_factor, self.tokens_factor) if f is not None]
        if self.reasoning_tokens is None:
            return tuple(factors)
        value = self.reasoning_tokens.value + factors[0].value * self.answer_factor * self.input_factor
        rule = f"{' × '.join(factor.name for factor in factors)} + reasoning_tokens"
        return (Factor("output_tokens", value, "tokens/request", "derived", rule),)


def stated_counts(of: Any) -> dict[str, Factor]:
    """Those of the three that something states, as factors."""
    return {field: of.factor(field, _UNITS.get(field, "")) for field in NEUTRAL if getattr(of, field, None) is not None}


def with_counts(stream: Stream, stated: Mapping[str, Factor], *, by_target: bool = False) -> Stream:
    """The stream with what is stated of it further in; what a mix target or a stage states holds against architectures."""
    if not stated:
        return stream
    fixed = stream.counts_fixed | frozenset(stated) if by_target else stream.counts_fixed
    taken = {field: factor for field, factor in stated.items() if by_target or field not in stream.counts_fixed}
    return stream._replace(counts={**stream.counts, **taken}, counts_fixed=fixed)


def counted(stream: Stream, own: Any, price: ApiPrice | None) -> Counted:
    """What holds for a stream on a model: `own` is its entry under `models:`, `price` its price, each where there is one."""
    found: dict[str, Factor] = {}
    for field, neutral in NEUTRAL.items():
        factor = stream.counts.get(field)
        if factor is None and own is not None and getattr(own, field) is not None:
            factor = own.factor(field, _UNITS.get(field, ""))
        if factor is None and price is not None:
            factor = _of_price(price, field)
        if factor is not None and (is_array(factor.value) or factor.value != neutral):
            found[field] = factor
    return Counted(**found)


def _of_price(price: ApiPrice, field: str) -> Factor:
    given = any(name == field for name, _ in price.overridden)
    source: Source | None = None if given else price.source
    return Factor(field, getattr(price, field), _UNITS.get(field, ""), "given" if given else "catalog", "", source)


def as_counted(stream: Stream, own: Any) -> Stream:
    """The stream in the tokens of a model that is run on machines, whose sizes decide what these can do."""
    here = counted(stream, own, None)
    changed: dict[str, Any] = {"counts": {}, "counts_fixed": frozenset()}
    if here.tokens_factor is not None:
        rule = f"{stream.input_tokens.name} × tokens_factor"
        value = stream.input_tokens.value * here.input_factor
        changed["input_tokens"] = Factor("input_tokens", value, stream.input_tokens.unit, "derived", rule)
    output = here.output(stream)
    if len(output) > 1 or output[0] is not stream.output_tokens:
        value = output[0].value
        for factor in output[1:]:
            value = value * factor.value
        rule = output[0].rule if len(output) == 1 else " × ".join(factor.name for factor in output)
        changed["output_tokens"] = Factor("output_tokens", value, stream.output_tokens.unit, "derived", rule)
    return stream._replace(**changed)
