"""The unit of every field that a user may write: what is money by its name takes dollars, and nothing else does."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator

import pytest

from llmcost.claims.by_cascade import TwoStages
from llmcost.claims.by_quantity import ReviewSavings
from llmcost.economics.breakeven import Offer
from llmcost.quantity import Quantity, QuantityError
from llmcost.scenario import KINDS, Scenario, kind_class
from llmcost.workload import Strict

MONEY = re.compile(
    r"usd|price|cost|_per_mtok$|^build$|^operations_per_month$|^colocation_per_month$|^saving_per_call$|^min_spend_per_month$"
)
MONEY_BY_NAME = {("Scenario", "credits"), ("OwnPrice", "other"), ("OwnRates", "other"), ("TierPrice", "other")}
NO_MONEY = {"api_price_change_per_year"}


def _models(model: type[Strict], seen: dict[type[Strict], None]) -> None:
    if model in seen:
        return
    seen[model] = None
    for field in model.model_fields.values():
        for part in _parts(field.annotation):
            if isinstance(part, type) and issubclass(part, Strict):
                _models(part, seen)


def _parts(annotation: object) -> Iterator[object]:
    yield annotation
    for part in typing.get_args(annotation):
        yield from _parts(part)


def _fields() -> Iterator[tuple[str, str, Quantity]]:
    seen: dict[type[Strict], None] = {}
    for model in (Scenario, Offer, TwoStages, ReviewSavings, *map(kind_class, KINDS)):
        _models(model, seen)
    for model in seen:
        for name, field in model.model_fields.items():
            for part in (*field.metadata, *_parts(field.annotation)):
                if isinstance(part, Quantity):
                    yield model.__name__, name, part


FIELDS = list(_fields())


def test_every_kind_of_field_is_looked_at() -> None:
    assert {quantity.scale for _, _, quantity in FIELDS} == {"positive", "share", "change", "price_change", "signed"}
    assert len(FIELDS) > 100


@pytest.mark.parametrize(("model", "name", "quantity"), FIELDS, ids=lambda part: part if isinstance(part, str) else "")
def test_a_field_takes_the_unit_that_its_name_says(model: str, name: str, quantity: Quantity) -> None:
    money = (bool(MONEY.search(name)) or (model, name) in MONEY_BY_NAME) and name not in NO_MONEY
    assert (quantity.unit == "USD") == money
    refused = [text for text in ("$1", "50%") if _refuses(quantity, text)]
    assert refused == {"USD": ["50%"], "count": ["$1", "50%"], "ratio": ["$1"], "any": []}[quantity.unit]


def _refuses(quantity: Quantity, text: str) -> bool:
    try:
        quantity.parse(text)
    except QuantityError:
        return True
    return False
