"""A calculation's error said of the claim that is worked out, with the place of the input that it is about."""

import re
from typing import Any

from llmcost.claims.inputs import Path, known, leaves
from llmcost.claims.recomputed import Asked
from llmcost.claims.statement import PlaceOfInput
from llmcost.errors import LlmcostError
from llmcost.scenario import Scenario

_FLAGS = {"--architecture": "of"}  # what a command takes in a flag, and a claim in a field of its own


def placed(asked: Asked, error: LlmcostError) -> LlmcostError:
    """The error with the claim's name, a place in its document, and a hint for who writes a file or for who types."""
    statement = asked.statement
    claim = f"claim {statement.claim}"
    if statement.typed:
        return error.said(where=_place(asked, error))
    what = error.what if error.what.startswith(claim) else f"{claim}: {error.what}"
    return error.in_a_file().said(what=what, where=_place(asked, error))


def _place(asked: Asked, error: LlmcostError) -> str:
    where, statement = error.where, asked.statement
    if isinstance(where, PlaceOfInput):
        return where
    if where in _FLAGS:
        return statement.place((_FLAGS[where],))
    path = where.split(".")
    if path[0] in Scenario.model_fields:
        return statement.given_place(path, False)
    mentioned = _mentioned(asked.given, error.what)
    return where or (statement.given_place(mentioned, False) if mentioned else statement.place(()))


def _mentioned(given: dict[str, Any], what: str) -> Path:
    """The path of the input whose value, or whose name below prices or architectures, is the longest in a message."""
    named = [(path, text) for path, text in leaves(known(given)) if len(text) > 1 and not text[0].isdigit()]
    for block in ("architectures", "prices"):
        own = given.get(block)
        named += [((block, name), str(name)) for name in own] if isinstance(own, dict) else []
    found = [(path, text) for path, text in named if re.search(rf"(?<![\w.-]){re.escape(text)}(?![\w-])", what)]
    return max(found, key=lambda each: len(each[1]), default=((), ""))[0]
