"""What the catalog files that are kept by hand hold: GPUs, hardware, open models, builds, retirements, facts, regions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from llmcost.catalog.schema_fields import (
    Amount,
    Day,
    Sourced,
    Strict,
    Tokens,
    require_order,
)


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
            require_order([entry.effective_from for entry in entries])
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
