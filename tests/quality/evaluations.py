"""Outcomes made of a few numbers, and their costs, without a file or a catalog."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from llmcost.quality.outcomes import Outcomes
from llmcost.quality.spending import Spending


def outcomes(scores: Any, names: list[str] | None = None, **fields: Any) -> Outcomes:
    """Models × queries as outcomes."""
    array = np.array(scores, dtype=float)
    models = names or [f"m{i}" for i in range(array.shape[0])]
    queries = [f"q{i:04d}" for i in range(array.shape[1])]
    arrays = {name: np.array(value, dtype=float) for name, value in fields.items()}
    return Outcomes("made", models, queries, array, arrays, [], None, array.size, 0, [], 0, 0, [])


def spent(costs: Any, names: list[str]) -> Spending:
    """USD of every answer."""
    array = np.array(costs, dtype=float)
    return Spending(array, None, None, None, dict.fromkeys(names, "catalog"), {}, {}, [], [])


@st.composite
def evaluations(draw: st.DrawFn, binary: bool = True, models: int | None = None) -> tuple[Outcomes, Spending]:
    """A small evaluation with a cost for every answer."""
    count = models or draw(st.integers(2, 4))
    size = draw(st.integers(2, 25))
    score = st.integers(0, 1) if binary else st.integers(-2, 42).map(lambda n: n / 40)
    scores = draw(st.lists(st.lists(score, min_size=size, max_size=size), min_size=count, max_size=count))
    price = st.integers(1, 5000)
    costs = draw(st.lists(st.lists(price, min_size=size, max_size=size), min_size=count, max_size=count))
    found = outcomes(scores)
    return found, spent(np.array(costs) * 1e-6, found.models)


def with_tasks(scores: Any, task_of: Any) -> Outcomes:
    """Two models' outcomes whose queries belong to numbered tasks."""
    tasks = np.asarray(task_of)
    return outcomes(scores)._replace(tasks=[f"t{i}" for i in range(int(tasks.max()) + 1)], task_of=tasks)
