"""A policy as a router configuration for the LiteLLM proxy.

Each segment becomes a `model_name`; a mix becomes several deployments of that name with weights,
which the `simple-shuffle` strategy honours. What the proxy cannot express (a cascade's verifier)
is refused rather than approximated. Shape: LiteLLM proxy documentation, "config.yaml".
"""

import json
import re
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from llmcost.architectures.flow import architecture_of
from llmcost.architectures.prices import Prices
from llmcost.architectures.routed import middle
from llmcost.decision.policy import Policy
from llmcost.errors import InputError
from llmcost.scenario import Scenario

# How the proxy names the providers that the catalog knows.
PREFIXES = {
    "anthropic": "anthropic/",
    "openai": "openai/",
    "google": "gemini/",
    "deepseek": "deepseek/",
    "mistral": "mistral/",
    "x-ai": "xai/",
    "aws": "bedrock/",
    "azure": "azure/",
    "together": "together_ai/",
    "groq": "groq/",
    "fireworks": "fireworks_ai/accounts/fireworks/models/",
    "cohere": "cohere_chat/",
    "cerebras": "cerebras/",
    "moonshotai": "moonshot/",
    "minimax": "minimax/",
    "zai": "zai/",
}


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Parameters(_Shape):
    """`litellm_params` of a deployment."""

    model: Annotated[str, Field(pattern=r"^[^/\s]+/\S+$")]
    api_key: Annotated[str, Field(pattern=r"^os\.environ/[A-Z0-9_]+$")]
    api_base: Annotated[str | None, Field(pattern=r"^os\.environ/[A-Z0-9_]+$")] = None
    weight: Annotated[float | None, Field(gt=0)] = None


class Deployment(_Shape):
    """One entry of `model_list`."""

    model_name: str
    litellm_params: Parameters


class RouterSettings(_Shape):
    """`router_settings`."""

    routing_strategy: str = "simple-shuffle"
    fallbacks: list[dict[str, list[str]]] = []


class Configuration(_Shape):
    """The part of the proxy's config.yaml that a policy fills."""

    model_list: Annotated[list[Deployment], Field(min_length=1)]
    router_settings: RouterSettings = RouterSettings()


def configuration(policy: Policy, scenario: Scenario, prices: Prices) -> Configuration:
    """The configuration, checked against its shape. Raises InputError for what it cannot express."""
    deployments: list[Deployment] = []
    for placed in policy.segments:
        leaves = _leaves(placed.architecture or "", 1.0, scenario)
        for target, weight in leaves:
            shared = weight if len(leaves) > 1 else None
            deployments.append(
                Deployment(model_name=placed.name, litellm_params=_parameters(target, shared, scenario, prices))
            )
    return Configuration(model_list=deployments)


def _leaves(name: str, weight: float, scenario: Scenario) -> list[tuple[str, float]]:
    if name not in scenario.architectures:
        return [(name, weight)]  # a model by itself
    architecture = scenario.architectures[name]
    if architecture.kind == "cascade":
        raise InputError(
            f"{name} is a cascade, which a LiteLLM configuration cannot express",
            where="-f litellm",
            hint="the proxy falls back on errors, not on a verifier's verdict; use -f json",
        )
    mix = getattr(architecture, "mix", None)
    if mix:
        stated = sum(middle(share) for share in mix.values() if share != "rest")
        found: list[tuple[str, float]] = []
        for target, share in mix.items():
            part = weight * (1 - stated if share == "rest" else middle(share))
            if part <= 0:
                continue
            below = architecture_of(target, name, scenario.architectures)
            found += _leaves(target, part, scenario) if below is not None else [(target, part)]
        return found
    if architecture.kind == "api":
        return [(architecture.targets()[0], weight)]
    serving = getattr(architecture, "serving", None)
    if serving is not None and serving.model is not None and serving.gpu is None:
        return [(serving.model, weight)]
    return [(name, weight)]


def _parameters(target: str, weight: float | None, scenario: Scenario, prices: Prices) -> Parameters:
    shared = None if weight is None else round(weight, 6)
    if target in scenario.architectures:
        served = getattr(scenario.architectures[target], "model", None) or target
        key = _variable(target)
        return Parameters(
            model=f"hosted_vllm/{_slug(served)}",
            api_base=f"os.environ/{key}_API_BASE",
            api_key=f"os.environ/{key}_API_KEY",
            weight=shared,
        )
    full = prices.identity(target.partition("@")[0])
    provider, slash, model = full.partition("/")
    if not slash or provider not in PREFIXES:
        return Parameters(
            model=f"openai/{_slug(target)}",
            api_base=f"os.environ/{_variable(target)}_API_BASE",
            api_key=f"os.environ/{_variable(target)}_API_KEY",
            weight=shared,
        )
    return Parameters(
        model=PREFIXES[provider] + model, api_key=f"os.environ/{_variable(provider)}_API_KEY", weight=shared
    )


def _slug(name: str) -> str:
    return re.sub(r"\s+", "-", name)


def _variable(name: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_") or "MODEL"


def yaml(value: Any, indent: int = 0) -> str:
    """Plain data as YAML: block style, every text quoted as in JSON."""
    pad = " " * indent
    if isinstance(value, dict) and value:
        lines = []
        for key, item in value.items():
            name = key if re.fullmatch(r"[A-Za-z_][\w-]*", str(key)) else json.dumps(str(key), ensure_ascii=False)
            nested = isinstance(item, dict | list) and item
            lines.append(f"{pad}{name}:" + ("\n" + yaml(item, indent + 2) if nested else f" {_scalar(item)}\n"))
        return "".join(lines)
    if isinstance(value, list) and value:
        return "".join(
            f"{pad}- {yaml(item, indent + 2).lstrip()}"
            if isinstance(item, dict | list) and item
            else f"{pad}- {_scalar(item)}\n"
            for item in value
        )
    return f"{pad}{_scalar(value)}\n"


def _scalar(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
