"""The smallest set of GPUs that a model fits on with room to serve."""

from collections.abc import Iterable
from typing import NamedTuple

from llmcost.capacity.replica import why_not
from llmcost.capacity.setup import Setup
from llmcost.catalog.models import GpuSpec

COUNTS = (1, 2, 4, 8)


class Fit(NamedTuple):
    """So many GPUs of a kind hold the model."""

    gpu: str
    gpus: int
    total_memory_gb: float


def smallest_fit(setup: Setup, specs: Iterable[GpuSpec], input_tokens: float, output_tokens: float) -> Fit | None:
    """The set with the least memory, then the fewest GPUs, that holds the model; None: none of 8 does."""
    found = [
        Fit(spec.gpu, count, spec.memory_gb * count)
        for spec in specs
        for count in COUNTS
        if not why_not(setup._replace(gpu=spec, gpus=count), input_tokens, output_tokens)
    ]
    return min(found, key=lambda fit: (fit.total_memory_gb, fit.gpus, fit.gpu), default=None)


def more_of_the_same(setup: Setup, input_tokens: float, output_tokens: float) -> int | None:
    """How many of the same GPU hold the model: 1, 2, 4 or 8; None: not even 8."""
    fits = (n for n in COUNTS if not why_not(setup._replace(gpus=n), input_tokens, output_tokens))
    return next(fits, None)
