"""What a catalog file may say. Strict at the door: unknown keys, wrong figures and upside-down
spot prices are refused with their place. Used by `prices check`, the tests and the user's files;
a run on the compiled catalog never loads it.
"""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic import ValidationInfo as Info
from pydantic_core import PydanticCustomError

from llmcost.catalog.files import Document
from llmcost.catalog.units import BY_FIELD
from llmcost.errors import InputError, did_you_mean
from llmcost.quantity import QuantityError, number

Kind = Literal["api", "gpu", "hardware", "build", "open_models", "retirements", "facts", "regions"]


def _not_negative(written: Any) -> float:
    try:
        value = number(written)
    except QuantityError as error:
        raise PydanticCustomError("quantity", "{what}", {"what": error.what, "hint": error.hint}) from None
    if value < 0:
        hint = "type a number that is zero or more, or leave the key out where it is unknown"
        raise PydanticCustomError("quantity", "{what}", {"what": f"{written} is negative", "hint": hint})
    return value


def _day(written: Any) -> Any:
    return f"{written}-01" if isinstance(written, str) and len(written) == 7 else written


_CLOCK = r"(?:[01]\d|2[0-3]):[0-5]\d"
_WEEKDAY = "(?:mon|tue|wed|thu|fri|sat|sun)"
Amount = Annotated[float, BeforeValidator(_not_negative)]
Tokens = Annotated[int, BeforeValidator(_not_negative)]
Day = Annotated[date, BeforeValidator(_day)]


class Strict(BaseModel):
    """No unknown keys: a misspelt price must not be a missing one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def _billed_by(cls) -> bool:
        """Whether the fields of all billable units are keys, too."""
        return cls.model_config.get("extra") == "allow"

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, raw: Any) -> Any:
        if isinstance(raw, dict):
            for key in raw:
                if key not in cls.model_fields and not (cls._billed_by() and key in BY_FIELD):
                    known = ", ".join(cls.model_fields)
                    near = [*cls.model_fields, *(BY_FIELD if cls._billed_by() else ())]
                    hint = did_you_mean(str(key), near) or f"the keys here are {known}"
                    raise PydanticCustomError("unknown_key", "unknown key {key}", {"key": key, "hint": hint})
        return raw


class SourceFields(Strict):
    """Where a figure was published, and when it was looked at."""

    title: str
    url: str | None = None
    checked_on: Day | None = None
    published_in: str | None = None
    packaged_on: Day | None = None


class Sourced(Strict):
    """An entry that names its source; only the user's own files may leave it out."""

    source: SourceFields | None = None

    @model_validator(mode="after")
    def _has_source(self, info: Info) -> Sourced:
        if self.source is None and not (info.context or {}).get("user"):
            raise PydanticCustomError("missing", "a source is missing", {"hint": "add source: {title: ...}"})
        return self


class RateFields(Strict):
    """USD per million tokens by bucket, or by another unit; one without a price is left out, never zero.

    The fields of the other units (audio tokens, searches) are those of `units.BY_FIELD`.
    """

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, Amount | None] = Field(init=False)

    input_per_mtok: Amount | None = None
    output_per_mtok: Amount | None = None
    cached_input_per_mtok: Amount | None = None
    cache_write_per_mtok: Amount | None = None
    cache_write_1h_per_mtok: Amount | None = None


class Batch(RateFields):
    """The rates of batched requests; `checked_on` is the day that these were looked at."""

    checked_on: Day | None = None


class Tier(RateFields):
    """The rates of a whole request whose input is above a number of tokens."""

    above_tokens: Tokens
    batch: RateFields | None = None


class Variant(RateFields):
    """Another price of the same model: a service tier, a time of day.

    One with `hours` (`01:00-04:00`, UTC) holds by itself at these, on `weekdays` where it says so.
    Requests above `up_to_tokens` are served and billed as standard.
    """

    long_context: list[Tier] = []
    up_to_tokens: Tokens | None = None
    hours: list[Annotated[str, Field(pattern=rf"^{_CLOCK}-{_CLOCK}$")]] = []
    weekdays: Annotated[str, Field(pattern=rf"^{_WEEKDAY}(-{_WEEKDAY}|(,{_WEEKDAY})*)$")] | None = None
    checked_on: Day | None = None
    note: str | None = None


class PriceEntry(RateFields, Sourced):
    """The prices of a model from a day on (None: always)."""

    model_config = ConfigDict(extra="allow", frozen=True)

    effective_from: Day | None = None
    batch: Batch | None = None
    long_context: list[Tier] = []
    variants: dict[str, Variant] = {}
    hosting_usd_per_hour: Amount | None = None
    training_usd_per_mtok: Amount | None = None
    training_usd_per_hour: Amount | None = None
    note: str | None = None


