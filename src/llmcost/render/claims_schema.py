"""The JSON Schema of a claims file: what each calculation takes, and which figures it gives."""

from __future__ import annotations

from typing import Any, get_type_hints

from pydantic import BaseModel, TypeAdapter

from llmcost.architectures.fine_tuned import Labelling
from llmcost.architectures.training import Training
from llmcost.claims.by_cascade import FIGURES as CASCADE_FIGURES
from llmcost.claims.by_cascade import TwoStages
from llmcost.claims.by_quantity import FIGURES, ReviewSavings
from llmcost.claims.claim import Claims
from llmcost.claims.limits import CHEAPEST_FROM
from llmcost.claims.recomputed import is_figure
from llmcost.economics.breakeven import Challenger, Offer
from llmcost.economics.cascades import CascadeFigures
from llmcost.economics.comparison import Compared
from llmcost.economics.hosting import Hosting
from llmcost.economics.ownership import Ownership
from llmcost.economics.routing import Mix
from llmcost.render.json_schema import DIALECT, compact
from llmcost.render.scenario_schema import described, named_quantities, scenario_schema

ABOUT: dict[str, dict[str, str]] = {
    "Claims": {
        "source": "where the claims were published",
        "as_of": "the day that catalog prices are looked up for; left out, --as-of, else today",
        "tolerance": "how far off still holds, of the recomputed figure (2%)",
        "given": "blocks of inputs by name, which claims build on with `uses`",
        "claims": "the published statements",
    },
    "ClaimSource": {
        "title": "of the document",
        "url": "where it stands",
        "file": "its name, where it is a file",
        "date": "the day, month or year of publication; left out where it is not known",
    },
    "Claim": {
        "id": "a letter, then letters, digits, - and _; each id once in a file",
        "says": "the statement in one line, in the auditor's own words",
        "at": "where in the source it stands",
        "tolerance": "for this claim",
        "readings": "other fair readings of the sentence: it holds if one of them does, and the verdict says which",
        "would_hold_if": "what would rescue it, each `reading` a clause (it is a year): worked out beside it, without "
        "changing the verdict; another `published` is one too",
        "missing": "what would have to be known, in place of a calculation: the claim is then not checkable",
        "note": "a sentence of the auditor's, added to the explanation",
    },
    "Question": {
        "calculation": "what is worked out; left out where there is an expression (arithmetic)",
        "uses": "a block of the file's `given`, or several; this `given` is merged over them",
        "given": "the inputs: a scenario fragment, or named quantities; {published: ID} and {recomputed: ID} stand for "
        "another claim's figure, null for one that nobody says",
        "of": "the architecture that is meant; left out, the only one that is not the baseline",
        "figure": "which figure of the result, by its name in the JSON output, or charges.NAME",
        "expression": "+ - * / **, parentheses, numbers, names of `given`, min max sqrt ceil floor round abs",
        "unit": "of an expression: USD, share (a part of a whole: more than 100 % is impossible) or times; left out, as "
        "`published` is written, and a percentage is then any, such as a growth of 150 %",
        "whole": "a quantity or expression that the figure is a part of: a larger one is impossible",
        "published": "what the source prints",
    },
    "Reading": {
        "reading": "the other way to read it: a noun (a day, not a month); in would_hold_if a clause (it is a year)"
    },
    "ReviewSavings": {
        "requests": "requests",
        "share_before": "share of the answers that people look at",
        "share_after": "the same afterwards",
        "usd_per_review": "USD for one review",
    },
    "TwoStages": {
        "cheap_quality": "share of its answers that are right",
        "strong_quality": "share of its answers that are right",
        "joint": "share of the requests by who is right: p11, p10, p01, p00, the cheap model first",
        "false_accept": "share of wrong answers that the verifier accepts",
        "false_reject": "share of right answers that it rejects",
        "acceptance": "share that stays with the cheap model; or escalation",
        "escalation": "share that goes on to the strong model",
        "cheap_cost": "USD a request, or any unit that the costs share",
        "strong_cost": "the same of the strong model",
        "verifier_cost": "the same of one check (0)",
    },
    "Offer": {
        "build": "USD once",
        "saving_per_call": "USD",
        "operations_per_month": "USD a month",
        "calls_per_month": "calls",
        "growth_per_month": "share a month, compounding",
        "horizon_months": "months looked at (12)",
    },
}
_QUANTITIES = ("positive", "share", "change", "cost_item")
for _name in ("Claim", "Reading"):
    ABOUT[_name] = ABOUT["Question"] | ABOUT[_name]

