"""What a catalog file may say. Strict at the door: unknown keys, wrong figures and upside-down
spot prices are refused with their place. Used by `prices check`, the tests and the user's files;
a run on the compiled catalog never loads it.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from llmcost.catalog.files import Document
from llmcost.catalog.schema_by_hand import (
    BuildFile,
    FactsFile,
    GpuFile,
    HardwareFile,
    OpenModelFile,
    RegionFile,
    RetirementFile,
)
from llmcost.catalog.schema_fields import (
    _CLOCK,
    _WEEKDAY,
    Amount,
    Day,
    Sourced,
    Strict,
    Tokens,
    require_order,
)
from llmcost.errors import InputError, did_you_mean

Kind = Literal["api", "gpu", "hardware", "build", "open_models", "retirements", "facts", "regions"]


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
        require_order([entry.effective_from for entry in self.prices])
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
