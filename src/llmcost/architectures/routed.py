"""A router in front of several targets: `cost = Σ s_k·cost_k + router` (docs/methods/routing.md).

A target is a model or another architecture. The router's own cost is a charge even when it is
tiny, and a conversation that is moved to another model loses its prompt cache.
"""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import model_validator

from llmcost.architectures.api import PER_MILLION, PaidByRequest, rate_factor, short_name
from llmcost.architectures.architecture import Month, labelled, need_requests, plainly
from llmcost.architectures.targets import WithTargets, add_stated, with_target_tokens
from llmcost.architectures.token_counts import TokenCounts, counted
from llmcost.arithmetic import Number, is_array, is_zero, maximum
from llmcost.errors import InputError
from llmcost.estimate import Charge, Factor
from llmcost.quantity import Quantity, Range
from llmcost.workload import Share, Stream, refuse


class _ShareOrRest(Quantity):
    """A share, or the word `rest`."""

    def parse(self, written: Any) -> Any:
        return written if written == "rest" else super().parse(written)

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        share = {"anyOf": [super().__get_pydantic_json_schema__(schema, handler), {"const": "rest", "type": "string"}]}
        beside = {name: {"type": ["number", "string"]} for name in TokenCounts.model_fields}
        with_tokens = {
            "type": "object",
            "description": "a share, and the tokens of this target beside it",
            "properties": {"share": share, **beside},
            "required": ["share"],
            "additionalProperties": False,
        }
        return {"anyOf": [*share["anyOf"], with_tokens]}


ShareOrRest = Annotated[float | Literal["rest"], _ShareOrRest("share")]
Mix = dict[str, ShareOrRest]


class Router(PaidByRequest):
    """What deciding costs."""

    role: ClassVar[str] = "router"


class Routed(WithTargets):
    """Shares of the requests, or whole segments, to targets. In a mix a target's tokens may stand beside its share."""

    kind: Literal["routed"] = "routed"
    mix: Mix | None = None
    by_segment: dict[str, str | Mix] | None = None
    router: Router | None = None
    switch_share: Share = 0.0

    @model_validator(mode="before")
    @classmethod
    def _targets_apart(cls, written: Any) -> Any:
        if not isinstance(written, dict):
            return written
        stated: dict[str, Any] = {}
        found = dict(written)
        if isinstance(found.get("mix"), dict):
            found["mix"] = _apart(found["mix"], stated, ("mix",))
        if isinstance(found.get("by_segment"), dict):
            found["by_segment"] = {
                segment: _apart(mix, stated, ("by_segment", segment)) if isinstance(mix, dict) else mix
                for segment, mix in found["by_segment"].items()
            }
        return with_target_tokens(found, stated)

    @model_validator(mode="after")
    def _shares_add_up(self) -> "Routed":
        if (self.mix is None) == (self.by_segment is None):
            refuse("a routed architecture takes exactly one of mix and by_segment", "give mix: {MODEL: SHARE, ...}")
        if self.mix is not None:
            check_shares(self.mix)
        for target in (self.by_segment or {}).values():
            if isinstance(target, dict):
                check_shares(target)
        return self

    def targets(self) -> list[str]:
        found = list(self.mix or {})
        for target in (self.by_segment or {}).values():
            found += [target] if isinstance(target, str) else list(target)
        return list(dict.fromkeys(found))

    def side_models(self) -> list[str]:
        return [self.router.model] if self.router is not None and self.router.model is not None else []

    def forward(self, name: str, stream: Stream, month: Month) -> Iterator[tuple[str, Stream]]:
        mix: Mix | str = self.mix or {}
        if self.by_segment is not None:
            if stream.segment not in self.by_segment:
                raise InputError(
                    f"{name} routes by segment and says nothing of segment {stream.segment!r}",
                    hint=f"add {stream.segment or 'the segment'}: MODEL to by_segment",
                )
            mix = self.by_segment[stream.segment]
        if isinstance(mix, str):
            yield mix, self.to_target(mix, stream)
            return
        for target, share in shares_of(mix).items():
            if not is_zero(share.value):
                yield target, self.to_target(target, stream.times(share))

    def charges(self, name: str, streams: list[Stream], month: Month) -> Iterator[Charge]:
        yield from super().charges(name, streams, month)
        for stream in streams:
            if self.router:
                need_requests(stream, f"{name}: the router", "router")
                yield from self.router.charges("router", name, stream, month)
            if not is_zero(self.switch_share):
                for target, part in self.forward(name, stream, month):
                    yield from self._lost_cache(name, target, part, month)

    def _lost_cache(self, name: str, model: str, part: Stream, month: Month) -> Iterator[Charge]:
        """switch_share × I·h·(p_write − p_read) on the model that the conversation moves to."""
        if is_zero(part.cached_share.value):
            return
        price = month.prices.price(model, month.first_day)
        counts = counted(part, month.own_model(model), price)
        price = price._replace(tokens_factor=counts.input_factor)
        write = rate_factor(price, "cache_write_per_mtok", part)
        read = rate_factor(price, "cached_input_per_mtok", part)
        rule = f"cache_write_per_mtok {plainly(write.value)} − cached_input_per_mtok {plainly(read.value)}"
        lost = Factor("write_minus_read_per_mtok", write.value - read.value, "USD/Mtok", "derived", rule, price.source)
        tokens = (part.input_tokens, *((counts.tokens_factor,) if counts.tokens_factor is not None else ()))
        drift = month.drifts.of_tokens(price.model, price.variant, month.number)
        factors = (*part.flow, self.factor("switch_share"), *tokens, part.cached_share, PER_MILLION, lost, *drift)
        yield Charge(labelled(f"cache lost on a switch to {short_name(price.model)}", part), "monthly", factors, name)