def _pattern(written: str) -> str:
    """A clause of matching; one between slashes is a regular expression."""
    text = written[1:-1] if len(written) > 1 and written[0] == written[-1] == "/" else ""
    try:
        re.compile(text)
    except re.error as error:
        message = {
            "what": f"{written} is no regular expression: {error}",
            "hint": "mend it, or type a name, start* or *part*",
        }
        raise PydanticCustomError("pattern", "{what}", message) from None
    return written


Pattern = Annotated[str, Field(max_length=1000), BeforeValidator(str)]
Clause = Annotated[str, Field(max_length=1000), AfterValidator(_pattern)] | list[Any]


class ModelEntry(Strict):
    """A model with its dated prices, oldest first."""

    name: str | None = None
    aliases: list[str] = []
    match: list[Clause] = []
    context_window: Tokens | None = None
    base_model: str | None = None
    tokens_factor: Amount | None = None
    output_tokens_factor: Amount | None = None
    reasoning_tokens: Amount | None = None
    deprecated: bool = False
    listed_by: str | None = None
    prices: Annotated[list[PriceEntry], Field(min_length=1)]

    @model_validator(mode="after")
    def _in_order(self) -> ModelEntry:
        _require_order([entry.effective_from for entry in self.prices])
        return self


class ProviderFile(Strict):
    """`pricing/api` and `pricing/finetune`: the models of one provider."""

    provider: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    name: str | None = None
    model_match: list[Clause] = []
    provider_match: list[Clause] = []
    fallback_providers: list[str] = []
    api_pattern: Pattern | None = None
    unpriced: dict[str, list[Clause]] = {}
    models: dict[str, ModelEntry]


class GpuEntry(Sourced):
    """USD for an hour of one GPU from a day on."""

    effective_from: Day | None = None
    region: str | None = None
    usd_per_gpu_hour: Amount
    spot_usd_per_gpu_hour: Amount | None = None
    note: str | None = None

    @model_validator(mode="after")
    def _spot_is_cheaper(self) -> GpuEntry:
        spot = self.usd_per_gpu_hour if self.spot_usd_per_gpu_hour is None else self.spot_usd_per_gpu_hour
        if not 0 < spot <= self.usd_per_gpu_hour:
            raise PydanticCustomError(
                "spot",
                "the spot price {spot} is not between 0 and the on-demand price {on_demand}",
                {
                    "spot": f"{spot:g}",
                    "on_demand": f"{self.usd_per_gpu_hour:g}",
                    "hint": "check which one is which",
                },
            )
        return self


class GpuFile(Strict):
    """`pricing/gpu`: the GPUs of one provider."""

    provider: str
    gpus: dict[str, Annotated[list[GpuEntry], Field(min_length=1)]]

    @model_validator(mode="after")
    def _in_order(self) -> GpuFile:
        for entries in self.gpus.values():
            _require_order([entry.effective_from for entry in entries])
        return self


class Spec(Sourced):
    """What a GPU is: dense TFLOP/s, memory in 1e9 bytes, bandwidth in GB/s, watts."""

    memory_gb: Amount
    bandwidth_gb_s: Amount
    bf16_tflops: Amount
    fp8_tflops: Amount | None = None
    fp4_tflops: Amount | None = None
    tdp_w: Amount | None = None
    interconnect: Literal["nvlink", "pcie", "xgmi"]
    note: str | None = None


class HardwareFile(Strict):
    """`pricing/hardware.yaml`."""

    gpus: dict[str, Spec]


class Component(Sourced):
    """A part of what a fine-tune costs to build or keep, as a range in a unit."""

    low: Amount
    high: Amount
    unit: str
    cadence: Literal["one_time", "monthly", "each"]
    note: str | None = None

    @model_validator(mode="after")
    def _upright(self) -> Component:
        if self.low > self.high:
            raise PydanticCustomError("range", "low is above high", {"hint": "swap low and high"})
        return self


