"""What a catalog file may say. Strict at the door: unknown keys, wrong figures and upside-down
spot prices are refused with their place. Used by `prices check`, the tests and the user's files;
a run on the compiled catalog never loads it.
"""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic import ValidationInfo as Info
from pydantic_core import PydanticCustomError

from llmcost.catalog.files import Document
from llmcost.errors import InputError, did_you_mean
from llmcost.quantity import QuantityError, number

Kind = Literal["api", "gpu", "hardware", "build", "open_models", "retirements"]


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


Amount = Annotated[float, BeforeValidator(_not_negative)]
Tokens = Annotated[int, BeforeValidator(_not_negative)]
Day = Annotated[date, BeforeValidator(_day)]


class Strict(BaseModel):
    """No unknown keys: a misspelt price must not be a missing one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, raw: Any) -> Any:
        if isinstance(raw, dict):
            for key in raw:
                if key not in cls.model_fields:
                    known = ", ".join(cls.model_fields)
                    hint = did_you_mean(str(key), cls.model_fields) or f"the keys here are {known}"
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
    """USD per million tokens by bucket; a bucket without a price is left out, never zero."""

    input_per_mtok: Amount | None = None
    output_per_mtok: Amount | None = None
    cached_input_per_mtok: Amount | None = None
    cache_write_per_mtok: Amount | None = None
    cache_write_1h_per_mtok: Amount | None = None


class Tier(RateFields):
    """The rates of a whole request whose input is above a number of tokens."""

    above_tokens: Tokens
    batch: RateFields | None = None


class Variant(RateFields):
    """Another price of the same model: a service tier, a time of day."""

    long_context: list[Tier] = []
    note: str | None = None


class PriceEntry(RateFields, Sourced):
    """The prices of a model from a day on (None: always)."""

    effective_from: Day | None = None
    batch: RateFields | None = None
    long_context: list[Tier] = []
    variants: dict[str, Variant] = {}
    hosting_usd_per_hour: Amount | None = None
    training_usd_per_mtok: Amount | None = None
    training_usd_per_hour: Amount | None = None
    note: str | None = None


class ModelEntry(Strict):
    """A model with its dated prices, oldest first."""

    name: str | None = None
    aliases: list[str] = []
    context_window: Tokens | None = None
    base_model: str | None = None
    tokens_factor: Amount | None = None
    deprecated: bool = False
    prices: Annotated[list[PriceEntry], Field(min_length=1)]

    @model_validator(mode="after")
    def _in_order(self) -> ModelEntry:
        _require_order([entry.effective_from for entry in self.prices])
        return self


class ProviderFile(Strict):
    """`pricing/api` and `pricing/finetune`: the models of one provider."""

    provider: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    name: str | None = None
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


_FILES: dict[Kind, type[Strict]] = {
    "api": ProviderFile,
    "gpu": GpuFile,
    "hardware": HardwareFile,
    "build": BuildFile,
    "open_models": OpenModelFile,
    "retirements": RetirementFile,
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