# What a calculation on named quantities takes, and the figures that it gives.
_BY_QUANTITY: dict[str, tuple[type[BaseModel], tuple[str, ...]]] = {
    "cascade": (TwoStages, CASCADE_FIGURES),
    "review_savings": (ReviewSavings, FIGURES["review_savings"]),
    "labelling": (Labelling, FIGURES["labelling"]),
    "training_run": (Training, FIGURES["training_run"]),
}
_ROWS: dict[str, tuple[type, ...]] = {
    "route": (Mix, CascadeFigures),
    "tco": (Ownership,),
    "host": (Hosting,),
    "breakeven": (Challenger,),
    "compare": (Compared, CascadeFigures),
}


def claims_schema() -> dict[str, Any]:
    """The schema of a claims file, with the inputs and figures of each calculation."""
    schema: dict[str, Any] = TypeAdapter(Claims).json_schema()
    definitions: dict[str, Any] = schema.pop("$defs")
    fragment = scenario_schema()
    fragment_names = {*fragment["$defs"]} - {*_QUANTITIES}
    definitions |= fragment.pop("$defs")
    quantities = {name: definitions.pop(name) for name in _QUANTITIES}
    definitions["Scenario"] = {"type": "object", "properties": fragment["properties"], "additionalProperties": False}
    models = {model.__name__: model for model, _ in _BY_QUANTITY.values()} | {"Offer": Offer}
    for name, model in models.items():
        own = TypeAdapter(model).json_schema()
        definitions |= {key: body for key, body in own.pop("$defs", {}).items() if key not in definitions}
        definitions.setdefault(name, own)
    for name in {*fragment_names, *models}:  # what a block of the file gives need not be given again
        definitions[name].pop("required", None)
    definitions["Scenario"]["properties"]["architectures"]["additionalProperties"].pop("required")
    schema, definitions = named_quantities(schema), named_quantities(definitions)
    for name, body in {"Claims": schema, **definitions}.items():
        described(name, body, ABOUT)
    for body in quantities.values():
        body["anyOf"] = [*body["anyOf"], {"$ref": "#/$defs/reference"}, {"type": "null"}]
    definitions |= {**quantities, "reference": _REFERENCE}
    for name in ("Claim", "Reading"):
        definitions[name]["allOf"] = [_takes(calculation) for calculation in (*_ROWS, *_BY_QUANTITY)]
    schema["description"] = "Published figures, and what each has to follow from."
    schema.pop("title", None)
    return {
        "$schema": DIALECT,
        **compact({"title": "llmcost claims", **schema, "$defs": dict(sorted(definitions.items()))}),
    }


_REFERENCE = {
    "type": "object",
    "description": "another claim's figure: the published one, or the recomputed one",
    "properties": {"published": {"type": "string"}, "recomputed": {"type": "string"}},
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
}


def _takes(calculation: str) -> dict[str, Any]:
    """The inputs and figures of one calculation, as a condition on it."""
    given: dict[str, Any] = {"$ref": "#/$defs/Scenario"}
    if calculation == "breakeven":
        given = {"anyOf": [given, {"$ref": "#/$defs/Offer"}]}
    if calculation in _BY_QUANTITY:
        given = {"$ref": f"#/$defs/{_BY_QUANTITY[calculation][0].__name__}"}
    figures = figures_of(calculation)
    figure = {"anyOf": [{"enum": list(figures)}, {"pattern": r"^charges\.", "type": "string"}]}
    return {
        "if": {"properties": {"calculation": {"const": calculation}}, "required": ["calculation"]},
        "then": {"properties": {"given": given, "figure": figure if calculation in _ROWS else {"enum": list(figures)}}},
    }


def figures_of(calculation: str) -> tuple[str, ...]:
    """The names of the figures that a calculation gives."""
    if calculation not in _ROWS:
        return _BY_QUANTITY[calculation][1]
    rows = _ROWS[calculation]
    found = [name for row in rows for name, hint in get_type_hints(row).items() if is_figure(hint)]
    return (*dict.fromkeys(found), *([CHEAPEST_FROM] if calculation == "breakeven" else []))
