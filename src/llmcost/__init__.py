"""What an LLM architecture costs, what it is worth, and which move to make next.

The public Python API; the command line is a thin shell on it:

    from llmcost import load_scenario, load_catalog, compare
    result = compare(load_scenario("examples/support-assistant.yaml"), load_catalog())

Names are imported when first used, so that `import llmcost` and `--version` cost nothing.
"""

from __future__ import annotations

__version__ = "0.1.0"

TYPE_CHECKING = False  # to a type checker it is true; importing typing would cost more than all the rest
if TYPE_CHECKING:
    from llmcost.catalog import Catalog, load_catalog
    from llmcost.catalog.models import ApiPrice
    from llmcost.claims.auditing import Audit, audit
    from llmcost.claims.claims_file import ClaimsFile, claims_from, load_claims
    from llmcost.economics.breakeven import Breakeven, Offer, breakeven, breakeven_of_offer
    from llmcost.economics.comparison import Comparison, compare
    from llmcost.economics.hosting import Hosting, host
    from llmcost.economics.ownership import Ownership, tco
    from llmcost.economics.routing import Routing, route
    from llmcost.economics.uncertainty import Figure, Sampling
    from llmcost.errors import InputError, LlmcostError, UnknownPrice
    from llmcost.estimate import Charge, Estimate, Factor, Source
    from llmcost.quantity import Range
    from llmcost.scenario import Scenario, load_scenario, scenario_from
    from llmcost.workload import Workload

_HOMES = {
    "ApiPrice": "catalog.models",
    "Audit": "claims.auditing",
    "Breakeven": "economics.breakeven",
    "Catalog": "catalog",
    "Charge": "estimate",
    "ClaimsFile": "claims.claims_file",
    "Comparison": "economics.comparison",
    "Estimate": "estimate",
    "Factor": "estimate",
    "Figure": "economics.uncertainty",
    "Hosting": "economics.hosting",
    "InputError": "errors",
    "LlmcostError": "errors",
    "Offer": "economics.breakeven",
    "Ownership": "economics.ownership",
    "Range": "quantity",
    "Routing": "economics.routing",
    "Sampling": "economics.uncertainty",
    "Scenario": "scenario",
    "Source": "estimate",
    "UnknownPrice": "errors",
    "Workload": "workload",
    "audit": "claims.auditing",
    "breakeven": "economics.breakeven",
    "breakeven_of_offer": "economics.breakeven",
    "claims_from": "claims.claims_file",
    "compare": "economics.comparison",
    "host": "economics.hosting",
    "load_catalog": "catalog",
    "load_claims": "claims.claims_file",
    "load_scenario": "scenario",
    "route": "economics.routing",
    "scenario_from": "scenario",
    "tco": "economics.ownership",
}

__all__ = [
    "ApiPrice",
    "Audit",
    "Breakeven",
    "Catalog",
    "Charge",
    "ClaimsFile",
    "Comparison",
    "Estimate",
    "Factor",
    "Figure",
    "Hosting",
    "InputError",
    "LlmcostError",
    "Offer",
    "Ownership",
    "Range",
    "Routing",
    "Sampling",
    "Scenario",
    "Source",
    "UnknownPrice",
    "Workload",
    "audit",
    "breakeven",
    "breakeven_of_offer",
    "claims_from",
    "compare",
    "host",
    "load_catalog",
    "load_claims",
    "load_scenario",
    "route",
    "scenario_from",
    "tco",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'llmcost' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"llmcost.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