class Shape(Sourced):
    """What an open model is; whole numbers throughout."""

    parameters: Tokens
    layers: Tokens
    kv_heads: Tokens
    head_size: Tokens
    width: Tokens
    heads: Tokens | None = None
    context_window: Tokens | None = None
    sliding_window: Tokens | None = None
    sliding_layers: Tokens | None = None
    active_parameters: Tokens | None = None
    experts: Tokens | None = None
    experts_per_token: Tokens | None = None
    shared_experts: Tokens | None = None
    expert_layers: Tokens | None = None
    latent_size: Tokens | None = None
    linear_layers: Tokens | None = None
    state_bytes: Tokens | None = None
    embedding_parameters: Tokens | None = None
    attention_parameters: Tokens | None = None
    sparse_tokens: Tokens | None = None
    licence: str | None = None
    aliases: list[str] = []
    note: str | None = None


class OpenModelFile(Strict):
    """`pricing/models.yaml`."""

    open_models: dict[str, Shape]


class BuildFile(Strict):
    """`pricing/build.yaml`."""

    components: dict[str, Component]


class RetirementEntry(Sourced):
    """The day a model stops answering; `fine_tunes`: those on it go with it."""

    retires_on: Day
    fine_tunes: bool = False


class RetirementFile(Strict):
    """`pricing/retirements.yaml`, kept by hand."""

    retirements: dict[str, RetirementEntry]


class Facts(Sourced):
    """What is documented of some models, named in full or by a pattern such as `openai/gpt-5*`."""

    models: Annotated[list[str], Field(min_length=1)]
    min_cacheable_tokens: Tokens | None = None
    cache_lifetime_minutes: Amount | None = None


class Factor(Strict):
    """Tokens of a text, over those that another tokenizer counts: from one text to another."""

    low: Amount
    high: Amount


class Tokenizer(Sourced):
    """The models that count with a newer tokenizer, and those before it."""

    models: Annotated[list[str], Field(min_length=1)]
    before: Annotated[list[str], Field(min_length=1)]
    tokens_factor: Factor


class FactsFile(Strict):
    """`pricing/facts.yaml`, kept by hand."""

    facts: list[Facts] = []
    tokenizers: dict[str, Tokenizer] = {}


class RegionRule(Sourced):
    """What a provider adds where a request is kept in a region: token prices are multiplied.

    `only` names the regions, `but` those that cost nothing more where all others do.
    """

    provider: str
    only: list[str] | None = None
    but: list[str] = []
    models: Annotated[list[str], Field(min_length=1)]
    multiplier: Amount


class RegionFile(Strict):
    """`pricing/regions.yaml`, kept by hand."""

    regions: list[RegionRule]


_FILES: dict[Kind, type[Strict]] = {
    "api": ProviderFile,
    "gpu": GpuFile,
    "hardware": HardwareFile,
    "build": BuildFile,
    "open_models": OpenModelFile,
    "retirements": RetirementFile,
    "facts": FactsFile,
    "regions": RegionFile,
}


def validated(document: Document, *, user: bool = False) -> Kind:
    """What kind of catalog file it is. Raises InputError with the place of the first fault."""
    kind = _kind(document)
    try:
        _FILES[kind].model_validate(document.data, context={"user": user})
    except ValidationError as invalid:
        error = invalid.errors(include_url=False, include_input=False)[0]
        context = error.get("ctx", {})
        loc, what, hint = error["loc"], error["msg"], str(context.get("hint", ""))
        if error["type"] == "unknown_key":
            where = document.where((*loc, context["key"]), key=True)
        else:
            where = document.where(loc)
            if error["type"] == "missing" and loc and not hint:
                what, hint = f"the key {loc[-1]} is missing", f"add {loc[-1]}: under this place"
            elif loc and isinstance(loc[-1], str):
                what = f"{loc[-1]}: {what[:1].lower()}{what[1:]}"
        raise InputError(what, where=where, hint=hint or "see llmcost prices check for the shape") from None
    return kind


def _kind(document: Document) -> Kind:
    keys = document.data
    if "models" in keys:
        return "api"
    if "gpus" in keys:
        return "gpu" if "provider" in keys else "hardware"
    if "open_models" in keys:
        return "open_models"
    if "components" in keys:
        return "build"
    if "retirements" in keys:
        return "retirements"
    if "facts" in keys or "tokenizers" in keys:
        return "facts"
    if "regions" in keys:
        return "regions"
    raise InputError(
        "this is no catalog file: it has neither models nor gpus",
        where=document.where(),
        hint=did_you_mean(next(iter(keys), ""), ["models", "gpus"]) or "start with provider: and models:",
    )


def _require_order(days: list[date | None]) -> None:
    known = [day or date.min for day in days]
    if any(later <= earlier for earlier, later in pairwise(known)):
        raise PydanticCustomError(
            "order", "the dated entries are not in order", {"hint": "put the oldest first, one entry a day"}
        )
