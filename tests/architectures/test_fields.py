"""No field of what a user writes takes just anything: what is not checked when it is read fails in a formula."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from llmcost import load_catalog, scenario_from
from llmcost.economics.comparison import compare
from llmcost.quantity import ranges_in
from llmcost.scenario import KINDS, Scenario, kind_class


def models(model: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[type[BaseModel]]:
    """A model and every model below its fields, each once."""
    if model in seen:
        return
    seen.add(model)
    yield model
    for field in model.model_fields.values():
        for each in within(field.annotation):
            if isinstance(each, type) and issubclass(each, BaseModel):
                yield from models(each, seen)


def within(annotation: Any) -> Iterator[Any]:
    """A type and every type that it is made of."""
    yield annotation
    for each in get_args(annotation):
        yield from within(each)


def test_no_field_of_a_scenario_takes_anything() -> None:
    seen: set[type[BaseModel]] = set()
    found = [
        f"{model.__name__}.{name}"
        for root in (Scenario, *map(kind_class, KINDS))
        for model in models(root, seen)
        for name, field in model.model_fields.items()
        if any(each is Any for each in within(field.annotation))
    ]
    assert not found
    assert {"Scenario", "Serving", "Throughput", "Labour"} <= {model.__name__ for model in seen}
    assert len(seen) > 20


RANGES = {
    "a throughput": ({"throughput": {"requests_per_second": "1..4"}}, "throughput.requests_per_second"),
    "a throughput by the month": ({"throughput": {"requests_per_month": "0.4M..4M"}}, "throughput.requests_per_month"),
    "a throughput in tokens": ({"throughput": {"tokens_per_second": "1k..4k"}}, "throughput.tokens_per_second"),
    "a utilisation": ({"target_utilisation": "20%..70%"}, "target_utilisation"),
    "operations": ({"operations_per_month": "1k..3k"}, "operations_per_month"),
}


@pytest.mark.parametrize("what", RANGES)
def test_a_range_in_how_a_fine_tune_is_served_counts_as_on_ones_own_gpus(what: str) -> None:
    """The same machines cost the same under both names; the fine-tune has no build here, so the totals are one."""
    changed, path = RANGES[what]
    served = {"gpu": {"usd_per_gpu_hour": 2}, "throughput": {"requests_per_second": 2}, **changed}
    scenario = scenario_from(
        {
            "start": "2026-12",
            "workload": {"requests_per_month": "1M", "input_tokens": 1000, "output_tokens": 200},
            "baseline": "own",
            "architectures": {
                "own": {"kind": "self_hosted", **served},
                "tuned": {"kind": "fine_tuned", "serving": served},
            },
        }
    )
    assert {p for p, _ in ranges_in(scenario)} == {f"architectures.own.{path}", f"architectures.tuned.serving.{path}"}
    own, tuned = (row.total_cost for row in compare(scenario, load_catalog()).architectures)
    assert own.bounds is not None
    assert tuned.bounds == own.bounds
    assert tuned.bounds[0] < tuned.bounds[1]
