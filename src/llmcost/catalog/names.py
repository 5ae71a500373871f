"""How a name finds its model: exact id, alias, and which provider a bare name belongs to.

A bare name goes to the model's maker, in the order of MAKERS. Where only hosts have it and more
than one does, it is ambiguous: their prices differ, so nobody but the user may choose.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

MAKERS = (
    "anthropic",
    "openai",
    "google",
    "deepseek",
    "mistral",
    "x-ai",
    "cohere",
    "moonshotai",
    "zai",
    "minimax",
)
_HOST = len(MAKERS)
_LONGEST = 256  # characters of an id


class Names(NamedTuple):
    """Bare ids and aliases to full ids, and the prefixes of aliases that end in `*`."""

    exact: dict[str, str | list[str]]
    prefixes: dict[str, list[str]]

    def find(self, name: str) -> str | list[str] | None:
        """The full id, several for an ambiguous name, None for an unknown one."""
        found = self.exact.get(name)
        if found is not None:
            return found
        matches: dict[str, int] = {}
        for length in range(1, min(len(name), _LONGEST) + 1):  # logs name thousands of models that nobody knows
            models = self.prefixes.get(name[:length])
            if models is not None and is_dated(name[:length], name[length:]):
                for model in models:
                    matches[model] = length
        if not matches:
            return None
        longest = {}
        for model in sorted(matches, key=lambda model: matches[model]):
            longest[_provider(model)] = model
        return _chosen(longest.values())


def name_table(models: Mapping[str, Mapping[str, Any]]) -> Names:
    """The table of all names; within one provider an id wins over an alias.

    A model whose price only a reseller lists has the names that nobody else has. A host's `meta-llama/Llama-4-Scout-17B-16E-Instruct` is found without the maker's prefix, too.
    """
    exact: dict[str, dict[str, str]] = {}
    prefixes: dict[str, list[str]] = {}
    ids, models = models, {model: record for model, record in models.items() if not record.get("listed_by")}
    for model, record in models.items():
        provider, last = _provider(model), model.rsplit("/", 1)[1]
        exact.setdefault(last, {}).setdefault(provider, model)
        for alias in record.get("aliases", ()):
            if alias.endswith("*"):
                prefixes.setdefault(alias[:-1], []).append(model)
            else:
                exact.setdefault(alias, {}).setdefault(provider, model)
    for model in models:
        provider, bare = model.split("/", 1)
        exact.setdefault(bare, {})[provider] = model
    for model, record in ids.items():
        for name in (model.split("/", 1)[1], *record.get("aliases", ())) if record.get("listed_by") else ():
            if name.endswith("*"):
                prefixes.setdefault(name[:-1], [model])
            else:
                exact.setdefault(name, {_provider(model): model})
    return Names({name: _chosen(found.values()) for name, found in exact.items()}, prefixes)


def _provider(model: str) -> str:
    return model.split("/", 1)[0]


def _chosen(models: Iterable[str]) -> str | list[str]:
    """The maker's own model, else the only host's, else all hosts' models."""
    ranked = sorted((MAKERS.index(p) if (p := _provider(model)) in MAKERS else _HOST, model) for model in models)
    best = ranked[0][0]
    if best < _HOST or len(ranked) == 1:
        return ranked[0][1]
    return [model for _, model in ranked]


def is_dated(prefix: str, remainder: str) -> bool:
    """Whether what follows an alias is a date or a version, so a misspelt name matches nothing.

    `claude-haiku-4-5*` is `claude-haiku-4-5-20251001` but neither `claude-haiku-4-55` nor
    `claude-haiku-4-5-mini`; `ft:` ids go on with the organisation's own name.
    """
    import re

    if not remainder:
        return True
    if prefix.startswith("ft:"):
        return remainder.startswith(":") or is_dated("", remainder.split(":", 1)[0])
    if remainder[0] not in "-@:" and not re.search(r"(?:[-@:]|20\d\d)$", prefix):
        return False
    part = r"(?:\d{3,}|\d\d-\d{2,}|latest|preview|exp|v\d+|(?<=:)\d+)"
    return re.fullmatch(rf"[-@:]?{part}(?:[-@:](?:{part}|\d\d))*|\d+", remainder) is not None


def open_model_id(name: str, known: dict[str, Any]) -> str | None:
    """`Llama-3.1-8B-Instruct`, `meta-llama/Llama-3.1-8B`: the id without maker, case and form."""
    bare = _plain(name)
    for model, record in known.items():
        if bare == model or name == model:
            return model
        if any(bare == _plain(alias) or name == alias for alias in record[-3]):
            return model
    return None


def _plain(name: str) -> str:
    bare = name.lower().rsplit("/", 1)[-1]
    for form in ("-hf", "-instruct", "-it", "-chat", "-base"):
        bare = bare.removesuffix(form)
    return bare
