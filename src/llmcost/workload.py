"""The traffic to serve: how many requests a month, how many tokens each, and how they split.

A workload is one uniform kind of request, or several *segments* (task types) that each have a
share of the requests and tokens of their own. In a month it becomes *streams*: requests with the
factors that made them, which architectures pass on, split and charge for.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple, NoReturn, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from llmcost.arithmetic import Number, is_zero
from llmcost.catalog.units import TOOLS
from llmcost.errors import did_you_mean
from llmcost.estimate import Factor, Origin, product
from llmcost.lengths import LengthDistribution, check_lengths, sigma_of
from llmcost.quantity import Quantity, QuantityError

Positive = Annotated[float, Quantity("positive")]
AboveZero = Annotated[float, Quantity("positive", above=0)]
Usd = Annotated[float, Quantity("positive", "USD")]
UsdAboveZero = Annotated[float, Quantity("positive", "USD", above=0)]
Ratio = Annotated[float, Quantity("positive", "ratio")]
RatioAboveZero = Annotated[float, Quantity("positive", "ratio", above=0)]
Share = Annotated[float, Quantity("share")]
SomeShare = Annotated[float, Quantity("share", above=0)]
Change = Annotated[float, Quantity("change")]
PriceChange = Annotated[float, Quantity("price_change")]
PerRequest = Annotated[float, Quantity("positive"), BeforeValidator(lambda written: without_per_request(written))]
Tool = Literal["web_search", "file_search", "social_search", "code_execution", "rerank"]
Months = Annotated[int, Quantity("positive", above=0, whole=True)]
Count = Annotated[int, Quantity("positive", whole=True)]

PEAK_TO_AVERAGE = 4.0
HOURS_PER_MONTH = 730.0  # 365 × 24 / 12


def without_per_request(written: Any) -> Any:
    """`2 a request` is the number 2; anything else stays as it is."""
    return re.sub(r"\s*(?:\ba|\bper|/)\s*(?:request|call)$", "", written) if isinstance(written, str) else written


def refuse(what: str, hint: str, *at: str) -> NoReturn:
    """Refuse what a user wrote, from inside a validator: what is wrong and what to type instead.

    `at` is the path of the offending key below the model that is being validated.
    """
    raise PydanticCustomError("refused", "{what}", {"what": what, "hint": hint, "at": at})


class Strict(BaseModel):
    """What a user writes: unknown keys refused, frozen once read, built when first used."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True, protected_namespaces=())

    @model_validator(mode="before")
    @classmethod
    def _only_known_keys(cls, written: Any) -> Any:
        if isinstance(written, dict):
            for key in written:
                if key not in cls.model_fields:
                    known = ", ".join(cls.model_fields)
                    hint = did_you_mean(str(key), cls.model_fields) or f"known keys: {known}"
                    if str(key)[:1].isdigit():  # {published: $1,980} is two keys to YAML
                        hint = 'put a figure that holds a comma in quotes: "$1,980"'
                    raise PydanticCustomError(
                        "unknown_key", "{what}", {"what": f"unknown key {key!r}", "hint": hint, "key": key}
                    )
        return written

    def origin(self, field: str) -> Origin:
        """`given` where the user wrote the field, `assumed` where the default stands."""
        return "given" if field in self.model_fields_set else "assumed"

    def factor(self, field: str, unit: str = "", name: str = "") -> Factor:
        """The field as a factor that knows whether it was given or assumed."""
        return Factor(name or field, getattr(self, field), unit, self.origin(field))


_LENGTHS = ("input_tokens", "output_tokens")
CACHE_WRITES = ("auto", "auto_1h")


class _Tokens(Quantity):
    """Tokens a request: one number for all, or how long single requests are, which `Lengthwise` takes apart."""

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        own = super().__get_pydantic_json_schema__(schema, handler)
        figures = {"type": "object", "properties": {"mean": own, "p99": own}, "required": ["mean", "p99"]}
        lengths = {"type": "object", "properties": {"lengths": figures}, "required": ["lengths"]}
        return {"anyOf": [own, lengths]}


TokensOrLengths = Annotated[float, _Tokens("positive")]


