"""A scenario's `quality: outcomes.csv`: each model's mean score, and who is right together.

`quality: {outcomes: FILE, rename: {haiku3: claude-3-haiku}, where: [contaminated=0]}` says how the
file is to be read; further keys are qualities of models or architectures over the file's.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from llmcost.errors import InputError, did_you_mean
from llmcost.quality.outcomes import Outcomes, Reading, read_outcomes
from llmcost.quantity import shown

KEYS = ("outcomes", "rename", "where", "map", "models", "drop_missing")


class TeamEvaluation(NamedTuple):
    """Paired outcomes as a scenario reads them."""

    name: str
    outcomes: Outcomes

    @property
    def qualities(self) -> dict[str, float]:
        """Mean score by model, under its own name and without its provider."""
        return _by_name(self.outcomes.models, self.outcomes.scores.mean(axis=1))

    def of_task(self, task: str) -> dict[str, float]:
        """Mean score by model on one task; empty for a task that the file does not have."""
        if self.outcomes.task_of is None or task not in self.outcomes.tasks:
            return {}
        at = self.outcomes.task_of == self.outcomes.tasks.index(task)
        return _by_name(self.outcomes.models, self.outcomes.scores[:, at].mean(axis=1)) if at.any() else {}

    def token_counts(self, base: str) -> dict[str, tuple[float, float, int]]:
        """tokens_factor and output_tokens_factor of each other model over `base`, and the queries that say so.

        Sums of tokens on the queries that carry them for both: Σ input ÷ Σ input of the base, and what the output is
        besides. Empty where the base has none.
        """
        import numpy as np

        fields = [self.outcomes.fields.get(field) for field in ("input_tokens", "output_tokens")]
        names = _by_name(self.outcomes.models, range(len(self.outcomes.models)))
        row = names.get(base, names.get(base.rsplit("/", 1)[-1]))
        if row is None or fields[0] is None or fields[1] is None:
            return {}
        found: dict[str, tuple[float, float, int]] = {}
        for other, model in enumerate(self.outcomes.models):
            known = ~np.isnan([field[at] for field in fields if field is not None for at in (row, other)]).any(axis=0)
            sums = [(float(f[other][known].sum()), float(f[row][known].sum())) for f in fields if f is not None]
            if other != row and all(top > 0 and below > 0 for top, below in sums):
                (read, read_base), (written, written_base) = sums
                factor = read / read_base
                found[model] = (factor, written / written_base / factor, int(known.sum()))
        return found

    def patterns(self, models: Sequence[str], task: str = "") -> dict[str, float] | None:
        """The share of the queries by who of these models is right; None for graded scores."""
        import numpy as np

        names = _by_name(self.outcomes.models, range(len(self.outcomes.models)))
        rows = [names.get(model, names.get(model.rsplit("/", 1)[-1])) for model in models]
        if None in rows:
            return None
        scores = self.outcomes.scores[[int(row) for row in rows if row is not None]]
        if task and self.of_task(task) and self.outcomes.task_of is not None:
            scores = scores[:, self.outcomes.task_of == self.outcomes.tasks.index(task)]
        if not ((scores == 0) | (scores == 1)).all():
            return None
        codes = (2 ** np.arange(len(rows))[::-1]) @ scores.astype(np.int64)
        counts = np.bincount(codes, minlength=2 ** len(rows))
        return {f"{code:0{len(rows)}b}": float(n / codes.size) for code, n in enumerate(counts) if n}


def _by_name(models: Sequence[str], values: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for model, value in zip(models, values, strict=True):
        own = float(value) if not isinstance(value, int) else value
        found[model] = own
        found.setdefault(model.rsplit("/", 1)[-1], own)
    return found


def read_evaluation(written: Any, folder: str) -> tuple[TeamEvaluation, dict[str, Any]]:
    """The evaluation that `quality` names, and the qualities that it states itself.

    A path is looked for beside the scenario, then from where the command runs. Raises InputError.
    """
    options: Mapping[str, Any] = {"outcomes": written} if isinstance(written, str) else written
    stated = {key: value for key, value in options.items() if key not in KEYS}
    path = str(options["outcomes"])
    beside = os.path.join(folder, path)
    place = beside if os.path.exists(beside) else path
    reading = Reading(
        columns=_mapping(options, "map"),
        rename=_mapping(options, "rename"),
        where=tuple(_where(each) for each in _list(options, "where")),
        models=tuple(_list(options, "models")),
        drop_missing=options.get("drop_missing") is True,
    )
    stamp = os.stat(place).st_mtime_ns if os.path.exists(place) else 0
    return _read(place, _frozen(reading), stamp), stated


@lru_cache(maxsize=8)
def _read(path: str, reading: tuple[Any, ...], stamp: int) -> TeamEvaluation:
    columns, rename, *rest = reading
    whole = read_outcomes(path, Reading(dict(columns), dict(rename), *rest))
    return TeamEvaluation(path, whole.paired(whole.models))


def _frozen(reading: Reading) -> tuple[Any, ...]:
    return (tuple(sorted(reading.columns.items())), tuple(sorted(reading.rename.items())), *reading[2:])


def _mapping(options: Mapping[str, Any], key: str) -> dict[str, str]:
    value = options.get(key) or {}
    if not isinstance(value, Mapping):
        raise InputError(f"quality.{key} is no mapping", hint=f"type {key}: {{OLD: NEW}}")
    return {str(name): str(other) for name, other in value.items()}


def _list(options: Mapping[str, Any], key: str) -> list[str]:
    value = options.get(key) or []
    return [value] if isinstance(value, str) else [str(each) for each in value]


def _where(text: str) -> tuple[str, str, str]:
    op = "!=" if "!=" in text else "="
    column, found, value = text.partition(op)
    if not found or not column:
        raise InputError(
            f"{shown(text)} is not COLUMN=VALUE", hint=did_you_mean(text, ()) or "type where: [COLUMN=VALUE]"
        )
    return column.strip(), op, value.strip()
