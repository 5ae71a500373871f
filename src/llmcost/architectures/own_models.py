"""What a scenario says of a model itself: its architecture, its tokens, how long it takes."""

import math
from typing import Self

from pydantic import model_validator

from llmcost.architectures.token_counts import TokenCounts
from llmcost.catalog.models import OpenModel
from llmcost.estimate import Source
from llmcost.workload import (
    AboveZero,
    Count,
    Months,
    Positive,
    Strict,
    refuse,
)


class OwnModel(TokenCounts):
    """A model by its name: what it counts and writes, and, for an open one that the catalog does not describe, what a GPU
    has to read and compute for it.
    """

    parameters: AboveZero | None = None
    layers: Months | None = None
    kv_heads: Months | None = None
    head_size: Months | None = None
    width: Months | None = None
    heads: Months | None = None
    context_window: Months | None = None
    sliding_window: Months | None = None
    sliding_layers: Count = 0
    active_parameters: AboveZero | None = None
    experts: Months | None = None
    experts_per_token: Months | None = None
    shared_experts: Count | None = None
    expert_layers: Months | None = None
    latent_size: Months | None = None
    linear_layers: Count = 0
    state_bytes: Positive | None = None
    embedding_parameters: Positive | None = None
    attention_parameters: Positive | None = None
    sparse_tokens: Months | None = None

    @model_validator(mode="after")
    def _experts_chosen(self) -> "OwnModel":
        if (self.experts is None) != (self.experts_per_token is None):
            refuse("a mixture of experts takes experts and experts_per_token", "give both, and active_parameters")
        if self.experts is not None and self.active_parameters is None:
            refuse(
                "a mixture of experts has no active_parameters", "give active_parameters: those multiplied for a token"
            )
        if self.experts is not None and (self.experts_per_token or 0) >= self.experts:
            refuse("a token uses fewer experts than there are", "give experts_per_token below experts")
        if self.active_parameters is not None and self.active_parameters > (self.parameters or math.inf):
            refuse("active_parameters are more than parameters", "give all parameters under parameters")
        return self

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not self.model_fields_set & _SHAPE:
            if not self.model_fields_set:
                refuse("nothing is stated of this model", "give parameters, layers, …, or output_tokens_factor")
            return self
        for field in ("parameters", "layers", "kv_heads", "head_size", "width"):
            if getattr(self, field) is None:
                refuse(f"the model lacks {field!r}", f"add {field}: ..., or leave its other figures out")
        return self

    @property
    def described(self) -> bool:
        """Whether its architecture is stated."""
        return self.parameters is not None

    def shape(self, name: str) -> OpenModel:
        """The same as the catalog has it; asked of one that is described."""
        sizes = (self.parameters, self.layers, self.kv_heads, self.head_size, self.width)
        return OpenModel(
            *(name, *sizes, Source("the scenario")),  # type: ignore[arg-type]
            *(self.heads, self.context_window, self.sliding_window, int(self.sliding_layers), None, (), None),
            *(self.active_parameters, self.experts, self.experts_per_token, self.shared_experts, self.expert_layers),
            *(self.latent_size, int(self.linear_layers), self.state_bytes, self.embedding_parameters),
            *(self.attention_parameters, self.sparse_tokens),
        )


class StatedLatency(Strict):
    """The parts of a request's wait that are known, in milliseconds; the others are modelled where possible."""

    network_ms: Positive | None = None
    queue_ms: Positive | None = None
    first_token_ms: Positive | None = None
    ms_per_token: Positive | None = None


_SHAPE = OwnModel.model_fields.keys() - TokenCounts.model_fields.keys()
