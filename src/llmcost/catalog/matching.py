"""How a platform's name of a model finds its price, as genai-prices does it.

`us.anthropic.claude-sonnet-4-6`, `bedrock/eu-west-1/anthropic.claude-sonnet-4-6`,
`vertex_ai/claude-opus-4-6@default`, `azure/gpt-4o-2024-11-20`, `claude-opus-4-8[1m]`: a provider is
told by what stands before the slash or by the form of the name, a model by the rules that the
source publishes for it, tried in its order. A name in a log came from a provider, so any rule
that holds is taken. A name that somebody typed has to be a dated or decorated form of a known
one, so that a misspelt name never has its neighbour's price.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

from llmcost.catalog.names import is_dated

# What gateways put before a model's name, and whose price list that is.
GATEWAYS = {
    "bedrock": "aws",
    "bedrock_converse": "aws",
    "vertex_ai": "google",
    "vertex_ai_beta": "google",
    "gemini": "google",
    "models": "google",
    "publishers": "google",
    "mistralai": "mistral",
    "azure_ai": "azure",
    "together_ai": "together",
    "fireworks_ai": "fireworks",
    "moonshot": "moonshotai",
    "xai": "x-ai",
}
_DECORATION = re.compile(r"(?:\[[a-z0-9.]+\]|@default|@latest|:(?:beta|thinking|nitro|floor|online))$", re.IGNORECASE)
_AREA = r"(?:us-gov|us|eu|apac|ap|au|jp|ca|sa|me|af|global)"
_BEDROCK = re.compile(
    rf"(?:{_AREA}\.)?(?:ai21|amazon|anthropic|cohere|deepseek|google|luma|meta|minimax|mistral|moonshot|moonshotai"
    r"|nvidia|openai|qwen|stability|twelvelabs|writer|xai|zai)\.[a-z]",
    re.IGNORECASE,
)
_IN_A_REGION = re.compile(r"(?:[a-z]{2}(?:-[a-z]+)+-\d|converse|invoke|converse_like)/", re.IGNORECASE)
_ARN = re.compile(
    r"arn:aws[a-z-]*:bedrock:[a-z0-9-]*:\d*:(?:foundation-model|inference-profile)/(?P<name>.+)", re.IGNORECASE
)
_COMPACT_DATE = re.compile(r"(-)(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)")


class Match(NamedTuple):
    """The model that a name stands for, with the rule that said so; `model` is None for one the source gives no price.

    `close`: the name is a dated or decorated form of the model's own, not any that the rule lets pass.
    `host`: the provider that was named and has no price of its own, so that the maker's is charged.
    """

    model: str | None
    rule: str
    close: bool = True
    host: str = ""


class Matching:
    """The source's rules, by provider."""

    def __init__(self, rules: str) -> None:
        self._rules: dict[str, Any] = json.loads(rules)

    def logged(self, name: str) -> Match | None:
        """The model of a name that a log holds; None where no rule holds."""
        return self._of(name.strip(), typed=False)

    def typed(self, name: str) -> str | None:
        """The full id of the model of a name that a person typed, where it has a platform's form."""
        has_form = "/" in name or _DECORATION.search(name) or _BEDROCK.match(name) or _ARN.fullmatch(name)
        found = self._of(name.strip(), typed=True) if has_form else None
        return found.model if found else None

    def provider(self, name: str) -> str | None:
        """The provider that a prefix or a log's own field names."""
        lower = name.lower().strip()
        lower = GATEWAYS.get(lower, lower)
        if lower in self._rules:
            return lower
        for provider, about in self._rules.items():
            if about.get("provider_match") and _first(about["provider_match"], lower):
                return provider
        return None

    def of_provider(self, provider: str, name: str, *, typed: bool = False) -> Match | None:
        """The model that a provider answers to this name with, its fallback providers included."""
        spellings = [name.lower()]
        compact = _with_dashes(spellings[0])
        for spelling in dict.fromkeys((*spellings, compact)):
            for each in (provider, *self._rules.get(provider, {}).get("fallback_providers", ())):
                found = self._within(each, spelling, typed)
                if found is not None:
                    return found if each == provider else found._replace(host=provider)
        return None

    def _of(self, name: str, typed: bool) -> Match | None:
        arn = _ARN.fullmatch(name)
        if arn:
            return self._of_bedrock(arn["name"], typed)
        if name.lower().startswith("arn:"):
            return None  # an account's own profile: its name says nothing of the model
        head, slash, tail = name.partition("/")
        if slash:
            provider = self.provider(head)
            if provider == "aws":
                return self._of_bedrock(tail, typed)
            if provider is not None:
                tail = tail.rsplit("/", 1)[-1] if head in ("publishers", "models") else tail
                return self._decorated(provider, tail, typed) or self._of_maker_below(provider, tail, typed)
            return self._of(tail, typed)
        if _BEDROCK.match(name):
            return self._of_bedrock(name, typed)
        for provider, about in self._rules.items():
            if about.get("model_match") and _first(about["model_match"], name.lower()):
                return self._decorated(provider, name, typed)
        return None

    def _of_maker_below(self, provider: str, name: str, typed: bool) -> Match | None:
        """`azure/anthropic/claude-opus-4-6`, `vertex_ai/openai/gpt-oss-120b`: the maker's name stands below the host's."""
        head, slash, tail = name.partition("/")
        return self._decorated(provider, tail, typed) if slash and self.provider(head) else None

    def _of_bedrock(self, name: str, typed: bool) -> Match | None:
        region = _IN_A_REGION.match(name)
        while region:
            name = name[region.end() :]
            region = _IN_A_REGION.match(name)
        return self._decorated("aws", name, typed)

    def _decorated(self, provider: str, name: str, typed: bool) -> Match | None:
        """With and without what a platform adds at the end (`[1m]`, `@default`, `:beta`)."""
        bare = _DECORATION.sub("", name)
        for spelling in dict.fromkeys((name, bare)):
            found = self.of_provider(provider, spelling, typed=typed)
            if found is not None:
                return found
        return None

    def _within(self, provider: str, name: str, typed: bool) -> Match | None:
        about = self._rules.get(provider, {})
        for model, clauses in about.get("models", ()):
            clause = _first(clauses, name)
            if clause is None:
                continue
            bare = _DECORATION.sub("", name)
            close = any(_is_form_of(each, name) or _is_form_of(each, bare) for each in clauses)
            if close or not typed:
                return Match(f"{provider}/{model}", clause, close)
        for model, clauses in about.get("unpriced", {}).items():
            clause = _first(clauses, name)
            if clause is not None and not typed:
                return Match(None, f"genai-prices lists {provider}/{model} without a price")
        return None


