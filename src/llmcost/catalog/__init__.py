"""The dated prices, each with its source: looked up by model, GPU or build component, and day."""

from llmcost.catalog.catalog import Catalog, load_catalog, today

__all__ = ["Catalog", "load_catalog", "today"]
