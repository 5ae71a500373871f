"""What every architecture has, and what it needs to know to price one month.

An architecture does two things with the streams that reach it: it *forwards* them (a router, a
cascade, a fine-tune that is not ready yet) and it *charges* for them. Fixed charges are asked for
once however many ways lead to it, so a target shared by two routes is not paid twice.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Protocol, Self

from pydantic import BeforeValidator, ValidationError, model_validator

from llmcost.architectures.own_models import OwnModel, StatedLatency
from llmcost.architectures.price_changes import Drifts
from llmcost.architectures.token_counts import TokenCounts, as_counted, stated_counts, with_counts
from llmcost.arithmetic import Number, is_array, is_zero
from llmcost.catalog.models import ApiPrice, GpuPrice, GpuSpec, OpenModel
from llmcost.errors import InputError
from llmcost.estimate import Charge, Factor
from llmcost.quantity import KEYS, Quantity, QuantityError, Range
from llmcost.workload import (
    AboveZero,
    Positive,
    Share,
    Stream,
    Strict,
    Usd,
    Workload,
    refuse,
    stated_shares,
)

WEEKS_PER_MONTH = 365 / 12 / 7


class PriceBook(Protocol):
    """Where an architecture gets its prices from: the catalog under the user's own figures."""

    rates: dict[tuple[int, str, bool], tuple[ApiPrice, Factor]]

    def price(self, model: str, on: date) -> ApiPrice:
        """The price on a day, the successor's after a retirement; raises Retired without one."""

    def identity(self, name: str) -> str:
        """The catalog's full id of a model, or the name itself where only the user prices it."""

    def gpu_price(self, gpu: str, provider: str | None, on: date) -> GpuPrice:
        """The hourly price; the cheapest provider's where none is named."""

    def gpu_spec(self, gpu: str) -> GpuSpec:
        """The hardware facts of a GPU; raises UnknownPrice."""

    def open_model(self, model: str) -> OpenModel:
        """The architecture of an open model; raises UnknownPrice."""

    def retired_base(self, model: str, on: date) -> date | None:
        """The day the model was replaced by its successor, where that has happened."""


class Retired(InputError):
    """A model that no longer answers, with no successor named."""

    def __init__(self, model: str, retires_on: date) -> None:
        super().__init__(
            f"{model} retires on {retires_on}, within the horizon, and no successor is named",
            hint=f"name what replaces it: successors: {{{model}: MODEL}}",
        )
        self.model = model
        self.retires_on = retires_on


class Month(NamedTuple):
    """One month of the horizon: its number (1 is the first), its first day, and its prices.

    `growth` is (1+g)^(m−1); `drifts` are the yearly changes of prices. `evidence` knows how good models are, which a
    verifier's escalation follows; `limits` are the requirements on latency, which fleets are sized for.
    """

    number: int
    first_day: date
    growth: Number
    drifts: Drifts
    hours: Number
    hours_assumed: bool
    workload: Workload | None
    prices: PriceBook
    memory: dict[Any, Any]

    def once(self, key: Any, work: Callable[[], Number]) -> Number:
        """A figure of this month that several charges need, worked out once."""
        if key not in self.memory:
            self.memory[key] = work()
        return self.memory[key]  # type: ignore[no-any-return]

    models: Mapping[str, OwnModel] = {}
    evidence: Any = None
    limits: Any = None
    contract: Any = None

    def own_model(self, name: str) -> OwnModel | None:
        """What the scenario's `models:` say of a model, under any of its names."""
        bare = name.partition("@")[0]
        found = self.models.get(name) or self.models.get(bare)
        if found is None and self.models:
            same = (own for key, own in self.models.items() if self.prices.identity(key) == self.prices.identity(bare))
            found = next(same, None)
        return found

    @property
    def hours_factor(self) -> Factor:
        """Hours in the month: 730 unless the scenario says otherwise."""
        return Factor("hours_per_month", self.hours, "h", "assumed" if self.hours_assumed else "given")

    @property
    def peak_factor(self) -> Factor:
        """Peak over average traffic."""
        if self.workload is None:
            return Factor("peak_to_average", 1.0, "", "assumed")
        return self.workload.factor("peak_to_average")


class Labour(Strict):
    """People for a time: `people × weeks × usd_per_week` once, `people × usd_per_month` a month."""

    people: Positive = 1.0
    weeks: Positive | None = None
    usd_per_week: Usd | None = None
    usd_per_month: Usd | None = None