class Lengthwise(Strict):
    """Something whose requests have lengths: `{lengths: {mean, p99}}` in place of one number for all of them."""

    input_tokens: TokensOrLengths | None = None
    output_tokens: TokensOrLengths | None = None
    input_tokens_p99: AboveZero | None = None
    output_tokens_p99: AboveZero | None = None

    @model_validator(mode="before")
    @classmethod
    def _lengths_apart(cls, written: Any) -> Any:
        if not isinstance(written, dict):
            return written
        found = dict(written)
        for field in _LENGTHS:
            stated = found.get(field)
            if not isinstance(stated, dict) or "lengths" not in stated:
                continue
            lengths = stated["lengths"]
            if set(stated) != {"lengths"} or not isinstance(lengths, dict) or set(lengths) != {"mean", "p99"}:
                refuse(f"the lengths of {field} take a mean and a p99", "type {lengths: {mean: 500, p99: 3650}}", field)
            if f"{field}_p99" in found:
                refuse(f"the 99th percentile of {field} is given twice", f"leave {field}_p99 out", f"{field}_p99")
            found[field], found[f"{field}_p99"] = lengths["mean"], lengths["p99"]
        return found

    @model_validator(mode="after")
    def _lengths_exist(self) -> Self:
        for field in _LENGTHS:
            mean, p99 = getattr(self, field), getattr(self, f"{field}_p99")
            if p99 is None:
                continue
            if mean is None:
                refuse(f"{field}_p99 is given without {field}", f"give {field} too, the mean", f"{field}_p99")
            try:
                check_lengths(mean, p99)
            except QuantityError as error:
                refuse(f"{field}: {error.what}", error.hint, field)
        return self

    @property
    def input_lengths(self) -> LengthDistribution | None:
        """How long prompts are, one by one; None where only the mean is stated."""
        return _distribution(self.input_tokens, self.input_tokens_p99)

    @property
    def output_lengths(self) -> LengthDistribution | None:
        """How long answers are, one by one; None where only the mean is stated."""
        return _distribution(self.output_tokens, self.output_tokens_p99)


def _distribution(mean: Number | None, p99: Number | None) -> LengthDistribution | None:
    return None if mean is None or p99 is None else LengthDistribution(mean, sigma_of(mean, p99))


def _sigma(lengths: LengthDistribution | None) -> Number:
    return 0.0 if lengths is None else lengths.sigma


class Workload(Lengthwise):
    """Requests a month with their tokens, or the month's tokens alone.

    `growth_per_month` compounds: month m carries v·(1+g)^(m−1). `cached_share`, `cache_write_share`
    and `cache_write_1h_share` (written for an hour, at a price of its own) are of the input tokens, none
    within another; `batch_share` is of the requests.
    """

    requests_per_month: Positive | None = None
    monthly_input_tokens: Positive | None = None
    monthly_output_tokens: Positive | None = None
    cached_share: Share = 0.0
    cache_write_share: Share = 0.0
    cache_write_1h_share: Share = 0.0
    cache_writes: Literal["auto", "auto_1h"] | None = None
    cache_prefixes: AboveZero = 1.0
    batch_share: Share = 0.0
    growth_per_month: Change = 0.0
    peak_to_average: RatioAboveZero = PEAK_TO_AVERAGE
    tools: dict[Tool, PerRequest] = {}
    input_audio_tokens: Positive | None = None
    input_image_tokens: Positive | None = None
    output_audio_tokens: Positive | None = None
    output_image_tokens: Positive | None = None

    @model_validator(mode="after")
    def _one_way_of_saying_it(self) -> Self:
        by_request = (self.requests_per_month, self.input_tokens, self.output_tokens)
        by_month = (self.monthly_input_tokens, self.monthly_output_tokens)
        if any(v is not None for v in by_month) and any(v is not None for v in by_request):
            refuse(
                "the workload gives tokens a month and requests with their tokens",
                "give requests_per_month, input_tokens and output_tokens, or monthly_input_tokens and "
                "monthly_output_tokens alone",
            )
        return self

    @property
    def requests_known(self) -> bool:
        """False when only the month's token totals were given."""
        return self.monthly_input_tokens is None and self.monthly_output_tokens is None