def _apart(mix: dict[str, Any], stated: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """The shares of a mix alone; what `{share, output_tokens_factor, …}` says of a target's tokens goes to `stated`."""
    found = {}
    for target, written in mix.items():
        if isinstance(written, dict) and "share" in written:
            add_stated(stated, target, {key: value for key, value in written.items() if key != "share"}, *path, target)
            written = written["share"]
        found[target] = written
    return found


def check_shares(mix: Mix) -> None:
    """Refuse shares that do not sum to 100 % (by how much), and more than one `rest`."""
    rests = [target for target, share in mix.items() if share == "rest"]
    stated = sum(middle(share) for share in mix.values() if share != "rest")
    if len(rests) > 1:
        refuse("more than one share is `rest`", "give all shares but one as numbers")
    off = stated - 1
    if (rests and off > 1e-9) or (not rests and abs(off) > 1e-6):
        direction = "over" if off > 0 else "short of"
        refuse(
            f"the shares sum to {stated:.10g} of 1: {abs(off) * 100:.4g} points {direction} 100 %",
            "make the shares add up to 100%, or write `rest` for one of them",
        )


def middle(share: Any) -> float:
    """A share's median, whether it is a number or a range."""
    return share.middle if isinstance(share, Range) else float(share)


def shares_of(mix: Mix) -> dict[str, Factor]:
    """Each target's share. `rest` is what the others leave; uncertain shares are rescaled to sum to 1."""
    stated: Number = sum(share for share in mix.values() if not isinstance(share, str))
    has_rest = any(isinstance(share, str) for share in mix.values())
    rescale = not has_rest and is_array(stated)
    shares: dict[str, Factor] = {}
    for target, share in mix.items():
        if isinstance(share, str):
            rest = maximum(1 - stated, 0.0)
            shares[target] = Factor("share", rest, "", "derived", "1 − the other shares")
        elif rescale:
            shares[target] = Factor("share", share / stated, "", "derived", "rescaled so that the shares sum to 1")
        else:
            shares[target] = Factor("share", share)
    return shares