class CostItem:
    """The pydantic type of one line of `build` or `monthly`: an amount in USD, or people."""

    amount: ClassVar[Quantity] = Quantity("positive", "any")  # contingency stands among them

    @classmethod
    def parse(cls, written: Any) -> Any:
        """USD as a number or Range, or Labour."""
        if isinstance(written, Labour):
            return written
        if isinstance(written, dict) and not KEYS & set(written):
            try:
                return Labour.model_validate(written)
            except ValidationError as error:
                first = error.errors()[0]
                cause = first.get("ctx", {})
                raise QuantityError(
                    str(cause.get("what") or cause.get("error") or first["msg"]),
                    str(cause.get("hint") or "type an amount in USD, or {people, weeks, usd_per_week}"),
                ) from None
        return cls.amount.parse(written)

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(self.parse)

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        amount = self.amount.__get_pydantic_json_schema__(schema, handler)
        people = {
            "type": "object",
            "description": "people × weeks × usd_per_week, or people × usd_per_month",
            "properties": {key: {"type": ["number", "string"]} for key in Labour.model_fields},
        }
        return {"anyOf": [amount, people]}


Cost = Annotated[float | Labour, CostItem()]


class Review(Strict):
    """People who look at a share of the answers ("Build vs Buy: Fine-Tuned LLM Economics")."""

    share: Share
    usd_per_review: Usd

    def charges(self, group: str, streams: Iterable[Stream], drift: tuple[Factor, ...] = ()) -> Iterator[Charge]:
        """requests × share × USD a review, for each stream, what people cost by then in `drift`."""
        for stream in streams:
            need_requests(stream, f"{group}: review", "review")
            factors = (*stream.flow, self.factor("share", name="review_share"), self.factor("usd_per_review", "USD"))
            factors += drift
            yield Charge(labelled("human review", stream), "monthly", factors, group)


def _share_that_fails(written: Any) -> Any:
    """The lines of `build`, with `failure_probability` read as the share that it is."""
    if not isinstance(written, dict) or "failure_probability" not in written:
        return written
    name, stated = "failure_probability", written["failure_probability"]
    try:
        share = stated if isinstance(stated, Range) else Quantity("share").parse(stated)
    except QuantityError as error:
        refuse(f"{name}: {error.what}", error.hint, name)
    worst = share.high if isinstance(share, Range) else share
    # 1 ÷ (1 − share) of a beta distribution has no mean where b ≤ 1: the build may never succeed.
    endless = isinstance(share, Range) and share.shape == "beta" and share.parameters[1] <= 1
    if isinstance(worst, float | int) and (worst >= 1 or endless):
        how = "100 %" if not isinstance(share, Range) else "a range that reaches 100 %"
        refuse(f"{name} is {how}: the build never succeeds", "type a share below 100%, such as 30% or 20%..60%", name)
    return {**written, name: share}