class Segment(Lengthwise):
    """One task type: its share of the requests, and its own tokens in place of the workload's."""

    share: Share
    input_tokens: TokensOrLengths
    output_tokens: TokensOrLengths
    cached_share: Share | None = None
    cache_write_share: Share | None = None
    cache_write_1h_share: Share | None = None
    cache_writes: Literal["auto", "auto_1h"] | None = None
    cache_prefixes: AboveZero | None = None
    batch_share: Share | None = None
    difficulty: Literal["routine", "moderate", "hard"] | None = None
    sensitivity: Literal["public", "internal", "confidential", "restricted"] | None = None
    stable: bool | None = None
    p99_latency_ms: Positive | None = None
    min_quality_kept: Share | None = None
    quality: dict[str, Share] = {}
    tools: dict[Tool, PerRequest] = {}
    input_audio_tokens: Positive | None = None
    input_image_tokens: Positive | None = None
    output_audio_tokens: Positive | None = None
    output_image_tokens: Positive | None = None


class Stream(NamedTuple):
    """Requests of one kind that reach one place in one month.

    The product of `flow` is the requests; tokens are a request, shares of the input or requests. `beside` holds
    what else a request uses, by the unit that is billed: searches, audio tokens.
    """

    flow: tuple[Factor, ...]
    input_tokens: Factor
    output_tokens: Factor
    cached_share: Factor
    cache_write_share: Factor
    cache_write_1h_share: Factor
    batch_share: Factor
    segment: str = ""
    requests_known: bool = True
    counts: Mapping[str, Factor] = {}  # what architectures state of the tokens of their models
    counts_fixed: frozenset[str] = frozenset()  # those of them that a mix target or a stage states
    input_sigma: Number = 0.0  # of the lengths of single requests, on the log scale
    output_sigma: Number = 0.0
    cache_writes: str | None = None
    cache_prefixes: Factor = Factor("cache_prefixes", 1.0, "", "assumed")
    measured: bool = False  # in logs: cached as it was, however long the mean prompt is
    beside: tuple[tuple[str, Factor], ...] = ()

    @property
    def input_lengths(self) -> LengthDistribution:
        """How long its prompts are, one by one, in the workload's tokens."""
        return LengthDistribution(self.input_tokens.value, self.input_sigma)

    @property
    def output_lengths(self) -> LengthDistribution:
        """How long its answers are, one by one."""
        return LengthDistribution(self.output_tokens.value, self.output_sigma)

    @property
    def requests(self) -> Number:
        """Requests a month."""
        return product(self.flow)

    @property
    def tokens(self) -> Number:
        """Input and output tokens a month."""
        return self.requests * (self.input_tokens.value + self.output_tokens.value)

    def times(self, *factors: Factor) -> "Stream":
        """The part of this stream that a share leaves."""
        return self._replace(flow=self.flow + factors)


class Part(NamedTuple):
    """A measured part of the requests: its share of them, and what they are like.

    Shares of the input are of all its input tokens. `rule` says what was measured.
    """

    share: float
    input_tokens: float
    output_tokens: float
    cached_share: float
    cache_write_share: float
    cache_write_1h_share: float
    batch_share: float
    segment: str
    rule: str

    def of(self, whole: "Stream") -> "Stream":
        """This part of all requests."""

        def measured(name: str, value: float, unit: str = "") -> Factor:
            return Factor(name, value, unit, "derived", self.rule)

        return whole.times(measured("measured_share", self.share))._replace(
            segment=self.segment,
            input_sigma=0.0,
            output_sigma=0.0,
            cache_writes=None,
            measured=True,
            input_tokens=measured("input_tokens", self.input_tokens, "tokens/request"),
            output_tokens=measured("output_tokens", self.output_tokens, "tokens/request"),
            cached_share=measured("cached_share", self.cached_share),
            cache_write_share=measured("cache_write_share", self.cache_write_share),
            cache_write_1h_share=measured("cache_write_1h_share", self.cache_write_1h_share),
            batch_share=measured("batch_share", self.batch_share),
        )


