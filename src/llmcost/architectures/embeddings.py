"""Models that read and write nothing, such as those of embeddings: their workload needs no output tokens."""

from collections.abc import Iterable, Mapping
from typing import Any

from llmcost.architectures.architecture import Architecture
from llmcost.errors import UnknownPrice


def only_reads(architectures: Iterable[Architecture], prices: Mapping[str, Any]) -> bool:
    """Whether every architecture is one model that has an input price and no output price."""
    found = list(architectures)
    return bool(found) and all(each.kind == "api" and _only_reads(each.targets()[0], prices) for each in found)


def _only_reads(model: str, prices: Mapping[str, Any]) -> bool:
    from llmcost.catalog import load_catalog

    own = prices.get(model)
    if own is not None and own.output_per_mtok is not None:
        return False
    try:
        rates = load_catalog().price(model).rates
    except UnknownPrice:
        return own is not None and own.input_per_mtok is not None
    return rates.output_per_mtok is None