def _first(clauses: Sequence[Any], name: str) -> str | None:
    """The first clause that holds, as text."""
    return next((_text(clause) for clause in clauses if _holds(clause, name)), None)


def _holds(clause: Any, name: str) -> bool:
    if isinstance(clause, list):
        return all(_holds(inner, name) for inner in clause)
    if isinstance(clause, dict):
        return any(_holds(inner, name) for inner in clause["any"])
    kind, text = _read(clause)
    if kind == "pattern":
        return re.search(text, name) is not None
    text = text.lower()
    if kind == "contains":
        return text in name
    if kind == "starts with":
        return name.startswith(text)
    return name.endswith(text) if kind == "ends with" else name == text


def _is_form_of(clause: Any, name: str) -> bool:
    """Whether the name is a clause's own text, with a date or version behind it at most, in an area at most."""
    if isinstance(clause, list):
        return _holds(clause, name) and any(_is_form_of(inner, name) for inner in clause)
    if isinstance(clause, dict):
        return any(_is_form_of(inner, name) for inner in clause["any"])
    kind, text = _read(clause)
    if kind == "pattern":
        return re.fullmatch(text.removesuffix("$") + "$", name) is not None and text.startswith("^")
    text = text.lower()
    before, found, after = name.partition(text)
    if not found or (before and not re.fullmatch(rf"{_AREA}\.|[a-z0-9-]+[./]", before)):
        return False
    return is_dated(text, after) if kind in ("contains", "starts with") else not after


def _read(clause: str) -> tuple[str, str]:
    """`name`, `start*`, `*end`, `*part*` or `/pattern/` as its kind and text."""
    if len(clause) > 1 and clause[0] == clause[-1] == "/":
        return "pattern", clause[1:-1]
    starts, ends = clause.startswith("*"), clause.endswith("*")
    if starts and ends and len(clause) > 2:
        return "contains", clause[1:-1]
    if ends:
        return "starts with", clause[:-1]
    return ("ends with", clause[1:]) if starts else ("is", clause)


def _text(clause: Any) -> str:
    if isinstance(clause, str):
        kind, text = _read(clause)
        return f"{kind} {text}"
    if isinstance(clause, dict):
        return " or ".join(map(_text, clause["any"]))
    return " and ".join(map(_text, clause))


def _with_dashes(name: str) -> str:
    """`gpt-5.2-20251211` as `gpt-5.2-2025-12-11`: LiteLLM and OpenRouter write dates without dashes."""

    def dashed(found: re.Match[str]) -> str:
        year, month, day = (int(found[group]) for group in (2, 3, 4))
        try:
            return f"{found[1]}{date(year, month, day).isoformat()}"
        except ValueError:
            return found[0]

    return _COMPACT_DATE.sub(dashed, name)


def rules_of(document: dict[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """The models of a provider's file that say what names are theirs."""
    for model, raw in document["models"].items():
        if raw.get("match"):
            yield model, raw["match"]