class Architecture(TokenCounts):
    """One way to serve the workload. The kinds differ in how they forward and what they charge."""

    kind: str
    build: Annotated[dict[str, Cost], BeforeValidator(_share_that_fails)] = {}
    monthly: dict[str, Cost] = {}
    review: Review | None = None
    quality: Share | None = None
    cached_share: Share | None = None
    cache_write_share: Share | None = None
    cache_write_1h_share: Share | None = None
    cache_writes: Literal["auto", "auto_1h"] | None = None
    cache_prefixes: AboveZero | None = None
    batch_share: Share | None = None
    retry_share: Share = 0.0
    location: Literal["api", "cloud", "own", "edge"] | None = None
    region: str | None = None
    agreement: bool | None = None
    p99_latency_ms: Positive | None = None
    first_token_ms: Positive | None = None
    latency: StatedLatency | None = None

    @model_validator(mode="after")
    def _shares_are_no_people(self) -> "Architecture":
        for item in ("contingency", "failure_probability"):
            if isinstance(self.build.get(item), Labour):
                refuse(f"{item} is a share, and people are given", f"type {item}: 10%", "build", item)
        return self

    def targets(self) -> list[str]:
        """Models and architectures that this one sends requests to, each once."""
        return []

    def side_models(self) -> list[str]:
        """Models that decide or check, and answer nothing."""
        return []

    def as_sent(self, stream: Stream) -> Stream:
        """The stream as this architecture sends it on: with its own caching, batching and token counts, where stated."""
        own = stated_shares(self)
        stream = stream._replace(**own) if own else stream
        return with_counts(stream, stated_counts(self))

    def retried(self, stream: Stream) -> Stream:
        """The calls that a stream makes: the requests, and those of them that are sent a second time."""
        if is_zero(self.retry_share):
            return stream
        return stream.times(Factor("with_retries", 1 + self.retry_share, "", "derived", "1 + retry_share"))

    def counted_here(self, streams: Iterable[Stream], model: str | None, month: Month) -> list[Stream]:
        """The streams as a model of its own counts and writes them."""
        own = month.own_model(model) if model is not None else None
        return [as_counted(with_counts(stream, stated_counts(self)), own) for stream in streams]

    def needs_fallback(self) -> bool:
        """Whether anything else has to serve before this one is in full service."""
        return False

    def fallback_target(self) -> str | None:
        """What serves while this one cannot."""
        return None

    def live_part(self, month: Month) -> Factor | None:
        """The part of the month in which it is in production; None where that is all of it."""
        return None

    def in_full_service(self) -> Self:
        """Itself after any rollout: what a single month is compared on."""
        return self

    def phase(self, month: Month) -> tuple[Number, ...]:
        """What makes this month unlike another, besides volume and prices."""
        return ()

    def served_by(self) -> Any:
        """The machines of its own that answer (`Served`); None where it has none."""
        return None

    def answers(self, streams: list[Stream], month: Month) -> tuple[Number, list[Stream]]:
        """The part of the month that it runs, and what it answers itself of all that reaches it."""
        return 1.0, streams

    def forward(self, name: str, stream: Stream, month: Month) -> Iterator[tuple[str, Stream]]:
        """Where a stream goes from here. A leaf keeps it: nothing."""
        return iter(())

    def charges(self, name: str, streams: list[Stream], month: Month) -> Iterator[Charge]:
        """What the month costs here, given every stream that reaches it."""
        yield from self.monthly_items(name, month)
        if self.review:
            yield from self.review.charges(name, streams, month.drifts.of_labour(month.number))

    def one_time_charges(self, name: str, month: Month) -> Iterator[Charge]:
        """What is paid before the first request; contingency and failed attempts included."""
        extra: list[Factor] = []
        contingency, failure = (self.build.get(item) for item in ("contingency", "failure_probability"))
        if contingency is not None and not isinstance(contingency, Labour):
            extra.append(Factor("with_contingency", 1 + contingency, "", "derived", "1 + contingency"))
        if failure is not None and not isinstance(failure, Labour):
            rule = "1 ÷ (1 − failure_probability): attempts until one succeeds"
            extra.append(Factor("attempts", 1 / (1 - failure), "", "derived", rule))
        for charge in self.built(name, month):
            yield charge._replace(factors=(*charge.factors, *extra)) if extra else charge

    def built(self, name: str, month: Month) -> Iterator[Charge]:
        """The parts of the build, each once."""
        for item, cost in self.build.items():
            if item not in ("contingency", "failure_probability"):
                yield Charge(item, "one_time", one_time_factors(item, cost), name)

    def monthly_items(self, name: str, month: Month, *extra: Factor) -> Iterator[Charge]:
        """The lines of `monthly`, each times `extra` (the live part of the month)."""
        for item, cost in self.monthly.items():
            if isinstance(cost, Labour):
                if cost.usd_per_month is None:
                    raise InputError(
                        f"{name}: monthly item {item!r} lacks usd_per_month", hint="type {people: 1, usd_per_month: 9k}"
                    )
                factors: tuple[Factor, ...] = (cost.factor("people"), cost.factor("usd_per_month", "USD/month"))
                factors += month.drifts.of_labour(month.number)
            else:
                factors = (Factor(item, cost, "USD/month"),)
            yield Charge(item, "monthly", (*factors, *extra), name)


def one_time_factors(item: str, cost: float | Labour, month: Month | None = None) -> tuple[Factor, ...]:
    """A line of `build` as factors: USD, or people × weeks × USD a week, what these are paid in a later `month`."""
    if not isinstance(cost, Labour):
        return (Factor(item, cost, "USD"),)
    if cost.weeks is None or cost.usd_per_week is None:
        raise InputError(
            f"build item {item!r} needs weeks and usd_per_week",
            hint="type {people: 1..2, weeks: 8..12, usd_per_week: 4k}",
        )
    people = (cost.factor("people"), cost.factor("weeks", "weeks"), cost.factor("usd_per_week", "USD/week"))
    return people if month is None else people + month.drifts.of_labour(month.number)


def labelled(name: str, stream: Stream) -> str:
    """The charge's name with its segment."""
    return f"{name} ({stream.segment})" if stream.segment else name


def need_requests(stream: Stream, what: str, why: str) -> None:
    """Raise where a figure is per request and only the month's tokens are known."""
    if not stream.requests_known:
        raise InputError(
            f"{what} is priced by the request, and the workload gives only tokens a month",
            hint=f"give requests_per_month, input_tokens and output_tokens (or leave {why} out)",
        )


def plainly(value: Number) -> str:
    """A number as it stands in a rule: short, and `…` for an array of draws."""
    return "…" if is_array(value) else f"{value:,.6g}"