BESIDE = ("input_audio_tokens", "input_image_tokens", "output_audio_tokens", "output_image_tokens")


def beside_of(tools: Mapping[Tool, Number], tokens: Workload | Segment | None = None) -> tuple[tuple[str, Factor], ...]:
    """What a request uses besides text, by the unit that is billed: tools, and tokens of audio and images."""
    found = [(TOOLS[tool], Factor(tool, amount, "a request")) for tool, amount in tools.items()]
    if tokens is not None:
        found += [(unit, tokens.factor(unit, "tokens/request")) for unit in BESIDE if getattr(tokens, unit) is not None]
    return tuple(found)


_SHARES = ("cached_share", "cache_write_share", "cache_write_1h_share", "batch_share")
_NO_WRITES = Factor("cache_write_1h_share", 0.0, "", "derived", "cache_write_share is all that is written")


def stated_shares(of: Strict) -> dict[str, Any]:
    """The shares that a segment or an architecture states in place of the workload's.

    What it states of cache writes is all that it writes: without `cache_write_1h_share`, none for an hour.
    """
    found: dict[str, Any] = {field: of.factor(field) for field in _SHARES if getattr(of, field) is not None}
    if getattr(of, "cache_prefixes", None) is not None:
        found["cache_prefixes"] = of.factor("cache_prefixes")
    if of.cache_writes is not None:  # type: ignore[attr-defined]
        found["cache_writes"] = of.cache_writes  # type: ignore[attr-defined]
    elif "cache_write_share" in found or "cache_write_1h_share" in found:
        found["cache_writes"] = None
    return {"cache_write_1h_share": _NO_WRITES, **found} if "cache_write_share" in found else found


def streams(
    workload: Workload, segments: dict[str, Segment], growth: Number, month: int, parts: Sequence[Part] = ()
) -> list[Stream]:
    """The month's traffic, one stream a segment, or a measured part. `growth` is (1+g)^(m−1) of month m."""
    if not workload.requests_known:
        flow: tuple[Factor, ...] = (
            Factor("lots_per_month", 1.0, "", "derived", "only the month's tokens are given: the month is one lot"),
        )
        read, written = (
            0.0 if tokens is None else tokens
            for tokens in (workload.monthly_input_tokens, workload.monthly_output_tokens)
        )
        inputs = Factor("monthly_input_tokens", read, "tokens/month")
        outputs = Factor("monthly_output_tokens", written, "tokens/month")
    else:
        flow = (workload.factor("requests_per_month", "requests/month"),)
        inputs = workload.factor("input_tokens", "tokens/request")
        outputs = workload.factor("output_tokens", "tokens/request")
        if workload.output_tokens is None:
            outputs = Factor("output_tokens", 0.0, "tokens/request", "derived", "these models write nothing")
    if not is_zero(workload.growth_per_month):
        flow += (Factor("growth", growth, "", "derived", f"(1 + growth_per_month) ^ {month - 1}"),)
    whole = Stream(
        flow,
        inputs,
        outputs,
        workload.factor("cached_share"),
        workload.factor("cache_write_share"),
        workload.factor("cache_write_1h_share"),
        workload.factor("batch_share"),
        requests_known=workload.requests_known,
        input_sigma=_sigma(workload.input_lengths),
        output_sigma=_sigma(workload.output_lengths),
        cache_writes=workload.cache_writes,
        cache_prefixes=workload.factor("cache_prefixes"),
        beside=beside_of(workload.tools, workload),
    )
    if parts:
        return [part.of(whole) for part in parts]
    if not segments:
        return [whole]
    return [
        whole.times(segment.factor("share", name="segment_share"))._replace(
            segment=name,
            input_tokens=segment.factor("input_tokens", "tokens/request"),
            output_tokens=segment.factor("output_tokens", "tokens/request"),
            input_sigma=_sigma(segment.input_lengths),
            output_sigma=_sigma(segment.output_lengths),
            beside=beside_of(segment.tools, segment) or whole.beside,
            **stated_shares(segment),
        )
        for name, segment in segments.items()
    ]
